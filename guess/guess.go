// Package guess proposes the mail servers of an address, so that whoever connects
// a mailbox begins with its address and a password. A guess is shown, can be
// changed, and is tried before it is saved.
//
// What is asked, the first answer counts:
//
//  1. the table of providers, by the domain of the address;
//  2. SRV records of the domain (RFC 6186, RFC 8314 §5.1), what its owner says;
//  3. MX records: an own domain whose mail lies at a provider of the table;
//  4. the domain's autoconfig file, as mail programs do, over https only;
//  5. imap., smtp. and mail. of the domain, whichever names there are.
//
// The domain is told to its name servers and its own web server; the part before
// the @ to nobody.
package guess

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"postolka/store"
)

// Source says where a guess comes from, in a stable word.
type Source string

const (
	Provider   Source = "provider"   // the table
	SRV        Source = "srv"        // the domain's SRV records
	Autoconfig Source = "autoconfig" // the domain's autoconfig file
	Names      Source = "names"      // names that there are
	Nothing    Source = "nothing"    // nobody answered: mail.DOMAIN, by custom
)

// Guess is what to try; the users are the address.
type Guess struct {
	IMAP, SMTP store.Server
	Source     Source
	// Name of the provider, with Provider. Note is a stable word for what has to be
	// known there: "app_password", "consent", "numbered" (servers have numbers that
	// the provider's administration shows), or "".
	Name, Note string
}

// Asker asks the outside; the zero value uses the system's. Safe for concurrent use.
type Asker struct {
	Names  Resolver     // nil: net.DefaultResolver
	Client *http.Client // nil: one of its own
}

// Resolver is what is needed of net.Resolver.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupHost(ctx context.Context, host string) ([]string, error)
}

// limit of all questions together: somebody waits for the page.
const limit = 8 * time.Second

// Servers of an address, which has an @. It always gives something to try.
func (a Asker) Servers(ctx context.Context, address string) Guess {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	_, domain, _ := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "@")
	g := a.servers(ctx, domain)
	g.IMAP.User, g.SMTP.User = address, address
	return g
}

func (a Asker) servers(ctx context.Context, domain string) Guess {
	if p, ok := byDomain(domain); ok {
		return p.guess()
	}
	for _, ask := range []func(context.Context, string) (Guess, bool){a.srv, a.mx, a.autoconfig, a.names} {
		if g, ok := ask(ctx, domain); ok {
			return g
		}
	}
	host := "mail." + domain
	return Guess{IMAP: tls(host, 993), SMTP: tls(host, 465), Source: Nothing}
}

func tls(host string, port int) store.Server {
	return store.Server{Host: host, Port: port, Security: store.TLS}
}

func startTLS(host string, port int) store.Server {
	return store.Server{Host: host, Port: port, Security: store.STARTTLS}
}

func (a Asker) resolver() Resolver {
	if a.Names == nil {
		return net.DefaultResolver
	}
	return a.Names
}

// srv needs both servers; who names one only has the other by custom.
func (a Asker) srv(ctx context.Context, domain string) (Guess, bool) {
	imap, ok := a.service(ctx, domain, "imaps", tls)
	if !ok {
		imap, ok = a.service(ctx, domain, "imap", startTLS)
	}
	if !ok {
		return Guess{}, false
	}
	smtp, ok := a.service(ctx, domain, "submissions", tls)
	if !ok {
		smtp, ok = a.service(ctx, domain, "submission", startTLS)
	}
	if !ok {
		smtp = tls(imap.Host, 465)
	}
	return Guess{IMAP: imap, SMTP: smtp, Source: SRV}, true
}

func (a Asker) service(ctx context.Context, domain, name string, make func(host string, port int) store.Server) (store.Server, bool) {
	_, list, err := a.resolver().LookupSRV(ctx, name, "tcp", domain)
	if err != nil || len(list) == 0 {
		return store.Server{}, false
	}
	host := strings.TrimSuffix(strings.ToLower(list[0].Target), ".")
	return make(host, int(list[0].Port)), host != "" // "." is: not offered
}

func (a Asker) mx(ctx context.Context, domain string) (Guess, bool) {
	list, err := a.resolver().LookupMX(ctx, domain)
	if err != nil {
		return Guess{}, false
	}
	for _, mx := range list {
		if p, ok := byExchange(strings.TrimSuffix(strings.ToLower(mx.Host), ".")); ok {
			return p.guess(), true
		}
	}
	return Guess{}, false
}

// names takes the first of the customary names that there is.
func (a Asker) names(ctx context.Context, domain string) (Guess, bool) {
	imap, smtp := a.there(ctx, "imap."+domain, "mail."+domain), a.there(ctx, "smtp."+domain, "mail."+domain)
	if imap == "" {
		return Guess{}, false
	}
	if smtp == "" {
		smtp = imap
	}
	return Guess{IMAP: tls(imap, 993), SMTP: tls(smtp, 465), Source: Names}, true
}

func (a Asker) there(ctx context.Context, hosts ...string) string {
	for _, host := range hosts {
		if found, err := a.resolver().LookupHost(ctx, host); err == nil && len(found) > 0 {
			return host
		}
	}
	return ""
}

// foreign: a host that does not lie in the domain, which somebody should look at
// before a password goes there (RFC 6186 §6).
func foreign(host, domain string) bool {
	a, errA := publicsuffix.EffectiveTLDPlusOne(host)
	b, errB := publicsuffix.EffectiveTLDPlusOne(domain)
	return errA != nil || errB != nil || a != b
}

// Foreign says that a server of the guess lies in another domain than the address,
// by what the domain's owner published; those of the table are known.
func (g Guess) Foreign() bool {
	_, domain, _ := strings.Cut(strings.ToLower(g.IMAP.User), "@")
	return g.Source != Provider && (foreign(g.IMAP.Host, domain) || foreign(g.SMTP.Host, domain))
}
