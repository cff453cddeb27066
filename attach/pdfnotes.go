package attach

import (
	"strings"

	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// mostNotes bounds the annotations read of one page.
const mostNotes = 10_000

// noteKeys of an annotation hold what a person wrote: its text, plain and rich, its
// author and subject, a field's value and its names, ISO 32000-1 §12.5 and §12.7.
var noteKeys = []string{"Contents", "RC", "T", "Subj", "V", "DV", "TU", "OverlayText"}

// notes lists what a page's annotations say: comments, links, filled-in fields. A
// viewer draws much of it itself, so it is no text of the page.
func (b *pdfBook) notes(page requests.Page) (said []string) {
	count, err := b.p.FPDFPage_GetAnnotCount(&requests.FPDFPage_GetAnnotCount{Page: page})
	if err != nil || count.Count == 0 {
		return nil
	}
	for i := range min(count.Count, mostNotes) {
		got, err := b.p.FPDFPage_GetAnnot(&requests.FPDFPage_GetAnnot{Page: page, Index: i})
		if err != nil {
			continue // others may be whole
		}
		for _, key := range noteKeys {
			if v, err := b.p.FPDFAnnot_GetStringValue(&requests.FPDFAnnot_GetStringValue{Annotation: got.Annotation, Key: key}); err == nil {
				said = append(said, v.Value)
			}
		}
		said = append(said, b.target(got.Annotation))
		_, _ = b.p.FPDFPage_CloseAnnot(&requests.FPDFPage_CloseAnnot{Annotation: got.Annotation}) // ends with the page at the latest
	}
	return append(said, b.fields(page)...)
}

// target is the address that a link leads to.
func (b *pdfBook) target(note references.FPDF_ANNOTATION) string {
	link, err := b.p.FPDFAnnot_GetLink(&requests.FPDFAnnot_GetLink{Annotation: note})
	if err != nil {
		return ""
	}
	action, err := b.p.FPDFLink_GetAction(&requests.FPDFLink_GetAction{Link: link.Link})
	if err != nil || action.Action == nil {
		return ""
	}
	uri, err := b.p.FPDFAction_GetURIPath(&requests.FPDFAction_GetURIPath{Document: b.doc, Action: *action.Action})
	if err != nil || uri.URIPath == nil {
		return ""
	}
	return *uri.URIPath
}

// fields lists the values of a form, also those that a field inherits.
func (b *pdfBook) fields(page requests.Page) (values []string) {
	form, err := b.p.GetForm(&requests.GetForm{Page: page})
	if err != nil {
		return nil
	}
	for _, f := range form.Fields {
		if f.Value != nil {
			values = append(values, *f.Value)
		}
		values = append(append(append(values, f.Values...), f.Options...), f.ToolTip)
	}
	return values
}

// addOthers adds each of said once, unless the page shows it.
func (b *pdfBook) addOthers(said []string, shown string) {
	seen := map[string]bool{"": true}
	for _, s := range said {
		if s = strings.TrimSpace(s); !seen[s] && !strings.Contains(shown, s) {
			b.add(s)
		}
		seen[s] = true
	}
}
