package imaptest

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"postolka/store"
)

// Proxy forwards to a server and drops connections.
type Proxy struct {
	to        string
	port      int
	mutex     sync.Mutex
	conns     map[net.Conn]struct{}
	dropAfter atomic.Int64
	Drops     atomic.Int64 // connections dropped by DropAfter
	Bytes     atomic.Int64 // from the server, over all connections
	relay     func(client, server net.Conn)
}

// NewProxy forwards to a server until the test ends.
func NewProxy(t testing.TB, to store.Server) *Proxy {
	t.Helper()
	p := &Proxy{}
	p.relay = p.copy
	p.start(t, to)
	return p
}

func (p *Proxy) start(t testing.TB, to store.Server) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.to, p.port, p.conns = address(to.Port), l.Addr().(*net.TCPAddr).Port, map[net.Conn]struct{}{}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.forward(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); p.Drop(); all.Wait() })
}

// Settings to connect through it.
func (p *Proxy) Settings(sec store.Security) store.Server { return settings(p.port, sec) }

// DropAfter cuts the connection after n more bytes from the server, once.
func (p *Proxy) DropAfter(n int64) { p.dropAfter.Store(n) }

// Drop cuts all connections now.
func (p *Proxy) Drop() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for conn := range p.conns {
		conn.Close()
	}
}

func (p *Proxy) forward(client net.Conn) {
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		client.Close()
		return
	}
	p.hold(client, server)
	defer p.release(client, server)
	var both sync.WaitGroup
	both.Go(func() { io.Copy(server, client); server.Close() })
	both.Go(func() { p.relay(client, server); client.Close(); server.Close() })
	both.Wait()
}

// copy passes on what the server says until the drop is due.
func (p *Proxy) copy(client, server net.Conn) {
	buf := make([]byte, 8<<10)
	for {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		p.Bytes.Add(int64(n))
		if left := p.dropAfter.Load(); left > 0 {
			if left <= int64(n) {
				p.dropAfter.Store(0)
				p.Drops.Add(1)
				client.Write(buf[:left])
				return
			}
			p.dropAfter.Store(left - int64(n))
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *Proxy) hold(conns ...net.Conn) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, c := range conns {
		p.conns[c] = struct{}{}
	}
}

func (p *Proxy) release(conns ...net.Conn) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, c := range conns {
		c.Close()
		delete(p.conns, c)
	}
}
