// Package rights says whether a mail seems to ask for a right of Articles 15 to 21
// GDPR, for a person to decide. It reads Czech, Slovak, English, German and Polish.
//
// A sentence is folded and looked up word by word in lexicon.txt, which gives each
// language its words for a few concepts (ask, erase, data, mine, …). What a kind
// of request must say is a rule over the concepts of one sentence ([rules]): the
// writer asks, for himself, about his data. A sentence that explains rights to its
// reader, reports what was done, or is about an order, an invoice or a message is none.
// So each proposal is explained by one sentence, and each miss by one line of the lexicon.
package rights

import (
	"strings"
	"unicode"

	"postolka/match"
)

// Kind is the right that is asked for.
type Kind uint8

const (
	None          Kind = iota
	Access             // Article 15
	Erasure            // Article 17
	Rectification      // Article 16
	Restriction        // Article 18
	Portability        // Article 20
	Objection          // Article 21
)

func (k Kind) String() string {
	return [...]string{"none", "access", "erasure", "rectification", "restriction", "portability", "objection"}[k]
}

// Found is what a mail seems to ask for, and the sentence that does.
type Found struct {
	Kind     Kind
	Language string // "cs", "sk", "en", "de", "pl"
	Evidence string // as written, at most mostEvidence runes
}

const (
	mostText     = 8 << 10 // bytes read: who asks, asks before that; policies go on
	mostEvidence = 240
)

// Detect reads the subject and the writer's own text, without quoted history.
// Found.Kind is None for a mail that asks for no right.
func Detect(subject, own string) Found {
	said := append([]string{subject}, sentences(own[:min(len(own), mostText)])...)
	words := make([][]string, len(said))
	for i, s := range said {
		words[i] = wordsOf(s)
	}
	for _, l := range byLikelihood(words) {
		var before concepts
		for i := range said {
			now := l.read(words[i])
			if kind := kindOf(now, before); kind != None {
				return Found{kind, l.language, evidence(said[i])}
			}
			before = now
		}
	}
	return Found{}
}

// longSentence is where a comma ends one too: words further apart belong to
// different matters.
const longSentence = 300

// sentences divides a text where one ends for certain: not after an abbreviation
// or a number, not where a line was only wrapped.
func sentences(text string) (all []string) {
	from := 0
	for i, r := range text {
		if !strings.ContainsRune(".!?;,\n", r) || !ends(text[from:i], text[i:]) {
			continue
		}
		if s := strings.TrimSpace(text[from : i+1]); s != "" {
			all = append(all, s)
		}
		from = i + 1
	}
	if s := strings.TrimSpace(text[from:]); s != "" {
		all = append(all, s)
	}
	return all
}

func ends(before, rest string) bool {
	next := strings.TrimLeft(rest[1:], " \t\r")
	switch rest[0] {
	case '\n':
		return strings.HasPrefix(next, "\n")
	case ',':
		return len(before) > longSentence
	case '.':
		last := before[strings.LastIndexAny(before, " \n(")+1:]
		return len(next) < len(rest[1:]) && len([]rune(last)) > 4 || next == "" || next[0] == '\n'
	}
	return true
}

func wordsOf(sentence string) []string {
	return strings.FieldsFunc(string(match.Fold(nil, []byte(sentence))), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

func evidence(sentence string) string {
	if r := []rune(strings.Join(strings.Fields(sentence), " ")); len(r) > mostEvidence {
		return string(r[:mostEvidence]) + "…"
	} else {
		return string(r)
	}
}
