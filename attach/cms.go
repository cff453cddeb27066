package attach

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// S/MIME wraps a message in CMS (RFC 5652), which is BER (X.690 §8): a tag, a
// length, and so many bytes or, without a length, all up to a mark.

// The object identifiers id-signedData and the beginning they share with all of
// PKCS #7, encoded.
const (
	oidPKCS7  = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
	oidSigned = oidPKCS7 + "\x02"
)

func isCMS(data []byte) bool {
	return len(data) > 20 && data[0] == 0x30 && bytes.Contains(data[:20], []byte(oidPKCS7))
}

// readCMS reads what is only signed, and who signed it. What is encrypted stays so.
func readCMS(r *reading, data []byte) {
	content, signed := SignedContent(data)
	if !signed {
		r.unreadable(Encrypted)
		return
	}
	if beginsMIME(content) {
		readMessage(r, content)
	} else {
		r.file("", content)
	}
	r.text(Signers(data))
}

// beginsMIME: what mail programs sign is an entity of MIME, RFC 8551 §3.1.
func beginsMIME(data []byte) bool {
	head := bytes.ToLower(data[:min(len(data), 13)])
	return bytes.HasPrefix(head, []byte("content-")) || bytes.HasPrefix(head, []byte("mime-version:"))
}

// readSignature reads who made a signature that lies beside what it signs.
func readSignature(r *reading, data []byte) {
	if names := Signers(data); names != "" {
		r.text(names)
		return
	}
	r.printable(data)
}

// SignedContent returns what a CMS message signs (RFC 5652 §5), empty for a
// signature of something that lies elsewhere. false: it is encrypted, or no CMS.
// The signature is not checked.
func SignedContent(data []byte) (content []byte, signed bool) {
	info, ok := berChild(data, 0x30)
	if !ok || !bytes.Contains(info[:min(len(info), len(oidSigned))], []byte(oidSigned)) {
		return nil, false
	}
	for _, tag := range []byte{0xa0, 0x30, 0x30, 0xa0} { // content, SignedData, EncapsulatedContentInfo, eContent
		if info, ok = berChild(info, tag); !ok {
			return nil, true
		}
	}
	e, _, ok := berCut(info, 0)
	if !ok {
		return nil, true
	}
	return e.octets(0), true
}

// berChild returns the content of the first of b's elements that has the tag.
func berChild(b []byte, tag byte) ([]byte, bool) {
	for {
		e, rest, ok := berCut(b, 0)
		if !ok || e.tag == tag {
			return e.body, ok
		}
		b = rest
	}
}

// ber is one element.
type ber struct {
	tag  byte
	body []byte
}

// maxBER bounds elements within elements.
const maxBER = 40

// berCut takes the first element off; one that is cut off has what there is.
func berCut(b []byte, depth int) (e ber, rest []byte, ok bool) {
	if len(b) < 2 || depth > maxBER || b[0]&0x1f == 0x1f { // longer tags are not used here
		return e, nil, false
	}
	e.tag = b[0]
	n, b := int(b[1]), b[2:]
	if n == 0x80 {
		return berOpen(e, b, depth)
	}
	if n > 0x80 {
		digits := n & 0x7f
		if digits > 4 || digits > len(b) {
			return e, nil, false
		}
		n = 0
		for _, c := range b[:digits] {
			n = n<<8 | int(c)
		}
		b = b[digits:]
	}
	n = min(n, len(b))
	e.body = b[:n]
	return e, b[n:], true
}

// berOpen finds the end of an element without a length.
func berOpen(e ber, b []byte, depth int) (ber, []byte, bool) {
	rest := b
	for len(rest) > 0 {
		if rest[0] == 0 {
			e.body = b[:len(b)-len(rest)]
			return e, rest[min(2, len(rest)):], true
		}
		_, next, ok := berCut(rest, depth+1)
		if !ok {
			break
		}
		rest = next
	}
	e.body = b
	return e, nil, true
}

// octets joins the pieces of an octet string.
func (e ber) octets(depth int) []byte {
	if e.tag&0x20 == 0 {
		return e.body
	}
	var all []byte
	for b := e.body; depth < maxBER; {
		piece, rest, ok := berCut(b, depth)
		if !ok {
			break
		}
		all = append(all, piece.octets(depth+1)...)
		b = rest
	}
	return all
}

// Signers is the text of the certificates in a CMS message: names and addresses of
// who signed and who vouches, each once, a line each.
func Signers(data []byte) string {
	w := &berWords{seen: map[string]bool{}}
	if isCMS(data) {
		w.walk(data, 0)
	}
	return w.out.String()
}

type berWords struct {
	seen map[string]bool
	out  strings.Builder
}

// walk adds the strings of b's elements and of those within, but for the content
// that is signed.
func (w *berWords) walk(b []byte, depth int) {
	first := true
	for len(b) > 0 && w.out.Len() < maxSigners {
		e, rest, ok := berCut(b, depth)
		if !ok {
			return
		}
		b = rest
		if first && e.tag == 0x06 && bytes.HasPrefix(append([]byte("\x06\x09"), e.body...), []byte(oidPKCS7)) && depth == 4 {
			return // EncapsulatedContentInfo
		}
		first = false
		w.element(e, depth)
	}
}

// maxSigners bounds the text of certificates.
const maxSigners = 64 << 10

func (w *berWords) element(e ber, depth int) {
	switch {
	case e.tag&0x20 != 0:
		w.walk(e.body, depth+1)
	case e.tag == 0x0c, e.tag == 0x13, e.tag == 0x16, e.tag == 0x81: // UTF-8, printable, ASCII; an address beside a name, RFC 5280 §4.2.1.6
		if utf8.Valid(e.body) {
			w.add(string(e.body))
		}
	case e.tag == 0x14: // Teletex, used as Latin-1
		w.add(decodePage(1252, e.body))
	case e.tag == 0x1e: // UTF-16
		w.add(utf16BE(e.body))
	case e.tag == 0x04 && len(e.body) > 2 && e.body[0] == 0x30 && len(e.body) < maxSigners: // an extension
		w.walk(e.body, depth+1)
	}
}

func (w *berWords) add(s string) {
	if s = strings.TrimSpace(s); s == "" || w.seen[s] || strings.ContainsFunc(s, unicode.IsControl) {
		return
	}
	w.seen[s] = true
	w.out.WriteString(s + "\n")
}

// utf16BE decodes big-endian UTF-16; an odd last byte is dropped.
func utf16BE(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return string(utf16.Decode(units))
}
