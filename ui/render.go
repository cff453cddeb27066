package ui

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"postolka/account"
)

// policy lets a page use what we serve ourselves and nothing else. Nobody may make
// a Trusted Types policy, so no string becomes script or HTML in the page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// harden sets what every answer carries; a handler may override Cache-Control
// (static files) and the policy (mail bodies).
func (s *Server) harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set("Cache-Control", "no-store")
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// show answers with a page or part, drawn into a buffer first: an error gives a
// whole error page, never half of this one.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var page bytes.Buffer
	if err := c.Render(r.Context(), &page); err != nil {
		return fmt.Errorf("draw %s: %w", r.Pattern, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := page.WriteTo(w)
	if err != nil {
		return errGone
	}
	return nil
}

// Page is what the shell needs around any page.
type Page struct {
	Voice
	Title   string // already in the reader's language
	Here    string // place in the navigation, see places.go
	By      account.Agent
	Secs    []section
	Flash   Flash
	Static  string // base of static files
	Live    bool   // follows /live
	Path    string // where this page is, to come back to
	KeysOff bool
	// LastSend is the send button the reader chose last, one of sendWays.
	LastSend string
	// Ours are the addresses of the mailboxes, left out of an answer to all.
	Ours []string
}

// page prepares the shell for by, with the title of a message key (or, when the
// catalogue has none, the title itself: a subject). here is a place's key.
func (s *Server) page(r *http.Request, by account.Agent, title, here string) (Page, error) {
	p := s.bare(r, by, title)
	p.Here, p.Flash, p.Live = here, readFlash(r, p.Voice), true
	me, err := s.Accounts.Account(by.ID)
	if err != nil {
		return p, err
	}
	p.KeysOff, p.LastSend = me.KeysOff, me.LastSend
	boxes, err := s.Desk.Mailboxes(r.Context(), by)
	if err != nil {
		return p, err
	}
	for _, b := range boxes {
		p.Ours = append(p.Ours, strings.ToLower(b.Mailbox.Address))
	}
	p.Secs, err = s.places(r, by, p.Voice, boxes)
	return p, err
}

// bare is a page without navigation: before sign-in, and for errors, which must
// not fail on what failed before.
func (s *Server) bare(r *http.Request, by account.Agent, title string) Page {
	p := Page{Voice: s.voice(r, by), Static: s.static.base, By: by, Path: r.URL.RequestURI()}
	p.Title = title
	if p.has(title) {
		p.Title = p.T(title)
	}
	return p
}

// cleanPath is this page without the flash.
func (p Page) cleanPath() string {
	u, err := url.Parse(p.Path)
	if err != nil {
		return "/"
	}
	q := u.Query()
	for _, name := range flashFields {
		q.Del(name)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// current is the value of aria-current.
func current(here bool) string {
	if here {
		return "page"
	}
	return "false"
}

func (s *Server) voice(r *http.Request, by account.Agent) Voice {
	lang := by.Language
	if lang == "" {
		lang = fromAccept(r.Header.Get("Accept-Language"))
	}
	return newVoice(lang, by.Zone, s.Now())
}

// Flash says on the next page what has been done, and offers to undo it.
type Flash struct {
	Key    string // message key under "flash."
	Count  int
	Undo   string // path that a POST undoes it at; empty: can't be undone
	Until  int64  // unix milliseconds when undo ends; 0: stays
	Fields []Field
}

// Field is a hidden value of a small form.
type Field struct{ Name, Value string }

// back answers a change with a redirect (303) to url, where flash is shown. The
// flash travels in the query: nothing is kept, nothing personal is in it.
func (s *Server) back(w http.ResponseWriter, r *http.Request, to string, f Flash) error {
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, "/\\") {
		u = &url.URL{Path: "/"}
	}
	q := u.Query()
	for _, name := range flashFields {
		q.Del(name)
	}
	if f.Key != "" {
		q.Set("done", f.Key)
	}
	if f.Count > 1 {
		q.Set("n", strconv.Itoa(f.Count))
	}
	if f.Undo != "" {
		q.Set("undo", f.Undo)
	}
	for _, field := range f.Fields {
		q.Add("u", field.Name+"="+field.Value)
	}
	if f.Until != 0 {
		q.Set("until", strconv.FormatInt(f.Until, 10))
	}
	u.RawQuery = q.Encode()
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
	return nil
}

var flashFields = []string{"done", "n", "undo", "u", "until"}

// readFlash takes the flash from the query. Only keys of the catalogue and paths
// that undo something are believed: a link from elsewhere can't put words into a page.
func readFlash(r *http.Request, v Voice) Flash {
	q := r.URL.Query()
	f := Flash{Key: q.Get("done"), Undo: q.Get("undo"), Count: 1}
	if f.Key == "" || !v.has("flash."+f.Key) {
		return Flash{}
	}
	if n, err := strconv.Atoi(q.Get("n")); err == nil && n > 0 {
		f.Count = n
	}
	if !undoPath(f.Undo) {
		f.Undo = ""
		return f
	}
	f.Until, _ = strconv.ParseInt(q.Get("until"), 10, 64)
	for _, pair := range q["u"] {
		name, value, _ := strings.Cut(pair, "=")
		f.Fields = append(f.Fields, Field{name, value})
	}
	return f
}

// undoPath says whether a path is one of ours that takes something back.
func undoPath(p string) bool {
	return strings.HasPrefix(p, "/outbox/") && strings.HasSuffix(p, "/undo") || p == "/work"
}

// wantsPart says which part of the page a script asks for; empty: the whole page.
func wantsPart(r *http.Request) string { return r.Header.Get("X-Part") }

func pathID[T ~uint64](r *http.Request, name string) (T, error) {
	n, err := strconv.ParseUint(r.PathValue(name), 10, 64)
	if err != nil || n == 0 {
		return 0, errNoPage
	}
	return T(n), nil
}
