package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"postolka/ledger"
	"postolka/store"
)

// A batch of messages ends at these (DESIGN.md, bbolt as measured).
const (
	batchMessages = 500
	batchBytes    = 16 << 20
)

// unpackAll fills the volumes from the packs of the manifest, or from what
// replaced them since.
func (r *restorer) unpackAll(ctx context.Context) error {
	replaced, err := replacedPacks(r.bodies)
	if err != nil {
		return err
	}
	if err := r.notePacks(replaced); err != nil {
		return err
	}
	total, err := r.living()
	for _, p := range r.manifest.Packs {
		if err != nil {
			return err
		}
		err = r.unpack(ctx, p, replaced, total)
	}
	return err
}

// replacedPacks says what the ledger says stands for a pack; Object "": nothing.
func replacedPacks(bodies []ledger.Body) (map[string]PackOf, error) {
	replaced := map[string]PackOf{}
	for _, body := range bodies {
		for _, line := range body.Packs {
			p := PackOf{Sealed: Sealed{Object: line.New, Bytes: line.Bytes}}
			if line.New != "" {
				err := errors.Join(p.Cipher.UnmarshalText([]byte(line.Cipher)), p.Plain.UnmarshalText([]byte(line.Plain)),
					p.Contents.UnmarshalText([]byte(line.Contents)))
				if err != nil {
					return nil, fmt.Errorf("ledger entry %d names a pack without its hashes: %w", body.N, ledger.ErrBody)
				}
			}
			replaced[line.Old] = p
		}
	}
	return replaced, nil
}

// unpack follows a pack to the object that is there now.
func (r *restorer) unpack(ctx context.Context, p PackOf, replaced map[string]PackOf, total int) error {
	for by, ok := replaced[p.Object]; ok; by, ok = replaced[p.Object] {
		p = by
	}
	if p.Object == "" {
		return nil // nothing was left of it
	}
	a := adder{r: r, total: int64(total)}
	var have contents
	err := unseal(ctx, r.target, p.Sealed, r.id.identities, func(in io.Reader) (err error) {
		have, err = readPack(in, func(c store.Content) error { return a.add(ctx, c) })
		if err == nil && have.sum() != p.Contents {
			err = damaged(p.Object, "it holds other messages than its manifest says")
		}
		return err
	})
	if err == nil {
		err = a.flush(ctx)
	}
	if err != nil {
		return err
	}
	return r.store.Update(func(tx *store.Tx) error { return r.recordPack(tx, p, have) })
}

// recordPack makes the records know a pack and its messages as the instance
// that wrote it did.
func (r *restorer) recordPack(tx *store.Tx, p PackOf, have contents) error {
	row := store.Pack{Object: p.Object, Bytes: p.Bytes, Messages: have.len(), Plain: p.Plain, Cipher: p.Cipher,
		Contents: have, Recipients: recipientsSum(splitLines(setting(tx, recipientsSetting))), CreatedAt: r.manifest.At,
		CheckedAt: time.Now().UTC()}
	id, ok := store.PackByObject.First(tx, store.Key(p.Object))
	if !ok {
		var err error
		if id, err = store.Packs.Insert(tx, row); err != nil {
			return err
		}
	} else {
		known, err := store.Packs.Get(tx, id)
		if err != nil {
			return err
		}
		row.CreatedAt, row.Recipients, row.RetiredAt = known.CreatedAt, known.Recipients, time.Time{}
		if err := store.Packs.Put(tx, id, row); err != nil {
			return err
		}
	}
	return movePack(tx, anyPack, id, have)
}

// notePacks brings the rows up to the ledger: what was replaced since the
// snapshot, so that rotation knows which object stands for which.
func (r *restorer) notePacks(replaced map[string]PackOf) error {
	return r.store.Update(func(tx *store.Tx) error {
		for object, o := range replaced {
			by := store.PackID(0)
			if o.Object != "" {
				var err error
				if by, err = packRow(tx, store.Pack{Object: o.Object, Bytes: o.Bytes, Plain: o.Plain, Cipher: o.Cipher, RetiredAt: r.manifest.At}); err != nil {
					return err
				}
			}
			id, err := packRow(tx, store.Pack{Object: object})
			if err != nil {
				return err
			}
			old, err := store.Packs.Get(tx, id)
			if err != nil {
				return err
			}
			old.Replaced, old.ReplacedBy, old.Contents = true, by, nil
			if old.Deleted.IsZero() {
				old.Deleted = r.manifest.At // it goes at the next rotation, if it is still there
			}
			if err := store.Packs.Put(tx, id, old); err != nil {
				return err
			}
		}
		return nil
	})
}

// packRow finds a pack's row by its object, or makes it.
func packRow(tx *store.Tx, p store.Pack) (store.PackID, error) {
	if id, ok := store.PackByObject.First(tx, store.Key(p.Object)); ok {
		return id, nil
	}
	return store.Packs.Insert(tx, p)
}

// adder writes messages in batches: volume first, then the records that say where.
type adder struct {
	r     *restorer
	batch []store.Content
	bytes int
	total int64
}

func (a *adder) add(ctx context.Context, c store.Content) error {
	ok, err := a.r.wants(c.ID)
	if err != nil || !ok {
		return err
	}
	a.batch = append(a.batch, c)
	a.bytes += len(c.Raw) + len(c.Text)
	if len(a.batch) < batchMessages && a.bytes < batchBytes {
		return nil
	}
	return a.flush(ctx)
}

// wants: only what the records know and no erasure took comes back.
func (r *restorer) wants(id store.MessageID) (ok bool, err error) {
	err = r.store.View(func(tx *store.Tx) error {
		m, err := store.Messages.Get(tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		ok = err == nil && m.Erased.IsZero()
		return err
	})
	return ok, err
}

func (a *adder) flush(ctx context.Context) error {
	if len(a.batch) == 0 {
		return nil
	}
	volumes, err := a.r.store.Add(ctx, a.batch)
	if err != nil {
		return fmt.Errorf("restore messages from %d on: %w", a.batch[0].ID, err)
	}
	err = a.r.store.Update(func(tx *store.Tx) error {
		for i, c := range a.batch {
			m, err := store.Messages.Get(tx, c.ID)
			if err != nil {
				return err
			}
			m.Volume = volumes[i]
			if err := store.Messages.Put(tx, c.ID, m); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range a.batch {
		a.r.written[c.ID] = true
	}
	a.r.report.Messages = len(a.r.written)
	a.r.opt.Progress(int64(a.r.report.Messages), a.total)
	a.batch, a.bytes = a.batch[:0], 0
	return err
}

// markMissing quarantines messages that no pack held when the snapshot was made,
// since their content was unreadable then.
func (r *restorer) markMissing(context.Context) error {
	missing := map[store.MessageID]store.Message{}
	err := r.store.View(func(tx *store.Tx) error {
		for id, m := range store.Messages.All(tx) {
			if m.Erased.IsZero() && !r.written[id] {
				m.Quarantine, m.Pack = store.MissingContent, 0
				missing[id] = m
			}
		}
		return nil
	})
	if err != nil || len(missing) == 0 {
		return err
	}
	r.problem("%d messages have no content in the snapshot", len(missing))
	return r.store.Update(func(tx *store.Tx) error { return putAll(tx, &store.Messages, missing) })
}
