package privacy

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"postolka/mail"
	"postolka/match"
	"postolka/store/storetest"
)

// TestPersonsInMails asks, in Czech and Polish mails of 15 charsets and structures,
// for each person by his lemma and expects every form that the truth names, at its
// place in the text.
func TestPersonsInMails(t *testing.T) {
	dir := storetest.Corpora(t, "pii/czpl-mails")
	variant := map[string]string{}
	for _, row := range rows(t, filepath.Join(dir, "index.tsv")) {
		variant[row[0]] = row[1] + " " + row[2]
	}
	texts := map[string][]mail.TextPart{}
	found, all, missed := map[string]int{}, map[string]int{}, map[string][]string{}
	for _, row := range rows(t, filepath.Join(dir, "truth.tsv")) {
		if !strings.HasPrefix(row[1], "PER-") {
			continue
		}
		if texts[row[0]] == nil {
			raw, err := os.ReadFile(filepath.Join(dir, "mails", row[0]))
			check(t, err)
			texts[row[0]] = mail.Extract(mail.Parse(raw), raw).Parts
		}
		marked := markedBy(t, strings.Split(row[2], " | "), texts[row[0]])
		for _, form := range strings.Split(row[3], " | ") {
			v := variant[row[0]]
			if all[v]++; slices.ContainsFunc(marked, func(m string) bool { return strings.Contains(form, m) || strings.Contains(m, form) }) {
				found[v]++
			} else {
				missed[v] = append(missed[v], row[2]+"→"+form)
			}
		}
	}
	czech, ofCzech := 0, 0
	for v, n := range all {
		t.Logf("%s: %d of %d forms; missed %q", v, found[v], n, missed[v])
		if strings.HasPrefix(v, "cs ") {
			czech, ofCzech = czech+found[v], ofCzech+n
		}
	}
	t.Logf("Czech: %d of %d forms, %.2f %%", czech, ofCzech, 100*float64(czech)/float64(ofCzech))
	if czech*100 < ofCzech*95 {
		t.Errorf("got %d of %d Czech forms, want 95 %%", czech, ofCzech)
	}
}

// markedBy gives what the lemmas find in the texts.
func markedBy(t *testing.T, lemmas []string, parts []mail.TextPart) (marked []string) {
	var ids []match.Identifier
	for _, lemma := range lemmas {
		if id, err := match.ParseIdentifier(match.Name, lemma); err == nil {
			ids = append(ids, id)
		}
	}
	matcher, err := match.NewMatcher(ids)
	check(t, err)
	for _, p := range parts {
		for _, h := range matcher.Find([]byte(p.Text)) {
			marked = append(marked, strings.Join(strings.Fields(p.Text[h.From:h.To]), " "))
		}
	}
	return marked
}

func rows(t *testing.T, path string) (rows [][]string) {
	b, err := os.ReadFile(path)
	check(t, err)
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		rows = append(rows, strings.Split(line, "\t"))
	}
	return rows
}
