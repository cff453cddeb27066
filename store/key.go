package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"time"
)

// longestString bounds a string inside a key: bbolt refuses keys over 32 KiB and
// a hostile header is longer. A longer one keeps its beginning and its hash.
const longestString = 256

// Key joins big-endian parts into an index key: ids, uint8/32/64, int, bool,
// time.Time (nanoseconds), [32]byte, string. Keys sort as their parts do; a
// string ends with 00 01 (an inner 00 is 00 FF), so none is a prefix of another.
func Key(parts ...any) []byte {
	key := make([]byte, 0, 48)
	for _, part := range parts {
		key = appendPart(key, part)
	}
	return key
}

// KeyPrefix is Key whose last part, a string, is only the beginning of one (completion).
func KeyPrefix(parts ...any) []byte {
	return bytes.TrimSuffix(Key(parts...), []byte{0, 1})
}

func appendPart(key []byte, part any) []byte {
	switch v := part.(type) {
	case string:
		return appendString(key, v)
	case [32]byte:
		return append(key, v[:]...)
	case time.Time:
		return binary.BigEndian.AppendUint64(key, nanoseconds(v))
	case bool:
		if v {
			return append(key, 1)
		}
		return append(key, 0)
	case int:
		return binary.BigEndian.AppendUint64(key, uint64(v)^1<<63)
	}
	v := reflect.ValueOf(part)
	switch v.Kind() {
	case reflect.Uint8:
		return append(key, byte(v.Uint()))
	case reflect.Uint32:
		return binary.BigEndian.AppendUint32(key, uint32(v.Uint()))
	case reflect.Uint64:
		return binary.BigEndian.AppendUint64(key, v.Uint())
	case reflect.String:
		return appendString(key, v.String())
	}
	panic(fmt.Sprintf("store.Key: no order for %T", part))
}

func appendString(key []byte, s string) []byte {
	if len(s) > longestString {
		sum := sha256.Sum256([]byte(s))
		s = s[:longestString-len(sum)] + string(sum[:])
	}
	for i := range len(s) {
		key = append(key, s[i])
		if s[i] == 0 {
			key = append(key, 0xFF)
		}
	}
	return append(key, 0, 1)
}

// nanoseconds orders times: the zero time first, then 1678 to 2262, what lies
// beyond (Date headers say anything) at the ends.
func nanoseconds(t time.Time) uint64 {
	switch {
	case t.IsZero():
		return 0
	case t.Year() < 1679:
		return 1
	case t.Year() > 2261:
		return math.MaxUint64
	}
	return uint64(t.UnixNano()) ^ 1<<63
}

func idKey[K id](k K) []byte { return binary.BigEndian.AppendUint64(nil, uint64(k)) }

func keyID[K id](key []byte) K { return K(binary.BigEndian.Uint64(key)) }
