package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"postolka/api"
	"postolka/imapsync"
	"postolka/imapsync/imaptest"
	"postolka/store"
)

// TestBesideMbsync: mbsync copies a mailbox of a real Dovecot, and we take it in.
// It is an outside judge of what lies on the server: both have the same mails, by
// identity. make beside runs it with 10,000 and is read for the times, which are
// told as ratios; the first sync here ends with mail that can be searched.
func TestBesideMbsync(t *testing.T) {
	mbsync, err := exec.LookPath("mbsync")
	if err != nil {
		t.Skip("mbsync is not installed (apt-get install isync): nothing to stand beside")
	}
	n := 60
	if v := os.Getenv("POSTOLKA_BESIDE"); v != "" {
		if n, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	dovecot := imaptest.NewDovecot(t)
	copied, taken := dovecot.Of(t, "copied"), dovecot.Of(t, "taken")
	mails := besideMails(n)
	putBeside(t, copied, mails)
	putBeside(t, taken, mails)

	theirs := newCopy(t, mbsync, copied)
	h := &killed{t: t, data: filepath.Join(t.TempDir(), "data")}
	imap := taken.Settings(store.Plain)
	h.postolka(imaptest.Password, "mailbox", "add", "--name", "shop", "--imap", fmt.Sprintf("%s:%d", imap.Host, imap.Port), "--security", "none", "--user", imap.User)
	var pass imapsync.Pass
	ours := func() { h.json(&pass, "mailbox", "sync", "--mailbox", "shop") }

	first, firstTheirs := took(ours), took(theirs.sync)
	if pass.Added != n || pass.Quarantined != 0 {
		t.Errorf("got %+v, want %d added", pass, n)
	}
	var again, againTheirs []time.Duration
	for range 5 {
		again, againTheirs = append(again, took(ours)), append(againTheirs, took(theirs.sync))
	}
	if pass.Read != 0 {
		t.Errorf("a sync without news read %d", pass.Read)
	}
	began := time.Now()
	h.serve()
	eventually(t, "the server's own first look", time.Minute, func() bool {
		var list api.MailboxList
		h.json(&list, "mailbox", "list")
		return list.Mailboxes[0].LastError == "" && time.Since(*list.Mailboxes[0].LastContact) < time.Since(began)
	})
	var running []time.Duration
	for range 5 {
		running = append(running, took(ours))
	}
	h.kill()
	if files := theirs.mails(); len(files) != n {
		t.Errorf("mbsync has %d mails, want %d", len(files), n)
	} else {
		h.compare(files)
	}
	bytes := 0
	for _, m := range mails {
		bytes += len(m.Raw)
	}
	t.Logf("%d mails, %d MB: first sync to searchable %v, mbsync's copy %v: %.1f ×", n, bytes>>20, first.Round(time.Millisecond), firstTheirs.Round(time.Millisecond), first.Seconds()/firstTheirs.Seconds())
	theirsAgain := median(againTheirs)
	t.Logf("without news: mbsync %v; a command that opens the data itself %v: %.1f ×; asked of the running server %v: %.1f ×; the look itself %.0f ms",
		theirsAgain, median(again), median(again).Seconds()/theirsAgain.Seconds(), median(running), median(running).Seconds()/theirsAgain.Seconds(), pass.Seconds*1000)
}

func took(do func()) time.Duration {
	began := time.Now()
	do()
	return time.Since(began)
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2].Round(time.Millisecond)
}

// putBeside spreads mails over three folders.
func putBeside(t *testing.T, d *imaptest.Dovecot, mails []imaptest.Mail) {
	t.Helper()
	for i, folder := range []string{"INBOX", "Sent", "Orders"} {
		for j, m := range mails {
			if (j%10)/8+(j%10)/9 == i { // eight of ten, one, one
				d.Put(t, folder, m)
			}
		}
	}
}

// besideMails are made up: a few KB of words, every twentieth with a file of 100 KB.
func besideMails(n int) (mails []imaptest.Mail) {
	random := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 5000)
	for i := range words {
		words[i] = made(random)
	}
	for i := range n {
		var b bytes.Buffer
		fmt.Fprintf(&b, "From: %s <%s%d@example.com>\r\nTo: shop@example.org\r\nSubject: %s %d\r\nMessage-ID: <b%d@example.com>\r\nDate: %s\r\nMIME-Version: 1.0\r\n",
			words[i%500], words[i%500], i%300, words[random.IntN(5000)], i, i, time.Date(2024, 1, 1, 0, i, 0, 0, time.UTC).Format(time.RFC1123Z))
		b.WriteString("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n")
		for range 100 + random.IntN(600) {
			b.WriteString(words[int(float64(5000)*random.Float64()*random.Float64())])
			b.WriteString([]string{" ", " ", " ", " ", " ", " ", " ", ".\r\n"}[random.IntN(8)])
		}
		if i%20 == 0 {
			file := make([]byte, 72<<10)
			for j := range file {
				file[j] = byte(random.IntN(256))
			}
			fmt.Fprintf(&b, "\r\n--x\r\nContent-Type: application/octet-stream; name=f%d.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n", i)
			for text := base64.StdEncoding.EncodeToString(file); text != ""; text = text[min(76, len(text)):] {
				b.WriteString(text[:min(76, len(text))] + "\r\n")
			}
		}
		b.WriteString("\r\n--x--\r\n")
		mails = append(mails, imaptest.Mail{Raw: b.Bytes()})
	}
	return mails
}

func made(random *rand.Rand) string {
	var b strings.Builder
	for range 2 + random.IntN(4) {
		b.WriteByte("bcdfghjklmnprstvz"[random.IntN(17)])
		b.WriteByte("aeiouy"[random.IntN(6)])
	}
	return b.String()
}

// copyOf is mbsync's copy of a mailbox.
type copyOf struct {
	t             *testing.T
	mbsync, place string
}

const mbsyncConfig = `IMAPAccount shop
Host 127.0.0.1
Port %d
User %s
Pass %s
SSLType None
AuthMechs LOGIN

IMAPStore far
Account shop

MaildirStore near
Path %[4]s/
Inbox %[4]s/INBOX
SubFolders Verbatim

Channel shop
Far :far:
Near :near:
Patterns * !Trash !Junk !Drafts
Create Near
Sync Pull
SyncState *
`

func newCopy(t *testing.T, mbsync string, d *imaptest.Dovecot) copyOf {
	t.Helper()
	c := copyOf{t, mbsync, t.TempDir()}
	srv := d.Settings(store.Plain)
	config := fmt.Sprintf(mbsyncConfig, srv.Port, srv.User, imaptest.Password, filepath.Join(c.place, "mail"))
	if err := errors.Join(os.Mkdir(filepath.Join(c.place, "mail"), 0o700), os.WriteFile(c.config(), []byte(config), 0o600)); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c copyOf) config() string { return filepath.Join(c.place, "mbsyncrc") }

func (c copyOf) sync() {
	if out, err := exec.Command(c.mbsync, "-q", "-c", c.config(), "shop").CombinedOutput(); err != nil {
		c.t.Fatalf("mbsync: %v\n%s", err, out)
	}
}

// mark is a header line of mbsync's own.
var mark = regexp.MustCompile(`(?m)^X-TUID: .*\n`)

// mails are what it has, without its mark.
func (c copyOf) mails() (list []imaptest.Mail) {
	c.t.Helper()
	names, err := filepath.Glob(filepath.Join(c.place, "mail", "*", "[cn]*", "*"))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			c.t.Fatal(err)
		}
		if at := mark.FindIndex(raw); at != nil {
			raw = slices.Delete(raw, at[0], at[1])
		}
		list = append(list, imaptest.Mail{Raw: raw})
	}
	return list
}
