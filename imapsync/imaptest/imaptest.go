// Package imaptest has IMAP servers for tests: Dovecot as a child process with
// its own configuration, ports and mail; the in-memory server of go-imap; a
// scripted one that misbehaves; and a proxy that drops connections.
package imaptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"strconv"
	"testing"
	"time"

	"postolka/store"
)

// User and Password sign in to every server here.
const (
	User     = "shop"
	Password = "secret-of-the-test"
)

// Mail is a message to put on a server.
type Mail struct {
	Raw []byte
	At  time.Time // INTERNALDATE; zero: now
}

// Server is what Dovecot and Memory have in common, so that one test body runs on both.
type Server interface {
	// Settings to connect with; the password is Password.
	Settings(sec store.Security) store.Server
	// Roots verify its certificate.
	Roots() *x509.CertPool
	// Put delivers mails into a folder, which it makes when missing.
	Put(t testing.TB, folder string, mails ...Mail)
	// Renumber gives a folder a new UIDVALIDITY and its messages new UIDs.
	Renumber(t testing.TB, folder string)
}

// Certificate for 127.0.0.1 with its key, and the roots that verify it.
type Certificate struct {
	TLS          tls.Certificate
	Roots        *x509.CertPool
	CertPEM, Key []byte
}

// NewCertificate makes a self-signed certificate for localhost and 127.0.0.1, valid for a day.
func NewCertificate(t testing.TB) Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	shape := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, shape, shape, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c := Certificate{
		Roots:   x509.NewCertPool(),
		CertPEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		Key:     pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
	}
	c.Roots.AppendCertsFromPEM(c.CertPEM)
	if c.TLS, err = tls.X509KeyPair(c.CertPEM, c.Key); err != nil {
		t.Fatal(err)
	}
	return c
}

// freePort is a port that nobody listened on a moment ago.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// settings of a server on loopback.
func settings(port int, sec store.Security) store.Server {
	return store.Server{Host: "127.0.0.1", Port: port, Security: sec, User: User}
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
