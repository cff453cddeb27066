package store

//msgp:ignore scanPart scanner

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"
)

const (
	scanRenew   = time.Second // a read transaction keeps pages from being used again
	scanParts   = 8           // of each volume, so that one volume keeps all workers busy
	bigBuffer   = 4 << 20     // a buffer grown beyond by one message is given back
	looksAtTime = 64          // messages between looks at clock and context
)

// ScanText streams the stored text of every message with id ≤ upTo (0: all)
// through fn, volumes in parallel on the given number of workers (< 1: one).
// text is valid only during the call; fn runs with the same worker number on one
// goroutine only. It renews its read transactions every second, so it sees
// messages that come and go meanwhile or not. ErrStop from fn ends it without
// error. A message that cannot be read ends it with ErrDamaged.
func (s *Store) ScanText(ctx context.Context, upTo MessageID, workers int, fn func(worker int, id MessageID, text []byte) error) error {
	return s.scan(ctx, textBucket, upTo, workers, fn)
}

// ScanRaw does the same with raw bytes (snapshot, residue check).
func (s *Store) ScanRaw(ctx context.Context, upTo MessageID, workers int, fn func(worker int, id MessageID, raw []byte) error) error {
	return s.scan(ctx, rawBucket, upTo, workers, fn)
}

// scanPart is a range of ids of one volume, both ends included.
type scanPart struct {
	file        *dataFile
	first, last MessageID
}

func (s *Store) scan(ctx context.Context, bucket []byte, upTo MessageID, workers int, fn func(int, MessageID, []byte) error) error {
	if upTo == 0 {
		upTo = ^MessageID(0)
	}
	parts, err := s.scanParts(bucket, upTo)
	if err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	todo := make(chan scanPart, len(parts))
	for _, p := range parts {
		todo <- p
	}
	close(todo)
	group, ctx := errgroup.WithContext(ctx)
	for n := range max(workers, 1) {
		group.Go(func() error {
			w := scanner{bucket: bucket, fn: func(id MessageID, data []byte) error {
				runtime.Gosched() // who waits for a page must not wait until a scan is preempted, after 10 ms and more
				return fn(n, id, data)
			}}
			for part := range todo {
				if err := w.scan(ctx, part); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); !errors.Is(err, ErrStop) {
		return err
	}
	return nil
}

func (s *Store) scanParts(bucket []byte, upTo MessageID) (parts []scanPart, err error) {
	for n := uint32(1); n <= s.volumes.newest(); n++ {
		f, err := s.volumes.get(n)
		if err != nil {
			return nil, err
		}
		first, last, err := f.idRange(bucket)
		if err != nil {
			return nil, err
		}
		last = min(last, upTo)
		if first == 0 || first > last {
			continue
		}
		step := (last-first)/scanParts + 1
		for from := first; from <= last && from >= first; from += step {
			parts = append(parts, scanPart{f, from, min(from+step-1, last)})
		}
	}
	return parts, nil
}

func (f *dataFile) idRange(bucket []byte) (first, last MessageID, err error) {
	err = f.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucket).Cursor()
		if key, _ := c.First(); key != nil {
			first = keyID[MessageID](key)
			key, _ = c.Last()
			last = keyID[MessageID](key)
		}
		return nil
	})
	return first, last, err
}

// scanner is one worker's state.
type scanner struct {
	bucket []byte
	buf    []byte
	fn     func(MessageID, []byte) error
}

func (w *scanner) scan(ctx context.Context, p scanPart) error {
	for p.first <= p.last && p.first != 0 {
		err := p.file.view(func(tx *bolt.Tx) (err error) {
			p.first, err = w.some(ctx, tx, p)
			return err
		})
		if err != nil {
			return err
		}
		if cap(w.buf) > bigBuffer {
			w.buf = nil
		}
	}
	return ctx.Err()
}

// some scans until a second has passed and gives the id to go on with; 0: done.
func (w *scanner) some(ctx context.Context, tx *bolt.Tx, p scanPart) (MessageID, error) {
	began := time.Now()
	c := tx.Bucket(w.bucket).Cursor()
	key, value := c.Seek(chunkKey(p.first, 0))
	for n := 1; key != nil; n++ {
		id := keyID[MessageID](key)
		if id > p.last {
			return 0, nil
		}
		var err error
		if key, value, err = w.message(c, id, key, value); err != nil {
			return 0, err
		}
		if n%looksAtTime == 0 || cap(w.buf) > bigBuffer {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			if time.Since(began) > scanRenew || cap(w.buf) > bigBuffer {
				return id + 1, nil
			}
		}
	}
	return 0, nil
}

// message decodes all chunks of id, calls fn, and gives the entry after them.
func (w *scanner) message(c *bolt.Cursor, id MessageID, key, value []byte) (nextKey, nextValue []byte, err error) {
	w.buf = w.buf[:0]
	for n := uint16(0); ; n++ {
		if key == nil || !bytes.Equal(key[:idBytes], idKey(id)) || binary.BigEndian.Uint16(key[idBytes:]) != n {
			return nil, nil, contentDamaged(id)
		}
		if w.buf, err = decodeChunk(id, value, w.buf); err != nil {
			return nil, nil, err
		}
		more := value[0] == 1
		key, value = c.Next()
		if !more {
			return key, value, w.fn(id, w.buf)
		}
	}
}
