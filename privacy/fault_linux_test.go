package privacy

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"postolka/backup"
	"postolka/store"
)

// TestEraseThroughFaults has a process erase a person, and strikes it at a moment
// nobody chose: it is killed, its files can't grow any more, or the disk answers
// with errors. The next start must end the job as if nothing had happened: no byte
// of the person, every other message as it was, a receipt. POSTOLKA_FAULTS says how
// often (make crash-erase); POSTOLKA_SEED repeats a run's choices.
func TestEraseThroughFaults(t *testing.T) {
	if base := os.Getenv("POSTOLKA_TEST_FAULTS"); base != "" {
		workStruck(t, base)
		return
	}
	times := number("POSTOLKA_FAULTS", 6)
	seed := number("POSTOLKA_SEED", rand.Uint64())
	t.Logf("seed %d", seed)
	f := newFaults(t)
	random := rand.New(rand.NewPCG(seed, 0))
	done := map[string]int{}
	for n := range times {
		how := []string{"killed", "full", "errors"}[n%3]
		after := time.Duration(random.Int64N(int64(f.takes)))
		ended := f.strike(t, how, after, random)
		done[how+" "+ended]++
		if t.Failed() {
			t.Fatalf("fault %d: %s after %v", n, how, after)
		}
	}
	t.Logf("an undisturbed run takes %v; %v", f.takes.Round(time.Millisecond), done)
	if done["killed struck"] == 0 {
		t.Error("no process was killed at work: nothing was shown")
	}
}

func number(name string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// faults is a data directory with an approved job, from which each round starts.
type faults struct {
	template string
	identity []byte
	before   map[store.MessageID]fingerprint
	gone     idSet
	takes    time.Duration
}

func newFaults(t *testing.T) *faults {
	f := &faults{template: t.TempDir(), gone: idSet{}}
	h := open(t, filepath.Join(f.template, "data"), filepath.Join(f.template, "target"))
	var err error
	h.mailbox, err = h.Desk.SaveMailbox(context.Background(), host, 0, store.Mailbox{Name: "shop@", Address: "shop@example.org"}, "", "")
	check(t, err)
	var raws []string
	for n := range 40 {
		raws = append(raws, written(fmt.Sprint("o", n), fmt.Sprintf("petr%d@example.net", n), "shop@example.org", "Dotaz", "Nic spolecneho."))
	}
	h.take(t, append(raws, janAndOthers()...)...)
	f.identity, err = h.backup.NewKey(true)
	check(t, err)
	_, err = h.backup.Snapshot(context.Background(), nil)
	check(t, err)
	check(t, h.Store.Update(func(tx *store.Tx) error {
		_, err := store.Drafts.Insert(tx, store.Draft{Mailbox: h.mailbox, Text: "pro " + janAddr})
		return err
	}))
	f.before = h.contents(t)
	id, err := h.Begin(context.Background(), host, email(t, janAddr), "test")
	check(t, err)
	plan, err := h.Plan(context.Background(), host, id)
	check(t, err)
	person, err := h.Person(context.Background(), host, id)
	check(t, err)
	for _, m := range person.Messages {
		f.gone[m.Message] = struct{}{}
	}
	_, err = h.Approve(context.Background(), host, plan.Hash)
	check(t, err)
	h.close()
	began := time.Now()
	base := f.copy(t)
	check(t, f.child(base, 0).Run())
	f.takes = time.Since(began)
	f.whole(t, base)
	return f
}

func (f *faults) copy(t *testing.T) string {
	t.Helper()
	base := t.TempDir()
	check(t, os.CopyFS(base, os.DirFS(f.template)))
	check(t, filepath.WalkDir(base, func(path string, e os.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			return os.Chmod(path, 0o700)
		}
		if err == nil {
			return os.Chmod(path, 0o600)
		}
		return err
	}))
	return base
}

func (f *faults) child(base string, errorsAfter time.Duration) *exec.Cmd {
	child := exec.Command(os.Args[0], "-test.run=^TestEraseThroughFaults$")
	child.Env = append(os.Environ(), "POSTOLKA_TEST_FAULTS="+base, "POSTOLKA_TEST_ERRORS="+errorsAfter.String())
	return child
}

// strike lets one process meet its fault and looks at what the next start makes of it.
func (f *faults) strike(t *testing.T, how string, after time.Duration, random *rand.Rand) (ended string) {
	base := f.copy(t)
	errorsAfter := time.Duration(0)
	if how == "errors" {
		errorsAfter = max(after, 1)
	}
	child := f.child(base, errorsAfter)
	check(t, child.Start())
	limit := time.AfterFunc(time.Minute, func() { _ = child.Process.Kill() }) // one that can't end is killed too
	time.Sleep(after)
	switch how {
	case "killed":
		_ = child.Process.Signal(syscall.SIGKILL)
	case "full":
		room := uint64(random.IntN(300 << 10))
		_ = unix.Prlimit(child.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: room, Max: room}, nil)
	}
	ended = "struck"
	if child.Wait() == nil {
		ended = "too late"
	}
	limit.Stop()
	f.whole(t, base)
	check(t, os.RemoveAll(base))
	return ended
}

// whole ends the job where it was left, and compares with what must be.
func (f *faults) whole(t *testing.T, base string) {
	t.Helper()
	h := open(t, filepath.Join(base, "data"), filepath.Join(base, "target"))
	defer h.close()
	check(t, h.Resume(context.Background()))
	if found := bytesIn(t, h.dir, janAddr, token); len(found) > 0 {
		t.Errorf("still in %v", found)
	}
	h.expectOthersUnchanged(t, f.before, f.gone)
	h.expectGone(t, email(t, janAddr))
	if _, _, err := h.Receipt(context.Background(), host, 1); err != nil {
		t.Errorf("receipt: %v", err)
	}
	problems, err := h.Store.Check(context.Background())
	check(t, err)
	for _, p := range problems {
		t.Error(p)
	}
	f.restore(t, base)
}

// restore: the snapshot from before brings nothing back.
func (f *faults) restore(t *testing.T, base string) {
	t.Helper()
	dir := filepath.Join(base, "restored")
	_, err := backup.Restore(context.Background(), backup.Directory(filepath.Join(base, "target")), f.identity, dir, backup.RestoreOptions{})
	check(t, err)
	if found := bytesIn(t, dir, janAddr, token); len(found) > 0 {
		t.Errorf("restored: still in %v", found)
	}
}

// workStruck is the process: it ends the job, or itself.
func workStruck(t *testing.T, base string) {
	after, err := time.ParseDuration(os.Getenv("POSTOLKA_TEST_ERRORS"))
	check(t, err)
	if after > 0 {
		time.AfterFunc(after, failWrites)
	}
	h := open(t, filepath.Join(base, "data"), filepath.Join(base, "target"))
	check(t, h.Resume(context.Background()))
}
