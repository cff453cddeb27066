package ui

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/privacy"
	"postolka/store"
)

// Words of store.RequestKind and store.RequestState, in forms and catalogue keys.
var (
	requestKinds  = []string{"access", "erasure", "rectification", "restriction", "portability", "objection"}
	requestStates = []string{"proposed", "received", "identity", "work", "answered", "dismissed"}
)

// Requests is the board: what is due first on top, then what is over.
type Requests struct {
	Open, Over []privacy.RequestRow
	Notices    []privacy.NoticeRow // owed
}

// RequestView is one request with what can be done.
type RequestView struct {
	privacy.RequestRow
	Wrong string
}

func (s *Server) requestsPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Privacy == nil {
		return errNoPage
	}
	p, err := s.page(r, by, "requests.title", "requests")
	if err != nil {
		return err
	}
	rows, err := s.Privacy.Requests(by)
	if err != nil {
		return err
	}
	var b Requests
	for _, row := range rows {
		if row.Open() {
			b.Open = append(b.Open, row)
		} else {
			b.Over = append(b.Over, row)
		}
	}
	notices, err := s.Privacy.Notices(r.Context(), by)
	if err != nil {
		return err
	}
	for _, n := range notices {
		if n.OverAt.IsZero() {
			b.Notices = append(b.Notices, n)
		}
	}
	return s.show(w, r, http.StatusOK, requestsView(p, b))
}

// addRequest takes down what came on paper or by phone.
func (s *Server) addRequest(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Privacy == nil {
		return errNoPage
	}
	kind := slices.Index(requestKinds, r.PostFormValue("kind"))
	received, err := time.ParseInLocation(time.DateOnly, r.PostFormValue("received"), s.voice(r, by).Zone)
	if err != nil || kind < 0 || received.After(s.Now()) {
		return errBadInput
	}
	id, err := s.Privacy.AddRequest(r.Context(), by, 0, store.RequestKind(kind), received)
	if err != nil {
		return err
	}
	return s.back(w, r, requestPath(id), Flash{Key: "request_added"})
}

// requestOfMail makes a request of a message, or says that it is none; who may find persons goes on with it.
func (s *Server) requestOfMail(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	m, err := pathID[store.MessageID](r, "id")
	if err != nil {
		return err
	}
	kind := slices.Index(requestKinds, r.PostFormValue("kind"))
	none := r.PostFormValue("kind") == "none"
	if s.Privacy == nil || kind < 0 && !none {
		return errBadInput
	}
	if none {
		if err := s.Privacy.NoRequest(r.Context(), by, m); err != nil {
			return err
		}
		return s.back(w, r, r.PostFormValue("back"), Flash{Key: "request_none"})
	}
	id, err := s.Privacy.AddRequest(r.Context(), by, m, store.RequestKind(kind), s.Now())
	if err != nil {
		return err
	}
	if account.MayDo(by, account.FindPersons) {
		return s.back(w, r, requestPath(id), Flash{Key: "request_added"})
	}
	return s.back(w, r, r.PostFormValue("back"), Flash{Key: "request_handed"})
}

func (s *Server) requestPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.requestID(r)
	if err != nil {
		return err
	}
	return s.showRequest(w, r, by, http.StatusOK, id, "")
}

func (s *Server) requestID(r *http.Request) (store.RequestID, error) {
	if s.Privacy == nil {
		return 0, errNoPage
	}
	return pathID[store.RequestID](r, "id")
}

func (s *Server) showRequest(w http.ResponseWriter, r *http.Request, by account.Agent, status int, id store.RequestID, wrong string) error {
	row, err := s.Privacy.Request(by, id)
	if err != nil {
		return err
	}
	p, err := s.page(r, by, "requests.title", "requests")
	if err != nil {
		return err
	}
	p.Title = p.requestName(row)
	return s.show(w, r, status, requestView(p, RequestView{row, wrong}))
}

// workRequest does one thing to a request.
func (s *Server) workRequest(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.requestID(r)
	if err != nil {
		return err
	}
	ctx, to, do := r.Context(), requestPath(id), r.PostFormValue("do")
	reason, refused := r.PostFormValue("reason"), r.PostForm["ground"]
	switch do {
	case "find":
		var job store.JobID
		if job, err = s.Privacy.FindFor(ctx, by, id); err == nil {
			to = personPath(job)
		}
	case "identity":
		page, parseErr := url.Parse(s.outside(r, "/identity", nil))
		if parseErr != nil {
			return parseErr
		}
		err = s.Privacy.AskIdentity(ctx, by, id, page, s.voice(r, by).Lang)
	case "known":
		err = s.Privacy.WaiveIdentity(ctx, by, id, reason)
	case "extend":
		err = s.Privacy.Extend(ctx, by, id, reason)
	case "letter":
		var c store.ConversationID
		if c, err = s.Privacy.Letter(ctx, by, id, s.voice(r, by).Lang, r.PostFormValue("letter"), refused); err == nil {
			to = "/c/" + idText(c)
		}
	case "answer":
		err = s.Privacy.Answer(ctx, by, id, refused)
	case "dismiss":
		err = s.Privacy.Dismiss(ctx, by, id)
	default:
		return errBadInput
	}
	if key := requestTrouble(err); key != "" {
		return s.showRequest(w, r, by, http.StatusUnprocessableEntity, id, s.voice(r, by).T("request_wrong."+key))
	}
	if err != nil {
		return err
	}
	return s.back(w, r, to, Flash{Key: "request_" + do})
}

// workNotice writes to a recipient of erased or restricted data, or says what became of it.
func (s *Server) workNotice(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.NoticeID](r, "id")
	if err != nil || s.Privacy == nil {
		return cmp.Or(err, errNoPage)
	}
	switch do := r.PostFormValue("do"); do {
	case "write":
		v := s.voice(r, by)
		to, text, err := s.Privacy.NoticeLetter(r.Context(), by, id, v.Lang)
		if err != nil {
			return noticeTrouble(err)
		}
		return s.showCompose(w, r, by, Write{To: to, Subject: v.T("notices.subject"), Text: text})
	case "told":
		err = s.Privacy.Told(r.Context(), by, id, "")
	default:
		err = s.Privacy.Told(r.Context(), by, id, do)
	}
	if err != nil {
		return noticeTrouble(err)
	}
	return s.back(w, r, "/requests", Flash{Key: "notice_over"})
}

// noticeTrouble: what is over, or was never asked for, is no trouble of ours.
func noticeTrouble(err error) error {
	if errors.Is(err, privacy.ErrGround) || errors.Is(err, privacy.ErrAnswered) {
		return errBadInput
	}
	return err
}

// requestTrouble is a key for what a person can put right.
func requestTrouble(err error) string {
	for _, t := range []struct {
		err error
		key string
	}{{privacy.ErrAnswered, "answered"}, {privacy.ErrGround, "ground"}, {privacy.ErrExtend, "extend"}, {privacy.ErrNobody, "nobody"}, {privacy.ErrLetter, "letter"}, {desk.ErrNoSMTP, "nobody"}} {
		if errors.Is(err, t.err) {
			return t.key
		}
	}
	return ""
}

// identityPage asks who followed the link to confirm: a scanner of mail follows
// links too, and must not use it up.
func (s *Server) identityPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	token := r.URL.Query().Get("token")
	return s.showIdentity(w, r, by, token, s.knownToken(token))
}

func (s *Server) knownToken(token string) error {
	if s.Privacy == nil {
		return errNoPage
	}
	return s.Privacy.KnownToken(token)
}

func (s *Server) confirmIdentity(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Privacy == nil {
		return errNoPage
	}
	return s.showIdentity(w, r, by, "", s.Privacy.ConfirmIdentity(r.Context(), r.PostFormValue("token"), remoteAddress(r)))
}

// showIdentity: with a token it asks, without one it thanks.
func (s *Server) showIdentity(w http.ResponseWriter, r *http.Request, by account.Agent, token string, err error) error {
	p := s.bare(r, by, "identity.title")
	if errors.Is(err, privacy.ErrToken) {
		return s.show(w, r, http.StatusGone, identityView(p, "", p.T("identity.old")))
	}
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, identityView(p, token, p.T("identity.done")))
}

func requestPath(id store.RequestID) string { return "/requests/" + idText(id) }

func (v Voice) requestName(r privacy.RequestRow) string {
	return v.T("requests.name", v.T("request_kind."+requestKinds[r.Kind]), uint64(r.ID))
}

// leftText says how long there is, with a colour beside it.
func (v Voice) leftText(r privacy.RequestRow) (text, colour string) {
	left := r.Left(v.Now, v.Zone)
	if left < 0 {
		return v.T("requests.late", -left), "bad"
	}
	switch days := r.Reminder(v.Now, v.Zone); {
	case days == 0:
		colour = "good"
	case days <= 3:
		colour = "bad"
	default:
		colour = "warn"
	}
	return v.T("requests.left", left), colour
}

// requestState is the word of how far it is; an approval is its job's.
func requestState(r privacy.RequestRow) string {
	if r.Open() && r.Planned() {
		return "approval"
	}
	return requestStates[r.State]
}

// nextOf is the step that most people take now; all others can be taken too.
func nextOf(r privacy.RequestRow) string {
	known := !r.Identity.ProvenAt.IsZero() || r.Identity.Waived != ""
	switch {
	case !known && r.Conversation != 0:
		return "identity"
	case r.Job == 0:
		return "find"
	case r.Work.State != store.JobPlanned:
		return "answer"
	case r.Kind == store.RequestAccess || r.Kind == store.RequestPortability:
		return "export"
	}
	return "decide"
}

// identityText says how it is known who asked.
func (v Voice) identityText(i store.Identification) string {
	switch {
	case !i.ProvenAt.IsZero():
		return v.T("requests.identity_proven", v.Date(i.ProvenAt))
	case i.Waived != "":
		return v.T("request_known." + i.Waived)
	case !i.AskedAt.IsZero():
		return v.T("requests.identity_asked", v.Date(i.AskedAt))
	}
	return v.T("requests.identity_none")
}

// Wall writes a day of package deadline.
func (v Voice) Wall(day time.Time) string {
	return v.Date(time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, v.Zone))
}

// lastAsking is the newest message from outside, the one that a request is made of.
func lastAsking(t Talk) store.MessageID {
	for _, l := range slices.Backward(t.Messages) {
		if l.Message.Kind == store.Incoming || l.Message.Kind == store.Form {
			return l.ID
		}
	}
	return 0
}

func (v Voice) todayValue() string { return v.Now.In(v.Zone).Format(time.DateOnly) }
