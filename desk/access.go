package desk

import (
	"errors"
	"fmt"

	"postolka/account"
	"postolka/store"
)

// maxMerges bounds a chain of merged conversations; longer ones mean damage.
const maxMerges = 1000

// resolve follows merges to the conversation that is left.
func resolve(tx *store.Tx, id store.ConversationID) (store.ConversationID, store.Conversation, error) {
	for range maxMerges {
		c, err := store.Conversations.Get(tx, id)
		if err != nil || c.MergedInto == 0 {
			return id, c, err
		}
		id = c.MergedInto
	}
	return 0, store.Conversation{}, fmt.Errorf("conversation %d: merged in a circle: %w", id, store.ErrDamaged)
}

// conversation is where id leads to, if by may do act there. ErrNotAllowed says
// the same whether it doesn't exist or isn't his.
func conversation(tx *store.Tx, by account.Agent, act account.Act, id store.ConversationID) (store.ConversationID, store.Conversation, error) {
	id, c, err := resolve(tx, id)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && !account.May(by, act, c):
		return 0, store.Conversation{}, ErrNotAllowed
	case err != nil:
		return 0, store.Conversation{}, err
	}
	return id, c, nil
}

// message is a message with its conversation, if by may do act there. A restricted
// one is nobody's here: package privacy shows it to whom it may be shown.
func message(tx *store.Tx, by account.Agent, act account.Act, id store.MessageID) (store.Message, store.Conversation, error) {
	m, err := store.Messages.Get(tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && store.Restricted(tx, id) {
		return store.Message{}, store.Conversation{}, ErrNotAllowed
	}
	if err != nil {
		return m, store.Conversation{}, err
	}
	var c store.Conversation
	m.Conversation, c, err = conversation(tx, by, act, m.Conversation)
	if err != nil {
		return store.Message{}, c, err
	}
	return m, c, nil
}

// shown is a message's record as the desk may show it: of a restricted one no more
// than of an erased one.
func shown(tx *store.Tx, id store.MessageID) (m store.Message, restricted bool, err error) {
	if m, err = store.Messages.Get(tx, id); err != nil || !store.Restricted(tx, id) {
		return m, false, err
	}
	return store.Message{
		Conversation: m.Conversation, Mailbox: m.Mailbox, Kind: m.Kind, Origin: m.Origin, Agent: m.Agent, ReceivedAt: m.ReceivedAt, Erased: m.Erased,
	}, true, nil
}

// readable are the mailboxes whose conversations by may read, or only m if he may.
func readable(tx *store.Tx, by account.Agent, m store.MailboxID) (ids []store.MailboxID) {
	for id := range store.Mailboxes.All(tx) {
		if (m == 0 || m == id) && account.MayIn(by, account.Read, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
