package mail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFoldQuotes(t *testing.T) {
	for _, c := range []struct{ name, text, own string }{
		{"nothing quoted", "Dobrý den,\nprosím o radu.\n", "Dobrý den,\nprosím o radu.\n"},
		{"Czech header", "Děkuji.\n\nDne 5. 3. 2024 v 10:00 Jana Nová napsal(a):\n> Dobrý den\n", "Děkuji.\n"},
		{"Gmail in Czech", "Děkuji.\n\npo 4. 3. 2024 v 10:00 odesílatel Jana <jana@x.cz> napsal:\n\n> a\n", "Děkuji.\n"},
		{"Seznam", "Děkuji.\n\n---------- Původní e-mail ----------\nOd: Jana <jana@x.cz>\nKomu: obchod@x.cz\nDatum: 5. 3. 2024\nPředmět: Věc\n\ntext", "Děkuji.\n"},
		{"English header over two lines", "Thanks\n\nOn Mon, Apr 2, 2012 at 6:26 PM, Megan One <\nxxx@x.com> wrote:\n\n> Hi\n", "Thanks\n"},
		{"German header", "Danke\n\nAm 05.03.24 um 10:00 schrieb Jana:\n> Hallo\n", "Danke\n"},
		{"Outlook block in Czech", "Díky\n\nFrom: Jana\nSent: pondělí\nTo: obchod\nSubject: věc\n\nstarý text", "Díky\n"},
		{"Outlook block in Czech words", "Díky\n\n________________________________\nOd: Jana\nOdesláno: pondělí\nKomu: obchod\nPředmět: věc\n\nstarý text", "Díky\n"},
		{"Hotmail's block begins with the date", "Díky\n\nDate: Thu, 26 Jun 2014 13:53:45 +0400\nSubject: věc\nFrom: jana@x.cz\nTo: obchod@x.cz\n\nstarý text", "Díky\n"},
		{"a list of facts is no block", "Date: pondělí\nSubject: prohlídka\nTo: všichni\nCc: nikdo\n\ntext\n", "Date: pondělí\nSubject: prohlídka\nTo: všichni\nCc: nikdo\n\ntext\n"},
		{"a date and an address", "Děkuji\n26.06.2014, 14:41, \"Jana\" <jana@x.cz>:\nDobrý den\n", "Děkuji\n"},
		{"a contact is no header", "Pište na Jana Nová <jana@x.cz>:\nje tu denně\n", "Pište na Jana Nová <jana@x.cz>:\nje tu denně\n"},
		{"original message line", "Díky\n-----Original Message-----\nold", "Díky\n"},
		{"signature", "Díky\n-- \nJana Nová\n", "Díky\n"},
		{"answers between quoted lines are not folded", "On 5 Mar 2024 Jana wrote:\n> a\nano\n> b\nne\n", "On 5 Mar 2024 Jana wrote:\n> a\nano\n> b\nne\n"},
		{"only the last quoted block is folded", "> a\nano\n\n> b\n> c\n", "> a\nano\n"},
		{"a forward shows its text", "---------- Forwarded message ----------\nFrom: a\n\nx", "---------- Forwarded message ----------\nFrom: a\n\nx"},
		{"a sentence that ends in wrote is no header", "Jana mi včera napsala, že přijde.\nTak co?\n", "Jana mi včera napsala, že přijde.\nTak co?\n"},
		{"phone signature before the history", "Ano\n\nOdesláno z iPhonu\n\nDne 5. 3. 2024 v 10:00 Jana napsala:\n> x\n", "Ano\n"},
	} {
		own, quoted := FoldQuotes(c.text)
		if strings.TrimRight(own, "\n") != strings.TrimRight(c.own, "\n") || own+quoted != c.text {
			t.Errorf("%s: got %q + %q, want own %q", c.name, own, quoted, c.own)
		}
	}
}

func TestFoldQuotesLosesNothing(t *testing.T) {
	line := rapid.SampledFrom([]string{"a", "", "> b", "-- ", "Dne 1. 1. 2024 Jan napsal(a):", "From: a", "Sent: b", "To: c", "__________", "-----Original Message-----", "Odesláno z iPhonu", "\r"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(line, 0, 12).Draw(t, "lines"), "\n")
		if own, quoted := FoldQuotes(text); own+quoted != text {
			t.Fatalf("got %q + %q from %q", own, quoted, text)
		}
	})
}

func TestCorpusRepliesAreFolded(t *testing.T) {
	dir := filepath.Join(corpus(t, "reply", "talon"), "standard_replies")
	right, all := 0, 0
	eachFile(t, dir, func(path string, data []byte) {
		if filepath.Ext(path) != ".eml" {
			return
		}
		want := "Hello"
		if text, err := os.ReadFile(strings.TrimSuffix(path, ".eml") + "_reply_text"); err == nil {
			want = string(text)
		}
		p := Parse(data).Plain()
		if p == nil {
			return
		}
		all++
		if own, _ := FoldQuotes(p.Text); words(own) != "" && strings.HasPrefix(words(want), words(own)) {
			right++
		} else {
			t.Logf("%s: own %q", filepath.Base(path), own)
		}
	})
	// One is answered below the quote: there nothing is folded. Signatures, part
	// of the expected text, are folded here.
	t.Logf("%d of %d replies", right, all)
	if right < all-1 {
		t.Errorf("%d of %d replies folded right", right, all)
	}
}

// Histories of HTML mail that no client marks in a way of its own.
func TestCorpusHTMLRepliesAreFolded(t *testing.T) {
	right, all := 0, 0
	eachFile(t, filepath.Join(corpus(t, "reply", "talon"), "html_replies"), func(path string, data []byte) {
		visible, _ := HTMLToText(string(data))
		own, _ := FoldQuotes(visible)
		if all++; words(own) == "Hi. I am fine. Thanks, Alex" {
			right++
		} else {
			t.Logf("%s: own %q", filepath.Base(path), own)
		}
	})
	t.Logf("%d of %d HTML replies", right, all)
	if right < all {
		t.Errorf("%d of %d HTML replies folded right", right, all)
	}
}

func TestPreview(t *testing.T) {
	text := Text{Parts: []TextPart{{"", Header, "Subject", "x"}, {"1", Plain, "", "Dobrý  den,\n\nprosím \u200b o radu.\n\nDne 5. 3. 2024 Jana napsal(a):\n> a"}}}
	for _, c := range []struct {
		n    int
		want string
	}{{100, "Dobrý den, prosím o radu."}, {6, "Dobrý"}, {5, "Dobrý"}, {0, ""}} {
		if got := Preview(text, c.n); got != c.want {
			t.Errorf("%d runes: got %q, want %q", c.n, got, c.want)
		}
	}
}
