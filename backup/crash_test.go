package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"postolka/ledger"
	"postolka/store"
)

// A child process works on the desk and ends itself with kill -9 at a point:
// "step 3" of a snapshot, or before, half-way into or after the nth call of the
// target. Points are tried until the child comes to its end alive.

const crashEnv = "POSTOLKA_BACKUP_CRASH"

func TestMain(m *testing.M) {
	if task := os.Getenv(crashEnv); task != "" {
		if err := crashChild(strings.Split(task, "|")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func die() {
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// crashChild: data, target, what to do, where to die, number.
func crashChild(task []string) error {
	data, dir, what, where := task[0], task[1], task[2], task[3]
	n, err := strconv.Atoi(task[4])
	if err != nil {
		return err
	}
	s, err := store.Open(context.Background(), data, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	l, err := ledger.Open(s)
	if err != nil {
		return err
	}
	b := New(s, l, &deadly{Directory(dir), where, n}, nil, func() time.Time { return crashTime })
	testOnlyStep = func(step int) {
		if where == "step" && step == n {
			die()
		}
	}
	if what == "snapshot" {
		_, err = b.Snapshot(context.Background(), nil)
		return err
	}
	id, err := strconv.ParseUint(what, 10, 64)
	if err == nil {
		_, _, err = b.ReplacePacks(context.Background(), []store.MessageID{store.MessageID(id)})
	}
	return err
}

var crashTime = time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)

type deadly struct {
	Target
	where string
	left  int
}

func (d *deadly) Put(ctx context.Context, name string, r io.Reader) (int64, error) {
	d.left--
	if d.left == -1 && d.where == "before" {
		die()
	}
	if d.left == -1 && d.where == "half" {
		r = io.MultiReader(io.LimitReader(r, 200), deadReader{})
	}
	n, err := d.Target.Put(ctx, name, r)
	if d.left == -1 && d.where == "after" {
		die()
	}
	return n, err
}

func (d *deadly) Delete(ctx context.Context, name string) error {
	d.left--
	if d.left == -1 && d.where == "before" {
		die()
	}
	err := d.Target.Delete(ctx, name)
	if d.left == -1 && d.where == "after" {
		die()
	}
	return err
}

type deadReader struct{}

func (deadReader) Read([]byte) (int, error) { die(); return 0, nil }

// crash runs the child; alive says that it came to its end.
func (d *desk) crash(what, where string, n int) (alive bool) {
	d.t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashEnv+"="+strings.Join([]string{d.data, d.dir, what, where, strconv.Itoa(n)}, "|"))
	var out bytes.Buffer
	child.Stderr = &out
	err := child.Run()
	exit, _ := errors.AsType[*exec.ExitError](err)
	if err != nil && (exit == nil || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL) {
		d.t.Fatalf("child: %v: %s", err, out.String())
	}
	return err == nil
}

func (d *desk) reopen() {
	d.t.Helper()
	d.open(Directory(d.dir))
	d.clock = crashTime.Add(time.Hour)
}

func TestSnapshotKilledAnywhere(t *testing.T) {
	var crashes atomic.Int32
	t.Cleanup(func() {
		if n := crashes.Load(); n < 20 {
			t.Errorf("only %d crashes", n)
		}
	})
	for _, where := range []string{"step", "before", "half", "after"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel() // they wait for the disk most of the time
			for n := 0; ; n++ {
				d := newDesk(t)
				d.add(20)
				d.snapshot()
				d.add(10)
				d.store.Close()
				alive := d.crash("snapshot", where, n)
				d.reopen()
				want := state(t, d.store)
				// Whatever it left, a restore finds a whole snapshot, …
				if s, report := d.restore(RestoreOptions{}); len(report.Problems) > 0 || report.Messages < 20 {
					t.Errorf("%s %d: got %+v", where, n, report)
				} else {
					s.Close()
				}
				// … the next snapshot works, and what was left goes.
				d.snapshot()
				if _, err := d.Rotate(t.Context()); err != nil {
					t.Errorf("%s %d: %v", where, n, err)
				}
				if s, _ := d.restore(RestoreOptions{}); !maps.Equal(state(t, s), want) {
					t.Errorf("%s %d: another desk came back", where, n)
				}
				manifests := len(d.objects("manifests/")) / 2
				if r, k, p := len(d.objects("records/")), len(d.objects("keys/")), len(d.objects("packs/")); r != manifests || k != manifests || p != 2 {
					t.Errorf("%s %d: %d manifests, %d records, %d keys, %d packs: garbage stays", where, n, manifests, r, k, p)
				}
				if problems, err := d.ReadBack(t.Context(), true); err != nil || len(problems) > 0 {
					t.Errorf("%s %d: %v %v", where, n, problems, err)
				}
				d.store.Close()
				if alive {
					break
				}
				crashes.Add(1)
			}
		})
	}
}

func TestReplacePacksKilledAnywhere(t *testing.T) {
	var crashes atomic.Int32
	t.Cleanup(func() {
		if n := crashes.Load(); n < 5 {
			t.Errorf("only %d crashes", n)
		}
	})
	for _, where := range []string{"before", "half", "after"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel() // they wait for the disk most of the time
			for n := 0; ; n++ {
				d := newDesk(t)
				ids := d.add(20)
				d.snapshot()
				before := d.clock
				id := ids[3]
				err := d.store.Update(func(tx *store.Tx) error {
					m, _ := store.Messages.Get(tx, id)
					if _, err := d.ledger.Append(tx, tombstoneOf(tx, id)); err != nil {
						return err
					}
					return store.Messages.Put(tx, id, store.Message{Mailbox: 1, Volume: m.Volume, Pack: m.Pack, Erased: d.clock})
				})
				if err := errors.Join(err, d.store.Remove(t.Context(), []store.MessageID{id}), d.PublishLedger(t.Context())); err != nil {
					t.Fatal(err)
				}
				d.store.Close()
				alive := d.crash(strconv.Itoa(int(id)), where, n)
				d.reopen()
				if _, _, err := d.ReplacePacks(t.Context(), []store.MessageID{id}); err != nil {
					t.Errorf("%s %d: %v", where, n, err)
				}
				if _, err := d.Rotate(t.Context()); err != nil {
					t.Errorf("%s %d: %v", where, n, err)
				}
				if got := d.objects("packs/"); len(got) != 1 {
					t.Errorf("%s %d: packs %v", where, n, got)
				}
				d.snapshot()
				for _, opt := range []RestoreOptions{{}, {At: before}} {
					s, report := d.restore(opt)
					if report.Messages != 19 {
						t.Errorf("%s %d: got %+v", where, n, report)
					}
					s.Close()
				}
				d.store.Close()
				if alive {
					break
				}
				crashes.Add(1)
			}
		})
	}
}
