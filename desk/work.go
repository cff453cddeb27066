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
	"postolka/store"
)

// ErrMailboxes: conversations of different mailboxes can't become one.
var ErrMailboxes = errors.New("conversations lie in different mailboxes")

// change does one piece of work on several conversations, all or nothing: the
// right to answer in each, one log entry each, then one commit. fn may run again.
func (d *Desk) change(ctx context.Context, by account.Agent, object string, ids []store.ConversationID, fn func(tx *store.Tx, id store.ConversationID, c *store.Conversation) error) error {
	entries := make([]audit.Entry, len(ids))
	err := d.store.View(func(tx *store.Tx) error {
		for i, id := range ids {
			id, c, err := conversation(tx, by, account.Answer, id)
			if err != nil {
				return err
			}
			entries[i] = d.log.By(by, audit.Change)
			entries[i].Mailbox, entries[i].Conversation, entries[i].Object = c.Mailbox, id, object
		}
		return nil
	})
	if err != nil || len(ids) == 0 {
		return err
	}
	if err := d.log.Record(ctx, entries...); err != nil {
		return err
	}
	err = d.store.Update(func(tx *store.Tx) error {
		for _, id := range ids {
			if err := changeOne(tx, by, id, fn); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, e := range entries {
		d.Publish(Event{Kind: "conversation", Mailbox: e.Mailbox, Conversation: e.Conversation})
	}
	return nil
}

func changeOne(tx *store.Tx, by account.Agent, id store.ConversationID, fn func(tx *store.Tx, id store.ConversationID, c *store.Conversation) error) error {
	id, c, err := conversation(tx, by, account.Answer, id)
	if err != nil {
		return err
	}
	followed := !c.FollowedAt.IsZero()
	if err := fn(tx, id, &c); err != nil {
		return err
	}
	if followed && c.FollowedAt.IsZero() {
		if err := stays(tx, id); err != nil {
			return err
		}
	}
	if err := store.Conversations.Put(tx, id, c); err != nil {
		return err
	}
	return level(tx, id, nil)
}

// Assign gives conversations to a colleague who may answer there, or to nobody (0).
func (d *Desk) Assign(ctx context.Context, by account.Agent, to store.AgentID, ids ...store.ConversationID) error {
	return d.change(ctx, by, fmt.Sprintf("assign agent %d", to), ids, func(tx *store.Tx, _ store.ConversationID, c *store.Conversation) error {
		if to != 0 {
			a, err := store.Agents.Get(tx, to)
			if errors.Is(err, store.ErrNotFound) || err == nil && (!a.DisabledAt.IsZero() || !account.May(actor(to, a), account.Answer, *c)) {
				return ErrNotAllowed
			}
			if err != nil {
				return err
			}
		}
		c.Assignee = to
		return nil
	})
}

var statusNames = []string{"open", "waiting", "snoozed", "solved", "spam", "bin"}

// SetStatus moves conversations between the views; for snoozing see Snooze
// (ErrPast here). What is solved or waits is settled: nobody waits for an answer to
// what came until now. Opened again, the oldest unanswered message waits as before.
func (d *Desk) SetStatus(ctx context.Context, by account.Agent, st store.Status, ids ...store.ConversationID) error {
	if st == store.StatusSnoozed || int(st) >= len(statusNames) {
		return ErrPast
	}
	return d.change(ctx, by, "status "+statusNames[st], ids, func(_ *store.Tx, _ store.ConversationID, c *store.Conversation) error {
		d.setStatus(c, st)
		return nil
	})
}

func (d *Desk) setStatus(c *store.Conversation, st store.Status) {
	switch st {
	case store.StatusOpen:
		if c.Status == store.StatusSolved || c.Status == store.StatusWaiting {
			c.Settled = c.CreatedAt.Add(-1) // not zero: a person decided
		}
	case store.StatusSolved, store.StatusWaiting:
		c.Settled = d.now().UTC()
	}
	c.Status, c.SnoozedUntil, c.FollowedAt, c.Before = st, time.Time{}, time.Time{}, 0
}

// Snooze hides conversations from the lists until the given instant, or until a
// message arrives from outside. ErrPast: until is not in the future.
func (d *Desk) Snooze(ctx context.Context, by account.Agent, until time.Time, ids ...store.ConversationID) error {
	if !until.After(d.now()) {
		return ErrPast
	}
	return d.change(ctx, by, "snooze", ids, func(_ *store.Tx, _ store.ConversationID, c *store.Conversation) error {
		c.Status, c.SnoozedUntil, c.FollowedAt = store.StatusSnoozed, until.UTC(), time.Time{}
		return nil
	})
}

// Tag adds and removes tags; spaces around them don't count, case does.
func (d *Desk) Tag(ctx context.Context, by account.Agent, add, remove []string, ids ...store.ConversationID) error {
	return d.change(ctx, by, "tags", ids, func(_ *store.Tx, _ store.ConversationID, c *store.Conversation) error {
		tags := slices.DeleteFunc(slices.Clone(c.Tags), func(t string) bool { return slices.Contains(remove, t) })
		for _, t := range add {
			if t = strings.TrimSpace(t); t != "" && !slices.Contains(tags, t) {
				tags = append(tags, t)
			}
		}
		slices.Sort(tags)
		c.Tags = tags
		return nil
	})
}

// Merge puts everything of from into another conversation of the same mailbox,
// for good: mail that joins from later joins it too. ErrMailboxes.
func (d *Desk) Merge(ctx context.Context, by account.Agent, into, from store.ConversationID) error {
	entry := d.log.By(by, audit.Change)
	err := d.store.View(func(tx *store.Tx) (err error) {
		into, from, err = mergeable(tx, by, into, from)
		entry.Conversation, entry.Object = into, fmt.Sprintf("merge conversation %d", from)
		if err == nil {
			_, c, _ := resolve(tx, into)
			entry.Mailbox = c.Mailbox
		}
		return err
	})
	if err != nil || into == from {
		return err
	}
	if err := d.log.Record(ctx, entry); err != nil {
		return err
	}
	err = d.store.Update(func(tx *store.Tx) error {
		into, from, err := mergeable(tx, by, into, from)
		if err != nil || into == from {
			return err
		}
		if err := unite(tx, into, from); err != nil {
			return err
		}
		return level(tx, into, nil)
	})
	if err != nil {
		return err
	}
	for _, id := range []store.ConversationID{into, from} {
		d.Publish(Event{Kind: "conversation", Mailbox: entry.Mailbox, Conversation: id})
	}
	return nil
}

// mergeable checks both sides.
func mergeable(tx *store.Tx, by account.Agent, into, from store.ConversationID) (store.ConversationID, store.ConversationID, error) {
	into, a, err := conversation(tx, by, account.Answer, into)
	if err != nil {
		return 0, 0, err
	}
	from, b, err := conversation(tx, by, account.Answer, from)
	if err != nil {
		return 0, 0, err
	}
	if a.Mailbox != b.Mailbox {
		return 0, 0, ErrMailboxes
	}
	return into, from, nil
}

// JoinProposed accepts what message m claims: its conversation joins the one it
// refers to. Nothing happens when it claims nothing.
func (d *Desk) JoinProposed(ctx context.Context, by account.Agent, m store.MessageID) error {
	var msg store.Message
	err := d.store.View(func(tx *store.Tx) (err error) {
		msg, _, err = message(tx, by, account.Answer, m)
		return err
	})
	if err != nil || msg.Proposed == 0 {
		return err
	}
	return d.Merge(ctx, by, msg.Proposed, msg.Conversation)
}

// WakeSnoozed reopens conversations whose time has come. Call it every minute.
func (d *Desk) WakeSnoozed(ctx context.Context) error {
	var woken []Event
	err := d.store.Update(func(tx *store.Tx) error {
		woken = nil
		for _, id := range dueSnoozes(tx, d.now()) {
			c, err := store.Conversations.Get(tx, id)
			if err != nil {
				return err
			}
			c.Status, c.SnoozedUntil = store.StatusOpen, time.Time{}
			if err := store.Conversations.Put(tx, id, c); err != nil {
				return err
			}
			if err := level(tx, id, nil); err != nil {
				return err
			}
			woken = append(woken, Event{Kind: "conversation", Mailbox: c.Mailbox, Conversation: id})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("wake snoozed conversations: %w", err)
	}
	for _, e := range woken {
		d.Publish(e)
	}
	return ctx.Err()
}

func dueSnoozes(tx *store.Tx, now time.Time) (ids []store.ConversationID) {
	for id := range store.ConversationsSnoozed.Prefix(tx, nil) {
		c, err := store.Conversations.Get(tx, id)
		if err != nil || c.SnoozedUntil.After(now) {
			break // in order of time
		}
		ids = append(ids, id)
	}
	return ids
}
