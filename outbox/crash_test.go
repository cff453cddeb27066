package outbox

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"postolka/oauth"
	"postolka/store"
)

// The child sends and is killed with SIGKILL at a step; what the next start
// finds, and how often the server got the message, is looked at here.
func TestKilledAtEachStep(t *testing.T) {
	cases := []struct {
		step  string
		state store.OutboxState // after the next start
		taken int
	}{
		{"claimed", store.OutboxDone, 1},
		{"written", store.OutboxDone, 1},
		{"sending", store.OutboxUncertain, 0}, // the last line was not sent; nobody can know
		{"answered", store.OutboxUncertain, 1},
		{"judged", store.OutboxDone, 1},
		{"copied", store.OutboxDone, 1},
	}
	for _, c := range cases {
		t.Run(c.step, func(t *testing.T) {
			s := newServer(t)
			dir := t.TempDir()
			id := prepare(t, dir, s)
			kill(t, dir, c.step)
			w := reopen(t, dir)
			stop := w.run(t)
			w.reaches(t, id, c.state)
			time.Sleep(50 * time.Millisecond)
			stop()
			if n := len(s.taken()); n != c.taken {
				t.Errorf("the server took %d messages, want %d", n, c.taken)
			}
		})
	}
}

// prepare puts one entry into a store and closes it.
func prepare(t *testing.T, dir string, s *server) store.OutboxID {
	t.Helper()
	w := worldIn(t, dir, s.settings(store.Plain))
	id := w.put(t, 0, "eva@example.com")
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	return id
}

func reopen(t *testing.T, dir string) *world {
	t.Helper()
	s, err := store.Open(t.Context(), dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w := &world{store: s, copies: &copies{}, events: &events{}}
	w.outbox = New(s, w.events, w.copies, oauth.New(s), nil)
	w.outbox.pace = quick
	return w
}

// order tells the child what to do.
type order struct{ Dir, Step string }

const orderName = "POSTOLKA_TEST_OUTBOX_CHILD"

func kill(t *testing.T, dir, step string) {
	t.Helper()
	text, err := json.Marshal(order{dir, step})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), orderName+"="+string(text))
	out, err := child.CombinedOutput()
	status, ok := child.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || ctx.Err() != nil {
		t.Fatalf("the child was not killed at %q: %v\n%s", step, err, out)
	}
}

func TestMain(m *testing.M) {
	if text := os.Getenv(orderName); text != "" {
		var o order
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			panic(err)
		}
		beKilled(o)
		return
	}
	os.Exit(m.Run())
}

func beKilled(o order) {
	testOnlyStep = func(step string) {
		if step == o.Step {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			time.Sleep(time.Hour)
		}
	}
	s, err := store.Open(context.Background(), o.Dir, store.Options{})
	if err != nil {
		panic(err)
	}
	box := New(s, &events{}, &copies{}, oauth.New(s), nil)
	box.pace = quick
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	box.Run(ctx)
}
