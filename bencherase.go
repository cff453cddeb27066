package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/match"
	"postolka/store"
)

// erased is what bench says of an erasure: seconds, bytes, milliseconds.
type erased struct {
	Messages int     `json:"messages"`
	Seconds  float64 `json:"seconds"`     // of the job, after its approval
	CPU      float64 `json:"cpu_seconds"` // of all cores, that of the lists too
	Plan     float64 `json:"plan_seconds"`
	// Written is what the process handed to the system in write calls; Volumes is
	// how large the volumes are: the person is in all of them.
	Written int64               `json:"written_bytes"`
	Volumes int64               `json:"volume_bytes"`
	Steps   map[string]stepCost `json:"steps"`
	IdleP99 float64             `json:"list_ms_p99_idle"`
	BusyP99 float64             `json:"list_ms_p99_meanwhile"`
}

type stepCost struct {
	Milliseconds int64 `json:"ms"`
	Written      int64 `json:"written_bytes"`
}

func (e erased) print() {
	fmt.Printf("erase: %d messages in %.1f s (%.1f s of processor, plan %.1f s), %d MiB written for volumes of %d MiB\n", e.Messages, e.Seconds, e.CPU, e.Plan, e.Written>>20, e.Volumes>>20)
	fmt.Printf("list p99 meanwhile %.1f ms, idle %.1f ms; steps (ms, bytes): %v\n", e.BusyP99, e.IdleP99, e.Steps)
}

const benchPerson = "osoba.k.vymazani@example.com"

// measureErase makes a snapshot and erases the person of whom fill put mail
// everywhere, while somebody turns pages of lists.
func (a *app) measureErase(ctx context.Context) (*erased, error) {
	by := account.HostAgent()
	if _, err := a.api.Backup.NewKey(true); err != nil {
		return nil, err
	}
	if _, err := a.api.Backup.Snapshot(ctx, nil); err != nil {
		return nil, err
	}
	id, err := match.ParseIdentifier(match.Email, benchPerson)
	if err != nil {
		return nil, err
	}
	e := &erased{Steps: map[string]stepCost{}}
	began := time.Now()
	plan, err := a.api.Privacy.PlanFor(ctx, by, []match.Identifier{id}, false)
	if err != nil {
		return nil, err
	}
	e.Plan = time.Since(began).Seconds()
	job, err := a.api.Privacy.Approve(ctx, by, plan.Hash)
	if err != nil {
		return nil, err
	}
	if e.IdleP99, err = a.turnPages(ctx, time.After(5*time.Second)); err != nil {
		return nil, err
	}
	return e, a.eraseMeanwhile(ctx, e, job)
}

func (a *app) eraseMeanwhile(ctx context.Context, e *erased, job store.JobID) (err error) {
	stats, err := a.store.Stats()
	if err != nil {
		return err
	}
	e.Volumes = stats.VolumeBytes
	over, turned := make(chan time.Time), make(chan error, 1)
	go func() {
		var err error
		e.BusyP99, err = a.turnPages(ctx, over)
		turned <- err
	}()
	wrote, used, began := writtenBytes(), cpuSeconds(), time.Now()
	step, stepAt, stepWrote := "", began, wrote
	note := func(next string) {
		now := writtenBytes()
		e.Steps[step] = stepCost{time.Since(stepAt).Milliseconds(), now - stepWrote}
		step, stepAt, stepWrote = next, time.Now(), now
	}
	receipt, err := a.api.Privacy.Run(ctx, job, func(next string, _, _ int) { note(next) })
	note("")
	delete(e.Steps, "")
	e.CPU = cpuSeconds() - used
	e.Seconds, e.Written, e.Messages = time.Since(began).Seconds(), writtenBytes()-wrote, receipt.Erased
	close(over)
	return errors.Join(err, <-turned)
}

// turnPages shows lists, some twenty a second, until the time is over.
func (a *app) turnPages(ctx context.Context, over <-chan time.Time) (p99 float64, err error) {
	var took []time.Duration
	for {
		select {
		case <-over:
			slices.Sort(took)
			return quantile(took, 0.99), nil
		case <-time.After(50 * time.Millisecond):
		}
		began := time.Now()
		if _, err := a.api.Desk.List(ctx, account.HostAgent(), desk.ListQuery{View: desk.ViewAll}); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
}

// writtenBytes of this process so far; 0 where the system does not count them.
func writtenBytes() (n int64) {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	var read int64
	_, _ = fmt.Sscanf(string(text), "rchar: %d\nwchar: %d", &read, &n)
	return n
}

// cpuSeconds of this process so far; 0 where they are not counted.
func cpuSeconds() (seconds float64) {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	// After the name, which may hold spaces, utime and stime are the 12th and 13th
	// field, in hundredths of a second.
	words := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	for _, w := range words[11:13] {
		ticks, _ := strconv.ParseFloat(w, 64)
		seconds += ticks / 100
	}
	return seconds
}
