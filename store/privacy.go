package store

import "time"

// Job is a find saved for decisions, an export or an erasure. No personal
// data: selectors, plan and hits lie encrypted in jobs/ID with a key of their own.
type Job struct {
	Kind       JobKind
	State      JobState
	Step       int // erase: next of the ten steps of DESIGN.md
	CreatedAt  time.Time
	CreatedBy  AgentID
	PlanHash   string
	ApprovedAt time.Time
	ApprovedBy AgentID
	EnteredAt  time.Time // its tombstones are in the ledger: it can only go on; zero: not yet
	DoneAt     time.Time
	HighMark   MessageID // ids up to here belong to the plan
	Counts     []Count
	Error      string // plain words, no personal data
}

// Count is one figure of a job's step.
type Count struct {
	Name string // stable key
	N    int64
}

// JobKind says what a job is for.
type JobKind uint8

const (
	JobFind JobKind = iota
	JobExport
	JobErase
	JobRetention
)

// JobState of a Job.
type JobState uint8

const (
	JobPlanned JobState = iota
	JobApproved
	JobRunning
	JobDone
	JobStopped // a hold or an error; Error says which and what to do
	JobCancelled
)

// Receipt is the signed statement of a finished erasure; no personal data.
type Receipt struct {
	Job       JobID
	At        time.Time
	JSON      []byte // canonical, as signed
	Signature string // C2SP signed note over JSON's SHA-256
}

// Export is a package that was made; erasing one of its messages deletes it.
type Export struct {
	Job       JobID  // 0: by selectors alone
	File      string // name in exports/, no personal data; empty: handed out at once, outside DATA
	CreatedAt time.Time
	ExpiresAt time.Time
	Messages  []MessageID
	Link      [32]byte // SHA-256 of the one-time link's token; zero: none, or used
	LinkUntil time.Time
}

// Tombstone refuses a message for good: sync, import and restore ask for it.
// Keyed hashes only.
type Tombstone struct {
	Strict  [32]byte
	Loose   [32]byte // zero: none
	Message MessageID
	At      time.Time
	Ledger  LedgerID
	// Former are identities that the message had before: as it came, then redacted,
	// then erased. They are refused too.
	Former []Identity
}

// Identity is the two hashes of one form of a message.
type Identity struct {
	Strict [32]byte
	Loose  [32]byte // zero: none
}

// LedgerEntry is one line of the erasure ledger, see package ledger.
type LedgerEntry struct {
	Body []byte // canonical JSON, as hashed into the ledger's tree
	Hash [32]byte
	// Published counts targets that have it, read back.
	Published bool
}
