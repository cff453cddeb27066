package desk

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"postolka/mail"
	"postolka/rights"
	"postolka/store"
)

// Bounds of what a record keeps of a message; its raw bytes are kept whole.
const (
	maxPeople  = 1000
	maxRefs    = 250
	maxIDBytes = 900 // a longer Message-ID is treated as none
	maxSubject = 1000
	maxFiles   = 500
	previewLen = 200
	maxHost    = 255
)

// QuarantinePanic: reading the message failed in our own code.
const QuarantinePanic = "reader failed"

// surroundings are the facts about mailboxes that reading needs; they are taken
// once a batch and end up in the records, so that later changes of settings
// don't change threads.
type surroundings struct {
	boxes  map[store.MailboxID]store.Mailbox
	roles  map[store.FolderID]string
	agents map[string]store.AgentID
	house  *house
	asks   bool // DNS may be asked
	now    time.Time

	servers map[store.MailboxID][]string // see lately
	learned map[store.MailboxID]string   // see learn
}

// letter is one message of a batch on its way through Intake.
type letter struct {
	in     Incoming
	at     int // its place in the batch
	strict mail.Identity
	fresh  bool // nobody had it when the batch began: it was read
	role   string

	id       store.MessageID
	record   store.Message
	text     mail.Text
	coded    []byte        // text as stored
	returned mail.Returned // what a delivery report tells of the mail it is about
	asks     rights.Kind
	auth     mail.AuthResults
	signed   *mail.Message // its signature is worth verifying
	kept     bool          // its record was stored
}

// parallel runs fn over n things on all cores.
func parallel(n int, fn func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range next {
				fn(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// read fills the letter's record and text. What the reader can't take, even a
// panic of it, becomes a quarantined record; the raw bytes stay searchable.
func (l *letter) read(key []byte, env *surroundings) {
	defer func() {
		if r := recover(); r != nil {
			l.quarantine(QuarantinePanic)
		}
	}()
	l.record = store.Message{Mailbox: l.in.Mailbox, Origin: l.in.Origin, SizeBytes: int64(len(l.in.Raw)), Strict: l.strict, ReceivedAt: l.in.ReceivedAt.UTC()}
	l.setReceived(time.Time{}, env.now)
	m := mail.Parse(l.in.Raw)
	l.text = mail.Extract(m, l.in.Raw)
	l.record.Loose = mail.Loose(key, m)
	l.fill(m)
	l.judge(env)
	l.setReceived(m.Date, env.now)
	l.coded = l.text.Encode()
	l.asks = l.asksFor(m)
	if l.mayAsk(env) && m.Get("DKIM-Signature") != "" {
		l.signed = m
	}
}

// mayAsk: keys of signatures are asked for while mail is new; senders change them.
func (l *letter) mayAsk(env *surroundings) bool {
	return env.asks && !env.boxes[l.in.Mailbox].NoLookups && !l.in.Quiet && l.record.Kind == store.Incoming && l.record.Quarantine == ""
}

// asksFor is the right that a customer's new mail seems to ask for. Old mail is
// history, and what a program sent asks for nothing.
func (l *letter) asksFor(m *mail.Message) rights.Kind {
	r := &l.record
	if l.in.Quiet || l.in.Sent || l.role == "junk" || r.Kind != store.Incoming || r.Agent != 0 || r.Automatic || r.Quarantine != "" {
		return rights.None
	}
	return rights.Detect(m.Subject, mail.Own(l.text)).Kind
}

func (l *letter) quarantine(reason string) {
	l.record.Quarantine = reason
	l.text = mail.Text{Version: mail.TextVersion, Unreadable: []mail.Unreadable{{Reason: "quarantined: " + reason}}}
	l.text.Parts = []mail.TextPart{{Kind: mail.Raw, Text: strings.ToValidUTF8(string(l.in.Raw), "\ufffd")}}
	l.coded = l.text.Encode()
}

// setReceived decides when a message came that no server dated: its own Date for
// old mail, else now.
func (l *letter) setReceived(date, now time.Time) {
	switch r := &l.record.ReceivedAt; {
	case !l.in.ReceivedAt.IsZero():
	case l.in.Quiet && date.Year() > 1970 && date.Before(now):
		*r = date.UTC()
	default:
		*r = now.UTC()
	}
}

func (l *letter) fill(m *mail.Message) {
	r := &l.record
	r.SentAt, r.Subject, r.Automatic, r.Quarantine = m.Date, cut(m.Subject, maxSubject), m.Automatic, m.Quarantine
	if len(m.From) > 0 {
		r.From = store.Address(m.From[0])
	} else if len(m.Sender) > 0 {
		r.From = store.Address(m.Sender[0])
	}
	r.ReplyTo, r.To, r.Cc, r.Bcc = people(m.ReplyTo), people(m.To), people(m.Cc), people(m.Bcc)
	r.MessageIDHeader = usableID(m.MessageID)
	r.InReplyTo, r.References = usableIDs(m.InReplyTo), usableIDs(m.References)
	r.Preview = mail.Preview(l.text, previewLen)
	for _, f := range m.Files() {
		if len(r.Files) < maxFiles {
			r.Files = append(r.Files, fileOf(f))
		}
	}
	for _, u := range l.text.Unreadable {
		r.Unreadable = append(r.Unreadable, store.Unreadable{Part: u.Path, Reason: u.Reason})
	}
	l.auth = mail.ReadAuthResults(m)
	r.Auth.Server = cut(l.auth.Server, maxHost)
	l.report(m)
}

func fileOf(a mail.AttachedFile) store.File {
	f := store.File{Part: a.Path, Name: a.Name, Type: a.Type, SizeBytes: int64(len(a.Data))}
	if strings.HasPrefix(a.Type, "image/") && a.Inline {
		f.ContentID = a.ContentID
	}
	return f
}

// report notes whom a delivery report names, and refers it to the message that was
// not delivered: which of them it may join says [reportsOn].
func (l *letter) report(m *mail.Message) {
	b, ok := mail.ReadBounce(m)
	if !ok {
		return
	}
	r := &l.record
	r.Automatic = true
	for _, f := range b.Failures {
		r.Failures = append(r.Failures, store.Failure{Recipient: cut(f.Recipient, maxSubject), Delayed: f.Delayed, Status: f.Status, Reason: f.Reason, Words: f.Words})
	}
	for _, id := range slices.Backward(usableIDs(b.Returned.MessageIDs)) {
		if !slices.Contains(r.References, id) {
			r.References = append(r.References, id)
		}
	}
	l.returned = b.Returned
}

// judge decides whether the message is ours, and whether to believe its sender.
func (l *letter) judge(env *surroundings) {
	r := &l.record
	own := strings.ToLower(env.boxes[l.in.Mailbox].Address)
	fromOwn := own != "" && senderOf(r) == own
	switch {
	case l.in.Sent:
		r.Kind = store.Outgoing
	case l.in.Origin == store.FromForm:
		r.Kind = store.Form
	case fromOwn && l.mixedFolder() && !containsAddr(r.To, own) && !l.auth.Failed():
		r.Kind = store.Outgoing
	default:
		r.Unproven = fromOwn || l.auth.Failed()
	}
	if id, ok := env.agents[senderOf(r)]; ok && !fromOwn && !r.Unproven && r.Kind == store.Incoming {
		r.Agent = id
	}
}

// mixedFolder: an archive holds what came and what we sent; INBOX holds only what came.
func (l *letter) mixedFolder() bool {
	return l.in.Origin == store.FromImport || l.role == "archive"
}

func people(list []mail.Address) (out []store.Address) {
	for _, a := range list[:min(len(list), maxPeople)] {
		out = append(out, store.Address{Name: cut(a.Name, maxSubject), Addr: cut(a.Addr, maxSubject)})
	}
	return out
}

func usableID(id string) string {
	if len(id) > maxIDBytes {
		return ""
	}
	return id
}

// usableIDs keeps the first reference, which names the beginning, and the newest.
func usableIDs(ids []string) (out []string) {
	if len(ids) > maxRefs {
		ids = append(ids[:1:1], ids[len(ids)-maxRefs+1:]...)
	}
	for _, id := range ids {
		if usableID(id) != "" {
			out = append(out, id)
		}
	}
	return out
}

func cut(s string, runes int) string {
	if len(s) <= runes {
		return s
	}
	n := 0
	for i := range s {
		if n == runes {
			return s[:i]
		}
		n++
	}
	return s
}
