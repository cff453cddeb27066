package mail

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"

	"postolka/attach"
)

// meaningless labels are written by programs that did not look: the text may be
// anything.
func meaningless(label string) bool {
	switch label {
	case "", "us-ascii", "ascii", "ansi_x3.4-1968", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "windows-1252", "cp1252", "x-unknown", "unknown-8bit", "unknown", "default", "8bit", "7bit", "none", "binary", "x-user-defined":
		return true
	}
	return false
}

// decodeCharset turns b into valid UTF-8. label is the declared charset in any
// case, believed only where senders mean it; charset is the one that was used.
// What stays undecodable becomes U+FFFD. NUL bytes vanish.
func decodeCharset(b []byte, label string) (text, charset string) {
	label = strings.ToLower(strings.Trim(label, " \t\"'"))
	if strings.HasPrefix(label, "=?") || strings.ContainsAny(label, "\x00") {
		label = ""
	}
	if name, ok := aliases[label]; ok {
		label = name
	}
	text, charset = decodeLabelled(b, label)
	if strings.Contains(text, "\x00") {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	return strings.TrimPrefix(text, "\ufeff"), charset
}

func decodeLabelled(b []byte, label string) (text, charset string) {
	if t, name, ok := decodeStateful(b, label); ok {
		return t, name
	}
	if isASCII(b) {
		return string(b), "us-ascii"
	}
	if t, ok := decodeEastAsian(b, label); ok {
		return t, label
	}
	if b = joinSurrogates(b); utf8.Valid(b) {
		return string(b), "utf-8"
	}
	if t, ok := decodeLines(b, label); ok {
		return t, "utf-8"
	}
	if mostlyUTF8(b) {
		return repairUTF8(b), "utf-8"
	}
	enc := lookup(label)
	if enc == nil || meaningless(label) || label == "utf-8" || label == "utf8" {
		return guess(b, label)
	}
	if label == "windows-1250" || label == "iso-8859-2" || strings.HasPrefix(label, "iso-8859-") && hasC1(b) {
		return guess(b, label)
	}
	return decodeWith(b, enc), label
}

// aliases are names that programs write and that no index knows. GB18030 holds what
// GB2312 and GBK do, and senders of those write its other characters too.
var aliases = map[string]string{
	"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "ms936": "gb18030", "euc-cn": "gb18030",
	"cp932": "shift_jis", "ms932": "shift_jis", "windows-932": "shift_jis", "x-ms-cp932": "shift_jis",
	"eucjp": "euc-jp", "euc_jp": "euc-jp", "uhc": "euc-kr", "x-uhc": "euc-kr", "ks_c_5601": "euc-kr", "ksc_5601-1987": "euc-kr",
	"cp858": "ibm00858", "x-mac-centraleurroman": macCE, "x-mac-central-europe": macCE, "mac-ce": macCE, "macintosh-ce": macCE, "macce": macCE,
}

// macCE is Apple's Mac OS Central European, which no library of ours has: its
// characters from 0x80 on.
const (
	macCE      = "x-mac-ce"
	macLetters = "ÄĀāÉĄÖÜáąČäčĆćéŹźĎíďĒēĖóėôöõúĚěü†°Ę£§•¶ß®©™ę¨≠ģĮįĪ≤≥īĶ∂∑łĻļĽľĹĺŅņŃ¬√ńŇ∆«»…\u00a0ňŐÕőŌ–—“”‘’÷◊ōŔŕŘ‹›řŖŗŠ‚„šŚśÁŤťÍŽžŪÓÔūŮÚůŰűŲųÝýķŻŁżĢˇ"
)

func decodeMacCE(b []byte) string {
	letters := []rune(macLetters)
	var out strings.Builder
	for _, c := range b {
		if c < 0x80 {
			out.WriteByte(c)
		} else {
			out.WriteRune(letters[c-0x80])
		}
	}
	return out.String()
}

// decodeKorean reads ISO-2022-KR (RFC 1557): EUC-KR without its high bit, between SO
// and SI.
func decodeKorean(b []byte) string {
	b = bytes.ReplaceAll(b, []byte("\x1b$)C"), nil)
	out, high := make([]byte, 0, len(b)), byte(0)
	for _, c := range b {
		switch {
		case c == 0x0e:
			high = 0x80
		case c == 0x0f:
			high = 0
		case c > ' ':
			out = append(out, c|high)
		default:
			out = append(out, c)
		}
	}
	return decodeWith(out, korean.EUCKR)
}

func lookup(label string) encoding.Encoding {
	if label == "" {
		return nil
	}
	if enc, err := htmlindex.Get(label); err == nil {
		return enc
	}
	for _, l := range []string{label, strings.Replace(label, "cp", "ibm", 1), strings.Replace(label, "cp-", "cp", 1), "windows-" + strings.TrimLeft(label, "cpwinms-_")} {
		if enc, err := ianaindex.MIME.Encoding(l); err == nil && enc != nil {
			return enc
		}
		if enc, err := htmlindex.Get(l); err == nil {
			return enc
		}
	}
	return nil
}

func decodeWith(b []byte, enc encoding.Encoding) string {
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return strings.ToValidUTF8(string(out), "\ufffd")
}

// decodeStateful handles charsets whose text can look like ASCII.
func decodeStateful(b []byte, label string) (text, charset string, ok bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) && utf8.Valid(b):
		return string(b[3:]), "utf-8", true
	case bytes.HasPrefix(b, []byte("\xff\xfe")) || label == "utf-16le" || attach.UTF16Mark(b) == "\xff\xfe":
		return decodeUTF16(b, false), "utf-16le", true
	case bytes.HasPrefix(b, []byte("\xfe\xff")) || label == "utf-16be" || label == "utf-16" && len(b) > 1 && b[0] == 0 || attach.UTF16Mark(b) == "\xfe\xff":
		return decodeUTF16(b, true), "utf-16be", true
	case label == "utf-16" && len(b) > 1 && b[1] == 0:
		return decodeUTF16(b, false), "utf-16le", true
	case label == "utf-7" || label == "unicode-1-1-utf-7":
		return decodeUTF7(b), "utf-7", true
	case label == "iso-2022-kr":
		return decodeKorean(b), label, true
	case label == "hz-gb-2312":
		return decodeWith(b, simplifiedchinese.HZGB2312), label, true
	case label == macCE:
		return decodeMacCE(b), label, true
	case strings.HasPrefix(label, "iso-2022-"):
		if enc := lookup(label); enc != nil && enc != encoding.Replacement {
			return decodeWith(b, enc), label, true
		}
	case bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b$@")):
		return decodeWith(b, lookup("iso-2022-jp")), "iso-2022-jp", true
	}
	return "", "", false
}

func decodeUTF16(b []byte, big bool) string {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		if big {
			units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
		} else {
			units = append(units, uint16(b[i+1])<<8|uint16(b[i]))
		}
	}
	return string(utf16.Decode(units))
}

// decodeUTF7 reads RFC 2152; what is not valid stays.
func decodeUTF7(b []byte) string {
	var out strings.Builder
	for s := string(b); ; {
		before, after, ok := strings.Cut(s, "+")
		out.WriteString(before)
		if !ok {
			return strings.ToValidUTF8(out.String(), "\ufffd")
		}
		n := strings.IndexFunc(after, func(r rune) bool { return r >= 0x80 || base64Value[r] < 0 })
		if n < 0 {
			n = len(after)
		}
		run := after[:n]
		s = strings.TrimPrefix(after[n:], "-")
		if run == "" {
			out.WriteByte('+')
			continue
		}
		if units, err := base64.RawStdEncoding.DecodeString(run); err == nil {
			out.WriteString(decodeUTF16(units, true))
		} else {
			out.WriteString("+" + run)
		}
	}
}

// decodeEastAsian believes a declared multi-byte charset when every byte fits:
// such text is sometimes valid UTF-8 by accident.
func decodeEastAsian(b []byte, label string) (string, bool) {
	switch label {
	case "gb18030", "big5", "euc-kr", "ks_c_5601-1987", "euc-jp", "shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "cp949", "cp950":
	default:
		return "", false
	}
	enc := lookup(label)
	if enc == nil {
		return "", false
	}
	t := decodeWith(b, enc)
	if bad := strings.Count(t, "\ufffd"); bad > 0 && (utf8.Valid(b) || bad*20 > utf8.RuneCountInString(t)) {
		return "", false
	}
	return t, true
}

// joinSurrogates puts characters right that a program wrote as two surrogates of three
// bytes each (CESU-8), as some did with emoji.
func joinSurrogates(b []byte) []byte {
	var out []byte
	at := 0
	for i := 0; i+6 <= len(b); i++ {
		if b[i] != 0xed || b[i+1]&0xf0 != 0xa0 || b[i+2]&0xc0 != 0x80 || b[i+3] != 0xed || b[i+4]&0xf0 != 0xb0 || b[i+5]&0xc0 != 0x80 {
			continue
		}
		r := 0x10000 + (rune(b[i+1]&0xf)<<6|rune(b[i+2]&0x3f))<<10 + (rune(b[i+4]&0xf)<<6 | rune(b[i+5]&0x3f))
		out = utf8.AppendRune(append(out, b[at:i]...), r)
		i += 5
		at = i + 1
	}
	if at == 0 {
		return b
	}
	return append(out, b[at:]...)
}

// decodeLines reads a text that has lines in UTF-8 and others that are none: a reply in
// one charset above what it quotes, or a footer of a list in another one.
func decodeLines(b []byte, label string) (string, bool) {
	lines := bytes.SplitAfter(b, []byte("\n"))
	var rest []byte
	letters := 0
	for _, line := range lines {
		if n := latinUTF8(line); n > 0 {
			letters += n
		} else {
			rest = append(rest, line...)
		}
	}
	if letters < 3 {
		return "", false
	}
	text, _ := decodeLabelled(rest, label)
	others := strings.SplitAfter(text, "\n")
	var out strings.Builder
	for _, line := range lines {
		switch {
		case latinUTF8(line) > 0:
			out.Write(line)
		case len(others) > 0:
			out.WriteString(others[0])
			others = others[1:]
		}
	}
	return out.String(), true
}

// latinUTF8 counts the characters of a line in UTF-8 that Latin text has; 0 if it has
// others, for a few bytes of any charset may be UTF-8 by accident.
func latinUTF8(line []byte) (n int) {
	if isASCII(line) || !utf8.Valid(line) {
		return 0
	}
	for _, r := range string(line) {
		switch {
		case r < 0x80:
		case r >= 0xa0 && r < 0x250 || r >= 0x2000 && r < 0x20d0:
			n++
		default:
			return 0
		}
	}
	return n
}

// mostlyUTF8: cut or joined UTF-8 with few foreign bytes among many valid
// sequences.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for i := 0; i < len(b); {
		if b[i] < 0x80 {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return good > 2*bad
}

// repairUTF8 reads the foreign bytes as windows-1250.
func repairUTF8(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1250.DecodeByte(b[i])
		}
		out.WriteRune(r)
		i += n
	}
	return out.String()
}

func hasC1(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 && c < 0xa0 {
			return true
		}
	}
	return false
}

// metaCharset finds the charset an HTML text declares for itself. A text that says so in
// ASCII is no UTF-16, whatever it says (WHATWG HTML §13.2.3.2).
func metaCharset(b []byte) string {
	head := bytes.ToLower(b[:min(len(b), 2048)])
	i := bytes.Index(head, []byte("charset="))
	if i < 0 {
		return ""
	}
	value := bytes.TrimLeft(head[i+8:], "\"' ")
	n := bytes.IndexAny(value, "\"' ;/>\r\n")
	if n < 0 || n > 40 {
		return ""
	}
	if bytes.HasPrefix(value, []byte("utf-16")) {
		return "utf-8"
	}
	return string(value[:n])
}

// guess decodes bytes that are no UTF-8 and of unknown charset: by the letters
// of the languages we expect (letters.go), East Asian ones by chardet.
func guess(b []byte, label string) (text, charset string) {
	best, score, runs := bestSingleByte(b, label)
	if runs && score < eastAsianBelow {
		if t, name, ok := guessEastAsian(b); ok {
			return t, name
		}
	}
	return decodeWith(b, best.enc), best.name
}

// eastAsian charsets as chardet names them. Where it believes several equally,
// the first here is taken: short texts fit many, and the same bytes must never
// be read in two ways.
var eastAsian = []string{"gb18030", "big5", "euc-kr", "euc-jp", "shift_jis"}

// guessEastAsian asks chardet about the first 4 KB (it reads 1.5 MB/s) and
// believes it when the whole text decodes. Its results come from goroutines, equal
// ones in any order, so they are ordered here.
func guessEastAsian(b []byte) (text, charset string, ok bool) {
	results, err := chardet.NewTextDetector().DetectAll(b[:min(len(b), 4096)])
	if err != nil {
		return "", "", false
	}
	rank := func(r chardet.Result) int { return slices.Index(eastAsian, strings.ToLower(r.Charset)) }
	results = slices.DeleteFunc(results, func(r chardet.Result) bool { return rank(r) < 0 })
	slices.SortFunc(results, func(x, y chardet.Result) int {
		return cmp.Or(y.Confidence-x.Confidence, rank(x)-rank(y))
	})
	for _, r := range results {
		name := strings.ToLower(r.Charset)
		if t, ok := decodeEastAsian(b, name); ok {
			return t, name, true
		}
	}
	return "", "", false
}
