// Package api is one JSON action for each thing an administrator does. The
// command line sends it over control.sock while a server runs, and runs it on
// the opened data directory when none does: the same action, the same result.
//
// An action is POST /v1/NAME with a JSON object. The answer is lines of JSON:
// any number of {"progress":{…}}, then one {"result":{…}} or {"error":{…}}.
// control.sock has mode 0600 in a directory of mode 0700: who can open it is
// the owner of the data, and acts as the command line of the host.
package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"sort"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/backup"
	"postolka/desk"
	"postolka/imapsync"
	"postolka/oauth"
	"postolka/privacy"
	"postolka/store"
)

// App is what actions work with; main wires it.
type App struct {
	Dir      string
	Store    *store.Store
	Log      *audit.Log
	Accounts *account.Accounts
	Desk     *desk.Desk
	Privacy  *privacy.Privacy
	Backup   *backup.Backup
	Sync     *imapsync.Sync
	Logins   *oauth.Logins
	// Reindex drops the search index and builds it again from volumes and records.
	Reindex func(ctx context.Context, progress func(done, total int)) error
	Logger  *slog.Logger
	Version string
	Started time.Time
}

// Progress tells how far an action is; total 0: unknown.
type Progress func(what string, done, total int64)

// Of makes a counter for a callee that says only done and total.
func (p Progress) Of(what string) func(done, total int) {
	return func(done, total int) { p(what, int64(done), int64(total)) }
}

type action func(ctx context.Context, app *App, by account.Agent, request json.RawMessage, progress Progress) (any, error)

var actions = map[string]action{}

// on registers an action under its name; by must be allowed act on the whole
// instance. Rights on mailboxes are decided in the use cases.
func on[Request, Result any](name string, act account.Act, run func(context.Context, *App, account.Agent, Request, Progress) (Result, error)) {
	actions[name] = func(ctx context.Context, app *App, by account.Agent, raw json.RawMessage, progress Progress) (any, error) {
		if !account.MayDo(by, act) {
			return nil, desk.ErrNotAllowed
		}
		var request Request
		if err := json.Unmarshal(raw, &request); err != nil {
			return nil, Usage("the request is not the JSON object this action takes")
		}
		return run(ctx, app, by, request, progress)
	}
}

// Names of all actions, sorted.
func Names() []string {
	names := make([]string, 0, len(actions))
	for n := range actions {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Empty is the request or result that says nothing.
type Empty struct{}
