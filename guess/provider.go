package guess

import (
	"slices"
	"strings"

	"postolka/store"
)

// provider is where the mail of some domains lies, as it says in its manual.
type provider struct {
	name       string
	imap, smtp store.Server
	domains    []string // of addresses
	exchanges  []string // ends of MX hosts of own domains
	note       string
}

var providers = []provider{
	{"Seznam", tls("imap.seznam.cz", 993), tls("smtp.seznam.cz", 465),
		[]string{"seznam.cz", "email.cz", "post.cz", "spoluzaci.cz"}, []string{"seznam.cz"}, ""},
	{"Centrum", tls("imap.centrum.cz", 993), tls("smtp.centrum.cz", 465), []string{"centrum.cz"}, nil, ""},
	{"Atlas", tls("imap.atlas.cz", 993), tls("smtp.atlas.cz", 465), []string{"atlas.cz"}, nil, ""},
	{"Volný", tls("imap.volny.cz", 993), tls("smtp.volny.cz", 465), []string{"volny.cz"}, nil, ""},
	{"Google", tls("imap.gmail.com", 993), tls("smtp.gmail.com", 465),
		[]string{"gmail.com", "googlemail.com"}, []string{"google.com", "googlemail.com"}, "app_password"},
	{"Microsoft", tls("outlook.office365.com", 993), startTLS("smtp.office365.com", 587),
		[]string{"outlook.com", "outlook.cz", "hotmail.com", "live.com", "msn.com"},
		[]string{"mail.protection.outlook.com", "mx.microsoft", "olc.protection.outlook.com"}, "consent"},
	{"WEDOS", tls("wes1-imap.wedos.net", 993), tls("wes1-smtp.wedos.net", 465), nil,
		[]string{"wedos.net", "wedos.com", "wedos.email", "wedos.global", "wedos.mx", "wedos.online"}, "numbered"},
	{"Forpsi", tls("imap.forpsi.com", 993), tls("smtp.forpsi.com", 465), nil, []string{"forpsi.com", "forpsi.net"}, ""},
	{"Fastmail", tls("imap.fastmail.com", 993), tls("smtp.fastmail.com", 465),
		[]string{"fastmail.com", "fastmail.fm"}, []string{"messagingengine.com"}, "app_password"},
	{"iCloud", tls("imap.mail.me.com", 993), startTLS("smtp.mail.me.com", 587),
		[]string{"icloud.com", "me.com", "mac.com"}, []string{"mail.icloud.com"}, "app_password"},
}

func (p provider) guess() Guess {
	return Guess{IMAP: p.imap, SMTP: p.smtp, Source: Provider, Name: p.name, Note: p.note}
}

func byDomain(domain string) (provider, bool) {
	for _, p := range providers {
		if slices.Contains(p.domains, domain) {
			return p, true
		}
	}
	return provider{}, false
}

func byExchange(host string) (provider, bool) {
	for _, p := range providers {
		for _, end := range p.exchanges {
			if host == end || strings.HasSuffix(host, "."+end) {
				return p, true
			}
		}
	}
	return provider{}, false
}
