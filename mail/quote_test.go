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
		{"a form's fields are no block", "Chci pronajmout\nOd: pondělí\nDo: středy\nKomu: mně\nPředmět: vrtačka\n", "Chci pronajmout\nOd: pondělí\nDo: středy\nKomu: mně\nPředmět: vrtačka\n"},
		{"a block in French", "Merci\n\nDe : Shop <o@x.cz>\nEnvoyé : mardi 5 mars 2024 10:11\nÀ : Jean\nObjet : RE: x\n\ntexte", "Merci\n"},
		{"a block in Hungarian", "Köszönöm\n\nFeladó: Shop <o@x.cz>\nElküldve: 2024. március 5., kedd 10:11\nCímzett: János\nTárgy: RE: x\n\nszöveg", "Köszönöm\n"},
		{"a block in bold", "Hi\n\n**From:** Shop <o@x.cz>\n**Sent:** 28 July 2025\n**To:** HR\n**Subject:** x\n\ntext", "Hi\n"},
		{"a block that a sentence announces is content", "Přišlo mi toto:\n\nFrom: Shop\nSent: x\nTo: já\nSubject: x\n\nKde to je?\n", "Přišlo mi toto:\n\nFrom: Shop\nSent: x\nTo: já\nSubject: x\n\nKde to je?\n"},
		{"answers below a block that quotes", "Níže.\n\nOd: Shop\nOdesláno: úterý\nKomu: Jan\nPředmět: x\n\n> Kolik?\nDva.\n", "Níže.\n\nOd: Shop\nOdesláno: úterý\nKomu: Jan\nPředmět: x\n\n> Kolik?\nDva.\n"},
		{"a history in which others quoted", "Díky\n\nDne 5. 3. 2024 10:11 Shop <o@x.cz> napsal:\n\nDobrý den,\nposlali jsme to.\nPíšete:\n\n> kde to je?\n\nShop\n", "Díky\n"},
		{"broken header of a company", "Danke\n\nAm Di., 5. März 2024 um 10:11 Uhr schrieb Shop GmbH <\no@x.cz>:\n\n> Text\n", "Danke\n"},
		{"broken header below the answer", "Přijdu v 10:30.\nDne 5. 3. 2024 10:11 Obchod s dlouhým jménem\n<o@x.cz> napsal:\n> x\n", "Přijdu v 10:30.\n"},
		{"name before the date", "Danke\n\nShop <o@x.cz> schrieb am Di., 5. März 2024, 10:11:\n\nText\n", "Danke\n"},
		{"Apple Mail in Polish", "Dzięki\n\nWysłane z iPhone'a\n\nWiadomość napisana przez Shop <o@x.cz> w dniu 5 mar 2024, o godz. 10:11:\n\ntekst\n", "Dzięki\n"},
		{"any language, if what follows is quoted", "Tak\n\nuto, 5. ožu 2024. u 10:11 Shop <o@x.cz> rekao je:\n\n> tekst\n", "Tak\n"},
		{"Yahoo goes on in the line of the header", "Thanks\n\nSent from Yahoo Mail on Android \n \n  On Tue, Mar 5, 2024 at 10:11 AM, Shop<o@x.cz> wrote:   text\nand more\n", "Thanks\n"},
		{"Zoho", "Thanks\n---- On Tue, 05 Mar 2024 10:11:12 +0100 Shop <o@x.cz> wrote ---\n\ntext", "Thanks\n"},
		{"a sentence is no header", "Dobrý den,\nDne 5. 3. mi váš kolega napsal:\nže zboží přijde. Nepřišlo.\n", "Dobrý den,\nDne 5. 3. mi váš kolega napsal:\nže zboží přijde. Nepřišlo.\n"},
		{"nor with time", "Hello,\nOn 5 March 2024 at 10:11 you wrote to me:\nit is on its way. It is not.\n", "Hello,\nOn 5 March 2024 at 10:11 you wrote to me:\nit is on its way. It is not.\n"},
		{"a line of a list is no header", "Prosím:\nplatba\n15.01.2024 faktura pro <jan@x.cz>:\n100 Kč\n", "Prosím:\nplatba\n15.01.2024 faktura pro <jan@x.cz>:\n100 Kč\n"},
		{"a forward stays below words", "Vyřiďte prosím.\n\n---------- Přeposlaný e-mail ----------\nOd: a <a@x.cz>\nDatum: 5. 3. 2024\nPředmět: x\n\nFaktura\n-- \nb\n", "Vyřiďte prosím.\n\n---------- Přeposlaný e-mail ----------\nOd: a <a@x.cz>\nDatum: 5. 3. 2024\nPředmět: x\n\nFaktura\n-- \nb\n"},
		{"a forward stays below a signature", "Viz níže.\n\n-- \nJan\n\nBegin forwarded message:\n\n> From: a\n> Subject: x\n", "Viz níže.\n\n-- \nJan\n\nBegin forwarded message:\n\n> From: a\n> Subject: x\n"},
		{"answers below a quote that is cut", "Hi,\n\nOn 1 Sep 2002 at 10:11 a <a@x.cz> wrote:\n[...]\n> Why?\nTherefore.\n", "Hi,\n\nOn 1 Sep 2002 at 10:11 a <a@x.cz> wrote:\n[...]\n> Why?\nTherefore.\n"},
		{"a list's footer below what is quoted", "Yes\n-----Original Message-----\nFrom: a\n> x\n_______________________________________________\nlist mailing list\n", "Yes\n"},
		{"a header pasted whole", "This works.\n\nX-Mailer: a\nTo: a@x.cz\nSubject: b\nDate: 1 Sep 2002\nFrom: c@x.cz\n\nCheers\n", "This works.\n\nX-Mailer: a\nTo: a@x.cz\nSubject: b\nDate: 1 Sep 2002\nFrom: c@x.cz\n\nCheers\n"},
		{"a question between dashes stays", "Hi\n--\nand the other order?\n", "Hi\n--\nand the other order?\n"},
		{"a question in a signature", "Hi\n-- \nto be or not to be?\n", "Hi\n"},
		{"a postscript stays", "Prosím.\n\n-- \nJan\n\nPS: Pošlete i list.\n", "Prosím.\n\n-- \nJan\n\nPS: Pošlete i list.\n"},
		{"a list between dashes stays", "Objednávám:\n--\n3x šroub\nJan\n", "Objednávám:\n--\n3x šroub\nJan\n"},
		{"two phone signatures and a ruler", "Ano\n\nSent wirelessly from my phone\nEnvoyé sans fil par mon terminal\n________________________________\nVon: a\nGesendet: x\nAn: b\n", "Ano\n"},
		{"phone signature before the history", "Ano\n\nOdesláno z iPhonu\n\nDne 5. 3. 2024 v 10:00 Jana napsala:\n> x\n", "Ano\n"},
	} {
		own, quoted := FoldQuotes(c.text)
		if strings.TrimRight(own, "\n") != strings.TrimRight(c.own, "\n") || own+quoted != c.text {
			t.Errorf("%s: got %q + %q, want own %q", c.name, own, quoted, c.own)
		}
	}
}

// Outlook introduces a forwarded mail as it does one that is answered.
func TestFoldHistoryOfForwards(t *testing.T) {
	text := "Vyřiďte prosím.\n\nOd: Shop <o@x.cz>\nOdesláno: úterý\nKomu: Jan\nPředmět: x\n\nfaktura\n"
	for subject, want := range map[string]string{"FW: x": text, "PD: x": text, "RE: FW: x": "Vyřiďte prosím.\n", "x": "Vyřiďte prosím.\n"} {
		if own, quoted := FoldHistory(subject, text); own != want || own+quoted != text {
			t.Errorf("%s: got %q, want %q", subject, own, want)
		}
	}
	if own := OwnWords("Vyřiďte.\n\n---------- Forwarded message ---------\nFrom: a\n\nx"); own != "Vyřiďte.\n" {
		t.Errorf("own words of a forward: got %q", own)
	}
}

// A mail without plain text: answers between cited blocks stay in sight, indented
// text is no citation.
func TestFoldQuotesOfHTML(t *testing.T) {
	for name, c := range map[string]struct{ source, own string }{
		"cited":    {`<p>Ano</p><blockquote type="cite"><p>a<br>b</p></blockquote>`, "Ano"},
		"answers":  {`Níže.<div>Dne 5. 3. 2024 v 10:11 Shop &lt;o@x.cz&gt; napsal(a):</div><blockquote class="gmail_quote">Kolik?</blockquote><p>Dva.</p>`, "Níže.\nDne 5. 3. 2024 v 10:11 Shop <o@x.cz> napsal(a):\n> Kolik?\nDva."},
		"deeper":   {`Níže.<blockquote style="border-left: 2px solid blue"><pre>a` + "\n" + `b</pre><blockquote cite="x"><ul><li>c</ul></blockquote>d</blockquote><p>Dva.</p>`, "Níže.\n> a\n> b\n\n>> - c\n> d\nDva."},
		"indented": {`Pošlete:<blockquote style="margin:0 0 0 40px;border:none">dva kusy</blockquote>`, "Pošlete:\ndva kusy"},
	} {
		m := Parse([]byte("Content-Type: text/html; charset=utf-8\n\n" + c.source))
		got := ""
		for _, p := range Extract(m, nil).Parts {
			if p.Kind == HTML {
				got, _ = FoldQuotes(p.Text)
			}
		}
		if strings.TrimSpace(got) != c.own {
			t.Errorf("%s: got %q, want %q", name, got, c.own)
		}
	}
}

func TestFoldQuotesLosesNothing(t *testing.T) {
	line := rapid.SampledFrom([]string{"a", "", "> b", "-- ", "Dne 1. 1. 2024 Jan napsal(a):", "From: a", "Sent: b", "To: c", "__________", "-----Original Message-----", "Odesláno z iPhonu", "\r", "Begin forwarded message:", "PS: x", "a:", "On 5 Mar 2024 at 10:11 a <a@b.cz>", "wrote:"})
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
