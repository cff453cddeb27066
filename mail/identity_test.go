package mail

import (
	"bufio"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var goldenKey = []byte("golden vectors, key 1")

// TestStrictGolden reads testdata/identity.tsv: the identity a raw message must
// have for ever, and that message. The vectors were checked against a second
// implementation in another language. A change here makes erased mail come back.
func TestStrictGolden(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "identity.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unescape := strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\0`, "\x00")
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); n++ {
		want, escaped, _ := strings.Cut(s.Text(), "\t")
		id := Strict(goldenKey, []byte(unescape.Replace(escaped)))
		if got := hex.EncodeToString(id[:]); got != want {
			t.Errorf("%s: got %s, want %s", escaped, got, want)
		}
	}
	if n < 5 {
		t.Errorf("only %d vectors", n)
	}
}

func TestStrictSameMail(t *testing.T) {
	base := "From: a@b.cz\n\nDear x\nFrom here on\n>quote\n"
	for _, c := range []struct {
		name, raw string
		same      bool
	}{
		{"CRLF", strings.ReplaceAll(base, "\n", "\r\n"), true},
		{"blank lines at the end", base + "\n\r\n", true},
		{"no line break at the end", strings.TrimRight(base, "\n"), true},
		{"mbox quoting", strings.Replace(base, "\nFrom here", "\n>From here", 1), true},
		{"mbox quoting twice", strings.Replace(base, "\nFrom here", "\n>>From here", 1), true},
		{"mbox separator kept as a first line", "From a@b.cz Mon Jan  5 10:00:00 2026\n" + base, true},
		{"another letter", strings.Replace(base, "Dear", "dear", 1), false},
		{"a blank line within", strings.Replace(base, "Dear x\n", "Dear x\n\n", 1), false},
		{"other quoting", strings.Replace(base, ">quote", "quote", 1), false},
		{"a space at the end", strings.TrimRight(base, "\n") + " ", false},
	} {
		if got := Strict(goldenKey, []byte(c.raw)) == Strict(goldenKey, []byte(base)); got != c.same {
			t.Errorf("%s: same %v, want %v", c.name, got, c.same)
		}
	}
	if Strict([]byte("other"), []byte(base)) == Strict(goldenKey, []byte(base)) {
		t.Error("another key gives the same identity")
	}
}

func TestLoose(t *testing.T) {
	id := func(raw string) Identity { return Loose(goldenKey, Parse([]byte(raw))) }
	base := id("From: Jana <a@b.cz>\nMessage-ID: <1@x>\nDate: Tue, 5 Mar 2024 10:00:00 +0100\nContent-Type: text/plain; charset=windows-1250\n\nv\xecc a\n")
	for _, c := range []struct {
		name, raw string
		same      bool
	}{
		{"encoded anew, other transport headers", "Received: x\nfrom: A@b.cz\nMessage-Id: <1@x>\nDate: Tue, 5 Mar 2024 09:00:00 +0000\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nv=C4=9Bc   a", true},
		{"another body", "From: a@b.cz\nMessage-ID: <1@x>\nDate: Tue, 5 Mar 2024 10:00:00 +0100\n\nv\xecc b\n", false},
		{"another Message-ID", "From: a@b.cz\nMessage-ID: <2@x>\nDate: Tue, 5 Mar 2024 10:00:00 +0100\n\nv\xecc a\n", false},
	} {
		if got := id(c.raw) == base; got != c.same {
			t.Errorf("%s: same %v, want %v", c.name, got, c.same)
		}
	}
}
