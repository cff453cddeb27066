package store

//msgp:ignore dataFile meta

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	// A read transaction held for 10 s froze the writer for 9 s, because growing
	// needs a remap. Mapping beyond any growth at the start needs none: it costs
	// address space only (18 ms waiting then).
	recordsMmap = 16 << 30
	// allocSize is by how much a file grows: each step truncates and syncs.
	allocSize = 1 << 20
	// batchDelay is how long a commit waits for others to share it.
	batchDelay = time.Millisecond
	batchCalls = 200
)

// dataFile is one bbolt file of DATA.
type dataFile struct {
	s    *Store
	name string // path relative to DATA, with slashes
	path string
	mmap int

	db       atomic.Pointer[bolt.DB] // replaced by compact, with both gates closed
	readers  gate                    // read transactions
	writers  gate                    // write transactions, waiting ones too
	scrubbed atomic.Int64            // transaction of the last scrub; later ones free pages with live bytes
}

// openDataFile opens or creates a file after looking whether it is whole.
func openDataFile(ctx context.Context, s *Store, name string, mmap int) (*dataFile, error) {
	f := &dataFile{s: s, name: name, path: filepath.Join(s.dir, filepath.FromSlash(name)), mmap: mmap}
	if err := inspect(f.path); err != nil {
		return nil, damaged(name, err)
	}
	if err := f.reopen(); err != nil {
		return nil, err
	}
	f.scrubbed.Store(-1)
	return f, ctx.Err()
}

func (f *dataFile) reopen() (err error) {
	defer f.rescue(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	db, err := bolt.Open(f.path, 0o600, &bolt.Options{
		Timeout:         time.Second,
		ReadOnly:        f.s.opt.ReadOnly,
		PreLoadFreelist: true,
		FreelistType:    bolt.FreelistMapType,
		InitialMmapSize: f.mmap,
		NoSync:          testOnlyNoSync,
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("open %s: %w", f.name, ErrInUse)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return damaged(f.name, err)
	case err != nil:
		return fmt.Errorf("open %s: %w", f.name, err)
	}
	db.AllocSize = allocSize
	db.MaxBatchDelay = batchDelay
	db.MaxBatchSize = batchCalls
	f.db.Store(db)
	return nil
}

func (f *dataFile) close() error {
	if err := f.db.Load().Close(); err != nil {
		return fmt.Errorf("close %s: %w", f.name, err)
	}
	return nil
}

func (f *dataFile) view(fn func(tx *bolt.Tx) error) (err error) {
	f.readers.enter()
	defer f.readers.leave()
	defer f.rescue(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return f.explain(f.db.Load().View(fn))
}

// update commits alone, batch shares its commit with others.
func (f *dataFile) update(fn func(tx *bolt.Tx) error) (err error) {
	f.writers.enter()
	defer f.writers.leave()
	defer f.rescue(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return f.explain(f.db.Load().Update(fn))
}

func (f *dataFile) batch(fn func(tx *bolt.Tx) error) (err error) {
	f.writers.enter()
	defer f.writers.leave()
	defer f.rescue(&err)
	return f.explain(f.db.Load().Batch(fn))
}

// explain knows a closed file, and a full disk: bbolt wrote no meta page then, so nothing.
func (f *dataFile) explain(err error) error {
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	if err != nil && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) ||
		strings.Contains(err.Error(), syscall.ENOSPC.Error())) { // bbolt's grow does not wrap
		return fmt.Errorf("write %s: %w", f.name, ErrFull)
	}
	return err
}

// rescue turns what bbolt panics with on a damaged page, and a fault in the
// mapped file, into ErrDamaged. Other panics go on.
func (f *dataFile) rescue(err *error) {
	p := recover()
	if p == nil {
		return
	}
	if fault, ok := p.(interface{ Addr() uintptr }); ok && fault.Addr() > 1<<20 {
		*err = damaged(f.name, errors.New("a page cannot be read"))
		return
	}
	if text := fmt.Sprint(p); boltPanic(text) || inBolt(p) {
		*err = damaged(f.name, errors.New("a page is not what it should be"))
		return
	}
	panic(p)
}

// boltPanic knows bbolt's assertions; their texts hold page numbers, and keys in
// one case, so they are not passed on.
func boltPanic(text string) bool {
	for _, s := range []string{"assertion failed", "invalid page type", "invalid freelist page", "inline bucket", "page ", "freepages: ", "freelist", "stack"} {
		if strings.HasPrefix(text, s) {
			return true
		}
	}
	return strings.Contains(text, "slice bounds out of range") || strings.Contains(text, "invalid page")
}

// inBolt: the runtime stopped bbolt itself, which followed a damaged page number
// out of the file. To be called by what a deferred function recovered in.
func inBolt(p any) bool {
	if _, ok := p.(runtime.Error); !ok {
		return false
	}
	var pcs [16]uintptr
	frames, panicked := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])]), false
	for frame, more := frames.Next(); more; frame, more = frames.Next() {
		if of := frame.Function; strings.HasPrefix(of, "runtime.") {
			panicked = true
		} else if panicked {
			return strings.HasPrefix(of, "go.etcd.io/bbolt")
		}
	}
	return false
}

// size is the part of the file that was ever used.
func (f *dataFile) size() (n int64, err error) {
	err = f.view(func(tx *bolt.Tx) error { n = tx.Size(); return nil })
	return n, err
}

func damaged(name string, cause error) error {
	return fmt.Errorf("%s: %w (%v). Nothing was changed. Keep the file, and restore a snapshot into a new folder", name, ErrDamaged, cause)
}

// syncDir makes a rename or a new file in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// testOnlyNoSync spares fsync where a test looks at content, not at durability.
var testOnlyNoSync bool
