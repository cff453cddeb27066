package account

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"postolka/store"
)

var (
	// ErrNotAllowed: by may not do this to that account.
	ErrNotAllowed = errors.New("not allowed")
	// ErrHasAccounts: the first owner can be created only while there is no account.
	ErrHasAccounts = errors.New("there are accounts already")
	// ErrEmail: no usable address. ErrEmailTaken: another account has it.
	ErrEmail      = errors.New("not an e-mail address")
	ErrEmailTaken = errors.New("address belongs to another account")
	// ErrLastOwner: the only owner who can sign in stays an owner and enabled.
	ErrLastOwner = errors.New("the last owner can't be disabled or demoted")
)

// Accounts are the people who may sign in. Safe for concurrent use. Rights of by are
// read again inside each transaction, so a right that was just taken is gone.
type Accounts struct {
	store    *store.Store
	now      func() time.Time
	throttle *throttle
	// hashing bounds argon2 at work: each takes 19 MiB and a core.
	hashing chan struct{}
	// decoy is the hash of a password nobody has, so that a sign-in costs the same
	// when there is no such account.
	decoy string
}

// New gives the accounts of s; now nil: time.Now.
func New(s *store.Store, now func() time.Time) *Accounts {
	if now == nil {
		now = time.Now
	}
	return &Accounts{store: s, now: now, throttle: newThrottle(now),
		hashing: make(chan struct{}, 2), decoy: decoyHash()}
}

// Account is a person's account as others see it; PasswordHash is always empty.
type Account struct {
	ID store.AgentID
	store.Agent
	Invited bool // has no password yet, or it was reset
}

// NewPerson is asked for by CreateOwner and Add.
type NewPerson struct {
	Name     string
	Email    string
	Role     store.Role
	Password string // empty: the person sets it by an invitation
	Language string // "cs" or "en"; empty: "cs"
	Zone     string // IANA name; empty: the server's
}

// Empty says that there is no account yet: the first start.
func (a *Accounts) Empty() (empty bool, err error) {
	err = a.store.View(func(tx *store.Tx) error {
		_, some := store.Agents.Last(tx)
		empty = !some
		return nil
	})
	return empty, err
}

// CreateOwner makes the first account. ErrHasAccounts, ErrEmail, WeakPassword.
func (a *Accounts) CreateOwner(p NewPerson) (Agent, error) {
	p.Role = store.RoleOwner
	rec, err := a.record(p)
	if err != nil {
		return Agent{}, err
	}
	if rec.PasswordHash == "" {
		return Agent{}, WeakPassword{"short"}
	}
	var id store.AgentID
	err = a.store.Update(func(tx *store.Tx) error {
		if _, some := store.Agents.Last(tx); some {
			return ErrHasAccounts
		}
		var err error
		id, err = store.Agents.Insert(tx, rec)
		return err
	})
	if err != nil {
		return Agent{}, fmt.Errorf("create owner: %w", err)
	}
	return agentOf(id, rec), nil
}

// Add makes an account without rights in any mailbox. Without a password it returns
// an invitation, meant for that person's eyes only. An admin may invite but not choose
// the password: who knows it could read what is granted later. A role can be given
// only by who could do himself all that it allows. ErrNotAllowed, ErrEmail,
// ErrEmailTaken, WeakPassword.
func (a *Accounts) Add(by Agent, p NewPerson) (store.AgentID, Invitation, error) {
	rec, err := a.record(p)
	if err != nil {
		return 0, Invitation{}, err
	}
	var id store.AgentID
	var inv Invitation
	err = a.store.Update(func(tx *store.Tx) error {
		me, err := fresh(tx, by)
		if err != nil {
			return err
		}
		if !mayCommand(me, p.Role) || p.Password != "" && !ownsAll(me) {
			return ErrNotAllowed
		}
		if _, _, err := byEmail(tx, rec.Email); err == nil {
			return ErrEmailTaken
		}
		if id, err = store.Agents.Insert(tx, rec); err != nil || p.Password != "" {
			return err
		}
		inv, err = a.invite(tx, id)
		return err
	})
	if err != nil {
		return 0, Invitation{}, fmt.Errorf("add account: %w", err)
	}
	return id, inv, nil
}

func (a *Accounts) record(p NewPerson) (store.Agent, error) {
	email, err := cleanEmail(p.Email)
	if err != nil {
		return store.Agent{}, err
	}
	rec := store.Agent{Name: strings.TrimSpace(p.Name), Email: email, Role: p.Role,
		Language: cmp.Or(p.Language, "cs"), Zone: p.Zone, CreatedAt: a.now().UTC()}
	if p.Password == "" {
		return rec, nil
	}
	if err := checkPassword(p.Password, rec.Name, rec.Email); err != nil {
		return store.Agent{}, err
	}
	rec.PasswordHash = hashPassword(p.Password)
	return rec, nil
}

// SetRole changes what someone may do outside mailboxes; his sessions go on with the
// new rights. Nobody changes his own role. ErrNotAllowed, ErrLastOwner,
// store.ErrNotFound.
func (a *Accounts) SetRole(by Agent, id store.AgentID, role store.Role) error {
	return a.change(by, id, func(tx *store.Tx, me Agent, rec *store.Agent) error {
		if !mayCommand(me, rec.Role) || !mayCommand(me, role) || isSelf(me, id) {
			return ErrNotAllowed
		}
		rec.Role = role
		return nil
	})
}

// Grant gives a right in one mailbox, RightNone takes it. by manages that mailbox:
// being an admin is not enough, and only an owner may grant to himself. ErrNotAllowed,
// store.ErrNotFound (no such account or mailbox).
func (a *Accounts) Grant(by Agent, id store.AgentID, m store.MailboxID, right store.Right) error {
	return a.change(by, id, func(tx *store.Tx, me Agent, rec *store.Agent) error {
		if !MayIn(me, Manage, m) || isSelf(me, id) && !ownsAll(me) || right > store.RightManage {
			return ErrNotAllowed
		}
		if !store.Mailboxes.Has(tx, m) {
			return store.ErrNotFound
		}
		rec.Grants = slices.DeleteFunc(rec.Grants, func(g store.Grant) bool { return g.Mailbox == m })
		if right != store.RightNone {
			rec.Grants = append(rec.Grants, store.Grant{Mailbox: m, Right: right})
		}
		return nil
	})
}

// Disable ends someone's sessions and keeps him out; his name stays under what he
// wrote. Enable lets him in again with the rights and the password he had.
func (a *Accounts) Disable(by Agent, id store.AgentID) error {
	return a.change(by, id, func(tx *store.Tx, me Agent, rec *store.Agent) error {
		if !mayCommand(me, rec.Role) || isSelf(me, id) {
			return ErrNotAllowed
		}
		if rec.DisabledAt.IsZero() {
			rec.DisabledAt = a.now().UTC()
		}
		if err := dropInvitation(tx, id); err != nil {
			return err
		}
		return dropSessions(tx, id, 0)
	})
}

func (a *Accounts) Enable(by Agent, id store.AgentID) error {
	return a.change(by, id, func(tx *store.Tx, me Agent, rec *store.Agent) error {
		if !mayCommand(me, rec.Role) {
			return ErrNotAllowed
		}
		rec.DisabledAt = time.Time{}
		return nil
	})
}

// Profile is what everyone changes about himself.
type Profile struct {
	Name     string
	Language string
	Zone     string
	KeysOff  bool
	LastSend string
}

// SetProfile changes by's own account.
func (a *Accounts) SetProfile(by Agent, p Profile) error {
	return a.change(by, by.ID, func(tx *store.Tx, me Agent, rec *store.Agent) error {
		rec.Name, rec.Language, rec.Zone = strings.TrimSpace(p.Name), p.Language, p.Zone
		rec.KeysOff, rec.LastSend = p.KeysOff, p.LastSend
		return nil
	})
}

// List gives every account, by name. Who may see addresses and rights of others is
// for the caller to decide (ManagePeople, or Manage of a mailbox).
func (a *Accounts) List() (list []Account, err error) {
	err = a.store.View(func(tx *store.Tx) error {
		list = nil
		for id, rec := range store.Agents.All(tx) {
			list = append(list, accountOf(id, rec))
		}
		return nil
	})
	slices.SortFunc(list, func(x, y Account) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))
	})
	return list, err
}

// Get gives an account as the one who acts, with the rights it has now: for jobs that
// go on in someone's name. store.ErrNotFound; ErrNotAllowed when it is disabled.
func (a *Accounts) Get(id store.AgentID) (agent Agent, err error) {
	err = a.store.View(func(tx *store.Tx) error {
		agent, err = fresh(tx, Agent{ID: id})
		return err
	})
	return agent, err
}

// Account gives an account as others see it; store.ErrNotFound.
func (a *Accounts) Account(id store.AgentID) (p Account, err error) {
	err = a.store.View(func(tx *store.Tx) error {
		rec, err := store.Agents.Get(tx, id)
		p = accountOf(id, rec)
		return err
	})
	return p, err
}

// ByEmail finds an account by its address; store.ErrNotFound.
func (a *Accounts) ByEmail(email string) (p Account, err error) {
	email, err = cleanEmail(email)
	if err != nil {
		return Account{}, store.ErrNotFound
	}
	err = a.store.View(func(tx *store.Tx) error {
		id, rec, err := byEmail(tx, email)
		p = accountOf(id, rec)
		return err
	})
	return p, err
}

// change runs fn over one account with by's rights of this moment and stores the
// result, unless it would leave no owner who can sign in.
func (a *Accounts) change(by Agent, id store.AgentID, fn func(tx *store.Tx, me Agent, rec *store.Agent) error) error {
	err := a.store.Update(func(tx *store.Tx) error {
		me, err := fresh(tx, by)
		if err != nil {
			return err
		}
		rec, err := store.Agents.Get(tx, id)
		if err != nil {
			return err
		}
		was := isActiveOwner(rec)
		if err := fn(tx, me, &rec); err != nil {
			return err
		}
		if was && !isActiveOwner(rec) && !otherOwner(tx, id) {
			return ErrLastOwner
		}
		return store.Agents.Put(tx, id, rec)
	})
	if err != nil {
		return fmt.Errorf("change account %d: %w", id, err)
	}
	return nil
}

// fresh is by with the rights he has at this moment.
func fresh(tx *store.Tx, by Agent) (Agent, error) {
	if by.Kind != Person {
		return by, nil
	}
	rec, err := store.Agents.Get(tx, by.ID)
	if err != nil {
		return Agent{}, err
	}
	if !rec.DisabledAt.IsZero() {
		return Agent{}, ErrNotAllowed
	}
	me := agentOf(by.ID, rec)
	me.Session, me.Address = by.Session, by.Address
	return me, nil
}

func agentOf(id store.AgentID, rec store.Agent) Agent {
	return Agent{ID: id, Kind: Person, Name: rec.Name, Role: rec.Role, Grants: rec.Grants,
		Language: rec.Language, Zone: rec.Zone}
}

func accountOf(id store.AgentID, rec store.Agent) Account {
	invited := rec.PasswordHash == ""
	rec.PasswordHash = ""
	return Account{ID: id, Agent: rec, Invited: invited}
}

// mayCommand: me may give this role, and change accounts that have it.
func mayCommand(me Agent, role store.Role) bool {
	if !MayDo(me, ManagePeople) {
		return false
	}
	other, known := offices[role]
	return known && (me.Kind != Person || offices[me.Role].commands(other))
}

// ownsAll: me may read every mailbox anyway, so no password or grant can raise him.
func ownsAll(me Agent) bool { return MayDo(me, OwnSnapshots) }

func isSelf(me Agent, id store.AgentID) bool { return me.Kind == Person && me.ID == id }

func isActiveOwner(rec store.Agent) bool {
	return rec.Role == store.RoleOwner && rec.DisabledAt.IsZero() && rec.PasswordHash != ""
}

func otherOwner(tx *store.Tx, id store.AgentID) bool {
	for other, rec := range store.Agents.All(tx) {
		if other != id && isActiveOwner(rec) {
			return true
		}
	}
	return false
}

func byEmail(tx *store.Tx, email string) (store.AgentID, store.Agent, error) {
	for id := range store.AgentByEmail.Prefix(tx, store.Key(email)) {
		rec, err := store.Agents.Get(tx, id)
		if err == nil && rec.Email == email {
			return id, rec, nil
		}
	}
	return 0, store.Agent{}, store.ErrNotFound
}

// cleanEmail is deliberately loose: the address is a sign-in name here, and mail
// servers decide what they deliver to.
func cleanEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || len(s) > 254 || strings.ContainsAny(s, " \t\r\n<>,;") ||
		strings.Contains(domain, "@") {
		return "", ErrEmail
	}
	return s, nil
}
