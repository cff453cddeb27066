// Package audit keeps the access log: append-only, Merkle-hashed, signed, and
// written before content is shown.
//
// The log lies in DATA/audit.db (bbolt, by store.OpenFile). All numbers are 8 bytes
// big-endian; N is the index of an entry, from 0.
//
//	entries       N → 16 random bytes, then the Entry as JSON
//	hashes        stored-hash index of x/mod/sumdb/tlog → 32 bytes; the hash of leaf N
//	              is RecordHash of the whole value in entries, random bytes included,
//	              so that a hash that outlives its entry can't be guessed back
//	message       message, N → 1      index rows
//	conversation  conversation, N → 1
//	agent         agent, N → 1
//	day           days since 1970-01-01 UTC, N → 1
//	checkpoints   size of the tree → signed head (see package tree), origin [Origin]
//	state         "head" → signed head of the last commit; "report" → last Report, JSON
//	damage        nanoseconds → what Open found wrong; never deleted
//
// Entries, hashes, index rows and head are written in one transaction, and Record
// returns after its fsync. One goroutine writes; what arrives while a commit runs
// shares the next one.
//
// Pruning deletes an entry with its random bytes and index rows; its leaf hash stays,
// and an entry of the log itself says up to where. So the proof holds for years, and
// what was pruned can't be told any more.
//
// Whoever holds the signing key (root of the host) can write the log anew; only a
// checkpoint kept outside shows that.
package audit

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sort"
	"sync"
	"time"

	"postolka/account"
	"postolka/store"
	"postolka/tree"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Origin is the first line of a checkpoint.
const Origin = "postolka access log"

// ErrClosed: the log was closed; nothing may be shown.
var ErrClosed = errors.New("access log is closed")

const file = "audit.db"

const (
	entriesBucket     = "entries"
	hashesBucket      = "hashes"
	messageBucket     = "message"
	conversationBkt   = "conversation"
	agentBucket       = "agent"
	dayBucket         = "day"
	checkpointsBucket = "checkpoints"
	stateBucket       = "state"
	damageBucket      = "damage"
)

var indexBuckets = []string{messageBucket, conversationBkt, agentBucket, dayBucket}

// Log is the open access log; safe for concurrent use.
type Log struct {
	file     *store.LogFile
	signer   note.Signer
	verifier note.Verifier
	now      func() time.Time

	requests chan *request
	closing  chan struct{}
	closed   sync.Once
	stopped  chan struct{}

	// Owned by the writing goroutine.
	edge *tree.Edge
	last time.Time // of the newest entry

	upkeep sync.Mutex // Verify and Prune exclude each other
	mu     sync.Mutex // guards what follows
	report *Report
	once   map[onceKey]*onceMark
}

// Open opens or creates the log of s. A log that was tampered with opens too, since
// work must be logged; what is wrong is written down for Verify.
func Open(s *store.Store) (*Log, error) { return open(s, time.Now) }

func open(s *store.Store, now func() time.Time) (*Log, error) {
	buckets := append([]string{entriesBucket, hashesBucket, checkpointsBucket, stateBucket, damageBucket}, indexBuckets...)
	f, err := s.OpenFile(file, buckets...)
	if err != nil {
		return nil, fmt.Errorf("open access log: %w", err)
	}
	l := &Log{file: f, signer: s.Keys().Signer(), verifier: s.Keys().Verifier(), now: now,
		requests: make(chan *request), closing: make(chan struct{}), stopped: make(chan struct{}),
		once: map[onceKey]*onceMark{}}
	if err := l.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("open access log: %w", err), f.Close())
	}
	go l.run()
	return l, nil
}

// Close writes a last checkpoint, unless this size has one, and closes the file.
// Entries not yet recorded fail.
func (l *Log) Close() error {
	var err error
	l.closed.Do(func() {
		close(l.closing)
		<-l.stopped
		if !l.sealed() {
			_, err = l.commit(nil, true)
		}
		err = errors.Join(err, l.file.Close())
	})
	return err
}

// sealed: head and checkpoint say what the log is now, so that a process which
// recorded nothing need not write.
func (l *Log) sealed() (is bool) {
	err := l.file.View(func(tx *store.FileTx) error {
		head, err := tree.Open(tx.Get(stateBucket, headKey), l.verifier, Origin)
		is = err == nil && head.N == l.edge.Size() && head.Root == l.edge.Root() && tx.Get(checkpointsBucket, number(head.N)) != nil
		return nil
	})
	return is && err == nil
}

// By begins an entry for who acts, at the log's clock.
func (l *Log) By(by account.Agent, action Action) Entry {
	return Entry{At: l.now().UTC(), Kind: by.Kind, Agent: by.ID, Session: by.Session,
		Address: by.Address, Action: action}
}

// load finds out where the log ends, and whether it ends where it was signed to.
func (l *Log) load() error {
	var wrong string
	var evidence []byte
	err := l.file.View(func(tx *store.FileTx) error {
		count := hashCount(tx)
		n := sizeOf(count)
		var err error
		if l.edge, err = tree.Load(n, storedHashes{tx}); err != nil {
			return err
		}
		l.loadTime(tx)
		l.loadReport(tx)
		signed := tx.Get(stateBucket, headKey)
		if signed == nil && count == 0 {
			return nil
		}
		head, err := tree.Open(signed, l.verifier, Origin)
		switch {
		case err != nil:
			wrong = "the signed head is missing or was changed"
		case head.N != n || tlog.StoredHashCount(n) != count || head.Root != l.edge.Root():
			wrong = fmt.Sprintf("the log had %d entries when it was last written, not what is there now", head.N)
			evidence = append(evidence, signed...)
		}
		return nil
	})
	if err != nil || wrong == "" {
		return err
	}
	slog.Error("access log was tampered with", "found", wrong)
	return l.keepEvidence(wrong, evidence)
}

// keepEvidence, because the next commit signs a new head over what is left: the old
// head becomes a checkpoint that the log will never match again.
func (l *Log) keepEvidence(wrong string, signed []byte) error {
	return l.file.Update(func(tx *store.FileTx) error {
		if signed != nil {
			head, err := tree.Open(signed, l.verifier, Origin)
			if err != nil {
				return err
			}
			if key := number(head.N); tx.Get(checkpointsBucket, key) == nil {
				if err := tx.Put(checkpointsBucket, key, signed); err != nil {
					return err
				}
			}
		}
		at := l.now().UTC()
		return tx.Put(damageBucket, number(at.UnixNano()), []byte(wrong+", found "+at.Format(time.RFC3339)))
	})
}

// loadTime finds the time before which no further entry may be dated.
func (l *Log) loadTime(tx *store.FileTx) {
	if _, v := tx.Last(entriesBucket); v != nil {
		if e, err := decode(v); err == nil {
			l.last = e.At
		}
	}
}

var headKey = []byte("head")

// number is a key: 8 bytes, big-endian.
func number[T ~int64 | ~uint64](n T) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func asNumber(b []byte) int64 {
	if len(b) < 8 {
		return -1
	}
	return int64(binary.BigEndian.Uint64(b[len(b)-8:]))
}

func hashCount(tx *store.FileTx) int64 {
	k, _ := tx.Last(hashesBucket)
	if k == nil {
		return 0
	}
	return asNumber(k) + 1
}

// sizeOf is the number of leaves that are complete in count stored hashes.
func sizeOf(count int64) int64 {
	return int64(sort.Search(int(count)+1, func(n int) bool { return tlog.StoredHashCount(int64(n)) > count })) - 1
}

// storedHashes reads them in a transaction.
type storedHashes struct{ tx *store.FileTx }

func (s storedHashes) ReadHashes(at []int64) ([]tree.Hash, error) {
	out := make([]tree.Hash, len(at))
	for i, index := range at {
		if copy(out[i][:], s.tx.Get(hashesBucket, number(index))) != len(out[i]) {
			return nil, fmt.Errorf("hash %d: %w", index, store.ErrDamaged)
		}
	}
	return out, nil
}

// Checkpoint signs the log as it stands, durably, and returns the signed head. Kept
// outside, it later proves that nothing before it was changed or dropped.
func (l *Log) Checkpoint(ctx context.Context) ([]byte, error) {
	r := newRequest(nil)
	r.checkpoint = true
	return l.send(ctx, r)
}
