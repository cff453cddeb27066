package ui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"postolka/oauth/oauthtest"
	"postolka/privacy"
	"postolka/store"
)

// TestPersonIsFoundDecidedApprovedAndForgotten goes the whole way by forms, without script.
func TestPersonIsFoundDecidedApprovedAndForgotten(t *testing.T) {
	w := newWorld(t).settle()
	jana, petra := w.as("jana"), w.as("petra")

	found := jana.post("/privacy", url.Values{"data": {"eliska.prochazkova@seznam.example\n"}, "purpose": {"erasure"}, "do": {"find"}})
	file := found.header.Get("Location")
	if found.status != http.StatusSeeOther || strings.Contains(file, "eliska") {
		t.Fatalf("find: got %d to %q, want on to the file, nothing personal in the address", found.status, file)
	}
	p := jana.get(file)
	if got := len(p.class("hit")); got < 5 {
		t.Fatalf("got %d hits, want at least the five letters: %s", got, p.text())
	}
	isPerson := func(n *html.Node) bool { return n.Data == "mark" && text(n) == "eliska.prochazkova@seznam.example" }
	if marks := p.all(isPerson); len(marks) < 5 {
		t.Errorf("marks of the person: got %d, want one in each letter", len(marks))
	}
	for _, want := range []string{"13 z 13", "5 zpráv", "2 části", "Shoda", "Vymazat 5 · začernit 0 · nechat 0"} {
		if !strings.Contains(p.text(), want) {
			t.Errorf("the file doesn't say %q", want)
		}
	}

	// One message stays, with a reason; without one it can't.
	message := p.value("message")
	bare := jana.post(file+"/decide", url.Values{"message": {message}, "decision": {"keep"}, "back": {file}})
	if to := bare.header.Get("Location"); !strings.Contains(to, "decide_reason") {
		t.Errorf("kept without a reason: got %q", to)
	}
	jana.post(file+"/decide", url.Values{"message": {message}, "decision": {"keep"}, "reason": {"accounting"}, "until": {"2099-12-31"}, "back": {file}})
	if got := jana.get(file).text(); !strings.Contains(got, "Vymazat 4 · začernit 0 · nechat 1") {
		t.Errorf("sum after keeping one: %q", got)
	}

	if to := jana.post(file+"/plan", nil).header.Get("Location"); to != file+"/plan" {
		t.Fatalf("plan: on to %q", to)
	}
	mine := jana.get(file + "/plan")
	if !strings.Contains(mine.text(), "Petra Malá") || mine.value("hash") != "" {
		t.Error("the planner's page doesn't name who may approve, or lets him")
	}
	plan := petra.get(file + "/plan")
	hash := plan.value("hash")
	if hash == "" || !strings.Contains(plan.text(), "nejde vrátit") {
		t.Fatalf("plan as the second person: %s", plan.text())
	}
	if got := jana.post(file+"/approve", url.Values{"hash": {hash}, "sure": {"1"}}); got.status != http.StatusForbidden {
		t.Errorf("the planner approves: got %d, want 403", got.status)
	}
	if got := petra.post(file+"/approve", url.Values{"hash": {hash}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("approved without the tick: got %d, want 422", got.status)
	}
	if to := petra.post(file+"/approve", url.Values{"hash": {hash}, "sure": {"1"}}).header.Get("Location"); to != file+"/job" {
		t.Fatalf("approve: on to %q", to)
	}
	w.waitFor(func() bool { return petra.get(file+"/job").header.Get("Location") == file+"/receipt" })

	receipt := petra.get(file + "/receipt")
	for _, want := range []string{"Jana Nová", "Petra Malá", "Co mělo zmizet, je pryč", "4 zprávy"} {
		if !strings.Contains(receipt.text(), want) {
			t.Errorf("the receipt doesn't say %q: %s", want, receipt.text())
		}
	}
	if strings.Contains(receipt.text(), "eliska") {
		t.Error("the receipt names the person")
	}
	note := petra.get(file + "/receipt.txt")
	if !strings.Contains(note.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("signed note: %v", note.header)
	}
	_, signed, err := w.server.Privacy.Receipt(t.Context(), w.people["petra"], w.onlyJob())
	w.must(err)
	if r, err := privacy.VerifyReceipt(signed, w.store.Keys().VerifierKey()); err != nil || r.Erased != 4 || r.Kept != 1 {
		t.Errorf("receipt: got %+v, %v", r, err)
	}

	changed := strings.Replace(string(signed), `"erased":4`, `"erased":3`, 1)
	for text, want := range map[string]string{string(signed): "Platí.", changed: "Neplatí."} {
		got := jana.post("/receipts/check", url.Values{"receipt": {text}, "key": {w.store.Keys().VerifierKey()}}).text()
		if !strings.Contains(got, want) {
			t.Errorf("check of a receipt: got %s, want %q", got, want)
		}
	}

	again := jana.post("/privacy", url.Values{"data": {"eliska.prochazkova@seznam.example"}, "purpose": {"check"}})
	if got := jana.get(again.header.Get("Location")).text(); !strings.Contains(got, "Vymazat 1 ·") {
		t.Errorf("after the erasure only the kept message is found: %s", got)
	}
}

// onlyJob is the one job there is.
func (w *world) onlyJob() store.JobID {
	w.t.Helper()
	jobs, err := w.server.Privacy.Jobs(w.t.Context(), w.people["jana"])
	w.must(err)
	if len(jobs) != 1 {
		w.t.Fatalf("got %d jobs, want 1", len(jobs))
	}
	return jobs[0].ID
}

// waitFor gives work beside the pages ten seconds.
func (w *world) waitFor(done func() bool) {
	w.t.Helper()
	for range 200 {
		if done() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	w.t.Fatal("not done after ten seconds")
}

func TestFindShowsKindsAndWhatIsWrong(t *testing.T) {
	w := newWorld(t).settle()
	p := w.as("petra").post("/privacy", url.Values{"data": {"+420 731 445 902\nNováková\nx@y.cz"}, "do": {"look"}})
	for _, want := range []string{"telefon", "jméno", "e-mail"} {
		if p.status != http.StatusOK || !strings.Contains(p.text(), want) {
			t.Errorf("got %d without %q", p.status, want)
		}
	}
	wrong := w.as("petra").post("/privacy", url.Values{"value": {"abc"}, "kind": {"phone"}, "do": {"find"}})
	if wrong.status != http.StatusUnprocessableEntity || !strings.Contains(wrong.text(), "méně než šest číslic") {
		t.Errorf("a short phone: got %d %s", wrong.status, wrong.text())
	}
}

func TestLogSaysWhoReadWhatAndThatItWasRead(t *testing.T) {
	w := newWorld(t).settle()
	w.as("petr").get("/c/" + idText(w.conversationOf("Kde je můj balík?")))
	ota := w.as("ota")
	today := "/log?day=" + time.Now().In(prague(t)).Format(time.DateOnly)
	p := ota.get(today)
	if !strings.Contains(p.text(), "Petr Kučera – čtení 5 zpráv") {
		t.Errorf("log: %s", p.text())
	}
	if got := ota.get(today).text(); !strings.Contains(got, "Ota Černý – čtení záznamu přístupů") {
		t.Errorf("reading isn't logged: %s", got)
	}
	petr := idText(w.people["petr"].ID)
	if asked := ota.get("/log?agent=" + petr); asked.byID("why") == nil || len(asked.class("trail")) != 0 {
		t.Error("another person's reads are shown without a reason")
	}
	if given := ota.get("/log?agent=" + petr + "&why=incident"); len(given.class("trail")) == 0 || !strings.Contains(given.text(), "Co dělal(a) Petr Kučera") {
		t.Errorf("with a reason: %s", given.text())
	}
	if got := w.as("petr").get("/log/mine"); got.status != http.StatusOK || strings.Contains(got.text(), "Ota Černý") {
		t.Errorf("own log: got %d %s", got.status, got.text())
	}
	csv := ota.post("/log/export", url.Values{"agent": {petr}, "why": {"check"}})
	if !strings.HasPrefix(csv.header.Get("Content-Type"), "text/csv") || !strings.Contains(csv.text(), ",open,") {
		t.Errorf("csv: %v %s", csv.header, csv.text())
	}
}

func prague(t *testing.T) *time.Location {
	zone, err := time.LoadLocation("Europe/Prague")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestManagerReadsHisMailboxesPartOfTheLogOnly(t *testing.T) {
	w := newWorld(t).settle()
	w.must(w.accounts.Grant(w.people["jana"], w.people["petr"].ID, w.support, 3))
	w.as("jana").get("/c/" + idText(w.conversationOf("Kde je můj balík?")))
	w.as("jana").get("/c/" + idText(w.conversationOf("Reklamace – prasklá konvice")))
	p := w.as("petr").get("/log?day=" + time.Now().In(prague(t)).Format(time.DateOnly)).text()
	if !strings.Contains(p, "Jana Nová") || strings.Contains(p, "přihlášení") {
		t.Errorf("a manager of podpora@ sees: %s", p)
	}
}

func TestKeyIsSavedOnlyWhenItsEndIsTypedBack(t *testing.T) {
	w := newWorld(t).settle()
	b := w.as("jana")
	if got := b.post("/snapshots/key", values("password", "wrong")); got.status != http.StatusUnprocessableEntity || got.value("file") != "" {
		t.Fatalf("wrong password: got %d", got.status)
	}
	p := b.post("/snapshots/key", values("password", testPassword))
	file := p.value("file")
	secret := secretLine(file)
	if p.status != http.StatusOK || secret == "" || len(p.class("qr")) != 1 {
		t.Fatalf("key: got %d %s", p.status, p.text())
	}
	if got := b.post("/snapshots/key/confirm", values("file", file, "tail", "AAAAAA")); got.status != http.StatusUnprocessableEntity || w.server.Backup.KeySaved() {
		t.Errorf("wrong end: got %d, saved %v", got.status, w.server.Backup.KeySaved())
	}
	b.post("/snapshots/key/confirm", values("file", file, "tail", secret[len(secret)-6:]))
	if !w.server.Backup.KeySaved() {
		t.Error("not saved after the right end")
	}
	if got := b.get("/snapshots"); strings.Contains(got.text(), secret) {
		t.Error("the key is shown again")
	}

	b.post("/snapshots", nil)
	w.waitFor(func() bool { return len(b.get("/snapshots").class("good")) > 1 })
	b.post("/snapshots/drill", values("identity", file))
	w.waitFor(func() bool { return strings.Contains(b.get("/snapshots").text(), "Obnova se povedla") })
	if got := b.get("/snapshots").text(); !strings.Contains(got, "obnova zkoušena") {
		t.Errorf("after the drill: %s", got)
	}
}

func TestMailboxIsTriedBeforeItIsSaved(t *testing.T) {
	w := newWorld(t).settle()
	b := w.as("adam")
	guess := b.post("/mailboxes/new", values("address", "obchod@seznam.cz"))
	if got := guess.value("imap_host"); got != "imap.seznam.cz" {
		t.Errorf("guessed %q, want imap.seznam.cz", got)
	}
	if !strings.Contains(guess.text(), "Tohle jsou servery, které uvádí Seznam.") {
		t.Errorf("the page does not say whose servers these are: %s", guess.text())
	}
	if got := b.post("/mailboxes/new", values("address", "info@icloud.com")).text(); !strings.Contains(got, "heslo aplikace") {
		t.Errorf("the page does not speak of the app password: %s", got)
	}
	if got := b.post("/mailboxes/new", values("address", "info@muj-obchod.cz")).text(); !strings.Contains(got, "Tohle je jen zvyk") {
		t.Errorf("nobody answers, and the page says: %s", got)
	}
	if got := b.post("/mailboxes/new", values("address", "info@muj-obchod.cz")).value("smtp_host"); got != "mail.muj-obchod.cz" {
		t.Errorf("guessed %q for an own domain", got)
	}
	form := values("name", "obchod@", "address", "obchod@seznam.cz", "imap_host", "imap.seznam.cz", "imap_port", "993", "imap_security", "tls", "imap_user", "obchod@seznam.cz", "imap_password", "x")
	w.refuse = "NO [AUTHENTICATIONFAILED] Invalid credentials"
	no := b.post("/mailboxes", form)
	if no.status != http.StatusUnprocessableEntity || !strings.Contains(no.text(), "Invalid credentials") || no.value("imap_host") != "imap.seznam.cz" {
		t.Errorf("refused: got %d %s", no.status, no.text())
	}
	w.refuse = ""
	yes := b.post("/mailboxes", form)
	if yes.status != http.StatusSeeOther {
		t.Fatalf("accepted: got %d %s", yes.status, yes.text())
	}
	to, _, _ := strings.Cut(yes.header.Get("Location"), "?")
	if p := b.get(to); p.status != http.StatusOK || len(p.all(func(n *html.Node) bool { return attr(n, "name") == "right" })) != 0 {
		t.Errorf("an admin may give himself rights: got %d", p.status)
	}
	if p := w.as("jana").post(to+"/rights", values("agent", idText(w.people["petr"].ID), "right", "read")); p.status != http.StatusSeeOther {
		t.Errorf("the owner gives a right: got %d", p.status)
	}
}

func TestMailboxByConsentAtTheProvider(t *testing.T) {
	w := newWorld(t).settle()
	provider, b := oauthtest.New(t, "shop"), w.as("adam")
	o := provider.Settings()
	box := values("name", "obchod@", "address", "obchod@gmail.com", "imap_host", "imap.gmail.com", "imap_port", "993", "imap_security", "tls", "imap_user", "obchod@gmail.com", "consent", "1")
	saved := b.post("/mailboxes", box)
	path, _, _ := strings.Cut(saved.header.Get("Location"), "?")
	if saved.status != http.StatusSeeOther || !strings.HasSuffix(path, "/consent") {
		t.Fatalf("got %d, to %q: %s", saved.status, path, saved.text())
	}
	if p := b.post(path, values("provider", "other", "client", "x", "auth_url", "http://far.example/", "token_url", o.TokenURL)); p.status != http.StatusUnprocessableEntity || p.value("client") != "x" {
		t.Errorf("an open address: got %d", p.status)
	}
	b.post(path, values("provider", "other", "client", o.ClientID, "secret", oauthtest.Secret, "auth_url", o.AuthURL, "token_url", o.TokenURL, "scopes", "mail"))
	way := b.get(path).all(func(n *html.Node) bool { return strings.HasPrefix(attr(n, "href"), o.AuthURL) })
	if len(way) != 1 {
		t.Fatalf("got %d ways to the provider", len(way))
	}
	back := oauthtest.Consent(t, attr(way[0], "href"))
	if p := w.as("petr").get("/mailboxes/consent?" + back.Encode()); p.status != http.StatusNotFound {
		t.Errorf("who may not settle the mailbox: got %d", p.status)
	}
	w.refuse = "NO [ALERT] IMAP access is off"
	if p := b.get("/mailboxes/consent?" + back.Encode()); p.status != http.StatusUnprocessableEntity || !strings.Contains(p.text(), "IMAP access is off") {
		t.Errorf("refused by the server: got %d %s", p.status, p.text())
	}
	w.refuse = ""
	back = oauthtest.Consent(t, attr(b.get(path).all(func(n *html.Node) bool { return strings.HasPrefix(attr(n, "href"), o.AuthURL) })[0], "href"))
	if p := b.get("/mailboxes/consent?" + back.Encode()); p.status != http.StatusSeeOther || !strings.Contains(p.header.Get("Location"), "consent_given") {
		t.Errorf("consented: got %d %q", p.status, p.header.Get("Location"))
	}
}

func TestInvitedPersonSetsPasswordAndSignsIn(t *testing.T) {
	w := newWorld(t).settle()
	p := w.as("jana").post("/people", values("name", "Iva Bílá", "email", "iva@example.cz", "role", "agent"))
	link := text(p.class("hash")[0])
	u, err := url.Parse(link)
	w.must(err)
	b := w.browser()
	secret := b.get(u.RequestURI()).value("secret")
	b.post("/invitation", values("secret", secret, "password", testPassword))
	if got := w.as("iva").get("/me"); got.status != http.StatusOK || !strings.Contains(got.text(), "Iva Bílá") {
		t.Errorf("got %d %s", got.status, got.text())
	}
}

func TestStateSaysWhatIsWrongFirst(t *testing.T) {
	w := newWorld(t).settle()
	p := w.as("adam").get("/state")
	if !strings.Contains(p.text(), "Není klíč k zálohám") {
		t.Errorf("state: %s", p.text())
	}
	w.erased()
	if got := w.as("adam").get("/state").text(); strings.Contains(got, "není v rejstříku") {
		t.Errorf("an erased message is missed in the index: %s", got)
	}
	if got := w.browser().get("/healthz"); got.status != http.StatusOK || got.text() != "ok" {
		t.Errorf("healthz: got %d %q", got.status, got.text())
	}
}

func TestOwnerSeesWhatIsLeftToSetUp(t *testing.T) {
	w := newWorld(t).settle()
	p := w.as("jana").get("/")
	if got := len(p.class("done")); p.status != http.StatusOK || got != 2 {
		t.Errorf("got %d with %d steps done, want the mailbox and the colleague: %s", p.status, got, p.text())
	}
	if got := w.as("petr").get("/"); got.status != http.StatusSeeOther {
		t.Errorf("an agent: got %d, want on to the desk", got.status)
	}
}
