package backup

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"postolka/store"
)

// A pack, before age encrypts it:
//
//	"postolka pack 1\n", 16 random bytes
//	blocks: length of the frame (uint32, big endian), one zstd frame
//	a length of 0, and nothing behind it
//
// A frame holds whole entries, one after the other:
//
//	message id (uint64), bytes of raw (uint32), bytes of text (uint32), raw, text
//
// Ids rise over the whole pack. raw is the message as it came, text what
// mail.Text.Encode made of it. The random bytes keep the hash of a pack with one
// short message, which stands in clear beside it, from telling that message.

const packHeader = "postolka pack 1\n"

const (
	packBytes  = 32 << 20 // a pack ends when it has grown to this, except for one message larger than it
	blockBytes = 1 << 20  // entries are gathered to this before they are compressed
	// frameBytes bounds what a reader of a hostile pack unpacks at once; above
	// any message that the desk takes in.
	frameBytes = 512 << 20
)

// mark is the sum of one message in a pack: half of a SHA-256 over its raw
// bytes. The text is derived from them and may be derived anew.
type mark [16]byte

func markOf(raw []byte) mark {
	sum := sha256.Sum256(raw)
	return mark(sum[:16])
}

// contents lists what a pack holds, as store.Pack keeps it: the pack's random
// bytes, then per message its id (uint64, big endian) and its mark, in order of id.
type contents []byte

const (
	saltBytes    = 16
	contentBytes = 8 + len(mark{})
)

func (c contents) add(id store.MessageID, m mark) contents {
	return append(binary.BigEndian.AppendUint64(c, uint64(id)), m[:]...)
}

func (c contents) len() int { return max(0, len(c)-saltBytes) / contentBytes }

func (c contents) all(yield func(store.MessageID, mark) bool) {
	if len(c) < saltBytes {
		return
	}
	for c = c[saltBytes:]; len(c) >= contentBytes; c = c[contentBytes:] {
		if !yield(store.MessageID(binary.BigEndian.Uint64(c)), mark(c[8:contentBytes])) {
			return
		}
	}
}

// sum is what the manifest says of a pack's contents.
func (c contents) sum() Sum { return sha256.Sum256(c) }

// ids are the ids as runs of consecutive ones: first and last of each.
func (c contents) ids() [][2]store.MessageID {
	var runs [][2]store.MessageID
	for id := range c.all {
		if n := len(runs); n > 0 && runs[n-1][1]+1 == id {
			runs[n-1][1] = id
			continue
		}
		runs = append(runs, [2]store.MessageID{id, id})
	}
	return runs
}

// packWriter writes one pack.
type packWriter struct {
	w        io.Writer
	zip      *zstd.Encoder
	block    []byte
	written  int
	contents contents
}

func newPackWriter(w io.Writer) (*packWriter, error) {
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	_, err = w.Write(append([]byte(packHeader), salt...))
	return &packWriter{w: w, zip: zip, written: len(packHeader) + saltBytes, contents: salt}, err
}

// add appends a message; ids must rise.
func (p *packWriter) add(c store.Content) error {
	p.block = binary.BigEndian.AppendUint64(p.block, uint64(c.ID))
	p.block = binary.BigEndian.AppendUint32(p.block, uint32(len(c.Raw)))
	p.block = binary.BigEndian.AppendUint32(p.block, uint32(len(c.Text)))
	p.block = append(append(p.block, c.Raw...), c.Text...)
	p.contents = p.contents.add(c.ID, markOf(c.Raw))
	if len(p.block) < blockBytes {
		return nil
	}
	return p.flush()
}

func (p *packWriter) flush() error {
	if len(p.block) == 0 {
		return nil
	}
	frame := p.zip.EncodeAll(p.block, nil)
	if _, err := p.w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(frame)))); err != nil {
		return err
	}
	_, err := p.w.Write(frame)
	p.written += 4 + len(frame)
	p.block = p.block[:0]
	if cap(p.block) > 4*blockBytes {
		p.block = nil // one huge message must not stay in memory
	}
	return err
}

func (p *packWriter) close() error {
	if err := p.flush(); err != nil {
		return err
	}
	_, err := p.w.Write(make([]byte, 4))
	return errors.Join(err, p.zip.Close())
}

// readPack gives every message of a pack, in order. Raw and Text are fn's to keep.
func readPack(r io.Reader, fn func(store.Content) error) (contents, error) {
	header := make([]byte, len(packHeader)+saltBytes)
	if _, err := io.ReadFull(r, header); err != nil || !bytes.HasPrefix(header, []byte(packHeader)) {
		return nil, fmt.Errorf("%w: no pack of a known version", ErrDamaged)
	}
	zip, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(frameBytes))
	if err != nil {
		return nil, err
	}
	defer zip.Close()
	have := contents(header[len(packHeader):])
	for {
		block, err := readBlock(r, zip)
		if err != nil || block == nil {
			return have, err
		}
		if have, err = readEntries(block, have, fn); err != nil {
			return nil, err
		}
	}
}

// readBlock returns nil at the end mark.
func readBlock(r io.Reader, zip *zstd.Decoder) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, fmt.Errorf("%w: pack ends early", ErrDamaged)
	}
	n := binary.BigEndian.Uint32(length[:])
	if n == 0 {
		return nil, nil
	}
	var frame bytes.Buffer
	if got, err := io.CopyN(&frame, r, int64(n)); err != nil || got != int64(n) {
		return nil, fmt.Errorf("%w: pack ends early", ErrDamaged)
	}
	block, err := zip.DecodeAll(frame.Bytes(), nil)
	if err != nil || len(block) == 0 {
		return nil, fmt.Errorf("%w: a block of the pack can't be unpacked", ErrDamaged)
	}
	return block, nil
}

func readEntries(block []byte, have contents, fn func(store.Content) error) (contents, error) {
	for len(block) > 0 {
		if len(block) < 16 {
			return nil, fmt.Errorf("%w: an entry of the pack is cut", ErrDamaged)
		}
		id := store.MessageID(binary.BigEndian.Uint64(block))
		raw, text := int(binary.BigEndian.Uint32(block[8:])), int(binary.BigEndian.Uint32(block[12:]))
		block = block[16:]
		if raw+text > len(block) {
			return nil, fmt.Errorf("%w: an entry of the pack is cut", ErrDamaged)
		}
		c := store.Content{ID: id, Raw: block[:raw:raw], Text: block[raw : raw+text : raw+text]}
		block = block[raw+text:]
		have = have.add(id, markOf(c.Raw))
		if err := fn(c); err != nil {
			return nil, err
		}
	}
	return have, nil
}
