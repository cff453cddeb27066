package ui

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestBrowserObeysItsPolicy opens every page and the sandboxed mail, and asks the
// browser what it refused: nothing of ours may be.
func TestBrowserObeysItsPolicy(t *testing.T) {
	w := newWorld(t).settle()
	ctx := chromium(t)
	last := ""
	for _, sc := range w.screens() {
		if sc.who != last || last == "" {
			w.must(w.signInBrowser(ctx, sc.who))
			last = sc.who
		}
		steps := append([]step{chromedp.Navigate(w.http.URL + sc.path)}, sc.do...)
		w.must(chromedp.Do(ctx, append(steps, chromedp.Evaluate[chromedp.Void](`window.refused = [];
			new ReportingObserver(list => refused.push(...list.map(r => r.body.effectiveDirective + " " + r.body.blockedURL)), {types: ["csp-violation"], buffered: true}).observe()`),
			chromedp.Sleep(200*time.Millisecond))...))
		got, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`refused`))
		w.must(err)
		if len(got) > 0 {
			t.Errorf("%s: refused %q", sc.path, got)
		}
		if got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`String(document.body.classList.contains("script"))`)); err != nil || got != "true" {
			t.Errorf("%s: the script did not run (%v)", sc.path, err)
		}
	}
}

// TestBrowserFollowsNewsKeysAndDrafts is the desk as a person meets it: a mail
// appears in the open list, keys move, open and answer, what is typed is kept.
func TestBrowserFollowsNewsKeysAndDrafts(t *testing.T) {
	w := newWorld(t).settle()
	ctx := chromium(t)
	do := func(what string, steps ...step) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	ask := func(js string) string {
		t.Helper()
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](js))
		w.must(err)
		return got
	}
	until := func(what, js string) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ask("String(!!("+js+"))") != "true"; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: never; at %s: %.600q", what, ask("location.href"), ask("document.body.innerText"))
			}
		}
	}

	do("sign in", chromedp.EmulateViewport(1440, 900))
	w.must(w.signInBrowser(ctx, "petr"))
	do("list", chromedp.Navigate(w.http.URL+"/in/new"))
	until("script", `document.body.classList.contains("script")`)
	time.Sleep(300 * time.Millisecond) // the stream opens

	w.receive(sample{from: "Nový Zákazník <novy@post.example>", subject: "Přišlo právě teď", text: "Haló?"})
	until("mail in the open list", `[...document.querySelectorAll("#rows .subject")].some(e => e.textContent == "Přišlo právě teď")`)
	if got := ask(`document.querySelector('.views [data-key=new] b').textContent`); got != "9" {
		t.Errorf("count of new: got %s, want 9", got)
	}

	do("next", chromedp.KeyEvent("j"))
	until("row focused", `document.activeElement.matches("#rows a")`)
	do("open", chromedp.KeyEvent("\r"))
	until("conversation", `document.querySelector(".script [data-conversation]")`)
	// A key sent by the protocol types its letter too, which a real one doesn't.
	do("reply", chromedp.Evaluate[chromedp.Void](`document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "r", bubbles: true}))`))
	until("editor", `document.activeElement.id == "text"`)
	do("type", chromedp.SendKeys("#text", "Dobrý den, s, n, e nic nedělají."))
	until("draft saved", `document.getElementById("saved").textContent.trim() != ""`)
	do("send", chromedp.KeyEvent("\r", chromedp.KeyModifiers(2)))
	until("undo offered", `document.querySelector(".flash button")`)
	until("address without what was done", `!location.search.includes("done")`)
	do("undo", chromedp.Click(".flash button"))
	until("text is back", `document.getElementById("text")?.value.includes("nic nedělají")`)
	if got := ask(`document.getElementById("text").value`); got != "Dobrý den, s, n, e nic nedělají." {
		t.Errorf("text after undo: got %q", got)
	}
	do("help", chromedp.Evaluate[chromedp.Void]("document.activeElement.blur()"), chromedp.KeyEvent("?"))
	until("help", `document.querySelector("dialog[open] kbd")`)
}

// TestBrowserSendsAFindOnce: a find that takes long says so, and pressing again
// does not begin a second one.
func TestBrowserSendsAFindOnce(t *testing.T) {
	w := newWorld(t).settle()
	ctx := chromium(t)
	w.must(w.signInBrowser(ctx, "jana"))
	w.must(chromedp.Do(ctx, chromedp.Navigate(w.http.URL+"/privacy"), chromedp.Evaluate[chromedp.Void](`
		window.sent = [1, 2].map(() => document.querySelector("form.seek").dispatchEvent(new SubmitEvent("submit", {bubbles: true, cancelable: true})))`),
		chromedp.Sleep(600*time.Millisecond)))
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`sent + " " + document.querySelector("#flash .wait")?.textContent`))
	w.must(err)
	if want := "true,false Čte se všechno, co tu je. U velké schránky to chvíli trvá."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
