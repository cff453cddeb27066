package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

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
		if stone.Former, err = former(tx, stone); err != nil {
			return err
		}
		if err := store.Tombstones.Put(tx, t.Message, stone); err != nil {
			return err
		}
	}
	return nil
}

// former are the identities that an earlier tombstone of the message refuses.
func former(tx *store.Tx, stone store.Tombstone) (all []store.Identity, err error) {
	was, err := store.Tombstones.Get(tx, stone.Message)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	now := store.Identity{Strict: stone.Strict, Loose: stone.Loose}
	for _, f := range append(was.Former, store.Identity{Strict: was.Strict, Loose: was.Loose}) {
		if f != now && !slices.Contains(all, f) {
			all = append(all, f)
		}
	}
	return all, err
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
		err = eraseRow(tx, body)
	case VerbBlankField:
		err = blank(tx, body)
	}
	return gone, err
}

func eraseRow(tx *store.Tx, body Body) error {
	if body.Table == "customers" {
		_, err := EraseCard(tx, store.CustomerID(body.ID))
		return err
	}
	return unlessGone(store.EraseRow(tx, body.Table, body.ID))
}

// EraseCard deletes a customer's card and lets go of it in conversations, which
// it returns. A card that is gone already is fine.
func EraseCard(tx *store.Tx, id store.CustomerID) (touched []store.ConversationID, err error) {
	touched = slices.Collect(store.ConversationsByCustomer.Prefix(tx, store.Key(id)))
	for _, cid := range touched {
		c, err := store.Conversations.Get(tx, cid)
		if err != nil {
			return nil, err
		}
		c.Customer = 0
		if err := store.Conversations.Put(tx, cid, c); err != nil {
			return nil, err
		}
	}
	return touched, store.EraseRow(tx, "customers", uint64(id))
}

// blank empties a field. Of a list the ledger names a place, and in an older
// record the datum may stand in another: there the whole list is emptied. Records
// that were copied after the job was done are as it left them.
func blank(tx *store.Tx, body Body) error {
	job, err := store.Jobs.Get(tx, body.Job)
	if err == nil && job.State == store.JobDone {
		return nil
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return BlankField(tx, body.Table, body.ID, body.Field)
}

// BlankField empties a field; of one in a list the whole list. A row or field that
// is gone already is fine.
func BlankField(tx *store.Tx, table string, id uint64, field string) (err error) {
	empty := func(string) string { return "" }
	list, _, is := strings.Cut(field, "[")
	if !is || !strings.HasSuffix(field, "]") {
		return unlessGone(store.RewriteField(tx, table, id, field, empty))
	}
	for n := 0; err == nil; n++ {
		err = store.RewriteField(tx, table, id, fmt.Sprintf("%s[%d]", list, n), empty)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return DropBlanks(tx, table, id)
}

// DropBlanks takes emptied texts out of a record's lists. A row that is gone is fine.
func DropBlanks(tx *store.Tx, table string, id uint64) error {
	full := func(list []string) []string { return slices.DeleteFunc(list, func(t string) bool { return t == "" }) }
	switch table {
	case "customers":
		card, err := store.Customers.Get(tx, store.CustomerID(id))
		if err != nil {
			return unlessGone(err)
		}
		card.Addresses, card.Phones = full(card.Addresses), full(card.Phones)
		return store.Customers.Put(tx, store.CustomerID(id), card)
	case "conversations":
		c, err := store.Conversations.Get(tx, store.ConversationID(id))
		if err != nil {
			return unlessGone(err)
		}
		c.Tags = full(c.Tags)
		return store.Conversations.Put(tx, store.ConversationID(id), c)
	case "outbox":
		e, err := store.Outbox.Get(tx, store.OutboxID(id))
		if err != nil {
			return unlessGone(err)
		}
		e.Recipients = full(e.Recipients)
		return store.Outbox.Put(tx, store.OutboxID(id), e)
	}
	return nil
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
