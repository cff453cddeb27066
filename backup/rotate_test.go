package backup

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"postolka/store"
)

func TestRotationOfFortyDays(t *testing.T) {
	d := newDesk(t)
	d.add(20)
	start := d.clock
	for day := range 40 {
		d.clock = start.AddDate(0, 0, day)
		d.add(1)
		d.snapshot()
		if _, err := d.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	manifests := 0
	for _, name := range d.objects("manifests/") {
		if strings.HasSuffix(name, sealedSuffix) {
			manifests++
		}
	}
	// The last rotation is a minute after the snapshot of day 39: that of day 9 is older than 30 days.
	if manifests != 30 || len(d.objects("manifests/")) != 2*30 || len(d.objects("records/")) != 30 || len(d.objects("keys/")) != 30 {
		t.Errorf("got %d manifests, %d records, %d keys; want 30 of each", manifests, len(d.objects("records/")), len(d.objects("keys/")))
	}
	if got := len(d.objects("packs/")); got != 40 {
		t.Errorf("got %d packs, want 40: the newest snapshot needs all", got)
	}
	gone := 0
	d.store.View(func(tx *store.Tx) error {
		for _, s := range store.Snapshots.All(tx) {
			if !s.Deleted.IsZero() {
				gone++
			}
		}
		return nil
	})
	if gone != 10 {
		t.Errorf("%d snapshots are noted as gone, want 10", gone)
	}
	if s, _ := d.restore(RestoreOptions{}); len(state(t, s)) != 60 {
		t.Error("messages are missing")
	}
}

func TestNewestGoodSnapshotStays(t *testing.T) {
	d := newDesk(t)
	d.add(3)
	d.snapshot()
	d.clock = d.clock.Add(time.Hour)
	newest := d.snapshot().Snapshot
	d.clock = d.clock.AddDate(1, 0, 0)
	if _, err := d.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.objects("manifests/"); len(got) != 2 || got[0] != newest {
		t.Errorf("got %v, want %s and its envelope", got, newest)
	}
	d.restore(RestoreOptions{})
}

func TestIncompleteNewestIsNotTheNewestGood(t *testing.T) {
	d := newDesk(t)
	d.add(3)
	good := d.snapshot().Snapshot
	records := d.objects("records/")
	d.clock = d.clock.Add(time.Hour)
	d.snapshot()
	for _, name := range d.objects("records/") {
		if name != records[0] {
			os.Remove(d.file(name))
		}
	}
	d.clock = d.clock.AddDate(1, 0, 0)
	if _, err := d.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.objects("manifests/"); len(got) != 2 || got[0] != good {
		t.Errorf("got %v, want %s and its envelope", got, good)
	}
}

func TestRotateDeletesNothingUnderAnUnreadableEnvelope(t *testing.T) {
	d := newDesk(t)
	d.add(3)
	name := d.snapshot().Snapshot
	d.change(envelopeName(name), middle)
	before := len(d.objects(""))
	if _, err := d.Rotate(t.Context()); err == nil {
		t.Error("want an error that names the envelope")
	}
	if got := len(d.objects("")); got != before {
		t.Errorf("got %d objects of %d", got, before)
	}
}

func TestNightIsAtThreeLocalTime(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	for _, c := range []struct{ now, want time.Time }{
		{time.Date(2026, 11, 23, 1, 0, 0, 0, zone), time.Date(2026, 11, 23, 3, 0, 0, 0, zone)},
		{time.Date(2026, 11, 23, 3, 0, 0, 0, zone), time.Date(2026, 11, 24, 3, 0, 0, 0, zone)},
		{time.Date(2026, 11, 30, 23, 0, 0, 0, zone), time.Date(2026, 12, 1, 3, 0, 0, 0, zone)},
	} {
		got := nextNight(c.now)
		if got.Before(c.want) || got.Sub(c.want) > jitter {
			t.Errorf("after %v: got %v, want %v and a little", c.now, got, c.want)
		}
	}
}

func TestNightRecordsADamagedPack(t *testing.T) {
	d := newDesk(t)
	d.add(5)
	if err := d.Night(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.change(d.objects("packs/")[0], middle)
	d.clock = d.clock.AddDate(0, 0, 1)
	if err := d.Night(t.Context()); err == nil || !strings.Contains(err.Error(), "packs/") {
		t.Errorf("got %v", err)
	}
	failed := 0
	d.store.View(func(tx *store.Tx) error {
		for _, s := range store.Snapshots.All(tx) {
			if s.Error != "" {
				failed++
			}
		}
		return nil
	})
	if failed != 1 {
		t.Errorf("%d failures are recorded, want 1", failed)
	}
	d.restore(RestoreOptions{})
}

func TestRunMakesUpForAMissedNight(t *testing.T) {
	d := newDesk(t)
	d.add(5)
	d.snapshot()
	d.clock = d.clock.AddDate(0, 0, 3)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	for range 500 {
		if last, _ := d.lastProven(); last.At.Equal(d.clock) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("run ended with %v", err)
	}
	var late, made bool
	d.store.View(func(tx *store.Tx) error {
		for _, s := range store.Snapshots.All(tx) {
			late = late || strings.Contains(s.Error, "72 hours")
			made = made || !s.ProvenAt.IsZero() && s.At.Equal(d.clock)
		}
		return nil
	})
	if !late || !made {
		t.Errorf("late recorded: %v, snapshot made: %v", late, made)
	}
}
