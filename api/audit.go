package api

import (
	"context"
	"os"
	"path/filepath"

	"encoding/json"

	"postolka/account"
	"postolka/audit"
)

func init() {
	on("audit-verify", account.ReadLog, verifyLog)
	on("audit-export", account.ReadLog, exportLog)
	on("reindex", account.SeeState, reindex)
}

// VerifyRequest may carry a signed checkpoint that was kept elsewhere.
type VerifyRequest struct {
	Checkpoint []byte `json:"checkpoint"`
}

// VerifyResult: no problems means that nothing was changed or dropped.
type VerifyResult struct {
	Entries     int64    `json:"entries"`
	Checkpoints int      `json:"checkpoints"`
	Problems    []string `json:"problems"`
	Checkpoint  string   `json:"checkpoint"` // signed now; keep it elsewhere to compare later
}

func verifyLog(ctx context.Context, app *App, _ account.Agent, req VerifyRequest, _ Progress) (VerifyResult, error) {
	report, err := app.Log.Verify(ctx, req.Checkpoint)
	if err != nil {
		return VerifyResult{}, err
	}
	res := VerifyResult{Entries: report.Entries, Checkpoints: report.Checkpoints, Problems: append([]string{}, report.Problems...)}
	if len(report.Problems) == 0 {
		checkpoint, err := app.Log.Checkpoint(ctx)
		if err != nil {
			return res, err
		}
		res.Checkpoint = string(checkpoint)
	}
	return res, nil
}

// OutRequest names a file to write, by an absolute path that doesn't exist yet.
type OutRequest struct {
	Out string `json:"out"`
}

// LogResult counts what was written.
type LogResult struct {
	Out     string `json:"out"`
	Entries int    `json:"entries"`
}

// exportLog writes the access log as lines of JSON. Reading it is logged, as every reading is.
func exportLog(ctx context.Context, app *App, by account.Agent, req OutRequest, progress Progress) (res LogResult, err error) {
	if !filepath.IsAbs(req.Out) {
		return res, Usage("audit export needs --out FILE")
	}
	if err := record(ctx, app, by, audit.ReadLog, "all"); err != nil {
		return res, err
	}
	f, err := os.OpenFile(req.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return res, err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	enc := json.NewEncoder(f)
	res.Out = req.Out
	for e, err := range app.Log.All() {
		if err != nil {
			return res, err
		}
		if err := enc.Encode(e); err != nil {
			return res, err
		}
		res.Entries++
		progress("audit", int64(res.Entries), 0)
	}
	return res, nil
}

// ReindexResult says how many messages the index holds again.
type ReindexResult struct {
	Messages int `json:"messages"`
}

func reindex(ctx context.Context, app *App, by account.Agent, _ Empty, progress Progress) (ReindexResult, error) {
	var res ReindexResult
	if err := record(ctx, app, by, audit.Setting, "index"); err != nil {
		return res, err
	}
	err := app.Reindex(ctx, func(done, total int) {
		res.Messages = total
		progress("index", int64(done), int64(total))
	})
	return res, err
}
