package mail

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func outgoing() Outgoing {
	return Outgoing{
		From: Address{"Obchod, s. r. o.", "info@ex.cz"}, To: []Address{{"Jana Nováková", "jana@ex.cz"}},
		Subject: "Re: Žluťoučký kůň", Text: "Dobrý den\n.\nFrom here\n", HTML: "<p>Dobrý <b>den</b></p>\n",
		MessageID: "1@ex.cz", Date: time.Date(2024, 3, 5, 10, 0, 0, 0, time.UTC),
	}
}

func TestComposeStructure(t *testing.T) {
	o := outgoing()
	o.Bcc = []Address{{"", "secret@ex.cz"}}
	o.ReplyTo = []Address{{"", "reply+1@ex.cz"}}
	o.InReplyTo, o.References = "0@ex.cz", []string{"a@ex.cz", "0@ex.cz"}
	o.AutoReply = true
	o.Headers = map[string]string{"X-Postolka": "věc"}
	o.Attachments = []File{{Name: "smlouva č. 1.pdf", Data: []byte("%PDF-\x00\xff")}, {Name: "p.png", Data: []byte("\x89PNG"), ContentID: "p@ex.cz"}}
	raw, err := o.Compose()
	if err != nil {
		t.Fatal(err)
	}
	m := Parse(raw)
	want := " multipart/mixed; 1 multipart/alternative; 1.1 text/plain; 1.2 multipart/related; 1.2.1 text/html; 1.2.2 image/png p.png; 2 application/pdf smlouva č. 1.pdf"
	if got := shape(m); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if bytes.Contains(raw, []byte("secret@")) {
		t.Error("Bcc stands in the bytes")
	}
	if got := m.Root.Children[1].Body; string(got) != "%PDF-\x00\xff" {
		t.Errorf("attachment: got %q", got)
	}
	if !m.Automatic || m.Get("X-Postolka") != "věc" || m.InReplyTo[0] != "0@ex.cz" || !reflect.DeepEqual(m.References, o.References) || m.ReplyTo[0].Addr != "reply+1@ex.cz" || m.From[0] != o.From {
		t.Errorf("header: got %+v", m)
	}
	for i, line := range bytes.SplitAfter(raw, []byte("\n")) {
		if len(line) > 1000 || len(line) > 0 && !bytes.HasSuffix(line, []byte("\r\n")) || !isASCII(line) {
			t.Errorf("line %d is %q", i, line)
		}
	}
	if again, _ := o.Compose(); !bytes.Equal(raw, again) {
		t.Error("composing twice gives different bytes")
	}
}

func TestComposeSinglePartHasNoMultipart(t *testing.T) {
	o := outgoing()
	o.HTML = ""
	raw, err := o.Compose()
	if err != nil || shape(Parse(raw)) != "1 text/plain" {
		t.Errorf("got %s, %v", shape(Parse(raw)), err)
	}
}

func TestComposeInternationalDomain(t *testing.T) {
	o := outgoing()
	o.To = []Address{{"", "jana@háčkyčárky.cz"}}
	raw, err := o.Compose()
	if err != nil || Parse(raw).To[0].Addr != "jana@xn--hkyrky-ptac70bc.cz" {
		t.Errorf("got %v, %v", Parse(raw).To, err)
	}
}

func TestComposeRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Outgoing)
		want error
	}{
		{"line break in the subject", func(o *Outgoing) { o.Subject = "a\r\nBcc: x@y.cz" }, ErrHeaderInjection},
		{"line break in a name", func(o *Outgoing) { o.To[0].Name = "a\nb" }, ErrHeaderInjection},
		{"line break in an address", func(o *Outgoing) { o.To[0].Addr = "a@b.cz\r\nx" }, ErrHeaderInjection},
		{"line break in a file name", func(o *Outgoing) { o.Attachments = []File{{Name: "a\nb"}} }, ErrHeaderInjection},
		{"bracket in a Message-ID", func(o *Outgoing) { o.MessageID = "a@b>\t<c@d" }, ErrHeaderInjection},
		{"line break in a further field", func(o *Outgoing) { o.Headers = map[string]string{"X-A": "a\nb"} }, ErrHeaderInjection},
		{"field that has its own place", func(o *Outgoing) { o.Headers = map[string]string{"bcc": "a@b.cz"} }, ErrHeaderRefused},
		{"field name with a line break", func(o *Outgoing) { o.Headers = map[string]string{"X-A\nBcc": "a@b.cz"} }, ErrHeaderRefused},
		{"no address", func(o *Outgoing) { o.To[0].Addr = "jana" }, ErrAddress},
		{"two addresses in one", func(o *Outgoing) { o.To[0].Addr = "a@b.cz,c@d.cz" }, ErrAddress},
		{"letters beyond ASCII before the at sign", func(o *Outgoing) { o.To[0].Addr = "jána@b.cz" }, ErrAddress},
		{"no date", func(o *Outgoing) { o.Date = time.Time{} }, ErrNoDate},
		{"no Message-ID", func(o *Outgoing) { o.MessageID = "" }, ErrNoMessageID},
	} {
		o := outgoing()
		c.edit(&o)
		if raw, err := o.Compose(); !errors.Is(err, c.want) || raw != nil {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

// TestComposeRoundTrip: what is written is read again, whatever the words.
func TestComposeRoundTrip(t *testing.T) {
	letters := []rune("aábcčdďeéěZŽ 0.,;:\"()<>@=?_'\\/%&漢😀")
	line := rapid.StringOfN(rapid.SampledFrom(letters), 0, 60, -1)
	text := rapid.StringOfN(rapid.SampledFrom(append(letters, '\n', '\t', '\u00a0')), 1, 300, -1)
	rapid.Check(t, func(t *rapid.T) {
		o := outgoing()
		o.Subject = words(line.Draw(t, "subject"))
		o.To = []Address{{words(line.Draw(t, "name")), "jana@ex.cz"}, {"", "x@ex.cz"}}
		o.Text, o.HTML = text.Draw(t, "text"), ""
		if rapid.Bool().Draw(t, "html") {
			o.HTML = text.Draw(t, "html text")
		}
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		o.Attachments = []File{{Name: words("a" + strings.NewReplacer("/", "", `\`, "").Replace(line.Draw(t, "file"))), Type: "application/octet-stream", Data: data}}
		raw, err := o.Compose()
		if err != nil {
			t.Fatal(err)
		}
		m := Parse(raw)
		if m.Subject != o.Subject {
			t.Fatalf("subject: got %q, want %q", m.Subject, o.Subject)
		}
		if len(m.To) != 2 || m.To[0].Addr != "jana@ex.cz" || m.To[0].Name != unquoted(o.To[0].Name) {
			t.Fatalf("to: got %q, want %q", m.To, o.To)
		}
		if got := m.Plain().Text; got != o.Text {
			t.Fatalf("text: got %q, want %q", got, o.Text)
		}
		if o.HTML != "" && m.HTML().Text != o.HTML {
			t.Fatalf("html: got %q, want %q", m.HTML().Text, o.HTML)
		}
		a := m.Attachments()
		if len(a) != 1 || !bytes.Equal(a[0].Body, data) || a[0].Filename != o.Attachments[0].Name {
			t.Fatalf("attachment: got %+v, want %q", a, o.Attachments[0].Name)
		}
	})
}

// unquoted: reading takes a pair of single quotes around a name off.
func unquoted(s string) string {
	if len(s) > 1 && s[0] == '\'' && s[len(s)-1] == '\'' {
		return strings.TrimSpace(s[1 : len(s)-1])
	}
	return s
}
