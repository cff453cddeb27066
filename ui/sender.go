package ui

import (
	"strings"

	"postolka/mail"
	"postolka/store"
)

// senderWarnings are the sentences about a sender that is not what it seems.
func senderWarnings(p Page, m store.Message) (said []string) {
	if m.Unproven {
		said = append(said, p.T("sender.unproven"))
	}
	for _, w := range []struct {
		bit store.Warnings
		key string
	}{{store.NameShowsAddress, "name_address"}, {store.NameIsOurs, "name_ours"}, {store.PosesAsUs, "poses_us"}, {store.PosesAsKnown, "poses_known"}, {store.MixedScripts, "scripts"}} {
		if m.Warnings&w.bit != 0 {
			said = append(said, p.T("sender."+w.key, m.From.Addr))
		}
	}
	if m.Warnings&store.RepliesElsewhere != 0 {
		said = append(said, p.T("sender.replies", addresses(m.ReplyTo)))
	}
	return said
}

// senderClass: an answer that goes elsewhere is only something to know.
func senderClass(m store.Message) string {
	if m.Unproven || m.Warnings&^store.RepliesElsewhere != 0 {
		return "bad"
	}
	return "warn"
}

func addresses(list []store.Address) string {
	var out []string
	for _, a := range list {
		out = append(out, a.Addr)
	}
	return strings.Join(out, ", ")
}

// senderDetail says by whom and how a sender was verified, or that nobody did; the
// first is the short form. Empty: there is a warning, or nothing to verify.
func senderDetail(p Page, m store.Message) (short, long string) {
	if m.Kind != store.Incoming || m.Unproven {
		return "", ""
	}
	domain := mail.Address(m.From).Domain()
	by := passed(m.Auth)
	switch {
	case m.Auth.Here:
		return p.T("sender.verified"), p.T("sender.verified_here", domain)
	case by != "" && m.Auth.Server == "":
		return p.T("sender.verified"), p.T("sender.verified_server", domain, by)
	case by != "":
		return p.T("sender.verified"), p.T("sender.verified_by", m.Auth.Server, domain, by)
	}
	return p.T("sender.unknown"), p.T("sender.unknown_about")
}

// passed are the methods that verified From; "" if none did.
func passed(a store.Auth) string {
	var by []string
	for _, m := range []struct {
		result store.AuthResult
		name   string
	}{{a.DMARC, "DMARC"}, {a.DKIM, "DKIM"}, {a.SPF, "SPF"}} {
		if m.result == store.AuthPass {
			by = append(by, m.name)
		}
	}
	return strings.Join(by, ", ")
}
