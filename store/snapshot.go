package store

import "time"

// Snapshot is one restore point, as far as this instance knows.
type Snapshot struct {
	Name           string // manifest object
	At             time.Time
	Bytes          int64 // written for it
	Referred       int64 // in packs that were there before
	Messages       int64
	ProvenAt       time.Time // zero: not proven, see Error
	DrilledAt      time.Time
	Seconds        float64
	Error          string
	ManifestSHA256 [32]byte
	Deleted        time.Time // rotated away
}

// Pack is an object of a snapshot that holds messages; a message's record says in which it lies.
type Pack struct {
	Object   string // random name at the targets
	Bytes    int64
	Messages int
	Plain    [32]byte // SHA-256 of the plaintext
	Cipher   [32]byte // SHA-256 of the stored ciphertext
	// Contents lists its messages, each with half of a SHA-256 of its raw bytes as
	// packed (see backup/pack.go); emptied when the object is gone.
	Contents   []byte
	Recipients [32]byte // hash over whom it was encrypted for
	CreatedAt  time.Time
	CheckedAt  time.Time // when the stored ciphertext was last read back
	RetiredAt  time.Time // new snapshots don't refer to it any more, older ones may
	Replaced   bool      // written anew after an erasure
	ReplacedBy PackID    // 0 when Replaced: no message was left
	Deleted    time.Time
}

// Setting is a named value of the instance.
type Setting struct {
	Name  string
	Value []byte
}
