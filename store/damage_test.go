package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

const testPage = 4096

// TestDamageIsRefused: each kind of damage is told at Open or by Check, by file,
// and never takes the process down.
func TestDamageIsRefused(t *testing.T) {
	cases := []struct {
		name    string
		file    string
		damage  func(t *testing.T, path string)
		atOpen  bool
		wrapped error
	}{
		{"records_cut_off", "postolka.db", truncate(3 * testPage), true, ErrDamaged},
		{"records_cut_off_inside_first_page", "postolka.db", truncate(40), true, ErrDamaged},
		{"records_both_first_pages_flipped", "postolka.db", flip(30, testPage+30), true, ErrDamaged},
		{"records_overwritten_with_text", "postolka.db", overwrite, true, ErrDamaged},
		{"records_root_page_overwritten", "postolka.db", wipePage(func(m metaPage) uint64 { return m.root }), true, ErrDamaged},
		{"records_bucket_too_short", "postolka.db", shortBuckets, true, ErrDamaged},
		{"records_freelist_overwritten", "postolka.db", wipePage(func(m metaPage) uint64 { return m.freelist }), true, ErrDamaged},
		{"records_newer_schema", "postolka.db", newerSchema, true, ErrNewer},
		{"records_of_another_program", "postolka.db", foreign, true, ErrDamaged},
		{"volume_missing", "mail/000001.db", func(t *testing.T, path string) { need(t, os.Remove(path)) }, true, ErrDamaged},
		// What is gone must not be made anew: mail, tombstones and signatures of before would count as never there.
		{"records_missing", "postolka.db", func(t *testing.T, path string) { need(t, os.Remove(path)) }, true, ErrDamaged},
		{"records_emptied", "postolka.db", truncate(0), true, ErrDamaged},
		{"volume_emptied", "mail/000001.db", truncate(0), true, ErrDamaged},
		{"key_missing", "keys/identity.key", func(t *testing.T, path string) { need(t, os.Remove(path)) }, true, ErrDamaged},
		{"signer_missing", "keys/note.key", func(t *testing.T, path string) { need(t, os.Remove(path)) }, true, ErrDamaged},
		{"verifier_missing", "keys/note.pub", func(t *testing.T, path string) { need(t, os.Remove(path)) }, true, ErrDamaged},
		{"log_emptied", "audit.db", func(t *testing.T, path string) { need(t, os.WriteFile(path, nil, 0o600)) }, true, ErrDamaged},
		{"volume_cut_off", "mail/000001.db", truncate(3 * testPage), false, ErrDamaged},
		{"volume_leaf_page_overwritten", "mail/000001.db", wipeLeaf, false, ErrDamaged},
		{"volume_value_flipped", "mail/000001.db", flipValue, false, ErrDamaged},
		{"key_cut_off", "keys/secret.key", truncate(10), true, ErrDamaged},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := filled(t)
			c.damage(t, filepath.Join(dir, c.file))
			err := openAndReadAll(t, dir, c.atOpen)
			if !errors.Is(err, c.wrapped) {
				t.Fatalf("got %v, want %v", err, c.wrapped)
			}
			if c.atOpen && !strings.Contains(err.Error(), c.file) {
				t.Errorf("does not name %s: %v", c.file, err)
			}
		})
	}
}

// openAndReadAll gives the error of Open, or of reading every message.
func openAndReadAll(t *testing.T, dir string, atOpen bool) error {
	s, err := Open(t.Context(), dir, Options{})
	if err != nil || atOpen {
		if err == nil {
			s.Close()
		}
		return err
	}
	defer s.Close()
	problems, err := s.Check(t.Context())
	if err != nil || len(problems) == 0 {
		t.Errorf("check: got %d problems, %v", len(problems), err)
	}
	nothing := func(int, MessageID, []byte) error { return nil }
	// The damage may lie in either half of a volume.
	return errors.Join(s.ScanRaw(t.Context(), 0, 2, nothing), s.ScanText(t.Context(), 0, 2, nothing))
}

var filledDir string

// filled is a copy of a closed store with 300 messages.
func filled(t *testing.T) string {
	t.Helper()
	if filledDir == "" {
		dir, err := os.MkdirTemp("", "postolka-filled-")
		need(t, err)
		filledDir = dir
		s := openTest(t, dir, Options{})
		for range 300 {
			put(t, s, Message{Mailbox: 1, Subject: "subject"}, strings.Repeat(token(), 40), "text")
		}
		need(t, s.Close())
	}
	copied := filepath.Join(t.TempDir(), "data")
	need(t, os.CopyFS(copied, os.DirFS(filledDir)))
	return copied
}

func need(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func truncate(n int64) func(*testing.T, string) {
	return func(t *testing.T, path string) { need(t, os.Truncate(path, n)) }
}

func overwrite(t *testing.T, path string) {
	need(t, os.WriteFile(path, bytes.Repeat([]byte("no data file "), 10000), 0o600))
}

func edit(t *testing.T, path string, change func(data []byte)) {
	t.Helper()
	data, err := os.ReadFile(path)
	need(t, err)
	change(data)
	need(t, os.WriteFile(path, data, 0o600))
}

func flip(at ...int) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		edit(t, path, func(data []byte) {
			for _, n := range at {
				data[n] ^= 0x55
			}
		})
	}
}

type metaPage struct{ root, freelist, txid uint64 }

func newestMeta(data []byte) (newest metaPage) {
	for _, at := range []int{16, testPage + 16} {
		u64 := func(off int) uint64 { return binary.NativeEndian.Uint64(data[at+off:]) }
		if m := (metaPage{u64(16), u64(32), u64(48)}); m.txid > newest.txid {
			newest = m
		}
	}
	return newest
}

func wipePage(which func(metaPage) uint64) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		edit(t, path, func(data []byte) {
			at := which(newestMeta(data)) * testPage
			copy(data[at:at+testPage], bytes.Repeat([]byte{0xA5}, testPage))
		})
	}
}

// shortBuckets leaves 3 bytes of each entry in the first page that names buckets.
// bbolt reads 16, out of the heap.
func shortBuckets(t *testing.T, path string) {
	edit(t, path, func(data []byte) {
		page := data[newestMeta(data).root*testPage:]
		for binary.NativeEndian.Uint16(page[8:]) == branchFlag {
			page = data[binary.NativeEndian.Uint64(page[16+8:])*testPage:]
		}
		for i := range int(binary.NativeEndian.Uint16(page[10:])) {
			binary.NativeEndian.PutUint32(page[16+i*16+12:], 3)
		}
	})
}

// wipeLeaf overwrites a page that lies below the root.
func wipeLeaf(t *testing.T, path string) {
	edit(t, path, func(data []byte) {
		m := newestMeta(data)
		for id := uint64(2); int(id+1)*testPage <= len(data); id++ {
			head := data[id*testPage:]
			if binary.NativeEndian.Uint16(head[8:]) == 2 && binary.NativeEndian.Uint16(head[10:]) > 3 && id != m.root && reachable(t, path, id) {
				copy(head[:testPage], bytes.Repeat([]byte{0xA5}, testPage))
				return
			}
		}
		t.Fatal("no leaf found")
	})
}

func reachable(t *testing.T, path string, id uint64) bool {
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, PreLoadFreelist: true})
	need(t, err)
	defer db.Close()
	live := false
	need(t, db.View(func(tx *bolt.Tx) error {
		info, err := tx.Page(int(id))
		live = err == nil && info.Type == "leaf"
		return err
	}))
	return live
}

func flipValue(t *testing.T, path string) {
	edit(t, path, func(data []byte) {
		var value []byte
		db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
		need(t, err)
		need(t, db.View(func(tx *bolt.Tx) error {
			_, v := tx.Bucket([]byte("raw")).Cursor().Last()
			value = bytes.Clone(v)
			return nil
		}))
		need(t, db.Close())
		at := bytes.LastIndex(data, value)
		data[at+len(value)/2] ^= 1
		for i := bytes.Index(data[:at], value); i >= 0; i = bytes.Index(data[:at], value) {
			data[i+len(value)/2] ^= 1 // older copies too: which is live does not matter
		}
	})
}

func editDB(t *testing.T, path string, change func(tx *bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, nil)
	need(t, err)
	need(t, db.Update(change))
	need(t, db.Close())
}

func newerSchema(t *testing.T, path string) {
	editDB(t, path, func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("schema"), binary.BigEndian.AppendUint64(nil, 999))
	})
}

func foreign(t *testing.T, path string) {
	editDB(t, path, func(tx *bolt.Tx) error {
		if err := tx.DeleteBucket([]byte("meta")); err != nil {
			return err
		}
		_, err := tx.CreateBucket([]byte("something"))
		return err
	})
}

// Any single flipped byte may go unseen or be told, but nothing crashes.
func TestFlippedBytesNeverCrash(t *testing.T) {
	dir := filled(t)
	path := filepath.Join(dir, "postolka.db")
	whole, err := os.ReadFile(path)
	need(t, err)
	for n := 0; n < 120; n++ {
		broken := bytes.Clone(whole)
		at := (n*7919 + n*n*31) % len(broken)
		if n%2 == 0 { // page headers and element tables
			at = at/testPage*testPage + n%64
		}
		broken[at] ^= byte(1 + n%255)
		need(t, os.WriteFile(path, broken, 0o600))
		s, err := Open(t.Context(), dir, Options{})
		if err != nil {
			continue
		}
		_, err = s.Check(t.Context())
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d: check: %v", at, err)
		}
		s.Close()
	}
}
