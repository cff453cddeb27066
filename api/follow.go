package api

import (
	"context"
	"errors"

	"postolka/account"
	"postolka/desk"
	"postolka/store"
)

func init() {
	on("mailbox-deleted", account.ManageMailboxes, mailboxDeleted)
}

// DeletedRequest says what becomes of mail that is deleted at the server: stay,
// follow, or, when the mailbox asks because much went at once, agree or keep.
type DeletedRequest struct {
	Mailbox string `json:"mailbox"`
	Deleted string `json:"deleted"`
}

// mailboxDeleted takes effect at the next look, which is at once while the server runs.
func mailboxDeleted(ctx context.Context, app *App, by account.Agent, req DeletedRequest, _ Progress) (MailboxRow, error) {
	id, err := NameRequest{req.Mailbox}.find(app)
	if err != nil {
		return MailboxRow{}, err
	}
	err = app.Desk.ChooseDeleted(ctx, by, id, desk.DeletedChoice(req.Deleted))
	if errors.Is(err, desk.ErrChoice) {
		return MailboxRow{}, Usage("mailbox deleted takes one of --stay, --follow, --agree and --keep")
	}
	if err != nil {
		return MailboxRow{}, err
	}
	app.Sync.Changed(id)
	return mailboxRow(ctx, app, by, id)
}

func deletedWord(m store.Mailbox) string {
	if m.Follow.Since.IsZero() {
		return string(desk.DeletedStays)
	}
	return string(desk.DeletedFollows)
}
