package mail

import (
	"net"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Organization is the part of a host's name that one owner has: "shop.co.uk" of
// "mx1.shop.co.uk", in lower case and without punycode. A name without such a
// part (a public suffix, a single label) stands for itself.
func Organization(host string) string {
	host = strings.ToLower(strings.Trim(host, ". "))
	org, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		org = host
	}
	return unicodeHost(org)
}

// unicodeHost shows what a host's name in punycode says.
func unicodeHost(host string) string {
	if !strings.Contains(host, "xn--") {
		return host
	}
	if u, err := idna.ToUnicode(host); err == nil {
		return u
	}
	return host
}

// Domain is the part of an address after the @, in lower case; "" if there is none.
func (a Address) Domain() string {
	at := strings.LastIndexByte(a.Addr, '@')
	if at < 0 {
		return ""
	}
	return strings.ToLower(a.Addr[at+1:])
}

// sameOwner reports whether two hosts belong to one organization.
func sameOwner(a, b string) bool { return a != "" && Organization(a) == Organization(b) }

// insideName: a name that no host of the Internet bears, so a machine of the server's own.
func insideName(host string) bool {
	if !strings.Contains(host, ".") || net.ParseIP(strings.Trim(host, "[]")) != nil {
		return true
	}
	switch host[strings.LastIndexByte(host, '.')+1:] {
	case "local", "localdomain", "lan", "internal", "intranet", "home", "corp":
		return true
	}
	return false
}
