package attach

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// The child is this very program, started again with childMark in its
// environment: init hands it over to the reader of PDFs before anything of main
// runs, so that every program and test of this module has one. On its standard
// input and output messages are four bytes of length, big-endian, and so many
// bytes; the child first sends an empty one when it is ready. It ends when its
// input does, or when nobody asked for a while.
const (
	childMark  = "POSTOLKA_READS_PDF"
	childCache = "POSTOLKA_PDF_CACHE"
)

// maxAnswer bounds what a child may send back.
const maxAnswer = maxBytes

// child is one process, or none yet. Its owner alone uses it.
type child struct {
	mu    sync.Mutex // held while asking or ending
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	timer *time.Timer
}

// ask sends one file and returns the answer; the error is a reason. A child that
// failed is dead afterwards; the next ask starts another.
func (c *child) ask(data []byte, limit time.Duration) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
	}
	if c.cmd == nil {
		if err := c.start(); err != nil {
			c.end()
			return nil, reasonError("pdf: reader does not start")
		}
	}
	answer, late, err := c.within(limit, func() ([]byte, error) {
		if err := writeFrame(c.in, data); err != nil {
			return nil, err
		}
		return readFrame(c.out, maxAnswer)
	})
	switch {
	case late:
		return nil, reasonError(OverLimit)
	case err != nil:
		c.end()
		return nil, reasonError(Damaged)
	}
	c.timer = time.AfterFunc(pdfIdle, c.idle)
	return answer, nil
}

// start runs the child and waits until it is ready.
func (c *child) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c.cmd = exec.Command(self)
	c.cmd.Env = []string{childMark + "=1", childCache + "=" + CacheDir, "GOMEMLIMIT=600MiB", "GOMAXPROCS=2", "TMPDIR=" + os.TempDir()}
	c.cmd.Dir = "/"
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	c.out = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		c.cmd = nil
		return err
	}
	_, late, err := c.within(pdfStart, func() ([]byte, error) { return readFrame(c.out, 0) })
	if late {
		return errors.New("start took too long")
	}
	return err
}

// within runs fn and kills the child when it takes longer: then fn ends too.
func (c *child) within(limit time.Duration, fn func() ([]byte, error)) (answer []byte, late bool, err error) {
	process := c.cmd.Process
	kill := time.AfterFunc(limit, func() { _ = process.Kill() }) // an ended one can't be killed
	answer, err = fn()
	if late = !kill.Stop(); late {
		c.end()
	}
	return answer, late, err
}

// end kills the child and waits for it.
func (c *child) end() {
	if c.cmd == nil || c.cmd.Process == nil {
		c.cmd = nil
		return
	}
	_ = c.cmd.Process.Kill() // it may have ended by itself
	_ = c.cmd.Wait()         // says that it was killed
	c.cmd = nil
}

func (c *child) idle() {
	if c.mu.TryLock() { // else it is being asked again
		c.end()
		c.mu.Unlock()
	}
}

func writeFrame(w io.Writer, data []byte) error {
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(data)))
	if _, err := w.Write(size[:]); err != nil {
		return err
	}
	_, err := w.Write(data)
	return err
}

func readFrame(r io.Reader, limit int) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint32(size[:]))
	if n > limit {
		return nil, errors.New("frame too long")
	}
	data := make([]byte, n)
	_, err := io.ReadFull(r, data)
	return data, err
}
