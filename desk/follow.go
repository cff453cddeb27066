package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/store"
)

// A mailbox may follow its server: mail that was deleted there goes to the bin
// here, where a person finds it and retention ends it. It must never go because a
// server lost sight of it for a while, so it goes only
//   - as a conversation all of whose mail from outside was deleted (answers and
//     notes go with it; what is written on, held or restricted stays),
//   - after it was absent on FollowDays days on which every folder was seen whole,
//   - when a last look at all folders but Trash, by identity, does not find it,
//   - and when not too much goes at once: then a person is asked (Follow.Asking).
//
// It comes back from the bin with the first mail that is seen of it again.

// FollowDays is on how many days a message must be missing from a mailbox that was
// seen whole: longer than a server is restored from its backup.
const FollowDays = 7

// FollowedKeep is how long what went to the bin like that is safe from retention,
// so that somebody can notice.
const FollowedKeep = 30 * 24 * time.Hour

// ErrChoice: no such answer to what becomes of mail that was deleted at the server.
var ErrChoice = errors.New("what is deleted at the server: follow, stay, agree or keep")

// DeletedChoice says what becomes of mail that is deleted at the server.
type DeletedChoice string

const (
	DeletedStays   DeletedChoice = "stay"   // the factory setting
	DeletedFollows DeletedChoice = "follow" // from now on
	DeletedAgree   DeletedChoice = "agree"  // what Follow.Asking asks about goes
	DeletedKeep    DeletedChoice = "keep"   // what it asks about stays for good
)

var deletedObjects = map[DeletedChoice]string{DeletedStays: "deleted-stays", DeletedFollows: "deleted-goes", DeletedAgree: "deleted-agreed", DeletedKeep: "deleted-kept"}

// ChooseDeleted changes it; the caller has sync look. For who may change the
// mailbox's settings: ErrNotAllowed, ErrChoice.
func (d *Desk) ChooseDeleted(ctx context.Context, by account.Agent, id store.MailboxID, choice DeletedChoice) error {
	object, ok := deletedObjects[choice]
	if !ok {
		return ErrChoice
	}
	if err := d.logSetting(ctx, by, id, "mailbox "+object); err != nil {
		return err
	}
	err := d.store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, id)
		if err != nil {
			return err
		}
		if err := d.choose(tx, id, &m.Follow, choice); err != nil {
			return err
		}
		return store.Mailboxes.Put(tx, id, m)
	})
	if err == nil {
		d.Publish(Event{Kind: "mailbox", Mailbox: id})
	}
	return err
}

func (d *Desk) choose(tx *store.Tx, id store.MailboxID, f *store.Follow, choice DeletedChoice) error {
	switch choice {
	case DeletedStays:
		*f = store.Follow{}
		return dropAbsences(tx, store.Key(id), func(store.Absence) bool { return true })
	case DeletedFollows:
		if f.Since.IsZero() {
			*f = store.Follow{Since: d.now().UTC()}
		}
	case DeletedAgree:
		f.Agreed, f.Asking = max(f.Agreed, f.Asking), 0
	case DeletedKeep:
		f.Agreed, f.Asking = 0, 0
		before, _ := followBefore(*f)
		return dropAbsences(tx, store.Key(id), func(a store.Absence) bool { return a.Since.Before(before) })
	}
	return nil
}

func dropAbsences(tx *store.Tx, prefix []byte, drop func(store.Absence) bool) error {
	for _, id := range slices.Collect(store.AbsencesByMailbox.Prefix(tx, prefix)) {
		a, err := store.Absences.Get(tx, id)
		if err != nil {
			return err
		}
		if !drop(a) {
			continue
		}
		if err := store.Absences.Delete(tx, id); err != nil {
			return err
		}
	}
	return nil
}

// Missed notes messages that were seen to be gone from a folder and lie in no
// other, as far as is known. What came otherwise too (an import) is not the
// server's to delete.
func Missed(tx *store.Tx, mailbox store.MailboxID, gone []store.MessageID, now time.Time) error {
	for _, id := range gone {
		_, elsewhere := store.SourcesByMessage.First(tx, store.Key(id))
		_, noted := store.AbsencesByMessage.First(tx, store.Key(id))
		m, err := store.Messages.Get(tx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && (elsewhere || noted || m.Origin != store.FromIMAP) {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := store.Absences.Insert(tx, store.Absence{Message: id, Mailbox: mailbox, Since: now.UTC()}); err != nil {
			return err
		}
	}
	return nil
}

// SawWhole notes a day on which every folder of a mailbox was seen whole; false:
// it is noted already.
func SawWhole(f *store.Follow, now time.Time) bool {
	today := Day(now)
	if slices.Contains(f.WholeDays, today) {
		return false
	}
	f.WholeDays = append(f.WholeDays, today)
	f.WholeDays = slices.Clone(f.WholeDays[max(0, len(f.WholeDays)-FollowDays):])
	return true
}

// followBefore: what is absent since before that was missing on enough days.
func followBefore(f store.Follow) (before time.Time, enough bool) {
	if f.Since.IsZero() || len(f.WholeDays) < FollowDays {
		return time.Time{}, false
	}
	return time.Unix(slices.Min(f.WholeDays)*24*60*60, 0), true
}

// FollowDue lists the messages of the conversations that go to the bin unless the
// server still has one of them: see Follow.
func (d *Desk) FollowDue(m store.MailboxID) (due []store.MessageID, err error) {
	err = d.store.View(func(tx *store.Tx) error {
		due = nil
		going, err := goings(tx, m)
		for _, g := range going {
			due = append(due, g.messages...)
		}
		return err
	})
	return due, err
}

// going is a conversation whose mail was deleted at the server.
type going struct {
	conversation store.ConversationID
	messages     []store.MessageID
}

func goings(tx *store.Tx, m store.MailboxID) (list []going, err error) {
	box, err := store.Mailboxes.Get(tx, m)
	if err != nil {
		return nil, err
	}
	before, enough := followBefore(box.Follow)
	if !enough {
		return nil, nil
	}
	due, at := map[store.MessageID]bool{}, map[store.ConversationID]bool{}
	var order []store.ConversationID
	for id := range store.AbsencesByMailbox.Prefix(tx, store.Key(m)) {
		a, err := store.Absences.Get(tx, id)
		if err != nil {
			return nil, err
		}
		if !a.Since.Before(before) {
			break // in order of time
		}
		msg, err := store.Messages.Get(tx, a.Message)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if due[a.Message] = true; !at[msg.Conversation] {
			at[msg.Conversation] = true
			order = append(order, msg.Conversation)
		}
	}
	for _, id := range order {
		messages, err := goes(tx, id, due)
		if err != nil {
			return nil, err
		}
		if len(messages) > 0 {
			list = append(list, going{id, messages})
		}
	}
	return list, nil
}

// goes gives the messages of a conversation that were deleted at the server; nil:
// it stays. What came from outside decides, or, where nothing did, what we sent.
func goes(tx *store.Tx, id store.ConversationID, due map[store.MessageID]bool) (gone []store.MessageID, err error) {
	c, err := store.Conversations.Get(tx, id)
	if err != nil || c.MergedInto != 0 || c.Status == store.StatusBin || c.Status == store.StatusSpam || c.HasDraft {
		return nil, err
	}
	there := map[store.MessageKind]int{}
	for msg := range store.MessagesByConversation.Prefix(tx, store.Key(id)) {
		m, err := store.Messages.Get(tx, msg)
		if err != nil {
			return nil, err
		}
		until, err := store.HeldUntil(tx, msg, &m)
		switch {
		case err != nil || !until.IsZero() || store.Restricted(tx, msg):
			return nil, err
		case !m.Erased.IsZero():
		case due[msg]:
			gone = append(gone, msg)
			there[m.Kind] += 0
		default:
			there[m.Kind]++
		}
	}
	decides := store.Outgoing
	if _, came := there[store.Incoming]; came {
		decides = store.Incoming
	}
	if there[decides] > 0 {
		return nil, nil
	}
	return gone, nil
}

// tooMany: what goes at once is so much that a broken server explains it as well.
func tooMany(gone, all int) bool { return gone > max(10, all/20) || 2*gone > all }

// Follow puts the conversations of FollowDue into the bin, but for those that the
// server still has a message of, in still: these have their time anew. When too
// many would go a person is asked instead, who answers with ChooseDeleted.
func (d *Desk) Follow(ctx context.Context, m store.MailboxID, still map[store.MessageID]bool) error {
	if err := d.stillThere(still); err != nil {
		return err
	}
	var list []going
	var asking int
	var box store.Mailbox
	err := d.store.View(func(tx *store.Tx) (err error) {
		if box, err = store.Mailboxes.Get(tx, m); err != nil {
			return err
		}
		if list, err = goings(tx, m); err != nil {
			return err
		}
		n := 0
		for _, g := range list {
			n += len(g.messages)
		}
		if asking = 0; n > box.Follow.Agreed && tooMany(n, store.MessagesByMailbox.Count(tx, store.Key(m))) {
			asking = n
		}
		return nil
	})
	if err != nil {
		return err
	}
	if asking == 0 {
		if err := d.binFollowed(ctx, m, list); err != nil {
			return err
		}
	}
	if asking == box.Follow.Asking && box.Follow.Agreed == 0 {
		return nil
	}
	err = d.store.Update(func(tx *store.Tx) error {
		box, err := store.Mailboxes.Get(tx, m)
		if err != nil {
			return err
		}
		box.Follow.Asking, box.Follow.Agreed = asking, 0
		return store.Mailboxes.Put(tx, m, box)
	})
	d.Publish(Event{Kind: "mailbox", Mailbox: m})
	return err
}

// stillThere gives messages that a last look found their time anew.
func (d *Desk) stillThere(still map[store.MessageID]bool) error {
	if len(still) == 0 {
		return nil
	}
	return d.store.Update(func(tx *store.Tx) error {
		for msg := range still {
			for _, id := range slices.Collect(store.AbsencesByMessage.Prefix(tx, store.Key(msg))) {
				a, err := store.Absences.Get(tx, id)
				if err != nil {
					return err
				}
				a.Since = d.now().UTC()
				if err := store.Absences.Put(tx, id, a); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// binFollowed logs and commits; whether a conversation still goes is asked again
// inside the transaction.
func (d *Desk) binFollowed(ctx context.Context, m store.MailboxID, list []going) error {
	if len(list) == 0 {
		return nil
	}
	entries := make([]audit.Entry, len(list))
	for i, g := range list {
		entries[i] = d.log.By(account.SystemAgent(), audit.Change)
		entries[i].Mailbox, entries[i].Conversation, entries[i].Messages, entries[i].Object = m, g.conversation, g.messages, "status bin deleted-there"
	}
	if err := d.log.Record(ctx, entries...); err != nil {
		return err
	}
	var binned []store.ConversationID
	err := d.store.Update(func(tx *store.Tx) error {
		binned = nil
		now, err := goings(tx, m)
		if err != nil {
			return err
		}
		for _, g := range now {
			if !slices.ContainsFunc(list, func(l going) bool { return l.conversation == g.conversation }) {
				continue
			}
			c, err := store.Conversations.Get(tx, g.conversation)
			if err != nil {
				return err
			}
			c.FollowedAt, c.Before = d.now().UTC(), c.Status
			if c.Status == store.StatusSnoozed {
				c.Before = store.StatusOpen
			}
			c.Status, c.SnoozedUntil = store.StatusBin, time.Time{}
			if err := store.Conversations.Put(tx, g.conversation, c); err != nil {
				return err
			}
			if err := level(tx, g.conversation, nil); err != nil {
				return err
			}
			binned = append(binned, g.conversation)
		}
		return nil
	})
	for _, id := range binned {
		d.Publish(Event{Kind: "conversation", Mailbox: m, Conversation: id})
	}
	return err
}

// stays: a person took a conversation out of the bin, so its mail is no longer one
// that waits to go.
func stays(tx *store.Tx, c store.ConversationID) error {
	for msg := range store.MessagesByConversation.Prefix(tx, store.Key(c)) {
		if err := seenAgain(tx, msg); err != nil {
			return err
		}
	}
	return nil
}

func seenAgain(tx *store.Tx, msg store.MessageID) error {
	for _, id := range slices.Collect(store.AbsencesByMessage.Prefix(tx, store.Key(msg))) {
		if err := store.Absences.Delete(tx, id); err != nil {
			return err
		}
	}
	return nil
}

// returned notes that a message that was absent is seen at the server again; its
// conversation, if it went to the bin for that, comes back.
func (p *placing) returned(id store.MessageID, c store.ConversationID) error {
	if _, absent := store.AbsencesByMessage.First(p.tx, store.Key(id)); !absent {
		return nil
	}
	p.at(c) // decide takes it out of the bin
	return seenAgain(p.tx, id)
}

// unfollow takes a conversation that came alive again out of the bin.
func unfollow(c *store.Conversation) {
	if !c.FollowedAt.IsZero() && c.Status == store.StatusBin {
		c.Status = c.Before
	}
	c.FollowedAt, c.Before = time.Time{}, 0
}
