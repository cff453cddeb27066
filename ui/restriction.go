package ui

import (
	"errors"
	"net/http"

	"postolka/account"
	"postolka/privacy"
	"postolka/store"
)

// Restriction is one restriction; its messages are shown once a purpose was typed.
type Restriction struct {
	privacy.RestrictionRow
	Purpose string
	Shown   []privacy.RestrictedMessage
	Wrong   string // key of a text
}

func restrictionPath(id store.RestrictionID) string { return "/restrictions/" + idText(id) }

func (s *Server) restrictionPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	return s.showRestriction(w, r, by, http.StatusOK, Restriction{})
}

func (s *Server) showRestriction(w http.ResponseWriter, r *http.Request, by account.Agent, status int, v Restriction) error {
	id, err := pathID[store.RestrictionID](r, "id")
	if err != nil {
		return err
	}
	rows, err := s.Privacy.Restrictions(by)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.ID != id {
			continue
		}
		p, err := s.page(r, by, "restriction.title", "retention")
		if err != nil {
			return err
		}
		v.RestrictionRow = row
		return s.show(w, r, status, restrictionView(p, v))
	}
	return store.ErrNotFound
}

// openRestriction shows the messages for the purpose that was typed.
func (s *Server) openRestriction(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.RestrictionID](r, "id")
	if err != nil {
		return err
	}
	v := Restriction{Purpose: r.PostFormValue("purpose")}
	v.Shown, err = s.Privacy.OpenRestricted(r.Context(), by, id, v.Purpose)
	if errors.Is(err, privacy.ErrPurpose) {
		return s.showRestriction(w, r, by, http.StatusUnprocessableEntity, Restriction{Wrong: "restriction.wrong_purpose"})
	}
	if err != nil {
		return err
	}
	return s.showRestriction(w, r, by, http.StatusOK, v)
}

// liftRestriction ends it, when the person was told.
func (s *Server) liftRestriction(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.RestrictionID](r, "id")
	if err != nil {
		return err
	}
	informed, err := s.formDay(r, by, "informed")
	if err != nil {
		return s.showRestriction(w, r, by, http.StatusUnprocessableEntity, Restriction{Wrong: "restriction.wrong_informed"})
	}
	err = s.Privacy.LiftRestriction(r.Context(), by, id, informed)
	if errors.Is(err, privacy.ErrNotTold) {
		return s.showRestriction(w, r, by, http.StatusUnprocessableEntity, Restriction{Wrong: "restriction.wrong_informed"})
	}
	if err != nil {
		return err
	}
	return s.back(w, r, "/retention#restrictions", Flash{Key: "restriction_lifted"})
}
