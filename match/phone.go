package match

import (
	"math/big"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

const defaultRegion = "CZ"

// phone is a number as its calling code and its national digits.
type phone struct {
	country, national string
	trunk             string // what is dialled before the national digits inside the country
}

// parsePhone never fails: what libphonenumber can't read stays as its digits.
func parsePhone(value string) phone {
	value = foldString(value)
	value = strings.TrimPrefix(value, "tel:")
	if digits := digitsOf(value); strings.HasPrefix(digits, "00") && len(digits) > 10 {
		value = "+" + digits[2:]
	}
	n, err := phonenumbers.Parse(value, defaultRegion)
	if err != nil || n.GetNationalNumber() == 0 {
		return phone{national: strings.TrimLeft(digitsOf(value), "0")}
	}
	return phone{
		country:  big.NewInt(int64(n.GetCountryCode())).String(),
		national: phonenumbers.GetNationalSignificantNumber(n),
		trunk:    phonenumbers.GetNddPrefixForRegion(phonenumbers.GetRegionCodeForNumber(n), true),
	}
}

func looksLikePhone(value string) bool {
	digits := digitsOf(value)
	if len(value) > 5 && (value[4] == '-' || value[4] == '/') && (strings.HasPrefix(value, "20") || strings.HasPrefix(value, "19")) {
		return false // "2024-00123" counts by years
	}
	if strings.HasPrefix(strings.TrimSpace(value), "+") || strings.HasPrefix(digits, "00") && len(digits) > 10 {
		return len(digits) >= 8
	}
	n, err := phonenumbers.Parse(value, defaultRegion)
	return err == nil && phonenumbers.IsValidNumber(n)
}

// digits lists the ways to dial the phone, without separators.
func (p phone) digits() []string {
	if p.country == "" {
		return []string{p.national}
	}
	all := []string{p.national, p.country + p.national, "00" + p.country + p.national}
	if p.trunk != "" {
		all = append(all, p.trunk+p.national, p.country+p.trunk+p.national)
	}
	if p.country != "420" {
		all = append(all, p.country+"0"+p.national, "00"+p.country+"0"+p.national, "0"+p.national)
	}
	return append(all, "420"+"0"+p.national, "0"+p.national) // Czech numbers began with 0 until 2002
}

func (p phone) e164() string { return "+" + p.country + p.national }
