package privacy

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/store"
)

// asked is a house to which Jan wrote that he wants his data erased.
func asked(t *testing.T) (h *house, m desk.Outcome, at time.Time) {
	h = newHouse(t)
	at = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	h.Now = func() time.Time { return at }
	_, err := h.Desk.SaveMailbox(t.Context(), host, h.mailbox, store.Mailbox{Name: "shop@", Address: "shop@example.org",
		SMTP: store.Server{Host: "127.0.0.1", Port: 25, Security: store.Plain}}, "", "")
	check(t, err)
	raw := written("a1", "Jan Novak <"+janAddr+">", "shop@example.org", "Vymaz", "Zadam o vymaz.")
	out, err := h.Desk.Intake(t.Context(), []desk.Incoming{{Raw: []byte(raw), Mailbox: h.mailbox, Origin: store.FromIMAP, ReceivedAt: at}})
	check(t, err)
	return h, out[0], at
}

func TestRequestGoesItsWay(t *testing.T) {
	h, m, at := asked(t)
	ctx := t.Context()
	id, err := h.AddRequest(ctx, host, m.Message, store.RequestErasure, time.Time{})
	check(t, err)
	again, err := h.AddRequest(ctx, host, m.Message, store.RequestErasure, time.Time{})
	if err != nil || again != id {
		t.Errorf("the same mail again: got request %d, %v", again, err)
	}
	row := func() RequestRow {
		t.Helper()
		r, err := h.Request(host, id)
		check(t, err)
		return r
	}
	if r := row(); r.State != store.RequestReceived || !r.Due().Equal(time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)) || r.Dates.Legal.Day() != 28 || r.Left(at, Zone(host)) != 30 {
		t.Errorf("got %+v", r)
	}
	if _, err := h.Letter(ctx, host, id, "cs", "answer", nil); !errors.Is(err, ErrLetter) {
		t.Errorf("word of an erasure before it is done: got %v", err)
	}
	job, err := h.FindFor(ctx, host, id)
	check(t, err)
	if f, _, err := h.job(job); err != nil || len(f.Finding.Hits) == 0 || f.Purpose != "erasure" || row().Job != job {
		t.Errorf("find for the request: got %+v, %v", f, err)
	}
	if err := h.Extend(ctx, host, id, "lazy"); !errors.Is(err, ErrGround) {
		t.Errorf("a reason that is none: got %v", err)
	}
	check(t, h.Extend(ctx, host, id, "many"))
	if err := h.Extend(ctx, host, id, "many"); !errors.Is(err, ErrExtend) {
		t.Errorf("a second extension: got %v", err)
	}
	if !row().Due().Equal(time.Date(2027, 2, 24, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("extended: got %v", row().Due())
	}
	if err := h.Answer(ctx, host, id, []string{"15_4"}); !errors.Is(err, ErrGround) {
		t.Errorf("an erasure refused for Article 15(4): got %v", err)
	}
	check(t, h.Answer(ctx, host, id, []string{"17_3_b"}))
	if err := h.Dismiss(ctx, host, id); !errors.Is(err, ErrAnswered) {
		t.Errorf("after the end: got %v", err)
	}
	if rows, err := h.Requests(host); err != nil || len(rows) != 1 || rows[0].Open() {
		t.Errorf("got %+v, %v", rows, err)
	}
	nobody := account.Agent{ID: 9, Role: store.RoleAgent}
	if _, err := h.Requests(nobody); !errors.Is(err, desk.ErrNotAllowed) {
		t.Errorf("the register for an agent: got %v", err)
	}
	if _, err := h.AddRequest(ctx, nobody, m.Message, store.RequestAccess, at); !errors.Is(err, desk.ErrNotAllowed) {
		t.Errorf("a stranger to the mailbox: got %v", err)
	}
}

func TestRemindersCountUntilTheAnswer(t *testing.T) {
	h, m, _ := asked(t)
	id, err := h.AddRequest(t.Context(), host, m.Message, store.RequestErasure, time.Time{})
	check(t, err)
	count := func(day int, month time.Month) (soon, late int) {
		t.Helper()
		h.Now = func() time.Time { return time.Date(2026, month, day, 9, 0, 0, 0, time.UTC) }
		soon, late, err := h.Reminders(host)
		check(t, err)
		return soon, late
	}
	for _, c := range []struct {
		day        int
		month      time.Month
		soon, late int
	}{{9, time.December, 0, 0}, {10, time.December, 1, 0}, {24, time.December, 1, 0}, {25, time.December, 0, 1}} {
		if soon, late := count(c.day, c.month); soon != c.soon || late != c.late {
			t.Errorf("on %d %s: got %d soon, %d late, want %d, %d", c.day, c.month, soon, late, c.soon, c.late)
		}
	}
	if _, _, err := h.Reminders(account.Agent{ID: 9, Kind: account.Person, Role: store.RoleAgent}); !errors.Is(err, desk.ErrNotAllowed) {
		t.Errorf("by who answers none: got %v", err)
	}
	check(t, h.Answer(t.Context(), host, id, nil))
	if soon, late := count(25, time.December); soon+late != 0 {
		t.Errorf("after the answer: got %d soon, %d late", soon, late)
	}
}

func TestExtensionOnlyInTheFirstMonth(t *testing.T) {
	h, m, at := asked(t)
	id, err := h.AddRequest(t.Context(), host, m.Message, store.RequestAccess, time.Time{})
	check(t, err)
	h.Now = func() time.Time { return at.AddDate(0, 1, 1) }
	if err := h.Extend(t.Context(), host, id, "complex"); !errors.Is(err, ErrExtend) {
		t.Errorf("got %v", err)
	}
}

// TestIdentityLink: it goes to the address that asked, works once and for two days.
func TestIdentityLink(t *testing.T) {
	h, m, at := asked(t)
	ctx := t.Context()
	id, err := h.AddRequest(ctx, host, m.Message, store.RequestErasure, time.Time{})
	check(t, err)
	page := &url.URL{Scheme: "https", Host: "desk.example.org", Path: "/identity"}
	first := h.ask(t, id, page)
	second := h.ask(t, id, page)
	if err := h.ConfirmIdentity(ctx, first, ""); !errors.Is(err, ErrToken) {
		t.Errorf("the first after a second was sent: got %v", err)
	}
	h.Now = func() time.Time { return at.Add(49 * time.Hour) }
	if err := h.KnownToken(second); !errors.Is(err, ErrToken) {
		t.Errorf("after 49 hours: got %v", err)
	}
	h.Now = func() time.Time { return at.Add(47 * time.Hour) }
	check(t, h.ConfirmIdentity(ctx, second, "192.0.2.7"))
	if err := h.ConfirmIdentity(ctx, second, ""); !errors.Is(err, ErrToken) {
		t.Errorf("a second time: got %v", err)
	}
	r, err := h.Request(host, id)
	if err != nil || r.State != store.RequestWork || r.Identity.ProvenAt.IsZero() || !r.Dates.Strict.Equal(time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)) || r.Dates.Paused.Equal(r.Dates.Legal) && r.Dates.Paused.Day() < 28 {
		t.Errorf("got %+v, %v", r, err)
	}
}

var linked = regexp.MustCompile(`https://desk\.example\.org/identity\?token=(\w{26})`)

// ask sends the link and takes the token from the mail, whose only recipient is Jan.
func (h *house) ask(t *testing.T, id store.RequestID, page *url.URL) string {
	t.Helper()
	check(t, h.AskIdentity(context.Background(), host, id, page, "cs"))
	var last store.OutboxEntry
	check(t, h.Store.View(func(tx *store.Tx) error {
		for _, e := range store.Outbox.All(tx) {
			last = e
		}
		return nil
	}))
	if len(last.Recipients) != 1 || last.Recipients[0] != janAddr {
		t.Fatalf("sent to %q", last.Recipients)
	}
	raw, err := h.Store.RawBytes(last.Message)
	check(t, err)
	text := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(string(raw), "=\r\n", ""), "=3D", "="), "=\n", "")
	found := linked.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no link in %q", raw)
	}
	return found[1]
}

// TestLetters: every refusal of the catalogue, and the points that each letter must have.
func TestLetters(t *testing.T) {
	names := map[string]string{"12_5": "12 odst. 5|12(5)", "11": "články 11 a 12 odst. 2|11 and 12(2)", "15_4": "15 odst. 4|15(4)",
		"17_3_a": "17 odst. 3 písm. a)|17(3)(a)", "17_3_b": "17 odst. 3 písm. b)|17(3)(b)", "17_3_c": "17 odst. 3 písm. c)|17(3)(c)",
		"17_3_d": "17 odst. 3 písm. d)|17(3)(d)", "17_3_e": "17 odst. 3 písm. e)|17(3)(e)", "20": "20 odst. 1|20(1)", "21_1": "21 odst. 1|21(1)"}
	articles := []string{"15 GDPR", "17 GDPR", "16 GDPR", "18 GDPR", "20 GDPR", "21 GDPR"}
	row := RequestRow{}
	row.Dates.Received, row.Dates.Legal, row.Dates.ExtendedLegal = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 28, 0, 0, 0, 0, time.UTC), time.Date(2027, 2, 24, 0, 0, 0, 0, time.UTC)
	remedy := map[string][]string{"cs": {"stížnost", "Úřad pro ochranu osobních údajů", "soud", "77", "79"}, "en": {"complaint", "Office for Personal Data Protection", "judicial remedy", "77", "79"}}
	wants := func(lang, kind string, points ...string) {
		t.Helper()
		text, err := letterText(lang, kind, row, "https://x.example/")
		check(t, err)
		for _, p := range append(points, articles[row.Kind]) {
			if !strings.Contains(text, p) {
				t.Errorf("%s %s of kind %d lacks %q:\n%s", lang, kind, row.Kind, p, text)
			}
		}
	}
	cases := 0
	for _, lang := range []string{"cs", "en"} {
		date := map[string][]string{"cs": {"24. listopadu 2026", "28. prosince 2026", "24. února 2027"}, "en": {"24 November 2026", "28 December 2026", "24 February 2027"}}[lang]
		for kind := store.RequestAccess; kind <= store.RequestObjection; kind++ {
			row.Kind = kind
			wants(lang, "receipt", date[0], date[1])
			wants(lang, "identity", date[0], "https://x.example/", "48")
			row.ExtendedWhy = "many"
			wants(lang, "extension", append(remedy[lang], date[0], date[2])...)
			wants(lang, "answer", append(remedy[lang], date[0])...)
			for _, g := range Grounds(kind) {
				cs, en, _ := strings.Cut(names[g], "|")
				row.Grounds = []string{g}
				wants(lang, "refusal", append(remedy[lang], date[0], map[string]string{"cs": cs, "en": en}[lang])...)
				cases++
			}
			if err := new(Privacy).mayWrite("refusal", RequestRow{}); !errors.Is(err, ErrLetter) {
				t.Error("a refusal without grounds may be written")
			}
		}
	}
	t.Logf("%d refusals", cases)
	if cases != 2*(6*2+2+5+1+1) {
		t.Errorf("got %d refusals", cases)
	}
}

// What was kept is told with its reason, its article and its day (Article 12(4)
// GDPR); where there is nothing else to tell, a refusal has to be written.
func TestAnswerSaysWhatWasKept(t *testing.T) {
	row := RequestRow{Request: store.Request{Kind: store.RequestErasure}, Work: store.Job{State: store.JobDone}, Gone: 3}
	row.Dates.Received = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for reason, article := range map[string]string{"accounting": "17 odst. 3 písm. b)|17(3)(b)", "legal_duty": "17 odst. 3 písm. b)|17(3)(b)", "claims": "17 odst. 3 písm. e)|17(3)(e)",
		"public_interest": "17 odst. 3 písm. b) až d)|17(3)(b) to (d)", "expression": "17 odst. 3 písm. a)|17(3)(a)", "hold": "17 odst. 3 písm. b) a e)|17(3)(b) and (e)"} {
		row.KeptFor = []Kept{{reason, "2036-12-31", 7}}
		check(t, new(Privacy).mayWrite("answer", row))
		cs, en, _ := strings.Cut(article, "|")
		for lang, points := range map[string][]string{"cs": {cs, "zpráv: 7", "31. prosince 2036", "až na to", "stížnost", "soud"}, "en": {en, "messages: 7", "31 December 2036", "except for", "complaint", "judicial remedy"}} {
			text, err := letterText(lang, "answer", row, "")
			check(t, err)
			for _, p := range points {
				if !strings.Contains(text, p) {
					t.Errorf("%s, %s: the answer lacks %q:\n%s", reason, lang, p, text)
				}
			}
		}
	}
	whole := row
	whole.KeptFor = nil
	if text, err := letterText("en", "answer", whole, ""); err != nil || strings.Contains(text, "did not erase") {
		t.Errorf("nothing was kept: got %v\n%s", err, text)
	}
	none, other := row, row
	none.Gone, other.KeptFor = 0, []Kept{{"other", "2036-12-31", 1}}
	for name, row := range map[string]RequestRow{"all was kept": none, "a reason of its own": other, "not erased yet": {Request: row.Request}} {
		if err := new(Privacy).mayWrite("answer", row); !errors.Is(err, ErrLetter) {
			t.Errorf("%s: got %v, want ErrLetter", name, err)
		}
	}
}

// The request knows from its receipt what was kept, and its answer says so.
func TestPartOfARequestIsKept(t *testing.T) {
	h, m, _ := asked(t)
	h.take(t, janAndOthers()...)
	ctx := t.Context()
	id, err := h.AddRequest(ctx, host, m.Message, store.RequestErasure, time.Time{})
	check(t, err)
	job, err := h.FindFor(ctx, host, id)
	check(t, err)
	check(t, h.Decide(ctx, host, job, MessageDecision{Message: m.Message + 1, Decision: KeepIt, Reason: "accounting", Until: time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC)}))
	plan, err := h.Plan(ctx, host, job)
	check(t, err)
	_, err = h.Approve(ctx, host, plan.Hash)
	check(t, err)
	receipt, err := h.Run(ctx, job, nil)
	check(t, err)
	row, err := h.Request(host, id)
	check(t, err)
	if want := (Kept{"accounting", "2099-12-31", 1}); len(row.KeptFor) != 1 || row.KeptFor[0] != want || row.Gone != receipt.Erased+receipt.Redacted || row.Gone == 0 {
		t.Errorf("got %d gone, %+v kept; want %d and %+v", row.Gone, row.KeptFor, receipt.Erased+receipt.Redacted, want)
	}
	if _, err := h.Letter(ctx, host, id, "cs", "answer", nil); err != nil {
		t.Errorf("the answer: %v", err)
	}
}

// A proposed request that a person says is none stays one: it is remembered.
func TestProposalIsDismissed(t *testing.T) {
	h, _, at := asked(t)
	ctx := t.Context()
	raw := written("a2", "Jan Novak <"+janAddr+">", "shop@example.org", "GDPR", "Zadam o vymaz svych osobnich udaju.")
	again := "In-Reply-To: <a2@example.org>\n" + written("a3", "Jan Novak <"+janAddr+">", "shop@example.org", "Re: GDPR", "Zadam o vymaz svych osobnich udaju!")
	out, err := h.Desk.Intake(ctx, []desk.Incoming{{Raw: []byte(raw), Mailbox: h.mailbox, Origin: store.FromIMAP, ReceivedAt: at}})
	check(t, err)
	proposed := func() []RequestRow {
		t.Helper()
		rows, err := h.RequestsIn(host, out[0].Conversation)
		check(t, err)
		return rows
	}
	if rows := proposed(); len(rows) != 1 || rows[0].State != store.RequestProposed || rows[0].Left(at, Zone(host)) != 30 {
		t.Fatalf("got %+v, want one proposal with its clock", rows)
	}
	if err := h.NoRequest(ctx, account.Agent{ID: 99}, out[0].Message); !errors.Is(err, desk.ErrNotAllowed) {
		t.Errorf("by a stranger: got %v", err)
	}
	check(t, h.NoRequest(ctx, host, out[0].Message))
	if err := h.NoRequest(ctx, host, out[0].Message); !errors.Is(err, ErrAnswered) {
		t.Errorf("twice: got %v", err)
	}
	_, err = h.Desk.Intake(ctx, []desk.Incoming{{Raw: []byte(again), Mailbox: h.mailbox, Origin: store.FromIMAP, ReceivedAt: at}})
	check(t, err)
	if rows := proposed(); len(rows) != 1 || rows[0].State != store.RequestDismissed {
		t.Errorf("asked again: got %+v, want the dismissed one alone", rows)
	}
}
