package ui

import (
	"errors"
	"net/http"
	"strings"

	"postolka/account"
	"postolka/store"
)

// MeView is what everyone changes about himself.
type MeView struct {
	account.Account
	Sessions []account.SignedIn
	Current  store.SessionID
	Wrong    string
}

func (s *Server) mePage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	return s.showMe(w, r, by, http.StatusOK, "")
}

func (s *Server) showMe(w http.ResponseWriter, r *http.Request, by account.Agent, status int, wrong string) error {
	p, err := s.page(r, by, "me.title", "me")
	if err != nil {
		return err
	}
	v := MeView{Current: by.Session, Wrong: wrong}
	if v.Account, err = s.Accounts.Account(by.ID); err != nil {
		return err
	}
	if v.Sessions, err = s.Accounts.Sessions(by, by.ID); err != nil {
		return err
	}
	return s.show(w, r, status, meView(p, v))
}

func (s *Server) saveMe(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	me, err := s.Accounts.Account(by.ID)
	if err != nil {
		return err
	}
	next := account.Profile{Name: strings.TrimSpace(r.PostFormValue("name")), Language: r.PostFormValue("language"),
		Zone: knownZone(r.PostFormValue("zone")), KeysOff: r.PostFormValue("keys") == "", LastSend: me.LastSend}
	if next.Name == "" || next.Language != "cs" && next.Language != "en" {
		return errBadInput
	}
	if err := s.recordHouse(r, by, "agent "+idText(by.ID)+" profile"); err != nil {
		return err
	}
	if err := s.Accounts.SetProfile(by, next); err != nil {
		return err
	}
	return s.back(w, r, "/me", Flash{Key: "me_saved"})
}

// changePassword ends the other sessions, so that a stolen one ends with it.
func (s *Server) changePassword(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if err := s.recordHouse(r, by, "agent "+idText(by.ID)+" password"); err != nil {
		return err
	}
	v := s.voice(r, by)
	err := s.Accounts.ChangePassword(r.Context(), by, r.PostFormValue("old"), r.PostFormValue("password"))
	var signIn account.ErrSignIn
	var wait account.ErrThrottled
	wrong := v.accountTrouble(err)
	switch {
	case errors.As(err, &signIn):
		wrong = v.T("me.wrong_old")
	case errors.As(err, &wait):
		wrong = v.T("signin.wait", int(wait.Wait.Seconds())+1)
	}
	if wrong != "" {
		return s.showMe(w, r, by, http.StatusUnprocessableEntity, wrong)
	}
	if err != nil {
		return err
	}
	return s.back(w, r, "/me", Flash{Key: "password_changed"})
}

// endSession signs another browser out; id "all": every other one.
func (s *Server) endSession(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if err := s.recordHouse(r, by, "session end"); err != nil {
		return err
	}
	if r.PathValue("id") == "all" {
		if err := s.Accounts.RevokeAll(by, by.ID); err != nil {
			return err
		}
		return s.back(w, r, "/me", Flash{Key: "sessions_ended"})
	}
	id, err := pathID[store.SessionID](r, "id")
	if err != nil {
		return err
	}
	if err := s.Accounts.Revoke(by, id); err != nil {
		return err
	}
	return s.back(w, r, "/me", Flash{Key: "sessions_ended"})
}

// zones offered first; any IANA name may be typed.
var zones = []string{"Europe/Prague", "Europe/Bratislava", "Europe/Berlin", "Europe/London", "America/New_York", "UTC"}

// browserName is the short name of a User-Agent.
func browserName(agent string) string {
	for _, known := range []struct{ has, name string }{
		{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	} {
		if strings.Contains(agent, known.has) {
			return known.name
		}
	}
	if name, _, _ := strings.Cut(agent, "/"); len(name) < 30 {
		return name
	}
	return "?"
}
