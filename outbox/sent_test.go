package outbox

import (
	"strings"
	"testing"

	"postolka/desk"
	"postolka/imapsync"
	"postolka/imapsync/imaptest"
	"postolka/oauth"
	"postolka/store"
)

// Sent through a real SMTP server, copied by imapsync into Dovecot's Sent, and
// known when sync finds the copy there.
func TestCopyInSentIsKnownToSync(t *testing.T) {
	d, s := imaptest.NewDovecot(t), newServer(t)
	w := newWorld(t, s.settings(store.Plain))
	w.update(t, func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, w.mailbox)
		if err != nil {
			return err
		}
		m.IMAP = d.Settings(store.TLS)
		m.IMAP.Secret = w.store.Keys().SealPassword(m.IMAP, imaptest.Password)
		return store.Mailboxes.Put(tx, w.mailbox, m)
	})
	theDesk := desk.New(w.store, nil, nil, nil, desk.Options{})
	mail := imapsync.New(w.store, theDesk, oauth.New(w.store), nil)
	mail.RootCAs = d.Roots()
	// The desk's own record of what it wrote.
	out, err := theDesk.Intake(t.Context(), []desk.Incoming{{Raw: []byte(letter), Mailbox: w.mailbox, Sent: true}})
	if err != nil || out[0].Result != desk.Added {
		t.Fatalf("got %v, %v", out, err)
	}
	w.outbox = New(w.store, theDesk, mail, oauth.New(w.store), nil)
	w.outbox.pace = quick
	var id store.OutboxID
	w.update(t, func(tx *store.Tx) (err error) {
		id, err = store.Outbox.Insert(tx, store.OutboxEntry{Mailbox: w.mailbox, Conversation: out[0].Conversation, Message: out[0].Message,
			Sender: "shop@example.org", Recipients: []string{"eva@example.com"}, State: store.OutboxQueued})
		return err
	})
	w.run(t)
	w.reaches(t, id, store.OutboxDone)
	if got := imaptest.Fetch(t, d, "Sent"); len(got) != 1 || !strings.Contains(string(got[0].Raw), "Message-ID: <answer1@example.org>") {
		t.Fatalf("%d messages in Sent, want the answer", len(got))
	}
	pass, err := mail.Once(t.Context(), w.mailbox, nil)
	if err != nil || pass.Added != 0 || pass.Duplicates != 1 {
		t.Errorf("got %+v, %v; want one that is known", pass, err)
	}
}
