package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"

	"postolka/store"
	"postolka/tree"

	"golang.org/x/mod/sumdb/note"
)

// What VerifyObjects refuses; the error around says at which number.
var (
	// ErrGap: an entry is missing, or stands in another's place.
	ErrGap = errors.New("the erasure ledger has a gap")
	// ErrForeign: an object is not signed by this instance's key, or was changed.
	ErrForeign = errors.New("the erasure ledger is not signed by this instance")
	// ErrOlder: there are fewer entries than a known head counts.
	ErrOlder = errors.New("the erasure ledger is older than it should be")
	// ErrForked: signed by this instance, but not the history of the known head.
	ErrForked = errors.New("the erasure ledger has another history")
)

// Object is an entry as it lies beside the snapshots.
type Object struct {
	Name   string
	Signed []byte
}

// ObjectName is the name of entry n at a target.
func ObjectName(n store.LedgerID) string { return fmt.Sprintf("ledger/%010d", n) }

// Object makes the object of entry n. store.ErrNotFound.
func (l *Ledger) Object(tx *store.Tx, n store.LedgerID) (Object, error) {
	rec, err := store.Ledger.Get(tx, n)
	if err != nil {
		return Object{}, err
	}
	body, err := parseBody(rec.Body)
	if err != nil {
		return Object{}, fmt.Errorf("ledger entry %d: %w", n, err)
	}
	head := Head{Origin: Origin, N: body.N, Root: rec.Hash, At: body.At}
	signed, err := head.Sign(l.signer, string(rec.Body))
	return Object{Name: ObjectName(n), Signed: signed}, err
}

// Unpublished lists, in order, the entries that aren't yet stored and read back on
// every target; MarkPublished says that one is.
func (l *Ledger) Unpublished(tx *store.Tx) []store.LedgerID {
	return slices.Sorted(store.LedgerUnpublished.Prefix(tx, nil))
}

func (l *Ledger) MarkPublished(tx *store.Tx, n store.LedgerID) error {
	return l.mark(tx, n, true)
}

// MarkUnpublished takes that back: a target was added, or lost the object.
func (l *Ledger) MarkUnpublished(tx *store.Tx, n store.LedgerID) error {
	return l.mark(tx, n, false)
}

func (l *Ledger) mark(tx *store.Tx, n store.LedgerID, published bool) error {
	rec, err := store.Ledger.Get(tx, n)
	if err != nil || rec.Published == published {
		return err
	}
	rec.Published = published
	return store.Ledger.Put(tx, n, rec)
}

// OpenHead reads a signed head with the instance's verifier key. ErrForeign.
func OpenHead(verifierKey string, signed []byte) (Head, error) {
	verifier, err := note.NewVerifier(verifierKey)
	if err != nil {
		return Head{}, ErrForeign
	}
	head, err := tree.Open(signed, verifier, Origin)
	if err != nil {
		return Head{}, ErrForeign
	}
	return head, nil
}

// VerifyObjects checks a whole ledger as read from a target, in order of number, and
// returns its entries and head. Nothing may be replayed before it has succeeded.
// known are heads from elsewhere (a manifest, the owner's printed receipt): each must
// be a prefix. Only N and Root of a known head count; the zero Head says nothing. Errors: ErrGap, ErrForeign,
// ErrOlder, ErrForked, ErrBody, and those of objects.
func VerifyObjects(verifierKey string, objects iter.Seq2[Object, error], known ...Head) ([]Body, Head, error) {
	verifier, err := note.NewVerifier(verifierKey)
	if err != nil {
		return nil, Head{}, ErrForeign
	}
	c := checker{verifier: verifier, known: known, head: Head{Origin: Origin}}
	if err := c.compare(); err != nil {
		return nil, Head{}, err
	}
	for object, err := range objects {
		n := c.edge.Size() + 1
		if err == nil {
			err = c.object(object)
		}
		if err != nil {
			return nil, Head{}, fmt.Errorf("ledger object %d: %w", n, err)
		}
	}
	for _, k := range known {
		if k.N > c.edge.Size() {
			return nil, Head{}, fmt.Errorf("%d of at least %d entries: %w", c.edge.Size(), k.N, ErrOlder)
		}
	}
	c.head.N, c.head.Root = c.edge.Size(), c.edge.Root()
	return c.bodies, c.head, nil
}

type checker struct {
	verifier note.Verifier
	known    []Head
	edge     tree.Edge
	head     Head
	bodies   []Body
}

func (c *checker) object(o Object) error {
	head, lines, err := tree.OpenLines(o.Signed, c.verifier, Origin)
	if err != nil || len(lines) != 1 {
		return ErrForeign
	}
	body, err := parseBody([]byte(lines[0]))
	if err != nil {
		return err
	}
	next := c.edge.Size() + 1
	if body.N != next || head.N != next || o.Name != ObjectName(store.LedgerID(next)) {
		return ErrGap
	}
	c.edge.Add(tree.Leaf([]byte(lines[0])))
	if c.edge.Root() != head.Root || !head.At.Equal(body.At) {
		return ErrForked
	}
	c.head.At = body.At
	c.bodies = append(c.bodies, body)
	return c.compare()
}

func (c *checker) compare() error {
	root := c.edge.Root()
	for _, k := range c.known {
		if k.N > 0 && k.N == c.edge.Size() && !bytes.Equal(k.Root[:], root[:]) {
			return ErrForked
		}
	}
	return nil
}
