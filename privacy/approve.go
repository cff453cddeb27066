package privacy

import (
	"context"
	"errors"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/store"
)

// Approve starts the erasure whose plan has this hash; Run then works it.
// ErrPlanChanged: no such plan, or what it would touch changed. ErrSecondPerson:
// where two people may approve, the one who planned can't.
func (p *Privacy) Approve(ctx context.Context, by account.Agent, hash string) (store.JobID, error) {
	if err := allowed(by, account.ApproveErase); err != nil {
		return 0, err
	}
	id, err := p.planned(hash)
	if err != nil {
		return 0, err
	}
	f, job, err := p.job(id)
	if err != nil {
		return 0, err
	}
	if f.Plan == nil || f.Plan.hash(id) != hash {
		return 0, ErrPlanChanged
	}
	if err := p.maySecond(by, job); err != nil {
		return 0, err
	}
	e := p.Log.By(by, audit.Erase)
	e.Object = jobObject(id) + " approve"
	if err := p.Log.Record(ctx, e); err != nil {
		return 0, err
	}
	return id, p.Store.Update(func(tx *store.Tx) error { return p.approve(tx, by, id, f, hash) })
}

func (p *Privacy) approve(tx *store.Tx, by account.Agent, id store.JobID, f file, hash string) error {
	job, err := store.Jobs.Get(tx, id)
	if err != nil {
		return err
	}
	if job.PlanHash != hash || job.State != store.JobPlanned {
		return ErrPlanChanged
	}
	if err := p.unchanged(tx, f.Plan); err != nil {
		return err
	}
	job.State, job.Step = store.JobApproved, firstStep
	job.ApprovedAt, job.ApprovedBy = p.Now().UTC(), by.ID
	return store.Jobs.Put(tx, id, job)
}

func (p *Privacy) planned(hash string) (id store.JobID, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		for jobID := range store.JobsByState.Prefix(tx, store.Key(uint8(store.JobPlanned))) {
			job, err := store.Jobs.Get(tx, jobID)
			if err != nil {
				return err
			}
			if hash != "" && job.PlanHash == hash {
				id = jobID
				return nil
			}
		}
		return ErrPlanChanged
	})
	return id, err
}

// approvers counts the people who may approve an erasure.
func (p *Privacy) approvers() (n int, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		n = 0
		for id, agent := range store.Agents.All(tx) {
			person := account.Agent{ID: id, Kind: account.Person, Role: agent.Role}
			if agent.DisabledAt.IsZero() && account.MayDo(person, account.ApproveErase) {
				n++
			}
		}
		return nil
	})
	return n, err
}

// needsSecond says whether someone else than by must approve what by plans. The
// system's own retention follows a policy that was approved when it was set.
func (p *Privacy) needsSecond(by account.Agent) (bool, error) {
	if by.Kind == account.System {
		return false, nil
	}
	n, err := p.approvers()
	return n >= 2, err
}

func (p *Privacy) maySecond(by account.Agent, job store.Job) error {
	second, err := p.needsSecond(by)
	if err != nil || !second {
		return err
	}
	if by.Kind != account.Person || by.ID == job.CreatedBy {
		return ErrSecondPerson
	}
	return nil
}

// Cancel ends a job that has no tombstones yet, and destroys what it knows.
func (p *Privacy) Cancel(ctx context.Context, by account.Agent, id store.JobID) error {
	if err := allowed(by, account.FindPersons); err != nil {
		return err
	}
	e := p.Log.By(by, audit.Change)
	e.Object = jobObject(id) + " cancel"
	if err := p.Log.Record(ctx, e); err != nil {
		return err
	}
	err := p.end(id)
	if errors.Is(err, store.ErrNotFound) {
		return desk.ErrNotAllowed
	}
	return err
}
