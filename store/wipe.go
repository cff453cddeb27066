package store

//msgp:ignore freePages wiper

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// freePages is what zeroFree found.
type freePages struct {
	size, total, free int64
	zeroed            int64
	dirty             int64 // pages with bytes, when only looking
}

// zeroFree overwrites every free page and all behind the last used page. Nobody
// else may use the file meanwhile. Killed at any moment it leaves a whole file:
// after two empty commits neither meta page refers to what is overwritten.
//
// Live pages hold no stale bytes: bbolt writes whole pages from zeroed buffers
// (its pool clears them), and TestScrubLeavesNoToken would find them.
func zeroFree(db *bolt.DB, path string) (freePages, error) {
	for range 2 {
		if err := db.Update(func(*bolt.Tx) error { return nil }); err != nil {
			return freePages{}, err
		}
	}
	return overFree(db, path, true)
}

// overFree walks free pages: zero overwrites those with bytes, else they are counted.
func overFree(db *bolt.DB, path string, zero bool) (found freePages, err error) {
	tx, err := db.Begin(true) // the freelist is only right for a writer
	if err != nil {
		return found, err
	}
	defer tx.Rollback()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return found, err
	}
	defer file.Close()
	metas, err := readMetas(file)
	if err != nil {
		return found, err
	}
	found.size, found.total = metas[0].pageSize, int64(metas[0].used)
	wipe := wiper{file: file, size: found.size, zero: zero, buf: make([]byte, 256*found.size)}
	keep := freelistPages(file, metas)
	for id := 2; id < int(found.total); {
		info, err := tx.Page(id)
		if err != nil || info == nil {
			return found, errors.Join(err, fmt.Errorf("page %d of %d is unknown", id, found.total))
		}
		if info.Type != "free" {
			id += 1 + info.OverflowCount
			continue
		}
		found.free++
		if !slices.Contains(keep, uint64(id)) {
			if err := wipe.page(int64(id)); err != nil {
				return found, err
			}
		}
		id++
	}
	if err := wipe.behind(found.total); err != nil {
		return found, err
	}
	found.zeroed, found.dirty = wipe.count, wipe.count
	return found, file.Sync()
}

// freelistPages are those of the freelists of both metas. They hold page numbers
// only; the older one is free, but would be needed if the newer meta were lost.
func freelistPages(file *os.File, metas []boltMeta) (pages []uint64) {
	head := make([]byte, pageHeader)
	for _, m := range metas {
		if _, err := file.ReadAt(head, int64(m.freelist)*m.pageSize); err != nil {
			continue
		}
		for n := range uint64(overflow(head)) + 1 {
			pages = append(pages, m.freelist+n)
		}
	}
	return pages
}

// wiper gathers neighbouring pages and overwrites those that hold a byte.
type wiper struct {
	file        *os.File
	size        int64
	zero        bool
	buf         []byte
	from, count int64
	n           int64 // pages gathered from `from`
}

func (w *wiper) page(id int64) error {
	if w.n > 0 && id == w.from+w.n && (w.n+1)*w.size <= int64(len(w.buf)) {
		w.n++
		return nil
	}
	err := w.flush()
	w.from, w.n = id, 1
	return err
}

func (w *wiper) flush() error {
	if w.n == 0 {
		return nil
	}
	buf := w.buf[:w.n*w.size]
	read, err := w.file.ReadAt(buf, w.from*w.size)
	clear(buf[read:])
	if err != nil && int64(read) < w.n*w.size && !isEnd(err) {
		return err
	}
	w.n = 0
	first, last := int64(-1), int64(-1)
	for at := int64(0); at < int64(len(buf)); at += w.size {
		if holdsBytes(buf[at : at+w.size]) {
			w.count++
			if last = at + w.size; first < 0 {
				first = at
			}
		}
	}
	if first < 0 || !w.zero {
		return nil
	}
	clear(buf)
	_, err = w.file.WriteAt(buf[first:last], w.from*w.size+first)
	return err
}

// behind is what a commit that was cut off may have written past the last used page.
func (w *wiper) behind(used int64) error {
	if err := w.flush(); err != nil {
		return err
	}
	info, err := w.file.Stat()
	if err != nil {
		return err
	}
	for id := used; id*w.size < info.Size(); id++ {
		if err := w.page(id); err != nil {
			return err
		}
	}
	return w.flush()
}

var zeroPage [biggestPage]byte

func holdsBytes(page []byte) bool { return !bytes.Equal(page, zeroPage[:len(page)]) }
