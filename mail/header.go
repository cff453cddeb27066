package mail

import (
	"bytes"
	"strings"
)

// mboxLine names the separator line of an mbox that some exports leave on top.
const mboxLine = "From "

func hasByte(b []byte, c byte) bool { return bytes.IndexByte(b, c) >= 0 }

// lineEnd returns the index after the line break that ends the line at i, or
// end.
func (p *parser) lineEnd(buf []byte, i, end int) int {
	if n := bytes.IndexByte(buf[i:end], p.nl); n >= 0 {
		return i + n + 1
	}
	return end
}

// header splits the fields between start and end. body is where the body
// begins: after the blank line, or at the first line that cannot belong to a
// header when none follows it.
func (p *parser) header(buf []byte, start, end int) (fields []Field, body int) {
	for i := start; i < end; {
		next := p.lineEnd(buf, i, end)
		line := buf[i:next]
		switch {
		case isBlank(line):
			return fields, next
		case next-start > maxHeaderBytes || len(fields) >= maxFields:
			p.stop(QuarantineTooLong)
			return fields, i
		case (line[0] == ' ' || line[0] == '\t') && len(fields) > 0:
			fields[len(fields)-1].end = next
		case len(fields) == 0 && (bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))):
			fields = append(fields, Field{Name: mboxLine, start: i, end: next})
		case len(fields) > 0 && continues(buf[:i], line):
			fields[len(fields)-1].end = next
		case fieldName(line) != "":
			fields = append(fields, Field{Name: fieldName(line), start: i, end: next})
		case !p.fieldFollows(buf, next, end):
			return fields, i
		default:
			fields = append(fields, Field{start: i, end: next})
		}
		i = next
	}
	return fields, end
}

// continues: a parameter on a line of its own that nobody indented, below the ";" of its
// field.
func continues(before, line []byte) bool {
	if !bytes.HasSuffix(bytes.TrimRight(before, " \t\r\n"), []byte(";")) {
		return false
	}
	name, _, ok := bytes.Cut(line, []byte("="))
	if !ok {
		return false
	}
	switch strings.ToLower(strings.TrimRight(string(name), "*0123456789")) {
	case "boundary", "charset", "name", "filename", "type", "format":
		return true
	}
	return false
}

// top is where the header begins that blank lines stand above.
func (p *parser) top(raw []byte) int {
	start := len(raw) - len(bytes.TrimLeft(raw, "\r\n"))
	if start == 0 {
		return 0
	}
	fields, _ := p.header(raw, start, len(raw))
	for _, f := range fields {
		switch strings.ToLower(f.Name) {
		case "from", "received", "return-path", "date", "subject", "message-id", "mime-version", "delivered-to":
			return start
		}
	}
	return 0
}

func isBlank(line []byte) bool { return len(bytes.TrimRight(line, "\r\n")) == 0 }

// fieldName returns the name of the field that begins in line, "" if none
// does. RFC 5322 §2.2; spaces before the colon are obsolete but met.
func fieldName(line []byte) string {
	n := bytes.IndexByte(line, ':')
	if n <= 0 || n > 256 {
		return ""
	}
	name := bytes.TrimRight(line[:n], " \t")
	for _, c := range name {
		if c <= ' ' || c >= 127 {
			return ""
		}
	}
	return string(name)
}

// fieldFollows reports whether a field stands within the next lines before a
// blank one: then the odd line between was garbage, else the body has begun.
func (p *parser) fieldFollows(buf []byte, i, end int) bool {
	for n := 0; i < end && n < 20; n++ {
		next := p.lineEnd(buf, i, end)
		if isBlank(buf[i:next]) {
			return false
		}
		if fieldName(buf[i:next]) != "" {
			return true
		}
		i = next
	}
	return false
}

// decodeFields fills Raw and Value. hint is the charset of undeclared bytes.
func decodeFields(buf []byte, fields []Field, hint string) {
	for i := range fields {
		f := &fields[i]
		raw := buf[f.start:f.end]
		if f.Name != "" && f.Name != mboxLine {
			raw = raw[bytes.IndexByte(raw, ':')+1:]
		}
		f.Raw = strings.TrimRight(string(raw), "\r\n")
		f.Value = decodeHeader(unfold(f.Raw), hint)
	}
}

// unfold joins folded lines (RFC 5322 §2.2.3) and trims the value.
func unfold(s string) string {
	if !strings.ContainsAny(s, "\r\n") {
		return strings.TrimSpace(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\r' && s[i] != '\n' {
			b.WriteByte(s[i])
		}
	}
	return strings.TrimSpace(b.String())
}
