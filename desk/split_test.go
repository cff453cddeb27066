package desk

import (
	"errors"
	"testing"

	"postolka/store"
)

// A split holds against later mail, which goes where its nearest reference lies;
// our own answers, whose token names the conversation of before, too.
func TestSplit(t *testing.T) {
	w := newWorld(t)
	first := w.arrives(w.mail(jana, podpora, "order", "1", "Message-ID: <a@x>"))
	w.later(1)
	ours := w.send(Answer{Conversation: first.Conversation, Text: "2"})
	answer := w.message(ours.Message).MessageIDHeader
	w.later(1)
	third := w.arrives(w.mail(jana, podpora, "another matter", "3", "Message-ID: <c@x>", "In-Reply-To: <a@x>"))
	eva := w.agent("eva", store.RoleAgent, store.RightRead)
	if _, err := w.Split(t.Context(), eva, ours.Message); err == nil {
		t.Error("who may only read split it")
	}
	if _, err := w.Split(t.Context(), w.system, first.Message); !errors.Is(err, ErrNothingLeft) {
		t.Errorf("at the first message: got %v", err)
	}
	into, err := w.Split(t.Context(), w.system, ours.Message)
	if err != nil || into == first.Conversation {
		t.Fatalf("got %d, %v", into, err)
	}
	for _, c := range []struct {
		name, refers string
		want         store.ConversationID
	}{
		{"answer to the first", "In-Reply-To: <a@x>", first.Conversation},
		{"answer to ours", "In-Reply-To: <" + answer + ">", into},
		{"answer to the third, all named", "References: <a@x> <" + answer + "> <c@x>", into},
		{"answer to the first, all named", "References: <c@x> <" + answer + "> <a@x>", first.Conversation},
	} {
		w.later(1)
		if got := w.arrives(w.mail(jana, podpora, c.name, c.name, c.refers)); got.Conversation != c.want {
			t.Errorf("%s: got conversation %d, want %d", c.name, got.Conversation, c.want)
		}
	}
	if got := w.conversation(first.Conversation); got.Messages != 3 || got.Subject != "order" {
		t.Errorf("the first: got %+v", got)
	}
	if got := w.conversation(into); got.Messages != 4 || w.message(third.Message).Conversation != into {
		t.Errorf("the split one: got %+v", got)
	}
	if err := w.Merge(t.Context(), w.system, first.Conversation, into); err != nil {
		t.Fatal(err)
	}
	if got := w.arrives(w.mail(jana, podpora, "x", "5", "In-Reply-To: <c@x>")); got.Conversation != first.Conversation {
		t.Errorf("merged again: got conversation %d", got.Conversation)
	}
}
