package backup

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"postolka/store"
)

const (
	nightHour   = 3                // local time; Postolka sleeps deepest then
	jitter      = 20 * time.Minute // many instances must not hit one target at once
	late        = 26 * time.Hour   // a night was missed: the machine was off
	publishWait = 10 * time.Minute // between attempts to publish what a target refused
)

// Run makes a snapshot every night, rotates, reads a share of the packs back
// and beats the ledger's heart, until ctx ends. A missed night is made up for
// at once. What fails is a row of the Snapshots table and a line of the log.
func (b *Backup) Run(ctx context.Context) error {
	next := b.firstNight()
	for {
		wait := min(next.Sub(b.now()), publishWait)
		timer := time.NewTimer(max(wait, 0))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		if b.now().Before(next) {
			b.publishPending(ctx)
			continue
		}
		if err := b.Night(ctx); err != nil && !errors.Is(err, ErrNoRecipient) {
			b.log.Error("nightly snapshot", "err", err)
		}
		next = nextNight(b.now())
	}
}

// firstNight is now when the last good snapshot is too old.
func (b *Backup) firstNight() time.Time {
	last, ok := b.lastProven()
	if now := b.now(); ok && now.Sub(last.At) > late {
		missed := fmt.Errorf("no snapshot was made for %d hours: the program did not run at night; it is made up for now", int(now.Sub(last.At).Hours()))
		b.log.Warn("nightly snapshot is late", "err", errors.Join(missed, b.recordFailure(now, missed)))
		return now
	}
	return nextNight(b.now())
}

// nextNight is the next 03:00 of local time after now, a little later by chance.
func nextNight(now time.Time) time.Time {
	next := time.Date(now.Year(), now.Month(), now.Day(), nightHour, 0, 0, 0, now.Location())
	if !next.After(now) {
		next = time.Date(now.Year(), now.Month(), now.Day()+1, nightHour, 0, 0, 0, now.Location())
	}
	return next.Add(rand.N(jitter))
}

// publishPending tries again what an erasure could not publish.
func (b *Backup) publishPending(ctx context.Context) {
	var pending []store.LedgerID
	err := b.store.View(func(tx *store.Tx) error {
		pending = b.ledger.Unpublished(tx)
		return nil
	})
	if err == nil && len(pending) > 0 {
		err = b.PublishLedger(ctx)
	}
	if err != nil {
		b.log.Error("publish the ledger", "err", err)
	}
}

// Night is one night's work. Later steps run also when earlier ones failed,
// except that nothing is rotated away while no new snapshot could be made.
func (b *Backup) Night(ctx context.Context) error {
	began := b.now()
	problems, readErr := b.ReadBack(ctx, false) // first: this night's snapshot repairs what it finds
	_, err := b.Snapshot(ctx, nil)
	if errors.Is(err, ErrNoRecipient) {
		return errors.Join(err, b.beat(ctx))
	}
	if err == nil {
		_, err = b.Rotate(ctx)
	}
	if len(problems) > 0 {
		readErr = errors.Join(readErr, fmt.Errorf("%d packs at the target were damaged and are written anew: %s", len(problems), problems[0]))
	}
	if readErr != nil {
		readErr = errors.Join(readErr, b.recordFailure(began, readErr))
	}
	return errors.Join(err, readErr)
}
