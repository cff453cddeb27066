// Package tree is what the access log and the erasure ledger share: a Merkle tree
// that grows at one edge (RFC 6962 §2.1, by x/mod/sumdb/tlog), and its signed head.
//
// A head is a C2SP signed note (c2sp.org/tlog-checkpoint):
//
//	ORIGIN                      which log this is
//	SIZE                        leaves, decimal
//	ROOT                        tree hash, base64
//	time RFC3339                when it was signed, UTC
//	                            (empty line)
//	— NAME SIGNATURE            Ed25519, as in golang.org/x/mod/sumdb/note
//
// Two heads of one honest log are consistent: the smaller tree is a prefix of the
// larger. Whoever keeps a head outside the machine can tell that nothing before it
// was changed or dropped.
package tree

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash of a leaf or a subtree, SHA-256.
type Hash = tlog.Hash

// Leaf hashes one record.
func Leaf(record []byte) Hash { return tlog.RecordHash(record) }

// Edge is the growing side of a tree: its size and the roots of its largest complete
// subtrees, at most one for each bit of the size. That is all it takes to add a leaf
// and to know the root. The zero Edge is an empty tree. Not safe for concurrent use.
type Edge struct {
	n    int64
	tops map[int64]Hash // by stored-hash index, see tlog.StoredHashIndex
}

// Size is the number of leaves.
func (e *Edge) Size() int64 { return e.n }

// Clone gives an independent copy.
func (e *Edge) Clone() *Edge { return &Edge{n: e.n, tops: maps.Clone(e.tops)} }

// Add appends a leaf and returns the hashes that tlog stores for it, the first at
// index tlog.StoredHashIndex(0, size before).
func (e *Edge) Add(leaf Hash) []Hash {
	var merged []int64
	hashes, err := tlog.StoredHashesForRecordHash(e.n, leaf, tlog.HashReaderFunc(func(at []int64) ([]Hash, error) {
		merged = at
		return e.ReadHashes(at)
	}))
	if err != nil {
		panic(err) // an edge always has the subtrees its size implies: Load checks
	}
	for _, i := range merged {
		delete(e.tops, i)
	}
	if e.tops == nil {
		e.tops = map[int64]Hash{}
	}
	e.tops[tlog.StoredHashIndex(0, e.n)+int64(len(hashes)-1)] = hashes[len(hashes)-1]
	e.n++
	return hashes
}

// Root is the tree hash.
func (e *Edge) Root() Hash {
	root, err := tlog.TreeHash(e.n, e)
	if err != nil {
		panic(err)
	}
	return root
}

// ReadHashes implements tlog.HashReader for the subtrees of the edge.
func (e *Edge) ReadHashes(at []int64) ([]Hash, error) {
	hashes := make([]Hash, len(at))
	for i, index := range at {
		h, ok := e.tops[index]
		if !ok {
			return nil, errNotEdge
		}
		hashes[i] = h
	}
	return hashes, nil
}

var errNotEdge = errors.New("tree: hash is not at the edge")

// Load makes the edge of a tree of n leaves out of its stored hashes.
func Load(n int64, stored tlog.HashReader) (*Edge, error) {
	if n < 0 {
		return nil, fmt.Errorf("tree: size %d", n)
	}
	e := &Edge{n: n, tops: map[int64]Hash{}}
	_, err := tlog.TreeHash(n, tlog.HashReaderFunc(func(at []int64) ([]Hash, error) {
		hashes, err := stored.ReadHashes(at)
		for i := range hashes {
			e.tops[at[i]] = hashes[i]
		}
		return hashes, err
	}))
	if err != nil {
		return nil, fmt.Errorf("tree: load edge of %d leaves: %w", n, err)
	}
	return e, nil
}

// Bytes of an edge: the size, then for each subtree its index and hash, big-endian,
// in order of index. FromBytes reads them; it refuses anything else.
func (e *Edge) Bytes() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(e.n))
	for _, i := range slices.Sorted(maps.Keys(e.tops)) {
		b = binary.BigEndian.AppendUint64(b, uint64(i))
		h := e.tops[i]
		b = append(b, h[:]...)
	}
	return b
}

func FromBytes(b []byte) (*Edge, error) {
	const row = 8 + tlog.HashSize
	if len(b) < 8 || (len(b)-8)%row != 0 {
		return nil, errNotEdge
	}
	e := &Edge{n: int64(binary.BigEndian.Uint64(b)), tops: map[int64]Hash{}}
	for b = b[8:]; len(b) > 0; b = b[row:] {
		e.tops[int64(binary.BigEndian.Uint64(b))] = Hash(b[8:row])
	}
	loaded, err := Load(e.n, e)
	if err != nil || len(loaded.tops) != len(e.tops) {
		return nil, errNotEdge
	}
	return e, nil
}
