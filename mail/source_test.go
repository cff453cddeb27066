package mail

import (
	"slices"
	"strings"
	"testing"
)

func TestSourceOfAMailWithinAText(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"a name in a quoted header", "Undelivered:\n\nFrom: =?utf-8?Q?Jan_Nov=C3=A1k?= <j@x.cz>\n", []string{"Jan Novák"}},
		{"a name in two words on two lines", "From: =?utf-8?Q?Jan_Nov=C3?=\n =?utf-8?Q?=A1k?= <j@x.cz>", []string{"Jan Novák"}},
		{"a paragraph in quoted-printable", "a=b\n\npan Nov=C3=A1k p=C3=AD=\n=C5=A1e\n\nc", []string{"pan Novák píše"}},
		{"quoted-printable of one byte a letter", "pan Nov=E1k, =\ntelefon", []string{"pan Novák, telefon"}},
		{"addresses on the Web", "http://x.cz/?a=ABCD&b=DEAD\nhttp://x.cz/?c=", nil},
		{"a rule", "=====\n=C3\n", nil},
	} {
		var got []string
		for _, s := range sourceIn(c.text) {
			got = append(got, s.plain)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSourceOfAMailIsExtracted(t *testing.T) {
	for name, raw := range map[string]string{
		"header of a bounce":              "Content-Type: text/rfc822-headers\n\nFrom: =?utf-8?Q?Jan_Nov=C3=A1k?= <j@x.cz>\n",
		"quoted-printable not declared":   "From: a@b.cz\n\npan Jan Nov=C3=A1k\n",
		"quoted-printable called base64":  "Content-Transfer-Encoding: base64\n\nDobr=C3=BD den,\npan Jan Nov=C3=A1k v=C3=A1m p=C3=AD=C5=A1e.\n",
		"a part below a damaged boundary": "Content-Type: multipart/mixed; boundary=x\n\n--X\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\nSmFuIE5vdsOhayBKYW4gTm92w6FrIEphbiBOb3bDoWsgSmFuIE5vdsOhayBKYW4gTm92w6Fr\n--x\n\nb\n--x--\n",
		"base64 below a foreign line":     "Content-Transfer-Encoding: base64\n\nYWhvag==\nsomething was put here!\n" + strings.Repeat("SmFuIE5vdsOhayBKYW4gTm92w6FrIEphbiBOb3bDoWsgSmFuIE5vdsOhayBKYW4gTm92w6Fr\n", 2),
	} {
		text := Extract(Parse([]byte(raw)), []byte(raw))
		if !slices.ContainsFunc(text.Parts, func(p TextPart) bool { return strings.Contains(p.Text, "Jan Novák") }) {
			t.Errorf("%s: not read: %q", name, text.Parts)
		}
	}
}
