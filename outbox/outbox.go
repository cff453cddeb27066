// Package outbox sends what the desk wrote, once, by SMTP, and copies it to
// Sent; it alone speaks SMTP.
//
// An entry (store.OutboxEntry) goes Held → Queued → Sending → Sent → Done.
// Held lasts as long as it may be undone. Sending is written when the whole
// message was handed over but for its last line: a server that has not seen that
// line has no message (RFC 5321 §4.1.1.4), one that has may have sent it. So an
// entry that a crash or a lost connection leaves in Sending becomes Uncertain: a
// person decides, for a second copy can't be taken back. What fails before that
// point is tried again, for four days; what the server refuses for good (5xx) is
// Failed, and shown with the server's code.
//
// The bytes sent are the message's as stored; Bcc recipients are in the envelope
// only.
package outbox

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"postolka/desk"
	"postolka/oauth"
	"postolka/store"
)

// Copier puts a sent message into the mailbox's Sent folder (imapsync).
type Copier interface {
	CopyToSent(ctx context.Context, m store.MailboxID, messageIDHeader string, raw []byte) error
}

// Desk is what the outbox needs of desk.Desk.
type Desk interface {
	Publish(e desk.Event)
}

// Outbox is the only sender of the entries of its store. Wake may be called from
// any goroutine, Run once.
type Outbox struct {
	// RootCAs verify servers; nil: those of the system. Set before use.
	RootCAs *x509.CertPool

	store  *store.Store
	desk   Desk
	copier Copier
	logins *oauth.Logins
	log    *slog.Logger
	pace   pace
	wake   chan struct{} // room for one
}

// pace is how long things wait; tests are in more of a hurry.
type pace struct {
	retry, retryMax time.Duration // doubling
	give            time.Duration // a message is tried for so long
	idle            time.Duration // a look at the table without being woken
	trouble         time.Duration // after an error of the store
}

var ordinaryPace = pace{retry: time.Minute, retryMax: time.Hour, give: 4 * 24 * time.Hour, idle: time.Minute, trouble: 10 * time.Second}

// New makes an Outbox; nothing is sent before Run.
func New(s *store.Store, d Desk, c Copier, logins *oauth.Logins, log *slog.Logger) *Outbox {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Outbox{store: s, desk: d, copier: c, logins: logins, log: log, pace: ordinaryPace, wake: make(chan struct{}, 1)}
}

// Wake tells it that there is something to send. It does not wait.
func (o *Outbox) Wake() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Run sends until ctx ends; entries found in Sending at start become Uncertain.
// It returns when nothing is under way any more: a message that a server is just
// taking gets a few seconds for the answer.
func (o *Outbox) Run(ctx context.Context) error {
	if err := o.doubt(); err != nil {
		return err
	}
	var all sync.WaitGroup
	defer all.Wait()
	// Mailboxes send beside each other, the entries of one in their order.
	busy := map[store.MailboxID]bool{}
	free := make(chan store.MailboxID)
	for {
		work, next, err := o.due(time.Now())
		if err != nil {
			return err
		}
		for mailbox, ids := range work {
			if busy[mailbox] {
				continue
			}
			busy[mailbox] = true
			all.Go(func() {
				o.work(ctx, ids)
				select {
				case free <- mailbox:
				case <-ctx.Done():
				}
			})
		}
		select {
		case <-ctx.Done():
			return nil
		case mailbox := <-free:
			delete(busy, mailbox)
		case <-o.wake:
		case <-time.After(min(time.Until(next), o.pace.idle)):
		}
	}
}

// due lists entries whose time has come, by mailbox, and says when the next
// one's comes.
func (o *Outbox) due(now time.Time) (work map[store.MailboxID][]store.OutboxID, next time.Time, err error) {
	err = o.store.View(func(tx *store.Tx) error {
		work, next = map[store.MailboxID][]store.OutboxID{}, now.Add(time.Hour)
		for _, state := range []store.OutboxState{store.OutboxHeld, store.OutboxQueued, store.OutboxSent} {
			for id := range store.OutboxByState.Prefix(tx, store.Key(state)) {
				e, err := store.Outbox.Get(tx, id)
				if err != nil {
					return fmt.Errorf("outbox entry %d: %w", id, err)
				}
				at := e.NextAt
				if state == store.OutboxHeld {
					at = e.HoldUntil
				}
				switch {
				case !at.After(now):
					work[e.Mailbox] = append(work[e.Mailbox], id)
				case at.Before(next):
					next = at
				}
			}
		}
		return nil
	})
	return work, next, err
}

// work brings each entry as far as it gets.
func (o *Outbox) work(ctx context.Context, ids []store.OutboxID) {
	for _, id := range ids {
		if ctx.Err() != nil {
			return
		}
		if err := o.advance(ctx, id); err != nil {
			o.log.Error("outbox entry not advanced", "entry", id, "error_class", "storage")
			select { // the store is in trouble
			case <-ctx.Done():
			case <-time.After(o.pace.trouble):
			}
			return
		}
	}
}

// advance does the next steps of one entry. An error is one of the store.
func (o *Outbox) advance(ctx context.Context, id store.OutboxID) error {
	// The undo has had its time. One that comes between loses, or wins: both
	// change the state in a transaction.
	if _, err := o.move(id, store.OutboxHeld, func(e *store.OutboxEntry) {
		if !e.HoldUntil.After(time.Now()) {
			e.State = store.OutboxQueued
		}
	}); err != nil {
		return err
	}
	e, err := o.entry(id)
	if err != nil {
		return err
	}
	if e.State == store.OutboxQueued {
		if err := o.send(ctx, id, e); err != nil {
			return err
		}
		if e, err = o.entry(id); err != nil {
			return err
		}
	}
	if e.State == store.OutboxSent && ctx.Err() == nil {
		return o.copyToSent(ctx, id, e)
	}
	return nil
}

func (o *Outbox) entry(id store.OutboxID) (e store.OutboxEntry, err error) {
	err = o.store.View(func(tx *store.Tx) error {
		e, err = store.Outbox.Get(tx, id)
		return err
	})
	return e, err
}

// move changes an entry if it is still in the given state, and tells the pages.
// False: it is in another one by now, or gone.
func (o *Outbox) move(id store.OutboxID, from store.OutboxState, change func(e *store.OutboxEntry)) (moved bool, err error) {
	var entry store.OutboxEntry
	err = o.store.Update(func(tx *store.Tx) error {
		e, err := store.Outbox.Get(tx, id)
		moved, entry = false, e
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil || e.State != from {
			return err
		}
		change(&e)
		moved, entry = true, e
		return store.Outbox.Put(tx, id, e)
	})
	if err != nil {
		return false, fmt.Errorf("outbox entry %d: %w", id, err)
	}
	if moved {
		o.desk.Publish(desk.Event{Kind: "outbox", Mailbox: entry.Mailbox, Conversation: entry.Conversation, Message: entry.Message})
	}
	return moved, nil
}

// doubt finds what a crash left while the server had the message.
func (o *Outbox) doubt() error {
	var ids []store.OutboxID
	err := o.store.View(func(tx *store.Tx) error {
		ids = nil
		for id := range store.OutboxByState.Prefix(tx, store.Key(store.OutboxSending)) {
			ids = append(ids, id)
		}
		return nil
	})
	for _, id := range ids {
		if err == nil {
			o.log.Warn("outbox entry uncertain after a crash", "entry", id)
			_, err = o.move(id, store.OutboxSending, uncertain)
		}
	}
	return err
}

func uncertain(e *store.OutboxEntry) {
	e.State, e.LastError = store.OutboxUncertain, TroubleUncertain
}
