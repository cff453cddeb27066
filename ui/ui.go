// Package ui is the web face: server-rendered pages for the desk, privacy and
// settings. It holds no rule: a handler reads a form, calls one use case, answers.
//
// # Map
//
//	routes.go     every route on one page, with who may
//	session.go    cookie, who acts, sign-in; errors.go: error to status and words
//	render.go     buffer first, headers, fragments; static.go: css, js, icons
//	voice.go      words and dates of one reader (language, zone); text/*.json
//	shell.templ   what stands around a page; places.go: the navigation
//	list, thread, letter, write, panel, work, search, live: the desk
//	find, person, plan, job, receipt: a person's data, from finding to forgetting
//	log, snapshots, key, mailboxes, people, me, state, checklist: the house
//	chores.go: long work that goes on when its page is left
//
// # How to add a page
//
//  1. A line in [Server.routes]: pattern, who may, handler. The table test reads it
//     and fails for a route that is not in it.
//  2. thing.go: func (s *Server) thing(w http.ResponseWriter, r *http.Request, by account.Agent) error.
//     Read the form, call one use case, then s.show(w, r, status, component) for a page,
//     or s.back(w, r, url, Flash{…}) after a change (303). Return errors as they come:
//     errors.go gives status and words. Content is logged by the use case, never here.
//  3. thing.templ, typed arguments, no lookups: templ thingPage(p Page, t Thing) {
//     @shell(p) { <main class="main" id="main"><div class="in"> … </div></main> } }
//     with p := s.page(r, by, "thing.title", "thing"); the last word is the place in
//     places.go that the navigation marks. Then go generate ./ui and commit *_templ.go.
//  4. static/thing.css, same stem; all css files are joined at start, tokens.css and
//     base.css first. Colours and sizes only from tokens.css. No style attributes:
//     the content security policy refuses them (bars are <meter>, <progress> or SVG attributes).
//  5. Words: every text is p.T("thing.title", args…) with the key in text/en.json and
//     text/cs.json; counted texts have plural forms {"one","few","other"} by their first
//     argument. Tests fail on a missing, unused or incomplete key. Dates: @when(p.Voice, t)
//     for relative with the exact instant on hover, p.Date(t), p.Size(bytes), p.Count via T.
//  6. Script is never needed. A module in static/ does one thing to elements marked
//     data-…, is imported by app.js, and says first how the page works without it.
//     No HTML strings: the browser refuses them (Trusted Types); use swap.js to fetch
//     a part of a page, or build elements.
//
// Components of base.css: .btn (.do the one action, .quiet, .bad, .small), .tag (.good .warn
// .bad .info), .face, .field (label, control, .aid below), .sheet (a box that can be
// picked up), .facts (dl), .plain (table), .notice (.good .warn .bad), .empty, .dock.
package ui

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/backup"
	"postolka/desk"
	"postolka/guess"
	"postolka/imapsync"
	"postolka/oauth"
	"postolka/privacy"
	"postolka/store"
)

//go:generate go tool templ generate

// Deps of New: the use cases, and the few things that lie outside them.
type Deps struct {
	Accounts *account.Accounts
	Desk     *desk.Desk
	Log      *audit.Log // the access log: of sign-ins here, of content by the use cases

	// Pages of the house are there only with what they need; nil: their routes answer
	// that there is no such page.
	Privacy *privacy.Privacy
	Backup  *backup.Backup
	Store   *store.Store                         // for the state of the system and lists of what is quarantined
	Logins  *oauth.Logins                        // for mailboxes whose provider takes no passwords
	Index   interface{ Count() (uint64, error) } // search.Index

	Logger *slog.Logger     // nil: discard
	Now    func() time.Time // nil: time.Now
	// Secure says that browsers reach us by https, also when a proxy ends it.
	Secure bool
	// ProbeIMAP and ProbeSMTP try a connection before it is saved; errors hold the server's words.
	ProbeIMAP func(ctx context.Context, srv store.Server, login store.Login) (folders []string, err error)
	ProbeSMTP func(ctx context.Context, srv store.Server, login store.Login) error
	// GuessServers proposes what a new mailbox of an address is connected to.
	GuessServers func(ctx context.Context, address string) guess.Guess
	// ServerFolders lists the folders on a mailbox's server; errors hold the server's words.
	ServerFolders func(ctx context.Context, m store.MailboxID) ([]imapsync.ServerFolder, error)
	// MailboxChanged tells the sync that a mailbox was added or changed; may be nil.
	MailboxChanged func(store.MailboxID)
	// DemoHint shows how to sign in, on the sign-in page of the demo only.
	DemoHint []DemoAccount
	Version  string
}

// DemoAccount is an account of the demo that anybody may use.
type DemoAccount struct {
	Name, Email, Password string
	Role                  store.Role
}

// Server is the web face as an http.Handler; safe for concurrent use. Streams of
// /live end with the request's context: give http.Server a BaseContext that ends
// before Shutdown waits. Close ends long work that was begun in a page, and waits.
type Server struct {
	Deps
	handler  http.Handler
	static   *static
	searches *searches
	chores   *chores
}

// New prepares the pages; nothing is listened on.
func New(d Deps) *Server {
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	s := &Server{Deps: d, static: loadStatic(), searches: newSearches(d.Now), chores: newChores(d.Now)}
	s.handler = s.mux()
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }
