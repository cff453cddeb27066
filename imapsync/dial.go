package imapsync

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"postolka/store"
)

var (
	errNoUpgrade   = errors.New("the server does not offer STARTTLS")
	errNotLoopback = errors.New("an unprotected connection is only made to this machine itself")
)

const dialLimit = 30 * time.Second

// dial connects as srv says and returns a connection on which the server's
// greeting comes next. roots nil: those of the system.
func dial(ctx context.Context, srv store.Server, roots *x509.CertPool) (*guard, error) {
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(srv.Host, strconv.Itoa(srv.Port)))
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(dialLimit))
	secured, err := secure(ctx, conn, srv, roots)
	if err != nil {
		conn.Close()
		return nil, err
	}
	conn.SetDeadline(time.Time{})
	return newGuard(secured), nil
}

func secure(ctx context.Context, conn net.Conn, srv store.Server, roots *x509.CertPool) (net.Conn, error) {
	config := &tls.Config{ServerName: srv.Host, RootCAs: roots, MinVersion: tls.VersionTLS12}
	switch srv.Security {
	case store.TLS:
		config.NextProtos = []string{"imap"}
		return handshake(ctx, conn, config)
	case store.STARTTLS:
		if err := startTLS(conn); err != nil {
			return nil, err
		}
		upgraded, err := handshake(ctx, conn, config)
		if err != nil {
			return nil, err
		}
		// go-imap waits for a greeting; the server gave its own before the upgrade.
		return greeted{upgraded, io.MultiReader(strings.NewReader("* OK upgraded\r\n"), upgraded)}, nil
	}
	if addr, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || !addr.IP.IsLoopback() {
		return nil, errNotLoopback
	}
	return conn, nil
}

func handshake(ctx context.Context, conn net.Conn, config *tls.Config) (net.Conn, error) {
	secured := tls.Client(conn, config)
	return secured, secured.HandshakeContext(ctx)
}

// startTLS asks for the upgrade (RFC 9051 §6.2.1). It is done here and not by
// go-imap, whose upgrade would put TLS above the guard, where nothing is
// bounded; and whatever the server sent in clear beyond its OK is refused
// instead of being taken for its words under TLS.
func startTLS(conn net.Conn) error {
	r := bufio.NewReaderSize(conn, 4096)
	greeting, err := readLine(r)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(strings.ToUpper(greeting), "* OK") { // PREAUTH: nobody could upgrade any more
		return fmt.Errorf("%w: %.200s", errNoUpgrade, greeting)
	}
	if _, err := io.WriteString(conn, "A STARTTLS\r\n"); err != nil {
		return err
	}
	for range 20 {
		line, err := readLine(r)
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(line, "* "):
			continue
		case !strings.HasPrefix(strings.ToUpper(line), "A OK") || r.Buffered() > 0:
			return fmt.Errorf("%w: %.200s", errNoUpgrade, line)
		}
		return nil
	}
	return errNoUpgrade
}

// readLine reads at most one buffer.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	return strings.TrimRight(string(line), "\r\n"), err
}

// greeted is a connection with a greeting put before it.
type greeted struct {
	net.Conn
	r io.Reader
}

func (g greeted) Read(p []byte) (int, error) { return g.r.Read(p) }

// Loopback says whether every address of host is this machine's own: only there
// may a connection go unencrypted.
func Loopback(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	ips, err := net.LookupIP(host)
	return err == nil && !slices.ContainsFunc(ips, func(ip net.IP) bool { return !ip.IsLoopback() })
}
