package privacy

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"postolka/match"
)

// madeUp gives a value of a kind that nothing else holds.
func madeUp(r *rand.Rand, kind match.Kind) string {
	switch kind {
	case match.Email:
		return fmt.Sprintf("%s.%s@%s.cz", madeWord(r), madeWord(r), [...]string{madeWord(r), "háčky-" + madeWord(r)}[r.IntN(2)])
	case match.Phone:
		return fmt.Sprintf([...]string{"+4207%08d", "+49171%07d", "+4219%08d"}[r.IntN(3)], r.IntN(9e6)+1e6)
	case match.Name:
		w := madeWord(r)
		return [...]string{"Jiří ", "Tomáš ", "Šimon "}[r.IntN(3)] + strings.ToUpper(w[:1]) + w[1:] + "ák"
	case match.Address:
		w := madeWord(r)
		return fmt.Sprintf("%sová %d, %d %02d Plzeň", strings.ToUpper(w[:1])+w[1:], r.IntN(80)+10, r.IntN(600)+101, r.IntN(90)+10)
	case match.Order:
		return fmt.Sprintf("FV-2024-%06d", r.IntN(1e6))
	case match.VariableSymbol:
		return fmt.Sprint(r.IntN(8e8) + 1e8)
	case match.Customer:
		return fmt.Sprintf("K-%06d", r.IntN(9e5)+1e5)
	case match.Account:
		return fmt.Sprintf("%d-%d/0800", r.IntN(8e4)+1e4, r.Int64N(8e9)+1e9)
	case match.IBAN:
		return madeIBAN(fmt.Sprintf("0100%06d%010d", r.IntN(8e4)+1e4, r.Int64N(8e9)+1e9))
	case match.CompanyID:
		return fmt.Sprint(r.IntN(8e7) + 1e7)
	case match.BirthNumber:
		return fmt.Sprintf("%02d%02d%02d/%04d", r.IntN(40)+55, r.IntN(12)+1, r.IntN(28)+1, r.IntN(9000)+1000)
	case match.IP:
		return [...]string{fmt.Sprintf("10.%d.%d.%d", r.IntN(200)+20, r.IntN(200)+20, r.IntN(20)+2), fmt.Sprintf("2001:db8:%x::%x:%x", r.IntN(60000)+4096, r.IntN(4000)+16, r.IntN(200)+16)}[r.IntN(2)]
	case match.MessageID:
		return fmt.Sprintf("%d.%s@%s.example", r.IntN(1e9)+1e8, madeWord(r), madeWord(r))
	}
	return "žlutý " + madeWord(r) + " číslo " + madeWord(r)
}

func madeWord(r *rand.Rand) string {
	const letters = "bcdfghjklmnprstvz"
	w := []byte("q")
	for range 7 {
		w = append(w, letters[r.IntN(len(letters))])
	}
	return string(w)
}

func madeIBAN(bban string) string {
	rest := 0
	for _, c := range bban + "123500" { // "CZ" and "00" behind it
		rest = (rest*10 + int(c-'0')) % 97
	}
	return fmt.Sprintf("CZ%02d%s", 98-rest, bban)
}

// spelling is one way to write a datum. A program's own encoding of every sign is
// not put where another program encodes it once more.
type spelling struct{ name, text string }

func (f spelling) encoded() bool {
	return slices.Contains([]string{"entities", "hexadecimal entities", "percent-encoded", "JSON escapes", "entity for the sign", "only the sign encoded", "entity brackets", "archive"}, f.name)
}

// formsOf lists every way to write it: those of its kind, and what programs,
// people and Unicode do to any text.
func formsOf(id match.Identifier) []spelling {
	forms := append([]spelling{{"as given", id.Value}}, kindForms(id)...)
	for _, f := range []struct {
		name string
		of   func(string) string
	}{
		{"upper case", strings.ToUpper}, {"lower case", strings.ToLower}, {"decomposed", norm.NFD.String}, {"without accents", bare}, {"full width", wide},
		{"no-break spaces", func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") }},
		{"zero-width characters", func(s string) string { return inside(s, "\u200b") }}, {"soft hyphens", func(s string) string { return inside(s, "\u00ad") }},
		{"entities", func(s string) string { return each(s, func(r rune) string { return fmt.Sprintf("&#%d;", r) }) }},
		{"hexadecimal entities", func(s string) string { return each(s, func(r rune) string { return fmt.Sprintf("&#x%X;", r) }) }},
		{"percent-encoded", func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }},
		{"JSON escapes", func(s string) string { return each(s, func(r rune) string { return fmt.Sprintf(`\u%04x`, r) }) }},
	} {
		forms = append(forms, spelling{f.name, f.of(id.Value)})
	}
	var distinct []spelling
	for _, f := range forms {
		if id.Kind == match.Email && f.name == "without accents" {
			continue // a domain without its accents is another one
		}
		if !slices.ContainsFunc(distinct, func(d spelling) bool { return d.text == f.text }) {
			distinct = append(distinct, f)
		}
	}
	return distinct
}

func each(s string, of func(rune) string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(of(r))
	}
	return b.String()
}

// inside puts mark behind every third character.
func inside(s, mark string) string {
	n := 0
	return each(s, func(r rune) string {
		if n++; n%3 == 0 {
			return string(r) + mark
		}
		return string(r)
	})
}

func bare(s string) string {
	return each(norm.NFD.String(s), func(r rune) string {
		if r >= 0x300 && r < 0x370 {
			return ""
		}
		return string(r)
	})
}

func wide(s string) string {
	return each(s, func(r rune) string {
		if r > ' ' && r < 0x7f {
			return string(r + 0xfee0)
		}
		return string(r)
	})
}

func kindForms(id match.Identifier) []spelling {
	v := id.Value
	switch id.Kind {
	case match.Email:
		return addressForms(v)
	case match.Phone:
		return phoneForms(v)
	case match.Name:
		first, last, _ := strings.Cut(v, " ")
		return []spelling{{"surname first", last + " " + first}, {"with a comma", last + ", " + first}, {"surname in capitals", first + " " + strings.ToUpper(last)}, {"titles", "Ing. " + v + ", Ph.D."}, {"read as Western", strings.ReplaceAll(v, "ř", "ø")}, {"second first name", first + " Karel " + last},
			{"two spaces", first + "  " + last}, {"in quotes", "„" + v + "“"}, {"behind a bullet", "•" + v + "…"}, {"tab", first + "\t" + last}, {"wrapped", first + "\n" + last}, {"wrapped in a quote", first + "\n> " + last}}
	case match.Address:
		return postalForms(v)
	case match.Order, match.Customer:
		bare := strings.ReplaceAll(v, "-", "")
		return []spelling{{"in one", bare}, {"spaces", strings.ReplaceAll(v, "-", " ")}, {"slashes", strings.ReplaceAll(v, "-", "/")}, {"long dashes", strings.ReplaceAll(v, "-", "–")},
			{"number sign", "#" + v}, {"labelled", "č. " + v + "."}, {"spaces around", strings.ReplaceAll(v, "-", " - ")}, {"wrapped", strings.Replace(v, "-", "-\n", 1)}}
	case match.VariableSymbol:
		return []spelling{{"label", "VS: " + v}, {"label alone", "VS" + v}, {"zeros", fmt.Sprintf("%010s", v)}, {"words", "variabilní symbol " + v}, {"groups", v[:3] + " " + v[3:6] + " " + v[6:]},
			{"zeros and label", "vs " + fmt.Sprintf("%010s", v)}, {"parameter", "X-VS:" + v + "*"}}
	case match.Account:
		return accountForms(v)
	case match.IBAN:
		return []spelling{{"groups of four", fours(v, " ")}, {"no-break groups", fours(v, "\u00a0")}, {"dashes", fours(v, "-")}, {"label", "IBAN: " + fours(v, " ")}, {"label alone", "IBAN " + v},
			{"account", strings.TrimLeft(v[8:14], "0") + "-" + v[14:] + "/" + v[4:8]}, {"wrapped", strings.Replace(fours(v, " "), " ", "\n", 1)}}
	case match.CompanyID:
		return []spelling{{"label", "IČO: " + v}, {"short label", "IČ" + v}, {"groups", "IČO " + v[:3] + " " + v[3:5] + " " + v[5:]}, {"VAT number", "CZ" + v}, {"VAT label", "DIČ: CZ" + v}, {"VAT number apart", "DIČ CZ " + v},
			{"pairs", "IČ: " + v[:2] + " " + v[2:4] + " " + v[4:6] + " " + v[6:]}}
	case match.BirthNumber:
		plain := strings.ReplaceAll(v, "/", "")
		return []spelling{{"in one", plain}, {"space", v[:6] + " " + v[7:]}, {"spaces around", v[:6] + " / " + v[7:]}, {"label", "r. č. " + v}, {"label and in one", "RČ: " + plain}, {"dash", v[:6] + "-" + v[7:]}}
	case match.IP:
		return ipForms(v)
	case match.MessageID:
		return []spelling{{"brackets", "<" + v + ">"}, {"URL", "mid:" + v}, {"archive", "https://lists.example/" + url.PathEscape(v) + "/"}, {"references", "<1@a.example> <" + v + "> <2@b.example>"}, {"label", "Message-ID: <" + v + ">"}, {"entity brackets", "&lt;" + v + "&gt;"}}
	}
	return []spelling{{"two spaces", strings.ReplaceAll(v, " ", "  ")}, {"wrapped", strings.Replace(v, " ", "\n", 1)}, {"wrapped in a quote", strings.Replace(v, " ", "\n> ", 1)}, {"tab", strings.ReplaceAll(v, " ", "\t")}, {"in quotes", "„" + v + "“"}}
}

func addressForms(v string) []spelling {
	local, domain, _ := strings.Cut(v, "@")
	ascii, _ := idna.ToASCII(domain)
	dots := func(s string) string { return strings.ReplaceAll(s, ".", " dot ") }
	return []spelling{{"sign twice", local + "@@" + domain}, {"space behind the last dot", local + "@" + strings.TrimSuffix(domain, ".cz") + ". cz"}, {"(a)", local + "(a)" + domain}, {"[a]", local + " [a] " + domain}, {"comma for the dot", local + "@" + strings.ReplaceAll(domain, ".", ",")}, {"behind a date", "20261102." + v}, {"before a year", v + "_2026"}, {"plus-tag", local + "+eshop@" + domain}, {"(at)", local + " (at) " + domain}, {"[at] [dot]", local + " [at] " + strings.ReplaceAll(domain, ".", " [dot] ")}, {"at dot", dots(local) + " at " + dots(domain)},
		{"zavináč tečka", local + " zavináč " + strings.ReplaceAll(domain, ".", " tečka ")}, {"ASCII domain", local + "@" + ascii}, {"brackets", "<" + v + ">"}, {"mailto", "mailto:" + v + "?subject=x"}, {"only the sign encoded", local + "%40" + ascii},
		{"entity for the sign", local + "&#64;" + domain}, {"bounce", "bounce-12-" + local + "=" + ascii + "@lists.example"}, {"spaces around the sign", local + " @ " + domain}, {"wrapped", strings.Replace(v, "@", "@\n", 1)}, {"wrapped in a quote", strings.Replace(v, "@", "@\n> ", 1)}}
}

func phoneForms(v string) []spelling {
	code, national := v[:4], v[4:]
	if strings.HasPrefix(v, "+49") {
		code, national = v[:3], v[3:]
	}
	threes := national[:3] + " " + national[3:6] + " " + national[6:]
	forms := []spelling{{"spaces", code + " " + threes}, {"00", "00" + code[1:] + national}, {"00 and spaces", "00" + code[1:] + " " + threes}, {"dashes", code + "-" + strings.ReplaceAll(threes, " ", "-")}, {"dots", code + "." + strings.ReplaceAll(threes, " ", ".")},
		{"brackets", "(" + code + ") " + threes}, {"no-break", strings.ReplaceAll(code+" "+threes, " ", "\u00a0")}, {"thin spaces", strings.ReplaceAll(code+" "+threes, " ", "\u2009")}, {"link", "tel:" + v}, {"slashes", code + "/" + strings.ReplaceAll(threes, " ", "/")},
		{"label alone", "tel" + v}, {"wrapped", code + " " + strings.Replace(threes, " ", "\n", 1)}, {"fraction", code[1:] + national + ".0"}, {"extension", v + "x12"}, {"zero in brackets", code + " (0) " + threes}}
	if code == "+420" {
		forms = append(forms, spelling{"national", national}, spelling{"national with spaces", threes}, spelling{"national with dashes", strings.ReplaceAll(threes, " ", "-")})
	}
	return forms
}

func postalForms(v string) []spelling {
	street, rest, _ := strings.Cut(v, ", ")
	name, house, _ := strings.Cut(street, " ")
	code, town := rest[:6], rest[7:]
	return []spelling{{"two lines", street + "\n" + rest}, {"labelled", "ul. " + name + " č. p. " + house + ", " + rest}, {"postcode in one", street + ", " + strings.ReplaceAll(code, " ", "") + " " + town}, {"district", v + " 3"}, {"PSČ", street + ", PSČ " + code + ", " + town},
		{"town first", town + ", " + street}, {"full number", name + " 1234/" + house + ", " + rest}, {"without postcode", street + ", " + town}, {"town with dash", street + " - " + town}, {"semicolons", street + "; " + code + "; " + town},
		{"camel case", `"street": "` + name + `", "houseNumber": "` + house + `", "zip": "` + code + `"`}}
}

func accountForms(v string) []spelling {
	head, bank, _ := strings.Cut(v, "/")
	prefix, number, _ := strings.Cut(head, "-")
	iban := madeIBAN(fmt.Sprintf("%s%06s%010s", bank, prefix, number))
	return []spelling{{"spaces around", prefix + " - " + number + " / " + bank}, {"zeros", fmt.Sprintf("%06s-%010s/%s", prefix, number, bank)}, {"label", "č. ú.: " + v}, {"IBAN", iban}, {"IBAN in fours", fours(iban, " ")}, {"long dash", prefix + "–" + number + "/" + bank}, {"space at the slash", head + " /" + bank}, {"three fields", "Předčíslí: " + prefix + "\nČíslo účtu: " + number + "\nKód banky: " + bank}, {"bank apart", head + ", kód banky: " + bank}}
}

func ipForms(v string) []spelling {
	forms := []spelling{{"brackets", "[" + v + "]"}, {"round brackets", "(" + v + ")"}, {"end of a sentence", v + "."}, {"label", "IP=" + v}, {"log", "client: " + v + ", server"}}
	if strings.Contains(v, ":") {
		return append(forms, spelling{"URL", "http://[" + v + "]:8080/"}, spelling{"literal", "[IPv6:" + v + "]"})
	}
	return append(forms, spelling{"host", "ip-" + strings.ReplaceAll(v, ".", "-") + ".cable.example"}, spelling{"port", v + ":443"}, spelling{"URL", "http://" + v + "/x"}, spelling{"mapped", "::ffff:" + v})
}

func fours(s, sep string) string {
	var groups []string
	for len(s) > 4 {
		groups, s = append(groups, s[:4]), s[4:]
	}
	return strings.Join(append(groups, s), sep)
}

// lookalikes lists what only resembles the datum.
func lookalikes(id match.Identifier) []string {
	v := id.Value
	last := v[:len(v)-1] + string('0'+(v[len(v)-1]-'0'+1)%10) // of a number: the next one
	switch id.Kind {
	case match.Email:
		local, domain, _ := strings.Cut(v, "@")
		return []string{"x" + v, "jan." + v, "jan-" + v, v + "x", v + ".example.com", local + "2@" + domain, local + "ova@" + domain, "petr@" + domain, local + "@mail." + domain, local + "@x" + domain, local + "@" + strings.TrimSuffix(domain, "cz") + "com",
			strings.ReplaceAll(local, ".", "") + "@" + domain, strings.ReplaceAll(local, ".", "-") + "@" + domain, local + "_@" + domain, v + "-servis.example", "12." + v}
	case match.Phone:
		digits := v[1:]
		return []string{"+" + digits + "1", "+1" + digits, last, "+386" + digits[len(digits)-8:], digits[len(digits)-9:] + "/0800", "1" + digits[len(digits)-9:] + "22", digits[len(digits)-9 : len(digits)-1], "4111" + digits[len(digits)-9:] + "123"}
	case match.Name:
		first, family, _ := strings.Cut(v, " ")
		return []string{first, family, "Petr " + family, first + " Svoboda", first + " " + family + "ovič", first + " " + strings.TrimSuffix(family, "ák") + "áček", first + " x" + family, first + "ek " + family, first + " a Petr " + family, family + "ec " + first}
	case match.Address:
		street, rest, _ := strings.Cut(v, ", ")
		name, house, _ := strings.Cut(street, " ")
		return []string{name + " " + house + "0, " + rest, name + " " + house + "a, " + rest, name + " 1" + house + ", " + rest, street + ", 602 00 Brno", "Krátká " + house + ", " + rest, name + " " + house + "/7, " + rest, rest, street, "Za " + name + "m 9, " + rest}
	case match.Order, match.Customer:
		return []string{last, v + "0", "A" + v, "X1" + v, strings.Replace(v, "-", "-9", 1), v[:len(v)-1], "1" + strings.ReplaceAll(v, "-", ""), strings.ReplaceAll(v, "-", "") + "77"}
	case match.VariableSymbol, match.CompanyID:
		return []string{last, "7" + v, v + "7", v[:len(v)-1], v[1:], "fa" + v + "b9", "+4206" + v, v + "/0100"}
	case match.Account:
		head, bank, _ := strings.Cut(v, "/")
		_, number, _ := strings.Cut(head, "-")
		return []string{head + "/0300", head + ", kód banky: 0300", "7" + v, "19-" + number + "/" + bank, head + "1/" + bank, number, v + "1", last}
	case match.IBAN:
		return []string{"SK" + v[2:], v + "1", v[:len(v)-1], "X" + v, last, fours(v, " ") + " 1234", v[4:20]}
	case match.BirthNumber:
		return []string{last, "1" + v, v + "1", v[:6] + "/0001", "01" + strings.ReplaceAll(v, "/", ""), v[:6], v[7:], strings.ReplaceAll(v, "/", "") + "55"}
	case match.IP:
		if strings.Contains(v, ":") {
			return []string{v + "1", "1" + v, "a:" + v, v + ":a", strings.Replace(v, "::", ":1::", 1), v[:len(v)-1]}
		}
		return []string{v + "1", "1" + v, v + ".7", "9." + v, v[:len(v)-1] + "x", "5-" + strings.ReplaceAll(v, ".", "-"), strings.TrimPrefix(v, "10.")}
	case match.MessageID:
		local, host, _ := strings.Cut(v, "@")
		return []string{"<1" + v + ">", "<" + v + "x>", "<x." + v + ">", "<" + local + "1@" + host + ">", "<" + local + "@x" + host + ">", "<" + local + "@mail." + host + ">", local, host}
	}
	words := strings.Fields(v)
	return []string{strings.Join(words[:3], " "), words[1] + " " + words[0], v + "x", "x" + v, words[0] + " " + words[1] + " " + words[3], words[0] + "x " + strings.Join(words[1:], " ")}
}
