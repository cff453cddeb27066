package privacy

import (
	"context"
	"fmt"

	"postolka/account"
	"postolka/store"
)

// Retain erases what every mailbox's retention says has been kept long enough:
// the messages of conversations that are solved, spam or binned and in which
// nothing happened for Mailbox.Keep. It is the same job as a person's erasure,
// planned and approved by the program under the policy the mailbox's manager set.
func (p *Privacy) Retain(ctx context.Context) error {
	by := account.SystemAgent()
	due, err := p.due()
	if err != nil || len(due) == 0 {
		return err
	}
	id, err := p.newJob(by, store.JobRetention)
	if err != nil {
		return err
	}
	f := file{Purpose: "retention", Decisions: due}
	plan, err := p.makePlan(ctx, by, id, f, store.JobRetention)
	if err != nil {
		return err
	}
	if _, err := p.Approve(ctx, by, plan.Hash); err != nil {
		return fmt.Errorf("approve retention: %w", err)
	}
	_, err = p.Run(ctx, id, nil)
	return err
}

// due lists the messages whose time is over.
func (p *Privacy) due() (map[store.MessageID]MessageDecision, error) {
	due := map[store.MessageID]MessageDecision{}
	err := p.Store.View(func(tx *store.Tx) error {
		clear(due)
		for mailbox, m := range store.Mailboxes.All(tx) {
			if m.Keep <= 0 {
				continue
			}
			if err := p.dueIn(tx, mailbox, m, due); err != nil {
				return err
			}
		}
		return nil
	})
	return due, err
}

func (p *Privacy) dueIn(tx *store.Tx, mailbox store.MailboxID, m store.Mailbox, due map[store.MessageID]MessageDecision) error {
	before := p.Now().Add(-m.Keep)
	for _, status := range []store.Status{store.StatusSolved, store.StatusSpam, store.StatusBin} {
		for id := range store.ConversationsByState.Prefix(tx, store.Key(mailbox, uint8(status))) {
			c, err := store.Conversations.Get(tx, id)
			if err != nil {
				return err
			}
			if !c.LastMessageAt.Before(before) {
				continue
			}
			for message := range store.MessagesByConversation.Prefix(tx, store.Key(id)) {
				msg, err := store.Messages.Get(tx, message)
				if err != nil {
					return err
				}
				if msg.Erased.IsZero() {
					due[message] = MessageDecision{Message: message, Decision: EraseIt}
				}
			}
		}
	}
	return nil
}
