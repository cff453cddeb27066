package match

import (
	"bytes"
	"html"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// percentDecode reads one encoded character at the start of s (RFC 3986 §2.1);
// "%25" before two hex digits is taken as "%" again, since links carry links.
func percentDecode(s []byte) (string, int) {
	var plain [4]byte
	n, at := 0, 0
	for n < len(plain) {
		b, size := percentByte(s[at:])
		if size == 0 {
			break
		}
		plain[n], n, at = b, n+1, at+size
		if r, _ := utf8.DecodeRune(plain[:n]); r != utf8.RuneError {
			return string(r), at
		}
	}
	if n == 0 {
		return "", 0
	}
	_, size := percentByte(s)
	return string(charmap.Windows1250.DecodeByte(plain[0])), size
}

func percentByte(s []byte) (byte, int) {
	if len(s) < 3 || s[0] != '%' {
		return 0, 0
	}
	at := 1
	for len(s) >= at+4 && s[at] == '2' && s[at+1] == '5' && isHex(s[at+2]) && isHex(s[at+3]) {
		at += 2
	}
	if !isHex(s[at]) || !isHex(s[at+1]) {
		return 0, 0
	}
	return hexValue(s[at])<<4 | hexValue(s[at+1]), at + 2
}

// unicodeEscape reads "\u00e1", or two of them for a character beyond U+FFFF, and
// "\x40", in which JavaScript writes Latin-1 (ECMA-262 §12.9.4) and others each byte
// of UTF-8.
func unicodeEscape(s []byte) (rune, int) {
	if r, size := bytesEscape(s); size > 0 {
		return r, size
	}
	r, ok := escape4(s)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		low, ok := escape4(s[6:])
		if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
			return 0, 0
		}
		return r, 12
	}
	return r, 6
}

func bytesEscape(s []byte) (rune, int) {
	var plain [4]byte
	for n := 0; n < len(plain); n++ {
		e := s[min(4*n, len(s)):]
		if len(e) < 4 || e[0] != '\\' || e[1] != 'x' || !isHex(e[2]) || !isHex(e[3]) {
			break
		}
		plain[n] = hexValue(e[2])<<4 | hexValue(e[3])
		if r, _ := utf8.DecodeRune(plain[:n+1]); r != utf8.RuneError {
			return r, 4 * (n + 1)
		}
	}
	if plain[0] == 0 {
		return 0, 0
	}
	return rune(plain[0]), 4
}

func escape4(s []byte) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range s[2:6] {
		if !isHex(c) {
			return 0, false
		}
		r = r<<4 | rune(hexValue(c))
	}
	return r, true
}

func isUpperHex(c byte) bool { return '0' <= c && c <= '9' || 'A' <= c && c <= 'F' }

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}

// entityDecode reads one HTML character reference at the start of s. Only one
// that ends in a semicolon counts: "&copy=1" in a link is none.
func entityDecode(s []byte) (string, int) {
	const longest = 33 // "&CounterClockwiseContourIntegral;"
	end := bytes.IndexByte(s[:min(len(s), longest)], ';')
	if end < 2 {
		return "", 0
	}
	for i, c := range s[1:end] {
		if !isWordByte(c|0x20) && (c != '#' || i > 0) || c >= 0x80 {
			return "", 0
		}
	}
	entity := string(s[:end+1])
	plain := html.UnescapeString(entity)
	if plain == entity || strings.HasSuffix(plain, ";") && plain != ";" { // "&notit;" is "¬it;"
		return "", 0
	}
	return plain, end + 1
}
