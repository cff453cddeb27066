package ui

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"postolka/account"
	"postolka/match"
	"postolka/privacy"
	"postolka/store"
)

// PersonFile is a person's file as it is decided on: what was looked for, how true
// the answer is, and a page of messages with their hits.
type PersonFile struct {
	ID        store.JobID
	At        time.Time
	Finding   privacy.Finding
	Selectors []match.Identifier
	Purpose   string
	Messages  int // with hits, all of them
	Talks     int // conversations among them
	Files     int // hits in attachments
	Groups    []hitGroup
	Records   []recordRow
	Dock      personDock
	Where     string         // filter: "", "header", "text" or "files"
	Form      string         // filter: "" or one of hitForms
	Forms     map[string]int // hits in each form
	Page      int            // from 0
	Pages     int
	Shown     int // messages under the filter
}

// hitGroup is one conversation.
type hitGroup struct {
	ID   store.ConversationID
	Head privacy.ConversationHeading
	May  bool // by may open it
	Mail []hitMessage
}

// hitMessage is one message with its hits and the decision on it.
type hitMessage struct {
	ID       store.MessageID
	Head     privacy.MessageHeading
	Role     string
	Hits     []privacy.Hit
	More     []privacy.Hit // folded
	Decision privacy.MessageDecision
}

// recordRow is a record that names the person, with what becomes of it.
type recordRow struct {
	privacy.RecordHit
	Fate string // "goes", "masked", "derived" or "stays"
}

// personDock sums up the decisions; it shows no content.
type personDock struct {
	ID                  store.JobID
	Erase, Redact, Keep int
	Records             int
}

const (
	messagesAPage = 100
	hitsInSight   = 3 // of one message; the rest is folded
)

// person shows the file of a saved find; a job that went on shows where it is.
func (s *Server) person(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	job, err := s.Privacy.JobNow(by, id)
	if err != nil {
		return err
	}
	if job.State == store.JobCancelled {
		return s.back(w, r, "/privacy", Flash{Key: "job_cancelled"})
	}
	if job.State != store.JobPlanned {
		return s.back(w, r, jobPath(job), Flash{})
	}
	if wantsPart(r) == "dock" {
		return s.showDock(w, r, by, id)
	}
	found, err := s.Privacy.Person(r.Context(), by, id)
	if err != nil {
		return err
	}
	heads, err := s.Privacy.Headings(by, found)
	if err != nil {
		return err
	}
	p, err := s.page(r, by, "person.title", "find")
	if err != nil {
		return err
	}
	q := r.URL.Query()
	page, _ := strconv.Atoi(q.Get("page"))
	return s.show(w, r, http.StatusOK, personPage(p, newPersonFile(found, heads, by, q.Get("where"), q.Get("form"), page)))
}

func newPersonFile(found privacy.Person, heads privacy.Headings, by account.Agent, where, form string, page int) PersonFile {
	f := PersonFile{ID: found.Job, At: found.Record.CreatedAt, Finding: found.Finding, Selectors: found.Selectors,
		Purpose: found.Purpose, Messages: len(found.Messages), Talks: len(heads.Conversations), Where: where, Form: form, Forms: map[string]int{},
		Dock: newDock(found.Job, found.Messages)}
	for _, h := range found.Finding.Hits {
		if placeOf(h) == "files" {
			f.Files++
		}
		f.Forms[hitForm(h.Form)]++
	}
	for _, h := range found.Finding.Records {
		f.Records = append(f.Records, recordRow{h, fate(h)})
	}
	f.Dock.Records = countTouched(f.Records)
	mail := messagesWithHits(found, heads, where, form)
	f.Shown = len(mail)
	f.Pages = max(1, (len(mail)+messagesAPage-1)/messagesAPage)
	f.Page = min(max(page, 0), f.Pages-1)
	from := f.Page * messagesAPage
	f.Groups = grouped(mail[from:min(from+messagesAPage, len(mail))], heads, by)
	return f
}

// messagesWithHits are those that have a hit in the place and form asked for, by conversation
// in the order of its newest message.
func messagesWithHits(found privacy.Person, heads privacy.Headings, where, form string) []hitMessage {
	byID := map[store.MessageID]*hitMessage{}
	var order []store.MessageID
	for _, h := range found.Finding.Hits {
		if where != "" && placeOf(h) != where || form != "" && hitForm(h.Form) != form {
			continue
		}
		m := byID[h.Message]
		if m == nil {
			m = &hitMessage{ID: h.Message, Head: heads.Messages[h.Message], Role: h.Role}
			byID[h.Message] = m
			order = append(order, h.Message)
		}
		m.add(h)
	}
	for _, d := range found.Messages {
		if m := byID[d.Message]; m != nil {
			m.Decision = d
		}
	}
	list := make([]hitMessage, 0, len(order))
	for _, id := range order {
		list = append(list, *byID[id])
	}
	slices.SortStableFunc(list, func(a, b hitMessage) int {
		ca, cb := a.conversation(), b.conversation()
		return cmp.Or(heads.Conversations[cb].Last.Compare(heads.Conversations[ca].Last), cmp.Compare(ca, cb), a.Head.At.Compare(b.Head.At))
	})
	return list
}

func (m hitMessage) conversation() store.ConversationID { return m.Hits[0].Conversation }

// add keeps a hit in sight or folded; one that only repeats another (the HTML of the
// same text) is not shown twice.
func (m *hitMessage) add(h privacy.Hit) {
	if h.Role != privacy.Mentioned && m.Role == privacy.Mentioned || h.Role == privacy.Author {
		m.Role = h.Role
	}
	same := func(o privacy.Hit) bool {
		return o.Identifier == h.Identifier && o.Matched == h.Matched && placeOf(o) == placeOf(h) && placeOf(h) == "text"
	}
	if slices.ContainsFunc(m.Hits, same) || slices.ContainsFunc(m.More, same) {
		return
	}
	if len(m.Hits) < hitsInSight {
		m.Hits = append(m.Hits, h)
		return
	}
	m.More = append(m.More, h)
}

func grouped(list []hitMessage, heads privacy.Headings, by account.Agent) (groups []hitGroup) {
	for _, m := range list {
		id := m.conversation()
		if len(groups) == 0 || groups[len(groups)-1].ID != id {
			groups = append(groups, hitGroup{ID: id, Head: heads.Conversations[id], May: account.MayIn(by, account.Read, m.Hits[0].Mailbox)})
		}
		last := &groups[len(groups)-1]
		last.Mail = append(last.Mail, m)
	}
	return groups
}

// spread says where the hits lie, leaving out what there is none of.
func (f PersonFile) spread(v Voice) string {
	text := v.T("truth.talks", f.Talks)
	if f.Files > 0 {
		text += v.T("truth.files", f.Files)
	}
	if len(f.Records) > 0 {
		text += v.T("truth.records", len(f.Records))
	}
	return text
}

// placeOf says where in a message a hit stands: "header", "text" or "files".
func placeOf(h privacy.Hit) string {
	switch h.Kind {
	case "header":
		return "header"
	case "file name", "attachment":
		return "files"
	}
	return "text"
}

// placeText names the place to a person: a header, a file with its name, hidden text.
func (v Voice) placeText(h privacy.Hit) string {
	switch h.Kind {
	case "header":
		return v.T("place_in.header", h.Name)
	case "file name":
		return v.T("place_in.file_name")
	case "attachment":
		if h.Name == "" {
			return v.T("place_in.file")
		}
		return v.T("place_in.file_named", h.Name)
	case "hidden":
		return v.T("place_in.hidden")
	case "raw":
		return v.T("place_in.raw")
	}
	return v.T("place_in.text")
}

// formText says why a hit is one: which datum, and in which form it stands.
func (f PersonFile) formText(v Voice, identifier int, form match.Form) string {
	kind := "text"
	if identifier < len(f.Selectors) {
		kind = kindKey(f.Selectors[identifier].Kind)
	}
	return v.T("person.form", v.T("kind."+kind), v.T("form."+hitForm(form)))
}

// hitForms are the forms in which a datum stands, the surest first.
var hitForms = []string{"exact", "normalised", "inflected"}

func hitForm(form match.Form) string {
	switch form {
	case match.Exact:
		return "exact"
	case match.Inflected:
		return "inflected"
	}
	return "normalised"
}

// fate says what an erasure does to a record; package privacy decides it (plan.go).
func fate(h privacy.RecordHit) string {
	switch {
	case h.Derived:
		return "derived"
	case h.Table == "drafts":
		return "goes"
	case slices.Contains([]string{"customers", "outbox", "conversations"}, h.Table):
		return "masked"
	}
	return "stays"
}

func countTouched(rows []recordRow) (n int) {
	for _, r := range rows {
		if r.Fate == "goes" || r.Fate == "masked" {
			n++
		}
	}
	return n
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

// query is the address of a page of the file under a filter.
func (f PersonFile) query(where, form string, page int) string {
	q := url.Values{}
	if form != "" {
		q.Set("form", form)
	}
	if where != "" {
		q.Set("where", where)
	}
	if page > 0 {
		q.Set("page", strconv.Itoa(page))
	}
	if len(q) == 0 {
		return personPath(f.ID)
	}
	return personPath(f.ID) + "?" + q.Encode()
}

// decide keeps the decision on one message, or, with all, on every message found.
func (s *Server) decide(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	d, err := s.readDecision(r, by)
	if err != nil {
		return err
	}
	list := []privacy.MessageDecision{d}
	if r.PostFormValue("all") != "" {
		if list, err = s.decideAll(by, id, d); err != nil {
			return err
		}
	}
	back := localPath(r.PostFormValue("back"))
	err = s.Privacy.Decide(r.Context(), by, id, list...)
	if errors.Is(err, privacy.ErrKeep) {
		return s.back(w, r, back, Flash{Key: "decide_reason"})
	}
	if err != nil {
		return err
	}
	if wantsPart(r) == "dock" {
		return s.showDock(w, r, by, id)
	}
	return s.back(w, r, back, Flash{Key: "decided", Count: len(list)})
}

func (s *Server) decideAll(by account.Agent, id store.JobID, d privacy.MessageDecision) ([]privacy.MessageDecision, error) {
	list, err := s.Privacy.Decisions(by, id)
	for i := range list {
		list[i].Decision, list[i].Reason, list[i].Until = d.Decision, d.Reason, d.Until
	}
	return list, err
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

// findAgain looks anew with the same data; decisions stay.
func (s *Server) findAgain(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	if err := s.Privacy.Again(r.Context(), by, id); err != nil {
		return err
	}
	return s.back(w, r, personPath(id), Flash{Key: "found_again"})
}

// cancelJob ends a find or plan, and destroys what it knew.
func (s *Server) cancelJob(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	if err := s.Privacy.Cancel(r.Context(), by, id); err != nil {
		return err
	}
	return s.back(w, r, "/privacy", Flash{Key: "job_cancelled"})
}
