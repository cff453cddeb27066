package imapsync

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"postolka/desk"
	"postolka/imapsync/imaptest"
	"postolka/mail"
	"postolka/store"
)

func TestOncePassesOverAllFolders(t *testing.T) {
	onBoth(t, func(t *testing.T, s imaptest.Server) {
		w := newWorld(t, s.Settings(store.Plain))
		mails := letterMails(0, 30)
		s.Put(t, "INBOX", mails[:20]...)
		s.Put(t, "Archive/2024", mails[20:25]...)
		s.Put(t, "Sent", mails[25:]...)
		s.Put(t, "INBOX", mails[22]) // a copy of one in the archive
		s.Put(t, "Trash", letterMails(100, 3)...)
		s.Put(t, "Junk", letterMails(200, 3)...)
		var done, total int
		pass, err := w.sync.Once(t.Context(), w.mailbox, func(d, n int) { done, total = d, n })
		if err != nil {
			t.Fatal(err)
		}
		if pass.Read != 31 || pass.Added != 30 || pass.Duplicates != 1 {
			t.Errorf("got %+v, want 31 read, 30 added, 1 duplicate", pass)
		}
		if done != 31 || total != 31 {
			t.Errorf("progress ended at %d of %d, want 31 of 31", done, total)
		}
		want := map[string]int{"INBOX": 21, "Archive/2024": 5, "Sent": 5}
		for _, f := range pass.Folders {
			if f.Server != want[f.Name] || f.Here != want[f.Name] {
				t.Errorf("folder %s: %d on the server, %d here, want %d", f.Name, f.Server, f.Here, want[f.Name])
			}
			delete(want, f.Name)
		}
		if want["INBOX"]+want["Sent"]+want["Archive/2024"] > 0 {
			t.Errorf("folders not passed over: %v", want)
		}
		w.same(t, mails)
		w.view(t, func(tx *store.Tx) error {
			sent := 0
			for _, m := range store.Messages.All(tx) {
				if m.Kind == store.Outgoing {
					sent++
				}
			}
			if sent != 5 {
				t.Errorf("got %d sent messages, want 5", sent)
			}
			return nil
		})
		calls := w.trouble.calls.Load()
		if again := w.once(t); again.Read != 0 || w.trouble.calls.Load() != calls {
			t.Errorf("a second pass read %d again", again.Read)
		}
		if m := w.record(t); m.LastError != "" || time.Since(m.LastContact) > time.Minute {
			t.Errorf("got trouble %q, contact %v", m.LastError, m.LastContact)
		}
		s.Put(t, "INBOX", letterMails(300, 2)...)
		if _, err := w.sync.Once(t.Context(), w.mailbox, func(d, n int) { done, total = d, n }); err != nil || done != 2 || total != 2 {
			t.Errorf("progress of a later pass ended at %d of %d (%v), want 2 of 2", done, total, err)
		}
	})
}

func TestNewestComesFirst(t *testing.T) {
	s := imaptest.NewMemory(t)
	w := newWorld(t, s.Settings(store.Plain))
	s.Put(t, "INBOX", letterMails(0, 5)...)
	w.sync.box(w.mailbox).batch[1] = 1 // one at a time
	var order []uint32
	w.trouble.refuse = func(in desk.Incoming) error {
		order = append(order, in.Source.UID)
		w.sync.box(w.mailbox).batch[1] = 1
		return nil
	}
	w.once(t)
	if fmt.Sprint(order[0], order[len(order)-1]) != "5 1" {
		t.Errorf("got %v, want from 5 down to 1", order)
	}
}

// TestFirstSyncThroughKillsAndDrops: the server is killed three times on the way,
// the link cut in the middle of literals; nothing is lost, nothing is twice. Kills,
// cuts and batches go by shares of the mails, and TestFirstSyncRate takes them all:
// a third of them shows as much.
func TestFirstSyncThroughKillsAndDrops(t *testing.T) {
	n, kills := 1000, 3
	mails := corpus(t, n)
	d := imaptest.NewDovecot(t)
	d.Put(t, "INBOX", mails...)
	proxy := imaptest.NewProxy(t, d.Settings(store.Plain))
	w := newWorld(t, proxy.Settings(store.Plain))
	w.sync.box(w.mailbox).batch[1] = max(1, len(mails)/30) // so that there is something between
	distinct := map[mail.Identity]bool{}
	for _, m := range mails {
		distinct[mail.Strict(w.store.Keys().Identity(), m.Raw)] = true
	}
	proxy.DropAfter(100_000)
	start := time.Now()
	w.run(t)
	killed, here, came := 0, 0, start
	for drops := int64(0); here < len(distinct); time.Sleep(2 * time.Millisecond) {
		if n := w.count(t); n > here {
			here, came = n, time.Now()
		}
		if share := here * 10 / len(distinct); killed < kills && share >= 2*killed+1 {
			killed++
			d.Kill()
			time.Sleep(50 * time.Millisecond)
			d.Start(t)
		}
		if got := proxy.Drops.Load(); got > drops && got < 8 {
			drops = got
			proxy.DropAfter(int64(len(mails)) * 300) // in the middle of another batch
		}
		if time.Since(came) > 2*time.Minute {
			t.Fatalf("stuck at %d of %d messages", here, len(distinct))
		}
	}
	took := time.Since(start)
	eventually(t, "the folder done", time.Minute, func() bool { return w.folder(t, "INBOX").Done })
	w.same(t, mails)
	f := w.folder(t, "INBOX")
	if len(f.Quarantined) > 0 {
		t.Errorf("%d messages set aside", len(f.Quarantined))
	}
	if killed < kills || proxy.Drops.Load() < 2 {
		t.Errorf("only %d kills and %d cuts: nothing was shown", killed, proxy.Drops.Load())
	}
	t.Logf("%d mails (%d distinct), %d kills, %d cuts: %v, %.0f a second; %d KB came over the wire",
		len(mails), len(distinct), killed, proxy.Drops.Load(), took.Round(time.Millisecond), float64(len(mails))/took.Seconds(), proxy.Bytes.Load()>>10)
}

func TestFirstSyncRate(t *testing.T) {
	mails := corpus(t, 0)
	d := imaptest.NewDovecot(t)
	d.Put(t, "INBOX", mails...)
	w := newWorld(t, d.Settings(store.TLS))
	w.sync.RootCAs = d.Roots()
	pass := w.once(t)
	w.same(t, mails)
	if pass.Folders[0].Here != len(mails) || pass.Folders[0].Server != len(mails) {
		t.Errorf("got %+v, want %d of %d", pass.Folders[0], len(mails), len(mails))
	}
	t.Logf("%d mails over TLS in %.1f s: %.0f a second; %+v", pass.Read, pass.Seconds, float64(pass.Read)/pass.Seconds, pass)
}

func TestUIDValidityChanges(t *testing.T) {
	onBoth(t, func(t *testing.T, s imaptest.Server) {
		w := newWorld(t, s.Settings(store.Plain))
		mails := letterMails(0, 12)
		s.Put(t, "INBOX", mails[:10]...)
		w.once(t)
		before := w.folder(t, "INBOX").UIDValidity
		s.Renumber(t, "INBOX")
		s.Put(t, "INBOX", mails[10:]...)
		pass := w.once(t)
		if f := w.folder(t, "INBOX"); f.UIDValidity == before || !f.Done {
			t.Errorf("got UIDVALIDITY %d as before, done %v", f.UIDValidity, f.Done)
		}
		if pass.Added != 2 || pass.Duplicates != 10 {
			t.Errorf("got %+v, want 2 added, 10 known", pass)
		}
		w.same(t, mails)
	})
}

// The time until a mail is here is logged; the first look at it belongs to DESK.md.
func TestIdleDelivers(t *testing.T) {
	onBoth(t, func(t *testing.T, s imaptest.Server) {
		w := newWorld(t, s.Settings(store.STARTTLS))
		w.sync.RootCAs = s.Roots()
		w.sync.pace.poll = time.Hour // only IDLE tells
		s.Put(t, "INBOX", letterMails(0, 1)...)
		w.run(t)
		eventually(t, "the first mail", time.Minute, func() bool { return w.count(t) == 1 })
		for i := 1; i <= 3; i++ {
			// Until it waits: the memory server tells nothing that came before IDLE
			// (go-imap beta.8, SessionTracker.Idle polls only after the next change).
			time.Sleep(300 * time.Millisecond)
			start := time.Now()
			s.Put(t, "INBOX", letterMails(i, 1)...)
			eventually(t, "the next mail", time.Minute, func() bool { return w.count(t) == 1+i })
			t.Logf("here after %v", time.Since(start).Round(time.Millisecond))
		}
		if w.record(t).LastNewMail.IsZero() {
			eventually(t, "new mail noted", time.Minute, func() bool { return !w.record(t).LastNewMail.IsZero() })
		}
	})
}

func TestPollWhereIdleIsMissing(t *testing.T) {
	s := imaptest.NewMemory(t, "IDLE")
	w := newWorld(t, s.Settings(store.Plain))
	w.run(t)
	eventually(t, "contact", time.Minute, func() bool { return !w.record(t).LastContact.IsZero() })
	s.Put(t, "INBOX", letterMails(0, 1)...)
	s.Put(t, "Projects", letterMails(1, 1)...)
	eventually(t, "mail in the inbox and in a new folder", time.Minute, func() bool { return w.count(t) == 2 })
	s.Put(t, "Projects", letterMails(2, 1)...)
	eventually(t, "more in the folder", time.Minute, func() bool { return w.count(t) == 3 })
}

func TestWrongPasswordIsNotHammered(t *testing.T) {
	logins := 0
	h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
		if strings.HasPrefix(command, "LOGIN") {
			logins++
			l.Say("%s NO [AUTHENTICATIONFAILED] no such user shop@example.org", tag)
			return true
		}
		return false
	})
	w := newWorld(t, h.Settings())
	var logged bytes.Buffer
	w.sync.log = slog.New(slog.NewTextHandler(&logged, nil))
	stop := w.run(t)
	eventually(t, "trouble shown", time.Minute, func() bool { return w.record(t).LastError == TroublePassword })
	time.Sleep(500 * time.Millisecond)
	stop()
	if logged.Len() == 0 || strings.Contains(logged.String(), "example.org") {
		t.Errorf("the log has an address, or nothing: %s", logged.String())
	}
	if logins != 1 {
		t.Errorf("signed in %d times", logins)
	}
	if _, err := w.sync.Once(t.Context(), w.mailbox, nil); !errors.Is(err, errRefused) {
		t.Errorf("got %v, want the refusal", err)
	}
}

func TestPausedAndChanged(t *testing.T) {
	s := imaptest.NewMemory(t)
	w := newWorld(t, s.Settings(store.Plain))
	pause := func(paused bool) {
		if err := w.store.Update(func(tx *store.Tx) error {
			m, err := store.Mailboxes.Get(tx, w.mailbox)
			if err != nil {
				return err
			}
			m.Paused = paused
			return store.Mailboxes.Put(tx, w.mailbox, m)
		}); err != nil {
			t.Fatal(err)
		}
		w.sync.Changed(w.mailbox)
	}
	pause(true)
	w.run(t)
	s.Put(t, "INBOX", letterMails(0, 1)...)
	time.Sleep(300 * time.Millisecond)
	if n := w.count(t); n != 0 {
		t.Fatalf("%d messages although paused", n)
	}
	pause(false)
	eventually(t, "mail after resuming", time.Minute, func() bool { return w.count(t) == 1 })
}

// A message that can't be stored is set aside, the others come in; later it is
// tried again.
func TestOneBadMailBlocksNothing(t *testing.T) {
	bad := errors.New("bad mail")
	cases := map[string]func(in desk.Incoming) error{
		"an error": func(in desk.Incoming) error { return bad },
		"a panic":  func(in desk.Incoming) error { panic(bad) },
	}
	for name, refuse := range cases {
		t.Run(name, func(t *testing.T) {
			s := imaptest.NewMemory(t)
			w := newWorld(t, s.Settings(store.Plain))
			mails := letterMails(0, 10)
			s.Put(t, "INBOX", mails...)
			w.trouble.refuse = func(in desk.Incoming) error {
				if in.Source.UID == 4 {
					return refuse(in)
				}
				return nil
			}
			pass := w.once(t)
			f := w.folder(t, "INBOX")
			if pass.Added != 9 || len(f.Quarantined) != 1 || f.Quarantined[0].UID != 4 || f.Quarantined[0].Reason != ReasonNotStored {
				t.Fatalf("got %+v, set aside %+v; want 9 added and UID 4 set aside", pass, f.Quarantined)
			}
			s.Put(t, "INBOX", letterMails(10, 1)...)
			if pass := w.once(t); pass.Added != 1 {
				t.Errorf("got %+v, want the next mail", pass)
			}
			w.trouble.refuse = nil
			w.change(t, func(m *store.Mailbox) { m.RetryAt = time.Now().UTC() })
			if pass := w.once(t); pass.Added != 1 || len(w.folder(t, "INBOX").Quarantined) != 0 {
				t.Errorf("got %+v, want the bad mail in the end", pass)
			}
		})
	}
}

// When nothing can be stored, the folder waits: it is not the messages' fault.
func TestFullDiskSetsNothingAside(t *testing.T) {
	s := imaptest.NewMemory(t)
	w := newWorld(t, s.Settings(store.Plain))
	mails := letterMails(0, 10)
	s.Put(t, "INBOX", mails...)
	w.trouble.refuse = func(desk.Incoming) error { return errors.New("no space left on device") }
	if _, err := w.sync.Once(t.Context(), w.mailbox, nil); err == nil {
		t.Fatal("no error")
	}
	if m := w.record(t); m.LastError != TroubleStorage {
		t.Errorf("got trouble %q", m.LastError)
	}
	w.trouble.refuse = nil
	if pass := w.once(t); pass.Added != 10 || len(w.folder(t, "INBOX").Quarantined) != 0 {
		t.Errorf("got %+v, want all ten", pass)
	}
}

// A message whose fetch the server refuses, or breaks off every time, is set
// aside; the rest comes in.
func TestOneBadFetchBlocksNothing(t *testing.T) {
	const total = 8
	cases := map[string]struct {
		bad    func(l *imaptest.Line, tag string)
		reason string
	}{
		"refused": {func(l *imaptest.Line, tag string) { l.Say("%s NO can't open it", tag) }, ReasonRefused},
		"broken off": {func(l *imaptest.Line, tag string) {
			fmt.Fprintf(l.Conn, "* 5 FETCH (UID 5 BODY[] {1000}\r\nxx")
			l.Close()
		}, ReasonBroken},
		"left out": {nil, ReasonMissing},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			mails := letterMails(1, total)
			h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
				return serveFolder(l, tag, command, mails, 5, c.bad)
			})
			w := newWorld(t, h.Settings())
			stop := w.run(t)
			eventually(t, "all but one", time.Minute, func() bool {
				return w.count(t) == total-1 && w.folder(t, "INBOX").Done
			})
			stop()
			f := w.folder(t, "INBOX")
			if len(f.Quarantined) != 1 || f.Quarantined[0].UID != 5 || f.Quarantined[0].Reason != c.reason {
				t.Errorf("set aside %+v, want UID 5: %s", f.Quarantined, c.reason)
			}
		})
	}
}

// TestEndIsNoTry: a program that ends while it asks for a message again leaves it
// set aside as it was.
func TestEndIsNoTry(t *testing.T) {
	mails, asked := letterMails(1, 3), make(chan bool, 1)
	h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
		if !strings.HasPrefix(command, "UID FETCH 2 ") || strings.Contains(command, "RFC822.SIZE") {
			return serveFolder(l, tag, command, mails, 2, nil)
		}
		asked <- true
		io.Copy(io.Discard, l.Reader) // until the other side closes
		return true
	})
	w := newWorld(t, h.Settings())
	stop := w.run(t)
	<-asked
	stop()
	q := w.folder(t, "INBOX").Quarantined
	if len(q) != 1 || q[0].UID != 2 || q[0].Reason != ReasonMissing || q[0].Attempts != 1 {
		t.Errorf("set aside %+v, want UID 2 once, not sent by the server", q)
	}
}

// serveFolder answers for a folder whose UIDs are 1 to len(mails). When it comes
// to the bad one, answer says the rest; nil: it is left out.
func serveFolder(l *imaptest.Line, tag, command string, mails []imaptest.Mail, bad int, answer func(l *imaptest.Line, tag string)) bool {
	uids := func() (list []int) {
		set := strings.Fields(command)[2]
		for uid := range len(mails) {
			if inSet(set, uid+1) {
				list = append(list, uid+1)
			}
		}
		return list
	}
	switch {
	case strings.HasPrefix(command, "EXAMINE"):
		l.Say("* %d EXISTS", len(mails))
		l.Say("* OK [UIDVALIDITY 1] ok")
		l.Say("* OK [UIDNEXT %d] ok", len(mails)+1)
	case strings.HasPrefix(command, "UID SEARCH"):
		l.Say("* SEARCH%s", upTo(command, len(mails)))
	case strings.HasPrefix(command, "UID FETCH") && strings.Contains(command, "RFC822.SIZE"):
		for _, uid := range uids() {
			l.Say("* %d FETCH (UID %d RFC822.SIZE %d)", uid, uid, len(mails[uid-1].Raw))
		}
	case strings.HasPrefix(command, "UID FETCH"):
		for _, uid := range uids() {
			if uid == bad && answer == nil {
				continue
			}
			if uid == bad {
				answer(l, tag)
				return true
			}
			fmt.Fprintf(l.Conn, "* %d FETCH (UID %d INTERNALDATE \"02-Mar-2026 10:00:00 +0100\" BODY[] {%d}\r\n%s)\r\n", uid, uid, len(mails[uid-1].Raw), mails[uid-1].Raw)
		}
	default:
		return false
	}
	l.Say("%s OK done", tag)
	return true
}

// upTo are the UIDs that meet a search: for DELETED none, for a header all.
func upTo(command string, n int) (list string) {
	set := "1:*"
	if words := strings.Fields(command); words[2] == "UID" {
		set = words[3]
	} else if words[2] == "DELETED" {
		return ""
	}
	for uid := range n {
		if inSet(set, uid+1) {
			list += fmt.Sprintf(" %d", uid+1)
		}
	}
	return list
}

func inSet(set string, uid int) bool {
	for _, r := range strings.Split(set, ",") {
		from, to, isRange := strings.Cut(r, ":")
		var a, b int
		fmt.Sscan(from, &a)
		if b = a; isRange && to == "*" {
			b = 1 << 30
		} else if isRange {
			fmt.Sscan(to, &b)
		}
		if uid >= a && uid <= b {
			return true
		}
	}
	return false
}

func TestLargeMail(t *testing.T) {
	d := imaptest.NewDovecot(t)
	w := newWorld(t, d.Settings(store.TLS))
	w.sync.RootCAs = d.Roots()
	fifty := imaptest.Mail{Raw: append([]byte("Subject: fifty\r\n\r\n"), bytes.Repeat([]byte(strings.Repeat("x", 76)+"\r\n"), 50<<20/78)...)}
	over := imaptest.Mail{Raw: append([]byte("Subject: over\r\n\r\n"), bytes.Repeat([]byte(strings.Repeat("y", 76)+"\r\n"), (MaxMessage+1<<20)/78)...)}
	small := letterMails(0, 2)
	d.Put(t, "INBOX", small[0], fifty, over, small[1])
	pass := w.once(t)
	f := w.folder(t, "INBOX")
	if pass.Added != 3 || len(f.Quarantined) != 1 || f.Quarantined[0].Reason != ReasonTooLarge {
		t.Errorf("got %+v, set aside %+v; want three in and one too large", pass, f.Quarantined)
	}
	w.same(t, []imaptest.Mail{small[0], small[1], fifty})
	t.Logf("50 MB and three others in %.1f s", pass.Seconds)
}

// A folder about which the server refuses something does not hold up the others.
func TestOneRefusedFolderBlocksNothing(t *testing.T) {
	mails := letterMails(1, 3)
	h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
		switch {
		case strings.HasPrefix(command, "LIST"):
			for _, name := range []string{"INBOX", "Broken", "Orders"} {
				l.Say(`* LIST () "/" %s`, name)
			}
			l.Say("%s OK done", tag)
			return true
		case strings.HasPrefix(command, "EXAMINE BROKEN"), strings.HasPrefix(command, `EXAMINE "BROKEN"`):
			l.Say("%s NO [SERVERBUG] sorry", tag)
			return true
		}
		return serveFolder(l, tag, command, mails, 0, nil)
	})
	w := newWorld(t, h.Settings())
	pass := w.once(t)
	if pass.Added != 3 || pass.Duplicates != 3 {
		t.Errorf("got %+v, want the mail of the inbox, and the same again in the last folder", pass)
	}
}
