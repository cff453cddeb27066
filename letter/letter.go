// Package letter sets the letters that the law asks for: an answer to a request,
// a refusal, a receipt. A Letter says what stands in it; PDF (pdf.go) and HTML
// (html.go) say how it looks. It knows no law and no person, and nothing of ours.
//
// Same letter, same bytes: both forms depend on the fields alone. The PDF carries
// its own fonts (Latin, Greek and Cyrillic); a sign that they lack becomes □ there
// and stays itself in HTML. The HTML stands alone: no script, nothing loaded.
package letter

import "time"

// Letter is a whole letter. Empty fields are left out.
type Letter struct {
	Lang      string   // BCP 47: "cs" or "en"
	Sender    []string // lines, name first
	Addressee []string // lines, name first
	Place     string   // where it was written
	Date      time.Time
	Reference string // of the matter, with its label
	Title     string
	Body      []Block
	Signature []string // lines under the text; a line stays free above for the hand
	Foot      string   // small, at the foot of each page
}

// Block is a piece of the body: Heading, Paragraph, List or Table.
type Block interface{ block() }

// Heading of what follows it; it never stands alone at a page's foot.
type Heading string

// Paragraph of running text; a line break in it is kept.
type Paragraph string

// List of points without order.
type List []string

// Table of texts; Head may be empty. Rows may be shorter than the widest one.
type Table struct {
	Head []string
	Rows [][]string
}

func (Heading) block()   {}
func (Paragraph) block() {}
func (List) block()      {}
func (Table) block()     {}

var months = [...]string{"ledna", "února", "března", "dubna", "května", "června", "července", "srpna", "září", "října", "listopadu", "prosince"}

// Day writes a date as a letter in that language does: "5. března 2027", "5 March 2027".
func Day(lang string, t time.Time) string {
	if lang == "cs" {
		return t.Format("2. ") + months[t.Month()-1] + t.Format(" 2006")
	}
	return t.Format("2 January 2006")
}

// dateLine is "Brno, 5. března 2027", or what there is of it.
func (l Letter) dateLine() string {
	switch {
	case l.Date.IsZero():
		return l.Place
	case l.Place == "":
		return Day(l.Lang, l.Date)
	}
	return l.Place + ", " + Day(l.Lang, l.Date)
}

// width is how many columns the table has.
func (t Table) width() int {
	n := len(t.Head)
	for _, row := range t.Rows {
		n = max(n, len(row))
	}
	return n
}
