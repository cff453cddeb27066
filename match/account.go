package match

import (
	"bytes"
	"strings"
)

// account is a Czech account number (ČNB decree 169/2011).
type account struct{ prefix, number, bank string }

func parseAccount(value string) (a account, ok bool) {
	value = strings.ReplaceAll(foldString(value), " ", "")
	rest, bank, ok := strings.Cut(value, "/")
	prefix, number, dashed := strings.Cut(rest, "-")
	if !dashed {
		prefix, number = "", rest
	}
	if !ok || !isDigits(prefix+number+bank) || len(bank) != 4 || len(prefix) > 6 || len(number) < 2 || len(number) > 10 {
		return a, false
	}
	return account{strings.TrimLeft(prefix, "0"), strings.TrimLeft(number, "0"), bank}, true
}

// isAccount tells an account from a birth number with a slash by its dash, its
// length and the check digits.
func isAccount(value string) bool {
	a, ok := parseAccount(value)
	return ok && len(a.number) >= 2 && weighted(a.prefix) && weighted(a.number)
}

func weighted(digits string) bool {
	weights, sum := [...]int{1, 2, 4, 8, 5, 10, 9, 7, 3, 6}, 0
	for i := range len(digits) {
		sum += int(digits[len(digits)-1-i]-'0') * weights[i]
	}
	return sum%11 == 0
}

func (a account) iban() string {
	bban := a.bank + pad(a.prefix, 6) + pad(a.number, 10)
	return "cz" + ibanCheck("cz", bban) + bban
}

func pad(s string, n int) string { return strings.Repeat("0", max(0, n-len(s))) + s }

// keys: zeros in front may be written or not.
func (a account) keys() []string {
	wide := pad(a.number, 10)
	if a.prefix == "" {
		return append(a.bare(), a.number+a.bank, wide+a.bank, pad("", 6)+wide+a.bank, a.iban())
	}
	return append(a.bare(), a.prefix+a.number+a.bank, a.prefix+wide+a.bank, pad(a.prefix, 6)+wide+a.bank, a.iban())
}

// bare is the number without its bank, which forms ask for by itself.
func (a account) bare() []string {
	if len(a.prefix+a.number) < shortestBare {
		return nil
	}
	if a.prefix != "" && len(a.number) >= shortestBare {
		return []string{a.prefix + a.number, a.number}
	}
	return []string{a.prefix + a.number}
}

// prefixBefore: "předčíslí: 19, číslo účtu:" stands before. It gives where the
// prefix begins.
func prefixBefore(text []byte, at int, prefix string) (from int, ok bool) {
	before := text[max(0, at-40):at]
	end := bytes.LastIndexAny(before, "0123456789") + 1
	label, ok := bytes.CutSuffix(before[:end], []byte(prefix))
	label = bytes.TrimRight(label, "0 :\n=|")
	return at - len(before) + end - len(prefix), ok && bytes.HasSuffix(label, []byte("predcisli")) && bytes.Contains(before[end:], []byte("cislo"))
}

const shortestBare = 6

// bankBehind: "kód banky: 0800" follows, with no other number between. It gives the
// end of that.
func bankBehind(text []byte, at int, bank string) (end int, ok bool) {
	rest := text[at:min(len(text), at+40)]
	digit := bytes.IndexAny(rest, "0123456789")
	if digit < 0 || !bytes.HasPrefix(rest[digit:], []byte(bank)) || !bytes.Contains(rest[:digit], []byte("bank")) {
		return 0, false
	}
	end = digit + len(bank)
	return at + end, end == len(rest) || !isWordByte(rest[end])
}

func parseIBAN(value string) (string, bool) {
	iban := compact(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(value)), "iban"))
	if len(iban) < 15 || len(iban) > 34 || isDigits(iban[:1]) || isDigits(iban[1:2]) || !isDigits(iban[2:4]) || !isASCII(iban) {
		return "", false
	}
	return iban, ibanCheck(iban[:2], iban[4:]) == iban[2:4]
}

// ibanCheck computes the check digits (ISO 7064 mod 97-10).
func ibanCheck(country, bban string) string {
	sum := 0
	for _, c := range []byte(bban + country + "00") {
		if c >= 'a' {
			sum = (sum*100 + int(c-'a') + 10) % 97
		} else {
			sum = (sum*10 + int(c-'0')) % 97
		}
	}
	check := 98 - sum
	return string([]byte{'0' + byte(check/10), '0' + byte(check%10)})
}

// account of an account or a Czech or Slovak IBAN.
func (id Identifier) account() (account, bool) {
	if id.Kind == Account {
		return parseAccount(id.Value)
	}
	iban, _ := parseIBAN(id.Value)
	return ibanAccount(iban)
}

func ibanAccount(iban string) (a account, ok bool) {
	if (strings.HasPrefix(iban, "cz") || strings.HasPrefix(iban, "sk")) && len(iban) == 24 && isDigits(iban[4:]) {
		return account{strings.TrimLeft(iban[8:14], "0"), strings.TrimLeft(iban[14:], "0"), iban[4:8]}, true
	}
	return a, false
}

// ibanKeys: a Czech or Slovak IBAN is also its account number.
func ibanKeys(iban string) []string {
	if a, ok := ibanAccount(iban); ok {
		keys := a.keys()
		return append(keys[:len(keys)-1], iban)
	}
	if bban := iban[2:]; isDigits(bban) && len(bban) >= 20 { // Poles leave their country out
		return []string{iban, bban}
	}
	return []string{iban}
}
