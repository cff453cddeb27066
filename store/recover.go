package store

//msgp:ignore Recovery

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Recovery says what Open found after a crash; all zero after a clean end.
type Recovery struct {
	Crashed bool
	// Dropped counts contents whose record was never committed: intake will see
	// the message again at its origin.
	Dropped int
	// Missing counts records without content, now quarantined as MissingContent.
	Missing int
}

// MissingContent is the quarantine reason of a message whose content is not in its volume.
const MissingContent = "content-missing"

// Recovered is the result of Open's recovery.
func (s *Store) Recovered() Recovery { return s.recovered }

// volumesRecovered is how many of the newest volumes are compared with the
// records: an Add and its Update lie close together, never 256 MiB apart twice.
const volumesRecovered = 2

// recover compares the newest volumes with the records by id. All that may hold
// pages of a commit that was cut off is dirty.
func (s *Store) recover(ctx context.Context) error {
	s.recovered.Crashed = true
	if err := s.markDirty(recordsName); err != nil {
		return err
	}
	newest := s.volumes.newest()
	for n := max(newest, volumesRecovered) - volumesRecovered + 1; n <= newest; n++ {
		if err := errors.Join(ctx.Err(), s.recoverVolume(n)); err != nil {
			return fmt.Errorf("volume %d: %w", n, err)
		}
	}
	r := s.recovered
	s.log.Warn("started after a crash", "dropped", r.Dropped, "missing", r.Missing)
	return nil
}

func (s *Store) recoverVolume(n uint32) error {
	f, err := s.volumes.get(n)
	if err != nil {
		return err
	}
	if err := s.markDirty(f.name); err != nil {
		return err
	}
	contents, err := f.contents()
	if err != nil {
		return err
	}
	var alone []MessageID
	err = s.View(func(tx *Tx) error {
		for id := range contents {
			if !Messages.Has(tx, id) {
				alone = append(alone, id)
			}
		}
		return nil
	})
	if err == nil && len(alone) > 0 {
		s.recovered.Dropped += len(alone)
		_, err = s.removeFrom(f, alone)
	}
	if err != nil {
		return err
	}
	return s.quarantineMissing(n, contents)
}

// contents are the ids in a volume; true: raw and text are complete.
func (f *dataFile) contents() (map[MessageID]bool, error) {
	raw, text := map[MessageID]bool{}, map[MessageID]bool{}
	err := f.view(func(tx *bolt.Tx) error {
		return errors.Join(wholeChunks(tx.Bucket(rawBucket), raw), wholeChunks(tx.Bucket(textBucket), text))
	})
	for id, whole := range text {
		raw[id] = whole && raw[id]
	}
	for id := range raw {
		raw[id] = raw[id] && text[id]
	}
	return raw, err
}

// wholeChunks looks at keys and first bytes only.
func wholeChunks(b *bolt.Bucket, whole map[MessageID]bool) error {
	var id MessageID
	expected, more, inOrder := 0, false, false
	return b.ForEach(func(key, value []byte) error {
		if len(key) != idBytes+2 || len(value) == 0 {
			return errors.New("a key of unknown form")
		}
		if at := keyID[MessageID](key); at != id {
			id, expected, more, inOrder = at, 0, true, true
		}
		inOrder = inOrder && more && bytes.Equal(key, chunkKey(id, expected))
		more = value[0] == 1
		expected++
		whole[id] = inOrder && !more
		return nil
	})
}

func (s *Store) quarantineMissing(volume uint32, contents map[MessageID]bool) error {
	missing, first := []MessageID(nil), ^MessageID(0)
	for id := range contents {
		first = min(first, id)
	}
	if len(contents) == 0 {
		first = 0
	}
	err := s.View(func(tx *Tx) error {
		for id, m := range Messages.From(tx, first) {
			if m.Volume == volume && m.Erased.IsZero() && m.Quarantine != MissingContent && !contents[id] {
				missing = append(missing, id)
			}
		}
		return nil
	})
	if err != nil || len(missing) == 0 {
		return err
	}
	s.recovered.Missing += len(missing)
	return s.Update(func(tx *Tx) error {
		for _, id := range missing {
			m, err := Messages.Get(tx, id)
			if err != nil {
				return err
			}
			m.Quarantine = MissingContent
			if err := Messages.Put(tx, id, m); err != nil {
				return err
			}
		}
		return nil
	})
}
