// Package privacy answers for the law: it finds a person, hands out what is held
// about him, forgets it, and forgets by itself what was kept long enough.
//
// A Finding is computed, never trusted from the index: the index gives the first
// hits, a complete scan reads every stored text, a walk reads every record, and
// the three are compared (find.go). A Person is a Finding saved for decisions
// (person.go). A Plan is the exact list of what an erasure will touch; its hash
// is what is approved (plan.go). The job then goes through named steps, each of
// which may be done twice, so that a crash anywhere is continued at the next
// start (erase.go), and ends with a signed receipt without personal data
// (receipt.go). What becomes of older snapshots is a policy (policy.go). Retention
// makes plans too: there is one way to forget (retain.go).
//
// Selectors, decisions and hits lie only in jobs/ID, encrypted under a key of
// their own that is destroyed with the job (vault.go).
package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/ledger"
	"postolka/search"
	"postolka/store"
)

var (
	// ErrPlanChanged: what the plan would touch changed since it was made, or
	// there is no such plan; make a new one.
	ErrPlanChanged = errors.New("plan changed")
	// ErrSecondPerson: the policy wants another person's approval.
	ErrSecondPerson = errors.New("a second person must approve")
	// ErrServerWaits: all is erased here, but a mail server could not be asked or did
	// not let go; the job goes on at the next start or night.
	ErrServerWaits = errors.New("a mail server did not let go yet")
	// ErrKeep: a message is kept without one of KeepReasons, or without a day in the
	// future on which someone looks at it again.
	ErrKeep = errors.New("keeping a message needs a reason and an end date")
	// ErrFindChanged: a saved find has other hits than those that were shown.
	ErrFindChanged = errors.New("the find has changed")
	// ErrSeenStays: the person was seen in a part that can't be taken out of its
	// message: erase the message, or keep it with a reason.
	ErrSeenStays = errors.New("a part in which the person was seen can't be taken out")
	// ErrVerdict: no such outcome of a second look.
	ErrVerdict = errors.New("no such verdict of a second look")
	// ErrTooLate: the job is past its tombstones and can only go on.
	ErrTooLate = errors.New("job can't be cancelled any more")
)

// Expunger removes messages from the source mailbox.
type Expunger interface {
	// Targets says what is known of messages of a mailbox where they came from; it
	// is for Expunge, which may be called when nothing else knows of them any more.
	// Nil: there is no server, or nothing is known.
	Targets(m store.MailboxID, messages []store.MessageID) (json.RawMessage, error)
	// Expunge removes them in every folder, and verifies that they are gone; in
	// folders whose mail never comes to the desk (Trash, Junk, Drafts) also each of
	// which thrown says so (nil: none). left counts those that are still there.
	Expunge(ctx context.Context, m store.MailboxID, targets json.RawMessage, thrown func(raw []byte) bool) (removed, left int, err error)
}

// Snapshots is what an erasure needs of backup: the ledger published on every
// target and read back, packs written anew without the erased messages, and a new
// snapshot in place of all older ones.
type Snapshots interface {
	PublishLedger(ctx context.Context) error
	ReplacePacks(ctx context.Context, erased []store.MessageID) (replaced int, lastDate time.Time, err error)
	Renew(ctx context.Context) (dropped int, err error)
}

// Deps of New. Now may be nil.
type Deps struct {
	Store     *store.Store
	Index     *search.Index
	Log       *audit.Log
	Ledger    *ledger.Ledger
	Desk      *desk.Desk
	Sources   Expunger
	Snapshots Snapshots
	Logger    *slog.Logger
	Now       func() time.Time
}

// Privacy is safe for concurrent use; erasures run one at a time.
type Privacy struct {
	Deps
	running sync.Mutex // one job at a time
}

// New serves privacy over an open store.
func New(d Deps) *Privacy {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	store.DeclarePath(jobsDir+"/", store.HoldsSealed)
	store.DeclarePath(exportsDir+"/", store.HoldsContent)
	return &Privacy{Deps: d}
}

const (
	jobsDir    = "jobs"
	exportsDir = "exports"
)

func allowed(by account.Agent, act account.Act) error {
	if !account.MayDo(by, act) {
		return desk.ErrNotAllowed
	}
	return nil
}
