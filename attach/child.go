package attach

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// The child is this very program, started again with childMark in its
// environment: init hands it over to beChild before anything of main runs, so that
// every program and test of this module has one. It reads the formats whose readers
// can't be held to a bound: PDF, and 7z, whose header may claim billions of files.
//
// On its standard input and output messages are four bytes of length, big-endian,
// and so many bytes; the child first sends an empty one when it is ready. A request
// is two messages, the format and the file; its answer is a childResult as JSON. It
// ends when its input does, or when nobody asked for a while.
const (
	childMark  = "POSTOLKA_READS_FILES"
	childCache = "POSTOLKA_PDF_CACHE"
)

// Bounds of a child.
const (
	childTime   = 20 * time.Second // of reading one file
	childStart  = 90 * time.Second // of its start, on a slow machine
	childIdle   = 30 * time.Second // then it ends
	childMemory = 1536 << 20       // bytes; PDFium may use 512 MiB of them, a 7z three dictionaries
	childStack  = 64 << 20         // bytes: a reader that never returns is found out early
)

// childResult is what the child says of one file.
type childResult struct {
	Texts   []string
	Files   []childFile
	Reasons []string
}

type childFile struct {
	Name string
	Data []byte
}

// files reads the files that a child found in one.
func (r *reading) files(list []childFile) {
	for _, f := range list {
		if r.over() {
			return
		}
		r.file(f.Name, f.Data)
	}
}

// children are the processes that read for us: none until one is asked, then one
// for each core in use up to two.
var children = &nursery{free: make(chan *child, 2)}

// nursery lends children out; any goroutine may ask.
type nursery struct {
	free chan *child
	once sync.Once
}

// ask has one file of that format read. Whatever goes wrong costs the child its
// life, never the caller more than the bounds; the error is a reason.
func (n *nursery) ask(format string, data []byte, deadline time.Time) (childResult, error) {
	n.once.Do(func() {
		for range cap(n.free) {
			n.free <- &child{}
		}
	})
	c := <-n.free
	defer func() { n.free <- c }()
	var result childResult
	answer, err := c.ask(format, data, min(childTime, time.Until(deadline)))
	if err != nil {
		return result, err
	}
	if json.Unmarshal(answer, &result) != nil {
		return result, reasonError(Damaged)
	}
	return result, nil
}

type reasonError string

func (e reasonError) Error() string { return string(e) }

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
func (c *child) ask(format string, data []byte, limit time.Duration) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
	}
	if c.cmd == nil {
		if err := c.start(); err != nil {
			c.end()
			return nil, reasonError("reader does not start")
		}
	}
	answer, late, err := c.within(limit, func() ([]byte, error) {
		if err := errors.Join(writeFrame(c.in, []byte(format)), writeFrame(c.in, data)); err != nil {
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
	c.timer = time.AfterFunc(childIdle, c.idle)
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
	_, late, err := c.within(childStart, func() ([]byte, error) { return readFrame(c.out, 0) })
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
