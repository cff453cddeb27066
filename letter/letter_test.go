package letter

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func sample(lang string) Letter {
	rows := make([][]string, 60)
	for i := range rows {
		rows[i] = []string{"Poskytovatel pošty", "Žďár nad Sázavou, příliš žluťoučký kůň úpěl ďábelské ódy a ještě kus textu, aby se zalomil", "ano"}
	}
	return Letter{
		Lang: lang, Sender: []string{"Kolovrat s.r.o.", "Dlouhá 118", "678 01 Horní Lhota"}, Addressee: []string{"Božena Řeháčková", "Křížová 7, Třešť"},
		Place: "Horní Lhota", Date: time.Date(2027, 3, 5, 10, 0, 0, 0, time.UTC), Reference: "Čj. 12/2027", Title: "Odpověď na žádost o přístup",
		Body: []Block{
			Heading("Účely"), Paragraph("Vážená paní,\nodpovídáme 👍 на письмо."), List{"vyřízení objednávky", strings.Repeat("dlouhý bod ", 40)},
			Table{Head: []string{"Příjemce", "Popis", "Smlouva"}, Rows: rows},
			Paragraph(strings.Repeat("a1b2c3d4", 60)),
		},
		Signature: []string{"Jana Nová", "pověřenkyně"}, Foot: "Kolovrat s.r.o. · IČO 12345678",
	}
}

func TestDayInALetter(t *testing.T) {
	at := time.Date(2027, 3, 5, 0, 0, 0, 0, time.UTC)
	if got := Day("cs", at); got != "5. března 2027" {
		t.Errorf("got %q", got)
	}
	if got := Day("en", at); got != "5 March 2027" {
		t.Errorf("got %q", got)
	}
}

func TestSameLetterSameBytes(t *testing.T) {
	for name, write := range map[string]func(Letter, *bytes.Buffer) error{
		"pdf":  func(l Letter, b *bytes.Buffer) error { return l.PDF(b) },
		"html": func(l Letter, b *bytes.Buffer) error { return l.HTML(b) },
	} {
		var first bytes.Buffer
		for range 4 {
			var again bytes.Buffer
			if err := write(sample("cs"), &again); err != nil {
				t.Fatal(err)
			}
			if first.Len() > 0 && !bytes.Equal(first.Bytes(), again.Bytes()) {
				t.Errorf("%s: another run gives other bytes", name)
			}
			first = again
		}
	}
}

func TestHTMLEscapesAndLoadsNothing(t *testing.T) {
	l := sample("cs")
	l.Body = append(l.Body, Paragraph(`<script>alert(1)</script><img src="https://example.org/x">`))
	var b bytes.Buffer
	if err := l.HTML(&b); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "<img", "ZgotmplZ"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("page holds %q", bad)
		}
	}
	for _, want := range []string{"Božena Řeháčková", "<li>vyřízení objednávky</li>", "<th scope=\"col\">Příjemce</th>", "👍", "5. března 2027"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("page lacks %q", want)
		}
	}
}

// The text in the PDF is read back by a foreign reader.
func TestPDFTextIsCzech(t *testing.T) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pdftotext is missing (apt: poppler-utils)")
		}
		t.Skip("pdftotext is missing (apt: poppler-utils)")
	}
	file := filepath.Join(t.TempDir(), "letter.pdf")
	var b bytes.Buffer
	if err := sample("cs").PDF(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	text := string(out)
	for _, want := range []string{"Božena Řeháčková", "Odpověď na žádost o přístup", "на письмо", "□", "vyřízení objednávky", "Jana Nová", "IČO 12345678"} {
		if !strings.Contains(text, want) {
			t.Errorf("PDF lacks %q", want)
		}
	}
	if n := strings.Count(text, "žluťoučký"); n != 60 {
		t.Errorf("got %d of 60 rows", n)
	}
	for i, page := range strings.Split(text, "\f") {
		if strings.Contains(page, "žluťoučký") && !strings.Contains(page, "Příjemce") {
			t.Errorf("page %d has rows without the table's head", i+1)
		}
	}
	if !utf8.ValidString(text) {
		t.Error("text is not UTF-8")
	}
}
