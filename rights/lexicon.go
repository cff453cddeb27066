package rights

import (
	_ "embed"
	"math/bits"
	"slices"
	"strings"
	"sync"
)

//go:embed lexicon.txt
var lexiconText string

// concepts is a set of what a sentence speaks of.
type concepts uint32

const (
	ask concepts = 1 << iota
	erase
	data
	personal
	mine
	about // about me
	account
	base // the shop's records
	duplicate
	which
	share
	correct
	name
	port
	restrict
	process
	object
	market
	stop
	keep  // do not erase
	void  // explains or reports, or is a condition
	other // about an order, an invoice, a message
	law
	right // to be forgotten, by its name
	sar   // the request or right of access, by its name
	moved // portability, by its name
)

var conceptNames = strings.Fields("ask erase data personal mine about account base copy which share correct name port restrict process object market stop keep void other law right sar moved")

func (c concepts) all(of concepts) bool { return c&of == of }
func (c concepts) any(of concepts) bool { return c&of != 0 }

// lexicon is a language's words: whole ones and stems, neighbours joined by "_".
type lexicon struct {
	language    string
	words, stem map[string]concepts
}

var lexicons = sync.OnceValue(func() []*lexicon { return readLexicons(lexiconText) })

// readLexicons reads "language concept: words"; a line that is not so is a bug
// of this package.
func readLexicons(text string) (all []*lexicon) {
	for _, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		head, words, _ := strings.Cut(line, ":")
		language, concept, _ := strings.Cut(head, " ")
		n := slices.Index(conceptNames, concept)
		if n < 0 {
			panic("rights: no concept " + concept)
		}
		if len(all) == 0 || all[len(all)-1].language != language {
			all = append(all, &lexicon{language, map[string]concepts{}, map[string]concepts{}})
		}
		all[len(all)-1].add(1<<n, strings.Fields(words))
	}
	return all
}

func (l *lexicon) add(c concepts, words []string) {
	for _, w := range words {
		if stem, ok := strings.CutSuffix(w, "*"); ok {
			l.stem[stem] |= c
		} else {
			l.words[w] |= c
		}
	}
}

// neighbours are looked up together, up to so many.
const neighbours = 4

func (l *lexicon) read(words []string) (c concepts) {
	for i := range words {
		for n := 1; n <= neighbours && i+n <= len(words); n++ {
			c |= l.look(strings.Join(words[i:i+n], "_"))
		}
	}
	return c
}

func (l *lexicon) look(w string) concepts {
	c := l.words[w]
	for n := 2; n <= len(w); n++ {
		c |= l.stem[w[:n]]
	}
	return c
}

// byLikelihood orders the languages by how many of the words they know.
func byLikelihood(sentences [][]string) []*lexicon {
	known := map[*lexicon]int{}
	for _, l := range lexicons() {
		for _, words := range sentences {
			for _, w := range words {
				known[l] += bits.OnesCount32(uint32(l.look(w)))
			}
		}
	}
	order := slices.Clone(lexicons())
	slices.SortStableFunc(order, func(a, b *lexicon) int { return known[b] - known[a] })
	return order
}
