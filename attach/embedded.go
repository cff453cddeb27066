package attach

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Embedded is a file, or a text, that stands encoded within a text: uuencoded, as a
// data: URI (RFC 2397), as a run of base64, which a pasted source of a mail and the
// links of newsletters hold (of an OpenPGP key whose it is), as an address in
// hexadecimal or that Cloudflare hid from robots, as a link that Proofpoint rewrote, or
// as a record of LDIF with values in base64.
type Embedded struct {
	Name, Type string // as claimed; "" if nothing is
	Data       []byte

	from, to int // where its encoded bytes stand in the text
	base64   bool
}

// IsText: it is text in itself, not a file of another format.
func (e Embedded) IsText() bool { return textual[Detect(e.Name, e.Type, e.Data)] }

// Bounds of what counts as base64. A shorter run is a word, a line of base64 has 60
// to 76 characters, and what is as long as longRun no one reads.
const (
	shortestBase64 = 16
	base64Line     = 40
	longRun        = 200
	longestHead    = 500 // of a data: URI
)

// EmbeddedIn returns what is embedded in a text, in order.
func EmbeddedIn(text string) (all []Embedded) {
	at := 0
	told := slices.Concat(uuFiles(text), rewrittenLinks(text), records(text))
	slices.SortStableFunc(told, func(a, b Embedded) int { return a.from - b.from })
	for _, f := range told {
		if f.from >= at {
			all = append(encodedIn(all, text, at, f.from), f)
			at = f.to
		}
	}
	return encodedIn(all, text, at, len(text))
}

// WithoutEmbedded puts note in the place of what is embedded in text and chosen.
func WithoutEmbedded(text, note string, chosen func(Embedded) bool) string {
	var b strings.Builder
	at := 0
	for _, e := range EmbeddedIn(text) {
		if chosen(e) {
			b.WriteString(text[at:e.from] + note)
			at = e.to
		}
	}
	if at == 0 {
		return text
	}
	return b.String() + text[at:]
}

// WithoutBase64 cuts the long runs of base64 that EmbeddedIn decodes: beside what
// they say they say nothing themselves.
func WithoutBase64(text string) string {
	return WithoutEmbedded(text, "", func(e Embedded) bool { return e.base64 && e.to-e.from >= longRun })
}

// encoded reads what stands encoded in a text.
func (r *reading) encoded(text string) {
	for _, e := range EmbeddedIn(text) {
		if r.over() {
			return
		}
		r.typedFile(e.Name, e.Type, e.Data)
	}
}

// encodedIn adds the data: URIs of text[from:to], and the runs of base64 between them.
func encodedIn(all []Embedded, text string, from, to int) []Embedded {
	part := text[:to]
	for at := from; ; {
		i := indexData(part[at:])
		if i < 0 {
			return base64In(all, part, from, to)
		}
		at += i + len("data:")
		e, ok := dataURI(part, at)
		if ok {
			all = append(base64In(all, part, from, e.from), e)
			from = e.to
		}
		at = max(at, e.to)
	}
}

func indexData(s string) int {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], ':')
		if i < 0 {
			return -1
		}
		if at += i; at >= 4 && strings.EqualFold(s[at-4:at], "data") {
			return at - 4
		}
		at++
	}
}

// dataURI reads what follows "data:" at text[at].
func dataURI(text string, at int) (e Embedded, ok bool) {
	n := strings.IndexAny(text[at:min(len(text), at+longestHead)], ", \t\n<>\"'")
	if n < 0 || text[at+n] != ',' {
		return e, false
	}
	head := strings.Split(text[at:at+n], ";")
	e.from = at + n + 1
	e.base64 = strings.EqualFold(strings.TrimSpace(head[len(head)-1]), "base64")
	e.Type = strings.ToLower(strings.TrimSpace(head[0]))
	for _, param := range head[1:] {
		if k, v, _ := strings.Cut(param, "="); strings.EqualFold(strings.TrimSpace(k), "name") {
			e.Name = unpercented(v)
		}
	}
	if e.base64 {
		e.to = base64End(text, e.from)
		e.Data = decode64(unpercented(text[e.from:e.to]))
		return e, len(e.Data) > 0
	}
	stop := " \t\n\"'<>)"
	if start := at - len("data:"); start == 0 || text[start-1] == '\n' {
		stop = "\n" // an attribute's value stands on a line of its own
	}
	e.to = len(text)
	if n := strings.IndexAny(text[e.from:], stop); n >= 0 {
		e.to = e.from + n
	}
	e.Data = []byte(unpercented(text[e.from:e.to]))
	return e, strings.Contains(text[e.from:e.to], "%") || strings.HasPrefix(e.Type, "text/html")
}

func unpercented(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// base64End is where base64, also with percent signs, ends; it goes on in the next
// line while lines are long.
func base64End(text string, at int) int {
	line := at
	for end := at; ; end++ {
		switch {
		case end == len(text):
			return end
		case value64[text[end]] >= 0 || text[end] == '=' || text[end] == '%':
		case text[end] == '\n' && (end == at || end-line >= base64Line || end == line && text[end-2] != '\n'):
			line = end + 1
		default:
			return end
		}
	}
}

// base64In adds the runs of base64 in text[from:to] that decode to something sensible.
func base64In(all []Embedded, text string, from, to int) []Embedded {
	for at := from; at < to; {
		if value64[text[at]] < 0 {
			at++
			continue
		}
		lines := base64Lines(text[:to], at)
		all = append(all, sensible(text, lines)...)
		at = lines[len(lines)-1].to
	}
	return all
}

type stretch struct{ from, to int }

// base64Lines are the run at text[at], and the lines that go on with it: only runs,
// after signs of quoting.
func base64Lines(text string, at int) (lines []stretch) {
	for {
		end := at
		for end < len(text) && value64[text[end]] >= 0 {
			end++
		}
		body := end
		for end < len(text) && text[end] == '=' && end < body+2 {
			end++
		}
		if len(lines) > 0 && (body == at || !atLineEnd(text, end)) {
			return lines
		}
		lines = append(lines, stretch{at, end})
		if first := lines[0]; end > body || body-at < base64Line || len(lines) > 1 && body-at < first.to-first.from || !atLineEnd(text, end) {
			return lines
		}
		next := strings.IndexByte(text[end:], '\n')
		if next < 0 {
			return lines
		}
		at = end + next + 1
		if strings.HasPrefix(text[at:], "\n") { // a gateway that doubled the line ends
			at++
		}
		at += len(text[at:]) - len(strings.TrimLeft(text[at:], "> \t"))
	}
}

func atLineEnd(text string, at int) bool {
	rest := strings.TrimLeft(text[at:], " \t\r")
	return rest == "" || rest[0] == '\n'
}

// sensible tries all lines as one, all but the last, which may be a word, and each by
// itself, as a whole and then the steps of a path in it.
func sensible(text string, lines []stretch) (found []Embedded) {
	for n := len(lines); n > 1 && n > len(lines)-2; n-- {
		if e, ok := oneRun(text, lines[:n]); ok {
			return append(found, e)
		}
	}
	for _, l := range lines {
		if e, ok := oneRun(text, []stretch{l}); ok {
			found = append(found, e)
		} else {
			found = append(found, steps(text, l)...)
		}
	}
	return found
}

func steps(text string, l stretch) (found []Embedded) {
	for at := l.from; at < l.to; {
		end := l.to
		if n := strings.IndexByte(text[at:end], '/'); n >= 0 {
			end = at + n
		}
		if end-at < l.to-l.from {
			if e, ok := oneRun(text, []stretch{{at, end}}); ok {
				found = append(found, e)
			}
		}
		at = end + 1
	}
	return found
}

func oneRun(text string, lines []stretch) (e Embedded, ok bool) {
	from, to := lines[0].from, lines[len(lines)-1].to
	if to-from < shortestBase64 {
		return e, false
	}
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(text[l.from:l.to])
	}
	if address := hexAddress(b.String()); address != nil {
		return Embedded{Data: address, from: from, to: to}, true
	}
	e = Embedded{Data: decode64(b.String()), from: from, to: to, base64: true}
	if ids := userIDs(e.Data); len(ids) > 0 {
		e.Data = ids
		return e, true
	}
	return e, saysSomething(e.Data)
}

// hexAddress decodes an address in hexadecimal: as it is, or as pages behind
// Cloudflare carry it, in data-cfemail and behind /cdn-cgi/l/email-protection#, each
// byte XOR the first. Nil when it is none.
func hexAddress(run string) []byte {
	b, err := hex.DecodeString(run)
	if err != nil {
		return nil
	}
	if isAddress(b) {
		return b
	}
	for i, c := range b[1:] {
		b[i+1] = c ^ b[0]
	}
	if isAddress(b[1:]) {
		return b[1:]
	}
	return nil
}

func isAddress(b []byte) bool {
	if bytes.ContainsFunc(b, func(c rune) bool { return c <= ' ' }) {
		return false
	}
	a, err := mail.ParseAddress(string(b))
	return err == nil && strings.Contains(a.Address, ".")
}

// value64 is that of a character of base64 in either alphabet, RFC 4648 §4 and §5;
// -1: none.
var value64 = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = int8(i)
	}
	t['-'], t['_'] = t['+'], t['/']
	return t
}()

var toStandard = strings.NewReplacer("-", "+", "_", "/")

// decode64 leaves out what is no base64, and what is too little at the end.
func decode64(s string) []byte {
	s = strings.Map(func(c rune) rune {
		if c < 256 && value64[c] >= 0 {
			return c
		}
		return -1
	}, toStandard.Replace(s))
	if len(s)%4 == 1 {
		s = s[:len(s)-1]
	}
	data, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	return data
}

// saysSomething tells a text, or a file, from the tokens and signatures that mail is
// full of: of a million random ones of 16 characters seven are printable.
func saysSomething(data []byte) bool {
	switch byContent(data) {
	case "pdf", "rtf", "ole", "tnef", "7z", "rar", "xz", "zip", "docx", "xlsx", "pptx", "odf", "epub", "xps":
		return true
	case "gz":
		return len(data) > 64 && data[2] == 8 // RFC 1952 §2.3.1: deflate
	case "image":
		return len(data) > 64 && !bytes.HasPrefix(data, []byte("BM"))
	}
	if len(data) < shortestBase64/4*3 {
		return false
	}
	if utf8.Valid(data) {
		return !bytes.ContainsFunc(data, func(c rune) bool { return !unicode.IsPrint(c) && !unicode.IsSpace(c) && !unicode.Is(unicode.Cf, c) })
	}
	return len(data) >= 24 && !controls(data) && asciiShare(data) >= 0.75 && !mostlyUTF8(data)
}

// mostlyUTF8: text in UTF-8 with something behind it that is none.
func mostlyUTF8(data []byte) bool {
	wide, odd := 0, 0
	for len(data) > 0 {
		c, n := utf8.DecodeRune(data)
		switch {
		case c == utf8.RuneError && n == 1:
			odd++
		case n > 1:
			wide += n
		}
		data = data[n:]
	}
	return wide > odd
}

func controls(data []byte) bool {
	return bytes.ContainsFunc(data, func(c rune) bool { return c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f })
}

// asciiShare is that of letters, digits and spaces, which prose consists of.
func asciiShare(data []byte) float64 {
	n := 0
	for _, c := range data {
		if c < utf8.RuneSelf && (c <= ' ' || unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c))) {
			n++
		}
	}
	return float64(n) / float64(len(data))
}
