package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The dirty mark of mail/000001.db is the empty file dirty/mail-000001.db: it
// exists before the first commit that deletes, and until a scrub is done.
func dirtyPath(dir, name string) string {
	return filepath.Join(dir, "dirty", strings.ReplaceAll(name, "/", "-"))
}

func (s *Store) loadDirty() error {
	entries, err := os.ReadDir(filepath.Join(s.dir, "dirty"))
	if err != nil && !(s.opt.ReadOnly && errors.Is(err, os.ErrNotExist)) {
		return err
	}
	for _, e := range entries {
		s.dirty[strings.Replace(e.Name(), "mail-", "mail/", 1)] = true
	}
	return nil
}

func (s *Store) dirtyNames() (names []string) {
	s.dirtyMu.Lock()
	defer s.dirtyMu.Unlock()
	for name := range s.dirty {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (s *Store) markDirty(name string) error {
	s.dirtyMu.Lock()
	defer s.dirtyMu.Unlock()
	if s.dirty[name] {
		return nil
	}
	path := dirtyPath(s.dir, name)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("mark %s: %w", name, err)
	}
	if err := errors.Join(f.Close(), syncDir(filepath.Dir(path))); err != nil {
		return fmt.Errorf("mark %s: %w", name, err)
	}
	s.dirty[name] = true
	return nil
}

func (s *Store) unmarkDirty(name string) error {
	s.dirtyMu.Lock()
	defer s.dirtyMu.Unlock()
	delete(s.dirty, name)
	path := dirtyPath(s.dir, name)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}
