package privacy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"postolka/desk"
	"postolka/match"
	"postolka/store"
)

// TestFindBesideGrep takes mail in, finds five data in it in a fresh process, and
// lets rg look for the same five, as written, in the same mail as a raw Maildir.
// Every message that rg names must be found. POSTOLKA_FIND=n has n messages (make
// findspeed); without it there are few, and the times say nothing.
func TestFindBesideGrep(t *testing.T) {
	if dir := os.Getenv("POSTOLKA_FIND_IN"); dir != "" {
		findAlone(t, dir)
		return
	}
	messages := 300
	if n, err := strconv.Atoi(os.Getenv("POSTOLKA_FIND")); err == nil {
		messages = n
	}
	h := newHouse(t)
	maildir := filepath.Join(t.TempDir(), "cur")
	check(t, os.Mkdir(maildir, 0o700))
	h.fillBoth(t, maildir, messages)
	h.close()
	h.close = func() {}

	var ours []findTimes
	for range 3 {
		ours = append(ours, findInChild(t, h.dir))
	}
	best := ours[0]
	for _, o := range ours[1:] {
		best.Complete, best.Named, best.Index = min(best.Complete, o.Complete), min(best.Named, o.Named), min(best.Index, o.Index)
		best.AnonKiB, best.PeakKiB = max(best.AnonKiB, o.AnonKiB), max(best.PeakKiB, o.PeakKiB)
	}
	t.Logf("%d messages: complete %v, index %v, its %d messages read %v, memory peak %d MiB (%d MiB with mapped files)", messages, best.Complete, best.Named, best.InIndex, best.Index, best.AnonKiB>>10, best.PeakKiB>>10)
	if best.Scanned != messages {
		t.Errorf("scanned %d of %d", best.Scanned, messages)
	}
	rg, err := exec.LookPath("rg")
	if err != nil {
		t.Log("LEFT OUT: no rg beside it (apt-get install ripgrep)")
		return
	}
	theirs, files := rgTakes(t, rg, maildir)
	t.Logf("rg -i -F -f: %v, %d files; ours %.2f times that", theirs, files, best.Complete.Seconds()/theirs.Seconds())
	if files == 0 || best.Found < files {
		t.Errorf("found in %d messages, rg in %d files", best.Found, files)
	}
}

type findTimes struct {
	Complete                time.Duration
	Named, Index            time.Duration // the index says in which messages; their hits are read
	AnonKiB, PeakKiB        int
	Scanned, Found, InIndex int
}

var fiveData = []match.Identifier{
	{Kind: match.Email, Value: "zakaznik17@example.net"}, {Kind: match.Phone, Value: "+420777000034"}, {Kind: match.Name, Value: "Kunhuta Ryšavá"},
	{Kind: match.Order, Value: "OBJ-2026-000104"}, {Kind: match.Text, Value: "modrá konvice s víčkem"},
}

// asWritten are the same five for rg.
const asWritten = "zakaznik17@example.net\n+420777000034\nKunhuta Ryšavá\nOBJ-2026-000104\nmodrá konvice s víčkem\n"

func findAlone(t *testing.T, dir string) {
	h := open(t, dir, t.TempDir())
	defer h.close()
	stop, peak := make(chan struct{}), make(chan int)
	go func() {
		most := 0
		for {
			most = max(most, statusKiB("RssAnon"))
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	began := time.Now()
	_, err := h.candidates(context.Background(), fiveData)
	check(t, err)
	named := time.Since(began)
	first, err := h.Find(context.Background(), host, fiveData, FindOptions{IndexOnly: true})
	check(t, err)
	f, err := h.Find(context.Background(), host, fiveData, FindOptions{})
	check(t, err)
	if !f.Complete.IndexAgrees {
		t.Errorf("index and scan disagree on %d messages", len(f.Complete.Disagree))
	}
	close(stop)
	times := findTimes{f.Took, named, named + first.Took, <-peak, statusKiB("VmHWM"), f.Complete.Scanned, len(messagesOf(f.Hits)), len(messagesOf(first.Hits))}
	b, err := json.Marshal(times)
	check(t, err)
	fmt.Printf("times %s\n", b)
}

// statusKiB reads a line of /proc/self/status.
func statusKiB(name string) int {
	b, _ := os.ReadFile("/proc/self/status")
	m := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(b)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

func findInChild(t *testing.T, dir string) (times findTimes) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "TestFindBesideGrep$", "-test.v")
	cmd.Env = append(os.Environ(), "POSTOLKA_FIND_IN="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, rest, _ := strings.Cut(string(out), "times {")
	line, _, _ := strings.Cut(rest, "\n")
	check(t, json.Unmarshal([]byte("{"+line), &times))
	return times
}

// rgTakes gives the best of three.
func rgTakes(t *testing.T, rg, maildir string) (best time.Duration, files int) {
	t.Helper()
	patterns := filepath.Join(t.TempDir(), "patterns")
	check(t, os.WriteFile(patterns, []byte(asWritten), 0o600))
	for range 3 {
		started := time.Now()
		_, err := exec.Command(rg, "-i", "-F", "--no-ignore", "--hidden", "-f", patterns, maildir).Output()
		check(t, err)
		if took := time.Since(started); best == 0 || took < best {
			best = took
		}
	}
	names, err := exec.Command(rg, "-i", "-F", "-l", "--no-ignore", "--hidden", "-f", patterns, maildir).Output()
	check(t, err)
	return best, bytes.Count(names, []byte("\n"))
}

// fillBoth takes messages in and writes each as a file.
func (h *house) fillBoth(t *testing.T, maildir string, messages int) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 3))
	var batch []desk.Incoming
	for n := range messages {
		raw := speedMail(r, n)
		check(t, os.WriteFile(filepath.Join(maildir, fmt.Sprintf("%09d.mail:2,S", n)), raw, 0o600))
		batch = append(batch, desk.Incoming{Raw: raw, Mailbox: h.mailbox, Origin: store.FromImport, Quiet: true})
		if len(batch) == 500 || n == messages-1 {
			_, err := h.Desk.Intake(context.Background(), batch)
			check(t, err)
			batch = nil
		}
	}
}

var speedWords = strings.Fields("objednávka reklamace faktura doprava prosím o zaslání nové konvice protože víčko nedrží a voda teče děkuji předem za vyřízení s pozdravem dobrý den chtěla bych vrátit zboží které přišlo včera")

// speedMail is a shop's mail: text and HTML as quoted-printable and 8bit, sometimes
// with an attachment.
func speedMail(r *rand.Rand, n int) []byte {
	var text strings.Builder
	for range 80 + r.IntN(160) {
		text.WriteString(speedWords[r.IntN(len(speedWords))])
		text.WriteByte(" \n"[boolInt(r.IntN(11) == 0)])
	}
	switch n % 100 {
	case 3:
		fmt.Fprintf(&text, "\nVolejte +4207770000%02d, Kunhuta Ryšavá\n", n/100%90+10)
	case 4:
		fmt.Fprintf(&text, "\nObjednávka OBJ-2026-%06d, modrá konvice s víčkem\n", n)
	}
	plain := transferred([]string{"8bit", "quoted-printable"}[n%2], []byte(text.String()))
	var b bytes.Buffer
	fmt.Fprintf(&b, "Received: from mx%d.example.net (mx.example.net [10.1.%d.%d])\r\n\tby mail.example.org with ESMTPS id %x\r\nReturn-Path: <zakaznik%d@example.net>\r\nFrom: Zakaznik %d <zakaznik%d@example.net>\r\nTo: shop@example.org\r\nSubject: Objednavka %d\r\nDate: %s\r\nMessage-ID: <%d@speed.example.net>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=mm\r\n\r\n",
		n%9, n%250, n%240, r.Uint64(), n%5000, n, n%5000, n, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n)*time.Minute).Format(time.RFC1123Z), n)
	fmt.Fprintf(&b, "--mm\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n%s\r\n", []string{"8bit", "quoted-printable"}[n%2], plain)
	if n%3 == 0 {
		fmt.Fprintf(&b, "--mm\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%s\r\n", transferred("quoted-printable", []byte("<html><body><p style=\"margin:0\">"+strings.ReplaceAll(text.String(), "\n", "</p>\n<p>")+"</p></body></html>")))
	}
	if n%10 == 0 {
		photo := make([]byte, 20_000)
		for i := range photo {
			photo[i] = byte(r.Uint32())
		}
		copy(photo, "\xff\xd8\xff\xe0\x00\x10JFIF\x00")
		fmt.Fprintf(&b, "--mm\r\nContent-Type: image/jpeg\r\nContent-Disposition: attachment; filename=foto.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n", transferred("base64", photo))
	}
	b.WriteString("--mm--\r\n")
	return b.Bytes()
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
