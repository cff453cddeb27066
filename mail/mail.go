// Package mail reads and writes Internet messages (RFC 5322, MIME RFC 2045 to
// 2049, RFC 2231, RFC 2047). It imports only attach, which reads the formats
// of attachments, and holds no state: every function is pure (Signed asks DNS
// through its caller) and safe for concurrent use.
//
// Vocabulary. A [Message] is the reading of raw bytes, a tree of [Part]s. Its
// [Text] is everything readable in it, kept beside the raw bytes for search. An
// [Identity] says whether two raw messages are the same one. An [Outgoing] is a
// message we write.
//
// Reading is tolerant: [Parse] never fails, never panics and never loses a
// byte. What it cannot understand it names in Message.Quarantine or
// Part.Defects; the raw bytes are the caller's and stay the truth.
//
// Paths number parts as IMAP does (RFC 9051 §6.4.5.1): a message with a single
// part has "1", the children of its outermost multipart "1", "2", their
// children "1.1"; the outermost multipart and the message's own header have "".
// The header and the outermost multipart of a nested message at "2" have "2",
// its parts "2.1" and so on.
package mail

import (
	"strings"
	"time"
)

// Message is a tolerant reading of raw RFC 5322 bytes.
type Message struct {
	Fields     []Field  // header in order, never cut
	MessageID  string   // without <>; "" if none
	InReplyTo  []string // ids without <>
	References []string // ids without <>, oldest first

	From, Sender, ReplyTo, To, Cc, Bcc, DeliveredTo []Address

	Subject string
	Date    time.Time // UTC; zero if absent or unreadable
	Root    *Part     // never nil

	// Quarantine says why the message could not be understood: one of the
	// Quarantine constants, or "" when it was. Its raw bytes stay searchable.
	Quarantine string

	// Automatic: written by a program (RFC 3834 §2, RFC 3464, lists); must not
	// be answered automatically.
	Automatic bool
}

// Reasons for Message.Quarantine. They are stored and shown through message
// keys, so they never change.
const (
	QuarantineEmpty   = "empty"
	QuarantineHeader  = "no header"
	QuarantineTooLong = "header too large"
	QuarantineNesting = "nesting too deep"
	QuarantineParts   = "too many parts"
)

// Limits of one message. Real mail stays far below; beyond them lies an attack
// or a broken program, and the message is quarantined.
const (
	maxDepth       = 50
	maxParts       = 1000
	maxHeaderBytes = 1 << 20
	maxFields      = 5000
)

// Field is one header field. Name is as written. Raw is the value as written
// without the final line break, possibly folded and not valid UTF-8. Value is
// unfolded and decoded (RFC 2047; undeclared 8-bit bytes by guess), always
// valid UTF-8. An mbox separator line is kept with the name "From " and a line
// that is no field with the name "".
type Field struct {
	Name, Raw, Value string

	start, end int // with line break, in the buffer of its part
}

// Get returns the decoded value of the first field of that name in any case,
// "" if there is none.
func (m *Message) Get(name string) string { return get(m.Fields, name) }

func get(fields []Field, name string) string {
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// raw returns the unfolded but undecoded value of the first field of that
// name: structure is read before encoded words are, RFC 2047 §6.2.
func rawValue(fields []Field, name string) string {
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			return unfold(f.Raw)
		}
	}
	return ""
}

// Parse reads raw. It never fails and never panics. The message shares raw's
// memory: do not change raw while it is used.
func Parse(raw []byte) *Message {
	p := &parser{nl: '\n'}
	if !hasByte(raw, '\n') && hasByte(raw, '\r') {
		p.nl = '\r' // written by a Mac of old
	}
	m := p.message(raw, p.top(raw), len(raw), "", 0)
	switch {
	case len(strings.TrimSpace(string(raw[:min(len(raw), 64)]))) == 0 && strings.TrimSpace(string(raw)) == "":
		m.Quarantine = QuarantineEmpty
	case countNamed(m.Fields) == 0:
		m.Quarantine = QuarantineHeader
	default:
		m.Quarantine = p.quarantine
	}
	return m
}

func countNamed(fields []Field) (n int) {
	for _, f := range fields {
		if f.Name != "" && f.Name != mboxLine {
			n++
		}
	}
	return n
}

// readHeader fills what the header says from the fields of the root part.
func (m *Message) readHeader(hint string) {
	addresses := func(name string) (list []Address) {
		for _, f := range m.Fields {
			if strings.EqualFold(f.Name, name) {
				list = append(list, parseAddresses(unfold(f.Raw), hint)...)
			}
		}
		return list
	}
	m.From, m.Sender, m.ReplyTo = addresses("From"), addresses("Sender"), addresses("Reply-To")
	m.To, m.Cc, m.Bcc = addresses("To"), addresses("Cc"), addresses("Bcc")
	m.DeliveredTo = append(addresses("Delivered-To"), addresses("X-Original-To")...)
	if ids := messageIDs(rawValue(m.Fields, "Message-ID")); len(ids) > 0 {
		m.MessageID = ids[0]
	}
	m.InReplyTo = bracketedIDs(rawValue(m.Fields, "In-Reply-To"))
	m.References = messageIDs(rawValue(m.Fields, "References"))
	m.Subject = m.Get("Subject")
	m.Date = parseDate(rawValue(m.Fields, "Date"))
	m.Automatic = m.automatic()
}

// messageIDs reads "<a@b> <c@d>", also without brackets as some clients write.
func messageIDs(s string) []string {
	if ids := bracketedIDs(s); len(ids) > 0 {
		return ids
	}
	var ids []string
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == ',' }) {
		if w = strings.Trim(w, "<>"); w != "" {
			ids = append(ids, w)
		}
	}
	return ids
}

// bracketedIDs reads only <…>: In-Reply-To often says "Your message of …".
func bracketedIDs(s string) []string {
	var ids []string
	for {
		_, after, ok := strings.Cut(s, "<")
		if !ok {
			return ids
		}
		id, rest, ok := strings.Cut(after, ">")
		if !ok {
			return ids
		}
		if id = strings.Join(strings.Fields(id), ""); id != "" {
			ids = append(ids, id)
		}
		s = rest
	}
}

// automatic reports whether a program wrote the message.
func (m *Message) automatic() bool {
	if v := strings.ToLower(m.Get("Auto-Submitted")); v != "" && !strings.HasPrefix(v, "no") {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(m.Get("Precedence"))) {
	case "bulk", "junk", "list", "auto_reply", "auto-reply":
		return true
	}
	for _, f := range m.Fields {
		name := strings.ToLower(f.Name)
		switch {
		case strings.HasPrefix(name, "list-"), name == "mailing-list", strings.HasPrefix(name, "x-autore"), strings.HasPrefix(name, "x-auto-reply"), name == "x-mail-autoreply", name == "x-failed-recipients", name == "feedback-id":
			return true
		case name == "return-path" && strings.TrimSpace(f.Value) == "<>":
			return true
		}
	}
	if t, _ := mediaType(rawValue(m.Fields, "Content-Type"), ""); t == "multipart/report" || t == "message/delivery-status" {
		return true
	}
	return m.fromDaemon() || awaySubject().MatchString(plainLetters(m.Subject))
}

// awaySubject: how programs call the answers that they give for someone who is away.
var awaySubject = anyOf(`^\s*(automatic(ka)? (odpoved|reply)|auto-?(matic )?(reply|response)\b|out of (the )?office|abwesenheits(notiz|meldung|agent)|automatische antwort|automatisch antwoord|odpowiedz automatyczna|automatyczna odpowiedz|autoodpowiedz|reponse automatique|respuesta automatica|risposta automatica|automatikus valasz|(nepritomnost|mimo kancelar)\s*:)`)

func (m *Message) fromDaemon() bool {
	for _, a := range append(m.From[:len(m.From):len(m.From)], m.Sender...) {
		local, _, _ := strings.Cut(strings.ToLower(a.Addr), "@")
		switch local {
		case "mailer-daemon", "mailerdaemon", "postmaster", "mail-daemon", "noreply", "no-reply", "donotreply", "do-not-reply":
			return true
		}
		if serverAddress().MatchString(local) {
			return true
		}
	}
	return false
}
