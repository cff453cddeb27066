package attach

import (
	"bytes"
	"strings"
)

// readTNEF reads Outlook's winmail.dat, MS-OXTNEF: a signature, a key, and then
// attributes, first of the message, then of each attachment. Most of both is in
// properties of MAPI. Checksums are not asked: some programs write none.
func readTNEF(r *reading, data []byte) {
	t := &tnef{r: r, page: 1252, file: r.file}
	t.stream(data)
}

// File is a file within another one.
type File struct {
	Name string
	Data []byte
}

// OutlookFiles are those that winmail.dat brings, and those of the messages in it;
// none if data is no such file. A name may be empty or a path.
func OutlookFiles(data []byte) (files []File) {
	defer func() { _ = recover() }() // damaged: what was found so far
	nothing := Help{Decode: func([]byte) string { return "" }, HTML: func(string) (string, string) { return "", "" }}
	r := &reading{Budget: NewBudget(), help: nothing}
	var list func(data []byte, depth int)
	list = func(data []byte, depth int) {
		t := &tnef{r: r, page: 1252}
		t.file = func(name string, content []byte) {
			switch r.filesLeft--; {
			case r.over() || len(content) == 0:
			case !isTNEF(content):
				files = append(files, File{name, content})
			case depth < maxDepth:
				list(content, depth+1)
			}
		}
		t.stream(data)
	}
	if isTNEF(data) {
		list(data, 0)
	}
	return files
}

func isTNEF(data []byte) bool { return bytes.HasPrefix(data, []byte("\x78\x9f\x3e\x22")) }

func (t *tnef) stream(data []byte) {
	r := t.r
	s := &cursor{parts: [][]byte{data}}
	for s.skip(6); s.more(1) && !r.over(); {
		s.skip(1) // level
		tag, n := s.u32(), int(s.u32())
		body := s.take(n)
		s.skip(2)
		if s.bad {
			r.unreadable(Damaged)
		}
		t.attribute(tag, body)
	}
	t.attachment()
}

// Attributes, MS-OXTNEF §2.1.3.
const (
	tnefPage       = 0x00069007
	tnefRecipients = 0x00069004
	tnefMessage    = 0x00069003
	tnefStart      = 0x00069002 // of the next attachment
	tnefAttachment = 0x00069005
	tnefTitle      = 0x00018010
	tnefData       = 0x0006800f
)

// tnef reads one stream.
type tnef struct {
	r       *reading
	file    func(name string, data []byte) // takes each file
	page    int                            // code page of strings that are not Unicode
	title   string                         // of the attachment being read
	name    string                         // its long name
	content []byte
}

func (t *tnef) attribute(tag uint32, body []byte) {
	s := &cursor{parts: [][]byte{body}}
	switch tag {
	case tnefPage:
		t.page = int(s.u32())
	case tnefStart:
		t.attachment()
	case tnefTitle:
		t.title = t.narrow(body)
	case tnefData:
		t.content = body
	case tnefMessage, tnefAttachment:
		t.properties(s)
	case tnefRecipients:
		for n := s.u32(); n > 0 && !s.bad && !t.r.over(); n-- {
			t.properties(s)
		}
	default:
		if kind := tag >> 16; kind <= 2 { // an address, a string, a text
			t.r.text(strings.Map(noControls, t.narrow(body)))
		}
	}
}

// attachment reads the one that is complete now.
func (t *tnef) attachment() {
	if t.name == "" {
		t.name = t.title
	}
	if t.name != "" || t.content != nil {
		t.file(t.name, t.content)
	}
	t.title, t.name, t.content = "", "", nil
}

func (t *tnef) narrow(b []byte) string {
	return strings.TrimRight(decodePage(t.page, b), "\x00")
}

// noControls divides what lies around zeros and lengths.
func noControls(c rune) rune {
	if c < ' ' && c != '\t' && c != '\n' {
		return '\n'
	}
	return c
}

// properties reads a list of MAPI's, MS-OXTNEF §2.1.3.4.
func (t *tnef) properties(s *cursor) {
	for n := s.u32(); n > 0 && !s.bad && !t.r.over(); n-- {
		kind, id := s.u16(), s.u16()
		if id >= 0x8000 {
			t.propertyName(s)
		}
		count := uint32(1)
		variable := kind&^0x1000 == 0x1e || kind&^0x1000 == 0x1f || kind&^0x1000 == 0x102 || kind&^0x1000 == 0x0d
		if variable || kind&0x1000 != 0 {
			count = s.u32()
		}
		for ; count > 0 && !s.bad; count-- {
			t.value(s, kind&^0x1000, id, variable)
		}
	}
	if s.bad {
		t.r.unreadable(Damaged)
	}
}

// propertyName is a number, or a name that somebody gave.
func (t *tnef) propertyName(s *cursor) {
	s.skip(16)
	if s.u32() == 0 {
		s.skip(4)
		return
	}
	t.r.text(strings.TrimRight(utf16LE(s.padded(int(s.u32()))), "\x00"))
}

func (t *tnef) value(s *cursor, kind, id uint16, variable bool) {
	if !variable {
		switch kind {
		case 5, 6, 7, 0x14, 0x40:
			s.skip(8)
		case 0x48:
			s.skip(16)
		default:
			s.skip(4)
		}
		return
	}
	value := s.padded(int(s.u32()))
	switch {
	case kind == 0x1f:
		t.words(id, utf16LE(value))
	case kind == 0x1e:
		t.words(id, t.narrow(value))
	case id == 0x1013:
		readHTML(t.r, value)
	case id == 0x1009:
		t.r.packedRTF(value)
	case id == 0x3701 && len(value) > 16: // an object, after the name of its interface: a message is TNEF again
		t.content = value[16:]
	}
}

func (t *tnef) words(id uint16, text string) {
	if text = strings.TrimRight(text, "\x00"); id == 0x3707 {
		t.name = text
		return
	}
	t.r.text(text)
}
