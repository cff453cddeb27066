package ui

import (
	"errors"
	"mime"
	"net"
	"net/http"

	"postolka/account"
)

// formLimit bounds what a browser may send: 25 MB of attachments with their
// encoding, and text.
const formLimit = 36 << 20

// whoAsks is the agent of the session cookie; the zero Agent when nobody is signed in.
func (s *Server) whoAsks(w http.ResponseWriter, r *http.Request) (account.Agent, error) {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return account.Agent{}, nil
	}
	by, err := s.Accounts.Session(c.Value)
	if errors.Is(err, account.ErrNoSession) {
		s.setCookie(w, "")
		return account.Agent{}, nil
	}
	by.Address = remoteAddress(r)
	return by, err
}

// cookieName has the __Host- prefix where the browser enforces it: https, no
// domain, whole path.
func (s *Server) cookieName() string {
	if s.Secure {
		return "__Host-postolka"
	}
	return "postolka"
}

// setCookie keeps a session's token for the browser; "" ends it.
func (s *Server) setCookie(w http.ResponseWriter, token string) {
	c := &http.Cookie{Name: s.cookieName(), Value: token, Path: "/", HttpOnly: true,
		Secure: s.Secure, SameSite: http.SameSiteLaxMode, MaxAge: 60 * 60 * 24 * 30}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// remoteAddress is the peer's; headers of proxies are not believed.
func remoteAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// readForm reads a posted form within bounds before a handler runs.
func readForm(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		return nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, formLimit)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	err := r.ParseForm()
	if kind == "multipart/form-data" {
		err = r.ParseMultipartForm(8 << 20)
	}
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return errTooLarge
	case err != nil:
		return errBadInput // its text could quote what was typed
	}
	return nil
}
