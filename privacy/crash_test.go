package privacy

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"postolka/store"
)

// A process that erases is killed after each step, before the step is noted; the
// next start ends the job: nothing of the person is left, nothing else is lost.
func TestEraseKilledAfterEachStep(t *testing.T) {
	if dir := os.Getenv("POSTOLKA_TEST_ERASE"); dir != "" {
		eraseUntilKilled(t, dir, os.Getenv("POSTOLKA_TEST_STEP"))
		return
	}
	for _, s := range new(Privacy).steps() {
		t.Run("killed after "+s.name, func(t *testing.T) {
			t.Parallel()
			base := t.TempDir()
			h := open(t, filepath.Join(base, "data"), filepath.Join(base, "target"))
			var err error
			h.mailbox, err = h.Desk.SaveMailbox(context.Background(), host, 0, store.Mailbox{Name: "shop@", Address: "shop@example.org"}, "", "")
			check(t, err)
			h.take(t, janAndOthers()...)
			_, err = h.backup.NewKey(true)
			check(t, err)
			_, err = h.backup.Snapshot(context.Background(), nil)
			check(t, err)
			h.close()

			child := exec.Command(os.Args[0], "-test.run=^TestEraseKilledAfterEachStep$")
			child.Env = append(os.Environ(), "POSTOLKA_TEST_ERASE="+base, "POSTOLKA_TEST_STEP="+s.name)
			out, _ := child.CombinedOutput()
			if status, ok := child.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
				t.Fatalf("the child was not killed: %v\n%s", child.ProcessState, out)
			}

			h = open(t, filepath.Join(base, "data"), filepath.Join(base, "target"))
			defer h.close()
			check(t, h.Resume(context.Background()))
			if found := bytesIn(t, h.dir, janAddr, token); len(found) > 0 {
				t.Errorf("still in %v", found)
			}
			if _, err := h.Store.RawBytes(4); err != nil {
				t.Errorf("another person's message: %v", err)
			}
			if _, _, err := h.Receipt(context.Background(), host, 1); err != nil {
				t.Errorf("receipt: %v", err)
			}
		})
	}
}

func eraseUntilKilled(t *testing.T, base, last string) {
	testOnlyStep = func(step string) {
		if step == last {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	}
	h := open(t, filepath.Join(base, "data"), filepath.Join(base, "target"))
	eraseAll(t, h, email(t, janAddr))
	t.Fatal("the job ended")
}
