package mail

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Poses reports whether a domain looks made to be taken for own, one of ours: the
// same to the eye, one letter off, the same name elsewhere (shop.com for shop.cz),
// with a word more (shop-support.cz), or ours in front of another (shop.cz.x.com).
func Poses(domain, own string) bool {
	org, ours := Organization(domain), Organization(own)
	if org == "" || ours == "" || org == ours {
		return false
	}
	name, _, _ := strings.Cut(org, ".")
	mine, _, _ := strings.Cut(ours, ".")
	return strings.Contains("."+strings.ToLower(domain)+".", "."+ours+".") ||
		name == mine || alike(name, mine) || len(mine) >= longName && hasWord(name, mine)
}

// LooksLike reports whether a domain is another than known, and can be taken for
// it: the same to the eye or one letter off. Firms have one name in several
// countries, so that alone says nothing.
func LooksLike(domain, known string) bool {
	org, other := Organization(domain), Organization(known)
	if org == other {
		return false
	}
	name, country, _ := strings.Cut(org, ".")
	theirs, elsewhere, _ := strings.Cut(other, ".")
	return country == elsewhere && alike(name, theirs)
}

// longName: in shorter ones a letter more or less makes another word, and a name
// within a name is chance. Of 1,957 domains in the public corpora 21 pairs of four
// or five letters differ by one; of six and more 12, and half of these are forged
// or mistyped.
const longName = 6

func alike(a, b string) bool {
	if a == b || min(len(a), len(b)) < 4 {
		return false
	}
	return toTheEye(a) == toTheEye(b) || min(len(a), len(b)) >= longName && oneOff([]rune(a), []rune(b))
}

func hasWord(name, word string) bool {
	for part := range strings.SplitSeq(name, "-") {
		if part == word && part != name {
			return true
		}
	}
	return false
}

// oneOff: one letter changed, added, left out or swapped with the next. A digit for
// another is a number: mx1 and mx2.
func oneOff(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i, j := 0, 0 // common beginning and end
	for i < len(a) && a[i] == b[i] {
		i++
	}
	for j < len(a)-i && a[len(a)-1-j] == b[len(b)-1-j] {
		j++
	}
	x, y := a[i:len(a)-j], b[i:len(b)-j]
	switch {
	case len(x) == 0 && len(y) == 1:
		return !unicode.IsDigit(y[0])
	case len(x) == 1 && len(y) == 1:
		return !unicode.IsDigit(x[0]) || !unicode.IsDigit(y[0])
	}
	return len(x) == 2 && len(y) == 2 && x[0] == y[1] && x[1] == y[0]
}

// toTheEye is a name as it looks: accents off, letters of other scripts and digits
// that look like a Latin letter as that letter.
func toTheEye(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(name) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		if latin, ok := looks[r]; ok {
			r = latin
		}
		b.WriteRune(r)
	}
	return pairs.Replace(b.String())
}

var pairs = strings.NewReplacer("rn", "m", "vv", "w")

// looks has the small letters that are drawn like Latin ones (Unicode UTS #39).
var looks = map[rune]rune{
	'0': 'o', '1': 'l', 'ı': 'l', 'i': 'l', 'ł': 'l', 'đ': 'd', 'ø': 'o',
	'а': 'a', 'ѕ': 's', 'ԁ': 'd', 'е': 'e', 'һ': 'h', 'і': 'l', 'ј': 'j', 'к': 'k', 'ӏ': 'l', 'м': 'm', 'о': 'o', 'р': 'p', 'ԛ': 'q',
	'г': 'r', 'с': 'c', 'т': 't', 'у': 'y', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x', 'п': 'n', 'ь': 'b',
	'α': 'a', 'ε': 'e', 'ι': 'l', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'χ': 'x', 'ω': 'w', 'η': 'n',
	'ո': 'n', 'օ': 'o', 'ս': 'u', 'ց': 'g', 'հ': 'h',
}

// MixesScripts reports whether a label of a domain has Latin letters among those
// of a script that looks like it: nobody writes so but to deceive.
func MixesScripts(domain string) bool {
	for label := range strings.SplitSeq(unicodeHost(strings.ToLower(domain)), ".") {
		latin, other := false, false
		for _, r := range label {
			latin = latin || unicode.Is(unicode.Latin, r)
			other = other || unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian)
		}
		if latin && other {
			return true
		}
	}
	return false
}
