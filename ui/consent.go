package ui

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/oauth"
	"postolka/store"
)

// ConsentView is how a mailbox signs in at its provider (OAuth2).
type ConsentView struct {
	desk.MailboxInfo
	Redirect string // where the provider sends people back; they enter it there
	Consent  string // where to consent; "" before the client is known
	Wrong    string
	Said     string // the provider's or the server's own words
}

func consentPath(id store.MailboxID) string { return mailboxPath(id) + "/consent" }

func (s *Server) consentPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	info, err := s.mailboxOf(r, by)
	if err != nil {
		return err
	}
	return s.showConsent(w, r, by, http.StatusOK, ConsentView{MailboxInfo: info})
}

func (s *Server) showConsent(w http.ResponseWriter, r *http.Request, by account.Agent, status int, v ConsentView) (err error) {
	if s.Logins == nil {
		return errNoPage
	}
	v.Redirect = s.outside(r, "/mailboxes/consent", nil)
	if v.Mailbox.OAuth.ClientID != "" && v.Wrong == "" {
		if v.Consent, err = s.Logins.Begin(v.ID, v.Redirect); err != nil {
			return err
		}
	}
	p, err := s.page(r, by, "consent.title", "mailboxes")
	if err != nil {
		return err
	}
	return s.show(w, r, status, consentView(p, v))
}

// saveConsent keeps the client; the page then leads to the provider.
func (s *Server) saveConsent(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	info, err := s.mailboxOf(r, by)
	if err != nil {
		return err
	}
	if s.Logins == nil {
		return errNoPage
	}
	if err := s.recordAct(r, by, audit.Setting, info.ID, "mailbox consent"); err != nil {
		return err
	}
	if r.PostFormValue("do") == "drop" {
		if err := s.Logins.Drop(info.ID); err != nil {
			return err
		}
		return s.back(w, r, mailboxPath(info.ID)+"/edit", Flash{Key: "consent_dropped"})
	}
	o := readClient(r)
	err = s.Logins.Set(info.ID, o, r.PostFormValue("secret"))
	if errors.Is(err, oauth.ErrSettings) {
		info.Mailbox.OAuth = o
		return s.showConsent(w, r, by, http.StatusUnprocessableEntity, ConsentView{MailboxInfo: info, Wrong: s.voice(r, by).T("consent.wrong_settings")})
	}
	if err != nil {
		return err
	}
	return s.back(w, r, consentPath(info.ID), Flash{Key: "consent_saved"})
}

func readClient(r *http.Request) store.OAuth {
	o := store.OAuth{Provider: r.PostFormValue("provider"), ClientID: strings.TrimSpace(r.PostFormValue("client")),
		AuthURL: strings.TrimSpace(r.PostFormValue("auth_url")), TokenURL: strings.TrimSpace(r.PostFormValue("token_url")), Scopes: strings.Fields(r.PostFormValue("scopes"))}
	if ends, err := time.Parse(time.DateOnly, r.PostFormValue("secret_ends")); err == nil {
		o.SecretEnds = ends
	}
	return o
}

// consented is where the provider sends a person back to. The state says for which
// mailbox; both servers are tried before it counts as done.
func (s *Server) consented(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	if s.Logins == nil {
		return errNoPage
	}
	q := r.URL.Query()
	id, err := s.Logins.Begun(q.Get("state"))
	if errors.Is(err, oauth.ErrState) {
		return s.back(w, r, "/mailboxes", Flash{Key: "consent_late"})
	}
	r.SetPathValue("id", idText(id))
	info, err := s.mailboxOf(r, by)
	if err != nil {
		return err
	}
	if err := s.recordAct(r, by, audit.Setting, id, "mailbox consent"); err != nil {
		return err
	}
	wrong, said := s.finishConsent(r, info, q)
	if wrong != "" {
		return s.showConsent(w, r, by, http.StatusUnprocessableEntity, ConsentView{MailboxInfo: info, Wrong: s.voice(r, by).T(wrong), Said: said})
	}
	if s.MailboxChanged != nil {
		s.MailboxChanged(id)
	}
	return s.back(w, r, mailboxPath(id), Flash{Key: "consent_given"})
}

// finishConsent gets the tokens and signs in to both servers with them.
func (s *Server) finishConsent(r *http.Request, info desk.MailboxInfo, q url.Values) (wrong, said string) {
	if code := q.Get("error"); code != "" {
		return "consent.wrong_refused", code
	}
	if err := s.Logins.Finish(r.Context(), q.Get("state"), q.Get("code")); err != nil {
		return "consent.wrong_provider", err.Error()
	}
	if srv := info.Mailbox.IMAP; srv.Host != "" && s.ProbeIMAP != nil {
		login, err := s.Logins.Login(r.Context(), info.ID, info.Mailbox, srv)
		if err == nil {
			_, err = s.ProbeIMAP(r.Context(), srv, login)
		}
		if err != nil {
			return "consent.wrong_imap", err.Error()
		}
	}
	if srv := info.Mailbox.SMTP; srv.Host != "" && s.ProbeSMTP != nil {
		login, err := s.Logins.Login(r.Context(), info.ID, info.Mailbox, srv)
		if err == nil {
			err = s.ProbeSMTP(r.Context(), srv, login)
		}
		if err != nil {
			return "consent.wrong_smtp", err.Error()
		}
	}
	return "", ""
}

// outside is the address of a page here as others reach it.
func (s *Server) outside(r *http.Request, path string, query url.Values) string {
	scheme := "http"
	if s.Secure {
		scheme = "https"
	}
	u := url.URL{Scheme: scheme, Host: r.Host, Path: path, RawQuery: query.Encode()}
	return u.String()
}

// wantsConsent: these providers take no passwords.
func wantsConsent(box store.Mailbox) bool {
	return box.OAuth.Provider != "" || box.IMAP.Host == "imap.gmail.com" || box.IMAP.Host == "outlook.office365.com"
}

// providerOf is what the form offers first.
func providerOf(box store.Mailbox) string {
	switch {
	case box.OAuth.Provider != "":
		return box.OAuth.Provider
	case box.IMAP.Host == "imap.gmail.com":
		return "google"
	case box.IMAP.Host == "outlook.office365.com":
		return "microsoft"
	}
	return "other"
}

// consented: a person consented, and nothing ends soon.
func (v Voice) consented(o store.OAuth) bool {
	key, _ := oauth.Warning(o, v.Now)
	return key == ""
}

func (v Voice) consentText(o store.OAuth) string {
	if text := v.endsText(o); text != "" {
		return text
	}
	return v.T("consent.lasts")
}

// endsText warns of what ends soon; "" when nothing does.
func (v Voice) endsText(o store.OAuth) string {
	switch key, at := oauth.Warning(o, v.Now); {
	case key == "":
		return ""
	case at.IsZero():
		return v.T("consent." + key)
	default:
		return v.T("consent."+key+"_at", v.Date(at))
	}
}
