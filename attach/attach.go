// Package attach turns the bytes of an attachment into text. It imports nothing
// of ours, keeps nothing and never fails: what can't be read is said by reasons,
// stable English words that are stored beside the text.
//
// Vocabulary. A [format] reads one kind of file; each has its own Go file. A
// reading collects what one attachment says, with all its bounds: bytes unpacked,
// text, files within files, depth, time. A file says what it is by its first
// bytes; its name and declared type are asked only when these don't tell.
//
// PDF and 7z are read in a child process (child.go), because their readers take any
// amount of memory and must be killable.
package attach

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Reasons why nothing, or not all, was read. They are stored and never change.
const (
	Encrypted   = "encrypted"
	OverLimit   = "over a limit"
	Damaged     = "damaged"
	PictureOnly = "picture without text"
	NoTextLayer = "no text layer"
	Unknown     = "unknown format"
	NoText      = "no text found"
	YEnc        = "yEnc: not read"
)

// Bounds of a Budget. Real mail stays far below.
const (
	maxText  = 16 << 20  // bytes of text
	maxBytes = 256 << 20 // bytes unpacked, all files together
	maxFile  = 64 << 20  // bytes of one unpacked file
	maxFiles = 2000
	maxDepth = 8
	maxTime  = time.Minute
)

// Help is what the room above knows better: charsets, HTML, messages.
type Help struct {
	Decode  func(data []byte) string // text in an unknown charset
	HTML    func(source string) (visible, hidden string)
	Message func(data []byte, left *Budget) (text string, reasons []string) // a mail, RFC 5322
}

// Budget is what one message with all its attachments, and all that is in them,
// may cost. It is used by one goroutine.
type Budget struct {
	deadline                       time.Time
	bytesLeft, textLeft, filesLeft int
	depth                          int
	pictures                       func(data []byte) // takes what shows a text that can't be read here
}

// NewBudgetFor is NewBudget for who wants the pictures and scanned pages, each in a
// format of pictures; nil stands for what can't be handed on.
func NewBudgetFor(pictures func(data []byte)) *Budget {
	b := NewBudget()
	b.pictures = pictures
	return b
}

// NewBudget is that of one message; its time runs from now.
func NewBudget() *Budget {
	return &Budget{deadline: time.Now().Add(maxTime), bytesLeft: maxBytes, textLeft: maxText, filesLeft: maxFiles}
}

// Read returns the text of a file and the reasons why it is not all of it: none
// when everything was read. name and mediaType are the sender's claims and may be
// empty. It ends soon after left is spent, whatever data is, and keeps nothing.
func Read(name, mediaType string, data []byte, left *Budget, help Help) (text string, reasons []string) {
	r := &reading{Budget: left, help: help}
	r.read(name, mediaType, data)
	if len(data) > 0 && r.out.Len() == 0 && len(r.reasons) == 0 {
		r.unreadable(NoText) // an empty document, or one that our reader does not see into
	}
	return strings.ToValidUTF8(r.out.String(), "\ufffd"), r.reasons
}

// format reads one kind of file into r. It may panic: that is a damaged file.
type format func(r *reading, data []byte)

// reading collects what one attachment says.
type reading struct {
	*Budget
	help    Help
	out     strings.Builder
	reasons []string
}

// text adds a piece of readable text on a line of its own.
func (r *reading) text(s string) {
	s = strings.TrimSpace(s)
	if s == "" {
		return
	}
	if len(s) >= r.textLeft {
		s = s[:r.textLeft]
		for len(s) > 0 && !utf8.ValidString(s[max(0, len(s)-4):]) && len(s) > r.textLeft-4 {
			s = s[:len(s)-1]
		}
		r.unreadable(OverLimit)
	}
	r.textLeft -= len(s)
	r.out.WriteString(s)
	r.out.WriteByte('\n')
}

// unreadable notes why nothing, or not all, was read; each reason once.
func (r *reading) unreadable(reason string) {
	if !slices.Contains(r.reasons, reason) {
		r.reasons = append(r.reasons, reason)
	}
}

// over reports whether a bound is reached: then the format stops.
func (r *reading) over() bool {
	if r.textLeft > 0 && r.bytesLeft > 0 && r.filesLeft > 0 && time.Now().Before(r.deadline) {
		return false
	}
	r.unreadable(OverLimit)
	return true
}

// file reads a file inside the file: its name is text, its content is read by its
// own format. The name "" adds no text.
func (r *reading) file(name string, data []byte) { r.typedFile(name, "", data) }

// typedFile is file for one whose type is claimed too.
func (r *reading) typedFile(name, mediaType string, data []byte) {
	r.text(name)
	r.filesLeft--
	r.bytesLeft -= len(data)
	if r.over() || len(data) == 0 {
		return
	}
	if r.depth >= maxDepth {
		r.unreadable(OverLimit)
		return
	}
	r.depth++
	r.read(name, mediaType, data)
	r.depth--
}

// read reads data by its format; a panic of a reader means a damaged file.
func (r *reading) read(name, mediaType string, data []byte) {
	if len(data) == 0 || r.over() {
		return
	}
	depth := r.depth
	defer func() {
		if recover() != nil {
			r.depth = depth
			r.unreadable(Damaged)
		}
	}()
	what := Detect(name, mediaType, data)
	if read := formats[what]; read != nil {
		read(r, data)
		return
	}
	switch what {
	case "encrypted":
		r.unreadable(Encrypted)
	case "audio", "video", "program":
		r.printable(data)
		r.unreadable(what + " only")
	default:
		r.printable(data)
		r.unreadable(Unknown)
	}
}

// formats by the name that Detect gives; it is filled in init, because containers
// read by it themselves.
var formats map[string]format

func init() {
	formats = map[string]format{
		"text": readText, "html": readHTML, "xml": readXML, "message": readMessage, "mbox": readMbox,
		"zip": readZip, "gz": readGzip, "bz2": readBzip2, "xz": readXz, "tar": readTar, "7z": read7z, "rar": readRar,
		"docx": readOOXML, "xlsx": readXLSX, "pptx": readOOXML, "odf": readODF, "epub": readOOXML, "xps": readOOXML,
		"pdf": readPDF, "image": readImage, "rtf": readRTF, "ole": readOLE, "biff": readBIFF, "tnef": readTNEF, "cms": readCMS, "signature": readSignature,
	}
}
