package account

import (
	"context"
	"crypto/sha256"
	"fmt"
	"unicode/utf8"

	"postolka/store"
)

// ErrSignIn: address and password don't belong together. It looks and takes the same
// whether there is no such account, the password is wrong, or the account is disabled.
// Agent is for the access log only (0: no such account), never for the answer.
type ErrSignIn struct{ Agent store.AgentID }

func (e ErrSignIn) Error() string { return "wrong address or password" }

// SignIn opens a session and returns its token for the cookie; [Accounts.Session]
// gives its agent. address is the remote one, browser its User-Agent. ErrSignIn,
// ErrThrottled, the context's error while waiting for a turn.
func (a *Accounts) SignIn(ctx context.Context, email, password, address, browser string) (token string, err error) {
	email, err = cleanEmail(email)
	if err != nil {
		email = "" // goes the same way as an unknown one
	}
	if err := a.throttle.admit(email, address); err != nil {
		return "", err
	}
	id, rec := a.signInRecord(email)
	ok, stale, err := a.verify(ctx, rec, password)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", ErrSignIn{Agent: id}
	}
	a.throttle.forgive(email, address)
	fresh := ""
	if stale {
		fresh = hashPassword(password)
	}
	return a.open(id, rec, fresh, address, browser)
}

// signInRecord is the account of an address, or one that nobody can sign in to.
func (a *Accounts) signInRecord(email string) (id store.AgentID, rec store.Agent) {
	err := a.store.View(func(tx *store.Tx) (err error) {
		id, rec, err = byEmail(tx, email)
		return err
	})
	if err != nil {
		return 0, store.Agent{}
	}
	return id, rec
}

// verify does the work of one argon2 whatever the record: an account that is missing,
// disabled or without a password is compared with the decoy and fails.
func (a *Accounts) verify(ctx context.Context, rec store.Agent, password string) (ok, stale bool, err error) {
	select {
	case a.hashing <- struct{}{}:
		defer func() { <-a.hashing }()
	case <-ctx.Done():
		return false, false, ctx.Err()
	}
	usable := rec.PasswordHash != "" && rec.DisabledAt.IsZero() && len(password) <= maxPasswordBytes
	hash := rec.PasswordHash
	if !usable {
		hash, password = a.decoy, ""
	}
	ok, stale, err = verifyPassword(hash, password)
	return ok && usable, stale, err
}

// open writes the session, unless the account changed while the hash was computed.
func (a *Accounts) open(id store.AgentID, was store.Agent, newHash, address, browser string) (string, error) {
	token, now := newToken(), a.now().UTC()
	session := store.Session{Agent: id, TokenHash: sha256.Sum256([]byte(token)), CreatedAt: now, SeenAt: now,
		Address: address, Browser: clip(browser, 200)}
	err := a.store.Update(func(tx *store.Tx) error {
		rec, err := store.Agents.Get(tx, id)
		if err != nil {
			return err
		}
		if rec.PasswordHash != was.PasswordHash || !rec.DisabledAt.IsZero() {
			return ErrSignIn{Agent: id}
		}
		if newHash != "" {
			rec.PasswordHash = newHash
			if err := store.Agents.Put(tx, id, rec); err != nil {
				return err
			}
		}
		_, err = store.Sessions.Insert(tx, session)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("sign in account %d: %w", id, err)
	}
	return token, nil
}

// ChangePassword sets by's own password; his other sessions end. ErrSignIn: old is
// wrong. ErrThrottled, WeakPassword.
func (a *Accounts) ChangePassword(ctx context.Context, by Agent, old, password string) error {
	person, err := a.Account(by.ID)
	if err != nil || by.Kind != Person {
		return ErrNotAllowed
	}
	if err := a.throttle.admit(person.Email, by.Address); err != nil {
		return err
	}
	id, rec := a.signInRecord(person.Email)
	ok, _, err := a.verify(ctx, rec, old)
	if err != nil {
		return err
	}
	if !ok {
		return ErrSignIn{Agent: id}
	}
	a.throttle.forgive(person.Email, by.Address)
	if err := checkPassword(password, rec.Name, rec.Email); err != nil {
		return err
	}
	hash := hashPassword(password)
	return a.change(by, id, func(tx *store.Tx, me Agent, now *store.Agent) error {
		if now.PasswordHash != rec.PasswordHash {
			return ErrSignIn{Agent: id}
		}
		now.PasswordHash = hash
		return dropSessions(tx, id, by.Session)
	})
}

// clip keeps at most n bytes of s, whole runes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
