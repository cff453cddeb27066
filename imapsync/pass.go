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

// Pass is one full pass over a mailbox.
type Pass struct {
	Read         int          `json:"read"` // Added + Duplicates + Quarantined + ErasedBefore
	Added        int          `json:"added"`
	Duplicates   int          `json:"duplicates"`
	Quarantined  int          `json:"quarantined"`
	ErasedBefore int          `json:"erased_before"`
	Seconds      float64      `json:"seconds"`
	Folders      []FolderPass `json:"folders"`
}

// FolderPass counts one folder: messages on the server, and those of them that
// are here, set aside to be tried again, or erased here and kept out.
type FolderPass struct {
	Name        string `json:"name"`
	Server      int    `json:"server"`
	Here        int    `json:"here"`
	Quarantined int    `json:"quarantined"`
	Erased      int    `json:"erased"`
}

// Once makes one full pass and ends; progress may be nil. It may run beside Run.
// The Pass is true also when an error ended it early. An error may hold the
// server's own words, which quote addresses: show it, don't log it.
func (y *Sync) Once(ctx context.Context, m store.MailboxID, progress func(done, total int)) (Pass, error) {
	start := time.Now()
	r := newRun(y, m)
	r.progress = progress
	err := r.once(ctx)
	r.pass.Seconds = time.Since(start).Seconds()
	if err != nil {
		y.trouble(m, err)
		return *r.pass, err
	}
	r.contact()
	return *r.pass, nil
}

func (r *run) once(ctx context.Context) error {
	if err := r.connect(ctx); err != nil {
		return err
	}
	defer r.s.close()
	return r.locked(ctx, func() error {
		if err := r.all(ctx); err != nil {
			return err
		}
		return r.count()
	})
}

// run is the work on a mailbox over one connection. Its goroutine has the turn
// of the box while it works on folders.
type run struct {
	y        *Sync
	box      *box
	s        *session
	pass     *Pass
	progress func(done, total int)
	done     int
	total    int
	foreseen bool                       // total has all messages on the server, not only new ones
	places   []place                    // folders on the server
	chosen   []string                   // store.Mailbox.Folders
	retryAt  time.Time                  // store.Mailbox.RetryAt
	ailing   bool                       // store.Mailbox.LastError says something
	newMail  bool                       // something came that was not there before
	arrivals map[int64]uint32           // what came that was not there before, by day
	checked  map[store.FolderID]checked // since the last contact
	looked   time.Time                  // at the inbox
	refused  int                        // messages that the server would not give, in a row
	aside    map[brokenUID]bool         // set aside and counted in this pass
	refusal  error                      // of a folder that was passed over
	follows  bool                       // store.Mailbox.Follow
}

func newRun(y *Sync, m store.MailboxID) *run {
	return &run{y: y, box: y.box(m), pass: new(Pass), aside: map[brokenUID]bool{}, arrivals: map[int64]uint32{}, checked: map[store.FolderID]checked{}}
}

func (r *run) connect(ctx context.Context) error {
	s, m, err := r.y.connect(ctx, r.box.id)
	r.s, r.chosen, r.retryAt, r.ailing, r.follows = s, m.Folders, m.RetryAt, m.LastError != "", !m.Follow.Since.IsZero()
	return err
}

// wants: the folder's mail comes to the desk. Inbox and Sent always do: else
// conversations would be torn.
func (r *run) wants(p place) bool {
	if len(r.chosen) == 0 {
		return p.synced()
	}
	return p.role == roleInbox || p.role == roleSent || slices.Contains(r.chosen, p.name)
}

// batchesARound is how much of a folder's older mail is taken before the next
// folder has its turn.
const batchesARound = 4

// all takes in what all folders have. While older mail still comes in, the inbox
// is looked at between.
func (r *run) all(ctx context.Context) error {
	places, err := r.s.places()
	if err != nil {
		return fmt.Errorf("list folders: %w", err)
	}
	r.places = places
	if err := r.forgetFolders(places); err != nil {
		return err
	}
	if err := r.foresee(places); err != nil {
		return err
	}
	r.refusal = nil
	for more := true; more; {
		more = false
		for _, p := range places {
			if !r.wants(p) {
				continue
			}
			if p.role != roleInbox && time.Since(r.looked) > 20*time.Second {
				if _, err := r.round(ctx, inbox, 0); err != nil {
					return err
				}
			}
			unfinished, err := r.round(ctx, p, batchesARound)
			if err != nil && !r.passOver(p, err) {
				return err
			}
			more = more || unfinished
		}
	}
	return r.follow(ctx)
}

// passOver: the server refuses something about one folder; the others shall come
// in all the same.
func (r *run) passOver(p place, err error) bool {
	var answer *imap.Error
	if p.role == roleInbox || !errors.As(err, &answer) || !r.s.alive() {
		return false
	}
	r.y.log.Warn("folder passed over", "mailbox", r.box.id, "code", string(answer.Code))
	r.refusal = err
	return true
}

// foresee counts for the progress while older mail still comes. Later the new mail
// alone is counted when it is found, and no folder is asked for before.
func (r *run) foresee(places []place) error {
	if r.progress == nil {
		return nil
	}
	older, err := r.olderLeft(places)
	if err != nil || !older {
		return err
	}
	r.foreseen = true
	for _, p := range places {
		if !r.wants(p) {
			continue
		}
		data, err := r.s.status(p.name)
		if err != nil && !r.s.alive() {
			return err
		}
		if err == nil && data.NumMessages != nil {
			r.total += int(*data.NumMessages)
		}
		_, f, err := r.known(p)
		if err != nil {
			return err
		}
		r.done += r.here(f)
	}
	r.step(0)
	return nil
}

// olderLeft: some folder was not gone through to its end yet.
func (r *run) olderLeft(places []place) (bool, error) {
	for _, p := range places {
		if !r.wants(p) {
			continue
		}
		if _, f, err := r.known(p); err != nil || !f.Done {
			return true, err
		}
	}
	return false, nil
}

// step notes that n messages are done with.
func (r *run) step(n int) {
	if n > 0 && r.ailing {
		r.ailing = false // a first sync may go on for hours after its trouble is over
		r.y.note(r.box.id, func(_ *store.Tx, m *store.Mailbox) error { m.LastError = ""; return nil })
	}
	r.done += n
	if r.progress != nil {
		r.progress(min(r.done, r.total), r.total)
	}
}

// known finds the record of a folder; id 0: none yet.
func (r *run) known(p place) (id store.FolderID, f store.Folder, err error) {
	err = r.y.store.View(func(tx *store.Tx) error {
		id, f = 0, store.Folder{Mailbox: r.box.id, Name: p.name, Role: recordRole(p.role)}
		found, ok := store.FolderByName.First(tx, store.Key(r.box.id, p.name))
		if !ok {
			return nil
		}
		id = found
		f, err = store.Folders.Get(tx, id)
		return err
	})
	return id, f, err
}

func recordRole(role string) string {
	if role == roleAll {
		return roleArchive
	}
	return role
}

// here counts the messages of a folder that we have.
func (r *run) here(f store.Folder) (n int) {
	r.y.store.View(func(tx *store.Tx) error {
		id, ok := store.FolderByName.First(tx, store.Key(f.Mailbox, f.Name))
		if ok {
			n = store.SourcesByPlace.Count(tx, store.Key(id, f.UIDValidity))
		}
		return nil
	})
	return n
}

// count fills Pass.Folders with what the pass saw; a folder that may not be opened is left out.
func (r *run) count() error {
	for _, p := range r.places {
		id, f, err := r.known(p)
		if err != nil {
			return err
		}
		if seen, ok := r.checked[id]; ok {
			r.pass.Folders = append(r.pass.Folders, FolderPass{Name: p.name, Server: int(seen.onServer), Here: r.here(f), Quarantined: len(f.Quarantined), Erased: int(f.Erased)})
		}
	}
	return nil
}
