package ocr

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// script writes a command that stands for tesseract.
func script(t *testing.T, lines string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recognise")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+lines+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		lines, arguments string
		want             string
		err              error
	}{
		"the picture as a file":        {"cat \"$1\"; echo \" $2\"", " {in} -", "a picture -", nil},
		"the picture as its input":     {"cat", "", "a picture", nil},
		"no word is for a shell":       {"echo \"$1\"", " $HOME;ls", "$HOME;ls", nil},
		"nothing of ours is handed on": {"echo \"$SECRET\"", "", "", nil},
		"a failure":                    {"echo half; exit 3", "", "", ErrFailed},
		"a text without end":           {"yes", "", "", ErrLimit},
		"a command without end":        {"sleep 60 & sleep 60", "", "", ErrLimit},
		"what is no text is made one":  {"printf 'a\\377b'", "", "a\ufffdb", nil},
	} {
		t.Setenv("SECRET", "x")
		folder := t.TempDir()
		r, err := New(script(t, c.lines)+c.arguments, folder)
		if err != nil {
			t.Fatal(err)
		}
		r.limit = 2 * time.Second
		began := time.Now()
		got, err := r.Text(context.Background(), []byte("a picture"))
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: got %q, %v; want %q, %v", name, got, err, c.want, c.err)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
			t.Errorf("%s: left %v, %v", name, left, err)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux lets a process bound another") // elsewhere limitMemory does nothing, and says so
	}
	r, err := New(script(t, "sleep 0.3; ulimit -v"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Text(context.Background(), nil); err != nil || got != strconv.Itoa(maxMemory>>10) {
		t.Errorf("got a bound of %s KiB, %v", got, err)
	}
}

func TestNewNeedsItsProgram(t *testing.T) {
	for _, command := range []string{"", " ", "/no/such/program {in}"} {
		if _, err := New(command, t.TempDir()); err == nil {
			t.Errorf("%q: no error", command)
		}
	}
}

func TestNameTellsCommandsApart(t *testing.T) {
	path := script(t, "cat")
	a, err := New(path+" -l ces", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(path+" -l ces+eng", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if a.Name() == b.Name() || strings.Contains(a.Name(), "ces") {
		t.Errorf("got %s and %s", a.Name(), b.Name())
	}
}
