package privacy

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"postolka/match"
	"postolka/store"
)

// verify proves that nothing is left: the contents are gone, a complete scan up
// to the plan's mark finds the person only where it was decided to keep him, the
// tables and the index's dictionaries too, no free page holds a byte, and no
// file lies in DATA that nobody declared.
func (p *Privacy) verify(ctx context.Context, r *erasure) (map[string]int64, error) {
	counts := map[string]int64{}
	if err := p.verifyContents(r); err != nil {
		return nil, err
	}
	kept, err := p.verifyScan(ctx, r, counts)
	if err != nil {
		return nil, err
	}
	if err := p.verifyTerms(ctx, r, kept, counts); err != nil {
		return nil, err
	}
	dirty, err := p.Store.FreePagesClean(ctx)
	if err != nil {
		return nil, err
	}
	if len(dirty) > 0 {
		return nil, fmt.Errorf("%d files have free pages with bytes", len(dirty))
	}
	undeclared, err := p.undeclared()
	if err != nil {
		return nil, err
	}
	if len(undeclared) > 0 {
		return nil, fmt.Errorf("%d files in the data directory are not declared", len(undeclared))
	}
	return counts, nil
}

func (p *Privacy) verifyContents(r *erasure) error {
	for _, it := range r.erased() {
		if _, err := p.Store.RawBytes(it.Message); err == nil {
			return fmt.Errorf("message %d still has its bytes", it.Message)
		}
		if _, err := p.Store.Text(it.Message); err == nil {
			return fmt.Errorf("message %d still has its text", it.Message)
		}
	}
	return nil
}

// verifyScan says which identifiers still stand in messages that were kept or
// were not part of the plan (other hits were decided to stay).
func (p *Privacy) verifyScan(ctx context.Context, r *erasure, counts map[string]int64) (kept map[int]bool, err error) {
	matcher, err := match.NewMatcher(r.file.Selectors)
	if err != nil {
		return nil, err
	}
	places, scanned, err := p.scan(ctx, matcher, 0, 0, nil)
	if err != nil {
		return nil, err
	}
	gone := idSet{}
	for _, it := range append(r.erased(), r.redacted()...) {
		gone[it.Message] = struct{}{}
	}
	kept = map[int]bool{}
	for _, pl := range places {
		if _, bad := gone[pl.message]; bad {
			return nil, fmt.Errorf("message %d still holds what was to go", pl.message)
		}
		kept[pl.hit.Identifier] = true
	}
	counts["scanned"] = int64(scanned)
	return kept, p.verifyRecords(ctx, matcher, r, kept)
}

func (p *Privacy) verifyRecords(ctx context.Context, matcher *match.Matcher, r *erasure, kept map[int]bool) error {
	hits, err := p.walk(ctx, matcher)
	if err != nil {
		return err
	}
	for _, h := range hits {
		planned := slices.ContainsFunc(r.file.Plan.Records, func(it recordItem) bool {
			return it.Table == h.Table && it.ID == h.ID && (it.Field == "" || it.Field == h.Field)
		})
		if planned || (h.Derived && !kept[h.Identifier]) {
			return fmt.Errorf("%s %d still holds what was to go", h.Table, h.ID)
		}
		kept[h.Identifier] = true
	}
	return nil
}

// verifyTerms walks every term dictionary for the exact terms of identifiers
// that stand nowhere any more. Words that others share can't be judged.
func (p *Privacy) verifyTerms(ctx context.Context, r *erasure, kept map[int]bool, counts map[string]int64) error {
	wanted := map[string]bool{}
	for i, id := range r.file.Selectors {
		if kept[i] {
			continue
		}
		for _, t := range id.Terms() {
			wanted[t] = true
		}
	}
	return p.Index.Terms(ctx, func(term []byte) error {
		counts["terms"]++
		if wanted[string(term)] {
			return fmt.Errorf("the index still holds an identifier")
		}
		return nil
	})
}

// undeclared lists files in DATA whose holdings nobody declared.
func (p *Privacy) undeclared() ([]string, error) {
	declared := store.Declared()
	var found []string
	root := p.Store.Dir()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if !covered(declared, filepath.ToSlash(rel)) {
			found = append(found, rel)
		}
		return nil
	})
	return found, err
}

func covered(declared map[string]store.Holdings, path string) bool {
	if _, ok := declared[path]; ok {
		return true
	}
	for prefix := range declared {
		if strings.HasSuffix(prefix, "/") && strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}
