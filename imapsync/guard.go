package imapsync

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// How long a connection may say nothing: when an answer is due, and else. Servers
// break an IDLE off after 30 minutes (RFC 2177); ours is renewed far more often.
const patienceRest = 30 * time.Minute

var patienceBusy = 60 * time.Second // a variable so that tests need not wait

var (
	errStalled = errors.New("the server stopped answering")
	errBounds  = errors.New("the server sent something that no mail server sends")
)

// guard is a connection to a server that may be anybody: it bounds what
// go-imap's decoder gets to see and keeps time by progress. go-imap's own read
// deadlines are ignored: five minutes for a whole literal would cut large mails
// on slow lines, and between responses it has none.
//
// Every failure reads as io.EOF, as a connection that ends; the reason is in failed.
//
// Read is called by go-imap's decoder and readers of literals, one at a time, the
// rest from any goroutine.
type guard struct {
	net.Conn // a nameLine
	names    *nameLine
	scan     scanner
	reset    atomic.Bool // the scanner's budget starts anew
	mutex    sync.Mutex
	patience time.Duration
	cause    error // first reason why we closed it
}

func newGuard(conn net.Conn) *guard {
	names := newNameLine(conn)
	g := &guard{Conn: names, names: names}
	g.wait(patienceBusy)
	return g
}

// wait sets how long the next byte may take, from now.
func (g *guard) wait(patience time.Duration) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.patience = patience
	g.Conn.SetReadDeadline(time.Now().Add(patience))
}

// heard starts the time for the next byte. Under the same lock as wait: a byte that
// came just before a command would else leave its answer the patience of rest.
func (g *guard) heard() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.Conn.SetReadDeadline(time.Now().Add(g.patience))
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if g.reset.Swap(false) {
		g.scan.spent = 0
	}
	if scanErr := g.scan.feed(p[:n]); scanErr != nil {
		n, err = 0, scanErr
	}
	var netErr net.Error
	if errors.As(err, &netErr) && netErr.Timeout() {
		err = errStalled
	}
	if err != nil {
		if !errors.Is(err, io.EOF) {
			g.fail(err)
		}
		return n, io.EOF
	}
	g.heard()
	return n, nil
}

func (g *guard) Write(p []byte) (int, error) {
	g.reset.Store(true)
	return g.Conn.Write(p)
}

// SetReadDeadline and SetDeadline do nothing: see guard.
func (g *guard) SetReadDeadline(time.Time) error { return nil }
func (g *guard) SetDeadline(time.Time) error     { return nil }

// fail closes the connection; the first reason is kept.
func (g *guard) fail(cause error) {
	g.mutex.Lock()
	if g.cause == nil {
		g.cause = cause
	}
	g.mutex.Unlock()
	g.Conn.Close()
}

// failed is why we closed the connection; nil: we did not.
func (g *guard) failed() error {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.cause
}
