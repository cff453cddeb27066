package main

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser is a person's Chromium, with a profile of its own.
type browser struct {
	t    testing.TB
	ctx  context.Context
	who  string
	home string // address of the desk
}

type step = chromedp.Action[chromedp.Void]

// browserLimit ends a browser that hangs, and says so with the test's name.
const browserLimit = 10 * time.Minute

// newBrowser starts one that ends with the test; without Chromium the test is
// left out, in CI (CI=true) it fails.
func newBrowser(t testing.TB, who, home string) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		const missing = "Chromium is not installed (apt-get install chromium): tests with a browser are left out"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	// Chromium's sandbox can't run as root; the pages are our own.
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("lang", "en"), chromedp.WindowSize(1440, 900))
	ctx, cancel := context.WithTimeout(context.Background(), browserLimit)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, who: who, home: home}
	b.do("start", chromedp.EmulateViewport(1440, 900))
	return b
}

func (b *browser) do(what string, steps ...step) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("%s: %s: %v", b.who, what, err)
	}
}

func (b *browser) open(path string) {
	b.t.Helper()
	b.do("open "+path, chromedp.Navigate(b.home+path))
}

// ask evaluates an expression that gives a string.
func (b *browser) ask(js string) string {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("String("+js+")"))
	if err != nil {
		b.t.Fatalf("%s: %s: %v", b.who, js, err)
	}
	return got
}

// until waits for an expression to be true, and says how long that took. Between
// two pages there may be nothing to ask.
func (b *browser) until(what string, limit time.Duration, js string) time.Duration {
	b.t.Helper()
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		got, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+js+")"))
		if got && err == nil {
			return time.Since(start)
		}
		if time.Since(start) > limit {
			b.t.Fatalf("%s: %s: not within %v (%v); at %s: %.1500q", b.who, what, limit, err, b.ask("location.href"), b.ask("document.body.innerText"))
		}
	}
}

// quick is a page's answer to a click on a busy machine.
const quick = time.Minute

func (b *browser) signIn(email, password string) {
	b.t.Helper()
	b.open("/sign-in")
	b.do("sign in", chromedp.SetValue("#email", email), chromedp.SetValue("#password", password), chromedp.Submit("#password"))
	b.until("signed in", quick, `document.body.hasAttribute("data-live")`)
}

// listens waits until the page's stream of news is open: a second one is opened
// after it and waited for.
func (b *browser) listens() {
	b.t.Helper()
	b.until("script", quick, `document.body.classList.contains("script")`)
	b.do("second stream", chromedp.Evaluate[chromedp.Void](`{ const probe = new EventSource("/live"); probe.onopen = () => { probe.close(); document.body.dataset.listens = "yes"; } }`))
	b.until("stream of news", quick, `document.body.dataset.listens == "yes"`)
}

// click by script: where the thing stands on the page does not matter here.
func (b *browser) click(what, selector string) {
	b.t.Helper()
	b.until(what, quick, "document.querySelector('"+selector+"')")
	b.do(what, chromedp.Evaluate[chromedp.Void]("document.querySelector('"+selector+"').click()"))
}

// row is an expression: is there a row of the list with this subject?
func row(subject string) string {
	return `[...document.querySelectorAll("#rows .subject")].some(e => e.textContent.trim() == "` + subject + `")`
}

// openRow opens the conversation of a row by a click.
func (b *browser) openRow(subject string) {
	b.t.Helper()
	b.do("open "+subject, chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("#rows .subject")].find(e => e.textContent.trim() == "`+subject+`").click()`))
	b.until("conversation", quick, `document.querySelector("[data-conversation]") && document.querySelector("#talk-bar h1").textContent.trim() == "`+subject+`"`)
}

// answer writes under the open conversation and sends.
func (b *browser) answer(text string) {
	b.t.Helper()
	b.do("write", chromedp.SendKeys("#text", text))
	b.click("send", ".for-reply [data-send]")
	b.until("undo offered", quick, `document.querySelector(".flash button")`)
}
