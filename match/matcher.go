package match

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"unicode"
)

// Hit is one place where an identifier stands.
type Hit struct {
	Identifier int  // index into the slice given to NewMatcher
	Form       Form // never Resembling
	From, To   int  // byte range in the original text
}

// Matcher finds a set of identifiers in texts. It is read only once made.
type Matcher struct {
	ids       []Identifier
	words     *wordSet
	uses      [][]use // what each word of the set is for
	phrases   []phrase
	postal    []postalKey
	addresses addressBook
	numbers   numberBook
	pieces    []piece
}

// A use of a word: it anchors a phrase or a postal address, or is a disguise of "@".
type use struct {
	phrase    int
	postal    int
	inflected bool
	as        anchored
}

type anchored uint8

const (
	toPhrase anchored = iota
	toPostal
	toSign
	toJoined // the word is the whole name
	toCouple
)

// A piece is found as it is, byte for byte of the folded text: IP addresses,
// and words of scripts that put no spaces between them.
type piece struct {
	identifier int
	text       []byte
	joins      string // bytes that must not stand beside it
}

// Scratch holds the buffer of Any; the zero value is ready. One per goroutine.
type Scratch struct{ text []byte }

// NewMatcher prepares a Matcher. It fails when a value does not suit its kind,
// with the words of ParseIdentifier; any number of identifiers may be given.
func NewMatcher(ids []Identifier) (*Matcher, error) {
	m := &Matcher{ids: slices.Clone(ids)}
	for i, id := range ids {
		if err := id.check(); err != nil {
			return nil, fmt.Errorf("identifier %d: %w", i+1, err)
		}
		m.add(id, i)
	}
	m.indexWords()
	return m, nil
}

func (m *Matcher) add(id Identifier, i int) {
	switch id.Kind {
	case Email:
		a, _ := parseAddress(id.Value)
		m.addresses.add(a, i)
	case MessageID:
		a, _ := parseMessageID(id.Value)
		m.addresses.add(a, i)
	case Address:
		p, _ := parsePostal(id.Value)
		m.postal = append(m.postal, postalKey{p, i})
	case Name:
		if hasNoSpaces(id.Value) {
			m.pieces = append(m.pieces, piece{i, []byte(foldString(id.Value)), ""})
			return
		}
		m.phrases = append(m.phrases, namePhrase(id.Value, i))
	case Text:
		if hasNoSpaces(id.Value) {
			m.pieces = append(m.pieces, piece{i, []byte(foldString(id.Value)), ""})
			return
		}
		m.phrases = append(m.phrases, textPhrase(id.Value, i))
	case IP:
		for _, spelling := range ipSpellings(id.Value) {
			m.pieces = append(m.pieces, ipPiece(spelling, i))
		}
	default:
		for _, key := range id.numberKeys() {
			m.numbers.add(id.numberKey(key, i))
		}
	}
}

func hasNoSpaces(s string) bool {
	for _, r := range s {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) {
			return true
		}
	}
	return false
}

func (m *Matcher) indexWords() {
	byWord := map[string][]use{}
	for i, p := range m.phrases {
		for w, inflected := range p.words[p.anchor] {
			byWord[w] = append(byWord[w], use{phrase: i, inflected: inflected})
		}
	}
	for i, p := range m.phrases {
		for _, w := range p.joined {
			byWord[w] = append(byWord[w], use{phrase: i, as: toJoined})
		}
		for w := range p.couple {
			byWord[w] = append(byWord[w], use{phrase: i, as: toCouple})
		}
	}
	for i, p := range m.postal {
		for w, inflected := range p.street[p.anchor] {
			byWord[w] = append(byWord[w], use{postal: i, inflected: inflected, as: toPostal})
		}
	}
	if m.addresses.near != nil {
		for w := range signWords {
			byWord[w] = append(byWord[w], use{as: toSign})
		}
	}
	var words []string
	for w := range byWord {
		words = append(words, w)
	}
	slices.Sort(words)
	for _, w := range words {
		m.uses = append(m.uses, byWord[w])
	}
	if len(words) > 0 {
		m.words = newWordSet(words)
	}
}

// Find reports every place where one of the identifiers stands, in the order of
// the text. Places of one identifier that lie inside one another are one hit,
// the longest.
func (m *Matcher) Find(text []byte) []Hit {
	f := foldMap(text, true)
	var hits []Hit
	m.scan(f.Text, func(c candidate) bool {
		if c.entry != nil && !c.entry.sameDomain(original(f, text, c.domain, c.to)) {
			return true
		}
		h := Hit{Identifier: c.identifier, Form: c.form}
		h.From, h.To = f.Origin(c.from, c.to)
		if string(text[h.From:h.To]) == m.ids[h.Identifier].Value {
			h.Form = Exact
		}
		hits = append(hits, h)
		return true
	})
	return longestOnly(hits)
}

func original(f Folded, text []byte, from, to int) []byte {
	from, to = f.Origin(from, to)
	return text[from:to]
}

func longestOnly(hits []Hit) []Hit {
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.Identifier, b.Identifier), cmp.Compare(a.From, b.From), cmp.Compare(b.To, a.To), cmp.Compare(a.Form, b.Form))
	})
	kept := hits[:0]
	for _, h := range hits {
		if n := len(kept); n > 0 && kept[n-1].Identifier == h.Identifier && h.To <= kept[n-1].To {
			continue
		}
		kept = append(kept, h)
	}
	slices.SortFunc(kept, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(b.To, a.To), cmp.Compare(a.Identifier, b.Identifier))
	})
	return kept
}

// Any reports whether Find may find something: it keeps no places and stops at
// the first. It may say yes where Find says no (a domain that only folds to the
// one wanted), never the reverse. scratch may be nil.
func (m *Matcher) Any(text []byte, scratch *Scratch) bool {
	if scratch == nil {
		scratch = &Scratch{}
	}
	f := folder{dst: scratch.text[:0], src: text, lines: true}
	f.run()
	scratch.text = f.dst
	return !m.scan(f.dst, func(candidate) bool { return false })
}

type candidate struct {
	identifier       int
	form             Form
	from, domain, to int // domain: where an address's domain begins
	entry            *entry
}

// scan calls found for each candidate until it returns false, and returns
// whether it went to the end.
func (m *Matcher) scan(text []byte, found func(candidate) bool) bool {
	return m.scanWords(text, found) && m.scanSigns(text, found) && m.scanNumbers(text, found) && m.scanPieces(text, found)
}

func (m *Matcher) scanWords(text []byte, found func(candidate) bool) bool {
	if m.words == nil {
		return true
	}
	whole := true
	m.words.find(text, func(word, from, to int) bool {
		for _, u := range m.uses[word] {
			if whole = m.use(text, u, from, to, found); !whole {
				return false
			}
		}
		return true
	})
	return whole
}

func (m *Matcher) use(text []byte, u use, from, to int, found func(candidate) bool) bool {
	switch u.as {
	case toSign:
		return m.address(text, from, to, found)
	case toJoined:
		return found(candidate{identifier: m.phrases[u.phrase].identifier, form: Normalised, from: from, to: to})
	case toCouple:
		p := m.phrases[u.phrase]
		start, end, ok := p.ofCouple(text, from, to)
		return !ok || found(candidate{identifier: p.identifier, form: Inflected, from: start, to: end})
	case toPostal:
		p := m.postal[u.postal]
		start, end, form, ok := p.around(text, from, to, u.inflected)
		return !ok || found(candidate{identifier: p.identifier, form: form, from: start, to: end})
	}
	p := m.phrases[u.phrase]
	start, end, form, ok := p.around(text, from, to, u.inflected)
	return !ok || found(candidate{identifier: p.identifier, form: form, from: start, to: end})
}

// scanSigns stops at "@", and at "=" for addresses inside return paths
// ("bounce-jan=firma.cz@lists.example", VERP).
func (m *Matcher) scanSigns(text []byte, found func(candidate) bool) bool {
	if m.addresses.near == nil {
		return true
	}
	for _, sign := range []byte("@=") {
		for at := 0; ; at++ {
			next := bytes.IndexByte(text[at:], sign)
			if next < 0 {
				break
			}
			at += next
			if !m.address(text, at, at+1, found) {
				return false
			}
		}
	}
	return eachBracketA(text, func(at int) bool { return m.address(text, at, at+1, found) })
}

// eachBracketA calls found with the "a" of each "(a)" and "[a]", until it says no.
func eachBracketA(text []byte, found func(at int) bool) bool {
	for _, brackets := range []string{"()", "[]"} {
		for at := 0; ; at++ {
			next := bytes.IndexByte(text[at:], brackets[0])
			if next < 0 {
				break
			}
			at += next
			if isBracketA(text, at+1) && !found(at+1) {
				return false
			}
		}
	}
	return true
}

func (m *Matcher) address(text []byte, from, to int, found func(candidate) bool) bool {
	return m.addresses.at(text, from, to, func(e entry, from, domain, to int) bool {
		return found(candidate{identifier: e.identifier, form: Normalised, from: from, domain: domain, to: to, entry: &e})
	})
}

func (m *Matcher) scanNumbers(text []byte, found func(candidate) bool) bool {
	if m.numbers.keys == nil {
		return true
	}
	each := func(k numberKey, from, to int) bool {
		return found(candidate{identifier: k.identifier, form: Normalised, from: from, to: to})
	}
	return m.numbers.find(text, false, each) && (!m.numbers.letters || m.numbers.find(text, true, each))
}

func (m *Matcher) scanPieces(text []byte, found func(candidate) bool) bool {
	for _, p := range m.pieces {
		for at := 0; ; at++ {
			next := bytes.Index(text[at:], p.text)
			if next < 0 {
				break
			}
			at += next
			if p.stands(text, at) && !found(candidate{identifier: p.identifier, form: Normalised, from: at, to: at + len(p.text)}) {
				return false
			}
		}
	}
	return true
}

// stands: no byte that would make it longer stands beside it; a dot counts
// when a digit is behind it.
func (p piece) stands(text []byte, at int) bool {
	before, after := text[:at], text[at+len(p.text):]
	if p.joins == "" {
		return true
	}
	joins := func(c byte) bool { return bytes.IndexByte([]byte(p.joins), c) >= 0 }
	if n := len(before); n > 0 && (joins(before[n-1]) && !behindLabel(before) || before[n-1] == '.' && n > 1 && joins(before[n-2])) {
		return false
	}
	if len(after) > 0 && joins(after[0]) {
		return false
	}
	if bytes.IndexByte(p.text, '-') >= 0 && (len(before) > 1 && before[len(before)-1] == '-' && joins(before[len(before)-2]) || len(after) > 1 && after[0] == '-' && joins(after[1])) {
		return false
	}
	return len(after) < 2 || after[0] != '.' || !joins(after[1])
}
