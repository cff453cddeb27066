package match

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Czech inflection of names by rule: the last letters of the nominative tell
// the pattern (Internetová jazyková příručka, "Skloňování jmen"). Where a
// letter's accent is unknown or two patterns are possible, the forms of both
// are given: what nobody writes harms nobody.

type gender uint8

const (
	masculine gender = 1 << iota
	feminine
	either = masculine | feminine
)

type number uint8

const (
	singular number = iota
	anyNumber
)

// genderOf takes the surname's gender: -ová, -á, and other names in -a when the
// first name is one too.
func genderOf(name []string) gender {
	last, first := strings.ToLower(name[len(name)-1]), strings.ToLower(name[0])
	folded := foldString(last)
	switch {
	case strings.HasSuffix(last, "á"), strings.HasSuffix(folded, "ova") && len(folded) > len("sova"), endsFeminine(first):
		return feminine
	}
	return masculine
}

// endsFeminine: first names in -a, -e and -ie are women's, but for a few.
func endsFeminine(first string) bool {
	folded := foldString(first)
	switch folded {
	case "nikola", "sasa", "ilja", "honza", "jirka", "misa", "kuba", "pepa", "ota", "standa", "franta", "tonda", "vojta", "olda", "rene", "george", "mike", "steve", "pete", "joe", "andre", "luca", "andrea", "joshua", "dave", "jake", "kyle", "luke", "charlie":
		return folded == "nikola" || folded == "andrea"
	case "dagmar", "ester", "miriam", "nikol", "rut", "ruth", "karin", "ingrid", "carmen", "elizabeth", "margaret", "susan", "helen", "mary":
		return true
	}
	return strings.HasSuffix(folded, "a") || strings.HasSuffix(folded, "e")
}

func hasAccent(s string) bool { return !isASCII(s) }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// inflectAny gives the forms of a single word of unknown gender that may itself
// be inflected: its own, and those of the nominatives it may come from.
func inflectAny(w string) []string {
	forms := inflect(w, either, anyNumber)
	for _, base := range nominatives(strings.ToLower(w)) {
		forms = append(forms, base)
		forms = append(forms, inflect(base, either, anyNumber)...)
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// commonFirstNames are not taken for a case of another name: "Jana" is not Jan's.
var commonFirstNames = map[string]bool{
	"jana": true, "petra": true, "martina": true, "michaela": true, "pavla": true, "romana": true, "stanislava": true,
	"jaroslava": true, "miroslava": true, "daniela": true, "gabriela": true, "renata": true, "zdenka": true, "ivana": true,
	"milana": true, "radka": true, "vladimira": true, "frantiska": true, "karla": true, "roberta": true, "viktora": true,
	"bohumila": true, "ludmila": true, "dana": true, "jitka": true, "lenka": true, "alena": true, "eva": true, "ema": true,
	"simona": true, "adriana": true, "denisa": true, "kamila": true, "patricie": true, "emila": true, "aleny": true,
}

// nominatives guesses what a form may be a form of.
func nominatives(w string) (bases []string) {
	folded := foldString(w)
	if commonFirstNames[folded] || utf8.RuneCountInString(w) < 5 {
		return nil
	}
	add := func(ending, with string) {
		if stem, ok := cut(w, ending); ok && utf8.RuneCountInString(stem) >= 3 {
			bases = append(bases, stem+with)
			if with == "" {
				bases = append(bases, withMobileE(stem)...)
			}
		}
	}
	for _, ending := range []string{"ovými", "ových", "ovým", "ovou", "ová", "ové", "ovi", "ově", "ovu", "ovy", "ovo", "ův"} {
		add(ending, "")
		add(ending, "a")
		if len(bases) > 0 {
			add(ending, "o")
			return bases
		}
	}
	for _, ending := range []string{"ého", "ému", "ém", "ých", "ým", "ými", "ou", "é"} {
		add(ending, "ý")
	}
	for _, ending := range []string{"ího", "ímu", "ím", "ích", "ími"} {
		add(ending, "í")
	}
	for _, ending := range []string{"em", "a", "u", "e", "y", "ům", "ech", "ích", "i", "ů"} {
		add(ending, "")
	}
	for _, ending := range []string{"ou", "u", "y", "o"} {
		add(ending, "a")
	}
	add("á", "ý")
	return bases
}

// withMobileE: Marka, Němce, Havla are of Marek, Němec, Havel.
func withMobileE(stem string) (bases []string) {
	runes := []rune(stem)
	n := len(runes)
	if n < 2 || isVowel(runes[n-1]) || isVowel(runes[n-2]) {
		return nil
	}
	if strings.ContainsRune("kclrntvšň", runes[n-1]) {
		bases = append(bases, string(runes[:n-1])+"e"+string(runes[n-1:]))
	}
	return bases
}

func isVowel(r rune) bool { return strings.ContainsRune("aeiouyáéíóúůýěäöü", r) }

// cut takes an ending off, whether written with its accents or without.
func cut(w, ending string) (stem string, ok bool) {
	if stem, ok = strings.CutSuffix(w, ending); ok {
		return stem, true
	}
	if hasAccent(w) {
		return w, false
	}
	return strings.CutSuffix(w, foldString(ending))
}

// inflect gives the forms of a nominative, in its letters and in lower case
// but for the first; the nominative itself may be among them.
func inflect(w string, g gender, n number) []string {
	lower := strings.ToLower(w)
	forms := newForms(n)
	switch {
	case endsIn(lower, "ová") && g&feminine != 0:
		forms.surnameOva(lower, g)
	case g == masculine:
		forms.masculine(lower, false)
	case g == feminine:
		forms.feminine(lower)
	default:
		forms.masculine(lower, true)
		forms.feminine(lower)
	}
	return forms.capitalised(w)
}

func endsIn(w, ending string) bool {
	_, ok := cut(w, ending)
	return ok
}

type forms struct {
	all    []string
	number number
}

func newForms(n number) *forms { return &forms{number: n} }

// add joins a stem with endings, given apart by spaces; "-" is the bare stem.
// Those behind "|" are plural.
func (f *forms) add(stem, endings string) {
	one, many, _ := strings.Cut(endings, "|")
	if f.number == anyNumber {
		one += " " + many
	}
	for _, ending := range strings.Fields(one) {
		if ending == "-" {
			ending = ""
		}
		f.all = append(f.all, stem+ending)
	}
}

func (f *forms) capitalised(like string) []string {
	if first, _ := utf8.DecodeRuneInString(like); unicode.IsUpper(first) {
		for i, form := range f.all {
			r, size := utf8.DecodeRuneInString(form)
			f.all[i] = string(unicode.ToUpper(r)) + form[size:]
		}
	}
	slices.Sort(f.all)
	return slices.Compact(f.all)
}

// surnameOva: Nováková, from it Novák when the gender is open.
func (f *forms) surnameOva(w string, g gender) {
	stem, _ := cut(w, "ová")
	f.add(stem, "ová ové ovou ovo ovej | ových ovým ovými")
	if g != either {
		return
	}
	for _, base := range append(withMobileE(stem), stem, stem+"a", stem+"o") {
		f.masculine(base, true)
	}
}

// masculine; wide adds the feminine surname and the possessive.
func (f *forms) masculine(w string, wide bool) {
	last, size := utf8.DecodeLastRuneInString(w)
	stem := w[:len(w)-size]
	if w == "oto" { // is also declined as Ota
		f.masculine("ota", false)
	}
	soften, softer := stem, stem
	switch last {
	case 'a':
		f.add(stem, "a y i e ovi u o ou em | ové ů ům y ech ích ich i ami ách")
		f.add(softened(stem), "e i ích | i")
	case 'á':
		f.add(stem, "ý á é ého ému ou ém ým | í ých ým ými")
		f.add(stem, "a ovi u ou o")
	case 'ý', 'y':
		f.adjective(stem)
		f.add(w, "ho mu m ovi em e a u | ové ů ům")
		f.add(stem, "a ovi u em ům")
		soften, softer = w, stem
	case 'í', 'i':
		f.add(w, "- ho mu m ovi a u em e | ch ové mi ma ů ům")
		f.add(stem, "e i u ovi em a í ího ímu ím | ích ími íma ů ům")
		f.polish(stem)
		soften, softer = w, stem
	case 'e', 'ě', 'é':
		f.add(w, "- ho mu m ovi te ti tem em a u | ové ů ům")
		f.add(stem, "e i ě ovi em u ěm a | ové ů ům ích")
		soften = stem
	case 'o', 'ó':
		f.add(stem, "o a ovi u em e | ové y ů ům ech ích")
		f.add(w, "vi m u a")
		f.add(softened(stem), "ích")
		softer = w
	case 'u', 'ů', 'ú':
		f.add(w, "- ovi em a e u m vi")
		f.add(stem, "a ovi em u")
		soften = w
	default:
		f.consonant(w)
		if stem, ok := strings.CutSuffix(w, "kij"); ok { // Zemljanskij: Zemljanského
			f.adjective(stem + "k")
		}
		if wide {
			for _, s := range append(shortStems(w), w) {
				f.wider(s)
			}
		}
		return
	}
	if wide {
		f.wider(soften)
		if softer != soften {
			f.wider(softer)
		}
	}
}

// adjective: Veselý, Zelenský; plural softens sk, ck.
func (f *forms) adjective(stem string) {
	f.add(stem, "ý á é ého ému ém ým ou | ý í ých ými ýma")
	for _, s := range [][2]string{{"sk", "ští"}, {"ck", "čtí"}, {"r", "ří"}, {"k", "cí"}, {"h", "zí"}} {
		if base, ok := strings.CutSuffix(stem, s[0]); ok {
			f.add(base, "| "+s[1])
		}
	}
}

// polish: Morawiecki is declined as an adjective, in Czech (Morawieckého) and in
// Polish (Morawieckiego) texts.
func (f *forms) polish(stem string) {
	if strings.HasSuffix(stem, "sk") || strings.HasSuffix(stem, "ck") || strings.HasSuffix(stem, "zk") {
		f.adjective(stem)
		f.add(stem, "iego iemu im ą iej | ich imi")
	}
}

// consonant: Novák, Němec, Beneš, Lis, Julius.
func (f *forms) consonant(w string) {
	for _, s := range append(shortStems(w), w) {
		f.add(s, "- a e ě i u ovi em o om owi iem | ové y ů ům ech ích ích i é")
		f.add(softened(s), "e ě | i ích")
	}
	for _, latin := range []string{"us", "os", "as", "es", "is"} {
		if stem, ok := strings.CutSuffix(w, latin); ok && utf8.RuneCountInString(stem) >= 3 {
			f.add(stem, "a ovi em e o u | ové ů ům")
		}
	}
}

// wider: the woman's surname and the possessive adjective.
func (f *forms) wider(stem string) {
	f.add(stem, "ová ové ovou | ových ovým ovými ovýma")
	f.add(stem, "ův ova ovo ovu ovy ově ovi")
}

// shortStems: the e that goes when an ending comes (Marek, Marka), ď ť ň that
// get it as ě, ů that turns to o.
func shortStems(w string) (stems []string) {
	runes := []rune(w)
	n := len(runes)
	if n < 4 {
		if w == "lev" {
			return []string{"lv"}
		}
		return nil
	}
	if (runes[n-2] == 'e' || runes[n-2] == 'ě') && !isVowel(runes[n-3]) && strings.ContainsRune("kclrntvňpbmsšdjł", runes[n-1]) {
		middle := runes[n-3 : n-2]
		if runes[n-2] == 'ě' {
			middle = []rune{hardHook(middle[0])}
		}
		stems = append(stems, string(runes[:n-3])+string(middle)+string(runes[n-1:]))
	}
	if w == "švec" || w == "svec" { // three consonants can't begin a word: Ševce
		stems = append(stems, string(runes[:1])+"evc")
	}
	if runes[n-2] == 'ů' {
		stems = append(stems, string(runes[:n-2])+"o"+string(runes[n-1:]))
	}
	return stems
}

func hardHook(r rune) rune {
	switch r {
	case 'd':
		return 'ď'
	case 't':
		return 'ť'
	case 'n':
		return 'ň'
	}
	return r
}

// softened changes the last consonant as before -i, -e: Novácích, Lence, Olze.
func softened(stem string) string {
	for _, s := range [][2]string{{"ch", "š"}, {"k", "c"}, {"h", "z"}, {"g", "z"}, {"c", "č"}, {"r", "ř"}, {"ck", "čt"}} {
		if base, ok := strings.CutSuffix(stem, s[0]); ok {
			return base + s[1]
		}
	}
	return stem
}

// feminine: Jana, Marie, Veselá, Dagmar.
func (f *forms) feminine(w string) {
	last, size := utf8.DecodeLastRuneInString(w)
	stem := w[:len(w)-size]
	switch last {
	case 'á', 'a':
		f.add(stem, "a y ě e i u o ou í ie | - ám ách ami í ím ích")
		f.add(softened(stem), "e ě")
		if last == 'á' || strings.HasSuffix(stem, "sk") || strings.HasSuffix(stem, "ck") || !hasAccent(w) && (strings.HasSuffix(stem, "n") || strings.HasSuffix(stem, "l")) {
			f.add(stem, "á é ou | ých ým ými")
			f.polish(stem)
		}
	case 'e', 'ě':
		f.add(stem, "e ě i í o | í ím ích emi ěmi")
	case 'í', 'ý':
		f.add(w, "- | ch m mi")
		f.add(stem, "á é ou")
	default:
		f.add(w, "- | i y")
		f.add(w, "y e ě i í u o ou")
	}
	// possessive of a woman's name: Janin, Lenčin
	if last == 'a' || last == 'e' {
		soft := stem
		for _, s := range [][2]string{{"ck", "čč"}, {"k", "č"}, {"h", "ž"}, {"g", "ž"}, {"r", "ř"}} {
			if base, ok := strings.CutSuffix(stem, s[0]); ok {
				soft = base + s[1]
				break
			}
		}
		f.add(soft, "| in ina ino iny inu inou ině iných iným inými ini")
	}
}
