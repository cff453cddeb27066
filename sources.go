package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"postolka/imapsync"
	"postolka/store"
)

// sources tells imapsync which messages privacy wants expunged: where each was
// seen, and by what it is known elsewhere.
type sources struct {
	store *store.Store
	sync  *imapsync.Sync
}

// Targets is privacy.Expunger's. A mailbox without a server has none.
func (x sources) Targets(mailbox store.MailboxID, ids []store.MessageID) (json.RawMessage, error) {
	var targets []imapsync.Target
	err := x.store.View(func(tx *store.Tx) error {
		targets = nil
		m, err := store.Mailboxes.Get(tx, mailbox)
		if err != nil || m.IMAP.Host == "" {
			return err
		}
		for _, id := range ids {
			t, err := x.target(tx, id)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			targets = append(targets, t)
		}
		return nil
	})
	if err != nil || len(targets) == 0 {
		return nil, err
	}
	return json.Marshal(targets)
}

// Expunge is privacy.Expunger's. A mailbox without a server has nothing to expunge.
func (x sources) Expunge(ctx context.Context, mailbox store.MailboxID, known json.RawMessage, thrown func(raw []byte) bool) (removed, left int, err error) {
	var m store.Mailbox
	err = x.store.View(func(tx *store.Tx) (err error) {
		m, err = store.Mailboxes.Get(tx, mailbox)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return 0, 0, nil // it was removed since
	}
	if err != nil || m.IMAP.Host == "" {
		return 0, 0, err
	}
	var targets []imapsync.Target
	if known != nil {
		if err := json.Unmarshal(known, &targets); err != nil {
			return 0, 0, fmt.Errorf("what was known of the messages can't be read: %w", err)
		}
	}
	if len(targets) == 0 && thrown == nil {
		return 0, 0, nil
	}
	done, err := x.sync.Expunge(ctx, mailbox, targets, thrown)
	return done.Removed, len(done.Left), err
}

func (x sources) target(tx *store.Tx, id store.MessageID) (imapsync.Target, error) {
	m, err := store.Messages.Get(tx, id)
	if err != nil {
		return imapsync.Target{}, err
	}
	t := imapsync.Target{Message: id, Strict: m.Strict, Header: m.MessageIDHeader, SizeBytes: m.SizeBytes}
	raw, err := x.store.RawBytes(id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return t, err
	}
	t.SizeBytes += int64(bytes.Count(raw, []byte("\n")) - bytes.Count(raw, []byte("\r\n")))
	for sid := range store.SourcesByMessage.Prefix(tx, store.Key(id)) {
		s, err := store.Sources.Get(tx, sid)
		if err != nil {
			return t, err
		}
		t.Sources = append(t.Sources, s)
	}
	return t, nil
}
