package ui

import "postolka/store"

// undeliveredText says it in plain words: "was not delivered to …: mailbox full (5.2.2)".
func undeliveredText(p Page, f store.Failure) string {
	why := p.T("undelivered.why.other")
	if f.Reason != "" {
		why = p.T("undelivered.why." + f.Reason)
	}
	if f.Status != "" {
		why += " (" + f.Status + ")"
	}
	key := "failed"
	if f.Delayed {
		key = "delayed"
	}
	if f.Recipient == "" {
		return p.T("undelivered.nobody."+key, why)
	}
	return p.T("undelivered.to."+key, f.Recipient, why)
}

// doAbout is what an agent can do about it.
func doAbout(f store.Failure) string {
	switch {
	case f.Delayed:
		return "wait"
	case f.Reason == "unknown", f.Reason == "domain", f.Reason == "disabled":
		return "address"
	case f.Reason == "full", f.Reason == "unreachable":
		return "later"
	}
	return "other"
}

func undeliveredSign(f store.Failure) string {
	if f.Delayed {
		return "clock"
	}
	return "alert"
}

// automaticText names what a program sent.
func automaticText(p Page, m store.Message) string {
	if len(m.Failures) > 0 {
		return p.T("letter.failure")
	}
	return p.T("letter.automatic")
}
