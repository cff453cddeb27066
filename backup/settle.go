package backup

import (
	"context"
	"fmt"
	"time"

	"postolka/store"
)

// settle makes restored records fit the present: time went on since the
// snapshot, and what lay in DATA beside them did not come back.
func (r *restorer) settle(context.Context) error {
	if err := r.skipIDs(); err != nil {
		return err
	}
	return r.store.Update(func(tx *store.Tx) error {
		for _, step := range []func(*store.Tx) error{r.holdOutbox, dropSessions, endJobs, dropExports, r.noteSnapshots, seekTarget} {
			if err := step(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// skipIDs never gives an id again that a later snapshot or the ledger knows:
// an erasure of that message must not reach another.
func (r *restorer) skipIDs() error {
	next := store.MessageID(0)
	for _, m := range r.all {
		next = max(next, m.NextMessage)
	}
	got, err := r.store.ReserveMessageIDs(1)
	if err == nil && got < next {
		_, err = r.store.ReserveMessageIDs(int(next - got))
	}
	if err != nil {
		return fmt.Errorf("continue message ids: %w", err)
	}
	return nil
}

// holdOutbox: nobody knows whether it was sent after the snapshot; a person decides.
func (r *restorer) holdOutbox(tx *store.Tx) error {
	changed := map[store.OutboxID]store.OutboxEntry{}
	for id, e := range store.Outbox.All(tx) {
		switch e.State {
		case store.OutboxHeld, store.OutboxQueued, store.OutboxSending:
			e.State = store.OutboxUncertain
			changed[id] = e
		}
	}
	if len(changed) > 0 {
		r.problem("%d messages were waiting to be sent when the snapshot was made; whether they were is not known: decide in the desk", len(changed))
	}
	return putAll(tx, &store.Outbox, changed)
}

// dropSessions: one that was revoked after the snapshot must not live again.
func dropSessions(tx *store.Tx) error {
	var ids []store.SessionID
	for id := range store.Sessions.All(tx) {
		ids = append(ids, id)
	}
	for _, id := range ids {
		if err := store.Sessions.Delete(tx, id); err != nil {
			return err
		}
	}
	return nil
}

// endJobs: their sealed files in jobs/ are not part of a snapshot. What an erasure
// under way had entered into the ledger, the replay has done.
func endJobs(tx *store.Tx) error {
	changed := map[store.JobID]store.Job{}
	for id, j := range store.Jobs.All(tx) {
		if j.State != store.JobDone && j.State != store.JobCancelled {
			j.State, j.DoneAt, j.PlanHash = store.JobCancelled, time.Now().UTC(), ""
			changed[id] = j
		}
	}
	return putAll(tx, &store.Jobs, changed)
}

// dropExports: the packages were not saved.
func dropExports(tx *store.Tx) error {
	var ids []store.ExportID
	for id := range store.Exports.All(tx) {
		ids = append(ids, id)
	}
	for _, id := range ids {
		if err := store.Exports.Delete(tx, id); err != nil {
			return err
		}
	}
	return nil
}

func seekTarget(tx *store.Tx) error { return putSetting(tx, restoredSetting, []byte("1")) }

// noteSnapshots lists what the target has, also what is newer than the records.
func (r *restorer) noteSnapshots(tx *store.Tx) error {
	for _, m := range r.all {
		id, known := store.SnapshotByName.First(tx, store.Key(m.Name))
		s := store.Snapshot{Name: m.Name, At: m.At, Messages: m.Messages, ProvenAt: m.At, ManifestSHA256: m.sum}
		if known {
			var err error
			if s, err = store.Snapshots.Get(tx, id); err != nil {
				return err
			}
		}
		if m.Name == r.manifest.Name {
			s.DrilledAt = time.Now().UTC()
		}
		var err error
		if known {
			err = store.Snapshots.Put(tx, id, s)
		} else {
			_, err = store.Snapshots.Insert(tx, s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// table is what putAll needs of a store.Table.
type table[K comparable, T any] interface {
	Put(tx *store.Tx, k K, v T) error
}

func putAll[K comparable, T any](tx *store.Tx, t table[K, T], changed map[K]T) error {
	for id, v := range changed {
		if err := t.Put(tx, id, v); err != nil {
			return err
		}
	}
	return nil
}
