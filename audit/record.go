package audit

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"postolka/account"
	"postolka/store"
	"postolka/tree"

	"golang.org/x/mod/sumdb/tlog"
)

// Record returns when the entries are durable (group commit). If it fails, also by
// its context, nothing may be shown; whether the entries are in the log is open then.
func (l *Log) Record(ctx context.Context, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	_, err := l.send(ctx, newRequest(entries))
	return err
}

// RecordOnce records unless the same agent, in the same session, did the same action
// on the same object key within the last minute (refreshes of an open list). It too
// returns nil only when the entry, or the one that stands for it, is durable.
func (l *Log) RecordOnce(ctx context.Context, key string, e Entry) error {
	mark, mine := l.mark(onceKey{e.Kind, e.Agent, e.Session, e.Action, key})
	if !mine {
		return mark.wait(ctx)
	}
	// Not ended by this caller's context: others may be waiting for the same entry.
	mark.err = l.Record(context.WithoutCancel(ctx), e)
	if mark.err != nil {
		l.unmark(mark)
	}
	close(mark.done)
	return mark.err
}

// onceKey is what counts as the same look at the same thing.
type onceKey struct {
	kind    account.Kind
	agent   store.AgentID
	session store.SessionID
	action  Action
	key     string
}

type onceMark struct {
	key  onceKey
	at   time.Time
	done chan struct{} // closed when err is known
	err  error
}

const onceEvery = time.Minute

func (l *Log) mark(key onceKey) (mark *onceMark, mine bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if m := l.once[key]; m != nil && now.Sub(m.at) < onceEvery {
		return m, false
	}
	if len(l.once) >= 1000 {
		for k, m := range l.once {
			if now.Sub(m.at) >= onceEvery {
				delete(l.once, k)
			}
		}
	}
	m := &onceMark{key: key, at: now, done: make(chan struct{})}
	l.once[key] = m
	return m, true
}

func (l *Log) unmark(m *onceMark) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.once[m.key] == m {
		delete(l.once, m.key)
	}
}

func (m *onceMark) wait(ctx context.Context) error {
	select {
	case <-m.done:
		return m.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// request to the writing goroutine.
type request struct {
	entries    []Entry
	checkpoint bool
	done       chan answer // holds one, so that the writer never waits
}

type answer struct {
	checkpoint []byte
	err        error
}

func newRequest(entries []Entry) *request {
	return &request{entries: entries, done: make(chan answer, 1)}
}

func (l *Log) send(ctx context.Context, r *request) ([]byte, error) {
	tidied := make([]Entry, len(r.entries)) // the caller may go on with his slice
	for i, e := range r.entries {
		tidied[i] = e.tidy()
	}
	r.entries = tidied
	select {
	case l.requests <- r:
	case <-l.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case a := <-r.done:
		return a.checkpoint, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// run is the writing goroutine. A lone caller doesn't wait for others; while one
// commit syncs, the next batch gathers.
func (l *Log) run() {
	defer close(l.stopped)
	hourly := time.NewTicker(time.Hour)
	defer hourly.Stop()
	for {
		select {
		case r := <-l.requests:
			l.answer(l.gather(r))
		case <-hourly.C:
			if _, err := l.commit(nil, true); err != nil {
				slog.Error("access log: hourly checkpoint failed", "err", err)
			}
		case <-l.closing:
			return
		}
	}
}

// maxBatch bounds the entries of one commit.
const maxBatch = 5000

func (l *Log) gather(first *request) []*request {
	batch, n := []*request{first}, len(first.entries)
	for n < maxBatch {
		select {
		case r := <-l.requests:
			batch, n = append(batch, r), n+len(r.entries)
		default:
			return batch
		}
	}
	return batch
}

func (l *Log) answer(batch []*request) {
	var entries []Entry
	checkpoint := false
	for _, r := range batch {
		entries = append(entries, r.entries...)
		checkpoint = checkpoint || r.checkpoint
	}
	signed, err := l.commit(entries, checkpoint)
	for _, r := range batch {
		r.done <- answer{signed, err}
	}
}

// commit writes entries with their hashes, index rows and a signed head in one
// transaction, and keeps the head as a checkpoint if asked. Only the writing goroutine
// calls it, and Close after that has ended. If it fails, nothing has changed.
func (l *Log) commit(entries []Entry, checkpoint bool) (signed []byte, err error) {
	edge, last := l.edge.Clone(), l.last
	err = l.file.Update(func(tx *store.FileTx) error {
		edge, last = l.edge.Clone(), l.last
		for _, e := range entries {
			now := l.now().UTC().Truncate(time.Microsecond)
			if now.After(last) {
				last = now
			}
			e.N, e.At = edge.Size(), last
			if err := put(tx, e, edge); err != nil {
				return err
			}
		}
		signed, err = l.sign(tx, edge, checkpoint)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("write access log: %w", err)
	}
	l.edge, l.last = edge, last
	return signed, nil
}

func put(tx *store.FileTx, e Entry, edge *tree.Edge) error {
	record, err := encode(e)
	if err != nil {
		return err
	}
	if err := tx.Put(entriesBucket, number(e.N), record); err != nil {
		return err
	}
	at := tlog.StoredHashIndex(0, e.N)
	for i, h := range edge.Add(tree.Leaf(record)) {
		if err := tx.Put(hashesBucket, number(at+int64(i)), h[:]); err != nil {
			return err
		}
	}
	for _, r := range e.rows() {
		if err := tx.Put(r.bucket, r.key, present); err != nil {
			return err
		}
	}
	return nil
}

// sign writes the head of this commit, so that also a tail cut off between two
// checkpoints is missed.
func (l *Log) sign(tx *store.FileTx, edge *tree.Edge, checkpoint bool) ([]byte, error) {
	head := tree.Head{Origin: Origin, N: edge.Size(), Root: edge.Root(), At: l.now().UTC()}
	signed, err := head.Sign(l.signer)
	if err != nil {
		return nil, err
	}
	if err := tx.Put(stateBucket, headKey, signed); err != nil {
		return nil, err
	}
	// The first checkpoint of a size is the one to keep: it proves the most.
	if key := number(head.N); checkpoint && tx.Get(checkpointsBucket, key) == nil {
		return signed, tx.Put(checkpointsBucket, key, signed)
	}
	return signed, nil
}
