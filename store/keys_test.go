package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

func TestKeysSealSignAndMove(t *testing.T) {
	s := newStore(t)
	k := s.Keys()
	sealed := k.Seal("mailbox 1", []byte("secret"))
	if plain, err := k.Unseal("mailbox 1", sealed); string(plain) != "secret" || err != nil {
		t.Errorf("got %q, %v", plain, err)
	}
	if _, err := k.Unseal("mailbox 2", sealed); err == nil {
		t.Error("opened in another place")
	}
	if _, err := k.Unseal("mailbox 1", sealed[:10]); err == nil {
		t.Error("opened though cut off")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := k.Unseal("mailbox 1", sealed); err == nil {
		t.Error("opened though changed")
	}
	signed, err := note.Sign(&note.Note{Text: "hello\n"}, k.Signer())
	if err != nil {
		t.Fatal(err)
	}
	exported, err := k.Export()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := ImportKeys(dir, exported); err != nil {
		t.Fatal(err)
	}
	if err := ImportKeys(dir, exported); err == nil {
		t.Error("keys written over others")
	}
	moved, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer moved.Close()
	if !bytes.Equal(moved.Keys().Identity(), k.Identity()) || moved.Keys().VerifierKey() != k.VerifierKey() {
		t.Error("moved keys differ")
	}
	if _, err := note.Open(signed, note.VerifierList(moved.Keys().Verifier())); err != nil {
		t.Errorf("signature: %v", err)
	}
	if err := ImportKeys(t.TempDir(), exported[:50]); err == nil {
		t.Error("damaged export taken")
	}
}

func TestPrivateModes(t *testing.T) {
	s := newStore(t)
	if _, err := s.Add(t.Context(), []Content{{ID: 1}}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{"": 0o700, "keys": 0o700, "mail": 0o700, "lock": 0o600, recordsName: 0o600,
		volumeName(1): 0o600, "keys/secret.key": 0o600, "keys/note.key": 0o600} {
		info, err := os.Stat(filepath.Join(s.Dir(), path))
		if err != nil || info.Mode().Perm() != want && path != "" { // the folder itself was the test's
			t.Errorf("%q: got %v, want %v (%v)", path, info.Mode().Perm(), want, err)
		}
	}
}

func TestMessageIDsAreNeverReused(t *testing.T) {
	dir, given := t.TempDir(), MessageID(0)
	for _, n := range []int{1, 3, 999, 2500, 1} {
		s, err := Open(t.Context(), dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			first, err := s.ReserveMessageIDs(n)
			if err != nil || first <= given {
				t.Fatalf("got %d after %d, %v", first, given, err)
			}
			given = first + MessageID(n) - 1
		}
		if n == 999 {
			given = 100_000
			if err := s.RaiseMessageIDs(given); err != nil {
				t.Fatal(err)
			}
		}
		s.Close()
	}
	if given > 100_000+3*2500+3 {
		t.Errorf("a clean end wastes ids: at %d", given)
	}
}
