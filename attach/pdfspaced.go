package attach

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// fewestSpaced is how many letters in a row stand apart on purpose.
const fewestSpaced = 6

// letterSpaced returns the words of a page's text whose letters stand apart, put
// together: headings with letter spacing, and forms with a box for each letter. Where
// one word ends and the next begins only a capital or a sign tells.
func letterSpaced(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		for at := 0; at < len(fields); at++ {
			if utf8.RuneCountInString(fields[at]) > 1 {
				continue
			}
			end := at
			for end < len(fields) && standsAlone(fields[end]) {
				end++
			}
			if end-at >= fewestSpaced {
				out.WriteString(putTogether(fields[at:end]) + "\n")
			}
			at = end - 1
		}
	}
	return out.String()
}

// standsAlone: one character, and maybe a sign behind it.
func standsAlone(field string) bool {
	_, n := utf8.DecodeRuneInString(field)
	rest := []rune(field[n:])
	return len(rest) == 0 || len(rest) == 1 && unicode.IsPunct(rest[0])
}

func putTogether(letters []string) string {
	var b strings.Builder
	before := ' '
	for _, s := range letters {
		c, _ := utf8.DecodeRuneInString(s)
		if unicode.IsUpper(c) && unicode.IsLower(before) {
			b.WriteByte(' ')
		}
		b.WriteString(s)
		if before, _ = utf8.DecodeLastRuneInString(s); before == ',' || before == ';' {
			b.WriteByte(' ')
		}
	}
	return b.String()
}
