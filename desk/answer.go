package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/mail"
	"postolka/store"
)

// Answer is a reply, a new message (Conversation 0) or a note.
type Answer struct {
	Conversation store.ConversationID
	Mailbox      store.MailboxID // for a new one
	Draft        store.DraftID   // deleted when sent
	Note         bool
	To, Cc, Bcc  []mail.Address // To empty: the customer (Reply-To, else From of the newest from outside)
	Subject      string         // empty: "Re: …"
	Text         string
	Files        []mail.File
	SeenUpTo     store.MessageID // newest message shown when it was begun; 0: don't check for news
	Anyway       bool            // send although there is news
	Then         Then
}

// Then is what happens to the conversation after sending.
type Then uint8

const (
	ThenNothing Then = iota
	ThenWait
	ThenSolve
)

// Sent says what became of an Answer.
type Sent struct {
	Message      store.MessageID
	Conversation store.ConversationID
	Outbox       store.OutboxID // 0 for a note
	UndoUntil    time.Time
}

// sending is an answer on its way into the store.
type sending struct {
	a        Answer
	by       account.Agent
	box      store.Mailbox
	mailbox  store.MailboxID
	conv     store.Conversation
	previous *store.Message // newest from outside, else the newest of ours; nil: a new conversation
	prevID   store.MessageID
	signer   store.Agent
	id       store.MessageID
	now      time.Time
}

// Send stores the message, links it into the thread and puts it into the outbox,
// where it is held until the time for an undo is over. A note stays here. Errors:
// ErrNews, ErrNoSMTP, ErrNoRecipient, ErrNotAllowed, and those of mail.Compose
// (an address that is none).
func (d *Desk) Send(ctx context.Context, by account.Agent, a Answer) (Sent, error) {
	s := &sending{a: a, by: by, now: d.now().UTC()}
	if err := d.store.View(func(tx *store.Tx) error { return d.prepare(tx, s) }); err != nil {
		return Sent{}, err
	}
	var err error
	if s.id, err = d.store.ReserveMessageIDs(1); err != nil {
		return Sent{}, err
	}
	if err := d.log.Record(ctx, d.sendEntry(s)); err != nil {
		return Sent{}, err
	}
	l, recipients, err := d.write(s)
	if err != nil {
		return Sent{}, err
	}
	return d.post(context.WithoutCancel(ctx), s, l, recipients)
}

// prepare checks rights and gathers what composing needs.
func (d *Desk) prepare(tx *store.Tx, s *sending) (err error) {
	if s.a.Conversation != 0 {
		if s.a.Conversation, s.conv, err = conversation(tx, s.by, account.Answer, s.a.Conversation); err != nil {
			return err
		}
		s.mailbox = s.conv.Mailbox
	} else if _, s.mailbox, err = draftPlace(tx, s.by, store.Draft{Mailbox: s.a.Mailbox}); err != nil {
		return err
	}
	if s.a.Note && s.a.Conversation == 0 {
		return ErrNotAllowed
	}
	if s.box, err = store.Mailboxes.Get(tx, s.mailbox); err != nil {
		return err
	}
	if !s.a.Note && (s.box.SMTP.Host == "" || s.box.Address == "") {
		return ErrNoSMTP
	}
	if s.by.ID != 0 {
		if s.signer, err = store.Agents.Get(tx, s.by.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	if s.a.Draft != 0 {
		if _, err := ownDraft(tx, s.by, s.a.Draft); err != nil {
			return err
		}
	}
	if err := d.findPrevious(tx, s); err != nil {
		return err
	}
	return news(tx, s)
}

// findPrevious is the message that is answered; never a delivery report, which
// nobody reads answers to.
func (d *Desk) findPrevious(tx *store.Tx, s *sending) error {
	if s.a.Conversation == 0 {
		return nil
	}
	for id := range store.MessagesByConversation.PrefixReverse(tx, store.Key(s.a.Conversation)) {
		m, restricted, err := shown(tx, id)
		if err != nil {
			return err
		}
		if m.Kind == store.Note || restricted || !m.Erased.IsZero() || len(m.Failures) > 0 {
			continue
		}
		if m.Kind != store.Outgoing {
			s.previous, s.prevID = &m, id
			return nil
		}
		if s.previous == nil {
			s.previous, s.prevID = &m, id
		}
	}
	return nil
}

// news stops an answer when others wrote since it was begun.
func news(tx *store.Tx, s *sending) error {
	if s.a.Note || s.a.Anyway || s.a.SeenUpTo == 0 || s.a.Conversation == 0 {
		return nil
	}
	var list []store.MessageID
	for id := range store.MessagesByConversation.Prefix(tx, store.Key(s.a.Conversation)) {
		if id <= s.a.SeenUpTo {
			continue
		}
		m, err := store.Messages.Get(tx, id)
		if err != nil {
			return err
		}
		if mine := m.Agent != 0 && m.Agent == s.by.ID && m.Origin == store.FromDesk; !mine {
			list = append(list, id)
		}
	}
	if list != nil {
		return ErrNews{list}
	}
	return nil
}

func (d *Desk) sendEntry(s *sending) audit.Entry {
	e := d.log.By(s.by, audit.Reply)
	if s.a.Note {
		e.Action = audit.NoteIt
	}
	e.Mailbox, e.Conversation, e.Messages = s.mailbox, s.a.Conversation, []store.MessageID{s.id}
	return e
}

// write composes the message and reads it back as any other, so that its record
// says what its bytes say.
func (d *Desk) write(s *sending) (*letter, []string, error) {
	o, err := d.compose(s)
	if err != nil {
		return nil, nil, err
	}
	raw, err := o.Compose()
	if err != nil {
		return nil, nil, fmt.Errorf("compose message: %w", err)
	}
	key := d.store.Keys().Identity()
	l := &letter{in: Incoming{Raw: raw, Mailbox: s.mailbox, Origin: store.FromDesk, ReceivedAt: s.now, Sent: true}, id: s.id, strict: mail.Strict(key, raw)}
	l.read(key, &surroundings{boxes: map[store.MailboxID]store.Mailbox{s.mailbox: s.box}, now: s.now})
	l.record.Agent, l.record.Bcc = s.by.ID, people(o.Bcc)
	if s.a.Note {
		l.record.Kind, l.record.To = store.Note, nil
	}
	var to []string
	for _, list := range [][]mail.Address{o.To, o.Cc, o.Bcc} {
		for _, a := range list {
			if !slices.ContainsFunc(to, func(t string) bool { return strings.EqualFold(t, a.Addr) }) {
				to = append(to, a.Addr)
			}
		}
	}
	if !s.a.Note && len(to) == 0 {
		return nil, nil, ErrNoRecipient
	}
	return l, to, nil
}

// post stores content, record, outbox entry and index, in this order.
func (d *Desk) post(ctx context.Context, s *sending, l *letter, recipients []string) (Sent, error) {
	volumes, err := d.store.Add(ctx, []store.Content{{ID: s.id, Raw: l.in.Raw, Text: l.coded}})
	if err != nil {
		return Sent{}, err
	}
	l.record.Volume = volumes[0]
	sent, before := Sent{}, store.Conversation{}
	err = d.store.Update(func(tx *store.Tx) (err error) {
		sent, before, err = d.postRecords(tx, s, l.record, recipients)
		return err
	})
	l.kept = err == nil
	d.dropContents(ctx, []*letter{l})
	if err != nil {
		return Sent{}, err
	}
	l.record.Conversation = sent.Conversation
	d.keepTyped(s, sent, before)
	d.indexLetters(ctx, []*letter{l})
	d.Publish(Event{Kind: "message", Mailbox: s.mailbox, Conversation: sent.Conversation, Message: s.id})
	if sent.Outbox != 0 {
		d.Publish(Event{Kind: "outbox", Mailbox: s.mailbox, Conversation: sent.Conversation, Message: s.id})
	}
	return sent, nil
}

func (d *Desk) postRecords(tx *store.Tx, s *sending, m store.Message, recipients []string) (sent Sent, before store.Conversation, err error) {
	again := *s // rights and news are asked again: others wrote meanwhile
	if err := d.prepare(tx, &again); err != nil {
		return sent, before, err
	}
	sent = Sent{Message: s.id, Conversation: again.a.Conversation}
	before = again.conv
	if sent.Conversation == 0 {
		begun := store.Conversation{Mailbox: s.mailbox, Status: store.StatusOpen, CreatedAt: s.now, LastMessageAt: s.now, Assignee: s.by.ID}
		if sent.Conversation, err = store.Conversations.Insert(tx, begun); err != nil {
			return sent, before, err
		}
	}
	m.Conversation = sent.Conversation
	if err := store.Messages.Put(tx, s.id, m); err != nil {
		return sent, before, err
	}
	if !s.a.Note {
		if sent.Outbox, sent.UndoUntil, err = d.enqueue(tx, s, sent, recipients); err != nil {
			return sent, before, err
		}
	}
	if s.a.Draft != 0 {
		if err := store.Drafts.Delete(tx, s.a.Draft); err != nil {
			return sent, before, err
		}
	}
	return sent, before, level(tx, sent.Conversation, func(c *store.Conversation, _ summary) { d.then(c, s.a) })
}

// then is what the agent wants next. A first message of ours waits for its answer.
func (d *Desk) then(c *store.Conversation, a Answer) {
	switch {
	case a.Then == ThenSolve:
		d.setStatus(c, store.StatusSolved)
	case a.Then == ThenWait, a.Conversation == 0:
		d.setStatus(c, store.StatusWaiting)
	}
}

func (d *Desk) enqueue(tx *store.Tx, s *sending, sent Sent, recipients []string) (store.OutboxID, time.Time, error) {
	e := store.OutboxEntry{Mailbox: s.mailbox, Conversation: sent.Conversation, Message: s.id, Agent: s.by.ID,
		Sender: s.box.Address, Recipients: recipients, State: store.OutboxHeld, HoldUntil: s.now.Add(d.undo), NextAt: s.now.Add(d.undo)}
	if d.undo == 0 {
		e.State = store.OutboxQueued
	}
	id, err := store.Outbox.Insert(tx, e)
	return id, e.HoldUntil, err
}
