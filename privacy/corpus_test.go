package privacy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postolka/backup"
	"postolka/desk"
	"postolka/importer"
	"postolka/match"
	"postolka/store"
	"postolka/store/storetest"
)

// Five persons of the spamassassin set go the whole way: found, exported,
// erased, imported again, restored from a snapshot that still had them.
func TestCorpusFivePersons(t *testing.T) {
	corpus := storetest.Corpora(t, "bulk/spamassassin")
	ctx := context.Background()
	h := newHouse(t)
	took := h.importAll(t, corpus)
	t.Logf("import: %v", took)
	if again := h.importAll(t, corpus); again[desk.Added] != 0 {
		t.Errorf("second import added %d", again[desk.Added])
	}
	identity, err := h.backup.NewKey(true)
	check(t, err)
	_, err = h.backup.Snapshot(ctx, nil)
	check(t, err)

	persons := h.persons(t, 5)
	before := h.contents(t)
	found, err := h.Find(ctx, host, persons, FindOptions{})
	check(t, err)
	if !found.Complete.IndexAgrees {
		t.Errorf("index and scan disagree on %d messages", len(found.Complete.Disagree))
	}
	gone := idSet{}
	for _, id := range messagesOf(found.Hits) {
		gone[id] = struct{}{}
	}
	var pack bytes.Buffer
	_, err = h.Export(ctx, host, persons, ExportOptions{}, &pack)
	check(t, err)
	started := time.Now()
	receipt := eraseAll(t, h, persons)
	t.Logf("%d messages of %d persons, %d places, export %d bytes, erased in %v", len(gone), len(persons), len(found.Hits), pack.Len(), time.Since(started).Round(time.Millisecond))
	if receipt.Erased != len(gone) {
		t.Errorf("erased: got %d, want %d", receipt.Erased, len(gone))
	}
	h.expectGone(t, persons)
	var values []string
	for _, p := range persons {
		values = append(values, p.Value)
	}
	if left := bytesIn(t, h.dir, values...); len(left) > 0 {
		t.Errorf("a person is still in %v", left)
	}
	h.expectOthersUnchanged(t, before, gone)

	after := h.importAll(t, corpus)
	if after[desk.Added] != 0 || after[desk.ErasedBefore] < len(gone) {
		t.Errorf("import after the erasure: %v, want none added and at least %d refused", after, len(gone))
	}
	dir := filepath.Join(t.TempDir(), "restored")
	report, err := backup.Restore(ctx, backup.Directory(h.target), identity, dir, backup.RestoreOptions{})
	check(t, err)
	t.Logf("restore: %+v", report)
	restored := open(t, dir, h.target)
	defer restored.close()
	restored.mailbox = h.mailbox
	restored.expectGone(t, persons)
	restored.expectOthersUnchanged(t, before, gone)
}

func (h *house) importAll(t *testing.T, path string) map[desk.Result]int {
	t.Helper()
	counts := map[desk.Result]int{}
	var batch []desk.Incoming
	flush := func() error {
		out, err := h.Desk.Intake(context.Background(), batch)
		for _, o := range out {
			counts[o.Result]++
		}
		batch = nil
		return err
	}
	problems, err := importer.Walk(context.Background(), []string{path}, func(m importer.Mail) error {
		batch = append(batch, desk.Incoming{Raw: m.Raw, Mailbox: h.mailbox, Origin: store.FromImport, ReceivedAt: m.ReceivedAt, Quiet: true})
		if len(batch) < 500 {
			return nil
		}
		return flush()
	})
	check(t, err)
	check(t, flush())
	if len(problems) > 0 {
		t.Errorf("%d files could not be read", len(problems))
	}
	return counts
}

// persons picks senders who wrote a few messages each, spread over the archive.
func (h *house) persons(t *testing.T, n int) []match.Identifier {
	t.Helper()
	var chosen []match.Identifier
	check(t, h.Store.View(func(tx *store.Tx) error {
		written := map[string]int{}
		for _, m := range store.Messages.All(tx) {
			addr := strings.ToLower(m.From.Addr)
			if written[addr]++; written[addr] == 4 && !m.Automatic && strings.Contains(addr, ".") {
				if id, err := match.ParseIdentifier(match.Email, addr); err == nil && len(chosen) < n {
					chosen = append(chosen, id)
				}
			}
		}
		return nil
	}))
	if len(chosen) < n {
		t.Fatalf("found %d persons, want %d", len(chosen), n)
	}
	return chosen
}

type fingerprint struct {
	strict [32]byte
	raw    [32]byte
}

func (h *house) contents(t *testing.T) map[store.MessageID]fingerprint {
	t.Helper()
	all := map[store.MessageID]fingerprint{}
	check(t, h.Store.View(func(tx *store.Tx) error {
		for id, m := range store.Messages.All(tx) {
			all[id] = fingerprint{strict: m.Strict}
		}
		return nil
	}))
	for id, f := range all {
		raw, err := h.Store.RawBytes(id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		check(t, err)
		f.raw = sha256.Sum256(raw)
		all[id] = f
	}
	return all
}

func (h *house) expectGone(t *testing.T, persons []match.Identifier) {
	t.Helper()
	found, err := h.Find(context.Background(), host, persons, FindOptions{})
	check(t, err)
	if len(found.Hits) > 0 || len(found.Records) > 0 {
		t.Errorf("found again: %d places in messages, %d in records", len(found.Hits), len(found.Records))
	}
}

func (h *house) expectOthersUnchanged(t *testing.T, before map[store.MessageID]fingerprint, gone idSet) {
	t.Helper()
	now := h.contents(t)
	changed := 0
	for id, f := range before {
		if _, erased := gone[id]; !erased && now[id] != f {
			changed++
		}
	}
	if changed > 0 {
		t.Errorf("%d other messages changed", changed)
	}
}
