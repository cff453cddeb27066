package imapsync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"postolka/store"
)

// A batch ends at pace.batch messages or so many bytes; one larger message is a
// batch of its own.
const batchBytes = 16 << 20

// state is a folder while it is worked on.
type state struct {
	id store.FolderID
	store.Folder
	sent bool
}

// round takes in what came into a folder and some batches of what still lies
// below, and tries quarantined messages again. unfinished: older mail is left.
func (r *run) round(ctx context.Context, p place, batches int) (unfinished bool, err error) {
	if id, messages, err := r.unchanged(p); err != nil {
		return false, err
	} else if id != 0 {
		r.checked[id] = checked{messages, time.Now().UTC()}
		return false, nil
	}
	sel, err := r.s.examine(p.name)
	if p.role == roleInbox {
		r.looked = time.Now()
	}
	var answer *imap.Error
	if errors.As(err, &answer) && r.s.alive() {
		r.y.log.Warn("folder can't be opened", "mailbox", r.box.id, "code", string(answer.Code))
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open folder: %w", err)
	}
	f, err := r.open(p, sel)
	if err != nil {
		return false, err
	}
	if err := r.arrived(ctx, f, sel); err != nil {
		return false, err
	}
	if err := r.older(ctx, f, batches); err != nil {
		return false, err
	}
	if err := r.again(ctx, f); err != nil {
		return false, err
	}
	if err := r.reconcile(ctx, f, sel); err != nil {
		return false, err
	}
	delete(r.box.seen, f.id)
	if r.agrees(f, sel.NumMessages) {
		r.box.seen[f.id] = looksNow(sel.NumMessages, sel.UIDNext, sel.UIDValidity)
	}
	r.checked[f.id] = checked{sel.NumMessages, time.Now().UTC()}
	return !f.Done, nil
}

// checked is when a folder was looked at, and what the server had in it. It is
// written with the next contact: a commit for each folder would be most of what a
// look without news costs.
type checked struct {
	onServer uint32
	at       time.Time
}

// figures are what the server says of a folder.
type figures struct {
	messages uint32
	next     imap.UID
	validity uint32
}

// seen is what a folder looked like when it was last gone through.
type seen struct {
	figures
	at time.Time
}

func looksNow(messages uint32, next imap.UID, validity uint32) seen {
	return seen{figures{messages, next, validity}, time.Now()}
}

// statusTrust is for how many polls a folder is not opened while its status says
// that nothing changed: servers answer it from what they remember.
const statusTrust = 30

// unchanged asks for the status of a folder with which all was well before; id 0:
// it changed, or was not asked. Not
// of the inbox: it stays open between, and STATUS is not for an open folder
// (RFC 9051 §6.3.11).
func (r *run) unchanged(p place) (id store.FolderID, messages uint32, err error) {
	known, f, err := r.known(p)
	before, ok := r.box.seen[known]
	if err != nil || !ok || p.role == roleInbox || !f.Done || before.next == 0 || time.Since(before.at) > statusTrust*r.y.pace.poll || slices.ContainsFunc(f.Quarantined, r.due) {
		return 0, 0, err
	}
	data, err := r.s.status(p.name)
	switch {
	case err != nil && r.s.alive():
		return 0, 0, nil
	case err != nil:
		return 0, 0, err
	case data.NumMessages == nil || before.figures != figures{*data.NumMessages, data.UIDNext, data.UIDValidity}:
		return 0, 0, nil
	}
	return known, *data.NumMessages, nil
}

// open finds or makes the record, anew when the server's UIDs mean other
// messages than before (RFC 9051 §2.3.1.1).
func (r *run) open(p place, sel *imap.SelectData) (*state, error) {
	id, f, err := r.known(p)
	if err != nil {
		return nil, err
	}
	st := &state{id: id, Folder: f, sent: p.role == roleSent}
	if id == 0 || f.UIDValidity != sel.UIDValidity {
		if id != 0 {
			r.y.log.Info("folder was numbered anew", "mailbox", r.box.id, "folder", id)
		}
		reset(&st.Folder, sel.UIDValidity)
	}
	st.Role, st.OnServer = recordRole(p.role), sel.NumMessages
	if st.Low > 0 && st.Role == f.Role {
		return st, nil
	}
	if st.Low > 0 {
		return st, r.save(st)
	}
	if err := r.begin(st, sel); err != nil {
		return nil, err
	}
	return st, r.save(st)
}

// begin draws the line between what is there now, and comes newest first, and
// what comes later.
func (r *run) begin(f *state, sel *imap.SelectData) error {
	if sel.NumMessages > 0 {
		uids, err := r.s.search(between(1, 0))
		if err != nil {
			return err
		}
		if len(uids) > 0 {
			f.High = uint32(slices.Max(uids))
		}
	}
	f.Low, f.Done = f.High+1, f.High == 0
	return nil
}

func (r *run) save(f *state) error {
	return r.y.store.Update(func(tx *store.Tx) error {
		if f.id == 0 {
			id, err := store.Folders.Insert(tx, f.Folder)
			if err != nil {
				return err
			}
			f.id = id
			return nil
		}
		return store.Folders.Put(tx, f.id, f.Folder)
	})
}

// arrived takes in messages above High, oldest first.
func (r *run) arrived(ctx context.Context, f *state, sel *imap.SelectData) error {
	if sel.NumMessages == 0 || sel.UIDNext != 0 && uint32(sel.UIDNext) <= f.High+1 {
		return nil
	}
	uids, err := r.s.search(between(imap.UID(f.High+1), 0))
	if err != nil {
		return err
	}
	// "n:*" names the last message also when its UID is below n (RFC 9051 §9, seq-range).
	uids = slices.DeleteFunc(uids, func(uid imap.UID) bool { return uint32(uid) <= f.High })
	if !r.foreseen {
		r.total += len(uids)
	}
	for len(uids) > 0 {
		done, err := r.take(ctx, f, uids, false)
		if err != nil {
			return err
		}
		f.High = uint32(uids[done-1])
		uids = uids[done:]
		if err := r.save(f); err != nil {
			return err
		}
		r.step(done)
	}
	return nil
}

// older takes in batches from below Low, newest first.
func (r *run) older(ctx context.Context, f *state, batches int) error {
	if f.Done || batches == 0 {
		return nil
	}
	var uids []imap.UID
	if f.Low > 1 {
		var err error
		if uids, err = r.s.search(between(1, imap.UID(f.Low-1))); err != nil {
			return err
		}
	}
	slices.Reverse(uids)
	for ; batches > 0 && len(uids) > 0; batches-- {
		f.Waiting = uint32(len(uids))
		began := time.Now()
		done, err := r.take(ctx, f, uids, true)
		if err != nil {
			return err
		}
		f.Low = uint32(uids[done-1])
		uids = uids[done:]
		f.Waiting, f.PerMinute = uint32(len(uids)), rate(f.PerMinute, done, time.Since(began))
		if err := r.save(f); err != nil {
			return err
		}
		r.step(done)
		r.y.publish(r.box.id)
	}
	if len(uids) > 0 {
		return nil
	}
	f.Low, f.Done, f.Waiting, f.PerMinute = 1, true, 0, 0
	return errors.Join(r.save(f), r.forgetFormer(f))
}

// rate is messages a minute, of late: a new figure counts for a quarter.
func rate(before uint32, n int, took time.Duration) uint32 {
	now := uint32(min(float64(n)/max(took.Minutes(), 1e-6), 1e6))
	if before == 0 {
		return now
	}
	return (3*before + now) / 4
}

// take takes in a first part of uids and says how many of them are done with:
// here, set aside, or gone from the server.
func (r *run) take(ctx context.Context, f *state, uids []imap.UID, quiet bool) (done int, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return 0, context.Cause(ctx)
		}
		chunk := uids[:min(len(uids), r.batchSize(f.id))]
		there, err := r.s.glances(chunk)
		if err != nil {
			return 0, err
		}
		batch, done, bytes := r.plan(f, chunk, there)
		if len(batch) == 0 {
			return done, nil
		}
		letters, err := r.s.fetch(r.s.named(batch, there), bytes)
		if err == nil {
			r.refused = 0
			r.box.batch[f.id] = min(r.y.pace.batch, 2*r.batchSize(f.id))
			return done, r.bring(ctx, f, batch, letters, quiet)
		}
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if r.blame(f, batch, err) {
			return done, nil
		}
		if !r.s.alive() || r.refused > 10 {
			return 0, err
		}
	}
}

func (r *run) batchSize(id store.FolderID) int {
	if n := r.box.batch[id]; n > 0 {
		return n
	}
	return r.y.pace.batch
}

// plan chooses from the front of chunk what is fetched at once. done counts what
// is dealt with when that has been: also messages that are gone or too large.
func (r *run) plan(f *state, chunk []imap.UID, found map[imap.UID]glance) (batch []imap.UID, done int, bytes int64) {
	for _, uid := range chunk {
		g, there := found[uid]
		if len(batch) > 0 && bytes+g.size > batchBytes {
			break
		}
		done++
		switch {
		case !there:
		case g.size > MaxMessage:
			r.setAside(f, uid, ReasonTooLarge)
		default:
			batch = append(batch, uid)
			bytes += g.size
		}
	}
	return batch, done, bytes
}

// blame draws the conclusion from a fetch that failed: next time fewer at once,
// and a single message that failed three times, or that the server refuses to
// give, is set aside. True: it was.
func (r *run) blame(f *state, batch []imap.UID, err error) bool {
	r.box.batch[f.id] = max(1, len(batch)/2)
	if len(batch) > 1 {
		return false
	}
	key := brokenUID{f.id, uint32(batch[0])}
	r.box.broken[key]++
	reason := ReasonBroken
	if r.s.alive() {
		if r.refused++; r.refused > 10 {
			return false // it refuses everything: its trouble, not the messages'
		}
		reason = ReasonRefused
	} else if r.box.broken[key] < 3 {
		return false
	}
	delete(r.box.broken, key)
	r.setAside(f, batch[0], reason)
	// The connection is gone, so the caller saves and stops at its next command.
	r.y.log.Warn("message set aside", "mailbox", r.box.id, "folder", f.id, "uid", uint32(batch[0]), "reason", reason, "class", class(err))
	return true
}
