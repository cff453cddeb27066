package imapsync

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"postolka/desk"
	"postolka/imapsync/imaptest"
	"postolka/mail"
	"postolka/oauth"
	"postolka/store"
	"postolka/store/storetest"
)

// world is a store and a desk with one mailbox on a server.
type world struct {
	store   *store.Store
	sync    *Sync
	mailbox store.MailboxID
	trouble troublesome
}

// troublesome is the real desk, but for messages of which it is told otherwise.
type troublesome struct {
	*desk.Desk
	refuse func(in desk.Incoming) error
	calls  atomic.Int64
}

func (d *troublesome) Intake(ctx context.Context, batch []desk.Incoming) ([]desk.Outcome, error) {
	d.calls.Add(1)
	for _, in := range batch {
		if d.refuse != nil {
			if err := d.refuse(in); err != nil {
				return nil, err
			}
		}
	}
	return d.Desk.Intake(ctx, batch)
}

func newWorld(t testing.TB, srv store.Server) *world {
	t.Helper()
	w := &world{store: storetest.New(t)}
	w.trouble.Desk = desk.New(w.store, nil, nil, nil, desk.Options{})
	w.sync = New(w.store, &w.trouble, oauth.New(w.store), nil)
	w.sync.pace = pace{retry: 20 * time.Millisecond, retryMax: 200 * time.Millisecond, refused: time.Hour, refusedMax: time.Hour,
		poll: 300 * time.Millisecond, noop: 50 * time.Millisecond, again: time.Hour, batch: 500}
	w.mailbox = w.mailboxAt(t, srv)
	return w
}

func (w *world) mailboxAt(t testing.TB, srv store.Server) (id store.MailboxID) {
	t.Helper()
	srv.Secret = w.store.Keys().SealPassword(srv, imaptest.Password)
	err := w.store.Update(func(tx *store.Tx) (err error) {
		id, err = store.Mailboxes.Insert(tx, store.Mailbox{Name: srv.User, Address: "shop@example.org", IMAP: srv})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// change changes the mailbox's record.
func (w *world) change(t testing.TB, how func(m *store.Mailbox)) {
	t.Helper()
	changeMailbox(t, w.store, w.mailbox, how)
}

func changeMailbox(t testing.TB, s *store.Store, id store.MailboxID, how func(m *store.Mailbox)) {
	t.Helper()
	if err := s.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, id)
		if err != nil {
			return err
		}
		how(&m)
		return store.Mailboxes.Put(tx, id, m)
	}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) once(t testing.TB) Pass {
	t.Helper()
	pass, err := w.sync.Once(t.Context(), w.mailbox, nil)
	if err != nil {
		t.Fatalf("pass: %v", err)
	}
	return pass
}

// run runs the supervisor until the test ends or stop is called.
func (w *world) run(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.sync.Run(ctx) }()
	var done atomic.Bool
	stop = func() {
		if done.Swap(true) {
			return
		}
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(time.Minute):
			t.Error("Run does not end")
		}
	}
	t.Cleanup(stop)
	return stop
}

// identities of the messages here, with how often each is.
func (w *world) identities(t testing.TB) map[mail.Identity]int {
	t.Helper()
	got := map[mail.Identity]int{}
	w.view(t, func(tx *store.Tx) error {
		clear(got)
		for _, m := range store.Messages.All(tx) {
			got[m.Strict]++
		}
		return nil
	})
	return got
}

// same compares what is here with what was on the server, by identity.
func (w *world) same(t testing.TB, mails []imaptest.Mail) {
	t.Helper()
	got, want := w.identities(t), map[mail.Identity]bool{}
	for _, m := range mails {
		want[mail.Strict(w.store.Keys().Identity(), m.Raw)] = true
	}
	lost, strange, twice := 0, 0, 0
	for id := range want {
		if got[id] == 0 {
			lost++
		}
	}
	for id, n := range got {
		if !want[id] {
			strange++
		}
		if n > 1 {
			twice++
		}
	}
	if lost+strange+twice > 0 {
		t.Errorf("of %d messages %d are lost, %d twice, %d strange", len(want), lost, twice, strange)
	}
}

func (w *world) count(t testing.TB) (n int) {
	t.Helper()
	w.view(t, func(tx *store.Tx) error { n = store.Messages.Len(tx); return nil })
	return n
}

func (w *world) view(t testing.TB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := w.store.View(fn); err != nil {
		t.Fatal(err)
	}
}

func (w *world) record(t testing.TB) (m store.Mailbox) {
	t.Helper()
	w.view(t, func(tx *store.Tx) (err error) { m, err = store.Mailboxes.Get(tx, w.mailbox); return err })
	return m
}

func (w *world) folder(t testing.TB, name string) (f store.Folder) {
	t.Helper()
	w.view(t, func(tx *store.Tx) (err error) {
		id, ok := store.FolderByName.First(tx, store.Key(w.mailbox, name))
		if !ok {
			return errors.New("no folder " + name)
		}
		f, err = store.Folders.Get(tx, id)
		return err
	})
	return f
}

// eventually waits for what must come about.
func eventually(t testing.TB, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("%s: not within %v", what, limit)
}

// corpus reads n mails of the spamassassin set (0: all), dated a minute apart.
func corpus(t testing.TB, n int) []imaptest.Mail {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(storetest.Corpora(t, "bulk/spamassassin"), "*", "*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("corpus: %d files, %v", len(names), err)
	}
	slices.Sort(names)
	if n == 0 || n > len(names) {
		n = len(names)
	}
	mails := make([]imaptest.Mail, n)
	for i := range mails {
		raw, err := os.ReadFile(names[i*len(names)/n])
		if err != nil {
			t.Fatal(err)
		}
		mails[i] = imaptest.Mail{Raw: raw, At: time.Date(2020, 1, 1, 0, i, 0, 0, time.UTC)}
	}
	return mails
}

// letters are n small mails that differ.
func letterMails(from, n int) []imaptest.Mail {
	mails := make([]imaptest.Mail, n)
	for i := range mails {
		mails[i].Raw = fmt.Appendf(nil, "From: Eva <eva@example.com>\r\nTo: shop@example.org\r\nSubject: order %[1]d\r\nMessage-ID: <m%[1]d@example.com>\r\nDate: Mon, 02 Mar 2026 10:00:00 +0100\r\n\r\nWhere is order %[1]d?\r\n", from+i)
	}
	return mails
}

func login(password string) store.Login { return store.Login{User: imaptest.User, Password: password} }
