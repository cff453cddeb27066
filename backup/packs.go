package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"postolka/store"
)

// packNew writes packs of all messages that lie in none, in order of id. A
// message that arrives meanwhile is for the next snapshot.
func (w *writer) packNew(ctx context.Context) error {
	ids, err := w.unpacked()
	if err != nil {
		return err
	}
	for done := 0; done < len(ids); {
		taken, err := w.packOf(ctx, ids[done:])
		if err != nil {
			return err
		}
		done += taken
		w.progress(int64(done), int64(len(ids)))
	}
	return nil
}

func (w *writer) unpacked() ([]store.MessageID, error) {
	var ids []store.MessageID
	err := w.store.View(func(tx *store.Tx) error {
		for id := range store.MessagesByPack.Prefix(tx, store.Key(store.PackID(0))) {
			m, err := store.Messages.Get(tx, id)
			if err != nil {
				return err
			}
			if m.Erased.IsZero() {
				ids = append(ids, id)
			}
		}
		return nil
	})
	return ids, err
}

// packOf writes one pack of the first ids, proves it and records it. Only then
// do its messages count as saved.
func (w *writer) packOf(ctx context.Context, ids []store.MessageID) (taken int, err error) {
	pack, taken, err := w.writePack(ctx, ids, packBytes, func(id store.MessageID) (store.Content, bool, error) {
		c, err := w.content(id)
		if errors.Is(err, store.ErrNotFound) {
			return c, false, w.countMissing(id)
		}
		return c, true, err
	})
	if err != nil || pack.Messages == 0 {
		return taken, err
	}
	err = w.store.Update(func(tx *store.Tx) error {
		id, err := store.Packs.Insert(tx, pack)
		if err != nil {
			return err
		}
		return movePack(tx, 0, id, pack.Contents)
	})
	if err != nil {
		return taken, errors.Join(err, w.target.Delete(context.WithoutCancel(ctx), pack.Object))
	}
	w.fresh[pack.Object] = true
	return taken, nil
}

// anyPack stands for whatever pack a record names.
const anyPack = ^store.PackID(0)

// movePack notes in the records of a pack's messages that they lie in another
// now; a message that went meanwhile, or lies elsewhere by now, is passed over.
func movePack(tx *store.Tx, from, to store.PackID, have contents) error {
	for id := range have.all {
		m, err := store.Messages.Get(tx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && m.Pack != from && from != anyPack {
			continue
		}
		if err != nil {
			return err
		}
		m.Pack = to
		if err := store.Messages.Put(tx, id, m); err != nil {
			return err
		}
	}
	return nil
}

// countMissing tells a message that was erased meanwhile from one whose
// content is gone: the second must not stop the snapshot of all others.
func (w *writer) countMissing(id store.MessageID) error {
	return w.store.View(func(tx *store.Tx) error {
		m, err := store.Messages.Get(tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil && m.Erased.IsZero() {
			w.missing[id] = true
			w.log.Error("message has no content for the snapshot", "message", id)
		}
		return err
	})
}

func (b *Backup) content(id store.MessageID) (store.Content, error) {
	raw, err := b.store.RawBytes(id)
	if err != nil {
		return store.Content{}, err
	}
	text, err := b.store.Text(id)
	if errors.Is(err, store.ErrNotFound) {
		text, err = nil, nil // extracted again after a restore
	}
	return store.Content{ID: id, Raw: raw, Text: text}, err
}

// getContent gives a message for a pack, or leaves it out.
type getContent func(store.MessageID) (c store.Content, ok bool, err error)

// writePack stores one pack of the first ids, as many as limit has room for, and
// proves it. The row is not recorded yet; it has no messages, and there is no
// object, when get left all out.
func (w *writer) writePack(ctx context.Context, ids []store.MessageID, limit int, get getContent) (p store.Pack, taken int, err error) {
	var have contents
	name := randomName(packsFolder, sealedSuffix)
	o, err := seal(ctx, w.target, name, w.to, func(out io.Writer) (err error) {
		have, taken, err = fillPack(out, ids, limit, get)
		return err
	})
	w.result.BytesWritten += o.Bytes
	if err == nil && have.len() > 0 {
		err = w.provePack(ctx, o, have)
	}
	if err != nil || have.len() == 0 {
		return store.Pack{}, taken, errors.Join(err, w.target.Delete(context.WithoutCancel(ctx), name))
	}
	now := w.now().UTC()
	return store.Pack{Object: name, Bytes: o.Bytes, Messages: have.len(), Plain: o.Plain, Cipher: o.Cipher,
		Contents: have, Recipients: w.recipients, CreatedAt: now, CheckedAt: now}, taken, nil
}

func fillPack(out io.Writer, ids []store.MessageID, limit int, get getContent) (have contents, taken int, err error) {
	p, err := newPackWriter(out)
	if err != nil {
		return nil, 0, err
	}
	for _, id := range ids {
		if p.written >= limit {
			break
		}
		c, ok, err := get(id)
		if err == nil && ok {
			err = p.add(c)
		}
		if err != nil {
			return nil, taken, fmt.Errorf("pack message %d: %w", id, err)
		}
		taken++
	}
	return p.contents, taken, p.close()
}

// provePack reads a pack back from the target and compares every message.
func (w *writer) provePack(ctx context.Context, o Sealed, want contents) error {
	return unseal(ctx, w.target, o, w.once, func(r io.Reader) error {
		got, err := readPack(r, func(store.Content) error { return nil })
		if err == nil && !bytes.Equal(got, want) {
			err = fmt.Errorf("%w: other messages came back than were packed", ErrDamaged)
		}
		return err
	})
}

// mendPacks looks whether every pack is at the target in its full size and for
// the present key. What is lost is written anew under another name, what was
// written for another key goes into new packs with this snapshot.
func (b *Backup) mendPacks(ctx context.Context, recipients [32]byte) error {
	listed, err := b.target.List(ctx, packsFolder)
	if err != nil {
		return fmt.Errorf("list the snapshot target: %w", err)
	}
	sizes := map[string]int64{}
	for _, o := range listed {
		sizes[o.Name] = o.Bytes
	}
	if err := b.retire(func(p store.Pack) bool { return p.Recipients != recipients }); err != nil {
		return err
	}
	lost, err := b.packs(func(p store.Pack) bool { return current(p) && sizes[p.Object] != p.Bytes })
	for id, p := range lost {
		if err == nil {
			err = b.mend(ctx, id, p)
		}
	}
	return errors.Join(err, b.finishReplaced(ctx))
}

// mend writes a pack anew from the volumes, for every snapshot that needs it;
// if a message is not as it was packed, the messages go into new packs at least.
func (b *Backup) mend(ctx context.Context, id store.PackID, p store.Pack) error {
	b.log.Error("pack at the target is damaged or lost: it is written anew", "object", p.Object)
	err := b.replacePack(ctx, id, p, nil)
	if errors.Is(err, errVolume) && current(p) {
		return b.retireOne(id, p, b.now().UTC())
	}
	return err
}

// packs gives the rows that fit.
func (b *Backup) packs(which func(store.Pack) bool) (map[store.PackID]store.Pack, error) {
	found := map[store.PackID]store.Pack{}
	err := b.store.View(func(tx *store.Tx) error {
		for id, p := range store.Packs.All(tx) {
			if which(p) {
				found[id] = p
			}
		}
		return nil
	})
	return found, err
}

func (b *Backup) retire(which func(store.Pack) bool) error {
	retired, err := b.packs(func(p store.Pack) bool { return current(p) && which(p) })
	for id, p := range retired {
		if err == nil {
			err = b.retireOne(id, p, b.now().UTC())
		}
	}
	return err
}

func (b *Backup) retireOne(id store.PackID, p store.Pack, at time.Time) error {
	return b.store.Update(func(tx *store.Tx) error {
		p.RetiredAt = at
		if err := store.Packs.Put(tx, id, p); err != nil {
			return err
		}
		return movePack(tx, id, 0, p.Contents)
	})
}

// StartOver writes everything anew at the next snapshot: for a target that was
// lost or exchanged for another.
func (b *Backup) StartOver(ctx context.Context) error {
	unlock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := b.retire(func(store.Pack) bool { return true }); err != nil {
		return err
	}
	return b.putInstance(ctx)
}
