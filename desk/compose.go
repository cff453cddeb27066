package desk

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"postolka/mail"
	"postolka/store"
)

// compose makes the message of an answer: headers that keep it in the customer's
// thread, what was typed, the mailbox's signature, and the mail it answers quoted
// below, as plain text and as HTML.
func (d *Desk) compose(s *sending) (mail.Outgoing, error) {
	if s.a.Note {
		return d.composeNote(s), nil
	}
	_, domain, _ := strings.Cut(s.box.Address, "@")
	o := mail.Outgoing{
		From: mail.Address{Name: senderName(s.box), Addr: s.box.Address}, To: s.a.To, Cc: s.a.Cc, Bcc: s.a.Bcc,
		Subject: s.a.Subject, Date: s.now.In(zone(s.by.Zone)), Attachments: s.a.Files,
		MessageID: d.token.header(s.a.Conversation, s.id, domain),
	}
	if len(o.To) == 0 {
		o.To = defaultTo(s.previous)
	}
	if o.Subject == "" {
		o.Subject = replySubject(s)
	}
	var q quote
	if s.previous != nil {
		o.InReplyTo, o.References = replyIDs(s.previous)
		var err error
		if q, err = d.quote(s, o.Date.Location()); err != nil {
			return o, err
		}
	}
	o.Text = s.a.Text + signatureText(s.box.Signature) + q.text()
	o.HTML = toHTML(s.a.Text) + signatureHTML(s.box.Signature) + q.html()
	return o, nil
}

// composeNote keeps a note as a small message, so that search, find and erase
// know it as they know mail. It is never sent. It has no subject: a search for
// the conversation's would find every note.
func (d *Desk) composeNote(s *sending) mail.Outgoing {
	from := mail.Address{Name: s.by.Name, Addr: s.signer.Email}
	if _, err := mail.ParseAddress(from.Addr); err != nil {
		from.Addr = "desk@postolka.invalid" // RFC 2606 §2: nobody's
	}
	return mail.Outgoing{From: from, Text: s.a.Text, Date: s.now, Attachments: s.a.Files,
		MessageID: mail.NewMessageID("note", "postolka.invalid"), Headers: map[string]string{"X-Postolka-Kind": "note"}}
}

// senderName is what customers see as our name: a mailbox called "podpora@" has none.
func senderName(m store.Mailbox) string {
	if strings.Contains(m.Name, "@") {
		return ""
	}
	return m.Name
}

func zone(name string) *time.Location {
	if loc, err := time.LoadLocation(name); err == nil && name != "" {
		return loc
	}
	return time.Local
}

// defaultTo is the customer: where he wants answers, else where he wrote from;
// after a message of ours the same people again.
func defaultTo(m *store.Message) (to []mail.Address) {
	list := []store.Address{}
	switch {
	case m == nil:
	case m.Kind == store.Outgoing:
		list = m.To
	case len(m.ReplyTo) > 0:
		list = m.ReplyTo
	default:
		list = []store.Address{m.From}
	}
	for _, a := range list {
		if a.Addr != "" {
			to = append(to, mail.Address(a))
		}
	}
	return to
}

// rePrefix: answers and forwards in the languages of LIBRARIES' quote headers.
var rePrefix = regexp.MustCompile(`^(?i:\s*(re|aw|sv|odp|vá|antw|rif|r)(\[\d+\])?\s*:)+\s*`)

func replySubject(s *sending) string {
	subject := s.conv.Subject
	if s.previous != nil && s.previous.Subject != "" {
		subject = s.previous.Subject
	}
	if subject == "" && s.previous == nil {
		return ""
	}
	return strings.TrimSpace("Re: " + rePrefix.ReplaceAllString(clean(subject), ""))
}

// clean drops what a header must not have; subjects of others hold anything.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// maxChain bounds the References we write: the first and the newest are kept.
const maxChain = 30

// replyIDs are In-Reply-To and References of an answer to m, RFC 5322 §3.6.4.
func replyIDs(m *store.Message) (inReplyTo string, references []string) {
	chain := m.References
	if len(chain) == 0 && len(m.InReplyTo) == 1 {
		chain = m.InReplyTo
	}
	for _, id := range append(slices.Clone(chain), m.MessageIDHeader) {
		if sendableID(id) && !slices.Contains(references, id) {
			references = append(references, id)
		}
	}
	if len(references) > maxChain {
		references = append(references[:1:1], references[len(references)-maxChain+1:]...)
	}
	if sendableID(m.MessageIDHeader) {
		inReplyTo = m.MessageIDHeader
	}
	return inReplyTo, references
}

// sendableID: others' ids hold anything; we repeat only what is harmless.
func sendableID(id string) bool {
	return id != "" && len(id) <= maxIDBytes && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' })
}

// quote is the answered mail below an answer.
type quote struct{ intro, body string }

const maxQuote = 30_000 // bytes; a longer history is cut at a line

// quote reads the answered mail; the reply's log entry covers it.
func (d *Desk) quote(s *sending, loc *time.Location) (q quote, err error) {
	t, err := d.text(s.prevID)
	if err != nil {
		return q, err
	}
	q.body = strings.TrimSpace(strings.ReplaceAll(bodyText(t), "\r\n", "\n"))
	if len(q.body) > maxQuote {
		at := strings.LastIndexByte(q.body[:maxQuote], '\n')
		q.body = strings.ToValidUTF8(q.body[:max(at, 0)], "") + "\n[…]"
	}
	if q.body == "" {
		return quote{}, nil
	}
	m := s.previous
	when := m.SentAt
	if when.IsZero() {
		when = m.ReceivedAt
	}
	q.intro = introduce(language(m, q.body, s.box), when.In(loc), who(m.From))
	return q, nil
}

func who(a store.Address) string {
	switch {
	case a.Name == "":
		return a.Addr
	case a.Addr == "":
		return a.Name
	}
	return a.Name + " <" + a.Addr + ">"
}

func introduce(lang string, at time.Time, who string) string {
	if lang == "cs" {
		return fmt.Sprintf("Dne %d. %d. %d v %s %s napsal(a):", at.Day(), at.Month(), at.Year(), at.Format("15:04"), clean(who))
	}
	return fmt.Sprintf("On %s at %s, %s wrote:", at.Format("2 Jan 2006"), at.Format("15:04"), clean(who))
}

// language guesses what the customer reads: letters that English lacks and Czech
// has, common words, else where he or we are at home.
func language(m *store.Message, text string, box store.Mailbox) string {
	sample := strings.ToLower(text[:min(len(text), 4000)])
	czech := len(czechLetters.FindAllString(sample, 12)) + 3*len(czechWords.FindAllString(sample, 12))
	english := 3 * len(englishWords.FindAllString(sample, 12))
	switch {
	case czech >= 6 && czech > english:
		return "cs"
	case english >= 6:
		return "en"
	case strings.HasSuffix(senderOf(m), ".cz"), strings.HasSuffix(strings.ToLower(box.Address), ".cz") && czech > 0:
		return "cs"
	}
	return "en"
}

var (
	czechLetters = regexp.MustCompile(`[ěščřžýáíéúůťďň]`)
	czechWords   = regexp.MustCompile(`(?:^|[\s.,!?])(dobrý|dobry|den|prosím|prosim|děkuji|dekuji|jsem|že|ale|není|neni|bych|mám|zdravím|objednávka|objednavka)(?:[\s.,!?]|$)`)
	englishWords = regexp.MustCompile(`(?:^|[\s.,!?])(the|and|you|your|please|thanks|thank|have|with|would|dear|hello)(?:[\s.,!?]|$)`)
)

func (q quote) text() string {
	if q.body == "" {
		return ""
	}
	lines := strings.Split(q.body, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight("> "+l, " \r")
		if strings.HasPrefix(l, ">") {
			lines[i] = ">" + l
		}
	}
	return "\n\n" + q.intro + "\n" + strings.Join(lines, "\n") + "\n"
}

func signatureText(signature string) string {
	if strings.TrimSpace(signature) == "" {
		return ""
	}
	return "\n\n-- \n" + strings.TrimSpace(signature)
}
