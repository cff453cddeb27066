package mail

import (
	"strings"
)

// The line by which clients introduce what they quote, in Czech, Slovak,
// English, German, Polish, French, Spanish, Italian and Dutch. It can be broken
// over up to three lines; quoteHeaderEnd ends it.
var (
	quoteHeaderStart = lazily(`^(?i:(On|Dne|Dňa|Am|Den|Le|El|Il|Op|Em|W dniu|Dnia|pondělí|úterý|středa|čtvrtek|pátek|sobota|neděle|po|út|st|čt|pá|so|ne|Mon|Tue|Wed|Thu|Fri|Sat|Sun)[ ,.]|\d{1,2}[./-] ?\d{1,2}[./-] ?\d{2,4}|\d{4}-\d{2}-\d{2}|.{0,80}<[^<>@ ]+@[^<>@ ]+>)`)
	quoteHeaderEnd   = lazily(`(?i:(napsala?|napsal\(a\)|napsal/a|píše|napísala?|napísal\(a\)|wrote|writes|schrieb|geschrieben|napisała?|pisze|a écrit|escribió|ha scritto|schreef|escreveu|написала?|пише|пишет)([^.!?\n]{0,90})?[:>]?\s*:?|\d.*<[^<>@ ]+@[^<>@ ]+>\s*:)$`)
	separator        = lazily(`(?i)^[-_ *>]{2,}\s*(original message|původní zpráva|původní e-mail|původní email|pôvodná správa|ursprüngliche nachricht|originalnachricht|forwarded message|přeposlaná zpráva|weitergeleitete nachricht|wiadomość oryginalna|message d'origine|reply message)\s*[-_ *]{2,}$`)
	outlookFrom      = lazily(`^[*]?(?i:From|Od|Von|De|Da|От)[*]?: ?[*]?\s*\S`)
	outlookField     = lazily(`^[*]?(?i:Sent|Date|To|Subject|Cc|From|Odesláno|Datum|Komu|Předmět|Kopie|Odoslané|Predmet|Gesendet|An|Betreff|Wysłano|Do|Temat|Отправлено|Кому|Тема)[*]?: ?`)
	rule             = lazily(`^_{10,}$`)
	mobileSignature  = lazily(`^(?i:Odesláno z |Odoslané z |Sent from |Get Outlook for |Gesendet von |Von meinem |Získejte aplikaci Outlook)`)
)

// FoldQuotes divides a plain text into what its author wrote and the history or
// signature after it, for display: own+quoted == text, always. Where answers
// stand between quoted lines nothing is folded before the last of them.
func FoldQuotes(text string) (own, quoted string) {
	lines := strings.SplitAfter(text, "\n")
	at := len(lines)
	rest := readRest(lines)
	for i := range lines {
		if rest.foldsAt(lines, i) {
			at = i
			break
		}
	}
	for at > 0 && at < len(lines) && strings.TrimSpace(lines[at-1]) == "" {
		at-- // blank lines go with what is folded
	}
	own = strings.Join(lines[:at], "")
	if strings.TrimSpace(own) == "" {
		return text, "" // only history: a forward; show it
	}
	return own, text[len(own):]
}

// rest says for each line whether from it on everything is quoted (blank lines
// and a signature after it count too), and whether anything is.
type rest struct{ all, any []bool }

// readRest goes once from the last line to the first.
func readRest(lines []string) rest {
	r := rest{make([]bool, len(lines)+1), make([]bool, len(lines)+1)}
	r.all[len(lines)] = true
	for i := len(lines) - 1; i >= 0; i-- {
		t := strings.TrimSpace(lines[i])
		quoted := strings.HasPrefix(t, ">")
		r.all[i] = t == "--" || r.all[i+1] && (quoted || t == "")
		r.any[i] = r.any[i+1] || quoted
	}
	return r
}

// foldsAt reports whether everything from line i on is history or signature.
func (r rest) foldsAt(lines []string, i int) bool {
	line := strings.TrimRight(lines[i], " \r\n\t\u00a0")
	switch {
	case line == "--", separator().MatchString(line), outlookBlock(lines, i):
		return true
	case mobileSignature().MatchString(line):
		return r.onlyHistory(lines, i+1)
	case rule().MatchString(line):
		return i+1 < len(lines) && outlookBlock(lines, i+1)
	case strings.HasPrefix(line, ">"):
		return r.all[i]
	}
	n := quoteHeader(lines, i)
	return n > 0 && (!r.any[i+n] || r.all[i+n])
}

// onlyHistory: after a phone's signature comes history or nothing.
func (r rest) onlyHistory(lines []string, i int) bool {
	for ; i < len(lines); i++ {
		if line := strings.TrimSpace(lines[i]); line != "" {
			return !mobileSignature().MatchString(line) && r.foldsAt(lines, i)
		}
	}
	return true
}

// quoteHeader returns how many lines from i on are a header like "On … wrote:",
// 0 if none.
func quoteHeader(lines []string, i int) int {
	if !quoteHeaderStart().MatchString(strings.TrimLeft(lines[i], " \t")) {
		return 0
	}
	joined := ""
	for n := 0; n < 3 && i+n < len(lines); n++ {
		joined = strings.TrimSpace(joined + " " + strings.TrimSpace(lines[i+n]))
		if len(joined) > 400 {
			return 0
		}
		if strings.HasSuffix(joined, ":") && quoteHeaderEnd().MatchString(joined) {
			return n + 1
		}
	}
	return 0
}

// outlookBlock: From: followed by at least two more fields of the kind, or one of
// these followed by three with From: among them.
func outlookBlock(lines []string, i int) bool {
	first := strings.TrimSpace(lines[i])
	from, found := outlookFrom().MatchString(first), 0
	if !from && !outlookField().MatchString(first) {
		return false
	}
	want := 2
	if !from {
		want = 3
	}
	for _, line := range lines[i+1 : min(len(lines), i+6)] {
		line = strings.TrimSpace(line)
		from = from || outlookFrom().MatchString(line)
		if outlookField().MatchString(line) || outlookFrom().MatchString(line) {
			found++
		}
	}
	return from && found >= want
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
				if own, _ := FoldQuotes(p.Text[:min(len(p.Text), mostOwn)]); own != "" {
					return own
				}
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
