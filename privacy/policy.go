package privacy

import (
	"context"
	"errors"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/store"
)

// SnapshotPolicy says what an erasure does with the records in snapshots that
// were made before it. Their packs of mail are written anew in any case; records
// can't be, since the key that opens them is with the owner.
type SnapshotPolicy string

const (
	// Rotate: they stay until they are rotated away, and the receipt names the
	// day. A restore replays the ledger, so nothing comes back.
	Rotate SnapshotPolicy = "rotate"
	// Strict: a new proven snapshot is made and all older ones are deleted at
	// once. What can be restored begins anew with every erasure; retention, which
	// nobody asked for, leaves them to rotation.
	Strict SnapshotPolicy = "strict"
)

// ErrPolicy: there is no such policy.
var ErrPolicy = errors.New("no such policy for snapshots: rotate or strict")

const policySetting = "erase.snapshots"

// SnapshotPolicy as it is set; Rotate from the start.
func (p *Privacy) SnapshotPolicy() (policy SnapshotPolicy, err error) {
	policy = Rotate
	err = p.Store.View(func(tx *store.Tx) error {
		id, ok := store.SettingByName.First(tx, store.Key(policySetting))
		if !ok {
			return nil
		}
		setting, err := store.Settings.Get(tx, id)
		policy = SnapshotPolicy(setting.Value)
		return err
	})
	return policy, err
}

// SetSnapshotPolicy changes it for erasures from now on; snapshots are the
// owner's. ErrPolicy, desk.ErrNotAllowed.
func (p *Privacy) SetSnapshotPolicy(ctx context.Context, by account.Agent, policy SnapshotPolicy) error {
	if !account.MayDo(by, account.OwnSnapshots) {
		return desk.ErrNotAllowed
	}
	if policy != Rotate && policy != Strict {
		return ErrPolicy
	}
	e := p.Log.By(by, audit.Setting)
	e.Object = "erasure " + string(policy)
	if err := p.Log.Record(ctx, e); err != nil {
		return err
	}
	return p.Store.Update(func(tx *store.Tx) error {
		setting := store.Setting{Name: policySetting, Value: []byte(policy)}
		if id, ok := store.SettingByName.First(tx, store.Key(policySetting)); ok {
			return store.Settings.Put(tx, id, setting)
		}
		_, err := store.Settings.Insert(tx, setting)
		return err
	})
}
