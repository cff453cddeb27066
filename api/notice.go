package api

import (
	"context"
	"errors"
	"time"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

func init() {
	on("notice-list", account.FindPersons, listNotices)
	on("notice-over", account.FindPersons, endNotice)
}

// NoticeRow is someone who was sent what was erased (by Job) or restricted since, and
// must be told (Art. 19 GDPR); Recipient is empty when that is over.
type NoticeRow struct {
	ID          uint64 `json:"id"`
	Job         uint64 `json:"job,omitzero"`
	Restriction uint64 `json:"restriction,omitzero"`
	Recipient   string `json:"recipient,omitempty"`
	LastSent    string `json:"last_sent"` // day
	State       string `json:"state"`     // "owed", "told", "impossible" or "effort"
}

// NoticeList has those that are owed first.
type NoticeList struct {
	Notices []NoticeRow `json:"notices"`
}

// NoticeAct ends a notice; without an Excuse the recipient was told.
type NoticeAct struct {
	ID     uint64 `json:"id"`
	Excuse string `json:"excuse,omitempty"` // of privacy.Excuses
}

func listNotices(ctx context.Context, app *App, by account.Agent, _ Empty, _ Progress) (NoticeList, error) {
	rows, err := app.Privacy.Notices(ctx, by)
	list := NoticeList{[]NoticeRow{}}
	for _, n := range rows {
		row := NoticeRow{ID: uint64(n.ID), Job: uint64(n.Job), Restriction: uint64(n.Restriction), Recipient: n.Recipient, LastSent: n.LastSent.In(privacy.Zone(by)).Format(time.DateOnly), State: "owed"}
		if !n.OverAt.IsZero() {
			row.State = "told"
		}
		if n.Excuse != "" {
			row.State = n.Excuse
		}
		list.Notices = append(list.Notices, row)
	}
	return list, err
}

func endNotice(ctx context.Context, app *App, by account.Agent, req NoticeAct, _ Progress) (Empty, error) {
	err := app.Privacy.Told(ctx, by, store.NoticeID(req.ID), req.Excuse)
	switch {
	case errors.Is(err, privacy.ErrGround):
		return Empty{}, Usage("request told takes --excuse impossible or effort, or none")
	case errors.Is(err, privacy.ErrAnswered):
		return Empty{}, &Failure{ExitFailed, "This notice is over. Nothing was changed."}
	}
	return Empty{}, err
}
