package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"postolka/store"
)

// instance says whose snapshots lie at a target: two instances in one folder
// would delete each other's objects at rotation.
type instance struct {
	Verifier string    `json:"verifier"`
	At       time.Time `json:"at"`
}

// claim makes the target this instance's, or says that it is another's.
func (b *Backup) claim(ctx context.Context) error {
	b.claims.Lock()
	defer b.claims.Unlock()
	text, err := readAll(ctx, b.target, instanceObject)
	if errors.Is(err, ErrNoObject) {
		return b.claimFirst(ctx)
	}
	if err != nil {
		return fmt.Errorf("read the snapshot target: %w", err)
	}
	var i instance
	if err := verify("instance", text, b.verifiers(), &i); err != nil {
		return fmt.Errorf("%s: %w: give this instance a folder of its own", instanceObject, err)
	}
	return b.settled()
}

// restoredSetting is set until a restored desk has found its target: it may be
// the one it came from, or a new one, where everything is written anew.
const restoredSetting = "snapshot.restored"

func (b *Backup) claimFirst(ctx context.Context) error {
	written, err := b.packs(current)
	if err != nil {
		return err
	}
	if len(written) > 0 && !b.justRestored() {
		return ErrTargetEmpty
	}
	if err := b.retire(func(store.Pack) bool { return true }); err != nil {
		return err
	}
	return b.putInstance(ctx)
}

func (b *Backup) putInstance(ctx context.Context) error {
	text, err := sign("instance", instance{b.store.Keys().VerifierKey(), b.now().UTC()}, b.store.Keys().Signer())
	if err != nil {
		return err
	}
	if _, err := b.target.Put(ctx, instanceObject, bytes.NewReader(text)); err != nil {
		return fmt.Errorf("write to the snapshot target: %w", err)
	}
	return b.settled()
}

// settled: from now on an empty target is a fault.
func (b *Backup) settled() error {
	if !b.justRestored() {
		return nil
	}
	return b.store.Update(func(tx *store.Tx) error { return putSetting(tx, restoredSetting, nil) })
}

func (b *Backup) justRestored() (restored bool) {
	b.store.View(func(tx *store.Tx) error {
		restored = len(setting(tx, restoredSetting)) > 0
		return nil
	})
	return restored
}
