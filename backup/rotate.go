package backup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"postolka/store"
)

// Rotate deletes snapshots older than Keep, but never the newest good one, and
// then every object that no snapshot and no current pack needs, among them
// what an interrupted snapshot left. It says how many objects went. While an
// envelope can't be read nothing but whole snapshots is deleted.
func (b *Backup) Rotate(ctx context.Context) (deleted int, err error) {
	unlock, err := b.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	if err := b.claim(ctx); err != nil {
		return 0, err
	}
	listed, err := b.target.List(ctx, "")
	if err != nil {
		return 0, fmt.Errorf("list the snapshot target: %w", err)
	}
	kept, old, err := b.sortManifests(ctx, listed)
	for _, e := range old {
		if gone := b.deleteSnapshot(ctx, e); gone != nil {
			return deleted, errors.Join(err, gone)
		}
		deleted++
	}
	if err != nil {
		return deleted, err
	}
	n, err := b.collect(ctx, listed, kept)
	return deleted + n, err
}

// sortManifests reads all envelopes and says which snapshots stay.
func (b *Backup) sortManifests(ctx context.Context, listed []Object) (kept, old []envelope, err error) {
	all, err := b.envelopes(ctx, listed)
	sizes := map[string]int64{}
	for _, o := range listed {
		sizes[o.Name] = o.Bytes
	}
	newest, limit := b.newestGood(all, sizes), b.now().Add(-Keep)
	for _, e := range all {
		if e.At.Before(limit) && e.Name != newest {
			old = append(old, e)
		} else {
			kept = append(kept, e)
		}
	}
	return kept, old, err
}

// envelopes of all manifests; err joins those that can't be read.
func (b *Backup) envelopes(ctx context.Context, listed []Object) (all []envelope, err error) {
	known := b.verifiers()
	for _, o := range listed {
		if !strings.HasPrefix(o.Name, manifestFolder) || !strings.HasSuffix(o.Name, sealedSuffix) {
			continue
		}
		e, failed := readEnvelope(ctx, b.target, o.Name, known)
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		all = append(all, e)
	}
	return all, err
}

// newestGood is the newest manifest all of whose objects are there in full size.
func (b *Backup) newestGood(all []envelope, sizes map[string]int64) (name string) {
	replaced := b.replacements()
	var at time.Time
	for _, e := range all {
		if e.At.After(at) && e.whole(sizes, replaced) {
			name, at = e.Name, e.At
		}
	}
	return name
}

func (e envelope) whole(sizes map[string]int64, replaced map[string]string) bool {
	if sizes[e.Manifest.Object] != e.Manifest.Bytes {
		return false
	}
	for _, o := range e.Objects {
		if sizes[o.Object] != o.Bytes {
			return false
		}
	}
	for _, p := range e.Packs {
		if _, other := replaced[p.Object]; !other && sizes[p.Object] != p.Bytes {
			return false
		}
	}
	return true
}

// replacements says which object stands for one that an erasure replaced;
// "" stands for a pack of which nothing was left.
func (b *Backup) replacements() map[string]string {
	replaced := map[string]string{}
	b.store.View(func(tx *store.Tx) error {
		for _, p := range store.Packs.All(tx) {
			if !p.Replaced {
				continue
			}
			by, _ := store.Packs.Get(tx, p.ReplacedBy)
			replaced[p.Object] = by.Object
		}
		return nil
	})
	return replaced
}

// resolve follows replacements to the object that is there now.
func resolve(replaced map[string]string, object string) string {
	for range len(replaced) {
		by, ok := replaced[object]
		if !ok {
			break
		}
		object = by
	}
	return object
}

// deleteSnapshot: without its manifest a snapshot is none, whatever else stays.
func (b *Backup) deleteSnapshot(ctx context.Context, e envelope) error {
	for _, name := range []string{e.Name, envelopeName(e.Name)} {
		if err := b.target.Delete(ctx, name); err != nil {
			return fmt.Errorf("delete snapshot object %s: %w", name, err)
		}
	}
	return b.store.Update(func(tx *store.Tx) error {
		id, ok := store.SnapshotByName.First(tx, store.Key(e.Name))
		if !ok {
			return nil
		}
		s, err := store.Snapshots.Get(tx, id)
		if err != nil {
			return err
		}
		s.Deleted = b.now().UTC()
		return store.Snapshots.Put(tx, id, s)
	})
}

// collect deletes what nothing refers to.
func (b *Backup) collect(ctx context.Context, listed []Object, kept []envelope) (deleted int, err error) {
	needed := b.needed(kept)
	for _, o := range listed {
		if needed[o.Name] || !collectable(o.Name) {
			continue
		}
		if err := b.target.Delete(ctx, o.Name); err != nil {
			return deleted, fmt.Errorf("delete snapshot object %s: %w", o.Name, err)
		}
		deleted++
	}
	return deleted, b.forgetPacks(needed)
}

// needed are the objects of the snapshots that stay and all current packs,
// also those that no manifest names yet.
func (b *Backup) needed(kept []envelope) map[string]bool {
	needed, replaced := map[string]bool{}, b.replacements()
	for _, e := range kept {
		needed[e.Name], needed[envelopeName(e.Name)] = true, true
		for _, o := range e.Objects {
			needed[o.Object] = true
		}
		for _, p := range e.Packs {
			needed[resolve(replaced, p.Object)] = true
		}
	}
	b.store.View(func(tx *store.Tx) error {
		for _, p := range store.Packs.All(tx) {
			if current(p) {
				needed[p.Object] = true
			}
		}
		return nil
	})
	return needed
}

// collectable: ledger and instance.note are never garbage.
func collectable(name string) bool {
	for _, folder := range []string{manifestFolder, recordsFolder, keysFolder, packsFolder} {
		if strings.HasPrefix(name, folder) {
			return true
		}
	}
	return false
}

// forgetPacks closes the rows of packs that are gone.
func (b *Backup) forgetPacks(needed map[string]bool) error {
	return b.store.Update(func(tx *store.Tx) error {
		gone := map[store.PackID]store.Pack{}
		for id, p := range store.Packs.All(tx) {
			if p.Deleted.IsZero() && !needed[p.Object] {
				gone[id] = p
			}
		}
		for id, p := range gone {
			p.Deleted, p.Contents = b.now().UTC(), nil
			if err := store.Packs.Put(tx, id, p); err != nil {
				return err
			}
		}
		return nil
	})
}
