package account

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"postolka/store"
)

// ErrInvitation: the secret is unknown, used, expired, or a newer one was made.
var ErrInvitation = errors.New("invitation is not valid any more")

// invitationLife is how long a secret opens its account.
const invitationLife = 48 * time.Hour

// Invitation lets one person set a password once. Secret goes into a link for that
// person's eyes only; the store keeps its hash.
type Invitation struct {
	Secret  string
	Expires time.Time
	// Lost are rights in mailboxes that a reset took away, see ResetPassword.
	Lost []store.Grant
}

// openInvitation is kept as the setting "account/invitation/ID".
type openInvitation struct {
	Hash    [32]byte
	Expires time.Time
}

// ResetPassword makes the old password useless, ends the person's sessions and returns
// an invitation. Whoever does this holds the secret first and could use it himself;
// so the account loses its rights in every mailbox that by doesn't manage himself
// (Lost), and their managers give them again when the person is back. A reset never
// shows an admin any mail. Nobody resets his own (ChangePassword). ErrNotAllowed,
// store.ErrNotFound.
func (a *Accounts) ResetPassword(by Agent, id store.AgentID) (Invitation, error) {
	var inv Invitation
	err := a.change(by, id, func(tx *store.Tx, me Agent, rec *store.Agent) error {
		if !mayCommand(me, rec.Role) || isSelf(me, id) {
			return ErrNotAllowed
		}
		var lost []store.Grant
		rec.Grants = slices.DeleteFunc(rec.Grants, func(g store.Grant) bool {
			keep := MayIn(me, Manage, g.Mailbox)
			if !keep {
				lost = append(lost, g)
			}
			return !keep
		})
		rec.PasswordHash = ""
		if err := dropSessions(tx, id, 0); err != nil {
			return err
		}
		var err error
		inv, err = a.invite(tx, id)
		inv.Lost = lost
		return err
	})
	if err != nil {
		return Invitation{}, err
	}
	return inv, nil
}

// Invited says whose invitation a secret is, without using it up. ErrInvitation.
func (a *Accounts) Invited(secret string) (id store.AgentID, err error) {
	err = a.store.View(func(tx *store.Tx) error {
		id, err = a.redeemable(tx, secret)
		return err
	})
	return id, err
}

// Redeem sets the password of the invited person; the invitation is used up. He signs
// in after that. ErrInvitation, WeakPassword.
func (a *Accounts) Redeem(secret, password string) (store.AgentID, error) {
	id, err := a.Invited(secret)
	if err != nil {
		return 0, err
	}
	person, err := a.Account(id)
	if err != nil {
		return 0, err
	}
	if err := checkPassword(password, person.Name, person.Email); err != nil {
		return 0, err
	}
	hash := hashPassword(password)
	err = a.store.Update(func(tx *store.Tx) error {
		if _, err := a.redeemable(tx, secret); err != nil {
			return err
		}
		rec, err := store.Agents.Get(tx, id)
		if err != nil {
			return err
		}
		rec.PasswordHash = hash
		if err := store.Agents.Put(tx, id, rec); err != nil {
			return err
		}
		return dropInvitation(tx, id)
	})
	if err != nil {
		return 0, fmt.Errorf("redeem invitation of account %d: %w", id, err)
	}
	return id, nil
}

// redeemable finds the account that a secret "ID.RANDOM" opens now.
func (a *Accounts) redeemable(tx *store.Tx, secret string) (store.AgentID, error) {
	head, _, _ := strings.Cut(secret, ".")
	n, err := strconv.ParseUint(head, 10, 64)
	if err != nil {
		return 0, ErrInvitation
	}
	id := store.AgentID(n)
	_, set, err := setting(tx, invitationName(id))
	if err != nil {
		return 0, ErrInvitation
	}
	var open openInvitation
	if err := json.Unmarshal(set.Value, &open); err != nil {
		return 0, ErrInvitation
	}
	got := sha256.Sum256([]byte(secret))
	rec, err := store.Agents.Get(tx, id)
	if subtle.ConstantTimeCompare(got[:], open.Hash[:]) != 1 || !a.now().Before(open.Expires) ||
		err != nil || !rec.DisabledAt.IsZero() {
		return 0, ErrInvitation
	}
	return id, nil
}

// invite replaces any open invitation of the account by a new one.
func (a *Accounts) invite(tx *store.Tx, id store.AgentID) (Invitation, error) {
	if err := dropInvitation(tx, id); err != nil {
		return Invitation{}, err
	}
	inv := Invitation{Secret: fmt.Sprintf("%d.%s", id, newToken()), Expires: a.now().UTC().Add(invitationLife)}
	value, err := json.Marshal(openInvitation{Hash: sha256.Sum256([]byte(inv.Secret)), Expires: inv.Expires})
	if err != nil {
		return Invitation{}, err
	}
	_, err = store.Settings.Insert(tx, store.Setting{Name: invitationName(id), Value: value})
	return inv, err
}

func dropInvitation(tx *store.Tx, id store.AgentID) error {
	n, _, err := setting(tx, invitationName(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return store.Settings.Delete(tx, n)
}

func invitationName(id store.AgentID) string { return fmt.Sprintf("account/invitation/%d", id) }

func setting(tx *store.Tx, name string) (store.SettingID, store.Setting, error) {
	for id := range store.SettingByName.Prefix(tx, store.Key(name)) {
		set, err := store.Settings.Get(tx, id)
		if err == nil && set.Name == name {
			return id, set, nil
		}
	}
	return 0, store.Setting{}, store.ErrNotFound
}
