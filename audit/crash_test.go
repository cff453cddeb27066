package audit

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"postolka/store"
)

const crashDir = "POSTOLKA_TEST_AUDIT_CRASH"

// TestCrashWriter is the child of TestRecordedSurvivesKill: it records until it is
// killed and says each number after Record returned.
func TestCrashWriter(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("runs as a child process only")
	}
	s, err := store.Open(t.Context(), dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(s)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; ; i++ {
		e := l.By(anna, Opened)
		e.Object = fmt.Sprintf("part %d", i)
		if err := l.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("durable %d\n", i)
	}
}

// What Record returned for is there after kill -9, and the log verifies.
func TestRecordedSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	recorded := int64(0)
	for round := range 4 {
		recorded += int64(killedWriter(t, dir, time.Duration(50+round*70)*time.Millisecond))
		s, err := store.Open(t.Context(), dir, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		l, err := Open(s)
		if err != nil {
			t.Fatal(err)
		}
		r := wantWhole(t, l, nil)
		if r.Entries < recorded {
			t.Errorf("round %d: got %d entries, want at least the %d that were durable", round, r.Entries, recorded)
		}
		recorded = r.Entries
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killedWriter runs the child, kills it a while after its first entry, and gives the
// last number it said.
func killedWriter(t *testing.T, dir string, after time.Duration) (last int) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestCrashWriter$")
	child.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n, ok := bytes.CutPrefix(lines.Bytes(), []byte("durable "))
		if !ok {
			continue
		}
		if last == 0 {
			time.AfterFunc(after, func() { _ = child.Process.Kill() })
		}
		if last, err = strconv.Atoi(string(n)); err != nil {
			t.Fatal(err)
		}
	}
	_ = child.Wait() // killed
	if last == 0 {
		t.Fatal("the child recorded nothing")
	}
	return last
}
