package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"postolka/store"
)

// ErrNoSession: no such session, or it was ended, or it ran out.
var ErrNoSession = errors.New("not signed in")

const (
	idleLife    = 12 * time.Hour      // without a request
	sessionLife = 30 * 24 * time.Hour // in any case
	seenEvery   = time.Minute         // SeenAt is written at most so often
)

// SignedIn is one session as its owner sees it in the list.
type SignedIn struct {
	ID store.SessionID
	store.Session
}

// Session gives the agent of a cookie's token with the rights he has now: a grant
// taken away is gone with the next request. Address is the one signed in from; a door
// that knows a newer one puts it there. ErrNoSession.
func (a *Accounts) Session(token string) (Agent, error) {
	hash := sha256.Sum256([]byte(token))
	var agent Agent
	var seen time.Time
	err := a.store.View(func(tx *store.Tx) error {
		id, ok := store.SessionByToken.First(tx, store.Key(hash))
		if !ok {
			return ErrNoSession
		}
		session, err := store.Sessions.Get(tx, id)
		if err != nil || session.TokenHash != hash || a.isOver(session) {
			return ErrNoSession
		}
		agent, err = fresh(tx, Agent{ID: session.Agent, Session: id, Address: session.Address})
		if err != nil {
			return ErrNoSession
		}
		seen = session.SeenAt
		return nil
	})
	if err != nil {
		return Agent{}, err
	}
	if a.now().Sub(seen) >= seenEvery {
		return agent, a.touch(agent.Session)
	}
	return agent, nil
}

func (a *Accounts) isOver(s store.Session) bool {
	now := a.now()
	return now.Sub(s.SeenAt) > idleLife || now.Sub(s.CreatedAt) > sessionLife
}

func (a *Accounts) touch(id store.SessionID) error {
	err := a.store.Update(func(tx *store.Tx) error {
		session, err := store.Sessions.Get(tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return ErrNoSession // revoked between the two transactions
		}
		if err != nil {
			return err
		}
		session.SeenAt = a.now().UTC()
		return store.Sessions.Put(tx, id, session)
	})
	if err != nil && !errors.Is(err, ErrNoSession) {
		return fmt.Errorf("session %d: %w", id, err)
	}
	return err
}

// Sessions lists someone's live sessions: one's own, or as who manages people.
func (a *Accounts) Sessions(by Agent, id store.AgentID) (list []SignedIn, err error) {
	err = a.store.View(func(tx *store.Tx) error {
		list = nil
		if err := maySessions(tx, by, id); err != nil {
			return err
		}
		for n := range store.SessionsByAgent.Prefix(tx, store.Key(id)) {
			if s, err := store.Sessions.Get(tx, n); err == nil && s.Agent == id && !a.isOver(s) {
				list = append(list, SignedIn{ID: n, Session: s})
			}
		}
		return nil
	})
	return list, err
}

// SignOut ends the session of a token; an unknown one is no error.
func (a *Accounts) SignOut(token string) error {
	hash := sha256.Sum256([]byte(token))
	return a.store.Update(func(tx *store.Tx) error {
		if id, ok := store.SessionByToken.First(tx, store.Key(hash)); ok {
			return store.Sessions.Delete(tx, id)
		}
		return nil
	})
}

// Revoke ends one session, RevokeAll all of someone's but by's own current one.
// ErrNotAllowed, store.ErrNotFound.
func (a *Accounts) Revoke(by Agent, id store.SessionID) error {
	return a.store.Update(func(tx *store.Tx) error {
		session, err := store.Sessions.Get(tx, id)
		if err != nil {
			return err
		}
		if err := maySessions(tx, by, session.Agent); err != nil {
			return err
		}
		return store.Sessions.Delete(tx, id)
	})
}

func (a *Accounts) RevokeAll(by Agent, id store.AgentID) error {
	return a.store.Update(func(tx *store.Tx) error {
		if err := maySessions(tx, by, id); err != nil {
			return err
		}
		return dropSessions(tx, id, by.Session)
	})
}

// Expire deletes sessions that have run out and says how many; once a day is enough,
// they open nothing meanwhile.
func (a *Accounts) Expire() (n int, err error) {
	err = a.store.Update(func(tx *store.Tx) error {
		var over []store.SessionID
		for id, s := range store.Sessions.All(tx) {
			if a.isOver(s) {
				over = append(over, id)
			}
		}
		n = len(over)
		return deleteSessions(tx, over)
	})
	return n, err
}

func maySessions(tx *store.Tx, by Agent, id store.AgentID) error {
	me, err := fresh(tx, by)
	if err != nil {
		return err
	}
	if !isSelf(me, id) && !MayDo(me, ManagePeople) {
		return ErrNotAllowed
	}
	return nil
}

// dropSessions ends all of someone's sessions but one.
func dropSessions(tx *store.Tx, agent store.AgentID, except store.SessionID) error {
	var list []store.SessionID
	for id := range store.SessionsByAgent.Prefix(tx, store.Key(agent)) {
		if id != except {
			list = append(list, id)
		}
	}
	return deleteSessions(tx, list)
}

func deleteSessions(tx *store.Tx, list []store.SessionID) error {
	for _, id := range list {
		if err := store.Sessions.Delete(tx, id); err != nil {
			return err
		}
	}
	return nil
}

// newToken is 256 random bits as URL-safe text.
func newToken() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
