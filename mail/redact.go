package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"postolka/attach"
)

// ErrNotRedactable: the message is quarantined and so not understood well enough
// to be sure; it can only be kept or erased whole.
var ErrNotRedactable = errors.New("mail: quarantined message cannot be redacted")

// ErrResidue: after redaction mask still finds something, in a part that can't
// be rewritten (then withhold it) or because mask is not idempotent.
var ErrResidue = errors.New("mail: redaction left a residue")

// Mask returns text with what must go replaced, or text itself. It is called
// with what Extract would give, and for HTML also with smaller pieces; it must
// be idempotent.
type Mask = func(kind Kind, path, name, text string) string

// Redact masks places in a message that must stay. A changed text or header
// field is encoded anew in UTF-8; a part that is not text and for whose path
// withhold is true gives way to a short text that says so. All other bytes stay
// as they are, so an untouched message comes back identical. Signatures over
// changed parts break. HTML or XML in which a datum runs across elements is reduced
// to its masked text. The result was read again and checked: ErrResidue,
// ErrNotRedactable.
func Redact(raw []byte, mask Mask, withhold func(path string) bool) ([]byte, error) {
	m := Parse(raw)
	if m.Quarantine == QuarantineHeader || m.Quarantine == QuarantineEmpty {
		text, _ := decodeCharset(raw, "")
		if masked := mask(Raw, "", "", text); masked != text {
			raw = []byte(masked)
		}
		return raw, residue(raw, mask)
	}
	if m.Quarantine != "" {
		return nil, ErrNotRedactable
	}
	r := &redaction{mask: mask, withhold: withhold, nl: lineBreak(raw), left: attach.NewBudget()}
	out := slices.Concat(raw[:m.Root.head.start], r.entity(m.Root, ""))
	return out, residue(out, mask)
}

func lineBreak(raw []byte) string {
	switch {
	case bytes.Contains(raw, []byte("\r\n")):
		return "\r\n"
	case hasByte(raw, '\n'):
		return "\n"
	}
	return "\r"
}

// residue reads the result as find would.
func residue(out []byte, mask Mask) error {
	for _, p := range Extract(Parse(out), out).Parts {
		if p.Kind == Header && structural(p.Name, p.Text) {
			continue // its parameters were masked one by one
		}
		if mask(p.Kind, p.Path, p.Name, p.Text) != p.Text {
			return fmt.Errorf("%w: %s of part %q", ErrResidue, p.Kind, p.Path)
		}
	}
	return nil
}

// structural: a field whose words are the protocol's. To mask "text" in a
// Content-Type would break the part.
func structural(name, value string) bool {
	head, _ := mediaType(value, "")
	switch strings.ToLower(name) {
	case "content-type":
		major, _, _ := strings.Cut(head, "/")
		return knownMajor[major]
	case "content-disposition":
		return head == "inline" || head == "attachment"
	case "content-transfer-encoding":
		return head == "7bit" || head == "8bit" || head == "binary" || head == "base64" || head == "quoted-printable"
	case "mime-version":
		return true
	}
	return false
}

var knownMajor = set("text", "multipart", "message", "image", "audio", "video", "application", "font", "model")

type redaction struct {
	mask     Mask
	withhold func(path string) bool
	nl       string
	left     *attach.Budget
}

// entity returns header and body of p, changed where needed.
func (r *redaction) entity(p *Part, headerPath string) []byte {
	set := r.fileNames(p)
	var body []byte
	switch {
	case p.inner == nil:
		body = r.leaf(p, set)
	case p.Signed:
		body = r.signed(p, set)
	default:
		body = r.composite(p, set)
	}
	return append(r.header(p, headerPath, set), body...)
}

// fields to be set, by lower case name; an empty value drops the field.
type fields map[string]string

// composite puts a multipart or nested message together from its parts.
func (r *redaction) composite(p *Part, set fields) []byte {
	var out []byte
	at := p.in.start
	copyTo := func(end int) {
		if end > at {
			out = append(out, p.inner[at:end]...)
			at = end
		}
	}
	if p.Message != nil {
		root := p.Message.Root
		copyTo(root.head.start)
		out = append(out, r.entity(root, p.Path)...)
		at = root.body.end
	} else {
		out = append(out, r.between(p, p.preamble, "preamble")...)
		at = max(at, p.preamble.end)
		for _, c := range p.Children {
			copyTo(c.head.start)
			out = append(out, r.entity(c, c.Path)...)
			at = c.body.end
		}
		if p.epilogue.start >= at {
			copyTo(p.epilogue.start)
			out = append(out, r.between(p, p.epilogue, "epilogue")...)
			at = p.epilogue.end
		}
	}
	copyTo(p.in.end)
	return r.wrap(p, out, set)
}

// signed keeps a signed part as it is while nothing in it changes. Else what it
// signs stays without signature and certificates, in a multipart of its own.
func (r *redaction) signed(p *Part, set fields) []byte {
	content := r.entity(p.Children[0], p.Children[0].Path)
	signers, rest := attach.Signers(p.Body), p.restText()
	maskedRest := r.mask(Hidden, p.Path, "rest", rest)
	withheld := r.withhold != nil && r.withhold(p.Path)
	if !withheld && maskedRest == rest && bytes.Equal(content, p.inner) && r.mask(Attachment, p.Path, p.Filename, signers) == signers {
		return p.body.of(p.buf)
	}
	boundary := "unsigned"
	for bytes.Contains(content, []byte(boundary)) {
		boundary += "-"
	}
	set["content-type"] = "multipart/mixed; boundary=" + boundary
	set["content-transfer-encoding"], set["content-disposition"], set["content-description"] = "", "", ""
	return []byte("--" + boundary + r.nl + string(content) + r.nl + "--" + boundary + "--" + r.nl + r.lines(maskedRest))
}

// wrap encodes a composite's new content as the old one was.
func (r *redaction) wrap(p *Part, content []byte, set fields) []byte {
	original := p.body.of(p.buf)
	switch {
	case bytes.Equal(content, p.in.of(p.inner)):
		return original
	case !p.ownBuf:
		return append(original[:p.in.start-p.body.start:p.in.start-p.body.start], content...)
	}
	set["content-transfer-encoding"] = "base64"
	return r.base64(content)
}

// between masks preamble or epilogue, keeping their line breaks around.
func (r *redaction) between(p *Part, s span, name string) []byte {
	text := p.between(s)
	if text == "" {
		return s.of(p.inner)
	}
	masked := r.mask(Hidden, p.Path, name, r.withoutEmbedded(p, text))
	if masked == text {
		return s.of(p.inner)
	}
	return []byte(r.lines(masked) + r.nl)
}

func (r *redaction) lines(s string) string { return strings.ReplaceAll(lineFeeds(s), "\n", r.nl) }

// leaf returns the body of an undivided part.
func (r *redaction) leaf(p *Part, set fields) []byte {
	original := p.body.of(p.buf)
	rest := p.restText()
	maskedRest := rest
	if strings.TrimSpace(rest) != "" {
		maskedRest = r.mask(Hidden, p.Path, "rest", r.withoutEmbedded(p, rest))
	}
	text, ok := p.readable()
	if !ok {
		return r.binary(p, set, original, maskedRest != rest)
	}
	masked := r.text(p, text)
	if masked == text && maskedRest == rest {
		return original
	}
	if strings.TrimSpace(maskedRest) != "" {
		masked += "\n" + maskedRest
	}
	return r.encodeText(p, p.Type, masked, set)
}

// withoutEmbedded takes what stands encoded in a text out when it holds a datum, and
// every file when the part is withheld.
func (r *redaction) withoutEmbedded(p *Part, text string) string {
	withheld := r.withhold != nil && r.withhold(p.Path)
	note := strings.TrimSpace(withheldNote)
	text = withoutSource(text, note, func(plain string) bool { return r.mask(Hidden, p.Path, "", plain) != plain })
	return attach.WithoutEmbedded(text, note, func(f attach.Embedded) bool {
		if withheld && (f.Name != "" || !f.IsText()) {
			return true
		}
		said, _ := attach.Read(f.Name, f.Type, f.Data, r.left, help)
		return r.mask(Hidden, p.Path, "", said) != said
	})
}

// Withheld says that Redact put its note in this part's place.
func (p *Part) Withheld() bool { return strings.TrimSpace(p.Text) == strings.TrimSpace(withheldNote) }

const withheldNote = "[This part was withheld. / Tato část byla odebrána.]\n"

func (r *redaction) binary(p *Part, set fields, original []byte, restChanged bool) []byte {
	switch {
	case len(p.Body) > 0 && r.withhold != nil && r.withhold(p.Path):
		for _, f := range p.Fields {
			if n := strings.ToLower(f.Name); strings.HasPrefix(n, "content-") && n != "content-disposition" && n != "content-id" {
				set[n] = ""
			}
		}
		if p.Filename != "" {
			set["content-disposition"] = mime.FormatMediaType("attachment", fileParam(r.fileName(p)+".txt"))
		}
		return r.encodeText(&Part{}, "text/plain", withheldNote, set)
	case restChanged:
		set["content-transfer-encoding"] = "base64"
		return r.base64(p.Body)
	}
	return original
}

// text masks a part's text; masked == text if nothing was found.
func (r *redaction) text(p *Part, text string) string {
	kind, name := kindOf(p.IsAttachment(), Plain), p.attachmentName()
	mask := func(kind Kind, text string) string {
		return r.mask(kind, p.Path, name, r.withoutEmbedded(p, text))
	}
	switch {
	case strings.TrimSpace(text) == "":
		return text
	case p.isHTML():
		return maskedHTML(text, kindOf(p.IsAttachment(), HTML), mask)
	case p.isEnriched():
		masked := mask(Hidden, text)
		if plain := p.enrichedText(masked); mask(kind, plain) != plain {
			return p.enriched(mask(kind, plain))
		}
		return masked
	}
	masked := mask(kind, text)
	if joined := p.joined(masked, r.left); mask(kind, joined) != joined {
		return mask(kind, joined)
	}
	return masked
}

// maskedHTML is the masked text alone where a datum runs across elements.
func maskedHTML(text string, kind Kind, mask func(Kind, string) string) string {
	masked := maskHTML(text, mask)
	visible, hidden := HTMLToText(masked)
	plain := mask(kind, visible)
	if plain == visible && mask(Hidden, hidden) == hidden {
		return masked
	}
	return "<pre>" + html.EscapeString(plain) + "</pre>\n"
}

// maskHTML masks texts, attribute values and comments one by one and leaves
// every other byte.
func maskHTML(source string, mask func(Kind, string) string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		kind := z.Next()
		raw := string(z.Raw())
		switch kind {
		case html.ErrorToken:
			b.WriteString(maskRaw(raw, Hidden, mask))
			return b.String()
		case html.TextToken:
			b.WriteString(maskRaw(raw, HTML, mask))
		case html.CommentToken, html.DoctypeToken:
			if text := html.UnescapeString(string(z.Text())); mask(Hidden, text) == text {
				b.WriteString(raw)
			}
		default:
			t := z.Token()
			if masked := mask(Hidden, raw); noElement(t.Data) && masked != raw {
				b.WriteString(html.EscapeString(masked))
			} else {
				b.WriteString(maskTag(raw, t, mask))
			}
		}
	}
}

func maskRaw(raw string, kind Kind, mask func(Kind, string) string) string {
	text := html.UnescapeString(raw)
	if strings.TrimSpace(text) == "" {
		return raw
	}
	if masked := mask(kind, text); masked != text {
		return html.EscapeString(masked)
	}
	return raw
}

func maskTag(raw string, t html.Token, mask func(Kind, string) string) string {
	changed := false
	for i, a := range t.Attr {
		value := a.Val
		if plain := strings.ToValidUTF8(string(unpercent(value)), "\ufffd"); mask(Hidden, plain) != plain {
			value = plain
		}
		if masked := mask(Hidden, value); masked != a.Val {
			t.Attr[i].Val, changed = masked, true
		}
	}
	if !changed {
		return raw
	}
	return t.String()
}

// encodeText writes text as UTF-8 and sets the fields that say so.
func (r *redaction) encodeText(p *Part, mediaType, text string, set fields) []byte {
	params := map[string]string{}
	for k, v := range p.Params {
		if k != "charset" && k != "format" && k != "delsp" && k != "boundary" {
			params[k] = r.mask(FileName, p.Path, "", v)
		}
	}
	params["charset"] = "utf-8"
	set["content-type"] = formatType(mediaType, params)
	if p.isHTML() {
		text = utf8Meta(text)
	}
	text = r.lines(text)
	if isASCII(text) && shortLines(text) {
		set["content-transfer-encoding"] = "7bit"
		return []byte(text)
	}
	set["content-transfer-encoding"] = "quoted-printable"
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // a bytes.Buffer takes all
	_ = w.Close()
	return []byte(strings.ReplaceAll(lineFeeds(b.String()), "\n", r.nl))
}

// utf8Meta corrects the charset an HTML text declares for itself.
func utf8Meta(text string) string {
	if old := metaCharset([]byte(text)); old != "" && old != "utf-8" {
		i := strings.Index(strings.ToLower(text), "charset=")
		if j := strings.Index(strings.ToLower(text[i:]), old); j >= 0 && j < 12 {
			return text[:i+j] + "utf-8" + text[i+j+len(old):]
		}
	}
	return text
}

func shortLines(s string) bool {
	for line := range strings.SplitSeq(s, "\n") {
		if len(line) > 990 {
			return false
		}
	}
	return true
}

func (r *redaction) base64(b []byte) []byte {
	s := base64.StdEncoding.EncodeToString(b)
	var out bytes.Buffer
	for len(s) > 76 {
		out.WriteString(s[:76] + r.nl)
		s = s[76:]
	}
	out.WriteString(s + r.nl)
	return out.Bytes()
}
