package attach

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"github.com/richardlehane/mscfb"
	"github.com/richardlehane/msoleps"
)

// readOLE reads a compound file (MS-CFB) by what its streams are named: Word,
// Excel and PowerPoint of 1997 to 2003, and Outlook's messages.
func readOLE(r *reading, data []byte) {
	streams := r.streams(data)
	switch {
	case len(streams) == 0:
		r.unreadable(Damaged)
	case has(streams, "EncryptedPackage"):
		r.unreadable(Encrypted)
	case has(streams, "__properties_version1.0"):
		r.outlook(streams)
	case has(streams, "WordDocument"):
		r.word(streams)
	case has(streams, "Workbook"), has(streams, "Book"):
		r.unreadable("xls: not read yet")
	case has(streams, "PowerPoint Document"):
		r.slides(find(streams, "PowerPoint Document"), 0)
	default:
		r.unreadable(Unknown)
	}
	for _, name := range []string{"SummaryInformation", "DocumentSummaryInformation"} {
		r.properties(find(streams, name))
	}
}

// properties adds who wrote a document, its title and the like, MS-OLEPS.
func (r *reading) properties(data []byte) {
	p := msoleps.New()
	if len(data) == 0 || p.Reset(bytes.NewReader(data)) != nil {
		return
	}
	for _, property := range p.Property {
		if strings.HasSuffix(property.Type(), "String") {
			r.text(strings.TrimRight(property.String(), "\x00"))
		}
	}
}

// stream is one file in a compound file.
type stream struct {
	name string
	path []string // of the storages around it
	data []byte
}

// streams reads all of them, as far as the file is whole.
func (r *reading) streams(data []byte) (all []stream) {
	doc, err := mscfb.New(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	for entry, err := doc.Next(); err == nil && !r.over(); entry, err = doc.Next() {
		if r.filesLeft--; entry.Size > 0 {
			content := r.take(entry)
			r.bytesLeft -= len(content)
			all = append(all, stream{entry.Name, entry.Path, content})
		}
	}
	return all
}

func find(streams []stream, name string) []byte {
	for _, s := range streams {
		if s.name == name && len(s.path) == 0 {
			return s.data
		}
	}
	return nil
}

func has(streams []stream, name string) bool { return find(streams, name) != nil }

// word reads a document by its piece table, MS-DOC §2.4.1: main text, notes,
// headers, comments and text boxes lie one after the other.
func (r *reading) word(streams []stream) {
	doc := find(streams, "WordDocument")
	if len(doc) < 0x1aa || binary.LittleEndian.Uint16(doc) != 0xa5ec {
		r.unreadable("doc: an older Word's, not read yet")
		return
	}
	flags := binary.LittleEndian.Uint16(doc[0x0a:])
	if flags&0x100 != 0 {
		r.unreadable(Encrypted)
		return
	}
	table := find(streams, "0Table")
	if flags&0x200 != 0 {
		table = find(streams, "1Table")
	}
	at, n := binary.LittleEndian.Uint32(doc[0x1a2:]), binary.LittleEndian.Uint32(doc[0x1a6:])
	if uint64(at)+uint64(n) > uint64(len(table)) {
		r.unreadable(Damaged)
		return
	}
	r.text(r.pieces(doc, table[at:at+n]))
}

// pieces puts the text together that a Clx describes, MS-DOC §2.9.38.
func (r *reading) pieces(doc, clx []byte) string {
	for len(clx) > 3 && clx[0] == 1 { // Prc: formatting
		n := 3 + int(binary.LittleEndian.Uint16(clx[1:]))
		clx = clx[min(n, len(clx)):]
	}
	if len(clx) < 5+4 || clx[0] != 2 {
		r.unreadable(Damaged)
		return ""
	}
	clx = clx[5:]
	n := (len(clx) - 4) / 12
	var b strings.Builder
	for i := range n {
		chars := int(binary.LittleEndian.Uint32(clx[4*i+4:])) - int(binary.LittleEndian.Uint32(clx[4*i:]))
		place := binary.LittleEndian.Uint32(clx[4*(n+1)+8*i+2:])
		b.WriteString(r.piece(doc, place, chars))
	}
	return strings.Map(wordBreaks, b.String())
}

// piece: bit 30 of its place says that it is in the 8-bit code page 1252, at half
// the place, MS-DOC §2.9.73.
func (r *reading) piece(doc []byte, place uint32, chars int) string {
	start, size := int(place&0x3fffffff), chars*2
	narrow := place&0x40000000 != 0
	if narrow {
		start, size = start/2, chars
	}
	if chars < 0 || start > len(doc) || size > len(doc)-start {
		r.unreadable(Damaged)
		return ""
	}
	b := doc[start : start+size]
	if !narrow {
		return utf16LE(b)
	}
	text, err := codePage(1252).NewDecoder().Bytes(b)
	if err != nil {
		return ""
	}
	return string(text)
}

// wordBreaks turns paragraph, cell, page and field marks into line breaks or
// nothing, MS-DOC §2.4.
func wordBreaks(c rune) rune {
	switch c {
	case 7, 11, 12, 13, 14, 19, 20, 21:
		return '\n'
	case 30:
		return '-'
	case 31:
		return '\u00ad'
	}
	if c < 9 {
		return -1
	}
	return c
}

// utf16LE decodes little-endian UTF-16; an odd last byte is dropped.
func utf16LE(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// slides reads the text atoms of PowerPoint's records, MS-PPT §2.9.
func (r *reading) slides(b []byte, depth int) {
	for len(b) >= 8 && !r.over() {
		version, kind, n := b[0]&0x0f, binary.LittleEndian.Uint16(b[2:]), int(binary.LittleEndian.Uint32(b[4:]))
		b = b[8:]
		if n < 0 || n > len(b) {
			r.unreadable(Damaged)
			n = len(b)
		}
		switch {
		case version == 0x0f && depth < 50:
			r.slides(b[:n], depth+1)
		case kind == 0x0fa0, kind == 0x0fba: // TextCharsAtom, CString
			r.text(strings.ReplaceAll(utf16LE(b[:n]), "\r", "\n"))
		case kind == 0x0fa8: // TextBytesAtom: the low bytes of UTF-16
			runes := make([]rune, n)
			for i, c := range b[:n] {
				runes[i] = rune(c)
			}
			r.text(strings.ReplaceAll(string(runes), "\r", "\n"))
		}
		b = b[n:]
	}
}

// outlook reads a message's properties, MS-OXMSG §2.1.3: every string, the HTML
// body, and the attachments, also those that are messages themselves.
func (r *reading) outlook(streams []stream) {
	names := map[string]string{} // of attachments, by storage
	for _, s := range streams {
		where := strings.Join(s.path, "/")
		switch tag := strings.ToUpper(strings.TrimPrefix(s.name, "__substg1.0_")); {
		case !strings.HasPrefix(s.name, "__substg1.0_"):
		case strings.HasSuffix(tag, "001F"):
			text := utf16LE(s.data)
			r.text(text)
			if tag == "3707001F" {
				names[where] = strings.TrimRight(text, "\x00")
			}
		case strings.HasSuffix(tag, "001E"):
			r.text(r.help.Decode(s.data))
			if tag == "3707001E" {
				names[where] = strings.TrimRight(r.help.Decode(s.data), "\x00")
			}
		case tag == "10130102":
			visible, hidden := r.help.HTML(r.help.Decode(s.data))
			r.text(visible)
			r.text(hidden)
		}
	}
	for _, s := range streams {
		if s.name == "__substg1.0_37010102" && !r.over() {
			r.file(names[strings.Join(s.path, "/")], s.data)
		}
	}
}
