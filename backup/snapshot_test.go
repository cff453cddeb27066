package backup

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"postolka/store"
)

func TestRestoreGivesTheSameDesk(t *testing.T) {
	d := newDesk(t)
	d.add(1200)
	d.LogCheckpoint = func(context.Context) ([]byte, error) { return []byte("signed head\n"), nil }
	r := d.snapshot()
	s, report := d.restore(RestoreOptions{})
	if want := state(t, d.store); !maps.Equal(state(t, s), want) || len(want) != 1200 {
		t.Error("the restored desk is another")
	}
	if report.Messages != 1200 || report.Snapshot != r.Snapshot || len(report.Problems) > 0 || report.LogCheckpoint != "signed head\n" {
		t.Errorf("got %+v", report)
	}
	if problems, err := s.Check(t.Context()); err != nil || len(problems) > 0 {
		t.Errorf("check: %v %v", problems, err)
	}
	if s.Keys().VerifierKey() != d.store.Keys().VerifierKey() {
		t.Error("other keys came back")
	}
	next, _ := s.ReserveMessageIDs(1)
	if next <= 1200 {
		t.Errorf("id %d is given twice", next)
	}
}

func TestRestoredDeskGoesOn(t *testing.T) {
	d := newDesk(t)
	d.add(50)
	d.snapshot()
	s, _ := d.restore(RestoreOptions{})
	d.data = s.Dir()
	s.Close()
	d.store.Close()
	d.open(Directory(d.dir))
	before := d.objects("packs/")
	d.add(5)
	d.snapshot()
	if got := d.objects("packs/"); len(got) != len(before)+1 {
		t.Errorf("got %d packs after %d: only the new messages need one", len(got), len(before))
	}
	if _, err := d.Rotate(t.Context()); err != nil {
		t.Error(err)
	}
	s, report := d.restore(RestoreOptions{})
	if report.Messages != 55 || len(state(t, s)) != 55 {
		t.Errorf("got %d messages, want 55", report.Messages)
	}
}

func TestSecondSnapshotWritesLittle(t *testing.T) {
	d := newDesk(t)
	d.add(2000)
	first := d.snapshot()
	packs := d.objects("packs/")
	d.add(3)
	second := d.snapshot()
	if got := d.objects("packs/"); len(got) != len(packs)+1 || !slices.Contains(got, packs[0]) {
		t.Errorf("got packs %v after %v", got, packs)
	}
	if second.BytesWritten*5 > first.BytesWritten || second.BytesReferred == 0 {
		t.Errorf("first wrote %d, second %d and refers to %d", first.BytesWritten, second.BytesWritten, second.BytesReferred)
	}
	t.Logf("2,000 messages: first snapshot %d bytes; 3 more: %d", first.BytesWritten, second.BytesWritten)
	third := d.snapshot()
	if got := d.objects("packs/"); len(got) != len(packs)+1 || third.BytesReferred == 0 {
		t.Errorf("a snapshot of nothing new wrote packs: %v", got)
	}
}

func TestSnapshotWithoutKey(t *testing.T) {
	d := newDesk(t)
	d.store.Update(func(tx *store.Tx) error { return putSetting(tx, recipientsSetting, nil) })
	if _, err := d.Snapshot(t.Context(), nil); !errors.Is(err, ErrNoRecipient) {
		t.Errorf("got %v, want ErrNoRecipient", err)
	}
}

func TestProofFindsWhatTheTargetChanged(t *testing.T) {
	for _, folder := range []string{"packs", "records", "keys", "manifests", "ledger"} {
		t.Run(folder, func(t *testing.T) {
			d := newDesk(t)
			d.add(20)
			d.target = &tampering{d.target, func(name string, r io.Reader) (io.Reader, error) {
				if kind(name) != folder {
					return r, nil
				}
				return flipAfterRead(r)
			}}
			r, err := d.Snapshot(t.Context(), nil)
			if err == nil || !strings.Contains(err.Error(), folder+"/") {
				t.Fatalf("got %+v and %v, want an error that names the object", r, err)
			}
			if left := d.objects("manifests/"); len(left) > 0 {
				t.Errorf("a snapshot exists: %v", left)
			}
			row, ok := d.lastProven()
			if ok {
				t.Errorf("recorded as proven: %+v", row)
			}
		})
	}
}

func TestDiskFullLeavesNoSnapshot(t *testing.T) {
	for puts := range 6 {
		d := newDesk(t)
		d.add(20)
		n := 0
		whole := d.target
		d.target = &tampering{whole, func(name string, r io.Reader) (io.Reader, error) {
			if n++; n > puts {
				return io.MultiReader(io.LimitReader(r, 100), iotest.ErrReader(syscall.ENOSPC)), nil
			}
			return r, nil
		}}
		if _, err := d.Snapshot(t.Context(), nil); !errors.Is(err, store.ErrFull) {
			t.Fatalf("full at put %d: got %v", puts+1, err)
		}
		if left := d.objects("manifests/"); len(left) > 0 {
			t.Errorf("full at put %d: a snapshot exists: %v", puts+1, left)
		}
		if left := append(d.objects("records/"), d.objects("keys/")...); len(left) > 0 {
			t.Errorf("full at put %d: left %v", puts+1, left)
		}
		d.target = whole
		d.snapshot()
		if s, _ := d.restore(RestoreOptions{}); len(state(t, s)) != 20 {
			t.Error("messages are missing")
		}
	}
}

func TestErasureDuringSnapshotIsNeverInIt(t *testing.T) {
	d := newDesk(t)
	ids := d.add(20)
	defer func(old func(int)) { testOnlyStep = old }(testOnlyStep)
	began := false
	testOnlyStep = func(step int) {
		if step != 3 || began { // after the records were copied
			return
		}
		began = true
		err := d.store.Update(func(tx *store.Tx) error {
			_, err := d.ledger.Append(tx, tombstoneOf(tx, ids[4]))
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	d.snapshot()
	if !began {
		t.Fatal("the erasure did not begin")
	}
	if got := len(d.objects("records/")); got != 1 {
		t.Errorf("got %d objects of records: the overtaken one must go", got)
	}
	s, report := d.restore(RestoreOptions{})
	if report.Refused != 1 {
		t.Errorf("got %+v", report)
	}
	if _, err := s.RawBytes(ids[4]); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the erased message came back: %v", err)
	}
}

func TestNewKeyWritesEverythingAnew(t *testing.T) {
	d := newDesk(t)
	d.add(30)
	old := d.identity
	d.snapshot()
	file, err := d.NewKey(true)
	if err != nil {
		t.Fatal(err)
	}
	d.identity = file
	d.snapshot()
	if s, _ := d.restore(RestoreOptions{}); len(state(t, s)) != 30 {
		t.Error("the new key does not open everything")
	}
	// The older snapshot still opens with the older key.
	d.identity = old
	if s, _ := d.restore(RestoreOptions{}); len(state(t, s)) != 30 {
		t.Error("the old key does not open the old snapshot any more")
	}
}

func TestLostPackIsWrittenAnew(t *testing.T) {
	for _, how := range []string{"lost", "changed"} {
		d := newDesk(t)
		d.add(30)
		d.snapshot()
		pack := d.objects("packs/")[0]
		if how == "lost" {
			os.Remove(d.file(pack))
		} else {
			d.change(pack, middle)
			problems, err := d.ReadBack(t.Context(), false)
			if err != nil || len(problems) != 1 || !strings.Contains(problems[0], pack) {
				t.Fatalf("got %v and %v", problems, err)
			}
		}
		first := d.clock.Add(-1)
		d.snapshot()
		for _, opt := range []RestoreOptions{{}, {At: first}} { // the older one needs the pack too
			if s, _ := d.restore(opt); len(state(t, s)) != 30 {
				t.Errorf("%s: messages are missing", how)
			}
		}
	}
}

func TestEmptyTargetIsNotTakenForANewOne(t *testing.T) {
	d := newDesk(t)
	d.add(3)
	d.snapshot()
	d.target = Directory(t.TempDir())
	if _, err := d.Snapshot(t.Context(), nil); !errors.Is(err, ErrTargetEmpty) {
		t.Fatalf("got %v, want ErrTargetEmpty", err)
	}
	if err := d.StartOver(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.dir = d.target.(*directory).root
	d.snapshot()
	if s, _ := d.restore(RestoreOptions{}); len(state(t, s)) != 3 {
		t.Error("messages are missing")
	}
}

func TestRestoredDeskMayHaveAnEmptyTarget(t *testing.T) {
	d := newDesk(t)
	ids := d.add(10)
	d.snapshot()
	s, _ := d.restore(RestoreOptions{})
	d.data, d.dir = s.Dir(), t.TempDir()
	s.Close()
	d.store.Close()
	d.open(Directory(d.dir))
	d.erase(ids[1])
	d.snapshot()
	if _, report := d.restore(RestoreOptions{}); report.Messages != 9 {
		t.Errorf("got %+v", report)
	}
	d.target = Directory(t.TempDir())
	if err := d.PublishLedger(t.Context()); !errors.Is(err, ErrTargetEmpty) {
		t.Errorf("a second empty target: got %v, want ErrTargetEmpty", err)
	}
}

func TestCheckKey(t *testing.T) {
	d, other := newDesk(t), newDesk(t)
	old := d.identity
	if _, err := d.CheckKey(old); err != nil {
		t.Error(err)
	}
	if _, err := d.NewKey(false); err != nil {
		t.Fatal(err)
	}
	if _, err := d.CheckKey(old); !errors.Is(err, ErrWrongIdentity) {
		t.Errorf("the key before: got %v", err)
	}
	if _, err := d.CheckKey(other.identity); !errors.Is(err, ErrForeign) {
		t.Errorf("another instance's key: got %v", err)
	}
}

func TestFolderOfAnotherInstanceIsRefused(t *testing.T) {
	d, other := newDesk(t), newDesk(t)
	d.add(3)
	d.snapshot()
	other.target = Directory(d.dir)
	if _, err := other.Snapshot(t.Context(), nil); !errors.Is(err, ErrForeign) {
		t.Errorf("snapshot: got %v, want ErrForeign", err)
	}
	if _, err := other.Rotate(t.Context()); !errors.Is(err, ErrForeign) {
		t.Errorf("rotate: got %v, want ErrForeign", err)
	}
}

func TestDrillIsDated(t *testing.T) {
	d := newDesk(t)
	d.add(10)
	d.snapshot()
	report, err := d.Drill(t.Context(), d.identity)
	if err != nil || report.Messages != 10 {
		t.Fatalf("got %+v and %v", report, err)
	}
	if last, _ := d.lastProven(); last.DrilledAt.IsZero() {
		t.Error("the drill is not dated")
	}
	if left, _ := os.ReadDir(filepath.Join(d.data, "tmp")); len(left) > 0 {
		t.Errorf("left %v in tmp", left)
	}
}

// The age command is the oracle: what it opens needs no program of ours.
func TestAgeCommandOpensRecords(t *testing.T) {
	age, err := exec.LookPath("age")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no age command (apt-get install age)")
		}
		t.Skip("no age command here (apt-get install age)")
	}
	for _, classic := range []bool{true, false} {
		d := newDesk(t)
		d.add(10)
		if d.identity, err = d.NewKey(classic); err != nil {
			t.Fatal(err)
		}
		d.snapshot()
		key := filepath.Join(t.TempDir(), "key")
		os.WriteFile(key, d.identity, 0o600)
		out, err := exec.Command(age, "-d", "-i", key, d.file(d.objects("records/")[0])).CombinedOutput()
		if err != nil && !classic && strings.Contains(string(out), "unknown identity type") || err != nil && !classic && !newAge(age) {
			t.Logf("age here is older than 1.3, without hybrid keys")
			continue
		}
		if err != nil || !strings.HasPrefix(string(out), "\x28\xb5\x2f\xfd") {
			t.Errorf("classic %v: %v, got %d bytes, no zstd", classic, err, len(out))
		}
	}
}

func newAge(age string) bool {
	out, _ := exec.Command(age, "--version").Output()
	return !strings.HasPrefix(string(out), "1.0") && !strings.HasPrefix(string(out), "1.1") && !strings.HasPrefix(string(out), "1.2") && !strings.HasPrefix(string(out), "v1.2")
}
