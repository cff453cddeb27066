package api

import (
	"context"
	"slices"
	"time"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

func init() {
	on("retention-preview", account.FindPersons, previewRetention)
	on("retention-set", account.ManageMailboxes, setRetention)
}

// PreviewRequest asks what retention will erase within so many days; 0: 30.
type PreviewRequest struct {
	Days int `json:"days"`
}

// RetentionPreview is what goes, what stays held, how long each mailbox keeps what is
// solved, and the usual periods with their basis.
type RetentionPreview struct {
	Days      int              `json:"days"`
	Messages  int              `json:"messages"`
	Held      int              `json:"held"`
	Due       []DueRow         `json:"due"`
	Mailboxes []KeepRow        `json:"mailboxes"`
	Presets   []privacy.Preset `json:"presets"`
}

// DueRow is one night's erasure in a mailbox.
type DueRow struct {
	Day           string `json:"day"`
	Mailbox       string `json:"mailbox"`
	Conversations int    `json:"conversations"`
	Messages      int    `json:"messages"`
	Held          int    `json:"held"`
}

// KeepRow is a mailbox's retention; 0 months: kept until erased.
type KeepRow struct {
	Mailbox string `json:"mailbox"`
	Months  int    `json:"months"`
}

// RetentionRequest sets a mailbox's retention by a preset's name, or in months.
type RetentionRequest struct {
	Mailbox string `json:"mailbox"`
	Preset  string `json:"preset,omitzero"`
	Months  int    `json:"months,omitzero"`
}

func previewRetention(_ context.Context, app *App, by account.Agent, req PreviewRequest, _ Progress) (RetentionPreview, error) {
	if req.Days == 0 {
		req.Days = 30
	}
	if req.Days < 0 || req.Days > 3660 {
		return RetentionPreview{}, Usage("--days is 1 to 3660")
	}
	due, err := app.Privacy.Preview(by, req.Days)
	r := RetentionPreview{Days: req.Days, Due: []DueRow{}, Mailboxes: []KeepRow{}, Presets: privacy.Presets}
	for _, d := range due {
		r.Due = append(r.Due, DueRow{d.Day.Format(time.DateOnly), d.Mailbox, d.Conversations, d.Messages, d.Held})
		r.Messages, r.Held = r.Messages+d.Messages, r.Held+d.Held
	}
	if err != nil {
		return r, err
	}
	return r, app.Store.View(func(tx *store.Tx) error {
		r.Mailboxes = r.Mailboxes[:0]
		for _, m := range store.Mailboxes.All(tx) {
			r.Mailboxes = append(r.Mailboxes, KeepRow{m.Name, keptMonths(m)})
		}
		return nil
	})
}

func keptMonths(m store.Mailbox) int { return int((m.Keep + privacy.Month/2) / privacy.Month) }

func setRetention(ctx context.Context, app *App, by account.Agent, req RetentionRequest, _ Progress) (KeepRow, error) {
	if req.Preset != "" {
		i := slices.IndexFunc(privacy.Presets, func(p privacy.Preset) bool { return p.Name == req.Preset })
		if i < 0 {
			return KeepRow{}, Usage("--preset is enquiry, purchase, accounting or vat")
		}
		req.Months = privacy.Presets[i].Months
	}
	if req.Months < 0 || req.Months > 600 {
		return KeepRow{}, Usage("--months is 0 (keep until erased) to 600")
	}
	id, err := NameRequest{req.Mailbox}.find(app)
	if err != nil {
		return KeepRow{}, err
	}
	m, err := NameRequest{req.Mailbox}.mailbox(app)
	if err != nil {
		return KeepRow{}, err
	}
	m.Keep = time.Duration(req.Months) * privacy.Month
	_, err = app.Desk.SaveMailbox(ctx, by, id, m, "", "")
	return KeepRow{req.Mailbox, req.Months}, err
}
