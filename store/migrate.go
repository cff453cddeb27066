package store

//msgp:ignore migration

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// migration brings postolka.db from schema n-1 to n; its place in the list is n.
// All that are due run in one transaction. It sees buckets, not tables: records
// of the past may not decode with the structs of today.
type migration func(tx *bolt.Tx) error

// migrations: schema 1 is the first and needs none.
var migrations = []migration{
	func(*bolt.Tx) error { return nil },
}

var schemaKey = []byte("schema")

// migrate creates what is missing and brings an older file up to date. Indexes
// need no migration: a new or raised version is built from the records.
func (s *Store) migrate(steps []migration) error {
	run := s.records.view
	if !s.opt.ReadOnly {
		if current, err := s.current(len(steps)); err != nil || current {
			return err
		}
		run = s.records.update
	}
	return run(func(tx *bolt.Tx) error {
		found, err := schemaOf(tx)
		switch {
		case err != nil:
			return err
		case found > len(steps):
			return fmt.Errorf("%s: %w (schema %d, this one knows %d). Nothing was changed; run the newer program", recordsName, ErrNewer, found, len(steps))
		case s.opt.ReadOnly && found < len(steps):
			return fmt.Errorf("%s has schema %d, this program needs %d: open it once for writing", recordsName, found, len(steps))
		case s.opt.ReadOnly:
			return nil
		}
		for n := found; found > 0 && n < len(steps); n++ {
			if err := steps[n](tx); err != nil {
				return fmt.Errorf("migrate to schema %d: %w; nothing was changed", n+1, err)
			}
		}
		if found > 0 && found < len(steps) {
			s.log.Info("data migrated", "from", found, "to", len(steps))
		}
		return s.makeBuckets(tx, found, len(steps))
	})
}

// current: nothing is missing or old, so that an open need not write, which costs
// two syncs of the disk.
func (s *Store) current(schema int) (is bool, err error) {
	err = s.records.view(func(tx *bolt.Tx) error {
		found, err := schemaOf(tx)
		if err != nil || found != schema {
			return err
		}
		for _, t := range tables {
			for _, name := range append(t.buckets(), countBucket) {
				if tx.Bucket([]byte(name)) == nil {
					return nil
				}
			}
		}
		old, err := oldIndexes(tx)
		is = err == nil && len(old) == 0
		return err
	})
	return is, err
}

// schemaOf is 0 for a new file. A file with buckets but no schema is not ours.
func schemaOf(tx *bolt.Tx) (int, error) {
	meta := tx.Bucket([]byte(metaBucket))
	if meta == nil {
		if k, _ := tx.Cursor().First(); k != nil {
			return 0, damaged(recordsName, errors.New("it names no schema"))
		}
		return 0, nil
	}
	v := meta.Get(schemaKey)
	if len(v) != 8 {
		return 0, damaged(recordsName, errors.New("it names no schema"))
	}
	return int(binary.BigEndian.Uint64(v)), nil
}

func (s *Store) makeBuckets(tx *bolt.Tx, found, now int) error {
	if err := createBuckets(tx, []string{metaBucket, countBucket}); err != nil {
		return err
	}
	for _, t := range tables {
		if err := t.fill(tx, s); err != nil {
			return err
		}
	}
	if err := s.dropOldIndexes(tx); err != nil || found == now {
		return err
	}
	return tx.Bucket([]byte(metaBucket)).Put(schemaKey, binary.BigEndian.AppendUint64(nil, uint64(now)))
}

func (t *Table[K, T, P]) buckets() []string {
	names := []string{tableBucket + t.name}
	for _, x := range t.indexes {
		names = append(names, string(x.bucketName()))
	}
	return names
}

// fill creates the table's buckets and builds the indexes that did not exist.
func (t *Table[K, T, P]) fill(tx *bolt.Tx, s *Store) error {
	if err := createBuckets(tx, []string{tableBucket + t.name}); err != nil {
		return err
	}
	for _, x := range t.indexes {
		if tx.Bucket(x.bucketName()) != nil {
			continue
		}
		if err := createBuckets(tx, []string{string(x.bucketName())}); err != nil {
			return err
		}
		own := &Tx{s, tx}
		for k, v := range t.All(own) {
			if err := x.replace(own, k, nil, &v); err != nil {
				return err
			}
		}
	}
	return nil
}

func oldIndexes(tx *bolt.Tx) (old [][]byte, err error) {
	declared := Declared()
	err = tx.ForEach(func(name []byte, _ *bolt.Bucket) error {
		if _, known := declared["bucket "+string(name)]; !known && strings.HasPrefix(string(name), indexBucket) {
			old = append(old, append([]byte(nil), name...))
		}
		return nil
	})
	return old, err
}

func (s *Store) dropOldIndexes(tx *bolt.Tx) error {
	old, err := oldIndexes(tx)
	for _, name := range old {
		if err != nil {
			return err
		}
		if err = s.markDirty(recordsName); err == nil {
			err = tx.DeleteBucket(name)
		}
	}
	return err
}

// count keeps the number of rows of a table.
func (tx *Tx) count(table string, step int64) error {
	n := tx.counted(table) + step
	return tx.tx.Bucket([]byte(countBucket)).Put([]byte(table), binary.BigEndian.AppendUint64(nil, uint64(n)))
}

func (tx *Tx) counted(table string) int64 {
	v := tx.tx.Bucket([]byte(countBucket)).Get([]byte(table))
	if len(v) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(v))
}

// number is a figure of the meta bucket; 0: none.
func number(tx *bolt.Tx, name string) uint64 {
	if v := tx.Bucket([]byte(metaBucket)).Get([]byte(name)); len(v) == 8 {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

func setNumber(tx *bolt.Tx, name string, n uint64) error {
	return tx.Bucket([]byte(metaBucket)).Put([]byte(name), binary.BigEndian.AppendUint64(nil, n))
}
