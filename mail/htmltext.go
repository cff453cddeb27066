package mail

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// HTMLToText returns what a person sees of an HTML text, one block a line, and
// everything else that could be read: hidden elements, comments, scripts,
// styles, titles, link targets (also percent-decoded), alternative texts, other
// attributes. Nothing readable is in neither. It reads tokens, so no nesting is
// too deep for it.
func HTMLToText(source string) (visible, hidden string) {
	return htmlToText(source, &htmlText{})
}

// htmlToQuoted is HTMLToText with a > before each line of what is cited, as plain
// mail has it: else nothing would tell answers between cited lines from these.
func htmlToQuoted(source string) (visible, hidden string) {
	return htmlToText(source, &htmlText{marks: true})
}

func htmlToText(source string, w *htmlText) (visible, hidden string) {
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			w.hide(string(z.Raw())) // a tag cut by the end
			return tidy(w.visible.String()), strings.TrimSpace(w.hidden.String())
		}
		w.token(kind, z)
	}
}

// htmlText writes while tokens come. within is the hidden element that is open,
// depth how many of its name.
type htmlText struct {
	visible, hidden strings.Builder
	within          string
	depth           int
	pre             int
	turned          string // the element that is open and shows its text backwards
	turnedDepth     int    // how many of its name
	space           bool   // due before the next word
	begun           bool   // the line has a word
	marks           bool   // cited lines get a mark
	blocks          []bool // the blockquotes that are open: whether each cites
	marked          bool   // the line has its mark
}

func (w *htmlText) token(kind html.TokenType, z *html.Tokenizer) {
	switch kind {
	case html.TextToken:
		w.text(html.UnescapeString(string(z.Raw())))
	case html.CommentToken, html.DoctypeToken:
		w.hide(html.UnescapeString(string(z.Text())))
	case html.StartTagToken, html.SelfClosingTagToken:
		raw := string(z.Raw())
		t := z.Token()
		if noElement(t.Data) {
			w.hide(raw)
		}
		w.attributes(t)
		w.open(t, kind == html.SelfClosingTagToken)
	case html.EndTagToken:
		t := z.Token()
		w.attributes(t)
		w.close(t)
	}
}

// noElement: "<jan@example.org>" and "<http://…>" that nobody escaped.
func noElement(tag string) bool { return strings.ContainsAny(tag, "@/") || strings.HasSuffix(tag, ":") }

func (w *htmlText) hide(s string) {
	if s = strings.TrimSpace(s); s != "" {
		w.hidden.WriteString(s)
		w.hidden.WriteByte('\n')
	}
}

func (w *htmlText) text(s string) {
	if w.within != "" {
		w.hide(s)
		if plain := plainCSS(s); w.within == "style" && plain != s {
			w.hide(plain)
		}
		return
	}
	if w.turned != "" {
		w.hide(reversed(s))
	}
	if w.pre > 0 {
		w.begun = true
		w.mark()
		w.visible.WriteString(strings.ReplaceAll(s, "\n", "\n"+w.quoteMark()))
		return
	}
	if s != "" && isSpace(s[0]) {
		w.space = true
	}
	for i, word := range strings.FieldsFunc(s, func(r rune) bool { return r < 0x80 && isSpace(byte(r)) }) {
		w.mark()
		if w.begun && (w.space || i > 0) {
			w.visible.WriteByte(' ')
		}
		w.space, w.begun = false, true
		w.visible.WriteString(word)
	}
	if s != "" && isSpace(s[len(s)-1]) {
		w.space = true
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' }

func (w *htmlText) line() {
	w.visible.WriteByte('\n')
	w.space, w.begun, w.marked = false, false, false
}

func (w *htmlText) mark() {
	if !w.marked {
		w.visible.WriteString(w.quoteMark())
	}
	w.marked = true
}

func (w *htmlText) quoteMark() string {
	n := 0
	for _, cites := range w.blocks {
		if cites {
			n++
		}
	}
	if n == 0 || !w.marks {
		return ""
	}
	return strings.Repeat(">", min(n, 9)) + " "
}

// cites tells a citation from a text that is only indented.
func cites(t html.Token) bool {
	for _, a := range t.Attr {
		value := strings.ToLower(a.Val)
		switch a.Key {
		case "cite", "data-email":
			return true
		case "type", "class":
			if value == "cite" || strings.Contains(value, "quote") {
				return true
			}
		case "style":
			if style := strings.Join(strings.Fields(value), ""); strings.Contains(style, "border-left:") && !strings.Contains(style, "border-left:none") {
				return true
			}
		}
	}
	return false
}

func (w *htmlText) open(t html.Token, selfClosing bool) {
	if w.within != "" {
		if t.Data == w.within && !selfClosing {
			w.depth++
		}
		return
	}
	void := voidElements[t.DataAtom] || selfClosing && t.DataAtom != atom.Div && t.DataAtom != atom.P
	if !void && hiddenElement(t) {
		w.within, w.depth = t.Data, 1
		return
	}
	if t.Data == w.turned || w.turned == "" && turns(t) {
		w.turned, w.turnedDepth = t.Data, w.turnedDepth+1
	}
	if t.DataAtom == atom.Blockquote && !selfClosing {
		w.blocks = append(w.blocks, cites(t))
	}
	switch {
	case t.DataAtom == atom.Pre:
		w.pre++
		w.line()
	case t.DataAtom == atom.Td || t.DataAtom == atom.Th:
		w.space = true
	case t.DataAtom == atom.Li:
		w.line()
		w.mark()
		w.visible.WriteString("- ")
	case blockElements[t.DataAtom]:
		w.line()
	}
}

func (w *htmlText) close(t html.Token) {
	if w.within != "" {
		if t.Data == w.within {
			w.depth--
		}
		if w.depth <= 0 || t.DataAtom == atom.Body || t.DataAtom == atom.Html {
			w.within = ""
		}
		return
	}
	if t.Data == w.turned {
		if w.turnedDepth--; w.turnedDepth == 0 {
			w.turned = ""
		}
	}
	if t.DataAtom == atom.Pre && w.pre > 0 {
		w.pre--
	}
	if t.DataAtom == atom.Blockquote && len(w.blocks) > 0 {
		w.blocks = w.blocks[:len(w.blocks)-1]
	}
	if blockElements[t.DataAtom] {
		w.line()
	}
}

// attributes hides every value that can carry a datum. Those of pure layout
// are left out, or every table cell would be repeated in the index.
func (w *htmlText) attributes(t html.Token) {
	for _, a := range t.Attr {
		if layoutAttributes[a.Key] && len(a.Val) < 40 && !strings.ContainsRune(a.Val, '@') {
			continue
		}
		if a.Key == "style" && !strings.ContainsAny(a.Val, `@"'`) && !strings.Contains(a.Val, "url") {
			continue
		}
		w.hide(a.Val)
		if strings.Contains(a.Val, "%") && !strings.HasPrefix(a.Val, "data:") { // those attach.EmbeddedIn decodes
			if plain := strings.ToValidUTF8(string(unpercent(a.Val)), "\ufffd"); plain != a.Val {
				w.hide(plain)
			}
		}
	}
}

var layoutAttributes = set("width", "height", "border", "align", "valign", "cellpadding", "cellspacing", "bgcolor", "color", "face", "size", "colspan", "rowspan", "dir", "type", "rel", "target", "nowrap", "hspace", "vspace", "lang", "role", "link", "vlink", "alink", "text", "media", "http-equiv")

func set[T comparable](list ...T) map[T]bool {
	m := make(map[T]bool, len(list))
	for _, s := range list {
		m[s] = true
	}
	return m
}

var voidElements = set(atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta, atom.Param, atom.Source, atom.Track, atom.Wbr)

var blockElements = set(atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Br, atom.Center, atom.Dd, atom.Div, atom.Dl, atom.Dt, atom.Fieldset, atom.Figure, atom.Footer, atom.Form, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Header, atom.Hr, atom.Li, atom.Main, atom.Nav, atom.Ol, atom.P, atom.Pre, atom.Section, atom.Table, atom.Tr, atom.Ul)

// hiddenElement: never shown, or hidden by its own attributes.
func hiddenElement(t html.Token) bool {
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Noembed, atom.Noframes, atom.Textarea, atom.Select, atom.Iframe, atom.Object, atom.Svg, atom.Math:
		return true
	}
	for _, a := range t.Attr {
		if a.Key == "hidden" || a.Key == "style" && hidesStyle(a.Val) {
			return true
		}
	}
	return false
}

func hidesStyle(style string) bool {
	s := strings.Join(strings.Fields(strings.ToLower(style)), "")
	for _, sign := range []string{"display:none", "visibility:hidden", "font-size:0;", "font-size:0px", "max-height:0", "opacity:0;"} {
		if strings.Contains(s+";", sign) {
			return true
		}
	}
	return false
}

// turns: the element shows its text from right to left, letter by letter, as authors
// do who hide an address from robots.
func turns(t html.Token) bool {
	for _, a := range t.Attr {
		style := strings.Join(strings.Fields(strings.ToLower(a.Val)), "")
		if t.DataAtom == atom.Bdo && a.Key == "dir" && style == "rtl" ||
			a.Key == "style" && strings.Contains(style, "direction:rtl") && strings.Contains(style, "bidi-override") {
			return true
		}
	}
	return false
}

func reversed(s string) string {
	runes := []rune(s)
	slices.Reverse(runes)
	return string(runes)
}

var cssEscape = lazily(`\\[0-9a-fA-F]{1,6}[ \t\n\f]?`)

// plainCSS undoes the escapes of a style sheet, CSS Syntax Module Level 3 §4.3.7.
func plainCSS(s string) string {
	return cssEscape().ReplaceAllStringFunc(s, func(e string) string {
		code, err := strconv.ParseUint(strings.TrimSpace(e[1:]), 16, 32)
		if err != nil {
			return e
		}
		return string(rune(code))
	})
}

// tidy drops spaces at line ends and more than one empty line in a row.
func tidy(s string) string {
	var b strings.Builder
	empty := 0
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimRight(line, " \r\t")
		if line == "" {
			empty++
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
			if empty > 1 {
				b.WriteByte('\n')
			}
		}
		empty = 0
		b.WriteString(line)
	}
	return b.String()
}
