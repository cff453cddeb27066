package privacy

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/mail"
	"postolka/match"
	"postolka/store"
)

// RestrictionGrounds are the key words of GDPR Art. 18(1): the person says that
// the data are wrong (a), wants no erasure although processing is unlawful (b),
// needs them for a claim (c), objected and it is being weighed (d).
var RestrictionGrounds = []string{"accuracy", "unlawful", "claims", "objection"}

// groundHold: the program restricted it when a hold forbade an erasure.
const groundHold = "hold"

var (
	// ErrRestriction: the ground is none of RestrictionGrounds, or no message is named.
	ErrRestriction = errors.New("a restriction needs a known ground and messages")
	// ErrNotTold: the person must be told before a restriction ends (GDPR Art. 18(3)).
	ErrNotTold = errors.New("the person was not told")
	// ErrPurpose: restricted data are shown for a purpose only.
	ErrPurpose = errors.New("a purpose must be given")
)

// RestrictionRow is a restriction in a list; no personal data.
type RestrictionRow struct {
	ID store.RestrictionID
	store.Restriction
	SetByName string
}

// Restrict keeps messages stored and out of use: in no list, thread or search, and in
// no other person's export; still in find and in the person's own export. Whom we
// sent them to is owed a notice (Notices).
// ErrRestriction; desk.ErrNotAllowed: also for a message that does not exist.
func (p *Privacy) Restrict(ctx context.Context, by account.Agent, ground string, messages []store.MessageID) (store.RestrictionID, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return 0, err
	}
	if !slices.Contains(RestrictionGrounds, ground) || len(messages) == 0 {
		return 0, ErrRestriction
	}
	e := p.Log.By(by, audit.Change)
	e.Object, e.Messages = "restrict "+ground, messages
	if err := p.Log.Record(ctx, e); err != nil {
		return 0, err
	}
	var id store.RestrictionID
	err := p.Store.Update(func(tx *store.Tx) (err error) {
		for _, m := range messages {
			if err := there(tx, 0, m); err != nil {
				return err
			}
		}
		if id, err = p.restrict(tx, by, ground, messages); err != nil {
			return err
		}
		return oweRestriction(tx, id, messages)
	})
	return id, err
}

func (p *Privacy) restrict(tx *store.Tx, by account.Agent, ground string, messages []store.MessageID) (store.RestrictionID, error) {
	id, err := store.Restrictions.Insert(tx, store.Restriction{Messages: messages, Ground: ground, SetAt: p.Now().UTC(), SetBy: by.ID})
	if err != nil {
		return 0, err
	}
	return id, p.recomputeAround(tx, messages)
}

// recomputeAround brings the messages' conversations level.
func (p *Privacy) recomputeAround(tx *store.Tx, messages []store.MessageID) error {
	var touched []store.ConversationID
	for _, id := range messages {
		m, err := store.Messages.Get(tx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		touched = append(touched, m.Conversation)
	}
	slices.Sort(touched)
	return p.Desk.Recompute(tx, slices.Compact(touched)...)
}

// LiftRestriction ends it. informed is when the person was told, which comes first
// (GDPR Art. 18(3)): ErrNotTold. ErrLifted, desk.ErrNotAllowed.
func (p *Privacy) LiftRestriction(ctx context.Context, by account.Agent, id store.RestrictionID, informed time.Time) error {
	if err := allowed(by, account.FindPersons); err != nil {
		return err
	}
	if informed.IsZero() || informed.After(p.Now()) {
		return ErrNotTold
	}
	e := p.Log.By(by, audit.Change)
	e.Object = restrictionObject(id) + " lift"
	if err := p.Log.Record(ctx, e); err != nil {
		return err
	}
	return p.Store.Update(func(tx *store.Tx) error {
		r, err := store.Restrictions.Get(tx, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return desk.ErrNotAllowed
		case err != nil:
			return err
		case !r.LiftedAt.IsZero():
			return ErrLifted
		}
		r.InformedAt, r.LiftedAt, r.LiftedBy = informed.UTC(), p.Now().UTC(), by.ID
		if err := store.Restrictions.Put(tx, id, r); err != nil {
			return err
		}
		return p.recomputeAround(tx, r.Messages)
	})
}

func restrictionObject(id store.RestrictionID) string {
	return "restriction " + strconv.FormatUint(uint64(id), 10)
}

// Restrictions lists all, newest first.
func (p *Privacy) Restrictions(by account.Agent) (rows []RestrictionRow, err error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return nil, err
	}
	err = p.Store.View(func(tx *store.Tx) error {
		rows = rows[:0]
		for id, r := range store.Restrictions.All(tx) {
			rows = append(rows, RestrictionRow{id, r, agentName(tx, r.SetBy)})
		}
		return nil
	})
	slices.Reverse(rows)
	return rows, err
}

// RestrictedMessage is one as it is shown for a purpose.
type RestrictedMessage struct {
	ID      store.MessageID
	Record  store.Message
	Text    string
	Mailbox string
}

// OpenRestricted shows a restriction's messages to who finds persons, for a typed
// purpose that goes into the access log. Those erased since are left out.
// ErrPurpose, desk.ErrNotAllowed.
func (p *Privacy) OpenRestricted(ctx context.Context, by account.Agent, id store.RestrictionID, purpose string) ([]RestrictedMessage, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return nil, err
	}
	if strings.TrimSpace(purpose) == "" {
		return nil, ErrPurpose
	}
	list, err := p.restricted(id)
	if err != nil {
		return nil, err
	}
	if err := p.recordOpened(ctx, by, id, list, purpose); err != nil {
		return nil, err
	}
	for i := range list {
		raw, err := p.Store.RawBytes(list[i].ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		list[i].Text = readable(mail.Parse(raw))
	}
	return list, nil
}

// recordOpened masks the messages' people in the purpose, see record.
func (p *Privacy) recordOpened(ctx context.Context, by account.Agent, id store.RestrictionID, list []RestrictedMessage, purpose string) error {
	e := p.Log.By(by, audit.Opened)
	e.Object = restrictionObject(id)
	var people []match.Identifier
	for _, m := range list {
		e.Messages = append(e.Messages, m.ID)
		for _, a := range append(append([]store.Address{m.Record.From}, m.Record.To...), m.Record.Cc...) {
			people = appendIdentifier(people, match.Email, a.Addr)
			people = appendIdentifier(people, match.Name, a.Name)
		}
	}
	masker, err := newMasker(people)
	if err != nil {
		return err
	}
	e.Purpose = masker.mask(purpose)
	return p.Log.Record(ctx, e)
}

// appendIdentifier leaves out what can't be looked for.
func appendIdentifier(list []match.Identifier, kind match.Kind, value string) []match.Identifier {
	if id, err := match.ParseIdentifier(kind, value); err == nil {
		list = append(list, id)
	}
	return list
}

func (p *Privacy) restricted(id store.RestrictionID) (list []RestrictedMessage, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		list = list[:0]
		r, err := store.Restrictions.Get(tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return desk.ErrNotAllowed
		}
		if err != nil {
			return err
		}
		for _, mid := range r.Messages {
			m, err := store.Messages.Get(tx, mid)
			if err != nil {
				return err
			}
			if m.Erased.IsZero() {
				box, _ := store.Mailboxes.Get(tx, m.Mailbox) // a removed one has no name
				list = append(list, RestrictedMessage{ID: mid, Record: m, Mailbox: box.Name})
			}
		}
		return nil
	})
	return list, err
}

// foreign: a restricted message stays out of the exports of those who neither wrote
// nor received it.
func (p *Privacy) foreign(id store.MessageID, role string) (yes bool, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		yes = role == Mentioned && store.Restricted(tx, id)
		return nil
	})
	return yes, err
}
