package match

import (
	"bytes"
	"strings"
)

// Numbers are compared without their separators. In a text they stand as
// groups: "+420 777 123 456", "19-2000145399/0800", "CZ65 0800 0000 …". A
// number of ours is found where it fills whole groups, so that digits inside a
// longer number are no hit.

// numberKey is one spelling of a number without separators.
type numberKey struct {
	key        string
	identifier int
	country    string // phones: the calling code, else ""
	alone      bool   // no letter may stand right beside it
	bank       string // of an account without it: has to stand behind
	prefix     string // of an account without it: has to stand before
	slash      bool   // an account too short to be told from other numbers without its slash
	kind       Kind
	labels     []string // too short to be told from other numbers: one of these words has to stand before it
}

// numberBook finds numbers in folded text with line ends.
type numberBook struct {
	keys    map[string][]numberKey
	lengths uint64 // bit n: a key of n characters exists
	longest int
	first   [256]bool
	letters bool // a key has letters
}

func (b *numberBook) add(k numberKey) {
	if k.key == "" || len(k.key) > 63 {
		return
	}
	if b.keys == nil {
		b.keys = map[string][]numberKey{}
	}
	for _, other := range b.keys[k.key] {
		if other.identifier == k.identifier {
			return
		}
	}
	b.keys[k.key] = append(b.keys[k.key], k)
	b.lengths |= 1 << len(k.key)
	b.longest = max(b.longest, len(k.key))
	b.first[k.key[0]] = true
	b.letters = b.letters || !isDigits(k.key)
}

// find walks the groups of text. A group is a run of digits, or of letters
// and digits when letters is set. Every key has a digit.
func (b *numberBook) find(text []byte, letters bool, found func(k numberKey, from, to int) bool) bool {
	var room [32]group // most texts need no more
	groups := room[:0]
	var last [3]group
	for at := seekDigits(text, 0); at < len(text); {
		g, end := nextGroup(text, at, letters)
		if g.to == 0 {
			break
		}
		if !letters && g != last[2] {
			if last = [3]group{last[1], last[2], g}; !b.inTriple(text, last, found) {
				return false
			}
		}
		if n := len(groups); n > 0 && !separates(text[groups[n-1].to:g.from]) {
			if !b.inRun(text, groups, letters, found) {
				return false
			}
			groups, at = groups[:0], seekDigits(text, g.from)
			continue
		}
		groups, at = append(groups, g), end
	}
	return b.inRun(text, groups, letters, found)
}

// inTriple tries a phone in three groups that other signs part.
func (b *numberBook) inTriple(text []byte, g [3]group, found func(k numberKey, from, to int) bool) bool {
	key, ok := oddTriple(text, g)
	if !ok {
		return true
	}
	for _, k := range b.keys[key] {
		if k.kind == Phone && !found(k, g[0].from, g[2].to) {
			return false
		}
	}
	return true
}

// oddTriple reads "777~123~456", "777, 123, 456", "[777] 123 456" or "777·123·456",
// whose signs part prices and times too: only three groups of three, alone or behind
// the Czech calling code.
func oddTriple(text []byte, g [3]group) (digits string, ok bool) {
	for _, each := range g {
		if each.to-each.from != 3 {
			return "", false
		}
	}
	first, second := text[g[0].to:g[1].from], text[g[1].to:g[2].from]
	if !oddGap(first) || string(second) != string(first) && (first[0] != ']' || string(second) != " ") {
		return "", false
	}
	if numberBeside(text, g[2].to, +1) || numberBeside(text, g[0].from-1, -1) && !bytes.HasSuffix(bytes.TrimRight(text[:g[0].from], " ["), []byte("+420")) {
		return "", false
	}
	return string(text[g[0].from:g[0].to]) + string(text[g[1].from:g[1].to]) + string(text[g[2].from:g[2].to]), true
}

func oddGap(gap []byte) bool {
	return len(gap) > 0 && len(gap) < 3 && strings.IndexByte("~*:,]\"'\\|", gap[0]) >= 0 && (len(gap) == 1 || gap[1] == ' ')
}

// numberBeside: a letter right there, or a digit behind no more than two signs.
func numberBeside(text []byte, at, direction int) bool {
	for n := 0; n < 3 && at >= 0 && at < len(text) && text[at] != '\n'; n++ {
		if isWordByte(text[at]) {
			return n == 0 || '0' <= text[at] && text[at] <= '9'
		}
		at += direction
	}
	return false
}

// seekDigits goes on to where the next row of groups with a digit in it begins,
// or to the end of the text.
func seekDigits(text []byte, at int) int {
	digit := at
	for digit < len(text) && text[digit]-'0' > 9 {
		digit++
	}
	if digit == len(text) {
		return digit
	}
	for digit > at && (inGroup[1][text[digit-1]] || inNumber[text[digit-1]]) {
		digit--
	}
	return digit
}

type group struct{ from, to int }

func nextGroup(text []byte, at int, letters bool) (group, int) {
	in := &inGroup[0]
	if letters {
		in = &inGroup[1]
	}
	for at < len(text) && !in[text[at]] {
		at++
	}
	g := group{from: at}
	for at < len(text) && in[text[at]] {
		at++
	}
	if at > g.from {
		g.to = at
	}
	return g, at
}

// inGroup: digits; and, second, those with letters.
var inGroup = func() (t [2][256]bool) {
	for c := byte('0'); c <= '9'; c++ {
		t[0][c], t[1][c] = true, true
	}
	for c := byte('a'); c <= 'z'; c++ {
		t[1][c] = true
	}
	return t
}()

// separates reports whether what lies between two groups may lie inside a number.
func separates(between []byte) bool {
	if len(between) > 4 {
		return false
	}
	for _, c := range between {
		if !inNumber[c] {
			return false
		}
	}
	return len(between) > 0
}

var inNumber = [256]bool{' ': true, '-': true, '.': true, '/': true, '(': true, ')': true, '_': true, '\n': true, '+': true}

// inRun tries every row of neighbouring groups.
func (b *numberBook) inRun(text []byte, groups []group, letters bool, found func(k numberKey, from, to int) bool) bool {
	var buf [64]byte
	for i, g := range groups {
		if !b.first[text[g.from]] {
			continue
		}
		n := 0
		for j := i; j < len(groups) && n+groups[j].to-groups[j].from <= b.longest; j++ {
			n += copy(buf[n:], text[groups[j].from:groups[j].to])
			if b.lengths&(1<<n) == 0 {
				continue
			}
			for _, k := range b.keys[string(buf[:n])] {
				if isDigits(k.key) == letters || !k.stands(text, groups, i, j) {
					continue
				}
				from := g.from
				if k.country != "" && strings.HasPrefix(k.key, k.country) && from > 0 && text[from-1] == '+' {
					from--
				}
				to := groups[j].to
				if k.bank != "" {
					to, _ = bankBehind(text, to, k.bank)
				}
				if k.prefix != "" {
					from, _ = prefixBefore(text, from, k.prefix)
				}
				if !found(k, from, to) {
					return false
				}
			}
		}
	}
	return true
}

// stands reports whether groups[i..j] are the number and not a part of one.
func (k numberKey) stands(text []byte, groups []group, i, j int) bool {
	from, to := groups[i].from, groups[j].to
	if k.alone && (from > 0 && isWordByte(text[from-1]) || to < len(text) && isWordByte(text[to])) {
		return false
	}
	if k.kind == Phone && (groups[i].to-from == 1 && text[from] == '0' && text[groups[i].to] == '.' || from > 1 && text[from-1] == ',' && text[from-2] == '0' && (from == 2 || !isWordByte(text[from-3]))) {
		return false // a fraction: "0.777123456"
	}
	if k.bank != "" {
		if _, ok := bankBehind(text, to, k.bank); !ok {
			return false
		}
	}
	if k.prefix != "" {
		if _, ok := prefixBefore(text, from, k.prefix); !ok {
			return false
		}
	}
	if k.slash && bytes.IndexByte(text[from:to], '/') < 0 {
		return false
	}
	if plus := from > 0 && text[from-1] == '+'; plus && k.country != "" && !strings.HasPrefix(k.key, k.country) {
		return false
	}
	if k.kind == BirthNumber && !birthShape(text, groups[i:j+1]) || k.kind != IBAN && k.kind != Account && insideIBAN(text, groups, i) || k.inCode(text, from, to) {
		return false
	}
	if k.kind != Phone && inInternational(text, groups, i, j) && !labelled(text, from, labels[k.kind]) {
		return false
	}
	if k.labels != nil && !shortCode(text[from:to], len(k.key)) && !labelled(text, from, k.labels) {
		return false
	}
	if i > 0 && (tight(text[groups[i-1].to:from]) || k.otherCountry(text, groups[i-1], from)) {
		return false
	}
	if j+1 < len(groups) && (tight(text[to:groups[j+1].from]) && !isFloat(text, groups, j) && (k.kind != Phone || !isRange(text, groups, i, j)) || isBankCode(text, groups, j+1, k)) {
		return false
	}
	return !inGrid(text, groups, i, j)
}

// isFloat: spreadsheets write "420777123456.0".
func isFloat(text []byte, groups []group, j int) bool {
	next := groups[j+1]
	return next.to-next.from == 1 && text[next.from] == '0' && text[next.from-1] == '.' && (next.to == len(text) || !isWordByte(text[next.to])) &&
		groups[j].to-groups[j].from >= shortestFloat && (j+2 == len(groups) || !tight(text[next.to:groups[j+2].from]))
}

const shortestFloat = 8 // "12345.0" is a price more often

// isRange: "222 333 444-5" is a phone and the next ones.
func isRange(text []byte, groups []group, i, j int) bool {
	next := groups[j+1]
	return i < j && next.to-next.from == 1 && text[next.from-1] == '-' && (next.to == len(text) || !isWordByte(text[next.to])) &&
		(j+2 == len(groups) || !tight(text[next.to:groups[j+2].from]))
}

// ibanLengths are those of the neighbours (ISO 13616 registry).
var ibanLengths = map[string]int{"cz": 24, "sk": 24, "pl": 28, "de": 22, "at": 20, "hu": 28}

// insideIBAN: groups[i] continues what began with a country and its check digits.
func insideIBAN(text []byte, groups []group, i int) bool {
	length := 0
	for n := i - 1; n >= 0 && groups[n+1].from-groups[n].to == 1 && text[groups[n].to] == ' '; n-- {
		g := groups[n]
		length += g.to - g.from
		if at := g.from; g.to-at == 2 && at >= 2 && (at == 2 || !isWordByte(text[at-3])) {
			return length+2 < ibanLengths[string(text[at-2:at])]
		}
	}
	return false
}

// birthShape: a birth number is divided behind its date only, and the date into
// pairs only before a slash: "92 03 15/1221".
func birthShape(text []byte, groups []group) bool {
	if len(groups) == 4 && bytes.HasPrefix(bytes.TrimLeft(text[groups[2].to:groups[3].from], " "), []byte("/")) {
		for _, g := range groups[:3] {
			if g.to-g.from != 2 {
				return false
			}
		}
		return true
	}
	return len(groups) == 1 || len(groups) == 2 && groups[0].to-groups[0].from == 6
}

// inCode: digits right behind "fv" or in "a1f0777123456" are a part of a code.
// "tel777123456" and a word that lost its space are none; an order number may
// stand behind a short prefix ("VS202400123").
func (k numberKey) inCode(text []byte, from, to int) bool {
	if !isDigits(k.key) {
		return false
	}
	start, end := from, to
	for start > 0 && isWordByte(text[start-1]) {
		start--
	}
	for end < len(text) && isWordByte(text[end]) {
		end++
	}
	before, after := text[start:from], text[to:end]
	if k.kind == Phone && isExtension(after) {
		after = nil
	}
	if digitCount(before) > 0 || digitCount(after) > 0 {
		return true
	}
	return k.kind == Phone && len(before) > 0 && len(before) < 5 && !phoneLabels[string(before)]
}

// inInternational: the digits are those of "+420 777 123 456". A plus sign right
// behind a word is a space of a link; what goes beyond the 15 digits of E.164 is
// another number.
func inInternational(text []byte, groups []group, i, j int) bool {
	digits := 0
	for _, g := range groups[i : j+1] {
		digits += g.to - g.from
	}
	for n := i; n >= 0 && digits <= longestPhone; n-- {
		if at := groups[n].from; at > 0 && text[at-1] == '+' && isDigits(string(text[at:at+1])) && (at == 1 || !isWordByte(text[at-2])) {
			return true
		}
		if n > 0 {
			digits += groups[n-1].to - groups[n-1].from
		}
	}
	return false
}

const longestPhone = 15 // ITU-T E.164 §6

// isExtension: "+420777123456x12".
func isExtension(after []byte) bool {
	return len(after) > 1 && len(after) < 6 && after[0] == 'x' && isDigits(string(after[1:]))
}

// phoneLabels are short words that people write right before a phone.
var phoneLabels = map[string]bool{
	"t": true, "m": true, "f": true, "p": true, "n": true, "tel": true, "mob": true, "gsm": true, "fax": true, "cell": true, "cz": true, "sk": true, "sms": true,
}

// labels of numbers, without which short ones are no hits: words of fewer than four letters whole, longer ones
// as beginnings.
var labels = map[Kind][]string{
	Order:          {"obj", "order", "zakazk", "faktur", "invoice", "inv", "fv", "doklad", "cislo", "c", "no", "nr", "num"},
	VariableSymbol: {"vs", "variabil", "symbol", "var"},
	Customer:       {"zakazni", "klient", "customer", "client", "cust", "zak", "odberatel"},
	CompanyID:      {"ic", "ico", "identifikacni"},
	BirthNumber:    {"rc", "rodne", "cislo", "c"},
}

// vatLabels stand before a VAT number that lacks its country.
var vatLabels = []string{"nip", "vat", "dic", "dph", "ustid", "tva", "steuer"}

// shortCode: "K-482" tells itself from other numbers where it stands in one piece.
func shortCode(written []byte, length int) bool {
	return length >= shortestCode && !bytes.ContainsAny(written, " \n") && digitCount(written) < length
}

// labelled reports whether one of the labels is among the three words before at.
func labelled(text []byte, at int, labels []string) bool {
	for words, limit := 0, max(0, at-40); words < 3 && at > limit; words++ {
		for at > limit && !isWordByte(text[at-1]) {
			at--
		}
		end := at
		for at > limit && isWordByte(text[at-1]) {
			at--
		}
		for _, l := range labels {
			if w := string(text[at:end]); w == l || len(l) > 3 && strings.HasPrefix(w, l) {
				return true
			}
		}
	}
	return false
}

// tight: "." and "-" right between two groups make one number of them.
func tight(between []byte) bool {
	return len(between) == 1 && (between[0] == '.' || between[0] == '-')
}

// otherCountry: what stands before a national number is another calling code.
func (k numberKey) otherCountry(text []byte, before group, from int) bool {
	if k.country == "" || strings.HasPrefix(k.key, k.country) || strings.HasPrefix(k.key, "00") {
		return false
	}
	code := string(text[before.from:before.to])
	if before.from > 0 && text[before.from-1] == '+' {
		return code != k.country
	}
	return len(code) > 2 && len(code) < 6 && strings.HasPrefix(code, "00") && code != "00"+k.country
}

// isBankCode: a phone is not the first half of "777123456/0800", nor is a symbol.
func isBankCode(text []byte, groups []group, next int, k numberKey) bool {
	g := groups[next]
	if text[g.from-1] != '/' || g.to-g.from != 4 {
		return false
	}
	switch k.kind {
	case Phone:
		return true
	case Order, Customer, VariableSymbol, CompanyID:
		return bankCodes[string(text[g.from:g.to])]
	}
	return false
}

// bankCodes are those of ČNB that can't be a year: "2024001/2024" is an order.
var bankCodes = func() map[string]bool {
	codes := map[string]bool{}
	for _, c := range strings.Fields("0100 0300 0600 0710 0800 2060 2070 2100 2200 2220 2250 2260 2275 2600 2700 3030 3050 3060 3500 4000 4300 5500 5800 6000 6100 6200 6210 6300 6700 6800 7910 7950 7960 7970 7990 8030 8040 8060 8090 8150 8190 8198 8199 8200 8220 8230 8240 8250 8255 8265 8270 8280 8291 8293 8299 8500") {
		codes[c] = true
	}
	return codes
}()

// inGrid: a part of "4111 1111 1111 1111", where all groups have four digits,
// is no number of its own.
func inGrid(text []byte, groups []group, i, j int) bool {
	if i == 0 && j == len(groups)-1 {
		return false
	}
	for from := max(0, i-3); from <= i; from++ {
		to := from
		for to < len(groups) && groups[to].to-groups[to].from == 4 && digitCount(text[groups[to].from:groups[to].to]) > 0 && (to == from || groups[to].from-groups[to-1].to == 1) {
			to++
		}
		if to-from >= 4 && to > j && (from < i || to-1 > j) {
			return true
		}
	}
	return false
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// compact keeps the folded letters and digits.
func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && !isWordByte(byte(r)) {
			return -1
		}
		return r
	}, foldString(s))
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, foldString(s))
}
