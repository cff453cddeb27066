package ui

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/privacy"
	"postolka/store"
)

// Retention is the page of what goes by itself, what must stay, and what is out of use.
type Retention struct {
	Due          []privacy.Due // within previewDays
	Boxes        []desk.MailboxInfo
	Holds        []privacy.HoldRow        // in force
	Restrictions []privacy.RestrictionRow // in force
	Ask          keepAsk
}

// keepAsk is what a form begins with: a message or a conversation.
type keepAsk struct{ Message, Conversation string }

// previewDays is how far the page looks.
const previewDays = 30

func retentionPath(m store.MessageID) string { return "/retention?message=" + idText(m) + "#holds" }

func (s *Server) retentionPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Privacy == nil {
		return errNoPage
	}
	p, err := s.page(r, by, "retention.title", "retention")
	if err != nil {
		return err
	}
	v := Retention{Ask: keepAsk{r.URL.Query().Get("message"), r.URL.Query().Get("conversation")}}
	if v.Due, err = s.Privacy.Preview(by, previewDays); err != nil {
		return err
	}
	if v.Boxes, err = s.Desk.Mailboxes(r.Context(), by); err != nil {
		return err
	}
	if v.Holds, err = s.Privacy.Holds(by); err != nil {
		return err
	}
	if v.Restrictions, err = s.Privacy.Restrictions(by); err != nil {
		return err
	}
	v.Holds = slices.DeleteFunc(v.Holds, func(h privacy.HoldRow) bool { return !h.LiftedAt.IsZero() })
	v.Restrictions = slices.DeleteFunc(v.Restrictions, func(x privacy.RestrictionRow) bool { return !x.LiftedAt.IsZero() })
	return s.show(w, r, http.StatusOK, retentionView(p, v))
}

// sums adds up what goes, and what stays because it is held or restricted.
func (v Retention) sums() (messages, held int) {
	for _, d := range v.Due {
		messages, held = messages+d.Messages, held+d.Held
	}
	return messages, held
}

func (s *Server) hold(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	conversation, message := formNumber(r, "conversation"), formNumber(r, "message")
	review, err := s.formDay(r, by, "review")
	if err != nil {
		return err
	}
	_, err = s.Privacy.Hold(r.Context(), by, store.ConversationID(conversation), store.MessageID(message), r.PostFormValue("reason"), review)
	if err != nil {
		return err
	}
	return s.back(w, r, "/retention#holds", Flash{Key: "held"})
}

func (s *Server) liftHold(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.HoldID](r, "id")
	if err != nil {
		return err
	}
	if err := s.Privacy.LiftHold(r.Context(), by, id); err != nil {
		return err
	}
	return s.back(w, r, "/retention#holds", Flash{Key: "hold_lifted"})
}

func (s *Server) restrict(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	var messages []store.MessageID
	for _, word := range strings.FieldsFunc(r.PostFormValue("messages"), func(c rune) bool { return c < '0' || c > '9' }) {
		id, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return errBadInput
		}
		messages = append(messages, store.MessageID(id))
	}
	id, err := s.Privacy.Restrict(r.Context(), by, r.PostFormValue("ground"), messages)
	if err != nil {
		return err
	}
	return s.back(w, r, restrictionPath(id), Flash{Key: "restricted", Count: len(messages)})
}

// formNumber is a number of a form; 0: none.
func formNumber(r *http.Request, name string) uint64 {
	n, _ := strconv.ParseUint(strings.TrimSpace(r.PostFormValue(name)), 10, 64)
	return n
}

func (s *Server) formDay(r *http.Request, by account.Agent, name string) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, r.PostFormValue(name), s.voice(r, by).Zone)
	if err != nil {
		return t, errBadInput
	}
	return t, nil
}
