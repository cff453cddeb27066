package mail

import (
	"sort"
	"strconv"
	"strings"
)

// maxParams bounds the bytes of a field's parameters that are read.
const maxParams = 1 << 16

// mediaType splits a Content-Type or Content-Disposition value into its lower
// case head and its decoded parameters. It reads what senders write: missing
// semicolons' values, spaces around "=", unquoted spaces, RFC 2231 pieces,
// encoded words inside quotes.
func mediaType(s, hint string) (head string, params map[string]string) {
	head, rest, _ := strings.Cut(s, ";")
	if i := strings.IndexAny(head, ", \t"); i > 0 && strings.Contains(head[i:], "=") { // no semicolon
		head, rest = s[:i], strings.TrimLeft(s[i:], ", \t")
	}
	head = strings.ToLower(strings.Trim(stripComments(head), " \t\"'"))
	if i := strings.IndexAny(head, " \t"); i >= 0 {
		head = head[:i]
	}
	rest = rest[:min(len(rest), maxParams)]
	var pieces []piece
	for rest != "" {
		var name, value string
		name, value, rest = nextParam(rest)
		if name != "" {
			pieces = append(pieces, newPiece(name, value))
		}
	}
	return head, joinPieces(pieces, hint)
}

// nextParam reads one name=value; value may be quoted and hold semicolons.
func nextParam(s string) (name, value, rest string) {
	s = strings.TrimLeft(s, " \t;")
	eq := strings.IndexByte(s, '=')
	if semi := strings.IndexByte(s, ';'); eq < 0 || semi >= 0 && semi < eq {
		_, rest, _ = strings.Cut(s, ";")
		return "", "", rest
	}
	name = strings.ToLower(strings.TrimSpace(s[:eq]))
	s = strings.TrimLeft(s[eq+1:], " \t")
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		return name, strings.TrimSpace(value), rest
	}
	var b strings.Builder
	i := 1
	for ; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') {
			i++
		}
		b.WriteByte(s[i])
	}
	_, rest, _ = strings.Cut(s[min(i+1, len(s)):], ";")
	return name, b.String(), rest
}

// piece is one part of a parameter: name*1*=… (RFC 2231 §3).
type piece struct {
	name, value string
	order       int
	percent     bool // name*: charset'language'percent-encoded, RFC 2231 §4
}

func newPiece(name, value string) piece {
	p := piece{value: value, order: -1}
	p.name, p.percent = strings.CutSuffix(name, "*")
	if i := strings.LastIndexByte(p.name, '*'); i > 0 {
		if n, err := strconv.Atoi(p.name[i+1:]); err == nil && n >= 0 {
			p.name, p.order = p.name[:i], n
		}
	}
	return p
}

// joinPieces puts the pieces of each parameter together. The extended form wins
// over the plain one beside it, RFC 2231 §4 and RFC 6266 §4.3.
func joinPieces(pieces []piece, hint string) map[string]string {
	params := make(map[string]string, len(pieces))
	sort.SliceStable(pieces, func(i, j int) bool { return pieces[i].order < pieces[j].order })
	type joined struct {
		text    []byte
		charset string
	}
	extended := map[string]*joined{}
	for _, p := range pieces {
		if p.order < 0 && !p.percent {
			if _, twice := params[p.name]; !twice {
				params[p.name] = decodeHeader(p.value, hint)
			}
			continue
		}
		j := extended[p.name]
		if j == nil {
			j = &joined{}
			extended[p.name] = j
		}
		j.charset, j.text = p.appendTo(j.charset, j.text)
	}
	for name, j := range extended {
		text, _ := decodeCharset(j.text, j.charset)
		if strings.Contains(text, "=?") {
			text = decodeHeader(text, hint)
		}
		params[name] = text
	}
	return params
}

func (p piece) appendTo(charset string, text []byte) (string, []byte) {
	value := p.value
	if !p.percent {
		return charset, append(text, value...)
	}
	if c, rest, ok := strings.Cut(value, "'"); ok && (p.order <= 0 || known(c)) { // some begin at 1, some repeat it
		if _, v, ok := strings.Cut(rest, "'"); ok {
			charset, value = strings.ToLower(c), v
		} else if known(c) {
			charset, value = strings.ToLower(c), rest
		}
	}
	return charset, append(text, unpercent(value)...)
}

func known(charset string) bool { return lookup(strings.ToLower(charset)) != nil }

// unpercent decodes %41, keeping what is not valid.
func unpercent(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return out
}

// stripComments removes (comments), RFC 5322 §3.2.2, outside quotes.
func stripComments(s string) string {
	if !strings.Contains(s, "(") {
		return s
	}
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' && depth == 0:
			quoted = !quoted
			b.WriteByte(c)
		case c == '(' && !quoted:
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}
