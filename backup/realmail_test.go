package backup

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"postolka/mail"
	"postolka/store"
	"postolka/store/storetest"
)

// TestSnapshotOfRealMail is the round trip on 3,000 mails, and prints what it cost.
func TestSnapshotOfRealMail(t *testing.T) {
	root := storetest.Corpora(t, "bulk/spamassassin")
	d := newDesk(t)
	var raws [][]byte
	var bytes int64
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		raws, bytes = append(raws, raw), bytes+int64(len(raw))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	d.take(raws[:len(raws)-30])
	first := d.timed(t, "first snapshot", bytes)
	d.take(raws[len(raws)-30:])
	second := d.timed(t, "second, 30 mails more", bytes/int64(len(raws))*30)
	t.Logf("%d mails of %d bytes: first snapshot %d bytes, second %d", len(raws), bytes, first.BytesWritten, second.BytesWritten)
	began := time.Now()
	s, report := d.restore(RestoreOptions{})
	t.Logf("restore of %d messages: %.1f s, %.0f MB/s", report.Messages, report.Seconds, float64(bytes)/1e6/time.Since(began).Seconds())
	want, got := state(t, d.store), state(t, s)
	for id := range want {
		if got[id] != want[id] {
			t.Fatalf("message %d came back changed", id)
		}
	}
	if len(got) != len(raws) {
		t.Errorf("got %d messages, want %d", len(got), len(raws))
	}
}

func (d *desk) timed(t *testing.T, what string, bytes int64) Result {
	t.Helper()
	began := time.Now()
	r := d.snapshot()
	t.Logf("%s: %.2f s, %.0f MB/s of raw mail", what, time.Since(began).Seconds(), float64(bytes)/1e6/time.Since(began).Seconds())
	return r
}

// take puts real mail into the store as intake does.
func (d *desk) take(raws [][]byte) {
	d.t.Helper()
	for len(raws) > 0 {
		batch := raws[:min(500, len(raws))]
		raws = raws[len(batch):]
		first, err := d.store.ReserveMessageIDs(len(batch))
		if err != nil {
			d.t.Fatal(err)
		}
		var contents []store.Content
		for i, raw := range batch {
			text := mail.Extract(mail.Parse(raw), raw)
			contents = append(contents, store.Content{ID: first + store.MessageID(i), Raw: raw, Text: text.Encode()})
		}
		volumes, err := d.store.Add(d.t.Context(), contents)
		if err != nil {
			d.t.Fatal(err)
		}
		err = d.store.Update(func(tx *store.Tx) error {
			for i, c := range contents {
				if err := store.Messages.Put(tx, c.ID, store.Message{Mailbox: 1, Volume: volumes[i], SizeBytes: int64(len(c.Raw))}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			d.t.Fatal(err)
		}
	}
}
