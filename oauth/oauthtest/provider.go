// Package oauthtest is a provider for tests, on loopback: it asks nobody, checks
// the proof key, hands out each refresh token once, and tells servers which
// access tokens are good.
package oauthtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"postolka/store"
)

// ID and Secret of the client it knows.
const (
	ID     = "client-1"
	Secret = "secret-1"
)

// Provider may be told to behave otherwise at any time.
type Provider struct {
	server *httptest.Server

	mutex   sync.Mutex
	user    string
	codes   map[string]string // code: challenge
	refresh map[string]bool
	access  map[string]bool
	renewed int
	extra   map[string]any
}

// New makes a provider at which user has an account.
func New(t testing.TB, user string) *Provider {
	p := &Provider{user: user, codes: map[string]string{}, refresh: map[string]bool{}, access: map[string]bool{}, extra: map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /introspect", p.introspect)
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	return p
}

// Settings for a mailbox; the secret is Secret.
func (p *Provider) Settings() store.OAuth {
	return store.OAuth{Provider: "other", AuthURL: p.server.URL + "/authorize", TokenURL: p.server.URL + "/token", Scopes: []string{"mail"}, ClientID: ID}
}

// Introspection is where a mail server asks for a token: its text is to be added (RFC 7662).
func (p *Provider) Introspection() string { return p.server.URL + "/introspect?token=" }

// Renewed counts the access tokens that came of a refresh token.
func (p *Provider) Renewed() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.renewed
}

// Withdraw ends the consent and every token.
func (p *Provider) Withdraw() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.refresh, p.access = map[string]bool{}, map[string]bool{}
}

// Revoke ends every access token; the consent stays.
func (p *Provider) Revoke() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.access = map[string]bool{}
}

// Say adds a field to every answer with tokens.
func (p *Provider) Say(key string, value any) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.extra[key] = value
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	q := r.URL.Query()
	if q.Get("client_id") != ID || q.Get("code_challenge_method") != "S256" {
		http.Error(w, "no such client, or no proof key", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.codes[code] = q.Get("code_challenge")
	back := q.Get("redirect_uri") + "?" + url.Values{"state": {q.Get("state")}, "code": {code}}.Encode()
	http.Redirect(w, r, back, http.StatusSeeOther)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if id != ID || secret != Secret {
		refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	if !p.good(r) {
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	p.hand(w)
}

// good uses up a code or a refresh token.
func (p *Provider) good(r *http.Request) bool {
	if r.PostFormValue("grant_type") == "refresh_token" {
		old := r.PostFormValue("refresh_token")
		good := p.refresh[old]
		delete(p.refresh, old)
		p.renewed++
		return good
	}
	code := r.PostFormValue("code")
	challenge, known := p.codes[code]
	delete(p.codes, code)
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	return known && challenge == base64.RawURLEncoding.EncodeToString(sum[:])
}

func (p *Provider) hand(w http.ResponseWriter) {
	access, refresh := rand.Text(), rand.Text()
	p.access[access], p.refresh[refresh] = true, true
	answer := map[string]any{"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": 3600}
	for key, value := range p.extra {
		answer[key] = value
	}
	say(w, http.StatusOK, answer)
}

func (p *Provider) introspect(w http.ResponseWriter, r *http.Request) {
	say(w, http.StatusOK, map[string]any{"active": p.Good(r.URL.Query().Get("token")), "email": p.user})
}

func refuse(w http.ResponseWriter, status int, code string) {
	say(w, status, map[string]any{"error": code})
}

func say(w http.ResponseWriter, status int, answer map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the client went away
}

// Logins are those of package oauth, whose own tests use this one.
type Logins interface {
	Set(id store.MailboxID, o store.OAuth, secret string) error
	Begin(id store.MailboxID, redirect string) (string, error)
	Finish(ctx context.Context, state, code string) error
}

// Connect gives the consent for a mailbox at p.
func (p *Provider) Connect(t testing.TB, l Logins, id store.MailboxID) {
	t.Helper()
	if err := l.Set(id, p.Settings(), Secret); err != nil {
		t.Fatal(err)
	}
	address, err := l.Begin(id, "http://127.0.0.1/back")
	if err != nil {
		t.Fatal(err)
	}
	back := Consent(t, address)
	if err := l.Finish(t.Context(), back.Get("state"), back.Get("code")); err != nil {
		t.Fatal(err)
	}
}

// Good says whether an access token is.
func (p *Provider) Good(access string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.access[access]
}

// Consent goes to the provider as a browser would, and returns what it sends back.
func Consent(t testing.TB, address string) url.Values {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	back, err := res.Location()
	if err != nil {
		t.Fatalf("%s: %v", res.Status, err)
	}
	return back.Query()
}
