package mail

import (
	"strings"
	"time"
)

// Bounce is a report of mail servers that a message was not, or not yet,
// delivered: in the form of RFC 3464 or in words only.
type Bounce struct {
	Failures []Failure // never empty; whom it was delivered to is left out
	Returned Returned
}

// Failure is one recipient who did not get the message.
type Failure struct {
	Recipient string // as first addressed where that is told; "" if the report names nobody
	Delayed   bool   // the server goes on trying
	Status    string // enhanced code "5.2.2" (RFC 3463), else reply code "550"; "" if none
	Reason    string // one of the Reason constants, "" when it can't be told
	Words     string // the server's own, on one line; "" if none
}

// Reasons of a Failure. They are stored and shown through message keys.
const (
	ReasonUnknown     = "unknown"     // no such address
	ReasonDomain      = "domain"      // no such domain, or one without mail
	ReasonFull        = "full"        // mailbox over its quota
	ReasonDisabled    = "disabled"    // mailbox closed
	ReasonSize        = "size"        // message too large
	ReasonUnreachable = "unreachable" // server does not answer
	ReasonLoop        = "loop"        // forwarded in a circle
	ReasonRefused     = "refused"     // by policy, as spam, or by the sender's address
)

// Returned is what the report says of the message it is about.
type Returned struct {
	MessageIDs []string // without <>; the nearest first
	Subject    string
	To         []Address
	Date       time.Time // zero: not told
}

const (
	maxFailures = 100
	maxWords    = 400 // bytes of Failure.Words
	// maxReport: a report says at its beginning what it has to say. Without a bound
	// a text of 50 MB was copied nine times, and every line of it compared.
	maxReport = 256 << 10
)

// ReadBounce reads m as a report of failed or delayed delivery; false: it is none.
// Who sent m is not proven by it: what it says counts only for a message that
// Returned names and that went to the recipient.
func ReadBounce(m *Message) (Bounce, bool) {
	r := readReport(m)
	if r.complaint || r.outside == 0 && len(r.receipts) == 0 { // nearly all mail: its text, which takes long, is not asked
		return Bounce{}, false
	}
	r.text, r.rest = cutReturned(r.words())
	failures, stated := r.statuses()
	if !stated {
		if !r.speaksOfFailure() {
			return Bounce{}, false
		}
		if failures = r.inWords(); r.inner != nil && r.inner.fromServer() { // a gateway put the report into one of its own
			if b, ok := ReadBounce(r.inner); ok {
				return b, true
			}
		}
	}
	if len(failures) == 0 {
		return Bounce{}, false
	}
	r.explain(failures)
	b := Bounce{failures[:min(len(failures), maxFailures)], r.returned()}
	if !stated && !b.speaksOfMail() {
		return Bounce{}, false
	}
	return b, true
}

// speaksOfMail: a report in words that names neither a recipient nor a message is
// none; mailboxes are warned so that they are nearly full.
func (b Bounce) speaksOfMail() bool {
	return b.Failures[0].Recipient != "" || len(b.Returned.MessageIDs) > 0 || b.Returned.Subject != ""
}

// report is what of a message may speak of a delivery.
type report struct {
	m                *Message
	outside          int      // signs that are none of its text's
	plain, formatted []*Part  // text for people
	text             string   // without the returned message
	rest             string   // the text after that: a returned message without a part of its own
	status           []*Part  // message/delivery-status
	receipts         []*Part  // message/disposition-notification
	complaint        bool     // message/feedback-report, RFC 5965: it was delivered, and called spam
	inner            *Message // the returned message or its header
	headers          string   // text/rfc822-headers
}

func readReport(m *Message) *report {
	r := &report{m: m}
	r.walk(m.Root)
	r.outside = r.signsOutside()
	return r
}

// words are its text for people, the plain one where there is one.
func (r *report) words() string {
	var words []string
	for _, p := range r.plain {
		words = append(words, beginning(p.Text))
	}
	if len(words) == 0 {
		for _, p := range r.formatted {
			visible, _ := HTMLToText(beginning(p.Text))
			words = append(words, visible)
		}
	}
	return strings.Join(words, "\n")
}

func (r *report) walk(p *Part) {
	for _, c := range p.Children {
		r.walk(c)
	}
	switch {
	case p.Message != nil:
		if r.inner == nil {
			r.inner = p.Message
		}
	case p.inner != nil:
	case strings.HasPrefix(p.Type, "message/") && strings.HasSuffix(p.Type, "delivery-status"):
		r.status = append(r.status, p)
	case p.Type == "message/feedback-report":
		r.complaint = true
	case p.Type == "message/disposition-notification":
		r.receipts = append(r.receipts, p)
	case p.Type == "text/rfc822-headers" || p.Type == "message/rfc822-headers" || p.Type == "message/global-headers":
		r.headers += beginning(p.Text)
	case p.isHTML():
		r.formatted = append(r.formatted, p)
	case strings.HasPrefix(p.Type, "text/") && strings.TrimSpace(p.Text) != "" && !p.IsAttachment():
		r.plain = append(r.plain, p)
	}
}

func beginning(text string) string {
	if len(text) <= maxReport {
		return text
	}
	return strings.ToValidUTF8(text[:maxReport], "")
}

// returned finds the header of the returned message: enclosed, or below the text;
// else what the text tells of it, as Exchange does.
func (r *report) returned() (out Returned) {
	inner := r.inner
	if inner == nil && r.headers != "" {
		inner = Parse([]byte(strings.TrimLeft(r.headers, "\r\n")))
	}
	if inner == nil {
		inner = Parse([]byte(unquoteHeader(r.rest)))
	}
	ids := []string{inner.MessageID}
	for _, p := range append(r.receipts, r.status...) {
		ids = append(ids, messageIDs(statusField(p.Text, "Original-Message-ID"))...)
	}
	ids = append(append(ids, r.idsInText()...), append(r.m.InReplyTo, r.m.References...)...)
	for _, id := range ids {
		if id != "" && id != r.m.MessageID && !contains(out.MessageIDs, id) {
			out.MessageIDs = append(out.MessageIDs, id)
		}
	}
	out.Subject, out.To, out.Date = inner.Subject, append(inner.To, inner.Cc...), inner.Date
	r.toldInText(&out)
	return out
}

func contains(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

// unquoteHeader makes a header of lines that stand in a text, quoted or below
// empty lines and rulers.
func unquoteHeader(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimPrefix(line, ">"), "|")
	}
	for len(lines) > 0 && !headerLine().MatchString(lines[0]) {
		lines = lines[1:]
	}
	return strings.Join(lines, "\n")
}
