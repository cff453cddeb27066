package demo

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// maxSampleMail bounds one message sent to the sample server, in bytes.
const maxSampleMail = 50 << 20

func (s *Servers) newSMTP() *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{servers: s}, nil
	}))
	server.Domain = shopDomain
	server.AllowInsecureAuth = true // loopback only
	server.MaxMessageBytes = maxSampleMail
	server.ReadTimeout, server.WriteTimeout = time.Minute, time.Minute
	server.ErrorLog = quiet
	return server
}

// session is one connection of the shop's outbox. The mail goes to the customers
// and nowhere else; the copy in Sent is the desk's own doing.
type session struct {
	servers *Servers
	user    string // empty: not signed in
	rcpt    []string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		for _, b := range s.servers.boxes {
			if b.User == user && subtle.ConstantTimeCompare([]byte(b.Password), []byte(password)) == 1 {
				s.user = user
				return nil
			}
		}
		return smtp.ErrAuthFailed
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	if s.user == "" {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.rcpt = append(s.rcpt, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(r); err != nil {
		return fmt.Errorf("receive a message: %w", err)
	}
	s.servers.customers.receive(s.user, s.rcpt, raw.Bytes())
	return nil
}

func (s *session) Reset() { s.rcpt = nil }

func (s *session) Logout() error { return nil }
