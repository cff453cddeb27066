package attach_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"
	"unicode"

	"postolka/attach"
	"postolka/mail"
)

var help = attach.Help{
	Decode:  func(data []byte) string { return strings.ToValidUTF8(string(data), "\ufffd") },
	HTML:    mail.HTMLToText,
	Message: func(data []byte, _ *attach.Budget) (string, []string) { return string(data), nil },
}

// corpus is the folder of attachments; without one the test is left out, in CI it
// must be there.
func corpus(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "corpora", "attachments", dir)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no corpus: ", err)
		}
		t.Skip("LEFT OUT, no corpus at ", path)
	}
	return path
}

func eachFile(t *testing.T, dir string, fn func(path string, data []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil {
			fn(path, data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCorpusByFormat reads every attachment of the corpus: all have text or a
// reason, and none takes long.
func TestCorpusByFormat(t *testing.T) {
	type tally struct{ read, partly, unreadable, silent int }
	formats := map[string]*tally{}
	eachFile(t, corpus(t, ""), func(path string, data []byte) {
		name := filepath.Base(path)
		format := attach.Detect(name, "", data)
		if formats[format] == nil {
			formats[format] = &tally{}
		}
		start := time.Now()
		text, reasons := attach.Read(name, "", data, attach.NewBudget(), help)
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%s took %v", name, took)
		}
		n := formats[format]
		switch empty := strings.TrimSpace(text) == ""; {
		case !empty && len(reasons) == 0:
			n.read++
		case !empty:
			n.partly++
			t.Logf("%s: %s in part: %v", format, name, reasons)
		case len(reasons) > 0:
			n.unreadable++
			t.Logf("%s: %s unreadable: %v", format, name, reasons)
		default:
			n.silent++
			t.Errorf("%s: %s (%d bytes) has neither text nor a reason", format, name, len(data))
		}
	})
	var names []string
	for f := range formats {
		names = append(names, f)
	}
	sort.Strings(names)
	for _, f := range names {
		t.Logf("%-10s read %3d, in part %3d, unreadable %3d, neither %3d", f, formats[f].read, formats[f].partly, formats[f].unreadable, formats[f].silent)
	}
}

// TestCorpusPDFWords asks whether the words that pdftotext finds in a PDF are in
// our text too.
func TestCorpusPDFWords(t *testing.T) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no pdftotext, which machine.sh brings")
		}
		t.Skip("LEFT OUT, no pdftotext here (Debian: poppler-utils)")
	}
	found, all, files := 0, 0, 0
	eachFile(t, corpus(t, ""), func(path string, data []byte) {
		if attach.Detect(path, "", data) != "pdf" {
			return
		}
		cmd := exec.Command("pdftotext", "-q", "-enc", "UTF-8", path, "-")
		out, err := cmd.Output()
		if err != nil || len(bytes.Fields(out)) == 0 {
			return // encrypted, damaged or a scan for it too
		}
		files++
		text, reasons := attach.Read(path, "", data, attach.NewBudget(), help)
		ours := map[string]int{}
		for _, w := range words(text) {
			ours[w]++
		}
		hits, n := 0, 0
		for _, w := range words(string(out)) {
			if n++; ours[w] > 0 {
				ours[w]--
				hits++
			}
		}
		if found, all = found+hits, all+n; hits*100 < n*98 {
			t.Logf("%s: %d of %d words, %v", filepath.Base(path), hits, n, reasons)
		}
	})
	t.Logf("%d PDFs: %d of %d words of pdftotext, %.2f %%", files, found, all, 100*float64(found)/float64(max(all, 1)))
	if found*100 < all*99 {
		t.Errorf("found %d of %d words, want 99 %%", found, all)
	}
}

func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// TestCorpusPersons asks for every form of every person that truth.tsv names, in
// every document that is no scan and has no password.
func TestCorpusPersons(t *testing.T) {
	dir := corpus(t, "cz-documents")
	truth, err := os.ReadFile(filepath.Join(dir, "truth.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	texts, found, all := map[string]string{}, map[string]int{}, map[string]int{}
	for line := range strings.Lines(string(truth)) {
		row := strings.Split(strings.TrimSpace(line), "\t")
		if len(row) < 5 || row[0] == "file" {
			continue
		}
		text, known := texts[row[0]]
		if !known {
			text = readable(t, filepath.Join(dir, row[0]))
			texts[row[0]] = text
		}
		if text == "" {
			continue
		}
		for form := range strings.SplitSeq(row[4], " | ") {
			if all[row[1]]++; strings.Contains(text, form) {
				found[row[1]]++
			} else {
				t.Errorf("%s: %q is not in it", row[0], form)
			}
		}
	}
	for format, n := range all {
		t.Logf("%s: %d of %d forms", format, found[format], n)
	}
	if len(all) < 7 {
		t.Errorf("read %d formats, want at least 7", len(all))
	}
}

// readable is a document's text with single spaces; "" for one without any.
func readable(t *testing.T, path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text, reasons := attach.Read(path, "", data, attach.NewBudget(), help)
	if len(reasons) > 0 {
		t.Logf("%s: %v", filepath.Base(path), reasons)
		return ""
	}
	return strings.Join(strings.Fields(text), " ")
}
