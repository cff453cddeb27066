package store

//msgp:ignore volumes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	bolt "go.etcd.io/bbolt"
)

const (
	defaultVolumeBytes = 256 << 20
	emptyVolume        = 64 << 10 // a new volume is smaller, a filled one larger
)

// volumes are opened when first asked for and stay open.
type volumes struct {
	s      *Store
	adding sync.Mutex // one Add at a time
	mu     sync.Mutex
	open   map[uint32]*dataFile
	last   uint32 // 0: none yet
}

const logName = "audit.db" // kept by package audit

// volumesMark is the number of volumes that DATA must have: a lost file is found at start.
const volumesMark = "volumes"

func volumeName(n uint32) string { return fmt.Sprintf("mail/%06d.db", n) }

// find looks which volumes are there. One that was created just before a crash
// may be beyond the mark; one below it must not be missing.
func (v *volumes) find(s *Store) error {
	v.s, v.open = s, map[uint32]*dataFile{}
	entries, err := os.ReadDir(filepath.Join(s.dir, "mail"))
	if err != nil {
		return fmt.Errorf("list volumes: %w", err)
	}
	found := map[uint32]bool{}
	for _, e := range entries {
		if n, err := strconv.ParseUint(strings.TrimSuffix(e.Name(), ".db"), 10, 32); err == nil && volumeName(uint32(n)) == "mail/"+e.Name() {
			found[uint32(n)] = true
			v.last = max(v.last, uint32(n))
		}
	}
	var mark uint64
	if err := s.records.view(func(tx *bolt.Tx) error { mark = number(tx, volumesMark); return nil }); err != nil {
		return err
	}
	for n := uint32(1); n <= max(v.last, uint32(mark)); n++ {
		if !found[n] {
			return damaged(volumeName(n), errors.New("it is missing"))
		}
		// bbolt would make an empty file a fresh one, and its mail would count as never there.
		if info, err := os.Stat(filepath.Join(s.dir, volumeName(n))); err == nil && info.Size() == 0 && n <= uint32(mark) {
			return damaged(volumeName(n), errors.New("it is empty"))
		}
	}
	return nil
}

// refuseWithoutRecords: mail without postolka.db would be taken for leftovers of
// a crash, and an emptied log for one that has just begun.
func (s *Store) refuseWithoutRecords() error {
	mail, err := os.Stat(filepath.Join(s.dir, volumeName(1)))
	if err != nil || mail.Size() == 0 {
		return nil
	}
	if info, err := os.Stat(filepath.Join(s.dir, logName)); err == nil && info.Size() == 0 {
		return damaged(logName, errors.New("it is empty, but there is mail"))
	}
	if info, err := os.Stat(filepath.Join(s.dir, recordsName)); err == nil && info.Size() > 0 {
		return nil
	}
	return damaged(recordsName, errors.New("it is missing or empty, but there is mail"))
}

func (v *volumes) newest() uint32 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.last
}

// get gives ErrNotFound for a number that no volume has.
func (v *volumes) get(n uint32) (*dataFile, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if n == 0 || n > v.last {
		return nil, fmt.Errorf("volume %d: %w", n, ErrNotFound)
	}
	if f := v.open[n]; f != nil {
		return f, nil
	}
	return v.openVolume(n)
}

func (v *volumes) openVolume(n uint32) (*dataFile, error) {
	f, err := openDataFile(context.Background(), v.s, volumeName(n), int(2*v.s.opt.VolumeBytes))
	if err != nil {
		return nil, err
	}
	if err := v.prepare(f); err != nil {
		return nil, errors.Join(err, f.close())
	}
	v.open[n] = f
	return f, nil
}

func (v *volumes) prepare(f *dataFile) error {
	ready := false
	err := f.view(func(tx *bolt.Tx) error {
		ready = tx.Bucket(rawBucket) != nil && tx.Bucket(textBucket) != nil
		if k, _ := tx.Cursor().First(); k != nil && !ready {
			return damaged(f.name, errors.New("it is not a volume"))
		}
		return nil
	})
	if err != nil || ready || v.s.opt.ReadOnly {
		return err
	}
	return f.update(func(tx *bolt.Tx) error {
		return createBuckets(tx, []string{string(rawBucket), string(textBucket)})
	})
}

// create makes volume n, the next one, and then raises the mark.
func (v *volumes) create(n uint32) (*dataFile, error) {
	v.mu.Lock()
	f, err := v.openVolume(n)
	v.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if err := syncDir(filepath.Dir(f.path)); err != nil {
		return nil, err
	}
	if err := v.s.records.update(func(tx *bolt.Tx) error { return setNumber(tx, volumesMark, uint64(n)) }); err != nil {
		return nil, err
	}
	v.mu.Lock()
	v.last = max(v.last, n)
	v.mu.Unlock()
	return f, nil
}

func (v *volumes) close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var errs []error
	for _, f := range v.open {
		errs = append(errs, f.close())
	}
	clear(v.open)
	return errors.Join(errs...)
}
