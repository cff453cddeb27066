package mail

import (
	"testing"
	"unicode/utf8"
)

func TestDecodeHeaderAsSendersWriteIt(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"no charset", "=??Q?=C5=BDi=C5=BEka?=", "Žižka"},
		{"spaces beside the charset", "=?utf-8 ?Q?=C5=BDi=C5=BEka?=", "Žižka"},
		{"a charset in quotes", `=?"utf-8"?Q?=C5=BDi=C5=BEka?=`, "Žižka"},
		{"Q that was cut", "=?utf-8?Q?=C5=BDi=C5=BEka", "Žižka"},
		{"Q that was cut within its end", "=?utf-8?Q?=C5=BDi=C5=BEka? dále", "Žižka dále"},
		{"base64 that was cut", "=?utf-8?B?xb1pxb5rYQ", "Žižka"},
		{"a cut word before a whole one", "=?utf-8?Q?=C5=BDi =?utf-8?Q?=C5=BEka?=", "Žižka"},
		{"folded within", "=?utf-8?Q?=C5=BDi= C5=BEka?=", "Žižka"},
		{"encoded twice", "=?utf-8?Q?=3D=3Futf-8=3FQ=3F=C5=BDi=C5=BEka=3F=3D?=", "Žižka"},
		{"no word", "a =?b c", "a =?b c"},
	} {
		if got := decodeHeader(c.in, ""); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// FuzzHeader decodes a field as each kind of field is decoded.
func FuzzHeader(f *testing.F) {
	for _, s := range []string{
		"=?utf-8?Q?=C5=99?= =?utf-8?B?w63FmQ==?=", "=?iso-8859-2?q?=F8_?==?=", "=?utf-8?q?=C5?=\n =?utf-8?q?=99?=",
		`"Nov\"ák, Jan" <jan@example.org>, (c (d)) team: a@b, c@d;`, "<@a,@b:c@d>", "jan@\xe8esko.cz, =?utf-8?q?J=2C?= <j@x>",
		"text/plain; charset=utf-8; name*0*=utf-8''%c5%99; name*1=\"x;y\"; name*2*=%", "attachment; filename=\"a\\\"b.txt\"; filename*=iso-8859-2''%f8",
		"Mon, 1 Jan 2024 00:00:00 +0100 (CET)", "1. ledna 2024 12:00", "<a@b> <c@d>\n\t<e@f>", "\x1b$B$\"\x1b(B",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		raw := "X: " + value + "\nSubject: " + value + "\nFrom: " + value + "\nTo: " + value + "\nDate: " + value + "\nReferences: " + value + "\nMessage-ID: " + value + "\nContent-Type: " + value + "\nContent-Disposition: " + value + "\n\nbody"
		m := Parse([]byte(raw))
		for _, field := range m.Fields {
			if !utf8.ValidString(field.Value) {
				t.Errorf("%s is no UTF-8: %q", field.Name, field.Value)
			}
		}
		for _, a := range append(m.From, m.To...) {
			if !utf8.ValidString(a.Name) || !utf8.ValidString(a.Addr) {
				t.Errorf("address is no UTF-8: %q %q", a.Name, a.Addr)
			}
		}
		if !utf8.ValidString(m.Root.Filename) || !utf8.ValidString(m.Subject) {
			t.Errorf("no UTF-8: %q %q", m.Root.Filename, m.Subject)
		}
	})
}
