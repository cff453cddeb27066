package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"postolka/store"
)

// partial is the folder of objects that are being written. Its name can't be
// an object's, so a List can't show one.
const partial = ".partial"

// Directory is a target on a local or mounted disk. The folder and the objects
// are readable by their owner only (0700, 0600).
func Directory(path string) Target { return &directory{root: path} }

type directory struct {
	root  string
	clean sync.Once // leftovers of a killed process go before the first Put
}

func (d *directory) Put(ctx context.Context, name string, r io.Reader) (int64, error) {
	if err := CheckName(name); err != nil {
		return 0, err
	}
	final := d.file(name)
	if err := d.makeFolders(filepath.Dir(final)); err != nil {
		return 0, err
	}
	temp, n, err := d.writeTemp(ctx, r)
	if errors.Is(err, syscall.ENOSPC) {
		err = fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	if err != nil {
		return 0, err
	}
	if err := os.Rename(temp, final); err != nil {
		return 0, errors.Join(err, os.Remove(temp))
	}
	return n, syncFolder(filepath.Dir(final))
}

// makeFolders makes the folder and its parents durable below the root.
func (d *directory) makeFolders(folder string) error {
	for _, p := range []string{folder, filepath.Join(d.root, partial)} {
		if err := os.MkdirAll(p, 0o700); err != nil {
			return err
		}
	}
	d.clean.Do(func() {
		left, _ := filepath.Glob(filepath.Join(d.root, partial, "*"))
		for _, p := range left {
			os.Remove(p) // one that stays costs space only
		}
	})
	return syncFolder(d.root)
}

// writeTemp returns a synced file, or none.
func (d *directory) writeTemp(ctx context.Context, r io.Reader) (path string, n int64, err error) {
	f, err := os.CreateTemp(filepath.Join(d.root, partial), "object-")
	if err != nil {
		return "", 0, err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	defer f.Close()
	if n, err = io.Copy(f, contextReader{ctx, r}); err != nil {
		return "", 0, err
	}
	if err = f.Sync(); err != nil {
		return "", 0, err
	}
	return f.Name(), n, f.Close()
}

func (d *directory) Get(_ context.Context, name string) (io.ReadCloser, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	f, err := os.Open(d.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, ErrNoObject)
	}
	return f, err
}

func (d *directory) List(_ context.Context, prefix string) ([]Object, error) {
	var found []Object
	err := filepath.WalkDir(d.root, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // no folder yet, or an object deleted meanwhile
		}
		if err != nil {
			return err
		}
		if e.IsDir() {
			return skipPartial(e)
		}
		rel, err := filepath.Rel(d.root, path)
		name := filepath.ToSlash(rel)
		if err != nil || CheckName(name) != nil || !strings.HasPrefix(name, prefix) {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			found = append(found, Object{name, info.Size()})
		}
		return err
	})
	slices.SortFunc(found, func(a, b Object) int { return cmp.Compare(a.Name, b.Name) })
	return found, err
}

func skipPartial(e fs.DirEntry) error {
	if e.Name() == partial {
		return fs.SkipDir
	}
	return nil
}

func (d *directory) Delete(_ context.Context, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	err := os.Remove(d.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(d.file(name)))
}

func (d *directory) file(name string) string { return filepath.Join(d.root, filepath.FromSlash(name)) }

// syncFolder makes a new, renamed or removed name durable.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// contextReader ends a long copy when its context does.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
