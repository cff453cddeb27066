package store

import (
	"bytes"
	"iter"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// Index is a declared secondary index of a table: keys built by Key, ids under them.
// An entry is the key followed by the 8 bytes of the id, without value.
type Index[K id, T any] struct {
	table   string
	name    string
	version byte // raise it when keys changes: the index is built anew at the next start
	keys    func(v *T) [][]byte
}

func (x *Index[K, T]) bucketName() []byte {
	return []byte(indexBucket + x.table + "/" + x.name + "/" + string('1'+rune(x.version)))
}

func (x *Index[K, T]) bucket(tx *Tx) *bolt.Bucket { return tx.tx.Bucket(x.bucketName()) }

func (x *Index[K, T]) entries(k K, v *T) [][]byte {
	if v == nil {
		return nil
	}
	entries := x.keys(v)
	for i, key := range entries {
		entries[i] = append(key, idKey(k)...)
	}
	slices.SortFunc(entries, bytes.Compare)
	return slices.CompactFunc(entries, bytes.Equal)
}

func (x *Index[K, T]) replace(tx *Tx, k K, before, after *T) error {
	old, now := x.entries(k, before), x.entries(k, after)
	bucket := x.bucket(tx)
	for _, entry := range old {
		if _, stays := slices.BinarySearchFunc(now, entry, bytes.Compare); !stays {
			if err := bucket.Delete(entry); err != nil {
				return err
			}
		}
	}
	for _, entry := range now {
		if _, was := slices.BinarySearchFunc(old, entry, bytes.Compare); !was {
			if err := bucket.Put(entry, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

const idBytes = 8

func entryID[K id](entry []byte) K { return keyID[K](entry[len(entry)-idBytes:]) }

// Prefix yields ids whose key begins with p, in key order. The function may
// change the table meanwhile; entries that come to lie ahead are yielded too.
func (x *Index[K, T]) Prefix(tx *Tx, p []byte) iter.Seq[K] { return x.ascend(tx, p, p) }

func (x *Index[K, T]) ascend(tx *Tx, p, from []byte) iter.Seq[K] {
	return func(yield func(K) bool) {
		c := x.bucket(tx).Cursor()
		for entry, _ := c.Seek(from); bytes.HasPrefix(entry, p) && entry != nil; {
			at := entry
			if tx.tx.Writable() {
				at = bytes.Clone(entry)
			}
			if !yield(entryID[K](at)) {
				return
			}
			if !tx.tx.Writable() {
				entry, _ = c.Next()
			} else if entry, _ = c.Seek(at); bytes.Equal(entry, at) {
				entry, _ = c.Next()
			}
		}
	}
}

// PrefixReverse yields them from the end.
func (x *Index[K, T]) PrefixReverse(tx *Tx, p []byte) iter.Seq[K] {
	return x.descend(tx, p, successor(p))
}

// Before yields ids under prefix p whose key is less than key, from the greatest (paging back).
func (x *Index[K, T]) Before(tx *Tx, p, key []byte) iter.Seq[K] { return x.descend(tx, p, key) }

// descend yields entries under p that are less than end (nil: no end).
func (x *Index[K, T]) descend(tx *Tx, p, end []byte) iter.Seq[K] {
	return func(yield func(K) bool) {
		c := x.bucket(tx).Cursor()
		for entry := lessThan(c, end); bytes.HasPrefix(entry, p) && entry != nil; {
			at := entry
			if tx.tx.Writable() {
				at = bytes.Clone(entry)
			}
			if !yield(entryID[K](at)) {
				return
			}
			if tx.tx.Writable() {
				entry = lessThan(c, at)
			} else {
				entry, _ = c.Prev()
			}
		}
	}
}

func lessThan(c *bolt.Cursor, end []byte) []byte {
	if end != nil {
		if k, _ := c.Seek(end); k != nil {
			k, _ = c.Prev()
			return k
		}
	}
	k, _ := c.Last()
	return k
}

// successor is the least key greater than all that begin with p; nil: none.
func successor(p []byte) []byte {
	end := bytes.Clone(p)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] != 0xFF {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}

// After yields ids under prefix p whose key is greater than key (paging). Of
// several ids under one key all are left out; give Entry instead of Key to go on after one of them.
func (x *Index[K, T]) After(tx *Tx, p, key []byte) iter.Seq[K] {
	return func(yield func(K) bool) {
		c := x.bucket(tx).Cursor()
		entry, _ := c.Seek(key)
		for entry != nil && (bytes.Equal(entry, key) || bytes.HasPrefix(entry, key) && len(entry) == len(key)+idBytes) {
			entry, _ = c.Next()
		}
		if entry == nil || bytes.Compare(entry, p) < 0 {
			entry = p
		}
		x.ascend(tx, p, bytes.Clone(entry))(yield)
	}
}

// Entry is the full index entry of an id under a key: exact paging for After and Before.
func Entry[K id](k K, parts ...any) []byte { return append(Key(parts...), idKey(k)...) }

// First is the first id under p.
func (x *Index[K, T]) First(tx *Tx, p []byte) (K, bool) {
	for k := range x.Prefix(tx, p) {
		return k, true
	}
	return 0, false
}

// Count counts under p.
func (x *Index[K, T]) Count(tx *Tx, p []byte) int {
	n := 0
	c := x.bucket(tx).Cursor()
	for entry, _ := c.Seek(p); entry != nil && bytes.HasPrefix(entry, p); entry, _ = c.Next() {
		n++
	}
	return n
}
