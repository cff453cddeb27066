package imapsync

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"postolka/store"
)

// Run keeps every mailbox in sync until ctx ends, and follows added and changed
// mailboxes (Changed). It returns when all its goroutines have.
func (y *Sync) Run(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	watches := map[store.MailboxID]watch{}
	start := func(id store.MailboxID) {
		before := watches[id]
		w := watch{done: make(chan struct{})}
		var mine context.Context
		mine, w.cancel = context.WithCancel(ctx)
		watches[id] = w
		all.Go(func() {
			defer close(w.done)
			before.stop()
			y.watch(mine, id)
		})
	}
	ids, err := y.mailboxes()
	if err != nil {
		return err
	}
	for _, id := range ids {
		start(id)
	}
	for {
		select {
		case <-ctx.Done():
			for _, w := range watches {
				w.cancel()
			}
			return nil
		case <-y.wake:
			for _, id := range y.takeChanged() {
				start(id)
			}
		}
	}
}

// watch is the goroutine of one mailbox.
type watch struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func (w watch) stop() {
	if w.cancel != nil {
		w.cancel()
		<-w.done
	}
}

func (y *Sync) mailboxes() (ids []store.MailboxID, err error) {
	err = y.store.View(func(tx *store.Tx) error {
		ids = nil
		for id := range store.Mailboxes.All(tx) {
			ids = append(ids, id)
		}
		return nil
	})
	return ids, err
}

// Changed tells that a mailbox was added, changed, paused or resumed: Run
// connects to it anew. It does not wait.
func (y *Sync) Changed(m store.MailboxID) {
	y.mutex.Lock()
	y.changed[m] = true
	y.mutex.Unlock()
	select {
	case y.wake <- struct{}{}:
	default:
	}
}

func (y *Sync) takeChanged() (ids []store.MailboxID) {
	y.mutex.Lock()
	defer y.mutex.Unlock()
	for id := range y.changed {
		ids = append(ids, id)
	}
	clear(y.changed)
	return ids
}

// watch stays connected to one mailbox until ctx ends or it is no longer wanted.
func (y *Sync) watch(ctx context.Context, id store.MailboxID) {
	failures, refusals := 0, 0
	for ctx.Err() == nil {
		m, err := y.mailbox(id)
		if errors.Is(err, store.ErrNotFound) || err == nil && (m.IMAP.Host == "" || m.Paused) {
			return
		}
		before := time.Now()
		lasted, err := y.stay(ctx, id)
		if ctx.Err() != nil {
			return
		}
		y.trouble(id, err)
		if lasted {
			failures, refusals = 0, 0
		}
		wait := backoff(y.pace.retry, y.pace.retryMax, failures)
		if refused(err) {
			wait = backoff(y.pace.refused, y.pace.refusedMax, refusals)
			refusals++
		}
		failures++
		y.log.Info("mailbox connection ended", "mailbox", id, "after", time.Since(before).Round(time.Second), "again_in", wait.Round(time.Second), "class", class(err))
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// backoff doubles from first to most, give or take a quarter, so that mailboxes
// of one server don't come back all at once.
func backoff(first, most time.Duration, failures int) time.Duration {
	wait := first << min(failures, 20)
	if wait > most || wait <= 0 {
		wait = most
	}
	return wait*3/4 + rand.N(wait/2+1)
}

// stay makes a full pass and then waits for mail until something breaks. lasted:
// it got as far as taking messages in, so the next try need not be put off.
func (y *Sync) stay(ctx context.Context, id store.MailboxID) (lasted bool, err error) {
	r := newRun(y, id)
	if err := r.connect(ctx); err != nil {
		return false, err
	}
	defer r.s.close()
	defer func() { lasted = lasted || r.pass.Read > 0 }()
	if err := r.locked(ctx, func() error { return r.all(ctx) }); err != nil {
		return false, err
	}
	r.contact()
	for {
		if err := r.linger(ctx); err != nil {
			return true, err
		}
		r.contact()
	}
}

// linger waits for news of the inbox, or until it is time to look at all folders.
func (r *run) linger(ctx context.Context) error {
	until := time.Now().Add(r.y.pace.poll)
	for time.Now().Before(until) {
		// What came since the last look is taken first: IDLE tells of later changes only.
		if err := r.locked(ctx, func() error { _, err := r.round(ctx, inbox, 1); return err }); err != nil {
			return err
		}
		if r.newMail {
			return nil
		}
		if err := r.s.listen(ctx, time.Until(until), r.y.pace.noop); err != nil {
			return err
		}
	}
	return r.locked(ctx, func() error { return r.all(ctx) })
}

var inbox = place{name: "INBOX", role: roleInbox}

func (r *run) locked(ctx context.Context, fn func() error) error {
	if err := r.box.lock(ctx); err != nil {
		return err
	}
	defer r.box.unlock()
	return fn()
}

// listen returns when the selected folder has news or the time is over.
func (s *session) listen(ctx context.Context, most, noop time.Duration) error {
	if !s.caps().Has(imap.CapIdle) {
		if err := sleep(ctx, s, min(most, noop)); err != nil {
			return err
		}
		return s.run(commandLimit, func() error { return s.client.Noop().Wait() })
	}
	var idle *imapclient.IdleCommand
	err := s.run(commandLimit, func() (err error) { idle, err = s.client.Idle(); return err })
	if err != nil {
		return err
	}
	slept := sleep(ctx, s, most)
	err = s.run(commandLimit, func() error {
		if err := idle.Close(); err != nil {
			return err
		}
		return idle.Wait()
	})
	return errors.Join(slept, err)
}

// sleep until there are news, the time is over, or the connection is.
func sleep(ctx context.Context, s *session, most time.Duration) error {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-s.news:
	case <-timer.C:
	case <-s.client.Closed():
		if cause := s.guard.failed(); cause != nil {
			return cause
		}
		return errHungUp
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}
