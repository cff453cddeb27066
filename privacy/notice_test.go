package privacy

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"postolka/desk"
	"postolka/mail"
	"postolka/store"
)

// A carrier that was sent Jan's letter is told of its erasure; Jan himself, and
// whoever wrote to us, is not. When that is over the name is gone.
func TestRecipientsOfErasedDataAreOwedANotice(t *testing.T) {
	h, m, at := asked(t)
	ctx := context.Background()
	sent, err := h.Desk.Send(ctx, host, desk.Answer{Conversation: m.Conversation, To: []mail.Address{{Name: "Depo", Addr: "depo@carrier.example"}, {Addr: janAddr}},
		Text: "Pan " + janAddr + " ceka na balik.", Anyway: true})
	check(t, err)
	h.take(t, written("m9", "Petr <petr@example.net>", "other@example.net", "Jan", "Znate "+janAddr+"?"))
	eraseAll(t, h, email(t, janAddr))

	rows, err := h.Notices(ctx, host)
	if err != nil || len(rows) != 1 || rows[0].Recipient != "Depo <depo@carrier.example>" || rows[0].LastSent.IsZero() {
		t.Fatalf("message %d: got %+v, %v, want the carrier", sent.Message, rows, err)
	}
	for lang, want := range map[string]string{"cs": "článku 19", "en": "Article 19", "xx": "Article 19"} {
		to, text, err := h.NoticeLetter(ctx, host, rows[0].ID, lang)
		if err != nil || to != rows[0].Recipient || !strings.Contains(text, want) || strings.Contains(text, janAddr) {
			t.Errorf("%s: got %q to %q, %v", lang, text, to, err)
		}
	}
	if err := h.Told(ctx, host, rows[0].ID, "lazy"); !errors.Is(err, ErrGround) {
		t.Errorf("an excuse that is none: got %v", err)
	}
	check(t, h.Told(ctx, host, rows[0].ID, "effort"))
	if err := h.Told(ctx, host, rows[0].ID, ""); !errors.Is(err, ErrAnswered) {
		t.Errorf("twice: got %v", err)
	}
	rows, err = h.Notices(ctx, host)
	if err != nil || len(rows) != 1 || rows[0].Recipient != "" || rows[0].Excuse != "effort" || rows[0].OverAt.Before(at.Add(-time.Second)) {
		t.Errorf("over: got %+v, %v", rows, err)
	}
}

// A carrier that was sent what is out of use now is told of that, not of an erasure;
// the person whose conversation it is isn't.
func TestRecipientsOfRestrictedDataAreOwedANotice(t *testing.T) {
	h, m, _ := asked(t)
	ctx := context.Background()
	sent, err := h.Desk.Send(ctx, host, desk.Answer{Conversation: m.Conversation, To: []mail.Address{{Name: "Depo", Addr: "depo@carrier.example"}, {Addr: janAddr}},
		Text: "Pan " + janAddr + " ceka na balik.", Anyway: true})
	check(t, err)
	id, err := h.Restrict(ctx, host, "accuracy", []store.MessageID{sent.Message})
	check(t, err)
	rows, err := h.Notices(ctx, host)
	if err != nil || len(rows) != 1 || rows[0].Recipient != "Depo <depo@carrier.example>" || rows[0].Restriction != id || rows[0].Job != 0 {
		t.Fatalf("got %+v, %v, want the carrier", rows, err)
	}
	for lang, want := range map[string]string{"cs": "článek 18", "en": "Article 18"} {
		_, text, err := h.NoticeLetter(ctx, host, rows[0].ID, lang)
		if err != nil || !strings.Contains(text, want) || strings.Contains(text, janAddr) {
			t.Errorf("%s: got %q, %v", lang, text, err)
		}
	}
}
