package store

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

var updateFixtures = flag.Bool("update", false, "write testdata/schema1 anew; only before schema 1 was ever released")

// sample is what testdata/schema1 holds, written by the program of schema 1.
func sample(t *testing.T, dir string) {
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	id, err1 := s.ReserveMessageIDs(1)
	volume, err2 := s.Add(t.Context(), []Content{{ID: id, Raw: []byte("Subject: hello\n\nworld\n"), Text: []byte("world")}})
	err3 := s.Update(func(tx *Tx) error {
		if _, err := Mailboxes.Insert(tx, Mailbox{Name: "podpora@", Address: "podpora@example.cz"}); err != nil {
			return err
		}
		if _, err := Customers.Insert(tx, Customer{Mailbox: 1, Name: "Jana Nováková", Addresses: []string{"jana@example.cz"}}); err != nil {
			return err
		}
		return Messages.Put(tx, id, Message{Mailbox: 1, Volume: volume[0], Subject: "hello", ReceivedAt: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)})
	})
	if err := errors.Join(err1, err2, err3, s.Close()); err != nil {
		t.Fatal(err)
	}
}

// fixture is a copy of the stored data directory of an older program.
func fixture(t *testing.T) string {
	t.Helper()
	stored := filepath.Join("testdata", "schema1")
	if *updateFixtures {
		os.RemoveAll(stored)
		sample(t, stored)
		for _, name := range folders { // git keeps no empty folder
			os.Remove(filepath.Join(stored, name))
		}
		for _, name := range []string{recordsName, volumeName(1)} {
			shrink(t, filepath.Join(stored, name))
		}
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(stored)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// shrink cuts what a file has beyond its last used page.
func shrink(t *testing.T, path string) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	metas, err := readMetas(f)
	if err != nil {
		t.Fatal(err)
	}
	used := max(metas[0].used, metas[len(metas)-1].used)
	if err := os.Truncate(path, int64(used)*metas[0].pageSize); err != nil {
		t.Fatal(err)
	}
}

func TestOpenDataOfSchema1(t *testing.T) {
	s, err := Open(t.Context(), fixture(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	compareSample(t, s)
	if problems, err := s.Check(t.Context()); len(problems) > 0 || err != nil {
		t.Error(problems, err)
	}
}

func compareSample(t *testing.T, s *Store) {
	t.Helper()
	raw, err := s.RawBytes(1)
	if string(raw) != "Subject: hello\n\nworld\n" || err != nil {
		t.Errorf("raw: got %q, %v", raw, err)
	}
	err = s.View(func(tx *Tx) error {
		got := slices.Collect(CustomersByAddr.Prefix(tx, Key("jana@example.cz")))
		c, err := Customers.Get(tx, 1)
		if !slices.Equal(got, []CustomerID{1}) || c.Name != "Jana Nováková" {
			t.Errorf("customer: got %v, %v", got, c)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A step that fails leaves the data as it was; the same step without the failure
// is done once only, and an index whose version was raised is built anew.
func TestMigrateStoredData(t *testing.T) {
	dir, runs, broken := fixture(t), 0, errors.New("broken")
	next := func(tx *bolt.Tx) error {
		runs++
		if err := tx.Bucket([]byte(tableBucket + "mailboxes")).Delete(idKey(MailboxID(1))); err != nil {
			return err
		}
		if err := tx.Bucket([]byte(countBucket)).Delete([]byte("mailboxes")); err != nil {
			return err
		}
		return tx.DeleteBucket(MailboxByName.bucketName())
	}
	failing := append(slices.Clone(migrations), next, func(*bolt.Tx) error { return broken })
	if _, err := open(t.Context(), dir, Options{}, failing); !errors.Is(err, broken) || !strings.Contains(err.Error(), "schema 3") {
		t.Fatalf("got %v, want broken", err)
	}
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	compareSample(t, s)
	s.Close()
	CustomersByAddr.version++
	defer func() { CustomersByAddr.version-- }()
	for range 2 {
		s, err := open(t.Context(), dir, Options{}, append(slices.Clone(migrations), next))
		if err != nil {
			t.Fatal(err)
		}
		compareSample(t, s)
		if problems, err := s.Check(t.Context()); len(problems) > 0 || err != nil {
			t.Error(problems, err)
		}
		if missing := undeclared(t, s); len(missing) > 0 {
			t.Error(missing)
		}
		_ = s.View(func(tx *Tx) error {
			if Mailboxes.Has(tx, 1) {
				t.Error("the step was not done")
			}
			return nil
		})
		s.Close()
	}
	if runs != 2 {
		t.Errorf("the step ran %d times, want 1 that failed and 1", runs)
	}
	CustomersByAddr.version--
	defer func() { CustomersByAddr.version++ }()
	if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, ErrNewer) {
		t.Errorf("older program on newer data: got %v", err)
	}
}
