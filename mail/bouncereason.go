package mail

import (
	"regexp"
	"strings"
)

var (
	codeWithDots = lazily(`(?:^|[^\d.])([45]\.\d{1,3}\.\d{1,3})(?:[^\d.]|\.?$|\.[^\d])`)
	replyCode    = lazily(`(?:^|[^\d.:#-])([45][0-5]\d)(?:[ -]|$|:)`)
	versionWords = lazily(`(?i)\b(esmtp|version|sendmail|exim|postfix|mdaemon|build) [\w./ -]{0,20}$`)
)

func enhancedCode(s string) string {
	if found := codeWithDots().FindStringSubmatch(strings.TrimSpace(s)); found != nil {
		return found[1]
	}
	if strings.HasPrefix(s, "2.") {
		return strings.TrimSpace(s)
	}
	return ""
}

// codeIn finds a status in a text: the enhanced code, else the reply code.
func codeIn(text string) string {
	for _, at := range codeWithDots().FindAllStringSubmatchIndex(text, -1) {
		if !versionWords().MatchString(text[:at[2]]) {
			return text[at[2]:at[3]]
		}
	}
	if found := replyCode().FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

// byStatus: RFC 3463 §3 by subject and detail. Codes that servers use for anything
// (x.1.0, x.2.0, x.3.0, x.5.x, x.7.1) are read after the words.
var byStatus = map[string]string{
	"1.1": ReasonUnknown, "1.3": ReasonUnknown, "1.6": ReasonUnknown, "1.2": ReasonDomain, "1.10": ReasonDomain,
	"2.1": ReasonDisabled, "2.2": ReasonFull, "2.3": ReasonSize, "3.1": ReasonFull, "3.4": ReasonSize,
	"4.1": ReasonUnreachable, "4.2": ReasonUnreachable, "4.3": ReasonUnreachable, "4.4": ReasonUnreachable, "4.7": ReasonUnreachable, "4.6": ReasonLoop,
}

// byWords in order: the first that matches counts.
var byWords = []struct {
	reason  string
	pattern func() *regexp.Regexp
}{
	{ReasonFull, lazily(`quota|mailbox[^.]{0,40}\bfull|full mailbox|mailfolder is full|over (its |their )?(disk |storage )?(quota|limit)|insufficient (system )?storage|too much mail|box space|out of storage|schranka[^.]{0,40}\bpln[ay]|prepln|prekroc\S* (kvot|kapacit|limit schran)|kvot[auy]|postfach[^.]{0,30}voll|skrzynka[^.]{0,30}(pelna|przepelnion)`)},
	{ReasonSize, lazily(`message (is |was |file )?(too (big|large)|size)|size (limit|exceeds)|exceeds? [^.]{0,30}size|prilis velk|velikost zpravy|zu gross|zbyt duz`)},
	{ReasonLoop, lazily(`too many hops|loop(ing|s)?\b|hop count|zacykl`)},
	{ReasonDisabled, lazily(`(account|mailbox|user|address)[^.]{0,40}(disabled|inactive|suspended|discontinued|deactivated|locked|expired)|no longer (available|in use|valid|accept)|not been collected|(schranka|ucet)[^.]{0,30}(zrusen|neaktivn|blokovan)|deaktiviert`)},
	{ReasonDomain, lazily(`(host|domain|nameserver)[^.]{0,40}(not found|unknown|does not exist|error)|unknown (host|domain)|name service error|no (such )?(host|domain)|nxdomain|bad destination|domena[^.]{0,30}neexist|could not find a gateway|unrouteable mail domain|unroutable`)},
	{ReasonUnknown, lazily(`user (is )?(unknown|not (known|found))|unknown (user|recipient|address|or illegal)|(recipient|user|address|mailbox|account)[^.]{0,40}(unknown|not (found|exist|known|listed|recogni[sz]ed)|rejected|invalid|doesn't exist|does not exist|wrong)|no (such|mailbox|valid recipients)|doesn't have an? \S+ account|invalid (final|mailbox|recipient|address)|addressee unknown|not a valid|mailbox unavailable|neexist|neznam[yae]|unbekannt|nie istnieje|user doesn't exist|does not have a final|n'existe pas|nameserver query|did not (exactly )?match|does not like recipient`)},
	{ReasonRefused, lazily(`spam|blocked|black ?list|blocklist|denylist|policy|dmarc|\bspf\b|dkim|reputation|not accepting|refus|denied|prohibited|unsolicited|not allowed|administrative|greylist|odmitnut|zamitnut|abgelehnt|odrzucon|virus`)},
	{ReasonUnreachable, lazily(`timed? ?out|connection (refused|reset|lost|to)|not (responding|reachable)|did not respond|unreachable|establish an? smtp|queue too long|unavailable or busy|too long|neodpovida|neni dostupn|nelze se spojit|nicht erreichbar|try again`)},
}

// reasonOf says why: by an unambiguous code, then by the words about the
// recipient, then by those of the whole report.
func reasonOf(status, words, text string) string {
	_, detail, _ := strings.Cut(status, ".")
	if reason := byStatus[detail]; reason != "" && strings.Contains(status, ".") {
		return reason
	}
	for _, said := range []string{words, text} {
		for _, w := range byWords {
			if w.pattern().MatchString(said) {
				return w.reason
			}
		}
	}
	if strings.HasPrefix(detail, "7.") {
		return ReasonRefused
	}
	return ""
}
