package audit

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"postolka/store"
	"postolka/tree"

	"golang.org/x/mod/sumdb/tlog"
)

// Report of Verify.
type Report struct {
	Entries     int64    // in the log, pruned ones included
	Pruned      int64    // of which only the hash is left
	Checkpoints int      // compared, head and outside one included
	Problems    []string // empty: whole
	At          time.Time
}

// maxProblems bounds what a wrecked file can make us list.
const maxProblems = 100

// Verify proves that the log is whole and consistent with every checkpoint it has
// stored, and with outside (a signed head), when given. It recomputes every hash and
// compares every index row; it runs beside the work in short transactions. Problems
// are in the report; the error says that the check itself could not be made.
func (l *Log) Verify(ctx context.Context, outside []byte) (Report, error) {
	l.upkeep.Lock()
	defer l.upkeep.Unlock()
	v := &verification{log: l, seed: maphash.MakeSeed(), want: map[string]uint64{}}
	for _, step := range []func(context.Context) error{
		func(context.Context) error { return v.loadHeads(outside) }, v.checkEntries, v.checkIndexes,
	} {
		if err := step(ctx); err != nil {
			return Report{}, fmt.Errorf("verify access log: %w", err)
		}
	}
	r := Report{Entries: v.size, Pruned: v.pruned, Checkpoints: len(v.heads), Problems: v.problems, At: l.now().UTC()}
	return r, l.keepReport(r)
}

// LastReport is the newest report, also of an earlier run of the program.
func (l *Log) LastReport() (Report, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.report == nil {
		return Report{}, false
	}
	return *l.report, true
}

var reportKey = []byte("report")

func (l *Log) keepReport(r Report) error {
	value, err := json.Marshal(r)
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.report = &r
	l.mu.Unlock()
	return l.file.Update(func(tx *store.FileTx) error { return tx.Put(stateBucket, reportKey, value) })
}

func (l *Log) loadReport(tx *store.FileTx) {
	var r Report
	if json.Unmarshal(tx.Get(stateBucket, reportKey), &r) == nil && !r.At.IsZero() {
		l.report = &r
	}
}

// verification in progress.
type verification struct {
	log      *Log
	size     int64 // entries when it began; later ones are left for the next time
	heads    []namedHead
	edge     tree.Edge
	last     time.Time
	missing  int64
	highest  int64 // of the entries without a body
	allowed  int64 // below it entries may be pruned
	pruned   int64
	seed     maphash.Seed
	want     map[string]uint64 // by index bucket: sum of the hashes of its rows
	problems []string
}

type namedHead struct {
	tree.Head
	name string
}

func (v *verification) problem(format string, args ...any) {
	if len(v.problems) < maxProblems {
		v.problems = append(v.problems, fmt.Sprintf(format, args...))
	}
}

// loadHeads reads everything that was ever signed, and how long the log is.
func (v *verification) loadHeads(outside []byte) error {
	err := v.log.file.View(func(tx *store.FileTx) error {
		count := hashCount(tx)
		v.size = sizeOf(count)
		if tlog.StoredHashCount(v.size) != count {
			v.problem("the stored hashes end in the middle of entry %d", v.size)
		}
		if signed := tx.Get(stateBucket, headKey); signed != nil {
			v.head("the signed head", signed)
		} else if count > 0 {
			v.problem("the signed head is missing")
		}
		err := tx.Scan(checkpointsBucket, nil, func(k, signed []byte) error {
			v.head(fmt.Sprintf("checkpoint %d", asNumber(k)), signed)
			return nil
		})
		if err != nil {
			return err
		}
		return tx.Scan(damageBucket, nil, func(_, what []byte) error {
			v.problem("%s", what)
			return nil
		})
	})
	if outside != nil {
		v.head("the checkpoint kept outside", outside)
	}
	slices.SortStableFunc(v.heads, func(a, b namedHead) int { return cmp.Compare(a.N, b.N) })
	return err
}

func (v *verification) head(name string, signed []byte) {
	h, err := tree.Open(signed, v.log.verifier, Origin)
	switch {
	case err != nil:
		v.problem("%s is not signed by this instance", name)
	case h.N > v.size:
		v.problem("%s counts %d entries, the log has only %d: the end was cut off", name, h.N, v.size)
	case name == "the signed head" && h.N != v.size:
		v.problem("%s counts %d entries, the log has %d: entries were added by hand", name, h.N, v.size)
	default:
		v.heads = append(v.heads, namedHead{h, name})
	}
}

// chunk of entries per transaction: some 50 ms.
const chunk = 10_000

func (v *verification) checkEntries(ctx context.Context) error {
	next := v.compareHeads(0)
	for from := int64(0); from < v.size; from += chunk {
		if err := ctx.Err(); err != nil {
			return err
		}
		to := min(from+chunk, v.size)
		err := v.log.file.View(func(tx *store.FileTx) error {
			stored, err := hashRange(tx, from, to)
			if err != nil {
				return err
			}
			bodies, err := bodyRange(tx, from, to)
			if err != nil {
				return err
			}
			for n := from; n < to; n++ {
				v.entry(n, bodies[n-from], stored)
				next = v.compareHeads(next)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return v.checkAbsent()
}

// compareHeads compares the heads of the present size, from heads[i] on.
func (v *verification) compareHeads(i int) int {
	for ; i < len(v.heads) && v.heads[i].N == v.edge.Size(); i++ {
		if v.heads[i].Root != v.edge.Root() {
			v.problem("%s of %s doesn't match the first %d entries", v.heads[i].name,
				v.heads[i].At.Format(time.RFC3339), v.heads[i].N)
		}
	}
	return i
}

// entry checks one body against its leaf hash, and the hashes stored with it.
func (v *verification) entry(n int64, body []byte, stored map[int64]tree.Hash) {
	at := tlog.StoredHashIndex(0, n)
	leaf, ok := stored[at]
	switch {
	case !ok && body == nil:
		v.problem("entry %d and its hash are missing", n)
	case !ok:
		v.problem("the hash of entry %d is missing", n)
		leaf = tree.Leaf(body)
	case body == nil:
		v.missing++
		v.highest = n
	case tree.Leaf(body) != leaf:
		v.problem("entry %d was changed", n)
	}
	if body != nil {
		v.content(n, body)
	}
	for i, h := range v.edge.Add(leaf) {
		if i > 0 && stored[at+int64(i)] != h {
			v.problem("a hash stored with entry %d was changed", n)
		}
	}
}

func (v *verification) content(n int64, body []byte) {
	e, err := decode(body)
	if err != nil || e.N != n {
		v.problem("entry %d can't be read as such", n)
		return
	}
	if e.At.Before(v.last) {
		v.problem("entry %d is dated before the one before it", n)
	}
	v.last = e.At
	v.allowed = max(v.allowed, min(prunedBelow(e), n))
	for _, r := range e.rows() {
		v.want[r.bucket] += maphash.Bytes(v.seed, r.key)
	}
}

// checkAbsent: an entry may lack its body only below the mark that pruning left in
// the log itself.
func (v *verification) checkAbsent() error {
	if v.missing == 0 {
		return nil
	}
	if v.highest < v.allowed {
		v.pruned = v.missing
		return nil
	}
	return v.log.file.View(func(tx *store.FileTx) error {
		v.pruned = v.missing
		for n := v.allowed; n < v.size; n++ {
			if tx.Get(entriesBucket, number(n)) == nil {
				v.problem("entry %d was dropped", n)
				v.pruned--
			}
		}
		return nil
	})
}

// hashRange reads the hashes stored with entries [from, to).
func hashRange(tx *store.FileTx, from, to int64) (map[int64]tree.Hash, error) {
	first, end := tlog.StoredHashIndex(0, from), tlog.StoredHashCount(to)
	stored := make(map[int64]tree.Hash, end-first)
	err := tx.Scan(hashesBucket, number(first), func(k, h []byte) error {
		i := asNumber(k)
		if i >= end {
			return store.ErrStop
		}
		if len(h) == tlog.HashSize {
			stored[i] = tree.Hash(h)
		}
		return nil
	})
	return stored, err
}

// bodyRange reads entries [from, to); nil: none. Valid during tx.
func bodyRange(tx *store.FileTx, from, to int64) ([][]byte, error) {
	bodies := make([][]byte, to-from)
	err := tx.Scan(entriesBucket, number(from), func(k, b []byte) error {
		n := asNumber(k)
		if n >= to {
			return store.ErrStop
		}
		bodies[n-from] = b
		return nil
	})
	return bodies, err
}

// checkIndexes compares the sum over the rows there are with the sum over the rows
// there should be; only when they differ, it looks which.
func (v *verification) checkIndexes(ctx context.Context) error {
	for _, bucket := range indexBuckets {
		var sum uint64
		err := v.eachRow(ctx, bucket, func(_ *store.FileTx, k, value []byte) {
			sum += maphash.Bytes(v.seed, k)
			if !bytes.Equal(value, present) {
				v.problem("a row of index %q was changed", bucket)
			}
		})
		if err != nil {
			return err
		}
		if sum == v.want[bucket] {
			continue
		}
		if err := v.nameRows(ctx, bucket); err != nil {
			return err
		}
	}
	return nil
}

// eachRow visits the rows of the entries that this verification is about.
func (v *verification) eachRow(ctx context.Context, bucket string, fn func(tx *store.FileTx, k, value []byte)) error {
	for from := []byte(nil); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		seen, more := 0, false
		err := v.log.file.View(func(tx *store.FileTx) error {
			return tx.Scan(bucket, from, func(k, value []byte) error {
				if seen++; seen > 5*chunk {
					from, more = slices.Clone(k), true
					return store.ErrStop
				}
				if n := asNumber(k); n < v.size {
					fn(tx, k, value)
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
}

func (v *verification) nameRows(ctx context.Context, bucket string) error {
	err := v.eachRow(ctx, bucket, func(tx *store.FileTx, k, _ []byte) {
		n := asNumber(k)
		e, err := decode(tx.Get(entriesBucket, number(n)))
		e.N = n
		if err != nil || !slices.ContainsFunc(e.rows(), func(r row) bool { return r.bucket == bucket && bytes.Equal(r.key, k) }) {
			v.problem("index %q has a row that entry %d doesn't explain", bucket, n)
		}
	})
	if err != nil {
		return err
	}
	for from := int64(0); from < v.size; from += chunk {
		err := v.log.file.View(func(tx *store.FileTx) error {
			return tx.Scan(entriesBucket, number(from), func(k, body []byte) error {
				if asNumber(k) >= min(from+chunk, v.size) {
					return store.ErrStop
				}
				v.nameMissing(tx, bucket, asNumber(k), body)
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (v *verification) nameMissing(tx *store.FileTx, bucket string, n int64, body []byte) {
	e, err := decode(body)
	if err != nil {
		return // reported already
	}
	e.N = n
	for _, r := range e.rows() {
		if r.bucket == bucket && tx.Get(bucket, r.key) == nil {
			v.problem("index %q lacks a row of entry %d", bucket, n)
		}
	}
}
