package desk

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"postolka/mail"
	"postolka/search"
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
	text, err := d.text(id) // of these bytes: it is replaced with them
	if err != nil {
		return err
	}
	return d.level(id, raw, mail.Parse(raw), text, 1)
}

// Outdated are the messages in which this reader may read more than the one that made
// their texts: those that could not be read whole, and, once after the reader has
// learnt something, those whose text shows it. It asks the records only, but that
// once.
func (d *Desk) Outdated(ctx context.Context) (ids []store.MessageID, err error) {
	err = d.store.View(func(tx *store.Tx) error {
		ids = nil
		for box := range store.Mailboxes.All(tx) {
			for id := range store.MessagesUnreadable.Prefix(tx, store.Key(box)) {
				ids = append(ids, id)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if level, err := d.store.TextsLevel(); err != nil || level >= mail.TextVersion {
		return ids, err
	}
	var mu sync.Mutex
	err = d.store.ScanText(ctx, 0, runtime.GOMAXPROCS(0), func(_ int, id store.MessageID, text []byte) error {
		if mail.Outgrown(text) {
			mu.Lock()
			defer mu.Unlock()
			ids = append(ids, id)
		}
		return nil
	})
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// Rederived notes that all that were outdated have been derived again.
func (d *Desk) Rederived() error { return d.store.SetTextsLevel(mail.TextVersion) }

// Rederive reads a message again if an older reader made its text, and brings
// text, index and record level, the record last: it alone tells that a message is
// outdated. It reports whether it did. No erasure may work meanwhile: privacy sees
// to that.
func (d *Desk) Rederive(ctx context.Context, id store.MessageID) (bool, error) {
	var was store.Message
	err := d.store.View(func(tx *store.Tx) (err error) {
		was, err = store.Messages.Get(tx, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("derive text of message %d again: %w", id, err)
	}
	if was.Quarantine == QuarantinePanic { // its raw bytes are its text, and the reader must not see it again
		return false, nil
	}
	stored, err := d.text(id)
	if err != nil || current(stored, &was) {
		return false, err
	}
	raw, err := d.store.RawBytes(id)
	if err != nil {
		return false, fmt.Errorf("derive text of message %d again: %w", id, err)
	}
	m := mail.Parse(raw)
	text := mail.Extract(m, raw)
	text.Keep(stored)
	if err := d.store.Replace(ctx, store.Content{ID: id, Raw: raw, Text: text.Encode()}); err != nil {
		return false, err
	}
	if d.index != nil {
		if err := d.index.Add(ctx, []search.Doc{docOf(id, &was, text)}); err != nil {
			return false, err
		}
	}
	return true, d.level(id, raw, m, text, 0)
}

// current: this reader made the text, and the record says the same.
func current(t mail.Text, m *store.Message) bool {
	if t.Version < mail.TextVersion {
		return false
	}
	return slices.EqualFunc(t.Unreadable, m.Unreadable, func(a mail.Unreadable, b store.Unreadable) bool {
		return a.Path == b.Part && a.Reason == b.Reason
	})
}

// level brings the record up to what its bytes say now; replaced counts how often
// they were changed by this.
func (d *Desk) level(id store.MessageID, raw []byte, m *mail.Message, text mail.Text, replaced uint32) error {
	key := d.store.Keys().Identity()
	l := letter{text: text}
	return d.store.Update(func(tx *store.Tx) error {
		was, err := store.Messages.Get(tx, id)
		if err != nil {
			return fmt.Errorf("reread message %d: %w", id, err)
		}
		l.record = was
		l.record.Files, l.record.Unreadable, l.record.Failures, l.record.From = nil, nil, nil, store.Address{}
		l.fill(m)
		l.record.Automatic = was.Automatic
		l.record.Strict, l.record.Loose = mail.Strict(key, raw), mail.Loose(key, m)
		l.record.SizeBytes, l.record.Version = int64(len(raw)), was.Version+replaced
		if err := store.Messages.Put(tx, id, l.record); err != nil {
			return err
		}
		return d.Recompute(tx, was.Conversation)
	})
}
