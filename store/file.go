package store

//msgp:ignore LogFile FileTx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// LogFile is a bbolt file beside postolka.db with raw buckets, for packages that
// keep a file of their own (audit.db). It is scrubbed with the others.
type LogFile struct {
	s    *Store
	file *dataFile
}

// OpenFile opens or creates DATA/name with the given buckets. A second call for
// the same name is an error until the first is closed.
func (s *Store) OpenFile(name string, buckets ...string) (*LogFile, error) {
	if filepath.Base(name) != name || !strings.HasSuffix(name, ".db") || name == recordsName {
		return nil, fmt.Errorf("open file %q: not a plain name ending in .db", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files[name] != nil {
		return nil, fmt.Errorf("open %s: already open", name)
	}
	file, err := openDataFile(context.Background(), s, name, recordsMmap)
	if err != nil {
		return nil, err
	}
	if s.recovered.Crashed {
		err = s.markDirty(name) // a commit that was cut off may have left bytes
	}
	if err == nil && !s.opt.ReadOnly {
		err = file.ensureBuckets(buckets)
	}
	if err != nil {
		return nil, errors.Join(err, file.close())
	}
	s.files[name] = file
	return &LogFile{s, file}, nil
}

// ensureBuckets writes only when one is missing: a commit costs two syncs of the disk.
func (f *dataFile) ensureBuckets(names []string) error {
	missing := false
	err := f.view(func(tx *bolt.Tx) error {
		missing = slices.ContainsFunc(names, func(name string) bool { return tx.Bucket([]byte(name)) == nil })
		return nil
	})
	if err != nil || !missing {
		return err
	}
	return f.update(func(tx *bolt.Tx) error { return createBuckets(tx, names) })
}

func createBuckets(tx *bolt.Tx, names []string) error {
	for _, name := range names {
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return fmt.Errorf("bucket %s: %w", name, err)
		}
	}
	return nil
}

// View runs fn over a consistent state.
func (f *LogFile) View(fn func(tx *FileTx) error) error {
	return f.file.view(func(tx *bolt.Tx) error { return fn(&FileTx{tx, f.s, f.file.name}) })
}

// Update runs fn and commits durably: one commit, no batching, the caller groups.
func (f *LogFile) Update(fn func(tx *FileTx) error) error {
	return f.file.update(func(tx *bolt.Tx) error { return fn(&FileTx{tx, f.s, f.file.name}) })
}

// Close may be called more than once; Store.Close does it too.
func (f *LogFile) Close() error {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if f.s.files[f.file.name] != f.file {
		return nil
	}
	delete(f.s.files, f.file.name)
	return f.file.close()
}

// FileTx reads and writes byte keys.
type FileTx struct {
	tx   *bolt.Tx
	s    *Store
	name string
}

// Get is nil for an unknown key; the bytes are valid during tx.
func (tx *FileTx) Get(bucket string, key []byte) []byte {
	b := tx.tx.Bucket([]byte(bucket))
	if b == nil {
		return nil
	}
	return b.Get(key)
}

// Put writes a value; one that replaces another marks the file dirty.
func (tx *FileTx) Put(bucket string, key, value []byte) error {
	b := tx.tx.Bucket([]byte(bucket))
	if b == nil {
		return fmt.Errorf("bucket %s: %w", bucket, ErrNotFound)
	}
	if old := b.Get(key); old != nil && !bytes.Equal(old, value) {
		if err := tx.s.markDirty(tx.name); err != nil {
			return err
		}
	}
	return b.Put(key, value)
}

// Delete marks the file dirty until scrubbed; an unknown key is no error.
func (tx *FileTx) Delete(bucket string, key []byte) error {
	b := tx.tx.Bucket([]byte(bucket))
	if b == nil {
		return fmt.Errorf("bucket %s: %w", bucket, ErrNotFound)
	}
	if b.Get(key) == nil {
		return nil
	}
	if err := tx.s.markDirty(tx.name); err != nil {
		return err
	}
	return b.Delete(key)
}

// Scan runs fn over keys ≥ from in order; ErrStop from fn ends it without error.
func (tx *FileTx) Scan(bucket string, from []byte, fn func(k, v []byte) error) error {
	b := tx.tx.Bucket([]byte(bucket))
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for k, v := c.Seek(from); k != nil; k, v = c.Next() {
		if err := fn(k, v); err != nil {
			return stopped(err)
		}
	}
	return nil
}

// ScanReverse runs fn over keys ≤ from, from the end; from nil: all.
func (tx *FileTx) ScanReverse(bucket string, from []byte, fn func(k, v []byte) error) error {
	b := tx.tx.Bucket([]byte(bucket))
	if b == nil {
		return nil
	}
	c := b.Cursor()
	k, v := c.Last()
	if from != nil {
		k, v = c.Seek(from)
		if k == nil {
			k, v = c.Last()
		} else if !bytes.Equal(k, from) {
			k, v = c.Prev()
		}
	}
	for ; k != nil; k, v = c.Prev() {
		if err := fn(k, v); err != nil {
			return stopped(err)
		}
	}
	return nil
}

// Last is the greatest key; nil: none.
func (tx *FileTx) Last(bucket string) (k, v []byte) {
	if b := tx.tx.Bucket([]byte(bucket)); b != nil {
		return b.Cursor().Last()
	}
	return nil, nil
}

// ErrStop ends a Scan or ScanText from inside its function; the scan returns nil.
var ErrStop = errors.New("stop")

func stopped(err error) error {
	if errors.Is(err, ErrStop) {
		return nil
	}
	return err
}
