package backup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"postolka/store"
)

// Drill restores the newest snapshot to a temporary place with the owner's
// identity, checks it as a restore does, and removes it. The identity is not
// kept. All other objects are read back and compared; what does not fit is named
// in Problems. The ledger at the target must reach to this instance's own head.
func (b *Backup) Drill(ctx context.Context, identityFile []byte) (DrillReport, error) {
	unlock, err := b.lock(ctx)
	if err != nil {
		return DrillReport{}, err
	}
	defer unlock()
	head, err := b.ledger.Head()
	if err != nil {
		return DrillReport{}, err
	}
	dir, err := os.MkdirTemp(filepath.Join(b.store.Dir(), "tmp"), "drill-")
	if err != nil {
		return DrillReport{}, err
	}
	defer os.RemoveAll(dir)
	report, err := Restore(ctx, b.target, identityFile, dir, RestoreOptions{Head: headOf(head).String()})
	if err != nil {
		return report, fmt.Errorf("drill: %w", err)
	}
	if err := b.noteDrill(report.Snapshot); err != nil {
		return report, err
	}
	// What only older snapshots need, the restore did not touch.
	others, err := b.readBackObjects(ctx, true)
	for _, o := range others {
		if !slices.Contains(report.Problems, o) {
			report.Problems = append(report.Problems, o)
		}
	}
	return report, err
}

func (b *Backup) noteDrill(name string) error {
	return b.store.Update(func(tx *store.Tx) error {
		id, ok := store.SnapshotByName.First(tx, store.Key(name))
		if !ok {
			return nil // of this instance, but rotated away meanwhile
		}
		s, err := store.Snapshots.Get(tx, id)
		if err != nil {
			return err
		}
		s.DrilledAt = b.now().UTC()
		return store.Snapshots.Put(tx, id, s)
	})
}
