package desk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"

	"postolka/store"
)

// Every message we send has the Message-ID <pst.TOKEN@domain>. TOKEN names
// conversation and message and proves that we wrote it: whoever answers it, from
// whatever address, had our message in hand. Its 26 bytes in base32 are
//
//	10 bytes  HMAC-SHA256(key, "mac" ids), cut
//	16 bytes  ids (conversation, message, big-endian) XOR HMAC-SHA256(key, "pad" mac)
//
// so that a customer can't read from it how many conversations a shop has. The
// key is derived from the identity key, which a snapshot carries: answers to old
// mail find their thread after a restore too.
type tokenKey [32]byte

const (
	tokenPrefix = "pst."
	macBytes    = 10
)

var tokenCode = base32.StdEncoding.WithPadding(base32.NoPadding)

func newTokenKey(identity []byte) tokenKey {
	return tokenKey(hash(identity, "postolka message token 1", nil))
}

func hash(key []byte, label string, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(label))
	h.Write(data)
	return h.Sum(nil)
}

// header is the Message-ID, without <>, of a message we send; c is 0 when the
// message begins a conversation.
func (k tokenKey) header(c store.ConversationID, m store.MessageID, domain string) string {
	ids := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(c)), uint64(m))
	mac := hash(k[:], "mac", ids)[:macBytes]
	token := append(mac, k.pad(mac, ids)...)
	return tokenPrefix + strings.ToLower(tokenCode.EncodeToString(token)) + "@" + domain
}

// read returns what a Message-ID of ours names; ok is false for any other.
func (k tokenKey) read(header string) (c store.ConversationID, m store.MessageID, ok bool) {
	local, _, _ := strings.Cut(header, "@")
	code, ours := strings.CutPrefix(local, tokenPrefix)
	if !ours {
		return 0, 0, false
	}
	token, err := tokenCode.DecodeString(strings.ToUpper(code))
	if err != nil || len(token) != macBytes+16 || !strings.EqualFold(tokenCode.EncodeToString(token), code) {
		return 0, 0, false
	}
	mac := token[:macBytes]
	ids := k.pad(mac, token[macBytes:])
	if !hmac.Equal(mac, hash(k[:], "mac", ids)[:macBytes]) {
		return 0, 0, false
	}
	return store.ConversationID(binary.BigEndian.Uint64(ids)), store.MessageID(binary.BigEndian.Uint64(ids[8:])), true
}

func (k tokenKey) pad(mac, ids []byte) []byte {
	out := make([]byte, len(ids))
	pad := hash(k[:], "pad", mac)
	for i := range ids {
		out[i] = ids[i] ^ pad[i]
	}
	return out
}
