package attach

import (
	"slices"
	"strings"
	"testing"
)

// TestWordsOfAnOfficeDocument: what stands within a word, and beside the text.
func TestWordsOfAnOfficeDocument(t *testing.T) {
	const by = `w:author="Eva Malá"`
	for name, c := range map[string]struct {
		xml  string
		want []string // lines
	}{
		"a tracked insertion in a word":     {`<w:p><w:r><w:t>No</w:t></w:r><w:ins ` + by + `><w:r><w:t>vák</w:t></w:r></w:ins></w:p>`, []string{"Novák", "No", "Eva Malá"}},
		"a tracked change of a word":        {`<w:p><w:r><w:t>No</w:t></w:r><w:del ` + by + `><w:r><w:delText>wá</w:delText></w:r></w:del><w:ins ` + by + `><w:r><w:t>vá</w:t></w:r></w:ins><w:r><w:t>k</w:t></w:r></w:p>`, []string{"Novák", "Nowák", "Eva Malá", "wá"}},
		"a deletion beside other text":      {`<w:p><w:del ` + by + `><w:r><w:delText>jan@no</w:delText></w:r><w:r><w:delText>vak.cz</w:delText></w:r></w:del><w:r><w:t>777123456</w:t></w:r></w:p>`, []string{"777123456", "jan@novak.cz777123456", "Eva Malá", "jan@novak.cz"}},
		"a comment on part of a word":       {`<w:p><w:r><w:t>No</w:t></w:r><w:commentRangeStart w:id="1"/><w:r><w:t>vá</w:t></w:r><w:commentRangeEnd w:id="1"/><w:r><w:commentReference w:id="1"/></w:r><w:r><w:t>k</w:t></w:r></w:p>`, []string{"Novák"}},
		"marks of permission and bookmarks": {`<w:p><w:r><w:t>No</w:t></w:r><w:permStart w:ed="a@b.cz"/><w:bookmarkStart w:name="Jan_N"/><w:r><w:rPr><w:strike/><w14:glow><w14:x/></w14:glow></w:rPr><w:t>vák</w:t></w:r></w:p>`, []string{"Novák", "a@b.cz", "Jan_N"}},
		"a content control in a word":       {`<w:p><w:r><w:t>No</w:t></w:r><w:sdt><w:sdtPr><w:alias w:val="jméno"/></w:sdtPr><w:sdtContent><w:r><w:t>vá</w:t></w:r></w:sdtContent></w:sdt><w:r><w:t>k</w:t></w:r></w:p>`, []string{"Novák", "jméno"}},
		"a field's code in pieces":          {`<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "mailto:jan</w:instrText></w:r><w:r><w:instrText>@a.cz"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>zde</w:t></w:r></w:p>`, []string{`HYPERLINK "mailto:jan@a.cz"`, "zde"}},
		"a box in a paragraph":              {`<w:p><w:r><w:t>Jan </w:t></w:r><w:r><mc:AlternateContent><w:txbxContent><w:p><w:r><w:t>Petr Malý</w:t></w:r></w:p></w:txbxContent></mc:AlternateContent></w:r><w:r><w:t>Novák</w:t></w:r></w:p>`, []string{"Petr Malý", "Jan Novák"}},
		"a note of ODF behind a name":       {`<text:p>Jan Novák<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>pozn.</text:p></text:note-body></text:note>, Brno</text:p>`, []string{"1", "pozn.", "Jan Novák, Brno"}},
		"a comment of ODF in a word":        {`<text:p>Jan No<office:annotation><dc:creator>Eva</dc:creator><text:p>opravit</text:p></office:annotation>vák</text:p>`, []string{"Eva", "opravit", "Jan Novák"}},
		"XML laid out in lines":             {"<w:p>\n <w:r>\n  <w:t>No</w:t>\n </w:r>\n <w:r>\n  <w:t>vák</w:t>\n </w:r>\n</w:p>", []string{"Novák"}},
		"a tab and a break":                 {`<w:p><w:r><w:t>Jan</w:t></w:r><w:r><w:tab/></w:r><w:r><w:t>Novák</w:t></w:r><w:r><w:br/></w:r><w:r><w:t>Brno</w:t></w:r></w:p>`, []string{"Jan", "Novák", "Brno"}},
		"lists and names of a form":         {`<w:p><w:listItem w:displayText="Jan" w:value="j"/><w:listEntry w:val="Eva"/><w:tblCaption w:val="Lidé"/><wp:docPr name="Novák.jpg"/></w:p>`, []string{"Jan", "j", "Eva", "Lidé", "Novák.jpg"}},
		"a list to choose from of ODF":      {`<table:content-validation table:condition="of:cell-content-is-in-list(&quot;Novák&quot;)"/>`, []string{`of:cell-content-is-in-list("Novák")`}},
	} {
		got := readZipped(t, "a.docx", map[string]string{"word/document.xml": c.xml})
		var lines []string
		for line := range strings.Lines(got) {
			if line = strings.TrimSpace(line); line != "" && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
		if !slices.Equal(lines, c.want) {
			t.Errorf("%s: got %q, want %q", name, lines, c.want)
		}
	}
}

func TestPartsOfAWordDocument(t *testing.T) {
	got := readZipped(t, "a.docx", map[string]string{
		"word/document.xml":        `<w:p/>`,
		"word/settings.xml":        `<w:settings><w:docVar w:name="osoba" w:val="Jan Novák"/></w:settings>`,
		"customXml/item1.xml":      `<o mail="jan@novak.cz"/>`,
		"word/activeX/activeX.bin": "\x00\x01Jana Bílá\x00",
	})
	for _, want := range []string{"Jan Novák", "jan@novak.cz", "Jana Bílá"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}
