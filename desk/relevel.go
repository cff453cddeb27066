package desk

import (
	"context"
	"slices"

	"postolka/store"
)

// Relevel computes the derived fields of conversations anew that a restore left
// empty: those of which the erasure ledger took messages.
func (d *Desk) Relevel(ctx context.Context) error {
	var empty []store.ConversationID
	err := d.store.View(func(tx *store.Tx) error {
		empty = nil
		for id, c := range store.Conversations.All(tx) {
			if c.Messages > 0 && c.Subject == "" && c.Preview == "" && c.Who == "" {
				empty = append(empty, id)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for some := range slices.Chunk(empty, 200) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.store.Update(func(tx *store.Tx) error { return d.Recompute(tx, some...) }); err != nil {
			return err
		}
	}
	return nil
}
