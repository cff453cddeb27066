package match

import (
	"math/big"
	"strings"
)

// isBirthNumber checks form, month and the division by 11 (Act 133/2000 §13).
func isBirthNumber(value string) bool {
	digits := digitsOf(value)
	plain := strings.ReplaceAll(strings.ReplaceAll(foldString(value), "/", ""), " ", "")
	if plain != digits || len(digits) != 10 && (len(digits) != 9 || !strings.Contains(value, "/")) {
		return false
	}
	if slash := strings.IndexByte(value, '/'); slash >= 0 && slash != 6 {
		return false
	}
	month := int(digits[2]-'0')*10 + int(digits[3]-'0')
	for _, shift := range []int{70, 50, 20} {
		if month > shift {
			month -= shift
			break
		}
	}
	day := int(digits[4]-'0')*10 + int(digits[5]-'0')
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	n, _ := new(big.Int).SetString(digits, 10)
	rest := new(big.Int).Mod(n, big.NewInt(11)).Int64()
	return len(digits) == 9 || rest == 0 || digits[9] == '0' && new(big.Int).Mod(new(big.Int).Div(n, big.NewInt(10)), big.NewInt(11)).Int64() == 10
}

// numberKeys lists the spellings without separators of a number-like identifier.
func (id Identifier) numberKeys() []string {
	switch id.Kind {
	case Phone:
		return parsePhone(id.Value).digits()
	case IBAN:
		iban, _ := parseIBAN(id.Value)
		return ibanKeys(iban)
	case Account:
		a, _ := parseAccount(id.Value)
		return a.keys()
	case CompanyID:
		return companyKeys(id.Value)
	case BirthNumber:
		return []string{digitsOf(id.Value)}
	case Order, Customer:
		return []string{compact(id.Value)}
	case VariableSymbol:
		plain := strings.TrimLeft(digitsOf(id.Value), "0")
		return []string{plain, pad(plain, 10)}
	}
	return nil
}

// companyKeys: an IČO with the zeros in front or, behind its label, without
// them; a Czech or Slovak DIČ by its digits; another VAT number whole. Nil when
// it is none of these.
func companyKeys(value string) []string {
	c := compact(strings.TrimPrefix(foldString(value), "dic"))
	digits := digitsOf(c)
	switch {
	case isDigits(c) && len(c) >= 6 && len(c) <= 8:
		wide := pad(c, 8)
		return []string{wide, strings.TrimLeft(wide, "0")}
	case (strings.HasPrefix(c, "cz") || strings.HasPrefix(c, "sk")) && len(c) >= 10 && len(c) <= 12 && isDigits(c[2:]), isDigits(c) && (len(c) == 9 || len(c) == 10):
		return []string{digits}
	case len(c) >= 8 && len(c) <= 15 && c[0] >= 'a' && c[1] >= 'a' && len(digits) >= 5 && isASCII(c):
		if isDigits(c[2:]) {
			return []string{c, c[2:]} // the second behind a label only
		}
		return []string{c}
	}
	return nil
}

// lacksCountry: the key is a foreign VAT number without the letters of its country,
// digits that tell nothing by themselves.
func lacksCountry(value, key string) bool {
	country, ok := strings.CutSuffix(companyKeys(value)[0], key)
	return ok && !isDigits(country)
}

// numberKey makes the entry of one spelling.
func (id Identifier) numberKey(key string, identifier int) numberKey {
	k := numberKey{key: key, identifier: identifier, alone: len(key) < 7, kind: id.Kind}
	switch {
	case id.Kind == CompanyID && len(key) >= 8 && lacksCountry(id.Value, key):
		k.labels = vatLabels
	case len(key) < shortestNumber, id.Kind == CompanyID && len(key) < 8:
		k.labels = labels[id.Kind]
	}
	switch id.Kind {
	case Phone:
		k.country = parsePhone(id.Value).country
	case Account, IBAN:
		if a, ok := id.account(); ok && key == a.prefix+a.number {
			k.bank = a.bank
		} else if ok && key == a.number {
			k.bank, k.prefix = a.bank, a.prefix
		} else {
			k.slash = len(key) < 12
		}
	}
	return k
}
