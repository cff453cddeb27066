// Package desk is the shared work on conversations: mail comes in, is listed,
// read, answered, noted, assigned, searched. Every use case checks access and
// writes the access log before it returns content, so that no page can forget it.
//
// Vocabulary. A conversation is a thread of messages of one mailbox, the unit of
// access. [Desk.Intake] takes every message in, whatever its origin; join.go says
// which conversation it belongs to, level.go what a conversation's derived fields
// are. A use case takes who acts as by, asks account.May, records in the access
// log, and only then reads content; what by may not see looks to him exactly like
// what does not exist ([ErrNotAllowed]).
package desk

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"postolka/audit"
	"postolka/mail"
	"postolka/search"
	"postolka/store"
)

var (
	// ErrNotAllowed: by may not do this, or may not know whether the thing exists.
	ErrNotAllowed = errors.New("not allowed")
	// ErrNoSMTP: the mailbox can't send.
	ErrNoSMTP = errors.New("mailbox has no SMTP server")
	// ErrNoRecipient: an answer goes to nobody.
	ErrNoRecipient = errors.New("no recipient")
	// ErrTooLate: the answer is on its way already.
	ErrTooLate = errors.New("too late to undo")
	// ErrPast: a snooze must end in the future.
	ErrPast = errors.New("time is not in the future")
	// ErrPassword: a new server, port or user needs the mailbox password again.
	ErrPassword = errors.New("password needed for the changed server")
	// ErrName: a mailbox needs a name that no other has.
	ErrName = errors.New("mailbox name is empty or taken")
)

// ErrNews stops a send: something came, or a colleague answered, since the draft was begun.
type ErrNews struct{ Messages []store.MessageID }

func (e ErrNews) Error() string { return "the conversation changed since the draft was begun" }

// Tombstones says whether a message of these identities was erased (ledger.Ledger).
type Tombstones interface {
	Tombstoned(tx *store.Tx, strict, loose [32]byte) bool
}

// Options of New.
type Options struct {
	Now    func() time.Time
	Undo   time.Duration // how long a sent answer waits for an undo; 10 s by default, 0 in tests is allowed with NoUndo
	NoUndo bool
	Logger *slog.Logger   // nil: discard
	Lookup mail.LookupTXT // asks DNS for keys of signatures; nil: never
}

// Desk is safe for concurrent use.
type Desk struct {
	store  *store.Store
	index  *search.Index
	log    *audit.Log
	ledger Tombstones
	now    func() time.Time
	undo   time.Duration
	since  time.Time // this process knows of
	token  tokenKey
	logger *slog.Logger
	lookup mail.LookupTXT
	live   hub
	seen   presence

	heldMu sync.Mutex
	held   map[store.OutboxID]typed // while an undo is possible
}

// New makes the desk; l may be nil (nothing was ever erased).
func New(s *store.Store, x *search.Index, log *audit.Log, l Tombstones, opt Options) *Desk {
	d := &Desk{store: s, index: x, log: log, ledger: l, now: opt.Now, undo: opt.Undo, lookup: opt.Lookup, token: newTokenKey(s.Keys().Identity())}
	if d.now == nil {
		d.now = time.Now
	}
	if d.undo == 0 && !opt.NoUndo {
		d.undo = 10 * time.Second
	}
	d.since = d.now()
	if d.logger = opt.Logger; d.logger == nil {
		d.logger = slog.New(slog.DiscardHandler)
	}
	d.held = map[store.OutboxID]typed{}
	return d
}
