package attach_test

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"postolka/attach"
)

// record is one of BIFF: its kind, its length, its bytes.
func record(kind uint16, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	return append(binary.LittleEndian.AppendUint16(u16(int(kind)), uint16(len(body))), body...)
}

func u16(n int) []byte { return binary.LittleEndian.AppendUint16(nil, uint16(n)) }
func u32(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }
func f64(n float64) []byte {
	return binary.LittleEndian.AppendUint64(nil, math.Float64bits(n))
}

// wide is s in UTF-16.
func wide(s string) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// long is a string with two bytes of length, short one with one.
func long(s string) []byte  { return slices.Concat(u16(len([]rune(s))), []byte{1}, wide(s)) }
func short(s string) []byte { return slices.Concat([]byte{byte(len([]rune(s))), 1}, wide(s)) }

func cell(row, col, style int) []byte { return slices.Concat(u16(row), u16(col), u16(style)) }

func TestXLS(t *testing.T) {
	book := slices.Concat(
		record(0x809, u16(0x600), u16(5), u32(0), u32(0), u32(0)),
		record(0x5c, long("Eva Nová")),
		record(0x41e, u16(200), long("d.m.yyyy")),
		record(0xe0, u16(0), u16(0)), record(0xe0, u16(0), u16(200)),
		record(0x85, u32(0), u16(0), short("Zákazníci")),
		// The second string is divided by a CONTINUE, whose first byte says that it goes on in single bytes.
		record(0xfc, u32(3), u32(3), long("Jiří"), u16(8), []byte{1}, wide("Novák")), record(0x3c, []byte{0}, []byte("ovi")),
		record(0x3c, long("smazaný Řehoř")),
		record(0x14, long(`&L&"Arial,Bold"&12Seznam&CHana Malá`)),
		record(0xfd, cell(0, 0, 0), u32(0)), record(0xfd, cell(0, 1, 0), u32(1)),
		record(0x203, cell(1, 0, 1), f64(31128)), record(0x27e, cell(1, 1, 0), u32(601<<2|2)),
		record(0xbd, u16(2), u16(0), u16(0), u32(11<<2|2), u16(0), u32(1250<<2|3), u16(1)),
		record(0x06, cell(3, 0, 0), []byte{0, 0, 0, 0, 0, 0, 0xff, 0xff}, u16(0), u32(0), u16(0)), record(0x207, long("složený Černý")),
		record(0x1c, u16(0), u16(0), u16(0), u16(1), long("Petr Autor")),
		record(0x1b6, make([]byte, 10), u16(7), make([]byte, 6)), record(0x3c, []byte{0}, []byte("boxText")),
	)
	text, reasons := attach.Read("a.xls", "", book, attach.NewBudget(), help)
	for _, want := range []string{"Eva Nová\n", "Zákazníci\n", "Jiří\tNovákovi\n", "smazaný Řehoř", "\nSeznam\nHana Malá\n", "1985-03-22 22.3.1985", "\t601\n", "11\t12.5\n", "složený Černý", "Petr Autor", "boxText"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	if len(reasons) > 0 {
		t.Errorf("reasons %v", reasons)
	}
}

// TestXLSBesideCells: texts in formulas, in lists to choose from, in names, of shapes.
func TestXLSBesideCells(t *testing.T) {
	literal := func(s string) []byte { return slices.Concat([]byte{0x1e, 7, 0, 0x17}, short(s), []byte{0x08}) }
	book := slices.Concat(
		record(0x809, u16(0x600), u16(5), u32(0), u32(0), u32(0)),
		record(0x06, cell(0, 0, 0), f64(1), u16(0), u32(0), u16(30), literal("Jan Novák")),
		record(0x1be, u32(0), long("a"), long("b"), long("c"), long("d"), u16(40), u16(0), literal("Eva\x00Petra"), u16(0), u16(0)),
		record(0x18, u16(0), []byte{0, 3}, u16(9), make([]byte, 8), []byte{0}, []byte("osoba"), literal("Hana Malá")),
		record(0xec, []byte{0x0f, 0, 2, 0xf0, 9, 0, 0, 0}, wide("Jiří Černý"), u16(0)),
	)
	text, _ := attach.Read("a.xls", "", book, attach.NewBudget(), help)
	for _, want := range []string{"Jan Novák\n", "Eva\nPetra\n", "Hana Malá\n", "Jiří Černý\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
}

// TestNumbersInPatterns: a person looks for what a cell shows.
func TestNumbersInPatterns(t *testing.T) {
	for _, c := range []struct {
		code string
		n    float64
		want string
	}{
		{"0000000000", 1234567, "0001234567\t1234567"},
		{"000 000 000", 601234567, "601 234 567\t601234567"},
		{`"+420 "### ### ###`, 601234567, "+420 601 234 567\t601234567"},
		{`"OBJ-"0000;x`, 12, "OBJ-0012\t12"},
		{`000000\/0000`, 8503221234, "850322/1234\t8503221234"},
		{"#,##0.00", 12, "12"}, {"0", 12, "12"}, {"General", 12, "12"}, {"0%", 12, "12"},
	} {
		book := slices.Concat(record(0x809, u16(0x600), u16(5), u32(0), u32(0), u32(0)), record(0x41e, u16(200), long(c.code)), record(0xe0, u16(0), u16(200)), record(0x203, cell(0, 0, 0), f64(c.n)))
		if text, _ := attach.Read("a.xls", "", book, attach.NewBudget(), help); text != c.want+"\n" {
			t.Errorf("%s: got %q, want %q", c.code, text, c.want)
		}
	}
}

func TestXLSBefore97(t *testing.T) {
	for _, c := range []struct {
		name string
		book []byte
		want string
	}{
		{"Excel 95 in windows-1250", slices.Concat(record(0x809, u16(0x500), u16(5), u32(0)), record(0x42, u16(1250)), record(0x204, cell(0, 0, 0), u16(5), []byte("Nov\xe1k"))), "Novák\n"},
		{"Excel 4", slices.Concat(record(0x409, u16(0), u16(0x10), u16(0)), record(0x204, cell(0, 0, 0), u16(4), []byte("Jana"))), "Jana\n"},
		{"Excel 2", slices.Concat(record(0x09, u16(2), u16(0x10)), record(0x04, u16(0), u16(0), make([]byte, 3), []byte("\x04Jana")), record(0x02, u16(1), u16(0), make([]byte, 3), u16(7))), "Jana\n7\n"},
	} {
		if text, reasons := attach.Read("a.xls", "", c.book, attach.NewBudget(), help); text != c.want || len(reasons) > 0 {
			t.Errorf("%s: got %q, %v; want %q", c.name, text, reasons, c.want)
		}
	}
}

func TestXLSEncrypted(t *testing.T) {
	book := slices.Concat(record(0x809, u16(0x600), u16(5), u32(0), u32(0), u32(0)), record(0x2f, make([]byte, 54)), record(0x85, []byte("noise and noise")))
	if text, reasons := attach.Read("a.xls", "", book, attach.NewBudget(), help); text != "" || !slices.Equal(reasons, []string{attach.Encrypted}) {
		t.Errorf("got %q, %v", text, reasons)
	}
}

// TestTableOfTextNamedXLS: shops send HTML or CSV in windows-1250 as .xls.
func TestTableOfTextNamedXLS(t *testing.T) {
	if text, reasons := attach.Read("seznam.xls", "application/vnd.ms-excel", []byte("jm\xe9no;v\xeck\nNov\xe1k;30\n"), attach.NewBudget(), help); !strings.Contains(text, ";30") || len(reasons) > 0 {
		t.Errorf("got %q, %v", text, reasons)
	}
}

func FuzzXLS(f *testing.F) {
	f.Add(slices.Concat(record(0x809, u16(0x600), u16(5), u32(0)), record(0xfc, u32(1), u32(1), long("Jiří")), record(0xfd, cell(0, 0, 0), u32(0))))
	f.Add(slices.Concat(record(0x409, u16(0), u16(0x10), u16(0)), record(0x204, cell(0, 0, 0), u16(4), []byte("Jana"))))
	f.Fuzz(func(t *testing.T, data []byte) {
		attach.Read("a.xls", "", append(record(0x809, u16(0x600), u16(5)), data...), attach.NewBudget(), help)
		attach.Read("a.xls", "", data, attach.NewBudget(), help)
	})
}
