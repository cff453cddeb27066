package audit

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postolka/store"
	"postolka/store/storetest"
	"postolka/tree"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

const filled = 40

// tampered makes a log of 40 entries with a checkpoint at 15, closes it, lets edit
// change its file by hand, and gives what Verify finds after reopening, plus the
// checkpoint of 15 and of the end as kept outside.
type tampered struct {
	store *store.Store
	clock *clock
	early []byte // checkpoint of 15 entries
	late  []byte // of all
}

func newTampered(t testing.TB) *tampered {
	d := &tampered{store: storetest.New(t), clock: &clock{t: start}}
	l := openLog(t, d.store, d.clock)
	fill(t, l, d.clock, 15)
	var err1, err2 error
	d.early, err1 = l.Checkpoint(t.Context())
	fill(t, l, d.clock, filled-15)
	d.late, err2 = l.Checkpoint(t.Context())
	if err := errors.Join(err1, err2, l.Close()); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *tampered) edit(t testing.TB, fn func(tx *store.FileTx) error) {
	t.Helper()
	f, err := d.store.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Update(fn), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func (d *tampered) problems(t testing.TB, outside []byte) []string {
	t.Helper()
	l := openLog(t, d.store, d.clock)
	r, err := l.Verify(t.Context(), outside)
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	return r.Problems
}

// rehash rebuilds all hashes, as a forger without the key would.
func rehash(tx *store.FileTx) error {
	var edge tree.Edge
	if err := dropFrom(tx, hashesBucket, 0); err != nil {
		return err
	}
	type pair struct{ k, v []byte }
	var all []pair
	err := tx.Scan(entriesBucket, nil, func(_, v []byte) error {
		at := tlog.StoredHashIndex(0, edge.Size())
		for i, h := range edge.Add(tree.Leaf(v)) {
			all = append(all, pair{number(at + int64(i)), bytes.Clone(h[:])})
		}
		return nil
	})
	for _, p := range all {
		err = errors.Join(err, tx.Put(hashesBucket, p.k, p.v))
	}
	return err
}

// dropFrom deletes the rows of a bucket whose last number is at least n.
func dropFrom(tx *store.FileTx, bucket string, n int64) error {
	var keys [][]byte
	err := tx.Scan(bucket, nil, func(k, _ []byte) error {
		if asNumber(k) >= n {
			keys = append(keys, bytes.Clone(k))
		}
		return nil
	})
	for _, k := range keys {
		err = errors.Join(err, tx.Delete(bucket, k))
	}
	return err
}

// cut the log off after n entries, index rows and hashes included.
func cut(tx *store.FileTx, n int64) (err error) {
	for _, b := range append([]string{entriesBucket}, indexBuckets...) {
		err = errors.Join(err, dropFrom(tx, b, n))
	}
	return errors.Join(err, dropFrom(tx, hashesBucket, tlog.StoredHashCount(n)))
}

func change(tx *store.FileTx, bucket string, key []byte, at int) error {
	v := bytes.Clone(tx.Get(bucket, key))
	v[(at+len(v))%len(v)] ^= 1
	return tx.Put(bucket, key, v)
}

func TestVerifyFindsDamage(t *testing.T) {
	now := start.AddDate(0, 0, 1)
	cases := []struct {
		name string
		edit func(tx *store.FileTx) error
		want string
	}{
		{"byte_of_first_entry_changed", func(tx *store.FileTx) error { return change(tx, entriesBucket, number(int64(0)), -3) }, "entry 0 was changed"},
		{"byte_of_last_entry_changed", func(tx *store.FileTx) error { return change(tx, entriesBucket, number(int64(39)), 20) }, "entry 39 was changed"},
		{"salt_changed", func(tx *store.FileTx) error { return change(tx, entriesBucket, number(int64(20)), 5) }, "entry 20 was changed"},
		{"entry_dropped", func(tx *store.FileTx) error { return tx.Delete(entriesBucket, number(int64(20))) }, "entry 20 was dropped"},
		{"entry_dropped_with_its_rows", func(tx *store.FileTx) error { return drop(tx, 20, 21) }, "entry 20 was dropped"},
		{"first_entries_dropped_as_if_pruned", func(tx *store.FileTx) error { return drop(tx, 0, 5) }, "entry 4 was dropped"},
		{"leaf_hash_changed", func(tx *store.FileTx) error {
			return change(tx, hashesBucket, number(tlog.StoredHashIndex(0, 7)), 0)
		}, "entry 7 was changed"},
		{"inner_hash_changed", func(tx *store.FileTx) error {
			return change(tx, hashesBucket, number(tlog.StoredHashIndex(0, 7)+1), 0)
		}, "a hash stored with entry 7 was changed"},
		{"hash_dropped", func(tx *store.FileTx) error {
			return tx.Delete(hashesBucket, number(tlog.StoredHashIndex(0, 8)))
		}, "the hash of entry 8 is missing"},
		{"entry_changed_and_all_hashes_made_anew", func(tx *store.FileTx) error {
			return errors.Join(change(tx, entriesBucket, number(int64(10)), -3), rehash(tx))
		}, "doesn't match the first 15 entries"},
		{"entry_taken_out_and_the_rest_moved_up", func(tx *store.FileTx) error {
			var moved [][]byte
			err := tx.Scan(entriesBucket, number(int64(6)), func(_, v []byte) error {
				moved = append(moved, bytes.Clone(v))
				return nil
			})
			for i, v := range moved {
				err = errors.Join(err, tx.Put(entriesBucket, number(int64(5+i)), v))
			}
			return errors.Join(err, tx.Delete(entriesBucket, number(int64(39))), rehash(tx))
		}, "the end was cut off"},
		{"tail_cut_off", func(tx *store.FileTx) error { return cut(tx, 38) }, "the end was cut off"},
		{"tail_cut_off_to_the_early_checkpoint", func(tx *store.FileTx) error {
			return errors.Join(cut(tx, 15), tx.Put(stateBucket, headKey, tx.Get(checkpointsBucket, number(int64(15)))))
		}, "counts 40 entries, the log has only 15"},
		{"tail_and_head_dropped", func(tx *store.FileTx) error {
			return errors.Join(cut(tx, 38), tx.Delete(stateBucket, headKey))
		}, "signed head is missing"},
		{"checkpoint_changed", func(tx *store.FileTx) error {
			return change(tx, checkpointsBucket, number(int64(15)), len(Origin)+1)
		}, "checkpoint 15 is not signed by this instance"},
		{"checkpoint_signed_by_another_key", func(tx *store.FileTx) error {
			return tx.Put(checkpointsBucket, number(int64(15)), forged(15, tree.Hash{}, now))
		}, "checkpoint 15 is not signed by this instance"},
		{"head_signed_by_another_key", func(tx *store.FileTx) error {
			return tx.Put(stateBucket, headKey, forged(40, tree.Hash{}, now))
		}, "the signed head is missing or was changed"},
		{"entry_added_by_hand", func(tx *store.FileTx) error {
			e := Entry{N: filled, At: now, Agent: 3, Action: Opened}
			record, err := encode(e)
			for _, r := range e.rows() {
				err = errors.Join(err, tx.Put(r.bucket, r.key, present))
			}
			return errors.Join(err, tx.Put(entriesBucket, number(e.N), record), rehash(tx))
		}, "had 40 entries when it was last written"},
		{"row_of_a_message_dropped", func(tx *store.FileTx) error {
			return tx.Delete(messageBucket, append(number(store.MessageID(1)), number(int64(10))...))
		}, `index "message" lacks a row of entry 10`},
		{"row_of_another_agent_added", func(tx *store.FileTx) error {
			return tx.Put(agentBucket, append(number(store.AgentID(9)), number(int64(10))...), present)
		}, `index "agent" has a row that entry 10 doesn't explain`},
		{"row_moved_to_another_conversation", func(tx *store.FileTx) error {
			n := number(int64(10)) // of conversation 2
			return errors.Join(tx.Delete(conversationBkt, append(number(store.ConversationID(2)), n...)),
				tx.Put(conversationBkt, append(number(store.ConversationID(3)), n...), present))
		}, `index "conversation" lacks a row of entry 10`},
		{"value_of_a_row_changed", func(tx *store.FileTx) error {
			k, _ := tx.Last(dayBucket)
			return tx.Put(dayBucket, k, []byte{2})
		}, `a row of index "day" was changed`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := newTampered(t)
			if p := d.problems(t, d.early); len(p) > 0 {
				t.Fatalf("before: got %q, want none", p)
			}
			d.edit(t, c.edit)
			if p := d.problems(t, nil); !contains(p, c.want) {
				t.Errorf("got %q, want one with %q", p, c.want)
			}
			// Work goes on, and what was done stays visible.
			l := openLog(t, d.store, d.clock)
			fill(t, l, d.clock, filled+10)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if p := d.problems(t, nil); len(p) == 0 {
				t.Error("after more work: got nothing wrong, want the damage still found")
			}
		})
	}
}

func contains(list []string, what string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, what) })
}

func forged(n int64, root tree.Hash, at time.Time) []byte {
	skey, _, _ := note.GenerateKey(rand.Reader, "postolka")
	signer, _ := note.NewSigner(skey)
	msg, _ := tree.Head{Origin: Origin, N: n, Root: root, At: at}.Sign(signer)
	return msg
}

// Someone who can write the file puts back an older state of it, checkpoints and all:
// inside nothing is wrong, only a checkpoint kept outside shows it.
func TestVerifyOutsideCheckpointShowsARolledBackFile(t *testing.T) {
	d := newTampered(t)
	d.edit(t, func(tx *store.FileTx) error {
		return errors.Join(cut(tx, 15), dropFrom(tx, checkpointsBucket, 16),
			tx.Put(stateBucket, headKey, tx.Get(checkpointsBucket, number(int64(15)))))
	})
	if p := d.problems(t, nil); len(p) != 0 {
		t.Errorf("inside: got %q, want nothing to be seen", p)
	}
	if p := d.problems(t, d.late); !contains(p, "the checkpoint kept outside counts 40 entries, the log has only 15") {
		t.Errorf("outside: got %q, want the missing end", p)
	}
	if p := d.problems(t, []byte("not a checkpoint")); !contains(p, "is not signed by this instance") {
		t.Errorf("rubbish: got %q, want refused", p)
	}
}

// Any byte of any entry.
func TestPropertyVerifyFindsAnyChangedByte(t *testing.T) {
	d := newTampered(t)
	rapid.Check(t, func(rt *rapid.T) {
		n := int64(rapid.IntRange(0, filled-1).Draw(rt, "entry"))
		var before []byte
		d.edit(t, func(tx *store.FileTx) error {
			before = bytes.Clone(tx.Get(entriesBucket, number(n)))
			after := bytes.Clone(before)
			after[rapid.IntRange(0, len(after)-1).Draw(rt, "at")] ^= byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
			return tx.Put(entriesBucket, number(n), after)
		})
		if p := d.problems(t, nil); !contains(p, fmt.Sprintf("entry %d was changed", n)) {
			rt.Fatalf("got %q, want entry %d named", p, n)
		}
		d.edit(t, func(tx *store.FileTx) error { return tx.Put(entriesBucket, number(n), before) })
	})
	if p := d.problems(t, d.late); len(p) > 0 {
		t.Errorf("put back: got %q, want none", p)
	}
}

func BenchmarkRecord(b *testing.B) {
	record := func(b *testing.B, l *Log) {
		e := l.By(anna, Opened)
		e.Conversation, e.Messages = 7, []store.MessageID{1, 2, 3}
		if err := l.Record(b.Context(), e); err != nil {
			b.Error(err)
		}
	}
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			l := openLog(b, storetest.New(b), &clock{t: start})
			b.ResetTimer()
			var wg sync.WaitGroup
			for i := range callers {
				wg.Go(func() {
					for n := i; n < b.N; n += callers {
						record(b, l)
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	l := openLog(b, storetest.New(b), &clock{t: start})
	const n = 100_000
	batch := make([]Entry, 1000)
	for i := range n / len(batch) {
		for j := range batch {
			batch[j] = l.By(anna, Opened)
			batch[j].Conversation, batch[j].Messages = store.ConversationID(i), []store.MessageID{store.MessageID(j + 1)}
		}
		if err := l.Record(b.Context(), batch...); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		wantWhole(b, l, nil)
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
