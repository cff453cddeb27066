package ui

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

// Unread is what a find could not read, for people to look at: those that nobody
// looked at yet first.
type Unread struct {
	ID    store.JobID
	Looks privacy.LookCounts
	Rows  []unreadRow
	Page  int // from 0
	Pages int
}

// unreadRow is one part, with every reason why it could not be read.
type unreadRow struct {
	Message      store.MessageID
	Conversation store.ConversationID
	Part         string
	Reasons      []string
	Look         privacy.Look
	By           string
}

const unreadAPage = 50

// verdicts of a second look, in the order of their buttons.
var verdicts = []privacy.Verdict{privacy.NothingSeen, privacy.PersonSeen, privacy.CantBeRead}

func (s *Server) unreadPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	parts, err := s.Privacy.Unread(by, id)
	if err != nil {
		return err
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	p, err := s.page(r, by, "unread.title", "find")
	if err != nil {
		return err
	}
	names, err := s.agentNames()
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, unreadView(p, newUnread(id, parts, names, page)))
}

func newUnread(id store.JobID, parts []privacy.Unreadable, names map[store.AgentID]string, page int) Unread {
	v := Unread{ID: id, Looks: privacy.Completeness{Unreadable: parts}.Looks()}
	rows := unreadRows(parts, names)
	v.Pages = max(1, (len(rows)+unreadAPage-1)/unreadAPage)
	v.Page = min(max(page, 0), v.Pages-1)
	from := v.Page * unreadAPage
	v.Rows = rows[from:min(from+unreadAPage, len(rows))]
	return v
}

func unreadRows(parts []privacy.Unreadable, names map[store.AgentID]string) (rows []unreadRow) {
	for _, u := range parts {
		if n := len(rows); n > 0 && rows[n-1].Message == u.Message && rows[n-1].Part == u.Part {
			rows[n-1].Reasons = append(rows[n-1].Reasons, u.Reason)
			continue
		}
		rows = append(rows, unreadRow{u.Message, u.Conversation, u.Part, []string{u.Reason}, u.Look, names[u.Look.By]})
	}
	slices.SortStableFunc(rows, func(a, b unreadRow) int {
		return map[bool]int{false: 0, true: 1}[a.Look.Verdict != ""] - map[bool]int{false: 0, true: 1}[b.Look.Verdict != ""]
	})
	return rows
}

// agentNames are the names of all accounts.
func (s *Server) agentNames() (map[store.AgentID]string, error) {
	list, err := s.Accounts.List()
	names := map[store.AgentID]string{}
	for _, a := range list {
		names[a.ID] = a.Name
	}
	return names, err
}

// looked keeps what was seen in a part.
func (s *Server) looked(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	m, err := strconv.ParseUint(r.PostFormValue("message"), 10, 64)
	verdict := privacy.Verdict(r.PostFormValue("verdict"))
	if err != nil || !slices.Contains(verdicts, verdict) {
		return errBadInput
	}
	if err := s.Privacy.Looked(r.Context(), by, id, store.MessageID(m), r.PostFormValue("part"), verdict); err != nil {
		return err
	}
	return s.back(w, r, localPath(r.PostFormValue("back")), Flash{Key: "looked_" + string(verdict)})
}

// unreadPart sends a part to be saved and looked at, never shown by the browser.
func (s *Server) unreadPart(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	m, err := strconv.ParseUint(r.URL.Query().Get("message"), 10, 64)
	if err != nil {
		return errBadInput
	}
	name, data, err := s.Privacy.OpenPart(r.Context(), by, id, store.MessageID(m), r.URL.Query().Get("part"))
	if err != nil {
		return err
	}
	if name == "" {
		name = "message-" + idText(store.MessageID(m)) + ".eml"
	}
	name = safeName(store.File{Name: name, Part: r.URL.Query().Get("part")})
	return sendDownload(w, bytes.NewReader(data), int64(len(data)), "application/octet-stream", name)
}

func unreadPath(id store.JobID) string { return personPath(id) + "/unread" }

func (v Unread) pagePath(page int) string {
	if page == 0 {
		return unreadPath(v.ID)
	}
	return unreadPath(v.ID) + "?page=" + strconv.Itoa(page)
}
