package api

import (
	"context"
	"errors"
	"slices"
	"time"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

func init() {
	on("request-list", account.FindPersons, listRequests)
	on("request-add", account.FindPersons, addRequest)
	on("request-find", account.FindPersons, findForRequest)
	on("request-known", account.FindPersons, knownForRequest)
	on("request-extend", account.FindPersons, extendRequest)
	on("request-letter", account.FindPersons, letterForRequest)
	on("request-answer", account.FindPersons, answerRequest)
	on("request-dismiss", account.FindPersons, dismissRequest)
}

// RequestKinds and requestStates are the words of store.RequestKind and store.RequestState.
var (
	RequestKinds  = []string{"access", "erasure", "rectification", "restriction", "portability", "objection"}
	requestStates = []string{"proposed", "received", "identity", "work", "answered", "dismissed"}
)

// RequestAdd makes a request of a message, or of what came on paper on a day
// (2006-01-02).
type RequestAdd struct {
	Message  uint64 `json:"message,omitzero"`
	Kind     string `json:"kind"`
	Received string `json:"received,omitempty"`
}

// RequestAct does something with one request; Reason and Grounds are words of
// privacy.WaiverReasons, ExtensionReasons and Grounds, Letter one of LetterKinds.
type RequestAct struct {
	ID       uint64   `json:"id"`
	Reason   string   `json:"reason,omitempty"`
	Letter   string   `json:"letter,omitempty"`
	Language string   `json:"language,omitempty"`
	Grounds  []string `json:"grounds,omitempty"`
}

// RequestRow is a request with its clock; no personal data. Days are dates of the
// controller's wall.
type RequestRow struct {
	ID       uint64   `json:"id"`
	Kind     string   `json:"kind"`
	State    string   `json:"state"`
	Mailbox  string   `json:"mailbox,omitempty"`
	Message  uint64   `json:"message,omitzero"`
	Job      uint64   `json:"job,omitzero"`
	Received string   `json:"received"`
	Strict   string   `json:"strict"`
	Legal    string   `json:"legal"`
	Extended bool     `json:"extended"`
	Paused   string   `json:"paused,omitempty"` // legal, moved by the wait for the person's identity
	DaysLeft int      `json:"days_left"`
	Grounds  []string `json:"grounds,omitempty"`
}

// RequestList is the register, what is due first on top.
type RequestList struct {
	Requests []RequestRow `json:"requests"`
}

func listRequests(_ context.Context, app *App, by account.Agent, _ Empty, _ Progress) (RequestList, error) {
	rows, err := app.Privacy.Requests(by)
	list := RequestList{[]RequestRow{}}
	for _, r := range rows {
		row := RequestRow{
			ID: uint64(r.ID), Kind: RequestKinds[r.Kind], State: requestStates[r.State], Mailbox: r.MailboxName, Message: uint64(r.Message), Job: uint64(r.Job),
			Received: r.Dates.Received.Format(time.DateOnly), Strict: r.Due().Format(time.DateOnly), Legal: r.Dates.Legal.Format(time.DateOnly),
			Extended: !r.ExtendedAt.IsZero(), DaysLeft: r.Left(time.Now(), privacy.Zone(by)), Grounds: r.Grounds,
		}
		if row.Extended {
			row.Legal = r.Dates.ExtendedLegal.Format(time.DateOnly)
		}
		if !r.Dates.Paused.Equal(r.Dates.Legal) {
			row.Paused = r.Dates.Paused.Format(time.DateOnly)
		}
		list.Requests = append(list.Requests, row)
	}
	return list, err
}

func addRequest(ctx context.Context, app *App, by account.Agent, req RequestAdd, _ Progress) (IDResult, error) {
	kind := slices.Index(RequestKinds, req.Kind)
	if kind < 0 {
		return IDResult{}, Usage("request add takes --kind access, erasure, rectification, restriction, portability or objection")
	}
	received := time.Now()
	if req.Received != "" {
		var err error
		if received, err = day("--received", req.Received); err != nil {
			return IDResult{}, err
		}
	}
	id, err := app.Privacy.AddRequest(ctx, by, store.MessageID(req.Message), store.RequestKind(kind), received)
	return IDResult{uint64(id)}, err
}

func findForRequest(ctx context.Context, app *App, by account.Agent, req RequestAct, _ Progress) (IDResult, error) {
	job, err := app.Privacy.FindFor(ctx, by, store.RequestID(req.ID))
	return IDResult{uint64(job)}, explainRequest(err)
}

func knownForRequest(ctx context.Context, app *App, by account.Agent, req RequestAct, _ Progress) (Empty, error) {
	return Empty{}, explainRequest(app.Privacy.WaiveIdentity(ctx, by, store.RequestID(req.ID), req.Reason))
}

func extendRequest(ctx context.Context, app *App, by account.Agent, req RequestAct, _ Progress) (Empty, error) {
	return Empty{}, explainRequest(app.Privacy.Extend(ctx, by, store.RequestID(req.ID), req.Reason))
}

func letterForRequest(ctx context.Context, app *App, by account.Agent, req RequestAct, _ Progress) (IDResult, error) {
	c, err := app.Privacy.Letter(ctx, by, store.RequestID(req.ID), req.Language, req.Letter, req.Grounds)
	return IDResult{uint64(c)}, explainRequest(err)
}

func answerRequest(ctx context.Context, app *App, by account.Agent, req RequestAct, _ Progress) (Empty, error) {
	return Empty{}, explainRequest(app.Privacy.Answer(ctx, by, store.RequestID(req.ID), req.Grounds))
}

func dismissRequest(ctx context.Context, app *App, by account.Agent, req RequestAct, _ Progress) (Empty, error) {
	return Empty{}, explainRequest(app.Privacy.Dismiss(ctx, by, store.RequestID(req.ID)))
}

// explainRequest says what to do.
func explainRequest(err error) error {
	for known, words := range map[error]string{
		privacy.ErrAnswered: "The request is over. Nothing was changed.",
		privacy.ErrGround:   "There is no such ground or reason for this kind of request. Nothing was changed; see postolka request --help.",
		privacy.ErrExtend:   "A request is extended once, and within its first month. Nothing was changed.",
		privacy.ErrNobody:   "The request came without a mail. Use find, and write to the person yourself.",
		privacy.ErrLetter:   "The letter would lack what the law wants in it: grounds for a refusal, an extension that was taken, an erasure that is done. Where all was kept, or something for another reason, write a refusal (of a part) with its grounds.",
	} {
		if errors.Is(err, known) {
			return &Failure{ExitFailed, words}
		}
	}
	return err
}
