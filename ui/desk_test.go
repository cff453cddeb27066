package ui

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"postolka/desk"
	"postolka/store"
)

func TestListSaysWhoWhatAndHowLong(t *testing.T) {
	w := newWorld(t).settle()
	p := w.as("jana").get("/in/new")
	if p.status != http.StatusOK {
		t.Fatalf("got %d, want 200: %s", p.status, p.text())
	}
	rows := p.class("row")
	if len(rows) != 9 {
		t.Fatalf("got %d rows, want 9", len(rows))
	}
	// Longest waiting first: Eliška's first unanswered message is three days old.
	for i, want := range []string{"Eliška Procházková", "Tomáš Říha"} {
		if got := text(rows[i]); !strings.Contains(got, want) {
			t.Errorf("row %d: got %q, want %s in it", i, got, want)
		}
	}
	if p.size > 100_000 {
		t.Errorf("page of %d bytes, want under 100,000", p.size)
	}
}

func TestThreadFoldsOldAndQuotedAndKeepsHTMLInItsBox(t *testing.T) {
	w := newWorld(t).settle()
	id := w.conversationOf("Kde je můj balík?")
	p := w.as("jana").get("/c/" + idText(id) + "?in=new")
	if p.status != http.StatusOK {
		t.Fatalf("got %d, want 200: %s", p.status, p.text())
	}
	if got := len(p.class("letter")); got != 5 {
		t.Errorf("got %d letters, want 5", got)
	}
	if got := len(p.class("folded")); got != 2 {
		t.Errorf("got %d folded letters, want 2", got)
	}
	if got := len(p.class("quoted")); got == 0 {
		t.Error("quoted history isn't folded")
	}
	frames := p.all(func(n *html.Node) bool { return n.Data == "iframe" })
	if len(frames) != 1 || strings.Contains(attr(frames[0], "sandbox"), "allow-s") {
		t.Fatalf("got %d frames, want one without scripts and same origin", len(frames))
	}
	body := w.as("jana").get(attr(frames[0], "src"))
	csp := body.header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "sandbox") || strings.Contains(csp, "https:") {
		t.Errorf("body's policy: got %q", csp)
	}
	for _, n := range body.all(func(n *html.Node) bool { return n.Data == "script" || strings.HasPrefix(attr(n, "src"), "http") }) {
		t.Errorf("body has <%s src=%q>", n.Data, attr(n, "src"))
	}
}

func TestAnswerIsSentAndCanBeTakenBack(t *testing.T) {
	w := newWorld(t).settle()
	b := w.as("petr")
	path := "/c/" + idText(w.conversationOf("Objednávka bez potvrzení"))
	p := b.get(path + "?in=new")
	if got := p.value("to"); !strings.Contains(got, "karel.svec@centrum.example") {
		t.Errorf("recipient: got %q, want the customer", got)
	}
	form := url.Values{"to": {p.value("to")}, "seen": {p.value("seen")}, "text": {"Dobrý den, objednávku máme."}, "kind": {"reply"}, "then": {"solve"}, "in": {"new"}}
	sent := b.post(path+"/answer", form)
	to := sent.header.Get("Location")
	if sent.status != http.StatusSeeOther || !strings.Contains(to, "done=sent") || strings.Contains(to, "svec") {
		t.Fatalf("got %d to %q, want on to the next conversation, nothing personal in the address", sent.status, to)
	}
	next := b.get(to)
	bar := next.class("flash")
	if len(bar) != 1 {
		t.Fatal("no bar to undo the sending")
	}
	undo := url.Values{"c": {next.value("c")}, "in": {"new"}}
	back := b.post(attr(bar[0], "action"), undo)
	if back.status != http.StatusSeeOther {
		t.Fatalf("undo: got %d, want 303", back.status)
	}
	if got := b.get(back.header.Get("Location")).value("text"); got != "Dobrý den, objednávku máme." {
		t.Errorf("text after undo: got %q", got)
	}
}

func TestAnswerStopsWhenSomethingCameMeanwhile(t *testing.T) {
	w := newWorld(t).settle()
	b := w.as("petr")
	path := "/c/" + idText(w.conversationOf("Wrong size, can I exchange?"))
	p := b.get(path)
	w.receive(sample{from: "Zoë Müller <zoe.mueller@mail.example>", subject: "Re: Wrong size, can I exchange?", text: "Never mind, it fits.", id: "z2", reply: "m8-2280000000000"})
	form := url.Values{"to": {p.value("to")}, "seen": {p.value("seen")}, "text": {"Of course!"}, "kind": {"reply"}, "then": {"only"}}
	stopped := b.post(path+"/answer", form)
	if stopped.status != http.StatusConflict {
		t.Fatalf("got %d, want 409: %s", stopped.status, stopped.text())
	}
	if got := stopped.value("text"); got != "Of course!" {
		t.Errorf("kept text: got %q", got)
	}
	if !strings.Contains(stopped.text(), "Never mind, it fits.") {
		t.Error("what came isn't shown")
	}
	form.Set("seen", stopped.value("seen"))
	form.Set("anyway", stopped.value("anyway"))
	if again := b.post(path+"/answer", form); again.status != http.StatusSeeOther {
		t.Errorf("sent again: got %d, want 303", again.status)
	}
}

func TestNoteAssignAndUndoOfSolving(t *testing.T) {
	w := newWorld(t).settle()
	b := w.as("petr")
	id := w.conversationOf("Objednávka bez potvrzení")
	path := "/c/" + idText(id)
	if got := b.post(path+"/answer", url.Values{"kind": {"note"}, "text": {"Volal jsem do banky."}, "then": {"note"}}); got.status != http.StatusSeeOther {
		t.Fatalf("note: got %d: %s", got.status, got.text())
	}
	p := b.get(path)
	if got := p.class("note"); len(got) == 0 || !strings.Contains(text(got[0]), "Volal jsem do banky.") {
		t.Error("the note isn't shown as one")
	}
	done := b.post("/work", url.Values{"do": {"solve"}, "id": {hidden(p, "work", "id")}, "in": {"new"}})
	if done.status != http.StatusSeeOther {
		t.Fatalf("solve: got %d: %s", done.status, done.text())
	}
	if st := w.status(id); st != store.StatusSolved {
		t.Fatalf("got status %d, want solved", st)
	}
	after := b.get(done.header.Get("Location"))
	undo := url.Values{"do": {"restore"}}
	for _, n := range after.all(func(n *html.Node) bool { return attr(n, "name") == "id" && attr(n.Parent, "class") == "flash" }) {
		undo.Add("id", attr(n, "value"))
	}
	if got := b.post("/work", undo); got.status != http.StatusSeeOther {
		t.Fatalf("undo: got %d: %s", got.status, got.text())
	}
	if st := w.status(id); st != store.StatusOpen {
		t.Errorf("after undo: got status %d, want open", st)
	}
}

// hidden is a field's value inside the element with an id.
func hidden(p page, id, name string) string {
	for n := range p.byID(id).Descendants() {
		if attr(n, "name") == name {
			return attr(n, "value")
		}
	}
	return ""
}

func (w *world) status(id store.ConversationID) (st store.Status) {
	w.must(w.store.View(func(tx *store.Tx) error {
		c, err := store.Conversations.Get(tx, id)
		st = c.Status
		return err
	}))
	return st
}

func TestDraftIsKeptForItsWriter(t *testing.T) {
	w := newWorld(t).settle()
	b := w.as("petr")
	path := "/c/" + idText(w.conversationOf("Objednávka bez potvrzení"))
	p := b.get(path)
	form := url.Values{"kind": {"reply"}, "to": {p.value("to")}, "seen": {p.value("seen")}, "text": {"rozepsáno"}}
	saved := b.do("POST", path+"/draft", form, map[string]string{"X-Part": "draft"})
	if saved.status != http.StatusOK || saved.header.Get("X-Draft") == "" {
		t.Fatalf("got %d, draft %q", saved.status, saved.header.Get("X-Draft"))
	}
	if got := b.get(path).value("text"); got != "rozepsáno" {
		t.Errorf("writer: got %q, want his draft", got)
	}
	if got := w.as("jana").get(path).value("text"); got != "" {
		t.Errorf("colleague: got %q, want nothing", got)
	}
}

func TestSearchShowsTheHitAndKeepsWordsOutOfAddresses(t *testing.T) {
	w := newWorld(t).settle()
	b := w.as("jana")
	to := b.post("/search", url.Values{"q": {"konvici"}, "from": {"riha"}}).header.Get("Location")
	if !strings.HasPrefix(to, "/found/") || strings.Contains(to, "konvic") || strings.Contains(to, "riha") {
		t.Fatalf("got %q, want a path without words", to)
	}
	p := b.get(to)
	if got := p.class("found"); len(got) != 1 || !strings.Contains(text(got[0]), "Tomáš Říha") {
		t.Fatalf("got %d hits: %s", len(got), text(p.byID("rows")))
	}
	if got := p.all(func(n *html.Node) bool { return n.Data == "mark" }); len(got) == 0 {
		t.Error("no hit is marked")
	}
	if got := w.as("petr").get(to); got.status != http.StatusGone {
		t.Errorf("a colleague's search: got %d, want 410", got.status)
	}
}

func TestTextIsShownAsWrittenWithLinksThatCanBeFollowed(t *testing.T) {
	got := paragraphs("Dobrý den,\r\n\r\n  \r\nviz https://a.example/x?y=1 (nebo https://b.example/).\nJana\n\n")
	if len(got) != 2 || got[0] != "Dobrý den," {
		t.Fatalf("got %q, want two paragraphs", got)
	}
	var links []string
	var all strings.Builder
	for _, s := range linked(got[1]) {
		all.WriteString(s.Text)
		if s.Link != "" {
			links = append(links, s.Link)
		}
	}
	if all.String() != got[1] || len(links) != 2 || links[0] != "https://a.example/x?y=1" || links[1] != "https://b.example/" {
		t.Errorf("got %q in %q", links, all.String())
	}
}

// outlook takes in a mail whose files Outlook packed.
func (w *world) outlook() store.ConversationID {
	w.t.Helper()
	raw, err := os.ReadFile("../mail/testdata/winmail.eml")
	w.must(err)
	out, err := w.desk.Intake(context.Background(), []desk.Incoming{{Raw: raw, Mailbox: w.support, Origin: store.FromImport, ReceivedAt: w.now}})
	w.must(err)
	return out[0].Conversation
}

func TestFilesOutlookPackedAreTiles(t *testing.T) {
	w := newWorld(t).settle()
	page := w.as("jana").get("/c/" + idText(w.outlook()))
	tiles := page.all(func(n *html.Node) bool { return attr(n, "class") == "file" })
	var got []string
	for _, n := range tiles {
		got = append(got, strings.Join(strings.Fields(text(n)), " "))
	}
	want := []string{"DAT winmail.dat", "CSV Seznam klientů.csv", "PNG foto konvice.png", "TXT smlouva.txt"}
	if len(got) != len(want) {
		t.Fatalf("tiles %q, want %q", got, want)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) || strings.HasSuffix(got[i], "z winmail.dat") != (i > 0) {
			t.Errorf("tile %q, want %q", got[i], want[i])
		}
	}
	file := w.as("emma").get(attr(tiles[1], "href"))
	if file.status != http.StatusOK || !strings.Contains(file.header.Get("Content-Disposition"), "Seznam%20klient%C5%AF.csv") {
		t.Errorf("download: %d %v", file.status, file.header)
	}
	if got := w.as("ota").get(attr(tiles[1], "href")).status; got != http.StatusForbidden && got != http.StatusNotFound {
		t.Errorf("a stranger's download: %d", got)
	}
}
