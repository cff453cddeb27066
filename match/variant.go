package match

import (
	"maps"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// Variants lists ways to write the identifier, the given one first: to show a
// person what will be looked for. Find knows more than can be listed: it takes
// any case, accents, separators, encodings and line ends.
func (id Identifier) Variants() []Variant {
	v := variants{seen: map[string]bool{}}
	v.add(Exact, id.Value)
	switch id.Kind {
	case Email:
		v.address(id.Value)
	case Phone:
		v.phone(id.Value)
	case Name:
		v.name(id.Value)
	case Text, MessageID:
		v.add(Normalised, foldString(id.Value))
	case Address:
		v.postal(id.Value)
	case IP:
		v.add(Normalised, ipSpellings(id.Value)...)
	default:
		for _, key := range id.numberKeys() {
			k := id.numberKey(key, 0)
			if k.bank != "" {
				key += " kód banky " + k.bank
			}
			if k.prefix != "" {
				key = "předčíslí " + k.prefix + " … " + key
			}
			v.add(Normalised, strings.ToUpper(key))
		}
	}
	return v.all
}

type variants struct {
	all  []Variant
	seen map[string]bool
}

func (v *variants) add(form Form, texts ...string) {
	for _, text := range texts {
		if text != "" && !v.seen[text] {
			v.seen[text] = true
			v.all = append(v.all, Variant{text, form})
		}
	}
}

func (v *variants) address(value string) {
	a, ok := parseAddress(value)
	if !ok {
		return
	}
	for _, domain := range a.spellings() {
		if domain == a.wide {
			domain, _ = idna.ToUnicode(a.ascii)
		}
		whole := a.local + "@" + domain
		v.add(Normalised, whole, a.local+"+…@"+domain, strings.Replace(whole, "@", "%40", 1), strings.Replace(whole, "@", "&#64;", 1),
			a.local+" (at) "+domain, a.local+" [at] "+domain, a.local+" at "+strings.ReplaceAll(domain, ".", " dot "), a.local+" zavináč "+strings.ReplaceAll(domain, ".", " tečka "))
	}
}

func (v *variants) phone(value string) {
	p := parsePhone(value)
	grouped := inThrees(p.national)
	if p.country == "" {
		v.add(Normalised, p.national, grouped)
		return
	}
	v.add(Normalised, p.e164(), "+"+p.country+" "+grouped, "00"+p.country+p.national, "00"+p.country+" "+grouped,
		p.country+p.national, p.national, grouped, strings.ReplaceAll(grouped, " ", "-"), strings.ReplaceAll(grouped, " ", "."), "(+"+p.country+") "+grouped)
}

func inThrees(digits string) string {
	var groups []string
	for len(digits) > 4 {
		groups, digits = append(groups, digits[:3]), digits[3:]
	}
	return strings.Join(append(groups, digits), " ")
}

func (v *variants) postal(value string) {
	p, err := parsePostal(value)
	if err != nil {
		return
	}
	v.add(Normalised, foldString(value))
	street := p.street[p.anchor]
	for _, form := range slices.Sorted(maps.Keys(street)) {
		if street[form] {
			v.add(Inflected, form+" "+p.house+", …")
		}
	}
}

func (v *variants) name(value string) {
	given := nameWords(value)
	whole := strings.Join(given, " ")
	v.add(Normalised, whole, foldString(whole))
	if len(given) == 1 {
		v.add(Inflected, wordForms(given[0], given, 0)...)
		return
	}
	last := len(given) - 1
	v.add(Normalised, given[last]+" "+strings.Join(given[:last], " "), given[last]+", "+strings.Join(given[:last], " "))
	if len(given) == 2 {
		v.add(Normalised, namePhrase(value, 0).joined...)
	}
	for i, w := range given {
		for _, form := range wordForms(w, given, i) {
			if foldString(form) != foldString(w) {
				v.add(Inflected, strings.Join(slices.Concat(dots3(i), []string{form}, dots3(last-i)), " "))
			}
		}
	}
}

// dots3 stands for the other words of a name.
func dots3(n int) []string {
	if n == 0 {
		return nil
	}
	return []string{"…"}
}
