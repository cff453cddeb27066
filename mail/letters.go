package mail

import (
	"math"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// How the charset of single-byte text is guessed. For every pair of a charset
// and a language the bytes from 0x80 on get the logarithm of the share their
// character has among the non-ASCII characters of that language; the pair with
// the best sum wins, the first at a draw. The shares are rough (per cent of all
// letters in ordinary prose, from published letter frequencies): they need only
// rank, and Czech stands first because its mail is what we mostly get.
//
// A character that stands where its kind does not (letterplace.go) costs, and words of
// a language that need no accent speak for it.

// language: its non-ASCII letters with their frequency, what the whole language is
// worth against the others, frequent words in plain ASCII, and the letters that are
// words of their own.
type language struct {
	letters string // letter and frequency in tenths of a per mille, in turn
	prior   float64
	words   string
	alone   string
}

var (
	czech     = language{"í 330 á 220 ě 160 é 130 ř 120 ý 110 ž 100 č 100 š 80 ů 65 ú 15 ň 8 ť 4 ó 3 ď 2", 0, "je se na od pro jsem den pane ale si ve", ""}
	slovak    = language{"á 200 í 120 é 100 č 100 ý 100 ž 90 š 90 ú 90 ľ 40 ť 80 ň 30 ô 20 ó 10 ä 10 ď 20 ĺ 1 ŕ 1", -1, "je sa na od pre som pri alebo nie", ""}
	polish    = language{"ł 180 ę 110 ą 100 ó 85 ż 80 ś 70 ć 40 ń 20 ź 6", -1, "nie na jest z dla przez oraz", ""}
	hungarian = language{"á 350 é 340 ö 100 ó 100 ő 80 ü 60 í 60 ú 30 ű 20", -2, "az egy nem hogy nincs vagy ez ha", "ő"}
	romanian  = language{"ă 240 ţ 100 ş 130 î 100 â 90", -3, "de la nu pentru cu din este un sau", ""}
	southSlav = language{"č 120 š 100 ž 60 ć 60 đ 20", -2, "je na za ni ali od da nije ili se ne", ""}
	german    = language{"ü 65 ä 55 ö 30 ß 30", -1, "der die und das nicht ist mit ein den von zu wird werden kann auf im", ""}
	french    = language{"é 190 à 50 è 35 ê 22 ç 9 û 6 ô 6 î 5 â 5 ù 6 ë 2 ï 1 œ 2", -2, "de le la les des est pour une un pas du et dans en ne", "à"}
	spanish   = language{"ó 80 í 70 á 50 é 43 ñ 31 ú 17 ü 1 ¿ 4 ¡ 3", -2, "de la el los se no las para un una en por del con es", "óá"}
	portugal  = language{"ã 70 ç 50 á 50 é 33 ê 30 õ 20 í 13 ó 30 â 6 ú 6 à 7 ô 4", -3, "de para um uma os com da em que ou foi", "éàó"}
	italian   = language{"è 26 à 60 ò 20 ù 17 ì 10 é 5", -3, "di il la per non un che del una con della nel file", "è"}
	swedish   = language{"ä 180 ö 130 å 130 é 4", -2, "och det en den till som att inte av med kan", "åäö"}
	danish    = language{"ø 90 å 110 æ 90 é 4", -2, "er ikke og det en den til som at i av med kan for", "åø"}
	english   = language{"\u00a0 300 ’ 300 “ 100 ” 100 – 100 — 100 … 30 ‘ 40 • 40 £ 30 é 60 ö 20 ü 20 è 8 ç 8 ï 8 ñ 8 ä 8 á 8 í 4 ó 4 © 30 ® 40 ™ 10 ° 20 § 5 ¢ 4 · 10 ½ 4 ² 4 µ 4", -2, "the of and to in is for you that this with not be are on it have from your can", ""}
	turkish   = language{"ı 500 ü 180 ş 180 ğ 110 ç 110 ö 80 İ 20", -3, "bir ve bu ile olarak de da", ""}
	russian   = language{"о 1100 е 850 а 800 и 740 н 670 т 630 с 550 р 470 в 450 л 430 к 350 м 320 д 300 п 280 у 260 я 200 ы 190 ь 170 г 170 з 160 б 160 ч 140 й 120 х 100 ж 90 ш 70 ю 60 ц 50 щ 40 э 30 ф 30 ъ 4 ё 4 і 2 ї 2 є 2", -1, "", ""}
	greek     = language{"α 850 ο 900 ι 720 ε 720 τ 780 σ 440 ν 620 η 450 υ 370 ρ 420 π 400 κ 400 μ 320 λ 280 ς 400 ω 170 ά 180 ί 230 ό 190 έ 180 ή 140 ύ 90 ώ 80 δ 170 γ 170 χ 110 θ 120 φ 80 β 60 ξ 40 ζ 30 ψ 15", -1, "", ""}
)

// candidate: a charset with a language it is written in.
type candidate struct {
	name   string
	enc    encoding.Encoding
	weight [128]float64 // logarithm for the byte 0x80+i
	kind   [128]kindOfLetter
	words  []string
	prior  float64
}

const (
	floor          = -9.0 // a character no one expects in this language
	eastAsianBelow = -4.0 // mean logarithm below which no European language fits
)

var candidates = sync.OnceValue(func() (list []candidate) {
	add := func(name string, cm *charmap.Charmap, languages ...language) {
		for _, l := range languages {
			list = append(list, newCandidate(name, cm, l))
		}
	}
	central := []language{czech, slovak, polish, hungarian, southSlav, german, romanian}
	western := []language{german, french, spanish, portugal, italian, swedish, danish, english}
	add("windows-1250", charmap.Windows1250, central...)
	add("iso-8859-2", charmap.ISO8859_2, central...)
	add("windows-1252", charmap.Windows1252, western...)
	add("windows-1251", charmap.Windows1251, russian)
	add("koi8-r", charmap.KOI8U, russian)
	add("iso-8859-5", charmap.ISO8859_5, russian)
	add("ibm866", charmap.CodePage866, russian)
	add("windows-1253", charmap.Windows1253, greek)
	add("iso-8859-7", charmap.ISO8859_7, greek)
	add("windows-1254", charmap.Windows1254, turkish)
	add("iso-8859-16", charmap.ISO8859_16, romanian)
	add("ibm852", charmap.CodePage852, central[:5]...)
	add("ibm850", charmap.CodePage850, western...)
	return list
})

func newCandidate(name string, cm *charmap.Charmap, l language) candidate {
	c := candidate{name: name, enc: cm, prior: l.prior, words: strings.Fields(l.words)}
	if strings.HasPrefix(name, "ibm") || name == "iso-8859-16" || name == "iso-8859-5" {
		c.prior -= 2 // rare in mail
	}
	share := shares(l.letters)
	for i := range c.weight {
		r := cm.DecodeByte(byte(0x80 + i))
		c.kind[i] = kindOfRune(r, l.alone)
		switch {
		case share[r] > 0:
			c.weight[i] = math.Log(share[r])
		case share[unicode.ToLower(r)] > 0:
			c.weight[i] = math.Log(share[unicode.ToLower(r)] / 12)
		case (r == '\u00a0' || r == '\u00ad') && i >= 0x20 && i < 0x30:
			c.weight[i] = math.Log(0.08) // where there is one, there are many: "123\xa0456\xa0789"
		case strings.ContainsRune("„“”‚‘’–—…»«", r):
			c.weight[i] = math.Log(0.01)
		case strings.ContainsRune("€§°•®©™²½×·", r):
			c.weight[i] = math.Log(0.001)
		case unicode.IsLetter(r) && !strings.HasPrefix(name, "ibm"):
			c.weight[i] = floor + 1.5 // a foreign name
		case unicode.IsControl(r) || r == unicode.ReplacementChar:
			c.weight[i] = floor - 6
		default:
			c.weight[i] = floor
		}
	}
	return c
}

// shares reads a language's table into parts of one.
func shares(letters string) map[rune]float64 {
	words := strings.Split(letters, " ") // not Fields: one is a no-break space
	share, sum := map[rune]float64{}, 0.0
	for i := 0; i+1 < len(words); i += 2 {
		n := 0.0
		for _, d := range words[i+1] {
			n = n*10 + float64(d-'0')
		}
		for _, r := range words[i] {
			share[r] = n
		}
		sum += n
	}
	for r := range share {
		share[r] /= sum
	}
	return share
}

// bestSingleByte returns the best candidate, the highest mean logarithm per non-ASCII
// byte of any, and whether those bytes mostly stand in runs, as they do in East Asian,
// Cyrillic and Greek text. A declared charset is worth a little.
func bestSingleByte(b []byte, label string) (best *candidate, fit float64, runs bool) {
	spots, total, runs := spotsOf(b)
	words := wordsOf(b)
	top := math.Inf(-1)
	fit = math.Inf(-1)
	list := candidates()
	for i := range list {
		c := &list[i]
		sum := labelBonus(label, c.name) + words.speakFor(c.words)
		letters := 0.0
		for _, p := range spots {
			letters += c.weight[p.letter] * p.count
			sum += shapes[c.kind[p.letter]][p.left][p.right] * p.count
		}
		fit = max(fit, letters/float64(total))
		if s := sum + letters + c.prior; s > top {
			top, best = s, c
		}
	}
	return best, fit, runs
}

// labelBonus: who declares a central European charset may mean the other one of
// them, but hardly writes in Cyrillic or Greek.
func labelBonus(label, name string) float64 {
	central := label == "windows-1250" || label == "iso-8859-2"
	switch {
	case central && label == name:
		return 8
	case central && (name == "windows-1250" || name == "iso-8859-2" || name == "windows-1252" || strings.HasPrefix(name, "ibm85")):
		return 5
	case label == name:
		return 3
	case name == "windows-1252" && (strings.HasPrefix(label, "iso-8859-1") || label == "latin1"):
		return 1
	}
	return 0
}
