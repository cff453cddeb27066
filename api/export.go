package api

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

func init() {
	on("export", account.FindPersons, export)
	on("export-others", account.FindPersons, exportOthers)
	on("letter", account.FindPersons, letterFacts)
	on("letter-set", account.FindPersons, setLetterFacts)
}

// ExportRequest asks for a package by selectors, or by the number of a saved find
// (Job). It goes to Out, an absolute path that doesn't exist yet; with Link it is
// kept in DATA and a one-time link to it is made.
type ExportRequest struct {
	Selectors  []Selector `json:"selectors"`
	Job        uint64     `json:"job"`
	Out        string     `json:"out"`
	Link       bool       `json:"link"`
	Lang       string     `json:"lang"` // "cs" or "en"
	Portable   bool       `json:"portable"`
	KeepOthers bool       `json:"keep_others"`
	Keep       []string   `json:"keep"`       // values of the proposal that stay
	Date       string     `json:"date"`       // of the letter, 2026-11-26; empty: today
	Recipients []string   `json:"recipients"` // age public keys
	Passphrase string     `json:"passphrase"`
}

// ExportResult says what is in it and what is not.
type ExportResult struct {
	Out           string     `json:"out,omitempty"`
	Bytes         int64      `json:"bytes"`
	Export        uint64     `json:"export"`
	Link          string     `json:"link,omitempty"` // path and query below the desk's address
	LinkUntil     time.Time  `json:"link_until,omitzero"`
	Messages      int        `json:"messages"`
	Records       int        `json:"records"`
	Letter        bool       `json:"letter"`
	LetterMissing []string   `json:"letter_missing"` // points to fill in first: postolka letter
	Redacted      []OtherRow `json:"redacted"`
	Withheld      []Withheld `json:"withheld"`
}

// OtherRow is another person's datum (Art. 15(4)) and in how many messages and
// records it stands.
type OtherRow struct {
	Kind   string `json:"kind"`
	Value  string `json:"value"`
	Places int    `json:"places"`
}

// Withheld is a part that is not in the package.
type Withheld = privacy.Withheld

func (r ExportRequest) options() (o privacy.ExportOptions, err error) {
	o = privacy.ExportOptions{Lang: r.Lang, Portable: r.Portable, KeepOthers: r.KeepOthers, Keep: r.Keep, Recipients: r.Recipients, Passphrase: r.Passphrase}
	if r.Date != "" {
		if o.Date, err = time.Parse(time.DateOnly, r.Date); err != nil {
			return o, Usage("The date is written like 2026-11-26.")
		}
	}
	return o, nil
}

func export(ctx context.Context, app *App, by account.Agent, req ExportRequest, _ Progress) (ExportResult, error) {
	opt, err := req.options()
	if err != nil {
		return ExportResult{}, err
	}
	if (req.Out == "") != req.Link || req.Out != "" && !filepath.IsAbs(req.Out) {
		return ExportResult{}, Usage("export needs --out FILE.zip, or --link for a link instead of a file")
	}
	if req.Link {
		return exportLink(ctx, app, by, req, opt)
	}
	f, err := os.OpenFile(req.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return ExportResult{}, err
	}
	done, err := exportInto(ctx, app, by, req, opt, f)
	if err == nil {
		err = f.Sync()
	}
	info, statErr := f.Stat()
	err = errors.Join(err, f.Close())
	if err != nil {
		return ExportResult{}, joinRemove(err, req.Out)
	}
	if statErr != nil {
		return ExportResult{}, statErr
	}
	r := exportResult(done)
	r.Out, r.Bytes = req.Out, info.Size()
	return r, nil
}

func exportInto(ctx context.Context, app *App, by account.Agent, req ExportRequest, opt privacy.ExportOptions, f *os.File) (privacy.Exported, error) {
	if req.Job != 0 {
		return app.Privacy.ExportSaved(ctx, by, store.JobID(req.Job), opt, f)
	}
	ids, err := identifiers(req.Selectors)
	if err != nil {
		return privacy.Exported{}, err
	}
	return app.Privacy.Export(ctx, by, ids, opt, f)
}

func exportLink(ctx context.Context, app *App, by account.Agent, req ExportRequest, opt privacy.ExportOptions) (ExportResult, error) {
	done, err := exportKept(ctx, app, by, req, opt)
	if err != nil {
		return ExportResult{}, err
	}
	r := exportResult(done)
	token, until, err := app.Privacy.LinkExport(ctx, by, done.ID)
	if err != nil {
		return ExportResult{}, err
	}
	r.Link, r.LinkUntil = "/package?key="+token, until
	r.Bytes, err = app.Privacy.ExportSize(by, done.ID)
	return r, err
}

func exportKept(ctx context.Context, app *App, by account.Agent, req ExportRequest, opt privacy.ExportOptions) (privacy.Exported, error) {
	if req.Job != 0 {
		return app.Privacy.ExportPerson(ctx, by, store.JobID(req.Job), opt)
	}
	ids, err := identifiers(req.Selectors)
	if err != nil {
		return privacy.Exported{}, err
	}
	return app.Privacy.ExportKept(ctx, by, ids, opt)
}

func exportResult(e privacy.Exported) ExportResult {
	r := ExportResult{Export: uint64(e.ID), Messages: e.Messages, Records: e.Records, Letter: e.Letter, LetterMissing: e.Missing,
		Redacted: otherRows(e.Redacted), Withheld: e.Withheld}
	if r.LetterMissing == nil {
		r.LetterMissing = []string{}
	}
	return r
}

func otherRows(list []privacy.Other) []OtherRow {
	rows := []OtherRow{}
	for _, o := range list {
		rows = append(rows, OtherRow{o.Kind.String(), o.Value, o.Places})
	}
	return rows
}

// OthersResult is what would be redacted.
type OthersResult struct {
	Others []OtherRow `json:"others"`
}

func exportOthers(ctx context.Context, app *App, by account.Agent, req ExportRequest, _ Progress) (OthersResult, error) {
	if req.Job != 0 {
		list, err := app.Privacy.Others(ctx, by, store.JobID(req.Job))
		return OthersResult{otherRows(list)}, err
	}
	ids, err := identifiers(req.Selectors)
	if err != nil {
		return OthersResult{}, err
	}
	list, err := app.Privacy.OthersOf(ctx, by, ids)
	return OthersResult{otherRows(list)}, err
}

// joinRemove removes a half-written package: it would look like a whole one.
func joinRemove(err error, path string) error {
	if removeErr := os.Remove(path); removeErr != nil && !errors.Is(removeErr, fs.ErrNotExist) {
		return &Failure{ExitFailed, Explain(err).Message + " The unfinished file could not be removed: remove it by hand."}
	}
	return err
}

// LetterResult is what the letter under Art. 15 says, and what it lacks.
type LetterResult struct {
	Facts   privacy.LetterFacts `json:"facts"`
	Missing map[string][]string `json:"missing"` // by language; empty: it can be issued
}

func letterFacts(_ context.Context, app *App, by account.Agent, _ Empty, _ Progress) (LetterResult, error) {
	facts, err := app.Privacy.LetterFacts(by)
	return LetterResult{facts, map[string][]string{"cs": facts.Missing("cs"), "en": facts.Missing("en")}}, err
}

func setLetterFacts(ctx context.Context, app *App, by account.Agent, facts privacy.LetterFacts, progress Progress) (LetterResult, error) {
	if err := app.Privacy.SetLetterFacts(ctx, by, facts); err != nil {
		return LetterResult{}, err
	}
	return letterFacts(ctx, app, by, Empty{}, progress)
}
