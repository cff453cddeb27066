package tree

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// naive is RFC 6962 §2.1 written down as it is defined, the oracle of the edge.
func naive(leaves []Hash) Hash {
	switch len(leaves) {
	case 0:
		h, _ := tlog.TreeHash(0, nil)
		return h
	case 1:
		return leaves[0]
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	return tlog.NodeHash(naive(leaves[:k]), naive(leaves[k:]))
}

func TestEdgeAgreesWithDefinition(t *testing.T) {
	var e Edge
	var leaves, stored []Hash
	for n := range 300 {
		if got, want := e.Root(), naive(leaves); got != want {
			t.Fatalf("%d leaves: got root %v, want %v", n, got, want)
		}
		again, err := FromBytes(e.Bytes())
		if err != nil || again.Root() != e.Root() || again.Size() != int64(n) {
			t.Fatalf("%d leaves: edge does not come back from its bytes: %v", n, err)
		}
		loaded, err := Load(int64(n), reader(stored))
		if err != nil || !bytes.Equal(loaded.Bytes(), e.Bytes()) {
			t.Fatalf("%d leaves: edge loaded from stored hashes differs: %v", n, err)
		}
		leaf := Leaf(fmt.Appendf(nil, "record %d", n))
		if at := tlog.StoredHashIndex(0, int64(n)); at != int64(len(stored)) {
			t.Fatalf("leaf %d would be stored at %d, have %d hashes", n, at, len(stored))
		}
		leaves, stored = append(leaves, leaf), append(stored, e.Add(leaf)...)
	}
}

func reader(stored []Hash) tlog.HashReader {
	return tlog.HashReaderFunc(func(at []int64) (out []Hash, err error) {
		for _, i := range at {
			out = append(out, stored[i])
		}
		return out, nil
	})
}

func TestEdgeCloneIsIndependent(t *testing.T) {
	var e Edge
	e.Add(Leaf([]byte("a")))
	c := e.Clone()
	before := e.Root()
	c.Add(Leaf([]byte("b")))
	if e.Root() != before || e.Size() != 1 || c.Size() != 2 {
		t.Error("adding to a clone changed the original")
	}
}

func TestFromBytesRefusesDamage(t *testing.T) {
	var e Edge
	for i := range 11 {
		e.Add(Leaf([]byte{byte(i)}))
	}
	good := e.Bytes()
	cases := map[string][]byte{
		"empty":                nil,
		"cut":                  good[:len(good)-1],
		"a subtree missing":    good[:len(good)-40],
		"a subtree too many":   append(bytes.Clone(good), make([]byte, 40)...),
		"another size":         append([]byte{0, 0, 0, 0, 0, 0, 0, 12}, good[8:]...),
		"a negative size":      append([]byte{255, 0, 0, 0, 0, 0, 0, 12}, good[8:]...),
		"a subtree's index":    append(append(bytes.Clone(good[:8]), 1), good[9:]...),
		"nothing but the size": good[:8],
	}
	for name, b := range cases {
		if _, err := FromBytes(b); err == nil {
			t.Errorf("%s: got accepted, want refused", name)
		}
	}
}

func TestHead(t *testing.T) {
	signer, verifier := keys(t)
	h := Head{Origin: "postolka test log", N: 3, Root: Leaf([]byte("x")), At: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	msg, err := h.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Open(msg, verifier, h.Origin); err != nil || got != h {
		t.Fatalf("got %v %v, want %v", got, err, h)
	}
	want := "postolka test log\n3\n" + h.Root.String() + "\ntime 2026-11-23T12:00:00Z\n\n— test "
	if !strings.HasPrefix(string(msg), want) {
		t.Errorf("got %q, want it to begin %q", msg, want)
	}
	_, other := keys(t)
	if _, err := Open(msg, other, h.Origin); err == nil {
		t.Error("a head signed by another key was accepted")
	}
	if _, err := Open(msg, verifier, "postolka other log"); err == nil {
		t.Error("a head of another log was accepted")
	}
	for _, text := range []string{h.Origin + "\n03\n" + h.Root.String() + "\ntime 2026-11-23T12:00:00Z\n",
		h.Origin + "\n3\n" + h.Root.String() + "\n", h.Text() + "more\n", "\n\n\n\n"} {
		bad, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(bad, verifier, h.Origin); err == nil {
			t.Errorf("%q: got accepted, want refused", text)
		}
	}
}

func TestHeadAnyChangedByteIsRefused(t *testing.T) {
	signer, verifier := keys(t)
	msg, err := Head{Origin: "o", N: 3, At: time.Unix(0, 0).UTC()}.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	for i := range msg {
		for flip := 1; flip < 256; flip++ {
			bad := bytes.Clone(msg)
			bad[i] ^= byte(flip)
			if _, err := Open(bad, verifier, "o"); err == nil {
				t.Fatalf("byte %d changed to %q: got accepted", i, bad[i])
			}
		}
	}
}

func keys(t *testing.T) (note.Signer, note.Verifier) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, "test")
	if err != nil {
		t.Fatal(err)
	}
	signer, err1 := note.NewSigner(skey)
	verifier, err2 := note.NewVerifier(vkey)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return signer, verifier
}
