package backup

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Renew makes a snapshot and then deletes every other one, and all that only they
// needed: nothing from before the present state of the records is left at the
// target. It says how many snapshots went. Without a key there are none. It may
// be repeated.
func (b *Backup) Renew(ctx context.Context) (dropped int, err error) {
	made, err := b.Snapshot(ctx, nil)
	if errors.Is(err, ErrNoRecipient) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	listed, err := b.target.List(ctx, "")
	if err != nil {
		return 0, fmt.Errorf("list the snapshot target: %w", err)
	}
	only, err := readEnvelope(ctx, b.target, made.Snapshot, b.verifiers())
	if err != nil {
		return 0, err
	}
	for _, o := range listed {
		if !strings.HasPrefix(o.Name, manifestFolder) || !strings.HasSuffix(o.Name, sealedSuffix) || o.Name == made.Snapshot {
			continue
		}
		if err := b.deleteSnapshot(ctx, envelope{Name: o.Name}); err != nil {
			return dropped, err
		}
		dropped++
	}
	_, err = b.collect(ctx, listed, []envelope{only})
	return dropped, err
}
