package privacy

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"postolka/mail"
	"postolka/store"
)

// aboutJan is a stranger's mail whose text names Jan or not, with a PDF that nobody can read.
func aboutJan(id, text string) string {
	return "From: Eva <eva@example.net>\r\nTo: podpora@shop.example\r\nSubject: Scan\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\nMessage-ID: <" + id + "@example.net>\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text +
		"\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"scan.pdf\"\r\n\r\n%PDF-1.4\r\nnonsense\r\n--b--\r\n"
}

// What a person saw in an unreadable part is a hit with a decision, is not asked for
// again, is taken out by a redaction, counted in the receipt and gone with the job.
func TestSecondLook(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	h.take(t, aboutJan("1", "Posílám sken."), aboutJan("2", "Druhý sken."))
	id, err := h.Begin(ctx, host, email(t, janAddr), "erasure")
	check(t, err)
	parts, err := h.Unread(host, id)
	check(t, err)
	if len(parts) != 2 || parts[0].Part == "" {
		t.Fatalf("unreadable: got %+v, want the two PDFs", parts)
	}
	name, data, err := h.OpenPart(ctx, host, id, parts[0].Message, parts[0].Part)
	check(t, err)
	if name != "scan.pdf" || !strings.HasPrefix(string(data), "%PDF-1.4") {
		t.Errorf("opened %q with %d bytes, want the file", name, len(data))
	}
	if _, _, err := h.OpenPart(ctx, host, id, parts[0].Message, "1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a part that was read: got %v, want store.ErrNotFound", err)
	}
	if err := h.Looked(ctx, host, id, parts[0].Message, parts[0].Part, "perhaps"); !errors.Is(err, ErrVerdict) {
		t.Errorf("got %v, want ErrVerdict", err)
	}
	check(t, h.Looked(ctx, host, id, parts[0].Message, parts[0].Part, PersonSeen))
	check(t, h.Looked(ctx, host, id, parts[1].Message, parts[1].Part, NothingSeen))
	_, err = h.Again(ctx, host, id)
	check(t, err)
	saved, err := h.Person(ctx, host, id)
	check(t, err)
	if got, want := saved.Finding.Complete.Looks(), (LookCounts{Parts: 2, Looked: 2, Nothing: 1, Person: 1}); got != want {
		t.Errorf("looks after finding again: got %+v, want %+v", got, want)
	}
	if len(saved.Messages) != 1 || saved.Messages[0].Message != parts[0].Message || saved.Messages[0].Decision != RedactIt {
		t.Fatalf("decisions: got %+v, want one, to redact what was seen", saved.Messages)
	}
	if saved.Finding.Counts().Forms[SeenKind] != 1 {
		t.Errorf("counts: got %+v", saved.Finding.Counts())
	}
	plan, err := h.Plan(ctx, host, id)
	check(t, err)
	_, err = h.Approve(ctx, host, plan.Hash)
	check(t, err)
	receipt, err := h.Run(ctx, id, nil)
	check(t, err)
	if receipt.Redacted != 1 || receipt.Looks == nil || receipt.Looks.Person != 1 {
		t.Errorf("receipt: got %d redacted, looks %+v", receipt.Redacted, receipt.Looks)
	}
	raw, err := h.Store.RawBytes(parts[0].Message)
	check(t, err)
	if strings.Contains(string(raw), "nonsense") || len(mail.Extract(mail.Parse(raw), raw).Unreadable) != 0 {
		t.Errorf("the part in which the person was seen is still there:\n%s", raw)
	}
	if _, err := h.Unread(host, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("looks after the erasure: got %v, want store.ErrNotFound", err)
	}
}

// A look back is possible: with nothing seen after all, hit and decision are gone.
func TestSecondLookTakenBack(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	h.take(t, aboutJan("1", "Posílám sken."))
	id, err := h.Begin(ctx, host, email(t, janAddr), "erasure")
	check(t, err)
	parts, err := h.Unread(host, id)
	check(t, err)
	for _, v := range []Verdict{PersonSeen, CantBeRead} {
		check(t, h.Looked(ctx, host, id, parts[0].Message, parts[0].Part, v))
	}
	saved, err := h.Person(ctx, host, id)
	check(t, err)
	if len(saved.Messages) != 0 || len(saved.Finding.Hits) != 0 || saved.Finding.Complete.Looks().Unreadable != 1 {
		t.Errorf("got %+v, hits %+v", saved.Messages, saved.Finding.Hits)
	}
}

// Find again marks what came since and counts what went; a decision under a filter
// touches what the filter shows, as many as were told, and nothing else.
func TestFindAgainMarksNews(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	h.take(t, janAndOthers()...)
	id, err := h.Begin(ctx, host, email(t, janAddr), "check")
	check(t, err)
	before, err := h.Person(ctx, host, id)
	check(t, err)
	h.take(t, aboutJan("9", "Jan má adresu "+janAddr+"."))
	found, since, _, err := h.FindSince(ctx, host, id, FindOptions{})
	check(t, err)
	if since.Messages != 1 || since.Hits == 0 || since.Gone != 0 || since.Since.IsZero() {
		t.Errorf("since: got %+v, want one new message", since)
	}
	if got := len(messagesOf(Filter{New: true}.Of(found.Hits))); got != 1 {
		t.Errorf("marked as new: got %d messages, want 1", got)
	}
	again, err := h.Again(ctx, host, id)
	check(t, err)
	if again.Hits != since.Hits || again.Messages != 1 {
		t.Errorf("again: got %+v, want as since: %+v", again, since)
	}
	fresh := Filter{New: true}
	if _, err := h.DecideAll(ctx, host, id, fresh, 3, MessageDecision{Decision: EraseIt}); !errors.Is(err, ErrFindChanged) {
		t.Errorf("told 3 of 1: got %v, want ErrFindChanged", err)
	}
	n, err := h.DecideAll(ctx, host, id, fresh, 1, MessageDecision{Decision: KeepIt, Reason: "claims", Until: nextYear()})
	check(t, err)
	after, err := h.Person(ctx, host, id)
	check(t, err)
	kept := 0
	for _, d := range after.Messages {
		if d.Decision == KeepIt {
			kept++
		}
	}
	if n != 1 || kept != 1 || len(after.Messages) != len(before.Messages)+1 {
		t.Errorf("decided on %d, kept %d of %d messages", n, kept, len(after.Messages))
	}
	check(t, h.Store.Update(func(tx *store.Tx) error {
		m, err := store.Messages.Get(tx, after.Messages[0].Message)
		return errors.Join(err, reduce(tx, after.Messages[0].Message, m, time.Now()))
	}))
	check(t, h.Store.Remove(ctx, []store.MessageID{after.Messages[0].Message}))
	gone, err := h.Again(ctx, host, id)
	check(t, err)
	if gone.Gone == 0 || gone.Hits != 0 {
		t.Errorf("after a message went: got %+v, want places gone and nothing new", gone)
	}
}

// A filter by the person's part looks at the whole message: what he wrote is not
// "only mentioned" for the phone in its text.
func TestFilterByRole(t *testing.T) {
	hits := []Hit{{Message: 1, Role: Author}, {Message: 1, Role: Mentioned}, {Message: 2, Role: Mentioned, Kind: "attachment"}}
	if got := messagesOf(Filter{Role: Mentioned}.Of(hits)); len(got) != 1 || got[0] != 2 {
		t.Errorf("mentioned: got %v, want message 2", got)
	}
	if got := (Filter{Role: Author}).Of(hits); len(got) != 2 {
		t.Errorf("author: got %d hits, want both of message 1", len(got))
	}
	if got := (Filter{Place: InFiles, Role: Author}).Of(hits); len(got) != 0 {
		t.Errorf("both: got %v, want none", got)
	}
}
