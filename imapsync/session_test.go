package imapsync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"postolka/imapsync/imaptest"
	"postolka/store"
)

// onBoth runs one body on Dovecot and on go-imap's own server.
func onBoth(t *testing.T, body func(t *testing.T, s imaptest.Server)) {
	t.Run("dovecot", func(t *testing.T) { body(t, imaptest.NewDovecot(t)) })
	t.Run("memory", func(t *testing.T) { body(t, imaptest.NewMemory(t)) })
}

func TestProbe(t *testing.T) {
	onBoth(t, func(t *testing.T, s imaptest.Server) {
		ctx := t.Context()
		for _, sec := range []store.Security{store.TLS, store.STARTTLS, store.Plain} {
			folders, err := probe(ctx, s.Settings(sec), login(imaptest.Password), s.Roots())
			if err != nil || !slices.Contains(folders, "INBOX") || !slices.Contains(folders, "Sent") {
				t.Errorf("security %d: got %v, %v; want INBOX and Sent", sec, folders, err)
			}
		}
		_, err := probe(ctx, s.Settings(store.TLS), login("wrong"), s.Roots())
		if !errors.Is(err, errRefused) || !strings.Contains(strings.ToLower(err.Error()), "authentication failed") {
			t.Errorf("wrong password: got %v, want the server's refusal", err)
		}
		for _, sec := range []store.Security{store.TLS, store.STARTTLS} {
			if _, err := probe(ctx, s.Settings(sec), login(imaptest.Password), nil); class(err) != TroubleCertificate {
				t.Errorf("security %d, foreign certificate: got %v", sec, err)
			}
		}
	})
}

func TestStartTLSIsRefusedWithoutUpgrade(t *testing.T) {
	cases := map[string]struct {
		greeting, answer string
	}{
		"not offered":               {"* OK ready", "%s BAD unknown"},
		"signed in before":          {"* PREAUTH welcome", "%s OK begin"},
		"more in clear than the OK": {"* OK ready", "%s OK begin\r\n* OK injected"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var said []string
			h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
				said = append(said, command)
				l.Say(c.answer, tag)
				return true
			})
			h.Greet(c.greeting)
			srv := h.Settings()
			srv.Security = store.STARTTLS
			_, err := Probe(t.Context(), srv, login(imaptest.Password))
			if !errors.Is(err, errNoUpgrade) {
				t.Fatalf("got %v, want a refusal", err)
			}
			if slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "LOGIN") }) {
				t.Fatal("the password went out in clear")
			}
		})
	}
}

func TestPlainOnlyToLoopback(t *testing.T) {
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		ip := a.(*net.IPNet).IP
		if ip.IsLoopback() || ip.To4() == nil {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort(ip.String(), "0"))
		if err != nil {
			continue
		}
		defer l.Close()
		srv := store.Server{Host: ip.String(), Port: l.Addr().(*net.TCPAddr).Port, Security: store.Plain}
		if _, err := Probe(t.Context(), srv, login("x")); !errors.Is(err, errNotLoopback) {
			t.Fatalf("got %v, want a refusal", err)
		}
		return
	}
	t.Skip("this machine has only a loopback address")
}

func TestFetchWholeMessages(t *testing.T) {
	onBoth(t, func(t *testing.T, s imaptest.Server) {
		large := append([]byte("Subject: large\r\n\r\n"), bytes.Repeat([]byte("0123456789012345678901234567890123456789\r\n"), 250_000)...)
		at := time.Date(2023, 5, 6, 7, 8, 9, 0, time.UTC)
		s.Put(t, "INBOX", imaptest.Mail{Raw: []byte("Subject: small\r\n\r\nhello\r\n"), At: at}, imaptest.Mail{Raw: large})
		c := dialed(t, s.Settings(store.Plain))
		if _, err := c.examine("INBOX"); err != nil {
			t.Fatal(err)
		}
		uids, err := c.search(between(1, 0))
		if err != nil || len(uids) != 2 {
			t.Fatalf("got %v, %v; want two UIDs", uids, err)
		}
		letters, err := c.fetch(imap.UIDSetNum(uids...), int64(len(large)))
		if err != nil || len(letters) != 2 {
			t.Fatalf("got %d letters, %v", len(letters), err)
		}
		if !letters[0].receivedAt.Equal(at) || letters[0].uid != uids[0] {
			t.Errorf("got UID %d of %v, want %d of %v", letters[0].uid, letters[0].receivedAt, uids[0], at)
		}
		if !bytes.Equal(letters[1].raw, large) {
			t.Errorf("got %d bytes, want %d the same", len(letters[1].raw), len(large))
		}
		if flags := imaptest.Flags(t, s, "INBOX")[uids[0]]; slices.Contains(flags, imap.FlagSeen) {
			t.Error("the message was marked as read")
		}
	})
}

// A server that breaks off, babbles or says nothing costs a connection, and
// never gives a message.
func TestFetchFromHostileServer(t *testing.T) {
	patience := patienceBusy
	patienceBusy = 300 * time.Millisecond
	t.Cleanup(func() { patienceBusy = patience })
	body := strings.Repeat("x", 1000)
	cases := map[string]func(l *imaptest.Line, tag string){
		"literal cut": func(l *imaptest.Line, tag string) {
			fmt.Fprintf(l.Conn, "* 1 FETCH (UID 1 BODY[] {50000000}\r\n%s", body)
			l.Conn.Close()
		},
		"literal cut at its end": func(l *imaptest.Line, tag string) {
			fmt.Fprintf(l.Conn, "* 1 FETCH (UID 1 BODY[] {1000}\r\n%s", body)
			l.Conn.Close()
		},
		"no end of the command": func(l *imaptest.Line, tag string) {
			fmt.Fprintf(l.Conn, "* 1 FETCH (UID 1 BODY[] {1000}\r\n%s)\r\n", body)
			l.Conn.Close()
		},
		"the command fails after all": func(l *imaptest.Line, tag string) {
			fmt.Fprintf(l.Conn, "* 1 FETCH (UID 1 BODY[] {1000}\r\n%s)\r\n%s NO [SERVERBUG] sorry\r\n", body, tag)
		},
		"stall in the literal": func(l *imaptest.Line, tag string) {
			fmt.Fprintf(l.Conn, "* 1 FETCH (UID 1 BODY[] {50000000}\r\n%s", body)
		},
		"stall before the answer": func(l *imaptest.Line, tag string) {},
		"goodbye": func(l *imaptest.Line, tag string) {
			l.Say("* BYE going down")
			l.Conn.Close()
		},
		"endless string": func(l *imaptest.Line, tag string) {
			fmt.Fprintf(l.Conn, "* 1 FETCH (UID 1 INTERNALDATE \"")
			for {
				if _, err := l.Conn.Write(bytes.Repeat([]byte("x"), 1<<16)); err != nil {
					return
				}
			}
		},
		"nested body structure": func(l *imaptest.Line, tag string) {
			fmt.Fprintf(l.Conn, "* 1 FETCH (UID 1 BODYSTRUCTURE ")
			for {
				if _, err := l.Conn.Write(bytes.Repeat([]byte("("), 1<<16)); err != nil {
					return
				}
			}
		},
		"garbage": func(l *imaptest.Line, tag string) { l.Say("\x00\x01 what?") },
		"a message that nobody asked for": func(l *imaptest.Line, tag string) {
			fmt.Fprintf(l.Conn, "* 7 FETCH (UID 700 BODY[] {1000}\r\n%s)\r\n", body)
			l.Conn.Close()
		},
	}
	for name, answer := range cases {
		t.Run(name, func(t *testing.T) {
			h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
				if !strings.HasPrefix(command, "UID FETCH") {
					return false
				}
				answer(l, tag)
				return true
			})
			c := dialed(t, h.Settings())
			if _, err := c.examine("INBOX"); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			letters, err := c.fetch(imap.UIDSetNum(1), 1000)
			if err == nil || len(letters) > 0 {
				t.Fatalf("got %d letters, error %v; want none and an error", len(letters), err)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestFetchMessageLargerThanItsSize(t *testing.T) {
	h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
		if !strings.HasPrefix(command, "UID FETCH") {
			return false
		}
		fmt.Fprintf(l.Conn, "* 1 FETCH (UID 1 BODY[] {%d}\r\n", MaxMessage+1)
		for range MaxMessage / 1024 {
			l.Conn.Write(make([]byte, 1024))
		}
		fmt.Fprintf(l.Conn, "x)\r\n%s OK done\r\n", tag)
		return true
	})
	c := dialed(t, h.Settings())
	letters, err := c.fetch(imap.UIDSetNum(1), 1000)
	if err != nil || len(letters) != 1 || letters[0].raw != nil || letters[0].problem != ReasonTooLarge {
		t.Fatalf("got %d letters, %v; want one without bytes, %q", len(letters), err, ReasonTooLarge)
	}
}

// dialed is a session that ends with the test.
func dialed(t *testing.T, srv store.Server) *session {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	s, err := signIn(ctx, srv, login(imaptest.Password), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

// Messages far larger than announced end the connection, with the next one on its
// way: go-imap's decoder waits for somebody to read that, and Close for the decoder.
func TestFarMoreThanAnnounced(t *testing.T) {
	body := bytes.Repeat([]byte("more and more\r\n"), 600_000)
	h := imaptest.NewHostile(t, func(l *imaptest.Line, tag, command string) bool {
		if !strings.HasPrefix(command, "UID FETCH") {
			return false
		}
		for uid := 1; uid <= 5; uid++ {
			if _, err := fmt.Fprintf(l.Conn, "* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", uid, uid, len(body), body); err != nil {
				break
			}
		}
		return true
	})
	s := dialed(t, h.Settings())
	if _, err := s.examine("INBOX"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.fetch(imap.UIDSetNum(1, 2, 3, 4, 5), 100); !errors.Is(err, errBounds) {
		t.Fatalf("got %v, want a refusal", err)
	}
	closed := make(chan bool)
	go func() { s.close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Fatal("the connection does not end within a minute")
	}
}
