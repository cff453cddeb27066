package match

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// A postal address is its street (or the village where houses have numbers
// only), its house number, and what tells the place: postcode and town. It is
// found where street and number stand beside each other and, when a place was
// given, postcode or town close by: "Dlouhá 12" in another town is no hit, nor
// is "Dlouhá 12a", "Dlouhá 12 A" or "Dlouhá 123", nor "Horní Lhota 15" Lhota. In a
// text the words "ulice", "č. p." and a kind of street before it ("tř.", "nám.")
// may stand or not, a full number "1234/12" is also its second half,
// and street and town may be inflected ("v Dlouhé 12").

// postal is an address as it was given.
type postal struct {
	street   []word
	given    []string // the words of the street as given, folded
	anchor   int      // the street's last long word
	house    string
	postcode string // five digits, or ""
	town     word   // spellings of its longest word; nil when not given
}

type postalKey struct {
	postal
	identifier int
}

// streetWords says which words may stand for each other, and which mean nothing.
var streetWords = map[string]string{
	"nam": "namesti", "namesti": "namesti", "tr": "trida", "trida": "trida", "nabr": "nabrezi", "nabrezi": "nabrezi", "sidl": "sidliste", "sidliste": "sidliste",
	"st": "street", "street": "street", "str": "strasse", "strasse": "strasse", "rd": "road", "road": "road", "ave": "avenue", "avenue": "avenue",
	"gen": "generala", "generala": "generala", "kpt": "kapitana", "kapitana": "kapitana", "plk": "plukovnika", "plukovnika": "plukovnika", "mjr": "majora", "majora": "majora", "dr": "doktora", "doktora": "doktora",
	"ul": "", "ulice": "", "ulica": "", "ulici": "", "cp": "", "c": "", "p": "", "ev": "", "or": "", "co": "", "cislo": "", "no": "", "nr": "", "popisne": "",
}

// addressLabels stand between a street and its number where programs name each:
// "<Street>Dlouhá</Street><HouseNumber>12</HouseNumber>".
var addressLabels = map[string]bool{
	"street": true, "streetname": true, "streetnumber": true, "house": true, "housenumber": true, "housenr": true, "houseno": true, "number": true, "buildingnumber": true, "building": true,
	"domovni": true, "cislodomu": true, "cislodomovni": true, "cislopopisne": true, "hausnummer": true, "numer": true, "domu": true, "hazszam": true,
}

var errPostal = errors.New("address has no street with a house number: write it like Dlouhá 12, 110 00 Praha, or search for it as text")

// parsePostal takes the first house number and what stands before it as the
// street; in "12 Long Street" what stands behind.
func parsePostal(value string) (p postal, err error) {
	words := foldedWords(value)
	words, p.postcode = takePostcode(words)
	words = withoutKind(words)
	at := slices.IndexFunc(words, isHouse)
	if at < 0 {
		return p, errPostal
	}
	street, town := words[:at], []string(nil)
	p.house, at = houseAt(words, at, value)
	if len(meaningful(street)) == 0 {
		street, at = untilComma(words, at, value)
	}
	town = words[at:]
	for _, w := range meaningful(street) {
		p.street = append(p.street, placeForms(w))
		p.given = append(p.given, w)
		last := p.given[p.anchor]
		if len([]rune(w)) > len([]rune(last)) || len([]rune(w)) > 4 && streetWords[w] == "" && streetWords[last] == "" {
			p.anchor = len(p.street) - 1 // surnames stand last, first names are abbreviated
		}
	}
	if len(p.street) == 0 || len([]rune(p.given[p.anchor])) < 2 {
		return p, errPostal
	}
	p.town = townForms(town)
	return p, nil
}

// streetKinds stand before a street's name; many leave them out.
var streetKinds = map[string]bool{"nam": true, "namesti": true, "tr": true, "trida": true, "nabr": true, "nabrezi": true}

// withoutKind drops the kind of a street before its name, also where the name
// begins with a number ("tř. 17. listopadu 5"); in "Náměstí 5" it is the name.
func withoutKind(words []string) []string {
	if len(words) < 3 || !streetKinds[words[0]] {
		return words
	}
	name := slices.IndexFunc(words[1:], func(w string) bool { return !isHouse(w) })
	if name < 0 || !slices.ContainsFunc(words[1+name:], isHouse) {
		return words
	}
	return words[1:]
}

// takePostcode takes "11000" or "110 00" out of the words.
func takePostcode(words []string) (rest []string, code string) {
	for i, w := range words {
		switch {
		case len(w) == 5 && isDigits(w):
			return slices.Delete(slices.Clone(words), i, i+1), w
		case len(w) == 3 && isDigits(w) && i > 0 && i+1 < len(words) && len(words[i+1]) == 2 && isDigits(words[i+1]):
			return slices.Delete(slices.Clone(words), i, i+2), w + words[i+1]
		}
	}
	return words, ""
}

// isHouse: up to four digits and perhaps a letter.
func isHouse(w string) bool {
	digits := strings.TrimRight(w, "abcdefgh")
	return digits != "" && len(digits) <= 4 && len(w)-len(digits) <= 1 && isDigits(digits)
}

func isHouseLetter(w string) bool { return len(w) == 1 && w[0] >= 'a' && w[0] <= 'h' }

// houseAt reads "12", "12a", "12 A" or "1234/12".
func houseAt(words []string, at int, value string) (house string, next int) {
	house = words[at]
	if at+1 < len(words) && isDigits(house) && isHouseLetter(words[at+1]) {
		return house + words[at+1], at + 2
	}
	if at+1 < len(words) && isHouse(words[at+1]) && strings.Contains(strings.ReplaceAll(foldString(value), " ", ""), house+"/"+words[at+1]) {
		return house + "/" + words[at+1], at + 2
	}
	return house, at + 1
}

// untilComma: in "12 Long Street, London" the street ends at the comma.
func untilComma(words []string, at int, value string) (street []string, next int) {
	first, _, _ := strings.Cut(foldString(value), ",")
	end := max(at, min(len(words), len(withoutKind(foldedWords(first)))))
	return words[at:end], end
}

func meaningful(words []string) (rest []string) {
	for _, w := range words {
		if plain, known := streetWords[w]; !known || plain != "" {
			rest = append(rest, w)
		}
	}
	return rest
}

// placeForms are the spellings of one word of a street or town.
func placeForms(w string) word {
	forms := word{w: false}
	if canonical := streetWords[w]; canonical != "" {
		for other, same := range streetWords {
			if same == canonical {
				forms[other] = false
			}
		}
		w = canonical
	}
	if stem, long := strings.CutSuffix(w, "strasse"); long && stem != "" {
		forms[stem+"str"] = false
	} else if stem, short := strings.CutSuffix(w, "str"); short && stem != "" {
		forms[stem+"strasse"] = false
	}
	if len([]rune(w)) > 3 && !isHouse(w) {
		if stem, ok := strings.CutSuffix(w, "a"); ok {
			forms[stem+"ej"] = true // Slovak: na Hlavnej
		}
		for _, nominative := range accented(w) {
			for _, form := range inflect(nominative, either, anyNumber) {
				if f := foldString(form); f != w {
					forms[f] = true
				}
			}
		}
	}
	return forms
}

// accented: a folded word may be an adjective: Dlouhá, Nový, Dolní.
func accented(w string) []string {
	for plain, accent := range map[string]string{"a": "á", "y": "ý", "i": "í"} {
		if stem, ok := strings.CutSuffix(w, plain); ok {
			return []string{w, stem + accent}
		}
	}
	return []string{w}
}

func townForms(words []string) word {
	longest := ""
	for _, w := range words {
		if len([]rune(w)) > len([]rune(longest)) && !isDigits(w) {
			longest = w
		}
	}
	if len([]rune(longest)) < 3 {
		return nil
	}
	return placeForms(longest)
}

// looksPostal: words, a house number and a postcode.
func looksPostal(value string) bool {
	p, err := parsePostal(value)
	return err == nil && p.postcode != ""
}

// around compares the address with the text around its street's longest word.
func (p postal) around(text []byte, from, to int, inflected bool) (start, end int, form Form, ok bool) {
	form = Normalised
	mark := func(inflected bool) {
		if inflected {
			form = Inflected
		}
	}
	mark(inflected)
	start, end = from, to
	for i := p.anchor - 1; i >= 0; i-- {
		if start, ok = p.streetWord(text, start, i, -1, mark); !ok {
			return 0, 0, 0, false
		}
	}
	for i := p.anchor + 1; i < len(p.street); i++ {
		if end, ok = p.streetWord(text, end, i, +1, mark); !ok {
			return 0, 0, 0, false
		}
	}
	if p.longerName(text, start) {
		return 0, 0, 0, false
	}
	if to, ok := p.number(text, end, +1); ok {
		end = to
	} else if from, ok := p.number(text, start, -1); ok {
		start = from
	} else {
		return 0, 0, 0, false
	}
	start, end, ok = p.place(text, start, end, mark)
	return start, end, form, ok
}

// placeAdjectives begin the names of other places: Horní Lhota is not Lhota.
var placeAdjectives = func() map[string]bool {
	all := map[string]bool{}
	for _, stem := range strings.Fields("horn doln nov star velk mal predn zadn prostredn vysn nizn") {
		for _, ending := range strings.Fields("i y a e ou ho ej eho iho em im") {
			all[stem+ending] = true
		}
	}
	return all
}()

// longerName: the street is the second word of another's name.
func (p postal) longerName(text []byte, start int) bool {
	from, to := nextWord(text, start, -1)
	return to == start-1 && text[to] == ' ' && placeAdjectives[string(text[from:to])]
}

func (p postal) streetWord(text []byte, at, i, direction int, mark func(bool)) (int, bool) {
	from, to := nextMeaningful(text, at, direction)
	inflected, ok := p.street[i][string(text[from:to])]
	mark(inflected)
	if !ok && i < p.anchor {
		ok = sameInitial(p.given[i], string(text[from:to]))
	}
	if direction < 0 {
		return from, ok
	}
	return to, ok
}

// sameInitial: "Dr. E. Beneše" is called Dr. Edvarda Beneše.
func sameInitial(a, b string) bool {
	return len(a) != len(b) && min(len(a), len(b)) == 1 && a[0] == b[0] && a[0] >= 'a' && a[0] <= 'z'
}

// nextMeaningful skips "č. p.", "ul." and the like.
func nextMeaningful(text []byte, at, direction int) (from, to int) {
	for range 4 {
		if from, to = nextWord(text, at, direction); from == to {
			return at, at
		}
		if plain, known := streetWords[string(text[from:to])]; (!known || plain != "") && !addressLabels[string(text[from:to])] {
			return from, to
		}
		if at = to; direction < 0 {
			at = from
		}
	}
	return at, at
}

// number reads the house number beside the street: "12", "12 a", "1234/12".
func (p postal) number(text []byte, at, direction int) (int, bool) {
	from, to := nextMeaningful(text, at, direction)
	if from == to || !isHouse(string(text[from:to])) {
		return 0, false
	}
	whole := string(text[from:to])
	if direction > 0 {
		second := to
		for second < len(text) && text[second] == ' ' {
			second++
		}
		if second < len(text) && text[second] == '/' {
			if f, t := nextWord(text, second, +1); f < t && isHouse(string(text[f:t])) && !p.beginsPostcode(text, f, t) {
				whole, to = whole+"/"+string(text[f:t]), t
			}
		}
		if letter, end := p.houseLetter(text, to); isDigits(whole[len(whole)-1:]) && letter != "" {
			whole, to = whole+letter, end
		}
	}
	if !p.sameHouse(whole) {
		return 0, false
	}
	if direction < 0 {
		return from, from == 0 || text[from-1] != '/' && text[from-1] != '-'
	}
	return to, true
}

// beginsPostcode: "Dlouhá 12 / 110 00 Praha" has no number 12/110.
func (p postal) beginsPostcode(text []byte, from, to int) bool {
	code, _ := postcodeAt(text, from, to)
	return code != "" && code == p.postcode
}

// houseLetter reads the letter in "12 A,": before another word on its line it is
// "12 a Praha", so one that is wanted only.
func (p postal) houseLetter(text []byte, at int) (letter string, end int) {
	if at+1 >= len(text) || text[at] != ' ' {
		return "", at
	}
	end = at + 2
	letter = string(text[at+1 : end])
	last := end == len(text) || !isWordByte(text[end]) && text[end] != ' ' && text[end] != '.'
	wanted := strings.HasSuffix(p.house, letter) && (end == len(text) || !isWordByte(text[end]))
	if !isHouseLetter(letter) || !last && !wanted {
		return "", at
	}
	return letter, end
}

// sameHouse: "1234/12" is house number and number in the street; who gives one
// of them gives the second, or both.
func (p postal) sameHouse(written string) bool {
	if written == p.house {
		return true
	}
	first, second, full := strings.Cut(written, "/")
	mine, myStreet, mineFull := strings.Cut(p.house, "/")
	switch {
	case full && !mineFull:
		return second == p.house
	case mineFull && !full:
		return first == mine || first == myStreet
	}
	return false
}

const nearWords = 7 // how far from the street its town may stand

// place wants postcode or town behind the number, or right before the street;
// another postcode behind it is another place.
func (p postal) place(text []byte, from, to int, mark func(bool)) (start, end int, ok bool) {
	if p.postcode == "" && p.town == nil {
		return from, to, true
	}
	at := to
	for range nearWords {
		f, t := nextWord(text, at, +1)
		if f == t {
			break
		}
		if code, codeEnd := postcodeAt(text, f, t); code != "" {
			if code == p.postcode {
				return from, p.townBehind(text, codeEnd), true
			}
			if p.postcode != "" {
				end, ok = p.nextColumn(text, codeEnd)
				return from, end, ok
			}
		}
		if inflected, ok := p.town[string(text[f:t])]; ok {
			mark(inflected)
			return from, t, true
		}
		at = t
	}
	return p.placeBefore(text, from, to, mark)
}

// nextColumn: in "100 00 Brno 110 00 Praha", lines of two addresses side by side, the
// second postcode counts.
func (p postal) nextColumn(text []byte, at int) (end int, ok bool) {
	for range 4 {
		f, t := nextWord(text, at, +1)
		if f == t || f != at+1 || text[at] != ' ' {
			return 0, false
		}
		if code, codeEnd := postcodeAt(text, f, t); code == p.postcode {
			return p.townBehind(text, codeEnd), true
		}
		at = t
	}
	return 0, false
}

func (p postal) placeBefore(text []byte, from, to int, mark func(bool)) (start, end int, ok bool) {
	at := from
	for range nearWords {
		f, t := nextWord(text, at, -1)
		if f == t || conjunctions[string(text[f:t])] { // "in Praha, or Dlouhá 12 in Brno"
			break
		}
		if inflected, ok := p.town[string(text[f:t])]; ok {
			mark(inflected)
			return f, to, true
		}
		if code, codeEnd := postcodeAt(text, f, t); code != "" && code == p.postcode && codeEnd <= from {
			return f, to, true
		}
		at = f
	}
	return 0, 0, false
}

var conjunctions = map[string]bool{"a": true, "i": true, "nebo": true, "anebo": true, "ci": true, "alebo": true, "and": true, "or": true, "und": true, "oder": true, "lub": true}

// townBehind takes the town into the place when it follows its postcode.
func (p postal) townBehind(text []byte, at int) int {
	if f, t := nextWord(text, at, +1); f < t {
		if _, ok := p.town[string(text[f:t])]; ok {
			return t
		}
	}
	return at
}

// postcodeAt reads "11000" or "110 00" that begins with the word text[from:to].
func postcodeAt(text []byte, from, to int) (code string, end int) {
	w := string(text[from:to])
	if !isDigits(w) {
		return "", 0
	}
	if len(w) == 5 {
		return w, to
	}
	if f, t := nextWord(text, to, +1); len(w) == 3 && f == to+1 && t-f == 2 && isDigits(string(text[f:t])) {
		return w + string(text[f:t]), t
	}
	return "", 0
}

// words are the street's words and the house number, for the index.
func (p postal) words() (all []word) {
	for i, w := range p.street {
		if i < p.anchor && p.given[i][0] >= 'a' && p.given[i][0] <= 'z' {
			w = maps.Clone(w)
			w[p.given[i][:1]] = false // sameInitial
			if len(p.given[i]) == 1 {
				w = word{} // any that begins so
			}
		}
		all = append(all, w)
	}
	house := word{}
	for _, part := range strings.Split(p.house, "/") {
		house[part] = false
		house[strings.TrimRight(part, "abcdefgh")] = false // "12 A"
	}
	return append(all, house)
}
