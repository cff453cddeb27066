// Package match knows how a datum about a person can be written, and finds it.
//
// An Identifier is what was given: an address, a phone, a name, a number. Its
// Variants are the ways it may be spelled; a Matcher finds all of them in a
// text in one pass; Identifiers lists the numbers and addresses a text holds,
// in the normal form under which the search index keeps them, and Terms gives
// the same normal form of an Identifier.
//
// Everything is compared as folded text (Fold): lower case, no accents, no
// invisible characters, white space as one space, percent and entity encoding
// undone. On top of it each kind has its own grammar: addresses are read around
// their "@" or one of its disguises, numbers as groups of digits, names as
// words with their case endings.
//
// What only resembles is no hit: a longer address, digits inside a longer
// number, another person's address in the same domain (GDPR.md, "Forms").
//
// The package imports nothing of ours, keeps no state but its tables, and logs
// nothing. Every function is safe for concurrent use.
package match

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says what an identifier is, and so how it is compared.
type Kind uint8

const (
	Text           Kind = iota // any words in their order: a nickname, a product, a serial number
	Email                      // an address, addr-spec of RFC 5322 §3.4.1
	Phone                      // a telephone number; without a country code it is read as Czech
	Name                       // a person's name in the nominative, titles allowed
	Order                      // an order or invoice number: at least 3 digits, with letters or without
	IBAN                       // ISO 13616
	Account                    // a Czech account number, "19-2000145399/0800"
	BirthNumber                // a Czech or Slovak birth number (rodné číslo)
	CompanyID                  // IČO (up to 8 digits) or a VAT number (DIČ): "CZ" and 8–10 digits, or another country's
	IP                         // an IPv4 or IPv6 address
	Address                    // a postal address: street and house number, postcode and town if known
	VariableSymbol             // of a Czech payment: up to 10 digits, zeros in front mean nothing
	Customer                   // a customer number, like Order
	MessageID                  // of a mail, RFC 5322 §3.6.4, with or without <>
)

var kindNames = [...]string{"text", "email", "phone", "name", "order", "iban", "account", "birth-number", "company-id", "ip", "address", "variable-symbol", "customer", "message-id"}

// kindAliases are other words for the kinds, as people type them.
var kindAliases = map[string]Kind{
	"e-mail": Email, "mail": Email, "tel": Phone, "telephone": Phone, "invoice": Order, "order-number": Order, "invoice-number": Order,
	"bank-account": Account, "rc": BirthNumber, "ico": CompanyID, "dic": CompanyID, "vat": CompanyID, "ip-address": IP,
	"postal-address": Address, "vs": VariableSymbol, "customer-number": Customer, "mid": MessageID, "any": Text,
}

// Kinds lists all kinds in the order a person thinks of them.
func Kinds() []Kind {
	return []Kind{Email, Phone, Name, Address, Order, VariableSymbol, Customer, Account, IBAN, CompanyID, BirthNumber, IP, MessageID, Text}
}

// Aliases lists the other words for a kind that ParseKind takes, sorted.
func (k Kind) Aliases() (all []string) {
	for word, kind := range kindAliases {
		if kind == k {
			all = append(all, word)
		}
	}
	slices.Sort(all)
	return all
}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", k)
}

// ParseKind is the inverse of String; it takes the aliases too, in any case.
func ParseKind(s string) (Kind, error) {
	word := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), "_", "-")
	for k, name := range kindNames {
		if word == name {
			return Kind(k), nil
		}
	}
	if k, ok := kindAliases[word]; ok {
		return k, nil
	}
	return 0, fmt.Errorf("unknown kind of identifier %q; use one of %s", s, strings.Join(kindNames[:], ", "))
}

// Form says how a hit, or a variant, relates to the value as it was given.
type Form uint8

const (
	Exact      Form = iota // byte for byte
	Normalised             // the same datum, written otherwise: case, accents, separators, encodings, order of names, plus-tags
	Inflected              // a name in another grammatical case, its feminine or possessive form
	Resembling             // only similar: proposed to a person at most, never a hit (Find does not report it)
)

var formNames = [...]string{"exact", "normalised", "inflected", "resembling"}

func (f Form) String() string {
	if int(f) < len(formNames) {
		return formNames[f]
	}
	return fmt.Sprintf("Form(%d)", f)
}

// Identifier is one datum about a person, with the value as it was given.
// Make it with ParseIdentifier or Guess, so that the value suits its kind.
type Identifier struct {
	Kind  Kind
	Value string
}

// Variant is one way to write an identifier.
type Variant struct {
	Text string
	Form Form
}

// ParseIdentifier checks that the value can be searched for as the kind given.
// Its errors say what to do and quote no part of the value.
func ParseIdentifier(kind Kind, value string) (Identifier, error) {
	value = strings.TrimSpace(value)
	if kind == MessageID {
		value = strings.Trim(value, "<>")
	}
	id := Identifier{kind, value}
	if !utf8.ValidString(value) {
		return id, fmt.Errorf("%v is not valid UTF-8: give it as UTF-8 text", kind)
	}
	return id, id.check()
}

func (id Identifier) check() error {
	digits, letters := countDigits(id.Value), countLetters(id.Value)
	switch id.Kind {
	case Text:
		if digits+letters < 3 {
			return fmt.Errorf("text is shorter than 3 letters or digits and would be found everywhere: give more of it")
		}
	case Email:
		if _, ok := parseAddress(id.Value); !ok {
			return fmt.Errorf("e-mail is not an address like name@example.com: correct it, or search for it as text")
		}
	case Phone:
		if n := len(digitsOf(id.Value)); n < 6 || n > 20 || letters > digits {
			return fmt.Errorf("phone has fewer than 6 or more than 20 digits: give the whole number")
		}
	case Name:
		if len(nameWords(id.Value)) == 0 || letters < 3 {
			return fmt.Errorf("name is shorter than 3 letters: give the surname, or first name and surname")
		}
	case Order, Customer:
		if digits < 3 || digits+letters > 40 {
			return fmt.Errorf("%v number has fewer than 3 digits or is no number: give the whole number, or search for it as text", id.Kind)
		}
	case VariableSymbol:
		if n := len(strings.TrimLeft(digitsOf(id.Value), "0")); letters > 0 || n < 3 || n > 10 {
			return fmt.Errorf("variable symbol has not 3 to 10 digits: compare it with the original")
		}
	case Address:
		if _, err := parsePostal(id.Value); err != nil {
			return err
		}
	case MessageID:
		if _, ok := parseMessageID(id.Value); !ok {
			return fmt.Errorf("message-id is not written like <id@example.com>: compare it with the header, or search for it as text")
		}
	case IBAN:
		if _, ok := parseIBAN(id.Value); !ok {
			return fmt.Errorf("IBAN does not fit its check digits: compare it with the original, or search for it as an order number")
		}
	case Account:
		if _, ok := parseAccount(id.Value); !ok {
			return fmt.Errorf("account is not written like 19-2000145399/0800 (prefix optional): add the bank code after a slash")
		}
	case BirthNumber:
		if digits != 9 && digits != 10 || letters > 0 {
			return fmt.Errorf("birth number has not 9 or 10 digits: compare it with the original")
		}
	case CompanyID:
		if len(companyKeys(id.Value)) == 0 {
			return fmt.Errorf("company-id is neither an IČO of up to 8 digits nor a VAT number: compare it with the original")
		}
	case IP:
		if _, err := netip.ParseAddr(id.Value); err != nil {
			return fmt.Errorf("IP address is neither IPv4 nor IPv6: compare it with the original")
		}
	default:
		return fmt.Errorf("unknown kind of identifier %d", id.Kind)
	}
	return nil
}

// Guess finds the kind of a pasted value: a Message-ID in <>, an address, an IP
// address, an IBAN, an account, a birth number, a phone, another number, a
// postal address with a postcode, a name; else text. The result may still be too
// short to search for: ParseIdentifier(id.Kind, id.Value) says so.
func Guess(value string) Identifier {
	value = strings.Join(strings.Fields(value), " ")
	for _, prefix := range []string{"mailto:", "tel:"} {
		if len(value) > len(prefix) && strings.EqualFold(value[:len(prefix)], prefix) {
			value = value[len(prefix):]
		}
	}
	return Identifier{guessKind(value), value}
}

func guessKind(value string) Kind {
	digits, letters := countDigits(value), countLetters(value)
	if isMessageID(value) {
		return MessageID
	}
	if _, ok := parseAddress(value); ok {
		return Email
	}
	if _, err := netip.ParseAddr(value); err == nil {
		return IP
	}
	if _, ok := parseIBAN(value); ok {
		return IBAN
	}
	switch {
	case isBirthNumber(value):
		return BirthNumber
	case isAccount(value):
		return Account
	case letters == 0 && digits >= 6 && looksLikePhone(value):
		return Phone
	case digits >= 3 && digits+letters >= 5 && !strings.Contains(value, " "), letters == 0 && digits >= 5:
		return Order
	case letters >= 3 && looksPostal(value):
		return Address
	case digits == 0 && letters >= 3 && looksLikeName(value):
		return Name
	}
	return Text
}

func looksLikeName(value string) bool {
	words := strings.Fields(value)
	for _, r := range value {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(" .,'’-", r) {
			return false
		}
	}
	return len(words) <= 6
}

func countDigits(s string) (n int) {
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

func countLetters(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}
