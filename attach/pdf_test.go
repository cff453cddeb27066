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
