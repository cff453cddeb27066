package ui

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"postolka/account"
	"postolka/desk"
	"postolka/store"
)

// bodyPolicy is the policy of a message's HTML: no script, no network, nothing of
// ours. sandbox makes its origin opaque even when it is opened by itself.
const bodyPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src %s; form-action 'none'; base-uri 'none'; " +
	"frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"

func bodyPath(id store.MessageID, images bool) string {
	p := "/m/" + idText(id) + "/body"
	if images {
		p += "?images=1"
	}
	return p
}

// body is a message's HTML for its frame.
func (s *Server) body(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.MessageID](r, "id")
	if err != nil {
		return err
	}
	images := r.URL.Query().Get("images") == "1"
	html, err := s.Desk.Body(r.Context(), by, id, images)
	if err != nil {
		return err
	}
	from := "data:"
	if images {
		from = "data: https: http:"
	}
	w.Header().Set("Content-Security-Policy", strings.Replace(bodyPolicy, "%s", from, 1))
	return s.show(w, r, http.StatusOK, bodyPage(s.voice(r, by), html.HTML))
}

// source is the message as it came, as text.
func (s *Server) source(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.MessageID](r, "id")
	if err != nil {
		return err
	}
	src, err := s.Desk.Source(r.Context(), by, id)
	if err != nil {
		return err
	}
	defer src.Close()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return copyTo(w, src)
}

// attachment is sent to be saved, never to be shown by the browser.
func (s *Server) attachment(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.MessageID](r, "id")
	if err != nil {
		return err
	}
	f, data, err := s.Desk.File(r.Context(), by, id, r.PathValue("part"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(safeName(f)))
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if _, err := w.Write(data); err != nil {
		return errGone
	}
	return nil
}

// safeName is a file's name without a path, or one made of its part.
func safeName(f store.File) string {
	name := f.Name
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	if name = strings.Trim(name, ". "); name == "" {
		return "part-" + f.Part
	}
	return name
}

func fileName(p Page, f store.File) string {
	if f.Name == "" {
		return p.T("letter.nameless")
	}
	return f.Name
}

// badgeClass colours a tile by what is in it; the word on it says the same.
func badgeClass(f store.File) string {
	switch {
	case strings.HasPrefix(f.Type, "image/"):
		return "picture"
	case f.Type == "application/pdf":
		return "pdf"
	case strings.Contains(f.Type, "sheet") || strings.Contains(f.Type, "excel") || f.Type == "text/csv":
		return "sheet"
	}
	return ""
}

// isSignature: of S/MIME, beside what it signs or around it, or of PGP.
func isSignature(f store.File) bool {
	return strings.HasSuffix(f.Type, "-signature") || strings.HasSuffix(f.Type, "pkcs7-mime")
}

// isInner: of the files in Outlook's winmail.dat.
func isInner(f store.File) bool { return strings.Contains(f.Part, ":") }

func unreadable(m store.Message, part string) string {
	for _, u := range m.Unreadable {
		if u.Part == part {
			return u.Reason
		}
	}
	return ""
}

// shownLine names the last ones to whom a letter was sent.
func shownLine(p Page, shown []desk.Shown) string {
	const named = 2
	var out []string
	for _, sh := range shown[max(0, len(shown)-named):] {
		out = append(out, sh.Name+" "+p.When(sh.At))
	}
	text := p.T("letter.shown", strings.Join(out, ", "))
	if rest := len(shown) - named; rest > 0 {
		text += " " + p.T("letter.shown_more", rest)
	}
	return text
}

// paragraphs are what empty lines divide.
func paragraphs(text string) (out []string) {
	for _, part := range emptyLines.Split(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), -1) {
		if part != "" {
			out = append(out, part)
		}
	}
	return out
}

var emptyLines = regexp.MustCompile(`\n(?:[ \t\p{Zs}]*\n)+`)

// span of a text: Link is set where it can be followed.
type span struct{ Text, Link string }

var link = regexp.MustCompile(`https?://[^\s<>"']+`)

// linked finds web addresses in plain text; signs that end a sentence are not theirs.
func linked(text string) (spans []span) {
	at := 0
	for _, m := range link.FindAllStringIndex(text, -1) {
		end := m[0] + len(strings.TrimRight(text[m[0]:m[1]], ".,;:!?)]}"))
		if _, err := url.Parse(text[m[0]:end]); err != nil {
			continue
		}
		spans = append(spans, span{Text: text[at:m[0]]}, span{Text: text[m[0]:end], Link: text[m[0]:end]})
		at = end
	}
	return append(spans, span{Text: text[at:]})
}

// copyTo streams; nothing can be said any more when the browser leaves.
func copyTo(w io.Writer, from io.Reader) error {
	if _, err := io.Copy(w, from); err != nil {
		return errGone
	}
	return nil
}
