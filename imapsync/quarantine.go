package imapsync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"postolka/desk"
	"postolka/store"
)

// Reasons in store.BadUID: stable words, for a catalogue of texts.
const (
	ReasonTooLarge  = "too large"                // over MaxMessage
	ReasonBroken    = "breaks the connection"    // three times
	ReasonRefused   = "refused by the server"    // FETCH answered NO or BAD
	ReasonMissing   = "not sent by the server"   // announced, but not in the answer
	ReasonNotStored = "could not be stored here" // an error of intake
)

var errIntake = errors.New("message not stored")

// setAside lists a message as quarantined: the folder goes on without it, and it
// is tried again after a while.
func (r *run) setAside(f *state, uid imap.UID, reason string) {
	bad := store.BadUID{UID: uint32(uid), Reason: reason}
	i := slices.IndexFunc(f.Quarantined, func(b store.BadUID) bool { return b.UID == bad.UID })
	if i < 0 {
		f.Quarantined = append(f.Quarantined, bad)
		i = len(f.Quarantined) - 1
	}
	if key := (brokenUID{f.id, bad.UID}); !r.aside[key] {
		r.aside[key] = true
		r.pass.Read++
		r.pass.Quarantined++
	}
	r.later(&f.Quarantined[i], reason)
}

// later puts the next try off, ever longer. What the server left out is asked
// for by itself at once: an answer may have been cut short.
func (r *run) later(b *store.BadUID, reason string) {
	b.Reason, b.TriedAt = reason, time.Now().UTC()
	b.NextAt = b.TriedAt
	if reason != ReasonMissing || b.Attempts > 0 {
		b.NextAt = b.NextAt.Add(r.y.pace.again << min(b.Attempts, 8))
	}
	b.Attempts++
}

// hopeless: another try would change nothing.
func hopeless(b store.BadUID) bool { return b.Reason == ReasonTooLarge && b.Attempts > 3 }

// due: a quarantined message is to be tried again, by its time or by somebody's wish.
func (r *run) due(b store.BadUID) bool {
	return b.TriedAt.Before(r.retryAt) || !b.NextAt.After(time.Now()) && !hopeless(b)
}

// again tries quarantined messages whose time has come, one by one.
func (r *run) again(ctx context.Context, f *state) error {
	for _, b := range slices.Clone(f.Quarantined) {
		if !r.due(b) {
			continue
		}
		found, err := r.s.glances([]imap.UID{imap.UID(b.UID)})
		if err != nil {
			return err
		}
		if err := r.oneAgain(ctx, f, b, found); err != nil {
			return err
		}
		if err := r.save(f); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) oneAgain(ctx context.Context, f *state, b store.BadUID, found map[imap.UID]glance) error {
	uid := imap.UID(b.UID)
	g, there := found[uid]
	if there && g.size > MaxMessage {
		r.setAside(f, uid, ReasonTooLarge)
		return nil
	}
	f.Quarantined = slices.DeleteFunc(f.Quarantined, func(q store.BadUID) bool { return q.UID == b.UID })
	if !there {
		return nil // deleted on the server
	}
	put := func(reason string) {
		r.later(&b, reason)
		f.Quarantined = append(f.Quarantined, b)
	}
	letters, err := r.s.single(uid, g)
	switch {
	case err != nil && ctx.Err() != nil: // we end: the message is not to blame
		f.Quarantined = append(f.Quarantined, b)
		return err
	case err != nil:
		put(ReasonBroken)
		if !r.s.alive() {
			return errors.Join(r.save(f), err)
		}
		return nil
	case len(letters) != 1 || letters[0].raw == nil:
		put(ReasonMissing)
		return nil
	}
	if err := r.intake(ctx, f, letters, true); err != nil && ctx.Err() != nil {
		f.Quarantined = append(f.Quarantined, b)
		return err
	} else if err != nil {
		put(ReasonNotStored)
		return nil
	}
	if key := (brokenUID{f.id, b.UID}); r.aside[key] { // in this very pass
		delete(r.aside, key)
		r.pass.Read--
		r.pass.Quarantined--
	}
	return nil
}

// bring hands a fetched batch to the desk. Messages that can't be stored are set
// aside, unless none can: then it is our trouble (a full disk) and not theirs.
func (r *run) bring(ctx context.Context, f *state, batch []imap.UID, letters []letter, quiet bool) error {
	letters = strays(batch, letters)
	r.missing(f, batch, letters)
	letters = slices.DeleteFunc(letters, func(l letter) bool { return l.raw == nil })
	err := r.intake(ctx, f, letters, quiet)
	if err == nil || ctx.Err() != nil {
		return err
	}
	var bad []imap.UID
	for i := range letters {
		if err = r.intake(ctx, f, letters[i:i+1], quiet); err != nil {
			bad = append(bad, letters[i].uid)
		}
		if ctx.Err() != nil || len(bad) == 3 && i == 2 {
			return err
		}
	}
	if len(bad) == len(letters) && r.box.broken[brokenUID{f.id, uint32(bad[0])}] < 2 {
		for _, uid := range bad {
			r.box.broken[brokenUID{f.id, uint32(uid)}]++
		}
		return err
	}
	for _, uid := range bad {
		r.setAside(f, uid, ReasonNotStored)
	}
	return nil
}

// missing sets aside what the server did not send, or only a part of.
func (r *run) missing(f *state, batch []imap.UID, letters []letter) {
	got := make(map[imap.UID]bool, len(letters))
	for _, l := range letters {
		got[l.uid] = l.raw != nil
		if l.raw == nil {
			reason := ReasonMissing
			if l.problem != "" {
				reason = l.problem
			}
			r.setAside(f, l.uid, reason)
			got[l.uid] = true
		}
	}
	for _, uid := range batch {
		if !got[uid] {
			r.setAside(f, uid, ReasonMissing)
		}
	}
}

// intake hands letters to the desk and counts what became of them. A panic over
// a message must not end the program: it is that message's error.
func (r *run) intake(ctx context.Context, f *state, letters []letter, quiet bool) (err error) {
	if len(letters) == 0 {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: panic (%T)", errIntake, v)
		}
	}()
	incoming := make([]desk.Incoming, len(letters))
	for i, l := range letters {
		incoming[i] = desk.Incoming{
			Raw: l.raw, Mailbox: r.box.id, Origin: store.FromIMAP, ReceivedAt: l.receivedAt, Sent: f.sent, Quiet: quiet,
			Source: &store.Source{Mailbox: r.box.id, Folder: f.id, UIDValidity: f.UIDValidity, UID: uint32(l.uid)},
		}
	}
	outcomes, err := r.y.desk.Intake(ctx, incoming)
	if err != nil {
		return fmt.Errorf("%w: %w", errIntake, err)
	}
	for i, o := range outcomes {
		r.pass.Read++
		switch o.Result {
		case desk.Added:
			r.pass.Added++
		case desk.Duplicate:
			r.pass.Duplicates++
		case desk.Quarantined:
			r.pass.Quarantined++
		case desk.ErasedBefore:
			r.pass.ErasedBefore++
			f.Erased++
		}
		if o.Result == desk.Added && !f.sent || o.Result == desk.Quarantined && !f.sent {
			r.newMail = true
			r.arrivals[desk.Day(letters[i].receivedAt)]++
		}
	}
	return nil
}
