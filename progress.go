package main

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// bars shows progress on standard error: bars on a terminal, else a line every
// few seconds, so that a log of a nightly job stays short.
type bars struct {
	mu       sync.Mutex
	terminal *mpb.Progress
	bar      map[string]*mpb.Bar
	last     time.Time
}

const plainEvery = 5 * time.Second

func newBars() *bars {
	b := &bars{bar: map[string]*mpb.Bar{}, last: time.Now()}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		b.terminal = mpb.New(mpb.WithOutput(os.Stderr), mpb.WithAutoRefresh())
	}
	return b
}

func (b *bars) progress(what string, done, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.terminal == nil {
		b.plain(what, done, total)
		return
	}
	bar, ok := b.bar[what]
	if !ok {
		bar = b.terminal.AddBar(total,
			mpb.PrependDecorators(decor.Name(what+" "), decor.CountersNoUnit("%d / %d ")),
			mpb.AppendDecorators(decor.AverageSpeed(0, "%.0f/s "), decor.AverageETA(decor.ET_STYLE_GO)))
		b.bar[what] = bar
	}
	bar.SetTotal(total, false)
	bar.SetCurrent(done)
}

func (b *bars) plain(what string, done, total int64) {
	if time.Since(b.last) < plainEvery {
		return
	}
	b.last = time.Now()
	if total > 0 {
		fmt.Fprintf(os.Stderr, "%s: %d of %d\n", what, done, total)
		return
	}
	fmt.Fprintf(os.Stderr, "%s: %d\n", what, done)
}

// done ends the bars so that what follows prints below them.
func (b *bars) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, bar := range b.bar {
		bar.Abort(false)
	}
	if b.terminal != nil {
		b.terminal.Wait()
	}
}
