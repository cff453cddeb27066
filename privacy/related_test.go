package privacy

import (
	"context"
	"slices"
	"strings"
	"testing"

	"postolka/match"
)

func mailOf(id, from, to, text string) string {
	return "From: " + from + "\r\nTo: " + to + "\r\nSubject: Zpráva\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\nMessage-ID: <" + id + "@mail.example>\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text + "\r\n"
}

// family is Petr Svoboda's mail, a colleague's who mentions him, and a stranger's.
func family() []string {
	return []string{
		mailOf("1", "Petr Svoboda <petr.svoboda@example.cz>", "podpora@shop.example", "Objednávka č. 2026-4711 nedorazila, volejte 603 123 456.\n\n> Dne 1. 11. 2026 napsal Obchod:\n> Naše linka je 777 000 111.\n"),
		mailOf("2", "Petr Svoboda <petr.svoboda@example.cz>", "podpora@shop.example", "Jsem na +420603123456, nebo pište na p.svoboda@firma.example.\nÚčet 19-2000145399/0800."),
		mailOf("3", "Marie Dvořáková <marie@example.net>", "podpora@shop.example", "Píšu za pana Svobodu, petr.svoboda@example.cz. Moje číslo je 608 999 888."),
		mailOf("4", "Petr Sloboda <petr.svobida@example.cz>", "podpora@shop.example", "Nikoho nezmiňuji, 602 111 222."),
		mailOf("5", "Alena Cizí <alena@example.org>", "podpora@shop.example", "Objednávka č. 2026-9999."),
	}
}

// What stands near a person is proposed with its evidence, once in however many
// spellings; what is quoted, the shop's own or a stranger's is not.
func TestRelatedIsProposedWithItsEvidence(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	h.take(t, family()...)
	sel := append(email(t, "petr.svoboda@example.cz"), match.Guess("Petr Svoboda"))
	id, err := h.Begin(ctx, host, sel, "access")
	check(t, err)
	person, err := h.Person(ctx, host, id)
	check(t, err)
	var got []string
	for _, r := range person.Related {
		got = append(got, string(r.Why)+" "+r.Kind.String()+" "+r.Value)
		if r.Message == 0 && r.Why != OnCard || r.Message != 0 && r.Matched == "" {
			t.Errorf("%s: no evidence: %+v", r.Value, r)
		}
	}
	want := []string{
		"written phone 603 123 456",
		"written email p.svoboda@firma.example",
		"written order 2026-4711",
		"written account 19-2000145399/0800",
		"beside email marie@example.net",
		"beside name Marie Dvořáková",
		"similar email petr.svobida@example.cz",
		"similar name Petr Sloboda",
	}
	if !slices.Equal(got, want) {
		t.Errorf("proposed:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, r := range person.Related {
		if entries, err := h.Log.ByMessage(r.Message, 0); r.Message != 0 && (err != nil || len(entries) == 0) {
			t.Errorf("%s: its message %d was shown without an entry in the access log: %v", r.Value, r.Message, err)
		}
	}
	if len(person.Related) > 0 && person.Related[0].Messages != 2 {
		t.Errorf("the phone in two spellings: got %d messages, want 2", person.Related[0].Messages)
	}
}

// A wider find keeps its decisions, marks what is new and proposes no more what it has.
func TestWidenKeepsDecisions(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	h.take(t, family()...)
	id, err := h.Begin(ctx, host, email(t, "petr.svoboda@example.cz"), "erasure")
	check(t, err)
	before, err := h.Person(ctx, host, id)
	check(t, err)
	check(t, h.Decide(ctx, host, id, MessageDecision{Message: before.Messages[0].Message, Decision: RedactIt}))
	news, err := h.Widen(ctx, host, id, match.Guess("petr.svobida@example.cz"), before.Selectors[0])
	check(t, err)
	if news.Messages != 1 || news.Gone != 0 {
		t.Errorf("got %+v, want one new message", news)
	}
	after, err := h.Person(ctx, host, id)
	check(t, err)
	if len(after.Selectors) != 2 || len(after.Messages) != len(before.Messages)+1 || after.Messages[0].Decision != RedactIt {
		t.Errorf("got selectors %v, decisions %+v", after.Selectors, after.Messages)
	}
	for _, r := range after.Related {
		if r.Value == "petr.svobida@example.cz" {
			t.Error("what is looked for is still proposed")
		}
	}
}

// Where a person is erased, the proposals of other finds forget him too.
func TestRelatedIsForgotten(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	h.take(t, family()...)
	other, err := h.Begin(ctx, host, email(t, "petr.svoboda@example.cz"), "check")
	check(t, err)
	eraseFound(t, h, email(t, "marie@example.net"))
	person, err := h.Person(ctx, host, other)
	check(t, err)
	if len(person.Related) == 0 {
		t.Error("all proposals are gone")
	}
	for _, r := range person.Related {
		if text := r.Value + r.Before + r.Matched + r.After; strings.Contains(text, "Marie") || strings.Contains(text, "marie") {
			t.Errorf("still proposed: %+v", r)
		}
	}
}
