package mail

import (
	"bytes"
	"errors"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func maskWord(word, by string) Mask {
	return func(_ Kind, _, _, text string) string { return strings.ReplaceAll(text, word, by) }
}

func TestRedact(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"nothing found leaves every byte", "From: a@b.cz\r\nX:  odd \r\n\r\nahoj \r\n", "From: a@b.cz\r\nX:  odd \r\n\r\nahoj \r\n"},
		{"a word of the plain body, label added", "From: a@b.cz\n\nPan Novák píše\n", "From: a@b.cz\nContent-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=utf-8\n\nPan *** p=C3=AD=C5=A1e\n"},
		{"a word in windows-1250 becomes UTF-8", "Content-Type: text/plain; charset=windows-1250\n\nNov\xe1k \xe8\n", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n*** =C4=8D\n"},
		{"a name in a header", "From: =?utf-8?Q?Jan_Nov=C3=A1k?= <j@x.cz>\nTo: c@d.cz\n\nx", "From: Jan *** <j@x.cz>\nTo: c@d.cz\n\nx"},
		{"what is left of a header beyond ASCII", "Subject: =?utf-8?Q?Nov=C3=A1k_=C4=8Dte?=\n\nx", "Subject: =?utf-8?q?***_=C4=8Dte?=\n\nx"},
		{"HTML: only the found text changes", "Content-Type: text/html; charset=utf-8\n\n<p  class=x>Novák</p><B>&amp;</B>\n", "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\n<p  class=x>***</p><B>&amp;</B>\n"},
		{"HTML: link targets, percent-encoded", "Content-Type: text/html; charset=utf-8\n\n<a href=\"http://x.cz/?n=Nov%C3%A1k\">x</a>\n", "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\n<a href=\"http://x.cz/?n=***\">x</a>\n"},
		{"HTML: markup within the name gives up the markup", "Content-Type: text/html; charset=utf-8\n\n<p>No<b>vák</b> &amp;\n", "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\n<pre>*** &amp;</pre>\n"},
		{"XML: elements within the name give up the elements", "Content-Type: image/svg+xml; name=a.svg\n\n<svg><text>No<tspan>v\xc3\xa1k</tspan> a</text></svg>\n", "Content-Type: image/svg+xml; charset=utf-8; name=a.svg\nContent-Transfer-Encoding: 7bit\n\n*** a\n"},
		{"HTML: comments that hold it go", "Content-Type: text/html; charset=utf-8\n\n<!-- Novák --><p>a\n", "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\n<p>a\n"},
		{"one part of two", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nNovák\n--x\nX: \xe1\n\nother\n--x--\nend\n", "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Transfer-Encoding: 7bit\nContent-Type: text/plain; charset=utf-8\n\n***\n--x\nX: \xe1\n\nother\n--x--\nend\n"},
		{"between the parts", "Content-Type: multipart/mixed; boundary=x\n\nNovák\n--x\n\na\n--x--\nNovák\n", "Content-Type: multipart/mixed; boundary=x\n\n***\n\n--x\n\na\n--x--\n***\n"},
		{"a word in base64 between the parts", "Content-Type: multipart/mixed; boundary=x\n\nTm92w6FrIHDDrcWhZSBkb3BpcyB6IFByYWh5\n--x\n\na\n--x--\n", "Content-Type: multipart/mixed; boundary=x\n\n[This part was withheld. / Tato část byla odebrána.]\n\n--x\n\na\n--x--\n"},
		{"a nested message", "Content-Type: message/rfc822\n\nSubject: Novák\n\nb\n", "Content-Type: message/rfc822\n\nSubject: ***\n\nb\n"},
		{"a nested message in base64", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogTm92w6FrCgpiCg==\n", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogKioqCgpiCg==\n"},
		{"a file name", "Content-Type: application/pdf; name=\"a.pdf\"\nContent-Disposition: attachment; filename*=utf-8''Nov%C3%A1k.pdf\n\n%PDF\n", "Content-Type: application/pdf; name=\"a.pdf\"\nContent-Disposition: attachment; filename=***.pdf\n\n%PDF\n"},
		{"HTML: an address that nobody escaped", "Content-Type: text/html; charset=utf-8\n\n<p>a <Novák@x.cz>\n", "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\n<p>a &lt;***@x.cz&gt;\n"},
		{"an encoded word in a text", "Content-Type: text/plain; charset=utf-8\n\nFrom: =?utf-8?Q?Nov=C3=A1k?= a\n", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nFrom: [This part was withheld. / Tato =C4=8D=C3=A1st byla odebr=C3=A1na.] a\n"},
		{"a quarantined text without header", "Pan Novák píše", "Pan *** píše"},
	} {
		got, err := Redact([]byte(c.raw), maskWord("Novák", "***"), nil)
		if err != nil || string(got) != c.want {
			t.Errorf("%s:\n got %q, %v\nwant %q", c.name, got, err, c.want)
		}
	}
}

func TestRedactWithholds(t *testing.T) {
	raw := "Content-Type: multipart/mixed; boundary=x\n\n--x\n\ntext\n--x\nContent-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=a.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n--x\nContent-Type: image/png\n\n\x89PNG\n--x--\n"
	got, err := Redact([]byte(raw), maskWord("Novák", "***"), func(path string) bool { return path == "2" })
	if err != nil {
		t.Fatal(err)
	}
	m := Parse(got)
	if want := " multipart/mixed; 1 text/plain; 2 text/plain a.pdf.txt; 3 image/png"; shape(m) != want {
		t.Errorf("got %s, want %s", shape(m), want)
	}
	if bytes.Contains(got, []byte("JVBERi0")) || !strings.Contains(m.Root.Children[1].Text, "withheld") {
		t.Errorf("got %q", got)
	}
}

func TestRedactRefuses(t *testing.T) {
	deep := strings.Repeat("Content-Type: message/rfc822\n\n", 80) + "x"
	if _, err := Redact([]byte(deep), maskWord("a", "b"), nil); !errors.Is(err, ErrNotRedactable) {
		t.Errorf("nested too deep: got %v", err)
	}
	growing := func(_ Kind, _, _, text string) string { return text + "!" }
	if _, err := Redact([]byte("Subject: a\n\nb"), growing, nil); !errors.Is(err, ErrResidue) {
		t.Errorf("a mask that never rests: got %v", err)
	}
}

// TestRedactProperty: a token put anywhere is gone, and parts without it keep
// their text.
func TestRedactProperty(t *testing.T) {
	const token = "Zlobílek42"
	word := rapid.SampledFrom([]string{"ahoj", "věc", "=?", "<b>", "&amp;", "漢", token, "x@y.cz", "\n", `"q"`, "%C3"})
	phrase := rapid.Map(rapid.SliceOfN(word, 1, 8), func(w []string) string { return strings.Join(w, " ") })
	rapid.Check(t, func(t *rapid.T) {
		o := outgoing()
		o.Subject, o.To[0].Name = words(phrase.Draw(t, "subject")), words(phrase.Draw(t, "name"))
		o.Text, o.HTML = phrase.Draw(t, "text"), "<p title='"+phrase.Draw(t, "title")+"'>"+phrase.Draw(t, "html")
		o.Attachments = []File{{Name: strings.ReplaceAll(words(phrase.Draw(t, "file")), "/", "") + ".csv", Type: "text/csv", Data: []byte(phrase.Draw(t, "csv"))}, {Name: "a.pdf", Data: []byte("%PDF-" + phrase.Draw(t, "pdf"))}}
		raw, err := o.Compose()
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "LF") {
			raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
		}
		got, err := Redact(raw, maskWord(token, "█"), nil)
		if err != nil {
			t.Fatalf("%v in %q", err, raw)
		}
		checkRedacted(t, raw, got, token)
		if !bytes.Equal(Parse(got).Root.Children[len(Parse(got).Root.Children)-1].Body, o.Attachments[1].Data) {
			t.Fatal("the PDF changed")
		}
	})
}

type fataler interface {
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

func checkRedacted(t fataler, raw, got []byte, token string) {
	before, after := Extract(Parse(raw), raw), Extract(Parse(got), got)
	at := map[string][]string{}
	for _, p := range after.Parts {
		if strings.Contains(p.Text, token) && !(p.Kind == Header && structural(p.Name, p.Text)) {
			t.Fatalf("token left in %s of part %s", p.Kind, p.Path)
		}
		key := p.Path + p.Kind.String() + strings.ToLower(p.Name)
		at[key] = append(at[key], words(p.Text))
	}
	for _, p := range before.Parts {
		if strings.Contains(p.Text, token) || p.Kind == Header && strings.HasPrefix(strings.ToLower(p.Name), "content-") || strings.Contains(p.Name, token) {
			continue
		}
		found := false
		for _, text := range at[p.Path+p.Kind.String()+strings.ToLower(p.Name)] {
			found = found || text == words(p.Text)
		}
		// HTML whose hidden half was masked across elements loses its rest.
		if !found && p.Kind != Hidden {
			t.Errorf("%s %s of part %s changed without need: %q", p.Kind, p.Name, p.Path, p.Text)
		}
	}
}

func TestCorpusRedactWithoutHitChangesNothing(t *testing.T) {
	files, refused := 0, 0
	for _, set := range []string{"mime", "bulk"} {
		eachFile(t, corpus(t, set), func(path string, data []byte) {
			files++
			got, err := Redact(data, func(_ Kind, _, _, s string) string { return s }, nil)
			switch {
			case errors.Is(err, ErrNotRedactable):
				refused++
			case err != nil || !bytes.Equal(got, data):
				t.Errorf("%s changed: %v", path, err)
			}
		})
	}
	t.Logf("%d files, %d refused as quarantined", files, refused)
}

// filesThatHold says which parts' files no mask reaches into.
func filesThatHold(data []byte, token string) func(string) bool {
	held := map[string]bool{}
	mask := maskWord(token, "█")
	for _, p := range Extract(Parse(data), data).Parts {
		if p.Kind == Attachment && mask(p.Kind, p.Path, p.Name, p.Text) != p.Text {
			held[p.Path] = true
		}
	}
	return func(path string) bool { return held[path] }
}

// TestCorpusRedactTakesAWordOut picks one word of each mail's text by its hash
// and masks it everywhere.
func TestCorpusRedactTakesAWordOut(t *testing.T) {
	files, residues := 0, 0
	for _, set := range []string{"mime", filepath.Join("pii", "czpl-mails", "mails")} {
		eachFile(t, corpus(t, set), func(path string, data []byte) {
			token := pickWord(Extract(Parse(data), data))
			if token == "" || filepath.Ext(path) == ".xml" || strings.Contains(token, "<html>") { // a tree, not a mail; a page's source is no word
				return
			}
			files++
			got, err := Redact(data, maskWord(token, "█"), filesThatHold(data, token))
			if err != nil {
				if errors.Is(err, ErrResidue) {
					residues++
					t.Logf("%s: %v (%q)", path, err, token)
				}
				return
			}
			if bytes.Contains(got, []byte("[This part was withheld.")) {
				if left := filesThatHold(got, token); left("1") || left("2") {
					t.Errorf("%s: %q is left in a withheld part", path, token)
				}
				return // its name and type changed with it
			}
			checkRedacted(t, data, got, token)
			if t.Failed() {
				t.Fatalf("%s: word %q", path, token)
			}
		})
	}
	t.Logf("%d mails, %d residues", files, residues)
	if residues > files/100 {
		t.Errorf("%d residues in %d mails", residues, files)
	}
}

func pickWord(text Text) string {
	var list []string
	for _, p := range text.Parts {
		if p.Kind == Plain || p.Kind == HTML || p.Kind == Attachment {
			for _, w := range strings.Fields(p.Text) {
				if len(w) > 6 {
					list = append(list, w)
				}
			}
		}
	}
	if len(list) == 0 {
		return ""
	}
	h := fnv.New32()
	_, _ = h.Write([]byte(list[0]))
	return list[int(h.Sum32())%len(list)]
}

func TestRedactKeepsSourceOfCzechNames(t *testing.T) {
	dir := corpus(t, "pii", "czpl-mails")
	done := 0
	for _, r := range rows(t, filepath.Join(dir, "truth.tsv")) {
		form, _, _ := strings.Cut(r["forms_in_text"], " | ")
		data, err := os.ReadFile(filepath.Join(dir, "mails", r["file"]))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Redact(data, maskWord(form, "█"), nil)
		if err != nil {
			t.Errorf("%s: %v", r["file"], err)
			continue
		}
		checkRedacted(t, data, got, form)
		done++
	}
	t.Logf("%d names taken out", done)
}
