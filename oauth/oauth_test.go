package oauth

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"postolka/oauth/oauthtest"
	"postolka/store"
	"postolka/store/storetest"
)

type world struct {
	*testing.T
	store    *store.Store
	logins   *Logins
	provider *oauthtest.Provider
	box      store.MailboxID
	clock    time.Time
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, store: storetest.New(t), provider: oauthtest.New(t, "shop"), clock: time.Now()}
	w.logins = w.restart()
	w.must(w.store.Update(func(tx *store.Tx) (err error) {
		w.box, err = store.Mailboxes.Insert(tx, store.Mailbox{Name: "podpora@", IMAP: store.Server{Host: "127.0.0.1", User: "shop"}})
		return err
	}))
	w.must(w.logins.Set(w.box, w.provider.Settings(), oauthtest.Secret))
	return w
}

func (w *world) restart() *Logins {
	l := New(w.store)
	l.now = func() time.Time { return w.clock }
	return l
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) record() store.Mailbox {
	m, err := w.logins.mailbox(w.box)
	w.must(err)
	return m
}

func (w *world) consent() {
	w.Helper()
	w.provider.Connect(w.T, w.logins, w.box)
}

func (w *world) login(l *Logins) (string, error) {
	m := w.record()
	login, err := l.Login(w.Context(), w.box, m, m.IMAP)
	return login.Token, err
}

func TestLoginByConsent(t *testing.T) {
	w := newWorld(t)
	if _, err := w.login(w.logins); !errors.Is(err, ErrConsent) {
		t.Fatalf("before the consent: got %v", err)
	}
	w.consent()
	first, err := w.login(w.logins)
	if err != nil || first == "" || w.provider.Renewed() != 0 {
		t.Fatalf("got %q, %v, renewed %d times", first, err, w.provider.Renewed())
	}
	for n := range 3 { // each refresh token serves once, so each has to be kept
		w.clock = w.clock.Add(time.Hour)
		next, err := w.login(w.restart())
		if err != nil || next == first || w.provider.Renewed() != n+1 {
			t.Fatalf("after %d hours and a restart: got %q, %v, renewed %d times", n+1, next, err, w.provider.Renewed())
		}
	}
	w.provider.Withdraw()
	if _, err := w.login(w.restart()); !errors.Is(err, ErrConsent) {
		t.Errorf("after withdrawal: got %v", err)
	}
}

// Sync and outbox ask at the same moment.
func TestRenewsOnce(t *testing.T) {
	w := newWorld(t)
	w.consent()
	w.logins = w.restart()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := w.login(w.logins); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := w.provider.Renewed(); n != 1 {
		t.Errorf("renewed %d times, want once", n)
	}
	w.logins.Forget(w.box)
	if _, err := w.login(w.logins); err != nil || w.provider.Renewed() != 2 {
		t.Errorf("after Forget: %v, renewed %d times", err, w.provider.Renewed())
	}
}

// What was given for one client or address goes to no other.
func TestSecretsStayWithTheirAddress(t *testing.T) {
	w := newWorld(t)
	w.consent()
	other := oauthtest.New(t, "shop")
	w.must(w.logins.Set(w.box, other.Settings(), ""))
	if o := w.record().OAuth; o.ClientSecret != nil || o.RefreshToken != nil || !o.ConsentAt.IsZero() {
		t.Error("another token address keeps the secrets")
	}
	if _, err := w.login(w.logins); !errors.Is(err, ErrConsent) || other.Renewed() != 0 {
		t.Errorf("got %v, and the other provider was asked %d times", err, other.Renewed())
	}
	for _, address := range []string{"http://login.example/token", "ftp://127.0.0.1/", "", "login.example"} {
		o := w.provider.Settings()
		o.TokenURL = address
		if err := w.logins.Set(w.box, o, ""); !errors.Is(err, ErrSettings) {
			t.Errorf("token address %q: got %v", address, err)
		}
	}
}

func TestFinishRefuses(t *testing.T) {
	w := newWorld(t)
	address, err := w.logins.Begin(w.box, "http://127.0.0.1/back")
	w.must(err)
	back := oauthtest.Consent(t, address)
	if err := w.logins.Finish(t.Context(), "x", back.Get("code")); !errors.Is(err, ErrState) {
		t.Errorf("another state: got %v", err)
	}
	if err := w.logins.Finish(t.Context(), back.Get("state"), "x"); !errors.Is(err, ErrConsent) {
		t.Errorf("another code: got %v", err)
	}
	if err := w.logins.Finish(t.Context(), back.Get("state"), back.Get("code")); !errors.Is(err, ErrState) {
		t.Errorf("a second time: got %v", err)
	}
	address, err = w.logins.Begin(w.box, "http://127.0.0.1/back")
	w.must(err)
	back = oauthtest.Consent(t, address)
	w.clock = w.clock.Add(time.Hour)
	if err := w.logins.Finish(t.Context(), back.Get("state"), back.Get("code")); !errors.Is(err, ErrState) {
		t.Errorf("an hour later: got %v", err)
	}
	w.provider.Say("refresh_token", "")
	address, err = w.logins.Begin(w.box, "http://127.0.0.1/back")
	w.must(err)
	back = oauthtest.Consent(t, address)
	if err := w.logins.Finish(t.Context(), back.Get("state"), back.Get("code")); !errors.Is(err, ErrNotLasting) {
		t.Errorf("without a refresh token: got %v", err)
	}
	w.must(w.logins.Set(w.box, w.provider.Settings(), "wrong"))
	address, err = w.logins.Begin(w.box, "http://127.0.0.1/back")
	w.must(err)
	back = oauthtest.Consent(t, address)
	if err := w.logins.Finish(t.Context(), back.Get("state"), back.Get("code")); !errors.Is(err, ErrClient) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("a wrong client secret: got %v", err)
	}
}

func TestWarning(t *testing.T) {
	w := newWorld(t)
	warns := func(want string) {
		t.Helper()
		if key, _ := Warning(w.record().OAuth, w.clock); key != want {
			t.Errorf("got %q, want %q", key, want)
		}
	}
	warns("consent_missing")
	w.provider.Say("refresh_token_expires_in", 10*24*3600)
	w.consent()
	warns("")
	w.clock = w.clock.AddDate(0, 0, 4)
	warns("consent_ends")
	w.provider.Say("refresh_token_expires_in", 0)
	w.consent()
	o := w.record().OAuth
	o.SecretEnds = w.clock.AddDate(0, 0, 20)
	w.must(w.logins.Set(w.box, o, ""))
	warns("secret_ends")
	w.must(w.logins.Drop(w.box))
	warns("")
}
