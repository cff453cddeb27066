package desk

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"postolka/store"
)

const (
	jana    = "Jana Nová <jana@x.example>"
	podpora = "podpora@shop.example"
)

func TestIntakeOneNewMail(t *testing.T) {
	w := newWorld(t)
	out := w.arrives(w.mail(jana, podpora, "Kde je zásilka", "Dobrý den,\r\nkde je?"))
	if out.Result != Added || out.Message == 0 || out.Conversation == 0 {
		t.Fatalf("got %+v", out)
	}
	c := w.conversation(out.Conversation)
	if c.Subject != "Kde je zásilka" || c.Who != "Jana Nová" || c.Status != store.StatusOpen || c.Messages != 1 || !c.WaitingSince.Equal(w.clock) || c.Preview != "Dobrý den, kde je?" {
		t.Errorf("got %+v", c)
	}
	var card store.Customer
	_ = w.store.View(func(tx *store.Tx) (err error) {
		card, err = store.Customers.Get(tx, c.Customer)
		return err
	})
	if card.Name != "Jana Nová" || card.Messages != 1 || len(card.Addresses) != 1 || card.Addresses[0] != "jana@x.example" {
		t.Errorf("card: got %+v", card)
	}
}

func TestIntakeTwice(t *testing.T) {
	w := newWorld(t)
	raw := w.mail(jana, podpora, "a", "b")
	folder := w.folder("INBOX", "inbox")
	at := func(uid uint32) *store.Source { return &store.Source{Folder: folder, UIDValidity: 1, UID: uid} }
	out := w.take(Incoming{Raw: raw, Source: at(1)}, Incoming{Raw: raw, Source: at(2)})
	if out[0].Result != Added || out[1].Result != Duplicate || out[1].Message != out[0].Message {
		t.Fatalf("twice in a batch: got %+v", out)
	}
	for range 2 {
		if again := w.take(Incoming{Raw: append([]byte("\r\n"), raw...)[2:], Source: at(3)})[0]; again.Result != Duplicate || again.Message != out[0].Message || again.Conversation != out[0].Conversation {
			t.Fatalf("later: got %+v", again)
		}
	}
	if other := w.take(Incoming{Raw: raw, Mailbox: w.other})[0]; other.Result != Added || other.Conversation == out[0].Conversation {
		t.Errorf("in another mailbox: got %+v", other)
	}
	_ = w.store.View(func(tx *store.Tx) error {
		if n := store.SourcesByMessage.Count(tx, store.Key(out[0].Message)); n != 3 {
			t.Errorf("places on the server: got %d, want 3", n)
		}
		return nil
	})
}

func (w *world) folder(name, role string) (id store.FolderID) {
	w.t.Helper()
	err := w.store.Update(func(tx *store.Tx) (err error) {
		id, err = store.Folders.Insert(tx, store.Folder{Mailbox: w.mailbox, Name: name, Role: role})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func TestIntakeAtOnceFromManySides(t *testing.T) {
	w := newWorld(t)
	var batch []Incoming
	for i := range 40 {
		batch = append(batch, Incoming{Raw: w.mail(jana, podpora, fmt.Sprint(i), "x"), Mailbox: w.mailbox})
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	added := 0
	for range 4 {
		wg.Go(func() {
			out, err := w.Intake(t.Context(), batch)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			for _, o := range out {
				if o.Result == Added {
					added++
				}
			}
		})
	}
	wg.Wait()
	if added != 40 {
		t.Errorf("got %d added, want 40", added)
	}
}

type gone map[[32]byte]bool

func (g gone) Tombstoned(_ *store.Tx, strict, _ [32]byte) bool { return g[strict] }

func TestIntakeErasedBefore(t *testing.T) {
	w := newWorld(t)
	raw := w.mail(jana, podpora, "a", "b")
	first := w.take(Incoming{Raw: raw, Mailbox: w.other})[0]
	w.ledger = gone{w.message(first.Message).Strict: true}
	if out := w.arrives(raw); out.Result != ErasedBefore || out.Message != 0 {
		t.Errorf("got %+v", out)
	}
}

func TestIntakeBadMailFailsNoBatch(t *testing.T) {
	w := newWorld(t)
	out := w.take(Incoming{Raw: nil}, Incoming{Raw: []byte("\x00\x01no header at all")}, Incoming{Raw: w.mail(jana, podpora, "good", "x")})
	if out[0].Result != Quarantined || out[1].Result != Quarantined || out[1].Reason == "" || out[2].Result != Added {
		t.Fatalf("got %+v", out)
	}
	l := letter{in: Incoming{Raw: []byte("token in here")}}
	l.quarantine(QuarantinePanic)
	if bodyText(l.text) != "token in here" || l.record.Quarantine == "" {
		t.Errorf("after a panic: got %+v", l.text)
	}
}

func TestIntakeStatus(t *testing.T) {
	const day = 24 * time.Hour
	ours := []string{"Message-ID: <ours@shop>"}
	for _, c := range []struct {
		name string
		do   func(w *world, first Outcome) store.ConversationID
		want store.Status
	}{
		{"new mail is open", func(w *world, first Outcome) store.ConversationID { return first.Conversation }, store.StatusOpen},
		{"an answer reopens what is solved", func(w *world, first Outcome) store.ConversationID {
			w.set(first.Conversation, store.StatusSolved)
			w.later(time.Hour)
			w.arrives(w.mail(jana, podpora, "Re: a", "still", "In-Reply-To: <first@x>"))
			return first.Conversation
		}, store.StatusOpen},
		{"an answer reopens what waits, though it lay on the server before", func(w *world, first Outcome) store.ConversationID {
			w.later(time.Hour)
			w.set(first.Conversation, store.StatusWaiting)
			w.take(Incoming{Raw: w.mail(jana, podpora, "Re: a", "still", "In-Reply-To: <first@x>"), ReceivedAt: w.clock.Add(-time.Minute)})
			if c := w.conversation(first.Conversation); c.WaitingSince.IsZero() {
				w.t.Error("nobody waits")
			}
			return first.Conversation
		}, store.StatusOpen},
		{"spam stays spam", func(w *world, first Outcome) store.ConversationID {
			w.set(first.Conversation, store.StatusSpam)
			w.arrives(w.mail(jana, podpora, "Re: a", "still", "In-Reply-To: <first@x>"))
			return first.Conversation
		}, store.StatusSpam},
		{"an automatic answer does not reopen", func(w *world, first Outcome) store.ConversationID {
			w.set(first.Conversation, store.StatusSolved)
			w.arrives(w.mail(jana, podpora, "Out of office", "away", "In-Reply-To: <first@x>", "Auto-Submitted: auto-replied"))
			return first.Conversation
		}, store.StatusSolved},
		{"our answer from another program makes it wait", func(w *world, first Outcome) store.ConversationID {
			w.later(time.Hour)
			w.take(Incoming{Raw: w.mail(podpora, jana, "Re: a", "here", append(ours, "In-Reply-To: <first@x>")...), Sent: true})
			return first.Conversation
		}, store.StatusWaiting},
		{"mail from the junk folder is spam", func(w *world, _ Outcome) store.ConversationID {
			return w.take(Incoming{Raw: w.mail("s@s.example", podpora, "buy", "x"), Source: &store.Source{Folder: w.folder("Junk", "junk"), UIDValidity: 1, UID: 1}})[0].Conversation
		}, store.StatusSpam},
		{"old unanswered mail of 20 days is open", func(w *world, _ Outcome) store.ConversationID {
			return w.take(Incoming{Raw: w.mail("k@k.example", podpora, "old", "x"), Quiet: true, ReceivedAt: w.clock.Add(-20 * day)})[0].Conversation
		}, store.StatusOpen},
		{"old unanswered mail of 61 days is solved", func(w *world, _ Outcome) store.ConversationID {
			return w.take(Incoming{Raw: w.mail("k@k.example", podpora, "old", "x"), Quiet: true, ReceivedAt: w.clock.Add(-61 * day)})[0].Conversation
		}, store.StatusSolved},
		{"old answered mail of 20 days is solved, whatever came first", func(w *world, _ Outcome) store.ConversationID {
			q := w.mail("k@k.example", podpora, "old", "x", "Message-ID: <q@k>")
			a := w.mail(podpora, "k@k.example", "Re: old", "x", "In-Reply-To: <q@k>")
			c := w.take(Incoming{Raw: a, Quiet: true, Sent: true, ReceivedAt: w.clock.Add(-20 * day)})[0].Conversation
			w.take(Incoming{Raw: q, Quiet: true, ReceivedAt: w.clock.Add(-21 * day)})
			return c
		}, store.StatusSolved},
		{"answered mail of 3 days waits for the customer", func(w *world, _ Outcome) store.ConversationID {
			return w.take(Incoming{Raw: w.mail("k@k.example", podpora, "old", "x", "Message-ID: <q@k>"), Quiet: true, ReceivedAt: w.clock.Add(-4 * day)},
				Incoming{Raw: w.mail(podpora, "k@k.example", "Re: old", "x", "In-Reply-To: <q@k>"), Quiet: true, Sent: true, ReceivedAt: w.clock.Add(-3 * day)})[0].Conversation
		}, store.StatusWaiting},
		{"a list's newsletter of 15 days is solved", func(w *world, _ Outcome) store.ConversationID {
			return w.take(Incoming{Raw: w.mail("n@n.example", podpora, "news", "x", "Precedence: bulk"), Quiet: true, ReceivedAt: w.clock.Add(-15 * day)})[0].Conversation
		}, store.StatusSolved},
		{"old mail doesn't touch what a person solved", func(w *world, first Outcome) store.ConversationID {
			w.set(first.Conversation, store.StatusSolved)
			w.take(Incoming{Raw: w.mail(jana, podpora, "Re: a", "x", "In-Reply-To: <first@x>"), Quiet: true, ReceivedAt: w.clock.Add(-day)})
			return first.Conversation
		}, store.StatusSolved},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			first := w.arrives(w.mail(jana, podpora, "a", "b", "Message-ID: <first@x>"))
			w.later(time.Minute)
			id := c.do(w, first)
			if got := w.conversation(id); got.Status != c.want {
				t.Errorf("got status %d, want %d (waiting since %v)", got.Status, c.want, got.WaitingSince)
			}
		})
	}
}

func (w *world) set(id store.ConversationID, st store.Status) {
	w.t.Helper()
	if err := w.SetStatus(w.t.Context(), w.system, st, id); err != nil {
		w.t.Fatal(err)
	}
}

func TestJoin(t *testing.T) {
	for _, c := range []struct {
		name     string
		mails    func(w *world) [][]byte
		together bool
		proposed bool
	}{
		{"the sender's own second mail", func(w *world) [][]byte {
			return [][]byte{w.mail(jana, podpora, "a", "1", "Message-ID: <a@x>"), w.mail(jana, podpora, "b", "2", "References: <a@x>")}
		}, true, false},
		{"a reply from a stranger starts its own conversation", func(w *world) [][]byte {
			return [][]byte{w.mail(jana, podpora, "a", "1", "Message-ID: <a@x>"), w.mail("evil@e.example", podpora, "Re: a", "2", "In-Reply-To: <a@x>")}
		}, false, true},
		{"a stranger who puts the customer in copy stays outside", func(w *world) [][]byte {
			return [][]byte{w.mail(jana, podpora, "a", "1", "Message-ID: <a@x>"), w.mail("evil@e.example", podpora, "Re: a", "2", "Cc: jana@x.example", "In-Reply-To: <a@x>")}
		}, false, true},
		{"who was in copy may answer", func(w *world) [][]byte {
			return [][]byte{w.mail(jana, podpora, "a", "1", "Message-ID: <a@x>", "Cc: boss@x.example"), w.mail("Boss <BOSS@x.example>", podpora, "Re: a", "2", "In-Reply-To: <a@x>")}
		}, true, false},
		{"a sender whom the server refused stays outside", func(w *world) [][]byte {
			return [][]byte{w.mail(jana, podpora, "a", "1", "Message-ID: <a@x>"), w.mail(jana, podpora, "Re: a", "2", "In-Reply-To: <a@x>", "Authentication-Results: mx; dmarc=fail")}
		}, false, true},
		{"a forged sender of ours stays outside", func(w *world) [][]byte {
			return [][]byte{w.mail(jana, podpora, "a", "1", "Message-ID: <a@x>"), w.mail(podpora, podpora, "Re: a", "2", "In-Reply-To: <a@x>")}
		}, false, true},
		{"the subject alone joins nothing", func(w *world) [][]byte {
			return [][]byte{w.mail(jana, podpora, "a", "1"), w.mail(jana, podpora, "Re: a", "2")}
		}, false, false},
		{"one Message-ID on two letters of a carrier joins nothing", func(w *world) [][]byte {
			return [][]byte{w.mail("no-reply@ppl.example", podpora, "a", "1", "Message-ID: <a@x>"), w.mail("no-reply@ppl.example", podpora, "b", "2", "Message-ID: <a@x>")}
		}, false, false},
		{"two answers of one person to a mail that isn't here", func(w *world) [][]byte {
			return [][]byte{w.mail(jana, podpora, "a", "1", "In-Reply-To: <lost@x>"), w.mail(jana, podpora, "a", "2", "In-Reply-To: <lost@x>")}
		}, true, false},
		{"answers of two persons to a newsletter that isn't here", func(w *world) [][]byte {
			return [][]byte{w.mail(jana, podpora, "a", "1", "In-Reply-To: <lost@x>"), w.mail("k@k.example", podpora, "a", "2", "In-Reply-To: <lost@x>")}
		}, false, false},
		{"members of a mailing list", func(w *world) [][]byte {
			return [][]byte{w.mail("a@a.example", "list@l.example", "a", "1", "Message-ID: <a@x>", "List-Id: <l>"), w.mail("b@b.example", "list@l.example", "a", "2", "In-Reply-To: <a@x>", "List-Id: <l>")}
		}, true, false},
	} {
		for _, order := range []string{"parent first", "answer first"} {
			t.Run(c.name+", "+order, func(t *testing.T) {
				w := newWorld(t)
				mails := c.mails(w)
				i, j := 0, 1
				if order == "answer first" {
					i, j = 1, 0
				}
				first, second := w.arrives(mails[i]), w.arrives(mails[j])
				a, b := w.message(first.Message), w.message(second.Message)
				if got := a.Conversation == b.Conversation; got != c.together {
					t.Errorf("together: got %v, want %v", got, c.together)
				}
				answer, parent := b, a
				if i == 1 {
					answer, parent = a, b
				}
				if got := answer.Proposed == parent.Conversation; got != c.proposed {
					t.Errorf("proposed: got conversation %d, want %v", answer.Proposed, c.proposed)
				}
			})
		}
	}
}

func TestIntakeLateParentUnites(t *testing.T) {
	w := newWorld(t)
	b := w.arrives(w.mail("b@x.example", podpora, "Re: a", "1", "In-Reply-To: <root@x>"))
	c := w.arrives(w.mail("c@x.example", podpora, "Re: a", "2", "In-Reply-To: <root@x>"))
	if b.Conversation == c.Conversation {
		t.Fatal("joined too early")
	}
	root := w.arrives(w.mail("a@x.example", "b@x.example, c@x.example", "a", "0", "Message-ID: <root@x>", "Cc: "+podpora))
	left := w.conversation(c.Conversation)
	if root.Conversation != b.Conversation || left.Messages != 3 || w.message(c.Message).Conversation != b.Conversation {
		t.Errorf("got %+v, %+v", root, left)
	}
	page, err := w.List(t.Context(), w.system, ListQuery{View: ViewBin})
	if err != nil || len(page.Rows) != 0 {
		t.Errorf("the united one is still listed: %+v %v", page.Rows, err)
	}
}

func TestToken(t *testing.T) {
	k := newTokenKey([]byte("key"))
	h := k.header(7, 9, "shop.example")
	c, m, ok := k.read(h)
	if !ok || c != 7 || m != 9 {
		t.Fatalf("got %d %d %v", c, m, ok)
	}
	for i := range strings.Index(h, "@") {
		bad := []byte(h)
		if bad[i]++; bad[i] == '{' {
			bad[i] = 'a'
		}
		if _, _, ok := k.read(string(bad)); ok {
			t.Fatalf("character %d changed: accepted", i)
		}
	}
	if _, _, ok := newTokenKey([]byte("other")).read(h); ok {
		t.Error("another instance's token: accepted")
	}
}
