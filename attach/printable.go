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
	var out strings.Builder
	runs(&out, func(at int) (rune, int) { return utf8.DecodeRune(data[at:]) }, len(data))
	if bytes.IndexByte(data, 0) >= 0 {
		for odd := range 2 {
			for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
				wide := data[min(odd, len(data)):]
				wide = wide[:len(wide)&^1]
				runs(&out, func(at int) (rune, int) { return rune(order.Uint16(wide[at:])), 2 }, len(wide))
			}
		}
	}
	return out.String()
}

// runs writes the runs of printable characters that next decodes, a line each, up
// to maxRuns. Wide characters count only among Latin letters: any two bytes of a
// program are some Chinese one.
func runs(out *strings.Builder, next func(at int) (rune, int), size int) {
	var run []rune
	flush := func() {
		if len(run) >= shortestRun {
			out.WriteString(string(run) + "\n")
		}
		run = run[:0]
	}
	for at := 0; at < size && out.Len() < maxRuns; {
		c, n := next(at)
		at += n
		if c == utf8.RuneError || utf16.IsSurrogate(c) || c > unicode.MaxLatin1 && !unicode.Is(unicode.Latin, c) || !unicode.IsPrint(c) {
			flush()
			continue
		}
		run = append(run, c)
	}
	flush()
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
