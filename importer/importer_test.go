package importer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func read(t *testing.T, paths ...string) ([]Mail, []Problem) {
	t.Helper()
	var mails []Mail
	problems, err := Walk(context.Background(), paths, func(m Mail) error {
		mails = append(mails, m)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return mails, problems
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMbox(t *testing.T) {
	dir := t.TempDir()
	cases := map[string]struct {
		text string
		want []string
	}{
		"two messages, the blank line between them belongs to neither": {
			"From a@x Mon Jan  5 10:00:00 2026\nSubject: one\n\nhello\n\nFrom b@x Tue Jan  6 11:00:00 2026\nSubject: two\n\nhi\n",
			[]string{"Subject: one\n\nhello\n", "Subject: two\n\nhi\n"},
		},
		"an unquoted From in a paragraph does not cut": {
			"From a@x Mon Jan  5 10:00:00 2026\nSubject: one\n\nhello\n\nFrom what I saw at 10:30 it works\nso it goes\n",
			[]string{"Subject: one\n\nhello\n\nFrom what I saw at 10:30 it works\nso it goes\n"},
		},
		"a quoted From loses one sign": {
			"From a@x Mon Jan  5 10:00:00 2026\nSubject: one\n\n>From me\n>>From you\n",
			[]string{"Subject: one\n\nFrom me\n>From you\n"},
		},
		"CRLF line ends stay": {
			"From a@x Mon Jan  5 10:00:00 2026\r\nSubject: one\r\n\r\nhello\r\n\r\nFrom b@x Mon Jan  5 10:00:00 2026\r\nSubject: two\r\n\r\nhi\r\n",
			[]string{"Subject: one\r\n\r\nhello\r\n", "Subject: two\r\n\r\nhi\r\n"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := write(t, filepath.Join(dir, strings.ReplaceAll(name, " ", "_")), c.text)
			mails, problems := read(t, path)
			if len(problems) > 0 {
				t.Fatalf("problems: %v", problems)
			}
			var got []string
			for _, m := range mails {
				got = append(got, string(m.Raw))
			}
			if strings.Join(got, "|") != strings.Join(c.want, "|") {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			if want := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC); !mails[0].ReceivedAt.Equal(want) {
				t.Fatalf("date: got %v, want %v", mails[0].ReceivedAt, want)
			}
		})
	}
}

func TestFoldersOfEverything(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "box", "cur", "1767607200.M1P2.host:2,S"), "Subject: cur\n\nx\n")
	write(t, filepath.Join(dir, "box", "new", "1767607201.M1P2.host"), "Subject: new\n\nx\n")
	write(t, filepath.Join(dir, "box", "tmp", "1767607202.M1P2.host"), "Subject: unfinished\n\nx\n")
	write(t, filepath.Join(dir, "box", ".Sent", "cur", "1767607203.M1P2.host:2,S"), "Subject: sent\n\nx\n")
	write(t, filepath.Join(dir, "box", "dovecot-uidlist"), "3 V1 N4\n")
	write(t, filepath.Join(dir, "eml", "a.eml"), "Subject: eml\n\nx\n")
	write(t, filepath.Join(dir, "eml", "empty.eml"), "")
	mails, problems := read(t, dir)
	if len(mails) != 5 || len(problems) != 0 {
		t.Fatalf("got %d mails, problems %v; want 5, the empty one too", len(mails), problems)
	}
	var sent int
	for _, m := range mails {
		if m.Sent {
			sent++
		}
	}
	if sent != 1 {
		t.Fatalf("sent: got %d, want 1", sent)
	}
	if want := time.Unix(1767607203, 0); !mails[0].ReceivedAt.Equal(want) {
		t.Fatalf("Maildir date: got %v, want %v", mails[0].ReceivedAt, want)
	}
}

func TestMissingPathIsAProblemNotAnEnd(t *testing.T) {
	dir := t.TempDir()
	good := write(t, filepath.Join(dir, "good.eml"), "Subject: x\n\ny\n")
	mails, problems := read(t, filepath.Join(dir, "none"), good)
	if len(mails) != 1 || len(problems) != 1 {
		t.Fatalf("got %d mails and %v", len(mails), problems)
	}
}
