package mail

import "strings"

// A bounce or a forwarded source quotes a mail as it was written: names in its header
// stand as encoded words there, texts in quoted-printable, under a part that declares
// neither.

// sourceText is a place in a text that is written as in a mail, and what it says.
type sourceText struct {
	from, to int
	plain    string
}

// sourceIn finds the encoded words of a text and its paragraphs in quoted-printable, in
// order.
func sourceIn(text string) []sourceText {
	if !strings.Contains(text, "=") {
		return nil
	}
	list := wordsIn(text)
	var all []sourceText
	for at := 0; at < len(text); {
		end := len(text)
		if n := strings.Index(text[at:], "\n\n"); n >= 0 {
			end = at + n
		}
		words := 0
		for words < len(list) && list[words].from < end {
			words++
		}
		if words == 0 && looksQuoted(text[at:end]) {
			plain, _ := decodeCharset(decodeQP([]byte(text[at:end])), "")
			all = append(all, sourceText{at, end, plain})
		}
		all, list = append(all, list[:words]...), list[words:]
		at = end + 2
	}
	return all
}

// wordsIn finds the encoded words of a text; those side by side are one.
func wordsIn(text string) (list []sourceText) {
	for rest := text; ; {
		_, before, after, ok := nextWord(rest)
		if !ok {
			return list
		}
		from, to := len(text)-len(rest)+len(before), len(text)-len(after)
		if n := len(list); n > 0 && strings.TrimSpace(before) == "" {
			list[n-1].to = to
		} else {
			list = append(list, sourceText{from: from, to: to})
		}
		last := &list[len(list)-1]
		last.plain = decodeHeader(unfold(text[last.from:last.to]), "")
		rest = after
	}
}

// looksQuoted: it has a character of UTF-8 in escapes, or an escape beside a line that
// goes on in the next one. Addresses on the Web have "=C3" too.
func looksQuoted(text string) bool {
	escapes, soft := 0, false
	for i := strings.IndexByte(text, '='); i >= 0 && i < len(text); {
		switch {
		case escapeAt(text, i) >= 0xc0 && escapeAt(text, i+3) >= 0x80 && escapeAt(text, i+3) < 0xc0:
			return true
		case escapeAt(text, i) >= 0x80:
			escapes++
		case i > 0 && text[i-1] != '=' && strings.HasPrefix(text[i+1:], "\n"):
			soft = true
		}
		n := strings.IndexByte(text[i+1:], '=')
		if n < 0 {
			break
		}
		i += 1 + n
	}
	return soft && escapes > 0
}

// escapeAt is the byte that an escape at i stands for, -1 if there is none.
func escapeAt(text string, i int) int {
	if i+2 < len(text) && text[i] == '=' && isHex(text[i+1]) && isHex(text[i+2]) {
		return int(unhex(text[i+1]))<<4 | int(unhex(text[i+2]))
	}
	return -1
}

// withoutSource puts note in the place of what sourceIn finds and is chosen.
func withoutSource(text, note string, chosen func(plain string) bool) string {
	var b strings.Builder
	at := 0
	for _, s := range sourceIn(text) {
		if chosen(s.plain) {
			b.WriteString(text[at:s.from] + note)
			at = s.to
		}
	}
	return b.String() + text[at:]
}
