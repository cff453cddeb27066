package attach_test

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"

	"postolka/attach"
)

// brt is a record of XLSB.
func brt(kind int, parts ...[]byte) []byte {
	sevens := func(n int) (b []byte) {
		for ; n >= 0x80; n >>= 7 {
			b = append(b, byte(n)|0x80)
		}
		return append(b, byte(n))
	}
	body := slices.Concat(parts...)
	return slices.Concat(sevens(kind), sevens(len(body)), body)
}

func wideText(s string) []byte { return slices.Concat(u32(len([]rune(s))), wide(s)) }

func TestXLSB(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range []struct {
		name string
		data []byte
	}{
		{"xl/workbook.bin", brt(156, u32(0), u32(1), wideText("rId1"), wideText("Zákazníci"))},
		{"xl/worksheets/sheet1.bin", slices.Concat(brt(0, make([]byte, 12)), brt(7, u32(0), u32(0), u32(0)), brt(6, u32(1), u32(0), wideText("Novák")), brt(5, u32(2), u32(1), f64(31128)),
			brt(0, make([]byte, 12)), brt(2, u32(0), u32(0), u32(601<<2|2)), brt(8, u32(1), u32(0), wideText("složený Černý"), u16(0)), brt(62, u32(2), u32(0), []byte{1}, wideText("tučná Malá")),
			brt(494, make([]byte, 16), wideText("rId2"), wideText(""), u32(-1), wideText("odkaz na Evu")), brt(479, u16(0), wideText("&CHlava Dvořák")))},
		{"xl/sharedStrings.bin", slices.Concat(brt(19, []byte{0}, wideText("Jiří")), brt(19, []byte{0}, wideText("smazaný Řehoř")))},
		{"xl/styles.bin", slices.Concat(brt(44, u16(200), wideText("d.m.yyyy")), brt(47, u16(0), u16(0)), brt(617, u32(2)), brt(47, u16(0), u16(0)), brt(47, u16(0), u16(200)), brt(618))},
		{"xl/comments1.bin", slices.Concat(brt(632, wideText("Petr Autor")), brt(637, []byte{0}, wideText("poznámka")))},
		{"xl/printerSettings/printerSettings1.bin", []byte("\x00\x00noise")},
	} {
		w, err := z.Create(part.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(part.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	text, reasons := attach.Read("a.xlsb", "", b.Bytes(), attach.NewBudget(), help)
	for _, want := range []string{"Zákazníci", "Jiří\tNovák\t1985-03-22 22.3.1985", "601\tsložený Černý\ttučná Malá", "odkaz na Evu", "Hlava Dvořák", "smazaný Řehoř", "Petr Autor", "poznámka"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	if len(reasons) > 0 {
		t.Errorf("reasons %v", reasons)
	}
}

// TestPageNamedDoc: some programs save a page with its pictures and call it .doc.
func TestPageNamedDoc(t *testing.T) {
	if got := attach.Detect("smlouva.doc", "application/msword", []byte("MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n")); got != "message" {
		t.Errorf("got %q", got)
	}
}
