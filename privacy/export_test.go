package privacy

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"postolka/mail"
	"postolka/match"
	"postolka/store"
)

// pack makes a package and opens it.
func (h *house) packOf(t *testing.T, sel []match.Identifier, opt ExportOptions) (map[string][]byte, Exported, []byte) {
	t.Helper()
	var b bytes.Buffer
	done, err := h.Export(context.Background(), host, sel, opt, &b)
	check(t, err)
	return unzip(t, b.Bytes()), done, b.Bytes()
}

func unzip(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	check(t, err)
	files := map[string][]byte{}
	for _, f := range r.File {
		in, err := f.Open()
		check(t, err)
		files[f.Name], err = io.ReadAll(in)
		check(t, err)
		check(t, in.Close())
	}
	return files
}

// filledIn has every point of the letter.
func (h *house) fillIn(t *testing.T) {
	t.Helper()
	facts, err := h.LetterFacts(host)
	check(t, err)
	facts.Controller, facts.Place, facts.Signature = "Kolovrat s.r.o.\nDlouhá 118, 678 01 Horní Lhota\nshop@example.org", "Horní Lhota", "Jana Nová\njednatelka"
	facts.Processors = "Hosting Příklad a.s."
	for _, lang := range []string{"cs", "en"} {
		for _, p := range facts.In(lang).Points() {
			if *p.Text == "" {
				*p.Text = "Bod " + p.Key + " v jazyce " + lang + "."
			}
		}
	}
	check(t, h.SetLetterFacts(context.Background(), host, facts))
}

func TestExportTwiceIsTheSameBytes(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	h.fillIn(t)
	for _, lang := range []string{"cs", "en"} {
		files, done, first := h.packOf(t, email(t, janAddr), ExportOptions{Lang: lang})
		later := h.Now().Add(2 * time.Second)
		h.Now = func() time.Time { return later }
		_, _, second := h.packOf(t, email(t, janAddr), ExportOptions{Lang: lang})
		if len(first) == 0 || !bytes.Equal(first, second) {
			t.Fatalf("%s: got %d and %d bytes, want the same", lang, len(first), len(second))
		}
		if !done.Letter || done.Messages == 0 {
			t.Errorf("%s: got %+v, want a letter and messages", lang, done)
		}
		checkManifest(t, files)
	}
}

func checkManifest(t *testing.T, files map[string][]byte) {
	t.Helper()
	listed := map[string]string{}
	for line := range strings.Lines(string(files["manifest.sha256"])) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		listed[name] = sum
	}
	for name, data := range files {
		sum := sha256.Sum256(data)
		if name != "manifest.sha256" && listed[name] != hex.EncodeToString(sum[:]) {
			t.Errorf("%s is not in the manifest with its hash", name)
		}
	}
	if len(listed) != len(files)-1 {
		t.Errorf("manifest has %d files, the package %d", len(listed), len(files)-1)
	}
}

func TestNoLetterWithoutEveryPoint(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	h.fillIn(t)
	whole, err := h.LetterFacts(host)
	check(t, err)
	for i, p := range (&LetterTexts{}).Points() {
		facts := whole
		*facts.In("cs").Points()[i].Text = "  "
		check(t, h.SetLetterFacts(context.Background(), host, facts))
		files, done, _ := h.packOf(t, email(t, janAddr), ExportOptions{})
		if done.Letter || files["letter.pdf"] != nil || !slices.Equal(done.Missing, []string{p.Key}) {
			t.Errorf("without %s: got a letter %v, missing %v", p.Key, done.Letter, done.Missing)
		}
	}
}

func TestLetterHasEveryPointAndRecipient(t *testing.T) {
	h := newHouse(t)
	h.take(t, append(janAndOthers(), written("r1", "shop@example.org", "depo@prepravce.example", "Zásilka", "Pro "+janAddr))...)
	h.fillIn(t)
	for _, lang := range []string{"cs", "en"} {
		files, _, _ := h.packOf(t, email(t, janAddr), ExportOptions{Lang: lang})
		text := string(files["letter.html"])
		facts, err := h.LetterFacts(host)
		check(t, err)
		for _, p := range facts.In(lang).Points() {
			if !strings.Contains(text, *p.Text) {
				t.Errorf("%s: the letter lacks %s", lang, p.Key)
			}
		}
		if !strings.Contains(text, "depo@prepravce.example") {
			t.Errorf("%s: the letter lacks whom we wrote to", lang)
		}
		if !strings.Contains(text, "Hosting Příklad a.s.") {
			t.Errorf("%s: the letter lacks a processor", lang)
		}
		if !bytes.HasPrefix(files["letter.pdf"], []byte("%PDF-")) {
			t.Errorf("%s: no PDF", lang)
		}
	}
}

func TestLetterWordsAreTheSameInBothLanguages(t *testing.T) {
	cs, en := slices.Sorted(maps.Keys(exportWords["cs"])), slices.Sorted(maps.Keys(exportWords["en"]))
	if !slices.Equal(cs, en) {
		t.Errorf("got %v and %v", cs, en)
	}
}

// plantOthers writes a mail about Jan with the data of other people in every place that
// a mail has. n tells the people apart.
func plantOthers(n int) (raw string, planted []string) {
	first := []string{"Karel", "Božena", "Jiří", "Ludmila", "Zdeněk"}[n%5]
	last := []string{"Vopička", "Hrušková", "Šťastný", "Pelikánová", "Křepelka"}[n/5%5]
	tail := string(rune('a'+n%26)) + string(rune('a'+n/26))
	addr := fmt.Sprintf("cizi%s%d@jinde.example", tail, n)
	phone := fmt.Sprintf("60%d %03d %03d", 1+n%8, 100+n*3, 200+n*2)
	planted = []string{addr, phone, strings.ReplaceAll(phone, " ", ""), first + " " + last}
	body := fmt.Sprintf("Dobrý den, pan Novák (%s) a s ním %s %s, tel. %s, %s.\n", janAddr, first, last, phone, addr)
	html := fmt.Sprintf(`<p>%s <b>%s</b> %s <a href="mailto:%s">pište</a> nebo volejte <a href="tel:%s">sem</a></p>`, janAddr, first, last, addr, strings.ReplaceAll(phone, " ", ""))
	file := base64.StdEncoding.EncodeToString([]byte("jmeno;mail\n" + first + " " + last + ";" + addr + "\n"))
	return fmt.Sprintf("From: %s %s <%s>\r\nTo: shop@example.org\r\nSubject: %s a objednavka\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\nMessage-ID: <plant%d@example.org>\r\nX-Kontakt: %s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n%s\r\n--b\r\nContent-Type: text/csv; name=lide.csv\r\nContent-Disposition: attachment; filename=lide.csv\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n",
		mailWord(first), mailWord(last), addr, phone, n, addr, body, html, file), planted
}

func mailWord(s string) string {
	return "=?utf-8?b?" + base64.StdEncoding.EncodeToString([]byte(s)) + "?="
}

// Issue 5: 200 other persons' data in the threads, none left in any file of the
// package, in any encoding that a reader undoes.
func TestOthersDataIsBurnedIn(t *testing.T) {
	h := newHouse(t)
	var raws, planted []string
	for n := range 200 {
		raw, data := plantOthers(n)
		raws, planted = append(raws, raw), append(planted, data...)
	}
	raws = append(raws, janAndOthers()...)
	h.take(t, raws...)
	h.fillIn(t)
	files, done, _ := h.packOf(t, email(t, janAddr), ExportOptions{})
	if done.Messages < 200 {
		t.Fatalf("got %d messages, want the planted ones", done.Messages)
	}
	if left := whatIsIn(files, planted); len(left) > 0 {
		t.Errorf("%d places of others' data are left, first %q", len(left), left[:min(5, len(left))])
	}
	if !strings.Contains(string(files["index.html"]), janAddr) {
		t.Error("the person's own address went too")
	}
	open, _, _ := h.packOf(t, email(t, janAddr), ExportOptions{KeepOthers: true})
	if left := whatIsIn(open, planted); len(left) < 200 {
		t.Errorf("kept: only %d places are there; the check sees nothing", len(left))
	}
}

// whatIsIn searches the files as they are, and each mail with its encodings undone.
func whatIsIn(files map[string][]byte, values []string) (left []string) {
	for name, data := range files {
		text := string(data)
		if strings.HasSuffix(name, ".eml") {
			for _, part := range mail.Extract(mail.Parse(data), data).Parts {
				text += "\n" + part.Text
			}
		}
		for _, v := range values {
			if strings.Contains(text, v) {
				left = append(left, name+": "+v)
			}
		}
	}
	return left
}

func TestWhatThePersonReceivedStays(t *testing.T) {
	h := newHouse(t)
	known := "Karel Vopička, karel.vopicka@jinde.example, 602 111 222"
	h.take(t,
		written("k1", "shop@example.org", janAddr, "Montér", "Přijede "+known+"."),
		written("k2", "dispecink@jinde.example", "shop@example.org", "Montáž", "K zákazníkovi "+janAddr+" jede "+known+" a Ivana Pelikánová."))
	files, done, _ := h.packOf(t, email(t, janAddr), ExportOptions{})
	if n := len(whatIsIn(map[string][]byte{"1.eml": files["messages/1.eml"], "2.eml": files["messages/2.eml"]}, []string{known})); n != 2 {
		t.Errorf("what he knows stands in %d of 2 messages; redacted: %v", n, done.Redacted)
	}
	all := string(files["index.html"]) + string(files["messages/2.eml"])
	if strings.Contains(all, "Pelikánov") || strings.Contains(all, "dispecink@") {
		t.Error("what he doesn't know stays")
	}
	files, _, _ = h.packOf(t, email(t, janAddr), ExportOptions{Keep: []string{"dispecink@jinde.example"}})
	if all := string(files["messages/2.eml"]); !strings.Contains(all, "dispecink@") || strings.Contains(all, "Pelikánov") {
		t.Error("one kept, the rest not: the package does otherwise")
	}
}

// Looked for by his address, the person is still not a stranger by name; his
// brother is.
func TestOwnNameIsNoOthers(t *testing.T) {
	h := newHouse(t)
	h.take(t, written("o1", "Jan Novák <"+janAddr+">", "shop@example.org", "Dotaz", "Dobrý den."),
		written("o2", "jina@jinde.example", "shop@example.org", "O něm", "Píšu za pana Nováka, "+janAddr+", a bratra Petra Nováka."))
	_, done, _ := h.packOf(t, email(t, janAddr), ExportOptions{})
	var got []string
	for _, o := range done.Redacted {
		got = append(got, o.Value)
	}
	if slices.Contains(got, "Nováka") || !slices.Contains(got, "Petra Nováka") {
		t.Errorf("redacted: %v", got)
	}
}

func TestFilesNobodyCanLookIntoAreWithheld(t *testing.T) {
	h := newHouse(t)
	raw := "From: jina@jinde.example\r\nTo: shop@example.org\r\nSubject: x\r\nMessage-ID: <w1@x>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nje to o " + janAddr +
		"\r\n--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n"
	h.take(t, raw)
	files, done, _ := h.packOf(t, email(t, janAddr), ExportOptions{})
	if len(done.Withheld) != 1 || done.Withheld[0].Reason != withheldPicture {
		t.Errorf("got %+v, want the picture withheld", done.Withheld)
	}
	if bytes.Contains(files["messages/1.eml"], []byte("iVBORw0KGgo")) {
		t.Error("the picture is in the mail")
	}
}

func TestPortabilityHoldsOnlyWhatThePersonGave(t *testing.T) {
	h := newHouse(t)
	h.take(t, written("p1", janAddr, "shop@example.org", "Ode mě", "moje zpráva"),
		written("p2", "shop@example.org", janAddr, "Od nás", "vaše odpověď"),
		written("p3", "jina@jinde.example", "shop@example.org", "O něm", "o "+janAddr))
	check(t, h.Store.Update(func(tx *store.Tx) error {
		for id, c := range store.Customers.All(tx) {
			c.Notes = "tajná poznámka o " + c.Addresses[0]
			if err := store.Customers.Put(tx, id, c); err != nil {
				return err
			}
		}
		return nil
	}))
	files, done, _ := h.packOf(t, email(t, janAddr), ExportOptions{Portable: true})
	var data exported
	check(t, json.Unmarshal(files["data.json"], &data))
	if done.Messages != 1 || data.Article != 20 || len(data.Recipients) > 0 || files["letter.pdf"] != nil {
		t.Errorf("got %+v, article %d", done, data.Article)
	}
	if len(data.Records) != 1 || strings.Contains(string(files["data.json"]), "tajná") {
		t.Errorf("records: %+v", data.Records)
	}
	files, _, _ = h.packOf(t, email(t, janAddr), ExportOptions{})
	if !strings.Contains(string(files["data.json"]), "tajná poznámka o "+janAddr) {
		t.Error("the access package lacks a note on the person's card, whole")
	}
}

func TestExportIsEncryptedOnDemand(t *testing.T) {
	testOnlyWork = 10
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	identity, err := age.GenerateX25519Identity()
	check(t, err)
	word, err := age.NewScryptIdentity("dlouhé heslo pro výpis")
	check(t, err)
	for name, c := range map[string]struct {
		opt ExportOptions
		key age.Identity
	}{
		"key":        {ExportOptions{Recipients: []string{identity.Recipient().String()}}, identity},
		"passphrase": {ExportOptions{Passphrase: "dlouhé heslo pro výpis"}, word},
	} {
		var sealed bytes.Buffer
		_, err := h.Export(context.Background(), host, email(t, janAddr), c.opt, &sealed)
		check(t, err)
		r, err := age.Decrypt(&sealed, c.key)
		check(t, err)
		plain, err := io.ReadAll(r)
		check(t, err)
		if unzip(t, plain)["data.json"] == nil {
			t.Errorf("%s: no package inside", name)
		}
	}
	for _, opt := range []ExportOptions{{Passphrase: "krátké"}, {Recipients: []string{"age1x"}}, {Passphrase: "dlouhé heslo pro výpis", Recipients: []string{"age1x"}}} {
		if _, err := h.Export(context.Background(), host, email(t, janAddr), opt, io.Discard); !errors.Is(err, ErrSeal) {
			t.Errorf("%+v: got %v, want ErrSeal", opt, err)
		}
	}
}

func TestLinkOpensOnceAndEnds(t *testing.T) {
	h := newHouse(t)
	h.take(t, janAndOthers()...)
	ctx, now := context.Background(), time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	h.Now = func() time.Time { return now }
	done, err := h.ExportKept(ctx, host, email(t, janAddr), ExportOptions{})
	check(t, err)
	token, until, err := h.LinkExport(ctx, host, done.ID)
	check(t, err)
	if want := now.AddDate(0, 0, 7); !until.Equal(want) {
		t.Errorf("until: got %v, want %v", until, want)
	}
	_, err = h.LinkedExport(token)
	check(t, err)
	f, keep, err := h.OpenLink(ctx, "192.0.2.1", token)
	check(t, err)
	check(t, f.Close())
	if _, _, err := h.OpenLink(ctx, "192.0.2.1", token); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("second use: got %v, want store.ErrNotFound", err)
	}
	check(t, keep()) // that download broke off
	now = until.Add(time.Second)
	if _, _, err := h.OpenLink(ctx, "192.0.2.1", token); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after 7 days: got %v, want store.ErrNotFound", err)
	}
	_, err = h.OpenExport(ctx, host, done.ID)
	check(t, err)
	now = now.AddDate(0, 0, 8)
	check(t, h.ExpireExports())
	left, err := os.ReadDir(filepath.Join(h.dir, exportsDir))
	check(t, err)
	if _, err := h.OpenExport(ctx, host, done.ID); !errors.Is(err, store.ErrNotFound) || len(left) > 0 {
		t.Errorf("after 14 days: %v, %d files", err, len(left))
	}
}

// The published schema names exactly what data.json holds.
func TestSchemaSaysWhatDataHolds(t *testing.T) {
	var schema struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	check(t, json.Unmarshal(ExportSchema, &schema))
	for name, v := range map[string]any{"": exported{}, "message": exportedMessage{}, "file": exportedFile{}, "record": exportedRecord{}, "field": exportedField{},
		"recipient": exportedRecipient{}, "consultation": exportedConsult{}, "gap": Withheld{}, "unread": exportedUnreadable{}} {
		o := schema.object
		if name != "" {
			o = schema.Defs[name]
		}
		var want []string
		for i := range reflect.TypeOf(v).NumField() {
			want = append(want, reflect.TypeOf(v).Field(i).Tag.Get("json"))
		}
		slices.Sort(want)
		slices.Sort(o.Required)
		if got := slices.Sorted(maps.Keys(o.Properties)); !slices.Equal(got, want) || !slices.Equal(o.Required, want) {
			t.Errorf("%q: schema has %v, required %v; data has %v", name, got, o.Required, want)
		}
	}
}

type object struct {
	Required   []string                   `json:"required"`
	Properties map[string]json.RawMessage `json:"properties"`
}
