// Package ledger keeps the ledger of erasures: an append-only, hash-tree, signed list
// of what must never come back. It holds no personal data: ids, names of tables and
// fields, and keyed hashes of messages (the key lies in DATA/keys and, besides that,
// only inside age ciphertext).
//
// Entries are numbered from 1 and lie in the table store.Ledger; Hash of a record is
// the tree's root after it. An entry is written in the record transaction that decided
// on it. Package backup puts each as an object beside the snapshots, from where a
// restore reads them back ([VerifyObjects]) and applies them to the older records it
// restored ([Ledger.Replay]).
//
// An object is named ledger/0000000001 and is a signed head (package tree) of the tree
// after its entry, with one more signed line, the entry as JSON:
//
//	postolka erasure ledger
//	1
//	ROOT
//	time 2026-11-23T19:00:00Z
//	{"n":1,"at":"2026-11-23T19:00:00Z","verb":"tombstone",…}
//
//	— NAME SIGNATURE
//
// The leaf is that line without its line break. An object is a function of the entries
// up to it: made again, it has the same bytes.
package ledger

import (
	"errors"
	"fmt"
	"time"

	"postolka/store"
	"postolka/tree"

	"golang.org/x/mod/sumdb/note"
)

// Origin is the first line of every object and head.
const Origin = "postolka erasure ledger"

// Head says how many entries there are, the root over all, and the time of the last.
type Head = tree.Head

// ErrBody: an entry is not one of those this program writes.
var ErrBody = errors.New("not an entry of the erasure ledger")

// Ledger appends and reads entries. It keeps no state beside the store, so it may be
// used from any goroutine and in transactions that run twice.
type Ledger struct {
	store    *store.Store
	signer   note.Signer
	verifier note.Verifier
	now      func() time.Time
}

// Open checks that the last entry and the tree agree. An error wraps store.ErrDamaged.
func Open(s *store.Store) (*Ledger, error) { return open(s, time.Now) }

func open(s *store.Store, now func() time.Time) (*Ledger, error) {
	l := &Ledger{store: s, signer: s.Keys().Signer(), verifier: s.Keys().Verifier(), now: now}
	if _, err := l.Head(); err != nil {
		return nil, fmt.Errorf("open erasure ledger: %w", err)
	}
	return l, nil
}

// Append writes the next entry within tx and returns its number. N and At are set
// here. Tombstones take effect with the same commit; what the other verbs say the
// caller does. ErrBody.
func (l *Ledger) Append(tx *store.Tx, body Body) (store.LedgerID, error) {
	edge, head, err := state(tx)
	if err != nil {
		return 0, err
	}
	body.N, body.At = edge.Size()+1, l.now().UTC().Truncate(time.Second)
	if body.At.Before(head.At) {
		body.At = head.At // a clock set back must not make the ledger look older
	}
	if err := body.check(); err != nil {
		return 0, err
	}
	if err := put(tx, edge, body, false); err != nil {
		return 0, fmt.Errorf("append ledger entry %d: %w", body.N, err)
	}
	return store.LedgerID(body.N), putTombstones(tx, body)
}

// Heartbeat appends an entry that says nothing, unless there is one of today (UTC):
// beside the snapshots it shows that the ledger there is current. id 0: not needed.
func (l *Ledger) Heartbeat() (id store.LedgerID, err error) {
	err = l.store.Update(func(tx *store.Tx) error {
		id = 0
		_, head, err := state(tx)
		if err != nil || head.N > 0 && !head.At.Before(l.now().UTC().Truncate(24*time.Hour)) {
			return err
		}
		id, err = l.Append(tx, Body{Verb: VerbHeartbeat})
		return err
	})
	return id, err
}

// Head of the ledger as it stands. An error wraps store.ErrDamaged.
func (l *Ledger) Head() (head Head, err error) {
	err = l.store.View(func(tx *store.Tx) error {
		_, head, err = state(tx)
		return err
	})
	return head, err
}

// HeadIn is Head as of a transaction.
func (l *Ledger) HeadIn(tx *store.Tx) (Head, error) {
	_, head, err := state(tx)
	return head, err
}

// SignedHead is Head as a signed note, to be kept outside; [OpenHead] reads it.
func (l *Ledger) SignedHead() ([]byte, error) {
	head, err := l.Head()
	if err != nil {
		return nil, err
	}
	return head.Sign(l.signer)
}

// Entry reads entry n. store.ErrNotFound.
func (l *Ledger) Entry(tx *store.Tx, n store.LedgerID) (Body, error) {
	rec, err := store.Ledger.Get(tx, n)
	if err != nil {
		return Body{}, err
	}
	return parseBody(rec.Body)
}

// Verify recomputes the whole tree from the entries. An error wraps store.ErrDamaged
// or ErrBody and names the first entry that doesn't fit.
func (l *Ledger) Verify() (head Head, err error) {
	err = l.store.View(func(tx *store.Tx) error {
		var edge tree.Edge
		for id, rec := range store.Ledger.All(tx) {
			body, err := parseBody(rec.Body)
			if err != nil {
				return fmt.Errorf("ledger entry %d: %w", id, err)
			}
			edge.Add(tree.Leaf(rec.Body))
			if body.N != int64(id) || edge.Size() != body.N || edge.Root() != rec.Hash {
				return fmt.Errorf("ledger entry %d doesn't fit those before it: %w", id, store.ErrDamaged)
			}
		}
		_, head, err = state(tx)
		if err == nil && head.N != edge.Size() {
			return fmt.Errorf("ledger has %d entries, %d expected: %w", edge.Size(), head.N, store.ErrDamaged)
		}
		return err
	})
	return head, err
}

// put writes an entry and the edge of the tree after it.
func put(tx *store.Tx, edge *tree.Edge, body Body, published bool) error {
	text := body.bytes()
	edge.Add(tree.Leaf(text))
	entry := store.LedgerEntry{Body: text, Hash: edge.Root(), Published: published}
	if err := store.Ledger.Put(tx, store.LedgerID(body.N), entry); err != nil {
		return err
	}
	return saveEdge(tx, edge)
}

// state is the edge of the tree and the head, checked against the last entry.
func state(tx *store.Tx) (*tree.Edge, Head, error) {
	edge, err := loadEdge(tx)
	if err != nil {
		return nil, Head{}, err
	}
	head := Head{Origin: Origin, N: edge.Size(), Root: edge.Root()}
	last, some := store.Ledger.Last(tx)
	if !some && head.N == 0 {
		return edge, head, nil
	}
	rec, err := store.Ledger.Get(tx, last)
	if err != nil {
		return nil, Head{}, err
	}
	body, err := parseBody(rec.Body)
	if err != nil {
		return nil, Head{}, fmt.Errorf("ledger entry %d: %w", last, err)
	}
	if int64(last) != head.N || rec.Hash != head.Root || body.N != head.N {
		return nil, Head{}, fmt.Errorf("ledger of %d entries ends with entry %d: %w", head.N, last, store.ErrDamaged)
	}
	head.At = body.At
	return edge, head, nil
}

// edgeSetting holds the edge of the tree: a few hashes.
const edgeSetting = "ledger/edge"

func loadEdge(tx *store.Tx) (*tree.Edge, error) {
	_, set, err := setting(tx)
	if errors.Is(err, store.ErrNotFound) {
		return &tree.Edge{}, nil
	}
	if err != nil {
		return nil, err
	}
	edge, err := tree.FromBytes(set.Value)
	if err != nil {
		return nil, fmt.Errorf("edge of the ledger: %w", store.ErrDamaged)
	}
	return edge, nil
}

func saveEdge(tx *store.Tx, edge *tree.Edge) error {
	id, set, err := setting(tx)
	set.Name, set.Value = edgeSetting, edge.Bytes()
	if errors.Is(err, store.ErrNotFound) {
		_, err = store.Settings.Insert(tx, set)
		return err
	}
	if err != nil {
		return err
	}
	return store.Settings.Put(tx, id, set)
}

func setting(tx *store.Tx) (store.SettingID, store.Setting, error) {
	for id := range store.SettingByName.Prefix(tx, store.Key(edgeSetting)) {
		set, err := store.Settings.Get(tx, id)
		if err != nil || set.Name == edgeSetting {
			return id, set, err
		}
	}
	return 0, store.Setting{}, store.ErrNotFound
}
