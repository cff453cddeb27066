package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/imapsync/imaptest"
	"postolka/mail"
	"postolka/match"
	"postolka/privacy"
	"postolka/store"
)

// TestResidue plants persons in every place that can hold text, erases them, and
// looks for a byte of them: in every file of the data directory, in every snapshot
// (decrypted, unpacked), in the source mailbox of a real Dovecot. Under the strict
// policy nothing is left anywhere; under the other only records of older snapshots
// are, whose last date the receipt names. POSTOLKA_RESIDUE=full has 50 persons
// with 500 tokens among 2,000 other messages (make residue).
func TestResidue(t *testing.T) {
	persons, others := 2, 15
	if os.Getenv("POSTOLKA_RESIDUE") == "full" {
		persons, others = 50, 2000
	}
	for _, policy := range []privacy.SnapshotPolicy{privacy.Strict, privacy.Rotate} {
		t.Run(string(policy), func(t *testing.T) { newResidue(t, policy, persons, others).run() })
	}
}

// residue is a shop with planted persons.
type residue struct {
	*testing.T
	app      *app
	dovecot  *imaptest.Dovecot
	box      store.MailboxID // with the server
	second   store.MailboxID // without
	identity []byte
	random   *rand.Rand
	persons  []*planted
	others   int
	policy   privacy.SnapshotPolicy
	agents   []account.Agent
}

// planted is a person: ten tokens that nothing else holds.
type planted struct {
	email, phone, name, order                  string
	header, file, zipped, pdf, docx, elsewhere string
}

func (p *planted) tokens() []string {
	_, family, _ := strings.Cut(p.name, " ")
	local, _, _ := strings.Cut(p.email, "@")
	return []string{local, p.phone, family, p.order, p.header, p.file, p.zipped, p.pdf, p.docx, p.elsewhere}
}

func (p *planted) selectors(t testing.TB) (sel []match.Identifier) {
	add := func(kind match.Kind, value string) {
		id, err := match.ParseIdentifier(kind, value)
		must(t, err)
		sel = append(sel, id)
	}
	add(match.Email, p.email)
	add(match.Phone, p.phone)
	add(match.Name, p.name)
	add(match.Order, p.order)
	for _, word := range []string{p.header, p.file, p.zipped, p.pdf, p.docx, p.elsewhere} {
		add(match.Text, word)
	}
	return sel
}

func newResidue(t *testing.T, policy privacy.SnapshotPolicy, persons, others int) *residue {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := &residue{T: t, random: rand.New(rand.NewPCG(seed, 0)), policy: policy, others: others, dovecot: imaptest.NewDovecot(t)}
	var err error
	r.app, err = wire(t.Context(), filepath.Join(t.TempDir(), "data"), slog.New(slog.DiscardHandler), appOptions{})
	must(t, err)
	t.Cleanup(func() {
		whole(t, r.app)
		must(t, r.app.close())
	})
	for range persons {
		p := &planted{name: "Jan " + strings.ToUpper(r.word()[:1]) + r.word(), phone: fmt.Sprintf("7%08d", r.random.IntN(1e8)), order: fmt.Sprintf("OBJ-%09d", r.random.IntN(1e9)),
			header: r.word(), file: r.word(), zipped: r.word(), pdf: r.word(), docx: r.word(), elsewhere: r.word()}
		p.email = r.word() + "@person.example"
		r.persons = append(r.persons, p)
	}
	return r
}

// word is one that no other text holds.
func (r *residue) word() string {
	const letters = "bcdfghjklmnpqrstvwxz"
	w := []byte("q")
	for range 11 {
		w = append(w, letters[r.random.IntN(len(letters))])
	}
	return string(w)
}

func (r *residue) run() {
	r.open()
	r.deliver()
	r.work()
	r.snapshot()
	r.later()
	r.snapshot()
	if left := r.scan(); len(left.where) == 0 {
		r.Fatal("the scan does not see what is there")
	}
	before := r.contents()
	must(r, r.app.api.Privacy.SetSnapshotPolicy(r.Context(), account.HostAgent(), r.policy))
	until, mine := time.Time{}, map[store.MessageID]bool{}
	began := time.Now()
	for _, p := range r.persons {
		receipt, plan := r.erase(p)
		for id := range plan {
			mine[id] = true
		}
		until = receipt.SnapshotsUntil
	}
	r.Logf("%d persons in %d messages erased in %v", len(r.persons), len(mine), time.Since(began).Round(time.Millisecond))
	r.check(before, mine, until)
}

// open makes two mailboxes, people, a key and a first snapshot.
func (r *residue) open() {
	ctx, host := r.Context(), account.HostAgent()
	var err error
	r.box, err = r.app.api.Desk.SaveMailbox(ctx, host, 0, store.Mailbox{Name: "shop", Address: shopAddress, IMAP: r.dovecot.Settings(store.Plain),
		SMTP: store.Server{Host: "127.0.0.1", Port: 1, Security: store.Plain}}, imaptest.Password, "")
	must(r, err)
	r.second, err = r.app.api.Desk.SaveMailbox(ctx, host, 0, store.Mailbox{Name: "second", Address: "second@example.org"}, "", "")
	must(r, err)
	for _, name := range []string{"eva", "olga"} {
		id, _, err := r.app.api.Accounts.Add(host, account.NewPerson{Name: name, Email: name + "@example.org", Role: store.RoleAgent, Password: testPassword})
		must(r, err)
		must(r, r.app.api.Accounts.Grant(host, id, r.box, store.RightAnswer))
		agent, err := r.app.api.Accounts.Get(id)
		must(r, err)
		r.agents = append(r.agents, agent)
	}
	r.identity, err = r.app.api.Backup.NewKey(true)
	must(r, err)
}

func (r *residue) snapshot() {
	_, err := r.app.api.Backup.Snapshot(r.Context(), nil)
	must(r, err)
}

// deliver puts mail on the server, in all its folders, and syncs.
func (r *residue) deliver() {
	put := func(folder string, raws ...[]byte) {
		for _, raw := range raws {
			r.dovecot.Put(r, folder, imaptest.Mail{Raw: raw})
		}
	}
	var copies [][]byte
	for n, p := range r.persons {
		first := crlf(fmt.Sprintf("From: %s <%s>\nTo: %s\nSubject: Objednavka %s\nX-Ref: %s\nMessage-ID: <%s-1@person.example>\nDate: %s\nContent-Type: text/plain; charset=utf-8\n\nVolejte na +420 %s. %s\n",
			p.name, p.email, shopAddress, p.order, p.header, p.header, date(n), spaced(p.phone), p.elsewhere))
		put("INBOX", first, p.withFiles(r, n), p.mentioned(n))
		put("Archive", first, crlf(fmt.Sprintf("From: %s\nTo: %s\nSubject: archiv\nMessage-ID: <%s-2@person.example>\nDate: %s\nContent-Type: text/html; charset=utf-8\n\n<p>Dobry den</p><!-- %s --><a href=\"mailto:%s\">x</a>\n",
			p.email, shopAddress, p.header, date(n), p.elsewhere, p.email)))
		put("Trash", first, crlf(fmt.Sprintf("From: %s\nTo: %s\nSubject: v kosi\nMessage-ID: <%s-3@person.example>\n\n%s\n", p.email, shopAddress, p.header, p.elsewhere)))
		put("Junk", crlf(fmt.Sprintf("From: %s\nTo: %s\nSubject: spam\n\n%s %s\n", p.email, shopAddress, p.name, p.elsewhere)))
		put("Drafts", crlf(fmt.Sprintf("From: %s\nTo: %s\nSubject: koncept\n\n%s\n", shopAddress, p.email, p.elsewhere)))
		put("Sent", crlf(fmt.Sprintf("From: %s\nTo: %s\nSubject: Re: %s\nMessage-ID: <%s-4@example.org>\nDate: %s\n\nPosilame %s\n", shopAddress, p.email, p.order, p.header, date(n), p.elsewhere)))
		put("INBOX", []byte("From: "+p.email+"\r\nContent-Type: multipart/mixed; boundary=\"nowhere\r\nSubject: =?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(p.elsewhere))+"\r\n\r\n--x\x00\xff\r\n"+p.elsewhere))
		copies = append(copies, first)
	}
	for n := range r.others {
		put("INBOX", crlf(fmt.Sprintf("From: Petr %d <petr%d@other.example>\nTo: %s\nSubject: Dotaz %d\nMessage-ID: <other-%d@other.example>\nDate: %s\nContent-Type: text/plain\n\nDobry den, mam dotaz cislo %d. %s\n",
			n, n, shopAddress, n, n, date(n), n, strings.Repeat("Dekuji. ", n%50))))
	}
	_, err := r.app.api.Sync.Once(r.Context(), r.box, nil)
	must(r, err)
	var batch []desk.Incoming
	for _, raw := range copies {
		batch = append(batch, desk.Incoming{Raw: raw, Mailbox: r.second, Origin: store.FromImport, Quiet: true})
	}
	_, err = r.app.api.Desk.Intake(r.Context(), batch)
	must(r, err)
}

func crlf(text string) []byte { return []byte(strings.ReplaceAll(text, "\n", "\r\n")) }

func date(n int) string {
	return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Hour).Format(time.RFC1123Z)
}

func spaced(phone string) string { return phone[:3] + " " + phone[3:6] + " " + phone[6:] }

// withFiles has a token in the name of a file and one inside each kind of file.
func (p *planted) withFiles(t testing.TB, n int) []byte {
	files := []mail.File{
		{Name: p.file + ".txt", Type: "text/plain", Data: []byte("nic")},
		{Name: "a.zip", Type: "application/zip", Data: zipOf(t, "dopis.txt", "pise "+p.zipped)},
		{Name: "a.pdf", Type: "application/pdf", Data: pdfOf("pise " + p.pdf)},
		{Name: "a.docx", Type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document", Data: zipOf(t, "word/document.xml",
			`<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>pise `+p.docx+`</w:t></w:r></w:p></w:body></w:document>`)},
	}
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s <%s>\nTo: %s\nSubject: soubory\nMessage-ID: <%s-5@person.example>\nDate: %s\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\nContent-Type: text/plain\n\nV priloze.\n",
		p.name, p.email, shopAddress, p.header, date(n))
	for _, f := range files {
		fmt.Fprintf(&b, "--bb\nContent-Type: %s; name=%q\nContent-Disposition: attachment; filename=%q\nContent-Transfer-Encoding: base64\n\n%s\n", f.Type, f.Name, f.Name, base64.StdEncoding.EncodeToString(f.Data))
	}
	b.WriteString("--bb--\n")
	return crlf(b.String())
}

// mentioned is another person's mail, which must stay.
func (p *planted) mentioned(n int) []byte {
	return crlf(fmt.Sprintf("From: Soused %d <soused%d@other.example>\nTo: %s\nSubject: Doporuceni od %s\nMessage-ID: <soused-%d@other.example>\nDate: %s\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=cc\n\n"+
		"--cc\nContent-Type: text/plain; charset=utf-8\n\nPoradil mi %s, %s.\n--cc\nContent-Type: text/html; charset=utf-8\n\n<p>Poradil mi <b>%s</b>, <a href=\"mailto:%s\">%s</a>.</p>\n--cc--\n",
		n, n, shopAddress, p.elsewhere, n, date(n), p.name, p.email, p.name, p.email, spaced(p.phone)))
}

func zipOf(t testing.TB, name, text string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	must(t, err)
	_, err = w.Write([]byte(text))
	must(t, err)
	must(t, z.Close())
	return b.Bytes()
}

// pdfOf is the smallest page with a line of text.
func pdfOf(text string) []byte {
	var b bytes.Buffer
	var at []int
	object := func(body string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), body)
	}
	b.WriteString("%PDF-1.4\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	object("<</Type/Pages/Kids[3 0 R]/Count 1>>")
	object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>")
	page := "BT /F1 24 Tf 72 720 Td (" + text + ") Tj ET"
	object(fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(page), page))
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.Bytes()
}

// work does what people at the desk do: answers, notes, drafts of all, tags, cards,
// exports, requests with a link for the person, and finds that were left open.
func (r *residue) work() {
	ctx, d := r.Context(), r.app.api.Desk
	for n, p := range r.persons {
		own, others := r.conversationWith(p.email), r.conversationWith(fmt.Sprintf("petr%d@other.example", n))
		sent, err := d.Send(ctx, r.agents[0], desk.Answer{Conversation: own, Text: "Vazeny pane, " + p.elsewhere, SeenUpTo: 0})
		must(r, err)
		raw, err := r.app.store.RawBytes(sent.Message)
		must(r, err)
		r.dovecot.Put(r, "Sent", imaptest.Mail{Raw: raw})
		_, err = d.Send(ctx, r.agents[1], desk.Answer{Conversation: own, Note: true, Text: "Volal " + p.name + " " + p.phone})
		must(r, err)
		_, err = d.Send(ctx, r.agents[1], desk.Answer{Conversation: others, Note: true, Text: "Totez jako " + p.name})
		must(r, err)
		for _, a := range r.agents {
			for _, where := range []store.ConversationID{own, others, 0} {
				dr := desk.Draft{}
				dr.Conversation, dr.Mailbox, dr.Text, dr.To = where, r.box, "rozepsano "+p.elsewhere, []store.Address{{Name: p.name, Addr: p.email}}
				_, err = d.SaveDraft(ctx, a, dr)
				must(r, err)
			}
		}
		must(r, d.Tag(ctx, account.HostAgent(), []string{p.elsewhere, "vip"}, nil, others))
		must(r, r.app.store.Update(func(tx *store.Tx) error { return r.cards(tx, p, own, others) }))
		asks, _ := r.messageFrom(p.email)
		request, err := r.app.api.Privacy.AddRequest(ctx, account.HostAgent(), asks, store.RequestErasure, time.Time{})
		must(r, err)
		must(r, r.app.api.Privacy.AskIdentity(ctx, account.HostAgent(), request, &url.URL{Scheme: "https", Host: "shop.example", Path: "/identity"}, "cs"))
		job, err := r.app.api.Privacy.Begin(ctx, account.HostAgent(), p.selectors(r), "zada "+p.name)
		must(r, err)
		_, err = r.app.api.Privacy.ExportPerson(ctx, account.HostAgent(), job, privacy.ExportOptions{})
		must(r, err)
	}
	neighbour, err := match.ParseIdentifier(match.Email, "soused0@other.example")
	must(r, err)
	_, err = r.app.api.Privacy.Begin(ctx, account.HostAgent(), []match.Identifier{neighbour}, "jina osoba")
	must(r, err)
	_, err = r.app.api.Sync.Once(ctx, r.box, nil)
	must(r, err)
}

// cards: notes on the person's own card and on another's.
func (r *residue) cards(tx *store.Tx, p *planted, own, others store.ConversationID) error {
	for _, id := range []store.ConversationID{own, others} {
		c, err := store.Conversations.Get(tx, id)
		if err != nil {
			return err
		}
		card, err := store.Customers.Get(tx, c.Customer)
		if err != nil {
			return err
		}
		card.Notes = "zna se s " + p.name + ", " + p.elsewhere
		if id == own {
			card.Name, card.NameSet, card.Phones = p.name, true, []string{p.phone}
		}
		if err := store.Customers.Put(tx, c.Customer, card); err != nil {
			return err
		}
	}
	return nil
}

func (r *residue) conversationWith(addr string) store.ConversationID {
	_, m := r.messageFrom(addr)
	return m.Conversation
}

func (r *residue) messageFrom(addr string) (id store.MessageID, first store.Message) {
	r.Helper()
	must(r, r.app.store.View(func(tx *store.Tx) error {
		for m, record := range store.Messages.All(tx) {
			if record.From.Addr == addr && record.Mailbox == r.box {
				id, first = m, record
				return nil
			}
		}
		return store.ErrNotFound
	}))
	return id, first
}

// later: what lay in a snapshot and is gone from the records since.
func (r *residue) later() {
	ctx := r.Context()
	for _, a := range r.agents {
		drafts, err := r.app.api.Desk.Drafts(ctx, a)
		must(r, err)
		must(r, r.app.api.Desk.DropDraft(ctx, a, drafts[0].ID))
	}
}

// erase goes a person's way: found, decided as proposed, planned, approved, run.
func (r *residue) erase(p *planted) (privacy.Receipt, map[store.MessageID]bool) {
	ctx, host, v := r.Context(), account.HostAgent(), r.app.api.Privacy
	id, err := v.Begin(ctx, host, p.selectors(r), "zada "+p.name)
	must(r, err)
	person, err := v.Person(ctx, host, id)
	must(r, err)
	touched := map[store.MessageID]bool{}
	for _, m := range person.Messages {
		touched[m.Message] = true
	}
	plan, err := v.Plan(ctx, host, id)
	must(r, err)
	_, err = v.Approve(ctx, host, plan.Hash)
	must(r, err)
	receipt, err := v.Run(ctx, id, nil)
	must(r, err)
	return receipt, touched
}

func (r *residue) contents() map[store.MessageID][32]byte {
	all := map[store.MessageID][32]byte{}
	must(r, r.app.store.ScanRaw(context.Background(), 0, 1, func(_ int, id store.MessageID, raw []byte) error {
		all[id] = sha256.Sum256(raw)
		return nil
	}))
	must(r, r.app.store.View(func(tx *store.Tx) error {
		for id, sum := range all {
			m, err := store.Messages.Get(tx, id)
			if err != nil {
				return err
			}
			all[id] = sha256.Sum256(append(sum[:], m.Strict[:]...))
		}
		return nil
	}))
	return all
}

func (r *residue) check(before map[store.MessageID][32]byte, mine map[store.MessageID]bool, until time.Time) {
	left := r.scan()
	for place, tokens := range left.where {
		inOldRecords := strings.HasPrefix(place, "snapshot records/")
		if r.policy == privacy.Rotate && inOldRecords {
			continue
		}
		r.Errorf("%s: %d tokens left: %v", place, len(tokens), tokens)
	}
	if old := len(left.oldRecords()); (r.policy == privacy.Strict) != until.IsZero() || r.policy == privacy.Rotate && old == 0 {
		r.Errorf("records of %d older snapshots hold tokens, the receipt names %v", old, until)
	}
	after, changed := r.contents(), 0
	for id, sum := range before {
		if !mine[id] && after[id] != sum {
			changed++
		}
	}
	if changed > 0 {
		r.Errorf("%d other messages changed", changed)
	}
	r.read()
	r.Logf("%s: scanned %d files, %d terms, %d objects of snapshots; %d other messages unchanged", r.policy, left.files, left.terms, left.objects, len(before)-len(mine))
}

// read opens every conversation as a page does.
func (r *residue) read() {
	var ids []store.ConversationID
	must(r, r.app.store.View(func(tx *store.Tx) error {
		for id := range store.Conversations.All(tx) {
			ids = append(ids, id)
		}
		return nil
	}))
	for _, id := range ids {
		if _, err := r.app.api.Desk.Thread(r.Context(), account.HostAgent(), id); err != nil {
			r.Errorf("conversation %d: %v", id, err)
		}
	}
}
