package letter

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// Measures of the page, in millimetres and points.
const (
	margin   = 22.0
	textSize = 10.0
	line     = 5.2
	half     = 83.0 // of the text's width: the addressee stands in the right one
)

// PDF writes the letter on A4 pages. Its dates are the letter's own.
func (l Letter) PDF(w io.Writer) error {
	f, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return fmt.Errorf("letter's font: %w", err)
	}
	p := &paper{Fpdf: fpdf.New("P", "mm", "A4", ""), font: f}
	p.prepare(l)
	p.head(l)
	for _, b := range l.Body {
		p.block(b)
	}
	p.signature(l.Signature)
	if err := p.Output(w); err != nil {
		return fmt.Errorf("letter as PDF: %w", err)
	}
	return nil
}

// paper is the page being written.
type paper struct {
	*fpdf.Fpdf
	font   *sfnt.Font
	buffer sfnt.Buffer
}

func (p *paper) prepare(l Letter) {
	p.SetCatalogSort(true)                                                              // else the order of fonts changes from run to run
	day := time.Date(l.Date.Year(), l.Date.Month(), l.Date.Day(), 0, 0, 0, 0, time.UTC) // a letter has no time of day
	p.SetCreationDate(day)
	p.SetModificationDate(day)
	p.SetTitle(l.Title, true)
	p.SetLang(l.Lang)
	p.AddUTF8FontFromBytes("go", "", goregular.TTF)
	p.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(true, margin)
	p.SetFooterFunc(func() { p.foot(l.Foot) })
	p.AddPage()
}

func (p *paper) foot(text string) {
	p.SetY(-margin + 6)
	p.size("", 8)
	p.CellFormat(150, 4, p.known(text), "", 0, "L", false, 0, "")
	p.CellFormat(0, 4, strconv.Itoa(p.PageNo()), "", 0, "R", false, 0, "")
}

func (p *paper) head(l Letter) {
	p.lines(l.Sender, margin)
	p.Ln(line)
	p.lines(l.Addressee, margin+half)
	p.Ln(line)
	p.text("", textSize, l.dateLine())
	p.text("B", textSize, l.Reference)
	p.Ln(line)
	p.text("B", 16, l.Title)
	p.Ln(line / 2)
}

// lines writes an address, its first line bold.
func (p *paper) lines(lines []string, at float64) {
	for i, text := range lines {
		style := ""
		if i == 0 {
			style = "B"
		}
		p.size(style, textSize)
		p.SetX(at)
		p.MultiCell(0, line, p.known(text), "", "L", false)
	}
}

func (p *paper) block(b Block) {
	switch b := b.(type) {
	case Heading:
		p.need(4 * line)
		p.Ln(line * 0.7)
		p.text("B", textSize+1, string(b))
	case Paragraph:
		p.text("", textSize, string(b))
		p.Ln(line * 0.3)
	case List:
		for _, point := range b {
			p.point(point)
		}
		p.Ln(line * 0.3)
	case Table:
		p.table(b)
		p.Ln(line * 0.5)
	}
}

func (p *paper) point(text string) {
	p.size("", textSize)
	p.need(line)
	p.CellFormat(5, line, "•", "", 0, "L", false, 0, "")
	p.SetLeftMargin(margin + 5)
	p.MultiCell(0, line, p.known(text), "", "L", false)
	p.SetLeftMargin(margin)
	p.SetX(margin)
}

func (p *paper) signature(lines []string) {
	if len(lines) == 0 {
		return
	}
	p.need(float64(len(lines)+4) * line)
	p.Ln(3 * line)
	for _, l := range lines {
		p.text("", textSize, l)
	}
}

func (p *paper) text(style string, size float64, text string) {
	if text == "" {
		return
	}
	p.size(style, size)
	p.MultiCell(0, line*max(1, size/textSize*0.9), p.known(text), "", "L", false)
}

func (p *paper) size(style string, size float64) { p.SetFont("go", style, size) }

// need begins a new page unless so much room is left.
func (p *paper) need(height float64) {
	_, page := p.GetPageSize()
	if p.GetY()+height > page-margin {
		p.AddPage()
	}
}

// known replaces what the fonts can't show, and what is no text.
func (p *paper) known(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		if r < ' ' || r == '\u200b' || r == '\u00ad' {
			return -1
		}
		if glyph, err := p.font.GlyphIndex(&p.buffer, r); err != nil || glyph == 0 || r > 0xFFFF {
			return '□'
		}
		return r
	}, strings.ReplaceAll(text, "\t", " "))
}
