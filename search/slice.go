package search

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"

	"postolka/store"
)

// version of the slices' format: raise it when fields or analysis change.
const version = "postolka search 10\n"

// A slice is one Bleve index of a range of message ids.
type slice struct {
	n       uint64
	dir     string
	dropped func() // told when a damaged slice was removed

	mu    sync.RWMutex // held for writing while opening, purging and closing
	index bleve.Index  // nil: not open
	shut  bool
}

// use opens the slice if need be and calls do, with nil when it does not exist.
func (s *slice) use(make bool, do func(bleve.Index) error) error {
	s.mu.RLock()
	if s.index == nil && !s.shut {
		s.mu.RUnlock()
		if err := s.open(make); err != nil {
			return err
		}
		s.mu.RLock()
	}
	defer s.mu.RUnlock()
	if s.shut {
		return ErrClosed
	}
	if s.index == nil && !make {
		return nil
	}
	return do(s.index)
}

func (s *slice) open(make bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index != nil || s.shut {
		return nil
	}
	if _, err := os.Stat(s.dir); err == nil {
		index, err := openSlice(s.dir)
		if err == nil {
			s.index = index
			return nil
		}
		// Derived data: away with it, CatchUp makes it again.
		if err := os.RemoveAll(s.dir); err != nil {
			return fmt.Errorf("remove damaged search slice %d: %w", s.n, err)
		}
		s.dropped()
	}
	if !make {
		return nil
	}
	index, err := createSlice(s.dir)
	if err != nil {
		return err
	}
	s.index = index
	return nil
}

// settings: one snapshot, so that files of merged segments go; a second
// process would wait for the lock forever without bolt_timeout.
func settings() map[string]any {
	return map[string]any{"numSnapshotsToKeep": 1, "bolt_timeout": "2s"}
}

func openSlice(dir string) (bleve.Index, error) {
	written, err := os.ReadFile(filepath.Join(dir, "version"))
	if err != nil {
		return nil, err
	}
	if string(written) != version {
		return nil, errors.New("other version")
	}
	if err := newestSnapshotLoads(dir); err != nil {
		return nil, err
	}
	index, err := bleve.OpenUsing(dir, settings())
	if err != nil {
		return nil, err
	}
	if left, err := index.Document(emptyMessage); err != nil || left != nil { // killed in Purge
		if err = errors.Join(err, index.Delete(emptyMessage)); err != nil {
			return nil, errors.Join(err, index.Close())
		}
	}
	return index, nil
}

// newestSnapshotLoads refuses a slice whose newest snapshot has lost a segment:
// Bleve would go on with an older one, or an empty one, and say nothing. It is
// asked read-only, since Bleve's own clean-up removes the broken snapshot.
func newestSnapshotLoads(dir string) (err error) {
	index, err := bleve.OpenUsing(dir, map[string]any{"read_only": true, "bolt_timeout": "2s"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	advanced, err := index.Advanced()
	if err != nil {
		return err
	}
	s, ok := advanced.(*scorch.Scorch)
	if !ok {
		return errors.New("not a scorch index")
	}
	epochs, err := s.RootBoltSnapshotEpochs()
	if err != nil || len(epochs) == 0 {
		return err
	}
	snapshot, err := s.LoadSnapshot(epochs[0])
	if err != nil {
		return err
	}
	return snapshot.Close()
}

func createSlice(dir string) (bleve.Index, error) {
	m := mapping.NewIndexMapping()
	index, err := bleve.NewUsing(dir, m, scorch.Name, scorch.Name, settings())
	if err != nil {
		return nil, fmt.Errorf("make search slice: %w", err)
	}
	if err := writeSynced(filepath.Join(dir, "version"), version); err != nil {
		return nil, errors.Join(err, index.Close())
	}
	return index, nil
}

func writeSynced(name, content string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	return errors.Join(err, f.Sync(), f.Close())
}

func (s *slice) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut = true
	if s.index == nil {
		return nil
	}
	err := s.index.Close()
	s.index = nil
	return err
}

// key is a message's id in Bleve: big-endian, so that keys sort like ids.
func key(id store.MessageID) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(id))
	return string(b[:])
}

func keyID(key string) store.MessageID {
	if len(key) != 8 {
		return 0
	}
	return store.MessageID(binary.BigEndian.Uint64([]byte(key)))
}

func (s *slice) add(docs []Doc) error {
	return s.use(true, func(index bleve.Index) error {
		batch := index.NewBatch()
		for _, d := range docs {
			if err := batch.IndexAdvanced(d.document()); err != nil {
				return err
			}
		}
		return index.Batch(batch)
	})
}

func (s *slice) delete(ids []store.MessageID) error {
	return s.use(false, func(index bleve.Index) error {
		batch := index.NewBatch()
		for _, id := range ids {
			batch.Delete(key(id))
		}
		return index.Batch(batch)
	})
}

func (s *slice) has(id store.MessageID) (found bool, err error) {
	err = s.use(false, func(index bleve.Index) error {
		doc, err := index.Document(key(id))
		found = doc != nil
		return err
	})
	return found, err
}

func (s *slice) count() (n uint64, err error) {
	err = s.use(false, func(index bleve.Index) error {
		n, err = index.DocCount()
		return err
	})
	return n, err
}
