package attach

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

func wide(s string, big bool) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if low, high := byte(u), byte(u>>8); big {
			out = append(out, high, low)
		} else {
			out = append(out, low, high)
		}
	}
	return out
}

func TestUnknownFileKeepsItsPrintableRuns(t *testing.T) {
	noise := strings.Repeat("\x00\x01\x02\xf3", 20)
	for name, data := range map[string]string{
		"UTF-8": noise + "Jiří Novák\x00" + noise, "UTF-16LE": noise + string(wide("Jiří Novák", false)) + noise,
		"UTF-16BE": noise + string(wide("Jiří Novák", true)) + noise, "UTF-16 at an odd place": noise + "\x03" + string(wide("Jiří Novák", false)) + noise,
	} {
		text, reasons := Read("data.dat", "", []byte(data), NewBudget(), Help{})
		if !strings.Contains(text, "Jiří Novák") || !slices.Equal(reasons, []string{Unknown}) {
			t.Errorf("%s: got %q, %v", name, text, reasons)
		}
	}
	text, _ := Read("data.dat", "", []byte(noise+"abcde\x00"+noise), NewBudget(), Help{})
	if strings.Contains(text, "abcde") {
		t.Errorf("a run too short to say anything: got %q", text)
	}
}

func TestUTF16Mark(t *testing.T) {
	czech := "Dobrý den, posílám žádost o vrácení peněz."
	for _, c := range []struct{ name, data, want string }{
		{"little-endian", string(wide(czech, false)), "\xff\xfe"},
		{"big-endian", string(wide(czech, true)), "\xfe\xff"},
		{"marked already", "\xff\xfe" + string(wide(czech, false)), ""},
		{"UTF-8", czech, ""},
		{"binary with zeros", strings.Repeat("\x01\x00\x00\x00", 50), ""},
		{"short", "a\x00b\x00", ""},
	} {
		if got := UTF16Mark([]byte(c.data)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// A sheet shows its strings by number: cells beside each other stay beside each
// other in the text, and a string that no cell shows any more is text too.
func TestSheetShowsSharedStringsInTheirCells(t *testing.T) {
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	for name, content := range map[string]string{
		"xl/sharedStrings.xml":     `<sst><si><t>Novák</t></si><si><r><t>Ji</t></r><r><t>ří</t></r></si><si><t>smazáno</t></si></sst>`,
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row><c t="s"><v>1</v></c><c t="s"><v>0</v></c></row><row><c t="inlineStr"><is><t>Eva</t></is></c><c t="s"><v>0</v></c></row></sheetData></worksheet>`,
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	text, reasons := Read("a.xlsx", "", file.Bytes(), NewBudget(), Help{Decode: func(b []byte) string { return string(b) }})
	if want := "Jiří\tNovák\t\nEva\tNovák\nsmazáno\n"; text != want || len(reasons) > 0 {
		t.Errorf("got %q, %v, want %q", text, reasons, want)
	}
}
