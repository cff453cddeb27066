package main

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"postolka/account"
	"postolka/demo"
	"postolka/desk"
	"postolka/match"
	"postolka/store"
)

// syncBuffer collects what every goroutine logs.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// The whole way of sample mail (sync with a refused password too, find, erase,
// snapshot) leaves no address and no name in the log.
func TestLogsHoldNoPersonalData(t *testing.T) {
	ctx := context.Background()
	servers, err := demo.Start(ctx, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer servers.Close()
	var log syncBuffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a, err := wire(ctx, filepath.Join(t.TempDir(), "data"), logger, appOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	if err := a.populate(ctx, servers); err != nil {
		t.Fatal(err)
	}
	names := useEverything(t, a)
	for _, secret := range append(names, `[\w.+-]+@[\w-]+\.\w+`) {
		if found := regexp.MustCompile(secret).FindString(log.String()); found != "" {
			t.Errorf("the log holds personal data of %d bytes", len(found))
		}
	}
	if log.String() == "" {
		t.Error("nothing was logged: the test sees no log")
	}
}

// useEverything lets each room work, also on things that fail, and gives names of customers.
func useEverything(t *testing.T, a *app) (names []string) {
	t.Helper()
	ctx, by := context.Background(), account.HostAgent()
	var boxes []store.MailboxID
	var victim string
	must(t, a.store.View(func(tx *store.Tx) error {
		for id := range store.Mailboxes.All(tx) {
			boxes = append(boxes, id)
		}
		return nil
	}))
	for _, id := range boxes {
		if _, err := a.api.Sync.Once(ctx, id, nil); err != nil {
			t.Fatal(err)
		}
	}
	must(t, a.store.View(func(tx *store.Tx) error {
		for _, c := range store.Customers.All(tx) {
			if len(c.Name) > 8 {
				names = append(names, regexp.QuoteMeta(c.Name))
				victim = c.Addresses[0]
			}
		}
		return nil
	}))
	if len(names) < 20 {
		t.Fatalf("got %d customers; the sample mail did not come in", len(names))
	}
	a.logger.Info("sample mail is in", "customers", len(names))
	spoil(t, a, boxes[0])
	if _, err := a.api.Sync.Once(ctx, boxes[0], nil); err == nil {
		t.Fatal("a wrong password was accepted")
	}
	id, err := match.ParseIdentifier(match.Email, victim)
	must(t, err)
	plan, err := a.api.Privacy.PlanFor(ctx, account.SystemAgent(), []match.Identifier{id}, false)
	must(t, err)
	job, err := a.api.Privacy.Approve(ctx, account.SystemAgent(), plan.Hash)
	must(t, err)
	_, err = a.api.Privacy.Run(ctx, job, nil)
	if err != nil {
		a.logger.Warn("an erasure still waits", "error", err)
	}
	_, err = a.api.Backup.NewKey(true)
	must(t, err)
	_, err = a.api.Backup.Snapshot(ctx, nil)
	must(t, err)
	if _, err := a.api.Desk.List(ctx, by, desk.ListQuery{View: desk.ViewAll}); err != nil {
		t.Fatal(err)
	}
	return names
}

// spoil changes the stored password of a mailbox to a wrong one.
func spoil(t *testing.T, a *app, id store.MailboxID) {
	t.Helper()
	must(t, a.store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, id)
		if err != nil {
			return err
		}
		m.IMAP.Secret = a.store.Keys().SealPassword(m.IMAP, "wrong")
		return store.Mailboxes.Put(tx, id, m)
	}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
