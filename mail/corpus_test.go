package mail

import (
	"bytes"
	"encoding/csv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpus returns a folder of the public corpora; it skips the test where they
// are absent, but fails there in CI.
func corpus(tb testing.TB, elem ...string) string {
	tb.Helper()
	root := os.Getenv("POSTOLKA_CORPORA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "corpora")
	}
	dir := filepath.Join(append([]string{root}, elem...)...)
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("corpus %s is absent", dir)
		}
		tb.Skipf("corpus %s is absent: set POSTOLKA_CORPORA to run this test", dir)
	}
	return dir
}

// eachFile calls fn for every regular file below dir.
func eachFile(tb testing.TB, dir string, fn func(path string, data []byte)) {
	tb.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil {
			fn(path, data)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// rows reads a TSV with a header line.
func rows(tb testing.TB, path string) (list []map[string]string) {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	all, err := r.ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	for _, row := range all[1:] {
		m := map[string]string{}
		for i, name := range all[0] {
			if i < len(row) {
				m[name] = row[i]
			}
		}
		list = append(list, m)
	}
	return list
}

func TestCorpusEveryFileIsReadOrQuarantined(t *testing.T) {
	files, parts, empty := 0, 0, 0
	reasons, unreadable, defects := map[string]int{}, map[string]int{}, map[string]int{}
	eachFile(t, corpus(t, "mime"), func(path string, data []byte) {
		files++
		m := Parse(data)
		text := Extract(m, data)
		parts += len(text.Parts)
		if m.Quarantine != "" {
			reasons[m.Quarantine]++
			if testing.Verbose() {
				t.Logf("quarantined %q: %s", m.Quarantine, path)
			}
		}
		if len(text.Parts) == 0 && len(bytes.TrimSpace(data)) > 20 {
			empty++
			t.Errorf("%s: no text at all", path)
		}
		for _, u := range text.Unreadable {
			unreadable[u.Reason]++
		}
		m.Walk(func(p *Part) bool {
			for _, d := range p.Defects {
				defects[d]++
			}
			return true
		})
		back, err := DecodeText(text.Encode())
		if err != nil || len(back.Parts) != len(text.Parts) {
			t.Errorf("%s: stored text does not come back: %v", path, err)
		}
	})
	if files < 1000 || reasons[QuarantineHeader]+reasons[QuarantineEmpty] > files/4 {
		t.Errorf("%d files, %v: too few or too much given up", files, reasons)
	}
	t.Logf("%d files, %d texts; quarantined %v; unreadable %v; defects %v", files, parts, reasons, unreadable, defects)
}

// TestCorpusPersonsAreReadable asks whether every person named in a mail stands
// in its text, whatever charset it has and claims.
func TestCorpusPersonsAreReadable(t *testing.T) {
	dir := corpus(t, "pii", "czpl-mails")
	variant := map[string]string{}
	for _, r := range rows(t, filepath.Join(dir, "index.tsv")) {
		variant[r["file"]] = r["variant"]
	}
	texts := map[string]string{}
	found, all := map[string]int{}, map[string]int{}
	for _, r := range rows(t, filepath.Join(dir, "truth.tsv")) {
		file := r["file"]
		if texts[file] == "" {
			data, err := os.ReadFile(filepath.Join(dir, "mails", file))
			if err != nil {
				t.Fatal(err)
			}
			texts[file] = readableWords(Extract(Parse(data), data))
		}
		for _, form := range strings.Split(r["forms_in_text"], " | ") {
			all[variant[file]]++
			all["all"]++
			if strings.Contains(texts[file], words(form)) {
				found[variant[file]]++
				found["all"]++
			} else {
				t.Logf("%s: a form is not readable", file)
			}
		}
	}
	for v, n := range all {
		t.Logf("%-28s %d of %d", v, found[v], n)
		if found[v] < n {
			t.Errorf("%s: %d of %d person forms readable, want all", v, found[v], n)
		}
	}
}

func words(s string) string { return strings.Join(strings.Fields(s), " ") }

func readableWords(t Text) string {
	var b strings.Builder
	for _, p := range t.Parts {
		if p.Kind == Plain || p.Kind == HTML || p.Kind == Attachment {
			b.WriteString(words(p.Text) + "\n")
		}
	}
	return b.String()
}
