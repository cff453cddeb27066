package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"postolka/store"
)

// readBackShare: each night a thirtieth of the packs is read back, so each
// once in a Keep.
const readBackShare = 30

// ReadBack compares stored bytes at the target with what was written: of the
// packs that were not read for longest, or, when all is set, of every object of
// every snapshot. problems name objects; a pack with one is written anew from the
// volumes at once.
func (b *Backup) ReadBack(ctx context.Context, all bool) (problems []string, err error) {
	unlock, err := b.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return b.readBackObjects(ctx, all)
}

// readBackObjects is ReadBack under the lock of jobs and snapshots.
func (b *Backup) readBackObjects(ctx context.Context, all bool) (problems []string, err error) {
	packs, err := b.packsToRead(all)
	if err != nil {
		return nil, err
	}
	for _, id := range packs {
		problem, err := b.readBackPack(ctx, id)
		if err != nil {
			return problems, err
		}
		if problem != "" {
			problems = append(problems, problem)
		}
	}
	if err := b.finishReplaced(ctx); err != nil {
		return problems, err
	}
	if all {
		more, err := b.readBackSnapshots(ctx)
		return append(problems, more...), err
	}
	return problems, nil
}

func (b *Backup) packsToRead(all bool) (ids []store.PackID, err error) {
	packs, err := b.packs(func(p store.Pack) bool { return !p.Replaced && p.Deleted.IsZero() })
	ids = slices.SortedFunc(maps.Keys(packs), func(x, y store.PackID) int {
		return cmp.Or(packs[x].CheckedAt.Compare(packs[y].CheckedAt), cmp.Compare(x, y))
	})
	if !all {
		ids = ids[:(len(ids)+readBackShare-1)/readBackShare]
	}
	return ids, err
}

// readBackPack dates the reading and mends what is damaged.
func (b *Backup) readBackPack(ctx context.Context, id store.PackID) (problem string, err error) {
	var p store.Pack
	err = b.store.View(func(tx *store.Tx) (err error) {
		p, err = store.Packs.Get(tx, id)
		return err
	})
	if err != nil {
		return "", err
	}
	switch err := readBack(ctx, b.target, sealedPack(p)); {
	case errors.Is(err, ErrDamaged):
		return err.Error(), b.mend(ctx, id, p)
	case err != nil:
		return "", err
	}
	p.CheckedAt = b.now().UTC()
	return "", b.store.Update(func(tx *store.Tx) error { return store.Packs.Put(tx, id, p) })
}

// readBackSnapshots reads what belongs to one snapshot each.
func (b *Backup) readBackSnapshots(ctx context.Context) (problems []string, err error) {
	listed, err := b.target.List(ctx, manifestFolder)
	if err != nil {
		return nil, fmt.Errorf("list the snapshot target: %w", err)
	}
	envelopes, bad := b.envelopes(ctx, listed)
	if bad != nil {
		problems = append(problems, bad.Error())
	}
	for _, e := range envelopes {
		for _, o := range append([]Sealed{e.Manifest}, e.Objects...) {
			failed := readBack(ctx, b.target, o)
			if failed != nil && !errors.Is(failed, ErrDamaged) {
				return problems, failed
			}
			if failed != nil {
				problems = append(problems, failed.Error())
			}
		}
	}
	return problems, nil
}
