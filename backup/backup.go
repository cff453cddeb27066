// Package backup writes age-encrypted snapshots, proves each when it is made,
// rotates and restores them, and keeps the erasure ledger beside them.
//
// A snapshot is a signed manifest and the objects it names: the records, the
// instance's keys, and packs of messages. A pack is written once, when its
// messages are new, so a second snapshot writes little. The server needs no
// key to write: each snapshot adds one recipient whose identity lives in
// memory only, with which it is read back and proven; the owner's identity
// opens it later. age does not authenticate the writer, so manifests, envelopes,
// heartbeats and ledger entries are signed by the instance (store.Keys), and
// the owner's identity file holds the verifier key.
//
// manifest.go lists the objects at a target, pack.go the format of a pack.
package backup

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"postolka/ledger"
	"postolka/store"
)

var (
	// ErrNoRecipient: nobody could read a snapshot yet.
	ErrNoRecipient = errors.New("no snapshot key yet: make one with postolka key new")
	// ErrForeign: what lies at the target was written by another instance, or forged.
	ErrForeign = errors.New("snapshot was not signed by this instance's key")
	// ErrLedgerCut: restoring could bring back what was erased.
	ErrLedgerCut = errors.New("the ledger beside the snapshots is missing, gapped or older than the snapshot")
	// ErrDamaged: an object, named in the error, is not what was written.
	ErrDamaged = errors.New("snapshot object is damaged")
	// ErrTargetEmpty: packs were written, but the target has nothing of this
	// instance; a disk that is not mounted looks like that.
	ErrTargetEmpty = errors.New("the snapshot target is empty although snapshots were made: is its disk mounted? (StartOver writes everything anew)")
)

// Keep is how long a snapshot stays; the newest good one stays in any case.
const Keep = 30 * 24 * time.Hour

// Backup is safe for concurrent use; one snapshot, rotation or pack
// replacement at a time, the others wait.
type Backup struct {
	// Version of the program, and the access log's signed head; both go into
	// each manifest. Set before use; LogCheckpoint may be nil.
	Version       string
	LogCheckpoint func(context.Context) ([]byte, error)

	store  *store.Store
	ledger *ledger.Ledger
	target Target
	log    *slog.Logger
	now    func() time.Time
	busy   chan struct{}
	claims sync.Mutex
}

// New wires a backup. log nil: discard; now nil: time.Now.
func New(s *store.Store, l *ledger.Ledger, t Target, log *slog.Logger, now func() time.Time) *Backup {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if now == nil {
		now = time.Now
	}
	return &Backup{store: s, ledger: l, target: t, log: log, now: now, busy: make(chan struct{}, 1)}
}

// lock waits for its turn; unlock must be called when err is nil.
func (b *Backup) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case b.busy <- struct{}{}:
		return func() { <-b.busy }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

const recipientsSetting = "snapshot.recipients"

// NewKey makes an age identity with the instance's verifier key in it, to be
// kept by the owner and never here, and makes its recipient the instance's:
// the next snapshot writes everything anew for it, older ones still need the
// key before. classic: X25519, for age before 1.3.
func (b *Backup) NewKey(classic bool) (identityFile []byte, err error) {
	file, recipient, err := newIdentityFile(b.store.Keys().VerifierKey(), classic, b.now())
	if err != nil {
		return nil, err
	}
	return file, b.store.Update(func(tx *store.Tx) error {
		return putSetting(tx, recipientsSetting, []byte(recipient))
	})
}

// Recipients of new snapshots, as age prints them; none before NewKey.
func (b *Backup) Recipients() []string {
	var found []string
	b.store.View(func(tx *store.Tx) error {
		found = splitLines(setting(tx, recipientsSetting))
		return nil
	})
	return found
}

// CheckKey says whether an identity file belongs to this instance and opens its
// new snapshots. Errors: ErrNoIdentity, ErrNoVerifier, ErrForeign, ErrWrongIdentity
// (an older key: it opens older snapshots only).
func (b *Backup) CheckKey(identityFile []byte) (Identity, error) {
	id, err := ParseIdentity(identityFile)
	if err != nil {
		return id, err
	}
	if id.Verifier != b.store.Keys().VerifierKey() {
		return id, fmt.Errorf("identity file of another instance: %w", ErrForeign)
	}
	for _, recipient := range b.Recipients() {
		if !slices.Contains(id.Recipients, recipient) {
			return id, ErrWrongIdentity
		}
	}
	return id, nil
}

// recipientsSum tells packs for an older key from those for the present one.
func recipientsSum(recipients []string) [32]byte {
	return sha256.Sum256([]byte(strings.Join(recipients, "\n")))
}

func (b *Backup) verifiers() note.Verifiers { return note.VerifierList(b.store.Keys().Verifier()) }

func setting(tx *store.Tx, name string) []byte {
	id, ok := store.SettingByName.First(tx, store.Key(name))
	if !ok {
		return nil
	}
	s, err := store.Settings.Get(tx, id)
	if err != nil {
		return nil
	}
	return s.Value
}

func putSetting(tx *store.Tx, name string, value []byte) error {
	s := store.Setting{Name: name, Value: value}
	if id, ok := store.SettingByName.First(tx, store.Key(name)); ok {
		return store.Settings.Put(tx, id, s)
	}
	_, err := store.Settings.Insert(tx, s)
	return err
}
