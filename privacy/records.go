package privacy

import (
	"postolka/match"
	"postolka/store"
)

// RecordHit is a place in a record: a customer card, a draft, an outbox entry.
type RecordHit struct {
	Table, Field           string
	ID                     uint64
	Mailbox                store.MailboxID
	Identifier             int
	Form                   match.Form
	Derived                bool // computed from messages; goes with them
	Before, Matched, After string
	New                    bool // a find again brought it
}

// walk finds in every record of every table that may hold personal text.
func (p *Privacy) walk(matcher *match.Matcher) ([]RecordHit, error) {
	var hits []RecordHit
	var scratch match.Scratch
	err := p.Store.Walk(func(f store.Field) error {
		if !matcher.Any([]byte(*f.Text), &scratch) {
			return nil
		}
		for _, h := range matcher.Find([]byte(*f.Text)) {
			before, matched, after := excerpt([]byte(*f.Text), h.From, h.To)
			hits = append(hits, RecordHit{Table: f.Table, Field: f.Name, ID: f.ID, Mailbox: f.Mailbox, Identifier: h.Identifier, Form: h.Form,
				Derived: f.Derived, Before: before, Matched: matched, After: after})
		}
		return nil
	})
	return hits, err
}
