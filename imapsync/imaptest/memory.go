package imaptest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"postolka/store"
)

// Memory is the in-memory server of go-imap, on a loopback port each for plain
// with STARTTLS and for TLS.
type Memory struct {
	user        *imapmemserver.User
	port, sport int
	cert        Certificate
}

// MemoryCaps are the capabilities Memory offers unless told otherwise.
var MemoryCaps = imap.CapSet{
	imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapIdle: {}, imap.CapSpecialUse: {},
	imap.CapNamespace: {}, imap.CapMove: {}, imap.CapListExtended: {},
}

// NewMemory starts one that ends with the test; without are capabilities it lacks.
func NewMemory(t testing.TB, without ...imap.Cap) *Memory {
	t.Helper()
	m := &Memory{user: imapmemserver.NewUser(User, Password), cert: NewCertificate(t)}
	for _, name := range []string{"INBOX", "Sent", "Trash", "Junk", "Drafts"} {
		must(t, m.user.Create(name, nil))
	}
	users := imapmemserver.New()
	users.AddUser(m.user)
	caps := imap.CapSet{}
	for c := range MemoryCaps {
		caps[c] = struct{}{}
	}
	for _, c := range without {
		delete(caps, c)
	}
	config := &tls.Config{Certificates: []tls.Certificate{m.cert.TLS}}
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return users.NewSession(), nil, nil
		},
		Caps: caps, TLSConfig: config, InsecureAuth: true,
		Logger: log.New(io.Discard, "", 0),
	})
	m.port = serve(t, server, nil)
	m.sport = serve(t, server, config)
	t.Cleanup(func() { server.Close() })
	return m
}

func serve(t testing.TB, server *imapserver.Server, config *tls.Config) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if config != nil {
		l = tls.NewListener(l, config)
	}
	go server.Serve(l)
	return port
}

func (m *Memory) Settings(sec store.Security) store.Server {
	if sec == store.TLS {
		return settings(m.sport, sec)
	}
	return settings(m.port, sec)
}

func (m *Memory) Roots() *x509.CertPool { return m.cert.Roots }

func (m *Memory) Put(t testing.TB, folder string, mails ...Mail) {
	t.Helper()
	m.user.Create(folder, nil) // exists already, mostly
	for _, mail := range mails {
		// As on the wire: lines end in CRLF.
		raw := []byte(strings.ReplaceAll(strings.ReplaceAll(string(mail.Raw), "\r\n", "\n"), "\n", "\r\n"))
		if _, err := m.user.Append(folder, literal{bytes.NewReader(raw)}, &imap.AppendOptions{Time: mail.At}); err != nil {
			t.Fatal(err)
		}
	}
}

// Renumber makes the folder anew from its messages: another UIDVALIDITY.
func (m *Memory) Renumber(t testing.TB, folder string) {
	t.Helper()
	kept := Fetch(t, m, folder)
	must(t, m.user.Delete(folder))
	must(t, m.user.Create(folder, nil))
	for _, mail := range kept {
		m.Put(t, folder, mail)
	}
}

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }
