package attach

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"github.com/richardlehane/mscfb"
	"github.com/richardlehane/msoleps"
)

// readOLE reads a compound file (MS-CFB) by what the streams of its storages are
// named: Word, Excel and PowerPoint of 1997 to 2003, Outlook's messages, and what
// is embedded in any of them.
func readOLE(r *reading, data []byte) {
	streams := r.streams(data)
	if len(streams) == 0 {
		r.unreadable(Damaged)
		return
	}
	known := false
	var others []stream
	for _, storage := range storages(streams) {
		if r.storage(storage) {
			known = true
		} else {
			others = append(others, storage...)
		}
	}
	if !known {
		r.unreadable(Unknown)
	}
	for _, s := range streams {
		if isProperties(s) {
			r.properties(s.data)
		}
	}
	for _, s := range others { // formulas, drawings, controls of forms
		if !isProperties(s) && s.name != "CompObj" && s.name != "Ole" && s.name != "ObjInfo" {
			r.printable(s.data)
		}
	}
}

func isProperties(s stream) bool {
	return s.name == "SummaryInformation" || s.name == "DocumentSummaryInformation"
}

// storages groups streams by the storage they lie in.
func storages(streams []stream) (all [][]stream) {
	number := map[string]int{}
	for _, s := range streams {
		where := strings.Join(s.path, "/")
		n, known := number[where]
		if !known {
			n = len(all)
			number[where] = n
			all = append(all, nil)
		}
		all[n] = append(all[n], s)
	}
	return all
}

// storage reads what one storage holds; false: nothing that is known here.
func (r *reading) storage(streams []stream) bool {
	switch where := streams[0].path; {
	case has(streams, "EncryptedPackage"):
		r.unreadable(Encrypted)
	case has(streams, "__properties_version1.0"):
		r.outlook(streams)
	case has(streams, "WordDocument"):
		r.word(streams)
	case has(streams, "Workbook"):
		readBIFF(r, find(streams, "Workbook"))
	case has(streams, "Book"):
		readBIFF(r, find(streams, "Book"))
	case has(streams, "PowerPoint Document"):
		r.presentation(streams)
	case has(streams, "Ole10Native"):
		r.packaged(find(streams, "Ole10Native"))
	case len(where) > 0 && strings.HasPrefix(where[len(where)-1], "_SX_DB"):
		r.pivots(streams)
	default:
		return r.embedded(streams)
	}
	return true
}

// embedded reads a whole file that lies in a storage of its own.
func (r *reading) embedded(streams []stream) bool {
	for _, name := range []string{"Package", "CONTENTS", "EmbeddedOdf"} {
		if data := find(streams, name); byContent(data) != "" && !r.over() {
			r.media("", data)
			return true
		}
	}
	return false
}

// packaged reads a file that was put into a document as it is: its name, where it
// was, and its content, MS-OLEDS §2.3.6 and the layout of Windows' Packager.
func (r *reading) packaged(data []byte) {
	const head = 4 + 2 // size, flags
	fields := bytes.SplitN(data[min(head, len(data)):], []byte{0}, 3)
	if len(fields) < 3 || len(fields[2]) < 8 {
		r.printable(data)
		return
	}
	name, rest := r.help.Decode(fields[0]), fields[2]
	r.text(r.help.Decode(fields[1]))
	path := uint64(binary.LittleEndian.Uint32(rest[4:]))
	if rest = rest[8:]; path+4 > uint64(len(rest)) {
		r.printable(data)
		return
	}
	r.text(r.help.Decode(bytes.TrimRight(rest[:path], "\x00")))
	size := uint64(binary.LittleEndian.Uint32(rest[path:]))
	content := rest[path+4:]
	r.media(name, content[:min(size, uint64(len(content)))])
}

// pivots reads the copies of cells that pivot tables keep, MS-XLS §2.1.7.12.
func (r *reading) pivots(streams []stream) {
	for _, s := range streams {
		b := newBIFF(r)
		b.version = 8
		eachRecord(s.data, b.record)
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

// find returns a stream's content by its name, whose case MS-CFB §2.6.4 ignores.
func find(streams []stream, name string) []byte {
	for _, s := range streams {
		if strings.EqualFold(s.name, name) {
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
	if len(doc) < 0x1aa {
		r.unreadable(Damaged)
		return
	}
	flags := binary.LittleEndian.Uint16(doc[0x0a:])
	if flags&0x100 != 0 {
		r.unreadable(Encrypted)
		return
	}
	if binary.LittleEndian.Uint16(doc) != 0xa5ec {
		r.oldWord(doc)
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
	// Who commented and changed, bookmarks, what boxes and pictures show to those who
	// don't see them; and the fields of forms. All strings there are UTF-16.
	r.text(wideRuns(table))
	r.text(wideRuns(find(streams, "Data")))
}

// oldWord reads a document of Word 6 or 95: its text lies in one piece, in a code
// page, between two places that its head names.
func (r *reading) oldWord(doc []byte) {
	start, end := binary.LittleEndian.Uint32(doc[0x18:]), binary.LittleEndian.Uint32(doc[0x1c:])
	if start > end || uint64(end) > uint64(len(doc)) {
		r.unreadable(Damaged)
		return
	}
	r.text(strings.Map(wordBreaks, r.help.Decode(doc[start:end])))
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
	return decodePage(1252, b)
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
