package attach

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

func TestEmbedded(t *testing.T) {
	long := strings.Repeat("Jan Novák, Brno. ", 12)
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"a line of base64":                        {"Zdroj: SmFuIE5vdsOhaywgQnJubw== konec", []string{"Jan Novák, Brno"}},
		"lines of base64":                         {"\n" + wrapped(long, "\n"), []string{long}},
		"quoted lines":                            {"> " + wrapped(long, "\n> "), []string{long}},
		"a word below them":                       {wrapped(long[:171], "\n") + "\nDekuji\n", []string{long[:171]}},
		"the address in a link":                   {"https://n.example/u/amFuQG5vdmFrLmN6/?x=2", []string{"jan@novak.cz"}},
		"the middle of a token of three":          {"https://n.example/?t=eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6ImphbkBub3Zhay5jeiJ9.3q2-7wV5c1rRz7b_sXy0b9kq", []string{`{"alg":"HS256"}`, `{"email":"jan@novak.cz"}`}},
		"data: URI":                               {`<img src="data:text/plain;charset=utf-8;base64,SmFu">`, []string{"Jan"}},
		"data: URI in signs of percent":           {"data:text/html,%3Cp%3EJan%3C/p%3E", []string{"<p>Jan</p>"}},
		"data: URI of base64 in signs of percent": {"(data:;base64,SmFuIE5vdmFr%0ALCBCcm5v%3D%3D)", []string{"Jan Novak, Brno"}},
		"an address that Cloudflare hid":          {`"/cdn-cgi/l/email-protection#7b111a153b15140d1a10551801"`, []string{"jan@novak.cz"}},
		"an address in hexadecimal":               {"https://n.example/c?e=6a616e406e6f76616b2e637a", []string{"jan@novak.cz"}},
		"a link that Proofpoint rewrote":          {"https://urldefense.proofpoint.com/v2/url?u=https-3A__x.example_u-3Fe-3Djan-40novak.cz&d=DwMF&c=x", []string{"https://x.example/u?e=jan@novak.cz"}},
		"its later form":                          {"https://urldefense.com/v3/__https://x.example/u?e=jan*40novak.cz**Ax__;JcOhw6k!!abc!xyz$", []string{"https://x.example/u?e=jan%40novak.czáéx"}},
		"LDIF":                                    {"dn: x\ncn: y\n\ndn: z\ngivenName:: T25kxZllag==\nsn:: TWFy\n ZWs=\n\ndn: a\n", []string{"dn: z\ngivenName: Ondřej\nsn: Marek"}},
		"a card in base64":                        {"BEGIN:VCARD\nFN;CHARSET=UTF-8;ENCODING=BASE64:SmFuIE5vdsOhaw==\nEND:VCARD", []string{"BEGIN:VCARD\nFN: Jan Novák\nEND:VCARD"}},
		"an OpenPGP key":                          {"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + wrapped(string(openPGPKey("Jan Novák <jan@novak.cz>")), "\n") + "\n=wjO0\n-----END", []string{"Jan Novák <jan@novak.cz>"}},
		"words and paths":                         {"internationalization objednavka/2024/listopad/potvrzeni aaaaaaaaaaaaaaaaaaaaaaaa 1234567890123456", nil},
		"prose about data":                        {"Osobní data: jméno, příjmení", nil},
	} {
		var got []string
		for _, e := range EmbeddedIn(c.text) {
			got = append(got, string(e.Data))
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// openPGPKey has a key in the old form of packets, of two octets' length, and a user id
// in the new one.
func openPGPKey(id string) []byte {
	key := append([]byte{0x99, 1, 0x0d, 4}, make([]byte, 0x10c)...)
	return append(append(key, 0xC0|userID, byte(len(id))), id...)
}

func wrapped(text, end string) string {
	s := base64.StdEncoding.EncodeToString([]byte(text))
	var lines []string
	for len(s) > 76 {
		lines, s = append(lines, s[:76]), s[76:]
	}
	return strings.Join(append(lines, s), end)
}

// TestTokensSayNothing: what newsletters and signatures are full of.
func TestTokensSayNothing(t *testing.T) {
	b := make([]byte, 15)
	found := 0
	for range 100_000 {
		if _, err := rand.Read(b); err != nil {
			t.Fatal(err)
		}
		found += len(EmbeddedIn("https://x.example/t?k=" + base64.RawURLEncoding.EncodeToString(b) + "&n=1"))
	}
	if found > 10 {
		t.Errorf("%d of 100,000 random tokens were taken for texts", found)
	}
}

func TestWithoutEmbedded(t *testing.T) {
	text := "a SmFuIE5vdsOhaywgQnJubw== b data:text/plain;base64,SmFu c"
	if got := WithoutEmbedded(text, "-", func(e Embedded) bool { return string(e.Data) == "Jan" }); got != "a SmFuIE5vdsOhaywgQnJubw== b data:text/plain;base64,- c" {
		t.Errorf("got %q", got)
	}
	if got := WithoutBase64(text); got != text {
		t.Errorf("short runs were cut: %q", got)
	}
}

// TestHostileRuns: no text costs more than its length. At the length here a cost
// that grows with its square takes many minutes, not the seconds of a busy machine.
func TestHostileRuns(t *testing.T) {
	for name, text := range map[string]string{
		"lines of no base64": strings.Repeat(strings.Repeat("A", 76)+"\n", 20_000),
		"one line":           strings.Repeat("QQ/", 600_000),
		"beginnings":         strings.Repeat("data:", 400_000),
		"empty URIs":         strings.Repeat("data:,", 400_000),
		"records":            strings.Repeat("a:: QUJD\n", 150_000),
		"links":              strings.Repeat("urldefense.com/v3/__*", 80_000),
		"packets":            base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0x99, 0, 0}, 400_000)),
		"percent signs":      "data:;base64," + strings.Repeat("%", 1_600_000),
	} {
		began := time.Now()
		EmbeddedIn(text)
		took := time.Since(began)
		t.Logf("%s: %d MB in %v", name, len(text)>>20, took.Round(time.Millisecond))
		if took > time.Minute {
			t.Errorf("%s: %v", name, took)
		}
	}
}

func TestYEncIsSaid(t *testing.T) {
	for text, want := range map[string]bool{
		"=ybegin line=128 size=3 name=a.jpg\nxyz\n=yend size=3": true,
		"Ahoj\n=ybegin line=128 size=3 name=a.jpg\n":            true,
		"the line =ybegin begins it":                            false,
	} {
		if got := HasYEnc(text); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}
