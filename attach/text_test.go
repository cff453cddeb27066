package attach

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestUnfold(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a line folded within a character", "BEGIN:VCARD\r\nFN:Ji\xc5\r\n \x99\xc3\xad Nov\r\n\t\xc3\xa1k\r\nEND:VCARD\r\n", "BEGIN:VCARD\nFN:Jiří Novák\nEND:VCARD\n"},
		{"quoted-printable of vCard 2.1, over lines", "BEGIN:VCARD\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Nov=C3=A1k;Ji=C5=\r\n=99=C3=AD\r\nTEL:+420 601\r\n", "BEGIN:VCARD\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Novák;Jiří\nTEL:+420 601\n"},
		{"an equals sign elsewhere", "BEGIN:VEVENT\nURL:https://example.org/?a=C3\nX;FMTTYPE=a=\n", "BEGIN:VEVENT\nURL:https://example.org/?a=C3\nX;FMTTYPE=a=\n"},
		{"no such text", "Dear all,\r\n  indented\r\n", "Dear all,\r\n  indented\r\n"},
	} {
		if got := string(Unfold([]byte(c.text))); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestContentControls: what a Word document holds beside what it shows.
func TestContentControls(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("word/document.xml")
	if err == nil {
		_, err = w.Write([]byte(`<w:p><w:sdtPr><w:alias w:val="777 123 456"/><w:tag w:val="jan@firma.cz"/></w:sdtPr><w:jc w:val="both"/><w:t>x</w:t></w:p>`))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	text, reasons := Read("a.docx", "", b.Bytes(), NewBudget(), Help{Decode: func(b []byte) string { return string(b) }})
	if !strings.Contains(text, "777 123 456") || !strings.Contains(text, "jan@firma.cz") || strings.Contains(text, "both") {
		t.Errorf("got %q %v", text, reasons)
	}
}
