// Package importer reads mail from files: Maildir, mbox, .eml, and folders of
// them in any depth. It hands each message on with the date it had; it takes
// nothing in by itself.
package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// Mail is one message of a file.
type Mail struct {
	Raw        []byte    // empty for an empty file: a delivery that broke is to be seen
	ReceivedAt time.Time // from the mbox line, the Maildir name or the file; never zero
	Sent       bool      // lies in a folder for sent mail
}

// MaxBytes bounds one message; a longer one is reported, not held.
const MaxBytes = 64 << 20

// Problem is a path that could not be read; the others are read all the same.
type Problem struct {
	Path string
	Err  error
}

// Walk yields every message below the paths, files in order of name. It stops
// when fn fails or ctx ends. What can't be read is returned, never skipped in silence.
func Walk(ctx context.Context, paths []string, fn func(Mail) error) ([]Problem, error) {
	w := walker{ctx: ctx, fn: fn}
	for _, p := range paths {
		if err := w.path(p); err != nil {
			return w.problems, err
		}
	}
	return w.problems, nil
}

type walker struct {
	ctx      context.Context
	fn       func(Mail) error
	problems []Problem
}

func (w *walker) path(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		w.problem(path, err)
		return nil
	}
	if !info.IsDir() {
		return w.file(path, info)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		w.problem(path, err)
		return nil
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() })
	for _, e := range entries {
		if skip(path, e) {
			continue
		}
		if err := w.path(filepath.Join(path, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// skip leaves out what mail programs keep beside mail: Maildir's tmp (unfinished
// deliveries), indexes and control files. A dot folder is a Maildir++ folder and is read.
func skip(dir string, e fs.DirEntry) bool {
	name := e.Name()
	if e.IsDir() {
		return name == "tmp" && isMaildir(dir)
	}
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "dovecot") ||
		name == "maildirfolder" || name == "subscriptions" || strings.HasSuffix(name, ".msf")
}

func isMaildir(dir string) bool {
	for _, sub := range []string{"cur", "new"} {
		if info, err := os.Stat(filepath.Join(dir, sub)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

func (w *walker) problem(path string, err error) {
	w.problems = append(w.problems, Problem{path, err})
}

func (w *walker) file(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		w.problem(path, errors.New("not a regular file"))
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		w.problem(path, err)
		return nil
	}
	defer f.Close()
	var first [5]byte
	n, err := io.ReadFull(f, first[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		w.problem(path, err)
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		w.problem(path, err)
		return nil
	}
	if string(first[:n]) == "From " && !inMaildir(path) {
		return w.mbox(path, f, info.ModTime())
	}
	return w.single(path, f, info)
}

func inMaildir(path string) bool {
	dir := filepath.Dir(path)
	if base := filepath.Base(dir); base != "cur" && base != "new" {
		return false
	}
	_, timed := maildirTime(filepath.Base(path))
	return timed || isMaildir(filepath.Dir(dir))
}

func (w *walker) single(path string, f *os.File, info fs.FileInfo) error {
	if info.Size() > MaxBytes {
		w.problem(path, fmt.Errorf("larger than %d MiB", MaxBytes>>20))
		return nil
	}
	raw, err := io.ReadAll(f)
	if err != nil {
		w.problem(path, err)
		return nil
	}
	at := info.ModTime()
	if t, ok := maildirTime(filepath.Base(path)); ok && inMaildir(path) {
		at = t
	}
	return w.emit(Mail{Raw: raw, ReceivedAt: at.UTC(), Sent: sentFolder(path)})
}

func (w *walker) emit(m Mail) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	return w.fn(m)
}

// maildirTime reads the delivery time that begins a Maildir file's unique name.
func maildirTime(name string) (time.Time, bool) {
	head, _, ok := strings.Cut(name, ".")
	if !ok || len(head) < 9 || len(head) > 10 {
		return time.Time{}, false
	}
	var sec int64
	for _, c := range head {
		if c < '0' || c > '9' {
			return time.Time{}, false
		}
		sec = sec*10 + int64(c-'0')
	}
	return time.Unix(sec, 0), true
}

var sentNames = []string{"sent", "sent items", "sent messages", "sent mail", "odeslané", "odeslaná pošta", "odeslana posta", "inbox.sent"}

// sentFolder says whether a folder on the way, or the mbox file itself, is one for sent mail.
func sentFolder(path string) bool {
	for _, part := range strings.Split(filepath.ToSlash(path), "/") {
		part = strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(part, "."), ".mbox"))
		for _, n := range sentNames {
			if part == n {
				return true
			}
		}
	}
	return false
}

// trimEnd drops the one blank line that ends a message of an mbox.
func trimEnd(raw []byte) []byte {
	if bytes.HasSuffix(raw, []byte("\r\n\r\n")) {
		return raw[:len(raw)-2]
	}
	if bytes.HasSuffix(raw, []byte("\n\n")) {
		return raw[:len(raw)-1]
	}
	return raw
}
