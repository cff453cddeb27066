package store

import (
	"fmt"
	"strconv"
)

// Login is what a mail server is told.
type Login struct {
	User     string
	Password string
	Token    string // an access token (RFC 6750), then no password is sent
}

// SealPassword seals the password of srv, bound to host, port and user: it does
// not open for another server, so a changed one needs the password again. The
// result goes into Server.Secret.
func (k *Keys) SealPassword(srv Server, password string) []byte {
	return k.Seal(passwordLabel(srv), []byte(password))
}

// Password opens srv.Secret. No secret is no password.
func (k *Keys) Password(srv Server) (string, error) {
	if srv.Secret == nil {
		return "", nil
	}
	plain, err := k.Unseal(passwordLabel(srv), srv.Secret)
	if err != nil {
		return "", fmt.Errorf("open the password of a mail server: %w", err)
	}
	return string(plain), nil
}

func passwordLabel(srv Server) string {
	return "mail server " + strconv.Quote(srv.Host) + " " + strconv.Itoa(srv.Port) + " " + strconv.Quote(srv.User)
}
