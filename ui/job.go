package ui

import (
	"net/http"
	"strings"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

// JobView is an erasure at work, step by step.
type JobView struct {
	privacy.JobRow
	Steps []jobStep
	Going bool // at work here
}

// jobStep is one step: "done", "now", "failed" or "" (still to come), with what it counted.
type jobStep struct {
	Name, State string
	Counts      []store.Count
}

// jobSteps are the steps after plan and approval, in order (privacy/erase.go).
var jobSteps = []string{"tombstones", "source", "records", "bytes", "index", "snapshots", "verify", "again", "receipt"}

const stepsBefore = 3 // Job.Step of the first of them

// jobPage shows how far an erasure is. It asks for itself again until the end, so
// that it needs no script.
func (s *Server) jobPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	job, err := s.Privacy.JobNow(by, id)
	if err != nil {
		return err
	}
	if job.State == store.JobDone || job.State == store.JobPlanned || job.State == store.JobCancelled {
		return s.back(w, r, jobPath(job), Flash{})
	}
	p, err := s.page(r, by, "job.title", "find")
	if err != nil {
		return err
	}
	v := JobView{JobRow: job, Steps: stepsOf(job), Going: job.State != store.JobStopped}
	if s.chores.state(jobChore(id)).running() {
		v.Going = true
	}
	if v.Going {
		w.Header().Set("Refresh", "2")
	}
	return s.show(w, r, http.StatusOK, jobView(p, v))
}

func stepsOf(job privacy.JobRow) (steps []jobStep) {
	at := job.Step - stepsBefore
	for i, name := range jobSteps {
		st := jobStep{Name: name}
		switch {
		case i < at:
			st.State = "done"
		case i == at && job.State == store.JobStopped:
			st.State = "failed"
		case i == at:
			st.State = "now"
		}
		for _, c := range job.Counts {
			if short, ok := strings.CutPrefix(c.Name, name+"."); ok {
				st.Counts = append(st.Counts, store.Count{Name: short, N: c.N})
			}
		}
		steps = append(steps, st)
	}
	return steps
}

// jobRun goes on with a job that stopped.
func (s *Server) jobRun(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	job, err := s.Privacy.JobNow(by, id)
	if err != nil {
		return err
	}
	if job.State == store.JobStopped || job.State == store.JobApproved {
		if err := s.recordHouse(r, by, "job "+idText(id)+" again"); err != nil {
			return err
		}
		s.workJob(id)
	}
	return s.back(w, r, personPath(id)+"/job", Flash{})
}

// countText names what a step counted; a count without a name of its own stands by its word.
func (v Voice) countText(c store.Count) string {
	if key := "count." + c.Name; v.has(key) {
		return v.T(key, c.N)
	}
	return c.Name + ": " + v.T("n", c.N)
}
