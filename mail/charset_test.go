package mail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func encodeAs(t *testing.T, cm *charmap.Charmap, s string) []byte {
	t.Helper()
	b, err := cm.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecodeCharset(t *testing.T) {
	const czech = "Dobrý den, prosím o zrušení objednávky. Šťastný Žižka, Řehoř Kůň."
	const russian = "Здравствуйте, я хотел бы вернуть товар, который не подошёл."
	chinese, err := simplifiedchinese.GB18030.NewEncoder().String("您好,我想询问一下我的订单什么时候可以送达,谢谢您的帮助。")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, label, want string
		raw               []byte
	}{
		{"Czech windows-1250 without a label", "", czech, encodeAs(t, charmap.Windows1250, czech)},
		{"Czech windows-1250 that claims to be iso-8859-1", "iso-8859-1", czech, encodeAs(t, charmap.Windows1250, czech)},
		{"Czech iso-8859-2 that claims to be us-ascii", "US-ASCII", czech, encodeAs(t, charmap.ISO8859_2, czech)},
		{"Czech windows-1250 that claims to be iso-8859-2", "iso-8859-2", czech, encodeAs(t, charmap.Windows1250, czech)},
		{"valid UTF-8 wins over a label", "windows-1250", czech, []byte(czech)},
		{"UTF-8 with one broken byte stays UTF-8", "utf-8", czech + "é", append([]byte(czech), 0xe9)},
		{"German that claims to be iso-8859-1", "iso-8859-1", "Grüße aus München, schöne Maße", encodeAs(t, charmap.ISO8859_1, "Grüße aus München, schöne Maße")},
		{"French that claims to be iso-8859-1", "iso-8859-1", "Très cher élève, à bientôt", encodeAs(t, charmap.ISO8859_1, "Très cher élève, à bientôt")},
		{"Russian koi8-r without a label", "", russian, encodeAs(t, charmap.KOI8R, russian)},
		{"Russian windows-1251 without a label", "", russian, encodeAs(t, charmap.Windows1251, russian)},
		{"Chinese without a label", "", "您好,我想询问一下我的订单什么时候可以送达,谢谢您的帮助。", []byte(chinese)},
		{"Japanese by its escapes without a label", "", "こんにちは", []byte("\x1b$B$3$s$K$A$O\x1b(B")},
		{"two capitals in windows-1250", "windows-1250", "Š@HÁČKY.CZ", encodeAs(t, charmap.Windows1250, "Š@HÁČKY.CZ")},
		{"no-break spaces alone", "windows-1250", "1\u00a02\u00a03\u00a04\u00a05\u00a06", []byte("1\xa02\xa03\xa04\xa05\xa06")},
		{"soft hyphens alone", "iso-8859-2", "No\u00advák 12\u00ad34\u00ad56", encodeAs(t, charmap.ISO8859_2, "No\u00advák 12\u00ad34\u00ad56")},
		{"Russian koi8-r that claims to be iso-8859-2", "iso-8859-2", russian, encodeAs(t, charmap.KOI8R, russian)},
		{"no-break spaces in an English text", "iso-8859-1", "It fails.\u00a0 Then I\u00a0tried the file.\u00a0", []byte("It fails.\xa0 Then I\xa0tried the file.\xa0")},
		{"pounds", "", "Robbie's £80m deal puts EMI on new path", []byte("Robbie's \xa380m deal puts EMI on new path")},
		{"a sign at the end of a word", "iso-8859-1", "Keon® and SecurID® are trademarks of the firm", []byte("Keon\xae and SecurID\xae are trademarks of the firm")},
		{"a name with two letters is not half Cyrillic", "iso-8859-1", "Mickaël Salaün", []byte("Micka\xebl Sala\xfcn")},
		{"Italian", "", "Il file non è stato trovato, riprova più tardi", []byte("Il file non \xe8 stato trovato, riprova pi\xf9 tardi")},
		{"Danish", "", "Filen er ikke på denne disk, prøv igen", []byte("Filen er ikke p\xe5 denne disk, pr\xf8v igen")},
		{"a Danish name", "iso-8859-1", "Lars Kølle", []byte("Lars K\xf8lle")},
		{"a Danish name with a capital", "iso-8859-1", "Ørsted", []byte("\xd8rsted")},
		{"French quotes", "windows-1252", "Die »Datei« muss", []byte("Die \xbbDatei\xab muss")},
		{"Croatian that claims to be windows-1252", "windows-1252", "Vaša kuća će biti spremna, možete doći", encodeAs(t, charmap.Windows1250, "Vaša kuća će biti spremna, možete doći")},
		{"two Czech words that claim to be windows-1252", "windows-1252", "počet řádků", encodeAs(t, charmap.Windows1250, "počet řádků")},
		{"UTF-7", "utf-7", "Přítel +", []byte("P+AVkA7Q-tel +-")},
		{"UTF-16 with a byte order mark", "", "ěš", []byte("\xff\xfe\x1b\x01\x61\x01")},
		{"an unknown label is guessed", "x-foo-8", czech, encodeAs(t, charmap.Windows1250, czech)},
		{"emoji as two surrogates of three bytes", "utf-8", "😀 dík", []byte("\xed\xa0\xbd\xed\xb8\x80 dík")},
		{"a reply in windows-1250 above a quotation in UTF-8", "windows-1250", "Děkuji, Kůň\n> Žižka píše\n", append(encodeAs(t, charmap.Windows1250, "Děkuji, Kůň\n"), "> Žižka píše\n"...)},
		{"a footer in iso-8859-2 below UTF-8", "utf-8", "Děkuji, Kůň\n-- \npříští šestka\n", append([]byte("Děkuji, Kůň\n-- \n"), encodeAs(t, charmap.ISO8859_2, "příští šestka\n")...)},
		{"Apple's Central European", "x-mac-ce", "Řehoř Šťastný", []byte("\xdbeho\xde \xe1\xe9astn\xf9")},
		{"GB 18030 that claims to be GB 2312", "gb2312", "㐀先生", []byte("\x81\x39\xee\x39\xcf\xc8\xc9\xfa")},
		{"Korean between shifts", "iso-2022-kr", "안녕", []byte("\x1b$)C\x0e>H3g\x0f")},
		{"Chinese between tildes", "hz-gb-2312", "张", []byte("~{UE~}")},
		{"Japanese by a name of Windows", "cp932", "高橋", []byte("\x8d\x82\x8b\xb4")},
		{"NUL bytes vanish", "", "ab", []byte("a\x00b")},
	} {
		if got, charset := decodeCharset(c.raw, c.label); got != c.want {
			t.Errorf("%s: got %q (%s), want %q", c.name, got, charset, c.want)
		}
	}
}

// TestSameBytesSameText: chardet answers from goroutines, and what it believes
// equally came in any order.
func TestSameBytesSameText(t *testing.T) {
	for _, want := range []string{"该用户不存在", "退信：该用户不存在", "用户", "邮件 订单"} {
		raw, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(want))
		if err != nil {
			t.Fatal(err)
		}
		for range 300 {
			if got, charset := decodeCharset(raw, ""); got != want {
				t.Fatalf("got %q (%s), want %q", got, charset, want)
			}
		}
	}
}

// TestCorpusCharsets asks for the right characters, not for the charset's name:
// several give the same text. Single-byte sets without label, in full and cut to
// 80 characters.
func TestCorpusCharsets(t *testing.T) {
	dir := corpus(t, "charset", "charset-uchardet")
	ours := map[string]bool{"cs": true, "sk": true, "pl": true}
	right, all := map[string]int{}, map[string]int{}
	eachFile(t, dir, func(path string, data []byte) {
		lang, label := filepath.Base(filepath.Dir(path)), strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		enc := lookup(label)
		if enc == nil || strings.HasPrefix(label, "utf-") {
			return
		}
		want := lineFeeds(strings.TrimPrefix(decodeWith(data, enc), "\ufeff"))
		group := "others"
		switch {
		case ours[lang] && (label == "windows-1250" || label == "iso-8859-2"):
			group = "cs sk pl, windows-1250 and iso-8859-2"
		case lang == "zh" || lang == "ja" || lang == "ko":
			group = "cjk"
		}
		count := func(group string, raw []byte, want string) {
			all[group]++
			if got, charset := decodeCharset(raw, ""); lineFeeds(got) == want {
				right[group]++
			} else {
				t.Logf("%s: %s/%s read as %s", group, lang, label, charset)
			}
		}
		count(group, data, want)
		if cm, ok := enc.(*charmap.Charmap); ok && group != "cjk" {
			for runes := []rune(want); len(runes) >= 80; runes = runes[80:] {
				piece := string(runes[:80])
				if raw, err := cm.NewEncoder().Bytes([]byte(piece)); err == nil && !isASCII(raw) {
					count(group+", 80 characters", raw, piece)
				}
			}
		}
	})
	for g, n := range all {
		t.Logf("%s: %d of %d", g, right[g], n)
	}
	if n := all["cs sk pl, windows-1250 and iso-8859-2"]; right["cs sk pl, windows-1250 and iso-8859-2"] < n {
		t.Errorf("whole Central European texts: %d of %d right, want all", right["cs sk pl, windows-1250 and iso-8859-2"], n)
	}
	if g := "cs sk pl, windows-1250 and iso-8859-2, 80 characters"; right[g]*100 < 90*all[g] {
		t.Errorf("80 characters: %d of %d right, want 90 %%", right[g], all[g])
	}
}

// TestCorpusCzechNamesGuessed: short samples, one surname with a first name.
func TestCorpusCzechNamesGuessed(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(corpus(t, "czech", "cz-name-declension"), "surnames.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, cm := range []*charmap.Charmap{charmap.Windows1250, charmap.ISO8859_2} {
		right, all := 0, 0
		for _, line := range strings.Split(string(data), "\n")[1:] {
			name, _, _ := strings.Cut(line, "\t")
			raw, err := cm.NewEncoder().Bytes([]byte(name))
			if err != nil || isASCII(raw) || !utf8.ValidString(name) {
				continue
			}
			all++
			if got, _ := decodeCharset(raw, ""); got == name {
				right++
			}
		}
		t.Logf("%v: %d of %d single surnames", cm, right, all)
		if right*100 < all*90 {
			t.Errorf("%v: %d of %d surnames right, want 90 %%", cm, right, all)
		}
	}
}
