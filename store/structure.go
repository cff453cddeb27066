package store

//msgp:ignore walker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	elementBytes  = 16
	branchFlag    = 0x01
	bucketElement = 0x01
	deepest       = 64
	manyFree      = 0xFFFF // then the first entry of the freelist is its length
)

var errStructure = errors.New("its pages do not fit together")

// walker reads the tree of a file as bbolt lays it out, with every bound
// checked. bbolt's own check trusts page headers and runs on a goroutine
// where its panic would end the process; after this one it is safe.
type walker struct {
	file io.ReaderAt
	meta boltMeta
	seen map[uint64]bool

	namesOnly bool // the buckets' own pages are not read
}

// checkStructure looks at every page in use.
func checkStructure(file io.ReaderAt, m boltMeta) error {
	w := walker{file: file, meta: m, seen: map[uint64]bool{}}
	return w.all()
}

// checkStart looks at what bbolt believes before it reads a value: the tree that
// names the buckets, of whose entries it takes 16 bytes unseen, and the freelist.
func checkStart(file io.ReaderAt, m boltMeta) error {
	w := walker{file: file, meta: m, seen: map[uint64]bool{}, namesOnly: true}
	return w.all()
}

func (w *walker) all() error {
	if err := w.page(w.meta.root, 0); err != nil {
		return err
	}
	return w.freelist()
}

func (w *walker) read(id uint64) ([]byte, error) {
	head := make([]byte, pageHeader)
	if id < 2 || id >= w.meta.used {
		return nil, errStructure
	}
	if _, err := w.file.ReadAt(head, int64(id)*w.meta.pageSize); err != nil {
		return nil, err
	}
	pages := uint64(overflow(head)) + 1
	if binary.NativeEndian.Uint64(head) != id || id+pages > w.meta.used {
		return nil, errStructure
	}
	for n := range pages {
		if w.seen[id+n] {
			return nil, errStructure
		}
		w.seen[id+n] = true
	}
	data := make([]byte, pages*uint64(w.meta.pageSize))
	_, err := w.file.ReadAt(data, int64(id)*w.meta.pageSize)
	return data, err
}

func (w *walker) page(id uint64, depth int) error {
	if depth > deepest {
		return errStructure
	}
	data, err := w.read(id)
	if err != nil {
		return err
	}
	switch binary.NativeEndian.Uint16(data[8:]) {
	case branchFlag:
		return w.branch(data, depth)
	case leafPage:
		return w.leaf(data, depth)
	}
	return fmt.Errorf("%w: page %d", errStructure, id)
}

func elements(data []byte) (int, error) {
	n := int(binary.NativeEndian.Uint16(data[10:]))
	if pageHeader+n*elementBytes > len(data) {
		return 0, errStructure
	}
	return n, nil
}

// span is a part of the page, counted from the element at `at`.
func span(data []byte, at int, pos, size uint64) ([]byte, error) {
	from := uint64(at) + pos
	if from+size > uint64(len(data)) {
		return nil, errStructure
	}
	return data[from : from+size], nil
}

func (w *walker) branch(data []byte, depth int) error {
	n, err := elements(data)
	if err != nil || n == 0 {
		return errStructure
	}
	var last []byte
	for i := range n {
		at := pageHeader + i*elementBytes
		e := data[at:]
		key, err := span(data, at, uint64(binary.NativeEndian.Uint32(e)), uint64(binary.NativeEndian.Uint32(e[4:])))
		if err != nil || i > 0 && bytes.Compare(last, key) >= 0 {
			return errStructure
		}
		last = key
		if err := w.page(binary.NativeEndian.Uint64(e[8:]), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) leaf(data []byte, depth int) error {
	n, err := elements(data)
	if err != nil {
		return err
	}
	var last []byte
	for i := range n {
		at := pageHeader + i*elementBytes
		u32 := func(off int) uint64 { return uint64(binary.NativeEndian.Uint32(data[at+off:])) }
		key, err1 := span(data, at, u32(4), u32(8))
		value, err2 := span(data, at, u32(4)+u32(8), u32(12))
		if err1 != nil || err2 != nil || u32(0) > bucketElement || i > 0 && bytes.Compare(last, key) >= 0 {
			return errStructure
		}
		last = key
		if u32(0) == bucketElement {
			if err := w.bucket(value, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// bucket value: root page and sequence (uint64); root 0: a leaf page follows inline.
func (w *walker) bucket(value []byte, depth int) error {
	if len(value) < 16 {
		return errStructure
	}
	if root := binary.NativeEndian.Uint64(value); root != 0 {
		if w.namesOnly {
			return nil
		}
		return w.page(root, depth+1)
	}
	inline := value[16:]
	if len(inline) < pageHeader || binary.NativeEndian.Uint16(inline[8:]) != leafPage {
		return errStructure
	}
	return w.leaf(inline, depth+1)
}

func (w *walker) freelist() error {
	data, err := w.read(w.meta.freelist)
	if err != nil || binary.NativeEndian.Uint16(data[8:]) != freelistPage {
		return errStructure
	}
	n, ids := uint64(binary.NativeEndian.Uint16(data[10:])), data[pageHeader:]
	if n == manyFree {
		n, ids = binary.NativeEndian.Uint64(ids), ids[8:]
	}
	if n > uint64(len(ids))/8 {
		return errStructure
	}
	for i := range n {
		id := binary.NativeEndian.Uint64(ids[i*8:])
		if id < 2 || id >= w.meta.used || w.seen[id] {
			return errStructure
		}
		w.seen[id] = true
	}
	return nil
}
