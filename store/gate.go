package store

import (
	"sync"
	"time"
)

// gate lets many in and can be shut by one when nobody is inside: the scrubber
// overwrites free pages only while no transaction could still read them.
//
// Shutting is an attempt with a limit. A transaction may open another one on the
// same goroutine; while it waits at the shut gate its outer one never leaves, so
// the attempt ends, opens the gate, and is made again.
type gate struct {
	mu     sync.Mutex
	inside int
	shut   chan struct{} // not nil while shut; closed when it opens
	idle   chan struct{} // not nil while someone waits for the last to leave
}

func (g *gate) enter() {
	g.mu.Lock()
	for g.shut != nil {
		opened := g.shut
		g.mu.Unlock()
		<-opened
		g.mu.Lock()
	}
	g.inside++
	g.mu.Unlock()
}

func (g *gate) leave() {
	g.mu.Lock()
	g.inside--
	if g.inside == 0 && g.idle != nil {
		close(g.idle)
		g.idle = nil
	}
	g.mu.Unlock()
}

// close shuts the gate and waits until all have left; false: not in time, the gate is open again.
// Only one goroutine may close a gate at a time.
func (g *gate) close(limit time.Duration) bool {
	g.mu.Lock()
	g.shut = make(chan struct{})
	if g.inside == 0 {
		g.mu.Unlock()
		return true
	}
	idle := make(chan struct{})
	g.idle = idle
	g.mu.Unlock()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-idle:
		return true
	case <-timer.C:
		g.open()
		return false
	}
}

func (g *gate) open() {
	g.mu.Lock()
	g.idle = nil
	close(g.shut)
	g.shut = nil
	g.mu.Unlock()
}
