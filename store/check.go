package store

//msgp:ignore Stats

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// Check reads everything: bbolt's own check, each record decodes, each index
// entry has its record and the reverse, each record its content and the reverse.
// The sentences name ids, never content. It must not run beside an intake, whose
// contents are there before their records.
func (s *Store) Check(ctx context.Context) ([]string, error) {
	problems, err := s.CheckRecords(ctx)
	if err != nil || len(problems) > 0 {
		return problems, err // what follows would stumble over the same pages
	}
	report := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	err = s.checkContents(ctx, report)
	return problems, err
}

// CheckRecords is Check without the contents of the volumes.
func (s *Store) CheckRecords(ctx context.Context) ([]string, error) {
	var problems []string
	report := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, name := range s.fileNames() {
		if err := ctx.Err(); err != nil {
			return problems, err
		}
		err := s.withFile(name, func(f *dataFile) error { return f.check(report) })
		if errors.Is(err, ErrDamaged) {
			report("%v", err)
		} else if err != nil {
			return problems, err
		}
	}
	if len(problems) > 0 {
		return problems, nil
	}
	err := s.View(func(tx *Tx) error {
		for _, t := range tables {
			t.check(tx, report)
		}
		return ctx.Err()
	})
	return problems, err
}

// check looks at the pages, first with our reader, then with bbolt's check: pages
// reachable once or free, keys in order. Its sentences may quote keys, which may
// be addresses: they are counted, not repeated.
func (f *dataFile) check(report func(string, ...any)) error {
	return f.view(func(tx *bolt.Tx) error {
		if err := f.checkPages(tx); err != nil {
			return damaged(f.name, err)
		}
		found := 0
		for range tx.Check() {
			found++
		}
		if found > 0 {
			report("%s: %d faults in its pages", f.name, found)
		}
		return nil
	})
}

// checkPages reads the state that tx sees: its pages are not written over while it is open.
func (f *dataFile) checkPages(tx *bolt.Tx) error {
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer file.Close()
	metas, err := readMetas(file)
	if err != nil {
		return err
	}
	for _, m := range metas {
		if m.txid == uint64(tx.ID()) {
			return checkStructure(file, m)
		}
	}
	return nil // two commits came in between; bbolt's check looks at the same pages
}

func (t *Table[K, T, P]) check(tx *Tx, report func(string, ...any)) {
	rows, expected := 0, make([]int, len(t.indexes))
	_ = t.bucket(tx).ForEach(func(key, value []byte) error {
		rows++
		if len(key) != idBytes {
			report("%s: a key that is no id", t.name)
			return nil
		}
		k := keyID[K](key)
		v, err := t.decode(k, value)
		if err != nil {
			report("%v", err)
			return nil
		}
		for i, x := range t.indexes {
			for _, entry := range x.entries(k, &v) {
				expected[i]++
				if x.bucket(tx).Get(entry) == nil {
					report("%s %d: not in index %s", t.name, k, x.name)
				}
			}
		}
		return nil
	})
	if n := t.Len(tx); n != rows {
		report("%s: counted %d, there are %d", t.name, n, rows)
	}
	for i, x := range t.indexes {
		if n := x.Count(tx, nil); n != expected[i] {
			report("%s: index %s has %d entries, should have %d", t.name, x.name, n, expected[i])
		}
	}
}

func (s *Store) checkContents(ctx context.Context, report func(string, ...any)) error {
	where := map[MessageID]uint32{}
	for n := uint32(1); n <= s.volumes.newest(); n++ {
		f, err := s.volumes.get(n)
		if err != nil {
			return err
		}
		contents, err := f.contents()
		if err != nil {
			report("%s: %v", f.name, err)
			continue
		}
		for id := range contents {
			if old := where[id]; old != 0 {
				report("message %d: content in volumes %d and %d", id, old, n)
			}
			where[id] = n
			if err := errors.Join(ctx.Err(), f.readable(id)); err != nil {
				report("%v", err)
			}
		}
	}
	return s.View(func(tx *Tx) error {
		for id, m := range Messages.All(tx) {
			n := where[id]
			delete(where, id)
			switch {
			case !m.Erased.IsZero() && n != 0:
				report("message %d: erased, but volume %d has its content", id, n)
			case m.Erased.IsZero() && n == 0 && m.Quarantine != MissingContent:
				report("message %d: no content in volume %d", id, m.Volume)
			case m.Erased.IsZero() && n != m.Volume && n != 0:
				report("message %d: content in volume %d, its record says %d", id, n, m.Volume)
			}
		}
		for id, n := range where {
			report("content %d in volume %d: no record", id, n)
		}
		return nil
	})
}

// readable decodes, which compares the checksums.
func (f *dataFile) readable(id MessageID) error {
	return f.view(func(tx *bolt.Tx) error {
		_, err1 := readContent(tx, rawBucket, id, nil)
		_, err2 := readContent(tx, textBucket, id, nil)
		if err1 != nil {
			return err1
		}
		return err2
	})
}

// Stats for the state page.
type Stats struct {
	Messages, Conversations  int
	Volumes                  int
	VolumeBytes, RecordBytes int64 // of files, as long as they are
	FreeDisk                 int64 // for an ordinary user
	Dirty                    int   // files that wait for Scrub
}

// Stats is cheap: counts are kept, not counted.
func (s *Store) Stats() (Stats, error) {
	st := Stats{Volumes: int(s.volumes.newest()), Dirty: len(s.dirtyNames())}
	err := s.View(func(tx *Tx) error {
		st.Messages, st.Conversations = Messages.Len(tx), Conversations.Len(tx)
		return nil
	})
	if err != nil {
		return st, err
	}
	for n := uint32(1); n <= uint32(st.Volumes); n++ {
		info, err := os.Stat(filepath.Join(s.dir, volumeName(n)))
		if err != nil {
			return st, err
		}
		st.VolumeBytes += info.Size()
	}
	info, err := os.Stat(s.records.path)
	if err != nil {
		return st, err
	}
	st.RecordBytes = info.Size()
	var fs unix.Statfs_t
	if err := unix.Statfs(s.dir, &fs); err != nil {
		return st, fmt.Errorf("free disk: %w", err)
	}
	st.FreeDisk = int64(fs.Bavail) * int64(fs.Bsize)
	return st, nil
}

// CopyRecords writes postolka.db as of one read transaction, without free pages.
// It makes a copy in tmp/ first, so w may be slow. The copy knows no volumes: a
// restore adds the contents anew and sets each record's Volume.
func (s *Store) CopyRecords(ctx context.Context, w io.Writer) error {
	temp, err := os.MkdirTemp(filepath.Join(s.dir, "tmp"), "records-")
	if err != nil {
		return fmt.Errorf("copy records: %w", err)
	}
	defer os.RemoveAll(temp)
	path := filepath.Join(temp, recordsName)
	err = s.records.readDB(func(db *bolt.DB) error {
		return compactTo(path, db, func(tx *bolt.Tx) error { return setNumber(tx, volumesMark, 0) })
	})
	if err != nil {
		return fmt.Errorf("copy records: %w", s.records.explain(err))
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("copy records: %w", err)
	}
	defer f.Close()
	if _, err := io.Copy(w, readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return f.Read(p)
	})); err != nil {
		return fmt.Errorf("copy records: %w", err)
	}
	return nil
}

type readerFunc func(p []byte) (int, error)

func (fn readerFunc) Read(p []byte) (int, error) { return fn(p) }

// readDB is view for those who open read transactions themselves.
func (f *dataFile) readDB(fn func(db *bolt.DB) error) (err error) {
	f.readers.enter()
	defer f.readers.leave()
	defer f.rescue(&err)
	return fn(f.db.Load())
}
