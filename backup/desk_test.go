package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postolka/ledger"
	"postolka/store"
)

// desk is an instance with a directory of snapshots beside it.
type desk struct {
	*Backup
	t         *testing.T
	data, dir string
	clock     time.Time
	identity  []byte
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, data: t.TempDir(), dir: t.TempDir(), clock: time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)}
	d.open(Directory(d.dir))
	file, err := d.NewKey(false)
	if err != nil {
		t.Fatal(err)
	}
	d.identity = file
	return d
}

func (d *desk) open(target Target) {
	d.t.Helper()
	s, err := store.Open(d.t.Context(), d.data, store.Options{})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { s.Close() })
	l, err := ledger.Open(s)
	if err != nil {
		d.t.Fatal(err)
	}
	d.Backup = New(s, l, target, nil, func() time.Time { return d.clock })
	d.Version = "test"
}

// add takes n messages in; their text is random, so packs don't shrink to nothing.
func (d *desk) add(n int) []store.MessageID {
	d.t.Helper()
	ids, err := addMessages(d.store, n)
	if err != nil {
		d.t.Fatal(err)
	}
	return ids
}

func addMessages(s *store.Store, n int) (ids []store.MessageID, err error) {
	first, err := s.ReserveMessageIDs(n)
	if err != nil {
		return nil, err
	}
	var contents []store.Content
	for i := range n {
		id := first + store.MessageID(i)
		body := make([]byte, 300+rand.N(3000))
		for j := range body {
			body[j] = "abcdefghijklmnopqrstuvwxyz \n"[rand.N(28)]
		}
		raw := fmt.Sprintf("Subject: message %d\n\nunique%dtoken %s", id, id, body)
		contents = append(contents, store.Content{ID: id, Raw: []byte(raw), Text: []byte("text of " + raw)})
		ids = append(ids, id)
	}
	volumes, err := s.Add(context.Background(), contents)
	if err != nil {
		return nil, err
	}
	return ids, s.Update(func(tx *store.Tx) error {
		for i, c := range contents {
			m := store.Message{Mailbox: 1, Volume: volumes[i], Subject: fmt.Sprintf("message %d", c.ID),
				Strict: sha256.Sum256(c.Raw), Loose: sha256.Sum256(c.Text), SizeBytes: int64(len(c.Raw))}
			if err := store.Messages.Put(tx, c.ID, m); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *desk) snapshot() Result {
	d.t.Helper()
	r, err := d.Snapshot(d.t.Context(), nil)
	if err != nil {
		d.t.Fatal(err)
	}
	if !r.Proven || r.Snapshot == "" {
		d.t.Fatalf("got %+v", r)
	}
	d.clock = d.clock.Add(time.Minute)
	return r
}

// erase does what the erase job does: tombstone, record, bytes, packs.
func (d *desk) erase(id store.MessageID) time.Time {
	d.t.Helper()
	err := d.store.Update(func(tx *store.Tx) error {
		m, err := store.Messages.Get(tx, id)
		if err != nil {
			return err
		}
		stone := ledger.NewTombstone(id, m.Strict, m.Loose)
		if _, err := d.ledger.Append(tx, ledger.Body{Verb: ledger.VerbTombstone, Tombstones: []ledger.Tombstone{stone}}); err != nil {
			return err
		}
		return store.Messages.Put(tx, id, store.Message{Mailbox: 1, Volume: m.Volume, Pack: m.Pack, Erased: d.clock})
	})
	if err == nil {
		err = d.store.Remove(d.t.Context(), []store.MessageID{id})
	}
	if err != nil {
		d.t.Fatal(err)
	}
	_, last, err := d.ReplacePacks(d.t.Context(), []store.MessageID{id})
	if err != nil {
		d.t.Fatal(err)
	}
	return last
}

// restore opens what came back.
func (d *desk) restore(opt RestoreOptions) (*store.Store, DrillReport) {
	d.t.Helper()
	dir := d.t.TempDir()
	report, err := Restore(d.t.Context(), Directory(d.dir), d.identity, dir, opt)
	if err != nil {
		d.t.Fatal(err)
	}
	s, err := store.Open(d.t.Context(), dir, store.Options{})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { s.Close() })
	return s, report
}

// state is every message with its bytes, without what a restore may change.
func state(t *testing.T, s *store.Store) map[store.MessageID]string {
	t.Helper()
	found := map[store.MessageID]store.Message{}
	s.View(func(tx *store.Tx) error {
		for id, m := range store.Messages.All(tx) {
			found[id] = m
		}
		return nil
	})
	all := map[store.MessageID]string{}
	for id, m := range found {
		m.Volume, m.Pack = 0, 0
		all[id] = fmt.Sprintf("%+v", m)
		if !m.Erased.IsZero() {
			continue
		}
		raw, err := s.RawBytes(id)
		text, err2 := s.Text(id)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		all[id] += string(raw) + string(text)
	}
	return all
}

// objects at the desk's target under a prefix.
func (d *desk) objects(prefix string) []string {
	d.t.Helper()
	listed, err := Directory(d.dir).List(d.t.Context(), prefix)
	if err != nil {
		d.t.Fatal(err)
	}
	var names []string
	for _, o := range listed {
		names = append(names, o.Name)
	}
	return names
}

func (d *desk) file(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

// change flips one byte in the middle of an object.
func (d *desk) change(name string, at func(size int) int) {
	d.t.Helper()
	content, err := os.ReadFile(d.file(name))
	if err != nil {
		d.t.Fatal(err)
	}
	content[at(len(content))] ^= 1
	if err := os.WriteFile(d.file(name), content, 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func middle(size int) int { return size / 2 }

// keep saves the target's files; the returned function puts them back.
func (d *desk) keep() (putBack func()) {
	d.t.Helper()
	saved := d.t.TempDir()
	if err := os.CopyFS(saved, os.DirFS(d.dir)); err != nil {
		d.t.Fatal(err)
	}
	return func() {
		d.t.Helper()
		entries, _ := os.ReadDir(d.dir)
		for _, e := range entries {
			os.RemoveAll(filepath.Join(d.dir, e.Name()))
		}
		if err := os.CopyFS(d.dir, os.DirFS(saved)); err != nil {
			d.t.Fatal(err)
		}
	}
}

// tampering is a target with a fault of its own.
type tampering struct {
	Target
	put func(name string, r io.Reader) (io.Reader, error)
}

func (f *tampering) Put(ctx context.Context, name string, r io.Reader) (int64, error) {
	r, err := f.put(name, r)
	if err != nil {
		return 0, err
	}
	return f.Target.Put(ctx, name, r)
}

func flipAfterRead(r io.Reader) (io.Reader, error) {
	content, err := io.ReadAll(r)
	if err == nil {
		content[len(content)/2] ^= 1
	}
	return bytes.NewReader(content), err
}

func kind(name string) string {
	folder, _, _ := strings.Cut(name, "/")
	return folder
}
