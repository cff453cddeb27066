package attach

import (
	"bytes"
	"compress/zlib"
	"io"
)

// pdfXML reads the packed streams of a PDF that hold XML: forms of XFA, whose values
// may stand nowhere else, and packed XMP. PDFium gives neither. Streams of an encrypted
// file don't unpack.
func (r *reading) pdfXML(data []byte) {
	var z io.ReadCloser
	head := make([]byte, 256)
	for !r.over() {
		i := bytes.Index(data, []byte("stream"))
		if i < 0 {
			return
		}
		data = bytes.TrimLeft(data[i+len("stream"):], "\r\n")
		if len(data) < 2 || data[0]&0x0f != 8 || (int(data[0])<<8|int(data[1]))%31 != 0 { // RFC 1950 §2.2
			continue
		}
		var err error
		if z == nil {
			z, err = zlib.NewReader(bytes.NewReader(data))
		} else {
			err = z.(zlib.Resetter).Reset(bytes.NewReader(data), nil)
		}
		if err != nil {
			continue
		}
		n, _ := io.ReadFull(z, head) // what is shorter, or damaged, gives what there is
		start := bytes.TrimLeft(head[:n], "\xef\xbb\xbf \t\r\n")
		if len(start) > 2 && start[0] == '<' && start[1] != '<' && bytes.IndexByte(start, '>') > 0 && !Binary(start) {
			content, _ := io.ReadAll(io.LimitReader(&timed{r, z}, int64(min(maxFile, r.bytesLeft))))
			r.bytesLeft -= len(content)
			r.looseXML(append(head[:n:n], content...))
		}
	}
}

// looseXML reads a piece of a document, whose damage is no reason: it may be a part only.
func (r *reading) looseXML(data []byte) {
	had := len(r.reasons)
	r.xmlText(data)
	if len(r.reasons) > had && r.reasons[had] == Damaged {
		r.reasons = append(r.reasons[:had], r.reasons[had+1:]...)
	}
}
