package mail

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// shape writes the tree as "path type" words, with file names.
func shape(m *Message) string {
	var list []string
	m.Walk(func(p *Part) bool {
		s := p.Path + " " + p.Type
		if p.Filename != "" {
			s += " " + p.Filename
		}
		list = append(list, s)
		return true
	})
	return strings.Join(list, "; ")
}

func TestParseTree(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"plain text without any MIME field is one part", "From: a@b.cz\n\nhi", "1 text/plain"},
		{"children of the outermost multipart are 1 and 2", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x\nContent-Type: text/html\n\nb\n--x--\n", " multipart/mixed; 1 text/plain; 2 text/html"},
		{"a nested message takes its parent's path", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x\nContent-Type: message/rfc822\n\nSubject: in\n\nb\n--x--\n", " multipart/mixed; 1 text/plain; 2 message/rfc822; 2.1 text/plain"},
		{"a longer line is not the boundary", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--xy\nb\n--x--\n", " multipart/mixed; 1 text/plain"},
		{"an inner boundary that begins like the outer one", "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/alternative; boundary=x1\n\n--x1\n\na\n--x1\nContent-Type: text/html\n\nb\n--x1--\n--x\n\nc\n--x--\n", " multipart/mixed; 1 multipart/alternative; 1.1 text/plain; 1.2 text/html; 2 text/plain"},
		{"a missing boundary parameter is guessed", "Content-Type: multipart/mixed\n\n--foo\nContent-Type: text/html\n\na\n--foo--\n", " multipart/mixed; 1 text/html"},
		{"a multipart without boundary lines is text", "Content-Type: multipart/mixed; boundary=x\n\nhello\n", "1 text/plain"},
		{"a multipart that is never closed keeps its last part", "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html\n\na", " multipart/mixed; 1 text/html"},
		{"a part after the closing line is read", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x--\n--x\nContent-Type: text/html\n\nb\n--x--\n", " multipart/mixed; 1 text/plain; 2 text/html"},
		{"text between two closing lines is read", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x--\nContent-Type: text/html\n\nb\n--x--\nend\n", " multipart/mixed; 1 text/plain; 2 text/html"},
		{"blank lines above the header", "\r\n\nFrom: a@b.cz\nContent-Type: text/html\n\na", "1 text/html"},
		{"a boundary that nobody indented", "Content-Type: multipart/mixed;\nboundary=x\n\n--x\n\na\n--x--\n", " multipart/mixed; 1 text/plain"},
		{"parts of a digest are messages", "Content-Type: multipart/digest; boundary=x\n\n--x\n\nSubject: a\n\nb\n--x--\n", " multipart/digest; 1 message/rfc822; 1.1 text/plain"},
		{"a base64 message within a message is opened", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogYQoKYg==\n", "1 message/rfc822; 1.1 text/plain"},
		{"a file named .eml is a message", "Content-Type: application/octet-stream; name=a.EML\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogYQoKYg==\n", "1 application/octet-stream a.EML; 1.1 text/plain"},
		{"file names: RFC 2231 in pieces", "Content-Type: application/pdf\nContent-Disposition: attachment;\n filename*0*=utf-8''smlouva%20;\n filename*1*=%C4%8D.1.pdf\n\nx", "1 application/pdf smlouva č.1.pdf"},
		{"file names: encoded word in quotes", "Content-Type: application/pdf; name=\"=?windows-1250?Q?p=F8=EDloha.pdf?=\"\n\nx", "1 application/pdf příloha.pdf"},
		{"file names: RFC 2231 that begins at 1", "Content-Disposition: attachment; filename*1*=utf-8''%C4%8D; filename*2*=.pdf\n\nx", "1 text/plain č.pdf"},
		{"file names: RFC 2231 that repeats its charset", "Content-Disposition: attachment; filename*0*=utf-8''%C4%8D; filename*1*=utf-8''%C5%99.pdf\n\nx", "1 text/plain čř.pdf"},
		{"file names: RFC 2231 with one quote", "Content-Disposition: attachment; filename*=UTF-8'%C4%8D.pdf\n\nx", "1 text/plain č.pdf"},
		{"file names: no semicolon", "Content-Disposition: attachment filename=\"č.pdf\"\n\nx", "1 text/plain č.pdf"},
		{"file names: on a line that nobody indented", "Content-Disposition: attachment;\nfilename=\"č:1.pdf\"\nX: y\n\nx", "1 text/plain č:1.pdf"},
		{"file names: single quotes", "Content-Disposition: attachment; filename='č.pdf'\n\nx", "1 text/plain č.pdf"},
		{"file names: escaped as in a URL", "Content-Disposition: attachment; filename=\"%C4%8D%20.pdf\"\n\nx", "1 text/plain č .pdf"},
		{"file names: a sign of per cent that escapes nothing", "Content-Disposition: attachment; filename=\"50%20.pdf\"\n\nx", "1 text/plain 50%20.pdf"},
		{"file names lose their folders", "Content-Type: application/pdf; name=\"..\\..\\evil/x.pdf\"\n\nx", "1 application/pdf x.pdf"},
		{"a semicolon within quotes belongs to the name", "Content-Type: text/plain; name=\"a;b.txt\"; charset=utf-8\n\nx", "1 text/plain a;b.txt"},
		{"CRLF", "Content-Type: multipart/mixed; boundary=\"x y\"\r\n\r\n--x y\r\n\r\na\r\n--x y--\r\n", " multipart/mixed; 1 text/plain"},
		{"line breaks of an old Mac", "Content-Type: text/html\rSubject: a\r\rb", "1 text/html"},
	} {
		if got := shape(Parse([]byte(c.raw))); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestParseQuarantine(t *testing.T) {
	deep := strings.Repeat("Content-Type: message/rfc822\n\n", 80) + "x"
	many := "Content-Type: multipart/mixed; boundary=x\n\n" + strings.Repeat("--x\n\na\n", 2000) + "--x--\n"
	for _, c := range []struct{ name, raw, want string }{
		{"no bytes", "", QuarantineEmpty},
		{"only blank lines", "\r\n \r\n", QuarantineEmpty},
		{"prose", "Milí kolegové,\nposílám", QuarantineHeader},
		{"nested 80 deep", deep, QuarantineNesting},
		{"two thousand parts", many, QuarantineParts},
		{"a header of two megabytes", "Subject: a\n" + strings.Repeat("X-A: b\n", 300000) + "\nx", QuarantineTooLong},
		{"an ordinary mail", "From: a@b.cz\n\nx", ""},
		{"a mail with one garbage line in its header", "From: a@b.cz\ngarbage here\nSubject: x\n\ny", ""},
	} {
		m := Parse([]byte(c.raw))
		if m.Quarantine != c.want {
			t.Errorf("%s: got %q, want %q", c.name, m.Quarantine, c.want)
		}
		if c.want != "" && c.want != QuarantineEmpty && !hasText(Extract(m, []byte(c.raw)), Raw) {
			t.Errorf("%s: raw bytes are not in the text", c.name)
		}
	}
}

func hasText(t Text, k Kind) bool {
	for _, p := range t.Parts {
		if p.Kind == k {
			return true
		}
	}
	return false
}

func TestParseHeader(t *testing.T) {
	m := Parse([]byte("From x@y Mon Jan  1 00:00:00 2024\n" +
		"From: =?utf-8?Q?Jana_Nov=C3=A1kov=C3=A1?= <Jana@Ex.cz>\n" +
		"To: \"Novák, Jan\" <jan@ex.cz>, Petr <petr@ex.cz>\n" +
		"Subject: =?windows-1250?Q?Fak?= =?windows-1250?Q?tura =E8?=.\n =?utf-8?B?xI0=?=\n" +
		"Message-ID: <a@b>\nReferences: <1@x>\n <2@x>\nIn-Reply-To: Your message of Monday <2@x>\n" +
		"Date: Tue, 5 Mar 2024 10:00:00 +0100\nX-Odd: v\xecc\n\nx"))
	want := Message{MessageID: "a@b", References: []string{"1@x", "2@x"}, InReplyTo: []string{"2@x"},
		From: []Address{{"Jana Nováková", "Jana@Ex.cz"}}, To: []Address{{"Novák, Jan", "jan@ex.cz"}, {"Petr", "petr@ex.cz"}},
		Subject: "Faktura č. č", Date: time.Date(2024, 3, 5, 9, 0, 0, 0, time.UTC)}
	got := *m
	if v := m.Get("x-odd"); v != "věc" {
		t.Errorf("undeclared bytes: got %q", v)
	}
	got.Fields, got.Root = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestParseAutomatic(t *testing.T) {
	for _, c := range []struct {
		name, header string
		want         bool
	}{
		{"a person", "From: jana@ex.cz", false},
		{"vacation notice", "From: jana@ex.cz\nAuto-Submitted: auto-replied", true},
		{"Auto-Submitted no is a person", "From: jana@ex.cz\nAuto-Submitted: no", false},
		{"mailing list", "From: jana@ex.cz\nList-Id: <x.ex.cz>", true},
		{"bulk", "From: jana@ex.cz\nPrecedence: bulk", true},
		{"empty return path", "Return-Path: <>\nFrom: jana@ex.cz", true},
		{"mailer daemon", "From: MAILER-DAEMON@ex.cz", true},
		{"delivery report", "From: x@ex.cz\nContent-Type: multipart/report; boundary=x", true},
	} {
		if got := Parse([]byte(c.header + "\n\nx")).Automatic; got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestParseAddresses(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []Address
	}{
		{"bare", "a@b.cz", []Address{{"", "a@b.cz"}}},
		{"name in a comment", "a@b.cz (Jana)", []Address{{"Jana", "a@b.cz"}}},
		{"comma in an unquoted name", "Novák, Jan <jan@x.cz>", []Address{{"Novák, Jan", "jan@x.cz"}}},
		{"semicolons between", "a@b.cz; c@d.cz", []Address{{"", "a@b.cz"}, {"", "c@d.cz"}}},
		{"comma within an encoded word", "=?utf-8?Q?=C5=BDi=C5=BEka,_Jan?= <j@x.cz>, c@d.cz", []Address{{"Žižka, Jan", "j@x.cz"}, {"", "c@d.cz"}}},
		{"colon in the name of a charset", "=?ISO_8859-2:1987?Q?=AEi=BEka?= <j@x.cz>", []Address{{"Žižka", "j@x.cz"}}},
		{"name and address in one encoded word", "=?utf-8?Q?=C5=BDi=C5=BEka_<j@x.cz>?=", []Address{{"Žižka", "j@x.cz"}}},
		{"brackets of Outlook", "Jan Žižka [mailto:j@x.cz]", []Address{{"Jan Žižka", "j@x.cz"}}},
		{"two angles", "Jan Žižka <<j@x.cz>>", []Address{{"Jan Žižka", "j@x.cz"}}},
		{"group", "Friends: a@b.cz, B <c@d.cz>;", []Address{{"", "a@b.cz"}, {"B", "c@d.cz"}}},
		{"empty group", "undisclosed-recipients:;", nil},
		{"no brackets", "Jana Nová jana@x.cz", []Address{{"Jana Nová", "jana@x.cz"}}},
		{"name only", "Jana Nová", []Address{{"Jana Nová", ""}}},
		{"quote that never closes", `"Jana <jana@x.cz>`, []Address{{"Jana", "jana@x.cz"}}},
		{"escaped quote", `"Jana \"J\" N" <j@x.cz>`, []Address{{`Jana "J" N`, "j@x.cz"}}},
		{"address as its own name", `"a@b.cz" <a@b.cz>`, []Address{{"a@b.cz", "a@b.cz"}}},
		{"encoded comma", "=?utf-8?Q?Nov=C3=A1k=2C_Jan?= <j@x.cz>", []Address{{"Novák, Jan", "j@x.cz"}}},
		{"obsolete route", "<@a.cz,@b.cz:j@x.cz>", []Address{{"", "j@x.cz"}}},
		{"empty", " , ", nil},
	} {
		if got := parseAddresses(c.in, ""); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestParseAddress(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		ok             bool
	}{
		{"bare", " jana@ex.cz ", "jana@ex.cz", true},
		{"with name", "Jana Nová <jana@ex.cz>", "Jana Nová <jana@ex.cz>", true},
		{"international domain", "jana@háček.cz", "jana@háček.cz", true},
		{"no at sign", "jana", "", false},
		{"two", "a@b.cz, c@d.cz", "", false},
		{"line break", "a@b.cz\r\nBcc: c@d.cz", "", false},
		{"nothing before the at sign", "@b.cz", "", false},
		{"double dot in the domain", "a@b..cz", "", false},
	} {
		a, err := ParseAddress(c.in)
		if (err == nil) != c.ok || c.ok && a.String() != c.want {
			t.Errorf("%s: got %q, %v", c.name, a, err)
		}
	}
}

func TestParseDate(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Tue, 5 Mar 2024 10:00:00 +0100", "2024-03-05T09:00:00Z"},
		{"Tue, 5 Mar 2024 10:00:00 +0100 (CET)", "2024-03-05T09:00:00Z"},
		{"5 Mar 2024 10:00 GMT", "2024-03-05T10:00:00Z"},
		{"Tue, 05 Mar 24 10:00:00 -0000", "2024-03-05T10:00:00Z"},
		{"Tuesday, 5 March 2024 10:00:00 +0000", "2024-03-05T10:00:00Z"},
		{"Tue Mar  5 10:00:00 2024", "2024-03-05T10:00:00Z"},
		{"2024-03-05T10:00:00Z", "2024-03-05T10:00:00Z"},
		{"Tue, 5 Mar 2024 10:00:00 GMT+0100", "2024-03-05T09:00:00Z"},
		{"Thu, 1 Jan 1801 00:00:00 +0000", "0001-01-01T00:00:00Z"},
		{"Thu, 22 Aug 0102 12:07:35 +0800", "2002-08-22T04:07:35Z"},
		{"Fri, 30 Aug 02 21:48:08 Eastern Daylight Time", "2002-08-30T21:48:08Z"},
		{"yesterday", "0001-01-01T00:00:00Z"},
		{"", "0001-01-01T00:00:00Z"},
	} {
		if got := parseDate(c.in).Format(time.RFC3339); got != c.want {
			t.Errorf("%q: got %s, want %s", c.in, got, c.want)
		}
	}
}

func TestParseText(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"quoted-printable with a soft break within a word", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nNov=C3=\n=A1k =zz", "Novák =zz"},
		{"format=flowed is joined", "Content-Type: text/plain; format=flowed\n\nJana \nNov\n> a \n> b\nc", "Jana Nov\n> a b\nc"},
		{"two encodings named", "Content-Transfer-Encoding: 8bit, quoted-printable\n\nNov=C3=A1k", "Novák"},
		{"an encoding with an underscore", "Content-Transfer-Encoding: Quoted_Printable\n\nNov=C3=A1k", "Novák"},
		{"quoted-printable that claims base64 stays as it is", "Content-Transfer-Encoding: base64\n\nDobr=C3=BD den,\npos=C3=ADl=C3=A1m smlouvu.\n", "Dobr=C3=BD den,\npos=C3=ADl=C3=A1m smlouvu.\n"},
		{"base64 with a list's footer below it", "Content-Transfer-Encoding: base64\n\nYWhvago=\n____________\nlist mailing list\n", "ahoj\n"},
		{"text that only claims base64", "Content-Transfer-Encoding: base64\n\nDobrý den, pane Nováku, píšu Vám.\n", "Dobrý den, pane Nováku, píšu Vám.\n"},
		{"charset from the HTML itself", "Content-Type: text/html\n\n<meta charset=windows-1250>\xe8", "<meta charset=windows-1250>č"},
	} {
		if got := Parse([]byte(c.raw)).Root.Text; got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAttachments(t *testing.T) {
	m := Parse([]byte("Content-Type: multipart/mixed; boundary=x\n\n--x\n\nbody\n--x\nContent-Type: text/plain; name=log.txt\n\nlog\n--x\nContent-Type: image/png\nContent-ID: <pic@1>\n\nx\n--x\nContent-Type: message/rfc822\n\nSubject: Re: a/b\nContent-Type: application/pdf\n\nx\n--x--\n"))
	var got []string
	for _, p := range m.Attachments() {
		got = append(got, p.Path+" "+p.Name()+" "+p.ContentID)
	}
	want := []string{"2 log.txt ", "3 part-3.png pic@1", "4 Re a-b.eml "}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if m.Plain() == nil || m.Plain().Path != "1" || m.HTML() != nil {
		t.Errorf("body: got %v and %v", m.Plain(), m.HTML())
	}
}

// TestCorpusTreesAgree compares types and file names with the trees another
// reader (MIME-tools) wrote down beside its mails.
func TestCorpusTreesAgree(t *testing.T) {
	dir := corpus(t, "mime", "mime-tools", "testmsgs")
	part := regexp.MustCompile(`(?s)"Part_([\d_]+)" => \{(.*?)\n  \}`)
	field := regexp.MustCompile(`"(Type|Filename)" => "(.*?)",?\n`)
	refs, err := filepath.Glob(filepath.Join(dir, "*.ref"))
	if err != nil {
		t.Fatal(err)
	}
	all, types, names, named := 0, 0, 0, 0
	for _, ref := range refs {
		want, _ := os.ReadFile(ref)
		raw, err := os.ReadFile(strings.TrimSuffix(ref, ".ref") + ".msg")
		if err != nil || strings.Contains(string(want), `"ExtractUuencode" => 1`) {
			continue
		}
		parts := map[string]*Part{}
		Parse(raw).Walk(func(p *Part) bool {
			if parts[p.Path] == nil {
				parts[p.Path] = p
			}
			return true
		})
		for _, m := range part.FindAllStringSubmatch(string(want), -1) {
			p := parts[strings.ReplaceAll(m[1], "_", ".")]
			for _, f := range field.FindAllStringSubmatch(m[2], -1) {
				switch {
				case f[1] == "Type":
					all++
					if p != nil && p.Type == strings.ToLower(f[2]) {
						types++
					} else {
						t.Logf("%s part %s: want %s, got %v", filepath.Base(ref), m[1], f[2], p != nil && p.Type != "")
					}
				default:
					named++
					if p != nil && p.Filename == baseName(decodeHeader(f[2], "")) {
						names++
					} else if p != nil {
						t.Logf("%s part %s: want name %s, got %s", filepath.Base(ref), m[1], f[2], p.Filename)
					}
				}
			}
		}
	}
	t.Logf("%d of %d types, %d of %d file names agree", types, all, names, named)
	if types*100 < all*95 || names*100 < named*95 {
		t.Errorf("types %d of %d, names %d of %d: want 95 %%", types, all, names, named)
	}
}

func TestCorpusBouncesAreAutomatic(t *testing.T) {
	automatic, all := 0, 0
	eachFile(t, corpus(t, "mime", "bounces-flufl"), func(path string, data []byte) {
		if filepath.Ext(path) == ".txt" {
			all++
			if Parse(data).Automatic {
				automatic++
			}
		}
	})
	t.Logf("%d of %d bounces recognised as automatic", automatic, all)
	if automatic*100 < all*90 {
		t.Errorf("%d of %d, want 90 %%", automatic, all)
	}
}

// TestParseHostileTakesNoTime: a megabyte made to be slow. The limit is a
// hundred times what each takes, for slow machines.
func TestParseHostileTakesNoTime(t *testing.T) {
	big := func(s string) string { return strings.Repeat(s, (1<<20)/len(s)-10) }
	for _, c := range []struct{ name, raw string }{
		{"encoded words that never end", "Subject: " + big("=?a?q?") + "\n\nx"},
		{"a comment that never ends", "To: (" + big("a") + "\n\nx"},
		{"brackets that never close", "To: " + big("<") + "\n\nx"},
		{"names without end", "To: " + big("a,") + "\n\nx"},
		{"quotes", "To: " + big("\"") + "\n\nx"},
		{"parameters without values", "Content-Type: text/plain" + big(";a") + "\n\nx"},
		{"parameters in pieces", "Content-Type: text/plain" + big("; a*1=b") + "\n\nx"},
		{"boundaries that never stand alone", "Content-Type: multipart/mixed; boundary=x\n\n" + big("--x") + "\n"},
		{"nested multiparts", big("Content-Type: multipart/mixed; boundary=x\n\n--x\n")},
		{"unclosed tags", "Content-Type: text/html\n\n" + big("<a b=")},
		{"open elements", "Content-Type: text/html\n\n" + big("<div>")},
		{"quoted lines with an end", "\n" + "X: y\n\n" + big(">\n") + "a"},
		{"headers of quotes", "X: y\n\n" + big("On 1.1.2024\n")},
		{"base64 lines", "Content-Transfer-Encoding: base64\n\n" + big("YQ==\n")},
		{"UTF-7", "Content-Type: text/plain; charset=utf-7\n\n" + big("+A")},
		{"Message-IDs", "References: " + big("<a") + "\n\nx"},
	} {
		start := time.Now()
		m := Parse([]byte(c.raw))
		text := Extract(m, []byte(c.raw))
		Preview(text, 100)
		if p := m.Plain(); p != nil {
			FoldQuotes(p.Text)
		}
		if p := m.HTML(); p != nil {
			SanitizeHTML(p.Text, Sanitize{})
		}
		took := time.Since(start)
		t.Logf("%-40s %v", c.name, took.Round(time.Millisecond))
		if took > time.Minute {
			t.Errorf("%s: took %v", c.name, took)
		}
	}
}
