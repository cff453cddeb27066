package ui

import (
	"errors"
	"net/http"

	"postolka/account"
	"postolka/desk"
)

// chooseDeleted says what becomes of mail that is deleted at the server, or answers
// what was asked because too much of it went at once.
func (s *Server) chooseDeleted(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	info, err := s.mailboxOf(r, by)
	if err != nil {
		return err
	}
	err = s.Desk.ChooseDeleted(r.Context(), by, info.ID, desk.DeletedChoice(r.PostFormValue("deleted")))
	if errors.Is(err, desk.ErrChoice) {
		return errBadInput
	}
	if err != nil {
		return err
	}
	s.changed(info.ID)
	return s.back(w, r, mailboxPath(info.ID), Flash{Key: "deleted_chosen"})
}

func (v MailboxView) follows() bool { return !v.Mailbox.Follow.Since.IsZero() }
