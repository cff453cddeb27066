package privacy

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"postolka/mail"
	"postolka/store"
)

type exportedMessage struct {
	ID           uint64         `json:"id"`
	Conversation uint64         `json:"conversation"`
	Mailbox      string         `json:"mailbox"`
	Kind         string         `json:"kind"`
	Role         string         `json:"role"`
	MessageID    string         `json:"message_id"`
	Date         string         `json:"date"`
	From         string         `json:"from"`
	To           []string       `json:"to"`
	Cc           []string       `json:"cc"`
	Subject      string         `json:"subject"`
	Text         string         `json:"text"`
	Redacted     bool           `json:"redacted"` // other people's data was taken out
	File         string         `json:"file"`
	Attachments  []exportedFile `json:"attachments"`
}

type exportedFile struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Bytes int    `json:"bytes"`
	File  string `json:"file"`
}

// strongestRoles: who wrote a message is its author, wherever else he stands in it.
func strongestRoles(hits []Hit) map[store.MessageID]string {
	rank := map[string]int{Mentioned: 1, Recipient: 2, Author: 3}
	roles := map[store.MessageID]string{}
	for _, h := range hits {
		if rank[h.Role] > rank[roles[h.Message]] {
			roles[h.Message] = h.Role
		}
	}
	return roles
}

var kindWords = map[store.MessageKind]string{
	store.Incoming: "received", store.Outgoing: "sent", store.Note: "internal note", store.Form: "form",
}

var errWithheld = errors.New("message is withheld")

func (p *Privacy) packMessage(k *packer, id store.MessageID, role string) (m exportedMessage, withheld []Withheld, err error) {
	raw, err := p.Store.RawBytes(id)
	if err != nil {
		return m, nil, err
	}
	var record store.Message
	var mailbox store.Mailbox
	err = p.Store.View(func(tx *store.Tx) (err error) {
		if record, err = store.Messages.Get(tx, id); err == nil {
			mailbox, err = store.Mailboxes.Get(tx, record.Mailbox)
		}
		return err
	})
	if err != nil {
		return m, nil, err
	}
	text, err := p.storedText(id)
	if err != nil {
		return m, nil, err
	}
	shown, withheld := k.burner.message(id, raw, record, text, role)
	if shown == nil {
		return m, withheld, errWithheld
	}
	parsed, at := mail.Parse(shown), record.SentAt
	if at.IsZero() {
		at = record.ReceivedAt
	}
	m = exportedMessage{
		ID: uint64(id), Conversation: uint64(record.Conversation), Mailbox: mailbox.Name, Kind: kindWords[record.Kind], Role: role,
		MessageID: parsed.MessageID, Date: at.UTC().Format(time.RFC3339),
		From: strings.Join(people(parsed.From), ", "), To: people(parsed.To), Cc: people(parsed.Cc),
		Subject: parsed.Subject, Text: readable(parsed), Redacted: string(shown) != string(raw),
		File: fmt.Sprintf("messages/%d.eml", id), Attachments: []exportedFile{},
	}
	if err := k.add(m.File, shown); err != nil {
		return m, withheld, err
	}
	return m, withheld, k.attachments(&m, parsed)
}

func (k *packer) attachments(m *exportedMessage, parsed *mail.Message) error {
	for i, f := range parsed.Files() {
		file := fmt.Sprintf("attachments/%d/%d-%s", m.ID, i+1, safeName(f.Name))
		if err := k.add(file, f.Data); err != nil {
			return err
		}
		m.Attachments = append(m.Attachments, exportedFile{f.Name, f.Type, len(f.Data), file})
	}
	return nil
}

func people(list []mail.Address) []string {
	out := []string{}
	for _, a := range list {
		switch {
		case a.Name == "":
			out = append(out, a.Addr)
		case a.Addr == "":
			out = append(out, a.Name)
		default:
			out = append(out, a.Name+" <"+a.Addr+">")
		}
	}
	return out
}

// readable is the body as text, also of a message that has only HTML.
func readable(m *mail.Message) string {
	if plain := m.Plain(); plain != nil {
		return plain.Text
	}
	if html := m.HTML(); html != nil {
		visible, _ := mail.HTMLToText(html.Text)
		return visible
	}
	return ""
}

// safeName keeps a file name inside its folder, on every system.
func safeName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`<>:"/\|?*`, r) {
			return '_'
		}
		return r
	}, name)
	if name = strings.Trim(name, ". "); name == "" {
		return "attachment"
	}
	return name
}
