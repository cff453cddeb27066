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
func (p *Privacy) SnapshotPolicy() (SnapshotPolicy, error) {
	value, err := p.setting(policySetting)
	if value == "" {
		value = string(Rotate)
	}
	return SnapshotPolicy(value), err
}

// SetSnapshotPolicy changes it for erasures from now on; snapshots are the
// owner's. ErrPolicy, desk.ErrNotAllowed.
func (p *Privacy) SetSnapshotPolicy(ctx context.Context, by account.Agent, policy SnapshotPolicy) error {
	if policy != Rotate && policy != Strict {
		return ErrPolicy
	}
	return p.set(ctx, by, policySetting, string(policy))
}

func (p *Privacy) setting(name string) (value string, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		value = ""
		id, ok := store.SettingByName.First(tx, store.Key(name))
		if !ok {
			return nil
		}
		setting, err := store.Settings.Get(tx, id)
		value = string(setting.Value)
		return err
	})
	return value, err
}

// set stores a setting of the owner's, with an entry in the access log.
func (p *Privacy) set(ctx context.Context, by account.Agent, name, value string) error {
	if !account.MayDo(by, account.OwnSnapshots) {
		return desk.ErrNotAllowed
	}
	e := p.Log.By(by, audit.Setting)
	e.Object = name + " " + value
	if err := p.Log.Record(ctx, e); err != nil {
		return err
	}
	return p.Store.Update(func(tx *store.Tx) error {
		setting := store.Setting{Name: name, Value: []byte(value)}
		if id, ok := store.SettingByName.First(tx, store.Key(name)); ok {
			return store.Settings.Put(tx, id, setting)
		}
		_, err := store.Settings.Insert(tx, setting)
		return err
	})
}
