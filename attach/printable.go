package attach

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Of a file that no format here reads, the runs of printable characters are kept:
// a database or a program's own file holds addresses in clear. It is not all that
// such a file says, so its reason stays.
const (
	shortestRun = 6       // characters
	maxRuns     = 1 << 20 // bytes
)

// printable adds the runs in UTF-8, and those in UTF-16 of either byte order.
func (r *reading) printable(data []byte) { r.text(printableRuns(data)) }

func printableRuns(data []byte) string {
	var w runWriter
	for at := 0; at < len(data) && !w.full(); {
		c, n := rune(data[at]), 1
		if c >= utf8.RuneSelf {
			c, n = utf8.DecodeRune(data[at:])
		}
		w.add(c)
		at += n
	}
	w.flush()
	if bytes.IndexByte(data, 0) >= 0 {
		for odd := range 2 {
			w.wide(data[min(odd, len(data)):], 0, 1)
			w.wide(data[min(odd, len(data)):], 1, 0)
		}
	}
	return w.out.String()
}

// shortestWide is that of a run of UTF-16 among numbers: shorter ones happen by chance.
const shortestWide = 4

// wideRuns are the runs in little-endian UTF-16, of shortestWide characters at least, a line
// each. Where the number of characters stands before one, it ends there; when that
// number looks like a character itself, both readings are given.
func wideRuns(data []byte) string {
	var out strings.Builder
	for odd := range 2 {
		units := len(data[min(odd, len(data)):]) / 2
		unit := func(i int) rune { return rune(data[odd+2*i]) | rune(data[odd+2*i+1])<<8 }
		last := 0 // where the run ends: a part of it may be taken before
		for at := 0; at < units && out.Len() < maxRuns; at++ {
			for last = max(last, at); last < units && wideRune(unit(last)); {
				last++
			}
			end := last
			if end-at < shortestWide {
				at = end
				continue
			}
			if n := int(unit(at)); n >= shortestWide && n < end-at {
				out.WriteString(utf16LE(data[odd+2*at+2:odd+2*(at+1+n)]) + "\n")
			}
			if at > 0 {
				if n := int(unit(at - 1)); n >= shortestWide && n < end-at {
					end = at + n
				}
			}
			out.WriteString(utf16LE(data[odd+2*at:odd+2*end]) + "\n")
			at = end - 1
		}
	}
	return out.String()
}

// wideRune: of what two bytes may be, letters that names are written with.
func wideRune(c rune) bool {
	return c >= ' ' && c < 0x7f || c > 0x7f && printableRune(c) && (c < 0x180 || c >= 0x218 && c <= 0x21b || c >= 0x1e00)
}

// runWriter writes runs of printable characters, a line each, up to maxRuns.
type runWriter struct {
	out strings.Builder
	run []rune
}

func (w *runWriter) full() bool { return w.out.Len() >= maxRuns }

// wide reads UTF-16, whose low byte stands at low in each two.
func (w *runWriter) wide(data []byte, low, high int) {
	for at := 0; at+1 < len(data) && !w.full(); at += 2 {
		c := rune(data[at+low]) | rune(data[at+high])<<8
		if !wideRune(c) {
			c = 0
		}
		w.add(c)
	}
	w.flush()
}

func (w *runWriter) add(c rune) {
	if c >= ' ' && c < 0x7f || c > 0x7f && printableRune(c) {
		w.run = append(w.run, c)
	} else if len(w.run) > 0 {
		w.flush()
	}
}

// printableRune: wide characters count only among Latin letters, since any two
// bytes of a program are some Chinese one.
func printableRune(c rune) bool {
	return c != utf8.RuneError && !utf16.IsSurrogate(c) && (c <= unicode.MaxLatin1 || unicode.Is(unicode.Latin, c)) && unicode.IsPrint(c)
}

func (w *runWriter) flush() {
	if len(w.run) >= shortestRun {
		w.out.WriteString(string(w.run) + "\n")
	}
	w.run = w.run[:0]
}

// UTF16Mark tells UTF-16 that lacks its byte order mark, by its units: nearly all
// are Latin letters, digits and spaces. It returns the mark; "" for anything else,
// and for UTF-16 that has it.
func UTF16Mark(data []byte) string {
	head := data[:min(len(data), 4096)&^1]
	if len(head) < 8 || bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return ""
	}
	for mark, order := range map[string]binary.ByteOrder{"\xff\xfe": binary.LittleEndian, "\xfe\xff": binary.BigEndian} {
		ascii, latin, units := 0, 0, len(head)/2
		for at := 0; at < len(head); at += 2 {
			switch c := rune(order.Uint16(head[at:])); {
			case c == '\t' || c == '\n' || c == '\r' || c >= ' ' && c < 0x7f:
				ascii++
				latin++
			case unicode.Is(unicode.Latin, c):
				latin++
			}
		}
		if ascii*2 > units && latin*10 >= units*9 {
			return mark
		}
	}
	return ""
}
