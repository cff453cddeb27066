package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"postolka/store"
	"postolka/tree"
)

// Tombstoned says whether a message with these identities (mail.Strict, mail.Loose;
// loose zero: none) was erased, in whatever mailbox, and must not come in.
func Tombstoned(tx *store.Tx, strict, loose [32]byte) bool {
	if _, yes := store.TombstonesByStrict.First(tx, store.Key(strict)); yes {
		return true
	}
	if loose == [32]byte{} {
		return false
	}
	_, yes := store.TombstonesByLoose.First(tx, store.Key(loose))
	return yes
}

// Tombstoned is the function of that name, for desk.Intake.
func (l *Ledger) Tombstoned(tx *store.Tx, strict, loose [32]byte) bool {
	return Tombstoned(tx, strict, loose)
}

func putTombstones(tx *store.Tx, body Body) error {
	for _, t := range body.Tombstones {
		strict, loose, err := t.hashes()
		if err != nil {
			return err
		}
		stone := store.Tombstone{Strict: strict, Loose: loose, Message: t.Message, At: body.At, Ledger: store.LedgerID(body.N)}
		if err := store.Tombstones.Put(tx, t.Message, stone); err != nil {
			return err
		}
	}
	return nil
}

// Replay applies one entry, verified by VerifyObjects, to a restored store, and returns
// the messages whose content the caller must remove from the volumes after the commit.
// Entries come in order; those that the store had when its snapshot was made are
// applied too, which changes nothing. An entry that the store doesn't have yet becomes
// the next of its ledger. Erased messages leave a placeholder in their thread; derived
// texts of the thread are emptied, for the rebuild to compute again. Errors: ErrGap,
// ErrForked, ErrBody, store's.
func (l *Ledger) Replay(tx *store.Tx, body Body) ([]store.MessageID, error) {
	if err := body.check(); err != nil {
		return nil, err
	}
	if err := adopt(tx, body); err != nil {
		return nil, err
	}
	if err := putTombstones(tx, body); err != nil {
		return nil, err
	}
	gone, err := apply(tx, body)
	if err != nil {
		return nil, fmt.Errorf("replay ledger entry %d: %w", body.N, err)
	}
	return gone, nil
}

// adopt makes body part of the restored store's own ledger.
func adopt(tx *store.Tx, body Body) error {
	edge, _, err := state(tx)
	if err != nil {
		return err
	}
	switch {
	case body.N > edge.Size()+1:
		return fmt.Errorf("ledger entry %d after %d: %w", body.N, edge.Size(), ErrGap)
	case body.N == edge.Size()+1:
		return put(tx, edge, body, true)
	}
	rec, err := store.Ledger.Get(tx, store.LedgerID(body.N))
	if err != nil {
		return err
	}
	if !bytes.Equal(rec.Body, body.bytes()) {
		return fmt.Errorf("ledger entry %d: %w", body.N, ErrForked)
	}
	return nil
}

func apply(tx *store.Tx, body Body) (gone []store.MessageID, err error) {
	switch body.Verb {
	case VerbTombstone, VerbReplaceMessage:
		for _, t := range body.Tombstones {
			ids, err := bury(tx, t, body)
			if err != nil {
				return nil, err
			}
			gone = append(gone, ids...)
		}
	case VerbEraseRow:
		err = unlessGone(store.EraseRow(tx, body.Table, body.ID))
	case VerbBlankField:
		err = unlessGone(store.RewriteField(tx, body.Table, body.ID, body.Field, func(string) string { return "" }))
	}
	return gone, err
}

func unlessGone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// bury finds every message that a tombstone speaks of. It goes by identity in all
// mailboxes, and by id when that record has one of the identities: an id alone may be
// another message's, taken after a restore.
func bury(tx *store.Tx, t Tombstone, body Body) (gone []store.MessageID, err error) {
	strict, loose, err := t.hashes()
	if err != nil {
		return nil, err
	}
	for mailbox := range store.Mailboxes.All(tx) {
		for id := range store.MessagesByStrict.Prefix(tx, store.Key(mailbox, strict)) {
			gone = append(gone, id)
		}
	}
	rec, err := store.Messages.Get(tx, t.Message)
	same := rec.Strict == strict || loose != [32]byte{} && rec.Loose == loose
	// A redacted message isn't the one that replace-message refuses any more.
	if err == nil && rec.Erased.IsZero() && same && (body.Verb == VerbTombstone || rec.Version == 0) {
		gone = append(gone, t.Message)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	slices.Sort(gone)
	gone = slices.Compact(gone)
	for _, id := range gone {
		if err := reduce(tx, id, body); err != nil {
			return nil, err
		}
	}
	return gone, nil
}

// reduce leaves of a message its place in the thread, and empties what the thread's
// record derives from messages.
func reduce(tx *store.Tx, id store.MessageID, body Body) error {
	rec, err := store.Messages.Get(tx, id)
	if err != nil {
		return err
	}
	left := store.Message{Conversation: rec.Conversation, Mailbox: rec.Mailbox, Volume: rec.Volume, Kind: rec.Kind,
		Origin: rec.Origin, Agent: rec.Agent, ReceivedAt: rec.ReceivedAt, Version: rec.Version, Erased: body.At}
	if err := store.Messages.Put(tx, id, left); err != nil {
		return err
	}
	c, err := store.Conversations.Get(tx, rec.Conversation)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c.Subject, c.Who, c.Preview = "", "", ""
	return store.Conversations.Put(tx, rec.Conversation, c)
}

// Tree of the ledger after a list of entries, for those who compare without a store.
func Tree(bodies []Body) Head {
	var edge tree.Edge
	head := Head{Origin: Origin}
	for _, b := range bodies {
		edge.Add(tree.Leaf(b.bytes()))
		head.At = b.At
	}
	head.N, head.Root = edge.Size(), edge.Root()
	return head
}
