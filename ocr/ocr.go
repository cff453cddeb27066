// Package ocr has a command of the host recognise the text of a picture. Which
// command is said on the command line of the server only; there is none by default.
// It imports nothing of ours and is told nothing but the picture.
//
// The command is not run by a shell: its words are divided at spaces. The word {in}
// stands for a file with the picture; a command without it reads the picture from its
// standard input. What it writes to its standard output is the text, in UTF-8.
package ocr

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Bounds of one picture.
const (
	maxTime   = time.Minute
	maxText   = 1 << 20 // bytes
	maxMemory = 2 << 30 // bytes; tesseract takes some hundred MB for a page
	inFile    = "{in}"
)

// Errors of Text. They hold no word of the picture, nor of what the command said.
var (
	ErrFailed = errors.New("text recognition failed")
	ErrLimit  = errors.New("text recognition over a limit")
)

// Reader recognises text. Any goroutine may use it.
type Reader struct {
	words  []string
	folder string
	limit  time.Duration
}

// New prepares a command; its program must be there. It runs in folder, where what it
// puts aside lies.
func New(command, folder string) (*Reader, error) {
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil, errors.New("no command")
	}
	program, err := exec.LookPath(words[0])
	if err != nil {
		return nil, fmt.Errorf("find the program %s: %w", words[0], err)
	}
	for _, path := range []*string{&program, &folder} { // the command runs in folder
		if *path, err = filepath.Abs(*path); err != nil {
			return nil, err
		}
	}
	words[0] = program
	return &Reader{words, folder, maxTime}, nil
}

// Name tells commands apart: another one may read more.
func (r *Reader) Name() string {
	sum := sha256.Sum256([]byte(strings.Join(r.words, " ")))
	return hex.EncodeToString(sum[:8])
}

// Text of a picture; "" when there is none. ErrFailed, ErrLimit; any other error is
// one of this machine or of ctx.
func (r *Reader) Text(ctx context.Context, picture []byte) (string, error) {
	words := slices.Clone(r.words)
	if slices.Contains(words, inFile) {
		path, drop, err := lend(picture, r.folder)
		if err != nil {
			return "", fmt.Errorf("keep a picture for text recognition: %w", err)
		}
		defer drop()
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], inFile, path)
		}
		picture = nil
	}
	out, err := r.run(ctx, words, picture)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(strings.ToValidUTF8(out, "\ufffd")), nil
}

// run ends the command, and what it started, at any bound.
func (r *Reader) run(ctx context.Context, words []string, in []byte) (string, error) {
	limited, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	cmd := exec.CommandContext(limited, words[0], words[1:]...)
	cmd.Dir = r.folder
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.folder, "TMPDIR=" + r.folder, "LC_ALL=C.UTF-8", "TESSDATA_PREFIX=" + os.Getenv("TESSDATA_PREFIX"), "OMP_THREAD_LIMIT=1"}
	if os.Getenv("TESSDATA_PREFIX") == "" {
		cmd.Env = slices.DeleteFunc(cmd.Env, func(s string) bool { return s == "TESSDATA_PREFIX=" })
	}
	cmd.Stdin = bytes.NewReader(in)
	out := &bounded{stop: cancel}
	cmd.Stdout = out
	cmd.WaitDelay = time.Second
	inGroup(cmd)
	if err := cmd.Start(); err != nil {
		return "", ErrFailed
	}
	limitMemory(cmd.Process.Pid)
	err := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case out.full || limited.Err() != nil:
		return "", ErrLimit
	case err != nil:
		return "", ErrFailed
	}
	return out.String(), nil
}

// bounded keeps so much and then stops who writes.
type bounded struct {
	bytes.Buffer
	full bool
	stop context.CancelFunc
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxText {
		b.full = true
		b.stop()
		return 0, ErrLimit
	}
	return b.Buffer.Write(p)
}
