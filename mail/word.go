package mail

import (
	"strings"
)

// maxWord bounds one encoded word: RFC 2047 §2 allows 75 characters, some
// senders put a whole subject into one.
const maxWord = 4096

// encodedWord is one =?charset?encoding?text?= (RFC 2047 §2), its bytes decoded.
type encodedWord struct {
	charset string
	bytes   []byte
}

// decodeHeader decodes the encoded words of a header value. Words side by side
// are joined before their charset is applied: senders cut within a character.
func decodeHeader(s, hint string) string {
	if !strings.Contains(s, "=?") {
		return headerText(s, hint)
	}
	var out strings.Builder
	var pending []encodedWord
	flush := func() {
		out.WriteString(joinWords(pending))
		pending = pending[:0]
	}
	for s != "" {
		w, before, after, ok := nextWord(s)
		if !ok {
			break
		}
		if len(pending) > 0 && strings.TrimSpace(before) != "" {
			flush()
		}
		if len(pending) == 0 {
			out.WriteString(headerText(before, hint))
		}
		pending = append(pending, w)
		s = after
	}
	flush()
	out.WriteString(headerText(s, hint))
	return out.String()
}

// headerText decodes bytes that stand in a header without any declaration.
func headerText(s, hint string) string {
	if isASCII(s) {
		return strings.ReplaceAll(s, "\x00", "")
	}
	text, _ := decodeCharset([]byte(s), hint)
	return text
}

// nextWord finds the first well formed encoded word in s.
func nextWord(s string) (w encodedWord, before, after string, ok bool) {
	for from := 0; ; {
		i := strings.Index(s[from:], "=?")
		if i < 0 {
			return w, "", "", false
		}
		i += from
		if w, n := readWord(s[i:]); n > 0 {
			return w, s[:i], s[i+n:], true
		}
		from = i + 2
	}
}

// readWord reads an encoded word at the start of s; n is its length, 0 if none.
func readWord(s string) (w encodedWord, n int) {
	q1 := strings.IndexByte(s[2:], '?')
	if q1 < 0 || q1 > 60 || len(s) < q1+6 || s[q1+4] != '?' {
		return w, 0
	}
	charset, _, _ := strings.Cut(s[2:q1+2], "*") // RFC 2231 §5: language tag
	charset = strings.Trim(charset, " \t;\"'")
	text := s[q1+5 : min(len(s), q1+5+maxWord)]
	end, behind := strings.Index(text, "?="), 2
	if end < 0 || strings.Contains(text[:end], "=?") {
		end, behind = unclosed(text)
	}
	if end < 0 || strings.ContainsAny(charset, " \t\"<>@") {
		return w, 0
	}
	switch s[q1+3] {
	case 'q', 'Q':
		if behind == 2 {
			end = qEnd(text, end)
		}
		w.bytes = decodeQ(text[:end])
	case 'b', 'B':
		w.bytes, _ = decodeBase64([]byte(text[:end]))
	default:
		return w, 0
	}
	w.charset = strings.ToLower(charset)
	return w, q1 + 5 + end + behind
}

// unclosed finds the end of a word that was cut before its "?=": the next space or
// sign, less a "?" or "=" that is left of it. end is -1 if nothing is encoded in it.
func unclosed(text string) (end, behind int) {
	n := strings.IndexAny(text, " \t\r\n\"<>(),;")
	if n < 0 {
		n = len(text)
	}
	if next := strings.Index(text[:n], "=?"); next >= 0 {
		n = next
	}
	end = n
	if strings.HasSuffix(text[:end], "?") || end > 1 && text[end-1] == '=' && strings.Contains(text[:end-1], "=") {
		end--
	}
	if end < 4 {
		return -1, 0
	}
	return end, n - end
}

// qEnd moves past a "?=" that is the sender's own "?" and the first byte of
// "=C3": only if a later "?=" ends the word before any space.
func qEnd(text string, end int) int {
	for end+4 <= len(text) && isHex(text[end+2]) && isHex(text[end+3]) {
		next := strings.Index(text[end+2:], "?=")
		if next < 0 || strings.ContainsAny(text[end+2:end+2+next], " \t") {
			break
		}
		end += 2 + next
	}
	return end
}

func joinWords(words []encodedWord) string {
	var out strings.Builder
	for i := 0; i < len(words); {
		all, j := words[i].bytes, i+1
		for ; j < len(words) && words[j].charset == words[i].charset; j++ {
			all = append(all[:len(all):len(all)], words[j].bytes...)
		}
		text, _ := decodeCharset(all, words[i].charset)
		if _, _, _, twice := nextWord(text); twice { // by two programs in turn
			text = decodeHeader(text, "")
		}
		out.WriteString(strings.Map(noControl, text))
		i = j
	}
	return out.String()
}

// noControl turns line breaks smuggled into a header into spaces.
func noControl(r rune) rune {
	switch {
	case r == 0:
		return -1
	case r < ' ' || r == 0x7f:
		return ' '
	}
	return r
}

// decodeQ decodes the Q encoding of RFC 2047 §4.2, keeping what is not valid.
func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			out = append(out, ' ')
		case s[i] == '=' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		case s[i] == '=' && i+3 < len(s) && s[i+1] == ' ' && isHex(s[i+2]) && isHex(s[i+3]): // folded within the word
			out = append(out, unhex(s[i+2])<<4|unhex(s[i+3]))
			i += 3
		default:
			out = append(out, s[i])
		}
	}
	return out
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}

func isASCII[T ~string | ~[]byte](s T) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
