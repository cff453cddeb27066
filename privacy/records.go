package privacy

import (
	"context"

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
func (p *Privacy) walk(ctx context.Context, matcher *match.Matcher) ([]RecordHit, error) {
	var hits []RecordHit
	var scratch match.Scratch
	var text []byte
	err := p.Store.Walk(func(f store.Field) error {
		if text = append(text[:0], *f.Text...); !matcher.Any(text, &scratch) {
			return ctx.Err()
		}
		for _, h := range matcher.Find(text) {
			before, matched, after := excerpt(text, h.From, h.To)
			hits = append(hits, RecordHit{Table: f.Table, Field: f.Name, ID: f.ID, Mailbox: f.Mailbox, Identifier: h.Identifier, Form: h.Form,
				Derived: f.Derived, Before: before, Matched: matched, After: after})
		}
		return nil
	})
	return hits, err
}
