package api

import (
	"context"
	"time"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

func init() {
	on("restriction-add", account.FindPersons, addRestriction)
	on("restriction-list", account.FindPersons, listRestrictions)
	on("restriction-show", account.FindPersons, showRestriction)
	on("restriction-lift", account.FindPersons, liftRestriction)
}

// RestrictionRequest restricts messages; Ground is a word of privacy.RestrictionGrounds.
type RestrictionRequest struct {
	Messages []uint64 `json:"messages"`
	Ground   string   `json:"ground"`
}

// RestrictionRow is a restriction; no personal data.
type RestrictionRow struct {
	ID         uint64     `json:"id"`
	Messages   []uint64   `json:"messages"`
	Ground     string     `json:"ground"`
	SetAt      time.Time  `json:"set_at"`
	SetBy      string     `json:"set_by,omitempty"`
	InformedAt *time.Time `json:"informed_at,omitempty"`
	LiftedAt   *time.Time `json:"lifted_at,omitempty"`
}

// RestrictionList is every restriction.
type RestrictionList struct {
	Restrictions []RestrictionRow `json:"restrictions"`
}

// ShowRestrictionRequest opens restricted messages for a purpose, which is logged.
type ShowRestrictionRequest struct {
	ID      uint64 `json:"id"`
	Purpose string `json:"purpose"`
}

// RestrictedList is what a restriction keeps out of sight.
type RestrictedList struct {
	Messages []RestrictedMessage `json:"messages"`
}

// RestrictedMessage is one of them.
type RestrictedMessage struct {
	ID      uint64    `json:"id"`
	Mailbox string    `json:"mailbox"`
	At      time.Time `json:"at"`
	From    string    `json:"from"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
}

// LiftRequest ends a restriction; Informed is the day on which the person was told.
type LiftRequest struct {
	ID       uint64 `json:"id"`
	Informed string `json:"informed"`
}

func addRestriction(ctx context.Context, app *App, by account.Agent, req RestrictionRequest, _ Progress) (IDResult, error) {
	messages := make([]store.MessageID, len(req.Messages))
	for i, m := range req.Messages {
		messages[i] = store.MessageID(m)
	}
	id, err := app.Privacy.Restrict(ctx, by, req.Ground, messages)
	return IDResult{uint64(id)}, err
}

func listRestrictions(_ context.Context, app *App, by account.Agent, _ Empty, _ Progress) (RestrictionList, error) {
	rows, err := app.Privacy.Restrictions(by)
	list := RestrictionList{[]RestrictionRow{}}
	for _, r := range rows {
		row := RestrictionRow{uint64(r.ID), []uint64{}, r.Ground, r.SetAt, r.SetByName, instant(r.InformedAt), instant(r.LiftedAt)}
		for _, m := range r.Messages {
			row.Messages = append(row.Messages, uint64(m))
		}
		list.Restrictions = append(list.Restrictions, row)
	}
	return list, err
}

func showRestriction(ctx context.Context, app *App, by account.Agent, req ShowRestrictionRequest, _ Progress) (RestrictedList, error) {
	messages, err := app.Privacy.OpenRestricted(ctx, by, store.RestrictionID(req.ID), req.Purpose)
	list := RestrictedList{[]RestrictedMessage{}}
	for _, m := range messages {
		list.Messages = append(list.Messages, RestrictedMessage{uint64(m.ID), m.Mailbox, m.Record.ReceivedAt, m.Record.From.Addr, m.Record.Subject, m.Text})
	}
	return list, err
}

func liftRestriction(ctx context.Context, app *App, by account.Agent, req LiftRequest, _ Progress) (Empty, error) {
	if req.Informed == "" {
		return Empty{}, privacy.ErrNotTold
	}
	informed, err := day("--informed", req.Informed)
	if err != nil {
		return Empty{}, err
	}
	return Empty{}, app.Privacy.LiftRestriction(ctx, by, store.RestrictionID(req.ID), informed)
}
