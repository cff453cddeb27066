package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/index/scorch/mergeplan"
	index "github.com/blevesearch/bleve_index_api"
)

// Purge makes the terms of deleted and replaced messages leave the disk. It
// looks at every slice and rewrites those that still hold some, also from before
// a restart or a crash; a clean slice costs nothing but a look. When it returns
// nil, no segment has a deleted message and no file is there but the segments'.
//
// As measured on Bleve 2.6.3: a delete leaves the terms in the segment files;
// ForceMerge writes them anew but leaves the old files until one more batch has
// run, and does nothing at all with a single segment. So: an empty message makes
// a second segment where there is one only, merge, batch, look, until the slice is
// clean. Of the empty message a deleted entry without terms may stay. Segments are
// written anew one by one, those without deleted messages not at all: a merge of
// many into one also writes these.
func (x *Index) Purge(ctx context.Context) error {
	return x.each(ctx, func(ctx context.Context, _ int, s *slice) error {
		if err := s.purge(ctx); err != nil {
			return fmt.Errorf("purge search slice %d: %w", s.n, err)
		}
		return nil
	})
}

func (s *slice) purge(ctx context.Context) error {
	if err := s.use(false, func(bleve.Index) error { return nil }); err != nil { // opens it
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index == nil {
		return nil
	}
	count, err := s.index.DocCount()
	if err != nil {
		return err
	}
	if count == 0 {
		return s.removeLocked()
	}
	return s.rewrite(ctx)
}

const (
	purgePatience = 10 * time.Minute
	purgePause    = 20 * time.Millisecond
	flushPause    = 50 * time.Millisecond
)

func (s *slice) rewrite(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, purgePatience)
	flushed := make(chan struct{})
	go func() { defer close(flushed); s.flushAlong(ctx) }()
	defer func() { cancel(); <-flushed }()
	for n := 0; ; n++ {
		found, err := s.residue()
		if err != nil || found.dirty == 0 && found.stale == 0 {
			return err
		}
		if found.dirty > 0 {
			if err := renew(ctx, s.index, found.segments); err != nil {
				return err
			}
		}
		if err := s.index.SetInternal([]byte("purge"), []byte{byte(n)}); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d segments with deleted messages and %d old files are still there: %w", found.dirty, found.stale, ctx.Err())
		case <-time.After(purgePause):
		}
	}
}

// flushAlong syncs segments while they are written, until ctx ends. Else hundreds of
// megabytes are due at their end, and whoever opens a page waits behind them for his
// entry in the access log. It is a courtesy: Bleve syncs, and reports, itself.
func (s *slice) flushAlong(ctx context.Context) {
	for ctx.Err() == nil {
		segments, _ := filepath.Glob(filepath.Join(s.dir, "store", "*.zap"))
		for _, name := range segments {
			if info, err := os.Stat(name); err != nil || time.Since(info.ModTime()) > time.Second {
				continue
			}
			if f, err := os.Open(name); err == nil {
				_ = f.Sync()
				_ = f.Close()
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(flushPause):
		}
	}
}

// leftover counts segments, those of them that hold deleted messages or are not on
// disk yet, and segment files that no longer belong to the index.
type leftover struct{ segments, dirty, stale int }

func (s *slice) residue() (found leftover, err error) {
	_, reader, err := scorchReader(s.index)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	current := map[string]bool{}
	found.segments = len(reader.Segments())
	for _, segment := range reader.Segments() {
		file, onDisk := segment.Segment().(interface{ Path() string })
		deleted, err := holdsDeleted(segment)
		if err != nil {
			return found, err
		}
		if !onDisk || deleted {
			found.dirty++
		}
		if onDisk {
			current[filepath.Base(file.Path())] = true
		}
	}
	entries, err := os.ReadDir(filepath.Join(s.dir, "store"))
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".zap") && !current[e.Name()] {
			found.stale++
		}
	}
	return found, err
}

// holdsDeleted leaves out the empty message.
func holdsDeleted(segment *scorch.SegmentSnapshot) (bool, error) {
	deleted := segment.Deleted()
	if deleted == nil {
		return false, nil
	}
	for _, number := range deleted.ToArray() {
		id, err := segment.DocID(uint64(number))
		if err != nil || string(id) != emptyMessage {
			return true, err
		}
	}
	return false, nil
}

// emptyMessage is the key of id 0, which no message has.
var emptyMessage = key(0)

func scorchReader(index bleve.Index) (*scorch.Scorch, *scorch.IndexSnapshot, error) {
	advanced, err := index.Advanced()
	if err != nil {
		return nil, nil, err
	}
	sc, ok := advanced.(*scorch.Scorch)
	if !ok {
		return nil, nil, errors.New("not a scorch index")
	}
	reader, err := sc.Reader()
	if err != nil {
		return nil, nil, err
	}
	snapshot, ok := reader.(*scorch.IndexSnapshot)
	if !ok {
		return nil, nil, errors.Join(errors.New("not a scorch snapshot"), reader.Close())
	}
	return sc, snapshot, nil
}

// oneByOne plans a task for each segment with deleted messages, and none for others.
var oneByOne = mergeplan.MergePlanOptions{
	SegmentsPerMergeTask: 1,
	MaxSegmentSize:       mergeplan.MaxSegmentSizeLimit,
	MaxSegmentFileSize:   1 << 40,
	CalcBudget:           func(int64, int64, *mergeplan.MergePlanOptions) int { return 0 },
	ScoreSegments:        func([]mergeplan.Segment, *mergeplan.MergePlanOptions) float64 { return 0 },
}

// renew writes the segments anew that hold deleted messages.
func renew(ctx context.Context, index bleve.Index, segments int) (err error) {
	if segments == 1 {
		batch := index.NewBatch()
		if err := batch.IndexAdvanced(document.NewDocument(emptyMessage)); err != nil {
			return err
		}
		if err := index.Batch(batch); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, index.Delete(emptyMessage)) }()
	}
	sc, reader, err := scorchReader(index)
	if err != nil {
		return err
	}
	if err := reader.Close(); err != nil {
		return err
	}
	return sc.ForceMerge(ctx, &oneByOne)
}

// Terms calls fn with every term of every field, also those that only deleted
// messages have and that Purge has not removed yet. A term may come several
// times; the slice is valid during the call only. An error of fn ends the walk.
// It is for the residue check of an erasure: what it doesn't show, the index
// does not hold.
func (x *Index) Terms(ctx context.Context, fn func(term []byte) error) error {
	all, err := x.all()
	if err != nil {
		return err
	}
	for _, s := range all {
		if err := s.use(false, func(index bleve.Index) error { return terms(ctx, index, fn) }); err != nil {
			return fmt.Errorf("walk terms of search slice %d: %w", s.n, err)
		}
	}
	return nil
}

func terms(ctx context.Context, index bleve.Index, fn func(term []byte) error) error {
	fields, err := index.Fields()
	if err != nil {
		return err
	}
	for _, field := range fields {
		if err := fieldTerms(ctx, index, field, fn); err != nil {
			return err
		}
	}
	return nil
}

func fieldTerms(ctx context.Context, in bleve.Index, field string, fn func(term []byte) error) error {
	dict, err := in.FieldDict(field)
	if err != nil {
		return err
	}
	return eachEntry(ctx, dict, func(term string) error { return fn([]byte(term)) })
}

// eachEntry closes the dictionary.
func eachEntry(ctx context.Context, dict index.FieldDict, fn func(term string) error) (err error) {
	defer func() { err = errors.Join(err, dict.Close()) }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		entry, err := dict.Next()
		if err != nil || entry == nil {
			return err
		}
		if err := fn(entry.Term); err != nil {
			return err
		}
	}
}
