package privacy

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
	"sync"
	"time"

	"postolka/letter"
)

// exportedThread is a conversation as index.html shows it.
type exportedThread struct {
	Subject  string
	Messages []exportedMessage
}

// exportHTML is index.html of a package: it opens anywhere, asks no other host
// for anything and has no script.
func exportHTML(data exported, lang string, withLetter bool) ([]byte, error) {
	w := exportWords[lang]
	title := w["page_title"]
	if data.Article == 20 {
		title = w["page_title_20"]
	}
	view := struct {
		Lang, Title, Intro, Day string
		Letter                  bool
		W                       words
		Threads                 []exportedThread
		Records                 []exportedRecord
		Gaps                    []string
	}{lang, title, fmt.Sprintf(w["page_intro"], len(data.Messages)), dayIn(lang, data.Date), withLetter, w, threads(data.Messages), data.Records, gapLines(w, data)}
	var page bytes.Buffer
	if err := exportPage().Execute(&page, view); err != nil {
		return nil, fmt.Errorf("export page: %w", err)
	}
	return page.Bytes(), nil
}

func gapLines(w words, data exported) (lines []string) {
	for _, b := range gapsBlock(w, data) {
		if list, ok := b.(letter.List); ok {
			lines = append(lines, list...)
		}
	}
	return lines
}

// threads groups messages by conversation, in the order of their first message here.
func threads(list []exportedMessage) (all []exportedThread) {
	place := map[uint64]int{}
	for _, m := range list {
		i, known := place[m.Conversation]
		if !known {
			i = len(all)
			place[m.Conversation] = i
			all = append(all, exportedThread{Subject: m.Subject})
		}
		all[i].Messages = append(all[i].Messages, m)
	}
	return all
}

var exportPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("export").Funcs(template.FuncMap{
		"join": func(list []string) string { return strings.Join(list, ", ") },
		"when": func(lang, stamp string) string {
			at, err := time.Parse(time.RFC3339, stamp)
			if err != nil {
				return stamp
			}
			return letter.Day(lang, at) + at.Format(" 15:04 UTC")
		},
		"size": func(n int) string {
			if n < 10_000 {
				return fmt.Sprintf("%d B", n)
			}
			return fmt.Sprintf("%d kB", n/1000)
		},
	}).Parse(`<!doctype html>
<html lang="{{.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{.Title}}</title>
<style>
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 22%, transparent) }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem } h3 { font-size: 1rem; margin: 0 0 .5rem; font-weight: 600 }
.day, .mark { opacity: .75; font-size: .9rem }
article { border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.25rem; margin: .75rem 0 }
article.author { border-left: 4px solid #3b7a57 } article.mentioned { border-left: 4px solid #a5661b }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; font-size: .9rem; margin: 0 } dt { opacity: .7 } dd { margin: 0; white-space: pre-wrap }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: 1rem 0 0; padding-top: 1rem; border-top: 1px solid var(--line) }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr } dd { margin-bottom: .35rem } }
@media print { body { max-width: none; margin: 0 } article { break-inside: avoid-page } }
</style>
</head>
<body>
{{$w := .W}}{{$lang := .Lang}}<h1>{{.Title}}</h1>
<p class="day">{{.Day}}</p>
<p>{{.Intro}}{{if .Letter}} <a href="letter.html">{{index $w "page_letter"}}</a> (<a href="letter.pdf">PDF</a>).{{end}}</p>
{{range .Threads}}<section>
<h2>{{or .Subject (index $w "no_subject")}}</h2>
{{range .Messages}}<article class="{{.Role}}">
<h3>{{when $lang .Date}} · {{index $w (printf "role.%s" .Role)}}</h3>
<dl><dt>{{index $w "from"}}</dt><dd>{{.From}}</dd>
{{if .To}}<dt>{{index $w "to"}}</dt><dd>{{join .To}}</dd>
{{end}}{{if .Cc}}<dt>{{index $w "cc"}}</dt><dd>{{join .Cc}}</dd>
{{end}}<dt>{{index $w "file"}}</dt><dd><a href="{{.File}}">{{.File}}</a></dd>
{{range .Attachments}}<dt>{{index $w "attachment"}}</dt><dd><a href="{{.File}}">{{or .Name .File}}</a> ({{size .Bytes}})</dd>
{{end}}</dl>
{{if .Text}}<pre>{{.Text}}</pre>
{{end}}{{if .Redacted}}<p class="mark">{{index $w "redacted_mark"}}</p>
{{end}}</article>
{{end}}</section>
{{end}}{{if .Records}}<section>
<h2>{{index $w "records"}}</h2>
{{range .Records}}<article>
<h3>{{or (index $w (printf "table.%s" .Table)) .Table}}</h3>
<dl>{{range .Fields}}<dt>{{.Name}}</dt><dd>{{.Value}}</dd>
{{end}}</dl>
</article>
{{end}}</section>
{{end}}{{if .Gaps}}<section>
<h2>{{index $w "gaps"}}</h2>
<ul>{{range .Gaps}}<li>{{.}}</li>
{{end}}</ul>
</section>
{{end}}</body>
</html>
`))
})
