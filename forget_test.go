package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"postolka/account"
	"postolka/imapsync/imaptest"
	"postolka/privacy"
	"postolka/store"
)

var picturesDir = flag.String("pictures", "", "write a picture of each step of a person's erasure into this folder")

// TestPersonIsForgottenInTheBrowser goes a person's whole way in each language: a
// mail on a real server asks for erasure, the program proposes it as a request, the
// person confirms who they are, the data are found and planned, a second person
// approves, the letter leaves by SMTP, and the receipt is checked with the key alone.
func TestPersonIsForgottenInTheBrowser(t *testing.T) {
	for _, c := range []struct{ lang, enquiry, asks, text, complied string }{
		{"cs", "Dotaz na velikost", "Osobní údaje", "Dobrý den, žádám o výmaz všech osobních údajů, které o mně vedete. Iva Tichá", "jsme vyhověli"},
		{"en", "A question on sizes", "My data", "Hello, please erase all personal data that you hold about me. Iva Ticha", "have complied with"},
	} {
		t.Run(c.lang, func(t *testing.T) {
			f := &forgetting{t: t, lang: c.lang, dovecot: imaptest.NewDovecot(t), post: newPostOffice(t), shop: newShop(t)}
			f.start()
			f.dovecot.Put(t, "INBOX", imaptest.Mail{Raw: ivaWrites(c.enquiry, "Is there a size 38?", time.Hour)})
			f.dovecot.Put(t, "INBOX", imaptest.Mail{Raw: ivaWrites(c.asks, c.text, 0)})
			f.ask(c.asks)
			f.confirm()
			f.find(c.enquiry)
			f.approve()
			f.answer(c.complied)
			f.verify()
			f.shop.end()
			f.shop.quiet(iva, "Iva Tich", testPassword)
		})
	}
}

const iva = "iva.ticha@customer.example"

func ivaWrites(subject, text string, ago time.Duration) []byte {
	return []byte("From: Iva <" + iva + ">\r\nTo: " + shopAddress + "\r\nSubject: " + subject + "\r\nMessage-ID: <" + strings.ReplaceAll(subject, " ", ".") + "@customer.example>" +
		"\r\nDate: " + time.Now().Add(-ago).Format(time.RFC1123Z) + "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text + "\r\n")
}

// forgetting is the shop with the two who work on it.
type forgetting struct {
	t           *testing.T
	lang        string
	dovecot     *imaptest.Dovecot
	post        *postOffice
	shop        *shop
	olga, petra *browser
	request     string // path of the request
	file        string // path of the person's file
}

func (f *forgetting) start() {
	f.t.Helper()
	f.hire("Olga", "olga@example.org", store.RoleOwner)
	box := f.shop.connect(f.dovecot, f.post)
	officer := f.hire("Petra", "petra@example.org", store.RolePrivacy)
	if err := f.shop.app.api.Accounts.Grant(account.HostAgent(), officer, box, store.RightAnswer); err != nil {
		f.t.Fatal(err)
	}
	f.olga, f.petra = newBrowser(f.t, "owner", f.shop.address), newBrowser(f.t, "officer", f.shop.address)
	f.petra.signIn("petra@example.org", testPassword)
}

func (f *forgetting) hire(name, email string, role store.Role) store.AgentID {
	f.t.Helper()
	id, _, err := f.shop.app.api.Accounts.Add(account.HostAgent(), account.NewPerson{Name: name, Email: email, Role: role, Password: testPassword, Language: f.lang, Zone: "Europe/Prague"})
	if err != nil {
		f.t.Fatal(err)
	}
	return id
}

// ask makes a request of what the program proposes beside the mail.
func (f *forgetting) ask(subject string) {
	f.t.Helper()
	f.petra.open("/in/new")
	f.petra.until("the mail that asks", time.Minute, row(subject))
	f.petra.openRow(subject)
	f.petra.until("the proposal", quick, `document.querySelector(".asked .do")`)
	f.picture(f.petra, "1-proposed")
	f.petra.click("make it a request", ".asked .do")
	f.petra.until("the request", quick, `location.pathname.startsWith("/requests/")`)
	f.request = f.petra.ask("location.pathname")
	f.picture(f.petra, "2-request")
}

var confirmLink = regexp.MustCompile(`/identity\?token=\w+`)

// confirm sends the link, which the person follows without an account.
func (f *forgetting) confirm() {
	f.t.Helper()
	f.petra.click("send the link", `[value="identity"]`)
	asked := f.post.next(f.t)
	link := confirmLink.FindString(plainText(f.t, asked))
	if link == "" || len(asked.to) != 1 || asked.to[0] != iva {
		f.t.Fatalf("no link in a mail to %v", asked.to)
	}
	f.olga.open(link)
	f.picture(f.olga, "3-identity")
	f.olga.click("it was me", "form.sheet .do")
	f.olga.until("thanks", quick, `!document.querySelector("form.sheet .do")`)
	f.picture(f.olga, "4-confirmed")
	f.olga.signIn("olga@example.org", testPassword)
}

// find looks for the person and plans the erasure as it is proposed.
func (f *forgetting) find(enquiry string) {
	f.t.Helper()
	f.petra.open(f.request)
	f.petra.click("find", `[value="find"]`)
	f.petra.until("the person's file", quick, `document.querySelector(".truth") && document.body.textContent.includes("`+enquiry+`")`)
	f.file = f.petra.ask("location.pathname")
	f.picture(f.petra, "5-file")
	f.petra.click("plan", "#dock .do")
	f.petra.until("the plan", quick, `location.pathname.endsWith("/plan")`)
	f.picture(f.petra, "6-waits")
	if got := f.petra.ask(`document.querySelectorAll("[name=sure]").length`); got != "0" {
		f.t.Error("who planned may approve")
	}
}

// approve is the second person's part.
func (f *forgetting) approve() {
	f.t.Helper()
	f.olga.open(f.file + "/plan")
	f.picture(f.olga, "7-plan")
	f.olga.click("sure", "[name=sure]")
	f.olga.click("approve", ".seal .do")
	f.olga.until("the receipt", time.Minute, `location.pathname.endsWith("/receipt")`)
	f.picture(f.olga, "8-receipt")
	for _, m := range imaptest.Fetch(f.t, f.dovecot, "INBOX") {
		if strings.Contains(string(m.Raw), "size 38") {
			f.t.Error("the enquiry is still on the server")
		}
	}
}

// answer sends the letter and ends the request.
func (f *forgetting) answer(complied string) {
	f.t.Helper()
	f.petra.open(f.request)
	f.picture(f.petra, "9-erased")
	f.petra.click("write the letter", `form.stack button[value="letter"]`)
	f.petra.until("the draft", quick, `document.querySelector("#text")?.value.includes("`+complied+`")`)
	f.picture(f.petra, "10-letter")
	f.petra.click("send", ".for-reply [data-send]")
	if p := f.post.next(f.t); len(p.to) != 1 || p.to[0] != iva || !strings.Contains(plainText(f.t, p), complied) {
		f.t.Errorf("letter to %v: %s", p.to, p.raw)
	}
	f.petra.open(f.request)
	f.petra.click("answered", `button[value="answer"]`)
	f.petra.until("the end", quick, `!document.querySelector('[value="identity"]')`)
	f.picture(f.petra, "11-answered")
}

// verify checks the receipt that a person downloads, as anyone can who has the key.
func (f *forgetting) verify() {
	f.t.Helper()
	f.olga.do("download", chromedp.Evaluate[chromedp.Void](`fetch("`+f.file+`/receipt.pdf").then(r => r.arrayBuffer()).then(b => { document.body.dataset.pdf = [...new Uint8Array(b)].map(c => String.fromCharCode(c)).join("") })`))
	f.olga.until("the receipt's file", quick, "document.body.dataset.pdf")
	var pdf []byte
	for _, c := range f.olga.ask("document.body.dataset.pdf") {
		pdf = append(pdf, byte(c))
	}
	if got, err := privacy.VerifyReceipt(pdf, f.shop.app.store.Keys().VerifierKey()); err != nil || got.Erased == 0 {
		f.t.Errorf("receipt: got %+v, %v", got, err)
	}
}

// plainText of a parcel, its lines joined as a reader of mail shows them.
func plainText(t *testing.T, p parcel) string {
	t.Helper()
	texts := map[string]string{}
	head, body, _ := strings.Cut(string(p.raw), "\r\n\r\n")
	textParts(t, headerOf(head, "Content-Type"), headerOf(head, "Content-Transfer-Encoding"), strings.NewReader(body), texts)
	return strings.ReplaceAll(texts["text/plain"], "\r\n", "\n")
}

func headerOf(head, name string) string {
	for line := range strings.SplitSeq(strings.NewReplacer("\r\n ", " ", "\r\n\t", " ").Replace(head), "\r\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// picture is for eyes: wide and narrow.
func (f *forgetting) picture(b *browser, name string) {
	f.t.Helper()
	if *picturesDir == "" {
		return
	}
	for _, width := range []int64{390, 1440} {
		b.do("size", chromedp.EmulateViewport(width, 900), chromedp.Sleep(300*time.Millisecond))
		png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			f.t.Fatal(err)
		}
		file := filepath.Join(*picturesDir, f.lang+"-"+name+map[int64]string{390: "-390", 1440: "-1440"}[width]+".png")
		if err := os.WriteFile(file, png, 0o644); err != nil {
			f.t.Fatal(err)
		}
	}
}
