package ui

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"postolka/desk"
	"postolka/store"
)

// ail gives the second mailbox a server with all that can be wrong with mail there.
func (w *world) ail() {
	w.t.Helper()
	server := store.Server{Host: "imap.example.cz", Port: 993, User: "reklamace@example.cz"}
	w.must(w.store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, w.claims)
		if err != nil {
			return err
		}
		m.IMAP, m.LastContact, m.LastNewMail = server, w.now.Add(-2*time.Minute), w.now.AddDate(0, 0, -4)
		byDay := map[int64]uint32{}
		for d := 4; d < 34; d++ {
			byDay[desk.Day(w.now.AddDate(0, 0, -d))] = 40
		}
		desk.CountArrivals(&m, byDay, desk.Day(w.now))
		if err := store.Mailboxes.Put(tx, w.claims, m); err != nil {
			return err
		}
		tried := w.now.Add(-9 * time.Minute)
		for _, f := range []store.Folder{
			{Name: "INBOX", Role: "inbox", OnServer: 48210, Waiting: 48204, PerMinute: 900, Quarantined: []store.BadUID{
				{UID: 45012, Reason: "breaks the connection", Attempts: 3, TriedAt: tried}, {UID: 39921, Reason: "too large", Attempts: 1, TriedAt: tried}}},
			{Name: "Odeslaná pošta", Role: "sent", OnServer: 3, Erased: 1, Gone: 12, Done: true},
			{Name: "Objednávky", OnServer: 0, Done: true},
		} {
			f.Mailbox, f.UIDValidity, f.CheckedAt = w.claims, 7, w.now.Add(-time.Minute)
			id, err := store.Folders.Insert(tx, f)
			if err != nil {
				return err
			}
			for uid := range min(f.OnServer-f.Erased, 4) {
				if f.Name == "INBOX" || uid < 2 {
					if _, err := store.Sources.Insert(tx, store.Source{Message: store.MessageID(uid + 1), Mailbox: w.claims, Folder: id, UIDValidity: 7, UID: 48210 - uid}); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}))
	_, err := w.desk.Intake(w.t.Context(), []desk.Incoming{{Raw: []byte("\x00\x01 no mail at all"), Mailbox: w.claims, Origin: store.FromIMAP, ReceivedAt: w.now.Add(-time.Hour)}})
	w.must(err)
}

func TestMailboxPageExplainsHealth(t *testing.T) {
	w := newWorld(t).settle()
	w.ail()
	path := mailboxPath(w.claims)
	p := w.as("jana").get(path)
	for _, want := range []string{
		"3 dny nepřišla žádná pošta", "obvykle přichází 40 zpráv denně",
		"48 204 starších zpráv ještě přijde. Zbývá asi 54 minut (900 za minutu).",
		"2 nešly stáhnout", "1 je tu vymazaná a nevrátí se", "12 bylo na serveru smazáno nebo přesunuto", "všechno je tu",
		"INBOX · zpráva UID 45012", "pokaždé přeruší spojení", "3 pokusy", "větší, než se tu ukládá",
		"1 zpráva není srozumitelná", "chybí hlavička",
	} {
		if !strings.Contains(p.text(), want) {
			t.Errorf("the page lacks %q: %s", want, p.text())
		}
	}
	sources := func(who string) int {
		return len(w.as(who).get(path).all(func(n *html.Node) bool { return strings.HasSuffix(attr(n, "href"), "/source") }))
	}
	if n := sources("jana"); n != 1 {
		t.Errorf("the owner gets %d links to sources, want 1", n)
	}
	if n := sources("adam"); n != 0 {
		t.Errorf("an admin who may not read gets %d links to sources", n)
	}
	if got := w.as("adam").get("/state").text(); !strings.Contains(got, "reklamace@ mlčí déle než obvykle.") || !strings.Contains(got, "2 zprávy nešly stáhnout.") {
		t.Errorf("state: %s", got)
	}
}

func TestRetryAndChoiceOfFolders(t *testing.T) {
	w := newWorld(t).settle()
	w.ail()
	path, told := mailboxPath(w.claims), 0
	w.server.MailboxChanged = func(id store.MailboxID) {
		if id == w.claims {
			told++
		}
	}
	b := w.as("adam")
	if p := b.post(path+"/retry", nil); p.status != http.StatusSeeOther || told != 1 || !w.mailboxRecord(w.claims).RetryAt.Equal(w.now) {
		t.Errorf("retry: got %d, sync told %d times", p.status, told)
	}
	p := b.get(path + "/folders")
	boxes := p.all(func(n *html.Node) bool { return attr(n, "name") == "folder" })
	if len(boxes) != len(serverFolders) {
		t.Fatalf("got %d folders, want %d", len(boxes), len(serverFolders))
	}
	b.post(path+"/folders", values("which", "some", "folder", "Objednávky"))
	if got := w.mailboxRecord(w.claims).Folders; len(got) != 2 || got[1] != "Objednávky" || told != 2 {
		t.Errorf("chosen: got %q, sync told %d times", got, told)
	}
	if got := b.get(path).text(); !strings.Contains(got, "doručená, odeslaná a 1 další") {
		t.Errorf("the page says: %s", got)
	}
	b.post(path+"/folders", values("which", "all"))
	if got := w.mailboxRecord(w.claims).Folders; len(got) != 0 {
		t.Errorf("all: got %q", got)
	}
	w.refuse = "NO [AUTHENTICATIONFAILED] go away"
	if got := b.get(path + "/folders").text(); !strings.Contains(got, "go away") {
		t.Errorf("no list: %s", got)
	}
}

func TestChoiceOfWhatIsDeletedAtTheServer(t *testing.T) {
	w := newWorld(t).settle()
	w.ail()
	path := mailboxPath(w.claims)
	b := w.as("adam")
	if got := b.get(path).text(); !strings.Contains(got, "12 bylo na serveru smazáno nebo přesunuto; tady zůstává") {
		t.Errorf("before: %s", got)
	}
	b.post(path+"/deleted", values("deleted", "follow"))
	if m := w.mailboxRecord(w.claims); !m.Follow.Since.Equal(w.now) {
		t.Errorf("got %+v, want it to follow from now on", m.Follow)
	}
	if p := b.post(path+"/deleted", values("deleted", "all")); p.status != http.StatusBadRequest {
		t.Errorf("no such choice: got %d", p.status)
	}
	w.must(w.store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, w.claims)
		m.Follow.Asking = 112
		return errors.Join(err, store.Mailboxes.Put(tx, w.claims, m))
	}))
	if got := b.get(path).text(); !strings.Contains(got, "Na serveru bylo smazáno 112 zpráv") || strings.Contains(got, "tady zůstává") && !strings.Contains(got, "Ano, do koše") {
		t.Errorf("asking: %s", got)
	}
	if got := b.get("/state").text(); !strings.Contains(got, "reklamace@ se ptá na poštu smazanou na serveru.") {
		t.Errorf("state: %s", got)
	}
	b.post(path+"/deleted", values("deleted", "agree"))
	if f := w.mailboxRecord(w.claims).Follow; f.Asking != 0 || f.Agreed != 112 {
		t.Errorf("agreed: got %+v", f)
	}
	if got := w.as("ota").get("/log?day=" + time.Now().In(prague(t)).Format(time.DateOnly)).text(); !strings.Contains(got, "smazané na serveru: do koše, odsouhlaseno") {
		t.Errorf("log: %s", got)
	}
}

func (w *world) mailboxRecord(id store.MailboxID) (m store.Mailbox) {
	w.t.Helper()
	w.must(w.store.View(func(tx *store.Tx) (err error) { m, err = store.Mailboxes.Get(tx, id); return err }))
	return m
}

// TestMachinesAreToldWithoutNames: healthz and metrics name mailboxes and folders by number.
func TestMachinesAreToldWithoutNames(t *testing.T) {
	w := newWorld(t).settle()
	w.ail()
	if got := w.browser().get("/healthz"); got.status != http.StatusOK || !strings.HasPrefix(got.text(), "ok") || !strings.Contains(got.text(), "mailbox "+idText(w.claims)+" silent") {
		t.Errorf("healthz: got %d %q", got.status, got.text())
	}
	if got := w.browser().get("/metrics"); got.status == http.StatusOK {
		t.Error("metrics are told to anybody")
	}
	said := w.as("adam").get("/metrics").text()
	claims := `mailbox="` + idText(w.claims) + `"`
	for _, want := range []string{
		"postolka_mailbox_ailing{" + claims + "} 1", `postolka_mailbox_health{` + claims + `,health="silent"} 1`, "postolka_mailbox_silent_days{" + claims + "} 3",
		"postolka_folder_on_server{" + claims + `,folder="1"} 48210`, "postolka_folder_not_fetched{" + claims + `,folder="1"} 2`, "# TYPE postolka_messages gauge",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("metrics lack %s:\n%s", want, said)
		}
	}
	for _, name := range []string{"reklamace", "@", "Odeslan", "example"} {
		if strings.Contains(said, name) {
			t.Errorf("metrics say %q", name)
		}
	}
	rec := httptest.NewRecorder()
	w.server.Metrics().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(rec.Body.String(), "postolka_mailbox_ailing{"+claims+"} 1\n") {
		t.Errorf("the monitoring's own door says something else: %s", rec.Body)
	}
}
