package attach

import (
	"encoding/binary"
	"strings"
)

// presentation reads slides, notes and comments; the user's record tells whether
// they are encrypted, MS-PPT §2.3.2.
func (r *reading) presentation(streams []stream) {
	if user := find(streams, "Current User"); len(user) >= 16 && binary.LittleEndian.Uint32(user[12:]) == 0xf3d1c4df {
		r.unreadable(Encrypted)
		return
	}
	r.slides(find(streams, "PowerPoint Document"), 0)
}

// slides reads the text atoms of PowerPoint's records, MS-PPT §2.9.
func (r *reading) slides(b []byte, depth int) {
	for len(b) >= 8 && !r.over() {
		version, kind, n := b[0]&0x0f, binary.LittleEndian.Uint16(b[2:]), int(binary.LittleEndian.Uint32(b[4:]))
		b = b[8:]
		if n < 0 || n > len(b) {
			r.unreadable(Damaged)
			n = len(b)
		}
		switch {
		case version == 0x0f && depth < 50, kind == 0x138b && depth < 50 && isRecord(b[:n]): // a container; BinaryTagDataBlob, where comments are
			r.slides(b[:n], depth+1)
		case kind == 0x0fa0, kind == 0x0fba: // TextCharsAtom, CString
			r.text(strings.ReplaceAll(utf16LE(b[:n]), "\r", "\n"))
		case kind == 0x0fa8: // TextBytesAtom: the low bytes of UTF-16
			runes := make([]rune, n)
			for i, c := range b[:n] {
				runes[i] = rune(c)
			}
			r.text(strings.ReplaceAll(string(runes), "\r", "\n"))
		}
		b = b[n:]
	}
}

// isRecord: a whole record begins b.
func isRecord(b []byte) bool {
	return len(b) >= 8 && uint64(binary.LittleEndian.Uint32(b[4:])) <= uint64(len(b)-8)
}
