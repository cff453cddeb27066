package letter

import (
	"fmt"
	"html/template"
	"io"
)

// HTML writes the letter as a page of its own.
func (l Letter) HTML(w io.Writer) error {
	if err := page.Execute(w, l); err != nil {
		return fmt.Errorf("letter as HTML: %w", err)
	}
	return nil
}

var page = template.Must(template.New("letter").Funcs(template.FuncMap{
	"kind": func(b Block) string { return fmt.Sprintf("%T", b) },
	"date": func(l Letter) string { return l.dateLine() },
}).Parse(`<!doctype html>
<html lang="{{.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{.Title}}</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 44rem; margin: 2.5rem auto; padding: 0 1.25rem; overflow-wrap: anywhere }
address { font-style: normal; margin: 0 0 1.5rem }
address.to { margin-left: 50% }
address b, .reference { font-weight: 600 }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 2rem 0 1rem }
h2 { font-size: 1.05rem; margin: 1.75rem 0 .4rem }
p { margin: .5rem 0; white-space: pre-line }
ul { margin: .5rem 0; padding-left: 1.4rem } li { margin: .2rem 0 }
table { border-collapse: collapse; width: 100%; margin: .75rem 0; font-size: .92rem }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 22%, transparent) }
.signature { margin: 3.5rem 0 0 }
footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid color-mix(in srgb, currentColor 22%, transparent); font-size: .82rem; opacity: .75 }
@media (max-width: 34rem) { address.to { margin-left: 0 } th, td { padding-right: .5rem } }
@media print { body { margin: 0; max-width: none } h2 { break-after: avoid } tr, li { break-inside: avoid } }
</style>
</head>
<body>
{{with .Sender}}<address>{{template "lines" .}}</address>{{end}}
{{with .Addressee}}<address class="to">{{template "lines" .}}</address>{{end}}
{{with date .}}<p>{{.}}</p>{{end}}
{{with .Reference}}<p class="reference">{{.}}</p>{{end}}
<h1>{{.Title}}</h1>
{{range .Body}}{{template "block" .}}
{{end}}{{with .Signature}}<p class="signature">{{range $i, $l := .}}{{if $i}}<br>{{end}}{{$l}}{{end}}</p>{{end}}
{{with .Foot}}<footer>{{.}}</footer>{{end}}
</body>
</html>
{{define "lines"}}{{range $i, $l := .}}{{if $i}}<br>{{$l}}{{else}}<b>{{$l}}</b>{{end}}{{end}}{{end}}
{{define "block"}}{{$kind := kind .}}
{{- if eq $kind "letter.Heading"}}<h2>{{.}}</h2>
{{- else if eq $kind "letter.Paragraph"}}<p>{{.}}</p>
{{- else if eq $kind "letter.List"}}<ul>{{range .}}<li>{{.}}</li>{{end}}</ul>
{{- else}}<table>{{with .Head}}<thead><tr>{{range .}}<th scope="col">{{.}}</th>{{end}}</tr></thead>{{end}}<tbody>{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>{{end}}</tbody></table>{{end}}{{end}}
`))
