package attach

import (
	"math"
	"strings"
	"time"
)

// An XLSB has the parts of an XLSX with records in place of XML, MS-XLSB: a kind
// and a length, seven bits a byte, and so many bytes. Strings are UTF-16 with four
// bytes of length.

// Kinds of records, MS-XLSB §2.3.2.
const (
	xlsbRow       = 0
	xlsbRK        = 2
	xlsbReal      = 5
	xlsbText      = 6
	xlsbShared    = 7
	xlsbFormula   = 8 // that shows a text
	xlsbNumber    = 9 // formula that shows a number
	xlsbItem      = 19
	xlsbName      = 39
	xlsbFormat    = 44
	xlsbStyle     = 47
	xlsbRich      = 62
	xlsbBook      = 153
	xlsbSheet     = 156
	xlsbHeaders   = 479
	xlsbLink      = 494
	xlsbStyles    = 617
	xlsbStylesEnd = 618
	xlsbAuthor    = 632
	xlsbComment   = 637
)

// binarySheet reads one part of an XLSB.
type binarySheet struct {
	r      *reading
	book   *workbook
	codes  map[int]string // number formats that the book defines
	styles int            // those of cells so far; -1: these are not of cells
	line   strings.Builder
}

// readBinary reads a part into w: its strings, its styles, or what its cells show.
func (w *workbook) readBinary(r *reading, data []byte) {
	b := &binarySheet{r: r, book: w, codes: map[int]string{}, styles: -1}
	s := &cursor{parts: [][]byte{data}}
	for s.more(1) && !r.over() {
		kind, n := s.sevens(2), s.sevens(4)
		b.record(kind, &cursor{parts: [][]byte{s.take(n)}})
		if s.bad {
			r.unreadable(Damaged)
		}
	}
	r.text(b.line.String())
}

// sevens reads a number of seven bits a byte, at most so many bytes.
func (s *cursor) sevens(bytes int) (n int) {
	for i := range bytes {
		c := s.u8()
		n |= int(c&0x7f) << (7 * i)
		if c < 0x80 {
			break
		}
	}
	return n
}

func (b *binarySheet) record(kind int, s *cursor) {
	switch kind {
	case xlsbItem:
		s.skip(1)
		b.book.shared = append(b.book.shared, s.wide())
	case xlsbBook:
		if s.u32()&1 != 0 {
			b.book.epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
		}
	case xlsbFormat:
		id := int(s.u16())
		b.codes[id] = s.wide()
	case xlsbStyles:
		b.styles = 0
	case xlsbStylesEnd:
		b.styles = -1
	case xlsbStyle:
		if s.skip(2); b.styles >= 0 {
			id := int(s.u16())
			b.book.style(b.styles, id, b.codes[id])
			b.styles++
		}
	default:
		b.words(kind, s)
	}
}

// words adds names, comments, links, headers and footers.
func (b *binarySheet) words(kind int, s *cursor) {
	switch kind {
	case xlsbSheet:
		s.skip(8)
		s.wide() // of the relation
		b.r.text(s.wide())
	case xlsbName:
		s.skip(9)
		b.r.text(s.wide())
	case xlsbAuthor:
		b.r.text(s.wide())
	case xlsbComment:
		s.skip(1)
		b.r.text(s.wide())
	case xlsbLink:
		s.skip(16)
		for range 4 {
			b.r.text(s.wide())
		}
	case xlsbHeaders:
		s.skip(2)
		for range 6 {
			b.r.text(pageHeader(s.wide()))
		}
	default:
		b.cell(kind, s)
	}
}

// cell adds what a cell shows, after its column and style.
func (b *binarySheet) cell(kind int, s *cursor) {
	s.skip(4)
	style := int(s.u32() & 0xffffff)
	switch {
	case b.line.Len() >= b.r.textLeft:
	case kind == xlsbRow:
		b.line.WriteByte('\n')
	case kind == xlsbRK:
		b.line.WriteString(b.book.number(rk(s.u32()), style))
	case kind == xlsbReal, kind == xlsbNumber:
		b.line.WriteString(b.book.number(math.Float64frombits(s.u64()), style))
	case kind == xlsbText, kind == xlsbFormula:
		b.line.WriteString(s.wide() + "\t")
	case kind == xlsbRich:
		s.skip(1)
		b.line.WriteString(s.wide() + "\t")
	case kind == xlsbShared:
		b.line.WriteString(b.book.sharedText(int(s.u32())))
	}
}

// wide reads a string of UTF-16 after the number of its characters; none, when that
// number is all ones.
func (s *cursor) wide() string {
	n := s.u32()
	if n == math.MaxUint32 {
		return ""
	}
	return utf16LE(s.take(int(n) * 2))
}
