package privacy

import (
	"context"

	"postolka/match"
	"postolka/search"
)

// candidates asks the index, for each selector, which messages may hold it.
func (p *Privacy) candidates(ctx context.Context, sel []match.Identifier) ([]idSet, error) {
	sets := make([]idSet, len(sel))
	for i, id := range sel {
		sets[i] = idSet{}
		result, err := p.Index.Search(ctx, search.Query{Identifiers: []match.Identifier{id}, Limit: -1})
		if err != nil {
			return nil, err
		}
		for _, h := range result.Hits {
			sets[i][h.ID] = struct{}{}
		}
	}
	return sets, nil
}
