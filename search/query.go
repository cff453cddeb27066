package search

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/blevesearch/bleve/v2"
	blevesearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"

	"postolka/match"
	"postolka/store"
)

// Query says what to look for. What is empty does not narrow; an empty query
// finds everything.
type Query struct {
	Words       string             // all of: words in any of their Czech or English forms, "phrases", prefix*, -excluded
	Terms       []string           // any of: index terms (match.Identifier.Terms); looked for as words too
	Identifiers []match.Identifier // any of, beside Terms: names as all of their words in any case

	Mailboxes     []store.MailboxID // any of; a hint, since a message may have moved since
	After, Before time.Time         // After <= date < Before
	From, To      string            // words of the person's name or address, or an address
	HasAttachment bool
	InAttachments bool // Words are looked for in attachments only

	ByScore       bool // best first; else newest first
	Limit, Offset int  // Limit zero: 50; negative: everything, in any order
}

// Result is one page of hits.
type Result struct {
	Hits  []Hit
	Total uint64 // of all pages
}

// Hit is a message that fits.
type Hit struct {
	ID    store.MessageID
	Score float64 // comparable within a result; zero when newest first
}

// Search looks through all slices in parallel. Nothing of the hits may be shown
// before account.May was asked for each.
func (x *Index) Search(ctx context.Context, q Query) (Result, error) {
	if q.Limit == 0 {
		q.Limit = 50
	}
	all, err := x.all()
	if err != nil {
		return Result{}, err
	}
	found := make([]*bleve.SearchResult, len(all))
	err = x.each(ctx, func(ctx context.Context, i int, s *slice) error {
		if i >= len(found) { // a slice made meanwhile
			return nil
		}
		return s.use(false, func(index bleve.Index) (err error) {
			found[i], err = q.in(ctx, index)
			return err
		})
	})
	if err != nil {
		return Result{}, fmt.Errorf("search: %w", err)
	}
	return q.merge(found), nil
}

func (q Query) in(ctx context.Context, index bleve.Index) (*bleve.SearchResult, error) {
	size := q.Offset + q.Limit
	if q.Limit < 0 {
		count, err := index.DocCount()
		if err != nil {
			return nil, err
		}
		size = int(count)
	}
	r := bleve.NewSearchRequestOptions(q.bleve(), size, 0, false)
	if q.ByScore {
		r.SortBy([]string{"-_score", "-_id"})
	} else if r.Score = "none"; q.Limit < 0 {
		r.SortBy([]string{"_id"}) // everything: dates would only cost
	} else {
		r.SortByCustom(blevesearch.SortOrder{
			&blevesearch.SortField{Field: fieldDate, Desc: true, Type: blevesearch.SortFieldAsNumber},
			&blevesearch.SortDocID{Desc: true},
		})
	}
	return index.SearchInContext(ctx, r)
}

func (q Query) merge(found []*bleve.SearchResult) (r Result) {
	var all []*blevesearch.DocumentMatch
	for _, f := range found {
		if f != nil {
			r.Total += f.Total
			all = append(all, f.Hits...)
		}
	}
	slices.SortStableFunc(all, q.order)
	all = all[min(q.Offset, len(all)):]
	if q.Limit >= 0 {
		all = all[:min(q.Limit, len(all))]
	}
	for _, h := range all {
		hit := Hit{ID: keyID(h.ID)}
		if q.ByScore {
			hit.Score = h.Score
		}
		r.Hits = append(r.Hits, hit)
	}
	return r
}

func (q Query) order(a, b *blevesearch.DocumentMatch) int {
	if q.ByScore {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.ID, a.ID))
	}
	return cmp.Or(bytes.Compare([]byte(b.Sort[0]), []byte(a.Sort[0])), cmp.Compare(b.ID, a.ID))
}

func (q Query) bleve() query.Query {
	must, mustNot := q.words()
	must = append(must, q.filters()...)
	if alternatives := q.alternatives(); len(alternatives) > 0 {
		must = append(must, query.NewDisjunctionQuery(alternatives))
	}
	if len(must) == 0 {
		must = append(must, query.NewMatchAllQuery())
	}
	if len(mustNot) == 0 {
		return query.NewConjunctionQuery(must)
	}
	return query.NewBooleanQuery(must, nil, mustNot)
}

func (q Query) filters() (must []query.Query) {
	var mailboxes []query.Query
	for _, m := range q.Mailboxes {
		mailboxes = append(mailboxes, term(fieldMailbox, strconv.FormatUint(uint64(m), 10), 1))
	}
	if len(mailboxes) > 0 {
		must = append(must, query.NewDisjunctionQuery(mailboxes))
	}
	if q.HasAttachment {
		must = append(must, term(fieldWithAttachment, yes, 1))
	}
	if !q.After.IsZero() || !q.Before.IsZero() {
		must = append(must, q.dates())
	}
	return append(append(must, person(fieldFrom, q.From)...), person(fieldTo, q.To)...)
}

func (q Query) dates() query.Query {
	var from, to *float64
	if !q.After.IsZero() {
		v := float64(q.After.Unix())
		from = &v
	}
	if !q.Before.IsZero() {
		v := float64(q.Before.Unix())
		to = &v
	}
	r := query.NewNumericRangeQuery(from, to)
	r.SetField(fieldDate)
	return r
}

// person: an address whole, else all words.
func person(field, value string) (must []query.Query) {
	if id := match.Guess(value); id.Kind == match.Email {
		var any []query.Query
		for _, t := range id.Terms() {
			any = append(any, term(field, t, 1))
		}
		return []query.Query{query.NewDisjunctionQuery(any)}
	}
	eachWord(fold(value), func(w string) {
		must = append(must, query.NewDisjunctionQuery([]query.Query{term(field, w, 1), prefix(field, w)}))
	})
	return must
}

func fold(s string) string { return string(match.Fold(nil, []byte(s))) }

// words reads the search box.
func (q Query) words() (must, mustNot []query.Query) {
	pieces := split(q.Words)
	for _, p := range pieces {
		one := q.piece(p)
		if one == nil {
			continue
		}
		if p.not {
			mustNot = append(mustNot, one)
		} else {
			must = append(must, one)
		}
	}
	if whole := wholeIdentifier(q.Words, pieces); len(whole) > 0 && !q.InAttachments && len(must) > 0 {
		must = []query.Query{query.NewDisjunctionQuery(append(whole, query.NewConjunctionQuery(must)))}
	}
	return must, mustNot
}

// wholeIdentifier: a phone typed as "777 123 456" is found however it is written.
func wholeIdentifier(text string, pieces []piece) (any []query.Query) {
	id := match.Guess(text)
	if id.Kind == match.Name || id.Kind == match.Text || len(pieces) == 0 || pieces[0].not {
		return nil
	}
	for _, t := range id.Terms() {
		any = append(any, term(fieldIdentifiers, t, 3))
	}
	return any
}

// A piece of the search box.
type piece struct {
	text                string
	phrase, prefix, not bool
}

func split(text string) (pieces []piece) {
	text = strings.NewReplacer("„", `"`, "“", `"`, "”", `"`, "«", `"`, "»", `"`).Replace(text)
	for text = strings.TrimLeftFunc(text, unicode.IsSpace); text != ""; text = strings.TrimLeftFunc(text, unicode.IsSpace) {
		var p piece
		if rest, ok := strings.CutPrefix(text, "-"); ok {
			p.not, text = true, rest
		}
		if rest, ok := strings.CutPrefix(text, `"`); ok {
			p.phrase = true
			p.text, text, _ = strings.Cut(rest, `"`)
		} else {
			end := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '"' })
			if end < 0 {
				end = len(text)
			}
			p.text, text = text[:end], text[end:]
			p.text, p.prefix = strings.CutSuffix(p.text, "*")
		}
		pieces = append(pieces, p)
	}
	return pieces
}

// piece builds the query of one piece; nil when it holds no word.
func (q Query) piece(p piece) query.Query {
	var all []string
	eachWord(fold(p.text), func(w string) { all = append(all, w) })
	if len(all) == 0 {
		return nil
	}
	var any []query.Query
	switch {
	case len(all) > 1:
		any = q.phrase(all, p.prefix)
	case p.prefix:
		for _, f := range q.wordFields() {
			any = append(any, prefix(f, all[0]))
		}
	case p.phrase:
		any = q.exact(all[0])
	default:
		any = append(q.exact(all[0]), q.stemmed(all[0])...)
	}
	if id := match.Guess(p.text); !p.phrase && !p.prefix && !q.InAttachments && id.Kind != match.Name && id.Kind != match.Text {
		for _, t := range id.Terms() {
			any = append(any, term(fieldIdentifiers, t, 3))
		}
	} else if strings.HasPrefix(p.text, "@") {
		any = append(any, term(fieldIdentifiers, fold(p.text[1:]), 1))
	}
	return query.NewDisjunctionQuery(any)
}

func (q Query) wordFields() []string {
	if q.InAttachments {
		return []string{fieldAttached}
	}
	return []string{fieldWords, fieldAttached, fieldFrom, fieldTo}
}

func (q Query) exact(word string) (any []query.Query) {
	for _, f := range q.wordFields() {
		any = append(any, term(f, word, 2))
	}
	return any
}

func (q Query) stemmed(word string) (any []query.Query) {
	fields := []string{fieldStems, fieldAttachedStems}
	if q.InAttachments {
		fields = fields[1:]
	}
	for _, stem := range stems(word) {
		for _, f := range fields {
			any = append(any, term(f, stem, 1))
		}
	}
	return any
}

// phrase: the words in a row; people's names have no order in the index.
func (q Query) phrase(words []string, open bool) (any []query.Query) {
	last := len(words) - 1
	for _, f := range q.wordFields() {
		if open && (f == fieldWords || f == fieldAttached) {
			any = append(any, query.NewConjunctionQuery([]query.Query{query.NewPhraseQuery(words[:last], f), prefix(f, words[last])}))
			continue
		}
		if f == fieldWords || f == fieldAttached {
			any = append(any, query.NewPhraseQuery(words, f))
			continue
		}
		var every []query.Query
		for _, w := range words {
			every = append(every, term(f, w, 1))
		}
		any = append(any, query.NewConjunctionQuery(every))
	}
	return any
}

// alternatives: a message fits when it has one of Terms or Identifiers.
func (q Query) alternatives() (any []query.Query) {
	for _, t := range q.Terms {
		any = append(any, term(fieldIdentifiers, t, 2))
		any = append(any, Query{}.exact(t)...)
		if strings.Contains(t, " ") {
			any = append(any, Query{}.phrase(strings.Fields(t), false)...)
		}
	}
	for _, id := range q.Identifiers {
		if words := id.Words(); words != nil {
			any = append(any, everyWord(words))
			continue
		}
		for _, t := range id.Terms() {
			any = append(any, term(fieldIdentifiers, t, 2))
		}
	}
	return any
}

// everyWord: one spelling of each word, anywhere in the message.
func everyWord(words [][]string) query.Query {
	var every []query.Query
	for _, spellings := range words {
		var any []query.Query
		for _, w := range spellings {
			any = append(any, Query{}.exact(w)...)
			any = append(any, term(fieldIdentifiers, w, 1))
		}
		every = append(every, query.NewDisjunctionQuery(any))
	}
	return query.NewConjunctionQuery(every)
}

func term(field, text string, boost float64) query.Query {
	t := query.NewTermQuery(text)
	t.SetField(field)
	if boost != 1 {
		t.SetBoost(boost)
	}
	return t
}

func prefix(field, text string) query.Query {
	p := query.NewPrefixQuery(text)
	p.SetField(field)
	return p
}
