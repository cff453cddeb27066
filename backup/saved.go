package backup

import (
	"bytes"
	"slices"

	"postolka/store"
)

// savedSetting holds the hash of the recipients whose identity somebody proved to have.
const savedSetting = "snapshot.key_saved"

// KeySaved says that the present key's identity was kept: its owner showed a piece
// of it after it was made.
func (b *Backup) KeySaved() (saved bool) {
	b.store.View(func(tx *store.Tx) error {
		sum := recipientsSum(splitLines(setting(tx, recipientsSetting)))
		saved = bytes.Equal(setting(tx, savedSetting), sum[:])
		return nil
	})
	return saved
}

// ConfirmKey notes that the identity of the present key was kept. ErrWrongIdentity:
// it is another one's; ErrNoIdentity, ErrNoVerifier.
func (b *Backup) ConfirmKey(identityFile []byte) error {
	id, err := ParseIdentity(identityFile)
	if err != nil {
		return err
	}
	now := b.Recipients()
	if len(now) == 0 || !slices.Contains(id.Recipients, now[0]) {
		return ErrWrongIdentity
	}
	sum := recipientsSum(now)
	return b.store.Update(func(tx *store.Tx) error { return putSetting(tx, savedSetting, sum[:]) })
}

// Snapshots lists those this instance knows and that were not rotated away, newest
// first, failed attempts among them (ProvenAt zero, Error).
func (b *Backup) Snapshots() (list []store.Snapshot, err error) {
	err = b.store.View(func(tx *store.Tx) error {
		list = list[:0]
		for _, s := range store.Snapshots.All(tx) {
			if s.Deleted.IsZero() {
				list = append(list, s)
			}
		}
		return nil
	})
	slices.SortFunc(list, func(a, b store.Snapshot) int { return b.At.Compare(a.At) })
	return list, err
}
