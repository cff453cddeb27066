package api

import (
	"context"
	"errors"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

// PlanRequest asks what an erasure would do.
type PlanRequest struct {
	Selectors []Selector `json:"selectors"`
	// KeepOthers redacts messages that only mention the person instead of erasing them.
	KeepOthers bool `json:"keep_others,omitzero"`
}

// ApproveRequest approves the plan with this hash and runs it to the end.
type ApproveRequest struct {
	Hash string `json:"hash"`
}

// PolicyRequest sets what an erasure does with older snapshots: "rotate" or
// "strict" (privacy.SnapshotPolicy); empty: only asks.
type PolicyRequest struct {
	Policy privacy.SnapshotPolicy `json:"policy,omitzero"`
}

// PolicyResult is the policy as it stands.
type PolicyResult struct {
	Policy privacy.SnapshotPolicy `json:"policy"`
}

// JobRequest names a find or erasure by its number.
type JobRequest struct {
	Job store.JobID `json:"job"`
}

// JobCancelled says what cancelling destroyed.
type JobCancelled struct {
	Job store.JobID `json:"cancelled"`
}

func init() {
	on("erase-cancel", account.FindPersons, cancel)
	on("erase-plan", account.FindPersons, plan)
	on("erase-approve", account.ApproveErase, approve)
	on("erase-policy", account.OwnSnapshots, policy)
}

func cancel(ctx context.Context, app *App, by account.Agent, req JobRequest, _ Progress) (JobCancelled, error) {
	return JobCancelled(req), app.Privacy.Cancel(ctx, by, req.Job)
}

func policy(ctx context.Context, app *App, by account.Agent, req PolicyRequest, _ Progress) (PolicyResult, error) {
	if req.Policy != "" {
		err := app.Privacy.SetSnapshotPolicy(ctx, by, req.Policy)
		if errors.Is(err, privacy.ErrPolicy) {
			return PolicyResult{}, Usage("erase policy takes rotate or strict")
		}
		if err != nil {
			return PolicyResult{}, err
		}
	}
	now, err := app.Privacy.SnapshotPolicy()
	return PolicyResult{now}, err
}

func plan(ctx context.Context, app *App, by account.Agent, req PlanRequest, _ Progress) (privacy.Plan, error) {
	ids, err := identifiers(req.Selectors)
	if err != nil {
		return privacy.Plan{}, err
	}
	return app.Privacy.PlanFor(ctx, by, ids, req.KeepOthers)
}

func approve(ctx context.Context, app *App, by account.Agent, req ApproveRequest, progress Progress) (privacy.Receipt, error) {
	if req.Hash == "" {
		return privacy.Receipt{}, Usage("erase --approve needs the hash that --plan printed")
	}
	job, err := app.Privacy.Approve(ctx, by, req.Hash)
	if err != nil {
		return privacy.Receipt{}, err
	}
	// A job past its tombstones ends in any case: a caller that goes away must not stop it half-way.
	return app.Privacy.Run(context.WithoutCancel(ctx), job, func(step string, done, total int) {
		progress(step, int64(done), int64(total))
	})
}
