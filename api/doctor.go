package api

import (
	"context"
	"fmt"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/oauth"
	"postolka/privacy"
	"postolka/store"
)

func init() { on("doctor", account.SeeState, doctor) }

// DoctorRequest: Deep reads everything, which takes as long as the data is large.
type DoctorRequest struct {
	Deep bool `json:"deep"`
}

// Diagnosis is the state of the system; Problems say what to do.
type Diagnosis struct {
	Version   string       `json:"version"`
	Messages  int          `json:"messages"`
	Volumes   int          `json:"volumes"`
	Bytes     int64        `json:"bytes"`
	FreeDisk  int64        `json:"free_disk"`
	Mailboxes []MailboxRow `json:"mailboxes"`
	Problems  []string     `json:"problems"`
	// Disk says what overwriting is worth below the data.
	Disk privacy.DiskState `json:"disk"`
}

func doctor(ctx context.Context, app *App, by account.Agent, req DoctorRequest, _ Progress) (Diagnosis, error) {
	stats, err := app.Store.Stats()
	if err != nil {
		return Diagnosis{}, err
	}
	d := Diagnosis{
		Version: app.Version, Messages: stats.Messages, Volumes: stats.Volumes,
		Bytes: stats.VolumeBytes + stats.RecordBytes, FreeDisk: stats.FreeDisk, Problems: []string{},
	}
	if d.Disk, err = app.Privacy.Disk(); err != nil {
		return d, err
	}
	mailboxes, err := listMailboxes(ctx, app, by, Empty{}, nil)
	if err != nil {
		return d, err
	}
	d.Mailboxes = mailboxes.Mailboxes
	if stats.FreeDisk < desk.LittleDisk {
		d.Problems = append(d.Problems, fmt.Sprintf("Only %d MiB of disk are free. Free some before mail can't be stored.", stats.FreeDisk>>20))
	}
	for _, m := range d.Mailboxes {
		if wrong := m.ailment(); wrong != "" {
			d.Problems = append(d.Problems, wrong)
		}
		if m.NotFetched > 0 {
			d.Problems = append(d.Problems, fmt.Sprintf("Mailbox %d: %d messages lie on the server and could not be fetched; they are tried again by themselves. Why, and at once again: postolka mailbox list, postolka mailbox retry", m.ID, m.NotFetched))
		}
	}
	if err := consentProblems(app, &d); err != nil {
		return d, err
	}
	if err := snapshotProblems(app, &d); err != nil {
		return d, err
	}
	if err := requestProblems(app, by, &d); err != nil {
		return d, err
	}
	if !req.Deep {
		return d, nil
	}
	problems, err := deepCheck(ctx, app)
	d.Problems = append(d.Problems, problems...)
	return d, err
}

func requestProblems(app *App, by account.Agent, d *Diagnosis) error {
	soon, late, err := app.Privacy.Reminders(by)
	if late > 0 {
		d.Problems = append(d.Problems, fmt.Sprintf("%d requests of data subjects are late. Answer them: postolka request list", late))
	}
	if soon > 0 {
		d.Problems = append(d.Problems, fmt.Sprintf("%d requests of data subjects must be answered within two weeks. What is due first: postolka request list", soon))
	}
	return err
}

// consentProblems words what oauth.Warning finds.
func consentProblems(app *App, d *Diagnosis) error {
	words := map[string]string{
		"consent_missing": "nobody has consented at its provider yet. Open its page and do it there.",
		"consent_ends":    "the consent at its provider ends soon. Renew it on its page.",
		"secret_ends":     "the client secret of its provider ends soon. Get a new one and put it in on its page.",
	}
	return app.Store.View(func(tx *store.Tx) error {
		for id, m := range store.Mailboxes.All(tx) {
			if key, _ := oauth.Warning(m.OAuth, time.Now()); key != "" {
				d.Problems = append(d.Problems, fmt.Sprintf("Mailbox %d: %s", id, words[key]))
			}
		}
		return nil
	})
}

// backupProblems words what desk.BackupState finds.
var backupProblems = map[string]string{
	"key":      "There is no snapshot key, so there are no snapshots. Make one with: postolka key new --out FILE",
	"snapshot": "There is no proven snapshot of the last 36 hours. Make one with: postolka snapshot",
	"drill":    "There was no restore drill with the owner's key in the last month. Do one with: postolka drill --identity FILE",
}

func snapshotProblems(app *App, d *Diagnosis) error {
	list, err := app.Backup.Snapshots()
	if err != nil {
		return err
	}
	for _, word := range desk.BackupState(list, len(app.Backup.Recipients()), time.Now()).Problems {
		d.Problems = append(d.Problems, backupProblems[word])
	}
	return nil
}

func deepCheck(ctx context.Context, app *App) ([]string, error) {
	problems, err := app.Store.Check(ctx)
	if err != nil {
		return problems, err
	}
	var report audit.Report
	if report, err = app.Log.Verify(ctx, nil); err != nil {
		return problems, err
	}
	problems = append(problems, report.Problems...)
	if len(app.Backup.Recipients()) == 0 {
		return problems, nil
	}
	stored, err := app.Backup.ReadBack(ctx, true)
	if err != nil { // the target may be away; the data itself was checked
		stored = append(stored, "The snapshots could not be read back: "+err.Error())
	}
	return append(problems, stored...), nil
}
