package store

//msgp:ignore Content volumeWriter chunk

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/klauspost/compress/zstd"
	bolt "go.etcd.io/bbolt"
)

// Content is what a volume keeps of one message.
type Content struct {
	ID   MessageID
	Raw  []byte
	Text []byte // mail.Text.Encode; the store does not look into it
}

const (
	chunkBytes    = 1 << 20  // three values of 50 MB in one commit took 773 MB of memory
	batchMessages = 500      // a commit ends at this many messages
	batchBytes    = 16 << 20 // or bytes
)

var (
	rawBucket  = []byte("raw")
	textBucket = []byte("text")
)

// Shared by all; EncodeAll and DecodeAll may be called from any goroutine.
var (
	encoder = must(zstd.NewWriter(nil, zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(chunkBytes), zstd.WithLowerEncoderMem(true)))
	decoder = must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxWindow(8<<20)))
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Add commits contents to a volume (before their records exist) and says in
// which volume each lies. Order: Add, then Update with the records, then the index.
// An error may leave some of them stored: without a record they do not count, and
// the next start after a crash drops them; Remove drops them at once.
func (s *Store) Add(ctx context.Context, contents []Content) (volume []uint32, err error) {
	s.volumes.adding.Lock()
	defer s.volumes.adding.Unlock()
	w := volumeWriter{s: s}
	for _, c := range contents {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := w.add(c)
		if err != nil {
			return nil, fmt.Errorf("store message %d: %w", c.ID, err)
		}
		volume = append(volume, n)
	}
	if err := w.flush(); err != nil {
		return nil, fmt.Errorf("store messages: %w", err)
	}
	return volume, nil
}

// volumeWriter gathers chunks for one commit.
type volumeWriter struct {
	s        *Store
	file     *dataFile
	number   uint32
	pending  []chunk
	bytes    int64
	messages int
}

type chunk struct{ bucket, key, value []byte }

func (w *volumeWriter) add(c Content) (uint32, error) {
	if c.ID == 0 {
		return 0, errors.New("no id")
	}
	if err := w.makeRoom(int64(len(c.Raw) + len(c.Text))); err != nil {
		return 0, err
	}
	w.messages++
	// Text last: a message whose text is complete is complete.
	if err := w.split(rawBucket, c.ID, c.Raw); err != nil {
		return 0, err
	}
	if err := w.split(textBucket, c.ID, c.Text); err != nil {
		return 0, err
	}
	if w.messages >= batchMessages || w.bytes >= batchBytes {
		return w.number, w.flush()
	}
	return w.number, nil
}

// makeRoom picks the volume: the last, or a new one when a message of this size might not fit.
func (w *volumeWriter) makeRoom(size int64) error {
	if w.file == nil {
		w.number = w.s.volumes.newest()
		if w.number == 0 {
			return w.begin(1)
		}
		file, err := w.s.volumes.get(w.number)
		if err != nil {
			return err
		}
		w.file = file
	}
	used, err := w.file.size()
	if err != nil || used+w.bytes+size <= w.s.opt.VolumeBytes-allocSize || (used <= emptyVolume && w.bytes == 0) {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	return w.begin(w.number + 1)
}

func (w *volumeWriter) begin(n uint32) (err error) {
	w.number = n
	w.file, err = w.s.volumes.create(n)
	return err
}

// split makes chunks: key = id and number of the chunk (uint16), value = 1 byte
// (1: more follow, 0: the last) and a zstd frame with its checksum.
func (w *volumeWriter) split(bucket []byte, id MessageID, data []byte) error {
	for n := 0; ; n++ {
		if n > 1<<16-1 {
			return errors.New("larger than 64 GiB")
		}
		part := data[:min(len(data), chunkBytes)]
		data = data[len(part):]
		value := make([]byte, 1, len(part)/2+64)
		if len(data) > 0 {
			value[0] = 1
		}
		value = encoder.EncodeAll(part, value)
		w.pending = append(w.pending, chunk{bucket, chunkKey(id, n), value})
		w.bytes += int64(len(value))
		if len(data) == 0 {
			return nil
		}
		if w.bytes >= batchBytes {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
}

func chunkKey(id MessageID, n int) []byte {
	return binary.BigEndian.AppendUint16(idKey(id), uint16(n))
}

func (w *volumeWriter) flush() error {
	if len(w.pending) == 0 {
		return nil
	}
	err := w.file.update(func(tx *bolt.Tx) error {
		for _, c := range w.pending {
			if err := w.put(tx, c); err != nil {
				return err
			}
		}
		return nil
	})
	clear(w.pending)
	w.pending, w.bytes, w.messages = w.pending[:0], 0, 0
	return err
}

// put first removes what lies under the id: a repeated Add (a restore begun
// again) must leave no longer tail behind.
func (w *volumeWriter) put(tx *bolt.Tx, c chunk) error {
	bucket := tx.Bucket(c.bucket)
	bucket.FillPercent = 0.9 // ids grow
	if binary.BigEndian.Uint16(c.key[idBytes:]) == 0 {
		if _, err := w.s.removeChunks(tx, w.file, c.bucket, keyID[MessageID](c.key)); err != nil {
			return err
		}
	}
	return bucket.Put(c.key, c.value)
}

// removeChunks says whether there were some.
func (s *Store) removeChunks(tx *bolt.Tx, f *dataFile, bucket []byte, id MessageID) (bool, error) {
	b, removed := tx.Bucket(bucket), false
	for c := b.Cursor(); ; removed = true {
		key, _ := c.Seek(idKey(id))
		if key == nil || keyID[MessageID](key) != id {
			return removed, nil
		}
		if err := s.markDirty(f.name); err != nil {
			return removed, err
		}
		if err := b.Delete(bytes.Clone(key)); err != nil {
			return removed, err
		}
	}
}

// Replace puts other content under an id (redaction, a new extractor); it marks
// the volume dirty until Scrub. ErrNotFound: nothing lies under the id.
func (s *Store) Replace(ctx context.Context, c Content) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f, err := s.volumeOf(c.ID)
	if err != nil {
		return err
	}
	if has, err := f.holds(c.ID); err != nil {
		return err
	} else if !has {
		return fmt.Errorf("content of message %d: %w", c.ID, ErrNotFound)
	}
	w := volumeWriter{s: s, file: f, bytes: -1 << 62} // one commit: never half of the old and half of the new
	if err := errors.Join(w.split(rawBucket, c.ID, c.Raw), w.split(textBucket, c.ID, c.Text), w.flush()); err != nil {
		return fmt.Errorf("replace message %d: %w", c.ID, err)
	}
	return nil
}

// Remove deletes contents and marks their volumes dirty until Scrub. An id
// without content is no error: an erasure is resumed after a crash.
func (s *Store) Remove(ctx context.Context, ids []MessageID) error {
	byFile := map[*dataFile][]MessageID{}
	for _, id := range ids {
		f, err := s.volumeOf(id)
		if errors.Is(err, ErrNotFound) {
			continue
		} else if err != nil {
			return fmt.Errorf("remove: %w", err)
		}
		byFile[f] = append(byFile[f], id)
	}
	for f, ids := range byFile {
		for some := range slices.Chunk(ids, batchMessages) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if _, err := s.removeFrom(f, some); err != nil {
				return fmt.Errorf("remove from %s: %w", f.name, err)
			}
		}
	}
	return nil
}

func (s *Store) removeFrom(f *dataFile, ids []MessageID) (n int, err error) {
	err = f.update(func(tx *bolt.Tx) error {
		n = 0
		for _, id := range ids {
			raw, err1 := s.removeChunks(tx, f, rawBucket, id)
			text, err2 := s.removeChunks(tx, f, textBucket, id)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			if raw || text {
				n++
			}
		}
		return nil
	})
	return n, err
}
