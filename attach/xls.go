package attach

import (
	"encoding/binary"
	"strings"
	"time"
)

// readBIFF reads the records of an Excel workbook, versions 2 to 2003: MS-XLS for
// BIFF8, OpenOffice.org's Documentation of the Microsoft Excel File Format for
// those before. A record is a kind, a length and so many bytes; records of the
// kind CONTINUE go on with the one before them.
func readBIFF(r *reading, data []byte) {
	b := newBIFF(r)
	eachRecord(data, b.record)
	b.flush()
	b.book.unused(r)
}

// eachRecord calls fn for each record with its bytes and those of its CONTINUEs,
// until it returns false.
func eachRecord(data []byte, fn func(kind uint16, parts [][]byte) bool) {
	kind, body, data := cutRecord(data)
	for kind != 0 || len(body) > 0 {
		parts := [][]byte{body}
		next, more, rest := cutRecord(data)
		for ; next == biffContinue; next, more, rest = cutRecord(rest) {
			parts = append(parts, more)
		}
		if !fn(kind, parts) {
			return
		}
		kind, body, data = next, more, rest
	}
}

// cutRecord takes the first record off; one that is cut off has what there is.
func cutRecord(data []byte) (kind uint16, body, rest []byte) {
	if len(data) < 4 {
		return 0, nil, nil
	}
	kind, n := binary.LittleEndian.Uint16(data), int(binary.LittleEndian.Uint16(data[2:]))
	data = data[4:]
	return kind, data[:min(n, len(data))], data[min(n, len(data)):]
}

// Kinds of records, MS-XLS §2.3. Those of cells have 0x200 or 0x400 added since
// BIFF3, which cell takes off.
const (
	biffFormula = 0x06
	biffHeader  = 0x14
	biffFooter  = 0x15
	biffName    = 0x18
	biffNote    = 0x1c
	biffDate    = 0x22
	biffFile    = 0x2f // FilePass
	biffPage    = 0x42
	biffWriter  = 0x5c
	biffSheet   = 0x85
	biffMulRK   = 0xbd
	biffPivot   = 0xcd // SXString
	biffRich    = 0xd6
	biffXF      = 0xe0
	biffShared  = 0xfc
	biffLabel8  = 0xfd
	biffBook    = 0x1ae
	biffBox     = 0x1b6
	biffLink    = 0x1b8
	biffCond    = 0x1b1 // of a conditional format
	biffValid   = 0x1be
	biffDrawing = 0xec // MsoDrawing
	biffFormat  = 0x41e
	biffBOF     = 0x809
	biffSeries  = 0x100d

	biffContinue = 0x3c
)

// biff reads one workbook stream.
type biff struct {
	r       *reading
	book    *workbook
	version int            // 2 to 5, and 8
	page    int            // code page of strings before BIFF8
	codes   map[int]string // number formats that the book defines
	styles  int            // XF records so far
	row     int            // of line; -1: none
	line    strings.Builder
}

func newBIFF(r *reading) *biff {
	return &biff{r: r, book: &workbook{dates: map[int]bool{}, used: map[int]bool{}}, codes: map[int]string{}, page: 1252, row: -1}
}

// record reads one record; false: nothing more can be read.
func (b *biff) record(kind uint16, parts [][]byte) bool {
	if b.r.over() {
		return false
	}
	s := &cursor{parts: parts, page: b.page, old: b.version < 8}
	switch kind {
	case biffBOF, 0x409, 0x209, 0x09:
		b.begin(kind, s)
	case biffFile:
		b.r.unreadable(Encrypted)
		return false
	case biffPage:
		b.page = int(s.u16())
	case biffDate:
		if s.u16() == 1 {
			b.book.epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
		}
	case biffFormat:
		id := int(s.u16())
		b.codes[id] = s.text(b.version >= 8)
	case biffXF:
		s.skip(2)
		id := int(s.u16())
		b.book.style(b.styles, id, b.codes[id])
		b.styles++
	case biffShared:
		b.shared(s)
	default:
		b.words(kind, s)
	}
	return true
}

// begin learns the version of a book or sheet, MS-XLS §2.4.21.
func (b *biff) begin(kind uint16, s *cursor) {
	b.flush()
	switch version := s.u16(); {
	case kind != biffBOF:
		b.version = max(2, int(kind>>8))
	case version == 0x600:
		b.version = 8
	default:
		b.version = 5
	}
}

// shared keeps the strings that cells show by their number, MS-XLS §2.4.265.
func (b *biff) shared(s *cursor) {
	s.skip(4)
	for n := s.u32(); n > 0 && !s.bad && !b.r.over(); n-- {
		if text := s.text(true); !s.bad || text != "" {
			b.book.shared = append(b.book.shared, text)
		}
	}
	if s.bad {
		b.r.unreadable(Damaged)
	}
}

// words adds what a record that is no cell says.
func (b *biff) words(kind uint16, s *cursor) {
	long := b.version >= 8 // a string's length has two bytes then
	switch kind {
	case biffHeader, biffFooter:
		b.r.text(pageHeader(s.text(long)))
	case biffSheet:
		s.skip(6)
		b.r.text(s.text(false))
	case biffWriter:
		b.r.text(s.text(long))
	case biffPivot:
		b.r.text(s.text(true))
	case biffNote:
		s.skip(4)
		if long {
			s.skip(4)
		}
		b.r.text(s.text(true))
	case biffName:
		b.name(s)
	case biffSeries:
		s.skip(2)
		b.r.text(s.text(false))
	case biffBox:
		b.r.text(s.box())
	case biffBook:
		if s.skip(2); s.more(3) {
			b.r.text(s.text(true))
		}
	case biffValid:
		s.skip(4)
		for range 4 {
			b.r.text(s.text(true))
		}
		b.r.text(s.literals())
	case biffCond:
		b.r.text(s.literals())
	case biffDrawing:
		b.r.text(wideRuns(s.rest()))
	case biffLink:
		s.skip(32)
		b.r.text(printableRuns(s.part()))
	default:
		b.cell(kind, s)
	}
}

// name is that of a range, MS-XLS §2.4.150; built-in ones have a number.
func (b *biff) name(s *cursor) {
	builtIn := s.u16()&0x20 != 0
	s.skip(1)
	n := int(s.u8())
	if s.skip(10); builtIn {
		return
	}
	wide := false
	if b.version >= 8 {
		wide = s.u8()&1 != 0
	}
	b.r.text(s.chars(n, wide))
	b.r.text(s.literals())
}

// pageHeader is what a sheet's header or footer says: its three sections are lines,
// its fonts are left out, ECMA-376 Part 1 §18.3.1.46.
func pageHeader(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '&' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		switch i++; s[i] {
		case '&':
			out.WriteByte('&')
		case 'L', 'C', 'R':
			out.WriteByte('\n')
		case '"':
			if end := strings.IndexByte(s[i+1:], '"'); end >= 0 {
				i += end + 1
			}
		case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			for i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9' {
				i++
			}
		}
	}
	return out.String()
}
