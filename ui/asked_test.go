package ui

import (
	"net/http"
	"strings"
	"testing"
)

// The page asks whether a mail is a request, and remembers the answer.
func TestAskedNotice(t *testing.T) {
	w := newWorld(t).settle()
	w.receive(sample{from: "Jan Malý <maly@mail.example>", subject: "GDPR", text: "Dobrý den.\n\nŽádám o výmaz všech svých osobních údajů.", id: "gdpr1"},
		sample{from: "Eva Malá <mala@mail.example>", subject: "Moje data", text: "Jaké údaje o mně máte uložené?", id: "gdpr2"})
	b := w.as("petr")
	for _, c := range []struct{ subject, evidence, answer, left string }{
		{"GDPR", "Žádám o výmaz všech svých osobních údajů.", "erasure", "Výmaz"},
		{"Moje data", "Jaké údaje o mně máte uložené?", "none", ""},
	} {
		path := "/c/" + idText(w.conversationOf(c.subject))
		notice := b.get(path).class("notice")
		if len(notice) != 1 || !strings.Contains(text(notice[0]), c.evidence) {
			t.Fatalf("%s: no notice with the sentence that asks", c.subject)
		}
		form := values("kind", c.answer, "back", path)
		if got := b.post("/m/"+w.letter(c.subject)+"/request", form); got.status != http.StatusSeeOther {
			t.Fatalf("%s: got %d, want 303", c.subject, got.status)
		}
		after := b.get(path).class("notice")
		switch {
		case c.left == "" && len(after) > 0:
			t.Errorf("%s: still asks: %q", c.subject, text(after[0]))
		case c.left != "" && (len(after) != 1 || !strings.Contains(text(after[0]), c.left) || strings.Contains(text(after[0]), c.evidence)):
			t.Errorf("%s: got %d notices, want the request alone", c.subject, len(after))
		}
	}
}
