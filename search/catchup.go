package search

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"

	"github.com/blevesearch/bleve/v2"

	"postolka/store"
)

const (
	batchDocs  = 250
	batchBytes = 8 << 20
)

// CatchUp makes the index hold exactly the messages of ids: it adds what is
// missing, by load, and deletes what is there and not in ids (Purge comes
// after). It compares ids and reads no text of what is already there, so after
// a clean stop it is quick. progress, which may be nil, is called with the
// number of missing messages done, of all that are missing.
//
// A message that load can't give is left out and the others go on; the error at
// the end counts them. CatchUp can be stopped by ctx, or killed, at any time
// and called again.
func (x *Index) CatchUp(ctx context.Context, ids iter.Seq[store.MessageID], load func(store.MessageID) (Doc, error), progress func(done, total int)) error {
	missing, err := x.compare(ctx, ids)
	if err != nil {
		return fmt.Errorf("compare search index: %w", err)
	}
	return x.addMissing(ctx, missing, load, progress)
}

// Missing lists the ids that are not in the index, in ascending order.
func (x *Index) Missing(ctx context.Context, ids iter.Seq[store.MessageID]) ([]store.MessageID, error) {
	missing, _, err := x.difference(ctx, ids)
	return missing, err
}

// Rebuild empties the index and fills it again.
func (x *Index) Rebuild(ctx context.Context, ids iter.Seq[store.MessageID], load func(store.MessageID) (Doc, error), progress func(done, total int)) error {
	err := x.each(ctx, func(_ context.Context, _ int, s *slice) error { return s.remove() })
	if err != nil {
		return fmt.Errorf("empty search index: %w", err)
	}
	return x.CatchUp(ctx, ids, load, progress)
}

func (x *Index) compare(ctx context.Context, ids iter.Seq[store.MessageID]) ([]store.MessageID, error) {
	missing, surplus, err := x.difference(ctx, ids)
	if err != nil {
		return nil, err
	}
	return missing, x.Delete(ctx, surplus)
}

func (x *Index) difference(ctx context.Context, ids iter.Seq[store.MessageID]) (missing, surplus []store.MessageID, err error) {
	bySlice := map[uint64]map[store.MessageID]bool{} // true: not seen in the index
	for id := range ids {
		n := x.number(id)
		if bySlice[n] == nil {
			bySlice[n] = map[store.MessageID]bool{}
		}
		bySlice[n][id] = true
	}
	all, err := x.all()
	if err != nil {
		return nil, nil, err
	}
	for _, s := range all {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		wanted := bySlice[s.n]
		err := s.eachID(func(id store.MessageID) {
			if _, ok := wanted[id]; ok {
				delete(wanted, id)
			} else {
				surplus = append(surplus, id)
			}
		})
		if err != nil {
			return nil, nil, err
		}
	}
	for _, n := range slices.Sorted(maps.Keys(bySlice)) {
		missing = append(missing, slices.Sorted(maps.Keys(bySlice[n]))...)
	}
	return missing, surplus, nil
}

func (x *Index) addMissing(ctx context.Context, missing []store.MessageID, load func(store.MessageID) (Doc, error), progress func(done, total int)) error {
	var batch []Doc
	var size, failed int
	var lastErr error
	for i, id := range missing {
		if err := ctx.Err(); err != nil {
			return err
		}
		d, err := load(id)
		if err != nil {
			failed, lastErr = failed+1, err
		} else {
			batch, size = append(batch, d), size+d.size()
		}
		if len(batch) == batchDocs || size >= batchBytes || i == len(missing)-1 {
			if err := x.Add(ctx, batch); err != nil {
				return err
			}
			batch, size = batch[:0], 0
			if progress != nil {
				progress(i+1, len(missing))
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d messages could not be indexed, the last one: %w", failed, len(missing), lastErr)
	}
	return nil
}

func (d Doc) size() (n int) {
	for _, t := range d.Texts {
		n += len(t.Text)
	}
	return n
}

// eachID calls found for every message in the slice.
func (s *slice) eachID(found func(store.MessageID)) error {
	return s.use(false, func(index bleve.Index) (err error) {
		advanced, err := index.Advanced()
		if err != nil {
			return err
		}
		reader, err := advanced.Reader()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, reader.Close()) }()
		ids, err := reader.DocIDReaderAll()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, ids.Close()) }()
		for {
			internal, err := ids.Next()
			if err != nil || internal == nil {
				return err
			}
			external, err := reader.ExternalID(internal)
			if err != nil {
				return err
			}
			found(keyID(external))
		}
	})
}

// remove closes the slice and deletes its files; the next add makes it anew.
func (s *slice) remove() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut {
		return ErrClosed
	}
	return s.removeLocked()
}

func (s *slice) removeLocked() error {
	if s.index != nil {
		if err := s.index.Close(); err != nil {
			return err
		}
		s.index = nil
	}
	return os.RemoveAll(s.dir)
}
