package ui

import (
	"net/http"

	"postolka/account"
	"postolka/match"
)

const relatedInSight = 3 // proposals; the rest is folded

// widen adds a datum to a saved find and finds again.
func (s *Server) widen(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := s.jobID(r)
	if err != nil {
		return err
	}
	kind, err := match.ParseKind(r.PostFormValue("kind"))
	if err != nil {
		return errBadInput
	}
	datum, err := match.ParseIdentifier(kind, r.PostFormValue("value"))
	if err != nil {
		return errBadInput
	}
	news, err := s.Privacy.Widen(r.Context(), by, id, datum)
	if err != nil {
		return err
	}
	return s.foundAgain(w, r, id, news)
}
