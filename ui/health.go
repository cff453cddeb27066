package ui

import (
	"net/http"
	"strings"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/store"
)

// healthColour of a mailbox's state.
func healthColour(h desk.Health) string {
	switch h {
	case desk.Trouble, desk.Lost:
		return "bad"
	case desk.Silent, desk.Asking, desk.Paused, desk.Waiting:
		return "warn"
	case desk.Coming:
		return "info"
	case desk.Fine:
		return "good"
	}
	return ""
}

// ailmentText says in words what is wrong with a mailbox; "": nothing.
func (v Voice) ailmentText(b desk.MailboxInfo) string {
	switch b.Health {
	case desk.Trouble:
		return v.troubleText(b.Mailbox.LastError)
	case desk.Lost:
		return v.T("ailment.lost", v.When(b.Mailbox.LastContact))
	case desk.Asking:
		return v.T("ailment.asking", b.Mailbox.Follow.Asking)
	case desk.Silent:
		return v.T("ailment.silent", b.Silence.Days) + " " + v.T("ailment.usual", b.Silence.Usual)
	}
	return ""
}

// backlogText says what still comes, and how long that takes where it is known.
func (v Voice) backlogText(b desk.MailboxInfo) string {
	text := v.T("backlog.waiting", b.Backlog())
	if left := b.TimeLeft(); left > 0 {
		text += " " + v.lastsText(left) + " " + v.T("backlog.rate", b.PerMinute())
	}
	return text
}

func (v Voice) lastsText(d time.Duration) string {
	if d < 90*time.Minute {
		return v.T("backlog.minutes", int(d/time.Minute)+1)
	}
	return v.T("backlog.hours", int((d+30*time.Minute)/time.Hour))
}

// explain says why the server has other numbers than we, point by point.
func (v Voice) explain(f desk.FolderHealth) (why []string) {
	for _, p := range []struct {
		key string
		n   int
	}{{"waiting", int(f.Waiting)}, {"not_fetched", len(f.Quarantined)}, {"erased", int(f.Erased)}, {"more", f.Unexplained()}, {"fewer", -f.Unexplained()}} {
		if p.n > 0 {
			why = append(why, v.T("differ."+p.key, p.n))
		}
	}
	return why
}

// notFetchedText says why a message could not be fetched; reasons are imapsync's stable words.
func (v Voice) notFetchedText(reason string) string {
	if key := "not_fetched." + strings.ReplaceAll(reason, " ", "_"); v.has(key) {
		return v.T(key)
	}
	return reason
}

// notFetched is a message that sync will try again.
type notFetched struct {
	Folder string
	store.BadUID
}

const mostNotFetched = 200

func listNotFetched(folders []desk.FolderHealth) (list []notFetched) {
	for _, f := range folders {
		for _, b := range f.Quarantined {
			if list = append(list, notFetched{f.Name, b}); len(list) == mostNotFetched {
				return list
			}
		}
	}
	return list
}

// retryFetch has what could not be fetched tried again now.
func (s *Server) retryFetch(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	info, err := s.mailboxOf(r, by)
	if err != nil {
		return err
	}
	if err := s.Desk.RetryFetch(r.Context(), by, info.ID); err != nil {
		return err
	}
	s.changed(info.ID)
	return s.back(w, r, mailboxPath(info.ID), Flash{Key: "retrying"})
}

func (s *Server) changed(id store.MailboxID) {
	if s.MailboxChanged != nil {
		s.MailboxChanged(id)
	}
}
