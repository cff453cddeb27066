package ui

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"postolka/account"
	"postolka/audit"
	"postolka/store"
)

// SignIn is what the sign-in page shows.
type SignIn struct {
	Email string
	Next  string
	Wrong string // text for what went wrong; empty: nothing yet
	Said  string // text for what was done before: signed out, password set
	Demo  []DemoAccount
}

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if empty, err := s.Accounts.Empty(); err != nil || empty {
		http.Redirect(w, r, "/start", http.StatusSeeOther)
		return err
	}
	if by.ID != 0 {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	p := s.bare(r, by, "signin.title")
	in := SignIn{Next: localPath(r.URL.Query().Get("next")), Demo: s.DemoHint}
	if key := r.URL.Query().Get("done"); key != "" && p.has("flash."+key) {
		in.Said = p.T("flash." + key)
	}
	return s.show(w, r, http.StatusOK, signInForm(p, in))
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	email, next := r.PostFormValue("email"), localPath(r.PostFormValue("next"))
	token, err := s.Accounts.SignIn(r.Context(), email, r.PostFormValue("password"), remoteAddress(r), r.UserAgent())
	if err != nil {
		return s.signInFailed(w, r, SignIn{Email: email, Next: next, Demo: s.DemoHint}, err)
	}
	by, err = s.Accounts.Session(token)
	if err != nil {
		return err
	}
	by.Address = remoteAddress(r)
	if err := s.Log.Record(r.Context(), s.Log.By(by, audit.SignIn)); err != nil {
		return errors.Join(err, s.Accounts.SignOut(token))
	}
	s.setCookie(w, token)
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// signInFailed shows the form again. The answer is the same whoever was asked for;
// the log knows.
func (s *Server) signInFailed(w http.ResponseWriter, r *http.Request, in SignIn, err error) error {
	p := s.bare(r, account.Agent{}, "signin.title")
	var wrong account.ErrSignIn
	var wait account.ErrThrottled
	status := http.StatusUnauthorized
	switch {
	case errors.As(err, &wrong):
		in.Wrong = p.T("signin.wrong")
	case errors.As(err, &wait):
		in.Wrong = p.T("signin.wait", int(wait.Wait.Seconds())+1)
		status = http.StatusTooManyRequests
	default:
		return err
	}
	failed := account.Agent{ID: wrong.Agent, Address: remoteAddress(r)}
	if err := s.Log.Record(r.Context(), s.Log.By(failed, audit.SignInFailed)); err != nil {
		return err
	}
	return s.show(w, r, status, signInForm(p, in))
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if c, err := r.Cookie(s.cookieName()); err == nil {
		if err := s.Accounts.SignOut(c.Value); err != nil {
			return err
		}
	}
	s.setCookie(w, "")
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	if err := s.Log.Record(r.Context(), s.Log.By(by, audit.SignOut)); err != nil {
		return err
	}
	return s.back(w, r, "/sign-in", Flash{Key: "signed_out"})
}

// First is the form of the first start, and of an invitation (with Secret).
type First struct {
	Name, Email, Secret, Wrong string
}

func (s *Server) firstPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if empty, err := s.Accounts.Empty(); err != nil || !empty {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return err
	}
	return s.show(w, r, http.StatusOK, firstForm(s.bare(r, by, "first.title"), First{}))
}

func (s *Server) firstOwner(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	p := s.bare(r, by, "first.title")
	in := First{Name: strings.TrimSpace(r.PostFormValue("name")), Email: r.PostFormValue("email")}
	_, err := s.Accounts.CreateOwner(account.NewPerson{Name: in.Name, Email: in.Email,
		Password: r.PostFormValue("password"), Language: p.Lang, Zone: knownZone(r.PostFormValue("zone"))})
	if errors.Is(err, account.ErrHasAccounts) {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return nil
	}
	if in.Wrong = p.accountTrouble(err); in.Wrong != "" {
		return s.show(w, r, http.StatusUnprocessableEntity, firstForm(p, in))
	}
	if err != nil {
		return err
	}
	return s.signIn(w, r, by)
}

// invitationPage lets an invited person choose a password; the secret comes in the
// query and goes on in the form.
func (s *Server) invitationPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	secret := r.URL.Query().Get("secret")
	if _, err := s.Accounts.Invited(secret); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, invitationForm(s.bare(r, by, "invitation.title"), First{Secret: secret}))
}

func (s *Server) redeem(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	p := s.bare(r, by, "invitation.title")
	in := First{Secret: r.PostFormValue("secret")}
	id, err := s.Accounts.Redeem(in.Secret, r.PostFormValue("password"))
	if in.Wrong = p.accountTrouble(err); in.Wrong != "" {
		return s.show(w, r, http.StatusUnprocessableEntity, invitationForm(p, in))
	}
	if err != nil {
		return err
	}
	e := s.Log.By(account.Agent{ID: id, Address: remoteAddress(r)}, audit.Setting)
	e.Object = "password"
	if err := s.Log.Record(r.Context(), e); err != nil {
		return err
	}
	return s.back(w, r, "/sign-in", Flash{Key: "password_set"})
}

// accountTrouble is the text for what a person can mend in an account form; "" for anything else.
func (v Voice) accountTrouble(err error) string {
	var weak account.WeakPassword
	switch {
	case errors.As(err, &weak):
		return v.T("password." + weak.Why)
	case errors.Is(err, account.ErrEmail):
		return v.T("account.email_wrong")
	case errors.Is(err, account.ErrEmailTaken):
		return v.T("account.email_taken")
	case errors.Is(err, account.ErrLastOwner):
		return v.T("account.last_owner")
	}
	return ""
}

// localPath is a path of ours to go on to; anything else is the desk.
func localPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n") {
		return "/"
	}
	return p
}

// roleKey is the stable word of a role in texts and forms.
func roleKey(r store.Role) string {
	return map[store.Role]string{store.RoleAgent: "agent", store.RoleOwner: "owner", store.RoleAdmin: "admin",
		store.RolePrivacy: "privacy", store.RoleAuditor: "auditor"}[r]
}
