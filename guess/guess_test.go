package guess

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"postolka/store"
)

// zone is a name server's answers.
type zone struct {
	srv  map[string]string // "imaps example.cz": "host port"
	mx   map[string]string
	host map[string]bool
}

var errNone = errors.New("no such host")

func (z zone) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	answer, ok := z.srv[service+" "+name]
	if !ok || proto != "tcp" {
		return "", nil, errNone
	}
	var s net.SRV
	fmt.Sscan(answer, &s.Target, &s.Port)
	return "", []*net.SRV{&s}, nil
}

func (z zone) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	if z.mx[name] == "" {
		return nil, errNone
	}
	return []*net.MX{{Host: z.mx[name], Pref: 10}}, nil
}

func (z zone) LookupHost(_ context.Context, host string) ([]string, error) {
	if !z.host[host] {
		return nil, errNone
	}
	return []string{"192.0.2.1"}, nil
}

// nowhere refuses every request.
var nowhere = &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) { return nil, errNone })}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func line(s store.Server) string {
	return fmt.Sprintf("%s:%d %s", s.Host, s.Port, map[store.Security]string{store.TLS: "tls", store.STARTTLS: "starttls", store.Plain: "plain"}[s.Security])
}

func TestServers(t *testing.T) {
	z := zone{
		srv: map[string]string{
			"imaps own.cz": "mx.hoster.example. 993", "submission own.cz": "out.hoster.example. 587",
			"imap old.cz": "imap.old.cz. 143", "imaps closed.cz": ". 0",
			"imaps half.cz": "mail.half.cz. 993",
		},
		mx: map[string]string{
			"shop.cz": "ASPMX.L.GOOGLE.COM.", "firma.cz": "firma-cz.mail.protection.outlook.com.", "web.cz": "mx1.wedos.email.", "host.cz": "mx.forpsi.com.",
			"profi.cz": "abcd.mx1.emailprofi.seznam.cz.", "fast.cz": "in1-smtp.messagingengine.com.", "trap.cz": "mx.notgoogle.com.",
		},
		host: map[string]bool{"imap.names.cz": true, "mail.names.cz": true, "mail.trap.cz": true},
	}
	for _, c := range []struct {
		address, imap, smtp string
		source              Source
		name                string
	}{
		{"obchod@seznam.cz", "imap.seznam.cz:993 tls", "smtp.seznam.cz:465 tls", Provider, "Seznam"},
		{"Obchod@EMAIL.cz", "imap.seznam.cz:993 tls", "smtp.seznam.cz:465 tls", Provider, "Seznam"},
		{"a@centrum.cz", "imap.centrum.cz:993 tls", "smtp.centrum.cz:465 tls", Provider, "Centrum"},
		{"a@icloud.com", "imap.mail.me.com:993 tls", "smtp.mail.me.com:587 starttls", Provider, "iCloud"},
		{"a@shop.cz", "imap.gmail.com:993 tls", "smtp.gmail.com:465 tls", Provider, "Google"},
		{"a@firma.cz", "outlook.office365.com:993 tls", "smtp.office365.com:587 starttls", Provider, "Microsoft"},
		{"a@web.cz", "wes1-imap.wedos.net:993 tls", "wes1-smtp.wedos.net:465 tls", Provider, "WEDOS"},
		{"a@host.cz", "imap.forpsi.com:993 tls", "smtp.forpsi.com:465 tls", Provider, "Forpsi"},
		{"a@profi.cz", "imap.seznam.cz:993 tls", "smtp.seznam.cz:465 tls", Provider, "Seznam"},
		{"a@fast.cz", "imap.fastmail.com:993 tls", "smtp.fastmail.com:465 tls", Provider, "Fastmail"},
		{"a@own.cz", "mx.hoster.example:993 tls", "out.hoster.example:587 starttls", SRV, ""},
		{"a@old.cz", "imap.old.cz:143 starttls", "imap.old.cz:465 tls", SRV, ""},
		{"a@half.cz", "mail.half.cz:993 tls", "mail.half.cz:465 tls", SRV, ""},
		{"a@names.cz", "imap.names.cz:993 tls", "mail.names.cz:465 tls", Names, ""},
		{"a@trap.cz", "mail.trap.cz:993 tls", "mail.trap.cz:465 tls", Names, ""},
		{"a@closed.cz", "mail.closed.cz:993 tls", "mail.closed.cz:465 tls", Nothing, ""},
	} {
		g := Asker{z, nowhere}.Servers(t.Context(), c.address)
		if line(g.IMAP) != c.imap || line(g.SMTP) != c.smtp || g.Source != c.source || g.Name != c.name {
			t.Errorf("%s: got %s, %s by %s %q; want %s, %s by %s %q", c.address, line(g.IMAP), line(g.SMTP), g.Source, g.Name, c.imap, c.smtp, c.source, c.name)
		}
		if g.IMAP.User != c.address || g.SMTP.User != c.address {
			t.Errorf("%s: users are %q and %q", c.address, g.IMAP.User, g.SMTP.User)
		}
		if want := c.address == "a@own.cz"; g.Foreign() != want {
			t.Errorf("%s: foreign is %v", c.address, g.Foreign())
		}
	}
}

const file = `<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="x">
 <incomingServer type="pop3"><hostname>pop.%EMAILDOMAIN%</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
 <incomingServer type="imap"><hostname>clear.x</hostname><port>143</port><socketType>plain</socketType></incomingServer>
 <incomingServer type="imap"><hostname>Box.%EMAILDOMAIN%</hostname><port>143</port><socketType>STARTTLS</socketType></incomingServer>
 <outgoingServer type="smtp"><hostname>out.hoster.example</hostname><port>465</port><socketType>SSL</socketType></outgoingServer>
</emailProvider></clientConfig>`

func TestAutoconfigFile(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   Source
	}{
		"as mail programs read it": {func(w http.ResponseWriter, r *http.Request) {
			if r.Host != "autoconfig.own.cz" || r.URL.RawQuery != "" {
				http.NotFound(w, r)
				return
			}
			io.WriteString(w, file)
		}, Autoconfig},
		"at the well-known place, after a redirect within the domain": {func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Host == "own.cz":
				http.Redirect(w, r, "https://www.own.cz/file.xml", http.StatusFound)
			case r.Host == "www.own.cz":
				io.WriteString(w, file)
			default:
				http.NotFound(w, r)
			}
		}, Autoconfig},
		"a redirect out of the domain": {func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.Host, "own.cz") {
				http.Redirect(w, r, "https://169.254.169.254/file.xml", http.StatusFound)
				return
			}
			io.WriteString(w, file)
		}, Nothing},
		"a redirect into the clear": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://own.cz/file.xml", http.StatusFound)
		}, Nothing},
		"not XML": {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html><p>Parked domain") }, Nothing},
		"an endless file": {func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "<clientConfig>"+strings.Repeat("<a>", largestFile))
		}, Nothing},
		"servers in clear": {func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, strings.NewReplacer("SSL", "plain", "STARTTLS", "plain").Replace(file))
		}, Nothing},
		"entities that swell": {func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `<!DOCTYPE x [<!ENTITY a "aaaa">]><clientConfig>&a;</clientConfig>`)
		}, Nothing},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewTLSServer(c.answer)
			t.Cleanup(server.Close)
			client := server.Client()
			client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
			}
			client.Transport.(*http.Transport).TLSClientConfig.ServerName = "example.com"
			g := Asker{zone{}, client}.Servers(t.Context(), "a@own.cz")
			if g.Source != c.want {
				t.Fatalf("got %s by %s, want by %s", line(g.IMAP), g.Source, c.want)
			}
			if c.want == Autoconfig && (line(g.IMAP) != "box.own.cz:143 starttls" || line(g.SMTP) != "out.hoster.example:465 tls" || !g.Foreign()) {
				t.Errorf("got %s, %s", line(g.IMAP), line(g.SMTP))
			}
		})
	}
}

// slow is a name server that does not answer.
type slow struct{ zone }

func (slow) LookupSRV(ctx context.Context, _, _, _ string) (string, []*net.SRV, error) {
	<-ctx.Done()
	return "", nil, ctx.Err()
}

func TestNobodyAnswers(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if g := (Asker{slow{}, nowhere}).Servers(ctx, "a@own.cz"); g.Source != Nothing || g.IMAP.Host != "mail.own.cz" {
		t.Errorf("got %+v", g)
	}
}
