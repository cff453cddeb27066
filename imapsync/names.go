package imapsync

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Names of folders are modified UTF-7 (RFC 3501 §5.1.3). Some servers give them
// as they lie on their disk: UTF-8, the code page of an old Windows, or a bare
// "&". One such name made go-imap drop the connection, and so kept the whole
// mailbox from being read; and the name that it would ask for is another one.

// nameLine is a connection on which such names are put right on their way in,
// and given back as the server knows them on their way out. Only while on: then
// no bodies are on their way, which it would not tell from a list.
type nameLine struct {
	net.Conn
	in   *bufio.Reader
	rest []byte // of a line put right
	on   atomic.Bool

	mutex sync.Mutex
	raw   map[string]string // by the name as go-imap writes it, quotes and all
}

func newNameLine(conn net.Conn) *nameLine {
	return &nameLine{Conn: conn, in: bufio.NewReaderSize(conn, 16<<10), raw: map[string]string{}}
}

func (n *nameLine) Read(p []byte) (int, error) {
	if len(n.rest) == 0 {
		// The reader waits here before a command turns it on.
		if _, err := n.in.Peek(1); err != nil {
			return 0, err
		}
	}
	if len(n.rest) == 0 && n.on.Load() {
		line, err := n.in.ReadSlice('\n')
		n.rest = bytes.Clone(line) // an error comes again with the next read
		if err == nil || errors.Is(err, bufio.ErrBufferFull) {
			n.rest = n.putRight(n.rest)
		}
	}
	if len(n.rest) > 0 {
		m := copy(p, n.rest)
		n.rest = n.rest[m:]
		return m, nil
	}
	return n.in.Read(p)
}

func (n *nameLine) Write(p []byte) (int, error) {
	if !n.on.Load() {
		return n.Conn.Write(p)
	}
	n.mutex.Lock()
	out := p
	for name, raw := range n.raw {
		if at := bytes.Index(p, []byte(name)); at >= 0 {
			out = bytes.Replace(p, []byte(name), []byte(raw), 1)
			break
		}
	}
	n.mutex.Unlock()
	if _, err := n.Conn.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// putRight rewrites the name in "* LIST (…) "/" NAME" and "* STATUS NAME (…)".
func (n *nameLine) putRight(line []byte) []byte {
	var start int
	switch upper := bytes.ToUpper(line[:min(len(line), 9)]); {
	case bytes.HasPrefix(upper, []byte("* STATUS ")):
		start = len("* STATUS ")
	case bytes.HasPrefix(upper, []byte("* LIST (")):
		flags := bytes.IndexByte(line, ')')
		rest := bytes.TrimPrefix(line[flags+1:], []byte(" "))
		delimiter := bytes.IndexByte(rest, ' ')
		if flags < 0 || delimiter < 0 {
			return line
		}
		start = len(line) - len(rest) + delimiter + 1
	default:
		return line
	}
	name, length := readName(line[start:])
	if length == 0 || !odd(name) {
		return line
	}
	wire, raw := quoted(encodeName(nameText(name))), string(line[start:start+length])
	n.mutex.Lock()
	n.raw[wire] = raw
	n.mutex.Unlock()
	return append(append(bytes.Clone(line[:start]), wire...), line[start+length:]...)
}

// readName reads a quoted string or an atom; length 0: neither.
func readName(p []byte) (name string, length int) {
	if len(p) == 0 || p[0] == '{' {
		return "", 0
	}
	if p[0] != '"' {
		end := bytes.IndexAny(p, " \r\n")
		return string(p[:max(end, 0)]), max(end, 0)
	}
	var b strings.Builder
	for i := 1; i < len(p); i++ {
		switch {
		case p[i] == '"':
			return b.String(), i + 1
		case p[i] == '\\' && i+1 < len(p):
			i++
		}
		b.WriteByte(p[i])
	}
	return "", 0
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// odd: not modified UTF-7, or not as an encoder writes it.
func odd(name string) bool {
	text, ok := decodeName(name)
	return !ok || encodeName(text) != name
}

// nameText is what people read: UTF-8 if it is, else windows-1250.
func nameText(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	var b strings.Builder
	for _, c := range []byte(name) {
		b.WriteRune(charmap.Windows1250.DecodeByte(c))
	}
	return b.String()
}

var nameBase64 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

func encodeName(text string) string {
	var b strings.Builder
	var run []uint16
	flush := func() {
		if len(run) == 0 {
			return
		}
		units := make([]byte, 0, 2*len(run))
		for _, u := range run {
			units = append(units, byte(u>>8), byte(u))
		}
		b.WriteString("&" + nameBase64.EncodeToString(units) + "-")
		run = run[:0]
	}
	for _, r := range text {
		if r < ' ' || r > '~' {
			run = utf16.AppendRune(run, r)
			continue
		}
		flush()
		if b.WriteRune(r); r == '&' {
			b.WriteByte('-')
		}
	}
	flush()
	return b.String()
}

func decodeName(name string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if c := name[i]; c != '&' {
			if c < ' ' || c > '~' {
				return "", false
			}
			b.WriteByte(c)
			continue
		}
		end := strings.IndexByte(name[i:], '-')
		if end < 0 {
			return "", false
		}
		if end == 1 {
			b.WriteByte('&')
		} else {
			units, err := nameBase64.DecodeString(name[i+1 : i+end])
			if err != nil || len(units)%2 != 0 {
				return "", false
			}
			var run []uint16
			for j := 0; j < len(units); j += 2 {
				run = append(run, uint16(units[j])<<8|uint16(units[j+1]))
			}
			b.WriteString(string(utf16.Decode(run)))
		}
		i += end
	}
	return b.String(), true
}
