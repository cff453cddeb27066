package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postolka/api"
	"postolka/imapsync"
	"postolka/imapsync/imaptest"
	"postolka/mail"
	"postolka/store"
	"postolka/store/storetest"
)

// TestServerIsKilledDuringFirstSyncAndImport: a real server process takes in a
// full mailbox and an import at once, both with a part of the mail in common, and
// is killed on the way again and again. In the end every mail is there once, the
// index is level with the records and the access log is whole.
func TestServerIsKilledDuringFirstSyncAndImport(t *testing.T) {
	const kills = 3
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	mails := crashMails(t)
	onServer, inFolder := mails[:len(mails)*6/10], mails[len(mails)*4/10:]
	dovecot := imaptest.NewDovecot(t)
	dovecot.Put(t, "INBOX", onServer...)
	h := &killed{t: t, data: filepath.Join(t.TempDir(), "data"), folder: writeMails(t, inFolder)}
	imap := dovecot.Settings(store.Plain)
	h.postolka(imaptest.Password, "mailbox", "add", "--name", "shop", "--imap", fmt.Sprintf("%s:%d", imap.Host, imap.Port), "--security", "none", "--user", imap.User)

	start, onTheWay := time.Now(), 0
	for n := range kills {
		h.serve()
		importing := h.importing()
		goal := len(mails) * (n + 1) / (kills + 2)
		had := h.until(goal)
		time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
		h.kill()
		if <-importing != nil {
			onTheWay++
		}
		t.Logf("killed after %v with at least %d of %d messages", time.Since(start).Round(time.Millisecond), had, len(mails))
	}
	if onTheWay == 0 {
		t.Error("no kill came in the middle of the import: nothing was shown")
	}

	h.serve()
	var imported api.ImportResult
	h.json(&imported, "import", "--mailbox", "shop", h.folder)
	if imported.Read != len(inFolder) || imported.Read != imported.Added+imported.Duplicates+imported.Quarantined || imported.Duplicates == 0 {
		t.Errorf("import: got %+v, want %d read", imported, len(inFolder))
	}
	var pass imapsync.Pass
	h.json(&pass, "mailbox", "sync", "--mailbox", "shop")
	for _, f := range pass.Folders {
		if f.Name == "INBOX" && (f.Server != len(onServer) || f.Here != len(onServer)) {
			t.Errorf("inbox: got %+v, want %d of %d", f, len(onServer), len(onServer))
		}
	}
	t.Logf("all in %v after the start, with %d kills; import %+v", time.Since(start).Round(time.Millisecond), kills, imported)
	h.kill()
	h.postolka("", "audit", "verify")
	h.compare(mails)
}

// crashMails are a set of real mails that differ from one another.
func crashMails(t *testing.T) (mails []imaptest.Mail) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(storetest.Corpora(t, "bulk/spamassassin"), "*", "*"))
	if err != nil || len(names) < 1000 {
		t.Fatalf("corpus: %d files, %v", len(names), err)
	}
	slices.Sort(names)
	for i := 0; i < len(names); i += 3 {
		raw, err := os.ReadFile(names[i])
		if err != nil {
			t.Fatal(err)
		}
		if envelope, rest, ok := bytes.Cut(raw, []byte("\n")); ok && bytes.HasPrefix(envelope, []byte("From ")) {
			raw = rest // the set's own mark, for which the file would be read as an mbox
		}
		mails = append(mails, imaptest.Mail{Raw: raw, At: time.Date(2020, 1, 1, 0, i, 0, 0, time.UTC)})
	}
	return mails
}

func writeMails(t *testing.T, mails []imaptest.Mail) string {
	t.Helper()
	dir := t.TempDir()
	for i, m := range mails {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.eml", i)), m.Raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// killed is a data directory with a server that is killed.
type killed struct {
	t            *testing.T
	data, folder string
	server       *exec.Cmd
	control      api.Remote
}

// command is the program itself, which testscript.Main put into the PATH.
func (h *killed) command(args ...string) *exec.Cmd {
	return exec.Command("postolka", append([]string{"--data", h.data}, args...)...)
}

func (h *killed) begin(args ...string) *exec.Cmd {
	h.t.Helper()
	cmd := h.command(args...)
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	return cmd
}

// importing asks the server for the import as the command line does, which would do
// it by itself if the server were gone before it asked.
func (h *killed) importing() <-chan error {
	ended, control := make(chan error, 1), h.control
	go func() {
		_, err := api.Call[api.ImportResult](context.Background(), control, "import", api.ImportRequest{Mailbox: "shop", Paths: []string{h.folder}}, nil)
		ended <- err
	}()
	return ended
}

// postolka runs a command that must succeed.
func (h *killed) postolka(input string, args ...string) []byte {
	h.t.Helper()
	cmd := h.command(args...)
	var errors bytes.Buffer
	cmd.Stdin, cmd.Stderr = strings.NewReader(input), &errors
	out, err := cmd.Output()
	if err != nil {
		h.t.Fatalf("postolka %s: %v\n%s%s", args[0], err, out, errors.Bytes())
	}
	return out
}

func (h *killed) json(into any, args ...string) {
	h.t.Helper()
	out := h.postolka("", append(args, "--json")...)
	if err := json.Unmarshal(out, into); err != nil {
		h.t.Fatalf("postolka %s: %v in %q", args[0], err, out)
	}
}

// serve starts the server and waits until it answers.
func (h *killed) serve() {
	h.t.Helper()
	h.server = h.begin("serve", "--listen", "127.0.0.1:0")
	server, began := h.server, time.Now()
	defer func() { h.t.Logf("server answers after %v", time.Since(began).Round(time.Millisecond)) }()
	h.t.Cleanup(func() { server.Process.Kill(); server.Wait() })
	eventually(h.t, "the server", time.Minute, func() (ok bool) {
		h.control, ok = api.Dial(h.data)
		return ok
	})
}

func (h *killed) kill() {
	h.t.Helper()
	if err := h.server.Process.Kill(); err != nil {
		h.t.Fatalf("the server ended by itself: %v", err)
	}
	h.server.Wait()
}

// until waits for so many messages.
func (h *killed) until(goal int) (n int) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for ; ; time.Sleep(2 * time.Millisecond) {
		state, err := api.Call[api.Diagnosis](ctx, h.control, "doctor", api.DoctorRequest{}, nil)
		if err != nil {
			h.t.Fatal(err)
		}
		if n = state.Messages; n >= goal {
			return n
		}
	}
}

// compare opens the data and compares it with the source, by identity.
func (h *killed) compare(mails []imaptest.Mail) {
	h.t.Helper()
	ctx := context.Background()
	a, err := wire(ctx, h.data, slog.New(slog.DiscardHandler), appOptions{})
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() {
		if err := a.close(); err != nil {
			h.t.Error(err)
		}
	}()
	if err := a.settle(ctx, nil); err != nil {
		h.t.Fatal(err)
	}
	want, got := map[mail.Identity]bool{}, map[mail.Identity]int{}
	for _, m := range mails {
		want[mail.Strict(a.store.Keys().Identity(), m.Raw)] = true
	}
	if err := a.store.View(func(tx *store.Tx) error {
		for _, m := range store.Messages.All(tx) {
			got[m.Strict]++
		}
		return nil
	}); err != nil {
		h.t.Fatal(err)
	}
	lost, strange, twice := 0, 0, 0
	for id := range want {
		if got[id] == 0 {
			lost++
		}
	}
	for id, n := range got {
		if !want[id] {
			strange++
		}
		if n > 1 {
			twice++
		}
	}
	if lost+strange+twice > 0 {
		h.t.Errorf("of %d messages %d are lost, %d twice, %d strange", len(want), lost, twice, strange)
	}
	whole(h.t, a)
}
