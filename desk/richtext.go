package desk

import (
	"html"
	"regexp"
	"strings"
)

// What is typed in the editor is plain text with a few marks, which read well as
// they are in the plain part: **bold**, *italic*, [words](https://…), lines that
// begin with "- " or "1. " as lists, with "> " as quotes. Nothing else has a
// meaning; everything is escaped.
var (
	inline   = regexp.MustCompile(`\*\*([^*\n]+)\*\*|\*([^*\s][^*\n]*)\*|\[([^\]\n]+)\]\((https?://[^\s()]+)\)|(https?://[^\s<>"]+)`)
	bullet   = regexp.MustCompile(`^\s*[-*•] +`)
	numbered = regexp.MustCompile(`^\s*\d{1,3}[.)] +`)
)

// toHTML turns typed text into HTML for mail: no classes, no styles but of quotes.
func toHTML(text string) string {
	var b strings.Builder
	b.WriteString("<div>")
	lines := strings.Split(strings.ReplaceAll(strings.TrimRight(text, " \r\n"), "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); {
		switch tag := blockOf(lines[i]); tag {
		case "":
			b.WriteString("<br>\n")
			i++
		case "p":
			i = paragraph(&b, lines, i)
		case "blockquote":
			i = block(&b, lines, i, tag, `<blockquote style="border-left:2px solid #ccc;margin:0;padding-left:1em">`, "<br>", func(l string) string { return strings.TrimPrefix(strings.TrimPrefix(l, ">"), " ") })
		case "ul":
			i = block(&b, lines, i, tag, "<ul>", "", func(l string) string { return bullet.ReplaceAllString(l, "") })
		case "ol":
			i = block(&b, lines, i, tag, "<ol>", "", func(l string) string { return numbered.ReplaceAllString(l, "") })
		}
	}
	b.WriteString("</div>\n")
	return b.String()
}

func blockOf(line string) string {
	switch {
	case strings.TrimSpace(line) == "":
		return ""
	case strings.HasPrefix(line, ">"):
		return "blockquote"
	case bullet.MatchString(line):
		return "ul"
	case numbered.MatchString(line):
		return "ol"
	}
	return "p"
}

func paragraph(b *strings.Builder, lines []string, i int) int {
	for first := true; i < len(lines) && blockOf(lines[i]) == "p"; i++ {
		if !first {
			b.WriteString("<br>\n")
		}
		first = false
		b.WriteString(inlineHTML(lines[i]))
	}
	b.WriteString("<br>\n")
	return i
}

// block writes lines of one kind: each an item of a list, or ended by a break.
func block(b *strings.Builder, lines []string, i int, tag, open, end string, strip func(string) string) int {
	b.WriteString(open)
	for ; i < len(lines) && blockOf(lines[i]) == tag; i++ {
		if end == "" {
			b.WriteString("<li>" + inlineHTML(strip(lines[i])) + "</li>")
		} else {
			b.WriteString(inlineHTML(strip(lines[i])) + end + "\n")
		}
	}
	b.WriteString("</" + tag + ">\n")
	return i
}

func inlineHTML(line string) string {
	var b strings.Builder
	at := 0
	for _, m := range inline.FindAllStringSubmatchIndex(line, -1) {
		part := func(n int) string { return html.EscapeString(line[m[2*n]:m[2*n+1]]) }
		b.WriteString(html.EscapeString(line[at:m[0]]))
		at = m[1]
		switch {
		case m[2] >= 0:
			b.WriteString("<b>" + part(1) + "</b>")
		case m[4] >= 0:
			b.WriteString("<i>" + part(2) + "</i>")
		case m[6] >= 0:
			b.WriteString(`<a href="` + part(4) + `">` + part(3) + "</a>")
		default: // a full stop after an address ends the sentence
			url := strings.TrimRight(line[m[10]:m[11]], ".,;:!?)")
			b.WriteString(`<a href="` + html.EscapeString(url) + `">` + html.EscapeString(url) + "</a>" + html.EscapeString(line[m[10]+len(url):m[11]]))
		}
	}
	b.WriteString(html.EscapeString(line[at:]))
	return b.String()
}

func signatureHTML(signature string) string {
	if strings.TrimSpace(signature) == "" {
		return ""
	}
	return "<br>\n<div>-- <br>\n" + toHTML(strings.TrimSpace(signature)) + "</div>\n"
}

func (q quote) html() string {
	if q.body == "" {
		return ""
	}
	body := strings.ReplaceAll(html.EscapeString(q.body), "\n", "<br>\n")
	return "<br>\n<div>" + html.EscapeString(q.intro) + "</div>\n" +
		`<blockquote type="cite" style="border-left:2px solid #ccc;margin:0;padding-left:1em">` + body + "</blockquote>\n"
}
