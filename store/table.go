package store

//msgp:ignore record Table Index column indexOf

import (
	"bytes"
	"fmt"
	"iter"

	"github.com/tinylib/msgp/msgp"
	bolt "go.etcd.io/bbolt"
)

type id interface{ ~uint64 }

type record[T any] interface {
	*T
	msgp.Marshaler
	msgp.Unmarshaler
}

// Table is a typed bucket of records under big-endian ids, with declared
// indexes and the declaration of the personal data it may hold (see Walk).
type Table[K id, T any, P record[T]] struct {
	name    string
	version byte // of the record's encoding, first byte of the value
	holds   Holdings
	fields  func(v *T) []column // texts that may hold personal data
	mailbox func(k K, v *T) MailboxID
	indexes []*Index[K, T]
}

func (t *Table[K, T, P]) bucket(tx *Tx) *bolt.Bucket {
	return tx.tx.Bucket([]byte(tableBucket + t.name))
}

const (
	tableBucket = "t/" // + table: id → version byte and record
	indexBucket = "i/" // + table/index/version: key and id → nothing
	countBucket = "counts"
	metaBucket  = "meta"
)

// Get returns ErrNotFound when there is no such record.
func (t *Table[K, T, P]) Get(tx *Tx, k K) (T, error) {
	value := t.bucket(tx).Get(idKey(k))
	if value == nil {
		var none T
		return none, fmt.Errorf("%s %d: %w", t.name, k, ErrNotFound)
	}
	return t.decode(k, value)
}

func (t *Table[K, T, P]) decode(k K, value []byte) (T, error) {
	var v T
	if len(value) == 0 || value[0] != t.version {
		return v, fmt.Errorf("%s %d: %w (record of an unknown version)", t.name, k, ErrDamaged)
	}
	if rest, err := P(&v).UnmarshalMsg(value[1:]); err != nil || len(rest) != 0 {
		return v, fmt.Errorf("%s %d: %w (record cannot be read)", t.name, k, ErrDamaged)
	}
	return v, nil
}

// Has is Get without the record.
func (t *Table[K, T, P]) Has(tx *Tx, k K) bool { return t.bucket(tx).Get(idKey(k)) != nil }

// Put writes a record under its id, new or not.
func (t *Table[K, T, P]) Put(tx *Tx, k K, v T) error {
	if k == 0 {
		return fmt.Errorf("%s: put under no id", t.name)
	}
	value, err := P(&v).MarshalMsg([]byte{t.version})
	if err != nil {
		return fmt.Errorf("%s %d: encode: %w", t.name, k, err)
	}
	bucket, key := t.bucket(tx), idKey(k)
	old := bucket.Get(key)
	if bytes.Equal(old, value) {
		return nil
	}
	if err := t.reindex(tx, k, old, &v); err != nil {
		return err
	}
	return bucket.Put(key, value)
}

// reindex replaces the index entries of a stored value by those of v (nil: none).
func (t *Table[K, T, P]) reindex(tx *Tx, k K, old []byte, v *T) error {
	var before *T
	if old != nil {
		if err := tx.s.markDirty(recordsName); err != nil { // its bytes stay in a free page
			return err
		}
		was, err := t.decode(k, old)
		if err != nil {
			return err
		}
		before = &was
	}
	if (before == nil) != (v == nil) {
		step := int64(1)
		if v == nil {
			step = -1
		}
		if err := tx.count(t.name, step); err != nil {
			return err
		}
	}
	for _, x := range t.indexes {
		if err := x.replace(tx, k, before, v); err != nil {
			return err
		}
	}
	return nil
}

// Insert puts under the next id. Ids are never reused, also not after a Delete.
func (t *Table[K, T, P]) Insert(tx *Tx, v T) (K, error) {
	n, err := t.bucket(tx).NextSequence()
	if err != nil {
		return 0, fmt.Errorf("%s: next id: %w", t.name, err)
	}
	return K(n), t.Put(tx, K(n), v)
}

// Delete marks the file dirty until scrubbed; ErrNotFound when there is no such record.
func (t *Table[K, T, P]) Delete(tx *Tx, k K) error {
	bucket, key := t.bucket(tx), idKey(k)
	old := bucket.Get(key)
	if old == nil {
		return fmt.Errorf("%s %d: %w", t.name, k, ErrNotFound)
	}
	if err := t.reindex(tx, k, old, nil); err != nil {
		return err
	}
	return bucket.Delete(key)
}

// All yields records in order of id; damaged rows are left out and reported by Store.Check.
func (t *Table[K, T, P]) All(tx *Tx) iter.Seq2[K, T] { return t.From(tx, 0) }

// From yields those with ids ≥ k. The caller may write to the table meanwhile:
// each step looks up the next id anew.
func (t *Table[K, T, P]) From(tx *Tx, k K) iter.Seq2[K, T] {
	return func(yield func(K, T) bool) {
		c := t.bucket(tx).Cursor()
		for key, value := c.Seek(idKey(k)); key != nil; {
			at := keyID[K](key)
			v, err := t.decode(at, value)
			if err != nil {
				tx.s.log.Error("record left out of a list", "table", t.name, "id", uint64(at))
			} else if !yield(at, v) {
				return
			}
			if tx.tx.Writable() {
				key, value = c.Seek(idKey(at + 1))
			} else {
				key, value = c.Next()
			}
		}
	}
}

// Last is the greatest id.
func (t *Table[K, T, P]) Last(tx *Tx) (K, bool) {
	key, _ := t.bucket(tx).Cursor().Last()
	if key == nil {
		return 0, false
	}
	return keyID[K](key), true
}

// Len is kept, not counted.
func (t *Table[K, T, P]) Len(tx *Tx) int { return int(tx.counted(t.name)) }
