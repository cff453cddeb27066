package imapsync

import (
	"bytes"
	"fmt"
)

// Bounds on what a server may send outside the bodies that we ask for. go-imap
// 2.0.0-beta.8 let an endless string grow to 1.8 GB and died of a stack overflow
// in a nested BODYSTRUCTURE.
const (
	maxLine    = 64 << 10 // one response without its literals
	maxSearch  = 16 << 20 // a SEARCH response: nearly two million UIDs
	maxDepth   = 16       // parentheses; what we ask for needs three
	maxName    = 4 << 10  // a literal that is not a body: a folder's name
	maxSpent   = 64 << 20 // all of it between two commands
	MaxMessage = 64 << 20 // largest message that is fetched, in bytes
)

// scanner follows the syntax of responses (RFC 9051 §9) closely enough to tell
// literals from the rest. Where it and the decoder could disagree, it takes the
// side that scans: only "BODY[] {n}" at the first level of a FETCH, which the
// decoder reads as a literal and nothing else, passes without being looked at.
type scanner struct {
	spent   int64 // bytes outside literals since the last command
	literal int64 // bytes of a literal still to come
	size    int   // bytes of this response outside literals
	limit   int   // of size
	depth   int
	head    []byte // the start of the response, to know its kind
	tail    []byte // its last bytes, to see a literal announced
	quoted  bool
	escaped bool
	code    code
}

// code says where in a response code "[…]" of a status response we are.
type code uint8

const (
	codeBefore code = iota
	codeOpen
	codeAfter
)

// keptHead holds "* 4294967295 PREAUTH", or a tag and its status.
const keptHead, keptTail = 32, 40

// feed looks at the next bytes; an error ends the connection.
func (s *scanner) feed(p []byte) error {
	for len(p) > 0 {
		if s.literal > 0 {
			n := min(s.literal, int64(len(p)))
			s.literal -= n
			p = p[n:]
			continue
		}
		if err := s.byte(p[0]); err != nil {
			return err
		}
		p = p[1:]
	}
	return nil
}

func (s *scanner) byte(b byte) error {
	s.spent++
	s.size++
	if s.size > max(s.limit, maxLine) || s.spent > maxSpent {
		if s.limit == maxSearch || s.spent > maxSpent || !bytes.HasPrefix(bytes.ToUpper(s.head), []byte("* SEARCH ")) {
			return fmt.Errorf("%w: %d bytes in a response", errBounds, s.size)
		}
		s.limit = maxSearch // one line however long
	}
	if b == '\n' {
		return s.endLine()
	}
	if len(s.head) < keptHead {
		s.head = append(s.head, b)
	}
	if len(s.tail) == keptTail {
		s.tail = s.tail[:copy(s.tail, s.tail[1:])]
	}
	s.tail = append(s.tail, b)
	switch {
	case b == '[' && s.code == codeBefore && s.isStatus():
		s.code = codeOpen
	case b == ']' && s.code == codeOpen:
		s.code = codeAfter
	}
	return s.nest(b)
}

// nest follows quotes and parentheses. Text for people has neither, but does no
// harm: it ends with the line.
func (s *scanner) nest(b byte) error {
	switch {
	case s.escaped:
		s.escaped = false
	case s.quoted:
		s.escaped, s.quoted = b == '\\', b != '"'
	case b == '"':
		s.quoted = true
	case b == '(':
		s.depth++
	case b == ')':
		s.depth--
	}
	if s.depth > maxDepth && !s.isStatus() {
		return fmt.Errorf("%w: %d open parentheses", errBounds, s.depth)
	}
	return nil
}

// endLine ends the response, or begins the literal that the line announced.
func (s *scanner) endLine() error {
	if err := s.openEnd(); err != nil {
		return err
	}
	n, body, ok := s.announced()
	s.tail = s.tail[:0]
	if !ok {
		*s = scanner{spent: s.spent, head: s.head[:0], tail: s.tail}
		return nil
	}
	// Some room over MaxMessage, so that a size that is wrong by a little gives a
	// message too large rather than a lost connection.
	if n > maxName && !(body && n <= MaxMessage+MaxMessage/4) {
		return fmt.Errorf("%w: a literal of %d bytes", errBounds, n)
	}
	s.literal = n
	return nil
}

// openEnd refuses what the decoder would read on over the end of the line: a
// quoted string, and a response code, which it skips up to the next "]".
func (s *scanner) openEnd() error {
	if !s.isStatus() && s.quoted || s.code == codeOpen {
		return fmt.Errorf("%w: a line that does not end", errBounds)
	}
	return nil
}

// announced reads "{n}" at the end of the line, and whether a body comes.
func (s *scanner) announced() (n int64, body, ok bool) {
	line := bytes.TrimSuffix(s.tail, []byte("\r"))
	open := bytes.LastIndexByte(line, '{')
	if open < 0 || s.quoted || s.isStatus() || line[len(line)-1] != '}' {
		return 0, false, false
	}
	digits := line[open+1 : len(line)-1]
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false, false
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false, false
		}
		n = n*10 + int64(d-'0')
	}
	body = s.depth == 1 && s.isFetch() && bytes.HasSuffix(bytes.ToUpper(line[:open]), []byte("BODY[] "))
	return n, body, true
}

// isStatus: a continuation or a status response, whose rest is text for people
// and has no literals.
func (s *scanner) isStatus() bool {
	first, rest, _ := bytes.Cut(s.head, []byte(" "))
	if len(first) > 0 && first[0] == '+' {
		return true
	}
	word, _, _ := bytes.Cut(rest, []byte(" "))
	switch string(bytes.ToUpper(bytes.TrimRight(word, "\r"))) {
	case "OK", "NO", "BAD", "BYE", "PREAUTH":
		return true
	}
	return false
}

// isFetch: "* 12 FETCH (…".
func (s *scanner) isFetch() bool {
	words := bytes.Fields(s.head)
	return len(words) >= 3 && string(words[0]) == "*" && bytes.EqualFold(words[2][:min(5, len(words[2]))], []byte("FETCH"))
}
