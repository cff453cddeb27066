package ui

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"postolka/mail"
	"postolka/privacy"
	"postolka/store"
)

// TestAskedToBeForgotten goes a person's whole way in each language: a mail asks for
// erasure, the person confirms who they are, the data are found and decided on, a
// second person approves, the answer is sent, the receipt is checked offline.
func TestAskedToBeForgotten(t *testing.T) {
	for _, c := range []struct{ lang, answer string }{
		{"cs", "jsme vyhověli"},
		{"en", "have complied with"},
	} {
		t.Run(c.lang, func(t *testing.T) { askedToBeForgotten(t, c.lang, c.answer) })
	}
}

func askedToBeForgotten(t *testing.T, lang, answer string) {
	w := newWorld(t).settle()
	w.speak(lang)
	w.receive(sample{from: "Iva <iva.ticha@seznam.example>", subject: "Dotaz na velikost", text: "Máte i číslo 38?", ago: 48 * time.Hour, id: "iva1"},
		sample{from: "Iva <iva.ticha@seznam.example>", subject: "Výmaz", text: "Žádám o výmaz svých údajů.", id: "iva2"})
	jana, petra := w.as("jana"), w.as("petra")
	enquiry, err := strconv.ParseUint(w.letter("Dotaz na velikost"), 10, 64)
	w.must(err)
	v := newVoice(lang, "Europe/Prague", w.now)

	made := jana.post("/m/"+w.letter("Výmaz")+"/request", url.Values{"kind": {"erasure"}, "back": {"/"}})
	request := pathOf(made)
	if !strings.HasPrefix(request, "/requests/") {
		t.Fatalf("made of the mail: got %d to %q", made.status, request)
	}
	if got := jana.get("/requests").text(); !strings.Contains(got, v.T("request_kind.erasure")) {
		t.Errorf("on the board: %s", got)
	}

	jana.post(request, url.Values{"do": {"identity"}})
	token := w.identityToken()
	if got := w.browser().post("/identity", url.Values{"token": {token}}); got.status != http.StatusOK {
		t.Fatalf("confirm: got %d %s", got.status, got.text())
	}

	file := pathOf(jana.post(request, url.Values{"do": {"find"}}))
	if got := jana.get(file).text(); !strings.Contains(got, "iva.ticha@seznam.example") {
		t.Fatalf("found: %s", got)
	}
	jana.post(file+"/plan", nil)
	hash := petra.get(file + "/plan").value("hash")
	if got := pathOf(petra.post(file+"/approve", url.Values{"hash": {hash}, "sure": {"1"}})); got != file+"/job" {
		t.Fatalf("approve: on to %q", got)
	}
	w.waitFor(func() bool { return petra.get(file+"/job").header.Get("Location") == file+"/receipt" })
	if _, err := w.store.RawBytes(store.MessageID(enquiry)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the enquiry: got %v, want it gone", err)
	}

	thread := pathOf(jana.post(request, url.Values{"do": {"letter"}, "letter": {"answer"}}))
	page := jana.get(thread)
	draft := page.value("text")
	if !strings.Contains(draft, answer) {
		t.Fatalf("letter on %s: %q", thread, draft)
	}
	sent := jana.post(thread+"/answer", url.Values{"kind": {"reply"}, "to": {page.value("to")}, "text": {draft}, "anyway": {"1"}})
	if to := page.value("to"); sent.status != http.StatusSeeOther || !strings.Contains(to, "iva.ticha@seznam.example") {
		t.Fatalf("send to %q: got %d %s", to, sent.status, sent.text())
	}
	if got := w.lastSent(); len(got.Recipients) != 1 || got.Recipients[0] != "iva.ticha@seznam.example" {
		t.Errorf("sent to %v", got.Recipients)
	}
	jana.post(request, url.Values{"do": {"answer"}})
	if got := jana.get(request).text(); !strings.Contains(got, v.T("request_state.answered")) {
		t.Errorf("answered: %s", got)
	}

	pdf, err := w.server.Privacy.ReceiptPDF(t.Context(), w.people["petra"], w.onlyJob(), lang)
	w.must(err)
	if r, err := privacy.VerifyReceipt(pdf, w.store.Keys().VerifierKey()); err != nil || r.Erased == 0 {
		t.Errorf("receipt: got %+v, %v", r, err)
	}
}

// pathOf is where an answer leads, without the flash.
func pathOf(p page) string {
	path, _, _ := strings.Cut(p.header.Get("Location"), "?")
	return path
}

func (w *world) lastSent() (last store.OutboxEntry) {
	w.t.Helper()
	w.must(w.store.View(func(tx *store.Tx) error {
		for _, e := range store.Outbox.All(tx) {
			last = e
		}
		return nil
	}))
	return last
}

var identityLink = regexp.MustCompile(`/identity\?token=(\w+)`)

// identityToken is in the mail that was sent last.
func (w *world) identityToken() string {
	w.t.Helper()
	raw, err := w.store.RawBytes(w.lastSent().Message)
	w.must(err)
	found := identityLink.FindStringSubmatch(mail.Parse(raw).Plain().Text)
	if found == nil {
		w.t.Fatalf("no link in %s", raw)
	}
	return found[1]
}
