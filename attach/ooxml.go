package attach

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"path"
	"slices"
	"sort"
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
		f.Name == "settings.xml", base == "fontTable.xml", base == "webSettings.xml", base == "manifest.xml", base == "layout-cache", strings.Contains(f.Name, "/theme/"):
	case ext == ".rels":
		r.relations(r.unzip(f))
	case ext == ".xml" && strings.HasPrefix(f.Name, "customXml/item"): // data of a form, any XML
		r.charge(f)
		r.xmlText(r.unzip(f))
	case ext == ".bin" && strings.Contains(f.Name, "/activeX/"): // what a control shows
		r.charge(f)
		r.printable(r.unzip(f))
	case ext == ".xml", ext == ".fpage":
		r.charge(f)
		r.officeXML(r.unzip(f))
	case ext == ".odttf", ext == ".wmf", ext == ".emf", ext == ".svm", ext == ".bin" && !strings.Contains(f.Name, "embeddings"):
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
