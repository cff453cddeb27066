package account

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCheckPassword(t *testing.T) {
	own := []string{"Božena Nováková", "bozena.novakova@obchod.example"}
	cases := []struct{ name, password, want string }{
		{"nine characters are too few", "kolibřík9", "short"},
		{"ten characters with accents are enough", "kolibříkův", ""},
		{"a phrase", "tři zelené vlaky jedou", ""},
		{"a well-known one", "qwertyuiop", "common"},
		{"a well-known one in capitals", "PASSWORDPASSWORD", "common"},
		{"a well-known word with figures and signs added", "heslo123456!", "common"},
		{"a well-known word after figures", "2024slunicko", "common"},
		{"a well-known word twice", "martinmartin", "common"},
		{"ascending figures", "23456789:;", "common"},
		{"one character", "aaaaaaaaaaaa", "common"},
		{"three characters in turn", "abcabcabcabcab", "common"},
		{"one's own name", "BozenaNovakova1", "personal"},
		{"one's own surname without accents, twice", "novakovanovakova", "personal"},
		{"one's own address", "bozena.novakova@obchod.example", "personal"},
		{"one's name inside a longer phrase is no harm", "Nováková pěstuje jiřiny", ""},
		{"too long for a form", strings.Repeat("dlouhé ", 100), "long"},
		{"figures only, without an order", "8305172946031", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var weak WeakPassword
			err := checkPassword(c.password, own...)
			if errors.As(err, &weak); weak.Why != c.want {
				t.Errorf("got %q, want %q", weak.Why, c.want)
			}
		})
	}
	if n := len(common()); n < 400 {
		t.Errorf("got %d common passwords, want some hundreds", n)
	}
}

func TestPasswordHash(t *testing.T) {
	phc := hashPassword("tři zelené vlaky")
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("got %s, want argon2id with 19 MiB and two passes", phc)
	}
	if again := hashPassword("tři zelené vlaky"); again == phc {
		t.Error("two hashes of one password are the same: no salt")
	}
	cases := []struct {
		name, phc, password string
		ok, stale, bad      bool
	}{
		{name: "the right password", phc: phc, password: "tři zelené vlaky", ok: true},
		{name: "typed decomposed on another system", phc: phc, password: "tr\u030ci zelene\u0301 vlaky", ok: true},
		{name: "another password", phc: phc, password: "tri zelene vlaky"},
		{name: "an empty password", phc: phc},
		// From the reference command: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32 -e
		{name: "a hash of the reference program at another cost",
			phc:      "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
			password: "password", ok: true, stale: true},
		{name: "another algorithm", phc: "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", bad: true},
		{name: "a damaged cost that would take all memory",
			phc: "$argon2id$v=19$m=4000000000,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", bad: true},
		{name: "no hash", phc: "", bad: true},
		{name: "an empty key, which anything would match", phc: "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$", bad: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ok, stale, err := verifyPassword(c.phc, c.password)
			if ok != c.ok || stale != c.stale || (err != nil) != c.bad {
				t.Errorf("got %v %v %v, want %v %v bad=%v", ok, stale, err, c.ok, c.stale, c.bad)
			}
		})
	}
}

func TestParsePHCNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, _, _, _ = parsePHC(rapid.OneOf(rapid.String(),
			rapid.StringMatching(`\$argon2id\$v=19\$m=[0-9]{0,12},t=[0-9]{0,3},p=[0-9]{0,4}\$[A-Za-z0-9]{0,30}\$[A-Za-z0-9]{0,60}`)).Draw(t, "phc"))
	})
}

func TestThrottle(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	th := newThrottle(func() time.Time { return now })
	waits := func(email, address string) time.Duration {
		var e ErrThrottled
		errors.As(th.admit(email, address), &e)
		return e.Wait
	}
	for i := range forAccount.free {
		if w := waits("a@shop", "192.0.2.1"); w != 0 {
			t.Fatalf("failure %d: got wait %v, want none", i, w)
		}
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		// Also from elsewhere: the account is what is guarded.
		if got := waits("a@shop", "198.51.100.1"); got != want*time.Second {
			t.Fatalf("failure %d over: got wait %v, want %v s", i, got, want)
		}
		now = now.Add(want * time.Second)
		if got := waits("a@shop", "192.0.2.1"); got != 0 {
			t.Fatalf("after waiting %v s: got another %v", want, got)
		}
	}
	th.forgive("a@shop", "192.0.2.1")
	if w := waits("a@shop", "192.0.2.1"); w != 0 {
		t.Errorf("after a success: got %v, want none", w)
	}
	now = now.Add(2 * quiet)
	for i := range forAddress.free {
		if w := waits(string(rune('a'+i))+"@shop", "2001:db8::1"); w != 0 {
			t.Fatalf("address, failure %d: got %v, want none", i, w)
		}
	}
	if waits("new@shop", "2001:db8::ffff:1") == 0 {
		t.Error("another address of the same /64 may go on guessing")
	}
	if w := waits("new@shop", "2001:db8:1::1"); w != 0 {
		t.Errorf("another network: got %v, want none", w)
	}
	now = now.Add(quiet + time.Second)
	if w := waits("new@shop", "2001:db8::1"); w != 0 {
		t.Errorf("after a quiet hour: got %v, want none", w)
	}
}

func TestThrottleHoldsNoMoreThanItsLimit(t *testing.T) {
	th := newThrottle(time.Now)
	for i := range maxThrottle * 2 {
		_ = th.admit(string(rune(i)), "192.0.2.1")
		th.keys["address 192.0.2.1"] = &failures{}
	}
	if len(th.keys) > maxThrottle+2 {
		t.Errorf("got %d keys, want at most %d", len(th.keys), maxThrottle)
	}
}
