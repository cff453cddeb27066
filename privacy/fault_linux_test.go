package privacy

import (
	"context"
	"encoding/json"
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
// with errors. Every other moment lies just behind a step's end, so that each step
// is met, also the short ones. The next start must end the job as if nothing had
// happened: no byte of the person, every other message as it was, a receipt.
// POSTOLKA_FAULTS says how often (make crash-erase); POSTOLKA_SEED repeats a run's
// choices.
func TestEraseThroughFaults(t *testing.T) {
	if base := os.Getenv("POSTOLKA_TEST_FAULTS"); base != "" {
		f := fault{}
		check(t, json.Unmarshal([]byte(os.Getenv("POSTOLKA_TEST_FAULT")), &f))
		f.work(t, base)
		return
	}
	times := number("POSTOLKA_FAULTS", 6)
	seed := number("POSTOLKA_SEED", rand.Uint64())
	t.Logf("seed %d", seed)
	f := newFaults(t)
	random := rand.New(rand.NewPCG(seed, 0))
	steps := new(Privacy).steps()
	done := map[string]int{}
	// A busy machine may be done before the kill comes: then it is tried again.
	for n := uint64(0); n < times || done["killed struck"] == 0 && n < 4*times; n++ {
		x := fault{How: []string{"killed", "full", "errors"}[n%3], After: time.Duration(random.Int64N(int64(f.takes))), Room: random.Uint64N(300 << 10)}
		if n/3%2 == 1 {
			x.Behind, x.After = steps[random.IntN(len(steps)-1)].name, time.Duration(random.Int64N(int64(f.takes/20)))
		}
		struck, at := f.strike(t, x)
		done[x.How+" "+struck]++
		if struck == "struck" {
			done["in "+at]++
		}
		if t.Failed() {
			t.Fatalf("fault %d: %+v", n, x)
		}
	}
	t.Logf("an undisturbed run takes %v; %v", f.takes.Round(time.Millisecond), done)
	if done["killed struck"] == 0 {
		t.Error("no process was killed at work: nothing was shown")
	}
}

// fault is what a process meets: after so long, counted from its start or from the
// end of a step.
type fault struct {
	How    string // "killed", "full", "errors"; empty: nothing
	After  time.Duration
	Behind string
	Room   uint64 // "full": files can't grow beyond
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
	check(t, f.child(base, fault{}).Run())
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

func (f *faults) child(base string, x fault) *exec.Cmd {
	how, err := json.Marshal(x)
	if err != nil {
		panic(err) // plain fields always encode
	}
	child := exec.Command(os.Args[0], "-test.run=^TestEraseThroughFaults$")
	child.Env = append(os.Environ(), "POSTOLKA_TEST_FAULTS="+base, "POSTOLKA_TEST_FAULT="+string(how))
	return child
}

// strike lets one process meet its fault and looks at what the next start makes of
// it. at is the step that was struck.
func (f *faults) strike(t *testing.T, x fault) (ended, at string) {
	base := f.copy(t)
	child := f.child(base, x)
	check(t, child.Start())
	limit := time.AfterFunc(time.Minute, func() { _ = child.Process.Kill() }) // one that can't end is killed too
	ended = "struck"
	if child.Wait() == nil {
		ended = "too late"
	}
	limit.Stop()
	at = f.whole(t, base)
	check(t, os.RemoveAll(base))
	return ended, at
}

// whole ends the job where it was left, and compares with what must be.
func (f *faults) whole(t *testing.T, base string) (at string) {
	t.Helper()
	h := open(t, filepath.Join(base, "data"), filepath.Join(base, "target"))
	defer h.close()
	job, err := h.JobNow(host, 1)
	check(t, err)
	at = "none: it was over"
	if job.State != store.JobDone {
		at = h.steps()[job.Step-firstStep].name
	}
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
	return at
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

// work is the process: it ends the job, or itself.
func (x fault) work(t *testing.T, base string) {
	strike := func() { time.AfterFunc(x.After, func() { x.strike(t) }) }
	if x.Behind == "" {
		strike()
	}
	testOnlyStep = func(step string) {
		if step == x.Behind {
			strike()
		}
	}
	h := open(t, filepath.Join(base, "data"), filepath.Join(base, "target"))
	check(t, h.Resume(context.Background()))
}

func (x fault) strike(t *testing.T) {
	var err error
	switch x.How {
	case "killed":
		err = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "full":
		err = unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: x.Room, Max: x.Room})
	case "errors":
		failWrites()
	}
	if err != nil {
		t.Error(err)
	}
}
