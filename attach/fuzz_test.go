package attach

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
	"unicode/utf8"
)

// plain stands for the room above.
var plain = Help{
	Decode:  func(data []byte) string { return strings.ToValidUTF8(string(data), "\ufffd") },
	HTML:    func(source string) (string, string) { return source, "" },
	Message: func(data []byte, _ *Budget) (string, []string) { return string(data), nil },
}

// readable reads data, which may be anything: it ends, and gives UTF-8.
func readable(t *testing.T, name string, data []byte) {
	text, reasons := Read(name, "", data, NewBudget(), plain)
	if !utf8.ValidString(text) {
		t.Errorf("%s: no UTF-8: %q", name, text)
	}
	if len(data) > 0 && text == "" && len(reasons) == 0 {
		t.Errorf("%s: neither text nor a reason", name)
	}
}

// FuzzDetect reads data as what it is, whatever it is called.
func FuzzDetect(f *testing.F) {
	for name, data := range map[string]string{"a.txt": "ahoj", "a.html": "<p>a", "a.eml": "Subject: a\n\nb", "a.mbox": "From a@b Mon Jan  1 00:00:00 2024\nSubject: a\n\nb", "a.xml": "<?xml version='1.0'?><a b='c'>d</a>", "a.mp3": "ID3", "a.vcf": "BEGIN:VCARD\nN;QUOTED-PRINTABLE:=C5=\n=99\n", "a.csv": "a\x00\xff"} {
		f.Add(name, []byte(data))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) { readable(t, name, data) })
}

// FuzzArchive reads archives: data is one, or the content of one in a gzip file.
func FuzzArchive(f *testing.F) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"a.txt", "b/č.csv"} {
		w, err := z.Create(name)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := w.Write([]byte("Jana")); err != nil {
			f.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	for _, head := range []string{"BZh91AY&SY", "\xfd7zXZ\x00\x00\x04", "Rar!\x1a\x07\x01\x00", "Rar!\x1a\x07\x00", "\x1f\x8b\x08\x00", strings.Repeat("a", 257) + "ustar\x0000"} {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		readable(t, "a", data)
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		readable(t, "a.gz", packed.Bytes())
	})
}

// FuzzOffice reads a part of an office document.
func FuzzOffice(f *testing.F) {
	f.Add("word/document.xml", "<w:p><w:r><w:t>Jana</w:t><w:tab/></w:r></w:p>")
	f.Add("word/_rels/document.xml.rels", `<Relationship TargetMode="External" Target="mailto:a@b.cz"/>`)
	f.Add("xl/worksheets/sheet1.xml", `<row><c t="s"><v>0</v></c><c s="1"><v>45000.5</v></c></row><oddHeader>&amp;L&amp;"Arial"&amp;12a</oddHeader>`)
	f.Add("xl/styles.xml", `<numFmts><numFmt numFmtId="200" formatCode="d.m."/></numFmts><cellXfs><xf numFmtId="200"/></cellXfs>`)
	f.Add("xl/sharedStrings.xml", `<si><t>a</t></si>`)
	f.Add("content.xml", `<text:p>a<text:s c="3"/>b</text:p>`)
	f.Fuzz(func(t *testing.T, name, content string) {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, part := range []struct{ name, content string }{{"mimetype", "application/vnd.oasis.opendocument.text"}, {name, content}} {
			if part.name == "mimetype" && name != "content.xml" {
				continue
			}
			w, err := z.Create(part.name)
			if err != nil {
				return
			}
			if _, err := w.Write([]byte(part.content)); err != nil {
				return // a folder
			}
		}
		if err := z.Close(); err != nil {
			return // a name that zip can't hold
		}
		readable(t, "a", b.Bytes())
	})
}

// FuzzStorage reads a storage of a compound file by its streams.
func FuzzStorage(f *testing.F) {
	word := make([]byte, 0x1aa)
	copy(word, "\xec\xa5\xc1\x00")
	word[0x1a6] = 21
	f.Add("WordDocument", word, "0Table", []byte("\x02\x10\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00"))
	f.Add("PowerPoint Document", []byte("\x00\x00\xa8\x0f\x04\x00\x00\x00ahoj\x0f\x00\xf0\x03\x08\x00\x00\x00\x00\x00\xa0\x0f\x00\x00\x00\x00"), "Current User", make([]byte, 16))
	f.Add("__properties_version1.0", []byte("x"), "__substg1.0_1000001F", []byte("a\x00"))
	f.Add("Ole10Native", []byte("\x10\x00\x00\x00\x02\x00a.txt\x00c:\\a.txt\x00\x00\x00\x03\x00\x02\x00\x00\x00a\x00\x04\x00\x00\x00ahoj"), "x", []byte("x"))
	f.Add("SummaryInformation", []byte("\xfe\xff\x00\x00"), "Package", []byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, name string, data []byte, second string, more []byte) {
		r := &reading{Budget: NewBudget(), help: plain}
		func() {
			defer func() { _ = recover() }() // as read does: a damaged file
			r.storage([]stream{{name: name, data: data}, {name: second, data: more}})
			r.properties(data)
		}()
	})
}

// FuzzImage reads what is kept beside pictures.
func FuzzImage(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x05tEXta\x00ahoj\x00\x00\x00\x00"))
	f.Add([]byte("\xff\xd8\xff\xfe\x00\x06ahoj\xff\xe1\x00\x10Exif\x00\x00II*\x00\x08\x00\x00\x00"))
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x0e\x01\x02\x00\x05\x00\x00\x00\x1a\x00\x00\x00\x00\x00\x00\x00Jana\x00"))
	f.Add([]byte("GIF89a\x08\x00\x08\x00\x00\x00\x00\x21\xfe\x04ahoj\x00\x2c\x00\x00\x00\x00\x08\x00\x08\x00\x00\x02\x01\x00\x00\x3b"))
	f.Add([]byte("RIFF\x20\x00\x00\x00WEBPEXIF\x08\x00\x00\x00II*\x00\x08\x00\x00\x00"))
	f.Add([]byte("GIF89a<x:xmpmeta><a b='c'>d</a></x:xmpmeta>"))
	f.Fuzz(func(t *testing.T, data []byte) { readable(t, "a.png", data) })
}

// FuzzPDF reads a page's content and the objects of a document.
func FuzzPDF(f *testing.F) {
	f.Add("BT /F 12 Tf (Jana) Tj ET", "<</Type/Annot/Subtype/Text/Contents(ahoj)/Rect[0 0 9 9]>>")
	f.Add("/X Do", "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 5>>stream\n/X Do\nendstream")
	f.Fuzz(func(t *testing.T, content, object string) {
		readable(t, "a.pdf", []byte("%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/Outlines 5 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Annots[5 0 R]/Resources<</XObject<</X 5 0 R>>>>>>endobj 4 0 obj<<>>stream\n"+content+"\nendstream endobj 5 0 obj"+object+"endobj trailer<</Root 1 0 R>>"))
	})
}
