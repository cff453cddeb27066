// Package targettest is the suite that every backup.Target passes.
package targettest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"postolka/backup"
)

// Run tests targets. open gives an empty one, the same at each call in one test.
func Run(t *testing.T, open func(t *testing.T) backup.Target) {
	cases := map[string]func(t *testing.T, target backup.Target){
		"what was put is got back":                        putGet,
		"a second put replaces the first":                 putTwice,
		"a reader that fails leaves what was there":       putFails,
		"a cancelled put leaves nothing":                  putCancelled,
		"an object that is not there is told apart":       getMissing,
		"list gives names and sizes under a prefix":       list,
		"delete removes, and twice is no error":           deleteTwice,
		"names that could leave the target are refused":   badNames,
		"a large object comes back whole":                 large,
		"an empty target lists nothing and has no errors": empty,
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func put(t *testing.T, target backup.Target, name, content string) {
	t.Helper()
	n, err := target.Put(t.Context(), name, strings.NewReader(content))
	if err != nil || n != int64(len(content)) {
		t.Fatalf("put %s: got %d bytes and %v, want %d", name, n, err, len(content))
	}
}

func get(t *testing.T, target backup.Target, name string) string {
	t.Helper()
	r, err := target.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func names(t *testing.T, target backup.Target, prefix string) []string {
	t.Helper()
	objects, err := target.List(t.Context(), prefix)
	if err != nil {
		t.Fatal(err)
	}
	found := []string{}
	for _, o := range objects {
		found = append(found, o.Name)
	}
	return found
}

func putGet(t *testing.T, target backup.Target) {
	put(t, target, "packs/0a.age", "content")
	if got := get(t, target, "packs/0a.age"); got != "content" {
		t.Errorf("got %q", got)
	}
}

func putTwice(t *testing.T, target backup.Target) {
	put(t, target, "one", "long first content")
	put(t, target, "one", "second")
	if got := get(t, target, "one"); got != "second" {
		t.Errorf("got %q", got)
	}
}

func putFails(t *testing.T, target backup.Target) {
	put(t, target, "one", "first")
	broken := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("disk full")))
	if _, err := target.Put(t.Context(), "one", broken); err == nil {
		t.Error("put of a failing reader: want an error")
	}
	broken = io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("disk full")))
	if _, err := target.Put(t.Context(), "two", broken); err == nil {
		t.Error("put of a failing reader: want an error")
	}
	if got := get(t, target, "one"); got != "first" {
		t.Errorf("got %q, want what was there", got)
	}
	if got := names(t, target, ""); !slices.Equal(got, []string{"one"}) {
		t.Errorf("listed %v, want no half object", got)
	}
}

func putCancelled(t *testing.T, target backup.Target) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := target.Put(ctx, "one", strings.NewReader("x")); err == nil {
		t.Error("want an error")
	}
	if got := names(t, target, ""); len(got) != 0 {
		t.Errorf("listed %v", got)
	}
}

func getMissing(t *testing.T, target backup.Target) {
	if _, err := target.Get(t.Context(), "packs/none"); !errors.Is(err, backup.ErrNoObject) {
		t.Errorf("got %v, want ErrNoObject", err)
	}
}

func list(t *testing.T, target backup.Target) {
	put(t, target, "packs/b", "22")
	put(t, target, "packs/a", "1")
	put(t, target, "ledger/0000000001", "x")
	got, err := target.List(t.Context(), "packs/")
	want := []backup.Object{{Name: "packs/a", Bytes: 1}, {Name: "packs/b", Bytes: 2}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v and %v, want %v", got, err, want)
	}
}

func deleteTwice(t *testing.T, target backup.Target) {
	put(t, target, "packs/a", "1")
	for range 2 {
		if err := target.Delete(t.Context(), "packs/a"); err != nil {
			t.Error(err)
		}
	}
	if got := names(t, target, ""); len(got) != 0 {
		t.Errorf("listed %v", got)
	}
}

func badNames(t *testing.T, target backup.Target) {
	for _, name := range []string{"", "/a", "a/", "../a", "a/../b", ".a", "A", "a b", "a\x00", "č"} {
		if _, err := target.Put(t.Context(), name, strings.NewReader("x")); err == nil {
			t.Errorf("put %q: want an error", name)
		}
		if _, err := target.Get(t.Context(), name); err == nil {
			t.Errorf("get %q: want an error", name)
		}
	}
}

func large(t *testing.T, target backup.Target) {
	content := bytes.Repeat([]byte("0123456789abcde\n"), 1<<16+1)
	put(t, target, "big", string(content))
	if got := get(t, target, "big"); got != string(content) {
		t.Errorf("got %d other bytes, want %d", len(got), len(content))
	}
}

func empty(t *testing.T, target backup.Target) {
	if got := names(t, target, "packs/"); len(got) != 0 {
		t.Errorf("listed %v", got)
	}
	if err := target.Delete(t.Context(), "none"); err != nil {
		t.Error(err)
	}
}
