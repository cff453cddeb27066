package desk

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"postolka/account"
	"postolka/store"
)

// fill makes n conversations of one mail each straight in the records: a day of
// a thousand mailboxes is not needed to measure a list.
func (w *world) fill(n int) {
	w.t.Helper()
	status := []store.Status{store.StatusOpen, store.StatusOpen, store.StatusWaiting, store.StatusSolved, store.StatusSolved, store.StatusSolved}
	for from := 0; from < n; from += 5000 {
		err := w.store.Update(func(tx *store.Tx) error {
			for i := from; i < min(n, from+5000); i++ {
				at := w.clock.Add(-time.Duration(i) * time.Minute)
				c := store.Conversation{Mailbox: w.mailbox, Subject: fmt.Sprint("subject ", i), Who: "Jana Nová", Status: status[i%len(status)],
					Preview: "Dobrý den, kde je moje zásilka? Objednal jsem ji před týdnem a pořád nic.", LastMessageAt: at, CreatedAt: at, Messages: 1}
				if c.Status == store.StatusOpen {
					c.WaitingSince = at
				}
				if _, err := store.Conversations.Insert(tx, c); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestListPagesThroughEverythingOnce(t *testing.T) {
	w := newWorld(t)
	w.fill(600)
	for view, want := range map[View]int{ViewNew: 200, ViewWaiting: 100, ViewSolved: 300, ViewAll: 600, ViewMine: 0} {
		q, got := ListQuery{View: view, Limit: 37}, []Row{}
		for {
			page, err := w.List(t.Context(), w.system, q)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page.Rows...)
			// What is new stands at the front (solved) or at the end (open) and must
			// not shift the pages.
			w.arrives(w.mail(jana, podpora, "new", fmt.Sprint(len(got), view)))
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		seen := map[store.ConversationID]bool{}
		for _, r := range got {
			if seen[r.ID] {
				t.Fatalf("%s: conversation %d twice", view, r.ID)
			}
			seen[r.ID] = true
		}
		if len(got) < want {
			t.Errorf("%s: got %d rows, want at least %d", view, len(got), want)
		}
		sorted := slices.IsSortedFunc(got, func(a, b Row) int {
			if view.open() {
				return sinceOf(a.Conversation).Compare(sinceOf(b.Conversation))
			}
			return sinceOf(b.Conversation).Compare(sinceOf(a.Conversation))
		})
		if !sorted {
			t.Errorf("%s is not in order", view)
		}
	}
	if _, err := w.List(t.Context(), w.system, ListQuery{View: "nonsense"}); !errors.Is(err, ErrView) {
		t.Errorf("got %v", err)
	}
}

func TestViewsOfColleagues(t *testing.T) {
	w := newWorld(t)
	eva, karel := w.agent("eva", store.RoleAgent, store.RightAnswer), w.agent("karel", store.RoleAgent, store.RightAnswer)
	auditor := w.agent("auditor", store.RoleAuditor, store.RightRead)
	in := w.arrives(w.mail(jana, podpora, "a", "b"))
	if err := w.Assign(t.Context(), eva, auditor.ID, in.Conversation); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("assigned to one who may not answer: %v", err)
	}
	if err := w.Assign(t.Context(), eva, eva.ID, in.Conversation); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		view View
		by   account.Agent
		want int
	}{{ViewNew, eva, 0}, {ViewMine, eva, 1}, {ViewAssigned, eva, 0}, {ViewMine, karel, 0}, {ViewAssigned, karel, 1}, {ViewAll, karel, 1}} {
		page, err := w.List(t.Context(), c.by, ListQuery{View: c.view})
		n, err2 := w.Counts(t.Context(), c.by)
		if err != nil || err2 != nil || len(page.Rows) != c.want || c.view != ViewAll && n.Views[c.view] != c.want {
			t.Errorf("%s of %s: got %d rows, count %d, want %d", c.view, c.by.Name, len(page.Rows), n.Views[c.view], c.want)
		}
	}
	if err := w.Viewing(eva, in.Conversation, true); err != nil {
		t.Fatal(err)
	}
	page, _ := w.List(t.Context(), karel, ListQuery{View: ViewAll})
	if r := page.Rows[0]; len(r.Viewing) != 1 || len(r.Writing) != 1 || r.Viewing[0] != "eva" || r.AssigneeName != "eva" || r.MailboxName != "Podpora" {
		t.Errorf("row: got %+v", r)
	}
	w.later(time.Minute)
	if page, _ = w.List(t.Context(), karel, ListQuery{View: ViewAll}); len(page.Rows[0].Viewing) != 0 {
		t.Error("presence does not end")
	}
}

func TestSnoozeWakes(t *testing.T) {
	w := newWorld(t)
	in := w.arrives(w.mail(jana, podpora, "a", "b"))
	if err := w.Snooze(t.Context(), w.system, w.clock, in.Conversation); !errors.Is(err, ErrPast) {
		t.Errorf("into the past: got %v", err)
	}
	if err := w.Snooze(t.Context(), w.system, w.clock.Add(time.Hour), in.Conversation); err != nil {
		t.Fatal(err)
	}
	for _, want := range []store.Status{store.StatusSnoozed, store.StatusOpen} {
		if err := w.WakeSnoozed(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.conversation(in.Conversation).Status; got != want {
			t.Errorf("got status %d, want %d", got, want)
		}
		w.later(2 * time.Hour)
	}
}

func TestMerge(t *testing.T) {
	w := newWorld(t)
	a := w.arrives(w.mail(jana, podpora, "a", "1", "Message-ID: <a@x>"))
	w.later(time.Hour)
	b := w.arrives(w.mail("k@k.example", podpora, "b", "2", "Message-ID: <b@x>"))
	evil := w.arrives(w.mail("z@z.example", podpora, "b", "3", "In-Reply-To: <b@x>"))
	other := w.take(Incoming{Raw: w.mail(jana, podpora, "c", "4"), Mailbox: w.other})[0]
	if err := w.Merge(t.Context(), w.system, a.Conversation, other.Conversation); !errors.Is(err, ErrMailboxes) {
		t.Errorf("over mailboxes: got %v", err)
	}
	if err := w.Merge(t.Context(), w.system, b.Conversation, a.Conversation); err != nil {
		t.Fatal(err)
	}
	th, err := w.Thread(t.Context(), w.system, a.Conversation)
	if err != nil || th.ID != b.Conversation || len(th.Messages) != 2 || th.Conversation.Subject != "a" || len(th.Claims) != 1 || th.Claims[0].Message != evil.Message {
		t.Fatalf("got %+v %v", th, err)
	}
	if later := w.arrives(w.mail(jana, podpora, "a", "5", "In-Reply-To: <a@x>")); later.Conversation != b.Conversation {
		t.Errorf("later mail: got %+v", later)
	}
	if err := w.JoinProposed(t.Context(), w.system, evil.Message); err != nil {
		t.Fatal(err)
	}
	th, _ = w.Thread(t.Context(), w.system, evil.Conversation)
	if th.ID != b.Conversation || len(th.Messages) != 4 || len(th.Claims) != 0 {
		t.Errorf("after joining: got %d with %d messages, %+v", th.ID, len(th.Messages), th.Claims)
	}
	_ = w.store.View(func(tx *store.Tx) error {
		for id, card := range store.Customers.All(tx) {
			sum := 0
			for c := range store.ConversationsByCustomer.Prefix(tx, store.Key(id)) {
				conv, _ := store.Conversations.Get(tx, c)
				sum += conv.Messages
			}
			if card.Messages != sum || sum == 0 {
				t.Errorf("customer %d: counts %d, has %d", id, card.Messages, sum)
			}
		}
		return nil
	})
}

func BenchmarkList(b *testing.B) {
	w := newWorld(b)
	w.fill(100_000)
	for _, view := range []View{ViewNew, ViewSolved, ViewAll} {
		b.Run(string(view), func(b *testing.B) {
			for b.Loop() {
				if page, err := w.List(b.Context(), w.system, ListQuery{View: view}); err != nil || len(page.Rows) != 50 {
					b.Fatal(err, len(page.Rows))
				}
			}
		})
	}
	b.Run("refresh", func(b *testing.B) { // without the log's fsync
		for b.Loop() {
			if _, err := w.List(b.Context(), w.system, ListQuery{View: ViewNew, Refresh: true}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("counts", func(b *testing.B) {
		for b.Loop() {
			if _, err := w.Counts(b.Context(), w.system); err != nil {
				b.Fatal(err)
			}
		}
	})
}
