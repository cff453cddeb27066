package match

import (
	"bytes"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// An address is compared by its local part without plus-tag and its domain,
// both folded; the domain in each of its two spellings.
type address struct {
	local string // folded, without tag
	tag   string // folded, with its plus sign
	ascii string // domain, IDNA form
	wide  string // domain in Unicode, folded: "" when it is the same
	whole bool   // a Message-ID: no tag, and nothing may stand right before it
	exact string // local part and Unicode domain in lower case, not folded, no tag: tells háčky.cz from hacky.cz
}

func parseAddress(value string) (a address, ok bool) {
	value = strings.Trim(strings.TrimSpace(value), "<>")
	at := strings.LastIndexByte(value, '@')
	if at < 1 || strings.ContainsAny(value, " \t\r\n,;<>()") || strings.Count(value, "@") != 1 {
		return a, false
	}
	domain := strings.TrimSuffix(strings.ToLower(norm.NFC.String(value[at+1:])), ".")
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !strings.Contains(ascii, ".") || strings.HasSuffix(ascii, ".") {
		return a, false
	}
	unicodeDomain, err := idna.Lookup.ToUnicode(ascii)
	if err != nil {
		unicodeDomain = domain
	}
	local := strings.ToLower(norm.NFKC.String(strings.Trim(value[:at], `"`)))
	plain := local
	if plus := strings.IndexByte(local, '+'); plus > 0 {
		plain = local[:plus]
	}
	a = address{local: foldString(plain), tag: foldString(local[len(plain):]), ascii: ascii, exact: plain + "@" + unicodeDomain}
	if wide := foldString(unicodeDomain); wide != ascii {
		a.wide = wide
	}
	return a, a.local != ""
}

// parseMessageID reads "<id@host>"; the host need not have a dot.
func parseMessageID(value string) (a address, ok bool) {
	value = strings.Trim(strings.TrimSpace(value), "<>")
	at := strings.LastIndexByte(value, '@')
	if at < 1 || at+1 == len(value) || strings.ContainsAny(value, " \t\r\n,;<>()") {
		return a, false
	}
	local, domain := foldString(value[:at]), foldString(value[at+1:])
	a = address{local: local, ascii: domain, whole: true, exact: local + "@" + strings.ToLower(norm.NFC.String(value[at+1:]))}
	return a, local != "" && domain != ""
}

// isMessageID tells a pasted Message-ID from an address in <> by its digits.
func isMessageID(value string) bool {
	_, ok := parseMessageID(value)
	local, _, _ := strings.Cut(value, "@")
	return ok && strings.HasPrefix(value, "<") && strings.HasSuffix(value, ">") && countDigits(local) >= 8
}

func (a address) spellings() []string {
	if a.wide == "" {
		return []string{a.ascii}
	}
	return []string{a.ascii, a.wide}
}

// addressBook finds addresses in folded text with line ends. It stops at each
// "@" or disguise of it and compares what stands on both sides with the
// addresses whose local part ends, and whose domain begins, so.
type addressBook struct {
	near map[[2]byte][]entry
}

type entry struct {
	address
	domain     string
	identifier int
}

func (b *addressBook) add(a address, identifier int) {
	if b.near == nil {
		b.near = map[[2]byte][]entry{}
	}
	for _, domain := range a.spellings() {
		ends := [2]byte{a.local[len(a.local)-1], domain[0]}
		b.near[ends] = append(b.near[ends], entry{a, domain, identifier})
	}
}

// at compares the addresses with the text around text[from:to], which is "@",
// "=", "at" or "zavinac".
func (b *addressBook) at(text []byte, from, to int, found func(e entry, from, domain, to int) bool) bool {
	left, right, ok := atSign(text, from, to)
	if !ok {
		return true
	}
	last, first := lastByte(text, left), firstByte(text, right)
	verp := text[from] == '='
	if text[from] == '=' && !b.rewritten(text, from, to, found) {
		return false
	}
	tagStart := tagBefore(text, left)
	for _, e := range b.near[[2]byte{last, first}] {
		if start, end, ok := e.around(text, left, right, verp); ok && !found(e, start, right, end) {
			return false
		}
	}
	if tagStart == 0 {
		return true
	}
	for _, e := range b.near[[2]byte{lastByte(text, tagStart), first}] {
		if e.whole {
			continue
		}
		if start, end, ok := e.around(text, tagStart, right, verp); ok && !found(e, start, right, end) {
			return false
		}
	}
	return true
}

// rewritten compares them with what forwarders write into a return path, the
// Sender Rewriting Scheme: "SRS0=hash=time=domain=local@forwarder".
func (b *addressBook) rewritten(text []byte, from, to int, found func(e entry, from, domain, to int) bool) bool {
	if bytes.IndexByte(text[max(0, from-longestAddress):from], '=') < 0 {
		return true
	}
	for _, entries := range b.near {
		for _, e := range entries {
			start, end := from-len(e.domain), to+len(e.local)
			if e.whole || start < 1 || end >= len(text) || text[start-1] != '=' || text[end] != '@' || string(text[start:from]) != e.domain || string(text[to:end]) != e.local {
				continue
			}
			if !found(e, start, start, end) {
				return false
			}
		}
	}
	return true
}

func (e entry) around(text []byte, left, right int, verp bool) (from, to int, ok bool) {
	from, ok = e.before(text, left)
	if ok && e.whole {
		ok = !verp && (from == 0 || !isWordByte(text[from-1]) && strings.IndexByte(".+-_$~%!", text[from-1]) < 0)
		verp = true
	}
	if !ok || !verp && continuesLocal(text, from) || verp && from > 0 && isWordByte(text[from-1]) {
		return 0, 0, false
	}
	to, ok = e.after(text, right)
	if !ok || continuesDomain(text, to) {
		return 0, 0, false
	}
	return from, to, true
}

// before matches the local part backwards from text[:end].
func (e entry) before(text []byte, end int) (int, bool) {
	at := end
	for i := len(e.local) - 1; i >= 0; i-- {
		for at > 0 && i < len(e.local)-1 && text[at-1] == '\n' {
			at--
		}
		if e.local[i] == '.' {
			if n := dotBefore(text, at); n > 0 {
				at -= n
				continue
			}
		}
		if at == 0 || text[at-1] != e.local[i] {
			return 0, false
		}
		at--
	}
	return at, true
}

// after matches the domain from text[start:] on.
func (e entry) after(text []byte, start int) (int, bool) {
	at := start
	for i := range len(e.domain) {
		for i > 0 && at < len(text) && text[at] == '\n' {
			at++
		}
		if e.domain[i] == '.' {
			if n := dotAfter(text, at); n > 0 {
				at += n
				continue
			}
		}
		if at < len(text) && text[at] == ',' && e.domain[i] == '.' && i == strings.LastIndexByte(e.domain, '.') && !e.whole {
			at++ // mistyped: "firma,cz"
			continue
		}
		if i > 0 && e.domain[i] != '-' && at+2 < len(text) && text[at] == '-' && text[at+1] == '\n' {
			at += 2 // hyphenated at the line's end
		}
		if at >= len(text) || text[at] != e.domain[i] {
			return 0, false
		}
		at++
	}
	return at, true
}

// dots are the ways to write "." in an address, longest first. A line end, and in
// links a plus sign, may stand for a space.
var dots = []string{
	" (tecka) ", " [tecka] ", " {tecka} ", " (dot) ", " [dot] ", " {dot} ", " tecka ", "(tecka)", "[tecka]", "{tecka}",
	" kropka ", " punkt ", " punto ", " pont ", " dot ", "(dot)", "[dot]", "{dot}", "<dot>", "_dot_", "-dot-", " [.] ", " (.) ", "[.]", "(.)", "{.}", " . ", ".",
}

func dotAfter(text []byte, at int) int {
	if at+2 < len(text) && isWordByte(text[at+2]) && (sameSpaced(text[at:at+2], ". ") || sameSpaced(text[at:at+2], " .")) {
		return 2 // keyboards of phones put a space there
	}
	for _, dot := range dots {
		if at+len(dot) <= len(text) && sameSpaced(text[at:at+len(dot)], dot) {
			return len(dot)
		}
	}
	return 0
}

func dotBefore(text []byte, end int) int {
	for _, dot := range dots {
		if end >= len(dot) && sameSpaced(text[end-len(dot):end], dot) {
			return len(dot)
		}
	}
	return 0
}

func sameSpaced(text []byte, want string) bool {
	for i := range len(want) {
		if c := text[i]; c != want[i] && (c != '\n' && c != '+' || want[i] != ' ') {
			return false
		}
	}
	return true
}

// signWords stand for the sign, folded: English, Czech, Spanish, Polish, Hungarian, German.
var signWords = map[string]bool{"at": true, "zavinac": true, "arroba": true, "malpa": true, "kukac": true, "klammeraffe": true}

// isBracketA: the "a" of "(a)" or "[a]" stands at at.
func isBracketA(text []byte, at int) bool {
	return at > 0 && at+1 < len(text) && text[at] == 'a' && (text[at-1] == '(' && text[at+1] == ')' || text[at-1] == '[' && text[at+1] == ']')
}

const openers, closers = "([{<*_-", ")]}>*_-"

// atSign widens a sign to its brackets and spaces: left is where the local
// part ends, right where the domain begins. A spelled "at" needs something on
// both sides that keeps it from being part of a word.
func atSign(text []byte, from, to int) (left, right int, ok bool) {
	left, right = skipSpaceBack(text, from), skipSpace(text, to)
	for right < len(text) && text[right] == '@' && text[from] == '@' { // typed twice
		right++
	}
	spaced := left < from && right > to
	bracket := false
	if left > 0 && right < len(text) && text[from] != '=' {
		if o, c := strings.IndexByte(openers, text[left-1]), strings.IndexByte(closers, text[right]); o >= 0 && c >= 0 && (to-from > 1 || o < 4) {
			left, right, bracket = skipSpaceBack(text, left-1), skipSpace(text, right+1), true
		}
	}
	if text[from] == '=' {
		return from, to, true
	}
	if left == from && left > 1 && text[left-1] == '"' { // RFC 5322 §3.4.1: "jan.novak"@firma.cz
		left--
	}
	return left, right, bracket || spaced || to-from == 1
}

// skipSpace: in a link a plus sign is a space, and none begins or ends a part of
// an address.
func skipSpace(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\n' || text[at] == '+') {
		at++
	}
	return at
}

func skipSpaceBack(text []byte, at int) int {
	for at > 0 && (text[at-1] == ' ' || text[at-1] == '\n' || text[at-1] == '+') {
		at--
	}
	return at
}

func lastByte(text []byte, end int) byte {
	if end == 0 {
		return 0
	}
	return text[end-1]
}

func firstByte(text []byte, at int) byte {
	if at >= len(text) {
		return 0
	}
	return text[at]
}

// tagBefore finds the plus sign of a tag that ends at end; 0 when there is none.
func tagBefore(text []byte, end int) int {
	for at := end; at > 0 && end-at < 80; at-- {
		switch c := text[at-1]; {
		case c == '+':
			return at - 1
		case !isWordByte(c) && !strings.ContainsRune("._-=\n", rune(c)):
			return 0
		}
	}
	return 0
}

// continuesLocal reports whether a longer local part began before from.
func continuesLocal(text []byte, from int) bool {
	if from == 0 {
		return false
	}
	c := text[from-1]
	if isWordByte(c) {
		return true
	}
	return strings.IndexByte(".+-_", c) >= 0 && from > 1 && isWordByte(text[from-2]) && !behindDate(text, from-1)
}

// behindDate: eight digits and more that begin a Message-ID or stand in a file's name,
// as in "20261102.jan@firma.cz" or "Novak_777123456_jan@firma.cz".
func behindDate(text []byte, end int) bool {
	at := end
	for at > 0 && text[at-1]-'0' <= 9 {
		at--
	}
	return end-at >= leastDate && (at == 0 || !isWordByte(text[at-1]) && text[at-1] != '.') ||
		end > at && at > 0 && text[at-1] == '.' && behindDate(text, at-1)
}

const leastDate = 8

// continuesDomain reports whether the domain goes on behind to.
func continuesDomain(text []byte, to int) bool {
	if to >= len(text) {
		return false
	}
	c := text[to]
	if isWordByte(c) {
		return true
	}
	if c != '.' && c != '-' || to+1 >= len(text) || !isWordByte(text[to+1]) {
		return false // no domain of mail has "_" in it
	}
	if c == '.' {
		return !endsFileName(text[to+1:])
	}
	for to++; to < len(text) && (isWordByte(text[to]) || text[to] == '-' || text[to] == '_'); to++ {
		if text[to] == '_' {
			return false
		}
	}
	return to+1 < len(text) && text[to] == '.' && isWordByte(text[to+1]) && !endsFileName(text[to+1:]) // else "firma.cz-smlouva": no top-level domain has a dash
}

// fileEndings are those that no domain ends in, and the archives whose ending one
// could: a file is called "jan@firma.cz.pdf" more often than a host.
var fileEndings = map[string]bool{
	"pdf": true, "doc": true, "docx": true, "xls": true, "xlsx": true, "ppt": true, "pptx": true, "odt": true, "ods": true, "rtf": true,
	"txt": true, "csv": true, "json": true, "xml": true, "htm": true, "html": true, "eml": true, "msg": true, "mbox": true, "ics": true, "vcf": true,
	"jpg": true, "jpeg": true, "png": true, "gif": true, "tif": true, "tiff": true, "bmp": true, "webp": true, "heic": true, "mp3": true, "mp4": true, "wav": true,
	"zip": true, "gz": true, "tar": true, "7z": true, "rar": true, "bin": true, "dat": true, "log": true, "bak": true, "p7m": true, "p7s": true, "asc": true,
}

// endsFileName reports whether text goes on with the ending of a file's name.
func endsFileName(text []byte) bool {
	n := 0
	for n < len(text) && n < 5 && isWordByte(text[n]) {
		n++
	}
	return fileEndings[string(text[:n])] && (n == len(text) || !isWordByte(text[n]))
}

// sameDomain reports whether the original text of a hit's domain is the domain
// and not another one that only folds to it: háčky.cz is not hacky.cz.
func (e entry) sameDomain(original []byte) bool {
	text := strings.ReplaceAll(strings.ToLower(norm.NFKC.String(string(decodeOnly(original)))), "tečka", "")
	want := ""
	if e.domain == e.wide {
		want = foreign(e.exact[strings.LastIndexByte(e.exact, '@'):])
	}
	return foreign(text) == want
}

// foreign keeps the letters outside ASCII.
func foreign(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 || !unicode.IsLetter(r) {
			return -1
		}
		return r
	}, s)
}

// decodeOnly undoes percent-encoding, entities, \u, quoted-printable and letters read byte
// by byte, and nothing else.
func decodeOnly(src []byte) (dst []byte) {
	for at := 0; at < len(src); {
		plain, size := "", 0
		switch src[at] {
		case '%':
			plain, size = percentDecode(src[at:])
		case '&':
			plain, size = entityDecode(src[at:])
		case '\\':
			var r rune
			r, size = unicodeEscape(src[at:])
			plain = string(r)
		case '=':
			if size = softBreak(src[at:]); size == 0 {
				var r rune
				r, size = quotedRune(src[at:], true)
				plain = string(r)
			}
		}
		if size == 0 {
			var r rune
			r, size, _ = decodeLetter(src[at:])
			plain = string(r)
		}
		dst, at = append(dst, plain...), at+size
	}
	return dst
}
