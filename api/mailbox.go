package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"postolka/account"
	"postolka/imapsync"
	"postolka/outbox"
	"postolka/store"
)

func init() {
	on("mailbox-add", account.ManageMailboxes, addMailbox)
	on("mailbox-list", account.SeeState, listMailboxes)
	on("mailbox-test", account.ManageMailboxes, testMailbox)
	on("mailbox-sync", account.ManageMailboxes, syncMailbox)
	on("mailbox-guess", account.ManageMailboxes, guessMailbox)
	on("mailbox-folders", account.ManageMailboxes, mailboxFolders)
	on("mailbox-retry", account.ManageMailboxes, retryMailbox)
}

// Server is one end of a mail connection; Security is tls, starttls or none.
type Server struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Security string `json:"security"`
	User     string `json:"user"`
	Password string `json:"password,omitempty"`
}

// MailboxRequest adds a mailbox, or changes the one of that name.
type MailboxRequest struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	IMAP    Server `json:"imap"`
	SMTP    Server `json:"smtp"`
}

// MailboxRow is a mailbox without its secrets.
type MailboxRow struct {
	ID          uint64 `json:"id"`
	Name        string `json:"name"`
	Address     string `json:"address"`
	IMAP        Server `json:"imap"`
	SMTP        Server `json:"smtp"`
	Messages    int    `json:"messages"`
	Quarantined int    `json:"quarantined"` // here, but not understood
	LastError   string `json:"last_error,omitempty"`
	MailboxHealth
}

var securities = map[string]store.Security{"tls": store.TLS, "starttls": store.STARTTLS, "none": store.Plain}

func (s Server) parse() (store.Server, error) {
	if s.Host == "" {
		return store.Server{}, nil
	}
	security, ok := securities[s.Security]
	if !ok {
		return store.Server{}, Usage("--security is tls, starttls or none (none only to this machine)")
	}
	return store.Server{Host: s.Host, Port: s.Port, Security: security, User: s.User}, nil
}

func addMailbox(ctx context.Context, app *App, by account.Agent, req MailboxRequest, _ Progress) (MailboxRow, error) {
	if req.Name == "" {
		return MailboxRow{}, Usage("mailbox add needs --name NAME")
	}
	imap, err := req.IMAP.parse()
	if err != nil {
		return MailboxRow{}, err
	}
	smtp, err := req.SMTP.parse()
	if err != nil {
		return MailboxRow{}, err
	}
	id, err := app.Desk.MailboxByName(req.Name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return MailboxRow{}, err
	}
	if err := errors.Join(reachable(imap), reachable(smtp)); err != nil {
		return MailboxRow{}, err
	}
	var m store.Mailbox
	if id != 0 { // what the request does not speak of stays
		if m, err = (NameRequest{req.Name}).mailbox(app); err != nil {
			return MailboxRow{}, err
		}
	}
	req.settle(&m, imap, smtp)
	id, err = app.Desk.SaveMailbox(ctx, by, id, m, req.IMAP.Password, req.SMTP.Password)
	if err != nil {
		return MailboxRow{}, err
	}
	app.Sync.Changed(id)
	return mailboxRow(ctx, app, by, id)
}

// settle puts what the request speaks of into the mailbox. The user of a server is
// the address too, unless there is one.
func (req *MailboxRequest) settle(m *store.Mailbox, imap, smtp store.Server) {
	m.Name = req.Name
	if imap.Host != "" {
		m.IMAP = imap
	} else {
		req.IMAP.Password = ""
	}
	if smtp.Host != "" {
		m.SMTP = smtp
	} else {
		req.SMTP.Password = ""
	}
	if req.Address != "" {
		m.Address = req.Address
	}
	if _, domain, ok := strings.Cut(m.IMAP.User, "@"); ok && m.Address == "" && strings.Contains(domain, ".") {
		m.Address = m.IMAP.User
	}
}

// reachable refuses what would never be connected to: a password must not cross a network in the clear.
func reachable(s store.Server) error {
	switch {
	case s.Host == "":
		return nil
	case s.User == "":
		return Usage("A mail server needs --user USER. Nothing was changed.")
	case s.Security == store.Plain && !imapsync.Loopback(s.Host):
		return Usage("--security none is for this machine only (127.0.0.1, ::1, localhost): elsewhere the password and the mail could be read on the way. Nothing was changed. Take tls or starttls.")
	}
	return nil
}

func row(s store.Server) Server {
	for word, security := range securities {
		if security == s.Security && s.Host != "" {
			return Server{Host: s.Host, Port: s.Port, Security: word, User: s.User}
		}
	}
	return Server{}
}

// MailboxList is every mailbox.
type MailboxList struct {
	Mailboxes []MailboxRow `json:"mailboxes"`
}

func listMailboxes(ctx context.Context, app *App, by account.Agent, _ Empty, _ Progress) (MailboxList, error) {
	all, err := app.Desk.Mailboxes(ctx, by)
	if err != nil {
		return MailboxList{}, err
	}
	rows := make([]MailboxRow, 0, len(all))
	for _, m := range all {
		folders, err := app.Desk.Folders(ctx, by, m.ID)
		if err != nil {
			return MailboxList{}, err
		}
		rows = append(rows, MailboxRow{uint64(m.ID), m.Mailbox.Name, m.Mailbox.Address, row(m.Mailbox.IMAP), row(m.Mailbox.SMTP),
			m.Messages, m.Quarantined, m.Mailbox.LastError, healthRow(m, folders)})
	}
	return MailboxList{rows}, nil
}

func mailboxRow(ctx context.Context, app *App, by account.Agent, id store.MailboxID) (MailboxRow, error) {
	list, err := listMailboxes(ctx, app, by, Empty{}, nil)
	for _, m := range list.Mailboxes {
		if m.ID == uint64(id) {
			return m, nil
		}
	}
	return MailboxRow{}, err
}

// NameRequest names a mailbox.
type NameRequest struct {
	Mailbox string `json:"mailbox"`
}

func (r NameRequest) find(app *App) (store.MailboxID, error) {
	id, err := app.Desk.MailboxByName(r.Mailbox)
	if errors.Is(err, store.ErrNotFound) {
		return 0, &Failure{ExitFailed, fmt.Sprintf("There is no mailbox %q. Nothing was done. postolka mailbox list shows those there are.", r.Mailbox)}
	}
	return id, err
}

// TestResult says how each connection went: "ok", "not set", or what is wrong
// and in brackets the words of the server or the network.
type TestResult struct {
	Folders []string `json:"folders"`
	IMAP    string   `json:"imap"`
	SMTP    string   `json:"smtp"`
	OK      bool     `json:"ok"`
}

func testMailbox(ctx context.Context, app *App, _ account.Agent, req NameRequest, _ Progress) (TestResult, error) {
	id, err := req.find(app)
	if err != nil {
		return TestResult{}, err
	}
	m, err := req.mailbox(app)
	if err != nil {
		return TestResult{}, err
	}
	res := TestResult{Folders: []string{}, IMAP: "not set", SMTP: "not set"}
	imapOK, smtpOK := true, true
	if m.IMAP.Host != "" {
		login, err := app.Logins.Login(ctx, id, m, m.IMAP)
		if err == nil {
			var folders []string
			folders, err = imapsync.Probe(ctx, m.IMAP, login)
			res.Folders = append(res.Folders, folders...)
		}
		res.IMAP, imapOK = answered(imapsync.Explain, err), err == nil
	}
	if m.SMTP.Host != "" {
		login, err := app.Logins.Login(ctx, id, m, m.SMTP)
		if err == nil {
			err = outbox.Probe(ctx, m.SMTP, login)
		}
		res.SMTP, smtpOK = answered(outbox.Explain, err), err == nil
	}
	res.OK = imapOK && smtpOK
	return res, nil
}

// answered words what a server said: "ok", or the trouble and in brackets its own words.
func answered(explain func(error) string, err error) string {
	if err == nil {
		return "ok"
	}
	return fmt.Sprintf("%s (%v)", explain(err), err)
}

func (r NameRequest) mailbox(app *App) (m store.Mailbox, err error) {
	id, err := r.find(app)
	if err != nil {
		return m, err
	}
	err = app.Store.View(func(tx *store.Tx) (err error) { m, err = store.Mailboxes.Get(tx, id); return err })
	return m, err
}

func syncMailbox(ctx context.Context, app *App, _ account.Agent, req NameRequest, progress Progress) (imapsync.Pass, error) {
	id, err := req.find(app)
	if err != nil {
		return imapsync.Pass{}, err
	}
	m, err := req.mailbox(app)
	if err != nil {
		return imapsync.Pass{}, err
	}
	if m.IMAP.Host == "" {
		return imapsync.Pass{}, &Failure{ExitFailed, fmt.Sprintf("The mailbox %q has no server. Nothing was done. Give it one with: postolka mailbox add --name NAME --imap HOST:PORT.", m.Name)}
	}
	pass, err := app.Sync.Once(ctx, id, progress.Of("sync"))
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, syscall.ENOSPC) {
		return pass, &Failure{ExitFailed, answered(imapsync.Explain, err) + "\nWhat came in before is kept; nothing was changed on the server. Run the command again to go on."}
	}
	return pass, err
}
