package ui

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/store"
)

// LogView is the access log in words, a page of it.
type LogView struct {
	Ask    logAsk
	Mine   bool // by's own part, for everyone
	Rows   []logRow
	More   string // address of the next page; empty: the end
	People []account.Account
	Report audit.Report
	Proven bool // there is a report
	Check  chore
	Whole  bool // by may read all of it and have it verified
	Total  int
}

// logAsk is what part of the log is asked for; ids and stable words only.
type logAsk struct {
	Day          time.Time
	Agent        store.AgentID
	ByAgent      bool
	Message      store.MessageID
	Conversation store.ConversationID
	Why          string // asked for when it is about another person
	From         int    // rows passed
}

// logRow is one entry.
type logRow struct {
	audit.Entry
	Who     string
	Mailbox string
}

const logRowsAPage = 100

// logWhys are the reasons for looking at what one person did, as the log keeps them.
var logWhys = []string{"incident", "complaint", "request", "check"}

// logPage shows a part of the log to who may read it: all, or the part of the
// mailboxes that by manages.
func (s *Server) logPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	boxes, err := s.logScope(by)
	if err != nil {
		return err
	}
	p, err := s.page(r, by, "log.title", "log")
	if err != nil {
		return err
	}
	ask := readLogAsk(r.URL.Query(), p.Voice)
	v := LogView{Ask: ask, Whole: boxes == nil, Check: s.chores.state("verify")}
	v.Report, v.Proven = s.Log.LastReport()
	if v.People, err = s.Accounts.List(); err != nil {
		return err
	}
	if ask.ByAgent && ask.Agent != by.ID && ask.Why == "" {
		return s.show(w, r, http.StatusOK, logView(p, v)) // asks for the reason first
	}
	if err := s.fillLog(r, by, &v, boxes); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, logView(p, v))
}

// myLog is everyone's own part.
func (s *Server) myLog(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	p, err := s.page(r, by, "log.mine", "me")
	if err != nil {
		return err
	}
	ask := readLogAsk(r.URL.Query(), p.Voice)
	v := LogView{Mine: true, Ask: logAsk{ByAgent: true, Agent: by.ID, From: ask.From}}
	if err := s.fillLog(r, by, &v, nil); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, logView(p, v))
}

// logScope are the mailboxes whose part by may read; nil: everything.
func (s *Server) logScope(by account.Agent) (map[store.MailboxID]bool, error) {
	if account.MayDo(by, account.ReadLog) {
		return nil, nil
	}
	boxes := map[store.MailboxID]bool{}
	for _, g := range by.Grants {
		if account.MayIn(by, account.ReadLog, g.Mailbox) {
			boxes[g.Mailbox] = true
		}
	}
	if len(boxes) == 0 {
		return nil, errMayNot
	}
	return boxes, nil
}

// fillLog records that the log is read, then reads it.
func (s *Server) fillLog(r *http.Request, by account.Agent, v *LogView, boxes map[store.MailboxID]bool) error {
	entries, err := s.readLog(r, by, v.Ask, boxes, v.Ask.From+logRowsAPage+1)
	if err != nil {
		return err
	}
	v.Total = len(entries)
	entries = entries[min(v.Ask.From, len(entries)):]
	if len(entries) > logRowsAPage {
		entries = entries[:logRowsAPage]
		next := v.Ask
		next.From += logRowsAPage
		v.More = next.path(v.Mine)
	}
	v.Rows, err = s.logRows(entries)
	return err
}

// readLog gives the entries asked for, newest first; limit 0: all.
func (s *Server) readLog(r *http.Request, by account.Agent, ask logAsk, boxes map[store.MailboxID]bool, limit int) ([]audit.Entry, error) {
	e := s.Log.By(by, audit.ReadLog)
	e.Object, e.Purpose, e.Conversation = ask.object(), ask.Why, ask.Conversation
	if err := s.Log.Record(r.Context(), e); err != nil {
		return nil, err
	}
	if boxes != nil {
		limit = 0 // filtered below
	}
	list, err := s.logEntries(ask, limit)
	if err != nil || boxes == nil {
		return list, err
	}
	return slices.DeleteFunc(list, func(e audit.Entry) bool { return !boxes[e.Mailbox] }), nil
}

func (s *Server) logEntries(ask logAsk, limit int) ([]audit.Entry, error) {
	switch {
	case ask.Message != 0:
		return s.Log.ByMessage(ask.Message, limit)
	case ask.Conversation != 0:
		return s.Log.ByConversation(ask.Conversation, limit)
	case ask.ByAgent:
		return s.Log.ByAgent(ask.Agent, 0, limit)
	}
	return s.logOfDay(ask.Day)
}

// logOfDay is a day of the reader's zone, which lies in two of the log's (UTC).
func (s *Server) logOfDay(day time.Time) (list []audit.Entry, err error) {
	end := day.AddDate(0, 0, 1)
	days := []time.Time{end.Add(-time.Nanosecond).UTC(), day.UTC()}
	if days[0].Format(time.DateOnly) == days[1].Format(time.DateOnly) {
		days = days[:1]
	}
	for _, d := range days {
		part, err := s.Log.ByDay(d, 0)
		if err != nil {
			return nil, err
		}
		list = append(list, part...)
	}
	return slices.DeleteFunc(list, func(e audit.Entry) bool { return e.At.Before(day) || !e.At.Before(end) }), nil
}

func (s *Server) logRows(entries []audit.Entry) ([]logRow, error) {
	names, err := s.logNames()
	if err != nil {
		return nil, err
	}
	rows := make([]logRow, len(entries))
	for i, e := range entries {
		rows[i] = logRow{Entry: e, Who: names.people[e.Agent], Mailbox: names.boxes[e.Mailbox]}
	}
	return rows, nil
}

type logNames struct {
	people map[store.AgentID]string
	boxes  map[store.MailboxID]string
}

func (s *Server) logNames() (logNames, error) {
	n := logNames{map[store.AgentID]string{}, map[store.MailboxID]string{}}
	people, err := s.Accounts.List()
	for _, a := range people {
		n.people[a.ID] = a.Name
	}
	if err != nil || s.Store == nil {
		return n, err
	}
	return n, s.Store.View(func(tx *store.Tx) error {
		for id, m := range store.Mailboxes.All(tx) {
			n.boxes[id] = m.Name
		}
		return nil
	})
}

func readLogAsk(q url.Values, v Voice) logAsk {
	ask := logAsk{Day: time.Date(v.Now.Year(), v.Now.Month(), v.Now.Day(), 0, 0, 0, 0, v.Zone)}
	if day, err := time.ParseInLocation(time.DateOnly, q.Get("day"), v.Zone); err == nil {
		ask.Day = day
	}
	if id, err := strconv.ParseUint(q.Get("agent"), 10, 64); err == nil {
		ask.Agent, ask.ByAgent = store.AgentID(id), true
	}
	if id, err := strconv.ParseUint(q.Get("message"), 10, 64); err == nil {
		ask.Message = store.MessageID(id)
	}
	if id, err := strconv.ParseUint(q.Get("conversation"), 10, 64); err == nil {
		ask.Conversation = store.ConversationID(id)
	}
	if slices.Contains(logWhys, q.Get("why")) {
		ask.Why = q.Get("why")
	}
	if n, err := strconv.Atoi(q.Get("from")); err == nil && n > 0 {
		ask.From = n
	}
	return ask
}

func (a logAsk) query() url.Values {
	q := url.Values{}
	switch {
	case a.Message != 0:
		q.Set("message", idText(a.Message))
	case a.Conversation != 0:
		q.Set("conversation", idText(a.Conversation))
	case a.ByAgent:
		q.Set("agent", idText(a.Agent))
	default:
		q.Set("day", a.Day.Format(time.DateOnly))
	}
	if a.Why != "" {
		q.Set("why", a.Why)
	}
	if a.From > 0 {
		q.Set("from", strconv.Itoa(a.From))
	}
	return q
}

func (a logAsk) path(mine bool) string {
	if mine {
		return "/log/mine?from=" + strconv.Itoa(a.From)
	}
	return "/log?" + a.query().Encode()
}

// object says in the log what part of it was read.
func (a logAsk) object() string {
	switch {
	case a.Message != 0:
		return "message " + idText(a.Message)
	case a.Conversation != 0:
		return "conversation " + idText(a.Conversation)
	case a.ByAgent:
		return "agent " + idText(a.Agent)
	}
	return "day " + a.Day.Format(time.DateOnly)
}

func (a logAsk) byDay() bool { return a.Message == 0 && a.Conversation == 0 && !a.ByAgent }

// logFile is the part asked for, all of it, as CSV.
func (s *Server) logFile(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	boxes, err := s.logScope(by)
	if err != nil {
		return err
	}
	v := s.voice(r, by)
	ask := readLogAsk(r.PostForm, v)
	ask.From = 0
	if err := s.recordAct(r, by, audit.Export, 0, "log "+ask.object()); err != nil {
		return err
	}
	entries, err := s.readLog(r, by, ask, boxes, 0)
	if err != nil {
		return err
	}
	rows, err := s.logRows(entries)
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("\ufeff") // spreadsheets take it for UTF-8 then
	out := csv.NewWriter(&b)
	out.Write([]string{"n", "at", "who", "action", "mailbox", "conversation", "messages", "object", "purpose", "address"})
	for _, row := range rows {
		out.Write(row.cells(v))
	}
	out.Flush()
	return sendDownload(w, strings.NewReader(b.String()), int64(b.Len()), "text/csv; charset=utf-8", "access-log.csv")
}

func (l logRow) cells(v Voice) []string {
	var messages []string
	for _, m := range l.Messages {
		messages = append(messages, idText(m))
	}
	return []string{strconv.FormatInt(l.N, 10), l.At.UTC().Format(time.RFC3339), csvCell(v.logWho(l)), string(l.Action),
		csvCell(l.Mailbox), zeroEmpty(uint64(l.Conversation)), strings.Join(messages, " "), csvCell(l.Object), csvCell(l.Purpose), csvCell(l.Address)}
}

// csvCell keeps a spreadsheet from taking a text for a formula.
func csvCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func zeroEmpty(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// logWho names who acted: a person, the host's command line, the program, or a
// stranger who failed to sign in.
func (v Voice) logWho(l logRow) string {
	switch {
	case l.Kind == account.Host:
		return v.T("who.host")
	case l.Kind == account.System:
		return v.T("who.program")
	case l.Who != "":
		return l.Who
	case l.Agent == 0:
		return v.T("who.stranger")
	}
	return v.T("who.gone", uint64(l.Agent))
}

// logWhat says what was done, by its action and how many messages it was about.
func (v Voice) logWhat(l logRow) string {
	key := "did." + strings.ReplaceAll(string(l.Action), "-", "_")
	if !v.has(key) {
		return string(l.Action)
	}
	if n := len(l.Messages); n > 0 && v.has(key+"_messages") {
		return v.T(key+"_messages", n)
	}
	return v.T(key)
}
