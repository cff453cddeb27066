package ui

import (
	"net/http"

	"postolka/account"
	"postolka/desk"
)

// todo is one step of the first start, done when its own test says so.
type todo struct {
	Key  string
	Path string
	Done bool
}

// start is where "/" leads: the desk, or for an owner what is still to be set up.
func (s *Server) start(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if !account.MayDo(by, account.OwnSnapshots) || s.Backup == nil || len(s.DemoHint) > 0 {
		return s.home(w, r, by)
	}
	list, err := s.todos(r, by)
	if err != nil {
		return err
	}
	if len(openTodos(list)) == 0 {
		return s.home(w, r, by)
	}
	p, err := s.page(r, by, "checklist.title", "")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, checklist(p, list))
}

func (s *Server) todos(r *http.Request, by account.Agent) ([]todo, error) {
	boxes, err := s.Desk.Mailboxes(r.Context(), by)
	if err != nil {
		return nil, err
	}
	people, err := s.Accounts.List()
	if err != nil {
		return nil, err
	}
	var st State
	if err := s.snapshotState(&st); err != nil {
		return nil, err
	}
	disk, err := s.Privacy.Disk()
	if err != nil {
		return nil, err
	}
	return []todo{
		{"mailbox", mailboxTodo(boxes), connected(boxes)},
		{"key", "/snapshots/key", s.Backup.KeySaved()},
		{"snapshot", "/snapshots", st.Snapshot != nil},
		{"disk", "/disk", disk.Settled()},
		{"colleague", "/people#invite", len(people) > 1},
	}, nil
}

// connected: a mailbox answers, or mail came in otherwise.
func connected(boxes []desk.MailboxInfo) bool {
	for _, b := range boxes {
		if b.Mailbox.LastError == "" && (!b.Mailbox.LastContact.IsZero() || b.Messages > 0) {
			return true
		}
	}
	return false
}

func mailboxTodo(boxes []desk.MailboxInfo) string {
	if len(boxes) > 0 {
		return "/mailboxes"
	}
	return "/mailboxes/new"
}

func openTodos(list []todo) (open []todo) {
	for _, t := range list {
		if !t.Done {
			open = append(open, t)
		}
	}
	return open
}
