// Package oauth gives mail servers their logins: the password of a mailbox, or an
// access token where the provider wants no passwords (Google, Microsoft, others
// by their addresses). A person consents once at the provider (consent.go); the
// refresh token that comes of it lies sealed in the mailbox, bound to the client
// and the address it is sent to.
package oauth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"postolka/store"
)

// ErrConsent: the provider accepts the consent no more, or nobody gave one; a
// person has to give it anew.
var ErrConsent = errors.New("the provider does not accept the consent")

// ErrClient: the provider does not know the client or its secret; it may have run out.
var ErrClient = errors.New("the provider does not accept the client")

const (
	answerLimit = 30 * time.Second
	early       = 2 * time.Minute // a token is renewed so long before it ends
)

// Logins is one for the process: two that renew the same token side by side look
// like theft to a provider that hands out each refresh token once (RFC 9700 §4.14).
type Logins struct {
	store  *store.Store
	client *http.Client
	now    func() time.Time

	mutex  sync.Mutex
	tokens map[store.MailboxID]*token
	begun  map[string]begun
}

// token is the last access token of a mailbox.
type token struct {
	mutex   sync.Mutex
	access  *oauth2.Token
	refresh []byte // sealed, the one that access came of
}

// New reads and renews what the store holds.
func New(s *store.Store) *Logins {
	return &Logins{store: s, client: &http.Client{Timeout: answerLimit}, now: time.Now,
		tokens: map[store.MailboxID]*token{}, begun: map[string]begun{}}
}

// Login is what srv, one of the servers of m, is to be told. ErrConsent, ErrClient.
func (l *Logins) Login(ctx context.Context, id store.MailboxID, m store.Mailbox, srv store.Server) (store.Login, error) {
	login := store.Login{User: srv.User}
	var err error
	if m.OAuth.Provider == "" {
		login.Password, err = l.store.Keys().Password(srv)
	} else {
		login.Token, err = l.access(ctx, id)
	}
	return login, err
}

// Forget drops the access token, because a server refuses it: the next is new.
func (l *Logins) Forget(id store.MailboxID) {
	t := l.token(id)
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.access = nil
}

func (l *Logins) token(id store.MailboxID) *token {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	t := l.tokens[id]
	if t == nil {
		t = &token{}
		l.tokens[id] = t
	}
	return t
}

func (l *Logins) access(ctx context.Context, id store.MailboxID) (string, error) {
	t := l.token(id)
	t.mutex.Lock()
	defer t.mutex.Unlock()
	m, err := l.mailbox(id)
	if err != nil {
		return "", err
	}
	if t.access == nil || !bytes.Equal(t.refresh, m.OAuth.RefreshToken) || l.now().After(t.access.Expiry.Add(-early)) {
		if t.access, t.refresh, err = l.renew(ctx, id, m.OAuth); err != nil {
			t.access = nil
			return "", err
		}
	}
	return t.access.AccessToken, nil
}

// renew trades the refresh token for an access token, and keeps the refresh token
// that came with it, if one did.
func (l *Logins) renew(ctx context.Context, id store.MailboxID, o store.OAuth) (access *oauth2.Token, sealed []byte, err error) {
	if o.RefreshToken == nil {
		return nil, nil, ErrConsent
	}
	refresh, err := l.unseal(o, o.RefreshToken)
	if err != nil {
		return nil, nil, err
	}
	config, err := l.config(o)
	if err != nil {
		return nil, nil, err
	}
	access, err = config.TokenSource(l.with(ctx), &oauth2.Token{RefreshToken: refresh}).Token()
	if err != nil {
		return nil, nil, explain(err)
	}
	if access.RefreshToken == refresh {
		return access, o.RefreshToken, nil
	}
	sealed = l.seal(o, access.RefreshToken)
	return access, sealed, l.change(id, func(now *store.OAuth) {
		if bytes.Equal(now.RefreshToken, o.RefreshToken) {
			now.RefreshToken = sealed
		}
	})
}

func (l *Logins) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, l.client)
}

func (l *Logins) config(o store.OAuth) (*oauth2.Config, error) {
	c := &oauth2.Config{ClientID: o.ClientID, Scopes: o.Scopes, Endpoint: oauth2.Endpoint{AuthURL: o.AuthURL, TokenURL: o.TokenURL}}
	if o.ClientSecret == nil {
		c.Endpoint.AuthStyle = oauth2.AuthStyleInParams
		return c, nil
	}
	var err error
	c.ClientSecret, err = l.unseal(o, o.ClientSecret)
	return c, err
}

// explain keeps the provider's code and drops the rest: it may name the person.
func explain(err error) error {
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) {
		return fmt.Errorf("get an access token: %w", err)
	}
	switch answer.ErrorCode { // RFC 6749 §5.2
	case "invalid_grant":
		return fmt.Errorf("%w (%s)", ErrConsent, answer.ErrorCode)
	case "invalid_client", "unauthorized_client":
		return fmt.Errorf("%w (%s)", ErrClient, answer.ErrorCode)
	}
	return fmt.Errorf("get an access token: the provider answers %d %s", answer.Response.StatusCode, strconv.Quote(answer.ErrorCode))
}

// seal binds a secret to the client and the address it is sent to.
func (l *Logins) seal(o store.OAuth, secret string) []byte {
	return l.store.Keys().Seal(label(o), []byte(secret))
}

func (l *Logins) unseal(o store.OAuth, sealed []byte) (string, error) {
	plain, err := l.store.Keys().Unseal(label(o), sealed)
	if err != nil {
		return "", fmt.Errorf("open a secret of the provider: %w", err)
	}
	return string(plain), nil
}

func label(o store.OAuth) string {
	return "oauth " + strconv.Quote(o.TokenURL) + " " + strconv.Quote(o.ClientID)
}

func (l *Logins) mailbox(id store.MailboxID) (m store.Mailbox, err error) {
	err = l.store.View(func(tx *store.Tx) error {
		m, err = store.Mailboxes.Get(tx, id)
		return err
	})
	return m, err
}

func (l *Logins) change(id store.MailboxID, change func(o *store.OAuth)) error {
	return l.store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, id)
		if err != nil {
			return err
		}
		change(&m.OAuth)
		return store.Mailboxes.Put(tx, id, m)
	})
}

// safe: secrets go over TLS, or stay on this machine.
func safe(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && ip != nil && ip.IsLoopback()
}
