package search

import "strings"

// Stems are kept apart from words by their field, so a stem that looks like
// another word does no harm to exact searches.

// stems gives the Czech and the English light stem of a folded word, without
// repetition; none for numbers, codes and short words.
func stems(word string) []string {
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return nil
		}
	}
	if len(word) < 3 {
		return []string{word}
	}
	czech, english := stemCzech(word), stemEnglish(word)
	if czech == english {
		return []string{czech}
	}
	return []string{czech, english}
}

// czechEndings by length: the light stemmer of Dolamic and Savoy ("Indexing and
// stemming approaches for the Czech language", 2009) as in Lucene's
// CzechStemmer, over folded letters.
var czechEndings = []struct {
	least   int // letters that the word must have more than
	endings []string
}{
	{7, []string{"atech"}},
	{6, []string{"etem", "atum"}},
	{5, []string{"ech", "ich", "eho", "emi", "emu", "ete", "eti", "iho", "imi", "imu", "ach", "ata", "aty", "ych", "ama", "ami", "ove", "ovi", "ymi"}},
	{4, []string{"em", "es", "im", "um", "at", "am", "os", "us", "ym", "mi", "ou"}},
	{3, []string{"e", "i", "u", "a", "o", "y"}},
}

func stemCzech(word string) string {
	stem := czechCase(word)
	if len(stem) > 5 {
		if short, ok := cutAny(stem, "ov", "in"); ok { // possessive
			stem = short
		}
	}
	return czechNormal(stem)
}

func czechCase(word string) string {
	for _, group := range czechEndings {
		if len(word) > group.least {
			if stem, ok := cutAny(word, group.endings...); ok {
				return stem
			}
		}
	}
	return word
}

func cutAny(word string, endings ...string) (string, bool) {
	for _, ending := range endings {
		if stem, ok := strings.CutSuffix(word, ending); ok {
			return stem, true
		}
	}
	return word, false
}

// czechNormal undoes what endings do to the last consonants: čt→ck, št→sk,
// c, č→k, z, ž→h, and drops a moving e. (Lucene turns ů into o inside words;
// folding has made it u, so both u and o of the second last letter meet here.)
func czechNormal(stem string) string {
	for _, s := range [][2]string{{"ct", "ck"}, {"st", "sk"}} {
		if base, ok := strings.CutSuffix(stem, s[0]); ok {
			return base + s[1]
		}
	}
	n := len(stem)
	switch stem[n-1] {
	case 'c':
		stem = stem[:n-1] + "k"
	case 'z':
		stem = stem[:n-1] + "h"
	}
	if n > 2 && stem[n-2] == 'e' {
		return stem[:n-2] + stem[n-1:]
	}
	if n > 2 && stem[n-2] == 'u' {
		return stem[:n-2] + "o" + stem[n-1:]
	}
	return stem
}

// stemEnglish takes off plural, -ed and -ing: the S-stemmer and two rules.
func stemEnglish(word string) string {
	switch {
	case strings.HasSuffix(word, "ies") && len(word) > 4:
		return word[:len(word)-3] + "y"
	case strings.HasSuffix(word, "sses"), strings.HasSuffix(word, "shes"), strings.HasSuffix(word, "ches"), strings.HasSuffix(word, "xes"):
		return word[:len(word)-2]
	case strings.HasSuffix(word, "s") && len(word) > 3 && !strings.HasSuffix(word, "ss") && !strings.HasSuffix(word, "us"):
		return dropE(word[:len(word)-1])
	case strings.HasSuffix(word, "ing") && len(word) > 5:
		return undouble(word[:len(word)-3])
	case strings.HasSuffix(word, "ed") && len(word) > 4:
		return undouble(word[:len(word)-2])
	}
	return dropE(word)
}

// dropE makes "orders", "ordered", "order" and "invoice", "invoicing" meet.
func dropE(word string) string {
	if len(word) > 4 {
		return strings.TrimSuffix(word, "e")
	}
	return word
}

func undouble(stem string) string {
	n := len(stem)
	if n > 3 && stem[n-1] == stem[n-2] && !strings.ContainsRune("aeioulsz", rune(stem[n-1])) {
		return stem[:n-1]
	}
	return stem
}
