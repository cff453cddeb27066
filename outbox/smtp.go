package outbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"postolka/oauth"
	"postolka/store"
)

var (
	errNotLoopback = errors.New("an unprotected connection is only made to this machine itself")
	errBabble      = errors.New("the server says more than any mail server")
	errNoAuth      = errors.New("the server offers no way to sign in that we know (PLAIN, LOGIN)")
)

const (
	dialLimit    = 30 * time.Second
	commandLimit = 5 * time.Minute  // RFC 5321 §4.5.3.2
	answerLimit  = 10 * time.Minute // after the last line, RFC 5321 §4.5.3.2.6
)

// client is a signed-in connection for one message.
type client struct {
	conn   net.Conn
	smtp   *smtp.Client
	detach func() bool
}

// bounded ends a connection on which more comes than any server has to say:
// net/textproto joins the lines of an answer without end.
type bounded struct {
	net.Conn
	left int64
}

const maxAnswers = 1 << 20

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if b.left -= int64(n); b.left < 0 {
		b.Conn.Close()
		return 0, errBabble
	}
	return n, err
}

// stage is the part of the conversation in which an error came.
type stage struct {
	name string
	err  error
}

func (s stage) Error() string { return s.name + ": " + s.err.Error() }
func (s stage) Unwrap() error { return s.err }

func at(name string, err error) error {
	if err == nil {
		return nil
	}
	return stage{name, err}
}

// dial connects as srv says and signs in when there is a user. The connection
// ends with ctx.
func dial(ctx context.Context, srv store.Server, login store.Login, roots *x509.CertPool) (*client, error) {
	dialing, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(dialing, "tcp", net.JoinHostPort(srv.Host, strconv.Itoa(srv.Port)))
	if err != nil {
		return nil, at("connect", err)
	}
	conn = &bounded{conn, maxAnswers}
	c := &client{conn: conn, detach: context.AfterFunc(ctx, func() { conn.Close() })}
	if err := c.greet(dialing, srv, roots); err != nil {
		c.close()
		return nil, at("connect", err)
	}
	if err := c.signIn(srv, login); err != nil {
		c.close()
		return nil, at("sign in", err)
	}
	return c, nil
}

func (c *client) greet(ctx context.Context, srv store.Server, roots *x509.CertPool) (err error) {
	config := &tls.Config{ServerName: srv.Host, RootCAs: roots, MinVersion: tls.VersionTLS12}
	switch srv.Security {
	case store.TLS:
		secured := tls.Client(c.conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return err
		}
		c.smtp = smtp.NewClient(secured)
	case store.STARTTLS:
		c.conn.SetDeadline(time.Now().Add(dialLimit))
		if c.smtp, err = smtp.NewClientStartTLS(c.conn, config); err != nil {
			return err
		}
	default:
		if addr, ok := c.conn.RemoteAddr().(*net.TCPAddr); !ok || !addr.IP.IsLoopback() {
			return errNotLoopback
		}
		c.smtp = smtp.NewClient(c.conn)
	}
	c.smtp.CommandTimeout, c.smtp.SubmissionTimeout = commandLimit, answerLimit
	return nil
}

func (c *client) signIn(srv store.Server, login store.Login) error {
	if err := c.smtp.Hello("localhost"); err != nil || login.User == "" {
		return err
	}
	switch {
	case login.Token != "":
		return c.withToken(srv, login)
	case c.smtp.SupportsAuth(sasl.Plain):
		return c.smtp.Auth(sasl.NewPlainClient("", login.User, login.Password))
	case c.smtp.SupportsAuth(sasl.Login):
		return c.smtp.Auth(sasl.NewLoginClient(login.User, login.Password))
	}
	return errNoAuth
}

func (c *client) withToken(srv store.Server, login store.Login) error {
	bearer := c.smtp.SupportsAuth(sasl.OAuthBearer)
	if !bearer && !c.smtp.SupportsAuth(oauth.XOAUTH2) {
		return errNoAuth
	}
	err := c.smtp.Auth(oauth.Client(login, srv, bearer))
	var answer *smtp.SMTPError
	if errors.As(err, &answer) && !answer.Temporary() {
		return fmt.Errorf("%w: %w", oauth.ErrConsent, err)
	}
	return err
}

// envelope names sender and recipients. One recipient refused stops the whole
// message: who answers must know before part of it is out.
func (c *client) envelope(sender string, recipients []string, size int) error {
	if len(recipients) == 0 {
		return at("recipient", &smtp.SMTPError{Code: 554, Message: "no recipients"})
	}
	utf8 := !ascii(sender)
	for _, r := range recipients {
		utf8 = utf8 || !ascii(r)
	}
	if err := c.smtp.Mail(sender, &smtp.MailOptions{Size: int64(size), UTF8: utf8}); err != nil {
		return at("sender", err)
	}
	for _, r := range recipients {
		if err := c.smtp.Rcpt(r, nil); err != nil {
			return at("recipient", err)
		}
	}
	return nil
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0
}

// patient lets the server answer for a while after ctx has ended: to hang up now
// would leave the message uncertain.
func (c *client) patient(ctx context.Context, wait time.Duration) {
	c.detach()
	c.detach = context.AfterFunc(ctx, func() {
		time.AfterFunc(wait, func() { c.conn.Close() })
	})
}

// close says goodbye and hangs up. Before the end of DATA it only hangs up: the
// server then drops what it has.
func (c *client) close() {
	c.detach()
	c.conn.Close()
}

// Probe signs in to a server and says in the server's words what failed. It uses
// the system's root certificates.
func Probe(ctx context.Context, srv store.Server, login store.Login) error {
	return probe(ctx, srv, login, nil)
}

func probe(ctx context.Context, srv store.Server, login store.Login, roots *x509.CertPool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	c, err := dial(ctx, srv, login, roots)
	if err != nil {
		return err
	}
	defer c.close()
	c.conn.SetDeadline(time.Now().Add(5 * time.Second))
	if err := c.smtp.Noop(); err != nil {
		return fmt.Errorf("after signing in: %w", err)
	}
	return nil
}
