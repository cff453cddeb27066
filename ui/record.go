package ui

import (
	"net/http"

	"postolka/account"
	"postolka/audit"
	"postolka/store"
)

// recordHouse writes a change of a setting into the access log before it is made:
// accounts and backup keep no log of their own. object is "kind id what", no names.
func (s *Server) recordHouse(r *http.Request, by account.Agent, object string) error {
	return s.recordAct(r, by, audit.Setting, 0, object)
}

func (s *Server) recordAct(r *http.Request, by account.Agent, act audit.Action, m store.MailboxID, object string) error {
	e := s.Log.By(by, act)
	e.Mailbox, e.Object = m, object
	return s.Log.Record(r.Context(), e)
}
