package ui

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"postolka/desk"
	"postolka/match"
	"postolka/privacy"
	"postolka/store"
)

// foundMany saves a find of somebody with about n hits: one message in five he wrote,
// the rest mention him; ten messages to a conversation.
func (w *world) foundMany(n int) store.JobID {
	w.t.Helper()
	if job, ok := w.many[n]; ok {
		return job
	}
	who := fmt.Sprintf("tomas.benes%d@posta.example", n)
	var batch []desk.Incoming
	for i := range max(1, n/2) {
		s := sample{from: "Hana Kolářová <hana@jinde.example>", subject: fmt.Sprintf("Objednávka %d", i/10), id: fmt.Sprintf("many%d-%d", n, i),
			text: "Dobrý den, balík prosím předejte panu Benešovi, odpověď pošlete na " + who + " a kopii " + strings.ToUpper(who) + ". Děkuji."}
		if i%5 == 0 {
			s.from, s.text = "Tomáš Beneš <"+who+">", "Dobrý den, kdy zboží dorazí? Stačí odepsat na "+who+".\nBeneš"
		}
		if i%10 != 0 {
			s.reply = fmt.Sprintf("many%d-%d", n, i-i%10)
		}
		at := w.now.Add(-time.Duration(n-i) * time.Hour)
		batch = append(batch, desk.Incoming{Raw: s.raw("podpora@example.cz", at), Mailbox: w.support, Origin: store.FromIMAP, ReceivedAt: at})
	}
	_, err := w.desk.Intake(context.Background(), batch)
	w.must(err)
	sel, err := match.ParseIdentifier(match.Email, who)
	w.must(err)
	if w.many[n], err = w.server.Privacy.Begin(context.Background(), w.people["jana"], []match.Identifier{sel}, "erasure"); err != nil {
		w.t.Fatal(err)
	}
	return w.many[n]
}

// A file with very many hits comes in pages that stay small, and "all" under a filter
// is every message that it shows, on all pages, and no other: as many as the button says.
func TestPersonFileWithManyHits(t *testing.T) {
	w := newWorld(t).settle()
	id := w.foundMany(600)
	path, jana := personPath(id), w.as("jana")
	began := time.Now()
	p := jana.get(path)
	whole := time.Since(began)
	began = time.Now()
	narrow := jana.get(path + "?role=author")
	t.Logf("page: %v, %d bytes; under a filter: %v, %d bytes", whole.Round(time.Millisecond), p.size, time.Since(began).Round(time.Millisecond), narrow.size)
	if got := len(p.class("decide")); got != messagesAPage || p.size > 400<<10 {
		t.Errorf("first page: got %d messages in %d bytes", got, p.size)
	}
	forms := narrow.all(func(n *html.Node) bool { return n.Data == "form" && attr(n, "class") == "drop" })
	if len(forms) == 0 || !strings.Contains(text(forms[0]), "Vymazat všech 60 zpráv") || !strings.Contains(text(forms[0]), "Jen 60 zpráv") {
		t.Fatalf("under the filter of what he wrote the button doesn't say 60: %s", text(forms[0]))
	}
	answer := jana.post(path+"/decide", url.Values{"all": {"59"}, "role": {"author"}, "decision": {"redact"}, "back": {path}})
	if to := answer.header.Get("Location"); !strings.Contains(to, "decide_changed") {
		t.Errorf("another number than told: got %q", to)
	}
	jana.post(path+"/decide", url.Values{"all": {"60"}, "role": {"author"}, "decision": {"keep"}, "reason": {"claims"}, "until": {"2099-01-01"}, "back": {path}})
	saved, err := w.server.Privacy.Person(context.Background(), w.people["jana"], id)
	w.must(err)
	roles, kept := saved.Finding.Roles(), 0
	for _, d := range saved.Messages {
		if (d.Decision == privacy.KeepIt) != (roles[d.Message] == privacy.Author) {
			t.Errorf("message %d, %s: decided %s", d.Message, roles[d.Message], d.Decision)
		}
		if d.Decision == privacy.KeepIt {
			kept++
		}
	}
	if kept != 60 {
		t.Errorf("kept %d, want 60", kept)
	}
}
