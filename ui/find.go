package ui

import (
	"net/http"
	"strings"

	"postolka/account"
	"postolka/match"
	"postolka/privacy"
	"postolka/store"
)

// Find is the page that begins with a person: a box to paste into, the data read
// from it with their kinds, and the work that is open. What is looked for travels
// in forms only, never in an address.
type Find struct {
	Data    string // as pasted
	Lines   []findLine
	Purpose string
	Open    []privacy.JobRow
	Done    []privacy.JobRow
}

// findLine is one datum with the kind it is looked for as.
type findLine struct {
	match.Identifier
	Forms int    // how many ways to write it are listed
	Wrong string // text; empty: can be looked for
}

// mostLines bounds one find: a hundred data of one person are a mistake.
const mostLines = 100

func (s *Server) findPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	return s.showFind(w, r, by, http.StatusOK, Find{})
}

func (s *Server) showFind(w http.ResponseWriter, r *http.Request, by account.Agent, status int, f Find) error {
	if s.Privacy == nil {
		return errNoPage
	}
	p, err := s.page(r, by, "find.title", "find")
	if err != nil {
		return err
	}
	jobs, err := s.Privacy.Jobs(r.Context(), by)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		switch {
		case j.State != store.JobDone && j.State != store.JobCancelled:
			f.Open = append(f.Open, j)
		case j.State == store.JobDone && len(f.Done) < 20:
			f.Done = append(f.Done, j)
		}
	}
	return s.show(w, r, status, findForm(p, f))
}

// find begins with what was pasted, or shows again what can't be looked for. With
// do=look it only shows the kinds, to be changed.
func (s *Server) find(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Privacy == nil {
		return errNoPage
	}
	f := readFind(r, s.voice(r, by))
	if r.PostFormValue("do") == "look" || len(f.Lines) == 0 || f.wrong() {
		status := http.StatusOK
		if f.wrong() || len(f.Lines) == 0 {
			status = http.StatusUnprocessableEntity
		}
		return s.showFind(w, r, by, status, f)
	}
	var sel []match.Identifier
	for _, l := range f.Lines {
		sel = append(sel, l.Identifier)
	}
	id, err := s.Privacy.Begin(r.Context(), by, sel, f.Purpose)
	if err != nil {
		return err
	}
	return s.back(w, r, personPath(id), Flash{})
}

// findMore takes the data of a saved find into the form, to add to them.
func (s *Server) findMore(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	person, err := s.Privacy.Person(r.Context(), by, id)
	if err != nil {
		return err
	}
	v := s.voice(r, by)
	f := Find{Purpose: person.Purpose}
	for _, sel := range person.Selectors {
		f.Lines = append(f.Lines, v.findLine(sel.Kind, sel.Value))
	}
	return s.showFind(w, r, by, http.StatusOK, f)
}

// readFind reads rows of value and kind, and new lines of the box whose kind is guessed.
func readFind(r *http.Request, v Voice) Find {
	f := Find{Purpose: r.PostFormValue("purpose")}
	values, kinds := r.PostForm["value"], r.PostForm["kind"]
	for i, value := range values {
		if value = strings.TrimSpace(value); value == "" || i >= len(kinds) || len(f.Lines) == mostLines {
			continue
		}
		kind, err := match.ParseKind(kinds[i])
		if err != nil {
			kind = match.Guess(value).Kind
		}
		f.Lines = append(f.Lines, v.findLine(kind, value))
	}
	for line := range strings.Lines(r.PostFormValue("data")) {
		if line = strings.TrimSpace(line); line != "" && len(f.Lines) < mostLines {
			guess := match.Guess(line)
			f.Lines = append(f.Lines, v.findLine(guess.Kind, guess.Value))
		}
	}
	return f
}

func (v Voice) findLine(kind match.Kind, value string) findLine {
	id, err := match.ParseIdentifier(kind, value)
	if err != nil {
		return findLine{Identifier: match.Identifier{Kind: kind, Value: value}, Wrong: v.T("find.wrong." + kindKey(kind))}
	}
	return findLine{Identifier: id, Forms: len(id.Variants())}
}

func (f Find) wrong() bool {
	for _, l := range f.Lines {
		if l.Wrong != "" {
			return true
		}
	}
	return false
}

// kindKey is match's word for a kind as part of a message key.
func kindKey(k match.Kind) string { return strings.ReplaceAll(k.String(), "-", "_") }

// jobPath is where a job of the list is gone on with.
func jobPath(j privacy.JobRow) string {
	path := personPath(j.ID)
	switch {
	case j.State == store.JobDone && j.Kind != store.JobExport:
		return path + "/receipt"
	case j.State == store.JobPlanned && j.PlanHash != "":
		return path + "/plan"
	case j.State == store.JobApproved || j.State == store.JobRunning || j.State == store.JobStopped:
		return path + "/job"
	}
	return path
}

func personPath(id store.JobID) string { return "/privacy/" + idText(id) }

// jobID is the job of the path; without privacy there is no such page.
func (s *Server) jobID(r *http.Request) (store.JobID, error) {
	if s.Privacy == nil {
		return 0, errNoPage
	}
	return pathID[store.JobID](r, "id")
}

// jobState is the stable word of how far a job is, with the colour beside it.
func jobState(j privacy.JobRow) (key, colour string) {
	switch j.State {
	case store.JobPlanned:
		if j.PlanHash != "" {
			return "waits", "warn"
		}
		return "found", "info"
	case store.JobApproved, store.JobRunning:
		return "runs", "info"
	case store.JobStopped:
		return "stopped", "bad"
	case store.JobCancelled:
		return "cancelled", ""
	}
	return "done", "good"
}

func jobKind(j privacy.JobRow) string {
	return map[store.JobKind]string{store.JobFind: "find", store.JobExport: "export", store.JobErase: "erase", store.JobRetention: "retention"}[j.Kind]
}

// boxRows is the height of the box: small once there are rows above it.
func boxRows(f Find) string {
	if len(f.Lines) > 0 {
		return "2"
	}
	return "5"
}

func invalid(wrong string) string {
	if wrong != "" {
		return "true"
	}
	return "false"
}
