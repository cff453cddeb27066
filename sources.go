package main

import (
	"bytes"
	"context"
	"errors"

	"postolka/imapsync"
	"postolka/store"
)

// sources tells imapsync which messages privacy wants expunged: where each was
// seen, and by what it is known elsewhere.
type sources struct {
	store *store.Store
	sync  *imapsync.Sync
}

// Expunge is privacy.Expunger. A mailbox without a server has nothing to expunge.
func (x sources) Expunge(ctx context.Context, mailbox store.MailboxID, ids []store.MessageID, thrown func(raw []byte) bool) (int, map[store.MessageID]string, error) {
	var m store.Mailbox
	var targets []imapsync.Target
	err := x.store.View(func(tx *store.Tx) (err error) {
		targets = nil
		if m, err = store.Mailboxes.Get(tx, mailbox); err != nil {
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
	if err != nil || m.IMAP.Host == "" || len(targets) == 0 && thrown == nil {
		return 0, nil, err
	}
	done, err := x.sync.Expunge(ctx, mailbox, targets, thrown)
	return done.Removed, done.Left, err
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
