package ui

import (
	"net/http"
	"strings"
	"testing"

	"postolka/store"
)

// TestStateTellsWhatAMailboxAndTheOutboxMiss: in words of the page, for an admin who reads no mail.
func TestStateTellsWhatAMailboxAndTheOutboxMiss(t *testing.T) {
	w := newWorld(t).settle()
	c := w.conversationOf("Kde je můj balík?")
	w.must(w.store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, w.support)
		if err != nil {
			return err
		}
		m.LastError = "The server can't be reached."
		if err := store.Mailboxes.Put(tx, w.support, m); err != nil {
			return err
		}
		_, err = store.Outbox.Insert(tx, store.OutboxEntry{Mailbox: w.support, Conversation: c, Message: 1, State: store.OutboxUncertain})
		return err
	}))
	p := w.as("adam").get("/state")
	for _, want := range []string{"podpora@ má potíže.", "1 odpověď neodešla.", "znovu pište, jen když tam není"} {
		if !strings.Contains(p.text(), want) {
			t.Errorf("state lacks %q: %s", want, p.text())
		}
	}
	link := `/c/` + idText(c)
	if got := p.linksTo(link); got != 0 {
		t.Errorf("an admin without the mailbox gets %d links to the conversation", got)
	}
	if got := w.as("jana").get("/state").linksTo(link); got == 0 {
		t.Error("the owner gets no link to the conversation")
	}
}

func (p page) linksTo(prefix string) (n int) {
	for d := range p.dom.Descendants() {
		if strings.HasPrefix(attr(d, "href"), prefix+"#") {
			n++
		}
	}
	return n
}

func TestPasswordChangeEndsOtherSessions(t *testing.T) {
	w := newWorld(t).settle()
	here, there := w.as("petr"), w.as("petr")
	const next = "a heron stands in the shallow"
	if got := here.post("/me/password", values("old", "wrong wrong wrong", "password", next)); got.status != http.StatusUnprocessableEntity {
		t.Errorf("wrong old password: got %d, want 422", got.status)
	}
	if got := there.get("/me"); got.status != http.StatusOK {
		t.Errorf("after a failed change: got %d, want 200", got.status)
	}
	here.post("/me/password", values("old", testPassword, "password", next))
	if got := here.get("/me"); got.status != http.StatusOK {
		t.Errorf("here: got %d, want 200", got.status)
	}
	if got := there.get("/me"); got.status != http.StatusSeeOther {
		t.Errorf("there: got %d, want to be signed out", got.status)
	}
}

func TestLastOwnerStaysOwner(t *testing.T) {
	w := newWorld(t).settle()
	path := "/people/" + idText(w.people["jana"].ID)
	for _, form := range [][]string{{"do", "role", "role", "agent"}, {"do", "disable"}} {
		for _, who := range []string{"jana", "adam"} {
			if got := w.as(who).post(path, values(form...)); got.status < 400 {
				t.Errorf("%s %v: got %d, want a refusal", who, form, got.status)
			}
		}
	}
	jana, err := w.accounts.Account(w.people["jana"].ID)
	w.must(err)
	if jana.Role != store.RoleOwner || !jana.DisabledAt.IsZero() {
		t.Errorf("got role %d, disabled %v", jana.Role, jana.DisabledAt)
	}
}
