package privacy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"postolka/account"
	"postolka/audit"
	"postolka/backup"
	"postolka/desk"
	"postolka/ledger"
	"postolka/match"
	"postolka/search"
	"postolka/store"
)

// house is a desk with one mailbox, opened as main opens it.
type house struct {
	*Privacy
	dir     string
	target  string
	backup  *backup.Backup
	mailbox store.MailboxID
	close   func()
}

// noServer stands for mailboxes without a mail server.
type noServer struct{}

func (noServer) Targets(store.MailboxID, []store.MessageID) (json.RawMessage, error) { return nil, nil }
func (noServer) Expunge(context.Context, store.MailboxID, json.RawMessage, func([]byte) bool) (removed, left int, err error) {
	return 0, 0, nil
}

func open(t testing.TB, dir, target string) *house {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, dir, store.Options{})
	check(t, err)
	log, err := audit.Open(s)
	check(t, err)
	led, err := ledger.Open(s)
	check(t, err)
	index, err := search.Open(filepath.Join(dir, "index"), search.Options{})
	check(t, err)
	d := desk.New(s, index, log, led, desk.Options{NoUndo: true})
	check(t, d.CatchUp(ctx, nil))
	b := backup.New(s, led, backup.Directory(target), nil, time.Now)
	p := New(Deps{Store: s, Index: index, Log: log, Ledger: led, Desk: d, Sources: noServer{}, Snapshots: b})
	h := &house{Privacy: p, dir: dir, target: target, backup: b}
	h.close = func() {
		check(t, index.Close())
		check(t, log.Close())
		check(t, s.Close())
	}
	return h
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := open(t, filepath.Join(t.TempDir(), "data"), t.TempDir())
	t.Cleanup(func() { h.close() })
	var err error
	h.mailbox, err = h.Desk.SaveMailbox(context.Background(), host, 0, store.Mailbox{Name: "shop@", Address: "shop@example.org"}, "", "")
	check(t, err)
	return h
}

var host = account.HostAgent()

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) take(t testing.TB, raws ...string) []desk.Outcome {
	t.Helper()
	var batch []desk.Incoming
	for _, raw := range raws {
		batch = append(batch, desk.Incoming{Raw: []byte(raw), Mailbox: h.mailbox, Origin: store.FromImport, Quiet: true})
	}
	out, err := h.Desk.Intake(context.Background(), batch)
	check(t, err)
	return out
}

func written(id, from, to, subject, text string) string {
	return fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nMessage-ID: <%s@example.org>\nContent-Type: text/plain; charset=utf-8\n\n%s\n", from, to, subject, id, text)
}

func email(t testing.TB, value string) []match.Identifier {
	t.Helper()
	id, err := match.ParseIdentifier(match.Email, value)
	check(t, err)
	return []match.Identifier{id}
}

// Tokens that stand for the person; nothing else holds them.
const (
	janAddr = "jan.novak-x7q@example.net"
	token   = "tokenquuxzz4711"
)

func janAndOthers() []string {
	return []string{
		written("a1", "Jan Novak <"+janAddr+">", "shop@example.org", "Objednavka "+token, "Dobry den, "+token),
		written("a2", "shop@example.org", janAddr, "Re: Objednavka "+token, "Odpoved pro "+token),
		written("b1", "Eva Mala <eva@example.net>", "shop@example.org", "Dotaz", "Doporucil mi vas Jan, "+janAddr+", je to tak?"),
		written("c1", "Petr <petr@example.net>", "shop@example.org", "Jiny dotaz", "Nic spolecneho."),
	}
}

func TestFindSaysWhereInWhatPartAndHowComplete(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	f, err := h.Find(context.Background(), host, email(t, janAddr), FindOptions{})
	check(t, err)
	roles := strongestRoles(f.Hits)
	want := map[store.MessageID]string{1: Author, 2: Recipient, 3: Mentioned}
	for id, role := range want {
		if roles[id] != role {
			t.Errorf("message %d: got role %q, want %q", id, roles[id], role)
		}
	}
	if len(roles) != len(want) {
		t.Errorf("got messages %v, want 1, 2, 3", roles)
	}
	if c := f.Complete; c.Scanned != 4 || c.Of != 4 || !c.IndexAgrees || len(c.Unreadable) != 0 {
		t.Errorf("completeness: %+v", c)
	}
	if len(f.Records) == 0 {
		t.Error("the customer card was not found")
	}
}

func TestFindIsForThoseWhoMay(t *testing.T) {
	h := newHouse(t)
	for role, may := range map[store.Role]bool{store.RoleOwner: true, store.RolePrivacy: true, store.RoleAdmin: false, store.RoleAgent: false, store.RoleAuditor: false} {
		_, err := h.Find(context.Background(), account.Agent{ID: 1, Role: role}, email(t, janAddr), FindOptions{})
		if (err == nil) != may {
			t.Errorf("role %d: got %v, want allowed %t", role, err, may)
		}
	}
}

func eraseAll(t testing.TB, h *house, sel []match.Identifier) Receipt {
	t.Helper()
	plan, err := h.PlanFor(context.Background(), host, sel, false)
	check(t, err)
	job, err := h.Approve(context.Background(), host, plan.Hash)
	check(t, err)
	r, err := h.Run(context.Background(), job, nil)
	check(t, err)
	return r
}

// eraseFound erases as is proposed: what the person wrote or got, and redacts the rest.
func eraseFound(t testing.TB, h *house, sel []match.Identifier) {
	t.Helper()
	ctx := context.Background()
	id, err := h.Begin(ctx, host, sel, "erasure")
	check(t, err)
	plan, err := h.Plan(ctx, host, id)
	check(t, err)
	_, err = h.Approve(ctx, host, plan.Hash)
	check(t, err)
	_, err = h.Run(ctx, id, nil)
	check(t, err)
}

func TestErasedPersonLeavesNoByteAndStaysAway(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	other, err := h.Store.RawBytes(4)
	check(t, err)
	r := eraseAll(t, h, email(t, janAddr))
	if r.Erased != 3 {
		t.Errorf("erased: got %d, want 3", r.Erased)
	}
	if found := bytesIn(t, h.dir, janAddr, token, "jan.novak-x7q"); len(found) > 0 {
		t.Errorf("still in %v", found)
	}
	after, err := h.Store.RawBytes(4)
	check(t, err)
	if !bytes.Equal(other, after) {
		t.Error("another person's message changed")
	}
	for i, o := range h.take(t, janAndOthers()...) {
		want := desk.ErasedBefore
		if i == 3 {
			want = desk.Duplicate
		}
		if o.Result != want {
			t.Errorf("second import of mail %d: got %v, want %v", i, o.Result, want)
		}
	}
	if out := h.take(t, written("new", janAddr, "shop@example.org", "Znovu", "Nova zprava")); out[0].Result != desk.Added {
		t.Errorf("new mail of the same person: got %v, want it in", out[0].Result)
	}
	if _, err := VerifyReceipt([]byte(r.Signature), h.Store.Keys().VerifierKey()); err != nil {
		t.Errorf("receipt: %v", err)
	}
	if _, err := VerifyReceipt([]byte(strings.Replace(r.Signature, `"erased":3`, `"erased":2`, 1)), h.Store.Keys().VerifierKey()); err == nil {
		t.Error("a changed receipt verifies")
	}
}

func TestReceiptAsPDFIsCheckedToTheLastByte(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	r := eraseAll(t, h, email(t, janAddr))
	key := h.Store.Keys().VerifierKey()
	for _, lang := range []string{"cs", "en", "xx"} {
		pdf, err := h.ReceiptPDF(context.Background(), host, r.Job, lang)
		check(t, err)
		if got, err := VerifyReceipt(pdf, key); err != nil || got.Erased != 3 || got.Job != r.Job {
			t.Fatalf("%s: got %+v, %v", lang, got, err)
		}
		for at := 8; at < len(pdf); at += 97 {
			changed := bytes.Clone(pdf)
			changed[at] ^= 1
			if _, err := VerifyReceipt(changed, key); !errors.Is(err, ErrForged) {
				t.Fatalf("%s: byte %d of %d changed: got %v", lang, at, len(pdf), err)
			}
		}
		if _, err := VerifyReceipt(append(pdf, "1 0 obj\n"...), key); !errors.Is(err, ErrForged) {
			t.Errorf("%s: appended: got %v", lang, err)
		}
		if path, err := exec.LookPath("pdftotext"); err == nil {
			file := filepath.Join(t.TempDir(), "r.pdf")
			check(t, os.WriteFile(file, pdf, 0o600))
			text, err := exec.Command(path, file, "-").Output()
			if err != nil || !bytes.Contains(text, []byte(r.Plan[:20])) {
				t.Errorf("%s: pdftotext reads %q, %v", lang, text, err)
			}
		}
	}
}

// bytesIn looks for secrets in every file below dir, in names, raw, and in
// everything that can be decompressed.
func bytesIn(t testing.TB, dir string, secrets ...string) (found []string) {
	t.Helper()
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	check(t, err)
	defer dec.Close()
	magic := []byte{0x28, 0xb5, 0x2f, 0xfd}
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if holds(data, secrets) || holds([]byte(path), secrets) {
			found = append(found, path)
		}
		for at := bytes.Index(data, magic); at >= 0; {
			plain, _ := dec.DecodeAll(data[at:], nil) // what follows the frame ends it with an error
			if holds(plain, secrets) {
				found = append(found, path+" (compressed)")
			}
			next := bytes.Index(data[at+4:], magic)
			if next < 0 {
				break
			}
			at += 4 + next
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) { // the index was merging: what it wrote anew is looked at too
		return bytesIn(t, dir, secrets...)
	}
	check(t, err)
	return found
}

// holds says whether data has one of the secrets as such: an address at the end
// of a longer one ("xjan@example.org") is another person's.
func holds(data []byte, secrets []string) bool {
	for _, s := range secrets {
		for rest := data; ; {
			at := bytes.Index(rest, []byte(s))
			if at < 0 {
				break
			}
			if at == 0 || !strings.ContainsRune(".-_+", rune(rest[at-1])) && !isAlnum(rest[at-1]) {
				return true
			}
			rest = rest[at+1:]
		}
	}
	return false
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func TestBytesInSeesWhatIsThere(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	if found := bytesIn(t, h.dir, token); len(found) == 0 {
		t.Fatal("the residue check does not see a message that is there")
	}
}

func TestErasePlanChangedAfterApproval(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	ctx := context.Background()
	id, err := h.Begin(ctx, host, email(t, janAddr), "test")
	check(t, err)
	plan, err := h.Plan(ctx, host, id)
	check(t, err)
	if plan.Erase != 2 || plan.Redact != 1 {
		t.Fatalf("plan: %+v, want 2 to erase and 1 to redact", plan)
	}
	check(t, h.Decide(ctx, host, id, MessageDecision{Message: 3, Decision: KeepIt, Reason: "accounting", Until: nextYear()}))
	if _, err := h.Approve(ctx, host, plan.Hash); err != ErrPlanChanged {
		t.Fatalf("approve of the old hash: got %v, want ErrPlanChanged", err)
	}
}

// Whatever a plan would touch, a record too, must be as the approver was told.
func TestPlanIsVoidWhenARecordChanged(t *testing.T) {
	ctx := context.Background()
	for what, change := range map[string]func(h *house, tx *store.Tx, draft store.DraftID, card store.CustomerID) error{
		"nothing": nil,
		"a draft that goes has other words": func(_ *house, tx *store.Tx, draft store.DraftID, _ store.CustomerID) error {
			return store.RewriteField(tx, "drafts", uint64(draft), "text", func(string) string { return "pro nekoho jineho" })
		},
		"a draft was sent meanwhile": func(_ *house, tx *store.Tx, draft store.DraftID, _ store.CustomerID) error {
			return store.Drafts.Delete(tx, draft)
		},
		"a card that goes got another's address": func(_ *house, tx *store.Tx, _ store.DraftID, card store.CustomerID) error {
			c, err := store.Customers.Get(tx, card)
			c.Addresses = append(c.Addresses, "eva@example.net")
			return errors.Join(err, store.Customers.Put(tx, card, c))
		},
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t)
			h.take(t, janAndOthers()...)
			var draft store.DraftID
			var card store.CustomerID
			check(t, h.Store.Update(func(tx *store.Tx) (err error) {
				card, _ = store.CustomersByAddr.First(tx, store.Key(janAddr))
				draft, err = store.Drafts.Insert(tx, store.Draft{Mailbox: h.mailbox, Text: "pro " + janAddr})
				return err
			}))
			plan, err := h.PlanFor(ctx, host, email(t, janAddr), false)
			check(t, err)
			want := error(nil)
			if change != nil {
				want = ErrPlanChanged
				check(t, h.Store.Update(func(tx *store.Tx) error { return change(h, tx, draft, card) }))
			}
			if _, err := h.Approve(ctx, host, plan.Hash); !errors.Is(err, want) {
				t.Errorf("approve: got %v, want %v", err, want)
			}
		})
	}
}

// cutOff are snapshots whose target can't be reached.
type cutOff struct{ Snapshots }

var errCutOff = errors.New("no target")

func (cutOff) PublishLedger(context.Context) error { return errCutOff }

// An approved erasure can be called off until its tombstones are written; then
// nothing stops it for good, also no change of what it touches.
func TestErasureIsCalledOffBeforeItsTombstonesOnly(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	ctx := context.Background()
	approved := func() store.JobID {
		plan, err := h.PlanFor(ctx, host, email(t, janAddr), false)
		check(t, err)
		id, err := h.Approve(ctx, host, plan.Hash)
		check(t, err)
		return id
	}
	first := approved()
	check(t, h.Cancel(ctx, host, first))
	if _, err := h.Run(ctx, first, nil); err == nil {
		t.Error("a cancelled erasure ran")
	}
	if err := h.Cancel(ctx, host, first); !errors.Is(err, ErrTooLate) {
		t.Errorf("cancel again: got %v, want ErrTooLate", err)
	}
	second, reached := approved(), h.Snapshots
	h.Snapshots = cutOff{reached}
	if _, err := h.Run(ctx, second, nil); !errors.Is(err, errCutOff) {
		t.Fatalf("without a target: got %v", err)
	}
	if err := h.Cancel(ctx, host, second); !errors.Is(err, ErrTooLate) {
		t.Errorf("cancel behind the tombstones: got %v, want ErrTooLate", err)
	}
	_, err := h.Hold(ctx, host, 0, 1, "claim", nextYear())
	check(t, err)
	h.Snapshots = reached
	if r, err := h.Run(ctx, second, nil); err != nil || r.Erased != 3 {
		t.Errorf("when the target is back: got %+v, %v; want 3 erased", r, err)
	}
}

// What is kept stays under a hold until its day, and the receipt says why.
func TestKeptMessageHasAReasonAndAnEnd(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	ctx := context.Background()
	id, err := h.Begin(ctx, host, email(t, janAddr), "test")
	check(t, err)
	day := time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC)
	for name, d := range map[string]MessageDecision{
		"no reason": {Until: day}, "an unknown reason": {Reason: "because", Until: day}, "no end": {Reason: "accounting"}, "an end in the past": {Reason: "accounting", Until: time.Unix(1, 0)},
	} {
		d.Message, d.Decision = 1, KeepIt
		if err := h.Decide(ctx, host, id, d); !errors.Is(err, ErrKeep) {
			t.Errorf("%s: got %v, want ErrKeep", name, err)
		}
	}
	check(t, h.Decide(ctx, host, id, MessageDecision{Message: 1, Decision: KeepIt, Reason: "accounting", Until: day}))
	plan, err := h.Plan(ctx, host, id)
	check(t, err)
	_, err = h.Approve(ctx, host, plan.Hash)
	check(t, err)
	r, err := h.Run(ctx, id, nil)
	check(t, err)
	if want := (Kept{"accounting", "2099-12-31", 1}); len(r.KeptFor) != 1 || r.KeptFor[0] != want || r.Kept != 1 {
		t.Errorf("receipt: got %d kept, %+v; want %+v", r.Kept, r.KeptFor, want)
	}
	holds, err := h.Holds(host)
	check(t, err)
	if len(holds) != 1 || holds[0].Message != 1 || holds[0].Reason != "accounting" || !holds[0].ReviewAt.Equal(day) {
		t.Errorf("holds: got %+v", holds)
	}
}

// Saved finds of the same person end with the erasure; one that asks for somebody
// else too keeps that.
func TestErasureReachesOtherFinds(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	h.take(t, janAndOthers()...)
	jan, eva := email(t, janAddr), email(t, "eva@example.net")
	same, err := h.Begin(ctx, host, jan, "test")
	check(t, err)
	both, err := h.Begin(ctx, host, append(email(t, janAddr), eva...), "test")
	check(t, err)
	other, err := h.Begin(ctx, host, eva, "test")
	check(t, err)
	eraseAll(t, h, jan)
	if _, err := h.loadFile(same); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the same person's find: got %v, want it destroyed", err)
	}
	for id, hits := range map[store.JobID]bool{both: false, other: false} {
		f, err := h.loadFile(id)
		check(t, err)
		text, err := json.Marshal(f)
		check(t, err)
		if len(f.Selectors) != 1 || f.Selectors[0] != eva[0] || bytes.Contains(text, []byte(janAddr)) || (len(f.Finding.Hits) > 0) != hits {
			t.Errorf("find %d: %s", id, text)
		}
	}
}

func TestPlanThatKeepsOthersMessages(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	for keep, want := range map[bool][2]int{false: {3, 0}, true: {2, 1}} {
		plan, err := h.PlanFor(context.Background(), host, email(t, janAddr), keep)
		check(t, err)
		if plan.Erase != want[0] || plan.Redact != want[1] {
			t.Errorf("keep others %t: got %+v, want %d to erase and %d to redact", keep, plan, want[0], want[1])
		}
	}
}

func TestPlanThatChangedAfterApprovalIsVoidAndCanBeCancelled(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	ctx := context.Background()
	first, err := h.PlanFor(ctx, host, email(t, janAddr), false)
	check(t, err)
	second, err := h.PlanFor(ctx, host, email(t, janAddr), false)
	check(t, err)
	for _, plan := range []Plan{first, second} {
		_, err = h.Approve(ctx, host, plan.Hash)
		check(t, err)
	}
	_, err = h.Run(ctx, first.Job, nil)
	check(t, err)
	if _, err := h.Run(ctx, second.Job, nil); !errors.Is(err, ErrPlanChanged) {
		t.Fatalf("second job over the same messages: got %v, want ErrPlanChanged", err)
	}
	if err := h.Cancel(ctx, host, second.Job); err != nil {
		t.Fatalf("cancel: %v", err)
	}
	if _, err := h.loadFile(second.Job); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what the cancelled job knew: got %v, want it destroyed", err)
	}
}

func TestRedactedMessageStaysWithoutThePerson(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	eraseFound(t, h, email(t, janAddr))
	raw, err := h.Store.RawBytes(3)
	check(t, err)
	if !strings.Contains(string(raw), "eva@example.net") {
		t.Error("the other person's message lost its sender")
	}
	if found := bytesIn(t, h.dir, janAddr); len(found) > 0 {
		t.Errorf("still in %v", found)
	}
	if out := h.take(t, janAndOthers()[2]); out[0].Result != desk.ErasedBefore {
		t.Errorf("import of the message as it was: got %v, want it refused", out[0].Result)
	}
}

// Redacted first and erased later, a message has had two forms: neither comes back.
func TestMessageThatWasRedactedThenErasedStaysAwayInBothForms(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	eraseFound(t, h, email(t, janAddr))
	redacted, err := h.Store.RawBytes(3)
	check(t, err)
	if r := eraseAll(t, h, email(t, "eva@example.net")); r.Erased != 1 {
		t.Fatalf("erased: got %d, want 1", r.Erased)
	}
	for i, o := range h.take(t, janAndOthers()[2], string(redacted)) {
		if o.Result != desk.ErasedBefore {
			t.Errorf("form %d: got %v, want it refused", i, o.Result)
		}
	}
}

func TestSecondPersonApprovesWhereThereAreTwo(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	ctx := context.Background()
	accounts := account.New(h.Store, nil)
	owner, err := accounts.CreateOwner(account.NewPerson{Name: "Karel", Email: "karel@example.org", Password: "dlouhe-heslo-1"})
	check(t, err)
	second, _, err := accounts.Add(owner, account.NewPerson{Name: "Eva", Email: "eva@example.org", Role: store.RolePrivacy, Password: "dlouhe-heslo-2"})
	check(t, err)
	plan, err := h.PlanFor(ctx, owner, email(t, janAddr), false)
	check(t, err)
	if !plan.NeedsSecond {
		t.Error("the plan does not ask for a second person")
	}
	for _, by := range []account.Agent{owner, host} {
		if _, err := h.Approve(ctx, by, plan.Hash); err != ErrSecondPerson {
			t.Errorf("approved by %d: got %v, want ErrSecondPerson", by.ID, err)
		}
	}
	officer, err := accounts.Get(second)
	check(t, err)
	if _, err := h.Approve(ctx, officer, plan.Hash); err != nil {
		t.Errorf("approved by the officer: %v", err)
	}
}

func TestErasureDropsExportsOfItsMessages(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	ctx := context.Background()
	id, err := h.Begin(ctx, host, email(t, janAddr), "access")
	check(t, err)
	export, err := h.ExportPerson(ctx, host, id, ExportOptions{})
	check(t, err)
	eraseAll(t, h, email(t, janAddr))
	if _, err := h.OpenExport(ctx, host, export.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("export after the erasure: got %v, want store.ErrNotFound", err)
	}
	left, err := os.ReadDir(filepath.Join(h.dir, exportsDir))
	check(t, err)
	if len(left) > 0 {
		t.Errorf("%d files are left in exports", len(left))
	}
}

func TestRetentionErasesWhatWasKeptLongEnough(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	ctx := context.Background()
	check(t, h.Store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, h.mailbox)
		if err != nil {
			return err
		}
		m.Keep = 24 * time.Hour
		return store.Mailboxes.Put(tx, h.mailbox, m)
	}))
	check(t, h.Desk.SetStatus(ctx, host, store.StatusSolved, 1))
	h.Now = func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }
	check(t, h.Retain(ctx))
	if _, err := h.Store.RawBytes(1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("solved and old: got %v, want it gone", err)
	}
	if _, err := h.Store.RawBytes(4); err != nil {
		t.Errorf("open conversation: %v", err)
	}
}

// What went to the bin because it was deleted at the server is safe for a month.
func TestRetentionSparesWhatJustFollowedToTheBin(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	ctx := context.Background()
	binned := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	check(t, h.Store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, h.mailbox)
		check(t, err)
		m.Keep = 24 * time.Hour
		check(t, store.Mailboxes.Put(tx, h.mailbox, m))
		c, err := store.Conversations.Get(tx, 1)
		check(t, err)
		c.Status, c.FollowedAt = store.StatusBin, binned
		return store.Conversations.Put(tx, 1, c)
	}))
	h.Now = func() time.Time { return binned.AddDate(0, 0, 29) }
	check(t, h.Retain(ctx))
	if _, err := h.Store.RawBytes(1); err != nil {
		t.Errorf("within the month: %v", err)
	}
	h.Now = func() time.Time { return binned.AddDate(0, 0, 31) }
	check(t, h.Retain(ctx))
	if _, err := h.Store.RawBytes(1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after it: got %v, want it gone", err)
	}
}

// A stored text has its length before it: lengths of 48 to 57 and 65 to 122 bytes
// read as a digit or letter, which must not hide a datum that begins the text.
func TestFindSeesWhatBeginsATextOfAnyLength(t *testing.T) {
	h := newHouse(t)
	var raws []string
	for n := range 140 {
		raws = append(raws, fmt.Sprintf("Message-ID: <%d@x>\nFrom: a@x.example\nSubject: jan@novak.example %s\n\nx\n", n, strings.Repeat("x", n)))
	}
	h.take(t, raws...)
	f, err := h.Find(context.Background(), host, email(t, "jan@novak.example"), FindOptions{})
	check(t, err)
	if got := len(messagesOf(f.Hits)); got != len(raws) {
		t.Fatalf("found in %d messages of %d", got, len(raws))
	}
}

// Every step and count of a receipt has its words in both languages.
func TestReceiptWordsAreComplete(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	_, err := h.backup.NewKey(true)
	check(t, err)
	_, err = h.backup.Snapshot(context.Background(), nil)
	check(t, err)
	check(t, h.SetSnapshotPolicy(context.Background(), host, Strict))
	plan, err := h.PlanFor(context.Background(), host, email(t, janAddr), true)
	check(t, err)
	job, err := h.Approve(context.Background(), host, plan.Hash)
	check(t, err)
	r, err := h.Run(context.Background(), job, nil)
	check(t, err)
	if r.Snapshots != Strict || !r.SnapshotsUntil.IsZero() {
		t.Errorf("got policy %q until %v, want strict and none left", r.Snapshots, r.SnapshotsUntil)
	}
	for lang, words := range receiptWords {
		for _, s := range r.Steps {
			if words["step."+s.Name] == "" {
				t.Errorf("%s: no word for step %s", lang, s.Name)
			}
			for name := range s.Counts {
				if words["count."+name] == "" {
					t.Errorf("%s: no word for count %s", lang, name)
				}
			}
		}
		for key := range receiptWords["en"] {
			if words[key] == "" {
				t.Errorf("%s: no word for %s", lang, key)
			}
		}
	}
}
