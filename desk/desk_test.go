package desk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/search"
	"postolka/store"
	"postolka/store/storetest"
)

// world is a desk over a real store in a temporary folder, with a clock.
type world struct {
	*Desk
	t       testing.TB
	store   *store.Store
	log     *audit.Log
	clock   time.Time
	mailbox store.MailboxID // podpora@shop.example, can send
	other   store.MailboxID // osobni@shop.example
	system  account.Agent
	n       int // messages made
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := newWorldWithoutIndex(t)
	x, err := search.Open(filepath.Join(w.store.Dir(), "index"), search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.index = x
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// newWorldWithoutIndex is quicker, for what asks nothing of the index.
func newWorldWithoutIndex(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), system: account.SystemAgent()}
	w.open(t.TempDir())
	w.mailbox = w.addMailbox("Podpora", "podpora@shop.example")
	w.other = w.addMailbox("Osobni", "osobni@shop.example")
	return w
}

func (w *world) open(dir string) {
	w.t.Helper()
	var err error
	w.store = storetest.Open(w.t, dir, store.Options{})
	if w.log, err = audit.Open(w.store); err != nil {
		w.t.Fatal(err)
	}
	w.Desk = New(w.store, nil, w.log, nil, Options{Now: func() time.Time { return w.clock }})
	w.t.Cleanup(func() {
		if err := w.log.Close(); err != nil {
			w.t.Error(err)
		}
	})
}

func (w *world) addMailbox(name, address string) store.MailboxID {
	w.t.Helper()
	id, err := w.SaveMailbox(w.t.Context(), w.system, 0, store.Mailbox{Name: name, Address: address,
		SMTP: store.Server{Host: "smtp.shop.example", Port: 587, Security: store.STARTTLS, User: address}}, "", "geheim")
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// agent adds a person with a right in w.mailbox.
func (w *world) agent(name string, role store.Role, right store.Right) account.Agent {
	w.t.Helper()
	rec := store.Agent{Name: name, Email: fmt.Sprintf("%s@shop.example", name), Role: role, Grants: []store.Grant{{Mailbox: w.mailbox, Right: right}}}
	var id store.AgentID
	err := w.store.Update(func(tx *store.Tx) (err error) {
		id, err = store.Agents.Insert(tx, rec)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return actor(id, rec)
}

// mail is a plain message; further header lines as given.
func (w *world) mail(from, to, subject, text string, header ...string) []byte {
	w.n++
	s := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\n", from, to, subject, w.clock.Format(time.RFC1123Z))
	id := fmt.Sprintf("Message-ID: <m%d@test.example>\r\n", w.n)
	for _, h := range header {
		if len(h) > 11 && h[:11] == "Message-ID:" {
			id = ""
		}
		s += h + "\r\n"
	}
	return []byte(s + id + "\r\n" + text + "\r\n")
}

// take takes messages in, one after the other, in one batch.
func (w *world) take(batch ...Incoming) []Outcome {
	w.t.Helper()
	for i := range batch {
		if batch[i].Mailbox == 0 {
			batch[i].Mailbox = w.mailbox
		}
	}
	out, err := w.Intake(context.Background(), batch)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// arrives takes one new mail in and returns what became of it.
func (w *world) arrives(raw []byte) Outcome { return w.take(Incoming{Raw: raw})[0] }

func (w *world) conversation(id store.ConversationID) (c store.Conversation) {
	w.t.Helper()
	err := w.store.View(func(tx *store.Tx) (err error) {
		_, c, err = resolve(tx, id)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) message(id store.MessageID) (m store.Message) {
	w.t.Helper()
	err := w.store.View(func(tx *store.Tx) (err error) {
		m, err = store.Messages.Get(tx, id)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func (w *world) later(d time.Duration) { w.clock = w.clock.Add(d) }

// files reads every regular file below dir, by path below it.
func files(t testing.TB, dir string, keep func(path string) bool) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		if err != nil || e.IsDir() || !keep(rel) {
			return err
		}
		out[rel], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
