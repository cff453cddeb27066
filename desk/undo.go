package desk

import (
	"context"
	"errors"
	"strings"

	"postolka/account"
	"postolka/audit"
	"postolka/mail"
	"postolka/store"
)

// typed is an answer as it was typed, and how its conversation was before.
type typed struct {
	draft  store.Draft
	before store.Conversation
}

// keepTyped remembers an answer in memory while it can be taken back. After a
// restart Undo makes the draft from the message instead.
func (d *Desk) keepTyped(s *sending, sent Sent, before store.Conversation) {
	if sent.Outbox == 0 || d.undo == 0 {
		return
	}
	a := s.a
	dr := store.Draft{Agent: s.by.ID, Mailbox: s.mailbox, Conversation: a.Conversation, To: people(a.To), Cc: people(a.Cc), Bcc: people(a.Bcc),
		Subject: a.Subject, Text: a.Text, SeenUpTo: a.SeenUpTo}
	d.heldMu.Lock()
	defer d.heldMu.Unlock()
	for id, t := range d.held {
		if s.now.Sub(t.draft.UpdatedAt) > 2*d.undo {
			delete(d.held, id)
		}
	}
	dr.UpdatedAt = s.now
	d.held[sent.Outbox] = typed{dr, before}
}

func (d *Desk) takeTyped(id store.OutboxID) (typed, bool) {
	d.heldMu.Lock()
	defer d.heldMu.Unlock()
	t, ok := d.held[id]
	delete(d.held, id)
	return t, ok
}

// Undo takes by's own answer back while it is held: the message is gone for good,
// its text a draft again, the conversation as it was (attachments have to be added
// again). ErrTooLate: it is on its way.
func (d *Desk) Undo(ctx context.Context, by account.Agent, id store.OutboxID) (store.DraftID, error) {
	var e store.OutboxEntry
	var fallback typed
	err := d.store.View(func(tx *store.Tx) (err error) {
		e, err = ownHeld(tx, by, id)
		return err
	})
	if err != nil {
		return 0, err
	}
	entry := d.log.By(by, audit.Change)
	entry.Mailbox, entry.Conversation, entry.Messages, entry.Object = e.Mailbox, e.Conversation, []store.MessageID{e.Message}, "undo"
	if err := d.log.Record(ctx, entry); err != nil {
		return 0, err
	}
	t, ok := d.takeTyped(id)
	if !ok {
		if fallback, err = d.retype(e); err != nil {
			return 0, err
		}
		t = fallback
	}
	var draft store.DraftID
	err = d.store.Update(func(tx *store.Tx) (err error) {
		draft, err = d.takeBack(tx, by, id, t)
		return err
	})
	if err != nil {
		return 0, err
	}
	err = d.removeContent(context.WithoutCancel(ctx), e.Message)
	d.Publish(Event{Kind: "conversation", Mailbox: e.Mailbox, Conversation: e.Conversation})
	return draft, err
}

// ownHeld is an outbox entry that by may still take back.
func ownHeld(tx *store.Tx, by account.Agent, id store.OutboxID) (store.OutboxEntry, error) {
	e, err := store.Outbox.Get(tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return e, ErrNotAllowed
	}
	if err != nil {
		return e, err
	}
	if _, _, err := conversation(tx, by, account.Answer, e.Conversation); err != nil || e.Agent != by.ID {
		return e, ErrNotAllowed
	}
	if e.State != store.OutboxHeld {
		return e, ErrTooLate
	}
	return e, nil
}

// retype makes a draft from a composed message.
func (d *Desk) retype(e store.OutboxEntry) (t typed, err error) {
	text, err := d.text(e.Message)
	if err != nil {
		return t, err
	}
	own, _ := mail.FoldQuotes(bodyText(text))
	err = d.store.View(func(tx *store.Tx) error {
		m, err := store.Messages.Get(tx, e.Message)
		if err != nil {
			return err
		}
		t.draft = store.Draft{Agent: e.Agent, Mailbox: e.Mailbox, Conversation: e.Conversation, To: m.To, Cc: m.Cc, Bcc: m.Bcc,
			Subject: m.Subject, Text: strings.TrimSpace(own), SeenUpTo: e.Message}
		t.before, err = store.Conversations.Get(tx, e.Conversation)
		return err
	})
	return t, err
}

// takeBack removes entry and message and writes the draft.
func (d *Desk) takeBack(tx *store.Tx, by account.Agent, id store.OutboxID, t typed) (store.DraftID, error) {
	e, err := ownHeld(tx, by, id)
	if err != nil {
		return 0, err
	}
	if err := store.Outbox.Delete(tx, id); err != nil {
		return 0, err
	}
	if err := store.Messages.Delete(tx, e.Message); err != nil {
		return 0, err
	}
	dr := t.draft
	dr.UpdatedAt = d.now().UTC()
	if dr.Conversation != 0 {
		dr.Conversation = e.Conversation // united with another one meanwhile, perhaps
	}
	if _, more := store.MessagesByConversation.First(tx, store.Key(e.Conversation)); !more {
		dr.Conversation = 0
		if err := endConversation(tx, e.Conversation); err != nil {
			return 0, err
		}
	}
	draft, err := store.Drafts.Insert(tx, dr)
	if err != nil || dr.Conversation == 0 {
		return draft, err
	}
	return draft, level(tx, e.Conversation, func(c *store.Conversation, s summary) {
		if t.before.Mailbox == c.Mailbox && (c.Status == store.StatusWaiting || c.Status == store.StatusSolved) { // as Then left it
			c.Status, c.SnoozedUntil, c.Settled = t.before.Status, t.before.SnoozedUntil, t.before.Settled
		}
	})
}

// endConversation removes one that has no message left.
func endConversation(tx *store.Tx, id store.ConversationID) error {
	c, err := store.Conversations.Get(tx, id)
	if err != nil {
		return err
	}
	if err := store.Conversations.Delete(tx, id); err != nil || c.Customer == 0 {
		return err
	}
	return recount(tx, c.Customer)
}
