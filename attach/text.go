package attach

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"mime/quotedprintable"
	"regexp"
	"slices"
	"strings"
)

// readText reads plain text, and all formats that are (CSV, JSON, ICS, VCF).
func readText(r *reading, data []byte) {
	text := r.help.Decode(Unfold(data))
	r.text(text)
	if HasYEnc(text) {
		r.unreadable(YEnc)
	}
	if HasPGP(text) {
		r.unreadable(Encrypted)
	}
	r.encoded(text)
}

// HasYEnc reports whether a text holds a file in yEnc, the encoding of newsgroups. It
// needs all 256 values of a byte, which mail does not carry, so none is read.
func HasYEnc(text string) bool {
	return strings.HasPrefix(text, yBegin) || strings.Contains(text, "\n"+yBegin)
}

// HasPGP reports whether a text holds an encrypted message in ASCII armour, RFC 9580 §6.2.
func HasPGP(text string) bool { return strings.Contains(text, "-----BEGIN PGP MESSAGE-----") }

const yBegin = "=ybegin "

// Unfold joins the folded lines of ICS and VCF (RFC 5545 §3.1, RFC 6350 §3.2) and
// decodes the values that vCard 2.1 writes as quoted-printable; other texts come
// back as they are. It works on bytes, since a line may be folded within a
// character.
func Unfold(data []byte) []byte {
	head := bytes.TrimLeft(data[:min(len(data), 200)], "\xef\xbb\xbf \r\n")
	if len(head) < 7 || !strings.EqualFold(string(head[:7]), "BEGIN:V") {
		return data
	}
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	data = bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\n "), nil), []byte("\n\t"), nil)
	if !bytes.Contains(data, []byte("QUOTED-PRINTABLE")) {
		return data
	}
	var out []byte
	for lines := bytes.SplitAfter(data, []byte("\n")); len(lines) > 0; {
		var line []byte
		line, lines = quotedLine(lines)
		out = append(out, line...)
	}
	return out
}

// quotedLine takes off the first property, of one line, or of several when it is in
// quoted-printable, whose lines end in "=" when they go on.
func quotedLine(lines [][]byte) (property []byte, rest [][]byte) {
	line, rest := lines[0], lines[1:]
	name, value, _ := bytes.Cut(line, []byte(":"))
	if !bytes.HasSuffix(name, []byte("QUOTED-PRINTABLE")) && !bytes.Contains(name, []byte("QUOTED-PRINTABLE;")) {
		return line, rest
	}
	for value = bytes.Clone(value); bytes.HasSuffix(value, []byte("=\n")) && len(rest) > 0; rest = rest[1:] {
		value = append(value, rest[0]...)
	}
	plain, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(value)))
	if err != nil {
		plain = value
	}
	return slices.Concat(name, []byte(":"), plain), rest
}

func readHTML(r *reading, data []byte) {
	visible, hidden := r.help.HTML(r.help.Decode(data))
	r.text(visible)
	r.text(WithoutBase64(hidden))
	r.encoded(visible)
	r.encoded(hidden)
}

// readXML gives texts and attribute values; entities are not expanded, so no
// document can grow.
func readXML(r *reading, data []byte) {
	if Divides(string(data)) {
		r.officeXML(data)
	}
	if len(r.xmlText(data)) == 0 {
		readText(r, data)
	}
}

// Joined returns the text of an XML document in which elements may divide a word (a
// drawing, Word and ODF as one file); "" of another, whose source can be read as it is.
func Joined(xml string, left *Budget) string {
	if !Divides(xml) {
		return ""
	}
	r := &reading{Budget: left, help: Help{Decode: func(data []byte) string { return string(data) }}}
	r.officeXML([]byte(xml))
	return r.out.String()
}

// Divides reports whether a text has elements that may divide a word: SVG's,
// WordprocessingML's, ODF's.
func Divides(xml string) bool {
	for _, tag := range []string{"<tspan", "<w:t>", "<w:t ", "<text:p", "<text:span", "urn:schemas-microsoft-com:office:spreadsheet"} {
		if strings.Contains(xml, tag) {
			return true
		}
	}
	return false
}

// xmlText adds every text and attribute value of an XML document and returns what
// it added; damage ends it with a reason.
func (r *reading) xmlText(data []byte) string {
	return r.tokens(r.decoder(data), xmlToken)
}

// decoder reads XML in any charset.
func (r *reading) decoder(data []byte) *xml.Decoder {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		data = []byte(r.help.Decode(data))
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) {
		all, err := io.ReadAll(in)
		return strings.NewReader(r.help.Decode(all)), err
	}
	return d
}

// tokens adds what write makes of each token, and returns it; damage ends it
// with a reason.
func (r *reading) tokens(d *xml.Decoder, write func(b *strings.Builder, token xml.Token)) string {
	var b strings.Builder
	r.each(d, &b, func(token xml.Token) { write(&b, token) })
	r.text(b.String())
	return b.String()
}

// each calls fn, which writes to b, for the tokens of a document until b is full;
// damage ends it with a reason.
func (r *reading) each(d *xml.Decoder, b *strings.Builder, fn func(token xml.Token)) {
	for b.Len() < r.textLeft {
		token, err := d.RawToken()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.unreadable(Damaged)
			}
			return
		}
		fn(token)
	}
}

func xmlToken(b *strings.Builder, token xml.Token) {
	switch t := token.(type) {
	case xml.CharData:
		b.Write(t)
	case xml.Comment:
		b.Write(t)
	case xml.StartElement:
		for _, a := range t.Attr {
			if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
				b.WriteString(" " + a.Value + " ")
			}
		}
	case xml.EndElement:
		b.WriteByte('\n')
	}
}

// readMessage reads a mail with all that is in it.
func readMessage(r *reading, data []byte) {
	if r.depth >= maxDepth {
		r.unreadable(OverLimit)
		return
	}
	r.depth++
	text, reasons := r.help.Message(data, r.Budget)
	r.depth--
	r.text(text)
	for _, reason := range reasons {
		r.unreadable(reason)
	}
}

var mboxLine = regexp.MustCompile(`(?m)^From \S.*\d{4}\r?$`)

// readMbox reads each message of an mbox file; without one it is text.
func readMbox(r *reading, data []byte) {
	marks := mboxLine.FindAllIndex(data, maxFiles)
	if len(marks) == 0 {
		readText(r, data)
		return
	}
	r.text(r.help.Decode(data[:marks[0][0]]))
	for i, m := range marks {
		end := len(data)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		if r.filesLeft--; r.over() {
			return
		}
		readMessage(r, bytes.TrimLeft(data[m[1]:end], "\r\n"))
	}
	if len(marks) == maxFiles {
		r.unreadable(OverLimit)
	}
}
