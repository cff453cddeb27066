package attach

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// Packets of OpenPGP, RFC 9580 §5.
const (
	secretKey = 5
	publicKey = 6
	userID    = 13
)

// userIDs gives the names and addresses in an OpenPGP key, one a line; nil: it is none.
func userIDs(data []byte) []byte {
	var ids [][]byte
	tag, _, rest := packet(data)
	if tag != publicKey && tag != secretKey {
		return nil
	}
	for len(rest) > 0 {
		var body []byte
		if tag, body, rest = packet(rest); tag == userID && utf8.Valid(body) && !controls(body) {
			ids = append(ids, body)
		}
	}
	return bytes.Join(ids, []byte("\n"))
}

// packet takes off the first packet (RFC 9580 §4.2). What it can't measure, also what
// is longer than the data, has tag 0 and no rest.
func packet(data []byte) (tag byte, body, rest []byte) {
	if len(data) < 2 || data[0] < 0x80 {
		return 0, nil, nil
	}
	tag, size, head := data[0]&0x3F, 0, 2
	switch l := int(data[1]); {
	case data[0]&0x40 == 0: // the old form
		tag, head = tag>>2, 1+1<<(data[0]&3)
		size = bigEndian(data[1:min(head, len(data))])
	case l < 192:
		size = l
	case l < 224 && len(data) > 2:
		size, head = (l-192)<<8+int(data[2])+192, 3
	case l == 255:
		head = 6
		size = bigEndian(data[2:min(head, len(data))])
	default:
		return 0, nil, nil
	}
	if head > 6 || len(data) < head || len(data)-head < size {
		return 0, nil, nil
	}
	return tag, data[head : head+size], data[head+size:]
}

func bigEndian(b []byte) int {
	var whole [8]byte
	copy(whole[8-len(b):], b)
	return int(binary.BigEndian.Uint64(whole[:]))
}
