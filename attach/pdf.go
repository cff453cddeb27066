package attach

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
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

// Bounds of one PDF.
const (
	pdfTime  = 20 * time.Second // of reading one file
	pdfStart = 90 * time.Second // of the child's start, on a slow machine
	pdfIdle  = 30 * time.Second // then the child ends
	pdfPages = 5000
)

// pdfResult is what the child says of one file.
type pdfResult struct {
	Texts   []string
	Files   []pdfFile
	Reasons []string
}

type pdfFile struct {
	Name string
	Data []byte
}

// readPDF reads pages with forms and notes, document properties, bookmarks and
// attached files.
func readPDF(r *reading, data []byte) {
	result, err := children.ask(data, min(pdfTime, time.Until(r.deadline)))
	if err != nil {
		r.unreadable(fmt.Sprint(err))
		return
	}
	for _, s := range result.Texts {
		r.text(s)
	}
	r.xmp(data)
	for _, reason := range result.Reasons {
		r.unreadable(reason)
	}
	for _, f := range result.Files {
		if r.over() {
			return
		}
		r.file(f.Name, f.Data)
	}
}

// children are the processes that read PDFs: none until one is asked, then one
// for each core in use up to two.
var children = &nursery{free: make(chan *child, 2)}

// nursery lends children out; any goroutine may ask.
type nursery struct {
	free chan *child
	once sync.Once
}

// ask has one file read. Whatever goes wrong costs the child its life, never the
// caller more than the bounds; the error is a reason.
func (n *nursery) ask(data []byte, limit time.Duration) (pdfResult, error) {
	n.once.Do(func() {
		for range cap(n.free) {
			n.free <- &child{}
		}
	})
	c := <-n.free
	defer func() { n.free <- c }()
	var result pdfResult
	answer, err := c.ask(data, limit)
	if err != nil {
		return result, err
	}
	if json.Unmarshal(answer, &result) != nil {
		return result, reasonError(Damaged)
	}
	return result, nil
}

type reasonError string

func (e reasonError) Error() string { return string(e) }
