package ledger

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"postolka/store"
)

// Body is one entry: what must hold in every restored copy too. No personal data.
type Body struct {
	N    int64       `json:"n"`  // set by Append
	At   time.Time   `json:"at"` // UTC, whole seconds; set by Append
	Verb Verb        `json:"verb"`
	Job  store.JobID `json:"job,omitzero"`

	Tombstones []Tombstone `json:"tombstones,omitempty"`

	Table string `json:"table,omitzero"`
	ID    uint64 `json:"id,omitzero"`
	Field string `json:"field,omitzero"`

	Packs []PackReplaced `json:"packs,omitempty"`
}

// Verb is a stable word.
type Verb string

const (
	// These messages are refused for good; their records keep nothing
	// but their place in the thread.
	VerbTombstone Verb = "tombstone"
	// These messages were redacted. Their first form is refused, and
	// removed wherever it is still found.
	VerbReplaceMessage Verb = "replace-message"
	// Row ID of Table is gone; its Field is empty.
	VerbEraseRow   Verb = "erase-row"
	VerbBlankField Verb = "blank-field"
	// VerbPackReplaced says which object of the snapshots stands for which.
	VerbPackReplaced Verb = "pack-replaced"
	// VerbHeartbeat says that the ledger is current.
	VerbHeartbeat Verb = "heartbeat"
)

// Tombstone names a message by its id and by its identity hashes (mail.Strict,
// mail.Loose), lower-case hex. Loose empty: none.
type Tombstone struct {
	Strict  string          `json:"strict"`
	Loose   string          `json:"loose,omitzero"`
	Message store.MessageID `json:"message"`
}

// NewTombstone writes hashes as hex; loose zero: none.
func NewTombstone(id store.MessageID, strict, loose [32]byte) Tombstone {
	t := Tombstone{Strict: hex.EncodeToString(strict[:]), Message: id}
	if loose != [32]byte{} {
		t.Loose = hex.EncodeToString(loose[:])
	}
	return t
}

// PackReplaced: since an erasure, object New stands for object Old. New empty: no
// message was left. Bytes and the SHA-256 hashes (lower-case hex) say of New what a
// manifest says of a pack. Messages are those erased from it.
type PackReplaced struct {
	Old      string            `json:"old"`
	New      string            `json:"new,omitzero"`
	Bytes    int64             `json:"bytes,omitzero"`
	Cipher   string            `json:"cipher,omitzero"`
	Plain    string            `json:"plain,omitzero"`
	Contents string            `json:"contents,omitzero"`
	Messages []store.MessageID `json:"messages,omitempty"`
}

// bytes is the canonical form: one line, fields in order of the type.
func (b Body) bytes() []byte {
	text, err := json.Marshal(b)
	if err != nil {
		panic(err) // ids, hashes and times only; check has seen the time
	}
	return text
}

// parseBody accepts nothing but the canonical form of a body that check accepts.
func parseBody(text []byte) (Body, error) {
	var b Body
	if err := json.Unmarshal(text, &b); err != nil {
		return Body{}, ErrBody
	}
	if err := b.check(); err != nil {
		return Body{}, err
	}
	if !bytes.Equal(b.bytes(), text) {
		return Body{}, ErrBody
	}
	return b, nil
}

func isTable(s string) bool  { return isName(s, 64, false, "_.-") }
func isField(s string) bool  { return isName(s, 64, false, "_.[]-") }
func isObject(s string) bool { return isName(s, 128, true, "_./-") }

// isName: ASCII letters, and behind the first one digits and marks. An expression
// for each, with its repetitions, was 3 ms of every start of the program.
func isName(s string, most int, digitFirst bool, marks string) bool {
	for i, c := range []byte(s) {
		letter, digit := 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9'
		if !letter && !(digit && (i > 0 || digitFirst)) && !(i > 0 && strings.IndexByte(marks, c) >= 0) {
			return false
		}
	}
	return 0 < len(s) && len(s) <= most
}

// check also keeps personal data out by form: no text but names of tables, fields and
// objects gets in.
func (b Body) check() error {
	if b.N < 1 || b.At.Location() != time.UTC || b.At.Nanosecond() != 0 || b.At.Year() < 2000 || b.At.Year() > 9999 {
		return ErrBody
	}
	names, row, field, packs := len(b.Tombstones) > 0, b.Table != "" || b.ID != 0, b.Field != "", len(b.Packs) > 0
	var fits bool
	switch b.Verb {
	case VerbTombstone, VerbReplaceMessage:
		fits = names && !row && !field && !packs
	case VerbEraseRow:
		fits = !names && row && !field && !packs
	case VerbBlankField:
		fits = !names && row && field && !packs
	case VerbPackReplaced:
		fits = !names && !row && !field && packs
	case VerbHeartbeat:
		fits = !names && !row && !field && !packs
	}
	if !fits || row && (!isTable(b.Table) || b.ID == 0) || field && !isField(b.Field) {
		return fmt.Errorf("verb %q: %w", clipVerb(b.Verb), ErrBody)
	}
	for _, t := range b.Tombstones {
		if _, _, err := t.hashes(); err != nil {
			return err
		}
	}
	for _, p := range b.Packs {
		if !isObject(p.Old) || p.New != "" && !isObject(p.New) {
			return ErrBody
		}
		var sum [32]byte
		for _, hash := range []string{p.Cipher, p.Plain, p.Contents} {
			if hash != "" && !unhex(&sum, hash) {
				return ErrBody
			}
		}
	}
	return nil
}

// clipVerb: an unknown verb may be anything, so it isn't quoted.
func clipVerb(v Verb) Verb {
	switch v {
	case VerbTombstone, VerbReplaceMessage, VerbEraseRow, VerbBlankField, VerbPackReplaced, VerbHeartbeat:
		return v
	}
	return "?"
}

// hashes reads the hex; loose zero: none.
func (t Tombstone) hashes() (strict, loose [32]byte, err error) {
	if !unhex(&strict, t.Strict) || strict == [32]byte{} || t.Message == 0 || t.Loose != "" && !unhex(&loose, t.Loose) {
		return strict, loose, fmt.Errorf("tombstone of message %d: %w", t.Message, ErrBody)
	}
	return strict, loose, nil
}

func unhex(to *[32]byte, s string) bool {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(to) || hex.EncodeToString(b) != s {
		return false
	}
	copy(to[:], b)
	return true
}
