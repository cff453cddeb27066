package api

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/importer"
	"postolka/store"
)

// ImportRequest names files and folders of the host by absolute paths.
type ImportRequest struct {
	Mailbox string   `json:"mailbox"`
	Paths   []string `json:"paths"`
}

// ImportResult: Read = Added + Duplicates + Quarantined + ErasedBefore.
type ImportResult struct {
	Read         int      `json:"read"`
	Added        int      `json:"added"`
	Duplicates   int      `json:"duplicates"`
	Quarantined  int      `json:"quarantined"`
	ErasedBefore int      `json:"erased_before"`
	Unreadable   []string `json:"unreadable_files"`
	Seconds      float64  `json:"seconds"`
}

func init() { on("import", account.ManageMailboxes, importMail) }

// A batch is a commit: large enough to be quick, small enough to be held.
const (
	batchMessages = 500
	batchBytes    = 16 << 20
)

func importMail(ctx context.Context, app *App, by account.Agent, req ImportRequest, progress Progress) (ImportResult, error) {
	started := time.Now()
	res := ImportResult{Unreadable: []string{}}
	if len(req.Paths) == 0 {
		return res, Usage("import needs at least one file or folder")
	}
	for _, p := range req.Paths {
		if !filepath.IsAbs(p) {
			return res, Usage("import takes absolute paths")
		}
	}
	mailbox, err := mailboxForImport(ctx, app, by, req.Mailbox)
	if err != nil {
		return res, err
	}
	entry := app.Log.By(by, audit.Import)
	entry.Mailbox = mailbox
	if err := app.Log.Record(ctx, entry); err != nil {
		return res, err
	}
	in := intake{ctx: ctx, app: app, mailbox: mailbox, res: &res, progress: progress}
	problems, err := importer.Walk(ctx, req.Paths, in.add)
	if err == nil {
		err = in.flush()
	}
	for _, p := range problems {
		res.Unreadable = append(res.Unreadable, fmt.Sprintf("%s: %v", p.Path, p.Err))
	}
	res.Seconds = time.Since(started).Seconds()
	if err == nil && res.Read == 0 && len(problems) > 0 {
		return res, &Failure{ExitFailed, "Nothing could be read: " + res.Unreadable[0] + ". No message was taken in. Make it readable for the user who runs postolka, and run the command again."}
	}
	return res, err
}

// mailboxForImport finds the mailbox, or makes one without a server.
func mailboxForImport(ctx context.Context, app *App, by account.Agent, name string) (store.MailboxID, error) {
	if name == "" {
		return 0, Usage("import needs --mailbox NAME")
	}
	id, err := app.Desk.MailboxByName(name)
	if errors.Is(err, store.ErrNotFound) {
		return app.Desk.SaveMailbox(ctx, by, 0, store.Mailbox{Name: name}, "", "")
	}
	return id, err
}

type intake struct {
	ctx      context.Context
	app      *App
	mailbox  store.MailboxID
	res      *ImportResult
	progress Progress
	batch    []desk.Incoming
	bytes    int
}

func (in *intake) add(m importer.Mail) error {
	in.batch = append(in.batch, desk.Incoming{
		Raw: m.Raw, Mailbox: in.mailbox, Origin: store.FromImport, ReceivedAt: m.ReceivedAt, Sent: m.Sent, Quiet: true,
	})
	in.bytes += len(m.Raw)
	if len(in.batch) < batchMessages && in.bytes < batchBytes {
		return nil
	}
	return in.flush()
}

func (in *intake) flush() error {
	if len(in.batch) == 0 {
		return nil
	}
	outcomes, err := in.app.Desk.Intake(in.ctx, in.batch)
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		in.res.count(o.Result)
	}
	in.batch, in.bytes = in.batch[:0], 0
	in.progress("import", int64(in.res.Read), 0)
	return nil
}

func (r *ImportResult) count(result desk.Result) {
	r.Read++
	switch result {
	case desk.Added:
		r.Added++
	case desk.Duplicate:
		r.Duplicates++
	case desk.Quarantined:
		r.Quarantined++
	case desk.ErasedBefore:
		r.ErasedBefore++
	}
}
