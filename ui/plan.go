package ui

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

// PlanView is what an erasure will do, before somebody approves it.
type PlanView struct {
	privacy.Plan
	PlannedBy string
	Mine      bool     // by planned it himself
	May       bool     // by may approve it now
	Others    []string // who else may approve
	Wrong     string
}

// plan makes the plan of a person's decisions.
func (s *Server) plan(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	_, err = s.Privacy.Plan(r.Context(), by, id)
	if errors.Is(err, privacy.ErrKeep) {
		return s.back(w, r, personPath(id), Flash{Key: "decide_reason"})
	}
	if err != nil {
		return err
	}
	return s.back(w, r, personPath(id)+"/plan", Flash{})
}

func (s *Server) planPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	return s.showPlan(w, r, by, http.StatusOK, "")
}

func (s *Server) showPlan(w http.ResponseWriter, r *http.Request, by account.Agent, status int, wrong string) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	job, err := s.Privacy.JobNow(by, id)
	if err != nil {
		return err
	}
	if job.State != store.JobPlanned {
		return s.back(w, r, jobPath(job), Flash{})
	}
	plan, err := s.Privacy.Planned(by, id)
	if errors.Is(err, privacy.ErrPlanChanged) {
		return s.back(w, r, personPath(id), Flash{Key: "plan_void"})
	}
	if err != nil {
		return err
	}
	others, err := s.approvers(job.CreatedBy)
	if err != nil {
		return err
	}
	mine := job.CreatedBy == by.ID
	v := PlanView{Plan: plan, PlannedBy: job.CreatedByName, Mine: mine, Others: others, Wrong: wrong,
		May: account.MayDo(by, account.ApproveErase) && !(plan.NeedsSecond && mine)}
	p, err := s.page(r, by, "plan.title", "find")
	if err != nil {
		return err
	}
	return s.show(w, r, status, planView(p, v))
}

// approvers are the names of those who may approve, but for the one who planned.
func (s *Server) approvers(but store.AgentID) (names []string, err error) {
	list, err := s.Accounts.List()
	for _, a := range list {
		person := account.Agent{ID: a.ID, Kind: account.Person, Role: a.Role}
		if a.ID != but && a.DisabledAt.IsZero() && account.MayDo(person, account.ApproveErase) {
			names = append(names, a.Name)
		}
	}
	return names, err
}

func (v PlanView) others() string { return strings.Join(v.Others, ", ") }

// approve lets the erasure begin.
func (s *Server) approve(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	if r.PostFormValue("sure") == "" {
		return s.showPlan(w, r, by, http.StatusUnprocessableEntity, "plan.wrong_sure")
	}
	job, err := s.Privacy.Approve(r.Context(), by, r.PostFormValue("hash"))
	switch {
	case errors.Is(err, privacy.ErrPlanChanged):
		return s.back(w, r, personPath(id), Flash{Key: "plan_changed"})
	case errors.Is(err, privacy.ErrSecondPerson):
		return s.showPlan(w, r, by, http.StatusForbidden, "plan.wrong_second")
	case err != nil:
		return err
	}
	s.workJob(job)
	return s.back(w, r, personPath(job)+"/job", Flash{})
}

// workJob runs an approved job beside the pages; what goes wrong stands in its record.
func (s *Server) workJob(id store.JobID) {
	s.chores.start(jobChore(id), func(ctx context.Context, progress func(done, total int64)) (any, error) {
		_, err := s.Privacy.Run(ctx, id, func(_ string, done, total int) { progress(int64(done), int64(total)) })
		if err != nil && ctx.Err() == nil {
			s.Logger.Error("erasure stopped", "job", uint64(id)) // the error may quote a server; its step is in the record
		}
		return nil, err
	})
}

func jobChore(id store.JobID) string { return "job " + idText(id) }
