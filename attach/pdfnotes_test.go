package attach

import (
	"bytes"
	"compress/zlib"
	"slices"
	"strings"
	"testing"
)

// noted has a comment, a link, and a field whose value its parent holds; none of
// them is drawn on the page.
const noted = `%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[
  <</Type/Annot/Subtype/Text/Rect[0 0 9 9]/T(Eva)/Contents<FEFF004A006900590159>>>
  <</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(mailto:jan@firma.cz)>>>>
  7 0 R]>> endobj
4 0 obj <</Length 40>> stream
BT /F1 12 Tf 50 700 Td (Smlouva) Tj ET  
endstream endobj
5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj
6 0 obj <</FT/Tx/T(tel)/V(777123456)/Kids[7 0 R]>> endobj
7 0 obj <</Type/Annot/Subtype/Widget/Parent 6 0 R/Rect[0 40 90 49]>> endobj
trailer <</Size 8/Root 1 0 R>>
`

func TestPDFNotes(t *testing.T) {
	text, reasons := Read("a.pdf", "", []byte(noted), NewBudget(), Help{})
	if len(reasons) > 0 {
		t.Errorf("reasons: %v", reasons)
	}
	got := strings.Split(strings.TrimSpace(text), "\n")
	for _, want := range []string{"Smlouva", "Eva", "JiYř", "mailto:jan@firma.cz", "777123456"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}

// TestPDFFormOfXFA: the values of a form may stand in its packed XML only.
func TestPDFFormOfXFA(t *testing.T) {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write([]byte("<xfa:datasets><jmeno>Jan Novák</jmeno>" + strings.Repeat("<x/>", 100) + "<mail>jan@novak.cz</mail></xfa:datasets>")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := strings.Replace(noted, "trailer", "8 0 obj <</Filter/FlateDecode>> stream\r\n"+packed.String()+"\nendstream endobj\ntrailer", 1)
	text, reasons := Read("a.pdf", "", []byte(file), NewBudget(), Help{})
	if !strings.Contains(text, "Jan Novák\n") || !strings.Contains(text, "jan@novak.cz") || len(reasons) > 0 {
		t.Errorf("got %q, %v", text, reasons)
	}
}
