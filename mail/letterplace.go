package mail

import (
	"bytes"
	"math"
	"strings"
	"unicode"
)

// Where a character stands tells much about what it is: "£80" is no Ł, "file.\xa0"
// no á, "Micka\xebl" no Cyrillic, "pe\xe8e" no è but č. So bytes from 0x80 on are
// counted by their two neighbours, and each kind of character has places where it
// hardly stands. The costs are logarithms, rough as the shares in letters.go.

// neighbour is what stands beside a byte.
type neighbour uint8

const (
	besideNothing neighbour = iota // a space, a sign, the end
	besideDigit
	besideVowel
	besideConsonant
	besideCapital
	besideOther // another byte from 0x80 on
	besideSame  // the same byte again
	neighbours
)

// kindOfLetter is what a character is to its neighbours.
type kindOfLetter uint8

const (
	kindNeutral kindOfLetter = iota
	kindVowel                // Latin, as the next ones
	kindInner                // a vowel that begins no word
	kindConsonant
	kindWord // a letter that is a word of its own
	kindCapital
	kindForeign // a letter of another script
	kindSpace
	kindQuote   // « »: at either end of a word
	kindOpening // „ ¿ £: before a word
	kindClosing // ” ® …: behind one
	kindApostrophe
	kinds
)

func kindOfRune(r rune, alone string) kindOfLetter {
	own := strings.ContainsRune(alone, unicode.ToLower(r))
	switch {
	case r == '\u00a0':
		return kindSpace
	case r == '«' || r == '»':
		return kindQuote
	case strings.ContainsRune("„‚¿¡£€", r):
		return kindOpening
	case strings.ContainsRune("”®©™°…²³½¼¾¢%‰", r):
		return kindClosing
	case r == '’':
		return kindApostrophe
	case !unicode.IsLetter(r):
		return kindNeutral
	case !unicode.Is(unicode.Latin, r):
		return kindForeign
	case own:
		return kindWord
	case unicode.IsUpper(r):
		return kindCapital
	case r == 'ě' || r == 'ů':
		return kindInner
	case strings.ContainsRune("áàâãäåăąæéèêëęíìîïıóòôõöőøœúùûüűýÿ", r):
		return kindVowel
	}
	return kindConsonant
}

// shapes is what a kind costs between two neighbours.
var shapes = func() (t [kinds][neighbours][neighbours]float64) {
	for k := range kinds {
		for l := range neighbours {
			for r := range neighbours {
				t[k][l][r] = costOf(k, l, r)
			}
		}
	}
	return t
}()

func costOf(k kindOfLetter, left, right neighbour) (cost float64) {
	inWord := func(n neighbour) bool { return n >= besideVowel && n <= besideCapital }
	either := func(n neighbour) bool { return left == n || right == n }
	both := func(n neighbour) bool { return left == n && right == n }
	bare := both(besideNothing) || left == besideNothing && right == besideDigit || left == besideDigit && right == besideNothing
	switch k {
	case kindVowel, kindInner, kindWord, kindConsonant, kindCapital:
		if either(besideDigit) {
			cost -= 3
		}
		if bare && k != kindWord {
			cost -= 4
		}
		if either(besideSame) {
			cost -= 2
		}
		if k == kindInner && left == besideNothing {
			cost -= 4
		}
		switch {
		case k == kindCapital && (left == besideVowel || left == besideConsonant):
			cost -= 3
		case k == kindConsonant && both(besideConsonant), k != kindConsonant && k != kindCapital && both(besideVowel):
			cost -= 1.5
		case k != kindConsonant && k != kindCapital && either(besideVowel):
			cost--
		case k != kindCapital && left == besideNothing && right == besideCapital:
			cost -= 3
		}
	case kindForeign:
		if inWord(left) || inWord(right) || either(besideDigit) {
			cost -= 4
		}
		if bare {
			cost -= 1.5 // "и" is a word of its own
		}
	case kindSpace, kindQuote:
		if inWord(left) && inWord(right) {
			cost -= 1.5
		}
	case kindOpening:
		if inWord(left) || left == besideDigit {
			cost -= 4
		}
	case kindClosing:
		if inWord(right) {
			cost -= 4
		}
	}
	return cost
}

// spot is a byte from 0x80 on between two neighbours.
type spot struct {
	letter      uint8 // less 0x80
	left, right neighbour
	count       float64
}

// spotsOf counts the bytes from 0x80 on; runs: mostly one stands beside another.
func spotsOf(b []byte) (list []spot, total int, runs bool) {
	var count [128][neighbours][neighbours]int32
	starts := 0
	for i, c := range b {
		if c < 0x80 {
			continue
		}
		left, right := besideNothing, besideNothing
		if i > 0 {
			left = neighbourOf(b[i-1], c)
		}
		if i+1 < len(b) {
			right = neighbourOf(b[i+1], c)
		}
		count[c-0x80][left][right]++
		total++
		if left < besideOther {
			starts++
		}
	}
	for c := range count {
		for l := range neighbours {
			for r := range neighbours {
				if n := count[c][l][r]; n > 0 {
					list = append(list, spot{uint8(c), l, r, float64(n)})
				}
			}
		}
	}
	return list, total, total >= 2*starts
}

func neighbourOf(n, beside byte) neighbour {
	switch {
	case n == beside:
		return besideSame
	case n >= 0x80:
		return besideOther
	case n >= '0' && n <= '9':
		return besideDigit
	case n >= 'A' && n <= 'Z':
		return besideCapital
	case bytes.IndexByte([]byte("aeiouy"), n) >= 0:
		return besideVowel
	case n >= 'a' && n <= 'z':
		return besideConsonant
	}
	return besideNothing
}

// textWords counts the short words in ASCII of a text.
type textWords map[string]int

// wordsOf reads the first 4 KB: enough to tell a language.
func wordsOf(b []byte) textWords {
	words := textWords{}
	b = b[:min(len(b), 4096)]
	for _, w := range bytes.FieldsFunc(b, func(r rune) bool { return r <= ' ' || strings.ContainsRune(".,;:!?()<>/\"'", r) }) {
		if len(w) <= 8 && isASCII(w) {
			words[strings.ToLower(string(w))]++
		}
	}
	return words
}

// speakFor is what the words of a language are worth: the first ones most.
func (t textWords) speakFor(words []string) float64 {
	n := 0
	for _, w := range words {
		n += t[w]
	}
	return 1.5 * math.Log2(float64(1+min(n, 15)))
}
