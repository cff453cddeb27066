package mail

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestTextStoredForm(t *testing.T) {
	text := Text{Version: TextVersion, Parts: []TextPart{{"", Header, "Subject", "věc"}, {"1.2", Attachment, "a.csv", strings.Repeat("x", 300)}}, Unreadable: []Unreadable{{"2", "encrypted"}}}
	b := text.Encode()
	got, err := DecodeText(b)
	if err != nil || !reflect.DeepEqual(got, text) {
		t.Errorf("got %+v, %v", got, err)
	}
	var parts []TextPart
	err = EachPart(b, func(kind Kind, path, name string, body []byte) bool {
		parts = append(parts, TextPart{strings.Clone(path), kind, strings.Clone(name), string(body)})
		return true
	})
	if err != nil || !reflect.DeepEqual(parts, text.Parts) {
		t.Errorf("EachPart: got %+v, %v", parts, err)
	}
	var reasons []Unreadable
	err = EachUnreadable(b, func(path, reason string) bool {
		reasons = append(reasons, Unreadable{strings.Clone(path), strings.Clone(reason)})
		return true
	})
	if err != nil || !reflect.DeepEqual(reasons, text.Unreadable) {
		t.Errorf("EachUnreadable: got %+v, %v", reasons, err)
	}
}

// TestTextStoredFormIsFrozen: texts of version 1 lie in volumes for years.
func TestTextStoredFormIsFrozen(t *testing.T) {
	stored := "PT\x01\x02\x01\x00\x07Subject\x04v\xc4\x9bc\x02\x011\x00\x04ahoj\x01\x012\x09encrypted"
	want := Text{Version: 1, Parts: []TextPart{{"", Header, "Subject", "věc"}, {"1", Plain, "", "ahoj"}}, Unreadable: []Unreadable{{"2", "encrypted"}}}
	if got, err := DecodeText([]byte(stored)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got := string(want.Encode()); got != stored {
		t.Errorf("got %q, want %q", got, stored)
	}
}

func TestTextDamageIsFound(t *testing.T) {
	whole := Text{Version: 1, Parts: []TextPart{{"1", Plain, "", "ahoj"}}, Unreadable: []Unreadable{{"2", "x"}}}.Encode()
	for n := range whole {
		if _, err := DecodeText(whole[:n]); !errors.Is(err, ErrText) {
			t.Errorf("cut to %d bytes: got %v", n, err)
		}
	}
	for name, b := range map[string]string{"trailing byte": string(whole) + "x", "newer version": "PT\x7f" + string(whole[3:]), "another magic": "XX" + string(whole[2:])} {
		if _, err := DecodeText([]byte(b)); !errors.Is(err, ErrText) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestEachPartDoesNotAllocate(t *testing.T) {
	b := Text{Version: 1, Parts: make([]TextPart, 50)}.Encode()
	n := 0
	if got := testing.AllocsPerRun(10, func() {
		_ = EachPart(b, func(Kind, string, string, []byte) bool { n++; return true })
	}); got > 0 || n == 0 {
		t.Errorf("%v allocations, %d parts", got, n)
	}
}

func TestExtract(t *testing.T) {
	raw := []byte("From: Jana <jana@ex.cz>\nX-Order: 12345\nContent-Type: multipart/mixed; boundary=x\n\nold client\n" +
		"--x\nContent-Type: text/html\n\n<p title=\"skrytá\">vidět</p>\n" +
		"--x\nContent-Type: application/octet-stream; name=lide.csv\n\njm\xe9no;v\xeck\n" +
		"--x\nContent-Type: application/pdf; name=a.pdf\n\n%PDF-1.4\n" +
		"--x\nContent-Type: message/rfc822\n\nX-Inner: in\n\nvnit\xf8ek\n" +
		"--x\nContent-Type: image/gif\nContent-Description: fotka\n\nGIF89a\n--x--\n")
	got := Extract(Parse(raw), raw)
	for _, want := range []TextPart{
		{"", Header, "X-Order", "12345"},
		{"", Hidden, "preamble", "old client"},
		{"1", HTML, "", "vidět"}, {"1", Hidden, "", "skrytá"},
		{"2", FileName, "", "lide.csv"}, {"2", Attachment, "lide.csv", "jméno;věk"},
		{"3", FileName, "", "a.pdf"},
		{"4", Header, "X-Inner", "in"}, {"4.1", Plain, "", "vnitřek"},
		{"5", Header, "Content-Description", "fotka"},
	} {
		found := false
		for _, p := range got.Parts {
			found = found || p == want
		}
		if !found {
			t.Errorf("missing %+v", want)
		}
	}
	if want := []Unreadable{{"3", "damaged"}, {"5", "picture without text"}}; !reflect.DeepEqual(got.Unreadable, want) {
		t.Errorf("unreadable: got %v, want %v", got.Unreadable, want)
	}
}

func TestExtractUnreadable(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"a document by its name", "Content-Type: application/octet-stream; name=a.DOCX\n\nPK\x03\x04\x00\x00\x00\x00", "damaged"},
		{"a picture", "Content-Type: image/jpeg\n\n\xff\xd8\xff", "picture without text"},
		{"S/MIME encryption", "Content-Type: application/pkcs7-mime\n\n\x30\x80\x00\x00", "encrypted"},
		{"PGP encryption", "Content-Type: multipart/encrypted; boundary=x\n\n--x\n\nVersion: 1\n--x--\n", "encrypted"},
		{"bytes of no known kind", "Content-Type: application/octet-stream\n\n\x00\x01\x02\x03", "unknown format"},
		{"prose without a header", "ahoj", "quarantined: no header"},
	} {
		got := Extract(Parse([]byte(c.raw)), []byte(c.raw)).Unreadable
		if len(got) != 1 || got[0].Reason != c.want {
			t.Errorf("%s: got %v, want %q", c.name, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"From: a@b.cz\r\nSubject: =?utf-8?Q?=C4=8D?=\r\n\r\nahoj\r\n",
		"Content-Type: multipart/mixed; boundary=x\n\np\n--x\nContent-Type: text/html\n\n<p>a\n--x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogYQoKYg==\n--x--\ne",
		"Content-Type: text/plain; charset=utf-7; format=flowed; name*0*=utf-8''a%20; name*1=b\nContent-Transfer-Encoding: quoted-printable\n\n+AVk- =\n=C3",
		"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n#86)C\n`\nend\n",
		"garbage\n\n", "Subject: a\rX: b\r\rc",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Parse(raw)
		text := Extract(m, raw)
		if _, err := DecodeText(text.Encode()); err != nil {
			t.Fatal(err)
		}
		got, err := Redact(raw, func(_ Kind, _, _, s string) string { return s }, nil)
		if err == nil && string(got) != string(raw) {
			t.Fatalf("redacting nothing changed %q to %q", raw, got)
		}
		m.Attachments()
		Loose(goldenKey, m)
		Preview(text, 100)
	})
}

func FuzzRedact(f *testing.F) {
	f.Add([]byte("From: =?utf-8?Q?Nov=C3=A1k?= <a@b.cz>\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html; charset=windows-1250\n\n<p>Nov\xe1k</p>\n--x--\n"))
	f.Add([]byte("Content-Type: message/rfc822\n\nSubject: Novák\n\nNovák\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		// Redact checks itself: a residue is an error, never a silent one.
		got, err := Redact(raw, maskWord("Novák", "*"), nil)
		if err == nil {
			_, err = Redact(got, maskWord("Novák", "*"), nil)
		}
		if err != nil && !errors.Is(err, ErrNotRedactable) && !errors.Is(err, ErrResidue) {
			t.Fatal(err)
		}
	})
}

func FuzzSanitizeHTML(f *testing.F) {
	for _, s := range []string{`<p onclick=x style="color:red;background:url(x)">a<img src=cid:a><a href="javascript:x">b`, `<svg><style><img src=x onerror=y>`, `<table><td><math><mtext></table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`, "<pre>\n\na", `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		got := SanitizeHTML(source, Sanitize{}).HTML
		if d := danger(got); d != "" {
			t.Fatalf("%s in %q", d, got)
		}
		if again := SanitizeHTML(got, Sanitize{}).HTML; again != got {
			t.Fatalf("moving: %q then %q", got, again)
		}
	})
}

func FuzzDecodeText(f *testing.F) {
	f.Add(Text{Version: 1, Parts: []TextPart{{"1", Plain, "", "ahoj"}}, Unreadable: []Unreadable{{"2", "x"}}}.Encode())
	f.Add([]byte("PT\x01\xff\xff\xff\xff\x0f"))
	f.Fuzz(func(t *testing.T, b []byte) {
		text, err := DecodeText(b)
		n := 0
		each := EachPart(b, func(Kind, string, string, []byte) bool { n++; return true })
		if err == nil && (each != nil || n != len(text.Parts)) {
			t.Fatalf("DecodeText read %d parts, EachPart %d, %v", len(text.Parts), n, each)
		}
	})
}

func benchMails(b *testing.B) (mails [][]byte, size int64) {
	b.Helper()
	eachFile(b, corpus(b, "bulk"), func(path string, data []byte) {
		if ext := filepath.Ext(path); ext != ".tsv" {
			mails = append(mails, data)
			size += int64(len(data))
		}
	})
	return mails, size
}

func BenchmarkParse(b *testing.B) {
	mails, size := benchMails(b)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, raw := range mails {
			Parse(raw)
		}
	}
}

func BenchmarkExtract(b *testing.B) {
	mails, size := benchMails(b)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, raw := range mails {
			Extract(Parse(raw), raw)
		}
	}
}

func BenchmarkStrict(b *testing.B) {
	mails, size := benchMails(b)
	b.SetBytes(size)
	for b.Loop() {
		for _, raw := range mails {
			Strict(goldenKey, raw)
		}
	}
}

func BenchmarkEachPart(b *testing.B) {
	mails, _ := benchMails(b)
	var stored [][]byte
	size := 0
	for _, raw := range mails {
		stored = append(stored, Extract(Parse(raw), raw).Encode())
		size += len(stored[len(stored)-1])
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, s := range stored {
			_ = EachPart(s, func(Kind, string, string, []byte) bool { return true })
		}
	}
}

func BenchmarkSanitizeHTML(b *testing.B) {
	mails, _ := benchMails(b)
	var list []string
	size := 0
	for _, raw := range mails {
		if p := Parse(raw).HTML(); p != nil && len(list) < 200 {
			list = append(list, p.Text)
			size += len(p.Text)
		}
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, s := range list {
			SanitizeHTML(s, Sanitize{})
		}
	}
}

func TestExtractReadsAFileWithinTheText(t *testing.T) {
	raw := []byte("Subject: a\n\nbegin 644 a.txt\n#86)C\n`\nend\n")
	got := Extract(Parse(raw), raw)
	want := []TextPart{{"1", FileName, "", "a.txt"}, {"1", Attachment, "a.txt", "abc\n"}}
	if n := len(got.Parts); n < 2 || !reflect.DeepEqual(got.Parts[n-2:], want) || len(got.Unreadable) > 0 {
		t.Errorf("got %+v", got)
	}
}

// TestSignedMail: what S/MIME only signs is the message's body; testdata/signed.eml
// is made with OpenSSL, its lengths left open as Outlook does.
func TestSignedMail(t *testing.T) {
	raw, err := os.ReadFile("testdata/signed.eml")
	if err != nil {
		t.Fatal(err)
	}
	m := Parse(raw)
	if p := m.Plain(); p == nil || p.Path != "1.1" || !strings.Contains(p.Text, "píše Jan Novák") {
		t.Errorf("body %+v", p)
	}
	text := Extract(m, raw)
	if len(text.Unreadable) > 0 {
		t.Errorf("unreadable %v", text.Unreadable)
	}
	if !slices.Contains(text.Parts, TextPart{"1", Attachment, "smime.p7m", "Jana Podpisova\njana@example.org\njana.alt@example.org\n"}) {
		t.Errorf("no signer in %q", text.Parts)
	}
	if list := m.Attachments(); len(list) != 1 || list[0].Name() != "smime.p7m" {
		t.Errorf("attachments %v", list)
	}
}

// TestRedactSigned: nothing changes while nothing is found; then the signature and
// its certificates go, and the rest stays.
func TestRedactSigned(t *testing.T) {
	raw, err := os.ReadFile("testdata/signed.eml")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Redact(raw, maskWord("nikdo", "***"), nil); err != nil || string(got) != string(raw) {
		t.Errorf("nothing found, but changed: %v", err)
	}
	for word, want := range map[string]string{"Novák": "Dobrý den, píše Jan ***.", "jana.alt": "Dobrý den, píše Jan Novák."} {
		got, err := Redact(raw, maskWord(word, "***"), nil)
		if err != nil {
			t.Fatal(err)
		}
		m := Parse(got)
		if p := m.Plain(); p == nil || strings.TrimSpace(p.Text) != want || strings.Contains(string(got), "pkcs7") || m.Subject != "signed" {
			t.Errorf("%s: got %s", word, got)
		}
	}
}

// TestFoldedCalendar: a word that is folded within a character is one word.
func TestFoldedCalendar(t *testing.T) {
	raw := []byte("Content-Type: text/calendar; charset=utf-8\n\nBEGIN:VCALENDAR\nATTENDEE;CN=Ji\xc5\n \x99\xc3\xad:mailto:a@example.org\nEND:VCALENDAR\n")
	if text := Extract(Parse(raw), raw); !strings.Contains(text.Parts[len(text.Parts)-1].Text, "CN=Jiří:") {
		t.Errorf("got %q", text.Parts)
	}
}

// TestPGPInABodyIsSaidUnread: what is not read is said, in a body as in a file.
func TestPGPInABodyIsSaidUnread(t *testing.T) {
	const armour = "-----BEGIN PGP MESSAGE-----\n\nhQEMA0\n-----END PGP MESSAGE-----\n"
	for _, body := range []string{"Hello\n\n" + armour, "> " + strings.ReplaceAll(armour, "\n", "\n> ")} {
		raw := []byte("From: a@b.example\nSubject: x\n\n" + body)
		if got := Extract(Parse(raw), raw); !slices.Contains(got.Unreadable, Unreadable{"1", "encrypted"}) {
			t.Errorf("got %+v", got.Unreadable)
		}
	}
}

func TestYEncInABody(t *testing.T) {
	raw := []byte("From: a@b.example\nSubject: x\n\nHello\n\n=ybegin line=128 size=3 name=jan.jpg\nabc\n=yend size=3\n")
	got := Extract(Parse(raw), raw)
	if !slices.Contains(got.Unreadable, Unreadable{"1", "yEnc: not read"}) {
		t.Errorf("got %+v", got.Unreadable)
	}
}

// TestNamesInPieces: another name than the one shown, and the folders of that one.
func TestNamesInPieces(t *testing.T) {
	raw := []byte("From: a@b.example\nContent-Type: text/plain; name*0*=utf-8''Jan%20;\n name*1*=Nov%C3%A1k.txt\nContent-Disposition: attachment; filename*0*=utf-8''C:%5CJan;\n filename*1*=a%5Cx.txt\n\nx\n")
	var names []string
	for _, p := range Extract(Parse(raw), raw).Parts {
		if p.Kind == FileName {
			names = append(names, p.Text)
		}
	}
	if want := []string{"x.txt", "Jan Novák.txt", `C:\Jana\x.txt`}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}
