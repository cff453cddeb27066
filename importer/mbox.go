package importer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// mbox reads a file of messages that each begin with a "From " line after a
// blank one (RFC 4155, appendix A). Lines quoted as ">From " lose one ">", as
// mboxrd has it; a writer of mboxo loses nothing by that but the quote sign.
func (w *walker) mbox(path string, f io.Reader, fallback time.Time) error {
	r := bufio.NewReaderSize(f, 64<<10)
	var (
		raw     []byte
		at      = fallback
		started bool
		tooLong bool
		blank   = true
		number  int
		line    []byte
	)
	flush := func() error {
		if !started {
			return nil
		}
		number++
		if tooLong {
			w.problem(path, fmt.Errorf("message %d is larger than %d MiB", number, MaxBytes>>20))
			return nil
		}
		if len(raw) == 0 {
			return nil
		}
		return w.emit(Mail{Raw: bytes.Clone(trimEnd(raw)), ReceivedAt: at.UTC(), Sent: sentFolder(path)})
	}
	for {
		slice, err := r.ReadSlice('\n')
		line = append(line[:0], slice...) // a Peek may move the buffer under it
		partial := errors.Is(err, bufio.ErrBufferFull)
		if blank && bytes.HasPrefix(line, []byte("From ")) && looksLikeFromLine(line) && headerFollows(r) {
			if err := flush(); err != nil {
				return err
			}
			raw, started, tooLong, blank = raw[:0], true, false, false
			at = fromTime(line, fallback)
		} else if started {
			blank = len(bytes.TrimRight(line, "\r\n")) == 0 && !partial
			if len(raw)+len(line) > MaxBytes {
				tooLong = true
			} else {
				raw = append(raw, unquoteFrom(line)...)
			}
		}
		if partial {
			continue
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				w.problem(path, err)
			}
			return flush()
		}
	}
}

func unquoteFrom(line []byte) []byte {
	if rest := bytes.TrimLeft(line, ">"); len(rest) < len(line) && bytes.HasPrefix(rest, []byte("From ")) {
		return line[1:]
	}
	return line
}

// looksLikeFromLine wants a time of day, so that a paragraph "From what I see"
// after a blank line, left unquoted by a careless writer, doesn't cut a message.
func looksLikeFromLine(line []byte) bool {
	rest := string(line[len("From "):])
	i := strings.Index(rest, ":")
	return i >= 2 && len(rest) > i+2 && isDigit(rest[i-1]) && isDigit(rest[i+1]) && isDigit(rest[i+2])
}

// headerFollows peeks at the next line: a message begins with a header field
// (or with a second, quoted From line, which some archives have).
func headerFollows(r *bufio.Reader) bool {
	next, _ := r.Peek(200)
	if bytes.HasPrefix(next, []byte(">From ")) {
		return true
	}
	colon := bytes.IndexByte(next, ':')
	if colon < 1 {
		return false
	}
	for _, c := range next[:colon] {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

var fromLayouts = []string{
	"Mon Jan _2 15:04:05 2006",
	"Mon Jan _2 15:04:05 MST 2006",
	"Mon Jan _2 15:04:05 -0700 2006",
	"Mon Jan _2 15:04:05 2006 -0700",
	"Mon Jan _2 15:04 2006",
	"Mon, _2 Jan 2006 15:04:05 -0700",
}

// fromTime reads the date of a From line: what follows the sender.
func fromTime(line []byte, fallback time.Time) time.Time {
	fields := strings.Fields(string(line))
	for from := 1; from < len(fields) && from <= 3; from++ {
		text := strings.Join(fields[from:], " ")
		for _, layout := range fromLayouts {
			if t, err := time.Parse(strings.ReplaceAll(layout, "_2", "2"), text); err == nil {
				return t
			}
		}
	}
	return fallback
}
