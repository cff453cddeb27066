package match

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// quotedPrintable reports whether a text clearly is quoted-printable that nobody
// decoded (RFC 2045 §6.7): it says so, as the source of a mail and a card do, or
// nearly all its "=" stand before two digits or at the end of a line, and two of them
// before what links and tables don't have there.
func quotedPrintable(src []byte) bool {
	first := bytes.IndexByte(src, '=')
	if first < 0 {
		return false
	}
	quoted, sure, other := 0, 0, 0
	for at := first; at < len(src); {
		s := src[at:]
		switch n := softBreak(s); {
		case n > 0:
			quoted, sure = quoted+1, sure+1
		case len(s) < 3 || !isUpperHex(s[1]) || !isUpperHex(s[2]):
			other++
		default:
			quoted++
			if s[1] >= '8' || s[1] == '3' && s[2] == 'D' {
				sure++
			}
		}
		next := bytes.IndexByte(s[1:], '=')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	if quoted == 0 {
		return false
	}
	return sure > 1 && other*4 <= quoted || saysQuotedPrintable(src)
}

// saysQuotedPrintable looks for the word in any case, without a copy of the text.
func saysQuotedPrintable(src []byte) bool {
	before, after := []byte("quoted"), []byte("-printable")
	for at := 0; ; at++ {
		n := bytes.IndexByte(src[at:], '-')
		if n < 0 {
			return false
		}
		at += n
		if at >= len(before) && len(src) >= at+len(after) && bytes.EqualFold(src[at-len(before):at], before) && bytes.EqualFold(src[at:at+len(after)], after) {
			return true
		}
	}
}

// softBreak measures "=" at the end of a line, with the signs of quoting before the
// next line of a mail that somebody quoted; 0: it is none.
func softBreak(s []byte) int {
	if len(s) < 2 || s[0] != '=' || s[1] != '\n' && s[1] != '\r' {
		return 0
	}
	end := 1 + lineEndSize(s[1:])
	for n := end; n < len(s) && (s[n] == '>' || s[n] == ' ' && s[n-1] == '>'); n++ {
		end = n + 1
	}
	return end
}

// quotedRune reads one character in quoted-printable at the start of s. In a text that
// is quoted-printable throughout a soft line break may stand within it, and what is no
// UTF-8 is windows-1250.
func quotedRune(s []byte, throughout bool) (rune, int) {
	var plain [utf8.UTFMax]byte
	first := 0 // bytes of the source that the first byte takes
	for n, at := 0, 0; n < len(plain) && len(s) >= at+3 && s[at] == '=' && isUpperHex(s[at+1]) && isUpperHex(s[at+2]); {
		plain[n] = hexValue(s[at+1])<<4 | hexValue(s[at+2])
		n, at = n+1, at+3
		if n == 1 {
			first = at
		}
		if r, size := utf8.DecodeRune(plain[:n]); r != utf8.RuneError && size == n {
			if r < ' ' && (!throughout || r != '\n' && r != '\r' && r != '\t') {
				return 0, 0
			}
			return r, at
		}
		if throughout {
			at += softBreak(s[at:])
		}
	}
	if first == 0 || !throughout {
		return 0, 0
	}
	return charmap.Windows1250.DecodeByte(plain[0]), first
}

// quotedAt: "jan=40firma.cz". Before a digit it may be "tel=401234567".
func (f *folder) quotedAt() bool {
	s := f.src[f.at:]
	return len(s) > 3 && s[1] == '4' && s[2] == '0' && isLetter(s[3]) && f.at > 0 && isWordByte(f.src[f.at-1]|0x20)
}

// valueNotQuoted: "ič=27074358" in the midst of quoted-printable, where a digit other
// than of a space or "@" would be one too many.
func (f *folder) valueNotQuoted() bool {
	s := f.src[f.at:]
	return len(s) > 3 && isDigit(s[1]) && isDigit(s[2]) && isDigit(s[3]) && s[2] != '0' && f.at > 0 && isLetter(f.src[f.at-1])
}

func isLetter(c byte) bool { c |= 0x20; return 'a' <= c && c <= 'z' }

// leads holds, for what the first byte of a letter U+00C0 to U+017F or of a no-break
// space was taken for, that byte; 0: it was none.
var leads = [...]byte{'Â': 0xC2, 'Ã': 0xC3, 'Ă': 0xC3, 'Ä': 0xC4, 'Å': 0xC5, 'Ĺ': 0xC5}

// decodeLetter reads a character, also one that was broken in two.
func decodeLetter(s []byte) (r rune, size int, broken bool) {
	r, size = decodeRune(s)
	if int(r) < len(leads) && leads[r] != 0 {
		if whole, more := mojibake(r, s[size:]); more > 0 {
			return whole, size + more, true
		}
	}
	return r, size, false
}

// mojibake reads a Latin letter, or a no-break space, whose two bytes of UTF-8 were
// each taken for a letter of windows-1252 or windows-1250; lead is the first of them
// and next what follows.
func mojibake(lead rune, next []byte) (rune, int) {
	second, size := utf8.DecodeRune(next)
	if size < 2 || lead == 'Ă' && second == 'Ş' { // Romanian capitals
		return 0, 0
	}
	for _, c := range []byte{byte(min(second, 0xFF)), byteIn(charmap.Windows1252, second), byteIn(charmap.Windows1250, second)} {
		if 0x80 <= c && c < 0xC0 {
			if r, _ := utf8.DecodeRune([]byte{leads[lead], c}); r >= 0xC0 || r == 0xA0 {
				return r, size
			}
		}
	}
	return 0, 0
}

func byteIn(m *charmap.Charmap, r rune) byte {
	b, _ := m.EncodeRune(r)
	return b
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
