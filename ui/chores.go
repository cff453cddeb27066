package ui

import (
	"context"
	"sync"
	"time"
)

// chores are long work that a page began and that goes on when it is left: an
// erasure, a snapshot, a drill, a check of the log. One of a name at a time.
type chores struct {
	now    func() time.Time
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu   sync.Mutex
	last map[string]chore
}

// chore is how far a piece of work is, or how it ended.
type chore struct {
	Began, Ended time.Time // Ended zero: at work
	Done, Total  int64
	Err          error
	Result       any // of its own kind
}

func (c chore) running() bool { return !c.Began.IsZero() && c.Ended.IsZero() }
func (c chore) failed() bool  { return c.Err != nil }

func newChores(now func() time.Time) *chores {
	c := &chores{now: now, last: map[string]chore{}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// start begins work under a name; false: it is under way already, or the program ends.
func (c *chores) start(name string, do func(ctx context.Context, progress func(done, total int64)) (any, error)) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last[name].running() || c.ctx.Err() != nil {
		return false
	}
	c.last[name] = chore{Began: c.now()}
	c.work.Go(func() {
		result, err := do(c.ctx, func(done, total int64) { c.note(name, func(w *chore) { w.Done, w.Total = done, total }) })
		c.note(name, func(w *chore) { w.Result, w.Err, w.Ended = result, err, c.now() })
	})
	return true
}

func (c *chores) note(name string, change func(*chore)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.last[name]
	change(&w)
	c.last[name] = w
}

// state of the work of a name; the zero chore when there was none since the start.
func (c *chores) state(name string) chore {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last[name]
}

// Close stops work that pages began, and waits for it. What was stopped goes on at
// the next start where it can (an erasure), or is simply begun again (a snapshot).
func (s *Server) Close() {
	s.chores.cancel()
	s.chores.work.Wait()
}

// Run lets that work go on until ctx ends, then ends it as Close does.
func (s *Server) Run(ctx context.Context) error {
	<-ctx.Done()
	s.Close()
	return ctx.Err()
}
