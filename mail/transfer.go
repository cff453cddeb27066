package mail

import (
	"bytes"
	"strings"
)

// decodeTransfer undoes a Content-Transfer-Encoding (RFC 2045 §6). rest holds
// lines that were not part of the encoding (list footers below base64); ok is
// false when the encoding is unknown or was not used, then body is b itself.
func decodeTransfer(b []byte, encoding string) (body, rest []byte, ok bool) {
	switch codingOf(encoding) {
	case noCoding:
		return b, nil, true
	case quotedPrintable:
		return decodeQP(b), nil, true
	case base64Coding:
		body, rest = decodeBase64(b)
		if len(body) == 0 && len(bytes.TrimSpace(b)) > 0 || len(rest) > len(b)/2 && !completeBase64(b[:len(b)-len(rest)]) {
			return b, nil, false // plain text whose first word looked like base64
		}
		return body, rest, true
	case uuCoding:
		if body := decodeUU(b); body != nil {
			return body, nil, true
		}
	}
	return b, nil, false
}

type coding int

const (
	unknownCoding coding = iota
	noCoding
	quotedPrintable
	base64Coding
	uuCoding
)

// codingOf reads a name of an encoding as senders write it: "8bit, quoted-printable",
// "quoted_printable", "x-base64".
func codingOf(encoding string) coding {
	switch {
	case strings.Contains(encoding, "base64") || strings.Contains(encoding, "base-64") || encoding == "b64" || encoding == "base 64":
		return base64Coding
	case strings.Contains(encoding, "quoted") || strings.Contains(encoding, "printable") || encoding == "qp" || encoding == "q":
		return quotedPrintable
	case strings.Contains(encoding, "uue"):
		return uuCoding
	}
	switch encoding {
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "7bits", "8bits", "none", "plain":
		return noCoding
	}
	return unknownCoding
}

// completeBase64: whole groups of four, many or padded at the end.
func completeBase64(b []byte) bool {
	run := bytes.Join(bytes.Fields(b), nil)
	return len(run)%4 == 0 && (len(run) >= 12 || bytes.HasSuffix(run, []byte("=")))
}

// decodeQP undoes quoted-printable (RFC 2045 §6.7), keeping what is not valid.
func decodeQP(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n')
		line, end := b, []byte(nil)
		if n >= 0 {
			line, b = b[:n], b[n+1:]
			end = []byte("\n")
			if bytes.HasSuffix(line, []byte("\r")) {
				line, end = line[:len(line)-1], []byte("\r\n")
			}
		} else {
			b = nil
		}
		line = bytes.TrimRight(line, " \t")
		if bytes.HasSuffix(line, []byte("=")) {
			line, end = line[:len(line)-1], nil
		}
		out = append(unQP(out, line), end...)
	}
	return out
}

func unQP(out, line []byte) []byte {
	for i := 0; i < len(line); i++ {
		if line[i] == '=' && i+2 < len(line) && isHex(line[i+1]) && isHex(line[i+2]) {
			out = append(out, unhex(line[i+1])<<4|unhex(line[i+2]))
			i += 2
			continue
		}
		out = append(out, line[i])
	}
	return out
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

var base64Value = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i := range alphabet {
		t[alphabet[i]] = int8(i)
	}
	return t
}()

// decodeBase64 undoes base64 (RFC 2045 §6.8) line by line. A line with foreign
// characters, and every line after it, is rest. Several padded runs in a row,
// as some gateways write, are read as one.
func decodeBase64(b []byte) (body, rest []byte) {
	body = make([]byte, 0, len(b)/4*3+3)
	var acc uint32
	bits := 0
	for i := 0; i < len(b); {
		next := len(b)
		if n := bytes.IndexByte(b[i:], '\n'); n >= 0 {
			next = i + n + 1
		}
		if foreign(b[i:next]) {
			return body, b[i:]
		}
		for _, c := range b[i:next] {
			if c == '=' {
				acc, bits = 0, 0
			}
			v := base64Value[c]
			if v < 0 {
				continue
			}
			acc, bits = acc<<6|uint32(v), bits+6
			if bits >= 8 {
				bits -= 8
				body = append(body, byte(acc>>bits))
			}
		}
		i = next
	}
	return body, nil
}

// foreign reports whether a line is no line of base64: more than one character
// in eight is outside the alphabet (single ones are transport damage), or words
// stand apart.
func foreign(line []byte) bool {
	if wordsApart(line) {
		return true
	}
	bad := 0
	for _, c := range bytes.TrimSpace(line) {
		if base64Value[c] < 0 && c != '=' && c != '\r' && c != ' ' {
			bad++
		}
	}
	return bad*8 > len(line)
}

// wordsApart: a line of words, which no base64 has but by a gateway that put its lines
// side by side: those have whole groups of four.
func wordsApart(line []byte) bool {
	words := bytes.Fields(line)
	if (len(words)-1)*20 <= len(line) {
		return false
	}
	for _, w := range words[:len(words)-1] {
		if len(w)%4 != 0 {
			return true
		}
	}
	return false
}

// decodeUU undoes the first uuencoded file of b, nil if there is none.
func decodeUU(b []byte) []byte {
	i := bytes.Index(b, []byte("begin "))
	if i < 0 {
		return nil
	}
	out := []byte{}
	lines := bytes.Split(b[i:], []byte("\n"))
	for _, line := range lines[1:] {
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 || bytes.Equal(line, []byte("end")) {
			break
		}
		out = appendUU(out, line)
	}
	return out
}

func appendUU(out, line []byte) []byte {
	n := int(line[0]-32) & 63
	line = line[1:]
	at := func(i int) byte {
		if i < len(line) {
			return (line[i] - 32) & 63
		}
		return 0
	}
	for i := 0; n > 0; i += 4 {
		three := [3]byte{at(i)<<2 | at(i+1)>>4, at(i+1)<<4 | at(i+2)>>2, at(i+2)<<6 | at(i+3)}
		out = append(out, three[:min(n, 3)]...)
		n -= 3
	}
	return out
}
