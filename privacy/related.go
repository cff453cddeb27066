package privacy

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"postolka/mail"
	"postolka/match"
	"postolka/store"
)

// Related is a datum that may be the person's too: proposed with its evidence, to
// widen the find by. Nothing widens by itself: families and companies share
// addresses, and namesakes are not one person (GDPR.md, "Finding a person").
type Related struct {
	match.Identifier
	Why      Relation
	Messages int             // that hold it, of those that were looked at
	Message  store.MessageID // the newest of them; 0: it stands on a customer card only
	// Excerpt of that message.
	Before, Matched, After string
}

// Relation says why a datum is proposed, the strongest first.
type Relation string

const (
	Written Relation = "written" // by the person, in a message of his own
	OnCard  Relation = "card"    // on the person's customer card
	Beside  Relation = "beside"  // author of a message that mentions the person
	Similar Relation = "similar" // written almost like a datum that was looked for: match.Resembling
)

var relations = []Relation{Written, OnCard, Beside, Similar}

const (
	relatedN = 8        // shown of each relation
	readN    = 200      // newest messages that are looked at
	ownBytes = 32 << 10 // of an author's own text
	likelyN  = 40       // similar spellings tried
)

// orderForm is a number behind a word for it; spotAll leaves such numbers to the
// shop, for they name no person by themselves.
var orderForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:objedn[aá]v\p{L}*|zak[aá]zk\p{L}*|rezerva\p{L}*|faktur\p{L}*|order|booking|reservation|invoice|bestell\p{L}*|auftrag\p{L}*|rechnung\p{L}*|zam[oó]wieni\p{L}*)(?:[ \x{a0}]*(?:[čc][ií]s\p{L}*|[čc]|nr|no|number|nummer|numer))?[.:#\s\x{a0}]{1,4}([A-Z]{0,4}[-/]?\d[\dA-Z/-]{3,20})`)
})

// relate proposes what to widen a find by.
func (p *Privacy) relate(ctx context.Context, sel []match.Identifier, f Finding) ([]Related, error) {
	r, err := p.newRelatives(sel)
	if err != nil {
		return nil, err
	}
	if err := p.readRelatives(ctx, r, f); err != nil {
		return nil, err
	}
	near, err := r.proposal()
	if err != nil {
		return nil, err
	}
	alike, err := p.similar(ctx, r, sel)
	if err != nil {
		return nil, err
	}
	return firstOf(append(near, alike...)), nil
}

// firstOf leaves the first few of each relation, and of two relations the stronger.
func firstOf(all []Related) (list []Related) {
	shown, told := map[Relation]int{}, map[match.Identifier]bool{}
	for _, r := range all {
		if told[r.Identifier] || shown[r.Why] == relatedN {
			continue
		}
		told[r.Identifier] = true
		shown[r.Why]++
		list = append(list, r)
	}
	return list
}

// relatives collects what stands near a person.
type relatives struct {
	own   *match.Matcher // the person
	house *match.Matcher // mailboxes and agents: nobody's relatives
	texts []relativeText
	found map[match.Identifier]bool
}

// relativeText is where proposals come from, and where their evidence is shown.
type relativeText struct {
	why     Relation
	message store.MessageID
	text    []byte
}

func (p *Privacy) newRelatives(sel []match.Identifier) (*relatives, error) {
	var house []match.Identifier
	err := p.Store.View(func(tx *store.Tx) error {
		for _, m := range store.Mailboxes.All(tx) {
			house = append(house, asKind(match.Email, m.Address), asKind(match.Name, m.Name))
		}
		for _, a := range store.Agents.All(tx) {
			house = append(house, asKind(match.Email, a.Email), asKind(match.Name, a.Name))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r := &relatives{found: map[match.Identifier]bool{}}
	if r.house, err = match.NewMatcher(once(house)); err != nil {
		return nil, err
	}
	r.own, err = match.NewMatcher(sel)
	return r, err
}

// readRelatives looks at the newest messages that the person wrote or whose text
// names him, and at his customer cards.
func (p *Privacy) readRelatives(ctx context.Context, r *relatives, f Finding) error {
	written, mentioning := sourcesOf(f.Hits)
	for i, id := range slices.Concat(written, mentioning) {
		why := Written
		if i >= len(written) {
			why = Beside
		}
		if err := errors.Join(ctx.Err(), p.readRelative(r, id, why)); err != nil {
			return err
		}
	}
	return p.readCards(r, f.Records)
}

// readCards reads the cards that are the person's: named or addressed as he is.
func (p *Privacy) readCards(r *relatives, hits []RecordHit) error {
	return p.Store.View(func(tx *store.Tx) error {
		for _, h := range hits {
			if h.Table != "customers" || h.Field == "notes" {
				continue
			}
			card, err := store.Customers.Get(tx, store.CustomerID(h.ID))
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			for _, value := range slices.Concat([]string{card.Name}, card.Addresses, card.Phones) {
				r.card(value)
			}
		}
		return nil
	})
}

// sourcesOf gives the newest messages of each kind.
func sourcesOf(hits []Hit) (written, mentioning []store.MessageID) {
	roles := strongestRoles(hits)
	inText := map[store.MessageID]bool{}
	for _, h := range hits {
		inText[h.Message] = inText[h.Message] || h.Place() == InText
	}
	for id, role := range roles {
		switch {
		case role == Author:
			written = append(written, id)
		case role == Mentioned && inText[id]:
			mentioning = append(mentioning, id)
		}
	}
	return newest(written), newest(mentioning)
}

func newest(ids []store.MessageID) []store.MessageID {
	slices.SortFunc(ids, func(a, b store.MessageID) int { return cmp.Compare(b, a) })
	return ids[:min(len(ids), readN)]
}

func (p *Privacy) readRelative(r *relatives, id store.MessageID, why Relation) error {
	var m store.Message
	err := p.Store.View(func(tx *store.Tx) (err error) {
		m, err = store.Messages.Get(tx, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) || err == nil && m.Kind != store.Incoming {
		return nil
	}
	if err != nil {
		return err
	}
	for _, a := range append([]store.Address{m.From}, m.ReplyTo...) {
		r.author(id, why, a)
	}
	if why != Written {
		return nil // what others write about is not the person's
	}
	text, err := p.Store.Text(id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return mail.EachPart(text, func(kind mail.Kind, _, name string, part []byte) bool {
		if kind == mail.Plain || kind == mail.HTML || kind == mail.Header && strings.EqualFold(name, "Subject") {
			r.text(id, mail.OwnWords(string(part[:min(len(part), ownBytes)])))
		}
		return true
	})
}

func (r *relatives) author(id store.MessageID, why Relation, a store.Address) {
	r.texts = append(r.texts, relativeText{why, id, []byte(a.Name + " <" + a.Addr + ">")})
	r.add(asKind(match.Email, a.Addr))
	if name := match.Guess(a.Name); name.Kind == match.Name && strings.Contains(name.Value, " ") {
		r.add(name)
	}
}

func (r *relatives) text(id store.MessageID, text string) {
	r.texts = append(r.texts, relativeText{Written, id, []byte(text)})
	for _, datum := range spotAll(text) {
		if datum.Kind != match.Text { // names in a text are of whom one writes to
			r.add(datum)
		}
	}
	for _, found := range orderForm().FindAllStringSubmatch(text, -1) {
		r.add(asKind(match.Order, strings.TrimRight(found[1], "-/")))
	}
}

func (r *relatives) card(value string) {
	r.texts = append(r.texts, relativeText{OnCard, 0, []byte(value)})
	if id := match.Guess(value); id.Kind != match.Text {
		r.add(id)
	}
}

// add leaves out what was looked for, and the shop's own.
func (r *relatives) add(id match.Identifier) {
	value := []byte(id.Value)
	if id.Value != "" && len(r.own.Find(value)) == 0 && len(r.house.Find(value)) == 0 {
		r.found[id] = true
	}
}

// proposal counts each datum in all its forms; of two spellings of one the first stays.
func (r *relatives) proposal() ([]Related, error) {
	ids := slices.SortedFunc(maps.Keys(r.found), func(a, b match.Identifier) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	matcher, err := match.NewMatcher(ids)
	if err != nil {
		return nil, err
	}
	first := firstSpellings(matcher, ids)
	list := make([]Related, len(ids))
	in := make([]map[store.MessageID]bool, len(ids))
	for _, t := range r.texts {
		for _, h := range matcher.Find(t.text) {
			i := first[h.Identifier]
			if in[i] == nil {
				in[i] = map[store.MessageID]bool{}
				list[i].Why = t.why
			}
			if slices.Index(relations, t.why) < slices.Index(relations, list[i].Why) {
				list[i].Why = t.why
			}
			if t.message != 0 {
				in[i][t.message] = true
			}
			if t.message > list[i].Message {
				list[i].Message = t.message
				list[i].Before, list[i].Matched, list[i].After = excerpt(t.text, h.From, h.To)
			}
		}
	}
	for i := range list {
		list[i].Identifier, list[i].Messages = ids[i], len(in[i])
	}
	list = slices.DeleteFunc(list, func(r Related) bool { return r.Why == "" })
	slices.SortStableFunc(list, func(a, b Related) int {
		return cmp.Or(cmp.Compare(slices.Index(relations, a.Why), slices.Index(relations, b.Why)), cmp.Compare(b.Messages, a.Messages))
	})
	return list, nil
}

// firstSpellings says of each identifier which other one finds it whole, if one does.
func firstSpellings(matcher *match.Matcher, ids []match.Identifier) []int {
	first := make([]int, len(ids))
	for i, id := range ids {
		first[i] = i
		for _, h := range matcher.Find([]byte(id.Value)) {
			if h.From == 0 && h.To == len(id.Value) && first[h.Identifier] < first[i] {
				first[i] = first[h.Identifier]
			}
		}
	}
	return first
}
