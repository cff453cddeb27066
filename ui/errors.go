package ui

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"postolka/account"
	"postolka/desk"
	"postolka/privacy"
	"postolka/store"
)

var (
	errNoPage      = errors.New("no such page")
	errSignIn      = errors.New("not signed in")
	errMayNot      = errors.New("role may not")
	errGone        = errors.New("the browser went away")
	errBadInput    = errors.New("form can't be read")
	errTooLarge    = errors.New("form is too large")
	errSearchGone  = errors.New("search is forgotten")
	errPackageGone = errors.New("link to a package is used or over")
	errForeign     = errors.New("form of another site")
)

// trouble is an error as a person meets it: a status and the stem of three texts,
// error.STEM.title, .kept and .next (what happened, what was kept, what to do).
type trouble struct {
	Status int
	Stem   string
}

// troubles is read from the top; the first that errors.Is decides.
var troubles = []struct {
	err error
	trouble
}{
	{errNoPage, trouble{http.StatusNotFound, "no_page"}},
	{errForeign, trouble{http.StatusForbidden, "foreign"}},
	{errPackageGone, trouble{http.StatusGone, "package_gone"}},
	{account.ErrInvitation, trouble{http.StatusGone, "invitation"}},
	{account.ErrNotAllowed, trouble{http.StatusForbidden, "may_not"}},
	{desk.ErrNotAllowed, trouble{http.StatusNotFound, "not_found"}}, // also: may not know whether it exists
	{desk.ErrView, trouble{http.StatusNotFound, "no_page"}},
	{desk.ErrTooLate, trouble{http.StatusConflict, "too_late"}},
	{privacy.ErrTooLate, trouble{http.StatusConflict, "job_late"}},
	{privacy.ErrPlanChanged, trouble{http.StatusConflict, "plan_changed"}},
	{privacy.ErrSecondPerson, trouble{http.StatusForbidden, "second_person"}},
	{privacy.ErrHold, trouble{http.StatusUnprocessableEntity, "hold"}},
	{privacy.ErrRestriction, trouble{http.StatusUnprocessableEntity, "restriction"}},
	{privacy.ErrLifted, trouble{http.StatusConflict, "lifted"}},
	{privacy.ErrSeenStays, trouble{http.StatusConflict, "seen_stays"}},
	{desk.ErrPast, trouble{http.StatusUnprocessableEntity, "past"}},
	{desk.ErrNothingLeft, trouble{http.StatusConflict, "nothing_left"}},
	{desk.ErrMailboxes, trouble{http.StatusConflict, "mailboxes"}},
	{store.ErrNotFound, trouble{http.StatusNotFound, "not_found"}},
	{errSearchGone, trouble{http.StatusGone, "search_gone"}},
	{errNothingPicked, trouble{http.StatusBadRequest, "nothing_picked"}},
	{errMayNot, trouble{http.StatusForbidden, "may_not"}},
	{errBadInput, trouble{http.StatusBadRequest, "bad_input"}},
	{errTooLarge, trouble{http.StatusRequestEntityTooLarge, "too_large"}},
	{context.DeadlineExceeded, trouble{http.StatusGatewayTimeout, "slow"}},
}

func troubleOf(err error) trouble {
	for _, t := range troubles {
		if errors.Is(err, t.err) {
			return t.trouble
		}
	}
	return trouble{http.StatusInternalServerError, "ours"}
}

// fail answers with an error page in the reader's language. The error's own text
// goes to the log only, and there without the path: ids are in the error.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, by account.Agent, err error) {
	switch {
	case errors.Is(err, errGone) || errors.Is(err, context.Canceled):
		return
	case errors.Is(err, errSignIn):
		s.askToSignIn(w, r)
		return
	}
	t := troubleOf(err)
	if t.Status >= 500 {
		s.Logger.Error("page failed", "route", r.Pattern, "status", t.Status, "err", err)
	}
	p := s.bare(r, by, "error."+t.Stem+".title")
	if err := s.show(w, r, t.Status, errorPage(p, t)); err != nil && !errors.Is(err, errGone) {
		s.Logger.Error("error page failed", "err", err)
		http.Error(w, http.StatusText(t.Status), t.Status)
	}
}

// askToSignIn sends a page there and back; a script is told by the status.
func (s *Server) askToSignIn(w http.ResponseWriter, r *http.Request) {
	if wantsPart(r) != "" || r.Header.Get("Accept") == "text/event-stream" {
		http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
		return
	}
	to := "/sign-in"
	if r.Method == http.MethodGet && r.URL.Path != "/" {
		to += "?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}
