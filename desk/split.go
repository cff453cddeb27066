package desk

import (
	"context"
	"errors"
	"fmt"

	"postolka/account"
	"postolka/audit"
	"postolka/store"
)

// ErrNothingLeft: a conversation can't be split at its first message.
var ErrNothingLeft = errors.New("nothing is left before the message")

// Split makes a conversation of its own of message m and all that came after it,
// drafts too. Later mail joins the one that its nearest reference names; the two
// become one again only by [Desk.Merge]. ErrNothingLeft.
func (d *Desk) Split(ctx context.Context, by account.Agent, m store.MessageID) (into store.ConversationID, err error) {
	entry := d.log.By(by, audit.Change)
	err = d.store.View(func(tx *store.Tx) error {
		from, c, _, err := splittable(tx, by, m)
		entry.Mailbox, entry.Conversation, entry.Object = c.Mailbox, from, fmt.Sprintf("split at message %d", m)
		return err
	})
	if err != nil {
		return 0, err
	}
	if err := d.log.Record(ctx, entry); err != nil {
		return 0, err
	}
	var from store.ConversationID
	err = d.store.Update(func(tx *store.Tx) error {
		var moved []store.MessageID
		var c store.Conversation
		if from, c, moved, err = splittable(tx, by, m); err != nil {
			return err
		}
		into, err = split(tx, from, c, moved)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, id := range []store.ConversationID{from, into} {
		d.Publish(Event{Kind: "conversation", Mailbox: entry.Mailbox, Conversation: id})
	}
	return into, nil
}

// splittable finds the conversation of m, and m with all that came after it.
func splittable(tx *store.Tx, by account.Agent, m store.MessageID) (from store.ConversationID, c store.Conversation, moved []store.MessageID, err error) {
	msg, c, err := message(tx, by, account.Answer, m)
	if err != nil {
		return 0, c, nil, err
	}
	before := 0
	for id := range store.MessagesByConversation.Prefix(tx, store.Key(msg.Conversation)) {
		if id == m || len(moved) > 0 {
			moved = append(moved, id)
		} else {
			before++
		}
	}
	if before == 0 {
		return 0, c, nil, ErrNothingLeft
	}
	return msg.Conversation, c, moved, nil
}

func split(tx *store.Tx, from store.ConversationID, c store.Conversation, moved []store.MessageID) (store.ConversationID, error) {
	begun := c
	begun.Customer, begun.Messages, begun.SplitFrom = 0, 0, []store.ConversationID{from}
	into, err := store.Conversations.Insert(tx, begun)
	if err != nil {
		return 0, err
	}
	for _, id := range moved {
		if err := moveMessage(tx, into, id); err != nil {
			return 0, err
		}
	}
	if err := holdToo(tx, into, from); err != nil {
		return 0, err
	}
	if err := moveDrafts(tx, into, from); err != nil {
		return 0, err
	}
	for _, id := range []store.ConversationID{from, into} {
		if err := level(tx, id, nil); err != nil {
			return 0, err
		}
	}
	return into, nil
}
