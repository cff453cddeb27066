package api

import (
	"context"
	"time"

	"postolka/account"
	"postolka/store"
)

func init() {
	on("hold-add", account.FindPersons, addHold)
	on("hold-list", account.FindPersons, listHolds)
	on("hold-lift", account.FindPersons, liftHold)
}

// HoldRequest holds a conversation or a message; Reason is a word of
// privacy.HoldReasons, Review a day (2006-01-02).
type HoldRequest struct {
	Conversation uint64 `json:"conversation,omitzero"`
	Message      uint64 `json:"message,omitzero"`
	Reason       string `json:"reason"`
	Review       string `json:"review"`
}

// IDRequest names a thing by its number.
type IDRequest struct {
	ID uint64 `json:"id"`
}

// IDResult is the number of what was made.
type IDResult struct {
	ID uint64 `json:"id"`
}

// HoldRow is a hold; no personal data.
type HoldRow struct {
	ID           uint64     `json:"id"`
	Conversation uint64     `json:"conversation,omitzero"`
	Message      uint64     `json:"message,omitzero"`
	Messages     int        `json:"messages"`
	Reason       string     `json:"reason"`
	Review       string     `json:"review"`
	Overdue      bool       `json:"overdue"`
	SetAt        time.Time  `json:"set_at"`
	SetBy        string     `json:"set_by,omitempty"`
	LiftedAt     *time.Time `json:"lifted_at,omitempty"`
}

// HoldList is every hold.
type HoldList struct {
	Holds []HoldRow `json:"holds"`
}

// day reads a date of the command line; wrong ones are the caller's.
func day(flag, text string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, Usage(flag + " takes a day like 2027-03-31")
	}
	return t, nil
}

func addHold(ctx context.Context, app *App, by account.Agent, req HoldRequest, _ Progress) (IDResult, error) {
	if (req.Conversation == 0) == (req.Message == 0) {
		return IDResult{}, Usage("hold add takes either --conversation N or --message N")
	}
	review, err := day("--review", req.Review)
	if err != nil {
		return IDResult{}, err
	}
	id, err := app.Privacy.Hold(ctx, by, store.ConversationID(req.Conversation), store.MessageID(req.Message), req.Reason, review)
	return IDResult{uint64(id)}, err
}

func listHolds(_ context.Context, app *App, by account.Agent, _ Empty, _ Progress) (HoldList, error) {
	holds, err := app.Privacy.Holds(by)
	list := HoldList{[]HoldRow{}}
	for _, h := range holds {
		list.Holds = append(list.Holds, HoldRow{uint64(h.ID), uint64(h.Conversation), uint64(h.Message), h.Messages, h.Reason,
			h.ReviewAt.Format(time.DateOnly), h.Overdue(time.Now()), h.SetAt, h.SetByName, instant(h.LiftedAt)})
	}
	return list, err
}

func liftHold(ctx context.Context, app *App, by account.Agent, req IDRequest, _ Progress) (Empty, error) {
	return Empty{}, app.Privacy.LiftHold(ctx, by, store.HoldID(req.ID))
}
