package ui

import (
	"cmp"
	"net/http"
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
	News      privacy.News
	Related   []privacy.Related
	Looks     privacy.LookCounts
	Selectors []match.Identifier
	Purpose   string
	Request   *privacy.RequestRow // the one that it was made for
	Counts    privacy.HitCounts
	Talks     int // conversations with hits
	Groups    []hitGroup
	Records   []recordRow
	Dock      personDock
	Filter    privacy.Filter
	Page      int // from 0
	Pages     int
	Shown     int // messages under the filter, on all pages
}

// hitGroup is one conversation.
type hitGroup struct {
	ID   store.ConversationID
	Head privacy.ConversationHeading
	May  bool // by may open it
	Mail []hitMessage
	All  int // messages of it under the filter, on all pages
}

// hitMessage is one message with its hits and the decision on it.
type hitMessage struct {
	ID       store.MessageID
	Head     privacy.MessageHeading
	Role     string
	Hits     []privacy.Hit
	More     []privacy.Hit // folded
	Beyond   int           // not even there
	New      bool
	Decision privacy.MessageDecision
}

// recordRow is a record that names the person, with what becomes of it.
type recordRow struct {
	privacy.RecordHit
	Fate string // "goes", "masked", "derived" or "stays"
}

const (
	messagesAPage = 50
	hitsInSight   = 3  // of one message; the rest is folded
	hitsFolded    = 30 // and what is beyond is counted: a page stays small
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
	q := r.URL.Query()
	page, _ := strconv.Atoi(q.Get("page"))
	f := newPersonFile(found, heads, by, readFilter(q), page)
	if f.Request, err = s.Privacy.RequestOf(by, id); err != nil {
		return err
	}
	p, err := s.page(r, by, "person.title", "find")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, personPage(p, f))
}

func newPersonFile(found privacy.Person, heads privacy.Headings, by account.Agent, filter privacy.Filter, page int) PersonFile {
	f := PersonFile{ID: found.Job, At: found.Finding.At, Finding: found.Finding, News: found.News, Related: found.Related, Looks: found.Finding.Complete.Looks(), Selectors: found.Selectors,
		Purpose: found.Purpose, Counts: found.Finding.Counts(), Talks: len(heads.Conversations), Filter: filter, Dock: newDock(found.Job, found.Messages)}
	if f.At.IsZero() { // saved by an older version
		f.At = found.Record.CreatedAt
	}
	for _, h := range found.Finding.Records {
		f.Records = append(f.Records, recordRow{h, fate(h)})
	}
	f.Dock.Records = countTouched(f.Records)
	mail := messagesWithHits(found, heads, filter)
	f.Shown = len(mail)
	f.Pages = max(1, (len(mail)+messagesAPage-1)/messagesAPage)
	f.Page = min(max(page, 0), f.Pages-1)
	from := f.Page * messagesAPage
	f.Groups = grouped(mail[from:min(from+messagesAPage, len(mail))], heads, by)
	all := map[store.ConversationID]int{}
	for _, m := range mail {
		all[m.conversation()]++
	}
	for i := range f.Groups {
		f.Groups[i].All = all[f.Groups[i].ID]
	}
	return f
}

// messagesWithHits are those that have a hit under the filter, by conversation
// in the order of its newest message.
func messagesWithHits(found privacy.Person, heads privacy.Headings, filter privacy.Filter) []hitMessage {
	roles := found.Finding.Roles()
	byID := map[store.MessageID]*hitMessage{}
	var order []store.MessageID
	for _, h := range filter.Of(found.Finding.Hits) {
		m := byID[h.Message]
		if m == nil {
			m = &hitMessage{ID: h.Message, Head: heads.Messages[h.Message], Role: roles[h.Message]}
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
	m.New = m.New || h.New
	same := func(o privacy.Hit) bool {
		return o.Identifier == h.Identifier && o.Matched == h.Matched && o.Place() == h.Place() && h.Place() == privacy.InText
	}
	if slices.ContainsFunc(m.Hits, same) || slices.ContainsFunc(m.More, same) {
		return
	}
	if len(m.Hits) < hitsInSight {
		m.Hits = append(m.Hits, h)
		return
	}
	if len(m.More) < hitsFolded {
		m.More = append(m.More, h)
		return
	}
	m.Beyond++
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
	if files := f.Counts.Places[privacy.InFiles]; files > 0 {
		text += v.T("truth.files", files)
	}
	if len(f.Records) > 0 {
		text += v.T("truth.records", len(f.Records))
	}
	return text
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
	case "recognised":
		return v.T("place_in.recognised")
	case "hidden":
		return v.T("place_in.hidden")
	case "raw":
		return v.T("place_in.raw")
	case privacy.SeenKind:
		return v.partText(h.Part)
	}
	return v.T("place_in.text")
}

// partText names a part of a message by its number.
func (v Voice) partText(part string) string {
	if part == "" {
		return v.T("truth.whole")
	}
	return v.T("truth.part", part)
}

// hitText says why a hit is one.
func (f PersonFile) hitText(v Voice, h privacy.Hit) string {
	if h.Kind == privacy.SeenKind {
		return v.T("form.seen")
	}
	return f.formText(v, h.Identifier, h.Form)
}

// formText says which datum it is, and in which form it stands.
func (f PersonFile) formText(v Voice, identifier int, form match.Form) string {
	kind := "text"
	if identifier < len(f.Selectors) {
		kind = kindKey(f.Selectors[identifier].Kind)
	}
	return v.T("person.form", v.T("kind."+kind), v.T("form."+form.String()))
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

// findAgain looks anew with the same data; decisions stay.
func (s *Server) findAgain(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	news, err := s.Privacy.Again(r.Context(), by, id)
	if err != nil {
		return err
	}
	return s.foundAgain(w, r, id, news)
}

func (s *Server) foundAgain(w http.ResponseWriter, r *http.Request, id store.JobID, news privacy.News) error {
	if news.Hits+news.Records == 0 {
		return s.back(w, r, personPath(id), Flash{Key: "found_nothing_new"})
	}
	return s.back(w, r, personPath(id), Flash{Key: "found_again", Count: news.Hits + news.Records})
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
