// Package search keeps the full-text index of all messages and answers queries
// over it. It alone speaks to Bleve.
//
// The index is derived: everything in it can be made again from volumes and
// records, and CatchUp does so for whatever is missing. It narrows, it decides
// nothing: who may see a hit is for account.May, whether a text really has an
// identifier for match.Matcher.
//
// Layout on disk: one folder per slice of Options.SliceSize message ids,
//
//	DATA/index/000001/version        our format, written last when a slice is made
//	DATA/index/000001/index_meta.json, store/   Bleve's scorch index
//
// A slice that can't be opened, or has another version, is removed, and CatchUp
// fills it again.
//
// Only what never changes in a message is indexed. The fields:
//
//	w, a   folded words of subject and texts, and of attachments, with positions
//	s, z   Czech and English light stems of the same, without positions
//	f, t   words and addresses of senders and recipients
//	i      identifiers (match.Identifiers) of everything
//	m, x   mailbox as a hint; "1" when there is an attachment
//	d      date, in Unix seconds
//
// Nothing is stored but the message id.
package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"postolka/store"
)

// Doc is what the index takes of a message.
type Doc struct {
	ID            store.MessageID
	Mailbox       store.MailboxID
	Date          time.Time
	From, To      []string // addresses with their names, as in the header; To holds Cc and Bcc too
	Subject       string
	Texts         []Text
	HasAttachment bool
}

// Text is one text of a message.
type Text struct {
	Kind TextKind
	Name string // of the attachment; is searched too
	Text string
}

// TextKind says where in the message a text stands.
type TextKind uint8

const (
	Body       TextKind = iota // shown: plain text, visible HTML
	Attachment                 // inside an attachment
	Hidden                     // headers, HTML attributes and comments: identifiers only
)

// Options of an index; the zero value is right for use.
type Options struct {
	SliceSize uint64 // message ids per slice; zero: 100,000. Must not change for an existing index.
}

const defaultSliceSize = 100_000

// Index is safe for concurrent use.
type Index struct {
	dir       string
	sliceSize uint64

	mu      sync.Mutex
	slices  map[uint64]*slice
	dropped []uint64 // slices that were found damaged or old, and removed
	closed  bool
}

// ErrClosed is returned by every method after Close.
var ErrClosed = errors.New("the search index is closed")

// Open prepares the index in dir, made if missing. It returns at once: slices
// are opened in parallel when first used.
func Open(dir string, opt Options) (*Index, error) {
	if opt.SliceSize == 0 {
		opt.SliceSize = defaultSliceSize
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make search index: %w", err)
	}
	x := &Index{dir: dir, sliceSize: opt.SliceSize, slices: map[uint64]*slice{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open search index: %w", err)
	}
	for _, e := range entries {
		if n, err := strconv.ParseUint(e.Name(), 10, 64); err == nil && e.IsDir() && n > 0 {
			x.slices[n] = x.newSlice(n)
		}
	}
	return x, nil
}

// Close waits for what is under way in each slice and closes it.
func (x *Index) Close() error {
	x.mu.Lock()
	x.closed = true
	all := x.slices
	x.slices = nil
	x.mu.Unlock()
	var errs []error
	for _, s := range all {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

func (x *Index) number(id store.MessageID) uint64 { return (uint64(id)-1)/x.sliceSize + 1 }

func (x *Index) newSlice(n uint64) *slice {
	return &slice{n: n, dir: filepath.Join(x.dir, fmt.Sprintf("%06d", n)), dropped: func() { x.noteDropped(n) }}
}

func (x *Index) noteDropped(n uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.dropped = append(x.dropped, n)
}

// slice gives slice n, or nil when it does not exist and make is not set.
func (x *Index) slice(n uint64, make bool) (*slice, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil, ErrClosed
	}
	s := x.slices[n]
	if s == nil && make {
		s = x.newSlice(n)
		x.slices[n] = s
	}
	return s, nil
}

func (x *Index) all() ([]*slice, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil, ErrClosed
	}
	var all []*slice
	for _, s := range x.slices {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *slice) int { return int(a.n) - int(b.n) })
	return all, nil
}

// each runs do on every slice, a few at a time.
func (x *Index) each(ctx context.Context, do func(ctx context.Context, i int, s *slice) error) error {
	all, err := x.all()
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, s := range all {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return do(ctx, i, s)
		})
	}
	return g.Wait()
}

// Add indexes messages. A message that is there already is replaced, so a batch
// may be given again after a crash. Adding is quickest with some hundred at once.
func (x *Index) Add(ctx context.Context, docs []Doc) error {
	bySlice := map[uint64][]Doc{}
	for _, d := range docs {
		if d.ID == 0 {
			return errors.New("index message: it has no id")
		}
		bySlice[x.number(d.ID)] = append(bySlice[x.number(d.ID)], d)
	}
	for n, docs := range bySlice {
		if err := ctx.Err(); err != nil {
			return err
		}
		s, err := x.slice(n, true)
		if err != nil {
			return err
		}
		if err := s.add(docs); err != nil {
			return fmt.Errorf("index %d messages in slice %d: %w", len(docs), n, err)
		}
	}
	return nil
}

// Delete takes messages out of every search. Their terms stay on disk until
// Purge. Ids that are not there are no error.
func (x *Index) Delete(ctx context.Context, ids []store.MessageID) error {
	bySlice := map[uint64][]store.MessageID{}
	for _, id := range ids {
		bySlice[x.number(id)] = append(bySlice[x.number(id)], id)
	}
	for n, ids := range bySlice {
		if err := ctx.Err(); err != nil {
			return err
		}
		s, err := x.slice(n, false)
		if err != nil {
			return err
		}
		if s == nil {
			continue
		}
		if err := s.delete(ids); err != nil {
			return fmt.Errorf("delete %d messages from slice %d: %w", len(ids), n, err)
		}
	}
	return nil
}

// Has reports whether a message is in the index.
func (x *Index) Has(id store.MessageID) (bool, error) {
	s, err := x.slice(x.number(id), false)
	if err != nil || s == nil {
		return false, err
	}
	return s.has(id)
}

// Count is the number of messages in the index.
func (x *Index) Count() (uint64, error) {
	var mu sync.Mutex
	var total uint64
	err := x.each(context.Background(), func(_ context.Context, _ int, s *slice) error {
		n, err := s.count()
		mu.Lock()
		defer mu.Unlock()
		total += n
		return err
	})
	return total, err
}

// Dropped lists the slices that were found damaged or of another version since
// Open, and were removed; CatchUp fills them again.
func (x *Index) Dropped() []uint64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.dropped)
}
