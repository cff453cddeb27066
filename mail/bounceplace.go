package mail

import (
	"strings"
)

// place is an address in a report's text with the words about it.
type place struct{ addr, around string }

var (
	addressPattern = lazily(`[\p{L}\p{N}.!#$%&*+/=?^_{|}~'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`)
	lineStart      = lazily(`^[\s>*•·|"'<(\[–—-]*$`)
	// labelled: what stands before an address that the mail was for.
	labelled = lazily(`(` + strings.Join([]string{`recipient`, `address(es)?(\(es\)|\(s\))?`, `addressed`, `userid`, `unknown user`, `error-for`, `rcpt to`, `failed( \d+ attempts)?`,
		`undeliverable( address| +to)?`, `(generated|expanded) from`, `smtp[=:]`, `full: ?`, `prijemc\S*`, `adres(at|[ayeu])\S*`, `empfanger\S*`, `destinatair\S*`, `destinatari\S*`, `odbiorc\S*`}, "|") + `)[^@\n]{0,9}$`)
	// notFor: an address that is named for another reason.
	notFor     = lazily(`(\b(from|contact|by|e-?mail|relay|sender|reply-to|message-id|id|od|kontakt\w*|von|absender|nadawc\w*|visit|report|write to|please)[\s:=(<"']*|accepting mail from.*)$`)
	ownServers = lazily(`^(mailer-?daemon|mail-?daemon|postmaster|abuse|hostmaster|support|helpdesk)@`)
	// described: a line of the returned message's header as the text tells it.
	described  = lazily(`^[\s>|]*(to|cc|from|subject|date|sent|message-id|komu|kopie|od|predmet|odeslano|datum|an|von|betreff|gesendet|do|temat|kopia|predmet|pre|odoslane)\s*:`)
	headerLine = lazily(`^[A-Za-z][A-Za-z0-9-]{1,40}:(\s|$)`)
)

// recipients are the addresses the report is about, in order: those that stand at
// the beginning of a line or behind a label; else those within sentences.
func (r *report) recipients() []place {
	listed, spoken := r.places()
	if len(listed) > 0 {
		return listed
	}
	return spoken
}

// listed are those of the first kind.
func (r *report) listed() []place {
	listed, _ := r.places()
	return listed
}

func (r *report) places() (listed, spoken []place) {
	lines := strings.Split(r.text, "\n")
	for i, line := range lines {
		plain := plainLetters(line)
		if described().MatchString(plain) && !strings.Contains(plain, "mailto") && !lastLabel(lines, i) {
			continue
		}
		for _, at := range addressPattern().FindAllStringIndex(line, -1) {
			addr, before := trimAddress(line[at[0]:at[1]]), plainLetters(line[:at[0]])
			label := labelled().MatchString(before) || strings.Contains(line[at[0]:at[1]], "SMTP=")
			if !validAddr(addr) || strings.Contains(addr, "...") || r.ours(addr) || !label && notFor().MatchString(before) {
				continue
			}
			p := place{addr, around(lines, i)}
			if label || lineStart().MatchString(before) && !midSentence(lines, i) {
				listed = addPlace(listed, p)
			} else {
				spoken = addPlace(spoken, p)
			}
		}
	}
	return listed, spoken
}

// lastLabel: "Your message to:" is a sentence, not a line of a header.
func lastLabel(lines []string, i int) bool {
	return strings.HasSuffix(strings.TrimSpace(lines[i]), ":")
}

// midSentence: the line goes on in the middle of the sentence before it, so an
// address at its beginning says nothing.
func midSentence(lines []string, i int) bool {
	if i == 0 {
		return false
	}
	before := strings.TrimSpace(plainLetters(lines[i-1]))
	return notFor().MatchString(before)
}

// ours: an address of the server or of whom the report is sent to.
func (r *report) ours(addr string) bool {
	lower := strings.ToLower(addr)
	if ownServers().MatchString(lower) {
		return true
	}
	for _, a := range r.m.To {
		if a.Key() == lower {
			return true
		}
	}
	return false
}

// trimAddress takes off what texts glue to an address.
func trimAddress(a string) string {
	a = strings.TrimLeft(a, "'=*/.")
	if len(a) > 5 && strings.EqualFold(a[:5], "smtp=") {
		a = a[5:]
	}
	if len(a) > 7 && strings.EqualFold(a[:7], "rfc822/") {
		a = a[7:]
	}
	return strings.TrimRight(a, ".-")
}

func addPlace(list []place, p place) []place {
	for i, have := range list {
		if strings.EqualFold(have.addr, p.addr) {
			if len(list[i].around) < len(p.around) && codeIn(list[i].around) == "" {
				list[i].around = p.around
			}
			return list
		}
	}
	return append(list, p)
}

// around is what the report says of the address in line i: the rest of the line
// and what follows, up to the next address or, after some words, an empty line.
func around(lines []string, i int) string {
	const enough = 8
	said := lines[i]
	if at := addressPattern().FindStringIndex(said); at != nil && lineStart().MatchString(said[:at[0]]) {
		said = strings.TrimLeft(said[at[1]:], ` >)"':;,.-]`)
	}
	for n := i + 1; n < len(lines) && n <= i+enough; n++ {
		line := strings.TrimSpace(lines[n])
		at := addressPattern().FindStringIndex(line)
		if at != nil && lineStart().MatchString(line[:at[0]]) || line == "" && strings.TrimSpace(said) != "" {
			break
		}
		said += " " + line
	}
	return said
}

// cutReturned divides a text where the returned message begins.
func cutReturned(text string) (report, rest string) {
	lines := strings.Split(lineFeeds(text), "\n")
	for i, line := range lines {
		plain := plainLetters(line)
		if copyFollows().MatchString(plain) && i > 0 && !strings.Contains(plain, "transcript") || strings.HasPrefix(strings.TrimLeft(plain, ">| "), "received: from ") || strings.HasPrefix(strings.TrimLeft(plain, ">| "), "return-path:") {
			return strings.Join(lines[:i], "\n"), strings.Join(lines[i:], "\n")
		}
	}
	return text, ""
}

// copyFollows: the line above the returned message.
var copyFollows = anyOf(
	`below (this|the next) line`, `this is a copy of`, `is a copy of (the|your) message`, `(here is|included is) a copy`, `attachment is a copy`, `start of returned`,
	`(message|mail|e-mail|headers?|message text|message body)( as received)? (is |are )?(follow|attached|included|is as follows)`, `(message|mail) below\W*$`, `^\W*message (text|headers?|body) (follows|suppressed)`,
	`^\W*(returned (mail|message)|unsent message|original message|forwarded message|old message|undelivered message|header of the source mail|your message reads)\b`, `your message reads`,
	`(original|internet) message headers`, `puvodni (zprava:|zaznam|zahlavi|hlavicky)`, `zahlavi puvodni`, `kopie (vasi |puvodni )?zpravy`, `kopia spravy`, `povodna sprava:`,
	`ursprungliche nachricht`, `kopie der nachricht`, `oryginalna wiadomosc`, `mensaje original`, `message original`)

// idsInText are Message-IDs that the text tells.
func (r *report) idsInText() (ids []string) {
	for _, text := range []string{r.text, r.rest} {
		for _, found := range idInText().FindAllStringSubmatch(text, 20) {
			ids = append(ids, found[1])
		}
	}
	return ids
}

var idInText = lazily(`(?i)message-id:\s*<([^<>\s]{3,900})>`)

// toldInText completes what no returned header says from lines like "Subject: …".
func (r *report) toldInText(out *Returned) {
	for line := range strings.SplitSeq(r.text, "\n") {
		name, value, ok := strings.Cut(strings.TrimLeft(line, " \t>|*"), ":")
		value = strings.TrimSpace(value)
		if !ok || value == "" {
			continue
		}
		switch plainLetters(strings.TrimSpace(name)) {
		case "subject", "predmet", "betreff", "temat", "the subject of the message is":
			if out.Subject == "" {
				out.Subject = value
			}
		case "to", "komu", "an", "do", "pre":
			if len(out.To) == 0 {
				out.To = parseAddresses(value, "")
			}
		case "date", "sent", "datum", "odeslano", "gesendet", "the date of the message is":
			if out.Date.IsZero() {
				out.Date = parseDate(value)
			}
		}
	}
}
