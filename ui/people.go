package ui

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"postolka/account"
	"postolka/store"
)

// PeopleView is who works here, and the form that invites.
type PeopleView struct {
	List    []account.Account
	Form    account.NewPerson
	Wrong   string
	Invited *invited // shown once
}

// invited is a fresh invitation: its link is a secret, for one person.
type invited struct {
	Name string
	Link string
	account.Invitation
	Reset bool
}

// roles in the order they are offered.
var roles = []store.Role{store.RoleAgent, store.RolePrivacy, store.RoleAuditor, store.RoleAdmin, store.RoleOwner}

func roleOfKey(key string) (store.Role, error) {
	for _, r := range roles {
		if roleKey(r) == key {
			return r, nil
		}
	}
	return 0, errBadInput
}

func (s *Server) peoplePage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	return s.showPeople(w, r, by, http.StatusOK, PeopleView{})
}

func (s *Server) showPeople(w http.ResponseWriter, r *http.Request, by account.Agent, status int, v PeopleView) error {
	p, err := s.page(r, by, "people.title", "people")
	if err != nil {
		return err
	}
	if v.List, err = s.Accounts.List(); err != nil {
		return err
	}
	return s.show(w, r, status, peopleView(p, v))
}

// invite makes an account without a password, and shows its link once.
func (s *Server) invite(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	role, err := roleOfKey(r.PostFormValue("role"))
	if err != nil {
		return err
	}
	p := account.NewPerson{Name: strings.TrimSpace(r.PostFormValue("name")), Email: strings.TrimSpace(r.PostFormValue("email")), Role: role, Language: by.Language, Zone: by.Zone}
	if err := s.recordHouse(r, by, "agent new role "+roleKey(role)); err != nil {
		return err
	}
	_, inv, err := s.Accounts.Add(by, p)
	if wrong := s.voice(r, by).accountTrouble(err); wrong != "" {
		return s.showPeople(w, r, by, http.StatusUnprocessableEntity, PeopleView{Form: p, Wrong: wrong})
	}
	if err != nil {
		return err
	}
	return s.showPeople(w, r, by, http.StatusOK, PeopleView{Invited: &invited{p.Name, s.invitationLink(r, inv.Secret), inv, false}})
}

func (s *Server) invitationLink(r *http.Request, secret string) string {
	return s.outside(r, "/invitation", url.Values{"secret": {secret}})
}

// changePerson sets a role, locks out or lets in, or resets the password.
func (s *Server) changePerson(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.AgentID](r, "id")
	if err != nil {
		return err
	}
	do := r.PostFormValue("do")
	change, ok := map[string]func() error{
		"role": func() error {
			role, err := roleOfKey(r.PostFormValue("role"))
			if err != nil {
				return err
			}
			return s.Accounts.SetRole(by, id, role)
		},
		"disable": func() error { return s.Accounts.Disable(by, id) },
		"enable":  func() error { return s.Accounts.Enable(by, id) },
		"reset":   nil,
	}[do]
	if !ok {
		return errBadInput
	}
	if err := s.recordHouse(r, by, "agent "+idText(id)+" "+do); err != nil {
		return err
	}
	if do == "reset" {
		return s.resetPerson(w, r, by, id)
	}
	if err := change(); errors.Is(err, account.ErrLastOwner) {
		return s.showPeople(w, r, by, http.StatusConflict, PeopleView{Wrong: s.voice(r, by).accountTrouble(err)})
	} else if err != nil {
		return err
	}
	return s.back(w, r, "/people", Flash{Key: "person_changed"})
}

func (s *Server) resetPerson(w http.ResponseWriter, r *http.Request, by account.Agent, id store.AgentID) error {
	inv, err := s.Accounts.ResetPassword(by, id)
	if err != nil {
		return err
	}
	return s.showPeople(w, r, by, http.StatusOK, PeopleView{Invited: &invited{s.nameOf(id), s.invitationLink(r, inv.Secret), inv, true}})
}

// personState of an account, with its colour.
func personState(a account.Account) (key, colour string) {
	switch {
	case !a.DisabledAt.IsZero():
		return "locked", "bad"
	case a.Invited:
		return "invited", "warn"
	}
	return "", ""
}
