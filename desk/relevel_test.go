package desk

import (
	"testing"

	"postolka/store"
)

func TestRestoredConversationIsSummedUpAgain(t *testing.T) {
	w := newWorld(t)
	id := w.arrives(w.mail("Eva <eva@example.net>", "shop@example.org", "Dotaz", "Kde je balík?")).Conversation
	want := w.conversation(id)
	err := w.store.Update(func(tx *store.Tx) error {
		c := want
		c.Subject, c.Who, c.Preview = "", "", "" // as the ledger's replay leaves it
		return store.Conversations.Put(tx, id, c)
	})
	if err == nil {
		err = w.Relevel(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := w.conversation(id); got.Subject != want.Subject || got.Who != want.Who || got.Preview != want.Preview || got.Subject == "" {
		t.Errorf("got %q %q %q, want %q %q %q", got.Subject, got.Who, got.Preview, want.Subject, want.Who, want.Preview)
	}
}
