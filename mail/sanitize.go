package mail

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Sanitize says how SanitizeHTML treats pictures. CID gives the URL for a
// picture of the message itself; nil, or ok false, drops it. RemoteImages true
// lets http and https pictures stand.
type Sanitize struct {
	CID          func(cid string) (url string, ok bool)
	RemoteImages bool
}

// Sanitized is HTML that is safe to show: a fragment for a body. RemoteImages
// counts the pictures that would be fetched from elsewhere, blocked or not.
type Sanitized struct {
	HTML         string
	RemoteImages int
}

// maxPasses bounds the way to a fixed point; what is not still by then is shown
// as text.
const maxPasses = 8

// SanitizeHTML keeps what shows a mail (text, tables, pictures, links, styles)
// and drops whatever runs, loads, submits or leaves its box: only listed
// elements, attributes, CSS properties and URL schemes pass. It repeats until
// the result no longer changes by being parsed again, because browsers read
// twice as well. A text of over 512 open elements is shown as text.
func SanitizeHTML(source string, opt Sanitize) Sanitized {
	p := &policy{}
	out, ok := p.pass(source)
	remote := p.remote
	for i := 0; ok; i++ {
		next, good := (&policy{}).pass(out)
		if next == out && good {
			return Sanitized{withImages(out, opt), remote}
		}
		out, ok = next, good && i < maxPasses
	}
	visible, _ := HTMLToText(source)
	return Sanitized{"<pre>" + html.EscapeString(visible) + "</pre>", remote}
}

type policy struct{ remote int }

// pass parses and writes once. cid: and remote pictures still stand.
func (p *policy) pass(source string) (string, bool) {
	doc, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return "", false
	}
	body := find(doc, atom.Body)
	if body == nil {
		return "", true
	}
	root := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	root.Attr = p.attributes(&html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div, Attr: body.Attr})
	p.children(root, body)
	var b strings.Builder
	if len(root.Attr) > 0 {
		err = html.Render(&b, root)
		return b.String(), err == nil
	}
	for c := root.FirstChild; c != nil && err == nil; c = c.NextSibling {
		err = html.Render(&b, c)
	}
	return b.String(), err == nil
}

func find(n *html.Node, a atom.Atom) *html.Node {
	if n.DataAtom == a && n.Namespace == "" {
		return n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if f := find(c, a); f != nil {
			return f
		}
	}
	return nil
}

// children copies what may pass below from to below to. Depth is bounded by the
// parser.
func (p *policy) children(to, from *html.Node) {
	for c := from.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			to.AppendChild(&html.Node{Type: html.TextNode, Data: strings.ReplaceAll(c.Data, "\x00", "")})
		case c.Type != html.ElementNode || c.Namespace != "" || droppedElements[c.DataAtom]:
		case c.DataAtom != 0 && keptElements[c.DataAtom]:
			n := &html.Node{Type: html.ElementNode, Data: c.DataAtom.String(), DataAtom: c.DataAtom, Attr: p.attributes(c)}
			p.children(n, c)
			to.AppendChild(n)
		default:
			p.children(to, c)
		}
	}
}

// droppedElements go with all they contain.
var droppedElements = set(atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Iframe, atom.Frame, atom.Frameset, atom.Object, atom.Embed, atom.Applet, atom.Svg, atom.Math, atom.Noembed, atom.Noframes, atom.Noscript, atom.Plaintext, atom.Xmp, atom.Audio, atom.Video, atom.Canvas, atom.Select, atom.Textarea, atom.Input, atom.Button, atom.Link, atom.Meta, atom.Base, atom.Listing)

var keptElements = set(atom.A, atom.Abbr, atom.Acronym, atom.Address, atom.B, atom.Bdi, atom.Bdo, atom.Big, atom.Blockquote, atom.Br, atom.Caption, atom.Center, atom.Cite, atom.Code, atom.Col, atom.Colgroup, atom.Dd, atom.Del, atom.Dfn, atom.Div, atom.Dl, atom.Dt, atom.Em, atom.Font, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Hr, atom.I, atom.Img, atom.Ins, atom.Kbd, atom.Li, atom.Mark, atom.Ol, atom.P, atom.Pre, atom.Q, atom.S, atom.Samp, atom.Small, atom.Span, atom.Strike, atom.Strong, atom.Sub, atom.Sup, atom.Table, atom.Tbody, atom.Td, atom.Tfoot, atom.Th, atom.Thead, atom.Tr, atom.Tt, atom.U, atom.Ul, atom.Var, atom.Wbr)

// plainAttributes have values that only lay out or describe.
var plainAttributes = set("align", "alt", "bgcolor", "border", "cellpadding", "cellspacing", "clear", "color", "colspan", "compact", "dir", "face", "height", "hspace", "lang", "nowrap", "reversed", "rowspan", "rules", "size", "span", "start", "summary", "title", "valign", "vspace", "width")

func (p *policy) attributes(n *html.Node) (kept []html.Attribute) {
	keep := func(key, value string) { kept = append(kept, html.Attribute{Key: key, Val: value}) }
	for _, a := range n.Attr {
		switch {
		case a.Namespace != "":
		case plainAttributes[a.Key]:
			if !strings.ContainsAny(a.Val, "\x00\\") {
				keep(a.Key, a.Val)
			}
		case a.Key == "style":
			style, remote := safeStyle(a.Val)
			p.remote += remote
			if style != "" {
				keep("style", style)
			}
		case a.Key == "background":
			p.remote++
		case a.Key == "href" && n.DataAtom == atom.A:
			if link := safeLink(a.Val); link != "" {
				keep("href", link)
				keep("rel", "noopener noreferrer nofollow")
				keep("target", "_blank")
			}
		case a.Key == "src" && n.DataAtom == atom.Img:
			if src := p.imageSource(a.Val); src != "" {
				keep("src", src)
			}
		}
	}
	return kept
}

// safeLink keeps web, mail and telephone links.
func safeLink(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil {
		return ""
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		if u.Host == "" {
			return ""
		}
		return u.String()
	case "mailto", "tel":
		return u.String()
	}
	return ""
}

// imageSource keeps pictures of the message, small ones in the text itself, and
// for now remote ones.
func (p *policy) imageSource(s string) string {
	s = strings.TrimSpace(s)
	lower := strings.ToLower(s)
	switch {
	case strings.HasPrefix(lower, "cid:"):
		return "cid:" + s[4:]
	case dataImage(lower):
		return s
	case strings.HasPrefix(s, "//"):
		s = "https:" + s
	}
	if u, err := url.Parse(s); err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") {
		p.remote++
		return u.String()
	}
	return ""
}

// dataImage: a picture format that carries no script, base64 only.
func dataImage(s string) bool {
	for _, t := range []string{"png", "gif", "jpeg", "jpg", "webp"} {
		if rest, ok := strings.CutPrefix(s, "data:image/"+t+";base64,"); ok {
			return !strings.ContainsFunc(rest, func(r rune) bool {
				return r >= 0x80 || base64Value[r] < 0 && r != '=' && !isSpace(byte(r))
			})
		}
	}
	return false
}

// withImages is the last step over text that is already safe and still: it puts
// the pictures in, or takes them out.
func withImages(safe string, opt Sanitize) string {
	if !strings.Contains(safe, "<img") {
		return safe
	}
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(safe))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return b.String()
		}
		raw := string(z.Raw())
		if !strings.HasPrefix(raw, "<img") {
			b.WriteString(raw)
			continue
		}
		t := z.Token()
		t.Attr = imageAttributes(t.Attr, opt)
		b.WriteString(t.String())
	}
}

func imageAttributes(list []html.Attribute, opt Sanitize) (kept []html.Attribute) {
	for _, a := range list {
		if a.Key == "src" {
			var ok bool
			if a.Val, ok = imageURL(a.Val, opt); !ok {
				continue
			}
		}
		kept = append(kept, a)
	}
	return kept
}

func imageURL(src string, opt Sanitize) (string, bool) {
	cid, inner := strings.CutPrefix(src, "cid:")
	switch {
	case strings.HasPrefix(src, "data:"):
		return src, true
	case !inner:
		return src, opt.RemoteImages
	case opt.CID == nil:
		return "", false
	}
	if plain, err := url.PathUnescape(cid); err == nil {
		cid = plain
	}
	u, ok := opt.CID(cid)
	if scheme, _, found := strings.Cut(u, ":"); found && scheme != "data" && scheme != "https" && scheme != "http" && !strings.Contains(scheme, "/") {
		return "", false
	}
	return u, ok
}
