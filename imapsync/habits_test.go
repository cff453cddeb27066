package imapsync

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"postolka/desk"
	"postolka/imapsync/imaptest"
	"postolka/ledger"
	"postolka/mail"
	"postolka/store"
)

// Habits of servers that are allowed, and that once cost somebody mail.

// Servers may send the items of a message in any order; the UID after the body
// is one that go-imap loses.
func TestUIDAfterTheBody(t *testing.T) {
	mails := letterMails(1, 12)
	byUID := 0
	h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
		if !strings.Contains(command, "FETCH") || strings.Contains(command, "RFC822.SIZE") {
			return serveFolder(l, tag, command, mails, 0, nil)
		}
		words := strings.Fields(command)
		set := words[1]
		if words[0] == "UID" {
			set = words[2]
			byUID++
		}
		for i, m := range mails {
			if inSet(set, i+1) {
				fmt.Fprintf(l.Conn, "* %d FETCH (BODY[] {%d}\r\n%s INTERNALDATE \"02-Mar-2026 10:00:00 +0100\" UID %d)\r\n", i+1, len(m.Raw), m.Raw, i+1)
			}
		}
		l.Say("%s OK done", tag)
		return true
	})
	w := newWorld(t, h.Settings())
	pass := w.once(t)
	w.same(t, mails)
	if pass.Added != 12 || len(w.folder(t, "INBOX").Quarantined) > 0 {
		t.Errorf("got %+v, want all twelve", pass)
	}
	if byUID > 3 {
		t.Errorf("asked %d times in vain", byUID)
	}
}

// Another client marks a message as read while it is fetched: the server says so
// in between, and go-imap takes that for the answer.
func TestSeenByOthersMeanwhile(t *testing.T) {
	mails := letterMails(1, 6)
	told := false
	h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
		if strings.HasPrefix(command, "UID FETCH") && strings.Contains(command, "BODY") && !told {
			told = true
			l.Say(`* 3 FETCH (FLAGS (\Seen))`)
			l.Say(`* 4 FETCH (UID 4 FLAGS (\Seen))`)
			l.Say("* 6 EXISTS")
		}
		return serveFolder(l, tag, command, mails, 0, nil)
	})
	w := newWorld(t, h.Settings())
	pass := w.once(t)
	w.same(t, mails)
	if pass.Added != 6 || pass.Quarantined != 0 || len(w.folder(t, "INBOX").Quarantined) > 0 {
		t.Errorf("got %+v, want all six and none set aside", pass)
	}
}

// Seen, flagged or old: everything comes in, and stays as it was on the server.
func TestSeenMailComesIn(t *testing.T) {
	onBoth(t, func(t *testing.T, s imaptest.Server) {
		mails := letterMails(0, 6)
		s.Put(t, "INBOX", mails...)
		markAll(t, s, "INBOX", imap.FlagSeen, imap.FlagFlagged)
		w := newWorld(t, s.Settings(store.Plain))
		w.once(t)
		w.same(t, mails)
		for uid, flags := range imaptest.Flags(t, s, "INBOX") {
			if !slices.Contains(flags, imap.FlagSeen) || !slices.Contains(flags, imap.FlagFlagged) {
				t.Errorf("UID %d: flags are %v now", uid, flags)
			}
		}
	})
}

func markAll(t *testing.T, s imaptest.Server, folder string, flags ...imap.Flag) {
	t.Helper()
	c := imaptest.Dial(t, s)
	if _, err := c.Select(folder, nil).Wait(); err != nil {
		t.Fatal(err)
	}
	var all imap.UIDSet
	all.AddRange(1, 0)
	if err := c.Store(all, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: flags}, nil).Close(); err != nil {
		t.Fatal(err)
	}
}

// A server that has next to nothing: no UIDPLUS, IDLE, SPECIAL-USE, CONDSTORE,
// NAMESPACE, MOVE; LOGIN only.
func TestPlainServer(t *testing.T) {
	s := imaptest.NewMemory(t, imap.CapUIDPlus, imap.CapIdle, imap.CapSpecialUse, imap.CapNamespace, imap.CapMove, imap.CapListExtended)
	mails := letterMails(0, 10)
	s.Put(t, "INBOX", mails[:6]...)
	s.Put(t, "Sent", mails[6:]...)
	s.Put(t, "Trash", letterMails(50, 2)...)
	w := newWorld(t, s.Settings(store.Plain))
	w.once(t)
	w.same(t, mails)
	if got := w.folder(t, "Sent"); got.Role != roleSent {
		t.Errorf("Sent has the role %q", got.Role)
	}
}

// LITERAL+ (RFC 7888) lets a client send without being told to go on. A server
// that only says it has it must get the copy of our mail all the same.
func TestLiteralPlus(t *testing.T) {
	var appended []byte
	h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
		switch {
		case strings.HasPrefix(command, "CAPABILITY"):
			l.Say("* CAPABILITY IMAP4rev1 LITERAL+")
			l.Say("%s OK done", tag)
		case strings.HasPrefix(command, "LIST"):
			l.Say(`* LIST () "/" INBOX`)
			l.Say(`* LIST () "/" Sent`)
			l.Say("%s OK done", tag)
		case strings.HasPrefix(command, "UID SEARCH"):
			l.Say("* SEARCH")
			l.Say("%s OK done", tag)
		case strings.HasPrefix(command, "APPEND"):
			var n int
			fmt.Sscanf(command[strings.LastIndex(command, "{"):], "{%d", &n)
			if !strings.HasSuffix(command, "+}") {
				l.Say("+ go on")
			}
			appended = make([]byte, n)
			for read := 0; read < n; {
				m, err := l.Reader.Read(appended[read:])
				if err != nil {
					return true
				}
				read += m
			}
			l.Reader.ReadString('\n')
			l.Say("%s OK done", tag)
		default:
			return false
		}
		return true
	})
	h.Greet("* OK [CAPABILITY IMAP4rev1 LITERAL+] ready")
	w := newWorld(t, h.Settings())
	raw := letterMails(1, 1)[0].Raw
	if err := w.sync.CopyToSent(t.Context(), w.mailbox, "m1@example.com", raw); err != nil || !bytes.Equal(appended, raw) {
		t.Errorf("got %q, %v; want the mail", appended, err)
	}
}

// Folder names in modified UTF-7, in plain UTF-8 and 8-bit bytes that are neither.
func TestFolderNames(t *testing.T) {
	mails := letterMails(1, 3)
	names := []string{`"Zak&AOE-zky"`, `"Objednávky"`, "\"Star\xe9\"", `"A\\B \"quoted\""`, `"Caf&AOk"`, `"x & y"`}
	want := make([]string, len(names))
	for i, name := range names { // as Hostile hears them
		want[i] = strings.ToUpper(name)
	}
	var opened []string
	h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
		switch {
		case strings.HasPrefix(command, "LIST"):
			l.Say(`* LIST () "/" INBOX`)
			for _, name := range names {
				l.Say(`* LIST () "/" %s`, name)
			}
			l.Say("%s OK done", tag)
			return true
		case strings.HasPrefix(command, "EXAMINE"):
			opened = append(opened, strings.TrimPrefix(command, "EXAMINE "))
		}
		return serveFolder(l, tag, command, mails, 0, nil)
	})
	w := newWorld(t, h.Settings())
	pass, err := w.sync.Once(t.Context(), w.mailbox, nil)
	w.same(t, mails)
	if err != nil || pass.Added != 3 {
		t.Errorf("got %+v, %v; want the inbox whatever the other names", pass, err)
	}
	t.Logf("opened %q", opened)
	for _, name := range want {
		if !slices.Contains(opened, name) {
			t.Errorf("%q was not opened under its name", name)
		}
	}
	if f := w.folder(t, "Objednávky"); !f.Done {
		t.Errorf("got %+v", f)
	}
}

func TestFoldersComeAndGo(t *testing.T) {
	d := imaptest.NewDovecot(t)
	mails := letterMails(0, 12)
	d.Put(t, "INBOX", mails[:4]...)
	d.Put(t, "Orders", mails[4:8]...)
	d.Put(t, "Gone", mails[8:]...)
	w := newWorld(t, d.Settings(store.Plain))
	w.once(t)
	c := imaptest.Dial(t, d)
	if err := c.Rename("Orders", "Zakázky", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete("Gone").Wait(); err != nil {
		t.Fatal(err)
	}
	more := letterMails(20, 2)
	d.Put(t, "New", more...)
	pass := w.once(t)
	if pass.Added != 2 || pass.Duplicates != 4 {
		t.Errorf("got %+v, want two new and four known", pass)
	}
	w.same(t, append(mails, more...))
	var names []string
	w.view(t, func(tx *store.Tx) error {
		for _, f := range store.Folders.All(tx) {
			names = append(names, f.Name)
		}
		for _, s := range store.Sources.All(tx) {
			if _, err := store.Folders.Get(tx, s.Folder); err != nil {
				t.Errorf("a message is said to lie in a folder that is gone")
			}
		}
		return nil
	})
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "INBOX New Sent Zakázky" {
		t.Errorf("folders are %s", got)
	}
}

// What is moved or deleted on the server stays here; the numbers say so.
func TestMovedAndDeletedAtTheServer(t *testing.T) {
	onBoth(t, func(t *testing.T, s imaptest.Server) {
		mails := letterMails(0, 10)
		s.Put(t, "INBOX", mails...)
		s.Put(t, "Done", letterMails(50, 1)...)
		w := newWorld(t, s.Settings(store.Plain))
		w.once(t)
		c := imaptest.Dial(t, s)
		if _, err := c.Select("INBOX", nil).Wait(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Move(imap.UIDSetNum(1, 2, 3), "Done").Wait(); err != nil {
			t.Fatal(err)
		}
		del := imap.UIDSetNum(4, 5)
		if err := c.Store(del, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
			t.Fatal(err)
		}
		if err := c.UIDExpunge(del).Close(); err != nil {
			t.Fatal(err)
		}
		pass := w.once(t)
		if pass.Added != 0 || pass.Duplicates != 3 {
			t.Errorf("got %+v, want the three moved ones again", pass)
		}
		w.same(t, append(mails, letterMails(50, 1)...))
		for _, f := range pass.Folders {
			if f.Server != f.Here {
				t.Errorf("%+v", f)
			}
		}
		if f := w.folder(t, "INBOX"); f.Gone != 5 {
			t.Errorf("got %d gone from the inbox, want 5", f.Gone)
		}
		if again := w.once(t); again.Read != 0 {
			t.Errorf("a further pass read %d", again.Read)
		}
	})
}

// A place that was lost here, for whatever reason, is noticed and made good.
func TestReconcileFindsWhatIsMissing(t *testing.T) {
	s := imaptest.NewMemory(t)
	mails := letterMails(0, 10)
	s.Put(t, "INBOX", mails...)
	w := newWorld(t, s.Settings(store.Plain))
	w.once(t)
	if err := w.store.Update(func(tx *store.Tx) error {
		for id, source := range store.Sources.All(tx) {
			if source.UID == 3 || source.UID == 7 {
				if err := store.Sources.Delete(tx, id); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if pass := w.once(t); pass.Duplicates != 2 || pass.Folders[0].Here != 10 {
		t.Errorf("got %+v, want two places found again", pass)
	}
}

// Same mail in several folders: one message, seen in each. In another mailbox it
// is another message. Other mail with the same Message-ID is its own.
func TestSameAndAlikeMails(t *testing.T) {
	d := imaptest.NewDovecot(t)
	one := letterMails(1, 1)[0]
	alike := imaptest.Mail{Raw: bytes.Replace(one.Raw, []byte("Where is"), []byte("Here is"), 1)}
	listed := imaptest.Mail{Raw: append([]byte("X-Scanned: yes\r\n"), one.Raw...)}
	d.Put(t, "INBOX", one, alike, listed)
	d.Put(t, "Orders", one)
	other := d.Of(t, "other")
	other.Put(t, "INBOX", one)
	w := newWorld(t, d.Settings(store.Plain))
	pass := w.once(t)
	if pass.Added != 3 || pass.Duplicates != 1 {
		t.Errorf("got %+v, want three messages, one of them twice", pass)
	}
	w.view(t, func(tx *store.Tx) error {
		for id, m := range store.Messages.All(tx) {
			if n, want := store.SourcesByMessage.Count(tx, store.Key(id)), 1; m.Strict == mail.Strict(w.store.Keys().Identity(), one.Raw) && n != 2 {
				t.Errorf("seen in %d places, want 2", n)
			} else if m.Strict != mail.Strict(w.store.Keys().Identity(), one.Raw) && n != want {
				t.Errorf("seen in %d places, want 1", n)
			}
		}
		return nil
	})
	second := w.mailboxAt(t, other.Settings(store.Plain))
	if pass, err := w.sync.Once(t.Context(), second, nil); err != nil || pass.Added != 1 {
		t.Errorf("other mailbox: got %+v, %v; want a message of its own", pass, err)
	}
}

// What was erased here stays out though it still lies on the server, also after
// the folder was numbered anew; the numbers explain it.
func TestErasedNeverReturns(t *testing.T) {
	d := imaptest.NewDovecot(t)
	mails := letterMails(0, 6)
	d.Put(t, "INBOX", mails...)
	w := newWorld(t, d.Settings(store.Plain))
	led, err := ledger.Open(w.store)
	if err != nil {
		t.Fatal(err)
	}
	w.trouble.Desk = desk.New(w.store, nil, nil, led, desk.Options{})
	erased := mail.Strict(w.store.Keys().Identity(), mails[2].Raw)
	if err := w.store.Update(func(tx *store.Tx) error {
		return store.Tombstones.Put(tx, 900, store.Tombstone{Strict: erased})
	}); err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		pass := w.once(t)
		if got := w.identities(t); got[erased] != 0 || len(got) != 5 {
			t.Errorf("%s: the erased mail came back, or others are missing", when)
		}
		if f := pass.Folders[0]; f.Server != 6 || f.Here != 5 || f.Erased != 1 {
			t.Errorf("%s: got %+v, want 5 of 6 here and 1 erased", when, f)
		}
	}
	check("at first")
	check("the next time")
	d.Renumber(t, "INBOX")
	check("numbered anew")
}

func TestOnlyChosenFolders(t *testing.T) {
	s := imaptest.NewMemory(t)
	mails := letterMails(0, 8)
	s.Put(t, "INBOX", mails[:2]...)
	s.Put(t, "Sent", mails[2:4]...)
	s.Put(t, "Orders", mails[4:6]...)
	s.Put(t, "Private", mails[6:]...)
	w := newWorld(t, s.Settings(store.Plain))
	w.change(t, func(m *store.Mailbox) { m.Folders = []string{"Orders"} })
	w.once(t)
	w.same(t, mails[:6])
	w.change(t, func(m *store.Mailbox) { m.Folders = nil })
	w.once(t)
	w.same(t, mails)
}

// 50 MB pass through without being held more than a few times.
func TestLargeMailMemory(t *testing.T) {
	d := imaptest.NewDovecot(t)
	fifty := imaptest.Mail{Raw: append([]byte("Subject: fifty\r\n\r\n"), bytes.Repeat([]byte(strings.Repeat("x", 76)+"\r\n"), 50<<20/78)...)}
	d.Put(t, "INBOX", fifty, fifty)
	fifty.Raw = nil
	w := newWorld(t, d.Settings(store.Plain))
	c := dialed(t, d.Settings(store.Plain))
	if _, err := c.examine("INBOX"); err != nil {
		t.Fatal(err)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(20)) // looks often
	runtime.GC()
	before := liveHeap()
	most := peak(func() { w.once(t) })
	t.Logf("two mails of 50 MB: heap at most %d MB over the %d MB before", (most-before)>>20, before>>20)
	if most-before > 300<<20 {
		t.Errorf("the heap grew by %d MB", (most-before)>>20)
	}
}

// liveHeap is what the last collection found in use, in bytes: what waits to be
// collected depends on how busy the machine is.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// peak is the largest live heap while fn runs.
func peak(fn func()) (most uint64) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			most = max(most, liveHeap())
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	fn()
	close(stop)
	<-done
	return most
}

func TestNamesOfFolders(t *testing.T) {
	cases := map[string]struct {
		odd  bool
		text string
	}{
		"INBOX":            {false, "INBOX"},
		"Zak&AOE-zky":      {false, "Zakázky"},
		"A&-B":             {false, "A&B"},
		"&2D3eAA-":         {false, "😀"},
		"A&B":              {true, "A&B"},
		"Objednávky":       {true, "Objednávky"},
		"\x8a\xe1rka":      {true, "Šárka"},
		"Zak&AOE-&AOE-zky": {true, "Zak&AOE-&AOE-zky"},
	}
	for name, want := range cases {
		text := nameText(name)
		if decoded, ok := decodeName(name); ok && !odd(name) {
			text = decoded
		}
		if odd(name) != want.odd || text != want.text {
			t.Errorf("%q: got odd %v, %q; want %v, %q", name, odd(name), text, want.odd, want.text)
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add(`* LIST (\HasNoChildren) "/" "A&B"`)
	f.Add("* STATUS \"Star\xe9\" (MESSAGES 1)")
	f.Fuzz(func(t *testing.T, line string) {
		n := newNameLine(nil)
		right := string(n.putRight([]byte(line + "\r\n")))
		if right == line+"\r\n" {
			return
		}
		for wire := range n.raw {
			text, ok := decodeName(strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(wire[1 : len(wire)-1]))
			if !ok || encodeName(text) != strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(wire[1:len(wire)-1]) {
				t.Errorf("%q became %q", line, right)
			}
		}
	})
}

// An answer that leaves a message out, once: a later look finds it, though nothing
// changed on the server meanwhile.
func TestAnAnswerThatLeavesOneOut(t *testing.T) {
	for _, what := range []string{"SEARCH", "RFC822.SIZE"} {
		t.Run(what, func(t *testing.T) {
			mails := letterMails(1, 6)
			left := 0
			h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
				switch {
				case strings.HasPrefix(command, "LIST"):
					l.Say(`* LIST () "/" INBOX`)
					l.Say(`* LIST () "/" Orders`)
					l.Say("%s OK done", tag)
					return true
				case strings.HasPrefix(command, "STATUS"):
					l.Say("* STATUS Orders (MESSAGES 6 UIDNEXT 7 UIDVALIDITY 1)")
					l.Say("%s OK done", tag)
					return true
				case strings.HasPrefix(command, "EXAMINE INBOX"):
					l.Say("* 0 EXISTS")
					l.Say("* OK [UIDVALIDITY 1] ok")
					l.Say("%s OK done", tag)
					return true
				}
				if strings.Contains(command, what) && left < 4 {
					left++
					if what == "SEARCH" {
						l.Say("* SEARCH%s", upTo(command, 5))
						l.Say("%s OK done", tag)
						return true
					}
					return serveFolder(l, tag, strings.Replace(strings.Replace(command, "1:6", "1:5", 1), "FETCH 6 ", "FETCH 99 ", 1), mails, 0, nil)
				}
				return serveFolder(l, tag, command, mails, 0, nil)
			})
			w := newWorld(t, h.Settings())
			w.sync.pace.again = time.Millisecond
			w.once(t)
			if left < 2 {
				t.Fatalf("only %d answers left something out", left)
			}
			for range 5 {
				time.Sleep(2 * w.sync.pace.again)
				w.once(t)
			}
			w.same(t, mails)
		})
	}
}
