package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/blevesearch/bleve/v2"
)

// Similar lists the identifiers and words of messages that are written like the
// term but for up to so many edits (letters put in, left out or changed; at most
// 2), sorted, without the term itself. Terms of messages that were deleted may be
// among them until Purge.
func (x *Index) Similar(ctx context.Context, term string, edits int) ([]string, error) {
	all, err := x.all()
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, s := range all {
		err := s.use(false, func(index bleve.Index) error {
			return similar(ctx, index, term, edits, func(t string) error {
				found[t] = t != term
				return nil
			})
		})
		if err != nil {
			return nil, fmt.Errorf("similar terms of search slice %d: %w", s.n, err)
		}
	}
	var terms []string
	for t, other := range found {
		if other {
			terms = append(terms, t)
		}
	}
	slices.Sort(terms)
	return terms, nil
}

func similar(ctx context.Context, in bleve.Index, term string, edits int, take func(string) error) (err error) {
	_, reader, err := scorchReader(in)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for _, field := range []string{fieldIdentifiers, fieldFrom, fieldTo, fieldWords, fieldAttached} {
		dict, err := reader.FieldDictFuzzy(field, term, edits, "")
		if err != nil {
			return fmt.Errorf("field %s: %w", strconv.Quote(field), err)
		}
		if err := eachEntry(ctx, dict, take); err != nil {
			return err
		}
	}
	return nil
}
