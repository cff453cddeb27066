package api

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

func init() {
	on("person", account.FindPersons, person)
	on("person-again", account.FindPersons, personAgain)
	on("person-decide", account.FindPersons, personDecide)
	on("person-look", account.FindPersons, personLook)
	on("person-part", account.FindPersons, personPart)
	on("person-plan", account.FindPersons, personPlan)
	on("person-widen", account.FindPersons, personWiden)
}

// PersonRequest names a saved find, and what of it is wanted.
type PersonRequest struct {
	Job    uint64 `json:"job"`
	Filter Filter `json:"filter,omitzero"`
}

// Filter narrows to hits that have all of it: Place "header", "text" or "files";
// Form "exact", "normalised", "inflected" or "seen"; Role, the person's strongest
// part in the message, "author", "recipient" or "mentioned".
type Filter struct {
	Place        string `json:"place,omitempty"`
	Form         string `json:"form,omitempty"`
	Role         string `json:"role,omitempty"`
	New          bool   `json:"new,omitempty"`
	Conversation uint64 `json:"conversation,omitzero"`
}

// PersonResult is a saved find with its decisions. Messages are those with a hit
// under the filter; Counts are of all hits.
type PersonResult struct {
	Job      uint64             `json:"job"`
	Purpose  string             `json:"purpose"`
	Complete Complete           `json:"complete"`
	Looks    privacy.LookCounts `json:"looks"`
	News     *News              `json:"news,omitempty"`
	Counts   privacy.HitCounts  `json:"counts"`
	Messages []PersonMessage    `json:"messages"`
	Records  []RecordHit        `json:"records"`
	Related  []Related          `json:"related"` // proposed to widen it by
}

// Related is a datum that stands near the person, or only resembles one that was
// looked for. Why is "written", "card", "beside" or "similar"; Messages hold it,
// Message is the newest of them.
type Related struct {
	Selector
	Why      string `json:"why"`
	Messages int    `json:"messages"`
	Message  uint64 `json:"message,omitzero"`
}

// PersonWiden adds data to a saved find, and finds again.
type PersonWiden struct {
	Job       uint64     `json:"job"`
	Selectors []Selector `json:"selectors"`
}

// PersonMessage is one decision with the hits that it is about.
type PersonMessage struct {
	Message  uint64 `json:"message"`
	Decision string `json:"decision"`
	Reason   string `json:"reason,omitempty"`
	Until    string `json:"until,omitempty"`
	Hits     []Hit  `json:"hits"`
}

// PersonDecide decides on Messages, or, with none named, on every message with a
// hit under the filter. Expect, if not 0, is how many those must be.
type PersonDecide struct {
	Job      uint64   `json:"job"`
	Messages []uint64 `json:"messages,omitempty"`
	Filter   Filter   `json:"filter,omitzero"`
	Expect   int      `json:"expect,omitzero"`
	Decision string   `json:"decision"` // erase, redact or keep
	Reason   string   `json:"reason,omitempty"`
	Until    string   `json:"until,omitempty"` // 2027-03-05
}

// PersonDecided says on how many messages.
type PersonDecided struct {
	Decided int `json:"decided"`
}

// PersonLook keeps what was seen in a part that could not be read; or, with Out, an
// absolute path that doesn't exist yet, writes the part there to be looked at.
type PersonLook struct {
	Job     uint64 `json:"job"`
	Message uint64 `json:"message"`
	Part    string `json:"part"`
	Found   string `json:"found,omitempty"` // nothing, person or unreadable
	Out     string `json:"out,omitempty"`
}

// PersonLooked sums up the second looks after one.
type PersonLooked struct {
	Looks privacy.LookCounts `json:"looks"`
}

// PersonPart says where a part was written; Name is the file's own.
type PersonPart struct {
	Out   string `json:"out"`
	Name  string `json:"name,omitempty"`
	Bytes int    `json:"bytes"`
}

func (f Filter) filter() (privacy.Filter, error) {
	for _, c := range []struct {
		flag, value string
		words       []string
	}{{"--place", f.Place, []string{"header", "text", "files"}}, {"--form", f.Form, []string{"exact", "normalised", "inflected", "seen"}}, {"--role", f.Role, []string{"author", "recipient", "mentioned"}}} {
		if c.value != "" && !slices.Contains(c.words, c.value) {
			return privacy.Filter{}, Usage(c.flag + " takes " + strings.Join(c.words, ", "))
		}
	}
	return privacy.Filter{Place: f.Place, Form: f.Form, Role: f.Role, New: f.New, Conversation: store.ConversationID(f.Conversation)}, nil
}

func person(ctx context.Context, app *App, by account.Agent, req PersonRequest, _ Progress) (PersonResult, error) {
	filter, err := req.Filter.filter()
	if err != nil {
		return PersonResult{}, err
	}
	saved, err := app.Privacy.Person(ctx, by, store.JobID(req.Job))
	if err != nil {
		return PersonResult{}, explainPerson(err)
	}
	names, err := mailboxNames(app)
	if err != nil {
		return PersonResult{}, err
	}
	found := findResult(saved.Finding, saved.Selectors, names)
	r := PersonResult{Job: req.Job, Purpose: saved.Purpose, Complete: found.Complete, Looks: saved.Finding.Complete.Looks(), News: newsOf(saved.News),
		Counts: saved.Finding.Counts(), Messages: []PersonMessage{}, Records: found.Records, Related: []Related{}}
	for _, n := range saved.Related {
		r.Related = append(r.Related, Related{Selector{n.Kind.String(), n.Value}, string(n.Why), n.Messages, uint64(n.Message)})
	}
	hits := map[store.MessageID][]Hit{}
	for _, h := range filter.Of(saved.Finding.Hits) {
		hits[h.Message] = append(hits[h.Message], hitRow(h, saved.Selectors, names))
	}
	for _, d := range saved.Messages {
		if len(hits[d.Message]) == 0 {
			continue
		}
		m := PersonMessage{Message: uint64(d.Message), Decision: string(d.Decision), Reason: d.Reason, Hits: hits[d.Message]}
		if !d.Until.IsZero() {
			m.Until = d.Until.UTC().Format(time.DateOnly)
		}
		r.Messages = append(r.Messages, m)
	}
	return r, nil
}

func personAgain(ctx context.Context, app *App, by account.Agent, req PersonRequest, _ Progress) (News, error) {
	news, err := app.Privacy.Again(ctx, by, store.JobID(req.Job))
	return News(news), explainPerson(err)
}

func personWiden(ctx context.Context, app *App, by account.Agent, req PersonWiden, _ Progress) (News, error) {
	more, err := identifiers(req.Selectors)
	if err != nil {
		return News{}, err
	}
	news, err := app.Privacy.Widen(ctx, by, store.JobID(req.Job), more...)
	return News(news), explainPerson(err)
}

func personDecide(ctx context.Context, app *App, by account.Agent, req PersonDecide, _ Progress) (PersonDecided, error) {
	filter, err := req.Filter.filter()
	if err != nil {
		return PersonDecided{}, err
	}
	d := privacy.MessageDecision{Decision: privacy.Decision(req.Decision), Reason: req.Reason}
	if !slices.Contains([]privacy.Decision{privacy.EraseIt, privacy.RedactIt, privacy.KeepIt}, d.Decision) {
		return PersonDecided{}, Usage("--decision takes erase, redact or keep")
	}
	if req.Until != "" {
		if d.Until, err = day("--until", req.Until); err != nil {
			return PersonDecided{}, err
		}
	}
	if len(req.Messages) == 0 {
		n, err := app.Privacy.DecideAll(ctx, by, store.JobID(req.Job), filter, req.Expect, d)
		return PersonDecided{n}, explainPerson(err)
	}
	if filter != (privacy.Filter{}) {
		return PersonDecided{}, Usage("name messages, or a filter, not both")
	}
	list := make([]privacy.MessageDecision, len(req.Messages))
	for i, m := range req.Messages {
		list[i] = d
		list[i].Message = store.MessageID(m)
	}
	return PersonDecided{len(list)}, explainPerson(app.Privacy.Decide(ctx, by, store.JobID(req.Job), list...))
}

func personLook(ctx context.Context, app *App, by account.Agent, req PersonLook, _ Progress) (PersonLooked, error) {
	job := store.JobID(req.Job)
	if err := app.Privacy.Looked(ctx, by, job, store.MessageID(req.Message), req.Part, privacy.Verdict(req.Found)); err != nil {
		return PersonLooked{}, explainPerson(err)
	}
	parts, err := app.Privacy.Unread(by, job)
	return PersonLooked{privacy.Completeness{Unreadable: parts}.Looks()}, err
}

func personPart(ctx context.Context, app *App, by account.Agent, req PersonLook, _ Progress) (PersonPart, error) {
	if !filepath.IsAbs(req.Out) {
		return PersonPart{}, Usage("person look needs --out FILE, or --found")
	}
	name, data, err := app.Privacy.OpenPart(ctx, by, store.JobID(req.Job), store.MessageID(req.Message), req.Part)
	if err != nil {
		return PersonPart{}, explainPerson(err)
	}
	f, err := os.OpenFile(req.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return PersonPart{}, err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return PersonPart{}, joinRemove(err, req.Out)
	}
	return PersonPart{Out: req.Out, Name: name, Bytes: len(data)}, nil
}

func personPlan(ctx context.Context, app *App, by account.Agent, req PersonRequest, _ Progress) (privacy.Plan, error) {
	plan, err := app.Privacy.Plan(ctx, by, store.JobID(req.Job))
	return plan, explainPerson(err)
}

// explainPerson says what to do.
func explainPerson(err error) error {
	for known, words := range map[error]string{
		store.ErrNotFound:      "There is no such saved find, or it has no such message or part. Nothing was changed; see postolka find --save.",
		privacy.ErrTooLate:     "This find went on to an erasure, or is over. Nothing was changed.",
		privacy.ErrFindChanged: "The find has other messages under this filter than expected. Nothing was decided; look again with postolka person show.",
		privacy.ErrVerdict:     "--found takes nothing, person or unreadable. Nothing was changed.",
		privacy.ErrSeenStays:   "The person was seen in a part that can't be taken out of its message. Nothing was planned: decide to erase that message, or to keep it with a reason.",
	} {
		if errors.Is(err, known) {
			return &Failure{ExitFailed, words}
		}
	}
	return err
}
