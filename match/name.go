package match

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// A name is a row of words. Given in the nominative, it is found in every
// case, in the given order or with the surname first, with titles before,
// between and behind.

// titles are left out of a given name and skipped inside a written one.
var titles = map[string]bool{
	"ing": true, "mgr": true, "bc": true, "dr": true, "phdr": true, "judr": true, "mudr": true, "mvdr": true,
	"rndr": true, "pharmdr": true, "thdr": true, "paeddr": true, "doc": true, "prof": true, "phd": true, "csc": true,
	"drsc": true, "dis": true, "mba": true, "llm": true, "arch": true, "bca": true, "mga": true, "thlic": true,
	"pan": true, "pani": true, "pane": true, "panu": true, "slecna": true, "mr": true, "mrs": true, "ms": true,
	"miss": true, "sir": true, "herr": true, "frau": true, "ml": true, "st": true, "jr": true, "sr": true, "th": true, "ph": true, "d": true,
}

// nameLabels stand between the words of a name where a form or a table asks for each
// by itself: "Jméno: Jan Příjmení: Novák", "first_name=Jan&last_name=Novák".
var nameLabels = map[string]bool{
	"jmeno": true, "krestni": true, "prijmeni": true, "meno": true, "priezvisko": true, "imie": true, "nazwisko": true, "vorname": true, "nachname": true,
	"name": true, "first": true, "last": true, "given": true, "family": true, "surname": true, "firstname": true, "lastname": true, "givenname": true, "familyname": true, "fname": true, "lname": true, "sn": true,
	"nom": true, "prenom": true, "nombre": true, "apellido": true, "apellidos": true, "vezeteknev": true, "keresztnev": true, "utonev": true, "cognome": true,
	"billing": true, "shipping": true, "delivery": true, "customer": true, "contact": true,
}

// nameWords gives the words of a name as written, without titles.
func nameWords(value string) []string {
	var words []string
	for _, field := range strings.FieldsFunc(strings.ReplaceAll(value, "Ph.D", ""), isNameGap) {
		if folded := strings.Trim(foldString(field), "."); folded != "" && !titles[strings.ReplaceAll(folded, ".", "")] {
			words = append(words, strings.Trim(field, "."))
		}
	}
	return words
}

func isNameGap(r rune) bool {
	return isSpace(r) || strings.ContainsRune(",;-–'’‘ʼ´`′\"„“”()/_", r)
}

// word is one word of a phrase: its folded spellings and whether each is
// inflected.
type word map[string]bool

// phrase is a name or a text: words that have to stand beside one another.
type phrase struct {
	identifier int
	words      []word
	anchor     int      // the word that is looked for
	turns      bool     // the last word may come first
	titles     bool     // titles may stand between the words
	joined     []string // all words as one: "jannovak", "novakjan"
	couple     word     // how a couple of that surname is called: "Jan a Eva Novákovi"
}

func namePhrase(value string, identifier int) phrase {
	given := nameWords(value)
	p := phrase{identifier: identifier, turns: true, titles: true}
	for i, w := range given {
		forms := word{}
		for _, form := range wordForms(w, given, i) {
			forms[foldString(form)] = true
			for _, wrong := range misread(form) {
				forms[wrong] = true
			}
		}
		forms[foldString(germanASCII.Replace(strings.ToLower(norm.NFC.String(w))))] = false
		forms[foldString(w)] = false
		p.words = append(p.words, forms)
	}
	p.anchor = len(p.words) - 1
	if len(given) == 2 {
		first, last := foldString(given[0]), foldString(given[1])
		if len(first)+len(last) >= shortestJoined && isASCII(first+last) {
			p.joined = []string{first + last, last + first}
		}
		p.couple = coupleForms(given[1])
	}
	return p
}

const shortestJoined = 8 // "evamala" may be a part of any word

// coupleForms: Novákovi, Novákových, Novákovým, Novákovými. A surname that is an
// adjective has no such form.
func coupleForms(surname string) word {
	forms := word{}
	stems := []string{}
	lower := strings.ToLower(surname)
	if stem, ok := cut(lower, "ová"); ok {
		stems = append(stems, stem)
	} else if last := foldString(lower); !strings.ContainsAny(last[max(0, len(last)-1):], "aeiouy") {
		stems = append(shortStems(lower), lower)
	} else if stem, ok := strings.CutSuffix(lower, "a"); ok {
		stems = append(stems, stem)
	}
	for _, stem := range stems {
		for _, ending := range []string{"ovi", "ovych", "ovym", "ovymi"} {
			forms[foldString(stem)+ending] = true
		}
	}
	return forms
}

// ofCouple looks for "Jan a Eva" before the surname at text[from:to], or behind it.
func (p phrase) ofCouple(text []byte, from, to int) (start, end int, ok bool) {
	for _, direction := range []int{-1, +1} {
		at, bounds, named := from, [2]int{from, to}, false
		if direction > 0 {
			at = to
		}
		for i := range 3 {
			f, t := nextWord(text, at, direction)
			w := text[f:t]
			if i == 1 && f < t && bytes.ContainsAny(text[min(at, t):max(at, f)], "+&") { // "Jan & Eva"
				continue
			}
			if i == 1 && !conjunctions[string(w)] || f == t {
				named = false
				break
			}
			if _, mine := p.words[0][string(w)]; mine && i != 1 {
				named = true
			}
			if at = t; direction < 0 {
				at = f
			}
			bounds[0], bounds[1] = min(bounds[0], f), max(bounds[1], t)
			if i == 2 && named {
				return bounds[0], bounds[1], true
			}
		}
	}
	return 0, 0, false
}

// misread gives what programs made of Central European letters that they read as
// Western ones: "Jiøí Kuèera", "Hrube¹".
func misread(form string) (all []string) {
	if isASCII(form) {
		return nil
	}
	for _, pair := range [][2]*charmap.Charmap{{charmap.Windows1250, charmap.Windows1252}, {charmap.ISO8859_2, charmap.ISO8859_1}} {
		wrong, err := pair[0].NewEncoder().String(form)
		if err != nil {
			continue
		}
		if wrong, err = pair[1].NewDecoder().String(wrong); err == nil {
			if folded := foldString(wrong); folded != foldString(form) && !slices.ContainsFunc([]byte(folded), func(c byte) bool { return !isWordByte(c) }) {
				all = append(all, folded)
			}
		}
	}
	return all
}

// germanASCII writes umlauts as Germans do where a keyboard has none.
var germanASCII = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue")

// wordForms inflects the i-th word of a name. A single word may be of either
// gender and already be inflected; in a full name the surname tells the gender.
func wordForms(w string, given []string, i int) []string {
	if len(given) == 1 {
		return inflectAny(w)
	}
	forms := inflect(w, genderOf(given), singular)
	if folded := foldString(w); i == len(given)-1 && !strings.ContainsAny(folded[max(0, len(folded)-1):], "aeiouysxz") {
		forms = append(forms, w+"s") // German: Müllers Auftrag
	}
	return forms
}

func textPhrase(value string, identifier int) phrase {
	p := phrase{identifier: identifier}
	for _, w := range foldedWords(value) {
		p.words = append(p.words, word{w: false})
	}
	for i, w := range p.words {
		if len(w.plain()) > len(p.words[p.anchor].plain()) {
			p.anchor = i
		}
	}
	return p
}

func (w word) plain() string {
	for s, inflected := range w {
		if !inflected {
			return s
		}
	}
	return ""
}

func foldedWords(value string) []string {
	return strings.FieldsFunc(foldString(value), func(r rune) bool { return r < 0x80 && !isWordByte(byte(r)) })
}

// around looks for the other words of the phrase beside the anchor at
// text[from:to].
func (p phrase) around(text []byte, from, to int, inflected bool) (start, end int, form Form, ok bool) {
	orders := [][2][]int{p.sides(false)}
	if p.turns && len(p.words) > 1 {
		orders = append(orders, p.sides(true))
	}
	for _, order := range orders {
		form = Normalised
		if inflected {
			form = Inflected
		}
		if start, ok = p.walk(text, from, order[0], -1, &form); !ok {
			continue
		}
		if end, ok = p.walk(text, to, order[1], +1, &form); ok {
			return start, end, form, true
		}
	}
	return 0, 0, 0, false
}

// sides lists the words before the anchor, nearest first, and those behind it;
// turned: the last word stands first.
func (p phrase) sides(turned bool) (sides [2][]int) {
	last := len(p.words) - 1
	var order []int
	for i := range p.words {
		order = append(order, i)
	}
	if turned {
		order = append([]int{last}, order[:last]...)
	}
	seen := false
	for _, i := range order {
		switch {
		case i == p.anchor:
			seen = true
		case seen:
			sides[1] = append(sides[1], i)
		default:
			sides[0] = append([]int{i}, sides[0]...)
		}
	}
	return sides
}

// walk checks the words one after another in the direction given.
func (p phrase) walk(text []byte, at int, words []int, direction int, form *Form) (int, bool) {
	for _, i := range words {
		next, inflected, ok := p.step(text, at, p.words[i], direction)
		if !ok {
			return 0, false
		}
		if inflected {
			*form = Inflected
		}
		at = next
	}
	return at, true
}

// step goes over a gap, and over titles and labels, to the word wanted.
func (p phrase) step(text []byte, at int, want word, direction int) (next int, inflected, ok bool) {
	for skipped := 0; skipped < 4; skipped++ {
		from, to := nextWord(text, at, direction)
		if from == to {
			return 0, false, false
		}
		if inflected, ok = want[string(text[from:to])]; ok {
			if direction < 0 {
				return from, inflected, true
			}
			return to, inflected, true
		}
		if !p.titles || !titles[string(text[from:to])] && !nameLabels[string(text[from:to])] && !isInserted(text, from, to) {
			return 0, false, false
		}
		if at = to; direction < 0 {
			at = from
		}
	}
	return 0, false, false
}

// isSecondName: "Jan Karel Novák", "Jana Svobodová-Nováková", "Jana Svobodová Nováková".
// A surname between them has to be a woman's, for a man's may be another person's.
func isSecondName(text []byte, from, to int) bool {
	if text[from-1] == '-' && isWordByte(text[from-2]) && secondNames()[string(text[from:to])] {
		return true // "Jörg-Peter Müller"
	}
	if !isWordByte(text[from-2]) || !sameSpaced(text[from-1:from], " ") || to+1 >= len(text) || !isWordByte(text[to+1]) {
		return false
	}
	w := string(text[from:to])
	if text[to] == '-' {
		return to-from > 2
	}
	return sameSpaced(text[to:to+1], " ") && (secondNames()[w] || to-from > 5 && strings.HasSuffix(w, "ova"))
}

// secondNames are those that people here bear between their first name and surname,
// in the nominative and the cases that names take most.
var secondNames = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	add := func(g gender, names string) {
		for _, name := range strings.Fields(names) {
			for _, form := range inflect(name, g, singular) {
				all[foldString(form)] = true
			}
			all[foldString(name)] = true
		}
	}
	add(masculine, `Jan Karel Josef Petr Pavel Jiří Tomáš Martin Jaroslav Miroslav František Václav Zdeněk Michal Milan
		Antonín Vojtěch Ondřej Jakub Lukáš Marek David Daniel Adam Filip Matěj Alois Ludvík Rudolf Otto Oto Emil Viktor Vladimír Stanislav Ladislav
		Bohumil Štěpán Šimon Kryštof Alexandr Alexander Andrej Juraj Ján Jozef Peter Štefan Ľubomír Rastislav Piotr Paweł Andrzej Krzysztof
		Stanisław Jerzy Wojciech Mateusz Johann Hans Wolfgang Heinrich Friedrich Wilhelm Georg Michael Thomas Christian Maximilian Sebastian
		István László János Zoltán Sándor Gábor Ferenc William James John Robert Richard Edward Henry Paul Charles Louis Luis Carlos Antonio José Xavier Pierre Marc Luc Claude Uwe Dieter Joachim`)
	add(feminine, `Marie Maria Mária Anna Eva Jana Hana Lenka Kateřina Lucie Věra Alena Petra Veronika Jitka Jarmila Ludmila Helena
		Božena Zuzana Monika Barbora Tereza Kristýna Klára Adéla Eliška Natálie Alžběta Magdaléna Katarína Zofia Katarzyna Małgorzata Agnieszka
		Elisabeth Elizabeth Sophie Luise Louise Katharina Mária Ilona Katalin Erzsébet Jane Mary Rose Lynn`)
	return all
})

// isInserted: an initial, or a nickname in quotes or brackets, as in
// "Jan M. Novák". With a comma behind it, another's name begins or a cell ends.
func isInserted(text []byte, from, to int) bool {
	if from > 1 && to < len(text) && isSecondName(text, from, to) {
		return true
	}
	if from < 2 || to+1 >= len(text) || text[to+1] != ' ' {
		return false
	}
	if to-from == 1 && text[from] >= 'a' && text[to] == '.' {
		return text[from-1] == ' ' && isWordByte(text[from-2])
	}
	if text[from-2] != ' ' || to-from < 3 || text[from] < 'a' || signWords[string(text[from:to])] {
		return false // "(at)" parts an address
	}
	switch text[from-1] {
	case '"', '\'':
		return text[to] == text[from-1]
	case '(':
		return text[to] == ')'
	}
	return false
}

const longestGap = 6 // `"", ""` of JSON within CSV

// nextWord finds the word behind (or before) a gap of separators.
func nextWord(text []byte, at, direction int) (from, to int) {
	if direction > 0 {
		from = at
		for from < len(text) && !isWordByte(text[from]) {
			if from-at == longestGap || !isGap(text[from]) {
				return 0, 0
			}
			from++
		}
		to = from
		for to < len(text) && isWordByte(text[to]) {
			to++
		}
		return from, to
	}
	to = at
	for to > 0 && !isWordByte(text[to-1]) {
		if at-to == longestGap || !isGap(text[to-1]) {
			return 0, 0
		}
		to--
	}
	from = to
	for from > 0 && isWordByte(text[from-1]) {
		from--
	}
	return from, to
}

// isGap: what may stand between the words of a name or an address; not the end
// of a sentence or a question.
func isGap(c byte) bool {
	return strings.IndexByte(" \n.,;-'\"+_/()<>*:=@#&|", c) >= 0
}
