package privacy

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/store"
)

// HoldReasons are the key words of why something must be kept: a legal claim
// (GDPR Art. 17(3)(e)), an authority's order or another legal duty (17(3)(b)).
var HoldReasons = []string{"claim", "authority", "duty"}

var (
	// ErrHold: the reason is none of HoldReasons, or the review is not in the future.
	ErrHold = errors.New("a hold needs a known reason and a review date in the future")
	// ErrLifted: it was lifted before.
	ErrLifted = errors.New("lifted before")
)

// HoldRow is a hold in a list; no personal data.
type HoldRow struct {
	ID store.HoldID
	store.Hold
	SetByName string
	Messages  int // that it keeps now
}

// Overdue: someone should have reviewed it.
func (h HoldRow) Overdue(now time.Time) bool { return h.LiftedAt.IsZero() && h.ReviewAt.Before(now) }

// Hold keeps a conversation, or one message, until its review: it outranks
// retention, and an erasure restricts it instead. Past its review it still holds,
// until someone lifts it. ErrHold, desk.ErrNotAllowed.
func (p *Privacy) Hold(ctx context.Context, by account.Agent, c store.ConversationID, m store.MessageID, reason string, review time.Time) (store.HoldID, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return 0, err
	}
	if !slices.Contains(HoldReasons, reason) || !review.After(p.Now()) || (c == 0) == (m == 0) {
		return 0, ErrHold
	}
	h := store.Hold{Conversation: c, Message: m, Reason: reason, ReviewAt: review.UTC(), SetAt: p.Now().UTC(), SetBy: by.ID}
	e := p.Log.By(by, audit.Change)
	e.Object, e.Conversation = "hold "+reason, c
	if m != 0 {
		e.Messages = []store.MessageID{m}
	}
	if err := p.Log.Record(ctx, e); err != nil {
		return 0, err
	}
	var id store.HoldID
	err := p.Store.Update(func(tx *store.Tx) (err error) {
		if err := there(tx, c, m); err != nil {
			return err
		}
		id, err = store.Holds.Insert(tx, h)
		return err
	})
	return id, err
}

// there: the conversation or message exists and was not erased.
func there(tx *store.Tx, c store.ConversationID, m store.MessageID) error {
	if c != 0 {
		found, err := store.Conversations.Get(tx, c)
		if errors.Is(err, store.ErrNotFound) || err == nil && found.MergedInto != 0 {
			return desk.ErrNotAllowed
		}
		return err
	}
	found, err := store.Messages.Get(tx, m)
	if errors.Is(err, store.ErrNotFound) || err == nil && !found.Erased.IsZero() {
		return desk.ErrNotAllowed
	}
	return err
}

// LiftHold ends a hold. What was restricted under it stays so until that is lifted
// too, or erased. ErrLifted, desk.ErrNotAllowed.
func (p *Privacy) LiftHold(ctx context.Context, by account.Agent, id store.HoldID) error {
	if err := allowed(by, account.FindPersons); err != nil {
		return err
	}
	e := p.Log.By(by, audit.Change)
	e.Object = "hold " + strconv.FormatUint(uint64(id), 10) + " lift"
	if err := p.Log.Record(ctx, e); err != nil {
		return err
	}
	return p.Store.Update(func(tx *store.Tx) error {
		h, err := store.Holds.Get(tx, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return desk.ErrNotAllowed
		case err != nil:
			return err
		case !h.LiftedAt.IsZero():
			return ErrLifted
		}
		h.LiftedAt, h.LiftedBy = p.Now().UTC(), by.ID
		return store.Holds.Put(tx, id, h)
	})
}

// Holds lists those in force by review date, then the lifted ones.
func (p *Privacy) Holds(by account.Agent) (rows []HoldRow, err error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return nil, err
	}
	err = p.Store.View(func(tx *store.Tx) error {
		rows = rows[:0]
		for id, h := range store.Holds.All(tx) {
			rows = append(rows, HoldRow{id, h, agentName(tx, h.SetBy), heldMessages(tx, h)})
		}
		return nil
	})
	slices.SortStableFunc(rows, func(a, b HoldRow) int {
		if a.LiftedAt.IsZero() != b.LiftedAt.IsZero() {
			return map[bool]int{true: -1, false: 1}[a.LiftedAt.IsZero()]
		}
		return a.ReviewAt.Compare(b.ReviewAt)
	})
	return rows, err
}

func heldMessages(tx *store.Tx, h store.Hold) int {
	if h.Conversation == 0 {
		return 1
	}
	return store.MessagesByConversation.Count(tx, store.Key(h.Conversation))
}
