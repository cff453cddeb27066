package attach

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/ulikunitz/xz/lzma"
)

const packedText = "Dobrý den, dobrý den, dobrý den"

// sevenZip is an archive of packedText, which claims that dictionary, that unpacked
// size, and so many files.
func sevenZip(t testing.TB, dictionary uint32, size, files uint64) []byte {
	var packer bytes.Buffer
	w, err := lzma.WriterConfig{SizeInHeader: true, Size: int64(len(packedText))}.NewWriter(&packer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(packedText)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	packed := packer.Bytes()[13:] // its own header goes
	number := func(n uint64) []byte { return binary.LittleEndian.AppendUint64([]byte{0xff}, n) }
	header := slices.Concat([]byte{1, 4, 6, 0, 1, 9, byte(len(packed)), 0, 7, 0x0b, 1, 0, 1, 0x23, 3, 1, 1, 5, 0x5d},
		binary.LittleEndian.AppendUint32(nil, dictionary), []byte{0x0c}, number(size), []byte{0, 0, 5}, number(files),
		[]byte{0x11, 5, 0, 'a', 0, 0, 0, 0, 0})
	start := binary.LittleEndian.AppendUint64(nil, uint64(len(packed)))
	start = binary.LittleEndian.AppendUint64(start, uint64(len(header)))
	start = binary.LittleEndian.AppendUint32(start, crc32.ChecksumIEEE(header))
	return slices.Concat([]byte("7z\xbc\xaf\x27\x1c\x00\x04"), binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(start)), start, packed, header)
}

// TestArchiveClaimsMemory: what a header claims is not set aside before it is
// looked at.
func TestArchiveClaimsMemory(t *testing.T) {
	for _, c := range []struct {
		name    string
		archive []byte
		want    []string
	}{
		{"a large dictionary for a large file", sevenZip(t, 0xffffffff, 1<<40, 1), []string{OverLimit}},
		{"a large dictionary for a small file", sevenZip(t, 0xffffffff, uint64(len(packedText)), 1), nil},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		result := unpack7z(c.archive)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
			t.Errorf("%s: %d bytes were set aside", c.name, used)
		}
		if !slices.Equal(result.Reasons, c.want) {
			t.Errorf("%s: reasons %v, want %v", c.name, result.Reasons, c.want)
		}
	}
}

// TestArchiveClaimsFiles: a reader that sets aside what no machine has dies, and
// nothing else does.
func TestArchiveClaimsFiles(t *testing.T) {
	if _, reasons := Read("a.7z", "", sevenZip(t, 1<<16, 1000, 1<<31), NewBudget(), Help{}); !slices.Equal(reasons, []string{Damaged}) {
		t.Errorf("reasons %v", reasons)
	}
	if result := unpack7z(sevenZip(t, 1<<16, uint64(len(packedText)), 1)); len(result.Files) != 1 || string(result.Files[0].Data) != packedText {
		t.Errorf("an honest archive: %+v", result)
	}
}

func Fuzz7z(f *testing.F) {
	f.Add(sevenZip(f, 1<<16, uint64(len(packedText)), 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := NewBudget()
		b.deadline = time.Now().Add(4 * time.Second) // Go's fuzzing ends, without a word, what takes ten
		Read("a.7z", "", data, b, Help{})
	})
}
