package api

import (
	"context"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/backup"
	"postolka/store"
)

func init() {
	on("snapshot", account.Snapshots, snapshot)
	on("snapshots", account.Snapshots, snapshots)
	on("drill", account.Snapshots, drill)
	on("key-new", account.OwnSnapshots, newKey)
	on("key-check", account.Snapshots, checkKey)
	on("recipients", account.Snapshots, recipients)
}

// record writes an entry about a thing that is no mailbox content.
func record(ctx context.Context, app *App, by account.Agent, action audit.Action, object string) error {
	e := app.Log.By(by, action)
	e.Object = object
	return app.Log.Record(ctx, e)
}

func snapshot(ctx context.Context, app *App, by account.Agent, _ Empty, progress Progress) (backup.Result, error) {
	if err := record(ctx, app, by, audit.Snapshot, "new"); err != nil {
		return backup.Result{}, err
	}
	return app.Backup.Snapshot(ctx, func(done, total int64) { progress("snapshot", done, total) })
}

// SnapshotRow is one restore point.
type SnapshotRow struct {
	Snapshot string    `json:"snapshot"`
	At       time.Time `json:"at"`
	Bytes    int64     `json:"bytes_written"`
	Referred int64     `json:"bytes_referred"`
	Messages int64     `json:"messages"`
	Proven   bool      `json:"proven"`
	Error    string    `json:"error,omitempty"`
}

// SnapshotList is every restore point that still stands.
type SnapshotList struct {
	Snapshots []SnapshotRow `json:"snapshots"`
}

func snapshots(_ context.Context, app *App, _ account.Agent, _ Empty, _ Progress) (SnapshotList, error) {
	rows := []SnapshotRow{}
	err := app.Store.View(func(tx *store.Tx) error {
		for _, s := range store.Snapshots.All(tx) {
			if s.Deleted.IsZero() {
				rows = append(rows, SnapshotRow{s.Name, s.At, s.Bytes, s.Referred, s.Messages, !s.ProvenAt.IsZero(), s.Error})
			}
		}
		return nil
	})
	return SnapshotList{rows}, err
}

// DrillRequest, of drill and key-check, carries the owner's identity file; it is used in memory and forgotten.
type DrillRequest struct {
	Identity []byte `json:"identity"`
}

func drill(ctx context.Context, app *App, by account.Agent, req DrillRequest, _ Progress) (backup.DrillReport, error) {
	if err := record(ctx, app, by, audit.Snapshot, "drill"); err != nil {
		return backup.DrillReport{}, err
	}
	return app.Backup.Drill(ctx, req.Identity)
}

// KeyRequest: Classic makes an X25519 key for older tools.
type KeyRequest struct {
	Classic bool `json:"classic"`
}

// KeyResult is the identity file, shown once.
type KeyResult struct {
	Identity  []byte `json:"identity"`
	Recipient string `json:"recipient"`
}

func newKey(ctx context.Context, app *App, by account.Agent, req KeyRequest, _ Progress) (KeyResult, error) {
	if err := record(ctx, app, by, audit.Setting, "snapshot key"); err != nil {
		return KeyResult{}, err
	}
	identity, err := app.Backup.NewKey(req.Classic)
	if err != nil {
		return KeyResult{}, err
	}
	all := app.Backup.Recipients()
	return KeyResult{identity, all[len(all)-1]}, nil
}

func checkKey(_ context.Context, app *App, _ account.Agent, req DrillRequest, _ Progress) (Empty, error) {
	if _, err := app.Backup.CheckKey(req.Identity); err != nil {
		return Empty{}, &Failure{ExitWrong, Explain(err).Message}
	}
	return Empty{}, nil
}

// RecipientList is every key that snapshots are encrypted to.
type RecipientList struct {
	Recipients []string `json:"recipients"`
}

func recipients(_ context.Context, app *App, _ account.Agent, _ Empty, _ Progress) (RecipientList, error) {
	return RecipientList{append([]string{}, app.Backup.Recipients()...)}, nil
}
