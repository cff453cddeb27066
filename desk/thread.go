package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/mail"
	"postolka/store"
)

// Thread is an open conversation.
type Thread struct {
	Row
	Messages             []Letter // oldest first
	Drafts               []Draft  // by's own
	Panel                Panel
	Proposed             []Row   // conversations that claim to belong here, or to which this one claims to belong
	Claims               []Claim // the messages that make the claims, for JoinProposed
	CanAnswer, CanManage bool
	Colleagues           []Colleague // who may be assigned
}

// Claim is a message in Conversation that says it belongs to another one.
type Claim struct {
	Message      store.MessageID
	Conversation store.ConversationID // where it is now
	Belongs      store.ConversationID // where it says it belongs
}

// Colleague is an agent as others see him.
type Colleague struct {
	ID   store.AgentID
	Name string
}

// Letter is one message as it is read.
type Letter struct {
	ID         store.MessageID
	Message    store.Message // of a restricted one only when and by which way it came
	Restricted bool          // by Art. 18 GDPR: nothing of it is shown here
	AgentName  string        // who wrote it, for our own
	Own        string        // plain text without quoted history
	Quoted     string        // quoted history and signature, folded
	HasHTML    bool
	Outbox     *store.OutboxEntry // on its way, when ours
	OutboxID   store.OutboxID
	// Undelivered: whom it did not reach, when ours.
	Undelivered []Undelivered
	ShownTo     []Shown // from the access log; by's own reads only without the role
}

// Shown says to whom a message was sent.
type Shown struct {
	Name string
	At   time.Time
}

// Draft with its id.
type Draft struct {
	ID store.DraftID
	store.Draft
}

// Panel is the customer beside the conversation.
type Panel struct {
	Customer store.Customer
	ID       store.CustomerID
	Earlier  []Row
}

const (
	panelRows  = 20 // earlier conversations shown beside one
	shownDepth = 50 // log entries looked at for "shown to"
)

// Thread opens a conversation, and logs every message in it as shown. Merged
// ones answer with where they went (Thread.ID).
func (d *Desk) Thread(ctx context.Context, by account.Agent, id store.ConversationID) (Thread, error) {
	var t Thread
	err := d.store.View(func(tx *store.Tx) (err error) {
		t, err = d.thread(tx, by, id)
		return err
	})
	if err != nil {
		return Thread{}, err
	}
	e := d.log.By(by, audit.Opened)
	e.Mailbox, e.Conversation = t.Conversation.Mailbox, t.ID
	for _, l := range t.Messages {
		e.Messages = append(e.Messages, l.ID)
	}
	if err := d.shownTo(by, &t); err != nil {
		return Thread{}, err
	}
	if err := d.log.Record(ctx, e); err != nil {
		return Thread{}, err
	}
	for i := range t.Messages {
		if err := d.readLetter(&t.Messages[i]); err != nil {
			return Thread{}, err
		}
	}
	return t, nil
}

// thread is what the records say; texts are read when the log has the entry.
func (d *Desk) thread(tx *store.Tx, by account.Agent, id store.ConversationID) (t Thread, err error) {
	id, c, err := conversation(tx, by, account.Read, id)
	if err != nil {
		return t, err
	}
	n := newNames(tx)
	t.Row = d.row(n, by, id, c)
	t.CanAnswer, t.CanManage = account.May(by, account.Answer, c), account.May(by, account.Manage, c)
	for mid := range store.MessagesByConversation.Prefix(tx, store.Key(id)) {
		l := Letter{ID: mid}
		if l.Message, l.Restricted, err = shown(tx, mid); err != nil {
			return t, err
		}
		l.AgentName = n.agent(l.Message.Agent)
		if err := l.findOutbox(tx); err != nil {
			return t, err
		}
		t.Messages = append(t.Messages, l)
	}
	t.tellUndelivered()
	for _, step := range []func(*store.Tx, account.Agent, *names, *Thread) error{d.ownDrafts, d.fillPanel, d.findClaims, colleagues} {
		if err := step(tx, by, n, &t); err != nil {
			return t, fmt.Errorf("open conversation %d: %w", id, err)
		}
	}
	return t, nil
}

func (l *Letter) findOutbox(tx *store.Tx) error {
	if l.Message.Kind != store.Outgoing {
		return nil
	}
	id, ok := store.OutboxByMessage.First(tx, store.Key(l.ID))
	if !ok {
		return nil
	}
	e, err := store.Outbox.Get(tx, id)
	l.OutboxID, l.Outbox = id, &e
	return err
}

func (d *Desk) ownDrafts(tx *store.Tx, by account.Agent, _ *names, t *Thread) error {
	if by.ID == 0 {
		return nil
	}
	for id := range store.DraftsByAgent.Prefix(tx, store.Key(by.ID, t.ID)) {
		dr, err := store.Drafts.Get(tx, id)
		if err != nil {
			return err
		}
		t.Drafts = append(t.Drafts, Draft{id, dr})
	}
	return nil
}

// fillPanel gathers the person's other conversations, in every mailbox by may read.
func (d *Desk) fillPanel(tx *store.Tx, by account.Agent, n *names, t *Thread) (err error) {
	if t.Conversation.Customer == 0 {
		return nil
	}
	t.Panel.ID = t.Conversation.Customer
	if t.Panel.Customer, err = store.Customers.Get(tx, t.Panel.ID); err != nil {
		return err
	}
	for _, card := range cardsOf(tx, t.Panel.Customer) {
		seen := 0
		for id := range store.ConversationsByCustomer.PrefixReverse(tx, store.Key(card)) {
			c, err := store.Conversations.Get(tx, id)
			if err != nil {
				return err
			}
			if id == t.ID || c.MergedInto != 0 || c.Restricted || !account.May(by, account.Read, c) {
				continue
			}
			t.Panel.Earlier = append(t.Panel.Earlier, d.row(n, by, id, c))
			if seen++; seen == panelRows {
				break
			}
		}
	}
	slices.SortFunc(t.Panel.Earlier, func(a, b Row) int {
		return b.Conversation.LastMessageAt.Compare(a.Conversation.LastMessageAt)
	})
	t.Panel.Earlier = t.Panel.Earlier[:min(len(t.Panel.Earlier), panelRows)]
	return nil
}

// cardsOf are the cards of a person in all mailboxes.
func cardsOf(tx *store.Tx, c store.Customer) (ids []store.CustomerID) {
	for _, a := range c.Addresses {
		for id := range store.CustomersByAddr.Prefix(tx, store.Key(a)) {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// findClaims lists proposals both ways.
func (d *Desk) findClaims(tx *store.Tx, by account.Agent, n *names, t *Thread) error {
	for id := range store.MessagesByProposed.Prefix(tx, store.Key(t.ID)) {
		m, restricted, err := shown(tx, id)
		if restricted {
			continue
		}
		if err != nil {
			return err
		}
		if err := d.addClaim(tx, by, n, t, Claim{id, m.Conversation, t.ID}, m.Conversation); err != nil {
			return err
		}
	}
	for _, l := range t.Messages {
		if l.Message.Proposed != 0 {
			if err := d.addClaim(tx, by, n, t, Claim{l.ID, t.ID, l.Message.Proposed}, l.Message.Proposed); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Desk) addClaim(tx *store.Tx, by account.Agent, n *names, t *Thread, claim Claim, other store.ConversationID) error {
	other, c, err := conversation(tx, by, account.Read, other)
	if errors.Is(err, ErrNotAllowed) || other == t.ID {
		return nil
	}
	if err != nil {
		return err
	}
	t.Claims = append(t.Claims, claim)
	if !slices.ContainsFunc(t.Proposed, func(r Row) bool { return r.ID == other }) {
		t.Proposed = append(t.Proposed, d.row(n, by, other, c))
	}
	return nil
}

// colleagues who may answer here.
func colleagues(tx *store.Tx, _ account.Agent, _ *names, t *Thread) error {
	for id, a := range store.Agents.All(tx) {
		if a.DisabledAt.IsZero() && account.May(actor(id, a), account.Answer, t.Conversation) {
			t.Colleagues = append(t.Colleagues, Colleague{id, a.Name})
		}
	}
	return nil
}

// actor is an agent's record as who acts, to ask what he may.
func actor(id store.AgentID, a store.Agent) account.Agent {
	return account.Agent{ID: id, Name: a.Name, Role: a.Role, Grants: a.Grants}
}

// shownTo says for each message who opened it before, from the access log.
// Without the right to read the log in this mailbox one sees one's own reads.
func (d *Desk) shownTo(by account.Agent, t *Thread) error {
	all := account.May(by, account.ReadLog, t.Conversation)
	names, err := d.agentNames()
	if err != nil {
		return err
	}
	for i := range t.Messages {
		l := &t.Messages[i]
		entries, err := d.log.ByMessage(l.ID, shownDepth)
		if err != nil {
			return err
		}
		seen := map[store.AgentID]bool{}
		for _, e := range entries { // newest first
			if e.Action != audit.Opened || e.Kind != account.Person || seen[e.Agent] || !all && e.Agent != by.ID {
				continue
			}
			seen[e.Agent] = true
			l.ShownTo = append(l.ShownTo, Shown{names[e.Agent], e.At})
		}
	}
	return nil
}

func (d *Desk) agentNames() (names map[store.AgentID]string, err error) {
	err = d.store.View(func(tx *store.Tx) error {
		names = map[store.AgentID]string{}
		for id, a := range store.Agents.All(tx) {
			names[id] = a.Name
		}
		return nil
	})
	return names, err
}

// readLetter fills in the text, its quoted history apart.
func (d *Desk) readLetter(l *Letter) error {
	if l.Restricted || !l.Message.Erased.IsZero() {
		return nil
	}
	t, err := d.text(l.ID)
	if errors.Is(err, store.ErrNotFound) { // erased in this moment
		return nil
	}
	if err != nil {
		return err
	}
	l.Own, l.Quoted = mail.FoldHistory(l.Message.Subject, bodyText(t))
	l.HasHTML = slices.ContainsFunc(t.Parts, func(p mail.TextPart) bool { return p.Kind == mail.HTML })
	return nil
}

func (d *Desk) text(id store.MessageID) (mail.Text, error) {
	b, err := d.store.Text(id)
	if err != nil {
		return mail.Text{}, fmt.Errorf("text of message %d: %w", id, err)
	}
	t, err := mail.DecodeText(b)
	if err != nil {
		return mail.Text{}, fmt.Errorf("text of message %d: %w", id, err)
	}
	return t, nil
}

// bodyText is the body as text: what was written plain, else what is seen of the
// HTML, else the raw bytes of a message nobody understood.
func bodyText(t mail.Text) string {
	for _, kind := range []mail.Kind{mail.Plain, mail.HTML, mail.Raw} {
		text := ""
		for _, p := range t.Parts {
			if p.Kind == kind {
				if text != "" {
					text += "\n\n"
				}
				text += p.Text
			}
		}
		if text != "" {
			return text
		}
	}
	return ""
}
