package backup

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"postolka/ledger"
	"postolka/store"
)

// errVolume: a message that should be in the pack is not here as it was packed.
var errVolume = errors.New("a message of the pack is not in its volume as it was packed: the pack stays as it is (see postolka doctor)")

// ReplacePacks writes every pack that holds one of the erased messages anew
// from the volumes: without it, or with what it was redacted to. The new object
// is proven and the ledger's line published before the old one is deleted; a
// pack with a message that does not match what was packed stays, and is an
// error. Idempotent: after a crash call it again. lastDate is when the last
// snapshot whose records are older than now is rotated away; zero: there is none.
func (b *Backup) ReplacePacks(ctx context.Context, erased []store.MessageID) (replaced int, lastDate time.Time, err error) {
	unlock, err := b.lock(ctx)
	if err != nil {
		return 0, time.Time{}, err
	}
	defer unlock()
	gone := map[store.MessageID]bool{}
	for _, id := range erased {
		gone[id] = true
	}
	holding, err := b.packsWith(gone)
	for id, p := range holding {
		if err = b.replacePack(ctx, id, p, gone); err != nil {
			return replaced, time.Time{}, fmt.Errorf("replace snapshot pack %s: %w", p.Object, err)
		}
		replaced++
	}
	if err == nil {
		err = b.finishReplaced(ctx)
	}
	return replaced, b.lastRecords(), err
}

// packsWith are the packs at the target that hold one of the messages, retired
// ones too: an older snapshot needs them.
func (b *Backup) packsWith(messages map[store.MessageID]bool) (map[store.PackID]store.Pack, error) {
	return b.packs(func(p store.Pack) bool {
		if p.Replaced || !p.Deleted.IsZero() {
			return false
		}
		for m := range contents(p.Contents).all {
			if messages[m] {
				return true
			}
		}
		return false
	})
}

func (b *Backup) replacePack(ctx context.Context, id store.PackID, old store.Pack, gone map[store.MessageID]bool) error {
	w, err := b.newWriter(nil)
	if err != nil {
		return err
	}
	marks := map[store.MessageID]mark{}
	var ids []store.MessageID
	for m, sum := range contents(old.Contents).all {
		marks[m], ids = sum, append(ids, m)
	}
	p, _, err := w.writePack(ctx, ids, math.MaxInt, func(m store.MessageID) (store.Content, bool, error) {
		return b.remaining(m, marks[m], gone[m])
	})
	if err != nil {
		return err
	}
	p.RetiredAt = old.RetiredAt
	return b.recordReplaced(id, old, p)
}

// remaining gives a message for the new pack, if it is what was packed.
func (b *Backup) remaining(id store.MessageID, want mark, erased bool) (store.Content, bool, error) {
	c, err := b.content(id)
	missing := errors.Is(err, store.ErrNotFound)
	if err != nil && !missing {
		return store.Content{}, false, err
	}
	if !missing && (erased || markOf(c.Raw) == want) {
		return c, true, nil
	}
	changed, err := b.changed(id)
	switch {
	case err != nil:
		return store.Content{}, false, err
	case missing && (erased || changed):
		return store.Content{}, false, nil
	case !missing && changed:
		return c, true, nil
	}
	return store.Content{}, false, fmt.Errorf("message %d: %w", id, errVolume)
}

// changed says that another erasure took the message or redacted it.
func (b *Backup) changed(id store.MessageID) (changed bool, err error) {
	err = b.store.View(func(tx *store.Tx) error {
		m, err := store.Messages.Get(tx, id)
		if errors.Is(err, store.ErrNotFound) {
			changed = true
			return nil
		}
		changed = err == nil && (!m.Erased.IsZero() || m.Version > 0)
		return err
	})
	return changed, err
}

// recordReplaced makes the exchange durable with its ledger line.
func (b *Backup) recordReplaced(id store.PackID, old, p store.Pack) error {
	line := ledger.PackReplaced{Old: old.Object, Messages: left(old.Contents, p.Contents)}
	if p.Messages > 0 {
		line.New, line.Bytes, line.Contents = p.Object, p.Bytes, contents(p.Contents).sum().String()
		line.Cipher, line.Plain = Sum(p.Cipher).String(), Sum(p.Plain).String()
	}
	return b.store.Update(func(tx *store.Tx) error {
		if err := exchange(tx, id, old, p); err != nil {
			return err
		}
		_, err := b.ledger.Append(tx, ledger.Body{Verb: ledger.VerbPackReplaced, Packs: []ledger.PackReplaced{line}})
		return err
	})
}

// exchange puts the new pack into the row of the old, so that the records of its
// messages stay as they are; the old one gets a row of its own.
func exchange(tx *store.Tx, id store.PackID, old, p store.Pack) error {
	old.Replaced, old.ReplacedBy = true, 0
	if p.Messages == 0 {
		return store.Packs.Put(tx, id, old)
	}
	old.ReplacedBy = id
	if err := store.Packs.Put(tx, id, p); err != nil {
		return err
	}
	_, err := store.Packs.Insert(tx, old)
	return err
}

// left are the messages that the new pack has no more.
func left(old, new contents) (out []store.MessageID) {
	have := map[store.MessageID]bool{}
	for id := range new.all {
		have[id] = true
	}
	for id := range old.all {
		if !have[id] {
			out = append(out, id)
		}
	}
	return out
}

// finishReplaced deletes replaced objects once their lines are published.
func (b *Backup) finishReplaced(ctx context.Context) error {
	old, err := b.packs(func(p store.Pack) bool { return p.Replaced && p.Deleted.IsZero() })
	if err != nil || len(old) == 0 {
		return err
	}
	if err := b.PublishLedger(ctx); err != nil {
		return err
	}
	for id, p := range old {
		if err := b.target.Delete(ctx, p.Object); err != nil {
			return fmt.Errorf("delete replaced pack %s: %w", p.Object, err)
		}
		p.Deleted, p.Contents = b.now().UTC(), nil
		if err := b.store.Update(func(tx *store.Tx) error { return store.Packs.Put(tx, id, p) }); err != nil {
			return err
		}
	}
	// The rows named the erased messages' sums.
	_, err = b.store.Scrub(ctx)
	return err
}

// lastRecords is when the last of the snapshots that exist now will be gone.
func (b *Backup) lastRecords() (last time.Time) {
	b.store.View(func(tx *store.Tx) error {
		for _, s := range store.Snapshots.All(tx) {
			if end := s.At.Add(Keep); s.Name != "" && s.Deleted.IsZero() && end.After(last) {
				last = end
			}
		}
		return nil
	})
	return last
}
