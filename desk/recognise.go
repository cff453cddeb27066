package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"postolka/mail"
	"postolka/search"
	"postolka/store"
)

// Unrecognised are the messages above an id with pictures that text recognition of
// this name has not tried yet, in order.
func (d *Desk) Unrecognised(by string, after store.MessageID) (ids []store.MessageID, err error) {
	var all []store.MessageID
	err = d.store.View(func(tx *store.Tx) error {
		all = nil
		for id := range store.MessagesUnreadable.Prefix(tx, nil) {
			if id > after {
				all = append(all, id)
			}
		}
		return nil
	})
	slices.Sort(all)
	for _, id := range all {
		text, err := d.text(id)
		if errors.Is(err, store.ErrNotFound) {
			continue // erased meanwhile
		}
		if err != nil {
			return nil, err
		}
		if tried, _ := text.Recognised(); tried != by && text.ShowsPictures() {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// AddRecognised puts what recognition read in a message's pictures beside its text,
// and brings index and record level. It does nothing when the message is not raw any
// more: it was erased or redacted meanwhile. No erasure may work meanwhile.
func (d *Desk) AddRecognised(ctx context.Context, id store.MessageID, raw []byte, by string, list []mail.Recognition) error {
	now, err := d.store.RawBytes(id)
	if errors.Is(err, store.ErrNotFound) || err == nil && string(now) != string(raw) {
		return nil
	}
	if err != nil {
		return err
	}
	m := mail.Parse(raw)
	text := mail.Extract(m, raw)
	text.AddRecognised(by, list)
	var was store.Message
	err = d.store.View(func(tx *store.Tx) (err error) {
		was, err = store.Messages.Get(tx, id)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.store.Replace(ctx, store.Content{ID: id, Raw: raw, Text: text.Encode()}); err != nil {
		return fmt.Errorf("keep what was recognised in message %d: %w", id, err)
	}
	if d.index != nil {
		if err := d.index.Add(ctx, []search.Doc{docOf(id, &was, text)}); err != nil {
			return err
		}
	}
	return d.level(id, raw, m, text, 0)
}
