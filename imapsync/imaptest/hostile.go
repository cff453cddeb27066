package imaptest

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"postolka/store"
)

// Hostile is a server that follows a script: what it knows nothing of it
// answers as an honest server with one folder would.
type Hostile struct {
	port  int
	mutex sync.Mutex
	conns []net.Conn
	// Answer is asked first for every command line (without its tag, upper case);
	// false lets the default answer. It may write anything and close the connection.
	Answer   func(c *Line, tag, command string) bool
	greeting string
}

// Line is the connection of a Hostile.
type Line struct {
	net.Conn
	Reader *bufio.Reader
}

// Say writes a line with CRLF.
func (l *Line) Say(format string, args ...any) { fmt.Fprintf(l.Conn, format+"\r\n", args...) }

// NewHostile starts one on a loopback port; it ends with the test.
func NewHostile(t testing.TB, answer func(c *Line, tag, command string) bool) *Hostile {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &Hostile{port: l.Addr().(*net.TCPAddr).Port, Answer: answer, greeting: "* OK [CAPABILITY IMAP4rev1 IDLE] ready"}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			h.mutex.Lock()
			h.conns = append(h.conns, conn)
			h.mutex.Unlock()
			all.Go(func() { h.talk(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		h.mutex.Lock()
		for _, conn := range h.conns {
			conn.Close()
		}
		h.mutex.Unlock()
		all.Wait()
	})
	return h
}

// Greet changes what it says first.
func (h *Hostile) Greet(line string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.greeting = line
}

// Settings for a plain connection to it.
func (h *Hostile) Settings() store.Server { return settings(h.port, store.Plain) }

func (h *Hostile) talk(conn net.Conn) {
	defer conn.Close()
	c := &Line{Conn: conn, Reader: bufio.NewReader(conn)}
	h.mutex.Lock()
	greeting := h.greeting
	h.mutex.Unlock()
	c.Say("%s", greeting)
	for {
		line, err := c.Reader.ReadString('\n')
		if err != nil {
			return
		}
		tag, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		command = strings.ToUpper(command)
		if h.Answer == nil || !h.Answer(c, tag, command) {
			c.honest(tag, command)
		}
	}
}

func (l *Line) honest(tag, command string) {
	verb, _, _ := strings.Cut(command, " ")
	switch verb {
	case "CAPABILITY":
		l.Say("* CAPABILITY IMAP4rev1 IDLE")
	case "LIST":
		l.Say(`* LIST () "/" INBOX`)
	case "EXAMINE", "SELECT":
		l.Say("* 1 EXISTS")
		l.Say("* OK [UIDVALIDITY 1] ok")
		l.Say("* OK [UIDNEXT 2] ok")
	case "STATUS":
		l.Say("* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1)")
	}
	l.Say("%s OK done", tag)
}
