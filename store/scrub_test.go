package store

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func token() string {
	b := make([]byte, 12)
	rand.Read(b)
	return "tok" + hex.EncodeToString(b)
}

// tokensIn counts tokens that any file below dir holds, as bytes.
func tokensIn(t *testing.T, dir string, tokens []string) (found int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, tok := range tokens {
			if bytes.Contains(data, []byte(tok)) {
				found++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// plant spreads a token over all that can hold one: record, index keys, content
// (zstd stores what it cannot compress as it is), a file of another package. The
// records are written several times, so that older copies lie in free pages.
func plant(t *testing.T, s *Store, log *LogFile, tok string) (id MessageID, customer CustomerID) {
	t.Helper()
	noise := make([]byte, 700)
	rand.Read(noise)
	content := string(noise) + tok + string(noise[:300])
	id = put(t, s, Message{Mailbox: 1, Subject: tok, MessageIDHeader: tok + "@x", References: []string{tok}}, content, content)
	for n := range 3 {
		update(t, s, func(tx *Tx) (err error) {
			c := Customer{Mailbox: 1, Addresses: []string{tok + "@example.cz"}, Notes: strings.Repeat(tok+" ", n+1)}
			if customer == 0 {
				customer, err = Customers.Insert(tx, c)
				return err
			}
			return Customers.Put(tx, customer, c)
		})
	}
	err := log.Update(func(tx *FileTx) error { return tx.Put("entries", []byte(tok), []byte(tok)) })
	if err != nil {
		t.Fatal(err)
	}
	return id, customer
}

func TestScrubLeavesNoToken(t *testing.T) {
	s := openTest(t, t.TempDir(), Options{VolumeBytes: 4 << 20})
	log, err := s.OpenFile("audit.db", "entries")
	if err != nil {
		t.Fatal(err)
	}
	var erased, kept []string
	var ids []MessageID
	var customers []CustomerID
	for n := range 400 {
		tok := token()
		id, customer := plant(t, s, log, tok)
		if n%2 == 1 {
			kept = append(kept, tok)
			continue
		}
		erased, ids, customers = append(erased, tok), append(ids, id), append(customers, customer)
	}
	if n := tokensIn(t, s.Dir(), erased); n < 3*len(erased) {
		t.Fatalf("planted tokens: found %d in files, want %d: the test proves nothing", n, 3*len(erased))
	}
	erase(t, s, log, erased, ids, customers)
	if n := tokensIn(t, s.Dir(), erased); n == 0 {
		t.Fatal("no token is left before the scrub: the test proves nothing")
	}
	report, err := s.Scrub(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", report)
	if n := tokensIn(t, s.Dir(), erased); n != 0 {
		t.Errorf("after the scrub: %d tokens left, want 0", n)
	}
	if n := tokensIn(t, s.Dir(), kept); n < 3*len(kept) {
		t.Errorf("kept: found %d, want %d", n, 3*len(kept))
	}
	if bad, err := s.FreePagesClean(t.Context()); len(bad) > 0 || err != nil {
		t.Errorf("free pages: %v, %v", bad, err)
	}
	if entries, err := os.ReadDir(filepath.Join(s.Dir(), "dirty")); len(entries) != 0 || err != nil {
		t.Errorf("dirty marks after the scrub: %v, %v", entries, err)
	}
}

// erase deletes half of the rows and blanks the fields of the others.
func erase(t *testing.T, s *Store, log *LogFile, tokens []string, ids []MessageID, customers []CustomerID) {
	t.Helper()
	if err := s.Remove(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
	blank := func(string) string { return "" }
	for n, id := range ids {
		update(t, s, func(tx *Tx) error {
			if n%4 == 0 {
				if err := EraseRow(tx, "customers", uint64(customers[n])); err != nil {
					return err
				}
				return EraseRow(tx, "messages", uint64(id))
			}
			for _, field := range []string{"addresses[0]", "notes"} {
				if err := RewriteField(tx, "customers", uint64(customers[n]), field, blank); err != nil {
					return err
				}
			}
			m, err := Messages.Get(tx, id)
			if err != nil {
				return err
			}
			return Messages.Put(tx, id, Message{Mailbox: m.Mailbox, Volume: m.Volume, Erased: time.Now().UTC()})
		})
		err := log.Update(func(tx *FileTx) error { return tx.Delete("entries", []byte(tokens[n])) })
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A scrub among readers and writers: nobody deadlocks, also not one who opens a
// transaction inside another.
func TestScrubAmongReadersAndWriters(t *testing.T) {
	s := openTest(t, t.TempDir(), Options{})
	id := put(t, s, Message{Mailbox: 1}, "raw", "text")
	stop := make(chan struct{})
	var group sync.WaitGroup
	for n := range 3 {
		group.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := churn(s, id, n, i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 10 {
		if _, err := s.Scrub(t.Context()); err != nil {
			t.Error(err)
		}
		if bad, err := s.FreePagesClean(t.Context()); len(bad) > 0 || err != nil {
			t.Error(bad, err)
		}
	}
	close(stop)
	group.Wait()
}

func churn(s *Store, id MessageID, n, i int) error {
	err := s.View(func(tx *Tx) error {
		_, err := s.Text(id) // opens transactions of its own
		return err
	})
	if err != nil || n == 0 {
		return err
	}
	return s.Update(func(tx *Tx) error {
		k, err := Settings.Insert(tx, Setting{Name: fmt.Sprint(n, i)})
		if err != nil || i%2 == 0 {
			return err
		}
		return Settings.Delete(tx, k)
	})
}

func TestCompactWhenMostIsFree(t *testing.T) {
	s := openTest(t, t.TempDir(), Options{})
	noise := make([]byte, 1<<20)
	var ids []MessageID
	for range 60 {
		rand.Read(noise)
		ids = append(ids, put(t, s, Message{Mailbox: 1}, string(noise), "text"))
	}
	if err := s.Remove(t.Context(), ids[:50]); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *Tx) error {
		for _, id := range ids[:50] {
			if err := Messages.Delete(tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	before, _ := s.Stats()
	report, err := s.Scrub(t.Context())
	if err != nil || report.Compacted != 1 {
		t.Fatalf("got %+v, %v", report, err)
	}
	after, err := s.Stats()
	if err != nil || after.VolumeBytes > before.VolumeBytes/3 {
		t.Errorf("volume had %d bytes, has %d, %v", before.VolumeBytes, after.VolumeBytes, err)
	}
	if raw, err := s.RawBytes(ids[59]); !bytes.Equal(raw, noise) || err != nil {
		t.Errorf("kept message: %d bytes, %v", len(raw), err)
	}
	put(t, s, Message{Mailbox: 1}, "after", "after")
}
