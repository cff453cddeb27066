package attach

import (
	"bytes"
	"encoding/hex"
	"strings"
)

// rtfObject is a picture or an embedded object of an RTF, in hexadecimal, or as it is
// behind \bin.
type rtfObject struct {
	picture   bool
	hex, data []byte
}

// rtfObject reads the file that an object holds. Pictures that programs make of their
// own drawings (WMF and the like) have no format here and are passed over.
func (r *reading) rtfObject(o rtfObject) {
	data := o.data
	if len(data) == 0 {
		digits := bytes.Map(func(c rune) rune {
			if c == ' ' || c == '\t' {
				return -1
			}
			return c
		}, o.hex)
		data = make([]byte, len(digits)/2)
		n, _ := hex.Decode(data, digits[:len(digits)&^1]) // what is damaged ends it
		data = data[:n]
	}
	if o.picture {
		if byContent(data) == "image" && !r.over() {
			r.media("", data)
		}
		return
	}
	class, content := ole1(data)
	switch {
	case r.over():
	case class == "Package":
		r.packaged(append(make([]byte, 4), content...))
	case byContent(content) != "":
		r.media("", content)
	case len(content) > 0:
		r.text(printableRuns(content))
	}
}

// ole1 takes an object's class and its bytes out of what OLE 1.0 puts around them,
// MS-OLEDS §2.2.5.
func ole1(data []byte) (class string, content []byte) {
	s := &cursor{parts: [][]byte{data}}
	s.skip(8) // version, kind
	class = strings.TrimRight(string(s.take(int(s.u32()))), "\x00")
	s.skip(int(s.u32())) // topic
	s.skip(int(s.u32())) // item
	n := s.u32()
	if s.bad {
		return "", data
	}
	return class, s.take(int(n))
}
