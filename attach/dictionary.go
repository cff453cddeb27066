package attach

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/bodgit/sevenzip"
	"github.com/stangelandcl/ppmd"
	"github.com/ulikunitz/xz/lzma"
)

// maxDictionary bounds what an archive makes its reader set aside before the first
// byte is read: its header may claim gigabytes. A dictionary larger than what
// unpacks is cut to that, so only a solid block past this is refused.
const maxDictionary = 128 << 20

// init puts readers with that bound in the place of those that believe the header.
func init() {
	sevenzip.RegisterDecompressor([]byte{0x03, 0x01, 0x01}, bounded(openLZMA))
	sevenzip.RegisterDecompressor([]byte{0x21}, bounded(openLZMA2))
	sevenzip.RegisterDecompressor([]byte{0x03, 0x04, 0x01}, bounded(openPPMd))
}

var errProperties = errors.New("7z: properties of a method damaged")

// bounded is a method of 7z: open gets its properties and the size that unpacks.
func bounded(open func(properties []byte, size uint64, in io.Reader) (io.Reader, error)) sevenzip.Decompressor {
	return func(properties []byte, size uint64, in []io.ReadCloser) (io.ReadCloser, error) {
		if len(in) != 1 {
			return nil, errProperties
		}
		out, err := open(properties, size, in[0])
		if err != nil {
			return nil, err
		}
		return struct {
			io.Reader
			io.Closer
		}{out, in[0]}, nil
	}
}

// dictionary is the size to set aside for a claimed one.
func dictionary(claimed, size uint64) (int, error) {
	if n := min(claimed, size); n <= maxDictionary {
		return max(int(n), lzma.MinDictCap), nil
	}
	return 0, errOver
}

func openLZMA(properties []byte, size uint64, in io.Reader) (io.Reader, error) {
	if len(properties) != 5 {
		return nil, errProperties
	}
	n, err := dictionary(uint64(binary.LittleEndian.Uint32(properties[1:])), size)
	if err != nil {
		return nil, err
	}
	head := binary.LittleEndian.AppendUint32([]byte{properties[0]}, uint32(n))
	head = binary.LittleEndian.AppendUint64(head, size)
	return lzma.ReaderConfig{DictCap: n}.NewReader(io.MultiReader(bytes.NewReader(head), in))
}

func openLZMA2(properties []byte, size uint64, in io.Reader) (io.Reader, error) {
	if len(properties) != 1 || properties[0] > 40 {
		return nil, errProperties
	}
	p := properties[0]
	n, err := dictionary(uint64(2|p&1)<<(p/2+11), size)
	if err != nil {
		return nil, err
	}
	return lzma.Reader2Config{DictCap: n}.NewReader2(in)
}

func openPPMd(properties []byte, size uint64, in io.Reader) (io.Reader, error) {
	if len(properties) != 5 {
		return nil, errProperties
	}
	memory := binary.LittleEndian.Uint32(properties[1:])
	if memory > maxDictionary || size > maxBytes {
		return nil, errOver
	}
	out, err := ppmd.NewH7zReader(in, int(properties[0]), int(memory), int(size))
	return &out, err
}
