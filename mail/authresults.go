package mail

import (
	"slices"
	"strings"
)

// AuthResults is what a mail server found out about who sent a message (RFC 8601).
// Results are about the domain in From: a signature or an envelope of another
// domain says nothing of it.
type AuthResults struct {
	// Server is the organization of the server that says so; "" if none does.
	Server string
	// OnTop: it stands above all Received lines, where only the server that the
	// message was fetched from can have written.
	OnTop            bool
	SPF, DKIM, DMARC Verdict
}

// Verdict of one method. Whatever is neither pass nor a definite fail (neutral,
// softfail, temperror, policy) is none.
type Verdict uint8

const (
	NoVerdict Verdict = iota
	Pass
	Fail
)

// Failed: From is not who it says. DMARC decides; without its word an envelope
// that the domain forbids and no signature of it, for a forwarder breaks SPF.
func (a AuthResults) Failed() bool {
	return a.DMARC == Fail || a.DMARC == NoVerdict && a.SPF == Fail && a.DKIM != Pass
}

// Passed: From is who it says.
func (a AuthResults) Passed() bool {
	return a.DMARC == Pass || a.DMARC == NoVerdict && (a.DKIM == Pass || a.SPF == Pass)
}

// ReadAuthResults reads what the server that received the message last wrote on
// top. Anybody can send such lines along, so only those count that stand above
// every Received line of another organization, and of them the topmost server's
// between the same two Received lines; where one server says twice, the upper one
// counts. A server that never writes any lets a forged line stand right below its
// own Received: the caller must know whether this one does, unless OnTop.
func ReadAuthResults(m *Message) (a AuthResults) {
	from := fromDomain(m)
	var by []string
	for _, f := range m.Fields {
		switch strings.ToLower(f.Name) {
		case "received":
			if a.Server != "" {
				return a
			}
			by = append(by, receivedBy(unfold(f.Raw)))
		case "authentication-results":
			server, results := splitResults(unfold(f.Raw))
			if server = serverOf(server, by); server == "" || a.Server != "" && server != a.Server {
				return a
			}
			if a.Server == "" {
				a.Server, a.OnTop = server, len(by) == 0
			}
			a.add(results, from)
		}
	}
	return a
}

// fromDomain is "" where From names several domains: no result is about it then.
func fromDomain(m *Message) (domain string) {
	for _, a := range m.From {
		if d := a.Domain(); domain == "" || d == domain {
			domain = d
		} else {
			return ""
		}
	}
	return domain
}

// microsoft writes no authserv-id: "spf=pass (sender IP is 192.0.2.1) …".
const microsoft = "outlook.com"

// serverOf is the organization of an authserv-id if all of by, the servers that
// took the message after it, are of it too; else "".
func serverOf(id string, by []string) string {
	org := Organization(id)
	if id == "" {
		org = microsoft
		if len(by) == 0 || !slices.ContainsFunc(by, func(host string) bool { return Organization(host) == org }) {
			return ""
		}
	}
	for _, host := range by {
		if Organization(host) != org && !insideName(host) {
			return ""
		}
	}
	return org
}

// receivedBy is the host that wrote a Received line; "" if it names none.
func receivedBy(value string) string {
	words := strings.Fields(withoutComments(value))
	for i, w := range words[:max(len(words)-1, 0)] {
		if strings.EqualFold(w, "by") {
			return strings.ToLower(strings.Trim(words[i+1], ";."))
		}
	}
	return ""
}

// splitResults divides "mx.example.org 1; dkim=pass header.d=x.org; spf=none".
func splitResults(value string) (server string, results []string) {
	first, rest, _ := strings.Cut(withoutComments(value), ";")
	if strings.Contains(first, "=") { // no authserv-id
		return "", strings.Split(withoutComments(value), ";")
	}
	if words := strings.Fields(first); len(words) > 0 && isHost(words[0]) {
		server = strings.ToLower(words[0])
	} else {
		return unknown, nil
	}
	return server, strings.Split(rest, ";")
}

// unknown is an authserv-id of nobody.
const unknown = "."

func isHost(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && !('a' <= r && r <= 'z') && !('A' <= r && r <= 'Z') && !('0' <= r && r <= '9')
	})
}

// withoutComments drops (…), also nested, and the marks of quoted strings: what
// stands in a comment is free text, often the sender's own (RFC 8601 §2.2).
func withoutComments(s string) string {
	if !strings.ContainsAny(s, `("`) {
		return s
	}
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
		case quoted && (c == ';' || c == '=' || c == ' '): // text, not grammar
			b.WriteByte('_')
		case quoted:
			b.WriteByte(c)
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// add notes results of one line. A message may have several signatures: one that
// holds is enough.
func (a *AuthResults) add(results []string, from string) {
	was := *a
	for _, r := range results {
		words := strings.Fields(strings.ToLower(r))
		if len(words) == 0 {
			continue
		}
		method, said, _ := strings.Cut(words[0], "=")
		method, _, _ = strings.Cut(method, "/") // "dkim/1"
		switch v := verdict(said); method {
		case "spf":
			a.SPF = better(was.SPF, a.SPF, aboutFrom(v, words, from, "smtp.mailfrom", "smtp.mail", "smtp.helo"))
		case "dkim":
			a.DKIM = better(was.DKIM, a.DKIM, aboutFrom(v, words, from, "header.d", "header.i"))
		case "dmarc":
			a.DMARC = better(was.DMARC, a.DMARC, aboutFrom(v, words, from, "header.from"))
		}
	}
}

func verdict(said string) Verdict {
	switch said {
	case "pass":
		return Pass
	case "fail", "hardfail":
		return Fail
	}
	return NoVerdict
}

// better: what an upper line said stays; in one line a pass wins.
func better(upper, now, v Verdict) Verdict {
	if upper != NoVerdict || now == Pass || v == NoVerdict {
		return now
	}
	return v
}

// aboutFrom keeps a verdict whose domain is From's organization, or that names none.
func aboutFrom(v Verdict, words []string, from string, properties ...string) Verdict {
	for _, w := range words[1:] {
		name, value, ok := strings.Cut(w, "=")
		if !ok || !slices.Contains(properties, name) {
			continue
		}
		if !sameOwner(value[strings.LastIndexByte(value, '@')+1:], from) {
			return NoVerdict
		}
		return v
	}
	if v == Pass && properties[0] != "header.from" { // a pass of nobody knows whom
		return NoVerdict
	}
	return v
}
