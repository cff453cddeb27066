package api

import (
	"context"
	"fmt"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/imapsync"
)

// MailboxHealth is how a mailbox does: Health is a word of desk.Health. Instants
// are left out while there was none.
type MailboxHealth struct {
	Health      string      `json:"health"`
	LastContact *time.Time  `json:"last_contact,omitempty"`
	LastNewMail *time.Time  `json:"last_new_mail,omitempty"`
	SilentDays  int         `json:"silent_days,omitempty"` // without mail, with health "silent"
	UsualADay   int         `json:"usual_a_day,omitempty"`
	Waiting     int         `json:"waiting"`          // older messages that still come
	PerMinute   int         `json:"per_minute"`       // of them
	SecondsLeft int         `json:"seconds_left"`     // 0 also: not known
	NotFetched  int         `json:"not_fetched"`      // on the server, tried again
	Deleted     string      `json:"deleted"`          // at the server: desk.DeletedChoice, stay or follow
	Asking      int         `json:"asking,omitempty"` // so many were deleted there at once: say agree or keep
	Chosen      []string    `json:"chosen_folders,omitempty"`
	Folders     []FolderRow `json:"folders"`
}

// FolderRow compares a folder on the server with what is here:
// server = here + waiting + not_fetched + erased + unexplained.
type FolderRow struct {
	Name        string       `json:"name"`
	Role        string       `json:"role"`
	Server      int          `json:"server"`
	Here        int          `json:"here"`
	Waiting     int          `json:"waiting"`
	NotFetched  []NotFetched `json:"not_fetched"`
	Erased      int          `json:"erased"`      // here, and kept out
	Unexplained int          `json:"unexplained"` // looked for at the next look
	Gone        int          `json:"gone"`        // deleted or moved on the server
	CheckedAt   *time.Time   `json:"checked_at,omitempty"`
}

// NotFetched is a message on the server that could not be fetched or stored.
type NotFetched struct {
	UID      uint32     `json:"uid"`
	Reason   string     `json:"reason"`
	Attempts int        `json:"attempts"`
	TriedAt  *time.Time `json:"tried_at,omitempty"`
}

func healthRow(m desk.MailboxInfo, folders []desk.FolderHealth) MailboxHealth {
	h := MailboxHealth{
		Health: string(m.Health), LastContact: instant(m.Mailbox.LastContact), LastNewMail: instant(m.Mailbox.LastNewMail),
		Waiting: m.Backlog(), PerMinute: m.PerMinute(), SecondsLeft: int(m.TimeLeft().Seconds()), NotFetched: m.NotFetched(),
		Deleted: deletedWord(m.Mailbox), Asking: m.Mailbox.Follow.Asking, Chosen: m.Mailbox.Folders, Folders: []FolderRow{},
	}
	if m.Health == desk.Silent {
		h.SilentDays, h.UsualADay = m.Silence.Days, m.Silence.Usual
	}
	for _, f := range folders {
		row := FolderRow{f.Name, f.Role, int(f.OnServer), f.Here, int(f.Waiting), []NotFetched{}, int(f.Erased), f.Unexplained(), int(f.Gone), instant(f.CheckedAt)}
		for _, b := range f.Quarantined {
			row.NotFetched = append(row.NotFetched, NotFetched{b.UID, b.Reason, b.Attempts, instant(b.TriedAt)})
		}
		h.Folders = append(h.Folders, row)
	}
	return h
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// ailment is what doctor says of a mailbox, by number; "": nothing.
func (m MailboxRow) ailment() string {
	switch desk.Health(m.Health) {
	case desk.Trouble:
		return fmt.Sprintf("Mailbox %d: %s", m.ID, m.LastError)
	case desk.Lost:
		return fmt.Sprintf("Mailbox %d: no contact since %s. Check the network and the server; it is tried again by itself.", m.ID, m.LastContact.Format(time.RFC3339))
	case desk.Asking:
		return fmt.Sprintf("Mailbox %d: %d messages were deleted at the server at once. They stay here until someone says with postolka mailbox deleted --agree or --keep what becomes of them.", m.ID, m.Asking)
	case desk.Silent:
		return fmt.Sprintf("Mailbox %d: no mail for %d days, usually %d a day. The connection is in order: look at redirections and filters at the server.", m.ID, m.SilentDays, m.UsualADay)
	}
	return ""
}

// FoldersRequest lists a mailbox's folders on its server; with All or Only it
// chooses first whose mail comes: all but bin, junk and drafts, or inbox, sent and
// those named in Only.
type FoldersRequest struct {
	Mailbox string   `json:"mailbox"`
	All     bool     `json:"all"`
	Only    []string `json:"only,omitempty"`
}

// FolderList is what is on the server now.
type FolderList struct {
	Folders []imapsync.ServerFolder `json:"folders"`
}

func mailboxFolders(ctx context.Context, app *App, by account.Agent, req FoldersRequest, _ Progress) (FolderList, error) {
	id, err := (NameRequest{req.Mailbox}).find(app)
	if err != nil {
		return FolderList{}, err
	}
	if req.All || len(req.Only) > 0 {
		if err := app.Desk.ChooseFolders(ctx, by, id, req.All, req.Only); err != nil {
			return FolderList{}, err
		}
		app.Sync.Changed(id)
	}
	list, err := app.Sync.ServerFolders(ctx, id)
	if err != nil {
		return FolderList{}, &Failure{ExitFailed, answered(imapsync.Explain, err) + "\nA choice of folders that was given is kept."}
	}
	return FolderList{list}, nil
}

// retryMailbox has what could not be fetched tried again: at once while the server
// runs, else with the next sync.
func retryMailbox(ctx context.Context, app *App, by account.Agent, req NameRequest, _ Progress) (MailboxRow, error) {
	id, err := req.find(app)
	if err != nil {
		return MailboxRow{}, err
	}
	if err := app.Desk.RetryFetch(ctx, by, id); err != nil {
		return MailboxRow{}, err
	}
	app.Sync.Changed(id)
	return mailboxRow(ctx, app, by, id)
}
