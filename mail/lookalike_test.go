package mail

import "testing"

func TestPoses(t *testing.T) {
	for _, c := range []struct {
		domain, own string
		want        bool
	}{
		{"kolovrat.cz", "kolovrat.cz", false}, {"mail.kolovrat.cz", "kolovrat.cz", false},
		{"kolovrat.com", "kolovrat.cz", true}, {"kolovrat-cz.example", "kolovrat.cz", true}, {"support-kolovrat.com", "kolovrat.cz", true},
		{"k0lovrat.cz", "kolovrat.cz", true}, {"kolovrát.cz", "kolovrat.cz", true}, {"xn--kolovrt-mwa.cz", "kolovrat.cz", true},
		{"koIovrat.cz", "kolovrat.cz", true}, {"kolowrat.cz", "kolovrat.cz", true}, {"kolvorat.cz", "kolovrat.cz", true}, {"kolorat.cz", "kolovrat.cz", true},
		{"kоlоvrаt.com", "kolovrat.cz", true}, // Cyrillic о and а
		{"kolovrat.cz.secure.example", "kolovrat.cz", true},
		{"mаllbank.cz", "kolovrat.cz", false}, {"kolotoc.cz", "kolovrat.cz", false},
		{"alka.cz", "alza.cz", false}, {"a1za.cz", "alza.cz", true}, {"my-shop.cz", "shop.cz", false}, {"obchod1.cz", "obchod2.cz", false},
		{"modern.cz", "modem.cz", true}, {"", "kolovrat.cz", false}, {"cz", "kolovrat.cz", false},
	} {
		if got := Poses(c.domain, c.own); got != c.want {
			t.Errorf("%s for %s: got %v", c.domain, c.own, got)
		}
	}
}

func TestLooksLike(t *testing.T) {
	for _, c := range []struct {
		domain, known string
		want          bool
	}{
		{"dodavate1.cz", "dodavatel.cz", true}, {"dodavatell.cz", "dodavatel.cz", true}, {"gmai1.com", "gmail.com", true},
		{"dodavatel.sk", "dodavatel.cz", false}, {"mx1.dodavatel.cz", "dodavatel.cz", false}, {"github.com", "gitlab.com", false},
		{"seznam.cz", "zoznam.sk", false}, {"abc.cz", "abd.cz", false}, {"", "", false},
	} {
		if got := LooksLike(c.domain, c.known); got != c.want {
			t.Errorf("%s for %s: got %v", c.domain, c.known, got)
		}
	}
}

func TestMixesScripts(t *testing.T) {
	for domain, want := range map[string]bool{"kolovrat.cz": false, "kоlovrat.cz": true, "пример.рф": false, "xn--e1afmkfd.xn--p1ai": false, "příklad.example": false, "mail.пример.com": false, "xn--klovrat-9ig.cz": true} {
		if got := MixesScripts(domain); got != want {
			t.Errorf("%s: got %v", domain, got)
		}
	}
}
