package ui

import (
	"context"
	"errors"
	"flag"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"golang.org/x/text/encoding/charmap"

	"postolka/account"
	"postolka/desk"
	"postolka/match"
	"postolka/store"
)

var screensDir = flag.String("screens", "", "write a picture of every page into this folder (go test -run Screens -screens DIR)")
var screensOnly = flag.String("only", "", "with -screens: only pages whose name begins with this")

// step is something a browser does.
type step = chromedp.Action[chromedp.Void]

// screen is a page to be looked at; who signs in, empty: nobody.
type screen struct {
	name, who, path string
	do              []step // after loading
}

// screens of the world; every page has one.
func (w *world) screens() []screen {
	parcel := "/c/" + idText(w.conversationOf("Kde je můj balík?")) + "?in=new"
	return []screen{
		{"sign-in", "", "/sign-in", nil},
		{"list", "jana", "/in/new", nil},
		{"conversation", "jana", parcel, nil},
		{"conversation-html", "jana", parcel, []step{click(".letter:not(.folded) .made > summary")}},
		{"asked", "jana", askedPath(w), nil},
		{"note", "jana", parcel + "&write=note", nil},
		{"answered", "jana", "/c/" + idText(w.conversationOf("Reklamace – prasklá konvice")) + "?in=mine", nil},
		{"assigned", "jana", parcelIn(w, "assigned"), nil},
		{"undo", "jana", "/in/new?done=work_solve&undo=/work&u=do%3Drestore&n=3", nil},
		{"all", "jana", "/in/all", nil},
		{"menu", "jana", parcel, []step{click("[data-shortcut=t] > summary")}},
		{"recipients", "jana", parcel + "&write=all", nil},
		{"long-subject", "petr", "/c/" + idText(w.conversationOf(samples[11].subject)) + "?in=new", nil},
		{"empty", "jana", "/in/mine", nil},
		{"mailbox", "jana", "/in/new?mailbox=" + idText(w.support), nil},
		{"no-mailbox", "ota", "/in/new", nil},
		{"search", "jana", "/search", nil},
		{"compose", "jana", "/write", nil},
		{"keys", "jana", "/keys", nil},
		{"more", "jana", "/more", nil},
		{"error", "jana", "/nowhere", nil},
		{"bounce", "jana", undeliveredPath(w), nil},
		{"outlook", "jana", "/c/" + idText(w.outlook()), nil},
		{"charset", "jana", w.mislabelled(), nil},
		{"sender", "jana", senderPath(w), nil},
		{"sender-fact", "jana", w.receiveRaw(senderMail[0].header, "Ověřená a podrobně"), []step{click(".verified > summary")}},
		{"bounce-all", "jana", "/in/all", nil},
	}
}

func parcelIn(w *world, view string) string { return parcelPath(w) + "?in=" + view }

// houseScreens are the pages of privacy and of the house.
func (w *world) houseScreens() []screen {
	w.receive(sample{from: "Vlastimil Kos <vlastimil.kos@jinde.example>", subject: "Balík pro sousedku", id: "neighbour",
		text: "Píšu za eliska.prochazkova@seznam.example. Převezme to Karel Vopička, tel. 602 111 222, Dlouhá 12, 110 00 Praha."})
	person, planned := w.found(), w.found()
	_, err := w.server.Privacy.Plan(context.Background(), w.people["jana"], planned)
	w.must(err)
	_, err = w.server.Backup.NewKey(false)
	w.must(err)
	for range 2 {
		_, err = w.server.Backup.Snapshot(context.Background(), nil)
		w.must(err)
		w.now = w.now.Add(time.Minute)
	}
	look := []step{chromedp.SetValue("#data", "eliska.prochazkova@seznam.example\n+420 731 445 902\nEliška Procházková\nFV2024-00123"), click("[value=look]"), chromedp.Sleep(300 * time.Millisecond)}
	return []screen{
		{"find", "jana", "/privacy", nil},
		{"find-look", "jana", "/privacy", look},
		{"find-waits", "jana", "/privacy", []step{chromedp.Evaluate[chromedp.Void](`document.querySelector("form.seek").dispatchEvent(new SubmitEvent("submit", {bubbles: true}))`), chromedp.Sleep(600 * time.Millisecond)}},
		{"person", "jana", personPath(person), nil},
		{"person-forms", "jana", personPath(w.foundInForms()) + "?form=exact", nil},
		{"person-unread", "jana", unreadPath(person), nil},
		{"person-3", "jana", personPath(w.foundMany(3)), nil},
		{"person-300", "jana", personPath(w.foundMany(300)), nil},
		{"person-5000", "jana", personPath(w.foundMany(5000)), nil},
		{"person-5000-filter", "jana", personPath(w.foundMany(5000)) + "?role=mentioned", []step{click(".tools .menu > summary")}},
		{"export", "jana", personPath(person) + "/export", nil},
		{"export-made", "jana", personPath(person) + "/export", []step{chromedp.Submit("main form"), chromedp.Sleep(900 * time.Millisecond)}},
		{"export-letter", "jana", "/privacy/letter", nil},
		{"export-package", "", "/package?key=" + w.linkOf(person), nil},
		{"plan-mine", "jana", personPath(planned) + "/plan", nil},
		{"plan", "petra", personPath(planned) + "/plan", nil},
		{"retention", "jana", "/retention", nil},
		{"retention-holds", "jana", "/retention#holds", nil},
		{"retention-restrictions", "jana", "/retention#restrictions", nil},
		{"restriction", "jana", restrictionPath(w.keepBack()), []step{chromedp.SetValue("#purpose", "spor 12/2026"), chromedp.Submit("#purpose"), chromedp.Sleep(900 * time.Millisecond)}},
		{"log", "ota", "/log?day=" + time.Now().In(prague(w.t)).Format(time.DateOnly), nil},
		{"snapshots", "jana", "/snapshots", nil},
		{"disk", "jana", "/disk", nil},
		{"receipt-check", "jana", "/receipts/check", []step{chromedp.SetValue("#receipt", "none"), chromedp.Submit("#receipt"), chromedp.Sleep(900 * time.Millisecond)}},
		{"key-ask", "jana", "/snapshots/key", nil},
		{"key-shown", "jana", "/snapshots/key", []step{chromedp.SetValue("#password", testPassword), chromedp.Submit("#password"), chromedp.Sleep(900 * time.Millisecond)}},
		{"requests", "jana", requestsToShow(w), nil},
		{"request", "jana", requestPath(1), nil},
		{"identity", "", "/identity?token=x", nil},
		{"mailboxes", "jana", "/mailboxes", nil},
		{"mailbox-new", "jana", "/mailboxes/new", []step{chromedp.SetValue("#address", "podpora@seznam.cz"), chromedp.Submit("#address"), chromedp.Sleep(300 * time.Millisecond)}},
		{"mailbox-one", "jana", mailboxPath(w.support), nil},
		{"mailbox-consent", "jana", consentPath(w.claims), nil},
		{"mailbox-health", "jana", mailboxPath(w.claims), nil},
		{"mailbox-health-end", "jana", mailboxPath(w.claims), []step{chromedp.Evaluate[chromedp.Void]("document.querySelector('.unread.open').scrollIntoView()")}},
		{"mailbox-folders", "jana", mailboxPath(w.claims) + "/folders", nil},
		{"people", "jana", "/people", nil},
		{"people-invited", "jana", "/people", []step{chromedp.SetValue("#name", "Iva Bílá"), chromedp.SetValue("#email", "iva@example.cz"), chromedp.Submit("#name"), chromedp.Sleep(300 * time.Millisecond)}},
		{"me", "petr", "/me", nil},
		{"state", "adam", "/state", nil},
		{"checklist", "jana", "/", nil},
		{"log-agent", "ota", "/log?agent=2", nil},
		{"log-mine", "petr", "/log/mine", nil},
		{"receipt", "petra", personPath(w.erased()) + "/receipt", nil},
		{"job", "jana", personPath(w.approved()) + "/job", nil},
	}
}

// approved is an erasure that stopped before it began.
func (w *world) approved() store.JobID {
	sel, err := match.ParseIdentifier(match.Email, "helena.bartos@example.org")
	w.must(err)
	ctx := context.Background()
	plan, err := w.server.Privacy.PlanFor(ctx, w.people["jana"], []match.Identifier{sel}, false)
	w.must(err)
	id, err := w.server.Privacy.Approve(ctx, w.people["petra"], plan.Hash)
	w.must(err)
	w.must(w.store.Update(func(tx *store.Tx) error {
		job, err := store.Jobs.Get(tx, id)
		job.State, job.Error = store.JobStopped, "tombstones"
		return errors.Join(err, store.Jobs.Put(tx, id, job))
	}))
	return id
}

// keepBack holds a conversation, restricts a letter, and lets some mail grow old.
func (w *world) keepBack() store.RestrictionID {
	ctx, jana := context.Background(), w.people["jana"]
	_, err := w.server.Privacy.Hold(ctx, jana, w.conversationOf("Reklamace – prasklá konvice"), 0, "claim", w.now.AddDate(0, 8, 0))
	w.must(err)
	for _, id := range []store.MailboxID{w.support, w.claims} {
		w.must(w.store.Update(func(tx *store.Tx) error {
			box, err := store.Mailboxes.Get(tx, id)
			box.Keep = 20 * 24 * time.Hour
			return errors.Join(err, store.Mailboxes.Put(tx, id, box))
		}))
	}
	for _, subject := range []string{"Reklamace – prasklá konvice", "Wrong size, can I exchange?"} {
		w.must(w.desk.SetStatus(ctx, jana, store.StatusSolved, w.conversationOf(subject)))
	}
	id, err := w.server.Privacy.Restrict(ctx, jana, "accuracy", []store.MessageID{2})
	w.must(err)
	return id
}

func click(sel string) step {
	return chromedp.Evaluate[chromedp.Void]("document.querySelectorAll(" + quote(sel) + ").forEach(e => e.click())")
}

func quote(s string) string { return "'" + s + "'" }

// TestScreens takes pictures for eyes; it checks nothing but that pages load.
func TestScreens(t *testing.T) {
	if *screensDir == "" {
		t.Skip("no -screens folder given")
	}
	w := newWorld(t).settle()
	w.busy()
	w.ail()
	demo := []DemoAccount{{"Jana Nová", "jana@example.cz", testPassword, 1}, {"Petr Kučera", "petr@example.cz", testPassword, 0}, {"Emma Wright", "emma@example.cz", testPassword, 0}}
	ctx := chromium(t)
	house := w.houseScreens()
	for _, lang := range []string{"cs", "en"} {
		w.speak(lang)
		for _, sc := range append(w.screens(), house...) {
			if strings.HasPrefix(sc.name, *screensOnly) {
				if w.server.DemoHint = nil; sc.name == "sign-in" {
					w.server.DemoHint = demo
				}
				w.shoot(ctx, sc, lang)
			}
		}
	}
}

// busy lets people work a little, so that pictures have something to show.
func (w *world) busy() {
	ctx, jana, petr := context.Background(), w.people["jana"], w.people["petr"]
	parcel, kettle := w.conversationOf("Kde je můj balík?"), w.conversationOf("Reklamace – prasklá konvice")
	w.must(w.desk.Tag(ctx, jana, []string{"doprava", "OBJ-2026042210"}, nil, parcel))
	w.must(w.desk.Tag(ctx, jana, []string{"reklamace"}, nil, kettle))
	w.must(w.desk.Tag(ctx, jana, []string{"výměna"}, nil, w.conversationOf("Wrong size, can I exchange?")))
	w.must(w.desk.Assign(ctx, jana, petr.ID, parcel))
	w.must(w.desk.Assign(ctx, jana, jana.ID, kettle))
	_, err := w.desk.Send(ctx, petr, desk.Answer{Conversation: parcel, Note: true, Text: "Volal jsem na depo: sken chybí, zásilku dohledávají do zítřka. Kdyby se nenašla, pošleme novou na naše náklady."})
	w.must(err)
	_, err = w.desk.Send(ctx, jana, desk.Answer{Conversation: kettle, Text: "Dobrý den, omlouváme se. Novou konvici posíláme ještě dnes.", Anyway: true})
	w.must(err)
	w.must(w.desk.Viewing(petr, parcel, true))
}

// speak sets everyone's language.
func (w *world) speak(lang string) {
	for _, by := range w.people {
		w.must(w.accounts.SetProfile(by, account.Profile{Name: by.Name, Language: lang, Zone: "Europe/Prague"}))
	}
}

// browserLimit ends a browser that hangs, and says so with the test's name.
const browserLimit = 20 * time.Minute

// chromium starts a browser, or leaves the test out where there is none.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no chromium (apt-get install chromium)")
		}
		t.Skip("no chromium (apt-get install chromium)")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("lang", "cs"))
	ctx, cancel := context.WithTimeout(context.Background(), browserLimit)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

func (w *world) shoot(ctx context.Context, sc screen, lang string) {
	w.must(w.signInBrowser(ctx, sc.who))
	for _, width := range []int64{1440, 390} {
		for _, theme := range []string{"light", "dark"} {
			if os.Getenv("SCREENS") == "few" && (theme == "dark" && width == 390 || lang == "en" && theme == "dark") {
				continue
			}
			steps := append([]step{chromedp.EmulateViewport(width, 900), inTheme(theme), chromedp.Navigate(w.http.URL + sc.path)}, sc.do...)
			w.must(chromedp.Do(ctx, append(steps, chromedp.Sleep(250*time.Millisecond))...))
			png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
			w.must(err)
			name := sc.name + "-" + map[int64]string{1440: "1440", 390: "390"}[width] + "-" + theme + "-" + lang + ".png"
			w.must(os.WriteFile(filepath.Join(*screensDir, name), png, 0o644))
		}
	}
}

// mislabelled is a conversation in windows-1250 that says it is ISO-8859-1, in its subject too.
func (w *world) mislabelled() string {
	w.t.Helper()
	raw, err := charmap.Windows1250.NewEncoder().Bytes([]byte("From: Řehoř Šťastný <stastny@mail.example>\r\nTo: podpora@example.cz\r\nSubject: Žluťoučký kůň nedorazil\r\nMessage-ID: <cp1250@mail.example>\r\n" +
		"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nDobrý den,\r\n\r\nobjednal jsem dřevěného koně „Šemík“ – dosud nepřišel.\r\nPošlete mi prosím číslo zásilky.\r\n\r\nŘehoř Šťastný\r\nÚjezd 12, 664 53 Újezd u Brna\r\n"))
	w.must(err)
	_, err = w.desk.Intake(context.Background(), []desk.Incoming{{Raw: raw, Mailbox: w.support, ReceivedAt: w.now}})
	w.must(err)
	return "/c/" + idText(w.conversationOf("Žluťoučký kůň nedorazil")) + "?in=new"
}

// inTheme makes the browser prefer "light" or "dark".
func inTheme(theme string) step {
	return func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
		_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
		return v, err
	}
}

// signInBrowser signs who in by the form; empty: nobody is signed in.
func (w *world) signInBrowser(ctx context.Context, who string) error {
	err := chromedp.Do(ctx, chromedp.Navigate(w.http.URL+"/keys"), chromedp.Evaluate[chromedp.Void](`fetch("/sign-out", {method: "POST"})`), chromedp.Sleep(100*time.Millisecond))
	if err != nil || who == "" {
		return err
	}
	return chromedp.Do(ctx, chromedp.Navigate(w.http.URL+"/sign-in?"+url.Values{"next": {"/keys"}}.Encode()),
		chromedp.SetValue("#email", who+"@example.cz"), chromedp.SetValue("#password", testPassword),
		chromedp.Submit("#password"), chromedp.WaitVisible("#keys"))
}

// foundInForms saves a find that has hits in several forms.
func (w *world) foundInForms() store.JobID {
	name, err := match.ParseIdentifier(match.Name, "Eliška Procházková")
	w.must(err)
	address, err := match.ParseIdentifier(match.Email, "Eliska.Prochazkova@seznam.example")
	w.must(err)
	job, err := w.server.Privacy.Begin(context.Background(), w.people["jana"], []match.Identifier{name, address}, "check")
	w.must(err)
	return job
}

// askedPath is a conversation in which somebody seems to ask for a right.
func askedPath(w *world) string {
	if w.asked != "" {
		return w.asked
	}
	w.receive(sample{from: "Jan Malý <maly@mail.example>", subject: "Účet", id: "asked",
		text: "Dobrý den.\n\nBalík dorazil, děkuji. Zároveň Vás žádám o výmaz všech osobních údajů, které o mně vedete.\n\nJan Malý"})
	w.asked = "/c/" + idText(w.conversationOf("Účet")) + "?in=new"
	return w.asked
}

// requestsToShow fills the board: a mail's, one that is late, one that is over.
func requestsToShow(w *world) string {
	ctx, jana := context.Background(), w.people["jana"]
	n, err := strconv.ParseUint(w.letter("Žádost o výmaz osobních údajů"), 10, 64)
	w.must(err)
	_, err = w.server.Privacy.AddRequest(ctx, jana, store.MessageID(n), store.RequestErasure, w.now)
	w.must(err)
	_, err = w.server.Privacy.AddRequest(ctx, jana, 0, store.RequestAccess, w.now.AddDate(0, 0, -35))
	w.must(err)
	over, err := w.server.Privacy.AddRequest(ctx, jana, 0, store.RequestObjection, w.now.AddDate(0, 0, -20))
	w.must(err)
	w.must(w.server.Privacy.Answer(ctx, jana, over, []string{"21_1"}))
	notice()(w, account.Agent{})
	return "/requests"
}
