package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/store"
)

// where is the list that stands beside a conversation: a view of one mailbox or
// all, or what a search found. It travels in the query of every link.
type where struct {
	View    desk.View
	Mailbox store.MailboxID
	Found   string // token of a search; empty: a view
}

// allViews that a list can show.
var allViews = []desk.View{desk.ViewNew, desk.ViewMine, desk.ViewAssigned, desk.ViewWaiting, desk.ViewSnoozed,
	desk.ViewSolved, desk.ViewSpam, desk.ViewBin, desk.ViewAll}

// readWhere takes the list from a query or form; unknown values give the first view.
func readWhere(v url.Values) where {
	w := where{View: desk.View(v.Get("in")), Found: v.Get("found")}
	if !slices.Contains(allViews, w.View) {
		w.View = desk.ViewNew
	}
	m, _ := strconv.ParseUint(v.Get("mailbox"), 10, 64)
	w.Mailbox = store.MailboxID(m)
	return w
}

// query is what readWhere reads.
func (w where) query() url.Values {
	q := url.Values{}
	if w.Found != "" {
		q.Set("found", w.Found)
		return q
	}
	q.Set("in", string(w.View))
	if w.Mailbox != 0 {
		q.Set("mailbox", idText(w.Mailbox))
	}
	return q
}

// path of the list itself.
func (w where) path() string {
	if w.Found != "" {
		return "/found/" + url.PathEscape(w.Found)
	}
	p := "/in/" + string(w.View)
	if w.Mailbox != 0 {
		p += "?mailbox=" + idText(w.Mailbox)
	}
	return p
}

// to is the path of a conversation opened from the list.
func (w where) to(id store.ConversationID) string {
	return "/c/" + idText(id) + "?" + w.query().Encode()
}

// place is the key of the navigation that this list belongs to.
func (w where) place() string {
	switch {
	case w.Found != "":
		return "search"
	case w.Mailbox != 0:
		return "mailbox-" + idText(w.Mailbox)
	}
	return string(w.View)
}

func idText[T ~uint64](id T) string { return strconv.FormatUint(uint64(id), 10) }

// List is the middle column.
type List struct {
	Where    where
	Title    string
	Rows     []desk.Row
	Found    []desk.Found // instead of Rows, after a search
	Summary  string
	Next     string // path of the next page; empty: the end
	Open     store.ConversationID
	Query    string // the words searched for
	Tabs     []place
	MayWork  bool
	Mailbox  string // name, when of one mailbox
	Unread   int    // messages with parts nobody could read, after a search
	HasBoxes bool   // by may read any mailbox at all
}

const (
	pageRows = 50
	mostRows = 200 // of a refresh of a list that was scrolled far
)

// home opens on New, longest waiting first.
func (s *Server) home(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	p, err := s.page(r, by, "view.new", "new")
	if err != nil {
		return err
	}
	to := "/in/new"
	if !p.hasDesk() && len(p.Secs) > 0 { // an admin or auditor without mail begins with his own work
		to = p.Secs[0].Places[0].Path
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// list is the desk with a list and nothing opened.
func (s *Server) list(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	at := readWhere(r.URL.Query())
	at.View = desk.View(r.PathValue("view"))
	if !slices.Contains(allViews, at.View) {
		return errNoPage
	}
	p, err := s.page(r, by, "view."+string(at.View), at.place())
	if err != nil {
		return err
	}
	l, err := s.listOf(r, by, p, at)
	if err != nil {
		return err
	}
	return s.showDesk(w, r, deskParts{Page: p, List: l})
}

// listOf loads the column: a page of rows from ?after on, or as many as a refresh says are open.
func (s *Server) listOf(r *http.Request, by account.Agent, p Page, at where) (List, error) {
	if at.Found != "" {
		return s.foundList(r, by, p, at)
	}
	q := desk.ListQuery{View: at.View, Mailbox: at.Mailbox, Limit: pageRows, Refresh: wantsPart(r) != ""}
	if r.Pattern != "GET /c/{id}" {
		q.Cursor = r.URL.Query().Get("after")
	}
	if n, err := strconv.Atoi(r.Header.Get("X-Rows")); err == nil && q.Cursor == "" {
		q.Limit = min(max(n, pageRows), mostRows)
	}
	got, err := s.Desk.List(r.Context(), by, q)
	if err != nil {
		return List{}, err
	}
	l := List{Where: at, Title: p.T("view." + string(at.View)), Rows: got.Rows, HasBoxes: p.hasDesk()}
	if got.Next != "" {
		l.Next = "/in/" + string(at.View) + "?" + withCursor(at, got.Next)
	}
	for _, row := range got.Rows {
		l.MayWork = l.MayWork || account.May(by, account.Answer, row.Conversation)
	}
	l.Summary = p.summary(l, p.countOf(at.place()))
	if at.Mailbox != 0 {
		l.Mailbox, l.Tabs = p.labelOf(at.place()), p.tabs(at)
	}
	return l, nil
}

func withCursor(at where, cursor string) string {
	q := url.Values{"after": {cursor}}
	if at.Mailbox != 0 {
		q.Set("mailbox", idText(at.Mailbox))
	}
	return q.Encode()
}

// summary is the line above the rows: how many, and how long the first one waits.
func (p Page) summary(l List, count int) string {
	open := l.Where.View == desk.ViewNew || l.Where.View == desk.ViewMine || l.Where.View == desk.ViewAssigned
	if l.Where.Mailbox != 0 || !open || count == 0 || len(l.Rows) == 0 {
		return l.Title
	}
	since := l.Rows[0].Conversation.WaitingSince
	if since.IsZero() {
		return p.T("list.count", count)
	}
	return p.T("list.count", count) + ", " + p.T("list.longest", p.Age(since))
}

// tabs are the views of one mailbox.
func (p Page) tabs(at where) []place {
	var tabs []place
	for _, v := range []desk.View{desk.ViewNew, desk.ViewMine, desk.ViewWaiting, desk.ViewSolved, desk.ViewAll} {
		tabs = append(tabs, place{Key: string(v), Path: where{View: v, Mailbox: at.Mailbox}.path(), Label: p.T("view." + string(v))})
	}
	return tabs
}

func (p Page) find(key string) (place, bool) {
	for _, sec := range p.Secs {
		for _, pl := range sec.Places {
			if pl.Key == key {
				return pl, true
			}
		}
	}
	return place{}, false
}

func (p Page) countOf(key string) int    { pl, _ := p.find(key); return pl.Count }
func (p Page) labelOf(key string) string { pl, _ := p.find(key); return pl.Label }
func (p Page) hasDesk() bool             { _, ok := p.find(string(desk.ViewNew)); return ok }

// lateAfter is when waiting turns red: a customer who wrote in the morning hopes
// for an answer before noon.
const lateAfter = 3 * time.Hour

// rowAge is what a row says about time: how long the customer waits, else when
// anything last came.
func (p Page) rowAge(c store.Conversation) (at time.Time, text string, late bool) {
	if c.Status == store.StatusOpen && !c.WaitingSince.IsZero() {
		return c.WaitingSince, p.Age(c.WaitingSince), p.Now.Sub(c.WaitingSince) >= lateAfter
	}
	if c.Status == store.StatusSnoozed {
		return c.SnoozedUntil, p.Day(c.SnoozedUntil), false
	}
	if p.Now.Sub(c.LastMessageAt) < 24*time.Hour {
		return c.LastMessageAt, p.Age(c.LastMessageAt), false
	}
	return c.LastMessageAt, p.Day(c.LastMessageAt), false
}

// isFresh: somebody waits, and nobody of ours has taken it.
func isFresh(c store.Conversation) bool {
	return c.Status == store.StatusOpen && c.Assignee == 0 && !c.WaitingSince.IsZero()
}

// handle names a conversation in a form together with its state, so that what is
// done to it can be undone: "ID.status.assignee.snoozedUntil".
func handle(id store.ConversationID, c store.Conversation) string {
	until := int64(0)
	if !c.SnoozedUntil.IsZero() {
		until = c.SnoozedUntil.Unix()
	}
	return strings.Join([]string{idText(id), strconv.Itoa(int(c.Status)), idText(c.Assignee), strconv.FormatInt(until, 10)}, ".")
}

// deskParts are the three columns; a script may ask for one of them.
type deskParts struct {
	Page
	List List
	Talk *Talk // nil: nothing opened
}

// showDesk draws the desk, or the part of it that a script asks for.
func (s *Server) showDesk(w http.ResponseWriter, r *http.Request, d deskParts) error {
	switch wantsPart(r) {
	case "rows":
		return s.show(w, r, http.StatusOK, rows(d.Page, d.List))
	case "list":
		return s.show(w, r, http.StatusOK, listPart(d.Page, d.List))
	case "talk":
		return s.show(w, r, http.StatusOK, talkPart(d))
	}
	status := http.StatusOK
	if d.Talk != nil && d.Talk.News != nil {
		status = http.StatusConflict
	}
	return s.show(w, r, status, deskPage(d))
}
