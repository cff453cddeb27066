package mail

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"strconv"
	"strings"
)

// Identity tells whether two messages are the same without saying anything
// about them to one who does not hold the key (HMAC-SHA256, RFC 2104).
type Identity [32]byte

// Prefixes name function and version. They are part of what is stored in
// ledgers for years: never change one, add another.
const (
	strictLabel = "postolka strict 1\n"
	looseLabel  = "postolka loose 1\n"
)

// Strict identifies the raw message: the HMAC of strictLabel and the canonical
// bytes. Canonical: a first line that begins "From " is left out (the separator
// of an mbox, which some stores keep), every line break (CRLF, CR, LF) is LF, a
// line of ">" signs before "From " loses them (mbox quoting), no line break at the
// end. Frozen with the golden vectors in testdata; independent of Parse.
func Strict(key, raw []byte) Identity {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(strictLabel))
	writeCanonical(h, withoutSeparator(raw))
	return Identity(h.Sum(nil))
}

func withoutSeparator(raw []byte) []byte {
	if !bytes.HasPrefix(raw, []byte("From ")) {
		return raw
	}
	end := bytes.IndexByte(raw, '\n')
	return raw[end+1:] // no line break: nothing but a separator, kept whole
}

// writeCanonical feeds the canonical bytes line by line; breaks wait until a
// further line needs them.
func writeCanonical(h hash.Hash, raw []byte) {
	breaks := 0
	for len(raw) > 0 {
		n := bytes.IndexAny(raw, "\r\n")
		line, next := raw, len(raw)
		if n >= 0 {
			line, next = raw[:n], n+1
			if raw[n] == '\r' && next < len(raw) && raw[next] == '\n' {
				next++
			}
		}
		if len(line) > 0 {
			for ; breaks > 0; breaks-- {
				h.Write([]byte{'\n'})
			}
			h.Write(unquoteFrom(line))
		}
		breaks++
		raw = raw[next:]
	}
}

func unquoteFrom(line []byte) []byte {
	if line[0] != '>' {
		return line
	}
	if bare := bytes.TrimLeft(line, ">"); bytes.HasPrefix(bare, []byte("From ")) {
		return bare
	}
	return line
}

// Loose identifies what the sender wrote: Message-ID, Date, From address and
// the words of the body. Another program's copy of the mail, encoded anew or
// with other transport headers, has the same one. It rests on Parse, so unlike
// Strict it can change with it.
func Loose(key []byte, m *Message) Identity {
	h := hmac.New(sha256.New, key)
	from := ""
	if len(m.From) > 0 {
		from = m.From[0].Key()
	}
	date := ""
	if !m.Date.IsZero() {
		date = strconv.FormatInt(m.Date.Unix(), 10)
	}
	h.Write([]byte(looseLabel))
	for _, s := range []string{m.MessageID, date, from} {
		h.Write([]byte(strconv.Itoa(len(s)) + ":" + s + "\n"))
	}
	w := bufio.NewWriter(h) // which can't fail
	writeLooseBody(w, m)
	w.Flush()
	return Identity(h.Sum(nil))
}

// writeLooseBody writes the words of all text bodies, spaces between them made one,
// with their length before. Word by word: a text of 50 MB is not made again.
func writeLooseBody(w *bufio.Writer, m *Message) {
	texts := looseTexts(m)
	length := -1
	for _, text := range texts {
		for word := range strings.FieldsSeq(text) {
			length += 1 + len(word)
		}
	}
	w.WriteString(strconv.Itoa(max(0, length)) + ":")
	first := true
	for _, text := range texts {
		for word := range strings.FieldsSeq(text) {
			if !first {
				w.WriteByte(' ')
			}
			first = false
			w.WriteString(word)
		}
	}
	w.WriteByte('\n')
}

func looseTexts(m *Message) (texts []string) {
	m.Walk(func(p *Part) bool {
		switch {
		case p.Text == "" || p.IsAttachment():
		case p.isHTML():
			visible, _ := HTMLToText(p.Text)
			texts = append(texts, visible)
		default:
			texts = append(texts, p.Text)
		}
		return true
	})
	return texts
}
