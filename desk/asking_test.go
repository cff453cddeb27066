package desk

import (
	"slices"
	"testing"
	"time"

	"postolka/store"
)

func (w *world) requests() (all []store.Request) {
	w.t.Helper()
	err := w.store.View(func(tx *store.Tx) error {
		all = nil
		for _, r := range store.Requests.All(tx) {
			all = append(all, r)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// What seems to be a request is proposed once, with its clock, and follows its message.
func TestRequestIsProposed(t *testing.T) {
	w := newWorld(t)
	const words = "Dobrý den, žádám o výmaz svých osobních údajů."
	for name, in := range map[string]Incoming{
		"about an order": {Raw: w.mail(jana, podpora, "košík", "Prosím smažte hrnek z mé objednávky.")},
		"quoted":         {Raw: w.mail(jana, podpora, "Re: x", "Díky.\r\n\r\n> "+words)},
		"old mail":       {Raw: w.mail(jana, podpora, "výmaz", words), Quiet: true},
		"by a program":   {Raw: w.mail(jana, podpora, "výmaz 2", words, "Auto-Submitted: auto-generated")},
	} {
		w.take(in)
		if got := w.requests(); len(got) > 0 {
			t.Fatalf("%s: proposed %+v", name, got)
		}
	}
	begun := w.arrives(w.mail(jana, podpora, "Kde je balík?", "Kde je?", "Message-ID: <b@x>"))
	w.later(time.Minute)
	asks := w.arrives(w.mail(jana, podpora, "Re: Kde je balík?", words, "Message-ID: <c@x>", "In-Reply-To: <b@x>"))
	w.later(time.Minute)
	w.arrives(w.mail(jana, podpora, "Re: Kde je balík?", "Tak co? "+words, "In-Reply-To: <c@x>"))
	want := store.Request{Kind: store.RequestErasure, State: store.RequestProposed, ReceivedAt: w.message(asks.Message).ReceivedAt,
		Mailbox: w.message(asks.Message).Mailbox, Conversation: begun.Conversation, Message: asks.Message}
	same := func(a, b store.Request) bool {
		return a.Kind == b.Kind && a.State == b.State && a.ReceivedAt.Equal(b.ReceivedAt) && a.Mailbox == b.Mailbox && a.Conversation == b.Conversation && a.Message == b.Message
	}
	if got := w.requests(); !slices.EqualFunc(got, []store.Request{want}, same) {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	into, err := w.Split(t.Context(), w.system, asks.Message)
	if err != nil {
		t.Fatal(err)
	}
	if want.Conversation = into; !slices.EqualFunc(w.requests(), []store.Request{want}, same) {
		t.Errorf("after a split: got %+v, want %+v", w.requests(), want)
	}
}
