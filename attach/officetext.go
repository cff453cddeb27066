package attach

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
)

// officeText puts the texts of a part of an office document together. Each paragraph
// is a line, also one that lies in another: of a box, a note, a comment. What elements
// say in attributes (authors, titles, links) stands behind the line, and an element
// without text ends none, so that no mark within a word divides it.
type officeText struct {
	out               *strings.Builder
	limit             int           // bytes of text
	lines             []*officeLine // those begun; the last is being read
	open              []openElement // around the token
	written           int           // bytes of text so far
	size              int           // with what stands in attributes
	inserted, deleted int           // tracked changes around the token
}

// officeLine is a paragraph as it reads now, and as it did before tracked changes.
type officeLine struct {
	now, before, aside strings.Builder
	changed            bool
}

type openElement struct {
	name    xml.Name
	written int // when it began
}

// officeXML adds the texts of a part: runs join within a paragraph, and only
// attributes that hold words count.
func (r *reading) officeXML(data []byte) {
	var out strings.Builder
	o := &officeText{out: &out, limit: r.textLeft, lines: []*officeLine{{}}}
	r.each(r.decoder(data), &out, o.token)
	for len(o.lines) > 1 {
		o.endLine()
	}
	o.flush()
	r.text(out.String())
}

func (o *officeText) token(token xml.Token) {
	switch t := token.(type) {
	case xml.CharData:
		if in := o.in(); in.Local == "instrText" || in.Local == "delInstrText" {
			o.beside(string(t))
		} else if !laidOut(in) || len(bytes.TrimSpace(t)) > 0 {
			o.text(string(t))
		}
	case xml.StartElement:
		o.open = append(o.open, openElement{t.Name, o.written})
		o.start(t)
	case xml.EndElement:
		o.end(t.Name.Local)
	}
}

// in is the element around the token.
func (o *officeText) in() xml.Name {
	if len(o.open) == 0 {
		return xml.Name{}
	}
	return o.open[len(o.open)-1].name
}

func (o *officeText) line() *officeLine { return o.lines[len(o.lines)-1] }

func (o *officeText) start(t xml.StartElement) {
	switch name := t.Name.Local; {
	case ownLine[name]:
		o.lines = append(o.lines, &officeLine{})
	case breaks[name]:
		o.text("\n")
	case name == "ins" || name == "moveTo":
		o.inserted++
	case name == "del" || name == "moveFrom":
		o.deleted++
		o.beside("\n")
	case name == "noBreakHyphen":
		o.text("-")
	case name == "fldChar": // a field's code ends, which may have been in several runs
		o.line().aside.WriteByte('\n')
	case name == "s": // text:s, a run of spaces; in OOXML it has no text at all
		n, err := strconv.Atoi(attr(t, "c"))
		if err != nil {
			n = 1
		}
		o.text(strings.Repeat(" ", min(max(n, 1), 100)))
	}
	more := wordedElement[t.Name.Local]
	for _, a := range t.Attr {
		if a.Value != "" && a.Name.Space != "xmlns" && (worded[a.Name.Local] || slices.Contains(more, a.Name.Local)) {
			o.beside("\n" + a.Value + "\n")
		}
	}
}

func (o *officeText) end(name string) {
	before := -1 // an end without a beginning ends what there is
	if n := len(o.open); n > 0 {
		before = o.open[n-1].written
		o.open = o.open[:n-1]
	}
	switch {
	case ownLine[name] && len(o.lines) > 1:
		o.endLine()
		o.written = before // it is no text of what stands around it
	case name == "ins" || name == "moveTo":
		o.inserted = max(0, o.inserted-1)
	case name == "del" || name == "moveFrom":
		o.deleted = max(0, o.deleted-1)
		o.beside("\n")
	case !inline[name] && (before < o.written || o.line().empty()):
		o.flush()
	}
}

func (o *officeText) endLine() {
	o.flush()
	o.lines = o.lines[:len(o.lines)-1]
}

// text adds a piece to the line as it reads now, and to what it was before.
func (o *officeText) text(s string) {
	if o.size > o.limit {
		return
	}
	line := o.line()
	o.written, o.size = o.written+len(s), o.size+len(s)
	if o.inserted+o.deleted > 0 && !line.changed {
		line.changed = true
		line.before.WriteString(line.now.String())
	}
	if o.deleted == 0 {
		line.now.WriteString(s)
	} else {
		o.beside(s) // alone too: what was typed over it may touch what stood behind it
	}
	if line.changed && (o.inserted == 0 || o.deleted > 0) {
		line.before.WriteString(s)
	}
}

// beside adds what stands behind the line.
func (o *officeText) beside(s string) {
	if o.size <= o.limit {
		o.size += len(s)
		o.line().aside.WriteString(s)
	}
}

// flush writes the line.
func (o *officeText) flush() {
	line := o.line()
	now, before := line.now.String(), line.before.String()
	if now == before {
		before = ""
	}
	aside := line.aside.String()
	if before != "" && strings.TrimSpace(aside) == strings.TrimSpace(before) {
		aside = "" // the whole line was deleted
	}
	for _, s := range []string{now, before, aside} {
		if s != "" {
			o.out.WriteString(s + "\n")
		}
	}
	*line = officeLine{}
}

func (l *officeLine) empty() bool { return l.now.Len()+l.before.Len() == 0 }

// laidOut: white space between the elements of OOXML, but for its texts, says nothing.
func laidOut(in xml.Name) bool {
	return (in.Space == "w" || in.Space == "a") && in.Local != "t" && in.Local != "delText"
}

func set(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, name := range names {
		m[name] = true
	}
	return m
}

// ownLine elements are a line of their own wherever they stand.
var ownLine = set("p", "h", "note-citation", "creator", "creator-initials", "date", "rt", "ruby-text")

// breaks are elements that part words without a text: white space, and what is drawn
// in the line.
var breaks = set("tab", "ptab", "br", "cr", "line-break", "inline", "pict", "object", "frame")

// inline elements have text, and don't end a word.
var inline = set("t", "r", "span", "a", "b", "i", "u", "s", "hyperlink", "ins", "del", "moveTo", "moveFrom", "delText", "instrText", "delInstrText", "smartTag", "sdt", "sdtContent", "customXml", "dir", "bdo",
	"B", "I", "U", "S", "Font", "Span", "meta", "ruby", "rubyBase", "ruby-base", "tspan", "softHyphen", "noBreakHyphen")

// worded attributes hold what a person wrote.
var worded = set("author", "initials", "title", "descr", "description", "alias", "href", "instr", "tooltip", "display", "displayName", "displayText", "lastValue", "string-value", "date-value", "value", "current-value", "formula", "label", "alt", "userId", "userName", "caption",
	"UnicodeString")

// wordedElement: those that hold it in attributes whose names say nothing elsewhere.
// Of WordprocessingML: content controls, variables, fields of forms, bookmarks, tables
// read out, the letters of a series; of the others: who comments, sheets, columns,
// lists to choose from.
var wordedElement = map[string][]string{
	"alias": {"val"}, "tag": {"val", "name"}, "docVar": {"name", "val"}, "default": {"val"}, "statusText": {"val"}, "helpText": {"val"}, "name": {"val"}, "listEntry": {"val"}, "bookmarkStart": {"name"}, "permStart": {"ed"},
	"tblCaption": {"val"}, "tblDescription": {"val"}, "attr": {"val"}, "textpath": {"string"}, "lvlText": {"val"}, "docPr": {"name"}, "cNvPr": {"name"}, "property": {"name"},
	"connectString": {"val"}, "query": {"val"}, "addressFieldName": {"val"}, "mailSubject": {"val"}, "mappedName": {"val"},
	"cmAuthor": {"name"}, "author": {"name"}, "section": {"name"}, "cSld": {"name"}, "custShow": {"name"}, "sheetName": {"val"}, "tableColumn": {"name", "totalsRowLabel"}, "table": {"name"}, "connection": {"name"}, "dbPr": {"connection", "command"},
	"pivotField": {"name"}, "dataField": {"name"}, "userInfo": {"name"}, "webPr": {"url"}, "textPr": {"sourceFile"}, "listItem": {"val"}, "definedName": {"name"},
	"page": {"name"}, "user-defined": {"name"}, "user-field-decl": {"name"}, "variable-decl": {"name"}, "bookmark": {"name"}, "bookmark-start": {"name"}, "named-range": {"name"}, "named-expression": {"name", "expression"}, "content-validation": {"name", "condition"}, "database-range": {"name"},
	"control": {"name"}, "frame": {"name"}, "custom-shape": {"name"}, "g": {"name"}, "drop-down": {"name"}, "database-display": {"column-name"}, "checkbox": {"name"}, "text": {"name"}, "textarea": {"name"}, "listbox": {"name"}, "combobox": {"name"}, "radio": {"name"},
}
