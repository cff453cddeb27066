package attach_test

import (
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"

	"postolka/attach"
)

func TestRTF(t *testing.T) {
	for _, c := range []struct{ name, rtf, want string }{
		{"a code page for the document", `{\rtf1\ansi\ansicpg1250 Ji\'f8\'ed Nov\'e1k\par konec}`, "Jiří Novák\nkonec"},
		{"a code page for each font", `{\rtf1{\fonttbl{\f0\fcharset238 Arial CE;}{\f1\fcharset204 Arial Cyr;}}\f0 \'e8aj {\f1 \'f7\'e0\'e9}}`, "čaj чай"},
		{"unicode with what stands for it", `{\rtf1\uc1 \u345?\u237?}`, "ří"},
		{"a surrogate pair", `{\rtf1\uc0 \u-10179\u-8704}`, "\U0001F600"},
		{"a word in two runs", `{\rtf1\ansicpg1250 No{\b v\'e1k}}`, "Novák"},
		{"a field's link", `{\rtf1 {\field{\*\fldinst HYPERLINK "mailto:a@b.cz"}{\fldrslt zde}}}`, "zde\n" + `HYPERLINK "mailto:a@b.cz"`},
		{"properties and no styles", `{\rtf1{\info{\author Jana}}{\stylesheet Normal;}{\*\unknownword x}text}`, "text\nJana"},
		{"a text in both spellings", `{\rtf1{\upr{\info{\title \'3f}}{\*\ud{\info{\title \u321?ukasz}}}}}`, "?\nŁukasz"},
		{"a comment within a word", `{\rtf1\ansicpg1250 Jan No{\*\atnid E}{\*\atnauthor Eva}\chatn{\*\annotation opravit\par}v\'e1k\par dal}`, "Jan Novák\n\nE\nEva\nopravit\ndal"},
		{"who changed it", `{\rtf1{\*\revtbl {Unknown;}{Eva Mal\u225?;}}{\revised\revauth1 x}}`, "x\nUnknown;Eva Malá;"},
		{"a file in it", `{\rtf1 a{\object\objemb{\*\objdata 0105000002000000080000005061636b61676500000000000000000019000000` + hex.EncodeToString([]byte("\x02\x00a\x00b\x00\x00\x00\x03\x00\x01\x00\x00\x00\x00\x03\x00\x00\x00Eva")) + `}}b}`, "ab\nb\na\nEva"},
		{"binary data is passed over", `{\rtf1 a{\pict\bin4 }}}}}b}`, "ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, reasons := attach.Read("a.rtf", "", []byte(c.rtf), attach.NewBudget(), help)
			got := strings.TrimSpace(strings.ReplaceAll(text, "\n\n", "\n"))
			if want := c.want; got != want || len(reasons) > 0 {
				t.Errorf("got %q, %v; want %q", got, reasons, want)
			}
		})
	}
}

// TestCorpusRTFHasText: no file is passed over in silence.
func TestCorpusRTFHasText(t *testing.T) {
	dir := corpus(t, "unrtf")
	eachFile(t, dir, func(path string, data []byte) {
		if attach.Detect(path, "", data) != "rtf" {
			return
		}
		text, reasons := attach.Read(filepath.Base(path), "", data, attach.NewBudget(), help)
		if strings.TrimSpace(text) == "" && len(reasons) == 0 {
			t.Errorf("%s: neither text nor a reason", filepath.Base(path))
		}
	})
}

func FuzzRTF(f *testing.F) {
	f.Add([]byte(`{\rtf1\ansi\ansicpg1250{\fonttbl{\f0\fcharset238 A;}}\f0\uc1 \u345?\'f8{\*\x y}\bin3 abc}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		attach.Read("a.rtf", "", append([]byte(`{\rtf`), data...), attach.NewBudget(), help)
	})
}

func FuzzOLE(f *testing.F) {
	f.Add([]byte("\xec\xa5\xc1\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		attach.Read("a.doc", "", append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), data...), attach.NewBudget(), help)
	})
}
