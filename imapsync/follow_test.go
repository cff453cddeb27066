package imapsync

import (
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/imapsync/imaptest"
	"postolka/store"
)

// follower is a mailbox that follows its server, day by day.
type follower struct {
	*world
	t   *testing.T
	now time.Time
}

func newFollower(t *testing.T, srv store.Server) *follower {
	w := &follower{world: newWorld(t, srv), t: t, now: time.Now()}
	log, err := audit.Open(w.store)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	clock := func() time.Time { return w.now }
	w.trouble.Desk = desk.New(w.store, nil, log, nil, desk.Options{Now: clock})
	w.sync.now = clock
	w.choose(desk.DeletedFollows)
	return w
}

func (w *follower) choose(c desk.DeletedChoice) {
	w.t.Helper()
	if err := w.trouble.ChooseDeleted(w.t.Context(), account.HostAgent(), w.mailbox, c); err != nil {
		w.t.Fatal(err)
	}
}

// days pass, with a look each.
func (w *follower) days(n int) {
	w.t.Helper()
	for range n {
		w.now = w.now.Add(24 * time.Hour)
		w.once(w.t)
	}
}

// binned counts the conversations in the bin; want is of how many.
func (w *follower) binned(want int, when string) {
	w.t.Helper()
	got := 0
	w.view(w.t, func(tx *store.Tx) error {
		got = 0
		for _, c := range store.Conversations.All(tx) {
			if c.Status == store.StatusBin {
				got++
			}
		}
		return nil
	})
	if got != want {
		w.t.Errorf("%s: %d conversations in the bin, want %d", when, got, want)
	}
}

func expunge(t *testing.T, s imaptest.Server, folder string, uids ...imap.UID) {
	t.Helper()
	c := imaptest.Dial(t, s)
	if _, err := c.Select(folder, nil).Wait(); err != nil {
		t.Fatal(err)
	}
	set := imap.UIDSetNum(uids...)
	if err := c.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.UIDExpunge(set).Close(); err != nil {
		t.Fatal(err)
	}
}

func move(t *testing.T, s imaptest.Server, from, to string, uids ...imap.UID) {
	t.Helper()
	c := imaptest.Dial(t, s)
	if _, err := c.Select(from, nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Move(imap.UIDSetNum(uids...), to).Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestDeletedAtTheServerFollows(t *testing.T) {
	onBoth(t, func(t *testing.T, s imaptest.Server) {
		mails := letterMails(0, 20)
		s.Put(t, "INBOX", mails...)
		w := newFollower(t, s.Settings(store.Plain))
		w.once(t)
		expunge(t, s, "INBOX", 1)
		move(t, s, "INBOX", "Trash", 2)
		move(t, s, "INBOX", "Junk", 3) // not deleted, though it does not come any more
		w.days(desk.FollowDays)
		w.binned(0, "after six whole days without them")
		w.days(1)
		w.binned(2, "after seven")
		w.same(t, mails) // nothing is erased
		s.Put(t, "INBOX", mails[0])
		w.days(1)
		w.binned(1, "one was put back")
		s.Put(t, "INBOX", imaptest.Mail{Raw: []byte("From: Eva <eva@example.com>\r\nTo: shop@example.org\r\nSubject: Re: order 1\r\nMessage-ID: <again@example.com>\r\nIn-Reply-To: <m1@example.com>\r\nDate: Mon, 02 Mar 2026 11:00:00 +0100\r\n\r\nWhere is it?\r\n")})
		w.days(1)
		w.binned(0, "and the other customer wrote again")
		w.days(2 * desk.FollowDays)
		w.binned(0, "of what came back, and with mail that is there")
	})
}

func TestDeletedAtTheServerStays(t *testing.T) {
	t.Run("by default", func(t *testing.T) {
		s := imaptest.NewMemory(t)
		s.Put(t, "INBOX", letterMails(0, 20)...)
		w := newFollower(t, s.Settings(store.Plain))
		w.choose(desk.DeletedStays)
		w.once(t)
		expunge(t, s, "INBOX", 1)
		w.days(3 * desk.FollowDays)
		w.choose(desk.DeletedFollows) // from now on
		w.days(3 * desk.FollowDays)
		w.binned(0, "of what was deleted before")
	})
	for _, c := range []struct {
		name string
		do   func(t *testing.T, d *imaptest.Dovecot)
	}{
		{"in a folder that was numbered anew", func(t *testing.T, d *imaptest.Dovecot) { d.Renumber(t, "Orders") }},
		{"in a renamed folder", func(t *testing.T, d *imaptest.Dovecot) { d.Rename(t, "Orders", "Zakázky") }},
		{"in a folder that vanished", func(t *testing.T, d *imaptest.Dovecot) {
			if err := imaptest.Dial(t, d).Delete("Orders").Wait(); err != nil {
				t.Fatal(err)
			}
		}},
		{"moved to another folder", func(t *testing.T, d *imaptest.Dovecot) { move(t, d, "Orders", "Sent", 1, 2) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := imaptest.NewDovecot(t)
			mails := letterMails(0, 40)
			d.Put(t, "INBOX", mails[:30]...)
			d.Put(t, "Orders", mails[30:]...)
			w := newFollower(t, d.Settings(store.Plain))
			w.once(t)
			c.do(t, d)
			w.days(3 * desk.FollowDays)
			w.binned(0, c.name)
			w.same(t, mails)
		})
	}
}

// A mail in a folder that does not come is not deleted.
func TestMovedOutOfSightIsNotDeleted(t *testing.T) {
	onBoth(t, func(t *testing.T, s imaptest.Server) {
		s.Put(t, "INBOX", letterMails(0, 20)...)
		s.Put(t, "Private", letterMails(100, 3)...)
		w := newFollower(t, s.Settings(store.Plain))
		w.change(t, func(m *store.Mailbox) { m.Folders = []string{desk.Inbox} })
		w.once(t)
		move(t, s, "INBOX", "Private", 5)
		w.days(3 * desk.FollowDays)
		w.binned(0, "moved to a folder that does not come")
	})
}

// A server that says that its folders are empty, or leaves some out, or can't be
// reached, deletes nothing; when it goes on saying so a person is asked.
func TestServerThatLosesSight(t *testing.T) {
	mails := letterMails(0, 40)
	state := "well"
	h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
		switch {
		case strings.HasPrefix(command, "LIST") && state == "no list":
			l.Say("%s OK nothing", tag)
			return true
		case state == "empty":
			return serveFolder(l, tag, command, nil, 0, nil)
		case state == "half":
			return serveFolder(l, tag, command, mails[:20], 0, nil)
		}
		return serveFolder(l, tag, command, mails, 0, nil)
	})
	w := newFollower(t, h.Settings())
	w.once(t)
	for _, state = range []string{"no list", "empty", "half"} {
		w.days(3)
		saved := state
		state = "well"
		w.days(1)
		w.binned(0, saved+" for some days")
		w.same(t, mails)
	}
	w.days(2 * desk.FollowDays)
	w.binned(0, "well again")
	if m := w.record(t); m.Follow.Asking != 0 {
		t.Errorf("asks about %d", m.Follow.Asking)
	}
	state = "empty"
	w.days(2 * desk.FollowDays)
	w.binned(0, "empty for good, nobody agreed")
	if m := w.record(t); m.Follow.Asking != len(mails) {
		t.Fatalf("asks about %d, want %d", m.Follow.Asking, len(mails))
	}
	w.choose(desk.DeletedAgree)
	w.once(t)
	w.binned(len(mails), "a person agreed")
	if m := w.record(t); m.Follow.Asking != 0 || m.Follow.Agreed != 0 {
		t.Errorf("got %+v, want the question answered", m.Follow)
	}
	state = "well"
	w.days(1)
	w.binned(0, "all came back")
}

func TestTooMuchIsKeptWhenAPersonSaysSo(t *testing.T) {
	s := imaptest.NewMemory(t)
	s.Put(t, "INBOX", letterMails(0, 40)...)
	w := newFollower(t, s.Settings(store.Plain))
	w.once(t)
	expunge(t, s, "INBOX", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	w.days(desk.FollowDays + 1)
	if m := w.record(t); m.Follow.Asking != 11 {
		t.Fatalf("asks about %d, want 11", m.Follow.Asking)
	}
	w.choose(desk.DeletedKeep)
	expunge(t, s, "INBOX", 12)
	w.days(2 * desk.FollowDays)
	w.binned(1, "the one that was deleted later")
}
