package ui

import (
	"fmt"
	"strings"

	"postolka/store"
)

// provider is where the mail of some domains lies. Hosts and ports are the
// providers' own, to be tried before they are saved, and changed by hand where they differ.
type provider struct {
	imap, smtp         string
	smtpPort           int
	security, outgoing store.Security
	domains            []string
}

var providers = []provider{
	{"imap.seznam.cz", "smtp.seznam.cz", 465, store.TLS, store.TLS, []string{"seznam.cz", "email.cz", "post.cz", "spoluzaci.cz"}},
	{"imap.centrum.cz", "smtp.centrum.cz", 465, store.TLS, store.TLS, []string{"centrum.cz", "volny.cz", "atlas.cz"}},
	{"imap.gmail.com", "smtp.gmail.com", 465, store.TLS, store.TLS, []string{"gmail.com", "googlemail.com"}},
	{"outlook.office365.com", "smtp.office365.com", 587, store.TLS, store.STARTTLS, []string{"outlook.com", "outlook.cz", "hotmail.com", "live.com"}},
}

// guessServers proposes both servers of an address; an own domain is asked at mail.DOMAIN.
func guessServers(address string) (imap, smtp store.Server) {
	_, domain, _ := strings.Cut(strings.ToLower(address), "@")
	own := fmt.Sprintf("mail.%s", domain)
	p := provider{own, own, 465, store.TLS, store.TLS, nil}
	for _, known := range providers {
		for _, d := range known.domains {
			if d == domain {
				p = known
			}
		}
	}
	imap = store.Server{Host: p.imap, Port: 993, Security: p.security, User: address}
	smtp = store.Server{Host: p.smtp, Port: p.smtpPort, Security: p.outgoing, User: address}
	return imap, smtp
}
