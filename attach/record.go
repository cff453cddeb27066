package attach

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// encodedValue is a line of LDIF with "::" (RFC 2849) or of a card that says that its
// value is in base64 (RFC 2426 §2.4.1), with the lines that go on with it.
var encodedValue = regexp.MustCompile(`(?im)^([a-z][a-z0-9.-]*(?:;[a-z0-9-]+)*:: ?|[a-z][^:\n]*;(?:encoding=)?b(?:ase64)?(?:;[^:\n]*)?: ?)([a-z0-9+/]+={0,2}(?:\n [a-z0-9+/]+={0,2})*)[ \t]*$`)

// records finds those records, up to the next empty line, in which values of names and
// the like are in base64: each alone is short, and a name may stand in two of them.
func records(text string) (all []Embedded) {
	if !strings.Contains(text, "::") && !strings.Contains(text, "BEGIN:V") {
		return nil // most texts: the expression is slow
	}
	for from := 0; from < len(text); {
		to := len(text)
		if n := strings.Index(text[from:], "\n\n"); n >= 0 {
			to = from + n
		}
		if plain := decodedRecord(text[from:to]); plain != text[from:to] {
			all = append(all, Embedded{Data: []byte(plain), from: from, to: to})
		}
		from = to + 2
	}
	return all
}

func decodedRecord(record string) string {
	return encodedValue.ReplaceAllStringFunc(record, func(line string) string {
		m := encodedValue.FindStringSubmatch(line)
		value := decode64(m[2])
		if !utf8.Valid(value) || strings.ContainsFunc(string(value), func(c rune) bool { return !unicode.IsPrint(c) && !unicode.IsSpace(c) }) {
			return line
		}
		name, _, _ := strings.Cut(m[1], ":")
		name, _, _ = strings.Cut(name, ";")
		return name + ": " + string(value)
	})
}
