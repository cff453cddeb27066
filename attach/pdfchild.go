package attach

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdferrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/responses"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// pdfMemory bounds the memory of the PDF reader: 64 KiB a page, 512 MiB.
const pdfMemory = 8192

func init() {
	if os.Getenv(childMark) != "" {
		// A signal that ends the parent reaches its whole group; a file that is being
		// read then must not look damaged. The end of the input ends the child.
		signal.Ignore(os.Interrupt, syscall.SIGTERM)
		limitMemory(childMemory)
		debug.SetMaxStack(childStack)
		if err := beChild(os.Stdin, os.Stdout, os.Getenv(childCache)); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// beChild answers until the input ends. The reader sees no file of the machine.
func beChild(in io.Reader, out io.Writer, cacheDir string) error {
	pool, err := openPDFium(cacheDir)
	if err != nil {
		return err
	}
	if err := writeFrame(out, nil); err != nil {
		return err
	}
	input := bufio.NewReader(in)
	for {
		format, err := readFrame(input, 10)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := readFrame(input, maxBytes)
		if err != nil {
			return err
		}
		var result childResult
		if string(format) == "7z" {
			result = unpack7z(data)
		} else if result, err = pdfRead(pool, data, string(format) == "scans"); err != nil {
			return err
		}
		answer, err := json.Marshal(result)
		if err != nil {
			return err
		}
		if err := writeFrame(out, answer); err != nil {
			return err
		}
	}
}

func openPDFium(cacheDir string) (pdfium.Pool, error) {
	config := wazero.NewRuntimeConfig().WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).WithMemoryLimitPages(pdfMemory)
	if cacheDir != "" && os.MkdirAll(cacheDir, 0o700) == nil {
		if cache, err := wazero.NewCompilationCacheWithDir(cacheDir); err == nil {
			config = config.WithCompilationCache(cache)
		}
	}
	return webassembly.Init(webassembly.Config{
		Context: context.Background(), MinIdle: 0, MaxIdle: 0, MaxTotal: 1,
		FSConfig: wazero.NewFSConfig(), RuntimeConfig: config, Stdout: io.Discard, Stderr: io.Discard,
	})
}

// pdfRead reads one file in an instance of its own. An error is one of the reader
// itself: the child must end. scans: only pages without text, as pictures.
func pdfRead(pool pdfium.Pool, data []byte, scans bool) (result childResult, err error) {
	p, err := pool.GetInstance(time.Minute)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	doc, openErr := p.OpenDocument(&requests.OpenDocument{File: &data})
	if openErr != nil {
		result.Reasons = []string{openReason(openErr)}
		return result, nil
	}
	b := &pdfBook{p: p, doc: doc.Document}
	if scans {
		b.scans()
	} else {
		b.read()
	}
	return b.result, nil
}

func openReason(err error) string {
	if errors.Is(err, pdferrors.ErrPassword) || errors.Is(err, pdferrors.ErrSecurity) {
		return Encrypted
	}
	return Damaged
}

// pdfBook is one open document.
type pdfBook struct {
	p      pdfium.Pdfium
	doc    references.FPDF_DOCUMENT
	result childResult
	size   int
	marks  int // bookmarks so far
}

func (b *pdfBook) add(s string) {
	if s = strings.TrimSpace(s); s != "" {
		b.size += len(s)
		b.result.Texts = append(b.result.Texts, s)
	}
}

func (b *pdfBook) lacks(reason string) { b.result.Reasons = append(b.result.Reasons, reason) }

func (b *pdfBook) read() {
	if meta, err := b.p.GetMetaData(&requests.GetMetaData{Document: b.doc}); err == nil {
		for _, tag := range meta.Tags {
			b.add(tag.Value)
		}
	}
	b.bookmarks(nil, 0)
	b.pages()
	if files, err := b.p.GetAttachments(&requests.GetAttachments{Document: b.doc}); err == nil {
		for _, f := range files.Attachments {
			for _, v := range f.Values {
				b.add(v.StringValue)
			}
			b.result.Files = append(b.result.Files, childFile{f.Name, f.Content})
		}
	}
}

// mostBookmarks bounds an outline, which may run in a circle.
const mostBookmarks = 10_000

// bookmarks adds the titles below one, nil being the root.
func (b *pdfBook) bookmarks(below *references.FPDF_BOOKMARK, depth int) {
	first, err := b.p.FPDFBookmark_GetFirstChild(&requests.FPDFBookmark_GetFirstChild{Document: b.doc, Bookmark: below})
	if err != nil || depth > 50 {
		return
	}
	for mark := first.Bookmark; mark != nil; {
		if b.marks++; b.marks > mostBookmarks {
			b.lacks(OverLimit)
			return
		}
		if title, err := b.p.FPDFBookmark_GetTitle(&requests.FPDFBookmark_GetTitle{Bookmark: *mark}); err == nil {
			b.add(title.Title)
		}
		b.bookmarks(mark, depth+1)
		next, err := b.p.FPDFBookmark_GetNextSibling(&requests.FPDFBookmark_GetNextSibling{Document: b.doc, Bookmark: *mark})
		if err != nil {
			return
		}
		mark = next.Bookmark
	}
}

// pages adds each page's text; one without any on which something is drawn is a
// picture, a blank one is not.
func (b *pdfBook) pages() {
	count, err := b.p.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: b.doc})
	if err != nil {
		b.lacks(Damaged)
		return
	}
	pictures, damaged := 0, false
	for i := range min(count.PageCount, pdfPages) {
		text, drawn, err := b.page(i)
		switch {
		case err != nil:
			damaged = true
		case strings.TrimSpace(text) == "" && drawn:
			pictures++
		}
		b.add(text)
		if b.size > maxText {
			break
		}
	}
	switch {
	case count.PageCount > pdfPages || b.size > maxText:
		b.lacks(OverLimit)
	case damaged || count.PageCount == 0:
		b.lacks(Damaged)
	case pictures > 0:
		b.lacks(NoTextLayer)
	}
}

// page makes forms and notes part of the page first, as far as they are drawn on
// it; what these say besides, notes adds. drawn: there is more on it than text.
func (b *pdfBook) page(i int) (text string, drawn bool, err error) {
	loaded, err := b.p.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: b.doc, Index: i})
	if err != nil {
		return "", false, err
	}
	drawn = b.drawn(loaded.Page)
	page := requests.Page{ByReference: &loaded.Page}
	said := b.notes(page)
	defer func() { b.addOthers(said, text) }()
	before, err := b.text(page)
	if err == nil {
		var flat *responses.FPDFPage_Flatten
		flat, err = b.p.FPDFPage_Flatten(&requests.FPDFPage_Flatten{Page: page})
		if err == nil && flat.Result == responses.FPDFPage_FlattenResultSuccess {
			before, err = b.reloaded(i, loaded.Page, before)
			return before, drawn, err
		}
		err = nil
	}
	_, closeErr := b.p.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page})
	return before, drawn, errors.Join(err, closeErr)
}

// drawn reports whether pictures, lines or shapes are on a page.
func (b *pdfBook) drawn(loaded references.FPDF_PAGE) bool {
	page := requests.Page{ByReference: &loaded}
	count, err := b.p.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: page})
	if err != nil {
		return true // we don't know
	}
	for i := range count.Count {
		got, err := b.p.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: page, Index: i})
		if err != nil {
			return true
		}
		kind, err := b.p.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: got.PageObject})
		if err != nil || kind.Type != enums.FPDF_PAGEOBJ_TEXT {
			return true
		}
	}
	return false
}

// reloaded is the text of a page that was changed.
func (b *pdfBook) reloaded(i int, old references.FPDF_PAGE, before string) (string, error) {
	if _, err := b.p.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: old}); err != nil {
		return before, err
	}
	loaded, err := b.p.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: b.doc, Index: i})
	if err != nil {
		return before, err
	}
	after, err := b.text(requests.Page{ByReference: &loaded.Page})
	_, closeErr := b.p.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page})
	if len(after) < len(before) {
		after = before
	}
	return after, errors.Join(err, closeErr)
}

// text joins words that the line's end divides: PDFium marks the hyphen U+FFFE.
func (b *pdfBook) text(page requests.Page) (string, error) {
	got, err := b.p.GetPageText(&requests.GetPageText{Page: page})
	if err != nil {
		return "", err
	}
	return strings.NewReplacer("\r\n", "\n", "\ufffe\r\n", "", "\ufffe\n", "", "\ufffe", "", "\x02", "", "\x00", "").Replace(got.Text), nil
}
