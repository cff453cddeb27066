package imapsync

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"postolka/desk"
	"postolka/store"
)

// follow lets mail go to the bin that was deleted at the server, where the mailbox
// wants that. Once a day, and only over a connection on which every folder was
// seen whole; desk.Follow has the rest of the conditions.
func (r *run) follow(ctx context.Context) error {
	if !r.follows {
		return nil
	}
	whole, err := r.whole()
	if err != nil || !whole {
		return err
	}
	if first, err := r.sawWhole(); err != nil || !first {
		return err
	}
	due, err := r.y.desk.FollowDue(r.box.id)
	if err != nil {
		return err
	}
	still := map[store.MessageID]bool{}
	if len(due) > 0 {
		still, err = r.lastLook(ctx, due)
		var answer *imap.Error
		if errors.As(err, &answer) && r.s.alive() {
			r.y.log.Warn("deleted mail stays: a folder can't be looked at", "mailbox", r.box.id, "code", string(answer.Code))
			return nil
		}
		if err != nil {
			return err
		}
	}
	return r.y.desk.Follow(ctx, r.box.id, still)
}

// whole: the server listed its folders, and each whose mail comes was looked at in
// this round and has what is here, no more and no less.
func (r *run) whole() (bool, error) {
	if r.refusal != nil || !slices.ContainsFunc(r.places, func(p place) bool { return p.role == roleInbox }) {
		return false, nil
	}
	for _, p := range r.places {
		if !r.wants(p) {
			continue
		}
		id, f, err := r.known(p)
		if err != nil {
			return false, err
		}
		_, checked := r.checked[id]
		if _, agreed := r.box.seen[id]; id == 0 || !f.Done || !checked || !agreed {
			return false, nil
		}
	}
	return true, nil
}

// sawWhole notes the day; false: nothing is to be done today any more.
func (r *run) sawWhole() (first bool, err error) {
	err = r.y.store.View(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, r.box.id)
		first = desk.SawWhole(&m.Follow, r.y.now()) || m.Follow.Agreed > 0
		return err
	})
	if err != nil || !first {
		return false, err
	}
	return true, r.y.store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, r.box.id)
		if err != nil {
			return err
		}
		desk.SawWhole(&m.Follow, r.y.now())
		return store.Mailboxes.Put(tx, r.box.id, m)
	})
}

// lastLook looks for messages in every folder of the server but Trash, by their
// bytes: in those that don't come, as in those that do, whatever is not known to be
// another message. What can't be looked at may be any of them.
func (r *run) lastLook(ctx context.Context, due []store.MessageID) (map[store.MessageID]bool, error) {
	e := eraser{y: r.y, s: r.s, mailbox: r.box.id, key: r.y.store.Keys().Identity(),
		byStrict: map[[32]byte]store.MessageID{}, done: Expunged{Left: map[store.MessageID]string{}}}
	err := r.y.store.View(func(tx *store.Tx) error {
		e.targets = nil
		for _, id := range due {
			m, err := store.Messages.Get(tx, id)
			if err != nil {
				return err
			}
			e.targets = append(e.targets, Target{Message: id, Strict: m.Strict, SizeBytes: m.SizeBytes})
			e.byStrict[m.Strict] = id
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	places, err := r.s.places()
	if err != nil {
		return nil, err
	}
	for _, p := range places {
		if p.role == roleTrash {
			continue
		}
		if err := e.lookIn(ctx, p); err != nil {
			return nil, err
		}
	}
	still := map[store.MessageID]bool{}
	for id := range e.done.Left {
		still[id] = true
	}
	return still, nil
}

// lookIn notes what of the targets a folder has, or may have, as Left.
func (e *eraser) lookIn(ctx context.Context, p place) error {
	sel, err := e.s.examine(p.name)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	if sel.NumMessages == 0 {
		return nil
	}
	uids, err := e.s.search(between(1, 0))
	if err != nil {
		return err
	}
	if uids, err = e.unknown(p, sel.UIDValidity, uids); err != nil {
		return err
	}
	found := map[imap.UID]store.MessageID{}
	for _, exact := range []bool{true, false} {
		if !exact && !e.inexact {
			break
		}
		for chunk := range slices.Chunk(uids, 500) {
			candidates, err := e.alike(chunk, exact)
			if err != nil {
				return err
			}
			if err := e.identify(ctx, slices.Sorted(maps.Keys(candidates)), candidates, false, found); err != nil {
				return err
			}
		}
	}
	for _, id := range found {
		e.done.Left[id] = LeftThere
	}
	return nil
}

// unknown leaves out what this folder is known to have: other messages.
func (e *eraser) unknown(p place, validity uint32, uids []imap.UID) (left []imap.UID, err error) {
	err = e.y.store.View(func(tx *store.Tx) error {
		left = nil
		id, ok := store.FolderByName.First(tx, store.Key(e.mailbox, p.name))
		for _, uid := range uids {
			if _, known := store.SourcesByPlace.First(tx, store.Key(id, validity, uint32(uid))); !ok || !known {
				left = append(left, uid)
			}
		}
		return nil
	})
	return left, err
}

// alike are those that may be a target: of its size, and some to see whether the
// server's sizes are those of what it sends; if they are not, all.
func (e *eraser) alike(uids []imap.UID, exact bool) (map[imap.UID]Target, error) {
	there, err := e.s.glances(uids)
	if err != nil {
		return nil, err
	}
	bySize := map[int64]Target{}
	for _, t := range e.targets {
		bySize[t.SizeBytes] = t
	}
	candidates := map[imap.UID]Target{}
	for i, uid := range uids {
		g, ok := there[uid]
		if t, is := bySize[g.size]; ok && (is || !exact || i < samples) {
			candidates[uid] = t
		}
	}
	return candidates, nil
}
