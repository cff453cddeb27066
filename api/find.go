package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
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

// FindRequest: selectors are alternatives. Since takes those of a saved find
// instead, and says what is new; Save keeps the find for decisions, with a purpose.
type FindRequest struct {
	Selectors []Selector `json:"selectors"`
	IndexOnly bool       `json:"index_only"`
	Since     uint64     `json:"since,omitzero"`
	Save      bool       `json:"save,omitzero"`
	Purpose   string     `json:"purpose,omitempty"`
}

// FindResult is the answer with the truth about it.
type FindResult struct {
	Complete Complete    `json:"complete"`
	Hits     []Hit       `json:"hits"`
	Records  []RecordHit `json:"records"`
	TookMS   int64       `json:"took_ms"`
	Job      uint64      `json:"job,omitzero"` // the saved find
	News     *News       `json:"news,omitempty"`
}

// News compare with the find before: what is new has New set.
type News struct {
	Since    time.Time `json:"since"`
	Messages int       `json:"messages"` // with new places
	Hits     int       `json:"hits"`     // new places in them
	Records  int       `json:"records"`  // new places in records
	Gone     int       `json:"gone"`     // places that are not found any more
}

// Complete says what was read, and what could not be.
type Complete struct {
	Scanned     int          `json:"scanned"`
	Of          int          `json:"of"`
	Later       int          `json:"later"` // messages that came while it ran, not read
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
	Look      *Look  `json:"look,omitempty"`
}

// Look is what a person saw in a part: "nothing", "person" or "unreadable".
type Look = privacy.Look

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
	New          bool   `json:"new,omitempty"`
}

// RecordHit is one place in a record.
type RecordHit struct {
	Table      string `json:"table"`
	ID         uint64 `json:"id"`
	Field      string `json:"field"`
	Identifier string `json:"identifier"`
	Form       string `json:"form"`
	Derived    bool   `json:"derived"`
	New        bool   `json:"new,omitempty"`
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
	if req.Save && (req.Since != 0 || req.IndexOnly) || req.Since != 0 && req.IndexOnly {
		return FindResult{}, Usage("--save, --since and --index-only exclude one another")
	}
	if req.Purpose != "" && !slices.Contains(privacy.Purposes, req.Purpose) {
		return FindResult{}, Usage("--purpose takes " + strings.Join(privacy.Purposes, ", "))
	}
	opt := privacy.FindOptions{IndexOnly: req.IndexOnly, Purpose: req.Purpose, Progress: progress.Of("find")}
	if req.Since != 0 {
		return findSince(ctx, app, by, req, opt)
	}
	ids, err := identifiers(req.Selectors)
	if err != nil {
		return FindResult{}, err
	}
	var job store.JobID
	var finding privacy.Finding
	if req.Save {
		job, finding, err = app.Privacy.FindSaved(ctx, by, ids, opt)
	} else {
		finding, err = app.Privacy.Find(ctx, by, ids, opt)
	}
	if err != nil {
		return FindResult{}, err
	}
	names, err := mailboxNames(app)
	r := findResult(finding, ids, names)
	r.Job = uint64(job)
	return r, err
}

func findSince(ctx context.Context, app *App, by account.Agent, req FindRequest, opt privacy.FindOptions) (FindResult, error) {
	if len(req.Selectors) > 0 {
		return FindResult{}, Usage("--since looks for what the saved find looked for; leave the selectors out")
	}
	finding, news, ids, err := app.Privacy.FindSince(ctx, by, store.JobID(req.Since), opt)
	if err != nil {
		return FindResult{}, err
	}
	names, err := mailboxNames(app)
	r := findResult(finding, ids, names)
	r.Job, r.News = req.Since, newsOf(news)
	return r, err
}

// newsOf is nil for a find that was not repeated.
func newsOf(n privacy.News) *News {
	if n.Since.IsZero() {
		return nil
	}
	return (*News)(&n)
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

func findResult(f privacy.Finding, asked []match.Identifier, names map[store.MailboxID]string) FindResult {
	r := FindResult{
		Complete: Complete{
			Scanned: f.Complete.Scanned, Of: f.Complete.Of, Later: f.Complete.Later, Unreadable: unreadable(f.Complete),
			IndexAgrees: f.Complete.IndexAgrees, IndexOnly: f.Complete.IndexOnly,
		},
		Hits: []Hit{}, Records: []RecordHit{}, TookMS: f.Took.Round(time.Millisecond).Milliseconds(),
	}
	for _, id := range f.Complete.Disagree {
		r.Complete.Disagree = append(r.Complete.Disagree, uint64(id))
	}
	for _, h := range f.Hits {
		r.Hits = append(r.Hits, hitRow(h, asked, names))
	}
	for _, h := range f.Records {
		r.Records = append(r.Records, RecordHit{h.Table, h.ID, h.Field, asked[h.Identifier].Value, h.Form.String(), h.Derived, h.New})
	}
	return r
}

func hitRow(h privacy.Hit, asked []match.Identifier, names map[store.MailboxID]string) Hit {
	row := Hit{
		Message: uint64(h.Message), MessageID: h.MessageIDHeader, Mailbox: names[h.Mailbox], Conversation: uint64(h.Conversation),
		Part: h.Part, Place: h.Kind, Name: h.Name, Form: h.FormWord(), Role: h.Role, New: h.New,
	}
	if h.Kind != privacy.SeenKind {
		row.Identifier = asked[h.Identifier].Value
	}
	return row
}

func unreadable(c privacy.Completeness) []Unreadable {
	list := make([]Unreadable, 0, len(c.Unreadable))
	for _, u := range c.Unreadable {
		row := Unreadable{Message: uint64(u.Message), MessageID: u.MessageIDHeader, Part: u.Part, Reason: u.Reason}
		if u.Look.Verdict != "" {
			row.Look = &u.Look
		}
		list = append(list, row)
	}
	return list
}
