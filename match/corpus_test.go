package match

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpus opens a file of the public test corpora.
func corpus(t testing.TB, name string) []string {
	t.Helper()
	dir := os.Getenv("POSTOLKA_CORPORA")
	if dir == "" {
		dir = "../../shared/corpora"
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if os.IsNotExist(err) {
		if os.Getenv("CI") == "true" {
			t.Fatalf("corpus %s is missing; set POSTOLKA_CORPORA", name)
		}
		t.Skipf("corpus %s is missing; set POSTOLKA_CORPORA", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimRight(string(b), "\n"), "\n")[1:]
}

func matcher(t testing.TB, ids ...Identifier) *Matcher {
	t.Helper()
	m, err := NewMatcher(ids)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestDeclensionRecall asks for the nominative and expects every written form.
// Hunspell's table also has forms that nobody uses; the floor is what is reached.
func TestDeclensionRecall(t *testing.T) {
	for _, c := range []struct {
		file  string
		query int
		forms []int
		floor float64
	}{
		{"czech/cz-name-declension/surnames.tsv", 0, []int{0, 2}, 0.98},
		{"czech/cz-name-declension/surnames.tsv", 0, []int{1, 3}, 0.98},
		{"czech/cz-name-declension/surnames.tsv", 1, []int{0, 2}, 0.98},
		{"czech/cz-name-declension/surnames.tsv", 0, []int{4}, 0.98},
		{"czech/cz-name-declension/firstnames.tsv", 0, []int{2, 3}, 0.95},
	} {
		found, all := 0, 0
		var missed []string
		for _, line := range corpus(t, c.file) {
			cols := strings.Split(line, "\t")
			if len([]rune(cols[c.query])) < 3 {
				continue
			}
			m := matcher(t, Identifier{Name, cols[c.query]})
			for _, col := range c.forms {
				for _, form := range strings.Fields(cols[col]) {
					all++
					if len(m.Find([]byte(form))) == 1 {
						found++
					} else {
						missed = append(missed, cols[c.query]+"→"+form)
					}
				}
			}
		}
		recall := float64(found) / float64(all)
		t.Logf("%s column %d → %v: %d of %d forms, %.2f %%", c.file, c.query, c.forms, found, all, 100*recall)
		if recall < c.floor {
			t.Errorf("recall is below %.2f; missed %v", c.floor, missed[:min(40, len(missed))])
		}
	}
}

// TestDeclensionOthers counts surnames that a query for another surname finds.
func TestDeclensionOthers(t *testing.T) {
	lines := corpus(t, "czech/cz-name-declension/surnames.tsv")
	var ids []Identifier
	var text strings.Builder
	for _, line := range lines {
		if name, _, _ := strings.Cut(line, "\t"); len([]rune(name)) >= 3 {
			ids = append(ids, Identifier{Name, name})
			text.WriteString(name + "\n")
		}
	}
	s := text.String()
	others := 0
	for _, h := range matcher(t, ids...).Find([]byte(s)) {
		if foldString(s[h.From:h.To]) != foldString(ids[h.Identifier].Value) {
			others++
		}
	}
	t.Logf("%d names, %d pairs where one's form is another's nominative", len(ids), others)
	if others > len(ids)/5 {
		t.Errorf("got %d foreign names, want under %d", others, len(ids)/5)
	}
}

// TestVocative: "pane Nováku".
func TestVocative(t *testing.T) {
	found, all := 0, 0
	var missed []string
	for _, line := range corpus(t, "czech/cz-vocative/vocative.tsv") {
		cols := strings.Split(line, "\t")
		if len(cols) < 3 || len([]rune(cols[1])) < 3 || strings.Contains(cols[1], " ") {
			continue
		}
		all++
		if len(matcher(t, Identifier{Name, cols[1]}).Find([]byte(cols[2]))) == 1 {
			found++
		} else {
			missed = append(missed, cols[1]+"→"+cols[2])
		}
	}
	t.Logf("%d of %d vocatives, %.2f %%", found, all, 100*float64(found)/float64(all))
	if float64(found) < 0.97*float64(all) {
		t.Errorf("missed %v", missed)
	}
}

// TestPhoneExamples writes each example number in several ways.
func TestPhoneExamples(t *testing.T) {
	found, all := 0, 0
	var missed []string
	for _, line := range corpus(t, "pii/libphonenumber-examples/examples.tsv") {
		cols := strings.Split(line, "\t")
		cc, national, e164 := cols[1], cols[4], cols[5]
		if len(cc+national) < 6 {
			continue
		}
		m := matcher(t, Identifier{Phone, e164})
		for _, text := range []string{e164, "00" + cc + national, "+" + cc + " " + inThrees(national), "+" + cc + "-" + strings.ReplaceAll(inThrees(national), " ", "-"),
			"(+" + cc + ") " + inThrees(national), "+" + cc + "\u00a0" + strings.ReplaceAll(inThrees(national), " ", "\u00a0"), "+" + cc + " (0) " + inThrees(national)} {
			all++
			if hits := m.Find([]byte("tel " + text + ", ok")); len(hits) == 1 {
				found++
			} else {
				missed = append(missed, e164+" as "+text)
			}
		}
	}
	t.Logf("%d of %d written forms", found, all)
	if float64(found) < 0.98*float64(all) {
		t.Errorf("missed %d: %v", len(missed), missed[:min(30, len(missed))])
	}
}

// TestObfuscatedAddresses is informative: the corpus' column is machine-made.
func TestObfuscatedAddresses(t *testing.T) {
	found, indexed, all := 0, 0, 0
	for _, line := range corpus(t, "pii/email-obfuscation/snippets.tsv") {
		cols := strings.Split(line, "\t")
		if len(cols) < 5 || cols[1] != "address" || cols[0] == "nospam" {
			continue
		}
		id, err := ParseIdentifier(Email, cols[3])
		if err != nil {
			continue
		}
		all++
		if len(matcher(t, id).Find([]byte(cols[4]))) > 0 {
			found++
		} else {
			t.Logf("not found: %s %q", cols[0], cols[2])
		}
		if containsAny(Identifiers(cols[4]), id.Terms()) {
			indexed++
		}
	}
	t.Logf("%d of %d found, %d by index terms", found, all, indexed)
}

func containsAny(all, wanted []string) bool {
	for _, w := range wanted {
		for _, a := range all {
			if a == w {
				return true
			}
		}
	}
	return false
}

func BenchmarkFind(b *testing.B) {
	var text []byte
	for i := range 200 {
		text = append(text, "Dobrý den, píšu ohledně objednávky č. 2024001234, která měla přijít 12. 3. 2024 na adresu Dlouhá 12, Praha. Volejte prosím na +420 602 111 222 nebo pište na "...)
		text = append(text, "petr"+string(rune('a'+i%26))+"@example.cz. S pozdravem Petr Svoboda. The quick brown fox jumps over the lazy dog at noon.\n"...)
	}
	for _, n := range []int{5, 50} {
		var ids []Identifier
		for i := range n {
			suffix := string(rune('a'+i%26)) + string(rune('a'+i/26))
			ids = append(ids, [...]Identifier{{Email, "jan" + suffix + "@firma.cz"}, {Name, "Jan Novak" + suffix}, {Phone, "7771234" + string(rune('0'+i%10)) + string(rune('0'+i/10))},
				{Order, "FV-2024-001" + string(rune('0'+i%10)) + string(rune('0'+i/10))}, {Name, "Kovář" + suffix}}[i%5])
		}
		m := matcher(b, ids...)
		name := map[int]string{5: "5", 50: "50"}[n]
		b.Run("Find/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				m.Find(text)
			}
		})
		b.Run("Any/"+name, func(b *testing.B) {
			var s Scratch
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				m.Any(text, &s)
			}
		})
	}
	b.Run("Fold", func(b *testing.B) {
		var dst []byte
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			dst = Fold(dst[:0], text)
		}
	})
	b.Run("Identifiers", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			Identifiers(string(text))
		}
	})
}
