package privacy

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"postolka/backup"
	"postolka/match"
	"postolka/store"
)

// TestErasureReachesEveryPlace has data of every kind in every place that can hold
// text (places_test.go), in a form drawn for each, beside others' mail; all of it is
// erased, or all redacted. Then nothing is found, no file of the data directory and
// of what a snapshot restores to holds a value, and other mail is as it was.
// POSTOLKA_RESIDUE=full has ten data of each kind (make residue).
func TestErasureReachesEveryPlace(t *testing.T) {
	for _, decision := range []Decision{EraseIt, RedactIt} {
		t.Run(string(decision), func(t *testing.T) {
			r := planted(t)
			before, values := r.contents(t), []string{}
			for _, id := range r.ids {
				values = append(values, id.Value)
			}
			if len(bytesIn(t, r.dir, values...)) == 0 {
				t.Fatal("the scan does not see what is there")
			}
			identity, err := r.backup.NewKey(true)
			check(t, err)
			_, err = r.backup.Snapshot(context.Background(), nil)
			check(t, err)
			receipt := r.forget(decision)
			r.expectGone(t, r.ids)
			gone := idSet{}
			for id := range r.truth {
				gone[id] = struct{}{}
			}
			r.expectOthersUnchanged(t, before, gone)
			restored := filepath.Join(t.TempDir(), "restored")
			_, err = backup.Restore(context.Background(), backup.Directory(r.target), identity, restored, backup.RestoreOptions{})
			check(t, err)
			for _, dir := range []string{r.dir, restored} {
				if found := bytesIn(t, dir, values...); len(found) > 0 {
					t.Errorf("values are left in %v", found)
				}
			}
			t.Logf("%d data in %d places: %d messages erased, %d redacted", len(r.ids), len(places)+2, receipt.Erased, receipt.Redacted)
		})
	}
}

func planted(t *testing.T) *recall {
	seed, each, kinds := rand.Uint64(), 1, []match.Kind{match.Email}
	if os.Getenv("POSTOLKA_RESIDUE") == "full" {
		each, kinds = 10, match.Kinds()
	}
	t.Logf("seed %d", seed)
	r := &recall{T: t, house: newHouse(t), random: rand.New(rand.NewPCG(seed, 1)), truth: map[store.MessageID]plant{}, records: map[uint64]plant{}}
	for range each {
		for _, kind := range kinds {
			id, err := match.ParseIdentifier(kind, madeUp(r.random, kind))
			check(t, err)
			r.ids = append(r.ids, id)
		}
	}
	r.plantAll(1)
	r.take(t, janAndOthers()...)
	check(t, r.Desk.CatchUp(context.Background(), nil))
	return r
}

// forget finds, decides the same on every message, and runs the job. Each planted
// message must be among them.
func (r *recall) forget(decision Decision) Receipt {
	ctx := context.Background()
	id, err := r.Begin(ctx, host, r.ids, "test")
	check(r, err)
	person, err := r.Person(ctx, host, id)
	check(r, err)
	if len(person.Messages) != len(r.truth) {
		r.Errorf("%d messages were found of %d", len(person.Messages), len(r.truth))
	}
	var all []MessageDecision
	for _, d := range person.Messages {
		all = append(all, MessageDecision{Message: d.Message, Decision: decision})
	}
	check(r, r.Decide(ctx, host, id, all...))
	plan, err := r.Plan(ctx, host, id)
	check(r, err)
	_, err = r.Approve(ctx, host, plan.Hash)
	check(r, err)
	receipt, err := r.house.Run(ctx, id, nil)
	check(r, err)
	return receipt
}
