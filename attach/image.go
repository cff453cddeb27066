package attach

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// readImage gives the words kept beside a picture (PNG text, comments of JPEG and GIF,
// EXIF, IPTC, XMP). What the picture shows can't be read, which is always said.
func readImage(r *reading, data []byte) {
	r.unreadable(PictureOnly)
	if r.pictures != nil {
		r.pictures(data)
	}
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG")):
		r.pngText(data)
	case bytes.HasPrefix(data, []byte("\xff\xd8")):
		r.jpegText(data)
	case bytes.HasPrefix(data, []byte("GIF8")):
		r.gifText(data)
	case bytes.HasPrefix(data, []byte("RIFF")):
		r.webpText(data)
	case bytes.HasPrefix(data, []byte("II*\x00")), bytes.HasPrefix(data, []byte("MM\x00*")):
		r.exif(data, 0)
	default: // HEIC and AVIF keep it as an item, ISO/IEC 23008-12 annex A
		if _, after, ok := bytes.Cut(data, []byte("Exif\x00\x00")); ok {
			r.exif(after, 0)
		}
	}
	r.xmp(data)
}

// gifText reads the comments, GIF89a §24.
func (r *reading) gifText(data []byte) {
	c := &cursor{parts: [][]byte{data}}
	c.skip(10)
	c.skip(colours(c.u8()) + 2)
	for !c.bad && !r.over() {
		switch c.u8() {
		case 0x21: // extension
			if words := gifBlocks(c, c.u8() == 0xfe); len(words) > 0 {
				r.text(r.help.Decode(words))
			}
		case 0x2c: // picture
			c.skip(8)
			c.skip(colours(c.u8()) + 1)
			gifBlocks(c, false)
		default:
			return
		}
	}
}

// colours is the size of the table that flags announce.
func colours(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// gifBlocks passes over sub-blocks and gives their content if it is wanted.
func gifBlocks(c *cursor, wanted bool) (content []byte) {
	for n := c.u8(); n > 0 && !c.bad; n = c.u8() {
		if block := c.take(int(n)); wanted {
			content = append(content, block...)
		}
	}
	return content
}

// webpText reads the chunk EXIF; XMP is found by its marks.
func (r *reading) webpText(data []byte) {
	for data = data[min(12, len(data)):]; len(data) >= 8; {
		n := int(binary.LittleEndian.Uint32(data[4:]))
		if n < 0 || n > len(data)-8 {
			r.unreadable(Damaged)
			return
		}
		if string(data[:4]) == "EXIF" {
			r.exif(bytes.TrimPrefix(data[8:8+n], []byte("Exif\x00\x00")), 0)
		}
		data = data[min(8+n+n%2, len(data)):]
	}
}

// xmp adds the XMP packets anywhere in a file, ISO 16684-1 §7.3.
func (r *reading) xmp(data []byte) {
	for range 20 {
		i := bytes.Index(data, []byte("<x:xmpmeta"))
		if i < 0 {
			return
		}
		data = data[i:]
		end := bytes.Index(data, []byte("</x:xmpmeta>"))
		if end < 0 {
			return
		}
		r.xmlText(data[:end+len("</x:xmpmeta>")])
		data = data[end:]
	}
}

// pngText reads the chunks tEXt, zTXt, iTXt and eXIf, PNG §11.3.
func (r *reading) pngText(data []byte) {
	for data = data[8:]; len(data) >= 12 && !r.over(); {
		n := int(binary.BigEndian.Uint32(data))
		kind := string(data[4:8])
		if n < 0 || n > len(data)-12 {
			r.unreadable(Damaged)
			return
		}
		if kind == "IEND" {
			return // some programs leave bytes behind it
		}
		r.pngChunk(kind, data[8:8+n])
		data = data[12+n:]
	}
}

func (r *reading) pngChunk(kind string, chunk []byte) {
	key, value, _ := bytes.Cut(chunk, []byte{0})
	packed := kind == "zTXt"
	switch {
	case kind == "eXIf":
		r.exif(chunk, 0)
		return
	case kind == "zTXt" && len(value) > 0:
		value = r.inflate(value[1:])
	case kind == "iTXt" && len(value) > 1:
		packed = value[0] == 1
		_, value, _ = bytes.Cut(value[2:], []byte{0}) // language
		_, value, _ = bytes.Cut(value, []byte{0})     // keyword in that language
		if packed {
			value = r.inflate(value)
		}
	case kind != "tEXt":
		return
	}
	r.text(string(key))
	if bytes.HasPrefix(key, []byte("Raw profile type ")) {
		r.rawProfile(value)
		return
	}
	if bytes.Contains(value, []byte("<x:xmpmeta")) {
		if packed { // else readImage finds it
			r.xmp(value)
		}
		return
	}
	r.text(r.help.Decode(value))
}

// rawProfile reads EXIF, IPTC or XMP as ImageMagick puts them into a PNG: a name, a
// length, and hexadecimal digits.
func (r *reading) rawProfile(value []byte) {
	lines := bytes.SplitN(bytes.TrimLeft(value, "\n"), []byte("\n"), 3)
	if len(lines) < 3 {
		return
	}
	digits := bytes.ReplaceAll(bytes.TrimSpace(lines[2]), []byte("\n"), nil)
	profile := make([]byte, len(digits)/2)
	n, err := hex.Decode(profile, digits[:len(digits)&^1])
	if err != nil {
		r.unreadable(Damaged)
	}
	profile = profile[:n]
	if exif, ok := bytes.CutPrefix(profile, []byte("Exif\x00\x00")); ok {
		r.exif(exif, 0)
		return
	}
	r.iptc(profile)
	r.xmp(profile)
}

func (r *reading) inflate(data []byte) []byte {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		r.unreadable(Damaged)
		return nil
	}
	return r.take(z)
}

// jpegText reads comments, EXIF and IPTC of the segments before the picture.
func (r *reading) jpegText(data []byte) {
	for data = data[2:]; len(data) >= 4 && data[0] == 0xff && data[1] != 0xda; {
		n := int(binary.BigEndian.Uint16(data[2:]))
		if n < 2 || n+2 > len(data) {
			return
		}
		segment := data[4 : n+2]
		switch {
		case data[1] == 0xfe:
			r.text(r.help.Decode(segment))
		case data[1] == 0xe1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")):
			r.exif(segment[6:], 0)
		case data[1] == 0xed:
			r.iptc(segment)
		}
		data = data[n+2:]
	}
}

// iptc reads the text data sets of application record 2, IIM 4.2.
func (r *reading) iptc(b []byte) {
	for {
		i := bytes.Index(b, []byte{0x1c, 0x02})
		if i < 0 || i+5 > len(b) {
			return
		}
		n := int(binary.BigEndian.Uint16(b[i+3:]))
		b = b[i+5:]
		if n > len(b) {
			return
		}
		if b[:n] != nil && !Binary(b[:n]) {
			r.text(r.help.Decode(b[:n]))
		}
		b = b[n:]
	}
}

// exif adds the text values of a TIFF directory and those below it, TIFF 6.0 §2.
func (r *reading) exif(data []byte, depth int) {
	if len(data) < 8 {
		return
	}
	var order binary.ByteOrder = binary.BigEndian
	if data[0] == 'I' {
		order = binary.LittleEndian
	}
	seen := map[uint32]bool{}
	r.directory(data, order, order.Uint32(data[4:]), seen)
}

func (r *reading) directory(data []byte, order binary.ByteOrder, at uint32, seen map[uint32]bool) {
	for at != 0 && !seen[at] && len(seen) < 64 && uint64(at)+2 <= uint64(len(data)) {
		seen[at] = true
		n := int(order.Uint16(data[at:]))
		entries := data[at+2:]
		for i := 0; i < n && len(entries) >= 12; i++ {
			r.tiffEntry(data, order, entries[:12], seen)
			entries = entries[12:]
		}
		if len(entries) < 4 {
			return
		}
		at = order.Uint32(entries)
	}
}

func (r *reading) tiffEntry(data []byte, order binary.ByteOrder, e []byte, seen map[uint32]bool) {
	tag, kind, count, value := order.Uint16(e), order.Uint16(e[2:]), order.Uint32(e[4:]), e[8:]
	if tag == 0x8769 || tag == 0x8825 { // EXIF and GPS directories
		r.directory(data, order, order.Uint32(value), seen)
		return
	}
	if (tag == tiffIPTC || tag == tiffPhotoshop) && uint64(order.Uint32(value)) < uint64(len(data)) {
		at, size := uint64(order.Uint32(value)), uint64(count)
		if kind == 4 { // some count in fours
			size *= 4
		}
		r.iptc(data[at:min(at+size, uint64(len(data)))])
		return
	}
	if kind != 1 && kind != 2 && kind != 7 || count == 0 || count > 1<<16 {
		return
	}
	if count > 4 {
		at := order.Uint32(value)
		if uint64(at)+uint64(count) > uint64(len(data)) {
			return
		}
		value = data[at : at+count]
	} else {
		value = value[:count]
	}
	r.exifText(tag, kind, value)
}

// Tags of a TIFF whose values are data sets of IIM, plain or among Photoshop's resources.
const (
	tiffIPTC      = 0x83bb
	tiffPhotoshop = 0x8649
)

// exifText: ASCII values, the user comment with its charset mark, and the UTF-16
// fields that Windows writes (0x9c9b to 0x9c9f).
func (r *reading) exifText(tag, kind uint16, value []byte) {
	switch {
	case kind == 2:
	case tag == 0x9286 && len(value) > 8:
		unicode := bytes.HasPrefix(value, []byte("UNICODE"))
		if value = value[8:]; unicode {
			r.text(utf16Text(value))
			return
		}
	case tag >= 0x9c9b && tag <= 0x9c9f:
		r.text(utf16Text(value))
		return
	default:
		return
	}
	if value = bytes.Trim(value, "\x00 "); len(value) > 0 && !Binary(value) {
		r.text(r.help.Decode(value))
	}
}

// utf16Text decodes UTF-16 whose byte order the zero bytes of Latin letters tell.
func utf16Text(b []byte) string {
	big := 0
	for i := 0; i+1 < len(b); i += 2 {
		switch {
		case b[i] == 0 && b[i+1] != 0:
			big++
		case b[i] != 0 && b[i+1] == 0:
			big--
		}
	}
	units := make([]rune, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		u := rune(b[i]) | rune(b[i+1])<<8
		if big > 0 {
			u = rune(b[i])<<8 | rune(b[i+1])
		}
		if u != 0 && utf8.ValidRune(u) {
			units = append(units, u)
		}
	}
	return strings.TrimSpace(string(units))
}
