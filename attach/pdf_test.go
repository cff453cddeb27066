package attach

import (
	"bytes"
	"strings"
	"syscall"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// A signal to the whole group, as Ctrl-C sends it, must not make the file that is
// just being read look damaged.
func TestPDFReaderOutlivesSignals(t *testing.T) {
	var file bytes.Buffer
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.AddPage()
	pdf.SetFont("Helvetica", "", 12)
	pdf.Cell(40, 10, "Order OBJ-2026112233")
	if err := pdf.Output(&file); err != nil {
		t.Fatal(err)
	}
	c := &child{}
	defer c.end()
	for _, signal := range []syscall.Signal{0, syscall.SIGINT, syscall.SIGTERM} {
		if c.cmd != nil {
			if err := c.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
		}
		answer, err := c.ask("pdf", file.Bytes(), time.Minute)
		if err != nil || !strings.Contains(string(answer), "OBJ-2026112233") {
			t.Fatalf("after signal %d: got %q, %v", signal, answer, err)
		}
	}
}

// TestLetterSpacing: as PDFium gives what Chromium printed with letter spacing, and a
// form with a box for each digit.
func TestLetterSpacing(t *testing.T) {
	for text, want := range map[string]string{
		"Jméno: J a n N o v á k , j a n @ n o v a k . c z\nx": "Jan Novák, jan@novak.cz\n",
		"Rodné č. 8 5 0 3 2 2 / 1 2 3 4 tel. 6 0 1":           "850322/1234\n",
		"k ý, j i ř í":                "ký, jiří\n",
		"a b c d, a kniha o 3 dílech": "",
	} {
		if got := letterSpaced(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
