package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"postolka/account"
	"postolka/audit"
	"postolka/backup"
	"postolka/desk"
	"postolka/guess"
	"postolka/imapsync"
	"postolka/ledger"
	"postolka/oauth"
	"postolka/privacy"
	"postolka/search"
	"postolka/store"
	"postolka/store/storetest"
)

// world is a real desk with sample mail, and the pages over it.
type world struct {
	t        *testing.T
	store    *store.Store
	desk     *desk.Desk
	accounts *account.Accounts
	server   *Server
	http     *httptest.Server
	now      time.Time
	support  store.MailboxID
	claims   store.MailboxID
	refuse   string                   // what the IMAP server answers; empty: it lets in
	many     map[int]store.JobID      // see foundMany
	erasure  store.JobID              // a finished one, see erased
	asked    string                   // path of a conversation that asks for a right
	people   map[string]account.Agent // by first name, lower case
}

var serverFolders = []imapsync.ServerFolder{{Name: "INBOX", Role: "inbox", Comes: true}, {Name: "Odeslaná pošta", Role: "sent", Comes: true},
	{Name: "Objednávky", Comes: true}, {Name: "Reklamace", Comes: true}, {Name: "Archiv", Role: "archive", Comes: true}, {Name: "Koš", Role: "trash"}}

// testPassword opens every account of the world.
const testPassword = "kestrel over the meadow"

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: storetest.New(t), people: map[string]account.Agent{}, many: map[int]store.JobID{}}
	w.now = time.Date(2026, 11, 24, 9, 7, 0, 0, time.UTC) // a Tuesday, 10:07 in Prague
	clock := func() time.Time { return w.now }
	log, err := audit.Open(w.store)
	w.must(err)
	t.Cleanup(func() { log.Close() })
	w.accounts = account.New(w.store, clock)
	w.server = New(w.house(log, clock))
	t.Cleanup(w.server.Close)
	w.http = httptest.NewServer(w.server)
	t.Cleanup(w.http.Close)
	return w
}

// house is everything below the pages, over w's store.
func (w *world) house(log *audit.Log, now func() time.Time) Deps {
	w.t.Helper()
	led, err := ledger.Open(w.store)
	w.must(err)
	index, err := search.Open(w.t.TempDir(), search.Options{})
	w.must(err)
	w.t.Cleanup(func() { index.Close() })
	w.desk = desk.New(w.store, index, log, led, desk.Options{Now: now})
	snapshots := backup.New(w.store, led, backup.Directory(w.t.TempDir()), nil, now)
	private := privacy.New(privacy.Deps{Store: w.store, Index: index, Log: log, Ledger: led, Desk: w.desk, Sources: noServer{}, Snapshots: snapshots, Now: now})
	return Deps{Accounts: w.accounts, Desk: w.desk, Log: log, Now: now, Privacy: private, Backup: snapshots, Store: w.store, Logins: oauth.New(w.store), Index: index, Version: "test",
		ProbeIMAP: func(context.Context, store.Server, store.Login) ([]string, error) {
			if w.refuse != "" {
				return nil, errors.New(w.refuse)
			}
			return []string{"INBOX", "Sent"}, nil
		},
		GuessServers: guess.Asker{Names: noNames{}, Client: &http.Client{Transport: noWeb{}}}.Servers,
		ServerFolders: func(context.Context, store.MailboxID) ([]imapsync.ServerFolder, error) {
			if w.refuse != "" {
				return nil, errors.New(w.refuse)
			}
			return serverFolders, nil
		},
		ProbeSMTP: func(context.Context, store.Server, store.Login) error { return nil }}
}

// noNames and noWeb stand for a machine without a network.
type noNames struct{}

func (noNames) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	return "", nil, errors.New("no network")
}
func (noNames) LookupMX(context.Context, string) ([]*net.MX, error) {
	return nil, errors.New("no network")
}
func (noNames) LookupHost(context.Context, string) ([]string, error) {
	return nil, errors.New("no network")
}

type noWeb struct{}

func (noWeb) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no network") }

// noServer stands for mailboxes without a mail server.
type noServer struct{}

func (noServer) Targets(store.MailboxID, []store.MessageID) (json.RawMessage, error) { return nil, nil }
func (noServer) Expunge(context.Context, store.MailboxID, json.RawMessage, func([]byte) bool) (removed, left int, err error) {
	return 0, 0, nil
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// settle makes people, mailboxes and mail.
func (w *world) settle() *world {
	w.t.Helper()
	owner, err := w.accounts.CreateOwner(account.NewPerson{Name: "Jana Nová", Email: "jana@example.cz", Password: testPassword, Language: "cs", Zone: "Europe/Prague"})
	w.must(err)
	w.people["jana"] = owner
	smtp := store.Server{Host: "127.0.0.1", Port: 2525, Security: store.Plain, User: "x"}
	w.support, err = w.desk.SaveMailbox(context.Background(), owner, 0, store.Mailbox{Name: "podpora@", Address: "podpora@example.cz", SMTP: smtp}, "", "secret")
	w.must(err)
	w.claims, err = w.desk.SaveMailbox(context.Background(), owner, 0, store.Mailbox{Name: "reklamace@", Address: "reklamace@example.cz", SMTP: smtp}, "", "secret")
	w.must(err)
	w.hire("Petr Kučera", "petr", store.RoleAgent, "cs", store.RightAnswer)
	w.hire("Emma Wright", "emma", store.RoleAgent, "en", store.RightRead)
	w.hire("Adam Dvořák", "adam", store.RoleAdmin, "cs", store.RightNone)
	w.hire("Petra Malá", "petra", store.RolePrivacy, "cs", store.RightNone)
	w.hire("Ota Černý", "ota", store.RoleAuditor, "cs", store.RightNone)
	w.receive(samples...)
	return w
}

// hire makes an account with a right in the first mailbox.
func (w *world) hire(name, key string, role store.Role, lang string, right store.Right) {
	w.t.Helper()
	id, _, err := w.accounts.Add(w.people["jana"], account.NewPerson{Name: name, Email: key + "@example.cz", Role: role, Password: testPassword, Language: lang, Zone: "Europe/Prague"})
	w.must(err)
	if right != store.RightNone {
		w.must(w.accounts.Grant(w.people["jana"], id, w.support, right))
	}
	w.people[key], err = w.accounts.Get(id)
	w.must(err)
}

// sample is a mail that comes ago before the world's now.
type sample struct {
	ago           time.Duration
	claims        bool // to the second mailbox
	from, subject string
	text, html    string
	pdf           string // name of an attachment
	id, reply     string
}

func (s sample) raw(to string, at time.Time) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s@example.com>\r\nMIME-Version: 1.0\r\n", s.from, to, s.subject, at.Format(time.RFC1123Z), s.id)
	if s.reply != "" {
		fmt.Fprintf(&b, "In-Reply-To: <%s@example.com>\r\nReferences: <%s@example.com>\r\n", s.reply, s.reply)
	}
	plain := "Content-Type: text/plain; charset=utf-8\r\n\r\n" + strings.ReplaceAll(s.text, "\n", "\r\n") + "\r\n"
	switch {
	case s.html != "":
		fmt.Fprintf(&b, "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n%s--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n%s\r\n--b--\r\n", plain, s.html)
	case s.pdf != "":
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n%s--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"%s\"\r\n\r\n%%PDF-1.4\r\n%s\r\n--b--\r\n", plain, s.pdf, strings.Repeat("x", 40000))
	default:
		b.WriteString(plain)
	}
	return []byte(b.String())
}

func (w *world) receive(list ...sample) {
	w.t.Helper()
	for i, s := range list {
		box, to := w.support, "podpora@example.cz"
		if s.claims {
			box, to = w.claims, "reklamace@example.cz"
		}
		if s.id == "" {
			s.id = fmt.Sprintf("m%d-%d", i, s.ago)
		}
		at := w.now.Add(-s.ago)
		out, err := w.desk.Intake(context.Background(), []desk.Incoming{{Raw: s.raw(to, at), Mailbox: box, Origin: store.FromIMAP, ReceivedAt: at}})
		w.must(err)
		if out[0].Result != desk.Added {
			w.t.Fatalf("sample %d: %+v", i, out[0])
		}
	}
}

// conversationOf is the id of the conversation with a subject.
func (w *world) conversationOf(subject string) (id store.ConversationID) {
	w.t.Helper()
	w.must(w.store.View(func(tx *store.Tx) error {
		for c, rec := range store.Conversations.All(tx) {
			if rec.Subject == subject {
				id = c
			}
		}
		return nil
	}))
	if id == 0 {
		w.t.Fatalf("no conversation %q", subject)
	}
	return id
}

// browser is a client with its own cookies; it follows no redirect.
type browser struct {
	w      *world
	client *http.Client
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &browser{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as is a browser that is signed in.
func (w *world) as(key string) *browser {
	w.t.Helper()
	b := w.browser()
	p := b.post("/sign-in", url.Values{"email": {key + "@example.cz"}, "password": {testPassword}})
	if p.status != http.StatusSeeOther {
		w.t.Fatalf("sign in as %s: got %d, want 303", key, p.status)
	}
	return b
}

// page is an answer with its DOM.
type page struct {
	status int
	header http.Header
	dom    *html.Node
	size   int
}

func (b *browser) get(path string) page { return b.do("GET", path, nil, nil) }
func (b *browser) post(path string, form url.Values) page {
	return b.do("POST", path, form, nil)
}

func (b *browser) do(method, path string, form url.Values, header map[string]string) page {
	b.w.t.Helper()
	r, err := http.NewRequest(method, b.w.http.URL+path, strings.NewReader(form.Encode()))
	b.w.must(err)
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	res, err := b.client.Do(r)
	b.w.must(err)
	defer res.Body.Close()
	n := &counting{r: res.Body}
	dom, err := html.Parse(n)
	b.w.must(err)
	return page{res.StatusCode, res.Header, dom, n.n}
}

type counting struct {
	r interface{ Read([]byte) (int, error) }
	n int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// all finds elements by a test.
func (p page) all(match func(*html.Node) bool) (out []*html.Node) {
	for n := range p.dom.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			out = append(out, n)
		}
	}
	return out
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// class finds elements with a class.
func (p page) class(class string) []*html.Node {
	return p.all(func(n *html.Node) bool { return strings.Contains(" "+attr(n, "class")+" ", " "+class+" ") })
}

func (p page) byID(id string) *html.Node {
	found := p.all(func(n *html.Node) bool { return attr(n, "id") == id })
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

func text(n *html.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (p page) text() string { return text(p.dom) }

// value of the first field with a name.
func (p page) value(name string) string {
	found := p.all(func(n *html.Node) bool { return attr(n, "name") == name })
	switch {
	case len(found) == 0:
		return ""
	case found[0].Data == "textarea":
		return text(found[0])
	}
	return attr(found[0], "value")
}

var samples = readSamples()

// readSamples reads testdata/mail.txt: mails divided by a line of ===, each with
// lines "key: value", an empty line, and its text.
func readSamples() (list []sample) {
	b, err := os.ReadFile("testdata/mail.txt")
	if err != nil {
		panic(err)
	}
	for part := range strings.SplitSeq(string(b), "\n===\n") {
		head, body, _ := strings.Cut(strings.TrimSpace(part), "\n\n")
		s := sample{text: body}
		for line := range strings.SplitSeq(head, "\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch key {
			case "ago":
				d, err := time.ParseDuration(value)
				if err != nil {
					panic(err)
				}
				s.ago = d
			case "from":
				s.from = value
			case "subject":
				s.subject = value
			case "pdf":
				s.pdf = value
			case "html":
				s.html = value
			case "claims":
				s.claims = true
			case "id":
				s.id = value
			case "reply":
				s.reply = value
			}
		}
		list = append(list, s)
	}
	return list
}
