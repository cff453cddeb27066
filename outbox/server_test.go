package outbox

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"postolka/imapsync/imaptest"
	"postolka/store"
)

// parcel is what the server took.
type parcel struct {
	from string
	to   []string
	raw  string
}

// server is an SMTP server in this process. The hooks answer instead of it.
type server struct {
	port, sport int
	cert        imaptest.Certificate

	mutex   sync.Mutex
	parcels []parcel
	tries   int
	onRcpt  func(to string) error
	onData  func(raw string, try int) error // before the message is taken
	token   func(token string) bool         // set: only tokens sign in
	after   func()                          // when it is taken, before the answer
}

func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{cert: imaptest.NewCertificate(t)}
	config := &tls.Config{Certificates: []tls.Certificate{s.cert.TLS}}
	s.port = s.listen(t, config, false)
	s.sport = s.listen(t, config, true)
	return s
}

func (s *server) listen(t testing.TB, config *tls.Config, implicit bool) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if implicit {
		l = tls.NewListener(l, config)
	}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &visit{s: s}, nil }))
	server.Domain, server.AllowInsecureAuth, server.TLSConfig = "localhost", true, config
	server.ErrorLog = log.New(io.Discard, "", 0)
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return port
}

func (s *server) settings(sec store.Security) store.Server {
	srv := store.Server{Host: "127.0.0.1", Port: s.port, Security: sec, User: imaptest.User}
	if sec == store.TLS {
		srv.Port = s.sport
	}
	return srv
}

func (s *server) taken() []parcel {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]parcel(nil), s.parcels...)
}

// visit is one connection.
type visit struct {
	s      *server
	p      parcel
	signed bool
}

func (v *visit) AuthMechanisms() []string {
	if v.s.token != nil {
		return []string{sasl.OAuthBearer}
	}
	return []string{sasl.Plain}
}

func (v *visit) Auth(mechanism string) (sasl.Server, error) {
	if mechanism == sasl.OAuthBearer {
		return sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
			if v.signed = o.Username == imaptest.User && v.s.token(o.Token); !v.signed {
				return &sasl.OAuthBearerError{Status: "invalid_token", Schemes: "bearer"}
			}
			return nil
		}), nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != imaptest.User || password != imaptest.Password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "who is " + user + "?"}
		}
		v.signed = true
		return nil
	}), nil
}

func (v *visit) Mail(from string, _ *smtp.MailOptions) error {
	if !v.signed {
		return smtp.ErrAuthRequired
	}
	v.p = parcel{from: from}
	return nil
}

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	if v.s.onRcpt != nil {
		if err := v.s.onRcpt(to); err != nil {
			return err
		}
	}
	v.p.to = append(v.p.to, to)
	return nil
}

func (v *visit) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	v.s.mutex.Lock()
	v.s.tries++
	try := v.s.tries
	v.s.mutex.Unlock()
	if v.s.onData != nil {
		if err := v.s.onData(string(raw), try); err != nil {
			return err
		}
	}
	v.p.raw = string(raw)
	v.s.mutex.Lock()
	v.s.parcels = append(v.s.parcels, v.p)
	v.s.mutex.Unlock()
	if v.s.after != nil {
		v.s.after()
	}
	return nil
}

func (v *visit) Reset()        {}
func (v *visit) Logout() error { return nil }

var errTemporary = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later, eva@example.com"}
var errPermanent = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such eva@example.com"}

// deaf accepts everything up to the end of DATA and then hangs up without a word.
func deaf(t testing.TB) store.Server {
	t.Helper()
	h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
		switch verb := tag; verb {
		case "EHLO":
			l.Say("250 localhost")
		case "DATA":
			l.Say("354 go on")
			for {
				line, err := l.Reader.ReadString('\n')
				if err != nil || line == ".\r\n" {
					l.Close()
					return true
				}
			}
		default:
			l.Say("250 ok")
		}
		return true
	})
	h.Greet("220 localhost")
	srv := h.Settings()
	srv.User = ""
	return srv
}

var errNever = errors.New("never")
