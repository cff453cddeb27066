package store

//msgp:ignore idBlock

import (
	"fmt"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// idBlock hands out message ids from a block whose end is on disk already, so
// that a crash wastes ids but never reuses one.
type idBlock struct {
	mu        sync.Mutex
	next, end MessageID // [next, end) are free
}

const idsAtOnce = 1000

// ReserveMessageIDs gives n consecutive ids, the first returned, that nobody had or will have.
// Not inside an Update, of which it makes one.
func (s *Store) ReserveMessageIDs(n int) (MessageID, error) {
	if n < 1 {
		return 0, fmt.Errorf("reserve %d message ids", n)
	}
	s.ids.mu.Lock()
	defer s.ids.mu.Unlock()
	if s.ids.next == 0 || s.ids.end-s.ids.next < MessageID(n) {
		if err := s.moreIDs(n); err != nil {
			return 0, fmt.Errorf("reserve message ids: %w", err)
		}
	}
	first := s.ids.next
	s.ids.next += MessageID(n)
	return first, nil
}

// RaiseMessageIDs makes all later ids greater than last: a restore of an older
// snapshot must not give ids again that the ledger or the access log speak of.
func (s *Store) RaiseMessageIDs(last MessageID) error {
	s.ids.mu.Lock()
	defer s.ids.mu.Unlock()
	s.ids.next, s.ids.end = 0, 0
	err := s.records.update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(tableBucket + Messages.name))
		return b.SetSequence(max(b.Sequence(), uint64(last)))
	})
	if err != nil {
		return fmt.Errorf("raise message ids: %w", err)
	}
	return nil
}

// moreIDs raises the mark, which is the sequence of the table's bucket (the last
// id that may be in use). The rest of the old block joins the new one if nothing lies between.
func (s *Store) moreIDs(n int) error {
	var last, end MessageID
	err := s.records.update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(tableBucket + Messages.name))
		last = MessageID(b.Sequence())
		end = last + MessageID(max(n, idsAtOnce))
		return b.SetSequence(uint64(end))
	})
	if err != nil {
		return err
	}
	if s.ids.next == 0 || s.ids.end != last+1 {
		s.ids.next = last + 1
	}
	s.ids.end = end + 1
	return nil
}

// returnIDs gives back what a clean end leaves of the block.
func (s *Store) returnIDs() error {
	s.ids.mu.Lock()
	defer s.ids.mu.Unlock()
	if s.opt.ReadOnly || s.ids.next == 0 || s.ids.next == s.ids.end {
		return nil
	}
	next, end := s.ids.next, s.ids.end
	s.ids.next, s.ids.end = 0, 0
	return s.records.update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(tableBucket + Messages.name))
		if b.Sequence() != uint64(end-1) {
			return nil
		}
		return b.SetSequence(uint64(next - 1))
	})
}
