package api

import (
	"context"
	"fmt"
	"time"

	"postolka/account"
	"postolka/match"
	"postolka/privacy"
	"postolka/store"
)

// Selector is one datum to find; Kind is a word of match.ParseKind: email, phone, name, address, …
type Selector struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// FindRequest: selectors are alternatives.
type FindRequest struct {
	Selectors []Selector `json:"selectors"`
	IndexOnly bool       `json:"index_only"`
}

// FindResult is the answer with the truth about it.
type FindResult struct {
	Complete Complete    `json:"complete"`
	Hits     []Hit       `json:"hits"`
	Records  []RecordHit `json:"records"`
	TookMS   int64       `json:"took_ms"`
}

// Complete says what was read, and what could not be.
type Complete struct {
	Scanned     int          `json:"scanned"`
	Of          int          `json:"of"`
	Unreadable  []Unreadable `json:"unreadable"`
	IndexAgrees bool         `json:"index_agrees"`
	IndexOnly   bool         `json:"index_only"`
	Disagree    []uint64     `json:"disagree,omitempty"`
}

// Unreadable is a part for a human to look at.
type Unreadable struct {
	Message   uint64 `json:"message"`
	MessageID string `json:"message_id"`
	Part      string `json:"part"`
	Reason    string `json:"reason"`
}

// Hit is one place in a message. Identifier is the value as it was given.
type Hit struct {
	Message      uint64 `json:"message"`
	MessageID    string `json:"message_id"`
	Mailbox      string `json:"mailbox"`
	Conversation uint64 `json:"conversation"`
	Identifier   string `json:"identifier"`
	Part         string `json:"part"`
	Place        string `json:"place"`
	Name         string `json:"name,omitempty"`
	Form         string `json:"form"`
	Role         string `json:"role"`
}

// RecordHit is one place in a record.
type RecordHit struct {
	Table      string `json:"table"`
	ID         uint64 `json:"id"`
	Field      string `json:"field"`
	Identifier string `json:"identifier"`
	Form       string `json:"form"`
	Derived    bool   `json:"derived"`
}

func identifiers(selectors []Selector) ([]match.Identifier, error) {
	if len(selectors) == 0 {
		return nil, Usage("Nothing to look for: give at least one of --email, --phone, --name, --address, --order, --text or another kind (see find --help), or lines like email:VALUE on standard input.")
	}
	ids := make([]match.Identifier, 0, len(selectors))
	for i, s := range selectors {
		kind, err := match.ParseKind(s.Kind)
		if err != nil {
			return nil, Usage(fmt.Sprintf("Selector %d: %v.", i+1, err))
		}
		id, err := match.ParseIdentifier(kind, s.Value)
		if err != nil {
			return nil, Usage(fmt.Sprintf("Selector %d (%v): %v.", i+1, kind, err))
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func init() {
	on("find", account.FindPersons, find)
}

func find(ctx context.Context, app *App, by account.Agent, req FindRequest, progress Progress) (FindResult, error) {
	ids, err := identifiers(req.Selectors)
	if err != nil {
		return FindResult{}, err
	}
	finding, err := app.Privacy.Find(ctx, by, ids, privacy.FindOptions{IndexOnly: req.IndexOnly, Progress: progress.Of("find")})
	if err != nil {
		return FindResult{}, err
	}
	names, err := mailboxNames(app)
	if err != nil {
		return FindResult{}, err
	}
	return findResult(finding, req.Selectors, names), nil
}

func mailboxNames(app *App) (map[store.MailboxID]string, error) {
	names := map[store.MailboxID]string{}
	err := app.Store.View(func(tx *store.Tx) error {
		for id, m := range store.Mailboxes.All(tx) {
			names[id] = m.Name
		}
		return nil
	})
	return names, err
}

func findResult(f privacy.Finding, asked []Selector, names map[store.MailboxID]string) FindResult {
	r := FindResult{
		Complete: Complete{
			Scanned: f.Complete.Scanned, Of: f.Complete.Of, Unreadable: []Unreadable{},
			IndexAgrees: f.Complete.IndexAgrees, IndexOnly: f.Complete.IndexOnly,
		},
		Hits: []Hit{}, Records: []RecordHit{}, TookMS: f.Took.Round(time.Millisecond).Milliseconds(),
	}
	for _, id := range f.Complete.Disagree {
		r.Complete.Disagree = append(r.Complete.Disagree, uint64(id))
	}
	for _, u := range f.Complete.Unreadable {
		r.Complete.Unreadable = append(r.Complete.Unreadable, Unreadable{uint64(u.Message), u.MessageIDHeader, u.Part, u.Reason})
	}
	for _, h := range f.Hits {
		r.Hits = append(r.Hits, Hit{
			Message: uint64(h.Message), MessageID: h.MessageIDHeader, Mailbox: names[h.Mailbox], Conversation: uint64(h.Conversation),
			Identifier: asked[h.Identifier].Value, Part: h.Part, Place: h.Kind, Name: h.Name, Form: h.Form.String(), Role: h.Role,
		})
	}
	for _, h := range f.Records {
		r.Records = append(r.Records, RecordHit{h.Table, h.ID, h.Field, asked[h.Identifier].Value, h.Form.String(), h.Derived})
	}
	return r
}
