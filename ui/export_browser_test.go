package ui

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"postolka/match"
	"postolka/privacy"
)

// asked counts what a browser asked a server for.
type asked struct {
	sync.Mutex
	paths []string
}

func (a *asked) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.Lock()
		a.paths = append(a.paths, r.URL.Path)
		a.Unlock()
		next.ServeHTTP(w, r)
	})
}

func (a *asked) all() []string {
	a.Lock()
	defer a.Unlock()
	return append([]string(nil), a.paths...)
}

// TestPackageAsksNobody opens the pages of a package whose mail wants pictures,
// styles and scripts from outside: the browser loads the page and nothing else.
func TestPackageAsksNobody(t *testing.T) {
	w := newWorld(t).settle()
	var outside, inside asked
	away := httptest.NewServer(outside.count(http.NotFoundHandler()))
	t.Cleanup(away.Close)
	hostile := `<img src="` + away.URL + `/pixel.png"><link rel="stylesheet" href="` + away.URL + `/a.css"><script src="` + away.URL + `/a.js"></script><b style="background:url(` + away.URL + `/b.png)">x</b>`
	w.receive(sample{from: "Eliška Procházková <eliska.prochazkova@seznam.example>", subject: "Obrázek " + hostile, text: hostile})
	w.fillLetter()
	dir := w.packageIn(t, "cs")
	home := httptest.NewServer(inside.count(http.FileServer(http.Dir(dir))))
	t.Cleanup(home.Close)
	ctx := chromium(t)
	for _, page := range []string{"/", "/letter.html"} {
		w.must(chromedp.Do(ctx, chromedp.Navigate(home.URL+page)))
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText + " " + document.scripts.length`))
		w.must(err)
		if len(text) < 200 || !strings.HasSuffix(text, " 0") {
			t.Errorf("%s: %d characters shown, ends in %q; want text and no script", page, len(text), text[max(0, len(text)-2):])
		}
	}
	if got := outside.all(); len(got) > 0 {
		t.Errorf("asked outside for %v", got)
	}
	for _, path := range inside.all() {
		if path != "/" && path != "/letter.html" && path != "/favicon.ico" {
			t.Errorf("loaded %s beside the page", path)
		}
	}
	w.must(chromedp.Do(ctx, chromedp.Navigate(away.URL+"/seen")))
	if len(outside.all()) == 0 {
		t.Error("the outside server counts nothing")
	}
}

// fillLetter gives the letter every point.
func (w *world) fillLetter() {
	by := w.people["jana"]
	facts, err := w.server.Privacy.LetterFacts(by)
	w.must(err)
	facts.Controller = "Kolovrat s.r.o.\nDlouhá 118, 678 01 Horní Lhota\npodpora@example.cz"
	facts.Place, facts.Signature, facts.Processors = "Horní Lhota", "Jana Nová\njednatelka", "Hosting Příklad a.s."
	for lang, texts := range map[string][]string{
		"cs": {"Vyřízení dotazů, objednávek a reklamací.", "Plnění smlouvy, čl. 6 odst. 1 písm. b), a právní povinnosti, písm. c).", "Tři roky od uzavření konverzace; účetní doklady deset let.", "Neprobíhá.", "Údaje nepředáváme mimo Evropskou unii."},
		"en": {"Handling questions, orders and complaints.", "Performance of a contract, Art. 6(1)(b), and legal obligations, (c).", "Three years from the end of a conversation; accounting documents ten years.", "None takes place.", "No data is transferred outside the European Union."},
	} {
		t := facts.In(lang)
		t.Purposes, t.Bases, t.Retention, t.Automated, t.Transfers = texts[0], texts[1], texts[2], texts[3], texts[4]
	}
	w.must(w.server.Privacy.SetLetterFacts(context.Background(), by, facts))
}

// packageIn makes a package of somebody who wrote, and unpacks it.
func (w *world) packageIn(t *testing.T, lang string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	sel, err := match.ParseIdentifier(match.Email, "eliska.prochazkova@seznam.example")
	w.must(err)
	var b bytes.Buffer
	_, err = w.server.Privacy.Export(context.Background(), w.people["jana"], []match.Identifier{sel}, privacy.ExportOptions{Lang: lang}, &b)
	w.must(err)
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	w.must(err)
	for _, f := range z.File {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		w.must(os.MkdirAll(filepath.Dir(path), 0o700))
		in, err := f.Open()
		w.must(err)
		data, err := io.ReadAll(in)
		w.must(err)
		w.must(in.Close())
		w.must(os.WriteFile(path, data, 0o600))
	}
	return dir
}
