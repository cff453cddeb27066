package outbox

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"postolka/desk"
	"postolka/imapsync/imaptest"
	"postolka/oauth"
	"postolka/store"
	"postolka/store/storetest"
)

const letter = "From: shop@example.org\r\nTo: eva@example.com\r\nSubject: Re: order\r\nMessage-ID: <answer1@example.org>\r\nIn-Reply-To: <m1@example.com>\r\nReferences: <m0@example.com> <m1@example.com>\r\n\r\nIt is on its way.\r\n.\r\n.hidden dot\r\n"

// world is a store with a mailbox and an outbox.
type world struct {
	store   *store.Store
	outbox  *Outbox
	mailbox store.MailboxID
	copies  *copies
	events  *events
}

// events are what pages were told.
type events struct {
	mutex sync.Mutex
	list  []desk.Event
}

func (e *events) Publish(ev desk.Event) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.list = append(e.list, ev)
}

// copies stands for imapsync, which is tested with real servers.
type copies struct {
	mutex  sync.Mutex
	failed int // the first n calls fail
	calls  int
	ids    []string
}

func (c *copies) CopyToSent(_ context.Context, _ store.MailboxID, id string, raw []byte) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.calls++; c.calls <= c.failed {
		return errors.New("no connection")
	}
	c.ids = append(c.ids, id)
	return nil
}

func newWorld(t testing.TB, srv store.Server) *world {
	t.Helper()
	return worldIn(t, t.TempDir(), srv)
}

func worldIn(t testing.TB, dir string, srv store.Server) *world {
	t.Helper()
	w := &world{store: storetest.Open(t, dir, store.Options{}), copies: &copies{}, events: &events{}}
	w.outbox = New(w.store, w.events, w.copies, oauth.New(w.store), nil)
	w.outbox.pace = quick
	if srv.User != "" {
		srv.Secret = w.store.Keys().SealPassword(srv, imaptest.Password)
	}
	w.update(t, func(tx *store.Tx) (err error) {
		w.mailbox, err = store.Mailboxes.Insert(tx, store.Mailbox{Name: "shop", SMTP: srv, IMAP: store.Server{Host: "mail.example.org"}})
		return err
	})
	return w
}

var quick = pace{retry: 20 * time.Millisecond, retryMax: 100 * time.Millisecond, give: time.Hour, idle: time.Second, trouble: 50 * time.Millisecond}

func (w *world) update(t testing.TB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := w.store.Update(fn); err != nil {
		t.Fatal(err)
	}
}

// put stores a message and its entry, as the desk does.
func (w *world) put(t testing.TB, hold time.Duration, to ...string) store.OutboxID {
	t.Helper()
	id, err := w.store.ReserveMessageIDs(1)
	if err != nil {
		t.Fatal(err)
	}
	volumes, err := w.store.Add(t.Context(), []store.Content{{ID: id, Raw: []byte(letter), Text: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	var entry store.OutboxID
	w.update(t, func(tx *store.Tx) error {
		conversation, err := store.Conversations.Insert(tx, store.Conversation{Mailbox: w.mailbox})
		if err != nil {
			return err
		}
		m := store.Message{Mailbox: w.mailbox, Conversation: conversation, Volume: volumes[0], Kind: store.Outgoing, MessageIDHeader: "answer1@example.org", SizeBytes: int64(len(letter))}
		if err := store.Messages.Put(tx, id, m); err != nil {
			return err
		}
		entry, err = store.Outbox.Insert(tx, store.OutboxEntry{Mailbox: w.mailbox, Conversation: conversation, Message: id,
			Sender: "shop@example.org", Recipients: to, State: store.OutboxHeld, HoldUntil: time.Now().Add(hold)})
		return err
	})
	return entry
}

func (w *world) entry(t testing.TB, id store.OutboxID) store.OutboxEntry {
	t.Helper()
	e, err := w.outbox.entry(id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (w *world) run(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.outbox.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(time.Minute):
			t.Error("Run does not end")
		}
	})
	t.Cleanup(stop)
	return stop
}

func (w *world) reaches(t testing.TB, id store.OutboxID, state store.OutboxState) store.OutboxEntry {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if e := w.entry(t, id); e.State == state {
			return e
		}
	}
	e := w.entry(t, id)
	t.Fatalf("entry is in state %d (%q), want %d", e.State, e.LastError, state)
	return e
}

func TestSendsOnceWithEveryProtection(t *testing.T) {
	for name, sec := range map[string]store.Security{"TLS": store.TLS, "STARTTLS": store.STARTTLS, "plain": store.Plain} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			w := newWorld(t, s.settings(sec))
			w.outbox.RootCAs = s.cert.Roots
			id := w.put(t, 0, "eva@example.com", "hidden@example.net")
			stop := w.run(t)
			e := w.reaches(t, id, store.OutboxDone)
			stop() // with all that follows the commit
			got := s.taken()
			if len(got) != 1 {
				t.Fatalf("the server took %d messages, want 1", len(got))
			}
			if got[0].raw != letter {
				t.Errorf("the server got %q, want the bytes as stored", got[0].raw)
			}
			if got[0].from != "shop@example.org" || strings.Join(got[0].to, " ") != "eva@example.com hidden@example.net" {
				t.Errorf("envelope from %s to %v", got[0].from, got[0].to)
			}
			if e.SentAt.IsZero() || e.CopiedAt.IsZero() || e.LastError != "" || len(w.copies.ids) != 1 || w.copies.ids[0] != "answer1@example.org" {
				t.Errorf("got %+v, copies %v", e, w.copies.ids)
			}
			if n := len(w.events.list); n < 4 || w.events.list[0].Kind != "outbox" || w.events.list[0].Message != e.Message {
				t.Errorf("got %d events", n)
			}
		})
	}
}

func TestUndoneInTimeIsNotSent(t *testing.T) {
	s := newServer(t)
	w := newWorld(t, s.settings(store.Plain))
	undone, kept := w.put(t, 300*time.Millisecond, "eva@example.com"), w.put(t, 300*time.Millisecond, "jan@example.com")
	w.run(t)
	time.Sleep(50 * time.Millisecond)
	if n := len(s.taken()); n != 0 {
		t.Fatalf("%d sent while held", n)
	}
	w.update(t, func(tx *store.Tx) error {
		e, err := store.Outbox.Get(tx, undone)
		if err != nil || e.State != store.OutboxHeld {
			return errors.Join(err, errNever)
		}
		e.State = store.OutboxCancelled
		return store.Outbox.Put(tx, undone, e)
	})
	w.reaches(t, kept, store.OutboxDone)
	if got := s.taken(); len(got) != 1 || got[0].to[0] != "jan@example.com" {
		t.Errorf("got %v, want only the other", got)
	}
}

func TestWakeSendsAtOnce(t *testing.T) {
	s := newServer(t)
	w := newWorld(t, s.settings(store.Plain))
	w.outbox.pace.idle = time.Hour
	w.run(t)
	time.Sleep(50 * time.Millisecond)
	id := w.put(t, 0, "eva@example.com")
	w.outbox.Wake()
	w.reaches(t, id, store.OutboxDone)
}

func TestTemporaryErrorsAreTriedAgain(t *testing.T) {
	s := newServer(t)
	s.onData = func(_ string, try int) error {
		if try < 3 {
			return errTemporary
		}
		return nil
	}
	w := newWorld(t, s.settings(store.Plain))
	id := w.put(t, 0, "eva@example.com")
	w.run(t)
	w.reaches(t, id, store.OutboxDone)
	if len(s.taken()) != 1 || s.tries != 3 {
		t.Errorf("taken %d after %d tries, want 1 after 3", len(s.taken()), s.tries)
	}
}

func TestGivesUpInTheEnd(t *testing.T) {
	s := newServer(t)
	s.onData = func(string, int) error { return errTemporary }
	w := newWorld(t, s.settings(store.Plain))
	w.outbox.pace.give = 100 * time.Millisecond
	id := w.put(t, 0, "eva@example.com")
	w.run(t)
	if e := w.reaches(t, id, store.OutboxFailed); e.LastError != "data: 451 4.3.0" || e.Attempts < 2 {
		t.Errorf("got %q after %d tries", e.LastError, e.Attempts)
	}
}

func TestRefusedForGood(t *testing.T) {
	s := newServer(t)
	s.onRcpt = func(to string) error {
		if to == "eva@example.com" {
			return errPermanent
		}
		return nil
	}
	w := newWorld(t, s.settings(store.Plain))
	id, other := w.put(t, 0, "jan@example.com", "eva@example.com"), w.put(t, 0, "jan@example.com")
	w.run(t)
	e := w.reaches(t, id, store.OutboxFailed)
	if e.LastError != "recipient: 550 5.1.1" {
		t.Errorf("got %q, want code and class without an address", e.LastError)
	}
	w.reaches(t, other, store.OutboxDone)
	if n := len(s.taken()); n != 1 {
		t.Errorf("the server took %d, want only the other", n)
	}
}

// A wrong password is the mailbox's trouble: the message waits.
func TestWrongPasswordKeepsTheMessage(t *testing.T) {
	s := newServer(t)
	w := newWorld(t, s.settings(store.Plain))
	setPassword := func(password string) {
		w.update(t, func(tx *store.Tx) error {
			m, err := store.Mailboxes.Get(tx, w.mailbox)
			if err != nil {
				return err
			}
			m.SMTP.Secret = w.store.Keys().SealPassword(m.SMTP, password)
			return store.Mailboxes.Put(tx, w.mailbox, m)
		})
	}
	setPassword("wrong")
	id := w.put(t, 0, "eva@example.com")
	w.run(t)
	for w.entry(t, id).Attempts == 0 {
		time.Sleep(time.Millisecond)
	}
	if e := w.entry(t, id); e.State != store.OutboxQueued || e.LastError != "sign in: 535 5.7.8" {
		t.Errorf("got state %d, %q", e.State, e.LastError)
	}
	setPassword(imaptest.Password)
	w.reaches(t, id, store.OutboxDone)
}

// The server hangs up after the last line: nobody knows, so a person decides.
func TestLostAnswerIsUncertain(t *testing.T) {
	w := newWorld(t, deaf(t))
	id := w.put(t, 0, "eva@example.com")
	stop := w.run(t)
	if e := w.reaches(t, id, store.OutboxUncertain); e.LastError != TroubleUncertain {
		t.Errorf("got %q", e.LastError)
	}
	time.Sleep(100 * time.Millisecond)
	stop()
	if e := w.entry(t, id); e.State != store.OutboxUncertain || e.Attempts != 1 {
		t.Errorf("got state %d after %d tries", e.State, e.Attempts)
	}
}

// An orderly end waits for the answer of a server that has the message.
func TestStopWaitsForTheAnswer(t *testing.T) {
	s := newServer(t)
	took := make(chan bool)
	s.after = func() { took <- true; time.Sleep(200 * time.Millisecond) }
	w := newWorld(t, s.settings(store.Plain))
	id := w.put(t, 0, "eva@example.com")
	stop := w.run(t)
	<-took
	stop()
	if e := w.entry(t, id); e.State != store.OutboxSent {
		t.Errorf("got state %d, want sent", e.State)
	}
}

func TestCopyIsTriedAgain(t *testing.T) {
	s := newServer(t)
	w := newWorld(t, s.settings(store.Plain))
	w.copies.failed = 2
	id := w.put(t, 0, "eva@example.com")
	w.run(t)
	w.reaches(t, id, store.OutboxDone)
	if w.copies.calls != 3 || len(s.taken()) != 1 {
		t.Errorf("%d tries of the copy, %d messages sent; want 3 and 1", w.copies.calls, len(s.taken()))
	}
}

func TestErasedBeforeItIsSent(t *testing.T) {
	s := newServer(t)
	w := newWorld(t, s.settings(store.Plain))
	id := w.put(t, 0, "eva@example.com")
	message := w.entry(t, id).Message
	if err := w.store.Remove(t.Context(), []store.MessageID{message}); err != nil {
		t.Fatal(err)
	}
	w.update(t, func(tx *store.Tx) error { return store.Messages.Delete(tx, message) })
	w.run(t)
	if e := w.reaches(t, id, store.OutboxFailed); e.LastError != TroubleErased || len(s.taken()) != 0 {
		t.Errorf("got %q, %d sent", e.LastError, len(s.taken()))
	}
}

func TestProbe(t *testing.T) {
	s := newServer(t)
	for _, sec := range []store.Security{store.TLS, store.STARTTLS, store.Plain} {
		if err := probe(t.Context(), s.settings(sec), login(imaptest.Password), s.cert.Roots); err != nil {
			t.Errorf("security %d: %v", sec, err)
		}
	}
	err := probe(t.Context(), s.settings(store.TLS), login("wrong"), s.cert.Roots)
	if err == nil || !strings.Contains(err.Error(), "sign in") || !strings.Contains(err.Error(), "who is") {
		t.Errorf("wrong password: got %v, want the server's words", err)
	}
	if err := Probe(t.Context(), s.settings(store.TLS), login(imaptest.Password)); describe(err) != TroubleCertificate {
		t.Errorf("foreign certificate: got %v", err)
	}
	babbling := imaptest.NewHostile(t, nil)
	babbling.Greet("220-" + strings.Repeat(strings.Repeat("x", 1000)+"\r\n220-", 2000) + "\r\n220 ready")
	if err := Probe(t.Context(), babbling.Settings(), login("")); !errors.Is(err, errBabble) {
		t.Errorf("a greeting of 2 MB: got %v", err)
	}
	refusing := deaf(t)
	refusing.Security = store.STARTTLS
	if err := Probe(t.Context(), refusing, login("")); err == nil {
		t.Error("a server without STARTTLS was accepted")
	}
}

func login(password string) store.Login { return store.Login{User: imaptest.User, Password: password} }
