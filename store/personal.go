package store

//msgp:ignore Field anyTable

import (
	"fmt"
	"maps"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// Field is one text of a record that may hold personal data.
type Field struct {
	Table   string
	ID      uint64
	Name    string    // "subject", "addresses[1]", "to[0].addr"
	Text    *string   // of a copy of the record; to change it call RewriteField
	Derived bool      // computed from messages: computed again after an erasure, not decided on
	Mailbox MailboxID // 0: of no mailbox
}

// anyTable is what can be done with a table whose types are not known.
type anyTable interface {
	tableName() string
	declared() Holdings
	buckets() []string
	walk(tx *Tx, fn func(f Field) error) error
	row(tx *Tx, id uint64) ([]Field, error)
	rewrite(tx *Tx, id uint64, field string, change func(string) string) error
	erase(tx *Tx, id uint64) error
	fill(tx *bolt.Tx, s *Store) error
	check(tx *Tx, report func(format string, args ...any))
}

// Walk yields the personal text of every record of every table that declares
// some, in one read transaction a table; empty texts are left out. Find's third
// leg. A record that cannot be decoded is an error: an answer for the law must
// not leave it out silently.
func (s *Store) Walk(fn func(f Field) error) error {
	for _, t := range tables {
		if err := s.View(func(tx *Tx) error { return t.walk(tx, fn) }); err != nil {
			return fmt.Errorf("walk %s: %w", t.tableName(), err)
		}
	}
	return nil
}

func (t *Table[K, T, P]) tableName() string  { return t.name }
func (t *Table[K, T, P]) declared() Holdings { return t.holds }

func (t *Table[K, T, P]) walk(tx *Tx, fn func(f Field) error) error {
	if t.fields == nil {
		return nil
	}
	return t.bucket(tx).ForEach(func(key, value []byte) error {
		k := keyID[K](key)
		v, err := t.decode(k, value)
		if err != nil {
			return err
		}
		for _, f := range t.fieldsOf(k, &v) {
			if err := fn(f); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *Table[K, T, P]) fieldsOf(k K, v *T) (all []Field) {
	for _, c := range t.fields(v) {
		if *c.text == "" {
			continue
		}
		f := Field{Table: t.name, ID: uint64(k), Name: c.name, Text: c.text, Derived: c.derived}
		if t.mailbox != nil {
			f.Mailbox = t.mailbox(k, v)
		}
		all = append(all, f)
	}
	return all
}

// RowFields are what Walk yields of one row. ErrNotFound: no such table or row.
func RowFields(tx *Tx, table string, id uint64) ([]Field, error) {
	t, err := tableNamed(table)
	if err != nil {
		return nil, err
	}
	return t.row(tx, id)
}

func (t *Table[K, T, P]) row(tx *Tx, id uint64) ([]Field, error) {
	v, err := t.Get(tx, K(id))
	if err != nil || t.fields == nil {
		return nil, err
	}
	return t.fieldsOf(K(id), &v), nil
}

// RewriteField replaces one field's text (blank, mask), by the names that Walk
// gives and the ledger's verbs keep. ErrNotFound: no such table, row or field.
func RewriteField(tx *Tx, table string, id uint64, field string, change func(string) string) error {
	t, err := tableNamed(table)
	if err != nil {
		return err
	}
	return t.rewrite(tx, id, field, change)
}

func (t *Table[K, T, P]) rewrite(tx *Tx, id uint64, field string, change func(string) string) error {
	v, err := t.Get(tx, K(id))
	if err != nil {
		return err
	}
	if t.fields != nil {
		for _, c := range t.fields(&v) {
			if c.name != field {
				continue
			}
			*c.text = change(*c.text)
			if c.changed != nil {
				c.changed()
			}
			return t.Put(tx, K(id), v)
		}
	}
	return fmt.Errorf("%s %d: field %q: %w", t.name, id, field, ErrNotFound)
}

// EraseRow deletes a row. One that is gone already is no error: an erasure is
// resumed after a crash, and a restore replays it.
func EraseRow(tx *Tx, table string, id uint64) error {
	t, err := tableNamed(table)
	if err != nil {
		return err
	}
	return t.erase(tx, id)
}

func (t *Table[K, T, P]) erase(tx *Tx, id uint64) error {
	if !t.Has(tx, K(id)) {
		return nil
	}
	return t.Delete(tx, K(id))
}

// Holdings says how a table or path of DATA may hold personal data; every one declares it.
type Holdings uint8

const (
	HoldsNone    Holdings = iota // none
	HoldsFields                  // in the declared fields, walked and rewritten
	HoldsContent                 // messages: searched by ScanText, erased by Remove/Replace and Scrub
	HoldsDerived                 // derived from others (index), rebuilt or purged
	HoldsSealed                  // encrypted with a key of its own (jobs)
	HoldsLog                     // of agents only, append-only, pruned by age (access log)
)

// paths are those of DATA that this package knows of. A name ending in a slash
// stands for all below it.
var paths = struct {
	sync.Mutex
	holds map[string]Holdings
}{holds: map[string]Holdings{
	"lock":        HoldsNone,
	RestoringMark: HoldsNone,
	"keys/":       HoldsNone,
	"dirty/":      HoldsNone, // names of files only
	recordsName:   HoldsFields,
	"audit.db":    HoldsFields, // who read; ids and addresses of agents, pruned by audit
	"mail/":       HoldsContent,
	"tmp/":        HoldsDerived, // emptied at start
	"exports/":    HoldsDerived, // Exports lists their messages
	"index/":      HoldsDerived,
	"cache/":      HoldsNone,
	"jobs/":       HoldsSealed,
	"snapshots/":  HoldsSealed, // default target; age ciphertext
}}

// Declared lists every table ("table name"), every other bucket ("bucket name")
// and path with its holdings; a test compares it with what exists.
func Declared() map[string]Holdings {
	paths.Lock()
	all := maps.Clone(paths.holds)
	paths.Unlock()
	for _, t := range tables {
		for i, b := range t.buckets() {
			all["bucket "+b] = HoldsDerived // its indexes change with it
			if i == 0 {
				delete(all, "bucket "+b)
				all["table "+t.tableName()] = t.declared()
			}
		}
	}
	all["bucket "+metaBucket] = HoldsNone
	all["bucket "+countBucket] = HoldsNone
	return all
}

// DeclarePath adds a path under DATA that another package owns ("control.sock").
func DeclarePath(path string, h Holdings) {
	paths.Lock()
	defer paths.Unlock()
	paths.holds[path] = h
}
