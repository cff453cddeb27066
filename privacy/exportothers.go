package privacy

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"postolka/account"
	"postolka/audit"
	"postolka/mail"
	"postolka/match"
	"postolka/store"
)

// Other is another person's datum that an export would hand out (Art. 15(4)):
// proposed for redaction, decided on by who makes the package.
type Other struct {
	match.Identifier
	Places int // messages and records that hold it
}

// Others proposes what to redact in the package of a saved person: data of other
// people in messages that only mention him and in records. What he sent or
// received stays, and with it what he knows from there. Reading is logged.
func (p *Privacy) Others(ctx context.Context, by account.Agent, id store.JobID) ([]Other, error) {
	person, err := p.Person(ctx, by, id)
	if err != nil {
		return nil, err
	}
	return p.others(ctx, person.Selectors, person.Finding)
}

// OthersOf is Others for selectors alone.
func (p *Privacy) OthersOf(ctx context.Context, by account.Agent, sel []match.Identifier) ([]Other, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return nil, err
	}
	found, err := p.find(ctx, sel, FindOptions{})
	if err != nil {
		return nil, err
	}
	if err := p.record(ctx, by, audit.Find, sel, "export", messagesOf(found.Hits)); err != nil {
		return nil, err
	}
	return p.others(ctx, sel, found)
}

// strangers collects other people's data out of what a package would hold.
type strangers struct {
	own    *match.Matcher            // the person
	values string                    // what he is looked for by
	house  string                    // addresses of our mailboxes: nobody's secret
	texts  []string                  // of what is redacted, one per message or record
	known  []string                  // of what he sent or received
	called map[match.Identifier]bool // what the person is called beside his own address
	found  map[match.Identifier]bool
}

func (p *Privacy) others(ctx context.Context, sel []match.Identifier, f Finding) ([]Other, error) {
	own, err := match.NewMatcher(sel)
	if err != nil {
		return nil, err
	}
	s := &strangers{own: own, called: map[match.Identifier]bool{}, found: map[match.Identifier]bool{}}
	for _, id := range sel {
		s.values += id.Value + "\n"
	}
	if err := p.readStrangers(ctx, s, f); err != nil {
		return nil, err
	}
	if err := p.agentsAmong(s); err != nil {
		return nil, err
	}
	for _, text := range s.texts {
		s.add(spotAll(text)...)
	}
	s.surnames()
	return s.proposal()
}

func (p *Privacy) readStrangers(ctx context.Context, s *strangers, f Finding) error {
	roles := strongestRoles(f.Hits)
	for _, id := range messagesOf(f.Hits) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if foreign, err := p.foreign(id, roles[id]); err != nil {
			return err
		} else if foreign {
			continue
		}
		raw, err := p.Store.RawBytes(id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		s.message(raw, roles[id])
	}
	return p.eachRecord(f, func(r exportedRecord) {
		text := ""
		for _, field := range r.Fields {
			text += field.Value + apart
		}
		s.texts = append(s.texts, text)
		s.card(r)
	})
}

func (s *strangers) message(raw []byte, role string) {
	parsed := mail.Parse(raw)
	var text strings.Builder
	for _, part := range mail.Extract(parsed, raw).Parts {
		if part.Kind == mail.Header && silent(part.Name) || hidesCopies(role, part.Kind, part.Name) {
			continue
		}
		text.WriteString(part.Text + apart)
	}
	people := slices.Concat(parsed.From, parsed.Sender, parsed.ReplyTo, parsed.To, parsed.Cc, parsed.Bcc)
	for _, a := range people {
		s.ownName(a)
	}
	if role != Mentioned {
		s.known = append(s.known, text.String())
		return
	}
	s.texts = append(s.texts, text.String())
	for _, a := range people {
		s.named(a.Name, a.Addr)
	}
}

// ownName keeps what stands beside the person's own address, and its surname.
func (s *strangers) ownName(a mail.Address) {
	if len(s.own.Find([]byte(a.Addr))) == 0 || match.Guess(a.Name).Kind != match.Name {
		return
	}
	words := strings.Fields(a.Name)
	for _, name := range []string{a.Name, words[len(words)-1]} {
		if id := asKind(match.Name, name); id.Kind == match.Name && id.Value != "" {
			s.called[id] = true
		}
	}
}

// isCalled says of each identifier whether all of it is a name of the person, in
// any case: a namesake's first name makes it another's.
func (s *strangers) isCalled(ids []match.Identifier) ([]bool, error) {
	matcher, err := match.NewMatcher(slices.Collect(maps.Keys(s.called)))
	if err != nil {
		return nil, err
	}
	own := make([]bool, len(ids))
	for i, id := range ids {
		own[i] = slices.ContainsFunc(matcher.Find([]byte(id.Value)), func(h match.Hit) bool { return h.From == 0 && h.To == len(id.Value) })
	}
	return own, nil
}

// apart keeps digits of one field from being read on into the next.
const apart = "\n\n\n\n"

// silent fields hold ids of messages, which look like addresses.
func silent(field string) bool {
	switch strings.ToLower(field) {
	case "message-id", "in-reply-to", "references", "content-id", "dkim-signature", "arc-message-signature", "arc-seal", "content-type":
		return true
	}
	return false
}

// hidesCopies: what someone received does not say who else got a blind copy.
func hidesCopies(role string, kind mail.Kind, field string) bool {
	return role == Recipient && kind == mail.Header && strings.EqualFold(field, "Bcc")
}

// card: of another person's customer card every name and address is his.
func (s *strangers) card(r exportedRecord) {
	if r.Table != "customers" || r.own(s.own) {
		return
	}
	for _, f := range r.Fields {
		if f.Name == "notes" {
			continue
		}
		s.add(asKind(match.Guess(f.Value).Kind, f.Value))
	}
}

// named adds a name that stands beside an address, unless the address is the
// person's own.
func (s *strangers) named(name, addr string) {
	if len(s.own.Find([]byte(name+" <"+addr+">"))) > 0 || utf8.RuneCountInString(name) < 3 || strings.Contains(s.house, strings.ToLower(addr)) {
		return
	}
	if match.Guess(name).Kind == match.Name {
		s.add(asKind(match.Name, name))
		return
	}
	s.add(asKind(match.Text, name))
}

// agentsAmong adds colleagues: their names stand in notes. Our own mailboxes'
// addresses are no one's.
func (p *Privacy) agentsAmong(s *strangers) error {
	return p.Store.View(func(tx *store.Tx) error {
		for _, a := range store.Agents.All(tx) {
			s.add(asKind(match.Name, a.Name), asKind(match.Email, a.Email))
		}
		for _, m := range store.Mailboxes.All(tx) {
			s.house += strings.ToLower(m.Address+"\n"+m.Name) + "\n"
		}
		return nil
	})
}

func (s *strangers) add(ids ...match.Identifier) {
	for _, id := range ids {
		if id.Value != "" && !strings.Contains(s.house, strings.ToLower(id.Value)) {
			s.found[id] = true
		}
	}
}

// surnames adds the last word of each name where it stands alone.
func (s *strangers) surnames() {
	for id := range maps.Clone(s.found) {
		words := strings.Fields(id.Value)
		if id.Kind != match.Name && id.Kind != match.Text || len(words) < 2 || len(words) > 3 {
			continue
		}
		last := strings.Trim(words[len(words)-1], ".,;")
		if r, _ := utf8.DecodeRuneInString(last); unicode.IsUpper(r) && utf8.RuneCountInString(last) > 3 && onlyLetters(last) {
			s.add(asKind(match.Name, last))
		}
	}
}

func onlyLetters(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' })
}

// proposal keeps what stands in the texts and is neither the person's own nor
// known to him, the most frequent first.
func (s *strangers) proposal() ([]Other, error) {
	ids := slices.SortedFunc(maps.Keys(s.found), func(a, b match.Identifier) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	matcher, err := match.NewMatcher(ids)
	if err != nil {
		return nil, err
	}
	called, err := s.isCalled(ids)
	if err != nil {
		return nil, err
	}
	kept := map[int]bool{}
	for _, text := range append(s.known, s.values) {
		for _, h := range matcher.Find([]byte(text)) {
			kept[h.Identifier] = true
		}
	}
	places := make([]int, len(ids))
	for _, text := range s.texts {
		in := map[int]bool{}
		for _, h := range matcher.Find([]byte(text)) {
			in[h.Identifier] = true
		}
		for i := range in {
			places[i]++
		}
	}
	list := []Other{}
	for i, id := range ids {
		if twin := (match.Identifier{Kind: match.Name, Value: id.Value}); id.Kind == match.Text && s.found[twin] {
			continue // the name finds what the text finds
		}
		if places[i] > 0 && !kept[i] && !called[i] && len(s.own.Find([]byte(id.Value))) == 0 {
			list = append(list, Other{id, places[i]})
		}
	}
	slices.SortStableFunc(list, func(a, b Other) int { return cmp.Compare(b.Places, a.Places) })
	return list, nil
}
