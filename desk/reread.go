package desk

import (
	"context"
	"fmt"

	"postolka/mail"
	"postolka/store"
)

// Reread brings a message's record level with its bytes after these were
// replaced (a redaction): all that is derived from them, and its identity. Where
// it stands, and when it came, stays.
func (d *Desk) Reread(_ context.Context, id store.MessageID) error {
	raw, err := d.store.RawBytes(id)
	if err != nil {
		return err
	}
	key := d.store.Keys().Identity()
	m := mail.Parse(raw)
	l := letter{text: mail.Extract(m, raw)}
	return d.store.Update(func(tx *store.Tx) error {
		was, err := store.Messages.Get(tx, id)
		if err != nil {
			return fmt.Errorf("reread message %d: %w", id, err)
		}
		l.record = was
		l.record.Files, l.record.Unreadable, l.record.From = nil, nil, store.Address{}
		l.fill(m, d.token)
		l.record.Automatic = was.Automatic
		l.record.Strict, l.record.Loose = mail.Strict(key, raw), mail.Loose(key, m)
		l.record.SizeBytes, l.record.Version = int64(len(raw)), was.Version+1
		if err := store.Messages.Put(tx, id, l.record); err != nil {
			return err
		}
		return d.Recompute(tx, was.Conversation)
	})
}
