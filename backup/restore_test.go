package backup

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postolka/ledger"
	"postolka/store"
)

func tombstoneOf(tx *store.Tx, id store.MessageID) ledger.Body {
	m, _ := store.Messages.Get(tx, id)
	return ledger.Body{Verb: ledger.VerbTombstone, Tombstones: []ledger.Tombstone{ledger.NewTombstone(id, m.Strict, m.Loose)}}
}

// refused restores into a fresh folder and wants an error; the folder must stay closed.
func (d *desk) refused(t *testing.T, want error, opt RestoreOptions) error {
	t.Helper()
	dir := t.TempDir()
	_, err := Restore(t.Context(), Directory(d.dir), d.identity, dir, opt)
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		if s, err := store.Open(t.Context(), dir, store.Options{}); !errors.Is(err, store.ErrRestoring) {
			if err == nil {
				s.Close()
			}
			t.Errorf("half a restore opens: %v", err)
		}
	}
	return err
}

func TestDamageIsFoundByName(t *testing.T) {
	d := newDesk(t)
	d.add(40)
	d.snapshot()
	d.add(10)
	d.erase(d.add(1)[0])
	d.snapshot()
	putBack := d.keep()
	first := func(int) int { return 40 } // in age's header
	for _, c := range []struct {
		name, object string
		at           func(int) int
		want         error
	}{
		{"manifest_byte_changed", "manifests/%.age", middle, ErrDamaged},
		{"manifest_header_changed", "manifests/%.age", first, ErrDamaged},
		{"pack_byte_changed", "packs/%", middle, ErrDamaged},
		{"pack_header_changed", "packs/%", first, ErrDamaged},
		{"records_byte_changed", "records/%", middle, ErrDamaged},
		{"records_header_changed", "records/%", first, ErrDamaged},
		{"keys_byte_changed", "keys/%", middle, ErrDamaged},
		{"ledger_byte_changed", "ledger/%", middle, ErrLedgerCut},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder, suffix, _ := strings.Cut(c.object, "%")
			for _, name := range d.objects(folder) {
				if strings.HasSuffix(name, suffix) {
					d.change(name, c.at)
				}
			}
			err := d.refused(t, c.want, RestoreOptions{})
			if c.want == ErrDamaged && !strings.Contains(err.Error(), folder) {
				t.Errorf("%v does not name the object", err)
			}
			putBack()
		})
	}
	for _, c := range []struct {
		name   string
		damage func()
		want   error
	}{
		{"pack_missing", func() { os.RemoveAll(d.file("packs")) }, ErrDamaged},
		{"records_missing", func() { os.RemoveAll(d.file("records")) }, ErrDamaged},
		{"ledger_missing", func() { os.RemoveAll(d.file("ledger")) }, ErrLedgerCut},
		{"ledger_cut_back", func() { os.Remove(d.file(last(d.objects("ledger/")))) }, ErrLedgerCut},
		{"ledger_gap", func() { os.Remove(d.file(d.objects("ledger/")[1])) }, ErrLedgerCut},
		{"manifests_missing", func() { os.RemoveAll(d.file("manifests")) }, ErrNoSnapshot},
		{"manifest_rolled_back", d.rollBack, ErrDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.damage()
			d.refused(t, c.want, RestoreOptions{})
			putBack()
		})
	}
	d.restore(RestoreOptions{}) // undamaged it restores
}

func last(names []string) string { return names[len(names)-1] }

// rollBack puts the older manifest in the place of the newer.
func (d *desk) rollBack() {
	var old, new store.Snapshot
	d.store.View(func(tx *store.Tx) error {
		for _, s := range store.Snapshots.All(tx) {
			old, new = new, s
		}
		return nil
	})
	content, err := os.ReadFile(d.file(old.Name))
	if err == nil {
		err = os.WriteFile(d.file(new.Name), content, 0o600)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

func TestDamagedNewestManifestNeedsAReasonOrATime(t *testing.T) {
	d := newDesk(t)
	d.add(5)
	d.snapshot()
	between := d.clock
	d.clock = d.clock.Add(time.Hour)
	d.add(5)
	newest := d.snapshot().Snapshot
	d.change(newest, middle)
	d.refused(t, ErrDamaged, RestoreOptions{})
	if _, report := d.restore(RestoreOptions{At: between}); report.Messages != 5 {
		t.Errorf("got %+v", report)
	}
	_, report := d.restore(RestoreOptions{Override: "the newest one is lost"})
	if report.Messages != 5 || len(report.Problems) != 1 || !strings.Contains(report.Problems[0], newest) {
		t.Errorf("got %+v", report)
	}
}

func TestForeignSetForTheSameRecipientIsRefused(t *testing.T) {
	d, forger := newDesk(t), newDesk(t)
	forger.add(3)
	recipients := strings.Join(d.Recipients(), "\n")
	err := forger.store.Update(func(tx *store.Tx) error { return putSetting(tx, recipientsSetting, []byte(recipients)) })
	if err != nil {
		t.Fatal(err)
	}
	forger.snapshot()
	d.dir = forger.dir
	d.refused(t, ErrForeign, RestoreOptions{})
}

func TestWrongIdentity(t *testing.T) {
	d, other := newDesk(t), newDesk(t)
	d.add(3)
	d.snapshot()
	genuine := d.identity
	d.identity = other.identity
	d.refused(t, ErrWrongIdentity, RestoreOptions{})
	var without []byte
	for line := range bytes.Lines(genuine) {
		if !bytes.HasPrefix(line, []byte(verifierLine)) {
			without = append(without, line...)
		}
	}
	d.identity = without
	d.refused(t, ErrNoVerifier, RestoreOptions{})
	d.identity = []byte("nothing\n")
	d.refused(t, ErrNoIdentity, RestoreOptions{})
}

func TestRestoreComparesTheHeadOnPaper(t *testing.T) {
	d := newDesk(t)
	ids := d.add(5)
	d.snapshot()
	putBack := d.keep()
	d.erase(ids[0])
	head, err := d.ledger.Head()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := d.ledger.SignedHead()
	if err != nil {
		t.Fatal(err)
	}
	d.restore(RestoreOptions{Head: headOf(head).String()})
	d.restore(RestoreOptions{Head: string(signed)})
	putBack() // the whole target goes back to the time before the erasure
	d.restore(RestoreOptions{})
	d.refused(t, ErrLedgerCut, RestoreOptions{Head: headOf(head).String()})
	d.refused(t, ErrLedgerCut, RestoreOptions{Head: string(signed)})
	if _, err := d.Drill(t.Context(), d.identity); !errors.Is(err, ErrLedgerCut) {
		t.Errorf("drill over a target that went back: got %v", err)
	}
}

func TestOverriddenLedgerIsAProblemOfTheReport(t *testing.T) {
	d := newDesk(t)
	ids := d.add(5)
	d.erase(ids[0])
	d.erase(ids[1])
	d.snapshot()
	os.Remove(d.file(last(d.objects("ledger/"))))
	_, report := d.restore(RestoreOptions{Override: "the disk of the ledger burnt"})
	if len(report.Problems) == 0 || report.Replayed == 0 {
		t.Errorf("got %+v", report)
	}
}

func TestErasedMessageNeverComesBack(t *testing.T) {
	d := newDesk(t)
	ids := d.add(30)
	d.snapshot()
	before := d.clock
	d.clock = d.clock.Add(time.Hour)
	pack := d.objects("packs/")[0]
	lastDate := d.erase(ids[7])
	if want := time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC); !lastDate.Equal(want) {
		t.Errorf("the last records are gone on %v, want %v", lastDate, want)
	}
	if got := d.objects("packs/"); len(got) != 1 || got[0] == pack {
		t.Errorf("got packs %v, the old one was %s", got, pack)
	}
	d.clock = d.clock.Add(time.Hour)
	d.snapshot()
	token := []byte("unique8token")
	for _, opt := range []RestoreOptions{{At: before}, {}} {
		s, report := d.restore(opt)
		if report.Messages != 29 || !opt.At.IsZero() && report.Refused != 1 {
			t.Errorf("got %+v", report)
		}
		if _, err := s.RawBytes(ids[7]); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("content came back: %v", err)
		}
		s.View(func(tx *store.Tx) error {
			if m, _ := store.Messages.Get(tx, ids[7]); m.Erased.IsZero() || m.Subject != "" {
				t.Errorf("record came back: %+v", m)
			}
			return nil
		})
		if bad, err := s.FreePagesClean(t.Context()); err != nil || len(bad) > 0 {
			t.Errorf("free pages hold bytes: %v %v", bad, err)
		}
		s.Close()
		filepath.WalkDir(s.Dir(), func(path string, e os.DirEntry, err error) error {
			if content, _ := os.ReadFile(path); bytes.Contains(content, token) {
				t.Errorf("%s holds the erased text", path)
			}
			return nil
		})
	}
}

func TestErasedAfterRestoreOfAnOlderSnapshot(t *testing.T) {
	d := newDesk(t)
	ids := d.add(10)
	d.snapshot()
	d.erase(ids[0])
	s, _ := d.restore(RestoreOptions{})
	d.data = s.Dir()
	s.Close()
	d.store.Close()
	d.open(Directory(d.dir))
	d.erase(ids[1])
	d.snapshot()
	if s, report := d.restore(RestoreOptions{}); report.Messages != 8 || len(state(t, s)) != 10 {
		t.Errorf("got %+v", report)
	}
	if _, err := d.Rotate(t.Context()); err != nil {
		t.Error(err)
	}
	if got := d.objects("packs/"); len(got) != 1 {
		t.Errorf("got packs %v, want one", got)
	}
}

func TestPackOfErasedMessagesOnlyIsDeleted(t *testing.T) {
	d := newDesk(t)
	d.add(5)
	d.snapshot()
	id := d.add(1)[0]
	d.snapshot()
	d.erase(id)
	if got := d.objects("packs/"); len(got) != 1 {
		t.Errorf("got packs %v, want one", got)
	}
	if _, report := d.restore(RestoreOptions{}); report.Messages != 5 {
		t.Errorf("got %+v", report)
	}
}

func TestRedactedMessageComesBackRedacted(t *testing.T) {
	d := newDesk(t)
	ids := d.add(5)
	d.snapshot()
	id := ids[2]
	redacted := store.Content{ID: id, Raw: []byte("Subject: masked\n\nmasked"), Text: []byte("masked")}
	if err := d.store.Replace(t.Context(), redacted); err != nil {
		t.Fatal(err)
	}
	if replaced, _, err := d.ReplacePacks(t.Context(), []store.MessageID{id}); err != nil || replaced != 1 {
		t.Fatalf("got %d and %v", replaced, err)
	}
	d.snapshot()
	s, _ := d.restore(RestoreOptions{})
	if raw, err := s.RawBytes(id); err != nil || !bytes.Equal(raw, redacted.Raw) {
		t.Errorf("got %q and %v", raw, err)
	}
}

func TestDamagedVolumeNeverReplacesAHealthyPack(t *testing.T) {
	d := newDesk(t)
	ids := d.add(5)
	d.snapshot()
	pack := d.objects("packs/")
	if err := d.store.Remove(t.Context(), ids[:1]); err != nil { // lost, not erased
		t.Fatal(err)
	}
	if err := d.store.Remove(t.Context(), ids[1:2]); err != nil {
		t.Fatal(err)
	}
	_, _, err := d.ReplacePacks(t.Context(), ids[1:2])
	if !errors.Is(err, errVolume) || !strings.Contains(err.Error(), pack[0]) {
		t.Errorf("got %v", err)
	}
	if got := d.objects("packs/"); len(got) != 1 || got[0] != pack[0] {
		t.Errorf("got packs %v, want %v", got, pack)
	}
}

func TestRestoreNeverWritesOverADesk(t *testing.T) {
	d := newDesk(t)
	d.add(3)
	d.snapshot()
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "postolka.db"), []byte("a desk"), 0o600)
	if _, err := Restore(t.Context(), Directory(d.dir), d.identity, dir, RestoreOptions{}); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("got %v, want ErrNotEmpty", err)
	}
}

func TestInterruptedRestoreStaysClosedAndRunsAgain(t *testing.T) {
	d := newDesk(t)
	d.add(10)
	d.snapshot()
	putBack := d.keep()
	os.RemoveAll(d.file("packs"))
	dir := t.TempDir()
	if _, err := Restore(t.Context(), Directory(d.dir), d.identity, dir, RestoreOptions{}); !errors.Is(err, ErrDamaged) {
		t.Fatalf("got %v", err)
	}
	if _, err := store.Open(t.Context(), dir, store.Options{}); !errors.Is(err, store.ErrRestoring) {
		t.Errorf("opened a half restored desk: %v", err)
	}
	putBack()
	report, err := Restore(t.Context(), Directory(d.dir), d.identity, dir, RestoreOptions{})
	if err != nil || report.Messages != 10 {
		t.Errorf("got %+v and %v", report, err)
	}
}

func TestRestoreHoldsOutboxAndSessions(t *testing.T) {
	d := newDesk(t)
	d.add(1)
	err := d.store.Update(func(tx *store.Tx) error {
		_, err1 := store.Outbox.Insert(tx, store.OutboxEntry{State: store.OutboxQueued})
		_, err2 := store.Sessions.Insert(tx, store.Session{Agent: 1})
		_, err3 := store.Jobs.Insert(tx, store.Job{State: store.JobRunning})
		return errors.Join(err1, err2, err3)
	})
	if err != nil {
		t.Fatal(err)
	}
	d.snapshot()
	s, report := d.restore(RestoreOptions{})
	if len(report.Problems) != 1 {
		t.Errorf("got problems %v", report.Problems)
	}
	s.View(func(tx *store.Tx) error {
		for _, e := range store.Outbox.All(tx) {
			if e.State != store.OutboxUncertain {
				t.Errorf("outbox: %+v", e)
			}
		}
		for _, j := range store.Jobs.All(tx) {
			if j.State != store.JobCancelled {
				t.Errorf("job: %+v", j)
			}
		}
		if store.Sessions.Len(tx) > 0 {
			t.Error("a session lives again")
		}
		return nil
	})
}
