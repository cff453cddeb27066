package ui

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"postolka/account"
	"postolka/store"
)

// picked is a conversation named by a form, with its state when the form was drawn.
type picked struct {
	id       store.ConversationID
	status   store.Status
	assignee store.AgentID
	until    time.Time
	text     string // as it came
}

// readPicked reads "ID" or the handle of a list row.
func readPicked(values []string) ([]picked, error) {
	var out []picked
	for _, v := range values {
		parts := strings.Split(v, ".")
		var n [4]uint64
		for i, part := range parts {
			x, err := strconv.ParseUint(part, 10, 63)
			if err != nil || i > 3 {
				return nil, errBadInput
			}
			n[i] = x
		}
		if n[0] == 0 || store.Status(n[1]) > store.StatusBin {
			return nil, errBadInput
		}
		p := picked{id: store.ConversationID(n[0]), status: store.Status(n[1]), assignee: store.AgentID(n[2]), text: v}
		if n[3] != 0 {
			p.until = time.Unix(int64(n[3]), 0).UTC()
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		return nil, errNothingPicked
	}
	return out, nil
}

var errNothingPicked = errors.New("no conversation picked")

func idsOf(ps []picked) (ids []store.ConversationID) {
	for _, p := range ps {
		ids = append(ids, p.id)
	}
	return ids
}

// statusWords are the acts that set a status.
var statusWords = map[string]store.Status{"open": store.StatusOpen, "wait": store.StatusWaiting, "solve": store.StatusSolved,
	"spam": store.StatusSpam, "bin": store.StatusBin}

// work does one thing to one or more conversations, and offers to undo it.
func (s *Server) work(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	ps, err := readPicked(r.PostForm["id"])
	if err != nil {
		return err
	}
	do := r.PostFormValue("do")
	at := readWhere(r.PostForm)
	to := s.afterWork(r, by, at, ps, do)
	if err := s.doWork(r, by, do, strings.TrimSpace(r.PostFormValue("value")), ps); err != nil {
		return err
	}
	f := Flash{Key: "work_" + flashWord(do), Count: len(ps)}
	if canUndo(do) {
		f.Undo = "/work"
		f.Fields = undoFields(ps, at)
	}
	return s.back(w, r, to, f)
}

// doWork calls the use case.
func (s *Server) doWork(r *http.Request, by account.Agent, do, value string, ps []picked) error {
	ctx, ids := r.Context(), idsOf(ps)
	if st, ok := statusWords[do]; ok {
		return s.Desk.SetStatus(ctx, by, st, ids...)
	}
	switch do {
	case "mine":
		return s.Desk.Assign(ctx, by, by.ID, ids...)
	case "assign":
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			return errBadInput
		}
		return s.Desk.Assign(ctx, by, store.AgentID(n), ids...)
	case "snooze":
		until, err := readMoment(value, s.voice(r, by))
		if err != nil {
			return err
		}
		return s.Desk.Snooze(ctx, by, until, ids...)
	case "tag":
		return s.Desk.Tag(ctx, by, splitTags(value), nil, ids...)
	case "untag":
		return s.Desk.Tag(ctx, by, nil, []string{value}, ids...)
	case "merge":
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil || len(ids) != 1 {
			return errBadInput
		}
		return s.Desk.Merge(ctx, by, store.ConversationID(n), ids[0])
	case "restore":
		return s.restore(r, by, ps)
	}
	return errBadInput
}

// restore brings conversations back to the state their handles tell.
func (s *Server) restore(r *http.Request, by account.Agent, ps []picked) error {
	ctx := r.Context()
	for _, p := range ps {
		var err error
		if p.status == store.StatusSnoozed && p.until.After(s.Now()) {
			err = s.Desk.Snooze(ctx, by, p.until, p.id)
		} else {
			if p.status == store.StatusSnoozed {
				p.status = store.StatusOpen
			}
			err = s.Desk.SetStatus(ctx, by, p.status, p.id)
		}
		if err == nil {
			err = s.Desk.Assign(ctx, by, p.assignee, p.id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func canUndo(do string) bool {
	_, status := statusWords[do]
	return status || slices.Contains([]string{"mine", "assign", "snooze"}, do)
}

func undoFields(ps []picked, at where) []Field {
	fields := []Field{{"do", "restore"}}
	for _, p := range ps {
		fields = append(fields, Field{"id", p.text})
	}
	for name, values := range at.query() {
		fields = append(fields, Field{name, values[0]})
	}
	return fields
}

// flashWord maps what was done to the word of its flash.
func flashWord(do string) string {
	if do == "mine" {
		return "assign"
	}
	return do
}

// afterWork is where to go: on to the next conversation when this one leaves its
// list, back to the list from the list, else stay.
func (s *Server) afterWork(r *http.Request, by account.Agent, at where, ps []picked, do string) string {
	if back := r.PostFormValue("back"); back != "" {
		return back
	}
	if len(ps) != 1 {
		return at.path()
	}
	if do == "merge" {
		n, _ := strconv.ParseUint(strings.TrimSpace(r.PostFormValue("value")), 10, 64)
		return at.to(store.ConversationID(n))
	}
	if do == "snooze" || r.PostFormValue("next") != "" {
		return s.nextAfter(r, by, at, ps[0].id)
	}
	return at.to(ps[0].id)
}

// readMoment reads a datetime-local value in the reader's zone.
func readMoment(value string, v Voice) (time.Time, error) {
	t, err := time.ParseInLocation("2006-01-02T15:04", value, v.Zone)
	if err != nil {
		return time.Time{}, errBadInput
	}
	return t, nil
}

// At writes an instant as a datetime-local value.
func (v Voice) At(t time.Time) string { return t.In(v.Zone).Format("2006-01-02T15:04") }

// splitTags takes several tags separated by commas.
func splitTags(value string) (tags []string) {
	for part := range strings.SplitSeq(value, ",") {
		if part = strings.TrimSpace(part); part != "" {
			tags = append(tags, part)
		}
	}
	return tags
}
