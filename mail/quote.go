package mail

import (
	"strings"
)

// FoldQuotes divides a plain text into what its author wrote and the history or
// signature after it, for display: own+quoted == text, always. Where answers
// stand between quoted lines nothing is folded before the last of them, and what
// was forwarded stays: it is what the mail is about.
func FoldQuotes(text string) (own, quoted string) { return foldHistory(text, false) }

// OwnWords is what of a text its author wrote: without history, signature and what
// was forwarded. Of a text that has none of his words it is all.
func OwnWords(text string) string {
	own, _ := foldHistory(text, true)
	return own
}

// foldHistory: foldForwards says whether what was forwarded is folded too.
func foldHistory(text string, foldForwards bool) (own, quoted string) {
	lines := strings.SplitAfter(text, "\n")
	at := readRest(lines).begins(lines, foldForwards)
	for at > 0 && at < len(lines) && (strings.TrimSpace(lines[at-1]) == "" || rule().MatchString(bare(lines[at-1]))) {
		at-- // blank lines and rulers go with what is folded
	}
	own = strings.Join(lines[:at], "")
	if strings.TrimSpace(own) == "" {
		return text, "" // only history: show it
	}
	return own, text[len(own):]
}

// FoldHistory is FoldQuotes for a mail with a subject, which may say that it was
// forwarded: Outlook introduces a forwarded mail as it does one that is answered.
func FoldHistory(subject, text string) (own, quoted string) {
	if forwardSubject().MatchString(subject) {
		return text, ""
	}
	return FoldQuotes(text)
}

var forwardSubject = lazily(`(?i)^\s*(fwd?|wg|tr|rv|pd|i|předáno|fw: ?předáno|přeposláno|doorst)\s*:`)

// rest says for each line whether from it on everything is quoted (blank lines
// and a signature after it count too).
type rest struct{ all []bool }

// readRest goes once from the last line to the first. A list's footer begins with
// a long ruler.
func readRest(lines []string) rest {
	r := rest{make([]bool, len(lines)+1)}
	r.all[len(lines)] = true
	below := 0 // lines with words
	for i := len(lines) - 1; i >= 0; i-- {
		t := strings.TrimSpace(lines[i])
		if t != "" {
			below++
		}
		r.all[i] = t == "--" || below <= longestFooter && footer().MatchString(t) || r.all[i+1] && (t == "" || isQuoted(t))
	}
	return r
}

// begins is the line where history or signature begins.
func (r rest) begins(lines []string, foldForwards bool) int {
	for i := range lines {
		switch {
		case forwards(lines[i]) && foldForwards:
			return i
		case forwards(lines[i]):
			return len(lines)
		case r.history(lines, i), r.signature(lines, i):
			return i
		}
	}
	return len(lines)
}

func isQuoted(line string) bool { return strings.HasPrefix(line, ">") }

// bare is a line without the space at its end.
func bare(line string) string { return strings.TrimRight(line, " \r\n\t\u00a0") }

// history reports whether everything from line i on is what others wrote before.
func (r rest) history(lines []string, i int) bool {
	line := bare(lines[i])
	switch {
	case line == "":
		return false
	case separator().MatchString(line):
		return !announced(lines, i) && !r.answered(lines, i+1)
	case isQuoted(line):
		return r.all[i] || groupWise().MatchString(line)
	case fieldBlock(lines, i):
		return !announced(lines, i) && !r.answered(lines, i)
	}
	n := r.quoteHeader(lines, i)
	return n > 0 && (r.quotedFrom(lines, i+n) || !announced(lines, i) && !r.answered(lines, i+n))
}

// answered: the history below its header is quoted, and answers stand in or below
// it. Where it is not quoted nothing tells answers from it, and clients that don't
// quote have people answer above; what is quoted deep in it was so before.
func (r rest) answered(lines []string, i int) bool {
	const furthest = 20 // lines with fields
	unquoted := 2       // like "[...]"
	for end := min(len(lines), i+furthest); i < end && unquoted >= 0; i++ {
		line := strings.TrimSpace(lines[i])
		if isQuoted(line) {
			return !r.all[i]
		}
		if line != "" && !anyField().MatchString(line) {
			unquoted--
		}
	}
	return false
}

// announced: the sentence before line i speaks of what follows, so it is content.
func announced(lines []string, i int) bool {
	for i--; i >= 0; i-- {
		if line := strings.TrimSpace(lines[i]); line != "" {
			return strings.HasSuffix(line, ":")
		}
	}
	return false
}

const (
	longestSignature = 60 // lines
	longestFooter    = 6
)

// signature reports whether from line i on comes a signature and then history or
// nothing.
func (r rest) signature(lines []string, i int) bool {
	phone := phoneSignature().MatchString(bare(lines[i]))
	if bare(lines[i]) != "--" && !phone || announced(lines, i) {
		return false
	}
	asks := !strings.HasPrefix(lines[i], "-- ") // so programs part signatures, RFC 3676 §4.3
	for j := i + 1; j < len(lines) && j <= i+longestSignature; j++ {
		line := bare(lines[j])
		switch {
		case line == "", rule().MatchString(line):
		case r.history(lines, j):
			return true
		case forwards(line), postscript().MatchString(line), asks && strings.HasSuffix(line, "?"), phone && line != "--" && !phoneSignature().MatchString(line):
			return false
		case line == "--":
			phone = false
		}
	}
	return true
}

// Preview returns the first n runes of the author's own words, on one line.
func Preview(t Text, n int) string {
	words := strings.FieldsFunc(strings.ToValidUTF8(Own(t), ""), isPreviewSpace)
	return firstRunes(strings.Join(words, " "), n)
}

// mostOwn bounds what of a part is looked at for quotes.
const mostOwn = 1 << 16

// Own returns the author's own words: of the plain text, else of the HTML.
func Own(t Text) string {
	for _, kind := range []Kind{Plain, HTML, Raw} {
		for _, p := range t.Parts {
			if p.Kind == kind && strings.TrimSpace(p.Text) != "" {
				return OwnWords(p.Text[:min(len(p.Text), mostOwn)])
			}
		}
	}
	return ""
}

// isPreviewSpace includes the invisible filling of marketing mail.
func isPreviewSpace(r rune) bool {
	switch r {
	case '\u00a0', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u034f', '\u00ad', '\u2007':
		return true
	}
	return r <= ' '
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return strings.TrimSpace(s[:i])
		}
		n--
	}
	return s
}
