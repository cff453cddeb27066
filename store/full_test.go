package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"syscall"
	"testing"
)

// A full disk: the error says so, what was acknowledged is there, and after room
// was made work goes on. It needs a file system of its own (root).
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=12m"); err != nil {
		t.Skipf("cannot mount a small file system here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	s := openTest(t, dir, Options{})
	t.Cleanup(func() { s.Close() })
	room := dir + "/tmp/room"
	if err := os.WriteFile(room, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 300<<10)
	rand.Read(noise)
	var ids []MessageID
	var err error
	for n := 0; err == nil && n < 100; n++ {
		var id MessageID
		if id, err = add(s, noise); err == nil {
			ids = append(ids, id)
		}
	}
	if !errors.Is(err, ErrFull) || len(ids) < 10 {
		t.Fatalf("after %d messages: got %v, want ErrFull", len(ids), err)
	}
	t.Logf("%d messages, then: %v", len(ids), err)
	for _, id := range ids {
		if raw, err := s.RawBytes(id); !bytes.Equal(raw, noise) || err != nil {
			t.Errorf("message %d: %d bytes, %v", id, len(raw), err)
		}
	}
	if err := os.Remove(room); err != nil {
		t.Fatal(err)
	}
	if _, err := add(s, noise); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// add stores a message; whatever step fails, its content is taken back.
func add(s *Store, raw []byte) (MessageID, error) {
	id, err := s.ReserveMessageIDs(1)
	if err != nil {
		return 0, err
	}
	volume, err := s.Add(context.Background(), []Content{{ID: id, Raw: raw}})
	if err != nil {
		return 0, err
	}
	err = s.Update(func(tx *Tx) error {
		return Messages.Put(tx, id, Message{Mailbox: 1, Volume: volume[0]})
	})
	if err != nil {
		return 0, errors.Join(err, s.Remove(context.Background(), []MessageID{id}))
	}
	return id, nil
}
