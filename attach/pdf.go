package attach

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// CacheDir is where the child process keeps its compiled program (21 MB, no
// content of any file): the user's cache directory, or "" where he has none, and
// then it is compiled anew at each start, which takes four seconds. Set it before
// the first Read. The directory is made with mode 0700.
var CacheDir = userCache()

func userCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "postolka")
}

// pdfPages bounds the pages of one PDF.
const pdfPages = 5000

// readPDF reads pages with forms and notes, document properties, bookmarks and
// attached files.
func readPDF(r *reading, data []byte) {
	result, err := children.ask("pdf", data, r.deadline)
	if err != nil {
		r.unreadable(fmt.Sprint(err))
		return
	}
	for _, s := range result.Texts {
		r.text(s)
		r.text(letterSpaced(s))
	}
	r.xmp(data)
	r.pdfXML(data)
	for _, reason := range result.Reasons {
		r.unreadable(reason)
	}
	r.files(result.Files)
	if r.pictures != nil && slices.Contains(result.Reasons, NoTextLayer) {
		r.scans(data)
	}
}

// scans hands on the pages that only show their text; nil stands for those that it
// can't.
func (r *reading) scans(data []byte) {
	drawn, err := children.ask("scans", data, r.deadline)
	for _, page := range drawn.Files {
		r.pictures(page.Data)
	}
	if err != nil || len(drawn.Reasons) > 0 {
		r.pictures(nil)
	}
}
