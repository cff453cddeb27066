package desk

import (
	"fmt"
	"slices"
	"strings"

	"postolka/store"
)

// Which messages belong together is decided between two messages at a time, by
// facts that never change after a message came: whom it is from and to, what it
// refers to, whether it is ours. Conversations are the connected parts of that
// graph, so they don't depend on the order in which messages came: a late parent
// joins its children, a message between two conversations unites them (the
// smaller id survives, the other says MergedInto). Erasing a message, or merging
// by hand, only ever leaves more united, never less; only a split by hand divides.
//
// Two messages of one mailbox are joined
//   - when one refers to the other and may join it, see [mayJoin];
//   - when both answer, as the same sender, the same message, which need not be here;
//   - when they are copies of one letter that came by two ways (same Message-ID,
//     same loose identity); a Message-ID alone proves nothing, carriers use one again.
//
// And a message that refers to a token of ours belongs to the conversation of the
// message that the token names. Subjects join nothing, and nothing joins what a
// person split, see [Desk.Split]: there the nearest reference counts. A reference that may not join makes a
// proposal (Message.Proposed) for a person to decide.

// mayJoin says whether child, which refers to parent, may stand in one
// conversation with it. From is forged freely and a Message-ID is known to
// everyone who got the mail, so a reference alone lets nobody in; a stranger in
// the thread would stand in reply-all. Whom the parent names may come in: its
// sender and recipients. Ours may always. On a mailing list people who never
// wrote to each other answer each other by way of the list: both mails must be
// bulk by their own headers and go to a common address, so that no personal mail
// is opened by it.
func mayJoin(child, parent *store.Message) bool {
	switch {
	case child.Kind == store.Note || parent.Kind == store.Note:
		return false
	case len(child.Failures) > 0:
		return reportsOn(child, parent)
	case child.Unproven:
		return false
	case child.Kind == store.Outgoing || child.Agent != 0:
		return true
	}
	sender := senderOf(child)
	if sender == "" {
		return false
	}
	return mentions(parent, sender) || child.Automatic && parent.Automatic && commonRecipient(child, parent)
}

// reportsOn says whether a delivery report is about a message: one of ours that
// went to whom it names. Anybody can write a report; who knows the Message-ID and a
// recipient of our mail had it in hand, whatever the sender looks like.
func reportsOn(report, sent *store.Message) bool {
	return sent.Kind == store.Outgoing && slices.ContainsFunc(report.Failures, func(f store.Failure) bool { return wentTo(sent, f.Recipient) })
}

// wentTo: a report that names nobody speaks of whom a message with one recipient
// went to.
func wentTo(sent *store.Message, recipient string) bool {
	if recipient == "" {
		return len(sent.To)+len(sent.Cc)+len(sent.Bcc) == 1
	}
	return containsAddr(sent.To, recipient) || containsAddr(sent.Cc, recipient) || containsAddr(sent.Bcc, recipient)
}

// mentions reports whether m names the address as sender or recipient.
func mentions(m *store.Message, addr string) bool {
	for _, list := range [][]store.Address{{m.From}, m.ReplyTo, m.To, m.Cc, m.Bcc} {
		for _, a := range list {
			if strings.EqualFold(a.Addr, addr) {
				return true
			}
		}
	}
	return false
}

func commonRecipient(a, b *store.Message) bool {
	for _, list := range [][]store.Address{a.To, a.Cc} {
		for _, r := range list {
			if r.Addr != "" && (containsAddr(b.To, r.Addr) || containsAddr(b.Cc, r.Addr)) {
				return true
			}
		}
	}
	return false
}

func containsAddr(list []store.Address, addr string) bool {
	return slices.ContainsFunc(list, func(a store.Address) bool { return strings.EqualFold(a.Addr, addr) })
}

// senderOf is the address a message says it is from, in lower case; "" if none.
func senderOf(m *store.Message) string { return strings.ToLower(m.From.Addr) }

// answers is the message that m answers directly; "" if none.
func answers(m *store.Message) string {
	switch {
	case len(m.InReplyTo) > 0:
		return m.InReplyTo[0]
	case len(m.References) > 0:
		return m.References[len(m.References)-1]
	}
	return ""
}

// referred are all ids m refers to, the nearest first, without itself.
func referred(m *store.Message) (ids []string) {
	add := func(id string) {
		if id != m.MessageIDHeader && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, id := range m.InReplyTo {
		add(id)
	}
	for _, id := range slices.Backward(m.References) {
		add(id)
	}
	return ids
}

// joins is what a message finds in its mailbox.
type joins struct {
	into    []store.ConversationID // it belongs to all of these, so they are one
	foreign store.ConversationID   // it refers to this one but may not join; 0: none
	claims  []store.MessageID      // these refer to it but may not join
}

func (j *joins) add(c store.ConversationID) {
	if !slices.Contains(j.into, c) {
		j.into = append(j.into, c)
	}
}

// findJoins looks where m, stored or not yet stored under id, belongs.
func (d *Desk) findJoins(tx *store.Tx, id store.MessageID, m *store.Message) (j joins, err error) {
	if m.Kind == store.Note {
		return j, nil
	}
	for _, step := range []func(*store.Tx, store.MessageID, *store.Message, *joins) error{d.joinParents, joinChildren, joinSiblings, joinTwins} {
		if err := step(tx, id, m, &j); err != nil {
			return j, fmt.Errorf("find the conversation of message %d: %w", id, err)
		}
	}
	return j, nil
}

// joinParents takes the nearest reference first.
func (d *Desk) joinParents(tx *store.Tx, id store.MessageID, m *store.Message, j *joins) error {
	for _, ref := range referred(m) {
		d.joinToken(tx, m, ref, j)
		for pid := range store.MessagesByHeader.Prefix(tx, store.Key(m.Mailbox, ref)) {
			parent, err := store.Messages.Get(tx, pid)
			switch {
			case err != nil:
				return err
			case pid == id || parent.MessageIDHeader != ref:
			case mayJoin(m, &parent):
				j.add(parent.Conversation)
			case j.foreign == 0 && parent.Kind != store.Note:
				j.foreign = parent.Conversation
			}
		}
	}
	return nil
}

// joinToken: what the token says of the conversation counts only when the message
// is here no more; it may have been split since.
func (d *Desk) joinToken(tx *store.Tx, m *store.Message, ref string, j *joins) {
	c, id, ok := d.token.read(ref)
	if !ok {
		return
	}
	if ours, err := store.Messages.Get(tx, id); err == nil {
		c = ours.Conversation
	}
	if c, conv, err := resolve(tx, c); err == nil && conv.Mailbox == m.Mailbox {
		j.add(c)
	}
}

func joinChildren(tx *store.Tx, id store.MessageID, m *store.Message, j *joins) error {
	if m.MessageIDHeader == "" {
		return nil
	}
	for cid := range store.MessagesByReference.Prefix(tx, store.Key(m.Mailbox, m.MessageIDHeader)) {
		child, err := store.Messages.Get(tx, cid)
		switch {
		case err != nil:
			return err
		case cid == id || !slices.Contains(referred(&child), m.MessageIDHeader):
		case mayJoin(&child, m):
			j.add(child.Conversation)
		default:
			j.claims = append(j.claims, cid)
		}
	}
	return nil
}

// joinSiblings: all that answer the same message as the same sender are joined
// already, so the first one found stands for them.
func joinSiblings(tx *store.Tx, id store.MessageID, m *store.Message, j *joins) error {
	parent := answers(m)
	if parent == "" || !mayHaveSiblings(m) {
		return nil
	}
	for sid := range store.MessagesByReference.Prefix(tx, store.Key(m.Mailbox, parent)) {
		s, err := store.Messages.Get(tx, sid)
		if err != nil {
			return err
		}
		if sid != id && mayHaveSiblings(&s) && answers(&s) == parent && senderOf(&s) == senderOf(m) {
			j.add(s.Conversation)
			return nil
		}
	}
	return nil
}

func mayHaveSiblings(m *store.Message) bool {
	return m.Kind == store.Incoming && !m.Unproven && senderOf(m) != "" && len(m.Failures) == 0
}

func joinTwins(tx *store.Tx, id store.MessageID, m *store.Message, j *joins) error {
	if m.MessageIDHeader == "" || m.Loose == ([32]byte{}) {
		return nil
	}
	for tid := range store.MessagesByHeader.Prefix(tx, store.Key(m.Mailbox, m.MessageIDHeader)) {
		t, err := store.Messages.Get(tx, tid)
		if err != nil {
			return err
		}
		if tid != id && t.Loose == m.Loose && t.MessageIDHeader == m.MessageIDHeader {
			j.add(t.Conversation)
			return nil // all twins are joined already
		}
	}
	return nil
}

// place gives m its conversation, uniting or beginning one, and stores its record.
// What m.Proposed suspects stays only where nothing surer is found.
func (p *placing) place(id store.MessageID, m store.Message, begin store.Status) (store.ConversationID, error) {
	j, err := p.d.findJoins(p.tx, id, &m)
	if err != nil {
		return 0, err
	}
	into, began, err := p.home(j, m, begin)
	if err != nil {
		return 0, err
	}
	m.Conversation = into
	if !began {
		m.Proposed = 0
	} else if j.foreign != 0 {
		m.Proposed = j.foreign
	}
	if err := store.Messages.Put(p.tx, id, m); err != nil {
		return 0, err
	}
	return into, p.claim(into, j.claims)
}

// home is the one conversation of j, made if there is none.
func (p *placing) home(j joins, m store.Message, begin store.Status) (into store.ConversationID, began bool, err error) {
	if len(j.into) == 0 {
		id, err := store.Conversations.Insert(p.tx, store.Conversation{Mailbox: m.Mailbox, Status: begin, CreatedAt: m.ReceivedAt, LastMessageAt: m.ReceivedAt})
		return id, true, err
	}
	list, err := together(p.tx, j.into)
	if err != nil {
		return 0, false, err
	}
	into = slices.Min(list)
	for _, from := range list {
		if from != into {
			if err := unite(p.tx, into, from); err != nil {
				return 0, false, err
			}
			p.forget(from, into)
		}
	}
	return into, false, nil
}

// claim notes on messages of other conversations that they refer to one in c.
func (p *placing) claim(c store.ConversationID, claims []store.MessageID) error {
	for _, id := range claims {
		m, err := store.Messages.Get(p.tx, id)
		if err != nil {
			return err
		}
		if m.Proposed == 0 && m.Conversation != c {
			m.Proposed = c
			if err := store.Messages.Put(p.tx, id, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// unite moves everything of from into another conversation of the same mailbox
// and leaves a pointer. Derived fields of into are not level afterwards.
func unite(tx *store.Tx, into, from store.ConversationID) error {
	a, err := store.Conversations.Get(tx, into)
	if err != nil {
		return err
	}
	b, err := store.Conversations.Get(tx, from)
	if err != nil {
		return err
	}
	a = decided(a, b)
	a.SplitFrom = slices.DeleteFunc(a.SplitFrom, func(c store.ConversationID) bool { return c == into || c == from })
	switch { // the card has counted b's messages already
	case a.Customer == b.Customer:
		a.Messages += b.Messages
	case a.Customer == 0:
		a.Customer, a.Messages = b.Customer, b.Messages
	}
	if err := moveAll(tx, into, from); err != nil {
		return fmt.Errorf("unite conversation %d with %d: %w", from, into, err)
	}
	left := store.Conversation{Mailbox: b.Mailbox, CreatedAt: b.CreatedAt, LastMessageAt: b.LastMessageAt, Status: store.StatusBin, MergedInto: into}
	if err := store.Conversations.Put(tx, from, left); err != nil {
		return err
	}
	if err := store.Conversations.Put(tx, into, a); err != nil {
		return err
	}
	if b.Customer != 0 && b.Customer != a.Customer {
		return recount(tx, b.Customer)
	}
	return nil
}

// together leaves out what a person split from one that stands before it.
func together(tx *store.Tx, list []store.ConversationID) (kept []store.ConversationID, err error) {
	for _, c := range list {
		stays := true
		for _, other := range kept {
			split, err := wasSplit(tx, c, other)
			if err != nil {
				return nil, err
			}
			stays = stays && !split
		}
		if stays {
			kept = append(kept, c)
		}
	}
	return kept, nil
}

// wasSplit reports whether a person took one out of the other.
func wasSplit(tx *store.Tx, a, b store.ConversationID) (bool, error) {
	for _, pair := range [][2]store.ConversationID{{a, b}, {b, a}} {
		c, err := store.Conversations.Get(tx, pair[0])
		if err != nil {
			return false, err
		}
		for _, from := range c.SplitFrom {
			if from, _, err = resolve(tx, from); err == nil && from == pair[1] {
				return true, nil
			}
		}
	}
	return false, nil
}

// decided is what people decided about two conversations that become one:
// whichever wants more attention wins, nothing falls into spam or bin by it.
func decided(a, b store.Conversation) store.Conversation {
	if attention(b.Status) < attention(a.Status) {
		a.Status, a.SnoozedUntil = b.Status, b.SnoozedUntil
	}
	if a.Assignee == 0 {
		a.Assignee = b.Assignee
	}
	for _, t := range b.Tags {
		if !slices.Contains(a.Tags, t) {
			a.Tags = append(a.Tags, t)
		}
	}
	if b.Settled.After(a.Settled) {
		a.Settled = b.Settled
	}
	a.SplitFrom = append(a.SplitFrom, b.SplitFrom...)
	return a
}

// attention orders statuses: StatusOpen first, StatusBin last.
func attention(s store.Status) int {
	return slices.Index([]store.Status{store.StatusOpen, store.StatusSnoozed, store.StatusWaiting, store.StatusSolved, store.StatusSpam, store.StatusBin}, s)
}

// moveAll moves messages, drafts, outbox entries and proposals.
func moveAll(tx *store.Tx, into, from store.ConversationID) error {
	for _, id := range collect(store.MessagesByConversation.Prefix(tx, store.Key(from))) {
		if err := moveMessage(tx, into, id); err != nil {
			return err
		}
	}
	if err := holdToo(tx, into, from); err != nil {
		return err
	}
	if err := moveDrafts(tx, into, from); err != nil {
		return err
	}
	return moveProposals(tx, into, from)
}

// holdToo keeps messages held that go to another conversation.
func holdToo(tx *store.Tx, into, from store.ConversationID) error {
	for _, id := range collect(store.HoldsByConversation.Prefix(tx, store.Key(from))) {
		h, err := store.Holds.Get(tx, id)
		if err != nil {
			return err
		}
		h.Conversation = into
		if _, err := store.Holds.Insert(tx, h); err != nil {
			return err
		}
	}
	return nil
}

func moveMessage(tx *store.Tx, into store.ConversationID, id store.MessageID) error {
	m, err := store.Messages.Get(tx, id)
	if err != nil {
		return err
	}
	if err := moveRequests(tx, into, m.Conversation, id); err != nil {
		return err
	}
	m.Conversation = into
	if m.Proposed == into {
		m.Proposed = 0
	}
	if err := store.Messages.Put(tx, id, m); err != nil {
		return err
	}
	return moveOutbox(tx, into, id)
}

func moveDrafts(tx *store.Tx, into, from store.ConversationID) error {
	for _, id := range collect(store.DraftsByConversation.Prefix(tx, store.Key(from))) {
		dr, err := store.Drafts.Get(tx, id)
		if err != nil {
			return err
		}
		dr.Conversation = into
		if err := store.Drafts.Put(tx, id, dr); err != nil {
			return err
		}
	}
	return nil
}

func moveOutbox(tx *store.Tx, into store.ConversationID, m store.MessageID) error {
	for _, id := range collect(store.OutboxByMessage.Prefix(tx, store.Key(m))) {
		e, err := store.Outbox.Get(tx, id)
		if err != nil {
			return err
		}
		e.Conversation = into
		if err := store.Outbox.Put(tx, id, e); err != nil {
			return err
		}
	}
	return nil
}

func moveProposals(tx *store.Tx, into, from store.ConversationID) error {
	for _, id := range append(collect(store.MessagesByProposed.Prefix(tx, store.Key(from))), collect(store.MessagesByProposed.Prefix(tx, store.Key(into)))...) {
		m, err := store.Messages.Get(tx, id)
		if err != nil {
			return err
		}
		was := m.Proposed
		if m.Proposed = into; m.Conversation == into {
			m.Proposed = 0
		}
		if m.Proposed != was {
			if err := store.Messages.Put(tx, id, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// collect ends an iteration before its index is changed.
func collect[K any](seq func(func(K) bool)) (list []K) {
	for k := range seq {
		list = append(list, k)
	}
	return list
}
