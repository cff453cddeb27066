package outbox

import (
	"testing"

	"postolka/imapsync/imaptest"
	"postolka/oauth/oauthtest"
	"postolka/store"
)

// TestSendByConsent: a dead token delays a message, and loses none.
func TestSendByConsent(t *testing.T) {
	provider, s := oauthtest.New(t, imaptest.User), newServer(t)
	s.token = provider.Good
	w := newWorld(t, s.settings(store.Plain))
	provider.Connect(t, w.outbox.logins, w.mailbox)
	provider.Revoke()
	id := w.put(t, 0, "jana@x.example")
	stop := w.run(t)
	w.reaches(t, id, store.OutboxDone)
	if n := len(s.taken()); n != 1 || provider.Renewed() != 1 {
		t.Errorf("sent %d times, the token was renewed %d times", n, provider.Renewed())
	}
	provider.Withdraw()
	w.outbox.logins.Forget(w.mailbox)
	id = w.put(t, 0, "jana@x.example")
	w.outbox.Wake()
	for w.entry(t, id).LastError == "" {
		if t.Context().Err() != nil {
			t.Fatal("never tried")
		}
	}
	stop()
	if e := w.entry(t, id); e.State != store.OutboxQueued || e.LastError != TroubleConsent {
		t.Errorf("withdrawn: got %+v", e)
	}
}
