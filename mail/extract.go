package mail

import (
	"bytes"
	"slices"
	"strings"

	"postolka/attach"
)

// Extract returns everything readable in m: all header fields, also unknown
// ones and those of parts, the bodies, file names, text attachments, nested
// messages, and text that stands between parts. raw is what m was parsed from;
// of a quarantined message it is decoded leniently as a whole.
func Extract(m *Message, raw []byte) Text { return extract(m, raw, attach.NewBudget()) }

func extract(m *Message, raw []byte, left *attach.Budget) Text {
	e := &extraction{Text: Text{Version: TextVersion}, left: left}
	if m.Quarantine != QuarantineHeader && m.Quarantine != QuarantineEmpty {
		e.part(m.Root, "")
	}
	if m.Quarantine != "" && m.Quarantine != QuarantineEmpty {
		text, _ := decodeCharset(raw, "")
		e.add("", Raw, "", text)
		e.unreadable("", "quarantined: "+m.Quarantine)
	}
	return e.Text
}

// extraction collects; what it adds is always valid UTF-8.
type extraction struct {
	Text
	left *attach.Budget
	at   string // path of the part whose file is being read
}

func (e *extraction) add(path string, kind Kind, name, text string) {
	if strings.TrimSpace(text) != "" {
		e.Parts = append(e.Parts, TextPart{path, kind, name, text})
	}
}

func (e *extraction) unreadable(path, reason string) {
	e.Unreadable = append(e.Unreadable, Unreadable{path, reason})
}

// part adds p and what is below it; header is the path its fields are named by.
func (e *extraction) part(p *Part, header string) {
	for _, f := range p.Fields {
		name := f.Name
		if name == "" {
			name = "-"
		}
		e.field(header, name, f.Value)
	}
	e.add(p.Path, FileName, "", p.Filename)
	for _, name := range p.otherNames() {
		e.add(p.Path, FileName, "", name)
	}
	e.between(p, "preamble", p.preambleText())
	for _, c := range p.Children {
		e.part(c, c.Path)
	}
	e.between(p, "epilogue", p.epilogueText())
	switch {
	case p.Message != nil:
		e.part(p.Message.Root, p.Path)
	case p.Signed:
		e.add(p.Path, Hidden, "rest", p.restText())
		e.add(p.Path, Attachment, p.Filename, attach.Signers(p.Body))
	case p.inner == nil:
		e.leaf(p)
	}
	if strings.HasPrefix(p.Type, "multipart/encrypted") {
		e.unreadable(p.Path, "encrypted")
	}
}

// otherNames are the names that the header gives the part besides Filename, and that
// one with its folders: in pieces (RFC 2231 §3) they can't be read in the header itself.
func (p *Part) otherNames() (names []string) {
	for _, field := range []string{"Content-Type", "Content-Disposition"} {
		raw := rawValue(p.Fields, field)
		if raw == "" {
			continue
		}
		_, params := mediaType(raw, headerHint(p))
		for _, key := range []string{"name", "filename"} {
			if v := params[key]; v != p.Filename && !slices.Contains(names, v) {
				names = append(names, v)
			}
		}
	}
	return names
}

// field adds a header field, and what it says in another form.
func (e *extraction) field(path, name, value string) {
	e.add(path, Header, name, value)
	e.add(path, Header, name, otherForm(value))
	for _, f := range attach.EmbeddedIn(value) {
		if f.IsText() {
			text, _ := attach.Read("", f.Type, f.Data, e.left, help)
			e.add(path, Header, name, text)
		}
	}
}

// between adds what stands before and after the parts. A part whose boundary line is
// damaged stands there whole, with its encoding.
func (e *extraction) between(p *Part, name, text string) {
	if text != "" {
		e.add(p.Path, Hidden, name, text)
		e.embedded(p.Path, text)
	}
}

func (p *Part) preambleText() string { return p.between(p.preamble) }
func (p *Part) epilogueText() string { return p.between(p.epilogue) }

func (p *Part) between(s span) string {
	if p.inner == nil || s.start >= s.end || s.end > len(p.inner) {
		return ""
	}
	b := bytes.TrimSpace(s.of(p.inner))
	if len(b) == 0 {
		return ""
	}
	text, _ := decodeCharset(b, "")
	return text
}

func (p *Part) restText() string {
	text, _ := decodeCharset(p.rest, "")
	return text
}

// leaf adds the content of a part that is not divided.
func (e *extraction) leaf(p *Part) {
	if rest := p.restText(); rest != "" {
		e.add(p.Path, Hidden, "rest", rest)
		e.embedded(p.Path, rest)
	}
	if len(p.Body) == 0 {
		return
	}
	attached := p.IsAttachment()
	text, ok := p.readable()
	switch {
	case !ok:
		e.read(p.Path, Attachment, p.Filename, p.Type, p.Body)
	case p.isHTML():
		visible, hidden := htmlToQuoted(text)
		e.add(p.Path, kindOf(attached, HTML), p.attachmentName(), visible)
		e.add(p.Path, Hidden, "", attach.WithoutBase64(hidden))
		e.embedded(p.Path, visible, hidden)
	case p.isEnriched():
		e.add(p.Path, kindOf(attached, Plain), p.attachmentName(), p.enrichedText(text))
		e.add(p.Path, Hidden, "", text)
		e.embedded(p.Path, text)
	default:
		e.add(p.Path, kindOf(attached, Plain), p.attachmentName(), text)
		e.add(p.Path, kindOf(attached, Plain), p.attachmentName(), p.joined(text, e.left))
		e.embedded(p.Path, text)
	}
}

// joined is the text of an XML document whose elements may divide a word, and what a
// page shows that was sent as a file of no known type; "" of anything else.
func (p *Part) joined(text string, left *attach.Budget) string {
	switch attach.Detect(p.Filename, p.Type, p.Body) {
	case "xml":
		return attach.Joined(text, left)
	case "html":
		visible, _ := HTMLToText(text)
		return visible
	}
	return ""
}

// attachmentName is the name an attachment's text is stored under.
func (p *Part) attachmentName() string {
	if p.IsAttachment() {
		return p.Filename
	}
	return ""
}

func kindOf(attached bool, body Kind) Kind {
	if attached {
		return Attachment
	}
	return body
}

// embedded adds what stands encoded in the texts of a part, each thing once.
func (e *extraction) embedded(path string, texts ...string) {
	seen := map[string]bool{}
	for _, text := range texts {
		if attach.HasYEnc(text) {
			e.unreadable(path, attach.YEnc)
		}
		if attach.HasPGP(text) {
			e.unreadable(path, attach.Encrypted)
		}
		for _, s := range sourceIn(text) {
			e.add(path, Hidden, "", s.plain)
		}
		for _, f := range attach.EmbeddedIn(text) {
			if seen[string(f.Data)] {
				continue
			}
			seen[string(f.Data)] = true
			e.add(path, FileName, "", f.Name)
			if f.Name == "" && f.IsText() {
				e.read(path, Hidden, "", f.Type, f.Data)
			} else {
				e.read(path, Attachment, f.Name, f.Type, f.Data)
			}
		}
	}
}

// read adds what can be read in a file.
func (e *extraction) read(path string, kind Kind, name, mediaType string, data []byte) {
	e.at = path
	text, reasons := attach.Read(name, mediaType, data, e.left, help)
	e.add(path, kind, name, text)
	for _, r := range reasons {
		e.unreadable(path, r)
	}
}

var help = attach.Help{
	Decode: func(data []byte) string { text, _ := decodeCharset(data, ""); return lineFeeds(text) },
	HTML:   HTMLToText,
}

func init() { help.Message = readNested } // it reads attachments itself

// readNested gives the text of a mail that lies in an attachment.
func readNested(data []byte, left *attach.Budget) (text string, reasons []string) {
	t := extract(Parse(data), data, left)
	var b strings.Builder
	for _, p := range t.Parts {
		b.WriteString(p.Text)
		b.WriteByte('\n')
	}
	for _, u := range t.Unreadable {
		reasons = append(reasons, u.Reason)
	}
	return b.String(), reasons
}

// readable returns the part's text when it is text in itself, whatever its type
// says: many attach a CSV as application/octet-stream. A mail or a saved page
// (MHTML) is text on the outside only: what it holds may be encoded.
func (p *Part) readable() (string, bool) {
	switch attach.Detect(p.Filename, p.Type, p.Body) {
	case "text", "html", "xml":
	case "message":
		if p.IsAttachment() {
			return "", false
		}
	case "":
		if p.Type != "text/plain" {
			return "", false
		}
	default:
		return "", false
	}
	if p.Text != "" {
		return p.Text, true
	}
	text, _ := p.decodeText()
	return text, true
}
