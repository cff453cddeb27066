package mail

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestSanitizeHTML(t *testing.T) {
	cid := func(id string) (string, bool) { return "data:image/png;base64,AAAA", id == "a@b" }
	for _, c := range []struct {
		name, in, want string
		remote         int
	}{
		{"text stays", "<p>Dobrý <b>den</b></p>", "<p>Dobrý <b>den</b></p>", 0},
		{"scripts go with their text", "a<script>alert(1)</script>b", "ab", 0},
		{"event handlers go", `<p onclick="x()">a</p>`, "<p>a</p>", 0},
		{"script links lose their target", `<a href="java&#9;script:alert(1)">a</a>`, "<a>a</a>", 0},
		{"web links open elsewhere", `<a href="https://x.cz/?a=1&amp;b=2">a</a>`, `<a href="https://x.cz/?a=1&amp;b=2" rel="noopener noreferrer nofollow" target="_blank">a</a>`, 0},
		{"relative links go", `<a href="/erase">a</a>`, "<a>a</a>", 0},
		{"remote pictures are blocked and counted", `<img src="http://x.cz/p.gif" alt="p"><table background="http://x.cz/b.gif"></table>`, `<img alt="p"/><table></table>`, 2},
		{"pictures of the message are shown", `<img src="cid:a%40b"><img src="cid:other">`, `<img src="data:image/png;base64,AAAA"/><img/>`, 0},
		{"SVG in a data URI goes", `<img src="data:image/svg+xml;base64,AAAA">`, `<img/>`, 0},
		{"styles that only lay out stay", `<p style="color: #f00; FONT-SIZE:12px">a</p>`, `<p style="color:#f00;font-size:12px;">a</p>`, 0},
		{"styles that fetch, move or escape go", `<p style="background:url(http://x.cz/a);position:fixed;color:\72 ed;width:expression(1);margin:1px">a</p>`, `<p style="margin:1px;">a</p>`, 1},
		{"the body's colour is kept in a box", `<body bgcolor="red">a`, `<div bgcolor="red">a</div>`, 0},
		{"forms become text", `<form action="http://x"><input name=q>a</form>`, "a", 0},
		{"comments go", "a<!-- b -->c", "ac", 0},
		{"ids and classes go", `<p id=top class=x name=y>a</p>`, "<p>a</p>", 0},
	} {
		got := SanitizeHTML(c.in, Sanitize{CID: cid})
		if got.HTML != c.want || got.RemoteImages != c.remote {
			t.Errorf("%s:\n got %q, %d\nwant %q, %d", c.name, got.HTML, got.RemoteImages, c.want, c.remote)
		}
	}
	shown := SanitizeHTML(`<img src="http://x.cz/p.gif">`, Sanitize{RemoteImages: true})
	if want := `<img src="http://x.cz/p.gif"/>`; shown.HTML != want {
		t.Errorf("remote pictures on request: got %q, want %q", shown.HTML, want)
	}
}

func TestSanitizeHTMLTooDeepIsText(t *testing.T) {
	got := SanitizeHTML(strings.Repeat("<div>", 3000)+"ahoj <script>x</script>", Sanitize{})
	if want := "<pre>ahoj</pre>"; got.HTML != want {
		t.Errorf("got %.80q, want %q", got.HTML, want)
	}
}

// danger looks for anything that could run or fetch, by its own reading of the
// output: tokens, not the sanitiser's tree.
func danger(s string) string {
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.CommentToken, html.DoctypeToken:
			return "comment"
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			switch t.Data {
			case "script", "style", "iframe", "object", "embed", "svg", "math", "form", "input", "meta", "link", "base", "template", "noscript", "xmp", "plaintext", "textarea", "button", "video", "audio", "frameset", "title":
				return "element " + t.Data
			}
			for _, a := range t.Attr {
				v := strings.ToLower(strings.Map(func(r rune) rune {
					if r <= ' ' {
						return -1
					}
					return r
				}, a.Val))
				switch {
				case strings.HasPrefix(a.Key, "on"), a.Key == "srcdoc", a.Key == "action", a.Key == "formaction", a.Key == "id", a.Key == "name", a.Key == "background", a.Key == "srcset", strings.Contains(a.Key, ":"):
					return "attribute " + a.Key
				case a.Key == "href" && !strings.HasPrefix(v, "http://") && !strings.HasPrefix(v, "https://") && !strings.HasPrefix(v, "mailto:") && !strings.HasPrefix(v, "tel:"):
					return "link " + a.Val
				case a.Key == "src" && !strings.HasPrefix(v, "data:image/"):
					return "source " + a.Val
				case a.Key == "style" && (strings.Contains(v, "url") || strings.Contains(v, `\`) || strings.Contains(v, "expression") || strings.HasPrefix(v, "position:") || strings.Contains(v, ";position:") || strings.Contains(v, "@import") || strings.Contains(v, "behavior") || strings.Contains(v, "/*")):
					return "style " + a.Val
				}
			}
		}
	}
}

func payloads(t *testing.T) (list []string) {
	t.Helper()
	dir := corpus(t, "html")
	for _, name := range []string{"bluemonday/cases.json", "owasp-html-sanitizer/cases.json", "html5sec/vectors.json"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct{ In, Payload string }
		if err := json.Unmarshal(data, &cases); err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			list = append(list, c.In+c.Payload)
		}
	}
	eachFile(t, filepath.Join(dir, "bleach"), func(path string, data []byte) {
		in, _, _ := strings.Cut(string(data), "\n--\n")
		list = append(list, in)
	})
	return list
}

func TestCorpusPayloadsAreHarmless(t *testing.T) {
	list := payloads(t)
	dangerous, moving := 0, 0
	for i, p := range list {
		got := SanitizeHTML(p, Sanitize{}).HTML
		if d := danger(got); d != "" {
			dangerous++
			t.Errorf("payload %d: %s in %q", i, d, got)
		}
		if again := SanitizeHTML(got, Sanitize{}).HTML; again != got {
			moving++
			t.Errorf("payload %d changes on a second pass:\n%q\n%q", i, got, again)
		}
	}
	t.Logf("%d payloads: %d dangerous, %d moving", len(list), dangerous, moving)
}

func TestCorpusHTMLMailsAreHarmless(t *testing.T) {
	mails, remote, astext, size := 0, 0, 0, 0
	for _, set := range []string{"mime", "bulk"} {
		eachFile(t, corpus(t, set), func(path string, data []byte) {
			p := Parse(data).HTML()
			if p == nil {
				return
			}
			got := SanitizeHTML(p.Text, Sanitize{})
			mails++
			size += len(p.Text)
			remote += got.RemoteImages
			if strings.HasPrefix(got.HTML, "<pre>") {
				astext++
			}
			if d := danger(got.HTML); d != "" {
				t.Errorf("%s: %s", path, d)
			}
			if again := SanitizeHTML(got.HTML, Sanitize{}).HTML; again != got.HTML {
				t.Errorf("%s changes on a second pass", path)
			}
		})
	}
	t.Logf("%d HTML mails (%d bytes), %d remote pictures, %d shown as text", mails, size, remote, astext)
}

func TestHTMLToText(t *testing.T) {
	for _, c := range []struct{ name, in, visible, hidden string }{
		{"blocks are lines", "<p>a</p><p>b<br>c</p>", "a\nb\nc", ""},
		{"spaces join, markup within a word does not part it", "No<b>vák</b>  Jan", "Novák Jan", ""},
		{"entities", "a&nbsp;b &amp; &#269;", "a\u00a0b & č", ""},
		{"link targets are hidden text", `<a href="mailto:jan%40x.cz">piš</a>`, "piš", "mailto:jan%40x.cz\nmailto:jan@x.cz"},
		{"hidden elements and comments", `a<span style="display: none">b</span><!-- c -->d`, "ad", "display: none"[:0] + "b\nc"},
		{"scripts and titles", "<title>t</title><script>s</script>a", "a", "t\ns"},
		{"alternative texts", `<img alt="Jana" width=3>`, "", "Jana"},
		{"a tag cut by the end is not lost", `a<img alt="Jana`, "a", `<img alt="Jana`},
		{"preformatted", "<pre>a\n  b</pre>", "a\n  b", ""},
		{"escapes of a style sheet", `<style>a:after{content:"jan\40 x\00002ecz"}</style>b`, "b", "a:after{content:\"jan\\40 x\\00002ecz\"}\na:after{content:\"jan@x.cz\"}"},
		{"text shown backwards", `<bdo dir="rtl">zc.x@n<bdo>a</bdo>j</bdo> <p style="unicode-bidi: bidi-override; direction: rtl">ba</p>c`, "zc.x@naj\nba\nc", "n@x.cz\na\nj\nab"},
		{"an address that nobody escaped", "Jan <Jan@x.cz>, <http://x.cz/jan>", "Jan ,", "<Jan@x.cz>\n<http://x.cz/jan>"},
		{"cells are apart", "<tr><td>a</td><td>b</td></tr>", "a b", ""},
	} {
		visible, hidden := HTMLToText(c.in)
		if visible != c.visible || hidden != c.hidden {
			t.Errorf("%s: got %q and %q, want %q and %q", c.name, visible, hidden, c.visible, c.hidden)
		}
	}
}
