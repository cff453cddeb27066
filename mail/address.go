package mail

import (
	"errors"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// Address is a mailbox as written in a header. Name is decoded; Addr is
// local@domain as written, without spaces around. One of them can be empty,
// never both.
type Address struct{ Name, Addr string }

// String is the form for people: "Name <addr>". It is not safe in a header.
func (a Address) String() string {
	switch {
	case a.Name == "":
		return a.Addr
	case a.Addr == "":
		return a.Name
	}
	return a.Name + " <" + a.Addr + ">"
}

// Key is the address in lower case, by which people are told apart; "" if there
// is no address.
func (a Address) Key() string { return strings.ToLower(a.Addr) }

// ErrAddress: the text is not exactly one address. The text is not quoted in
// the error, for it is personal data.
var ErrAddress = errors.New("mail: not an address")

// ParseAddress reads one address as a person or a configuration writes it:
// "a@b" or "Name <a@b>".
func ParseAddress(s string) (Address, error) {
	if strings.ContainsAny(s, "\r\n\x00") {
		return Address{}, ErrAddress
	}
	list := parseAddresses(s, "utf-8")
	if len(list) != 1 || !validAddr(list[0].Addr) {
		return Address{}, ErrAddress
	}
	return list[0], nil
}

// ParseAddresses reads a list as typed into a To field, separated by commas or
// semicolons. ErrAddress if any of them is none.
func ParseAddresses(s string) ([]Address, error) {
	list := parseAddresses(s, "utf-8")
	for _, a := range list {
		if strings.ContainsAny(s, "\r\n\x00") || !validAddr(a.Addr) {
			return nil, ErrAddress
		}
	}
	return list, nil
}

// validAddr: one @ with something sensible on both sides, RFC 5321 lengths.
func validAddr(s string) bool {
	i := strings.LastIndexByte(s, '@')
	if i <= 0 || i == len(s)-1 || len(s) > 254 || i > 64 {
		return false
	}
	local, domain := s[:i], s[i+1:]
	if !strings.HasPrefix(local, `"`) && strings.ContainsAny(local, " \t,;:<>()[]\\\"@") {
		return false
	}
	if strings.ContainsAny(domain, " \t,;<>()\\\"@") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") || strings.Contains(domain, "..") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// parseAddresses reads an address list tolerantly (RFC 5322 §3.4, §4.4):
// groups are opened, what has no address keeps its name, a comma within an
// unquoted name ("Novák, Jan <jan@x>") joins.
func parseAddresses(s, hint string) (list []Address) {
	var held string // a piece without address that may begin the next name
	for _, piece := range splitAddresses(s) {
		a := readMailbox(piece, hint)
		switch {
		case a.Addr == "" && a.Name == "":
			continue
		case a.Addr == "" && len(held) > 200: // a list of names, not one name
			list = append(list, Address{Name: held})
			held = a.Name
			continue
		case a.Addr == "":
			held = joinName(held, a.Name)
			continue
		case held != "" && a.Name != "" && strings.Contains(piece, "<"):
			a.Name = held + ", " + a.Name
		case held != "":
			list = append(list, Address{Name: held})
		}
		held = ""
		list = append(list, a)
	}
	if held != "" {
		list = append(list, Address{Name: held})
	}
	return list
}

func joinName(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}

// splitAddresses cuts at commas and semicolons outside quotes, comments and
// angle brackets, and drops group names.
func splitAddresses(s string) (pieces []string) {
	quoted, angle, comment, from := false, false, 0, 0
	// An opening sign counts only if it is closed anywhere later.
	lastQuote, lastParen, lastAngle := strings.LastIndexByte(s, '"'), strings.LastIndexByte(s, ')'), strings.LastIndexByte(s, '>')
	cut := func(i int) {
		pieces = append(pieces, s[from:i])
		from = i + 1
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && (quoted || comment > 0):
			i++
		case c == '=' && !quoted && wordLen(s[i:]) > 0:
			i += wordLen(s[i:]) - 1 // its commas are the name's
		case c == '"' && comment == 0:
			quoted = !quoted && i < lastQuote
		case quoted:
		case c == '(':
			comment++
		case c == ')' && comment > 0:
			comment--
		case comment > 0 && i < lastParen:
		case c == '<':
			angle = i < lastAngle
		case c == '>':
			angle = false
		case angle:
		case c == ',' || c == ';':
			cut(i)
		case c == ':' && !strings.ContainsAny(s[from:i], "@<["):
			from = i + 1 // group name
		}
	}
	return append(pieces, s[min(from, len(s)):])
}

// wordLen is the length of the encoded word at the start of s, 0 if none is there.
func wordLen(s string) int {
	if !strings.HasPrefix(s, "=?") {
		return 0
	}
	_, n := readWord(s)
	return n
}

// readMailbox reads one piece of a list.
func readMailbox(s, hint string) Address {
	s = strings.TrimSpace(s)
	if plain := wholeInWords(s, hint); strings.Contains(plain, "@") {
		return readMailbox(plain, hint)
	}
	if open := lastOutsideQuotes(s, '<'); open >= 0 {
		addr, after, _ := strings.Cut(s[open+1:], ">")
		name := strings.TrimRight(s[:open], "< ")
		if strings.TrimSpace(name) == "" {
			name = after
		}
		if i := strings.LastIndexByte(addr, ':'); i >= 0 && strings.HasPrefix(strings.TrimSpace(addr), "@") {
			addr = addr[i+1:] // obsolete route, RFC 5322 §4.4
		}
		return Address{phrase(name, hint), cleanAddr(addr, hint)}
	}
	bare := stripComments(s)
	if strings.Contains(bare, "@") && len(strings.Fields(bare)) == 1 {
		return Address{phrase(commentOf(s), hint), cleanAddr(bare, hint)}
	}
	for _, word := range strings.Fields(bare) { // Name a@b without brackets, or [mailto:a@b]
		w := strings.Trim(word, `"'`)
		if inner := strings.TrimPrefix(strings.Trim(w, "[]"), "mailto:"); len(inner) < len(w) && validAddr(inner) {
			return Address{phrase(strings.Replace(bare, word, "", 1), hint), cleanAddr(inner, hint)}
		}
		if validAddr(w) {
			return Address{phrase(strings.Replace(bare, w, "", 1), hint), cleanAddr(w, hint)}
		}
	}
	return Address{Name: phrase(s, hint)}
}

// wholeInWords decodes a piece that is nothing but encoded words, "" if it is more: some
// programs encode the address with the name.
func wholeInWords(s, hint string) string {
	if !strings.HasPrefix(s, "=?") {
		return ""
	}
	for rest := s; rest != ""; {
		n := wordLen(rest)
		if n == 0 {
			return ""
		}
		rest = strings.TrimLeft(rest[n:], " \t")
	}
	return decodeHeader(s, hint)
}

func lastOutsideQuotes(s string, c byte) int {
	at, quoted := -1, false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '=' && !quoted && wordLen(s[i:]) > 0:
			i += wordLen(s[i:]) - 1
		case s[i] == '"':
			quoted = !quoted
		case s[i] == c && !quoted:
			at = i
		}
	}
	if at < 0 && quoted { // the quote never closed
		return strings.LastIndexByte(s, c)
	}
	return at
}

func cleanAddr(s, hint string) string {
	s = strings.TrimSpace(decodeHeader(stripComments(s), hint))
	s = strings.TrimPrefix(s, "mailto:")
	return strings.Trim(strings.Map(noControl, s), " '<>")
}

func commentOf(s string) string {
	_, after, ok := strings.Cut(s, "(")
	if !ok {
		return ""
	}
	if i := strings.LastIndexByte(after, ')'); i >= 0 {
		after = after[:i]
	}
	return after
}

// phrase decodes a display name: quotes taken off, encoded words decoded, also
// within quotes where RFC 2047 §5 forbids them.
func phrase(s, hint string) string {
	s = strings.TrimSpace(s)
	if strings.ContainsAny(s, `"\`) {
		s = unquote(s)
	}
	s = strings.TrimSpace(strings.Map(noControl, decodeHeader(s, hint)))
	if len(s) > 1 && s[0] == '\'' && s[len(s)-1] == '\'' {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	return s
}

// unquote takes quotes off, and backslashes within them.
func unquote(s string) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
			continue
		case s[i] == '\\' && quoted && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// otherForm is a field without the marks that divide what belongs together: HTML's
// references to characters, which forms on the Web put into subjects, quoted
// pairs, the quotes of a local part, and comments within an address (RFC 5322 §3.2.1,
// §3.4.1, §4.4); "" if it has none.
func otherForm(value string) string {
	if !strings.ContainsAny(value, `\"(&`) {
		return ""
	}
	other := html.UnescapeString(value)
	other = quotedPair.ReplaceAllString(other, "$1")
	other = quotedLocal.ReplaceAllString(other, "$1@")
	other = commentWithin.ReplaceAllString(other, "$1$2")
	if other == value {
		return ""
	}
	return other
}

var (
	quotedPair    = regexp.MustCompile(`\\(.)`)
	quotedLocal   = regexp.MustCompile(`"([^"\s]+)"\s*@`)
	commentWithin = regexp.MustCompile(`\s*\([^()]*\)\s*([@.])\s*(?:\([^()]*\)\s*)?|([@.])\s*\([^()]*\)\s*`)
)
