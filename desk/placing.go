package desk

import (
	"time"

	"postolka/store"
)

// placing is the record step of one batch, inside its transaction.
type placing struct {
	d       *Desk
	tx      *store.Tx
	env     *surroundings
	touched map[store.ConversationID]*touch
	order   []store.ConversationID
	homes   map[store.MessageID]store.ConversationID
}

// touch says what a batch did to a conversation.
type touch struct {
	quiet bool      // old mail came
	wakes bool      // someone wrote who waits for an answer
	at    time.Time // when, the latest
	sent  bool      // an answer was found in Sent
}

func newPlacing(d *Desk, tx *store.Tx, env *surroundings) *placing {
	return &placing{d: d, tx: tx, env: env, touched: map[store.ConversationID]*touch{}, homes: map[store.MessageID]store.ConversationID{}}
}

// take decides what a letter is and stores it.
func (p *placing) take(l *letter) (Outcome, error) {
	if id, ok := store.MessagesByStrict.First(p.tx, strictKey(l)); ok {
		return p.again(id, l)
	}
	if id, ok := p.ownCopy(l); ok {
		return p.again(id, l)
	}
	if p.d.tombstoned(p.tx, l) || l.id == 0 {
		// l.id is 0 without a tombstone only if the message it doubled was taken
		// back in this moment.
		return Outcome{Result: ErasedBefore}, nil
	}
	var err error
	if l.record.Warnings, err = p.warnings(l); err != nil {
		return Outcome{}, err
	}
	if l.record.Proposed, err = p.suspect(l); err != nil {
		return Outcome{}, err
	}
	c, err := p.place(l.id, l.record, p.begin(l))
	if err != nil {
		return Outcome{}, err
	}
	l.kept = true
	p.touch(c, l)
	p.homes[l.id] = c
	if err := p.propose(c, l); err != nil {
		return Outcome{}, err
	}
	out := Outcome{Message: l.id, Conversation: c, Reason: l.record.Quarantine}
	if out.Reason != "" {
		out.Result = Quarantined
	}
	return out, p.source(l.id, l)
}

// ownCopy finds the message of ours that a server keeps in Sent with other bytes
// (many add or change headers).
func (p *placing) ownCopy(l *letter) (store.MessageID, bool) {
	if !l.in.Sent || !l.fresh {
		return 0, false
	}
	_, id, ok := p.d.token.read(l.record.MessageIDHeader)
	if !ok {
		return 0, false
	}
	m, err := store.Messages.Get(p.tx, id)
	return id, err == nil && m.Mailbox == l.in.Mailbox && m.Kind == store.Outgoing
}

// again notes that a message was seen once more, in another place perhaps.
func (p *placing) again(id store.MessageID, l *letter) (Outcome, error) {
	m, err := store.Messages.Get(p.tx, id)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Result: Duplicate, Message: id, Conversation: m.Conversation}
	if err := p.source(id, l); err != nil {
		return out, err
	}
	if l.in.Sent && m.Kind == store.Incoming { // first seen in "All Mail"
		m.Kind, m.Unproven, m.Agent, m.Auth, m.Warnings = store.Outgoing, false, 0, store.Auth{}, 0
		if out.Conversation, err = p.replace(id, m); err != nil {
			return out, err
		}
	}
	p.homes[id] = out.Conversation
	return out, p.returned(id, out.Conversation)
}

// replace stores a message whose facts changed and joins what it may join now.
func (p *placing) replace(id store.MessageID, m store.Message) (store.ConversationID, error) {
	j, err := p.d.findJoins(p.tx, id, &m)
	if err != nil {
		return 0, err
	}
	j.into = append([]store.ConversationID{m.Conversation}, j.into...)
	if err := store.Messages.Put(p.tx, id, m); err != nil {
		return 0, err
	}
	into, _, err := p.home(j, m, store.StatusOpen)
	if err != nil {
		return 0, err
	}
	p.at(into).quiet = true
	return into, p.claim(into, j.claims)
}

// source notes where on the server the message lies, once a place.
func (p *placing) source(id store.MessageID, l *letter) error {
	if l.in.Source == nil {
		return nil
	}
	s := *l.in.Source
	s.Message, s.Mailbox = id, l.in.Mailbox
	for sid := range store.SourcesByPlace.Prefix(p.tx, store.Key(s.Folder, s.UIDValidity, s.UID)) {
		was, err := store.Sources.Get(p.tx, sid)
		if err != nil || was.Message == id {
			return err
		}
	}
	_, err := store.Sources.Insert(p.tx, s)
	return err
}

// begin is the status of a conversation that begins with this message.
func (p *placing) begin(l *letter) store.Status {
	switch {
	case l.role == "junk":
		return store.StatusSpam
	case l.role == "trash":
		return store.StatusBin
	case l.record.Kind == store.Outgoing:
		return store.StatusWaiting
	}
	return store.StatusOpen
}

func (p *placing) at(c store.ConversationID) *touch {
	t := p.touched[c]
	if t == nil {
		t = &touch{}
		p.touched[c] = t
		p.order = append(p.order, c)
	}
	return t
}

func (p *placing) touch(c store.ConversationID, l *letter) {
	t, m := p.at(c), &l.record
	switch {
	case l.in.Quiet:
		t.quiet = true
	case m.Kind == store.Outgoing:
		t.sent = true
	case (!m.Automatic || len(m.Failures) > 0) && m.Agent == 0:
		t.wakes = true
		if m.ReceivedAt.After(t.at) {
			t.at = m.ReceivedAt
		}
	}
}

// forget moves what the batch did to a united conversation.
func (p *placing) forget(from, into store.ConversationID) {
	was, ok := p.touched[from]
	t := p.at(into)
	t.quiet = true // old conversations too get their status by the whole, if nobody decided it
	if !ok {
		return
	}
	t.wakes, t.sent = t.wakes || was.wakes, t.sent || was.sent
	if was.at.After(t.at) {
		t.at = was.at
	}
	delete(p.touched, from)
}

// finish levels every conversation the batch touched, once.
func (p *placing) finish() error {
	for _, id := range p.order {
		if t := p.touched[id]; t != nil {
			err := level(p.tx, id, func(c *store.Conversation, s summary) { p.decide(c, s, t) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// where a message of this batch lies in the end, unions included.
func (p *placing) where(id store.MessageID) store.ConversationID {
	c := p.homes[id]
	_ = p.d.store.View(func(tx *store.Tx) error {
		if now, _, err := resolve(tx, c); err == nil {
			c = now
		}
		return nil
	})
	return c
}

// decide is what mail does to a conversation's status. New mail from outside
// reopens what is solved, waits or sleeps, but never spam or bin; automatic mail
// doesn't, except a report that an answer of ours did not arrive. An answer found
// in Sent makes an open conversation wait. From the bin comes back what only went
// there because it was deleted at the server.
func (p *placing) decide(c *store.Conversation, s summary, t *touch) {
	unfollow(c)
	if t.quiet && untouched(c, s) {
		c.Status = firstStatus(p.env.now, s)
	}
	switch {
	case t.wakes && (c.Status == store.StatusSolved || c.Status == store.StatusWaiting):
		c.Settled = latest(c.Settled, c.LastMessageAt)
		if !t.at.After(c.Settled) { // it lay on the server while someone solved
			c.Settled = t.at.Add(-1)
		}
		c.Status = store.StatusOpen
	case t.wakes && c.Status == store.StatusSnoozed:
		c.Status, c.SnoozedUntil = store.StatusOpen, time.Time{}
	}
	if t.sent && c.Status == store.StatusOpen && s.lastOurs {
		c.Status = store.StatusWaiting
	}
}

// untouched: nobody at the desk has done anything to it yet.
func untouched(c *store.Conversation, s summary) bool {
	switch c.Status {
	case store.StatusOpen, store.StatusWaiting, store.StatusSolved:
		return c.Assignee == 0 && len(c.Tags) == 0 && c.Settled.IsZero() && !s.written
	}
	return false
}

const (
	// answeredKeepsOpen: a conversation whose customer has his answer is over
	// after two weeks; one where nobody answered stays in sight for two months,
	// after that nobody expects an answer any more.
	answeredKeepsOpen   = 14 * 24 * time.Hour
	unansweredKeepsOpen = 60 * 24 * time.Hour
)

// firstStatus is the status of conversations that came with old mail (import,
// first sync), so that a new desk shows what is still to do and not ten years of
// history. By the newest message: older than 60 days is solved; older than 14
// days is solved when nobody waits (we wrote last, or only programs wrote); what
// is younger waits for the customer when we wrote last, else it is open.
func firstStatus(now time.Time, s summary) store.Status {
	switch age := now.Sub(s.last); {
	case age > unansweredKeepsOpen, age > answeredKeepsOpen && s.waiting.IsZero():
		return store.StatusSolved
	case s.lastOurs && s.waiting.IsZero():
		return store.StatusWaiting
	}
	return store.StatusOpen
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
