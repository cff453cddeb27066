package tree

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrHead: not a head of this log signed by this key.
var ErrHead = errors.New("not a signed head of this log")

// Head says what a log held at a time.
type Head struct {
	Origin string
	N      int64 // leaves
	Root   Hash
	At     time.Time // UTC, whole seconds
}

// Text is the signed body.
func (h Head) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\ntime %s\n", h.Origin, h.N, h.Root, h.At.UTC().Format(time.RFC3339))
}

// Sign gives the head as a signed note. lines are further lines to sign with it
// (extension lines in C2SP's words), each without line breaks.
func (h Head) Sign(signer note.Signer, lines ...string) ([]byte, error) {
	text := h.Text()
	for _, line := range lines {
		text += line + "\n"
	}
	msg, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign head of %q: %w", h.Origin, err)
	}
	return msg, nil
}

// Open checks the signature and the origin and reads a head without further lines.
// Only the one spelling that Sign writes is accepted. ErrHead.
func Open(msg []byte, verifier note.Verifier, origin string) (Head, error) {
	h, lines, err := OpenLines(msg, verifier, origin)
	if err != nil || len(lines) > 0 {
		return Head{}, ErrHead
	}
	return h, nil
}

// OpenLines reads a head and the lines signed with it. ErrHead.
func OpenLines(msg []byte, verifier note.Verifier, origin string) (h Head, lines []string, err error) {
	n, err := note.Open(msg, note.VerifierList(verifier))
	if err != nil || !strict(n) {
		return Head{}, nil, ErrHead // note's own error may quote the input
	}
	h, lines, err = parse(n.Text)
	if err != nil || h.Origin != origin || h.Text() != n.Text[:min(len(h.Text()), len(n.Text))] {
		return Head{}, nil, ErrHead
	}
	return h, lines, nil
}

// strict: note.Open doesn't mind bits of the last base64 character that mean nothing,
// but a head with a changed byte is a changed head.
func strict(n *note.Note) bool {
	for _, sig := range n.Sigs {
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return false
		}
	}
	return true
}

func parse(text string) (h Head, rest []string, err error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 4 {
		return Head{}, nil, ErrHead
	}
	stamp, ok := strings.CutPrefix(lines[3], "time ")
	n, err1 := strconv.ParseInt(lines[1], 10, 64)
	root, err2 := tlog.ParseHash(lines[2])
	at, err3 := time.Parse(time.RFC3339, stamp)
	if !ok || n < 0 || errors.Join(err1, err2, err3) != nil {
		return Head{}, nil, ErrHead
	}
	return Head{Origin: lines[0], N: n, Root: root, At: at}, lines[4:], nil
}
