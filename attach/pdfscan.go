package attach

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"

	"github.com/klippa-app/go-pdfium/requests"
)

// Of the pages of a PDF that have no text pictures are made for who recognises it.
const (
	mostScans   = 30   // pages
	scanLonger  = 2339 // pixels: A4 at 200 dots per inch
	scanShorter = 1654
)

// scans draws the pages without text.
func (b *pdfBook) scans() {
	count, err := b.p.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: b.doc})
	if err != nil {
		b.lacks(Damaged)
		return
	}
	for i := range min(count.PageCount, pdfPages) {
		if len(b.result.Files) == mostScans {
			b.lacks(OverLimit)
			return
		}
		page := requests.Page{ByIndex: &requests.PageByIndex{Document: b.doc, Index: i}}
		if text, err := b.text(page); err != nil || strings.TrimSpace(text) != "" {
			continue
		}
		picture, err := b.picture(page)
		if err != nil {
			b.lacks(Damaged)
			continue
		}
		b.result.Files = append(b.result.Files, childFile{fmt.Sprintf("%d.png", i+1), picture})
	}
}

func (b *pdfBook) picture(page requests.Page) ([]byte, error) {
	size, err := b.p.GetPageSize(&requests.GetPageSize{Page: page})
	if err != nil {
		return nil, err
	}
	width, height := scanShorter, scanLonger
	if size.Width > size.Height {
		width, height = height, width
	}
	drawn, err := b.p.RenderPageInPixels(&requests.RenderPageInPixels{Page: page, Width: width, Height: height, ImageFormat: requests.RenderImageFormatGrayscale})
	if err != nil {
		return nil, err
	}
	defer drawn.Cleanup()
	var out bytes.Buffer
	quick := png.Encoder{CompressionLevel: png.BestSpeed}
	err = quick.Encode(&out, drawn.Result.RenderedImage)
	return out.Bytes(), err
}
