package attach

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
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
	got := readZipped(t, "a.xlsx", map[string]string{
		"xl/sharedStrings.xml":     `<sst><si><t>Novák</t></si><si><r><t>Ji</t></r><r><t>ří</t></r></si><si><t>smazáno</t></si></sst>`,
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row><c t="s"><v>1</v></c><c t="s"><v>0</v></c></row><row><c t="inlineStr"><is><t>Eva</t></is></c><c t="s"><v>0</v></c></row></sheetData></worksheet>`,
	})
	if want := "Jiří\tNovák\t\nEva\tNovák\nsmazáno\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNamesOfASheetSayWhatTheyStandFor(t *testing.T) {
	got := readZipped(t, "a.xlsx", map[string]string{
		"xl/workbook.xml": `<workbook><sheets><sheet name="Lidé"/></sheets><definedNames><definedName name="kontakt">"jan@novak.cz"</definedName></definedNames></workbook>`,
	})
	if want := "Lidé\n\nkontakt\n\"jan@novak.cz\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatACellTellsWhoTypes(t *testing.T) {
	got := readZipped(t, "a.xlsx", map[string]string{"xl/worksheets/sheet1.xml": `<worksheet><dataValidation errorTitle="Pozor" error="volejte Evu"><formula1>"Jan,Petr"</formula1></dataValidation></worksheet>`})
	if want := "volejte Evu\nPozor\n\"Jan,Petr\"\n"; strings.ReplaceAll(got, "\t", "\n") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCellsOfODFKeepWhatTheyHide(t *testing.T) {
	got := readZipped(t, "a.ods", map[string]string{
		"mimetype":    "application/vnd.oasis.opendocument.spreadsheet",
		"content.xml": `<c xmlns:office="o"><cell office:value="777123456"><p>7,8E8</p></cell><cell office:string-value="Novák"/></c>`,
	})
	if want := "7,8E8\n\n777123456\n\n\nNovák\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestXMLWhoseElementsDivideAWord(t *testing.T) {
	const drawing = `<svg><text>Jan <tspan class="b">No</tspan>vák</text><desc>x</desc></svg>`
	if got, want := Joined(drawing, NewBudget()), "Jan Novák\nx\n"; strings.ReplaceAll(got, "\n\n", "\n") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := readZipped(t, "a.zip", map[string]string{"a.svg": drawing}); !strings.Contains(got, "Jan Novák\n") || !strings.Contains(got, " b ") {
		t.Errorf("in an archive: got %q, want the name and the attributes", got)
	}
	if got := Joined(`<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Cell><Data>Jan</Data></Cell><Cell><Data>No<B>vák</B></Data></Cell></Workbook>`, NewBudget()); got != "Jan\nNovák\n" {
		t.Errorf("cells: got %q", got)
	}
	if got := Joined("<order><name>Jan</name></order>", NewBudget()); got != "" {
		t.Errorf("data can be read as they are; got %q", got)
	}
}

// TestWideRuns: texts among numbers end where their length says.
func TestWideRuns(t *testing.T) {
	long := strings.Repeat("Eva Malá, ", 5)
	data := slices.Concat([]byte{0, 0, 9, 0}, wide("Jan Novák", false), []byte{0x14, 1, 0, 2, byte(len([]rune(long))), 0}, wide(long, false), []byte{0x41, 0, 0, 0, 5, 0}, wide("Řehoř", false), []byte{0, 0})
	lines := strings.Split(wideRuns(data), "\n")
	for _, want := range []string{"Jan Novák", long, "Řehoř"} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is not in %q", want, lines)
		}
	}
}

// TestWordBesideText: who commented and what boxes show stands beside the text, what
// controls show in storages of their own.
func TestWordBesideText(t *testing.T) {
	doc := make([]byte, 0x1aa)
	copy(doc, "\xec\xa5\xc1\x00")
	doc[0x1a6] = 21
	table := append([]byte("\x02\x10\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00"), wide("Eva Malá", false)...)
	r := &reading{Budget: NewBudget(), help: plain}
	r.storage([]stream{{name: "WordDocument", data: doc}, {name: "0Table", data: table}, {name: "Data", data: wide("\x00Petr Nový\x00", false)}})
	for _, want := range []string{"Eva Malá", "Petr Nový"} {
		if !strings.Contains(r.out.String(), want) {
			t.Errorf("%q is not in %q", want, r.out.String())
		}
	}
}

// readZipped reads a ZIP of these files by its name.
func readZipped(t *testing.T, name string, files map[string]string) string {
	t.Helper()
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	for name, content := range files {
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
	text, reasons := Read(name, "", file.Bytes(), NewBudget(), Help{Decode: func(b []byte) string { return string(b) }})
	if len(reasons) > 0 {
		t.Errorf("not read: %v", reasons)
	}
	return text
}

// TestIPTCInTIFF: a picture of a scanner or an agency, whose words stand in fours.
func TestIPTCInTIFF(t *testing.T) {
	iptc := "\x1c\x02\x50\x00\x0aJan Nov\xc3\xa1k\x00"
	tiff := "II*\x00\x08\x00\x00\x00\x01\x00\xbb\x83\x04\x00\x04\x00\x00\x00\x1a\x00\x00\x00\x00\x00\x00\x00" + iptc
	if text, _ := Read("a.tif", "", []byte(tiff), NewBudget(), plain); !strings.Contains(text, "Jan Novák") {
		t.Errorf("got %q", text)
	}
}

// TestPowerPointComment: comments lie in a block that is no container by its head.
func TestPowerPointComment(t *testing.T) {
	record := func(head uint16, kind uint16, body []byte) []byte {
		out := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, head), kind)
		return append(binary.LittleEndian.AppendUint32(out, uint32(len(body))), body...)
	}
	comment := record(0x0f, 0x2ee0, record(0, 0x0fba, wide("Eva Malá", false)))
	r := &reading{Budget: NewBudget(), help: plain}
	r.slides(record(0x0f, 0x138a, append(record(0, 0x138b, comment), record(0, 0x138b, []byte("no record at all"))...)), 0)
	if got := r.out.String(); got != "Eva Malá\n" || len(r.reasons) > 0 {
		t.Errorf("got %q, %v", got, r.reasons)
	}
}
