package store

//msgp:ignore boltMeta

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// boltMeta is one of the two meta pages at the start of a bbolt file: a page
// header of 16 bytes, then magic, version, page size and flags (uint32), root
// page and sequence, freelist page, pages in use, transaction, FNV-1a checksum
// (uint64), in the byte order of the machine (all of ours: little-endian).
type boltMeta struct {
	pageSize             int64
	root, freelist, used uint64
	txid                 uint64
}

const (
	pageHeader    = 16
	boltMagic     = 0xED0CDAED
	boltVersion   = 2
	leafPage      = 0x02
	freelistPage  = 0x10
	metaChecksum  = 56 // offset in the meta, which is 64 bytes long
	smallestPage  = 1024
	biggestPage   = 1 << 16
	overflowField = 12
)

func parseMeta(page []byte) (boltMeta, error) {
	m := page[pageHeader : pageHeader+metaChecksum+8]
	u32 := func(at int) uint32 { return binary.NativeEndian.Uint32(m[at:]) }
	u64 := func(at int) uint64 { return binary.NativeEndian.Uint64(m[at:]) }
	sum := fnv.New64a()
	sum.Write(m[:metaChecksum])
	switch {
	case u32(0) != boltMagic || u32(4) != boltVersion:
		return boltMeta{}, errors.New("not a data file of this program")
	case u64(metaChecksum) != sum.Sum64():
		return boltMeta{}, errors.New("its first page has a wrong checksum")
	}
	return boltMeta{pageSize: int64(u32(8)), root: u64(16), freelist: u64(32), used: u64(40), txid: u64(48)}, nil
}

// readMetas gives the valid meta pages, newest first.
func readMetas(f io.ReaderAt) (metas []boltMeta, err error) {
	page := make([]byte, pageHeader+metaChecksum+8)
	if _, err := f.ReadAt(page, 0); err != nil {
		return nil, errors.New("it is cut off")
	}
	first, err := parseMeta(page)
	sizes := []int64{int64(first.pageSize)}
	if err == nil {
		metas = append(metas, first)
	} else {
		sizes = pageSizes()
	}
	for _, size := range sizes {
		if _, short := f.ReadAt(page, size); short != nil {
			continue
		}
		second, bad := parseMeta(page)
		if bad == nil && second.pageSize == size {
			metas = append(metas, second)
			break
		}
	}
	if len(metas) == 0 {
		return nil, err
	}
	if len(metas) == 2 && metas[1].txid > metas[0].txid {
		metas[0], metas[1] = metas[1], metas[0]
	}
	return metas, nil
}

func pageSizes() (sizes []int64) {
	for size := int64(smallestPage); size <= biggestPage; size *= 2 {
		sizes = append(sizes, size)
	}
	return sizes
}

// inspect looks whether a file is whole enough to be opened: bbolt maps it, and a
// page beyond its end would be a fault. A missing or empty file is whole.
func inspect(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	metas, err := readMetas(f)
	if err != nil {
		return err
	}
	m := metas[0]
	if size := int64(m.used) * m.pageSize; size > info.Size() {
		return fmt.Errorf("it is cut off: %d of %d bytes", info.Size(), size)
	}
	return checkStart(f, m)
}

// overflow is how many pages follow that belong to this one.
func overflow(head []byte) uint32 { return binary.NativeEndian.Uint32(head[overflowField:]) }

func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
