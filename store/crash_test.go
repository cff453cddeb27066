package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("STORE_TEST_WRITER"); dir != "" {
		writeUntilKilled(dir)
	}
	if dir := os.Getenv("STORE_TEST_OPENER"); dir != "" {
		_, err := Open(context.Background(), dir, Options{})
		if errors.Is(err, ErrInUse) {
			os.Exit(3)
		}
		os.Exit(0)
	}
	code := m.Run()
	os.RemoveAll(filledDir)
	os.Exit(code)
}

func contentOf(id MessageID) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "content of message %d\n", id), 1+int(id%7)*300)
}

// writeUntilKilled adds, updates, removes and scrubs, and says on standard output
// what is durable. "+ID" stored, "-ID" is about to be removed, "=ID" removed.
func writeUntilKilled(dir string) {
	ctx := context.Background()
	s, err := Open(ctx, dir, Options{VolumeBytes: 3 << 20})
	fail(err)
	problems, err := s.Check(ctx)
	fail(err)
	if len(problems) > 0 {
		fail(errors.New(strings.Join(problems, "; ")))
	}
	for round := 0; ; round++ {
		first, err := s.ReserveMessageIDs(5)
		fail(err)
		var contents []Content
		for id := first; id < first+5; id++ {
			contents = append(contents, Content{ID: id, Raw: contentOf(id), Text: contentOf(id)})
		}
		volume, err := s.Add(ctx, contents)
		fail(err)
		fail(s.Update(func(tx *Tx) error {
			for i, c := range contents {
				m := Message{Mailbox: 1, Volume: volume[i], Subject: fmt.Sprint("message ", c.ID)}
				if err := Messages.Put(tx, c.ID, m); err != nil {
					return err
				}
			}
			return nil
		}))
		for _, c := range contents {
			fmt.Printf("+%d\n", c.ID)
		}
		fmt.Printf("-%d\n", first)
		fail(s.Update(func(tx *Tx) error { return Messages.Delete(tx, first) }))
		fail(s.Remove(ctx, []MessageID{first}))
		fmt.Printf("=%d\n", first)
		if round%3 == 2 {
			_, err := s.Scrub(ctx)
			fail(err)
		}
	}
}

func fail(err error) {
	if err != nil {
		fmt.Println("!", err)
		os.Exit(4)
	}
}

func TestKilledAtAnyMoment(t *testing.T) {
	rounds := 40
	dir := t.TempDir()
	stored := map[MessageID]bool{} // false: on its way out
	for round := range rounds {
		killWriter(t, dir, stored)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	s := openTest(t, dir, Options{VolumeBytes: 3 << 20})
	compare(t, s, stored)
	if _, err := s.Scrub(t.Context()); err != nil {
		t.Error(err)
	}
	if bad, err := s.FreePagesClean(t.Context()); len(bad) > 0 || err != nil {
		t.Error(bad, err)
	}
	stats, err := s.Stats()
	t.Logf("%d rounds, %+v, %v", rounds, stats, err)
	if id, err := s.ReserveMessageIDs(1); stored[id] || err != nil {
		t.Errorf("id %d given twice, %v", id, err)
	}
}

func killWriter(t *testing.T, dir string, stored map[MessageID]bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_WRITER="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Duration(40+rand.IntN(250))*time.Millisecond, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var id MessageID
		line := lines.Text()
		if strings.HasPrefix(line, "!") {
			t.Error(line)
			continue
		}
		if _, err := fmt.Sscan(line[1:], &id); err != nil {
			continue // cut off
		}
		switch line[0] {
		case '+':
			if _, twice := stored[id]; twice {
				t.Errorf("id %d was given twice", id)
			}
			stored[id] = true
		case '-':
			stored[id] = false
		}
	}
	_ = cmd.Wait()
}

func compare(t *testing.T, s *Store, stored map[MessageID]bool) {
	t.Helper()
	for id, whole := range stored {
		raw, err := s.RawBytes(id)
		if whole && (err != nil || !bytes.Equal(raw, contentOf(id))) {
			t.Errorf("message %d: %d bytes, %v", id, len(raw), err)
		}
	}
}

func TestSecondProcess(t *testing.T) {
	s := openTest(t, t.TempDir(), Options{})
	open := func() int {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "STORE_TEST_OPENER="+s.Dir())
		_ = cmd.Run()
		return cmd.ProcessState.ExitCode()
	}
	if code := open(); code != 3 {
		t.Errorf("while open: exit code %d, want 3 (ErrInUse)", code)
	}
	if _, err := Open(t.Context(), s.Dir(), Options{ReadOnly: true}); !errors.Is(err, ErrInUse) {
		t.Errorf("read only while open: got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if code := open(); code != 0 {
		t.Errorf("after the end: exit code %d, want 0", code)
	}
}
