package match

import (
	"bytes"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Fold appends to dst the normalised form of src: lower case; compatibility
// forms decomposed (NFKD) and their marks dropped; ł ø đ ß æ and the like
// spelled in ASCII, digits of other scripts too; dashes and apostrophes as "-" and "'", other signs beyond
// ASCII as a quote; zero-width characters,
// soft hyphens and other format characters removed; every run of white space,
// NBSP too, as one space; percent-encoding ("%40") and HTML entities
// ("&#64;") undone. A byte that is not UTF-8 is read as windows-1250, so that
// raw Czech mail nobody could decode is still found. Folding twice changes
// nothing but encodings that stood inside one another.
//
// What programs write is read as they mean it: "\u00e1" and "\x40" anywhere, "\n" and the
// like in a text that is JSON (RFC 8259 §7), a card or a calendar (RFC 6350 §3.4,
// RFC 5545 §3.3.11), whose folded lines are joined too; "=C3=A1" of
// quoted-printable that nobody decoded, and all of it in a text that clearly is that;
// letters of UTF-8 that somebody read byte by byte ("NovÃ¡k", "NovĂˇk").
//
// ASCII takes a table: 376 MB/s where a chain of x/text transformers does 27.
func Fold(dst []byte, src []byte) []byte {
	f := folder{dst: dst, src: src, start: len(dst)}
	f.run()
	return f.dst
}

// Folded is a folded text that knows where each of its bytes came from.
type Folded struct {
	Text  []byte
	spans []span
	size  int // of the original
}

// A span maps folded bytes from its "to" up to the next span's. With size 0
// they correspond one to one from "from" on; else all of them came from the
// size bytes there.
type span struct {
	to, from int32
	size     int32
}

// FoldMap folds src and keeps the way back.
func FoldMap(src []byte) Folded { return foldMap(src, false) }

func foldMap(src []byte, lines bool) Folded {
	f := folder{dst: make([]byte, 0, len(src)+16), src: src, mapped: true, lines: lines}
	f.run()
	return Folded{f.dst, f.spans, len(src)}
}

// Origin gives the range of original bytes that the folded bytes [from, to)
// came from. A character that folds to several bytes is given whole.
func (f Folded) Origin(from, to int) (int, int) {
	start, _ := f.origin(from)
	if to <= from {
		return start, start
	}
	_, end := f.origin(to - 1)
	return start, end
}

func (f Folded) origin(at int) (from, to int) {
	if at >= len(f.Text) {
		return f.size, f.size
	}
	i := sort.Search(len(f.spans), func(i int) bool { return int(f.spans[i].to) > at }) - 1
	s := f.spans[i]
	if s.size > 0 {
		return int(s.from), int(s.from + s.size)
	}
	from = int(s.from) + at - int(s.to)
	return from, from + 1
}

type folder struct {
	dst, src []byte
	start    int // of the folded text in dst
	at       int // in src
	mapped   bool
	lines    bool // white space with a line end in it becomes '\n', and a quote mark after it goes too
	escapes  bool // a backslash hides line ends and signs
	unfold   bool // a line end before white space is nothing
	quotes   bool // it is quoted-printable, with soft line breaks (RFC 2045 §6.7, vCard 2.1 §2.1.3)
	spans    []span
	straight bool // the last span is one to one and still open
}

// asciiFold holds the folded byte, 0 where a byte needs thought.
var asciiFold = func() (t [256]byte) {
	for c := byte('!'); c < 0x7f; c++ {
		t[c] = c
	}
	for c := byte('A'); c <= 'Z'; c++ {
		t[c] = c + 'a' - 'A'
	}
	t['%'], t['&'], t['\\'], t['='], t['`'] = 0, 0, 0, 0, '\''
	return t
}()

func (f *folder) run() {
	f.dst = slices.Grow(f.dst, len(f.src)+16)
	f.escapes, f.unfold = writtenByProgram(f.src)
	f.quotes = quotedPrintable(f.src)
	for f.at < len(f.src) {
		f.plain()
		if f.at == len(f.src) {
			return
		}
		switch c := f.src[f.at]; {
		case c == '%' || c == '&':
			f.encoded(c)
		case c == '\\':
			f.escaped()
		case c == '=':
			f.quoted()
		default:
			r, size, broken := decodeLetter(f.src[f.at:])
			if broken {
				f.decoded(string(r), size)
				continue
			}
			f.rune(r, size)
		}
	}
}

// plain folds a run of ASCII with single spaces in it.
func (f *folder) plain() {
	src := f.src[f.at:]
	f.dst = slices.Grow(f.dst, len(src))
	dst, at := f.dst[len(f.dst):len(f.dst)+len(src)], 0
	spaced := f.afterSpace()
	for at < len(src) {
		c := src[at]
		m := asciiFold[c]
		if m == 0 {
			if c != ' ' || spaced || at+1 == len(src) || asciiFold[src[at+1]] == 0 {
				break
			}
			m = ' '
		}
		spaced = false
		dst[at] = m
		at++
	}
	if at == 0 {
		return
	}
	if f.mapped && !f.straight {
		f.spans = append(f.spans, span{to: int32(len(f.dst)), from: int32(f.at)})
		f.straight = true
	}
	f.dst, f.at = f.dst[:len(f.dst)+at], f.at+at
}

// keep takes one byte as it is, or in the other case.
func (f *folder) keep(m byte) {
	if f.mapped && !f.straight {
		f.spans = append(f.spans, span{to: int32(len(f.dst)), from: int32(f.at)})
		f.straight = true
	}
	f.dst = append(f.dst, m)
	f.at++
}

func (f *folder) unit(s string, size int) {
	if s != "" {
		if f.mapped {
			f.spans = append(f.spans, span{int32(len(f.dst)), int32(f.at), int32(size)})
		}
		f.dst = append(f.dst, s...)
	}
	f.straight = false
	f.at += size
}

func (f *folder) afterSpace() bool {
	n := len(f.dst)
	return n > f.start && (f.dst[n-1] == ' ' || f.dst[n-1] == '\n')
}

// rune folds the character r that takes size bytes of the source.
func (f *folder) rune(r rune, size int) {
	if !isSpace(r) {
		f.unit(foldRune(r), size)
		return
	}
	f.space(r, size)
}

// space folds a run of white space that begins with r.
func (f *folder) space(r rune, size int) {
	line, end := isLineEnd(r), f.at+size
	if f.unfold && line {
		if n := foldedLine(f.src[f.at:]); n > 0 {
			f.unit("", n)
			return
		}
	}
	for end < len(f.src) {
		r, n := decodeRune(f.src[end:])
		if f.lines && line && (r == '>' || r == '|') { // quote mark of a wrapped line
			end += n
			continue
		}
		if !isSpace(r) && foldRune(r) != "" {
			break
		}
		line = line || isLineEnd(r)
		end += n
	}
	sep := " "
	if f.lines && line {
		sep = "\n"
	}
	if f.afterSpace() { // white space, something invisible, white space; or an encoded space
		if sep == "\n" {
			f.dst[len(f.dst)-1] = '\n'
		}
		sep = ""
	}
	f.unit(sep, end-f.at)
}

// encoded folds what stands behind % or &, if it is an encoding, else the sign.
func (f *folder) encoded(c byte) {
	var plain string
	var size int
	if c == '%' {
		plain, size = percentDecode(f.src[f.at:])
	} else {
		plain, size = entityDecode(f.src[f.at:])
	}
	if size == 0 {
		f.keep(c)
		return
	}
	f.decoded(plain, size)
}

// decoded folds plain, which was written in size bytes of the source.
func (f *folder) decoded(plain string, size int) {
	var out []byte
	for _, r := range plain {
		if !isSpace(r) {
			out = append(out, foldRune(r)...)
		} else if n := len(out); n > 0 && out[n-1] != ' ' || n == 0 && !f.afterSpace() {
			out = append(out, ' ')
		}
	}
	f.unit(string(out), size)
}

// writtenByProgram tells JSON, cards and calendars by their first characters.
func writtenByProgram(src []byte) (escapes, unfold bool) {
	head := bytes.TrimLeft(src[:min(len(src), 200)], "\ufeff \t\r\n")
	if len(head) > 7 && bytes.EqualFold(head[:7], []byte("BEGIN:V")) {
		return true, true
	}
	if len(head) < 2 || head[0] != '{' && head[0] != '[' {
		return false, false
	}
	next := bytes.TrimLeft(head[1:], " \t\r\n")
	return len(next) > 0 && (next[0] == '"' || head[0] == '[' && (next[0] == '{' || next[0] == '[')), false
}

// foldedLine measures a line end with the white space that says that the line
// goes on (RFC 5545 §3.1, RFC 6350 §3.2); 0 when it doesn't.
func foldedLine(s []byte) int {
	if n := lineEndSize(s); n < len(s) && (s[n] == ' ' || s[n] == '\t') {
		return n + 1
	}
	return 0
}

// escaped folds what stands behind a backslash, if it is an escape, else the sign.
func (f *folder) escaped() {
	if r, size := unicodeEscape(f.src[f.at:]); size > 0 {
		f.decoded(string(r), size)
		return
	}
	if !f.escapes || f.at+1 == len(f.src) {
		f.keep('\\')
		return
	}
	switch c := f.src[f.at+1]; c {
	case 'n', 'r', 'N':
		f.lineEnd(2)
	case 't', 'b', 'f':
		f.decoded(" ", 2)
	case '"', '/', '\\', ',', ';', ':':
		f.decoded(string(rune(c)), 2)
	default:
		f.keep('\\')
	}
}

// lineEnd folds a line end that is written in size bytes.
func (f *folder) lineEnd(size int) {
	if !f.lines {
		f.decoded(" ", size)
		return
	}
	if f.afterSpace() {
		f.dst[len(f.dst)-1] = '\n'
		f.unit("", size)
		return
	}
	f.unit("\n", size)
}

// quoted folds quoted-printable (RFC 2045 §6.7) that was left as it is: letters
// outside ASCII in UTF-8 and the sign of an address; in texts that clearly are
// quoted-printable soft line breaks and all else too.
func (f *folder) quoted() {
	s := f.src[f.at:]
	if n := softBreak(s); n > 0 && f.quotes {
		f.unit("", n)
		return
	}
	r, size := quotedRune(s, f.quotes)
	switch {
	case size == 0,
		!f.quotes && r < utf8.RuneSelf && !f.quotedAt(),
		r < utf8.RuneSelf && f.valueNotQuoted():
		f.keep('=')
	default:
		f.decoded(string(r), size)
	}
}

func lineEndSize(s []byte) int {
	if len(s) > 1 && s[0] == '\r' && s[1] == '\n' {
		return 2
	}
	return 1
}

// decodeRune reads a byte that is not UTF-8 as windows-1250.
func decodeRune(s []byte) (rune, int) {
	r, size := utf8.DecodeRune(s)
	if r == utf8.RuneError && size == 1 {
		r = charmap.Windows1250.DecodeByte(s[0])
	}
	return r, size
}

func isSpace(r rune) bool {
	switch {
	case r <= ' ':
		return r != 0
	case r == 0x85, r == 0xA0:
		return true
	case r < 0x1680:
		return false
	}
	return unicode.IsSpace(r) || r == 0x2800 || r == 0x3164
}

func isLineEnd(r rune) bool {
	return r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029
}

const tableEnd = 0x2100 // Latin, Greek, Cyrillic, punctuation: what mail here is made of

// foldTable is made at its first use: it takes a millisecond, which not every command needs.
var foldTable = sync.OnceValue(func() []string {
	t := make([]string, tableEnd)
	for r := range t {
		t[r] = foldSlow(rune(r))
	}
	return t
})

// foldRune folds a character that is not white space; "" drops it.
func foldRune(r rune) string {
	if r < tableEnd {
		return foldTable()[r]
	}
	return foldSlow(r)
}

// spelled holds letters that Unicode does not decompose, and signs that people
// and programs exchange for one another.
var spelled = map[rune]string{
	'ł': "l", 'ø': "o", 'đ': "d", 'ð': "d", 'ħ': "h", 'ı': "i", 'ŋ': "n", 'ŧ': "t", 'ĸ': "k",
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th", 'ƒ': "f", 'ɓ': "b", 'ɗ': "d", 'ə': "e",
	'’': "'", '‘': "'", 'ʼ': "'", '′': "'", '´': "'", 'ʹ': "'", '`': "'",
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-", '﹣': "-", '－': "-",
	'⁄': "/", '∕': "/", '。': ".", '．': ".", '｡': ".",
}

func foldSlow(r rune) string {
	if r == 0 || r == '\u034f' || r == '\u115f' || r == '\u1160' || unicode.In(r, unicode.Cf, unicode.Variation_Selector) {
		return ""
	}
	if s := spelled[unicode.ToLower(r)]; s != "" {
		return s
	}
	if 0xAC00 <= r && r <= 0xD7A3 { // Hangul syllables stay whole
		return string(r)
	}
	var out strings.Builder
	for _, d := range norm.NFKD.String(string(r)) {
		d = unicode.ToLower(d)
		switch {
		case unicode.IsDigit(d):
			out.WriteByte(digitOf(d))
		case unicode.Is(unicode.Mn, d), unicode.Is(unicode.Cf, d):
		case spelled[d] != "":
			out.WriteString(spelled[d])
		case isSpace(d):
			// A spacing accent ("˝") decomposes to a space and a mark.
		case d >= utf8.RuneSelf && (unicode.IsPunct(d) || unicode.IsSymbol(d)):
			out.WriteByte('"') // ends a word: „Jan Novák“, •Jan, Novák…
		default:
			out.WriteRune(d)
		}
	}
	return norm.NFC.String(out.String())
}

// digitOf gives the ASCII digit of another script's. Unicode keeps tens of them
// together (Standard 4.6).
func digitOf(r rune) byte {
	for _, tens := range unicode.Nd.R16 {
		if lo := rune(tens.Lo); lo <= r && r <= rune(tens.Hi) {
			return '0' + byte((r-lo)%10)
		}
	}
	for _, tens := range unicode.Nd.R32 {
		if lo := rune(tens.Lo); lo <= r && r <= rune(tens.Hi) {
			return '0' + byte((r-lo)%10)
		}
	}
	return '0'
}

func foldString(s string) string { return strings.Trim(string(Fold(nil, []byte(s))), " ") }
