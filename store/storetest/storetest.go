// Package storetest gives tests a real store in a temporary folder.
package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"postolka/store"
)

// New opens a store whose end compares records, indexes and volumes and fails
// the test on any difference. Close may be called before.
func New(t testing.TB) *store.Store { return Open(t, t.TempDir(), store.Options{}) }

// Open is New for a folder and options of the test's choice.
func Open(t testing.TB, dir string, opt store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), dir, opt)
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() { end(t, s) })
	return s
}

func end(t testing.TB, s *store.Store) {
	defer s.Close()
	problems, err := s.Check(context.Background())
	if errors.Is(err, store.ErrClosed) {
		return // closed by the test
	}
	if err != nil {
		t.Errorf("check store: %v", err)
	}
	for _, p := range problems {
		t.Errorf("check store: %s", p)
	}
}

// Corpora is the path of a corpus, "mime" or "bulk/spamassassin": below
// POSTOLKA_CORPORA, else below shared/corpora beside the project. Without
// corpora the test is left out, with CI=true it fails.
func Corpora(t testing.TB, name string) string {
	t.Helper()
	for _, root := range corporaRoots(t) {
		path := filepath.Join(root, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	const missing = "corpus %q not found: set POSTOLKA_CORPORA, or put shared/corpora beside the project"
	if os.Getenv("CI") == "true" {
		t.Fatalf(missing, name)
	}
	t.Skipf(missing, name)
	return ""
}

func corporaRoots(t testing.TB) (roots []string) {
	if root := os.Getenv("POSTOLKA_CORPORA"); root != "" {
		return []string{root}
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		roots = append(roots, filepath.Join(dir, "shared", "corpora"))
		if dir == filepath.Dir(dir) {
			return roots
		}
		dir = filepath.Dir(dir)
	}
}
