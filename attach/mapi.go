package attach

import (
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// outlook reads the properties that lie in one storage of a message (MS-OXMSG
// §2.1.3): those of the message, of a recipient, or of an attachment with its name
// and content.
func (r *reading) outlook(streams []stream) {
	name, content := "", []byte(nil)
	for _, s := range streams {
		tag, is := strings.CutPrefix(s.name, "__substg1.0_")
		if !is {
			continue
		}
		switch tag = strings.ToUpper(tag); {
		case strings.HasSuffix(tag, "001F"):
			name = r.mapiText(tag, utf16LE(s.data), name)
		case strings.HasSuffix(tag, "001E"):
			name = r.mapiText(tag, r.help.Decode(s.data), name)
		case tag == "10130102":
			readHTML(r, s.data)
		case tag == "10090102":
			r.packedRTF(s.data)
		case tag == "37010102":
			content = s.data
		}
	}
	if content != nil && !r.over() {
		r.file(name, content)
	}
}

// mapiText adds a string property; it returns the attachment's name when it is
// one, else the one so far. file adds that name.
func (r *reading) mapiText(tag, text, name string) string {
	text = strings.TrimRight(text, "\x00")
	switch tag[:4] {
	case "3707": // PidTagAttachLongFilename
		return text
	case "3704": // PidTagAttachFilename, of 8 and 3 characters
		if name == "" {
			return text
		}
	}
	r.text(text)
	return name
}

// rtfBefore stands before what packed RTF unpacks to: its references reach there.
const rtfBefore = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

// packedRTF reads a body in packed RTF, MS-OXRTFCP §2.1.3.
func (r *reading) packedRTF(data []byte) {
	const head, raw, packed = 16, 0x414c454d, 0x75465a4c
	if len(data) < head {
		if len(data) > 0 {
			r.unreadable(Damaged)
		}
		return
	}
	size, kind, sum := int(binary.LittleEndian.Uint32(data[4:])), binary.LittleEndian.Uint32(data[8:]), binary.LittleEndian.Uint32(data[12:])
	data = data[head:]
	rtf := data
	switch {
	case kind == packed:
		rtf = unpackRTF(data, min(size, maxFile, r.bytesLeft))
		// Of the packed bytes, begun at zero and not inverted at the end.
		if ^crc32.Update(^uint32(0), crc32.IEEETable, data) != sum && len(rtf) < size {
			r.unreadable(Damaged)
		}
	case kind != raw:
		r.unreadable(Damaged)
		return
	}
	r.file("", rtf)
}

// unpackRTF gives at most limit bytes. Runs of eight items follow a byte whose bits
// tell what they are: a byte, or a reference of 12 bits into a ring of the last
// 4,096 bytes, with a length of 4 bits plus 2. A reference to the place of writing
// ends it.
func unpackRTF(data []byte, limit int) []byte {
	var ring [4096]byte
	at := copy(ring[:], rtfBefore)
	var out []byte
	put := func(c byte) {
		ring[at] = c
		at = (at + 1) % len(ring)
		out = append(out, c)
	}
	for len(data) > 0 && len(out) < limit {
		flags := data[0]
		data = data[1:]
		for bit := 0; bit < 8 && len(data) > 0; bit++ {
			if flags>>bit&1 == 0 {
				put(data[0])
				data = data[1:]
				continue
			}
			if len(data) < 2 {
				return out
			}
			from, n := int(data[0])<<4|int(data[1])>>4, int(data[1]&0x0f)+2
			data = data[2:]
			if from == at {
				return out
			}
			for range n {
				put(ring[from])
				from = (from + 1) % len(ring)
			}
		}
	}
	return out[:min(len(out), max(limit, 0))]
}
