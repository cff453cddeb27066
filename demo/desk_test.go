package demo

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/imapsync"
	"postolka/oauth"
	"postolka/outbox"
	"postolka/search"
	"postolka/store"
	"postolka/store/storetest"
)

// world is a desk that was populated as the demo does it.
type world struct {
	store  *store.Store
	desk   *desk.Desk
	people *account.Accounts
	sync   *imapsync.Sync
	outbox *outbox.Outbox
	boxes  map[string]store.MailboxID
}

// quick is a customer's answer without waiting.
func quick(string) time.Duration { return 50 * time.Millisecond }

func newWorld(t *testing.T) *world {
	t.Helper()
	servers, err := start(t.Context(), time.Now(), quick)
	check(t, err)
	t.Cleanup(func() { check(t, servers.Close()) })
	dir := t.TempDir()
	w := &world{store: storetest.Open(t, dir, store.Options{}), boxes: map[string]store.MailboxID{}}
	index, err := search.Open(filepath.Join(dir, "index"), search.Options{})
	check(t, err)
	t.Cleanup(func() { check(t, index.Close()) })
	log, err := audit.Open(w.store)
	check(t, err)
	t.Cleanup(func() { check(t, log.Close()) })
	w.desk = desk.New(w.store, index, log, nil, desk.Options{NoUndo: true})
	w.people = account.New(w.store, nil)
	logins := oauth.New(w.store)
	w.sync = imapsync.New(w.store, w.desk, logins, nil)
	w.outbox = outbox.New(w.store, w.desk, w.sync, logins, nil)
	w.populate(t, servers)
	return w
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) populate(t *testing.T, servers *Servers) {
	t.Helper()
	by := account.HostAgent()
	for _, m := range servers.Mailboxes() {
		id, err := w.desk.SaveMailbox(t.Context(), by, 0, store.Mailbox{Name: m.Name, Address: m.Address, Signature: m.Signature,
			IMAP: store.Server{Host: "127.0.0.1", Port: m.IMAPPort, Security: store.Plain, User: m.User},
			SMTP: store.Server{Host: "127.0.0.1", Port: m.SMTPPort, Security: store.Plain, User: m.User}}, m.Password, m.Password)
		check(t, err)
		w.boxes[m.Name] = id
	}
	for _, p := range People() {
		person := account.NewPerson{Name: p.Name, Email: p.Email, Role: p.Role, Password: Password, Language: p.Language}
		if p.Role == store.RoleOwner {
			_, err := w.people.CreateOwner(person)
			check(t, err)
			continue
		}
		id, _, err := w.people.Add(by, person)
		check(t, err)
		for name, right := range p.Grants {
			check(t, w.people.Grant(by, id, w.boxes[name], right))
		}
	}
}

// run runs what works in the background until the test ends.
func (w *world) run(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- w.sync.Run(ctx) }()
	go func() { ended <- w.outbox.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		for range 2 {
			if err := <-ended; err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
	})
}

func (w *world) rows(t *testing.T, view desk.View) map[string]desk.Row {
	t.Helper()
	by, err := actor(w.people, karel)
	check(t, err)
	page, err := w.desk.List(t.Context(), by, desk.ListQuery{View: view, Limit: 200})
	check(t, err)
	rows := map[string]desk.Row{}
	for _, r := range page.Rows {
		rows[r.Conversation.Subject] = r
	}
	if len(rows) != len(page.Rows) {
		t.Errorf("got %d subjects of %d conversations, want each its own", len(rows), len(page.Rows))
	}
	return rows
}

func TestDeskHasItsHistory(t *testing.T) {
	w := newWorld(t)
	w.run(t)
	begun := time.Now()
	check(t, Apply(t.Context(), w.desk, w.people))
	t.Logf("synced and applied in %v", time.Since(begun))
	all := stories()
	spam := w.rows(t, desk.ViewSpam)
	if got, want := len(w.rows(t, desk.ViewAll))+len(spam), len(all)+len(oddities(testNow)); got != want {
		t.Errorf("got %d conversations, want %d", got, want)
	}
	want := map[desk.View][2]int{desk.ViewNew: {10, 13}, desk.ViewWaiting: {6, 16}, desk.ViewSnoozed: {1, 1}, desk.ViewSolved: {30, 45}, desk.ViewSpam: {1, 1}}
	for view, n := range want {
		if got := len(w.rows(t, view)); got < n[0] || got > n[1] {
			t.Errorf("%s: got %d, want %d to %d", view, got, n[0], n[1])
		} else {
			t.Logf("%s: %d", view, got)
		}
	}
	rows := w.rows(t, desk.ViewAll)
	for _, s := range all {
		messages := len(s.turns)
		if s.note != "" {
			messages++
		}
		r, ok := rows[s.subject]
		if !ok {
			r = spam[s.subject]
		}
		if r.Conversation.Messages != messages || r.Conversation.Status != s.status {
			t.Errorf("a story of %s with %d messages and status %d: got %d and %d", s.box, messages, s.status, r.Conversation.Messages, r.Conversation.Status)
		}
	}
}

// An agent answers; the customer's mail comes back by IMAP into the same
// conversation, at most as often as the customer has something to say.
func TestCustomerAnswers(t *testing.T) {
	w := newWorld(t)
	w.run(t)
	check(t, Apply(t.Context(), w.desk, w.people))
	const subject = "Změna adresy u OBJ-2026118342"
	by, err := actor(w.people, jana)
	check(t, err)
	for round := 1; round <= 3; round++ {
		row := w.rows(t, desk.ViewAll)[subject]
		_, err := w.desk.Send(t.Context(), by, desk.Answer{Conversation: row.ID, Text: "Dobrý den,\n\nadresu jsem změnila."})
		check(t, err)
		w.outbox.Wake()
		want := min(2*round, 4) + 1 // each answer of ours has one of hers, but the third
		if round == 3 {
			want = 6
		}
		w.wait(t, subject, want)
	}
	time.Sleep(500 * time.Millisecond)
	th, err := w.desk.Thread(t.Context(), by, w.rows(t, desk.ViewAll)[subject].ID)
	check(t, err)
	if len(th.Messages) != 6 {
		t.Errorf("got %d messages, want 6", len(th.Messages))
	}
	quoting := 0 // by count: IMAP dates are whole seconds, so hers may stand before ours
	for _, m := range th.Messages {
		if m.Message.From.Addr == "alena.horakova@postovnik.example" && m.Quoted != "" {
			quoting++
		}
	}
	if quoting != 2 {
		t.Errorf("got %d messages of the customer's with our text quoted, want 2", quoting)
	}
}

func (w *world) wait(t *testing.T, subject string, messages int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if w.rows(t, desk.ViewAll)[subject].Conversation.Messages >= messages {
			return
		}
	}
	check(t, w.store.View(func(tx *store.Tx) error {
		for id, e := range store.Outbox.All(tx) {
			t.Logf("outbox entry %d: state %d after %d attempts: %s", id, e.State, e.Attempts, e.LastError)
		}
		return nil
	}))
	t.Fatalf("got %d messages, want %d", w.rows(t, desk.ViewAll)[subject].Conversation.Messages, messages)
}
