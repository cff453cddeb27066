package privacy

import "html/template"

// exportPage is index.html of a package: it opens anywhere, asks no other host
// for anything and has no script. It is bilingual, since who reads it is not
// known here.
var exportPage = template.Must(template.New("export").Parse(`<!doctype html>
<html lang="cs"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Postolka</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
article { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 8px; padding: 1rem 1.25rem; margin: 1rem 0 }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin: 0 0 .5rem }
dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem 1rem; font-size: .9rem } dt { opacity: .7 } dd { margin: 0; overflow-wrap: anywhere }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit }
</style>
<h1>Údaje, které o vás vedeme · The data held about you</h1>
<p>{{len .Messages}} zpráv · messages. Soubor data.json obsahuje totéž pro programy; manifest.sha256 dokládá úplnost.
data.json has the same for programs; manifest.sha256 shows that the package is whole.</p>
{{range .Messages}}<article>
<h2>{{.Subject}}</h2>
<dl><dt>Datum · Date</dt><dd>{{.Date}}</dd><dt>Od · From</dt><dd>{{.From}}</dd>
<dt>Komu · To</dt><dd>{{range $i, $a := .To}}{{if $i}}, {{end}}{{$a}}{{end}}</dd>
{{if .Cc}}<dt>Kopie · Cc</dt><dd>{{range $i, $a := .Cc}}{{if $i}}, {{end}}{{$a}}{{end}}</dd>{{end}}
<dt>Soubor · File</dt><dd><a href="{{.File}}">{{.File}}</a></dd>
{{range .Attachments}}<dt>Příloha · Attachment</dt><dd><a href="{{.File}}">{{.Name}}</a> ({{.Bytes}} B)</dd>{{end}}</dl>
<pre>{{.Text}}</pre>
</article>
{{end}}{{if .Records}}<article><h2>Záznamy · Records</h2><dl>{{range .Records}}<dt>{{.Table}} {{.Field}}</dt><dd>{{.Value}}</dd>{{end}}</dl></article>{{end}}
</html>
`))
