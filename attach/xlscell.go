package attach

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"unicode/utf16"
)

// cell adds what a cell shows. Before BIFF3 a cell has three bytes of attributes
// in place of a style's number, and its records are named without 0x200.
func (b *biff) cell(kind uint16, s *cursor) {
	switch kind {
	case biffLabel8:
		b.at(s)
		b.show(b.book.sharedText(int(s.u32())))
	case 0x204, 0x04, biffRich: // Label, RString
		b.at(s)
		b.show(s.text(kind != 0x04) + "\t")
	case 0x203, 0x03: // Number
		style := b.at(s)
		b.show(b.book.number(math.Float64frombits(s.u64()), style))
	case 0x27e: // RK
		style := b.at(s)
		b.show(b.book.number(rk(s.u32()), style))
	case biffMulRK:
		b.place(s)
		for s.more(8) {
			style := int(s.u16())
			b.show(b.book.number(rk(s.u32()), style))
		}
	case 0x02: // Integer, BIFF2
		style := b.at(s)
		b.show(b.book.number(float64(s.u16()), style))
	case biffFormula, 0x206, 0x406:
		style := b.at(s)
		if bits := s.u64(); bits>>48 != 0xffff { // else no number: its string comes next
			b.show(b.book.number(math.Float64frombits(bits), style))
		}
		b.show(s.literals())
	case 0x207, 0x07: // String: what the formula before it shows
		b.show(s.text(kind != 0x07) + "\t")
	}
}

// at reads where a cell stands and returns its style.
func (b *biff) at(s *cursor) int {
	b.place(s)
	if b.version == 2 {
		s.skip(3)
		return -1
	}
	return int(s.u16())
}

// place reads row and column; cells of one row stand in one line.
func (b *biff) place(s *cursor) {
	row := int(s.u16())
	if s.skip(2); row != b.row {
		b.flush()
		b.row = row
	}
}

func (b *biff) show(s string) {
	if b.line.Len() < b.r.textLeft {
		b.line.WriteString(s)
	}
}

func (b *biff) flush() {
	b.r.text(b.line.String())
	b.line.Reset()
	b.row = -1
}

// rk is a number in 30 bits, MS-XLS §2.5.217.
func rk(v uint32) float64 {
	n := math.Float64frombits(uint64(v&^3) << 32)
	if v&2 != 0 {
		n = float64(int32(v) >> 2)
	}
	if v&1 != 0 {
		n /= 100
	}
	return n
}

// text reads a string with its length before it, of two bytes when long: in the
// code page before BIFF8, else with flags and what formats it, MS-XLS §2.5.293.
func (s *cursor) text(long bool) string {
	n := int(s.u8())
	if long {
		n |= int(s.u8()) << 8
	}
	if s.old {
		return s.chars(n, false)
	}
	if n == 0 && !s.more(1) { // a header that is empty ends here
		return ""
	}
	flags, after := s.u8(), 0
	if flags&8 != 0 {
		after += 4 * int(s.u16())
	}
	if flags&4 != 0 {
		after += int(s.u32())
	}
	text := s.chars(n, flags&1 != 0)
	s.skip(after)
	return text
}

// rest is all that is not read yet.
func (s *cursor) rest() []byte { return slices.Concat(s.parts...) }

// literals are the texts in what is left of a record with formulas, a line each: PtgStr,
// MS-XLS §2.5.198.89. The other tokens are not told apart, so a few characters more
// may look like one.
func (s *cursor) literals() string {
	var out strings.Builder
	for b := s.rest(); len(b) > 3; b = b[1:] {
		if b[0] != 0x17 {
			continue
		}
		c := &cursor{parts: [][]byte{b[1:]}, page: s.page, old: s.old}
		text := strings.ReplaceAll(c.text(false), "\x00", "\n") // between the entries of a list
		if n := b[1]; c.bad || n < 2 || strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !printableRune(r) }) {
			continue
		}
		out.WriteString(text + "\n")
		b = b[len(b)-len(c.part())-1:]
	}
	return out.String()
}

// chars reads n characters. Each part but the first begins with flags of its own.
func (s *cursor) chars(n int, wide bool) string {
	var units []uint16
	var bytes []byte
	for n > 0 && !s.bad {
		if p := s.parts[0]; len(p) == 0 && len(s.parts) > 1 {
			s.parts = s.parts[1:]
			if !s.old {
				wide = s.u8()&1 != 0
			}
		}
		p := s.parts[0]
		size := 1
		if wide {
			size = 2
		}
		step := min(n, len(p)/size)
		switch {
		case step == 0:
			s.bad = true
		case wide:
			for i := range step {
				units = append(units, binary.LittleEndian.Uint16(p[2*i:]))
			}
		case s.old:
			bytes = append(bytes, p[:step]...)
		default: // the low bytes of UTF-16
			for _, c := range p[:step] {
				units = append(units, uint16(c))
			}
		}
		s.parts[0] = p[step*size:]
		n -= step
	}
	if s.old {
		return decodePage(s.page, bytes)
	}
	return string(utf16.Decode(units))
}

// box reads the text of a box, which stands in the parts after the first,
// MS-XLS §2.4.329.
func (s *cursor) box() string {
	s.skip(10)
	n := int(s.u16())
	if len(s.parts) < 2 || s.old {
		return ""
	}
	s.parts[0] = nil
	return s.chars(n, false)
}
