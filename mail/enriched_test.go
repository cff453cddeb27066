package mail

import "testing"

func TestEnrichedText(t *testing.T) {
	for name, c := range map[string]struct{ kind, source, want string }{
		"commands are off":               {"text/enriched", "<bold>Jan</bold> <italic>No</italic>v<fixed>ák</fixed>", "Jan Novák"},
		"a bracket is written twice":     {"text/enriched", "<<jan@novak.cz>", "<jan@novak.cz>"},
		"one line break is a space":      {"text/enriched", "Jan\nNovák\n\nBrno\n\n\nx", "Jan Novák\nBrno\n\nx"},
		"parameters are not seen":        {"text/enriched", "<color><param>red</param>Jan</color>", "Jan"},
		"nofill keeps lines":             {"text/enriched", "<nofill>Jan\nNovák</nofill>", "Jan\nNovák"},
		"a bracket that is no command":   {"text/enriched", "1 < 2 and more than sixty characters follow before the next bracket > 3", "1 < 2 and more than sixty characters follow before the next bracket > 3"},
		"richtext":                       {"text/richtext", "<bold>Jan</bold>\nNovák<nl>Br<comment>x</comment>no <lt>a@b>", "Jan Novák\nBrno <a@b>"},
		"an end without its beginning":   {"text/enriched", "</param></nofill>Jan", "Jan"},
		"a parameter that is not closed": {"text/enriched", "Jan<param>x", "Jan"},
	} {
		p := &Part{Type: c.kind}
		got := p.enrichedText(c.source)
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		if again := p.enrichedText(p.enriched(got)); again != got {
			t.Errorf("%s: written and read again: %q, want %q", name, again, got)
		}
	}
}

func TestOtherForm(t *testing.T) {
	for value, want := range map[string]string{
		`"Jan \"Honza\" Nov\ák" <a@b>`: `"Jan "Honza" Novák" <a@b>`,
		`jan(tam). novak(a)@ (b) x.cz`: `jan.novak@x.cz`,
		`"jan.novak"@x.cz`:             `jan.novak@x.cz`,
		`jan@x.cz (Jan Novák)`:         "",
		`"Novák, Jan" <jan@x.cz>`:      "",
	} {
		if got := otherForm(value); got != want {
			t.Errorf("%s: got %q, want %q", value, got, want)
		}
	}
}
