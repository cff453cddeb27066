package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/emersion/go-smtp"

	"postolka/account"
	"postolka/imapsync/imaptest"
	"postolka/store"
)

const (
	customerID   = "<order-4711@customer.example>"
	subject      = "Where is order 4711?"
	testPassword = "correct horse battery"
	shopAddress  = "shop@example.org"
)

// TestMailIsAnsweredInTwoBrowsers is the main job from end to end: a customer's
// mail lies on a real IMAP server, appears in two open browsers, is answered in
// one of them, goes out by SMTP, and the customer's reply joins the thread.
func TestMailIsAnsweredInTwoBrowsers(t *testing.T) {
	dovecot, post := imaptest.NewDovecot(t), newPostOffice(t)
	shop := newShop(t)
	olga, jana := newBrowser(t, "owner", shop.address), newBrowser(t, "agent", shop.address)

	olga.open("/")
	olga.until("first page", quick, `location.pathname == "/start"`)
	olga.do("make the owner", chromedp.SetValue("#name", "Olga Owner"), chromedp.SetValue("#email", "olga@example.org"),
		chromedp.SetValue("#password", testPassword), chromedp.Submit("#password"))
	olga.until("owner signed in", quick, `document.body.hasAttribute("data-live")`)
	box := shop.connect(dovecot, post)
	shop.hire("Jana Agent", "jana@example.org", box)
	jana.signIn("jana@example.org", testPassword)
	for _, b := range []*browser{olga, jana} {
		b.open("/in/new")
		b.listens()
	}

	delivered := time.Now()
	dovecot.Put(t, "INBOX", imaptest.Mail{Raw: customerMail()})
	jana.until("mail in the open list", time.Minute, row(subject))
	t.Logf("in the agent's open list %v after delivery", time.Since(delivered).Round(time.Millisecond))
	olga.until("mail in the other open list", quick, row(subject))
	t.Logf("in both open lists %v after delivery", time.Since(delivered).Round(time.Millisecond))

	olga.openRow(subject)
	olga.listens()
	jana.openRow(subject)
	path := jana.ask("location.pathname")
	jana.answer("It left us yesterday.")
	sent := time.Now()
	answer := post.next(t)
	t.Logf("at the SMTP server %v after sending, held for %v", time.Since(sent).Round(time.Millisecond), testUndo)
	id := checkAnswer(t, answer)
	olga.until("answer in the other browser", quick, letters(2))
	eventually(t, "copy in Sent", time.Minute, func() bool { return len(imaptest.Fetch(t, dovecot, "Sent")) > 0 })

	jana.open(path)
	jana.listens()
	jana.until("own answer in the thread", quick, letters(2))
	delivered = time.Now()
	dovecot.Put(t, "INBOX", imaptest.Mail{Raw: customerReply(id)})
	for _, b := range []*browser{jana, olga} {
		b.until("the reply in the open thread", time.Minute, letters(3)+` && document.getElementById("thread").textContent.includes("It came this morning")`)
		t.Logf("%s sees the reply in the open thread %v after delivery", b.who, time.Since(delivered).Round(time.Millisecond))
	}

	// A full pass over the server finds the mail and the copy in Sent known.
	pass, err := shop.app.api.Sync.Once(t.Context(), box, nil)
	if err != nil || pass.Added != 0 || pass.Quarantined != 0 {
		t.Errorf("full pass: got %+v, %v; want nothing new", pass, err)
	}
	shop.holds(1, 3)
	if got := imaptest.Fetch(t, dovecot, "Sent"); len(got) != 1 || !strings.Contains(string(got[0].Raw), id) {
		t.Errorf("Sent: got %d messages, want the answer", len(got))
	}
	if n := post.count(); n != 1 {
		t.Errorf("SMTP server: got %d messages, want 1", n)
	}
	for _, b := range []*browser{jana, olga} {
		if got := b.ask(`document.querySelectorAll("#thread .letter").length`); got != "3" {
			t.Errorf("%s: %s letters in the thread, want 3", b.who, got)
		}
	}
	shop.end()
	shop.quiet("jana@example.org", "eva@customer.example", shopAddress, "4711", testPassword, imaptest.Password)
}

func letters(n int) string {
	return fmt.Sprintf(`document.querySelectorAll("#thread .letter").length == %d`, n)
}

func customerMail() []byte {
	return []byte("From: Eva Customer <eva@customer.example>\r\nTo: " + shopAddress + "\r\nSubject: " + subject + "\r\nMessage-ID: " + customerID +
		"\r\nDate: " + time.Now().Format(time.RFC1123Z) + "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello, order 4711 has not come. Regards, Eva\r\n")
}

func customerReply(answered string) []byte {
	return []byte("From: Eva Customer <eva@customer.example>\r\nTo: " + shopAddress + "\r\nSubject: Re: " + subject + "\r\nMessage-ID: <thanks@customer.example>\r\n" +
		"In-Reply-To: " + answered + "\r\nReferences: " + customerID + " " + answered +
		"\r\nDate: " + time.Now().Format(time.RFC1123Z) + "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nIt came this morning, thank you.\r\n")
}

// checkAnswer reads the answer with Go's own mail reader and gives its Message-ID.
func checkAnswer(t *testing.T, p parcel) string {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(p.raw))
	if err != nil {
		t.Fatal(err)
	}
	if p.from != shopAddress || fmt.Sprint(p.to) != "[eva@customer.example]" {
		t.Errorf("envelope: got from %s to %v", p.from, p.to)
	}
	for name, want := range map[string]string{"From": shopAddress, "To": "eva@customer.example"} {
		if list, err := m.Header.AddressList(name); err != nil || len(list) != 1 || list[0].Address != want {
			t.Errorf("%s: got %q, want %s", name, m.Header.Get(name), want)
		}
	}
	for name, want := range map[string]string{"Subject": "Re: " + subject, "In-Reply-To": customerID, "References": customerID} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	id := m.Header.Get("Message-Id")
	if _, err := netmail.ParseAddress(id); err != nil || id == customerID || len(m.Header["Message-Id"]) != 1 {
		t.Errorf("Message-ID: got %q, want one of our own", m.Header["Message-Id"])
	}
	if date, err := m.Header.Date(); err != nil || time.Since(date).Abs() > time.Hour {
		t.Errorf("Date: got %q", m.Header.Get("Date"))
	}
	texts := map[string]string{}
	textParts(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body, texts)
	for _, kind := range []string{"text/plain", "text/html"} {
		if !strings.Contains(texts[kind], "It left us yesterday.") {
			t.Errorf("%s part: got %q, want the answer", kind, texts[kind])
		}
	}
	return id
}

// textParts collects the decoded parts of a message by type.
func textParts(t *testing.T, kind, encoding string, body io.Reader, into map[string]string) {
	t.Helper()
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatalf("Content-Type %q: %v", kind, err)
	}
	if !strings.HasPrefix(media, "multipart/") {
		if strings.EqualFold(encoding, "quoted-printable") {
			body = quotedprintable.NewReader(body)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		into[media] = string(text)
		return
	}
	parts := multipart.NewReader(body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		textParts(t, part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part, into)
	}
}

// testUndo is shorter than people get.
const testUndo = 1500 * time.Millisecond

// shop is the whole program, served on a free port.
type shop struct {
	t       *testing.T
	app     *app
	address string
	log     *quietBuffer
	cancel  context.CancelFunc
	ended   chan error
	once    sync.Once
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, log: new(quietBuffer), ended: make(chan error, 1)}
	logger := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if s.app, err = wire(t.Context(), t.TempDir(), logger, appOptions{undo: testUndo}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	ready := make(chan string, 1)
	go func() {
		s.ended <- s.app.serve(ctx, doors{listen: "127.0.0.1:0"}, func(address string) { ready <- address })
	}()
	t.Cleanup(s.end)
	select {
	case s.address = <-ready:
	case err := <-s.ended:
		s.ended <- err
		t.Fatalf("serve: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("serve: not ready within a minute")
	}
	return s
}

// connect adds the mailbox and waits for its first sync.
func (s *shop) connect(dovecot *imaptest.Dovecot, post *postOffice) store.MailboxID {
	s.t.Helper()
	m := store.Mailbox{Name: "Shop", Address: shopAddress, IMAP: dovecot.Settings(store.Plain),
		SMTP: store.Server{Host: "127.0.0.1", Port: post.port, Security: store.Plain}}
	id, err := s.app.api.Desk.SaveMailbox(s.t.Context(), account.HostAgent(), 0, m, imaptest.Password, "")
	if err != nil {
		s.t.Fatal(err)
	}
	s.app.api.Sync.Changed(id)
	eventually(s.t, "first sync", time.Minute, func() bool {
		boxes, err := s.app.api.Desk.Mailboxes(s.t.Context(), account.HostAgent())
		if err != nil {
			s.t.Fatal(err)
		}
		return len(boxes) == 1 && len(boxes[0].Folders) > 0 && boxes[0].Folders[0].Done && !boxes[0].Mailbox.LastContact.IsZero()
	})
	return id
}

func (s *shop) hire(name, email string, box store.MailboxID) {
	s.t.Helper()
	accounts := s.app.api.Accounts
	id, _, err := accounts.Add(account.HostAgent(), account.NewPerson{Name: name, Email: email, Role: store.RoleAgent, Password: testPassword, Language: "en", Zone: "Europe/Prague"})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := accounts.Grant(account.HostAgent(), id, box, store.RightAnswer); err != nil {
		s.t.Fatal(err)
	}
}

// holds compares the numbers of conversations and messages.
func (s *shop) holds(conversations, messages int) {
	s.t.Helper()
	stats, err := s.app.store.Stats()
	if err != nil || stats.Conversations != conversations || stats.Messages != messages {
		s.t.Errorf("got %d conversations with %d messages (%v), want %d with %d", stats.Conversations, stats.Messages, err, conversations, messages)
	}
}

// end stops the program and looks at what it leaves.
func (s *shop) end() {
	s.once.Do(func() {
		s.t.Helper()
		s.cancel()
		select {
		case err := <-s.ended:
			if err != nil {
				s.t.Errorf("serve: %v", err)
			}
		case <-time.After(time.Minute):
			s.t.Error("serve does not end")
		}
		whole(s.t, s.app)
		if err := s.app.close(); err != nil {
			s.t.Errorf("close: %v", err)
		}
	})
}

// whole checks records against contents and index, and the access log.
func whole(t *testing.T, a *app) {
	t.Helper()
	ctx := context.Background()
	problems, err := a.store.Check(ctx)
	if err != nil || len(problems) > 0 {
		t.Errorf("store: %v, %q", err, problems)
	}
	var ids []store.MessageID
	if err := a.store.View(func(tx *store.Tx) error {
		for id, m := range store.Messages.All(tx) {
			if m.Erased.IsZero() {
				ids = append(ids, id)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	missing, err := a.index.Missing(ctx, func(yield func(store.MessageID) bool) {
		for _, id := range ids {
			if !yield(id) {
				return
			}
		}
	})
	count, countErr := a.index.Count()
	if err != nil || countErr != nil || len(missing) > 0 || count != uint64(len(ids)) {
		t.Errorf("index: %d entries for %d messages, %d missing (%v, %v)", count, len(ids), len(missing), err, countErr)
	}
	report, err := a.log.Verify(ctx, nil)
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("access log: %v, %q", err, report.Problems)
	}
}

// quiet: none of these words is in the program's log.
func (s *shop) quiet(words ...string) {
	s.t.Helper()
	text := s.log.String()
	for _, w := range words {
		if strings.Contains(text, w) {
			s.t.Errorf("the log has %q", w)
		}
	}
	if s.t.Failed() {
		s.t.Log(text)
	}
}

// quietBuffer takes log lines from any goroutine.
type quietBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (q *quietBuffer) Write(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.buf.Write(p)
}

func (q *quietBuffer) String() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.buf.String()
}

// postOffice is an SMTP server that keeps what it takes.
type postOffice struct {
	port  int
	mu    sync.Mutex
	taken int
	came  chan parcel
}

// parcel is a message with its envelope.
type parcel struct {
	from string
	to   []string
	raw  []byte
}

func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &postOffice{port: l.Addr().(*net.TCPAddr).Port, came: make(chan parcel, 10)}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &counter{office: o}, nil }))
	server.Domain, server.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-ended })
	return o
}

func (o *postOffice) next(t *testing.T) parcel {
	t.Helper()
	select {
	case p := <-o.came:
		return p
	case <-time.After(time.Minute):
		t.Fatal("nothing came to the SMTP server within 30 s")
		return parcel{}
	}
}

func (o *postOffice) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.taken
}

// counter serves one connection.
type counter struct {
	office *postOffice
	p      parcel
}

func (c *counter) Mail(from string, _ *smtp.MailOptions) error { c.p = parcel{from: from}; return nil }
func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.p.to = append(c.p.to, to)
	return nil
}

func (c *counter) Data(r io.Reader) (err error) {
	if c.p.raw, err = io.ReadAll(r); err != nil {
		return err
	}
	c.office.mu.Lock()
	c.office.taken++
	c.office.mu.Unlock()
	c.office.came <- c.p
	return nil
}

func (c *counter) Reset()        {}
func (c *counter) Logout() error { return nil }

// eventually waits for what must come about.
func eventually(t *testing.T, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, limit)
		}
	}
}
