package mail

import (
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unsafe"

	"postolka/attach"
)

// Text is everything readable in a message, for storage beside it, for search
// and for the complete scan.
//
// Stored form, version 1 (all numbers unsigned varints, strings are a length
// and so many bytes of UTF-8):
//
//	"PT" version
//	count  { kind path name text }
//	count  { path reason }
//
// where kind is one byte. Nothing follows.
type Text struct {
	Version    int // of the extractor that made it: TextVersion when fresh
	Parts      []TextPart
	Unreadable []Unreadable
}

// TextVersion rises whenever Extract reads more than before, so that older
// texts can be derived again.
const TextVersion = 17

// Outgrown reports whether a stored text was made by an older version and shows that
// this one reads more in its message. (Where parts could not be read, only a reading
// tells.) So a new version need not read every message again.
func Outgrown(b []byte) (more bool) {
	var r textReader
	if r.open(b); r.bad || r.version >= TextVersion {
		return false
	}
	err := EachPart(b, func(kind Kind, _, name string, text []byte) bool {
		s := view(text)
		more = len(attach.EmbeddedIn(s)) > 0 || attach.HasYEnc(s) || attach.HasPGP(s) || kind != Header && len(sourceIn(s)) > 0 || kind == Hidden && plainCSS(s) != s || attach.Divides(s) ||
			kind == Header && (otherForm(s) != "" || outgrownField(name, s))
		return !more
	})
	return more && err == nil
}

// outgrownField: text/enriched is read without its commands now, the files in
// winmail.dat stand in the record, text of no sure charset is guessed by more than its
// letters, names in pieces are put together, those in an
// archive read as DOS wrote them, and documents and tables give more of what stands beside
// their text.
func outgrownField(name, value string) bool {
	switch strings.ToLower(name) {
	case "content-type":
		t, params := mediaType(value, "")
		return strings.HasPrefix(t, "text/") && meaningless(strings.ToLower(params["charset"])) || (&Part{Type: t}).isEnriched() || outgrownFile.MatchString(value) || strings.Contains(value, "*1")
	case "content-disposition":
		return outgrownFile.MatchString(value) || strings.Contains(value, "*1")
	}
	return false
}

// outgrownFile finds the types and the names of files that are read better now.
var outgrownFile = regexp.MustCompile(`(?i)ms-tnef|zip|officedocument|opendocument|msword|vnd\.ms-|tiff|rtf|pdf|\.(docx?|dotx?|docm|xls[xmb]?|pp[st]x?|od[tspg]|rtf|tiff?)\b`)

// TextPart is one readable place. Path: see the package comment. Name is a
// header name, a file name, or "preamble", "epilogue", "rest" for text between
// the parts; it can be empty.
type TextPart struct {
	Path string
	Kind Kind
	Name string
	Text string
}

// Kind says what sort of place a text stood in. The numbers are stored.
type Kind uint8

// Kinds of text.
const (
	Header     Kind = 1 // a header field, decoded; of the message or of a part
	Plain      Kind = 2 // the plain body
	HTML       Kind = 3 // what a person sees of the HTML body
	Hidden     Kind = 4 // attributes, link targets, comments, hidden elements, text between parts
	FileName   Kind = 5 // of an attachment
	Attachment Kind = 6 // text of an attachment
	Raw        Kind = 7 // a quarantined message's raw bytes, leniently decoded
	Recognised Kind = 8 // text that a picture shows; without path and text: that recognition was tried, by its name
)

var kindNames = [...]string{"", "header", "plain", "html", "hidden", "file name", "attachment", "raw", "recognised"}

// String returns a stable English word, used in output of programs.
func (k Kind) String() string {
	if int(k) < len(kindNames) && k > 0 {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", k)
}

// Unreadable is a part whose text is not in Parts, and why: "encrypted",
// "picture without text", "over a limit", … Reasons are stable English words.
type Unreadable struct{ Path, Reason string }

// ErrText: the bytes are no stored Text, or one of a newer format.
var ErrText = errors.New("mail: stored text damaged or of another version")

var textMagic = []byte("PT")

// Encode returns the stored form.
func (t Text) Encode() []byte {
	size := 16
	for _, p := range t.Parts {
		size += len(p.Path) + len(p.Name) + len(p.Text) + 12
	}
	b := append(make([]byte, 0, size), textMagic...)
	b = binary.AppendUvarint(b, uint64(t.Version))
	b = binary.AppendUvarint(b, uint64(len(t.Parts)))
	for _, p := range t.Parts {
		b = append(b, byte(p.Kind))
		b = appendString(appendString(appendString(b, p.Path), p.Name), p.Text)
	}
	b = binary.AppendUvarint(b, uint64(len(t.Unreadable)))
	for _, u := range t.Unreadable {
		b = appendString(appendString(b, u.Path), u.Reason)
	}
	return b
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// DecodeText reads the stored form; the strings are copies. ErrText on damage.
func DecodeText(b []byte) (Text, error) {
	var t Text
	var r textReader
	n := r.open(b)
	t.Version = r.version
	for range n {
		kind, path, name, text := r.part()
		if r.bad {
			return Text{}, ErrText
		}
		t.Parts = append(t.Parts, TextPart{string(path), kind, string(name), string(text)})
	}
	for range r.count() {
		path, reason := r.bytes(), r.bytes()
		if r.bad {
			return Text{}, ErrText
		}
		t.Unreadable = append(t.Unreadable, Unreadable{string(path), string(reason)})
	}
	if r.bad || len(r.b) > 0 {
		return Text{}, ErrText
	}
	return t, nil
}

// EachPart calls fn for every part of a stored Text without allocating. path,
// name and text point into b: they are valid as long as b is unchanged. fn
// returns false to stop. ErrText on damage, after fn saw what came before it.
func EachPart(b []byte, fn func(kind Kind, path, name string, text []byte) bool) error {
	var r textReader
	n := r.open(b)
	for range n {
		kind, path, name, text := r.part()
		if r.bad {
			return ErrText
		}
		if !fn(kind, view(path), view(name), text) {
			return nil
		}
	}
	if r.bad {
		return ErrText
	}
	return nil
}

// EachUnreadable is EachPart for the unreadable parts.
func EachUnreadable(b []byte, fn func(path, reason string) bool) error {
	var r textReader
	n := r.open(b)
	for range n {
		r.part()
		if r.bad {
			return ErrText
		}
	}
	for range r.count() {
		path, reason := r.bytes(), r.bytes()
		if r.bad {
			return ErrText
		}
		if !fn(view(path), view(reason)) {
			return nil
		}
	}
	if r.bad {
		return ErrText
	}
	return nil
}

// view shows bytes as a string without a copy.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// textReader reads the stored form; bad stays set after the first damage.
type textReader struct {
	b       []byte
	version int
	bad     bool
}

// open reads up to the number of parts.
func (r *textReader) open(b []byte) (parts int) {
	if len(b) < 3 || b[0] != textMagic[0] || b[1] != textMagic[1] {
		r.bad = true
		return 0
	}
	r.b = b[2:]
	if r.version = r.number(); r.version < 1 || r.version > TextVersion {
		r.bad = true
		return 0
	}
	return r.count()
}

func (r *textReader) number() int {
	n, size := binary.Uvarint(r.b)
	if r.bad || size <= 0 || n > 1<<40 {
		r.bad = true
		return 0
	}
	r.b = r.b[size:]
	return int(n)
}

// count reads a number of entries, which can't exceed the bytes left.
func (r *textReader) count() int {
	n := r.number()
	if n > len(r.b) {
		r.bad = true
		return 0
	}
	return n
}

func (r *textReader) bytes() []byte {
	n := r.number()
	if r.bad || n > len(r.b) {
		r.bad = true
		return nil
	}
	s := r.b[:n:n]
	r.b = r.b[n:]
	return s
}

func (r *textReader) part() (kind Kind, path, name, text []byte) {
	if r.bad || len(r.b) == 0 {
		r.bad = true
		return
	}
	kind, r.b = Kind(r.b[0]), r.b[1:]
	return kind, r.bytes(), r.bytes(), r.bytes()
}
