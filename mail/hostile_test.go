package mail

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Limits of one hostile message, on a machine three times slower than one of 2026:
// the reader's own budget is a minute, and its child may have to start.
const (
	hostileTime = 3 * time.Minute
	hostileHeap = 1 << 30 // bytes in use at once, garbage with it
	hostileLeft = 64 << 20
)

// TestHostile reads what is made to hurt: bombs, loops, endless structures, and
// damaged copies of real files, cut at a multiple of 64 bytes or with bits turned.
// None may crash, take longer or more than the limits, or leave memory behind.
// POSTOLKA_HOSTILE is how many (make hostile); the ordinary suite runs a few, small
// ones. POSTOLKA_HOSTILE_SEED repeats a run.
func TestHostile(t *testing.T) {
	count, full := 80, false
	if s := os.Getenv("POSTOLKA_HOSTILE"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		count, full = n, true
	}
	seed := rand.Uint64()
	if s := os.Getenv("POSTOLKA_HOSTILE_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	t.Logf("seed %d", seed)
	run := newHostileRun(t)
	size := 1
	if full {
		size = 200
	}
	for _, b := range bombs {
		run.read(b.name, b.make(size))
	}
	files := hostileFiles(t, full)
	damaged := max(count-len(bombs), 0)
	eachCut(files, damaged/2, run.read)
	eachFlipped(files, damaged-damaged/2, seed, run.read)
	run.finish()
}

// hostileRun counts what it reads.
type hostileRun struct {
	t       *testing.T
	began   time.Time
	before  uint64
	count   int
	slowest time.Duration
	slow    string
	peak    uint64
	large   string
}

func newHostileRun(t *testing.T) *hostileRun {
	return &hostileRun{t: t, began: time.Now(), before: heapAfterCollection()}
}

func heapAfterCollection() uint64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (h *hostileRun) read(name string, raw []byte) {
	runtime.GC() // what the one before left is not this one's
	start := time.Now()
	peak := heapWhile(func() {
		text := Extract(Parse(raw), raw)
		if _, err := DecodeText(text.Encode()); err != nil {
			h.t.Errorf("%s: %v", name, err)
		}
	})
	took := time.Since(start)
	h.count++
	if took > hostileTime {
		h.t.Errorf("%s took %v", name, took)
	}
	if peak > hostileHeap {
		h.t.Errorf("%s used %d MB at once", name, peak>>20)
	}
	if took > 5*time.Second || peak > hostileHeap/2 {
		h.t.Logf("%s: %v, %d MB", name, took.Round(time.Millisecond), peak>>20)
	}
	if took > h.slowest {
		h.slowest, h.slow = took, name
	}
	if peak > h.peak {
		h.peak, h.large = peak, name
	}
}

func (h *hostileRun) finish() {
	after := heapAfterCollection()
	if after > h.before+hostileLeft {
		h.t.Errorf("%d MB are left behind", (after-h.before)>>20)
	}
	h.t.Logf("%d hostile messages in %v; slowest %v: %s; most memory %d MB: %s; of the child %d MB", h.count, time.Since(h.began).Round(time.Second), h.slowest.Round(time.Millisecond), h.slow, h.peak>>20, h.large, childPeak()>>20)
}

// heapWhile is the most heap that was in use while fn ran.
func heapWhile(fn func()) (peak uint64) {
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			peak = max(peak, sample[0].Value.Uint64())
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	})
	fn()
	close(stop)
	watch.Wait()
	return peak
}

// childPeak is the most memory that a child of this process ever held; 0 where
// /proc doesn't tell.
func childPeak() (peak uint64) {
	list, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		return 0
	}
	for _, path := range list {
		status, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(status, []byte(fmt.Sprintf("\nPPid:\t%d\n", os.Getpid()))) {
			continue
		}
		var kilobytes uint64
		if _, after, found := strings.Cut(string(status), "VmHWM:"); found {
			if _, err := fmt.Sscan(after, &kilobytes); err == nil {
				peak = max(peak, kilobytes<<10)
			}
		}
	}
	return peak
}

// hostileFile is one whole mail to be damaged, and which of its bytes.
type hostileFile struct {
	name       string
	head, data []byte
	attached   bool
}

// message is the mail with the damaged bytes in it.
func (f hostileFile) message(data []byte) []byte {
	if !f.attached {
		return data
	}
	return append(bytes.Clone(f.head), lines64(data)...)
}

func attached(name string, data []byte) hostileFile {
	head := fmt.Sprintf("From: a@example.org\nContent-Type: application/octet-stream; name=%q\nContent-Transfer-Encoding: base64\n\n", filepath.Base(name))
	return hostileFile{name: name, head: []byte(head), data: data, attached: true}
}

// hostileFiles are those of the corpora in a full run, else those of this project
// and whole bombs, which begin as proper files.
func hostileFiles(t *testing.T, full bool) (files []hostileFile) {
	if full {
		eachFile(t, corpus(t, "attachments"), func(path string, data []byte) { files = append(files, attached(path, data)) })
		for _, dir := range []string{"mime", "charset"} {
			eachFile(t, corpus(t, dir), func(path string, data []byte) { files = append(files, hostileFile{name: path, data: data}) })
		}
		return files
	}
	eachFile(t, filepath.Join("..", "attach", "testdata"), func(path string, data []byte) { files = append(files, attached(path, data)) })
	eachFile(t, "testdata", func(path string, data []byte) { files = append(files, hostileFile{name: path, data: data}) })
	for _, b := range bombs {
		if raw := b.make(1); len(raw) < 100<<10 {
			files = append(files, hostileFile{name: b.name, data: raw})
		}
	}
	return files
}

// eachCut cuts files at multiples of 64 bytes: n places, evenly spread over all.
func eachCut(files []hostileFile, n int, read func(name string, raw []byte)) {
	const step = 64
	places := 0
	for _, f := range files {
		places += len(f.data) / step
	}
	stride := max(1, places/max(n, 1))
	at := stride / 2
	for _, f := range files {
		for ; at < len(f.data)/step && n > 0; at += stride {
			read(fmt.Sprintf("%s cut at %d", f.name, at*step), f.message(f.data[:at*step]))
			n--
		}
		at -= min(at, len(f.data)/step)
	}
}

// eachFlipped turns up to 20 bits of n files, drawn by the seed.
func eachFlipped(files []hostileFile, n int, seed uint64, read func(name string, raw []byte)) {
	draw := rand.New(rand.NewPCG(seed, 0))
	for i := 0; i < n; {
		f := files[draw.IntN(len(files))]
		if len(f.data) == 0 {
			continue
		}
		data := bytes.Clone(f.data)
		for range 1 + draw.IntN(20) {
			data[draw.IntN(len(data))] ^= 1 << draw.IntN(8)
		}
		read(fmt.Sprintf("%s flipped, number %d", f.name, i), f.message(data))
		i++
	}
}
