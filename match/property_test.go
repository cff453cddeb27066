package match

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var someIDs = []Identifier{
	{Email, "jan.novak@firma.cz"}, {Email, "info@háčky.cz"}, {Phone, "+420 777 123 456"}, {Phone, "+49 171 1234567"}, {Name, "Jan Novák"}, {Name, "Novák"},
	{Order, "FV-2024-00123"}, {Order, "2024001234"}, {IBAN, "CZ6508000000192000145399"}, {Account, "19-2000145399/0800"}, {BirthNumber, "880125/1680"},
	{CompanyID, "27082440"}, {IP, "10.0.0.4"}, {IP, "2001:db8::1"}, {Text, "Dlouhá 12, Praha"},
	{Address, "Dlouhá 12, 110 00 Praha"}, {VariableSymbol, "12345"}, {Customer, "K-482"}, {MessageID, "1.2@firma.cz"},
}

// drawText mixes written forms, parts of them and noise.
func drawText(t *rapid.T) string {
	pieces := []string{"jan.novak", "@", "firma.cz", "%40", "&#64;", " (at) ", " at ", " dot ", "cz", ".", "-", "/", " ", "\n", "\n> ", "\u00ad", "\u00a0", "777", "123", "456", "+420", "00420", "+49", "0171", "1234567",
		"Jan", "Jana", "Novák", "NOVAKA", "Nova\u0301k", "Ing.", ",", "FV", "2024", "00123", "2024001234", "CZ65", "0800", "0000", "1920", "0014", "5399", "19-2000145399/0800", "880125", "1680", "27082440", "DIČ: CZ",
		"10.0.0.4", "2001:db8::1", "Dlouhá 12", "Praha", "info@háčky.cz", "info@xn--hky-fla1d.cz", "x", "1", "\xe1", "ß", "ﬁ", "+tag", "=", "_", "(", "110 00", "VS ", "12345", "00000", "zák. ", "K-482", "1.2", `\\n`, `\\u0040`, `{"`, "Nov=C3=A1k"}
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 12).Draw(t, "text"), "")
}

// TestHitFoldsToAVariant: what Find points at is a spelling of the identifier,
// and Any and the index terms know of it too.
func TestHitFoldsToAVariant(t *testing.T) {
	m := matcher(t, someIDs...)
	rapid.Check(t, func(rt *rapid.T) {
		text := drawText(rt)
		hits := m.Find([]byte(text))
		terms := Identifiers(text)
		if len(hits) > 0 && !m.Any([]byte(text), nil) {
			rt.Errorf("Any says no where Find finds %v", hits)
		}
		for _, h := range hits {
			id := someIDs[h.Identifier]
			if place := text[h.From:h.To]; !isSpelling(id, place) {
				rt.Errorf("%v %q: hit %q is none of its spellings", id.Kind, id.Value, place)
			}
			if id.Words() == nil && !containsAny(terms, id.Terms()) {
				rt.Errorf("%v %q: found in %q, not in its terms %q", id.Kind, id.Value, text, terms)
			}
		}
	})
}

// isSpelling is a second, slow reading of the rules.
func isSpelling(id Identifier, place string) bool {
	folded := foldString(place)
	switch id.Kind {
	case Email:
		plain := strings.NewReplacer("(at)", "@", " at ", "@", " dot ", ".", " ", "", ">", "", "(", "").Replace(strings.ReplaceAll(folded, "> ", ""))
		if local, domain, ok := strings.Cut(plain, "@"); ok {
			local, _, _ = strings.Cut(local, "+")
			plain = local + "@" + domain
		}
		return slices.Contains(id.Terms(), strings.Replace(plain, "=", "@", 1))
	case Name, Text:
		words := id.Words()
		got := slices.DeleteFunc(foldedWords(place), func(w string) bool { return id.Kind == Name && (titles[w] || len(w) == 1) })
		if id.Kind == Name && len(got) == 1 && len(words) == 2 {
			return slices.Contains(words[0], got[0]) && slices.Contains(words[1], got[0])
		}
		if len(got) != len(words) {
			return false
		}
		if id.Kind == Name && len(words) == 2 && slices.Contains(words[0], got[1]) && slices.Contains(words[1], got[0]) {
			return true
		}
		for i, w := range words {
			if !slices.Contains(w, got[i]) {
				return false
			}
		}
		return true
	case IP:
		return slices.Contains(ipSpellings(id.Value), folded)
	case MessageID:
		return strings.NewReplacer("(at)", "@", " at ", "@", " ", "").Replace(folded) == "1.2@firma.cz"
	case Address:
		return strings.HasPrefix(folded, "dlouh") && strings.Contains(folded, "12") || strings.HasSuffix(folded, "12")
	}
	return slices.Contains(id.numberKeys(), compact(strings.ReplaceAll(place, ">", "")))
}

// TestFindAgainstVariants: the oracle writes each variant into noise that ends
// no word, and looks with strings.Index.
func TestFindAgainstVariants(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		id := rapid.SampledFrom(someIDs).Draw(rt, "identifier")
		variants := slices.DeleteFunc(id.Variants(), func(v Variant) bool { return strings.Contains(v.Text, "…") })
		v := rapid.SampledFrom(variants).Draw(rt, "variant")
		noise := rapid.StringOfN(rapid.RuneFrom([]rune("abcxyzěšč ;!?\n")), 0, 30, -1)
		before, after := noise.Draw(rt, "before")+" ; ", " ; "+noise.Draw(rt, "after")
		text := before + v.Text + after
		m := matcher(t, id)
		for _, h := range m.Find([]byte(text)) {
			if h.From <= strings.Index(text, v.Text)+1 && h.To >= len(before)+len(v.Text) {
				return
			}
		}
		rt.Errorf("%v variant %q is not found in %q", id.Kind, v.Text, text)
	})
}

func TestFoldMapLeadsBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Custom(drawText)).Draw(rt, "text")
		f := FoldMap([]byte(text))
		if got := string(Fold(nil, []byte(text))); got != string(f.Text) {
			rt.Fatalf("FoldMap gives %q, Fold %q", f.Text, got)
		}
		last := 0
		for i := range f.Text {
			from, to := f.Origin(i, i+1)
			if from < last || to <= from || to > len(text) {
				rt.Fatalf("byte %d of %q comes from [%d,%d) of %d bytes, the one before from %d", i, f.Text, from, to, len(text), last)
			}
			last = from
		}
	})
}

func FuzzFind(f *testing.F) {
	m, err := NewMatcher(someIDs)
	if err != nil {
		f.Fatal(err)
	}
	for _, id := range someIDs {
		for _, v := range id.Variants() {
			f.Add([]byte(v.Text))
		}
	}
	f.Add([]byte("jan.no\nvak@fir-\nma.cz %E1%C4 &#x40; \xe1\xff +420(0)777"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, h := range m.Find(text) {
			if h.From < 0 || h.To <= h.From || h.To > len(text) {
				t.Errorf("hit %v outside of %d bytes", h, len(text))
			}
		}
		Identifiers(string(text))
		id := Guess(string(text))
		if id, err := ParseIdentifier(id.Kind, id.Value); err == nil {
			if _, err := NewMatcher([]Identifier{id}); err != nil {
				t.Error(err)
			}
			id.Terms()
			id.Variants()
		}
	})
}

func TestParseIdentifierRefuses(t *testing.T) {
	for _, c := range []Identifier{{Name, "Li"}, {Text, "a"}, {Email, "jan"}, {Phone, "12345"}, {Order, "12"}, {IBAN, "CZ6508000000192000145398"}, {Account, "123"}, {BirthNumber, "12"}, {CompanyID, "1"}, {IP, "1.2.3"}, {Address, "Brno"}, {Address, "60200 Brno"}, {VariableSymbol, "12"}, {VariableSymbol, "12345678901"}, {Customer, "ab"}, {MessageID, "a b@c"}, {Kind(99), "x"}} {
		_, err := ParseIdentifier(c.Kind, c.Value)
		if err == nil || len(c.Value) > 4 && strings.Contains(err.Error(), c.Value) {
			t.Errorf("%v: got %v, want an error without the value", c.Kind, err)
		}
	}
}

func TestGuess(t *testing.T) {
	for value, want := range map[string]Kind{
		"jan@firma.cz": Email, "mailto:jan@firma.cz": Email, "+420 777 123 456": Phone, "777123456": Phone, "Jan Novák": Name, "2024-00123": Order,
		"CZ65 0800 0000 1920 0014 5399": IBAN, "19-2000145399/0800": Account, "880125/1680": BirthNumber, "10.0.0.4": IP, "Dlouhá 12, Praha": Text, "Dlouhá 12, 110 00 Praha": Address,
		"<20240101120000.1@mail.example>": MessageID, "<jan@firma.cz>": Email,
	} {
		if got := Guess(value).Kind; got != want {
			t.Errorf("%s: got %v, want %v", value, got, want)
		}
	}
}
