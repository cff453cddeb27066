package match

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
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

// TestNamesInWordForms counts ordinary words that a query for a surname takes for a
// form of it, beside those that are one ("Černý", "Kovář" are words too).
func TestNamesInWordForms(t *testing.T) {
	var ids []Identifier
	own := map[string]bool{} // name and form
	for _, line := range corpus(t, "czech/cz-name-declension/surnames.tsv") {
		cols := strings.Split(line, "\t")
		if len([]rune(cols[0])) < 3 {
			continue
		}
		ids = append(ids, Identifier{Name, cols[0]})
		for _, form := range strings.Fields(strings.Join(cols, " ")) {
			own[cols[0]+" "+foldString(form)] = true
		}
	}
	m := matcher(t, ids...)
	forms, taken, same := 0, 0, 0
	for _, line := range corpus(t, "czech/cz-word-forms/wordforms.tsv") {
		_, all, _ := strings.Cut(line, "\t")
		for _, form := range strings.Fields(all) {
			forms++
			for _, h := range m.Find([]byte(form)) {
				if own[ids[h.Identifier].Value+" "+foldString(form)] {
					same++
				} else {
					taken++
				}
			}
		}
	}
	pairs := len(ids) * forms
	t.Logf("%d names × %d word forms: %d pairs where the word is a form of the name, %d false, %.2f in a million", len(ids), forms, same, taken, 1e6*float64(taken)/float64(pairs))
	if taken*10_000 > pairs {
		t.Errorf("got %d false pairs of %d", taken, pairs)
	}
}

// TestPersonsOfNews asks for each person of the news by each of his lemmas and
// expects the forms that the texts have, Czech ones above all.
func TestPersonsOfNews(t *testing.T) {
	found, all := map[string]int{}, map[string]int{}
	missed := map[string][]string{}
	for _, line := range corpus(t, "pii/slavicner-cs-pl/persons.tsv") {
		cols := strings.Split(line, "\t")
		if !strings.HasPrefix(cols[1], "PER-") {
			continue
		}
		id, err := ParseIdentifier(Name, cols[2])
		if err != nil {
			continue
		}
		m := matcher(t, id)
		for _, form := range strings.Split(cols[3], ", ") {
			form = counted.ReplaceAllString(form, "")
			all[cols[0]]++
			if len(m.Find([]byte(form))) > 0 {
				found[cols[0]]++
			} else {
				missed[cols[0]] = append(missed[cols[0]], cols[2]+"→"+form)
			}
		}
	}
	for lang, n := range all {
		t.Logf("%s: %d of %d forms, %.2f %%; missed %v", lang, found[lang], n, 100*float64(found[lang])/float64(n), missed[lang][:min(80, len(missed[lang]))])
	}
	if found["cs"]*100 < all["cs"]*90 {
		t.Errorf("Czech: got %d of %d forms, want 90 %%", found["cs"], all["cs"])
	}
}

var counted = regexp.MustCompile(` \(\d+\)$`)

// TestStandardNumbers: what is a valid number is taken and found as written, in one
// piece and in lower case. What is refused is told: wrong check digits, mostly.
func TestStandardNumbers(t *testing.T) {
	kinds := map[string]Kind{"iban": IBAN, "es_iban": IBAN, "cz_bankaccount": Account, "cz_rc": BirthNumber, "sk_rc": BirthNumber, "cz_ico": CompanyID, "sk_ico": CompanyID, "cz_dic": CompanyID, "sk_dph": CompanyID, "eu_vat": CompanyID}
	found, all, refused := 0, 0, 0
	for _, line := range corpus(t, "pii/stdnum-numbers/numbers.tsv") {
		cols := strings.Split(line, "\t")
		kind, ours := kinds[cols[0]]
		if !ours || cols[2] != "valid" {
			continue
		}
		id, err := ParseIdentifier(kind, cols[1])
		if err != nil {
			refused++
			t.Logf("%s %s is refused: %v", cols[0], cols[1], err)
			continue
		}
		m := matcher(t, id)
		for _, text := range []string{cols[1], strings.ReplaceAll(cols[1], " ", ""), strings.ToLower(cols[1]), strings.ReplaceAll(cols[1], " ", "\u00a0")} {
			all++
			if len(m.Find([]byte("IČO, DIČ: "+text+" ."))) > 0 {
				found++
			} else {
				t.Logf("%s %s is not found as %q", cols[0], cols[1], text)
			}
		}
	}
	t.Logf("%d of %d written numbers, %d numbers refused", found, all, refused)
	if found*100 < all*98 || refused > all/40 {
		t.Errorf("got %d of %d, %d refused; want 98 %% and few", found, all, refused)
	}
}

// TestAddressForms: a valid address is taken and found, as it is and in a link.
func TestAddressForms(t *testing.T) {
	var sets map[string][][]any
	if err := json.Unmarshal([]byte(strings.Join(append([]string{"{"}, corpus(t, "pii/email-address-forms/addresses.json")...), "\n")), &sets); err != nil {
		t.Fatal(err)
	}
	found, all := 0, 0
	for _, row := range sets["data_valid_email"] {
		value := row[0].(string)
		all++
		id, err := ParseIdentifier(Email, value)
		if err != nil {
			t.Logf("%s is refused", value)
			continue
		}
		if m := matcher(t, id); len(m.Find([]byte("pište na "+value+", děkuji"))) == 1 && len(m.Find([]byte("<a href=\"mailto:"+value+"?x=1\">"))) == 1 {
			found++
		} else {
			t.Logf("%s is not found", value)
		}
	}
	t.Logf("%d of %d valid addresses", found, all)
	if found < 13 {
		t.Errorf("got %d of %d; only quoted local parts and domain literals may be missing", found, all)
	}
}
