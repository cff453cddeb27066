package attach

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// readOOXML reads DOCX and PPTX (ECMA-376), and XPS and EPUB, which are built
// alike: every XML part, so that notes, comments, headers and relations are in it,
// and every embedded file.
func readOOXML(r *reading, data []byte) {
	r.eachZip(data, func(f *zip.File) { r.officePart(f) })
}

// readODF reads ODT, ODS, ODP and ODG the same way (ISO 26300). A manifest that
// names an encryption algorithm means that the parts are noise.
func readODF(r *reading, data []byte) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		r.failed(err)
		return
	}
	for _, f := range z.File {
		if f.Name == "META-INF/manifest.xml" && bytes.Contains(r.unzip(f), []byte("encryption-data")) {
			r.unreadable(Encrypted)
			return
		}
	}
	r.eachZip(data, func(f *zip.File) { r.officePart(f) })
}

// officePart reads one part of an office document.
func (r *reading) officePart(f *zip.File) {
	base := path.Base(f.Name)
	switch ext := strings.ToLower(path.Ext(base)); {
	case f.FileInfo().IsDir(), base == "[Content_Types].xml", base == "mimetype", strings.HasPrefix(f.Name, "Thumbnails/"), strings.HasPrefix(f.Name, "ObjectReplacements/"), strings.HasPrefix(f.Name, "Configurations2/"),
		base == "settings.xml", base == "fontTable.xml", base == "webSettings.xml", base == "manifest.xml", base == "layout-cache", strings.Contains(f.Name, "/theme/"):
	case ext == ".rels":
		r.relations(r.unzip(f))
	case ext == ".xml", ext == ".fpage":
		r.charge(f)
		r.officeXML(r.unzip(f))
	case ext == ".odttf", ext == ".wmf", ext == ".emf", ext == ".bin" && !strings.Contains(f.Name, "embeddings"):
	default:
		r.media(base, r.unzip(f))
	}
}

// charge counts an unpacked part against the bounds.
func (r *reading) charge(f *zip.File) {
	r.filesLeft--
	r.bytesLeft -= int(min(f.UncompressedSize64, maxFile))
}

// media reads an embedded file. That a document has pictures is no reason.
func (r *reading) media(name string, data []byte) {
	had := slices.Contains(r.reasons, PictureOnly)
	r.file(name, data)
	if !had && Detect(name, "", data) == "image" {
		r.reasons = slices.DeleteFunc(r.reasons, func(reason string) bool { return reason == PictureOnly })
	}
}

// relations adds the targets outside the document: links.
func (r *reading) relations(data []byte) {
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.RawToken()
		if err != nil {
			return
		}
		if e, ok := token.(xml.StartElement); ok && attr(e, "TargetMode") == "External" {
			r.text(attr(e, "Target"))
		}
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// officeXML adds the texts of a part: runs join within a paragraph, and only
// attributes that hold words count (authors, titles, descriptions, links).
func (r *reading) officeXML(data []byte) {
	r.tokens(r.decoder(data), officeToken)
}

func officeToken(b *strings.Builder, token xml.Token) {
	switch t := token.(type) {
	case xml.CharData:
		b.Write(t)
	case xml.StartElement:
		switch t.Name.Local {
		case "tab", "br", "cr", "line-break":
			b.WriteByte('\n')
		case "noBreakHyphen":
			b.WriteByte('-')
		case "s": // text:s, a run of spaces; in OOXML it has no text at all
			n, err := strconv.Atoi(attr(t, "c"))
			if err != nil {
				n = 1
			}
			b.WriteString(strings.Repeat(" ", min(max(n, 1), 100)))
		}
		for _, a := range t.Attr {
			if (worded[a.Name.Local] || a.Name.Local == "val" && wordedElement[t.Name.Local]) && a.Value != "" {
				b.WriteString("\n" + a.Value + "\n")
			}
		}
	case xml.EndElement:
		if !inline[t.Name.Local] {
			b.WriteByte('\n')
		}
	}
}

// worded attributes hold what a person wrote.
var worded = map[string]bool{"author": true, "initials": true, "title": true, "descr": true, "alias": true, "href": true, "instr": true, "tooltip": true, "display": true, "string-value": true, "date-value": true, "value": true, "current-value": true, "userId": true, "UnicodeString": true, "name": false}

// wordedElement: those of WordprocessingML that hold it in "val": name and mark of a
// content control, a variable, a field of a form with its default and its help.
var wordedElement = map[string]bool{"alias": true, "tag": true, "docVar": true, "default": true, "statusText": true, "helpText": true}

// inline elements don't end a word.
var inline = map[string]bool{"t": true, "r": true, "rPr": true, "span": true, "a": true, "s": true, "b": true, "i": true, "u": true, "sz": true, "szCs": true, "lang": true, "rFonts": true, "color": true, "rStyle": true, "proofErr": true,
	"noProof": true, "bookmarkStart": true, "bookmarkEnd": true, "lastRenderedPageBreak": true, "hyperlink": true, "ins": true, "smartTag": true, "bCs": true, "iCs": true, "bookmark-start": true, "bookmark-end": true, "softHyphen": true, "bookmark": true,
	"noBreakHyphen": true, "vertAlign": true, "highlight": true, "kern": true, "spacing": true, "w": true, "shd": true, "latin": true, "solidFill": true, "srgbClr": true, "schemeClr": true, "soft-page-break": true, "ea": true, "cs": true, "sym": true, "effectLst": true, "caps": true, "tspan": true}

// readXLSX reads workbooks: cells show strings by number, and dates by style, so
// they come after these; all other parts as in readOOXML.
func readXLSX(r *reading, data []byte) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		r.failed(err)
		return
	}
	w := &workbook{dates: map[int]bool{}, used: map[int]bool{}}
	files := append([]*zip.File(nil), z.File...)
	sort.SliceStable(files, func(i, j int) bool { return sheetOrder(files[i].Name) < sheetOrder(files[j].Name) })
	for _, f := range files {
		if r.over() {
			return
		}
		switch {
		case strings.HasSuffix(f.Name, "styles.xml"):
			w.readStyles(r.unzip(f))
		case strings.HasSuffix(f.Name, "/sharedStrings.xml"):
			r.charge(f)
			w.readShared(r, r.unzip(f))
		case strings.HasSuffix(f.Name, "/workbook.xml"):
			r.charge(f)
			w.readNames(r, r.unzip(f))
		case strings.HasPrefix(f.Name, "xl/worksheets/") && strings.HasSuffix(f.Name, ".xml"):
			r.charge(f)
			w.readSheet(r, r.unzip(f))
		case strings.HasPrefix(f.Name, "xl/") && strings.HasSuffix(f.Name, ".bin") && !strings.Contains(f.Name, "embeddings") && !notSheets[path.Base(strings.TrimRight(strings.TrimSuffix(f.Name, ".bin"), "0123456789"))]:
			r.charge(f)
			w.readBinary(r, r.unzip(f))
		case strings.HasPrefix(f.Name, "xl/pivotCache/") && strings.HasSuffix(f.Name, ".xml"): // copies of cells, as attributes
			r.charge(f)
			r.xmlText(r.unzip(f))
		default:
			r.officePart(f)
		}
	}
	w.unused(r)
}

// notSheets are binary parts that hold no records of a workbook.
var notSheets = map[string]bool{"vbaProject": true, "printerSettings": true, "activeX": true, "binaryIndex": true, "attachedToolbars": true}

func sheetOrder(name string) int {
	switch {
	case strings.HasSuffix(name, "styles.xml"), strings.HasSuffix(name, "styles.bin"):
		return 0
	case strings.HasPrefix(name, "xl/worksheets/"):
		return 2
	}
	return 1
}
