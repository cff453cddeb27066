package desk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"postolka/store"
)

// Recompute brings a conversation's and customer's derived fields level with
// their messages inside a transaction (after an erasure, a merge, a restore).
func (d *Desk) Recompute(tx *store.Tx, ids ...store.ConversationID) error {
	cards := map[store.CustomerID]bool{}
	for _, id := range ids {
		before, err := store.Conversations.Get(tx, id)
		if err != nil {
			return fmt.Errorf("level conversation %d: %w", id, err)
		}
		if err := level(tx, id, nil); err != nil {
			return err
		}
		after, err := store.Conversations.Get(tx, id)
		if err != nil {
			return err
		}
		cards[before.Customer], cards[after.Customer] = true, true
	}
	delete(cards, 0)
	for id := range cards {
		if err := rename(tx, id); err != nil {
			return err
		}
	}
	return nil
}

// rename computes a card's name anew from the mail there is; a name that a
// person set stays.
func rename(tx *store.Tx, id store.CustomerID) error {
	card, err := store.Customers.Get(tx, id)
	if errors.Is(err, store.ErrNotFound) || card.NameSet {
		return nil
	}
	if err != nil {
		return err
	}
	was := card.Name
	card.Name = ""
	for cid := range store.ConversationsByCustomer.PrefixReverse(tx, store.Key(id)) {
		msgs, err := messagesOf(tx, cid)
		if err != nil {
			return err
		}
		if s := summarise(msgs, time.Time{}); s.person.Name != "" && slices.Contains(card.Addresses, strings.ToLower(s.person.Addr)) {
			card.Name = s.person.Name
			break
		}
	}
	if card.Name == was {
		return nil
	}
	return store.Customers.Put(tx, id, card)
}

// summary is what a conversation's messages say together.
type summary struct {
	subject, preview string
	first, last      time.Time
	waiting          time.Time // of the oldest unanswered message from outside
	lastOurs         bool      // we wrote last
	count            int
	files            bool
	ours             []*store.Message
	undelivered      bool // what we wrote last did not reach somebody
	written          bool // something was written on the desk
	speaks           bool // some message can be shown
	person           store.Address
	personRank       int
	personSeen       time.Time
}

// level computes the derived fields of a conversation anew. decide, when given,
// sees the summary and may change the status before it is stored.
func level(tx *store.Tx, id store.ConversationID, decide func(c *store.Conversation, s summary)) error {
	c, err := store.Conversations.Get(tx, id)
	if err != nil {
		return fmt.Errorf("level conversation %d: %w", id, err)
	}
	if c.MergedInto != 0 {
		return nil
	}
	msgs, err := messagesOf(tx, id)
	if err != nil {
		return err
	}
	before := c
	s := summarise(msgs, c.Settled)
	if decide != nil {
		settled := c.Settled
		if decide(&c, s); !c.Settled.Equal(settled) {
			s = summarise(msgs, c.Settled)
		}
	}
	s.fill(&c)
	_, c.HasDraft = store.DraftsByConversation.First(tx, store.Key(id))
	if err := levelCustomer(tx, &c, s); err != nil {
		return err
	}
	if err := store.Conversations.Put(tx, id, c); err != nil {
		return err
	}
	return countCustomer(tx, before, c)
}

// told is a message that counts in its conversation; a restricted one as if it
// were erased.
type told struct {
	store.Message
	restricted bool
}

func (m *told) silent() bool { return m.restricted || !m.Erased.IsZero() }

// messagesOf lists a conversation oldest first.
func messagesOf(tx *store.Tx, id store.ConversationID) (list []told, err error) {
	for mid := range store.MessagesByConversation.Prefix(tx, store.Key(id)) {
		m, restricted, err := shown(tx, mid)
		if err != nil {
			return nil, fmt.Errorf("message %d of conversation %d: %w", mid, id, err)
		}
		list = append(list, told{m, restricted})
	}
	return list, nil
}

func summarise(msgs []told, settled time.Time) (s summary) {
	for i := range msgs {
		s.add(&msgs[i], settled)
	}
	return s
}

func (s *summary) add(m *told, settled time.Time) {
	s.count++
	s.speaks = s.speaks || !m.silent()
	if s.first.IsZero() {
		s.first = m.ReceivedAt
	}
	s.written = s.written || m.Origin == store.FromDesk
	if m.Kind == store.Note {
		if s.last.IsZero() {
			s.last, s.preview = m.ReceivedAt, m.Preview
		}
		return
	}
	s.last = m.ReceivedAt
	if s.lastOurs = m.Kind == store.Outgoing; s.lastOurs && !m.Automatic {
		s.ours, s.undelivered = append(s.ours, &m.Message), false
	}
	s.wait(m, settled)
	if m.silent() {
		return
	}
	if s.subject == "" {
		s.subject = m.Subject
	}
	s.preview = m.Preview
	s.files = s.files || hasFiles(&m.Message)
	s.undelivered = s.undelivered || reported(&m.Message, s.ours) != nil && lost(&m.Message)
	s.meet(&m.Message)
}

// lost: the report says that a server gave up.
func lost(report *store.Message) bool {
	return slices.ContainsFunc(report.Failures, func(f store.Failure) bool { return !f.Delayed })
}

// wait keeps since when someone waits: automatic mail doesn't, and our own
// answer ends it.
func (s *summary) wait(m *told, settled time.Time) {
	switch {
	case m.Kind == store.Outgoing && !m.Automatic:
		s.waiting = time.Time{}
	case m.Kind == store.Outgoing, m.Automatic, m.Agent != 0, m.silent(), !m.ReceivedAt.After(settled):
	case s.waiting.IsZero():
		s.waiting = m.ReceivedAt
	}
}

// meet finds the customer: who wrote first by hand, else who wrote first, else
// to whom we wrote first.
func (s *summary) meet(m *store.Message) {
	a, rank := correspondent(m)
	if a.Addr == "" {
		return
	}
	same := strings.EqualFold(a.Addr, s.person.Addr)
	switch {
	case rank > s.personRank:
		s.person, s.personRank, s.personSeen = a, rank, m.ReceivedAt
	case same && a.Name != "":
		s.person.Name, s.personSeen = a.Name, m.ReceivedAt
	}
}

func correspondent(m *store.Message) (a store.Address, rank int) {
	switch {
	case m.Kind == store.Outgoing && len(m.To) > 0:
		return m.To[0], 2
	case m.Kind == store.Outgoing:
		return a, 0
	case m.Agent != 0, len(m.Failures) > 0:
		return m.From, 1
	case len(m.ReplyTo) > 0 && (m.Kind == store.Form || m.Automatic && !containsAddr(m.To, m.ReplyTo[0].Addr) && fromNobody(m)):
		return m.ReplyTo[0], 4
	case m.Automatic:
		return m.From, 3
	}
	return m.From, 4
}

// fromNobody: an address that reads no answers; forms put the person into Reply-To.
func fromNobody(m *store.Message) bool {
	local, _, _ := strings.Cut(senderOf(m), "@")
	return local == "" || strings.HasPrefix(strings.NewReplacer("-", "", "_", "", ".", "").Replace(local), "noreply")
}

// hasFiles: what a report sends back are no files of anybody's.
func hasFiles(m *store.Message) bool {
	return len(m.Failures) == 0 && slices.ContainsFunc(m.Files, func(f store.File) bool { return f.ContentID == "" })
}

func (s summary) fill(c *store.Conversation) {
	c.Subject, c.Preview, c.Messages, c.HasFiles, c.Undelivered = s.subject, s.preview, s.count, s.files, s.undelivered
	if s.count > 0 {
		c.LastMessageAt, c.CreatedAt = s.last, s.first
	}
	c.Restricted = s.count > 0 && !s.speaks
	c.WaitingSince = s.waiting
	if c.Status != store.StatusOpen && c.Status != store.StatusSnoozed {
		c.WaitingSince = time.Time{}
	}
	c.Who = s.person.Name
	if c.Who == "" {
		c.Who = s.person.Addr
	}
}

// levelCustomer finds or makes the customer's card in the conversation's mailbox.
func levelCustomer(tx *store.Tx, c *store.Conversation, s summary) error {
	c.Customer = 0
	addr := strings.ToLower(s.person.Addr)
	if addr == "" {
		return nil
	}
	id, ok := store.CustomersByAddress.First(tx, store.Key(c.Mailbox, addr))
	if !ok {
		id, err := store.Customers.Insert(tx, store.Customer{Mailbox: c.Mailbox, Name: s.person.Name, Addresses: []string{addr}, FirstSeen: s.first, LastSeen: s.last})
		c.Customer = id
		return err
	}
	card, err := store.Customers.Get(tx, id)
	if err != nil {
		return err
	}
	c.Customer = id
	if card.NameSet {
		c.Who = card.Name
	} else if s.person.Name != "" && (card.Name == "" || !s.personSeen.Before(card.LastSeen)) {
		card.Name = s.person.Name
		return store.Customers.Put(tx, id, card)
	}
	return nil
}

// countCustomer brings the cards' counts level: by the difference as long as
// there is more, from the beginning when something went away.
func countCustomer(tx *store.Tx, before, after store.Conversation) error {
	if before.Customer != 0 && (before.Customer != after.Customer || after.Messages < before.Messages) {
		if err := recount(tx, before.Customer); err != nil {
			return err
		}
	}
	if after.Customer == 0 {
		return nil
	}
	card, err := store.Customers.Get(tx, after.Customer)
	if err != nil {
		return err
	}
	more := after.Messages
	if before.Customer == after.Customer {
		more -= before.Messages
	}
	was := card
	if more > 0 {
		card.Messages += more
	}
	if card.FirstSeen.IsZero() || after.CreatedAt.Before(card.FirstSeen) {
		card.FirstSeen = after.CreatedAt
	}
	if after.LastMessageAt.After(card.LastSeen) {
		card.LastSeen = after.LastMessageAt
	}
	if card.Messages == was.Messages && card.FirstSeen.Equal(was.FirstSeen) && card.LastSeen.Equal(was.LastSeen) {
		return nil
	}
	return store.Customers.Put(tx, after.Customer, card)
}

// recount computes a card from its conversations. A card that no conversation
// needs any more, and on which nobody wrote anything, goes.
func recount(tx *store.Tx, id store.CustomerID) error {
	card, err := store.Customers.Get(tx, id)
	if err != nil {
		return err
	}
	card.Messages, card.FirstSeen, card.LastSeen = 0, time.Time{}, time.Time{}
	for cid := range store.ConversationsByCustomer.Prefix(tx, store.Key(id)) {
		c, err := store.Conversations.Get(tx, cid)
		if err != nil {
			return err
		}
		card.Messages += c.Messages
		if card.FirstSeen.IsZero() || c.CreatedAt.Before(card.FirstSeen) {
			card.FirstSeen = c.CreatedAt
		}
		if c.LastMessageAt.After(card.LastSeen) {
			card.LastSeen = c.LastMessageAt
		}
	}
	if card.Messages == 0 && !card.NameSet && card.Notes == "" {
		return store.Customers.Delete(tx, id)
	}
	return store.Customers.Put(tx, id, card)
}
