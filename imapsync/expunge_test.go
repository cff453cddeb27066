package imapsync

import (
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"postolka/imapsync/imaptest"
	"postolka/mail"
	"postolka/store"
)

// targets names messages that are here, by their Message-ID.
func (w *world) targets(t *testing.T, ids ...string) (targets []Target) {
	t.Helper()
	w.view(t, func(tx *store.Tx) error {
		targets = nil
		for id, m := range store.Messages.All(tx) {
			if !slices.Contains(ids, strings.Trim(m.MessageIDHeader, "<>")) {
				continue
			}
			target := Target{Message: id, Strict: m.Strict, Header: m.MessageIDHeader, SizeBytes: m.SizeBytes}
			for source := range store.SourcesByMessage.Prefix(tx, store.Key(id)) {
				s, err := store.Sources.Get(tx, source)
				if err != nil {
					return err
				}
				target.Sources = append(target.Sources, s)
			}
			targets = append(targets, target)
		}
		return nil
	})
	if len(targets) != len(ids) {
		t.Fatalf("got %d targets, want %d", len(targets), len(ids))
	}
	return targets
}

// onServer counts copies of mails in the folders, by identity.
func (w *world) onServer(t *testing.T, s imaptest.Server, folders []string, mails ...imaptest.Mail) (n int) {
	t.Helper()
	key := w.store.Keys().Identity()
	for _, folder := range folders {
		for _, there := range imaptest.Fetch(t, s, folder) {
			for _, m := range mails {
				if mail.Strict(key, there.Raw) == mail.Strict(key, m.Raw) {
					n++
				}
			}
		}
	}
	return n
}

func TestExpungeFromEveryFolder(t *testing.T) {
	body := func(t *testing.T, s imaptest.Server) {
		w := newWorld(t, s.Settings(store.Plain))
		folders := []string{"INBOX", "Archive/2024", "Trash", "Junk", "Sent", "Drafts"}
		mails := letterMails(0, 10)
		s.Put(t, "INBOX", mails...)
		// Copies of the first two where the desk never looks, and one that only has the same Message-ID.
		impostor := imaptest.Mail{Raw: []byte(strings.Replace(string(mails[0].Raw), "Where is", "Here is", 1))}
		s.Put(t, "Archive/2024", mails[0])
		s.Put(t, "Trash", mails[0], mails[5])
		s.Put(t, "Junk", mails[1], impostor)
		w.once(t)
		// Somebody else marked a message of his: it must stay, and stay marked.
		c := imaptest.Dial(t, s)
		if _, err := c.Select("INBOX", nil).Wait(); err != nil {
			t.Fatal(err)
		}
		marked := imap.UIDSetNum(7)
		if err := c.Store(marked, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
			t.Fatal(err)
		}
		c.Close()
		targets := w.targets(t, "m0@example.com", "m1@example.com")
		got, err := w.sync.Expunge(t.Context(), w.mailbox, targets, nil)
		if err != nil || got.Removed != 5 || len(got.Left) != 0 {
			t.Fatalf("got %+v, %v; want 5 removed, none left", got, err)
		}
		if n := w.onServer(t, s, folders, mails[0], mails[1]); n != 0 {
			t.Errorf("%d copies are still on the server", n)
		}
		if n := w.onServer(t, s, folders, append(mails[2:], impostor)...); n != 10 {
			t.Errorf("%d other messages on the server, want 10", n)
		}
		if flags := imaptest.Flags(t, s, "INBOX")[7]; !slices.Contains(flags, imap.FlagDeleted) {
			t.Errorf("the other's mark is gone: %v", flags)
		}
		again, err := w.sync.Expunge(t.Context(), w.mailbox, targets, nil)
		if err != nil || again.Removed != 0 || len(again.Left) != 0 {
			t.Errorf("again: got %+v, %v; want nothing to do", again, err)
		}
	}
	onBoth(t, body)
	t.Run("without UIDPLUS", func(t *testing.T) { body(t, imaptest.NewMemory(t, imap.CapUIDPlus)) })
}

// A message without Message-ID is found by its size and bytes; a renumbered
// folder does not lead to another's message.
func TestExpungeWithoutHeaderAfterRenumbering(t *testing.T) {
	onBoth(t, func(t *testing.T, s imaptest.Server) {
		w := newWorld(t, s.Settings(store.Plain))
		bare := imaptest.Mail{Raw: []byte("From: eva@example.com\r\nSubject: bare\r\n\r\nno id\r\n")}
		other := imaptest.Mail{Raw: []byte("From: eva@example.com\r\nSubject: bare\r\n\r\nno ID\r\n")}
		s.Put(t, "INBOX", bare, other)
		w.once(t)
		s.Renumber(t, "INBOX")
		targets := []Target{{Message: 1, Strict: mail.Strict(w.store.Keys().Identity(), bare.Raw), SizeBytes: int64(len(bare.Raw))}}
		got, err := w.sync.Expunge(t.Context(), w.mailbox, targets, nil)
		if err != nil || got.Removed != 1 || len(got.Left) != 0 {
			t.Fatalf("got %+v, %v; want one removed", got, err)
		}
		if gone, kept := w.onServer(t, s, []string{"INBOX"}, bare), w.onServer(t, s, []string{"INBOX"}, other); gone != 0 || kept != 1 {
			t.Errorf("%d of the target and %d of the other left, want 0 and 1", gone, kept)
		}
	})
}

// A server that says OK and does nothing is found out.
func TestExpungeThatTheServerOnlyPretends(t *testing.T) {
	mails := letterMails(0, 1)
	h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
		return serveFolder(l, tag, command, mails, 0, nil)
	})
	w := newWorld(t, h.Settings())
	w.once(t)
	got, err := w.sync.Expunge(t.Context(), w.mailbox, w.targets(t, "m0@example.com"), nil)
	if err != nil || got.Removed != 0 || len(got.Left) != 1 {
		t.Fatalf("got %+v, %v; want one left", got, err)
	}
	for _, why := range got.Left {
		if why != LeftRefused {
			t.Errorf("got %q, want %q", why, LeftRefused)
		}
	}
}

// A server that does not give the message must not make it look gone.
func TestExpungeWhatTheServerRefusesToGive(t *testing.T) {
	mails := letterMails(0, 3)
	refusing := false
	h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
		if refusing && strings.Contains(command, "BODY.PEEK[]") {
			l.Say("%s NO not now", tag)
			return true
		}
		return serveFolder(l, tag, command, mails, 0, nil)
	})
	w := newWorld(t, h.Settings())
	w.once(t)
	refusing = true
	targets := w.targets(t, "m0@example.com")
	got, err := w.sync.Expunge(t.Context(), w.mailbox, targets, nil)
	if err != nil || got.Removed != 0 || got.Left[targets[0].Message] != LeftUnread {
		t.Fatalf("got %+v, %v; want the message left as %q", got, err, LeftUnread)
	}
}

// What never came to the desk goes when the caller says so, and only from the
// folders that are not synced.
func TestExpungeThrownAway(t *testing.T) {
	onBoth(t, func(t *testing.T, s imaptest.Server) {
		w := newWorld(t, s.Settings(store.Plain))
		mails := letterMails(0, 8)
		s.Put(t, "INBOX", mails[:2]...)
		s.Put(t, "Trash", mails[2:4]...)
		s.Put(t, "Junk", mails[4:6]...)
		s.Put(t, "Drafts", mails[6:8]...)
		w.once(t)
		got, err := w.sync.Expunge(t.Context(), w.mailbox, nil, func(raw []byte) bool {
			for _, n := range []string{"<m0@", "<m2@", "<m4@", "<m6@"} {
				if strings.Contains(string(raw), n) {
					return true
				}
			}
			return false
		})
		if err != nil || got.Removed != 3 || len(got.Left) != 0 {
			t.Fatalf("got %+v, %v; want 3 removed", got, err)
		}
		folders := []string{"INBOX", "Trash", "Junk", "Drafts"}
		if n := w.onServer(t, s, folders, mails[2], mails[4], mails[6]); n != 0 {
			t.Errorf("%d that had to go are still there", n)
		}
		if n := w.onServer(t, s, folders, mails[0], mails[1], mails[3], mails[5], mails[7]); n != 5 {
			t.Errorf("%d others are there, want 5", n)
		}
	})
}

func TestExpungeWithoutConnection(t *testing.T) {
	s := imaptest.NewMemory(t)
	w := newWorld(t, s.Settings(store.Plain))
	s.Put(t, "INBOX", letterMails(0, 1)...)
	w.once(t)
	targets := w.targets(t, "m0@example.com")
	if err := w.store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, w.mailbox)
		if err != nil {
			return err
		}
		m.IMAP.Secret = w.store.Keys().SealPassword(m.IMAP, "wrong")
		return store.Mailboxes.Put(tx, w.mailbox, m)
	}); err != nil {
		t.Fatal(err)
	}
	got, err := w.sync.Expunge(t.Context(), w.mailbox, targets, nil)
	if err == nil || len(got.Left) != 1 {
		t.Errorf("got %+v, %v; want an error and the message left", got, err)
	}
}

func TestCopyToSentOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, s imaptest.Server) {
		w := newWorld(t, s.Settings(store.Plain))
		m := imaptest.Mail{Raw: []byte(strings.ReplaceAll(string(letterMails(1, 1)[0].Raw), "\r\n", "\n"))}
		for range 2 {
			if err := w.sync.CopyToSent(t.Context(), w.mailbox, "<m1@example.com>", m.Raw); err != nil {
				t.Fatal(err)
			}
		}
		if n := w.onServer(t, s, []string{"Sent"}, m); n != 1 {
			t.Errorf("%d copies in Sent, want 1", n)
		}
		for _, flags := range imaptest.Flags(t, s, "Sent") {
			if !slices.Contains(flags, imap.FlagSeen) {
				t.Error("the copy is not marked as read")
			}
		}
	})
}

func TestCopyToSentMakesTheFolder(t *testing.T) {
	s := imaptest.NewMemory(t)
	w := newWorld(t, s.Settings(store.Plain))
	c := imaptest.Dial(t, s)
	if err := c.Delete("Sent").Wait(); err != nil {
		t.Fatal(err)
	}
	m := letterMails(1, 1)[0]
	if err := w.sync.CopyToSent(t.Context(), w.mailbox, "m1@example.com", m.Raw); err != nil {
		t.Fatal(err)
	}
	if n := w.onServer(t, s, []string{"Sent"}, m); n != 1 {
		t.Errorf("%d copies in Sent, want 1", n)
	}
}
