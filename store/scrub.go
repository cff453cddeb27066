package store

//msgp:ignore ScrubReport

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
)

// ScrubReport counts.
type ScrubReport struct {
	Files       int
	ZeroedPages int64
	Compacted   int
}

const (
	gateLimit    = 200 * time.Millisecond // how long new transactions wait at most
	gatePause    = 50 * time.Millisecond  // before the next attempt
	scrubLimit   = 2 * time.Minute        // in which some moment must have no open reader
	compactShare = 40                     // percent of free pages
	compactBytes = 32 << 20               // smaller files are left as they are
	compactTx    = 16 << 20               // bytes in a commit of the copy
)

// Scrub zeroes the free pages of every dirty file (postolka.db, volumes, files
// given by OpenFile), so that no deleted byte is left: DESIGN.md, Erase, step 6.
// It may be called at any time, also while others read and write: they wait. A
// file stays dirty, over a crash too, until it is done.
func (s *Store) Scrub(ctx context.Context) (ScrubReport, error) {
	s.scrubbing.Lock()
	defer s.scrubbing.Unlock()
	var report ScrubReport
	for _, name := range s.dirtyNames() {
		err := s.withFile(name, func(f *dataFile) error { return f.scrub(ctx, &report) })
		if err != nil {
			return report, fmt.Errorf("scrub %s: %w", name, err)
		}
	}
	return report, nil
}

// withFile opens a file that OpenFile's caller has closed meanwhile, for fn only.
func (s *Store) withFile(name string, fn func(f *dataFile) error) error {
	var n uint32
	if name == recordsName {
		return fn(s.records)
	} else if _, err := fmt.Sscanf(name, "mail/%d.db", &n); err == nil {
		f, err := s.volumes.get(n)
		if err != nil {
			return err
		}
		return fn(f)
	}
	s.mu.Lock()
	f := s.files[name]
	s.mu.Unlock()
	if f != nil {
		return fn(f)
	}
	if _, err := os.Stat(filepath.Join(s.dir, name)); errors.Is(err, os.ErrNotExist) {
		return s.unmarkDirty(name)
	}
	f, err := openDataFile(context.Background(), s, name, recordsMmap)
	if err != nil {
		return err
	}
	return errors.Join(fn(f), f.close())
}

func (f *dataFile) scrub(ctx context.Context, report *ScrubReport) error {
	return f.alone(ctx, func() error {
		pages, err := zeroFree(f.db.Load(), f.path)
		if err != nil {
			return err
		}
		report.Files++
		report.ZeroedPages += pages.zeroed
		if pages.total*pages.size > compactBytes && pages.free*100 > pages.total*compactShare {
			if err := f.compact(); err != nil {
				return fmt.Errorf("compact: %w", err)
			}
			report.Compacted++
		}
		f.scrubbed.Store(f.txid())
		return f.s.unmarkDirty(f.name)
	})
}

// alone runs fn while no transaction is open and new ones wait.
func (f *dataFile) alone(ctx context.Context, fn func() error) error {
	deadline := time.Now().Add(scrubLimit)
	for {
		done, err := f.tryAlone(fn)
		if done || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("a reader has not ended for %v", scrubLimit)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(gatePause):
		}
	}
}

func (f *dataFile) tryAlone(fn func() error) (done bool, err error) {
	defer f.rescue(&err)
	if !f.writers.close(gateLimit) {
		return false, nil
	}
	defer f.writers.open()
	if !f.readers.close(gateLimit) {
		return false, nil
	}
	defer f.readers.open()
	return true, fn()
}

func (f *dataFile) txid() (id int64) {
	_ = f.db.Load().View(func(tx *bolt.Tx) error { id = int64(tx.ID()); return nil })
	return id
}

// compact rewrites the file without its free pages, which are zero already, and
// renames the copy into place. Killed before the rename it leaves the old file
// and a copy in tmp/, after it the new one.
func (f *dataFile) compact() error {
	copyPath := filepath.Join(f.s.dir, "tmp", "compact-"+filepath.Base(f.path))
	if err := compactTo(copyPath, f.db.Load()); err != nil {
		return errors.Join(err, os.Remove(copyPath))
	}
	if err := f.db.Load().Close(); err != nil {
		return err
	}
	if err := os.Rename(copyPath, f.path); err != nil {
		return errors.Join(err, f.reopen())
	}
	if err := syncDir(filepath.Dir(f.path)); err != nil {
		return errors.Join(err, f.reopen())
	}
	return f.reopen()
}

// compactTo copies src to a new, synced file without bytes in free pages.
func compactTo(path string, src *bolt.DB, change ...func(tx *bolt.Tx) error) error {
	dst, err := bolt.Open(path, 0o600, &bolt.Options{FreelistType: bolt.FreelistMapType, NoSync: true, InitialMmapSize: recordsMmap})
	if err != nil {
		return err
	}
	dst.AllocSize = allocSize
	err = bolt.Compact(dst, src, compactTx)
	for _, fn := range change {
		if err == nil {
			err = dst.Update(fn)
		}
	}
	if err == nil {
		_, err = zeroFree(dst, path)
	}
	return errors.Join(err, dst.Sync(), dst.Close())
}

// FreePagesClean checks that no free page of any file holds a byte. Since every
// commit frees pages with bytes of rows that still live, a file that was written
// after its last scrub is scrubbed before it is read back.
func (s *Store) FreePagesClean(ctx context.Context) (bad []string, err error) {
	s.scrubbing.Lock()
	defer s.scrubbing.Unlock()
	for _, name := range s.fileNames() {
		err := s.withFile(name, func(f *dataFile) error {
			if f.txid() != f.scrubbed.Load() {
				if err := f.scrub(ctx, new(ScrubReport)); err != nil {
					return err
				}
			}
			return f.alone(ctx, func() error {
				found, err := overFree(f.db.Load(), f.path, false)
				if err == nil && found.dirty > 0 && f.txid() == f.scrubbed.Load() {
					bad = append(bad, fmt.Sprintf("%s: %d free pages hold bytes", name, found.dirty))
				}
				return err
			})
		})
		if err != nil {
			return bad, fmt.Errorf("check free pages of %s: %w", name, err)
		}
	}
	return bad, nil
}

// fileNames are all bbolt files, opened by OpenFile or not.
func (s *Store) fileNames() []string {
	names := []string{recordsName}
	for n := uint32(1); n <= s.volumes.newest(); n++ {
		names = append(names, volumeName(n))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.files {
		names = append(names, name)
	}
	return names
}
