package ui

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/privacy"
	"postolka/store"
)

// Talk is the open conversation as the right column shows it.
type Talk struct {
	desk.Thread
	Where  where
	Older  []desk.Letter // folded to one line each
	Recent []desk.Letter
	Write  Write
	News   []store.MessageID // what came since the draft was begun: a send was stopped
	Images store.MessageID   // message whose remote pictures are shown this once
	Snooze []moment
	Asked  []privacy.RequestRow // open requests made in it, proposed ones too
}

// moment is an instant with a name, to snooze until.
type moment struct {
	Key string
	At  time.Time
}

// recentLetters stay unfolded at the end of a thread.
const recentLetters = 3

// conversation opens one, beside the list it was opened from.
func (s *Server) conversation(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.ConversationID](r, "id")
	if err != nil {
		return err
	}
	at := readWhere(r.URL.Query())
	if wantsPart(r) == "list" { // a refresh of the column beside an open conversation
		return s.listBeside(w, r, by, at, id)
	}
	th, err := s.Desk.Thread(r.Context(), by, id)
	if err != nil {
		return err
	}
	if th.ID != id { // merged: go where it went
		http.Redirect(w, r, at.to(th.ID), http.StatusSeeOther)
		return nil
	}
	p, err := s.page(r, by, "thread.title", at.place())
	if err != nil {
		return err
	}
	t := p.talk(th, at)
	t.Write = p.writeOf(th, r.URL.Query().Get("write"))
	n, _ := strconv.ParseUint(r.URL.Query().Get("images"), 10, 64)
	t.Images = store.MessageID(n)
	return s.showTalk(w, r, by, p, t)
}

// showTalk draws the desk with t open; a script may ask for the column alone.
func (s *Server) showTalk(w http.ResponseWriter, r *http.Request, by account.Agent, p Page, t Talk) error {
	p.Title = subjectText(p, t.Conversation.Subject)
	asked, err := s.askedIn(by, t.ID)
	if err != nil {
		return err
	}
	t.Asked = asked
	d := deskParts{Page: p, Talk: &t}
	if wantsPart(r) == "" {
		l, err := s.listOf(r, by, p, t.Where)
		if err != nil {
			return err
		}
		l.Open = t.ID
		d.List = l
	}
	return s.showDesk(w, r, d)
}

func (s *Server) listBeside(w http.ResponseWriter, r *http.Request, by account.Agent, at where, id store.ConversationID) error {
	p, err := s.page(r, by, "view."+string(at.View), at.place())
	if err != nil {
		return err
	}
	l, err := s.listOf(r, by, p, at)
	if err != nil {
		return err
	}
	l.Open = id
	return s.showDesk(w, r, deskParts{Page: p, List: l})
}

// talk prepares a thread for the page: older letters apart, names for snoozing.
func (p Page) talk(th desk.Thread, at where) Talk {
	t := Talk{Thread: th, Where: at, Recent: th.Messages, Snooze: p.moments()}
	if n := len(th.Messages) - recentLetters; n > 1 { // one folded letter would save nothing
		t.Older, t.Recent = th.Messages[:n], th.Messages[n:]
	}
	return t
}

// moments to snooze until: later today, tomorrow, Monday, in a week; mornings at nine.
func (p Page) moments() []moment {
	now := p.Now
	nine := func(days int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+days, 9, 0, 0, 0, p.Zone)
	}
	monday := (8 - int(now.Weekday())) % 7
	if monday <= 1 {
		monday += 7
	}
	var m []moment
	if now.Hour() < 20 {
		m = append(m, moment{"later", now.Add(3 * time.Hour).Truncate(time.Hour)})
	}
	return append(m, moment{"tomorrow", nine(1)}, moment{"monday", nine(monday)}, moment{"week", nine(7)})
}

// newest is the message with the highest id: what the reader has seen up to.
func newest(letters []desk.Letter) (id store.MessageID) {
	for _, l := range letters {
		id = max(id, l.ID)
	}
	return id
}

// here keeps the mark that by has a conversation open, or writes in it.
func (s *Server) here(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.ConversationID](r, "id")
	if err != nil {
		return err
	}
	if err := s.Desk.Viewing(by, id, r.PostFormValue("writing") != ""); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// join takes a message that claims to belong to a conversation into it.
func (s *Server) join(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.MessageID](r, "id")
	if err != nil {
		return err
	}
	if err := s.Desk.JoinProposed(r.Context(), by, id); err != nil {
		return err
	}
	return s.back(w, r, r.PostFormValue("back"), Flash{Key: "joined"})
}

// split makes a conversation of its own of a message and all that came after it.
func (s *Server) split(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.MessageID](r, "id")
	if err != nil {
		return err
	}
	into, err := s.Desk.Split(r.Context(), by, id)
	if err != nil {
		return err
	}
	return s.back(w, r, readWhere(r.PostForm).to(into), Flash{Key: "split"})
}

// fileBadge is the short word on an attachment's tile.
func fileBadge(f store.File) string {
	if i := strings.LastIndexByte(f.Name, '.'); i >= 0 && len(f.Name)-i-1 <= 4 && i < len(f.Name)-1 {
		return strings.ToUpper(f.Name[i+1:])
	}
	_, sub, _ := strings.Cut(f.Type, "/")
	if len(sub) > 4 {
		sub = sub[:4]
	}
	return strings.ToUpper(sub)
}

// tiles are the files shown below a letter: pictures inside the HTML are not.
func tiles(m store.Message) (files []store.File) {
	for _, f := range m.Files {
		if f.ContentID == "" || !strings.HasPrefix(f.Type, "image/") {
			files = append(files, f)
		}
	}
	return files
}

// tall is how much room a letter's frame gets; the sandbox lets nobody measure it.
func tall(own string) string {
	lines := 0
	for line := range strings.SplitSeq(own, "\n") {
		lines += 1 + len([]rune(line))/80
	}
	switch {
	case lines < 8:
		return "low"
	case lines < 24:
		return "mid"
	}
	return "high"
}

// sentOf says what became of an answer on its way: a word and how it should look.
func sentOf(p Page, e store.OutboxEntry) (text, class, sign string) {
	switch e.State {
	case store.OutboxHeld, store.OutboxQueued, store.OutboxSending:
		if e.LastError != "" {
			return p.T("outbox.again", p.When(e.NextAt)), "warn", "clock"
		}
		return p.T("outbox.sending"), "", "send"
	case store.OutboxSent, store.OutboxDone:
		return p.T("outbox.sent", p.When(e.SentAt)), "good", "done"
	case store.OutboxUncertain:
		return p.T("outbox.uncertain"), "bad", "alert"
	case store.OutboxCancelled:
		return p.T("outbox.cancelled"), "", "stop"
	}
	return p.T("outbox.failed", e.LastError), "bad", "alert"
}

// addressLine joins people as a reader knows them: names, else addresses.
func addressLine(list []store.Address) string {
	var out []string
	for _, a := range list {
		out = append(out, personText(a))
	}
	return strings.Join(out, ", ")
}

func personText(a store.Address) string {
	if a.Name == "" {
		return a.Addr
	}
	return a.Name
}

// isOurs: written by a colleague or by the mailbox itself.
func isOurs(m store.Message) bool { return m.Kind == store.Outgoing || m.Kind == store.Note }

// authorOf is who wrote a letter.
func authorOf(p Page, l desk.Letter) string {
	if l.AgentName != "" {
		return l.AgentName
	}
	if name := personText(l.Message.From); name != "" {
		return name
	}
	return p.T("list.nobody")
}

// newsAsTalk shows a conversation again after a send was stopped, with what was typed.
func (s *Server) newsAsTalk(w http.ResponseWriter, r *http.Request, by account.Agent, id store.ConversationID, in Write, news desk.ErrNews) error {
	th, err := s.Desk.Thread(r.Context(), by, id)
	if err != nil {
		return err
	}
	at := readWhere(r.PostForm)
	p, err := s.page(r, by, "thread.title", at.place())
	if err != nil {
		return err
	}
	p.Path = at.to(id)
	t := p.talk(th, at)
	t.News = news.Messages
	t.Write = p.writeOf(th, in.Kind)
	in.SeenUpTo, in.Anyway, in.LastSend, in.CanSend = newest(th.Messages), true, t.Write.LastSend, t.Write.CanSend
	t.Write = in
	return s.showTalk(w, r, by, p, t)
}

// isNews reports a send that was stopped by what came meanwhile.
func isNews(err error) (desk.ErrNews, bool) {
	var news desk.ErrNews
	ok := errors.As(err, &news)
	return news, ok
}

// claimsOf are the messages of a conversation that say they belong to the open one.
func claimsOf(t Talk, from store.ConversationID) (claims []desk.Claim) {
	for _, c := range t.Claims {
		if c.Conversation == from && c.Belongs == t.ID {
			claims = append(claims, c)
		}
	}
	return claims
}
