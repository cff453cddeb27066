package api

import (
	"context"

	"postolka/account"
	"postolka/privacy"
)

// PlanRequest asks what an erasure would do.
type PlanRequest struct {
	Selectors []Selector `json:"selectors"`
}

// ApproveRequest approves the plan with this hash and runs it to the end.
type ApproveRequest struct {
	Hash string `json:"hash"`
}

func init() {
	on("erase-plan", account.FindPersons, plan)
	on("erase-approve", account.ApproveErase, approve)
}

func plan(ctx context.Context, app *App, by account.Agent, req PlanRequest, _ Progress) (privacy.Plan, error) {
	ids, err := identifiers(req.Selectors)
	if err != nil {
		return privacy.Plan{}, err
	}
	return app.Privacy.PlanFor(ctx, by, ids)
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
