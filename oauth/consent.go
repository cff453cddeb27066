package oauth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"postolka/store"
)

// Known providers and what they want to be asked, from their own manuals
// (2026-11): https://developers.google.com/workspace/gmail/imap/xoauth2-protocol and
// https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth.
var known = map[string]store.OAuth{
	"google": {Provider: "google", AuthURL: "https://accounts.google.com/o/oauth2/v2/auth", TokenURL: "https://oauth2.googleapis.com/token",
		Scopes: []string{"https://mail.google.com/"}},
	"microsoft": {Provider: "microsoft", AuthURL: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize", TokenURL: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
		Scopes: []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send", "offline_access"}},
}

// Providers are the values of OAuth.Provider, in the order to be offered.
var Providers = []string{"google", "microsoft", "other"}

var (
	// ErrSettings: the client or an address is missing, or an address is not https.
	ErrSettings = errors.New("client or addresses of the provider are not complete")
	// ErrState: this consent was not begun here, or too long ago.
	ErrState = errors.New("the consent was not begun here, or too long ago")
	// ErrNotLasting: the provider gave a consent for an hour only.
	ErrNotLasting = errors.New("the provider gave no refresh token")
)

// consentLimit is how long a person may take at the provider.
const consentLimit = 15 * time.Minute

// begun is a consent that a person is giving.
type begun struct {
	mailbox            store.MailboxID
	verifier, redirect string
	ends               time.Time
}

// Set keeps how tokens for a mailbox are got; known providers have their
// addresses and scopes by themselves. An empty secret keeps the one there is for
// the same client. A consent given for another client is dropped. ErrSettings.
func (l *Logins) Set(id store.MailboxID, o store.OAuth, secret string) error {
	if preset, ok := known[o.Provider]; ok {
		o.AuthURL, o.TokenURL, o.Scopes = preset.AuthURL, preset.TokenURL, preset.Scopes
	}
	o.ClientID = strings.TrimSpace(o.ClientID)
	if o.Provider == "" || o.ClientID == "" || !safe(o.AuthURL) || !safe(o.TokenURL) {
		return ErrSettings
	}
	return l.change(id, func(was *store.OAuth) {
		o.ClientSecret, o.RefreshToken, o.ConsentAt, o.ConsentEnds = nil, nil, time.Time{}, time.Time{}
		if label(o) == label(*was) {
			o.ClientSecret, o.RefreshToken, o.ConsentAt, o.ConsentEnds = was.ClientSecret, was.RefreshToken, was.ConsentAt, was.ConsentEnds
		}
		if secret != "" {
			o.ClientSecret = l.seal(o, secret)
		}
		*was = o
	})
}

// Drop goes back to passwords.
func (l *Logins) Drop(id store.MailboxID) error {
	return l.change(id, func(o *store.OAuth) { *o = store.OAuth{} })
}

// Begin is the address where a person consents, within a quarter of an hour; the
// provider then sends them to redirect. Proof key by RFC 7636.
func (l *Logins) Begin(id store.MailboxID, redirect string) (address string, err error) {
	m, err := l.mailbox(id)
	if err != nil {
		return "", err
	}
	config, err := l.config(m.OAuth)
	if err != nil {
		return "", err
	}
	config.RedirectURL = redirect
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	maps.DeleteFunc(l.begun, func(_ string, b begun) bool { return l.now().After(b.ends) || b.mailbox == id })
	l.begun[state] = begun{id, verifier, redirect, l.now().Add(consentLimit)}
	return config.AuthCodeURL(state, oauth2.AccessTypeOffline, oauth2.S256ChallengeOption(verifier),
		oauth2.SetAuthURLParam("prompt", "consent"), oauth2.SetAuthURLParam("login_hint", m.IMAP.User)), nil
}

// Begun is the mailbox for which the consent of that state was begun. ErrState.
func (l *Logins) Begun(state string) (store.MailboxID, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	b, ok := l.begun[state]
	if !ok || l.now().After(b.ends) {
		return 0, ErrState
	}
	return b.mailbox, nil
}

// Finish trades the code that the provider sent along for tokens, and keeps them.
// A state serves once. ErrState, ErrConsent, ErrClient, ErrNotLasting.
func (l *Logins) Finish(ctx context.Context, state, code string) error {
	l.mutex.Lock()
	b, ok := l.begun[state]
	delete(l.begun, state)
	l.mutex.Unlock()
	if !ok || l.now().After(b.ends) {
		return ErrState
	}
	m, err := l.mailbox(b.mailbox)
	if err != nil {
		return err
	}
	config, err := l.config(m.OAuth)
	if err != nil {
		return err
	}
	config.RedirectURL = b.redirect
	got, err := config.Exchange(l.with(ctx), code, oauth2.VerifierOption(b.verifier))
	if err != nil {
		return explain(err)
	}
	if got.RefreshToken == "" {
		return ErrNotLasting
	}
	return l.keep(b.mailbox, m.OAuth, got)
}

func (l *Logins) keep(id store.MailboxID, o store.OAuth, got *oauth2.Token) error {
	sealed := l.seal(o, got.RefreshToken)
	err := l.change(id, func(now *store.OAuth) {
		now.RefreshToken, now.ConsentAt, now.ConsentEnds = sealed, l.now().UTC(), time.Time{}
		if seconds, ok := got.Extra("refresh_token_expires_in").(float64); ok && seconds > 0 { // Google
			now.ConsentEnds = l.now().UTC().Add(time.Duration(seconds) * time.Second)
		}
	})
	if err != nil {
		return fmt.Errorf("keep the consent: %w", err)
	}
	t := l.token(id)
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.access, t.refresh = got, sealed
	return nil
}

// Warning is what ends soon: "consent_missing", "consent_ends" (a week before) or
// "secret_ends" (a month before); "" when nothing does.
func Warning(o store.OAuth, now time.Time) (key string, at time.Time) {
	soon := func(t time.Time, days int) bool { return !t.IsZero() && now.AddDate(0, 0, days).After(t) }
	switch {
	case o.Provider == "":
		return "", at
	case o.ConsentAt.IsZero():
		return "consent_missing", at
	case soon(o.ConsentEnds, 7):
		return "consent_ends", o.ConsentEnds
	case soon(o.SecretEnds, 30):
		return "secret_ends", o.SecretEnds
	}
	return "", at
}
