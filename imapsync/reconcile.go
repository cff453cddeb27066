package imapsync

import (
	"context"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"postolka/desk"
	"postolka/store"
)

// reconcile compares a finished folder with the server: each of its messages is
// here, set aside, or was erased here. Where the numbers don't agree UIDs are
// compared: places of messages that are gone there are forgotten (the messages
// stay here), and what is missing is fetched, whatever the reason. What stays
// unexplained is gone after again: an answer may have left something out.
func (r *run) reconcile(ctx context.Context, f *state, sel *imap.SelectData) error {
	last, look := r.box.reconciled[f.id], looksNow(sel.NumMessages, sel.UIDNext, sel.UIDValidity)
	if !f.Done || r.agrees(f, sel.NumMessages) || last.figures == look.figures && time.Since(last.at) < r.y.pace.again {
		return nil
	}
	uids, err := r.s.search(between(1, 0))
	if err != nil {
		return err
	}
	uids = slices.DeleteFunc(uids, func(uid imap.UID) bool { return uint32(uid) > f.High })
	missing, err := r.compare(f, uids)
	if err != nil {
		return err
	}
	f.Erased = 0 // counted anew
	for slices.Reverse(missing); len(missing) > 0; {
		done, err := r.take(ctx, f, missing, true)
		if err != nil {
			return err
		}
		missing = missing[done:]
	}
	r.box.reconciled[f.id] = look
	return r.save(f)
}

func (r *run) agrees(f *state, onServer uint32) bool {
	return r.here(f.Folder)+len(f.Quarantined)+int(f.Erased) == int(onServer)
}

// compare forgets the places of what is not among uids, and gives those of uids
// that have none.
func (r *run) compare(f *state, uids []imap.UID) (missing []imap.UID, err error) {
	there := make(map[uint32]bool, len(uids))
	for _, uid := range uids {
		there[uint32(uid)] = true
	}
	gone := func(uid uint32) bool { return !there[uid] }
	f.Quarantined = slices.DeleteFunc(f.Quarantined, func(b store.BadUID) bool { return gone(b.UID) })
	dealt := map[uint32]bool{}
	for _, b := range f.Quarantined {
		dealt[b.UID] = true
	}
	var dropped []store.MessageID
	err = r.y.store.Update(func(tx *store.Tx) (err error) {
		dropped, err = dropSources(tx, store.Key(f.id, f.UIDValidity), func(s store.Source) bool { dealt[s.UID] = true; return gone(s.UID) })
		if err != nil || !r.follows {
			return err
		}
		return desk.Missed(tx, r.box.id, dropped, r.y.now())
	})
	f.Gone += uint32(len(dropped))
	for _, uid := range uids {
		if !dealt[uint32(uid)] {
			missing = append(missing, uid)
		}
	}
	return missing, err
}

// dropSources deletes those under a prefix of SourcesByPlace for which drop holds,
// and says whose they were.
func dropSources(tx *store.Tx, prefix []byte, drop func(store.Source) bool) (of []store.MessageID, err error) {
	var ids []store.SourceID
	for id := range store.SourcesByPlace.Prefix(tx, prefix) {
		s, err := store.Sources.Get(tx, id)
		if err != nil {
			return nil, err
		}
		if drop(s) {
			ids, of = append(ids, id), append(of, s.Message)
		}
	}
	for _, id := range ids {
		if err := store.Sources.Delete(tx, id); err != nil {
			return nil, err
		}
	}
	return of, nil
}

// forgetFormer drops places under UIDs of before the folder was numbered anew.
func (r *run) forgetFormer(f *state) error {
	return r.y.store.Update(func(tx *store.Tx) error {
		_, err := dropSources(tx, store.Key(f.id), func(s store.Source) bool { return s.UIDValidity != f.UIDValidity })
		return err
	})
}

// forgetFolders drops the state of folders that were deleted or renamed on the
// server, or are no longer wanted. Their messages stay here; a folder that comes
// back is gone through anew, and its messages are known by identity.
func (r *run) forgetFolders(places []place) error {
	wanted := map[string]bool{}
	for _, p := range places {
		wanted[p.name] = r.wants(p)
	}
	if !slices.ContainsFunc(places, func(p place) bool { return p.role == roleInbox }) {
		return nil // a list without it is none
	}
	var gone []store.FolderID
	err := r.y.store.View(func(tx *store.Tx) error {
		gone = nil
		for id := range store.FolderByName.Prefix(tx, store.Key(r.box.id)) {
			f, err := store.Folders.Get(tx, id)
			if err != nil {
				return err
			}
			if !wanted[f.Name] {
				gone = append(gone, id)
			}
		}
		return nil
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	return r.y.store.Update(func(tx *store.Tx) error { return forget(tx, gone) })
}

// forget deletes folders with the places of messages in them.
func forget(tx *store.Tx, folders []store.FolderID) error {
	for _, id := range folders {
		if _, err := dropSources(tx, store.Key(id), func(store.Source) bool { return true }); err != nil {
			return err
		}
		if err := store.Folders.Delete(tx, id); err != nil {
			return err
		}
	}
	return nil
}
