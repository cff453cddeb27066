package mail

import (
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
)

// safeStyle keeps the declarations of a style attribute whose property and
// every token are listed: no url(), no escape, no position, no function but
// colours. remote counts the url() that were dropped.
func safeStyle(style string) (safe string, remote int) {
	if len(style) > 1<<14 {
		return "", 0
	}
	var b strings.Builder
	p := css.NewParser(parse.NewInputString(style), true)
	for {
		grammar, _, data := p.Next()
		if grammar == css.ErrorGrammar {
			if p.Err() != nil {
				return b.String(), remote
			}
			continue // one bad declaration
		}
		if grammar != css.DeclarationGrammar {
			continue
		}
		value, urls, ok := safeValue(p.Values())
		remote += urls
		if name := strings.ToLower(string(data)); ok && styleProperties[name] {
			b.WriteString(name + ":" + value + ";")
		}
	}
}

func safeValue(tokens []css.Token) (value string, urls int, ok bool) {
	var b strings.Builder
	ok = len(tokens) > 0
	for _, t := range tokens {
		s := string(t.Data)
		switch t.TokenType {
		case css.URLToken, css.BadURLToken:
			urls++
			ok = false
		case css.FunctionToken:
			ok = ok && styleFunctions[strings.ToLower(s)]
			if strings.EqualFold(s, "url(") {
				urls++
			}
		case css.IdentToken, css.NumberToken, css.PercentageToken, css.DimensionToken, css.HashToken, css.CommaToken, css.WhitespaceToken, css.RightParenthesisToken, css.StringToken:
		case css.DelimToken:
			ok = ok && (s == "/" || s == "!")
		default:
			ok = false
		}
		if strings.ContainsAny(s, "\\<>{};@\x00") || strings.Contains(s, "/*") {
			ok = false
		}
		b.WriteString(s)
	}
	return strings.TrimSpace(b.String()), urls, ok
}

var styleFunctions = set("rgb(", "rgba(", "hsl(", "hsla(")

var styleProperties = set("background", "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-style", "border-bottom-width", "border-collapse", "border-color", "border-left", "border-left-color", "border-left-style", "border-left-width", "border-radius", "border-right", "border-right-color", "border-right-style", "border-right-width", "border-spacing", "border-style", "border-top", "border-top-color", "border-top-style", "border-top-width", "border-width", "box-sizing", "clear", "color", "direction", "display", "float", "font", "font-family", "font-size", "font-style", "font-variant", "font-weight", "height", "letter-spacing", "line-height", "list-style", "list-style-position", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top", "max-height", "max-width", "min-height", "min-width", "opacity", "overflow", "overflow-wrap", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "table-layout", "text-align", "text-decoration", "text-indent", "text-transform", "unicode-bidi", "vertical-align", "visibility", "white-space", "width", "word-break", "word-spacing", "word-wrap")
