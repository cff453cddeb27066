package attach

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
	"time"
)

// workbook is what the cells of a sheet need to be shown.
type workbook struct {
	dates  map[int]bool // cell styles (index in cellXfs) that show a date
	epoch  time.Time    // day 0 of dates
	shared []string     // texts by number, ECMA-376 Part 1 §18.4.9
	used   map[int]bool // those that a cell shows
}

// readShared keeps the shared strings for the cells: a first name and a surname
// beside each other are found as a name.
func (w *workbook) readShared(r *reading, data []byte) {
	var item strings.Builder
	inside := false
	r.each(r.decoder(data), &item, func(token xml.Token) {
		switch t := token.(type) {
		case xml.StartElement:
			inside = t.Name.Local == "t"
		case xml.CharData:
			if inside {
				item.Write(t)
			}
		case xml.EndElement:
			inside = false
			if t.Name.Local == "si" {
				w.shared = append(w.shared, item.String())
				item.Reset()
			}
		}
	})
}

// unused adds the shared strings that no cell shows: deleted, and still in the file.
func (w *workbook) unused(r *reading) {
	for i, s := range w.shared {
		if !w.used[i] {
			r.text(s)
		}
	}
}

// readStyles notes which cell styles show dates, ECMA-376 Part 1 §18.8.30.
func (w *workbook) readStyles(data []byte) {
	custom := map[int]string{}
	inCells, n := false, 0
	eachElement(data, func(e xml.StartElement) {
		switch e.Name.Local {
		case "numFmt":
			id, _ := strconv.Atoi(attr(e, "numFmtId")) // 0 is the general format
			custom[id] = attr(e, "formatCode")
		case "cellXfs":
			inCells = true
		case "cellStyles", "dxfs":
			inCells = false
		case "xf":
			if inCells {
				id, _ := strconv.Atoi(attr(e, "numFmtId"))
				w.style(n, id, custom[id])
				n++
			}
		}
	})
}

// style notes how the style of that number shows numbers: by a built-in format, or
// by the code of one that the book defines.
func (w *workbook) style(n, format int, code string) {
	w.dates[n] = isDateFormat(code) || code == "" && (format >= 14 && format <= 22 || format >= 27 && format <= 36 || format >= 45 && format <= 47 || format >= 50 && format <= 58)
}

// isDateFormat: a letter of dates outside quotes, brackets and escapes.
func isDateFormat(code string) bool {
	quoted, bracket, escaped := false, false, false
	for _, c := range strings.ToLower(code) {
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case c == '[' || c == ']':
			bracket = c == '['
		case !quoted && !bracket && strings.ContainsRune("ymdhs", c):
			return true
		}
	}
	return false
}

func eachElement(data []byte, fn func(xml.StartElement)) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = false
	for {
		token, err := d.RawToken()
		if err != nil {
			return
		}
		if e, ok := token.(xml.StartElement); ok {
			fn(e)
		}
	}
}

// readNames adds the sheets' names, the defined ones with what they stand for, and
// learns the epoch.
func (w *workbook) readNames(r *reading, data []byte) {
	var b strings.Builder
	r.each(r.decoder(data), &b, func(token xml.Token) {
		switch t := token.(type) {
		case xml.CharData: // what a name stands for: a range, or a value
			b.Write(t)
		case xml.StartElement:
			switch t.Name.Local {
			case "sheet", "definedName":
				b.WriteString("\n" + attr(t, "name") + "\n")
			case "workbookPr":
				if v := attr(t, "date1904"); v == "1" || v == "true" {
					w.epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
				}
			}
		}
	})
	r.text(b.String())
}

// readSheet adds what the cells show, with formulas, a row a line.
func (w *workbook) readSheet(r *reading, data []byte) {
	var b strings.Builder
	var cell xml.StartElement
	inside := ""
	r.each(r.decoder(data), &b, func(token xml.Token) {
		switch t := token.(type) {
		case xml.StartElement:
			inside = t.Name.Local
			if inside == "c" {
				cell = t.Copy()
			}
			for _, name := range []string{"display", "tooltip", "location", "prompt", "promptTitle"} {
				b.WriteString(spaced(attr(t, name)))
			}
		case xml.EndElement:
			inside = ""
			switch t.Name.Local {
			case "is":
				b.WriteByte('\t')
			case "row":
				b.WriteByte('\n')
			}
		case xml.CharData:
			b.WriteString(w.shown(cell, inside, string(t)))
		}
	})
	r.text(b.String())
}

func spaced(s string) string {
	if s == "" {
		return ""
	}
	return s + "\n"
}

// shown is a cell's piece of text, raw and as a reader of the sheet sees it.
func (w *workbook) shown(cell xml.StartElement, inside, s string) string {
	switch kind := attr(cell, "t"); {
	case inside == "t":
		return s
	case strings.HasSuffix(inside, "Header") || strings.HasSuffix(inside, "Footer"):
		return spaced(pageHeader(s))
	case inside != "v" && inside != "f":
		return spaced(strings.TrimSpace(s))
	case kind == "s" && inside == "v":
		i, err := strconv.Atoi(s)
		if err != nil {
			return ""
		}
		return w.sharedText(i)
	case inside == "f" || kind != "" && kind != "n":
		return s + "\t"
	}
	style, _ := strconv.Atoi(attr(cell, "s"))
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s + "\t"
	}
	shown := w.number(n, style)
	if strings.HasSuffix("\t"+shown, "\t"+s+"\t") {
		return shown
	}
	return s + "\t" + shown
}

// number is one as a reader of the sheet sees it, and as it is stored.
func (w *workbook) number(n float64, style int) string {
	raw := strconv.FormatFloat(n, 'f', -1, 64)
	if w.dates[style] && n > 0 && n < 3e6 {
		return w.date(n) + "\t" + raw + "\t"
	}
	return raw + "\t"
}

func (w *workbook) sharedText(i int) string {
	if i < 0 || i >= len(w.shared) {
		return ""
	}
	w.used[i] = true
	return w.shared[i] + "\t"
}

// date writes a serial number both ways a person may look for it.
func (w *workbook) date(n float64) string {
	epoch := w.epoch
	if epoch.IsZero() {
		epoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	}
	at := epoch.Add(time.Duration(n*86400+0.5) * time.Second)
	if n < 1 {
		return at.Format("15:04:05")
	}
	return at.Format("2006-01-02 2.1.2006 15:04")
}
