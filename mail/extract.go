package mail

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Extractor reads the text of one attachment format that is no text by itself.
// reason is "" or says why nothing, or not all, was read ("encrypted", "over a
// limit"); text may be given beside a reason. It must not panic on any input
// and not keep data.
type Extractor func(data []byte) (text, reason string)

var extractors = map[string]Extractor{}

// RegisterExtractor sets the reader of a format named as in formatOf ("pdf",
// "docx", "zip", …). Call it before the first Extract, from one goroutine.
func RegisterExtractor(format string, e Extractor) { extractors[format] = e }

// Extract returns everything readable in m: all header fields, also unknown
// ones and those of parts, the bodies, file names, text attachments, nested
// messages, and text that stands between parts. raw is what m was parsed from;
// of a quarantined message it is decoded leniently as a whole.
func Extract(m *Message, raw []byte) Text {
	e := &extraction{Text: Text{Version: TextVersion}}
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
type extraction struct{ Text }

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
		e.add(header, Header, name, f.Value)
	}
	e.add(p.Path, FileName, "", p.Filename)
	e.add(p.Path, Hidden, "preamble", p.preambleText())
	for _, c := range p.Children {
		e.part(c, c.Path)
	}
	e.add(p.Path, Hidden, "epilogue", p.epilogueText())
	switch {
	case p.Message != nil:
		e.part(p.Message.Root, p.Path)
	case p.inner == nil:
		e.leaf(p)
	}
	if strings.HasPrefix(p.Type, "multipart/encrypted") {
		e.unreadable(p.Path, "encrypted")
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
	e.add(p.Path, Hidden, "rest", p.restText())
	if len(p.Body) == 0 {
		return
	}
	attached := p.IsAttachment()
	text, ok := p.readable()
	switch {
	case !ok:
		e.binary(p)
	case p.isHTML():
		visible, hidden := HTMLToText(text)
		e.add(p.Path, kindOf(attached, HTML), p.attachmentName(), visible)
		e.add(p.Path, Hidden, "", hidden)
	default:
		e.add(p.Path, kindOf(attached, Plain), p.attachmentName(), text)
		if hasUU(text) {
			e.unreadable(p.Path, "uuencode: not read yet")
		}
	}
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

// hasUU reports an old-style file within the text.
func hasUU(s string) bool {
	i := strings.Index("\n"+s, "\nbegin ")
	if i < 0 || i+9 > len(s) {
		return false
	}
	mode := s[i+6:]
	return mode[0] >= '0' && mode[0] <= '7' && mode[1] >= '0' && mode[1] <= '7' && strings.Contains(s[i:], "\nend")
}

// readable returns the part's text when it is text in itself, whatever its type
// says: many attach a CSV as application/octet-stream.
func (p *Part) readable() (string, bool) {
	format := formatOf(p)
	if format == "rtf" || format == "pdf" {
		return "", false // text on the outside only
	}
	if p.Text != "" && (p.Type == "text/plain" || !looksBinary(p.Body)) {
		return p.Text, true
	}
	switch format {
	case "text", "html", "csv", "json", "xml", "ics", "vcf":
	case "":
		if looksBinary(p.Body) || !utf8.Valid(p.Body) && !mostlyText(p.Body) {
			return "", false
		}
	default:
		return "", false
	}
	text, _ := p.decodeText()
	return text, true
}

// mostlyText: few bytes outside ASCII's letters and line breaks.
func mostlyText(b []byte) bool {
	high := 0
	for _, c := range b {
		if c >= 0x80 {
			high++
		}
	}
	return high*4 < len(b)
}

// looksBinary: control characters no text has.
func looksBinary(b []byte) bool {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return false // UTF-16
	}
	bad := 0
	for _, c := range b[:min(len(b), 4096)] {
		if c < 8 || c >= 14 && c < 32 && c != 0x1b {
			bad++
		}
	}
	return bad*100 > min(len(b), 4096)
}

// binary hands p to the extractor of its format or says why there is no text.
func (e *extraction) binary(p *Part) {
	format := formatOf(p)
	if read := extractors[format]; read != nil {
		text, reason := read(p.Body)
		e.add(p.Path, Attachment, p.attachmentName(), strings.ToValidUTF8(text, "\ufffd"))
		if reason != "" {
			e.unreadable(p.Path, reason)
		}
		return
	}
	switch format {
	case "image":
		e.unreadable(p.Path, "image only")
	case "audio", "video":
		e.unreadable(p.Path, format+" only")
	case "encrypted":
		e.unreadable(p.Path, "encrypted")
	case "":
		e.unreadable(p.Path, "unknown format")
	default:
		e.unreadable(p.Path, format+": not read yet")
	}
}

// formats by file name extension and by the end of a media type.
var formats = map[string]string{
	"pdf": "pdf", "docx": "docx", "docm": "docx", "xlsx": "xlsx", "xlsm": "xlsx", "pptx": "pptx", "odt": "odt", "ods": "ods", "odp": "odp",
	"doc": "doc", "xls": "xls", "ppt": "ppt", "rtf": "rtf", "msg": "msg", "zip": "zip", "7z": "7z", "rar": "rar", "gz": "gz", "tar": "tar",
	"txt": "text", "log": "text", "md": "text", "csv": "csv", "tsv": "csv", "json": "json", "xml": "xml", "ics": "ics", "vcf": "vcf", "htm": "html", "html": "html", "eml": "text", "isdoc": "xml",
	"png": "image", "jpg": "image", "jpeg": "image", "gif": "image", "webp": "image", "bmp": "image", "tif": "image", "tiff": "image", "heic": "image",

	"application/pdf": "pdf", "application/msword": "doc", "application/vnd.ms-excel": "xls", "application/vnd.ms-powerpoint": "ppt", "application/rtf": "rtf", "text/rtf": "rtf",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   "docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         "xlsx",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
	"application/vnd.oasis.opendocument.text":                                   "odt", "application/vnd.oasis.opendocument.spreadsheet": "ods",
	"application/zip": "zip", "application/x-zip-compressed": "zip", "application/x-7z-compressed": "7z", "application/x-rar": "rar", "application/x-rar-compressed": "rar", "application/vnd.rar": "rar", "application/gzip": "gz",
	"application/ms-tnef": "tnef", "application/vnd.ms-tnef": "tnef", "application/vnd.ms-outlook": "msg",
	"application/json": "json", "application/xml": "xml", "application/xhtml+xml": "html", "application/ics": "ics",
	"application/pkcs7-mime": "encrypted", "application/x-pkcs7-mime": "encrypted", "application/pgp-encrypted": "text",
	"application/pkcs7-signature": "signature", "application/x-pkcs7-signature": "signature", "application/pgp-signature": "text", "application/pgp-keys": "text",
}

// formatOf names the format of a part: by its first bytes, its file name, its
// type; "" if none tells.
func formatOf(p *Part) string {
	for _, m := range []struct{ magic, format string }{{"%PDF-", "pdf"}, {`{\rtf`, "rtf"}, {"\x89PNG", "image"}, {"\xff\xd8\xff", "image"}, {"GIF8", "image"}, {"7z\xbc\xaf", "7z"}, {"Rar!", "rar"}, {"\x78\x9f\x3e\x22", "tnef"}} {
		if bytes.HasPrefix(p.Body, []byte(m.magic)) {
			return m.format
		}
	}
	if i := strings.LastIndexByte(p.Filename, '.'); i >= 0 {
		if f := formats[strings.ToLower(p.Filename[i+1:])]; f != "" {
			return f
		}
	}
	if f := formats[p.Type]; f != "" {
		return f
	}
	major, minor, _ := strings.Cut(p.Type, "/")
	switch {
	case major == "text" || major == "message":
		return "text"
	case strings.HasSuffix(minor, "+xml"):
		return "xml"
	case strings.HasSuffix(minor, "+json"):
		return "json"
	case major == "image" || major == "audio" || major == "video":
		return major
	case bytes.HasPrefix(p.Body, []byte("PK\x03\x04")):
		return "zip"
	}
	return ""
}
