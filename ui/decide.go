package ui

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

// decide keeps the decision on one message, or, with all, on every message that has
// a hit under the filter, as many as the button told.
func (s *Server) decide(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	d, err := s.readDecision(r, by)
	if err != nil {
		return err
	}
	decided := 1
	if r.PostFormValue("all") != "" {
		told, _ := strconv.Atoi(r.PostFormValue("all"))
		decided, err = s.Privacy.DecideAll(r.Context(), by, id, readFilter(r.PostForm), max(told, 1), d)
	} else {
		err = s.Privacy.Decide(r.Context(), by, id, d)
	}
	back := localPath(r.PostFormValue("back"))
	switch {
	case errors.Is(err, privacy.ErrKeep):
		return s.back(w, r, back, Flash{Key: "decide_reason"})
	case errors.Is(err, privacy.ErrFindChanged):
		return s.back(w, r, back, Flash{Key: "decide_changed"})
	case err != nil:
		return err
	}
	if wantsPart(r) == "dock" {
		return s.showDock(w, r, by, id)
	}
	return s.back(w, r, back, Flash{Key: "decided", Count: decided})
}

func (s *Server) readDecision(r *http.Request, by account.Agent) (privacy.MessageDecision, error) {
	id, err := strconv.ParseUint(r.PostFormValue("message"), 10, 64)
	if err != nil && r.PostFormValue("all") == "" {
		return privacy.MessageDecision{}, errBadInput
	}
	d := privacy.MessageDecision{Message: store.MessageID(id), Decision: privacy.Decision(r.PostFormValue("decision"))}
	switch d.Decision {
	case privacy.EraseIt, privacy.RedactIt:
		return d, nil
	case privacy.KeepIt:
	default:
		return d, errBadInput
	}
	d.Reason = r.PostFormValue("reason")
	if until := r.PostFormValue("until"); until != "" {
		if d.Until, err = time.ParseInLocation(time.DateOnly, until, s.voice(r, by).Zone); err != nil {
			return d, errBadInput
		}
	}
	return d, nil
}

func (s *Server) showDock(w http.ResponseWriter, r *http.Request, by account.Agent, id store.JobID) error {
	list, err := s.Privacy.Decisions(by, id)
	if err != nil {
		return err
	}
	p := s.bare(r, by, "person.title")
	return s.show(w, r, http.StatusOK, personDockPart(p, newDock(id, list)))
}

// personDock sums up the decisions; it shows no content.
type personDock struct {
	ID                  store.JobID
	Erase, Redact, Keep int
	Records             int
}

func newDock(id store.JobID, decisions []privacy.MessageDecision) personDock {
	d := personDock{ID: id}
	for _, m := range decisions {
		switch m.Decision {
		case privacy.EraseIt:
			d.Erase++
		case privacy.RedactIt:
			d.Redact++
		case privacy.KeepIt:
			d.Keep++
		}
	}
	return d
}

func countTouched(rows []recordRow) (n int) {
	for _, r := range rows {
		if r.Fate == "goes" || r.Fate == "masked" {
			n++
		}
	}
	return n
}
