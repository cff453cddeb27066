package letter

const (
	cellSize = 9.0
	cellLine = 4.6
	cellGap  = 3.0 // between columns
)

// table writes rows of wrapped cells; the head stands again on each page.
func (p *paper) table(t Table) {
	if t.width() == 0 {
		return
	}
	widths := p.columns(t)
	if len(t.Head) > 0 {
		p.row("B", t.Head, widths)
	}
	for _, row := range t.Rows {
		p.size("", cellSize)
		before := p.PageNo()
		p.need(p.height(row, widths))
		if p.PageNo() != before && len(t.Head) > 0 {
			p.row("B", t.Head, widths)
		}
		p.row("", row, widths)
	}
}

// columns shares the width by the longest cell of each, but no column gets less
// than its fair part when it wants that.
func (p *paper) columns(t Table) []float64 {
	n := t.width()
	page, _ := p.GetPageSize()
	room := page - 2*margin
	fair := room / float64(n)
	wants, small, large := make([]float64, n), 0.0, 0.0
	p.size("B", cellSize) // what fits bold fits in the plain style
	for _, row := range append([][]string{t.Head}, t.Rows...) {
		for i, cell := range row {
			wants[i] = max(wants[i], p.GetStringWidth(p.known(cell))+cellGap+2*p.GetCellMargin())
		}
	}
	for _, w := range wants {
		if w <= fair {
			small += w
		} else {
			large += w
		}
	}
	for i, w := range wants {
		if w > fair {
			wants[i] = (room - small) * w / large
		}
	}
	return wants
}

func (p *paper) height(row []string, widths []float64) float64 {
	lines := 1
	for i, cell := range row {
		lines = max(lines, len(p.SplitText(p.known(cell), widths[i]-cellGap)))
	}
	return float64(lines)*cellLine + 2
}

// row writes cells side by side; one taller than the page goes on over the next.
func (p *paper) row(style string, row []string, widths []float64) {
	p.size(style, cellSize)
	wrapped, lines := make([][]string, len(row)), 1
	for i, cell := range row {
		wrapped[i] = p.SplitText(p.known(cell), widths[i]-cellGap)
		lines = max(lines, len(wrapped[i]))
	}
	p.SetY(p.GetY() + 1)
	for n := range lines {
		p.need(cellLine)
		p.SetX(margin)
		for i := range row {
			text := ""
			if n < len(wrapped[i]) {
				text = wrapped[i][n]
			}
			p.CellFormat(widths[i], cellLine, text, "", 0, "L", false, 0, "")
		}
		p.Ln(cellLine)
	}
	page, _ := p.GetPageSize()
	p.SetDrawColor(190, 190, 190)
	p.Line(margin, p.GetY()+0.5, page-margin, p.GetY()+0.5)
	p.SetY(p.GetY() + 1)
}
