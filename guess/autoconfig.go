package guess

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"postolka/store"
)

// configuration is what is read of an autoconfig file:
// https://www.bucksch.org/1/projects/thunderbird/autoconfiguration/config-file-format.html
type configuration struct {
	Provider struct {
		Incoming []configured `xml:"incomingServer"`
		Outgoing []configured `xml:"outgoingServer"`
	} `xml:"emailProvider"`
}

type configured struct {
	Type   string `xml:"type,attr"`
	Host   string `xml:"hostname"`
	Port   int    `xml:"port"`
	Socket string `xml:"socketType"` // SSL, STARTTLS or plain
}

const (
	largestFile = 256 << 10
	fileLimit   = 3 * time.Second
)

func (a Asker) autoconfig(ctx context.Context, domain string) (Guess, bool) {
	for _, address := range []string{
		"https://autoconfig." + domain + "/mail/config-v1.1.xml",
		"https://" + domain + "/.well-known/autoconfig/mail/config-v1.1.xml",
	} {
		c, err := a.file(ctx, address)
		if err != nil {
			continue
		}
		imap, okIn := first(c.Provider.Incoming, "imap", domain)
		smtp, okOut := first(c.Provider.Outgoing, "smtp", domain)
		if okIn && okOut {
			return Guess{IMAP: imap, SMTP: smtp, Source: Autoconfig}, true
		}
	}
	return Guess{}, false
}

// first server of a kind that protects the connection.
func first(list []configured, kind, domain string) (store.Server, bool) {
	for _, c := range list {
		host := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(c.Host), "%EMAILDOMAIN%", domain))
		if !strings.EqualFold(c.Type, kind) || host == "" || c.Port < 1 || c.Port > 65535 {
			continue
		}
		switch strings.ToUpper(strings.TrimSpace(c.Socket)) {
		case "SSL":
			return tls(host, c.Port), true
		case "STARTTLS":
			return startTLS(host, c.Port), true
		}
	}
	return store.Server{}, false
}

var errNoFile = errors.New("no autoconfig file")

func (a Asker) file(ctx context.Context, address string) (c configuration, err error) {
	ctx, cancel := context.WithTimeout(ctx, fileLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return c, err
	}
	resp, err := a.client().Do(req)
	if err != nil {
		return c, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return c, errNoFile
	}
	dec := xml.NewDecoder(io.LimitReader(resp.Body, largestFile))
	return c, dec.Decode(&c)
}

func (a Asker) client() *http.Client {
	client := &http.Client{}
	if a.Client != nil {
		*client = *a.Client
	}
	client.CheckRedirect = func(to *http.Request, via []*http.Request) error {
		if to.URL.Scheme != "https" || len(via) > 3 || !samePlace(to.URL, via[0].URL) {
			return errNoFile
		}
		return nil
	}
	return client
}

// samePlace: a redirect stays in the domain that was asked about.
func samePlace(a, b *url.URL) bool { return !foreign(a.Hostname(), b.Hostname()) }
