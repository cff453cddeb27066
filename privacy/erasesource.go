package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"postolka/mail"
	"postolka/match"
	"postolka/store"
)

// source expunges at the mail servers: each message where it was seen, and in
// every mailbox what of the person lies in folders that never come to the desk. A
// server that can't be asked must not keep the person here: its part waits for the
// step before the receipt.
func (p *Privacy) source(ctx context.Context, r *erasure) (map[string]int64, error) {
	byMailbox, err := p.whereSeen(append(r.erased(), r.redacted()...))
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	r.file.Pending = map[store.MailboxID]json.RawMessage{}
	for mailbox, ids := range byMailbox {
		targets, err := p.Sources.Targets(mailbox, ids)
		if err != nil {
			return nil, err
		}
		n, err := p.expunge(ctx, r, mailbox, targets)
		counts["expunged"] += n
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil:
		case targets == nil:
			counts["unseen"]++
		default:
			r.file.Pending[mailbox] = targets
			counts["waiting"]++
		}
	}
	return counts, nil
}

// sourceAgain stops the job until every server has let go.
func (p *Privacy) sourceAgain(ctx context.Context, r *erasure) (map[string]int64, error) {
	counts := map[string]int64{}
	var failed error
	for mailbox, targets := range r.file.Pending {
		n, err := p.expunge(ctx, r, mailbox, targets)
		counts["expunged"] += n
		failed = errors.Join(failed, err)
	}
	if failed != nil {
		return nil, fmt.Errorf("%w: %w", ErrServerWaits, failed)
	}
	return counts, nil
}

func (p *Privacy) expunge(ctx context.Context, r *erasure, mailbox store.MailboxID, targets json.RawMessage) (removed int64, err error) {
	thrown, err := p.thrownAway(r)
	if err != nil {
		return 0, err
	}
	n, left, err := p.Sources.Expunge(ctx, mailbox, targets, thrown)
	if err != nil {
		err = fmt.Errorf("expunge in mailbox %d: %w", mailbox, err)
	} else if left > 0 {
		err = fmt.Errorf("expunge in mailbox %d: %d messages are still at the mail server", mailbox, left)
	}
	if err != nil {
		p.Logger.Warn("erasure: a mail server did not let go", "mailbox", uint64(mailbox), "error", err)
	}
	return int64(n), err
}

// whereSeen groups messages by the mailboxes at whose servers they may lie: their
// own and those of the folders they were seen in. Every mailbox is named.
func (p *Privacy) whereSeen(items []item) (by map[store.MailboxID][]store.MessageID, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		by = map[store.MailboxID][]store.MessageID{}
		for mailbox := range store.Mailboxes.All(tx) {
			by[mailbox] = nil
		}
		for _, it := range items {
			mailboxes, err := mailboxesOf(tx, it)
			if err != nil {
				return err
			}
			for _, mailbox := range mailboxes {
				by[mailbox] = append(by[mailbox], it.Message)
			}
		}
		return nil
	})
	return by, err
}

func mailboxesOf(tx *store.Tx, it item) ([]store.MailboxID, error) {
	all := []store.MailboxID{it.Mailbox}
	for id := range store.SourcesByMessage.Prefix(tx, store.Key(it.Message)) {
		source, err := store.Sources.Get(tx, id)
		if err != nil {
			return nil, err
		}
		folder, err := store.Folders.Get(tx, source.Folder)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(all, folder.Mailbox) {
			all = append(all, folder.Mailbox)
		}
	}
	return all, nil
}

// thrownAway says of mail in Trash, Junk or Drafts whether it holds the person. A
// copy of a message that is kept here, for whatever reason, stays. Nil without
// selectors: what retention removes has its copies found by identity.
func (p *Privacy) thrownAway(r *erasure) (func(raw []byte) bool, error) {
	if len(r.file.Selectors) == 0 {
		return nil, nil
	}
	matcher, err := match.NewMatcher(r.file.Selectors)
	gone := idSet{}
	for _, it := range append(r.erased(), r.redacted()...) {
		gone[it.Message] = struct{}{}
	}
	return func(raw []byte) bool {
		return names(matcher, raw) && !p.lives(mail.Strict(p.Store.Keys().Identity(), raw), gone)
	}, err
}

// names says whether a message holds a hit anywhere.
func names(matcher *match.Matcher, raw []byte) bool {
	for _, part := range mail.Extract(mail.Parse(raw), raw).Parts {
		if len(matcher.Find([]byte(part.Text))) > 0 {
			return true
		}
	}
	return false
}

// lives: a message of this identity stays on the desk. In doubt it does.
func (p *Privacy) lives(strict mail.Identity, gone idSet) (yes bool) {
	err := p.Store.View(func(tx *store.Tx) error {
		for mailbox := range store.Mailboxes.All(tx) {
			for id := range store.MessagesByStrict.Prefix(tx, store.Key(mailbox, [32]byte(strict))) {
				if _, goes := gone[id]; !goes {
					yes = true
				}
			}
		}
		return nil
	})
	return yes || err != nil
}
