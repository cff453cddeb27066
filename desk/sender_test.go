package desk

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"postolka/store"
)

const (
	hop     = "Received: from a.example by mx.shop.example; Mon, 23 Nov 2026 11:00:00 +0000"
	vouched = "Authentication-Results: mx.shop.example; dmarc=pass"
)

// habitual fills the mailbox with mail on which the server wrote its results.
func (w *world) habitual(n int, header ...string) {
	for i := range n {
		w.arrives(w.mail(fmt.Sprintf("p%d@p%d.example", i, i), podpora, "x", "y", append([]string{hop}, header...)...))
	}
}

// What stands below the server's own Received line is believed once it stands on
// most mail; what stands on top is the server's for sure.
func TestServerThatVerifiesIsLearned(t *testing.T) {
	for _, c := range []struct {
		name   string
		before func(w *world)
		header []string
		want   store.AuthResult
	}{
		{"a habit of the server", func(w *world) { w.habitual(fewest, vouched) }, []string{hop, vouched}, store.AuthPass},
		{"no mail yet", func(*world) {}, []string{hop, vouched}, store.AuthNone},
		{"a server that writes none, and somebody who does", func(w *world) { w.habitual(2 * fewest) }, []string{hop, vouched}, store.AuthNone},
		{"another server's", func(w *world) { w.habitual(fewest, vouched) }, []string{hop, "Authentication-Results: mx.evil.example; dmarc=pass"}, store.AuthNone},
		{"a habit that ended", func(w *world) { w.habitual(fewest, vouched); w.habitual(lastSeen) }, []string{hop, vouched}, store.AuthNone},
		{"on top", func(*world) {}, []string{vouched, hop}, store.AuthPass},
		{"a failure counts at once", func(*world) {}, []string{hop, "Authentication-Results: mx.shop.example; dmarc=fail"}, store.AuthFail},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorldWithoutIndex(t)
			c.before(w)
			// mail() writes From first, so the header's own order is kept.
			m := w.message(w.arrives(w.mail(jana, podpora, "a", "b", c.header...)).Message)
			if m.Auth.DMARC != c.want || m.Unproven != (c.want == store.AuthFail) {
				t.Errorf("got %+v, unproven %v, want DMARC %d", m.Auth, m.Unproven, c.want)
			}
		})
	}
}

// A first sync learns from its own newest batch, and keeps it while ten years of
// mail come after.
func TestServerIsLearnedInFirstSync(t *testing.T) {
	w := newWorldWithoutIndex(t)
	var newest, old []Incoming
	for i := range 50 {
		from := fmt.Sprintf("p%d@p%d.example", i, i)
		newest = append(newest, Incoming{Raw: w.mail(from, podpora, "x", "y", hop, vouched), ReceivedAt: w.clock, Quiet: true})
		old = append(old, Incoming{Raw: w.mail(from, podpora, "old", "y", hop), ReceivedAt: w.clock.AddDate(-5, 0, 0), Quiet: true})
	}
	if m := w.message(w.take(newest...)[0].Message); m.Auth.DMARC != store.AuthPass {
		t.Errorf("in the batch itself: got %+v", m.Auth)
	}
	w.take(old...)
	if m := w.message(w.arrives(w.mail(jana, podpora, "a", "b", hop, vouched)).Message); m.Auth.DMARC != store.AuthPass {
		t.Errorf("after the history: got %+v", m.Auth)
	}
}

func TestSignatureIsVerifiedHere(t *testing.T) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	record := []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))}
	for _, c := range []struct {
		name   string
		change func(w *world, in *Incoming)
		answer func(ctx context.Context, name string) ([]string, error)
		want   bool
	}{
		{"the key is there", func(*world, *Incoming) {}, func(context.Context, string) ([]string, error) { return record, nil }, true},
		{"DNS hangs", func(*world, *Incoming) {}, func(ctx context.Context, _ string) ([]string, error) { <-ctx.Done(); return nil, ctx.Err() }, false},
		{"the mailbox doesn't allow it", func(w *world, _ *Incoming) { w.noLookups() }, nil, false},
		{"old mail", func(_ *world, in *Incoming) { in.Quiet = true }, nil, false},
		{"the server has spoken", func(_ *world, in *Incoming) { in.Raw = append([]byte(vouched+"\r\n"), in.Raw...) }, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorldWithoutIndex(t)
			asked := 0
			w.lookup = func(ctx context.Context, name string) ([]string, error) {
				if asked++; c.answer == nil {
					t.Errorf("asked for %s", name)
					return nil, context.Canceled
				}
				return c.answer(ctx, name)
			}
			var raw bytes.Buffer
			if err := dkim.Sign(&raw, bytes.NewReader(w.mail(jana, podpora, "a", "b")), &dkim.SignOptions{Domain: "x.example", Selector: "s", Signer: key}); err != nil {
				t.Fatal(err)
			}
			in := Incoming{Raw: raw.Bytes()}
			c.change(w, &in)
			begin := time.Now()
			m := w.message(w.take(in)[0].Message)
			if m.Auth.Here != c.want || m.Unproven {
				t.Errorf("got %+v, unproven %v", m.Auth, m.Unproven)
			}
			if d := time.Since(begin); d > lookupLimit+5*time.Second {
				t.Errorf("intake waited %v", d)
			}
		})
	}
}

func (w *world) noLookups() {
	err := w.store.Update(func(tx *store.Tx) error {
		box, err := store.Mailboxes.Get(tx, w.mailbox)
		if err != nil {
			return err
		}
		box.NoLookups = true
		return store.Mailboxes.Put(tx, w.mailbox, box)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestWarnings(t *testing.T) {
	const list = "List-Id: <l.example>"
	for _, c := range []struct {
		name, from string
		header     []string
		want       store.Warnings
	}{
		{"a customer", "Jana Nová <jana@x.example>", nil, 0},
		{"a customer whose name is his address", `"jana@x.example" <jana@x.example>`, nil, 0},
		{"a name with another address of the same firm", `"nova@x.example" <jana@mail.x.example>`, nil, 0},
		{"a name with the address of another", `"podpora@shop.example" <jana@x.example>`, nil, store.NameShowsAddress},
		{"a name with an address in it", `"Banka (info@banka.example)" <jana@x.example>`, nil, store.NameShowsAddress},
		{"a name with an at sign", `"Jana @ Kavárna" <jana@x.example>`, nil, 0},
		{"a web form of ours", `"jana@x.example" <wordpress@shop.example>`, []string{"Reply-To: jana@x.example"}, 0},
		{"a colleague's name, in another order", "Kučera Petr <petr@x.example>", nil, store.NameIsOurs},
		{"a colleague, from our domain", "Petr Kučera <petr@shop.example>", nil, 0},
		{"a first name alone", "Petr <petr@x.example>", nil, 0},
		{"the mailbox's name", "Zákaznická podpora Kolovrat <x@x.example>", nil, store.NameIsOurs},
		{"the domain as a name", "Kolovrat.example <x@x.example>", nil, store.NameIsOurs},
		{"a domain like ours", "A <a@kolovrat-cz.example>", nil, store.PosesAsUs},
		{"two alphabets", "A <a@xn--pple-43d.example>", nil, store.MixedScripts},
		{"an answer elsewhere", "A <a@x.example>", []string{"Reply-To: b@y.example"}, store.RepliesElsewhere},
		{"an answer to the same firm", "A <a@mail.x.example>", []string{"Reply-To: b@x.example"}, 0},
		{"an answer to us", "A <a@x.example>", []string{"Reply-To: podpora@shop.example"}, 0},
		{"a list's answers", "A <a@x.example>", []string{"Reply-To: b@y.example", list}, 0},
		{"no address", "nobody", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorldWithoutIndex(t)
			w.agent("Petr Kučera", store.RoleAgent, store.RightAnswer)
			w.addMailbox("Zákaznická podpora Kolovrat", "obchod@kolovrat.example")
			if m := w.message(w.arrives(w.mail(c.from, podpora, "a", "b", c.header...)).Message); m.Warnings != c.want {
				t.Errorf("got %b, want %b", m.Warnings, c.want)
			}
		})
	}
}

// Who writes as a person that wrote here before is marked, with each of his mails;
// that person never is.
func TestWarningsAboutTheKnown(t *testing.T) {
	w := newWorldWithoutIndex(t)
	w.agent("Petr Kučera", store.RoleAgent, store.RightAnswer)
	warned := func(from string, header ...string) store.Warnings {
		w.later(time.Hour)
		return w.message(w.arrives(w.mail(from, podpora, "a", "b", header...)).Message).Warnings
	}
	if got := warned("faktury@dodavatel.example"); got != 0 {
		t.Errorf("the first: got %b", got)
	}
	for range 2 {
		if got := warned("faktury@dodavate1.example"); got != store.PosesAsKnown {
			t.Errorf("the other: got %b", got)
		}
	}
	if got := warned("faktury@dodavatel.example") | warned("nabidky@dodavatell.example"); got != 0 {
		t.Errorf("the first again, and another name: got %b", got)
	}
	if got := warned("Petr Kučera <petr@x.example>"); got != store.NameIsOurs {
		t.Errorf("a namesake: got %b", got)
	}
	w.later(oldFriend)
	if got := warned("Petr Kučera <petr@x.example>", "Reply-To: petr@y.example"); got != 0 {
		t.Errorf("a namesake known for long: got %b", got)
	}
}

// Our own mail that was seen in "All Mail" first is ours, without a word on its sender.
func TestWarningsEndWhenMailIsOurs(t *testing.T) {
	w := newWorldWithoutIndex(t)
	raw := w.mail("Petr <petr@jinde.example>", "x@x.example", "a", "b", "Reply-To: b@y.example")
	first := w.arrives(raw)
	w.take(Incoming{Raw: raw, Sent: true})
	if m := w.message(first.Message); m.Kind != store.Outgoing || m.Warnings != 0 || m.Auth != (store.Auth{}) {
		t.Errorf("got %v %b %+v", m.Kind, m.Warnings, m.Auth)
	}
}

func TestRereadKeepsWhatIsKnownOfTheSender(t *testing.T) {
	w := newWorldWithoutIndex(t)
	out := w.arrives(append([]byte(vouched+"\r\n"), w.mail(`"a@b.example" <jana@x.example>`, podpora, "a", "b")...))
	was := w.message(out.Message)
	if err := w.Reread(t.Context(), out.Message); err != nil {
		t.Fatal(err)
	}
	if m := w.message(out.Message); m.Auth != was.Auth || m.Warnings != was.Warnings || !strings.Contains(m.Auth.Server, "shop.example") {
		t.Errorf("got %+v, was %+v", m.Auth, was.Auth)
	}
}
