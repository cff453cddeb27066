package backup

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"

	"postolka/store"
)

// Objects at a target:
//
//	instance.note           whose snapshots these are (signed)
//	manifests/RANDOM.age    a snapshot: it exists when this does
//	manifests/RANDOM.note   its envelope: names and ciphertext hashes, in clear (signed)
//	records/RANDOM.age      postolka.db, zstd
//	keys/RANDOM.age         DATA/keys
//	packs/RANDOM.age        raw mail and text, see pack.go
//	ledger/0000000001       erasure ledger, one object an entry
//
// Signed texts are C2SP signed notes: a line that says what it is, one line
// of JSON, a blank line, the signature of the instance's key.
const (
	manifestFolder = "manifests/"
	recordsFolder  = "records/"
	keysFolder     = "keys/"
	packsFolder    = "packs/"
	ledgerFolder   = "ledger/"
	instanceObject = "instance.note"

	sealedSuffix   = ".age"
	envelopeSuffix = ".note"

	// documentBytes bounds a signed text that is read into memory.
	documentBytes = 256 << 20
)

// Head is the state of the erasure ledger: how many entries, and the tree's root.
type Head struct {
	Entries int64  `json:"entries"`
	Root    string `json:"root"` // base64
}

// Manifest says what a snapshot is made of. It never changes.
type Manifest struct {
	Name     string    `json:"name"` // its own object
	At       time.Time `json:"at"`   // of the records
	Version  string    `json:"version"`
	Previous Sum       `json:"previous"` // of the signed text of the manifest before; zero: the first
	Messages int64     `json:"messages"`
	// NextMessage is the id that no message had yet.
	NextMessage   store.MessageID `json:"next_message"`
	Records       Sealed          `json:"records"`
	Keys          Sealed          `json:"keys"`
	Packs         []PackOf        `json:"packs"`
	Ledger        Head            `json:"ledger"`
	LogCheckpoint string          `json:"log_checkpoint"`
}

// PackOf is a pack as a manifest names it.
type PackOf struct {
	Sealed
	Contents Sum                  `json:"contents"` // over ids and marks, see contents
	Messages [][2]store.MessageID `json:"messages"` // runs: first and last id
}

// envelope is what the server itself can read of a snapshot, having no key:
// which objects it needs, and what their stored bytes must be.
type envelope struct {
	Name     string         `json:"name"`
	At       time.Time      `json:"at"`
	Manifest Sealed         `json:"manifest"`
	Objects  []Sealed       `json:"objects"` // records and keys
	Packs    []envelopePack `json:"packs"`
}

type envelopePack struct {
	Sealed
	Contents Sum `json:"contents"`
}

// sign makes a signed text of a kind ("manifest", "envelope", …).
func sign(kind string, v any, by note.Signer) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: "postolka " + kind + " 1\n" + string(body) + "\n"}, by)
}

// verify reads a signed text. ErrForeign: signed by another key; ErrDamaged:
// no signed text of this kind.
func verify(kind string, text []byte, known note.Verifiers, v any) error {
	n, err := note.Open(text, known)
	if _, unsigned := errors.AsType[*note.UnverifiedNoteError](err); unsigned {
		return ErrForeign
	}
	if err != nil {
		return fmt.Errorf("%w: its signature does not fit", ErrDamaged)
	}
	body, ok := strings.CutPrefix(n.Text, "postolka "+kind+" 1\n")
	if !ok {
		return fmt.Errorf("%w: it is no %s of a known version", ErrDamaged, kind)
	}
	if err := json.Unmarshal([]byte(body), v); err != nil {
		return fmt.Errorf("%w: it can't be read", ErrDamaged)
	}
	return nil
}

// readManifest opens a manifest of which only the name is known; its hash is
// that of the signed text.
func readManifest(ctx context.Context, t Target, name string, id Identity) (m Manifest, text []byte, err error) {
	stored, err := t.Get(ctx, name)
	if err != nil {
		return Manifest{}, nil, err
	}
	defer stored.Close()
	_, err = decrypt(contextReader{ctx, stored}, id.identities, func(r io.Reader) error {
		text, err = io.ReadAll(io.LimitReader(r, documentBytes))
		return err
	})
	if err == nil {
		err = verify("manifest", text, id.verifiers, &m)
	}
	if err == nil && m.Name != name {
		err = fmt.Errorf("%w: it is another manifest under this name", ErrDamaged)
	}
	if err != nil {
		return Manifest{}, nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, text, nil
}

// readEnvelope opens the envelope of a manifest with this instance's key.
func readEnvelope(ctx context.Context, t Target, manifest string, known note.Verifiers) (envelope, error) {
	name := envelopeName(manifest)
	text, err := readAll(ctx, t, name)
	if errors.Is(err, ErrNoObject) {
		return envelope{}, damaged(name, "it is missing")
	}
	if err != nil {
		return envelope{}, err
	}
	var e envelope
	if err := verify("envelope", text, known, &e); err != nil {
		return envelope{}, fmt.Errorf("%s: %w", name, err)
	}
	if e.Name != manifest {
		return envelope{}, damaged(name, "it is another envelope under this name")
	}
	return e, nil
}

func envelopeName(manifest string) string {
	return strings.TrimSuffix(manifest, sealedSuffix) + envelopeSuffix
}

func sumOf(b []byte) Sum { return sha256.Sum256(b) }

// readAll reads a small object.
func readAll(ctx context.Context, t Target, name string) ([]byte, error) {
	r, err := t.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(contextReader{ctx, r}, documentBytes))
}

// envelopeOf leaves out of a manifest what is nobody's business.
func envelopeOf(m Manifest, stored Sealed) envelope {
	e := envelope{Name: m.Name, At: m.At, Manifest: stored, Objects: []Sealed{m.Records, m.Keys}}
	for _, p := range m.Packs {
		e.Packs = append(e.Packs, envelopePack{p.Sealed, p.Contents})
	}
	return e
}

// sealText encrypts a text in memory, so that its hash is known before it is stored.
func sealText(name string, text []byte, to []age.Recipient) ([]byte, Sealed, error) {
	var out strings.Builder
	plain := sha256.New()
	err := encrypt(&out, plain, to, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	cipher := []byte(out.String())
	return cipher, Sealed{name, int64(len(cipher)), sha256.Sum256(cipher), Sum(plain.Sum(nil))}, err
}
