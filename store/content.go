package store

//msgp:ignore rawReader

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	bolt "go.etcd.io/bbolt"
)

// readContent appends the decoded chunks of id to buf.
func readContent(tx *bolt.Tx, bucket []byte, id MessageID, buf []byte) ([]byte, error) {
	c := tx.Bucket(bucket).Cursor()
	key, value := c.Seek(chunkKey(id, 0))
	for n := 0; ; n++ {
		if !bytes.Equal(key, chunkKey(id, n)) {
			if n == 0 {
				return buf, fmt.Errorf("content of message %d: %w", id, ErrNotFound)
			}
			return buf, contentDamaged(id)
		}
		var err error
		if buf, err = decodeChunk(id, value, buf); err != nil || value[0] == 0 {
			return buf, err
		}
		key, value = c.Next()
	}
}

func decodeChunk(id MessageID, value, buf []byte) ([]byte, error) {
	if len(value) == 0 || value[0] > 1 {
		return buf, contentDamaged(id)
	}
	whole, err := decoder.DecodeAll(value[1:], buf)
	if err != nil {
		return buf, contentDamaged(id)
	}
	return whole, nil
}

func contentDamaged(id MessageID) error {
	return fmt.Errorf("content of message %d: %w. The other messages are not touched; a snapshot may hold it whole", id, ErrDamaged)
}

// Raw opens a message as it came. It reads a chunk at a time and holds no
// transaction between reads, so a slow client delays nobody; a message erased
// meanwhile ends with ErrNotFound.
func (s *Store) Raw(tx *Tx, id MessageID) (io.ReadCloser, error) {
	m, err := Messages.Get(tx, id)
	if err != nil {
		return nil, err
	}
	f, err := s.volumes.get(m.Volume)
	if err != nil {
		return nil, err
	}
	r := &rawReader{file: f, id: id}
	return r, r.fill()
}

type rawReader struct {
	file *dataFile
	id   MessageID
	next int
	rest []byte
	buf  []byte
	last bool
}

func (r *rawReader) fill() error {
	return r.file.view(func(tx *bolt.Tx) (err error) {
		value := tx.Bucket(rawBucket).Get(chunkKey(r.id, r.next))
		if value == nil {
			return fmt.Errorf("content of message %d: %w", r.id, ErrNotFound)
		}
		r.buf, err = decodeChunk(r.id, value, r.buf[:0])
		if err == nil {
			r.rest, r.last = r.buf, value[0] == 0
			r.next++
		}
		return err
	})
}

func (r *rawReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 && !r.last {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *rawReader) Close() error {
	r.rest, r.buf, r.last = nil, nil, true
	return nil
}

// RawBytes is Raw as a whole. ErrNotFound after an erasure.
func (s *Store) RawBytes(id MessageID) ([]byte, error) { return s.content(rawBucket, id) }

// Text is the extracted text. ErrNotFound after an erasure.
func (s *Store) Text(id MessageID) ([]byte, error) { return s.content(textBucket, id) }

// textsMark is the version of extracted texts that every message is known to have, or
// not to need.
const textsMark = "texts"

// TextsLevel is the version that SetTextsLevel was given last; 0: none yet.
func (s *Store) TextsLevel() (version int, err error) {
	err = s.records.view(func(tx *bolt.Tx) error {
		version = int(number(tx, textsMark))
		return nil
	})
	return version, err
}

// SetTextsLevel notes that no text needs to be derived again for this version.
func (s *Store) SetTextsLevel(version int) error {
	return s.records.update(func(tx *bolt.Tx) error { return setNumber(tx, textsMark, uint64(version)) })
}

func (s *Store) content(bucket []byte, id MessageID) (data []byte, err error) {
	f, err := s.volumeOf(id)
	if err != nil {
		return nil, err
	}
	err = f.view(func(tx *bolt.Tx) error {
		data, err = readContent(tx, bucket, id, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// volumeOf finds the volume by the record or, where none is left, by looking into each.
func (s *Store) volumeOf(id MessageID) (*dataFile, error) {
	var n uint32
	err := s.View(func(tx *Tx) error {
		m, err := Messages.Get(tx, id)
		n = m.Volume
		return err
	})
	if err == nil {
		return s.volumes.get(n)
	} else if !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	for n := s.volumes.newest(); n > 0; n-- {
		f, err := s.volumes.get(n)
		if err != nil {
			return nil, err
		}
		if has, err := f.holds(id); has || err != nil {
			return f, err
		}
	}
	return nil, fmt.Errorf("content of message %d: %w", id, ErrNotFound)
}

func (f *dataFile) holds(id MessageID) (has bool, err error) {
	err = f.view(func(tx *bolt.Tx) error {
		has = tx.Bucket(rawBucket).Get(chunkKey(id, 0)) != nil || tx.Bucket(textBucket).Get(chunkKey(id, 0)) != nil
		return nil
	})
	return has, err
}
