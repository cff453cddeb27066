package ui

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"postolka/desk"
	"postolka/store"
)

// senderMail are mails whose senders are more or less who they seem; ours is podpora@example.cz.
var senderMail = []struct {
	name, header, subject string
	says                  []string // in notices
	fact                  string   // below it; empty: nothing
}{
	{"verified", "Authentication-Results: mx.example.cz; dmarc=pass; spf=pass smtp.mailfrom=seznam.example\nFrom: Eliška <eliska@seznam.example>", "Ověřená", nil,
		"Odesílatel ověřenPoštovní server (example.cz) ověřil, že zpráva přišla z domény seznam.example: DMARC, SPF."},
	{"unknown", "From: Eliška <eliska@seznam.example>", "Neznámá", nil, "Odesílatel neověřen"},
	{"forged", "Authentication-Results: mx.example.cz; dmarc=fail\nFrom: Banka <info@banka.example>", "Podvržená", []string{"Adresu odesílatele se nepodařilo ověřit. Napsat to mohl kdokoli."}, ""},
	{"tricks", "From: \"Petr Kučera (petr@example.cz)\" <petr@examp1e.cz>\nReply-To: platby@jinde.example", "Urgentní faktura",
		[]string{"Jméno ukazuje jinou adresu, než ze které zpráva přišla: petr@examp1e.cz.", "Adresa se podobá naší, ale naše není: petr@examp1e.cz.", "Odpověď by šla na jinou adresu, než ze které zpráva přišla: platby@jinde.example."}, "Odesílatel neověřen"},
	{"namesake", "From: Petr Kučera <petr@jinde.example>", "Jmenovec", []string{"Jméno patří nám, adresa ne: petr@jinde.example."}, "Odesílatel neověřen"},
}

func (w *world) receiveRaw(header, subject string) string {
	w.t.Helper()
	w.now = w.now.Add(time.Minute)
	raw := strings.ReplaceAll(header+"\nTo: podpora@example.cz\nSubject: "+subject+"\nMessage-ID: <"+url.QueryEscape(subject)+"@mail.example>\nContent-Type: text/plain; charset=utf-8\n\nDobrý den,\n\nv příloze zasílám fakturu, prosím o úhradu ještě dnes na nový účet.\n", "\n", "\r\n")
	_, err := w.desk.Intake(context.Background(), []desk.Incoming{{Raw: []byte(raw), Mailbox: w.support, ReceivedAt: w.now}})
	w.must(err)
	return "/c/" + idText(w.conversationOf(subject)) + "?in=new"
}

// senderPath is the conversation of a mail with every trick, for a picture.
func senderPath(w *world) string { return w.receiveRaw(senderMail[3].header, senderMail[3].subject) }

func TestSenderIsTold(t *testing.T) {
	w := newWorld(t).settle()
	b := w.as("jana")
	for _, c := range senderMail {
		page := b.get(w.receiveRaw(c.header, c.subject))
		var said string
		for _, n := range page.class("sender") {
			said += text(n) + " "
		}
		for _, s := range c.says {
			if !strings.Contains(said, s) {
				t.Errorf("%s: %q is not in %q", c.name, s, said)
			}
		}
		if len(c.says) == 0 && said != "" {
			t.Errorf("%s: says %q", c.name, said)
		}
		var fact string
		for _, n := range page.class("verified") {
			fact += text(n)
		}
		if !strings.HasPrefix(fact, c.fact) || c.fact == "" && fact != "" {
			t.Errorf("%s: the fact is %q", c.name, fact)
		}
	}
}

// A folded message keeps a mark of its sender.
func TestSenderOfFoldedLetter(t *testing.T) {
	w := newWorld(t).settle()
	w.receiveRaw("From: Petr Kučera <petr@jinde.example>\nMessage-ID: <first@jinde.example>", "Jmenovec")
	for _, subject := range []string{"Jmenovec 1", "Jmenovec 2", "Jmenovec 3", "Jmenovec 4"} {
		w.receive(sample{from: "Petr Kučera <petr@jinde.example>", subject: subject, id: subject[9:] + "next"})
	}
	b := w.as("jana")
	for _, subject := range []string{"Jmenovec 1", "Jmenovec 2", "Jmenovec 3", "Jmenovec 4"} {
		w.must(w.desk.Merge(context.Background(), w.people["jana"], w.conversationOf("Jmenovec"), w.conversationOf(subject)))
	}
	if marks := b.get("/c/" + idText(w.conversationOf("Jmenovec"))).class("doubt"); len(marks) != 2 || attr(marks[0], "title") != "Podívejte se, kdo to poslal" {
		t.Errorf("got %d marks", len(marks))
	}
}

func TestMailboxMayForbidLookups(t *testing.T) {
	w := newWorld(t).settle()
	b := w.as("jana")
	form := url.Values{"name": {"podpora@"}, "address": {"podpora@example.cz"}, "smtp_host": {"127.0.0.1"}, "smtp_port": {"2525"}, "smtp_security": {"plain"}, "smtp_user": {"x"}}
	for _, allowed := range []bool{false, true} {
		if form.Del("lookups"); allowed {
			form.Set("lookups", "1")
		}
		b.post(mailboxPath(w.support), form)
		var box store.Mailbox
		w.must(w.store.View(func(tx *store.Tx) (err error) { box, err = store.Mailboxes.Get(tx, w.support); return err }))
		if box.NoLookups == allowed {
			t.Errorf("allowed %v: got %v", allowed, box.NoLookups)
		}
	}
}
