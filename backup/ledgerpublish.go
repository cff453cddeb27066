package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"postolka/ledger"
	"postolka/store"
)

// beat makes sure that the ledger has an entry of today and that the target has
// the whole ledger. So every manifest knows of at least one entry, and a set
// whose ledger was taken away never looks like one that never had any.
func (b *Backup) beat(ctx context.Context) error {
	if _, err := b.ledger.Heartbeat(); err != nil {
		return fmt.Errorf("the ledger's heartbeat: %w", err)
	}
	return b.PublishLedger(ctx)
}

// PublishLedger stores every entry of the erasure ledger that the target does
// not have as an object of its own and reads each back; then it counts as
// published. Nothing is overwritten: an object with other content is ErrDamaged.
func (b *Backup) PublishLedger(ctx context.Context) error {
	if err := b.claim(ctx); err != nil {
		return err
	}
	listed, err := b.target.List(ctx, ledgerFolder)
	if err != nil {
		return fmt.Errorf("list the ledger at the target: %w", err)
	}
	there := map[string]bool{}
	for _, o := range listed {
		there[o.Name] = true
	}
	due, err := b.unpublished(there)
	if err != nil {
		return err
	}
	for _, n := range due {
		if err := b.publishEntry(ctx, n, there[ledger.ObjectName(n)]); err != nil {
			return err
		}
	}
	return nil
}

// unpublished are the entries that were not read back yet or that the target lost.
func (b *Backup) unpublished(there map[string]bool) (due []store.LedgerID, err error) {
	err = b.store.View(func(tx *store.Tx) error {
		for n, e := range store.Ledger.All(tx) {
			if !e.Published || !there[ledger.ObjectName(n)] {
				due = append(due, n)
			}
		}
		return nil
	})
	return due, err
}

// publishEntry also finishes what a crash left between put and mark.
func (b *Backup) publishEntry(ctx context.Context, n store.LedgerID, there bool) error {
	var o ledger.Object
	err := b.store.View(func(tx *store.Tx) (err error) {
		o, err = b.ledger.Object(tx, n)
		return err
	})
	if err != nil {
		return err
	}
	if !there {
		if _, err := b.target.Put(ctx, o.Name, bytes.NewReader(o.Signed)); err != nil {
			return fmt.Errorf("write ledger entry %d: %w", n, err)
		}
	}
	back, err := readAll(ctx, b.target, o.Name)
	if err != nil && !errors.Is(err, ErrNoObject) {
		return fmt.Errorf("read back ledger entry %d: %w", n, err)
	}
	if !bytes.Equal(back, o.Signed) {
		return damaged(o.Name, "it is not the entry of this ledger")
	}
	return b.store.Update(func(tx *store.Tx) error { return b.ledger.MarkPublished(tx, n) })
}

// lastProven is the newest good snapshot that this instance knows of.
func (b *Backup) lastProven() (last store.Snapshot, ok bool) {
	b.store.View(func(tx *store.Tx) error {
		for _, s := range store.Snapshots.All(tx) {
			if !s.ProvenAt.IsZero() && s.Deleted.IsZero() && !s.At.Before(last.At) {
				last, ok = s, true
			}
		}
		return nil
	})
	return last, ok
}
