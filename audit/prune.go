package audit

import (
	"context"
	"fmt"
	"sort"
	"time"

	"postolka/account"
	"postolka/store"
)

// Prune deletes entries older than before, with their random bytes and index rows,
// and says how many. Their leaf hashes stay, so Verify and every checkpoint hold. What
// is to be pruned is written into the log first: Verify takes a missing entry for
// dropped otherwise. Interrupted, it goes on at the next call. The caller scrubs.
func (l *Log) Prune(ctx context.Context, before time.Time) (int64, error) {
	l.upkeep.Lock()
	defer l.upkeep.Unlock()
	first, bound, err := l.older(before)
	if err != nil || first >= bound {
		return 0, err
	}
	e := l.By(account.SystemAgent(), Pruned)
	e.Object = prunedObject(bound)
	if err := l.Record(ctx, e); err != nil {
		return 0, err
	}
	for n := first; n < bound; {
		if err := ctx.Err(); err != nil {
			return n - first, err
		}
		next := min(n+1000, bound)
		if err := l.file.Update(func(tx *store.FileTx) error { return drop(tx, n, next) }); err != nil {
			return n - first, fmt.Errorf("prune access log: %w", err)
		}
		n = next
	}
	return bound - first, nil
}

// older gives the range of entries dated before a time: dates never go back.
func (l *Log) older(before time.Time) (first, bound int64, err error) {
	err = l.file.View(func(tx *store.FileTx) error {
		last, _ := tx.Last(entriesBucket)
		if last == nil {
			return nil
		}
		err := tx.Scan(entriesBucket, nil, func(k, _ []byte) error {
			first = asNumber(k)
			return store.ErrStop
		})
		if err != nil {
			return err
		}
		end := asNumber(last) + 1
		bound = first + int64(sort.Search(int(end-first), func(i int) bool {
			e, err := decode(tx.Get(entriesBucket, number(first+int64(i))))
			return err != nil || !e.At.Before(before) // what can't be read stays, as evidence
		}))
		return nil
	})
	return first, bound, err
}

func drop(tx *store.FileTx, from, to int64) error {
	for n := from; n < to; n++ {
		v := tx.Get(entriesBucket, number(n))
		if v == nil {
			continue
		}
		e, err := decode(v)
		if err != nil {
			return fmt.Errorf("entry %d: %w", n, err)
		}
		e.N = n
		for _, r := range e.rows() {
			if err := tx.Delete(r.bucket, r.key); err != nil {
				return err
			}
		}
		if err := tx.Delete(entriesBucket, number(n)); err != nil {
			return err
		}
	}
	return nil
}

func prunedObject(bound int64) string { return fmt.Sprintf("entries below %d", bound) }

// prunedBelow reads what prunedObject wrote; 0: e isn't such an entry.
func prunedBelow(e Entry) (bound int64) {
	if e.Action != Pruned || e.Kind != account.System {
		return 0
	}
	if _, err := fmt.Sscanf(e.Object, "entries below %d", &bound); err != nil {
		return 0
	}
	return bound
}
