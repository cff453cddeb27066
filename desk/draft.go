package desk

import (
	"context"
	"errors"

	"postolka/account"
	"postolka/store"
)

// SaveDraft keeps by's unsent answer (ID 0: a new one). It belongs to him alone;
// he needs the right to answer where it will go.
func (d *Desk) SaveDraft(ctx context.Context, by account.Agent, dr Draft) (store.DraftID, error) {
	id := dr.ID
	err := d.store.Update(func(tx *store.Tx) (err error) {
		rec := dr.Draft
		rec.Agent, rec.UpdatedAt = by.ID, d.now().UTC()
		if rec.Conversation, rec.Mailbox, err = draftPlace(tx, by, rec); err != nil {
			return err
		}
		if dr.ID == 0 {
			id, err = store.Drafts.Insert(tx, rec)
		} else if _, err = ownDraft(tx, by, dr.ID); err == nil {
			err = store.Drafts.Put(tx, dr.ID, rec)
		}
		if err != nil {
			return err
		}
		return markDraft(tx, rec.Conversation)
	})
	return id, err
}

// draftPlace is where an answer will go, if by may answer there.
func draftPlace(tx *store.Tx, by account.Agent, dr store.Draft) (store.ConversationID, store.MailboxID, error) {
	if dr.Conversation != 0 {
		id, c, err := conversation(tx, by, account.Answer, dr.Conversation)
		return id, c.Mailbox, err
	}
	if !store.Mailboxes.Has(tx, dr.Mailbox) || !account.MayIn(by, account.Answer, dr.Mailbox) {
		return 0, 0, ErrNotAllowed
	}
	return 0, dr.Mailbox, nil
}

func ownDraft(tx *store.Tx, by account.Agent, id store.DraftID) (store.Draft, error) {
	dr, err := store.Drafts.Get(tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && dr.Agent != by.ID {
		return dr, ErrNotAllowed
	}
	return dr, err
}

// DropDraft throws by's draft away.
func (d *Desk) DropDraft(ctx context.Context, by account.Agent, id store.DraftID) error {
	return d.store.Update(func(tx *store.Tx) error {
		dr, err := ownDraft(tx, by, id)
		if err != nil {
			return err
		}
		if err := store.Drafts.Delete(tx, id); err != nil {
			return err
		}
		return markDraft(tx, dr.Conversation)
	})
}

// markDraft keeps the list's mark level with the drafts there are.
func markDraft(tx *store.Tx, id store.ConversationID) error {
	if id == 0 {
		return nil
	}
	id, c, err := resolve(tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, has := store.DraftsByConversation.First(tx, store.Key(id))
	if has == c.HasDraft {
		return nil
	}
	c.HasDraft = has
	return store.Conversations.Put(tx, id, c)
}

// Drafts are all of by's own, the newest first; also those of conversations not begun yet.
func (d *Desk) Drafts(ctx context.Context, by account.Agent) (list []Draft, err error) {
	if by.ID == 0 {
		return nil, nil
	}
	err = d.store.View(func(tx *store.Tx) error {
		list = nil
		for id := range store.DraftsByAgent.PrefixReverse(tx, store.Key(by.ID)) {
			dr, err := store.Drafts.Get(tx, id)
			if err != nil {
				return err
			}
			if _, _, err := draftPlace(tx, by, dr); err == nil {
				list = append(list, Draft{id, dr})
			}
		}
		return nil
	})
	return list, err
}
