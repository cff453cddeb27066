package desk

import (
	"errors"
	"testing"
	"time"

	"postolka/account"
	"postolka/mail"
	"postolka/store"
)

// deleted marks messages as missing from the server long enough.
func (w *world) deleted(ids ...store.MessageID) {
	w.t.Helper()
	w.later(time.Hour)
	err := w.store.Update(func(tx *store.Tx) error { return Missed(tx, w.mailbox, ids, w.clock) })
	if err != nil {
		w.t.Fatal(err)
	}
	for range FollowDays {
		w.later(24 * time.Hour)
		w.mailboxRecord(func(m *store.Mailbox) {
			if !SawWhole(&m.Follow, w.clock) || SawWhole(&m.Follow, w.clock) {
				w.t.Error("a day counts once")
			}
		})
	}
}

func (w *world) mailboxRecord(change func(m *store.Mailbox)) {
	w.t.Helper()
	err := w.store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, w.mailbox)
		if err != nil {
			return err
		}
		change(&m)
		return store.Mailboxes.Put(tx, w.mailbox, m)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) follow() {
	w.t.Helper()
	if err := w.Follow(w.t.Context(), w.mailbox, nil); err != nil {
		w.t.Fatal(err)
	}
}

func TestWhatFollowsToTheBin(t *testing.T) {
	w := newWorldWithoutIndex(t)
	jana := w.agent("jana", store.RoleAgent, store.RightAnswer)
	if err := w.ChooseDeleted(t.Context(), jana, w.mailbox, DeletedFollows); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("an agent may choose: %v", err)
	}
	if err := w.ChooseDeleted(t.Context(), account.HostAgent(), w.mailbox, "all"); !errors.Is(err, ErrChoice) {
		t.Errorf("got %v, want ErrChoice", err)
	}
	if err := w.ChooseDeleted(t.Context(), account.HostAgent(), w.mailbox, DeletedFollows); err != nil {
		t.Fatal(err)
	}
	came := func(subject string, header ...string) Outcome {
		return w.arrives(w.mail("Eva <eva@example.com>", "podpora@shop.example", subject, "Kde je?", header...))
	}
	for range 60 {
		came("jiné")
	}
	alone := came("sama")
	answered := came("odpovězená")
	half := came("napůl", "Message-ID: <half@example.com>")
	came("Re: napůl", "In-Reply-To: <half@example.com>")
	written := came("rozepsaná")
	held := came("podržená")
	imported := w.take(Incoming{Origin: store.FromImport, Raw: w.mail("Eva <eva@example.com>", "podpora@shop.example", "z archivu", "Kde je?")})[0]
	if err := w.SetStatus(t.Context(), jana, store.StatusSolved, answered.Conversation); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Send(t.Context(), jana, Answer{Conversation: answered.Conversation, Mailbox: w.mailbox, To: []mail.Address{{Addr: "eva@example.com"}}, Text: "Zítra."}); err != nil {
		t.Fatal(err)
	}
	before := w.conversation(answered.Conversation).Status
	err := w.store.Update(func(tx *store.Tx) error {
		_, err := store.Drafts.Insert(tx, store.Draft{Agent: jana.ID, Mailbox: w.mailbox, Conversation: written.Conversation, Text: "Dobrý"})
		if err != nil {
			return err
		}
		_, err = store.Holds.Insert(tx, store.Hold{Conversation: held.Conversation, ReviewAt: w.clock.AddDate(1, 0, 0)})
		return errors.Join(err, level(tx, written.Conversation, nil))
	})
	if err != nil {
		t.Fatal(err)
	}
	w.deleted(alone.Message, answered.Message, half.Message, written.Message, held.Message, imported.Message)
	w.follow()
	for _, c := range []struct {
		name string
		out  Outcome
		want bool
	}{{"all of it deleted", alone, true}, {"deleted but for our answer", answered, true}, {"half of it deleted", half, false},
		{"with a draft", written, false}, {"held", held, false}, {"imported too", imported, false}} {
		got := w.conversation(c.out.Conversation)
		if binned := got.Status == store.StatusBin; binned != c.want || binned == got.FollowedAt.IsZero() {
			t.Errorf("%s: in the bin %v since %v, want %v", c.name, binned, got.FollowedAt, c.want)
		}
	}
	// The mail of one is seen again: as it was.
	err = w.store.Update(func(tx *store.Tx) error {
		p := newPlacing(w.Desk, tx, &surroundings{now: w.clock})
		if err := p.returned(answered.Message, answered.Conversation); err != nil {
			return err
		}
		return p.finish()
	})
	if err != nil {
		t.Fatal(err)
	}
	if c := w.conversation(answered.Conversation); c.Status != before {
		t.Errorf("came back with status %v, want %v", c.Status, before)
	}
}

// A person's decision about one that was taken out of the bin holds.
func TestTakenOutOfTheBinStaysOut(t *testing.T) {
	w := newWorldWithoutIndex(t)
	if err := w.ChooseDeleted(t.Context(), account.HostAgent(), w.mailbox, DeletedFollows); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		w.arrives(w.mail("Eva <eva@example.com>", "podpora@shop.example", "jiné", "Kde je?"))
	}
	out := w.arrives(w.mail("Eva <eva@example.com>", "podpora@shop.example", "sama", "Kde je?"))
	w.deleted(out.Message)
	w.follow()
	if err := w.SetStatus(t.Context(), w.agent("jana", store.RoleAgent, store.RightAnswer), store.StatusOpen, out.Conversation); err != nil {
		t.Fatal(err)
	}
	w.deleted()
	w.follow()
	if c := w.conversation(out.Conversation); c.Status != store.StatusOpen {
		t.Errorf("got status %v, want it open as the person left it", c.Status)
	}
}
