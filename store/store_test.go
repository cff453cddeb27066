package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"
)

// openTest is storetest.Open for tests of the package itself.
func openTest(t testing.TB, dir string, opt Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer s.Close()
		problems, err := s.Check(context.Background())
		if len(problems) > 0 || err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("check: %v, %v", problems, err)
		}
	})
	return s
}

// put stores a message with content and record, as intake does.
func put(t testing.TB, s *Store, m Message, raw, text string) MessageID {
	t.Helper()
	id, err := s.ReserveMessageIDs(1)
	if err != nil {
		t.Fatal(err)
	}
	volume, err := s.Add(t.Context(), []Content{{ID: id, Raw: []byte(raw), Text: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	m.Volume = volume[0]
	update(t, s, func(tx *Tx) error { return Messages.Put(tx, id, m) })
	return id
}

func update(t testing.TB, s *Store, fn func(tx *Tx) error) {
	t.Helper()
	if err := s.Update(fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s *Store, fn func(tx *Tx) error) {
	t.Helper()
	if err := s.View(fn); err != nil {
		t.Fatal(err)
	}
}

func TestMessageLives(t *testing.T) {
	s := openTest(t, t.TempDir(), Options{})
	at := time.Date(2026, 11, 23, 18, 0, 0, 5, time.UTC)
	m := Message{Mailbox: 1, Conversation: 7, Subject: "žluťoučký kůň", ReceivedAt: at, Strict: [32]byte{1},
		References: []string{"a@x", "b@x", "a@x"}, From: Address{Name: "Jan", Addr: "jan@example.cz"}}
	id := put(t, s, m, "raw", "text")
	view(t, s, func(tx *Tx) error {
		got, err := Messages.Get(tx, id)
		if err != nil || got.Subject != m.Subject || got.ReceivedAt != at || !got.SentAt.IsZero() {
			t.Errorf("got %+v, %v", got, err)
		}
		if got := slices.Collect(MessagesByReference.Prefix(tx, Key(MailboxID(1), "a@x"))); !slices.Equal(got, []MessageID{id}) {
			t.Errorf("by reference: got %v", got)
		}
		r, err := s.Raw(tx, id)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if string(raw) != "raw" || err != nil {
			t.Errorf("raw: got %q, %v", raw, err)
		}
		return nil
	})
	if err := s.Replace(t.Context(), Content{ID: id, Raw: []byte("new"), Text: []byte("other")}); err != nil {
		t.Fatal(err)
	}
	if text, err := s.Text(id); string(text) != "other" || err != nil {
		t.Errorf("text: got %q, %v", text, err)
	}
	if err := s.Remove(t.Context(), []MessageID{id}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RawBytes(id); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed: got %v", err)
	}
	update(t, s, func(tx *Tx) error { return EraseRow(tx, "messages", uint64(id)) })
	report, err := s.Scrub(t.Context())
	if err != nil || report.Files != 2 {
		t.Errorf("scrub: got %+v, %v", report, err)
	}
	if bad, err := s.FreePagesClean(t.Context()); len(bad) > 0 || err != nil {
		t.Errorf("free pages: %v, %v", bad, err)
	}
}

func TestLargeMessageInChunks(t *testing.T) {
	s := openTest(t, t.TempDir(), Options{VolumeBytes: 8 << 20})
	raw := bytes.Repeat([]byte("0123456789abcdef\n"), 1<<20) // 17 MB
	id := put(t, s, Message{Mailbox: 1}, string(raw), string(raw[:3<<20]))
	small := put(t, s, Message{Mailbox: 1}, "small", "")
	got, err := s.RawBytes(id)
	if err != nil || !bytes.Equal(got, raw) {
		t.Errorf("raw: %d bytes, %v", len(got), err)
	}
	sizes := map[MessageID]int{}
	err = s.ScanText(context.Background(), 0, 1, func(_ int, id MessageID, text []byte) error {
		sizes[id] = len(text)
		return nil
	})
	if err != nil || len(sizes) != 2 || sizes[id] != 3<<20 || sizes[small] != 0 {
		t.Errorf("scan: %v, %v", sizes, err)
	}
}
