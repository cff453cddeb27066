package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postolka/account"
	"postolka/api"
	"postolka/backup"
	"postolka/desk"
	"postolka/imapsync/imaptest"
	"postolka/match"
	"postolka/privacy"
	"postolka/store"
)

// TestResurrection erases a person and then tries every way on which mail came in
// before, or could: none of it may come back, and new mail of the person must.
// POSTOLKA_RESURRECTION=full has 200 messages and 30 snapshots (make resurrection).
func TestResurrection(t *testing.T) {
	r := &resurrection{T: t, messages: 6, snapshots: 2, dovecot: imaptest.NewDovecot(t)}
	if os.Getenv("POSTOLKA_RESURRECTION") == "full" {
		r.messages, r.snapshots = 200, 30
	}
	r.app = r.wire(filepath.Join(t.TempDir(), "data"))
	defer func() { must(t, r.app.close()) }()
	r.fill()
	entry := r.answer()
	r.export()
	r.erase()
	r.expect(r.app, "erased", 0)
	r.again(r.app, "")
	if _, err := r.app.api.Desk.Undo(t.Context(), account.HostAgent(), entry); err == nil {
		t.Error("an erased answer could be taken back")
	}
	r.expect(r.app, "undo", 0)
	r.restoreAll()
	r.dovecot.Put(t, "INBOX", imaptest.Mail{Raw: crlf("From: Jan <" + janAddress + ">\nTo: " + shopAddress + "\nSubject: znovu\nMessage-ID: <new@person.example>\n\nDobry den znovu\n")})
	r.sync(r.app)
	r.expect(r.app, "new mail", 1)
}

const janAddress = "jan.navratil@person.example"

type resurrection struct {
	*testing.T
	app                 *app
	dovecot             *imaptest.Dovecot
	box, second, third  store.MailboxID // third: another account of the shop, not synced before
	messages, snapshots int
	raws                [][]byte // of the person, or naming it, as they came
	mentions            int      // of those: others' mail, which is redacted
	exported            string   // a folder with what an export held before
	request             store.RequestID
	ways, tried         int
	at                  []time.Time
	identity            []byte
}

func (r *resurrection) wire(dir string) *app {
	r.Helper()
	a, err := wire(r.Context(), dir, slog.New(slog.DiscardHandler), appOptions{undo: time.Hour})
	must(r, err)
	must(r, a.settle(r.Context(), nil))
	return a
}

// fill lets the person's mail come in day by day, with a snapshot for each, and a
// draft that is in the older snapshots only.
func (r *resurrection) fill() {
	ctx, host, d := r.Context(), account.HostAgent(), r.app.api.Desk
	var err error
	r.box, err = d.SaveMailbox(ctx, host, 0, store.Mailbox{Name: "shop", Address: shopAddress, IMAP: r.dovecot.Settings(store.Plain),
		SMTP: store.Server{Host: "127.0.0.1", Port: 1, Security: store.Plain}}, imaptest.Password, "")
	must(r, err)
	r.second, err = d.SaveMailbox(ctx, host, 0, store.Mailbox{Name: "second", Address: "second@example.org"}, "", "")
	must(r, err)
	r.third, err = d.SaveMailbox(ctx, host, 0, store.Mailbox{Name: "third", Address: "third@example.org", IMAP: r.dovecot.Settings(store.Plain)}, imaptest.Password, "")
	must(r, err)
	r.identity, err = r.app.api.Backup.NewKey(true)
	must(r, err)
	r.dovecot.Put(r, "INBOX", imaptest.Mail{Raw: crlf("From: Petr <petr@other.example>\nTo: " + shopAddress + "\nSubject: jiny\nMessage-ID: <other@other.example>\n\nNic spolecneho\n")})
	for day := range r.snapshots {
		for n := len(r.raws); n < r.messages*(day+1)/r.snapshots; n++ {
			from, text := "Jan Navratil <"+janAddress+">", "Dobry den,"
			if n%5 == 4 {
				from, text = "Sousedka <sousedka@other.example>", "Doporucil mi vas "+janAddress
				r.mentions++
			}
			raw := crlf(fmt.Sprintf("From: %s\nTo: %s\nSubject: Dotaz %d\nMessage-ID: <%d@person.example>\nDate: %s\n\n%s\nFrom zacatku radku %d\n", from, shopAddress, n, n, date(n), text, n))
			r.raws = append(r.raws, raw)
			r.dovecot.Put(r, []string{"INBOX", "Archive", "Sent"}[n%3], imaptest.Mail{Raw: raw})
		}
		r.sync(r.app)
		var draft desk.Draft
		draft.Mailbox, draft.To, draft.Text = r.box, []store.Address{{Addr: janAddress}}, "rozepsano"
		id, err := d.SaveDraft(ctx, host, draft)
		must(r, err)
		made, err := r.app.api.Backup.Snapshot(ctx, nil)
		must(r, err)
		must(r, d.DropDraft(ctx, host, id))
		r.at = append(r.at, r.madeAt(made.Snapshot))
	}
}

func (r *resurrection) madeAt(name string) (at time.Time) {
	must(r, r.app.store.View(func(tx *store.Tx) error {
		id, _ := store.SnapshotByName.First(tx, store.Key(name))
		s, err := store.Snapshots.Get(tx, id)
		at = s.At
		return err
	}))
	return at
}

// answer leaves an answer to the person in the outbox.
func (r *resurrection) answer() store.OutboxID {
	var c store.ConversationID
	must(r, r.app.store.View(func(tx *store.Tx) error {
		m, err := store.Messages.Get(tx, r.message())
		c = m.Conversation
		return err
	}))
	sent, err := r.app.api.Desk.Send(r.Context(), account.HostAgent(), desk.Answer{Conversation: c, Text: "Odpoved"})
	must(r, err)
	return sent.Outbox
}

// export hands out what there is before the erasure, and opens a request.
func (r *resurrection) export() {
	ctx, host := r.Context(), account.HostAgent()
	var b bytes.Buffer
	_, err := r.app.api.Privacy.Export(ctx, host, r.selector(), privacy.ExportOptions{KeepOthers: true}, &b)
	must(r, err)
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	must(r, err)
	r.exported = r.TempDir()
	for n, f := range z.File {
		if !strings.HasSuffix(f.Name, ".eml") {
			continue
		}
		in, err := f.Open()
		must(r, err)
		raw, err := io.ReadAll(in)
		must(r, err)
		must(r, os.WriteFile(filepath.Join(r.exported, fmt.Sprintf("%d.eml", n)), raw, 0o600))
	}
	r.request, err = r.app.api.Privacy.AddRequest(ctx, host, r.message(), store.RequestErasure, time.Time{})
	must(r, err)
}

// message is the first that the person wrote; 0: there is none.
func (r *resurrection) message() (id store.MessageID) {
	must(r, r.app.store.View(func(tx *store.Tx) error {
		id = 0
		for m, record := range store.Messages.All(tx) {
			if record.From.Addr == janAddress {
				id = m
				break
			}
		}
		return nil
	}))
	return id
}

func (r *resurrection) selector() []match.Identifier {
	id, err := match.ParseIdentifier(match.Email, janAddress)
	must(r, err)
	return []match.Identifier{id}
}

func (r *resurrection) erase() {
	ctx, host, v := r.Context(), account.HostAgent(), r.app.api.Privacy
	plan, err := v.PlanFor(ctx, host, r.selector(), true)
	must(r, err)
	if plan.Erase != r.messages-r.mentions+1 || plan.Redact != r.mentions {
		r.Fatalf("plan: %d messages to erase and %d to redact of %d", plan.Erase, plan.Redact, r.messages+1)
	}
	job, err := v.Approve(ctx, host, plan.Hash)
	must(r, err)
	_, err = v.Run(ctx, job, nil)
	must(r, err)
}

func (r *resurrection) sync(a *app) {
	r.Helper()
	_, err := a.api.Sync.Once(r.Context(), r.box, nil)
	must(r, err)
}

// again tries the ways back on one data directory. The mail server is left as it
// was, which is as an erasure leaves it.
func (r *resurrection) again(a *app, where string) {
	r.Helper()
	ways := []struct {
		name string
		try  func()
	}{
		{"sync", func() { r.sync(a) }},
		{"put back", func() { r.putBack("INBOX", func(raw []byte) []byte { return raw }); r.sync(a) }},
		{"another UIDVALIDITY", func() { r.dovecot.Renumber(r, "INBOX"); r.sync(a) }},
		{"another client's copy", func() {
			r.putBack("Kopie", func(raw []byte) []byte {
				return append([]byte("X-Mozilla-Status: 0001\r\nX-Mozilla-Keys: \r\n"), raw...)
			})
			r.sync(a)
		}},
		{"encoded anew", func() { r.putBack("Znovu", encodedAnew); r.sync(a) }},
		{"moved", func() { r.putBack("Prestehovano/2026", func(raw []byte) []byte { return raw }); r.sync(a) }},
		{"tried again", func() { r.call(a, "mailbox-retry", api.NameRequest{Mailbox: "shop"}); r.sync(a) }},
		{"another account of the shop", func() {
			_, err := a.api.Sync.Once(r.Context(), r.third, nil)
			must(r, err)
		}},
		{"files", func() { r.importAll(a, "shop", r.files()) }},
		{"an mbox", func() { r.importAll(a, "shop", r.mbox()) }},
		{"another mailbox", func() { r.importAll(a, "second", r.files()) }},
		{"an export made before", func() { r.importAll(a, "shop", r.exported) }},
		{"the outbox", func() {
			ctx, cancel := context.WithTimeout(r.Context(), 300*time.Millisecond)
			defer cancel()
			_ = a.outbox.Run(ctx)
		}},
		{"conversations divided and joined", func() { r.regroup(a) }},
		{"the request", func() { r.ask(a) }},
		{"texts read again", func() { must(r, a.api.Privacy.Rederive(r.Context(), nil)) }},
		{"the index built anew", func() { must(r, a.api.Reindex(r.Context(), nil)) }},
		{"a restart", func() { must(r, a.settle(r.Context(), nil)) }},
	}
	for _, way := range ways {
		way.try()
		r.expect(a, where+way.name, 0)
		r.tried += len(r.raws)
	}
	r.ways = len(ways)
}

// encodedAnew is a mail as a program saves it that writes its own MIME.
func encodedAnew(raw []byte) []byte {
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	return fmt.Appendf(nil, "Received: from elsewhere.example; Mon, 2 Mar 2026 10:00:00 +0000\r\n%s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n",
		head, base64.StdEncoding.EncodeToString(body))
}

func (r *resurrection) call(a *app, action string, request any) {
	r.Helper()
	_, err := api.Call[json.RawMessage](r.Context(), api.Local{App: a.api}, action, request, nil)
	must(r, err)
}

// regroup divides and joins conversations at what is left of the messages; what the
// desk refuses is as good.
func (r *resurrection) regroup(a *app) {
	ctx, host, d := r.Context(), account.HostAgent(), a.api.Desk
	left := map[store.MessageID]store.ConversationID{}
	must(r, a.store.View(func(tx *store.Tx) error {
		for id, m := range store.Messages.All(tx) {
			if !m.Erased.IsZero() && len(left) < 5 {
				left[id] = m.Conversation
			}
		}
		return nil
	}))
	for id, conversation := range left {
		into, err := d.Split(ctx, host, id)
		if err == nil {
			must(r, d.Merge(ctx, host, conversation, into))
		}
		_ = d.JoinProposed(ctx, host, id)
	}
}

// ask goes on with a request whose mail is gone.
func (r *resurrection) ask(a *app) {
	ctx, host, v := r.Context(), account.HostAgent(), a.api.Privacy
	if _, err := v.FindFor(ctx, host, r.request); err == nil {
		r.Error("a find was made from a mail that is gone")
	}
	_, _ = v.Letter(ctx, host, r.request, "cs", "answer", nil)
}

func (r *resurrection) putBack(folder string, change func(raw []byte) []byte) {
	for _, raw := range r.raws {
		r.dovecot.Put(r, folder, imaptest.Mail{Raw: change(bytes.Clone(raw))})
	}
}

func (r *resurrection) files() string {
	dir := r.TempDir()
	for n, raw := range r.raws {
		must(r, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.eml", n)), bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), 0o600))
	}
	return dir
}

func (r *resurrection) mbox() string {
	var b bytes.Buffer
	for _, raw := range r.raws {
		text := bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
		b.WriteString("From jan Mon Mar  2 10:00:00 2026\n")
		b.Write(bytes.ReplaceAll(text, []byte("\nFrom zac"), []byte("\n>From zac")))
		b.WriteByte('\n')
	}
	path := filepath.Join(r.TempDir(), "all.mbox")
	must(r, os.WriteFile(path, b.Bytes(), 0o600))
	return path
}

func (r *resurrection) importAll(a *app, mailbox, path string) {
	r.Helper()
	result, err := api.Call[api.ImportResult](r.Context(), api.Local{App: a.api}, "import", api.ImportRequest{Mailbox: mailbox, Paths: []string{path}}, nil)
	must(r, err)
	if result.Read < len(r.raws) {
		r.Errorf("import read %d of %d", result.Read, len(r.raws))
	}
}

// expect looks everywhere for the person: in messages, and in every record.
func (r *resurrection) expect(a *app, way string, messages int) {
	r.Helper()
	must(r, a.api.Desk.CatchUp(r.Context(), nil))
	f, err := a.api.Privacy.Find(r.Context(), account.HostAgent(), r.selector(), privacy.FindOptions{})
	must(r, err)
	found := map[store.MessageID]bool{}
	for _, h := range f.Hits {
		found[h.Message] = true
	}
	if len(found) != messages || messages == 0 && len(f.Records) > 0 {
		r.Fatalf("%s: %d messages and %d records of the person, want %d", way, len(found), len(f.Records), messages)
	}
}

// restoreAll restores every older snapshot; the oldest also lives on.
func (r *resurrection) restoreAll() {
	target := backup.Directory(filepath.Join(r.app.store.Dir(), "snapshots"))
	for n, at := range r.at {
		dir := filepath.Join(r.TempDir(), "restored")
		report, err := backup.Restore(r.Context(), target, r.identity, dir, backup.RestoreOptions{At: at})
		must(r, err)
		if !report.At.Equal(at) {
			r.Fatalf("restored the snapshot of %v, want %v", report.At, at)
		}
		a := r.wire(dir)
		must(r, a.api.Desk.Relevel(r.Context()))
		where := fmt.Sprintf("snapshot %d of %d: ", n+1, len(r.at))
		r.expect(a, where+"restored", 0)
		if n == 0 || n == len(r.at)-1 {
			r.again(a, where)
		}
		r.tried += len(r.raws)
		must(r, a.close())
		must(r, os.RemoveAll(dir))
	}
	r.Logf("%d messages (%d of them redacted) stayed away on %d ways, and from %d snapshots: %d tries", len(r.raws), r.mentions, r.ways, len(r.at), r.tried)
}

// A mail server that does not answer keeps nobody here: all else is erased, and the
// job ends when the server is there again.
func TestEraseWhileTheMailServerIsDown(t *testing.T) {
	ctx, host := t.Context(), account.HostAgent()
	r := &resurrection{T: t, messages: 6, snapshots: 1, dovecot: imaptest.NewDovecot(t)}
	r.app = r.wire(filepath.Join(t.TempDir(), "data"))
	defer func() { must(t, r.app.close()) }()
	r.fill()
	r.export()
	plan, err := r.app.api.Privacy.PlanFor(ctx, host, r.selector(), false)
	must(t, err)
	job, err := r.app.api.Privacy.Approve(ctx, host, plan.Hash)
	must(t, err)
	r.dovecot.Kill()
	if _, err := r.app.api.Privacy.Run(ctx, job, nil); !errors.Is(err, privacy.ErrServerWaits) {
		t.Fatalf("without the mail server: got %v, want ErrServerWaits", err)
	}
	r.expect(r.app, "server down", 0)
	now, err := r.app.api.Privacy.JobNow(host, job)
	if err != nil || now.State != store.JobStopped || now.Error != "again" {
		t.Errorf("job: got %+v, %v; want it stopped at the server", now.Job, err)
	}
	r.dovecot.Start(t)
	must(t, r.app.api.Privacy.Resume(ctx))
	if _, _, err := r.app.api.Privacy.Receipt(ctx, host, job); err != nil {
		t.Errorf("receipt: %v", err)
	}
	for _, folder := range []string{"INBOX", "Archive", "Sent"} {
		for _, m := range imaptest.Fetch(t, r.dovecot, folder) {
			if bytes.Contains(m.Raw, []byte(janAddress)) {
				t.Errorf("%s still has a message", folder)
			}
		}
	}
	r.again(r.app, "after the server came back: ")
}
