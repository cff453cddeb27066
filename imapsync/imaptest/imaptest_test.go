package imaptest

import (
	"strings"
	"testing"
	"time"
)

// Both servers keep what Put gave them and change their UIDVALIDITY at Renumber.
func TestServersKeepMail(t *testing.T) {
	servers := map[string]func(testing.TB) Server{
		"dovecot": func(t testing.TB) Server { return NewDovecot(t) },
		"memory":  func(t testing.TB) Server { return NewMemory(t) },
	}
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			at := time.Date(2024, 3, 1, 10, 0, 0, 0, time.UTC)
			s.Put(t, "INBOX", Mail{Raw: []byte("Subject: one\n\nbody\n"), At: at})
			s.Put(t, "Archive/2024", Mail{Raw: []byte("Subject: two\n\nbody\n")})
			got := Fetch(t, s, "INBOX")
			if len(got) != 1 || !strings.Contains(string(got[0].Raw), "Subject: one\r\n") || !got[0].At.Equal(at) {
				t.Fatalf("got %d mails: %q", len(got), got)
			}
			if got := Fetch(t, s, "Archive/2024"); len(got) != 1 {
				t.Fatalf("got %d mails in the archive, want 1", len(got))
			}
			before := validity(t, s)
			s.Renumber(t, "INBOX")
			if after := validity(t, s); after == before {
				t.Fatalf("UIDVALIDITY stays %d after Renumber", after)
			}
			if got := Fetch(t, s, "INBOX"); len(got) != 1 {
				t.Fatalf("got %d mails after Renumber, want 1", len(got))
			}
		})
	}
}

func TestDovecotRestartsAfterKill(t *testing.T) {
	d := NewDovecot(t)
	d.Put(t, "INBOX", Mail{Raw: []byte("Subject: one\n\nbody\n")})
	d.Kill()
	d.Start(t)
	if got := Fetch(t, d, "INBOX"); len(got) != 1 {
		t.Fatalf("got %d mails, want 1", len(got))
	}
}

func validity(t *testing.T, s Server) uint32 {
	t.Helper()
	sel, err := Dial(t, s).Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	return sel.UIDValidity
}
