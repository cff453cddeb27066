package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"postolka/api"
	"postolka/desk"
	"postolka/imapsync"
	"postolka/imapsync/imaptest"
	"postolka/search"
	"postolka/store"
)

// TestIndexBehindTheRecords: a message is in the records and not in the index, and
// a sync without news comes next, which after an orderly end leaves the index
// closed. After a crash that sync mends the index; the next find does in any case.
func TestIndexBehindTheRecords(t *testing.T) {
	server := imaptest.NewMemory(t)
	server.Put(t, "INBOX", imaptest.Mail{Raw: behindMail("wombat"), At: time.Unix(1_790_000_000, 0)})
	imap := server.Settings(store.Plain)
	ended, killedAt := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "data")
	h := &killed{t: t, data: ended}
	h.postolka(imaptest.Password, "mailbox", "add", "--name", "shop", "--imap", fmt.Sprintf("%s:%d", imap.Host, imap.Port), "--security", "none", "--user", imap.User)
	h.postolka("", "mailbox", "sync", "--mailbox", "shop")
	fallBehind(t, ended, killedAt)

	for _, c := range []struct {
		name, data string
		afterSync  uint64
	}{
		{"killed between record and index", killedAt, 2},
		{"ended in order, but the index could not be written", ended, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &killed{t: t, data: c.data}
			if n := inIndex(t, c.data); n != 1 {
				t.Fatalf("%d messages are in the index, want 1 of 2: this would show nothing", n)
			}
			for range 2 {
				var pass imapsync.Pass
				if h.json(&pass, "mailbox", "sync", "--mailbox", "shop"); pass.Read != 0 {
					t.Errorf("got %+v, want no news", pass)
				}
			}
			if n := inIndex(t, c.data); n != c.afterSync {
				t.Errorf("after the sync %d messages are in the index, want %d", n, c.afterSync)
			}
			var found api.FindResult
			if h.json(&found, "find", "--text", "numbat", "--index-only"); len(found.Hits) == 0 {
				t.Errorf("find: got %+v, want the message that the index lacked", found)
			}
		})
	}
}

// TestNothingToWriteWritesNothing: a command that only looks leaves records and log
// as they are, byte for byte. Each commit costs two syncs of the disk.
func TestNothingToWriteWritesNothing(t *testing.T) {
	h := &killed{t: t, data: filepath.Join(t.TempDir(), "data")}
	h.postolka("secret\n", "mailbox", "add", "--name", "shop", "--imap", "127.0.0.1:1", "--security", "none", "--user", "eva")
	h.postolka("", "mailbox", "list")
	files := func() (content [2][]byte) {
		for i, name := range []string{"postolka.db", "audit.db"} {
			var err error
			if content[i], err = os.ReadFile(filepath.Join(h.data, name)); err != nil {
				t.Fatal(err)
			}
		}
		return content
	}
	before := files()
	h.postolka("", "mailbox", "list")
	after := files()
	if !bytes.Equal(before[0], after[0]) || !bytes.Equal(before[1], after[1]) {
		t.Errorf("records the same: %t, log the same: %t", bytes.Equal(before[0], after[0]), bytes.Equal(before[1], after[1]))
	}
}

func behindMail(word string) []byte {
	return fmt.Appendf(nil, "From: eva@x.example\r\nTo: shop@example.org\r\nSubject: x\r\nMessage-ID: <%s@x.example>\r\n\r\n%s\r\n", word, word)
}

// fallBehind takes a message in that the index does not, copies the open data to
// image, as a kill would leave them, and ends in order.
func fallBehind(t *testing.T, data, image string) {
	t.Helper()
	ctx := context.Background()
	a, err := wire(ctx, data, slog.New(slog.DiscardHandler), appOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.index.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.api.Desk.Intake(ctx, []desk.Incoming{{Raw: behindMail("numbat"), Mailbox: 1, ReceivedAt: time.Unix(1_790_000_100, 0)}}); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(image, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
}

// inIndex counts what the index holds; the rest of the data stays as it is.
func inIndex(t *testing.T, data string) uint64 {
	t.Helper()
	x, err := search.Open(filepath.Join(data, "index"), search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n, err := x.Count()
	if err := x.Close(); err != nil {
		t.Error(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}
