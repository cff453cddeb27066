package ui

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/mail"
	"postolka/store"
)

// try is a request that a route must accept from who may, and refuse to who may not.
type try struct {
	path string
	form url.Values
}

// tries has one for every route: a new route fails the test until it is here. They
// are about things of the first mailbox (world.support).
var tries = map[string]func(w *world, by account.Agent) try{
	"GET /static/{hash}/{name}": func(w *world, _ account.Agent) try { return try{path: w.server.static.base + "all.css"} },
	"GET /favicon.ico":          at("/favicon.ico"),
	"GET /sign-in":              at("/sign-in"),
	"POST /sign-in":             form("/sign-in", "email", "petr@example.cz", "password", testPassword),
	"GET /start":                at("/start"),
	"POST /start":               form("/start", "name", "Eve", "email", "eve@example.cz", "password", testPassword),
	"GET /invitation":           at("/invitation?secret=none"),
	"POST /invitation":          form("/invitation", "secret", "none", "password", testPassword),
	"POST /sign-out":            form("/sign-out"),
	"GET /{$}":                  at("/"),
	"GET /in/{view}":            at("/in/new"),
	"GET /c/{id}":               parcel(""),
	"POST /c/{id}/here":         parcel("/here", "writing", "1"),
	"POST /c/{id}/answer":       parcel("/answer", "kind", "reply", "to", "e@seznam.example", "text", "x", "anyway", "1"),
	"POST /c/{id}/draft":        parcel("/draft", "kind", "note", "text", "x"),
	"POST /c/{id}/draft/drop": func(w *world, by account.Agent) try {
		return try{parcelPath(w) + "/draft/drop", url.Values{"draft": {w.draftOf(by)}}}
	},
	"POST /outbox/{id}/undo": func(w *world, by account.Agent) try {
		return try{"/outbox/" + w.heldOf(by) + "/undo", url.Values{"c": {"1"}}}
	},
	"POST /work": func(w *world, _ account.Agent) try {
		return try{"/work", url.Values{"do": {"wait"}, "id": {parcelID(w)}}}
	},
	"POST /m/{id}/request": func(w *world, _ account.Agent) try {
		return try{"/m/" + w.letter("Kde je můj balík?") + "/request", values("kind", "erasure", "back", "/")}
	},
	"GET /identity":      at("/identity?token=x"),
	"POST /identity":     form("/identity", "token", "x"),
	"POST /m/{id}/split": func(w *world, _ account.Agent) try { return try{"/m/" + w.second() + "/split", url.Values{}} },
	"POST /m/{id}/join":  func(w *world, _ account.Agent) try { return try{"/m/" + w.claimant() + "/join", url.Values{}} },
	"GET /m/{id}/body": func(w *world, _ account.Agent) try {
		return try{path: "/m/" + w.letter("Kde je můj balík?") + "/body"}
	},
	"GET /m/{id}/source": func(w *world, _ account.Agent) try {
		return try{path: "/m/" + w.letter("Kde je můj balík?") + "/source"}
	},
	"GET /m/{id}/file/{part}": func(w *world, _ account.Agent) try {
		return try{path: "/m/" + w.letter("Reklamace – prasklá konvice") + "/file/2"}
	},
	"GET /write": at("/write"),
	"POST /write": func(w *world, _ account.Agent) try {
		return try{"/write", values("mailbox", idText(w.support), "to", "a@b.example", "subject", "x", "text", "x")}
	},
	"GET /search":  at("/search"),
	"POST /search": form("/search", "q", "konvice"),
	"GET /found/{token}": func(w *world, by account.Agent) try {
		return try{path: "/found/" + w.server.searches.keep(by.ID, "konvice")}
	},
	"GET /live": at("/live"),
	"GET /more": at("/more"),
	"GET /keys": at("/keys"),
}

func at(path string) func(*world, account.Agent) try {
	return func(*world, account.Agent) try { return try{path: path} }
}

func form(path string, fields ...string) func(*world, account.Agent) try {
	return func(*world, account.Agent) try { return try{path, values(fields...)} }
}

func values(fields ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return v
}

func parcel(rest string, fields ...string) func(*world, account.Agent) try {
	return func(w *world, _ account.Agent) try { return try{parcelPath(w) + rest, values(fields...)} }
}

func parcelID(w *world) string   { return idText(w.conversationOf("Kde je můj balík?")) }
func parcelPath(w *world) string { return "/c/" + parcelID(w) }

// letter is a message of a conversation.
func (w *world) letter(subject string) (id string) {
	c := w.conversationOf(subject)
	w.must(w.store.View(func(tx *store.Tx) error {
		for m := range store.MessagesByConversation.Prefix(tx, store.Key(c)) {
			id = idText(m)
			return nil
		}
		return nil
	}))
	return id
}

// claimant is a message by a stranger that says it belongs to the parcel's conversation.
func (w *world) claimant() string {
	w.now = w.now.Add(time.Second)
	s := sample{from: fmt.Sprintf("Cizí <cizi%d@jinde.example>", w.now.Unix()), subject: "Cizí " + w.now.String(), text: "Já jsem z toho také.", reply: "e5", id: "claim" + idText(uint64(w.now.UnixNano()))}
	w.receive(s)
	return w.letter(s.subject)
}

// second is the second message of a conversation.
func (w *world) second() (id string) {
	w.now = w.now.Add(time.Second)
	who, subject, first := fmt.Sprintf("Vlasta <vlasta%d@example.cz>", w.now.UnixNano()), "Dvakrát "+w.now.String(), "twice"+idText(uint64(w.now.UnixNano()))
	w.receive(sample{from: who, subject: subject, text: "Poprvé.", id: first, ago: time.Minute})
	w.receive(sample{from: who, subject: "Re: " + subject, text: "Podruhé.", id: first + "b", reply: first})
	c := w.conversationOf(subject)
	w.must(w.store.View(func(tx *store.Tx) error {
		for m := range store.MessagesByConversation.PrefixReverse(tx, store.Key(c)) {
			id = idText(m)
			return nil
		}
		return nil
	}))
	return id
}

// heldOf is an answer that by may take back, or one of the owner's.
func (w *world) heldOf(by account.Agent) string {
	if !account.MayIn(by, account.Answer, w.support) {
		by = w.people["jana"]
	}
	sent, err := w.desk.Send(context.Background(), by, desk.Answer{Conversation: w.conversationOf("Kde je můj balík?"), Text: "x", Anyway: true, To: []mail.Address{{Addr: "e@seznam.example"}}})
	w.must(err)
	return idText(sent.Outbox)
}

func (w *world) draftOf(by account.Agent) string {
	if !account.MayIn(by, account.Answer, w.support) {
		by = w.people["jana"]
	}
	id, err := w.desk.SaveDraft(context.Background(), by, desk.Draft{Draft: store.Draft{Conversation: w.conversationOf("Kde je můj balík?"), Text: "x"}})
	w.must(err)
	return idText(id)
}

// TestRoutesAdmitWhoMay runs every route as every person and as nobody.
func TestRoutesAdmitWhoMay(t *testing.T) {
	w := newWorld(t).settle()
	tokens := map[string]string{}
	for _, rt := range w.server.routes() {
		make, ok := tries[rt.pattern]
		if !ok {
			t.Errorf("%s: no try for it", rt.pattern)
			continue
		}
		for name, by := range w.people {
			if tokens[name] == "" {
				tokens[name] = w.tokenOf(name)
			}
			w.tryRoute(rt, name, by, make(w, by), tokens[name])
			if rt.pattern == "POST /sign-out" {
				tokens[name] = ""
			}
		}
		w.tryRoute(rt, "nobody", account.Agent{}, make(w, w.people["jana"]), "")
	}
	for pattern := range tries {
		if !w.hasRoute(pattern) {
			t.Errorf("%s: a try, but no such route", pattern)
		}
	}
}

func (w *world) hasRoute(pattern string) bool {
	for _, rt := range w.server.routes() {
		if rt.pattern == pattern {
			return true
		}
	}
	return false
}

func (w *world) tokenOf(name string) string {
	token, err := w.accounts.SignIn(context.Background(), name+"@example.cz", testPassword, "127.0.0.1", "test")
	w.must(err)
	return token
}

func (w *world) tryRoute(rt route, name string, by account.Agent, try try, token string) {
	w.t.Helper()
	method, _, _ := strings.Cut(rt.pattern, " ")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if strings.HasSuffix(rt.pattern, "/live") {
		ctx, cancel = context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
	}
	r := httptest.NewRequestWithContext(ctx, method, try.path, strings.NewReader(try.form.Encode()))
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.AddCookie(&http.Cookie{Name: w.server.cookieName(), Value: token})
	}
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, r)
	got, status := rt.who.public || admitted(rec), rec.Code
	if want := w.mayUse(rt.who, by); got != want {
		w.t.Errorf("%s as %s: got %d %q, admitted %v, want %v", rt.pattern, name, status, rec.Header().Get("Location"), got, want)
	}
	if status >= 500 {
		w.t.Errorf("%s as %s: got %d", rt.pattern, name, status)
	}
}

// admitted: neither refused nor sent to sign in.
func admitted(rec *httptest.ResponseRecorder) bool {
	if to := rec.Header().Get("Location"); rec.Code == http.StatusSeeOther && strings.HasPrefix(to, "/sign-in") && !strings.Contains(to, "done=") {
		return false
	}
	return rec.Code != http.StatusUnauthorized && rec.Code != http.StatusForbidden && rec.Code != http.StatusNotFound
}

// mayUse says what the table of routes and package account promise.
func (w *world) mayUse(who who, by account.Agent) bool {
	switch {
	case who.public:
		return true
	case by.ID == 0:
		return false
	case who.scope == house:
		return account.MayDo(by, who.act)
	case who.scope == settings:
		return account.MayDo(by, account.ManageMailboxes) || account.MayIn(by, who.act, w.support)
	case who.scope == inMailbox:
		return account.MayIn(by, who.act, w.support)
	}
	return true
}

func TestPagesAreStrictAboutScriptsAndCaches(t *testing.T) {
	w := newWorld(t).settle()
	p := w.as("jana").get("/in/new")
	for name, want := range map[string]string{"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for n := range p.dom.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=…>: the policy refuses it", n.Data, a.Key)
			}
		}
		if n.Data == "script" && attr(n, "src") == "" {
			t.Error("a script stands in the page")
		}
	}
	css := w.browser().do("GET", w.server.static.base+"all.css", nil, map[string]string{"Accept-Encoding": "gzip"})
	if css.header.Get("Content-Encoding") != "gzip" || !strings.Contains(css.header.Get("Cache-Control"), "immutable") {
		t.Errorf("sheet: got %v", css.header)
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	w := newWorld(t).settle()
	p := w.as("jana").do("POST", "/work", url.Values{"do": {"solve"}, "id": {parcelID(w)}}, map[string]string{"Sec-Fetch-Site": "cross-site"})
	if p.status != http.StatusForbidden {
		t.Errorf("got %d, want 403", p.status)
	}
}

func TestCookieIsKeptFromScriptsAndBoundToHost(t *testing.T) {
	w := newWorld(t).settle()
	w.server.Secure = true
	p := w.browser().post("/sign-in", url.Values{"email": {"jana@example.cz"}, "password": {testPassword}, "next": {"//evil.example/"}})
	c := p.header.Get("Set-Cookie")
	for _, want := range []string{"__Host-postolka=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(c, want) {
			t.Errorf("cookie: got %q, want %s in it", c, want)
		}
	}
	if got := p.header.Get("Location"); got != "/" {
		t.Errorf("goes on to %q, want /", got)
	}
}

func TestSignInAnswersTheSameToEveryStranger(t *testing.T) {
	w := newWorld(t).settle()
	known := w.browser().post("/sign-in", values("email", "jana@example.cz", "password", "no"))
	unknown := w.browser().post("/sign-in", values("email", "nora@example.cz", "password", "no"))
	if known.status != http.StatusUnauthorized || unknown.status != known.status || known.text() != unknown.text() {
		t.Errorf("got %d %q and %d %q, want the same", known.status, known.text(), unknown.status, unknown.text())
	}
}

func TestFirstStartMakesTheOwnerOnce(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	if got := b.get("/").header.Get("Location"); got != "/sign-in" {
		t.Errorf("got %q, want /sign-in", got)
	}
	if got := b.get("/sign-in").header.Get("Location"); got != "/start" {
		t.Errorf("got %q, want /start", got)
	}
	weak := b.post("/start", values("name", "Jana Nová", "email", "jana@example.cz", "password", "1234567890"))
	if weak.status != http.StatusUnprocessableEntity || weak.value("name") != "Jana Nová" {
		t.Errorf("weak password: got %d, name %q", weak.status, weak.value("name"))
	}
	if got := b.post("/start", values("name", "Jana Nová", "email", "jana@example.cz", "password", testPassword, "zone", "Europe/Prague")); got.header.Get("Location") != "/" {
		t.Fatalf("got %d %q, want on to the desk", got.status, got.text())
	}
	if got := w.browser().post("/start", values("name", "Eve", "email", "eve@example.cz", "password", testPassword)); got.header.Get("Location") != "/sign-in" {
		t.Errorf("second owner: got %d %q", got.status, got.header.Get("Location"))
	}
}
