package attach

import (
	"bytes"
	"encoding/xml"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// workbook is what the cells of a sheet need to be shown.
type workbook struct {
	codes  map[int]string // of cell styles whose numbers look like one of a phone or an order
	dates  map[int]bool   // cell styles (index in cellXfs) that show a date
	epoch  time.Time      // day 0 of dates
	shared []string       // texts by number, ECMA-376 Part 1 §18.4.9
	used   map[int]bool   // those that a cell shows
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
	if isPattern(code) {
		if w.codes == nil {
			w.codes = map[int]string{}
		}
		w.codes[n] = code
	}
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
			for _, name := range []string{"display", "tooltip", "location", "prompt", "promptTitle", "error", "errorTitle"} {
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
	if code := w.codes[style]; code != "" && n >= 0 && n < 1e15 && n == math.Trunc(n) {
		if shown := patterned(code, raw); shown != raw {
			return shown + "\t" + raw + "\t"
		}
	}
	return raw + "\t"
}

// isPattern: digits stand at their places in it, among signs and words: "000 000 000",
// "OBJ-"0000. Those for amounts and dates have other letters.
func isPattern(code string) bool {
	digits := 0
	for _, piece := range patternPieces(code) {
		switch {
		case piece.literal:
		case piece.c == '0' || piece.c == '#':
			digits++
		case !strings.ContainsRune(" -+()/", piece.c):
			return false
		}
	}
	return digits > 1 || digits == 1 && len(code) > 1
}

// patternPiece is one character of a number format.
type patternPiece struct {
	c       rune
	literal bool // in quotes, or behind a backslash
}

// patternPieces are those of its first section, which is that of positive numbers.
func patternPieces(code string) (pieces []patternPiece) {
	quoted, escaped := false, false
	for _, c := range code {
		switch {
		case escaped:
			pieces, escaped = append(pieces, patternPiece{c, true}), false
		case c == '"':
			quoted = !quoted
		case quoted:
			pieces = append(pieces, patternPiece{c, true})
		case c == '\\':
			escaped = true
		case c == ';':
			return pieces
		default:
			pieces = append(pieces, patternPiece{c, false})
		}
	}
	return pieces
}

// patterned puts digits into a pattern, from the last place to the first, which takes
// all that are left.
func patterned(code, digits string) string {
	var back []rune
	pieces := patternPieces(code)
	first := slices.IndexFunc(pieces, func(p patternPiece) bool { return !p.literal && (p.c == '0' || p.c == '#') })
	for i := len(pieces) - 1; i >= 0; i-- {
		p := pieces[i]
		if p.literal || p.c != '0' && p.c != '#' {
			back = append(back, p.c)
			continue
		}
		n := min(1, len(digits))
		if i == first {
			n = len(digits)
		}
		for ; n > 0; n-- {
			back, digits = append(back, rune(digits[len(digits)-1])), digits[:len(digits)-1]
			p.c = '#'
		}
		if p.c == '0' {
			back = append(back, '0')
		}
	}
	slices.Reverse(back)
	return strings.TrimSpace(string(back))
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
