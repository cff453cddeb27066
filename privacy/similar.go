package privacy

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"postolka/match"
	"postolka/store"
)

// similar proposes what is written almost like a datum that is looked for: an
// address or a name with a letter wrong, a phone with a digit wrong. The index knows
// which spellings there are; the messages then have to hold them.
func (p *Privacy) similar(ctx context.Context, r *relatives, sel []match.Identifier) (list []Related, err error) {
	for _, id := range sel {
		likely, err := p.likely(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, other := range likely[:min(len(likely), likelyN)] {
			value := []byte(other.Value)
			if len(r.own.Find(value)) > 0 || len(r.house.Find(value)) > 0 {
				continue
			}
			found, err := p.evidence(ctx, other)
			if err != nil {
				return nil, err
			}
			if found.Messages > 0 {
				list = append(list, found)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Related) int { return cmp.Compare(b.Messages, a.Messages) })
	return list, nil
}

// likely lists what resembles an identifier and stands somewhere in the index.
func (p *Privacy) likely(ctx context.Context, id match.Identifier) (all []match.Identifier, err error) {
	switch id.Kind {
	case match.Email:
		return p.likelyTerms(ctx, id, 2, likeAddress)
	case match.Phone:
		return p.likelyTerms(ctx, id, 1, likePhone)
	case match.Name:
		return p.likelyNames(ctx, id)
	}
	return nil, nil
}

func (p *Privacy) likelyTerms(ctx context.Context, id match.Identifier, edits int, like func(term, other string) bool) (all []match.Identifier, err error) {
	for _, term := range id.Terms() {
		others, err := p.Index.Similar(ctx, term, edits)
		if err != nil {
			return nil, err
		}
		for _, other := range others {
			if datum, err := match.ParseIdentifier(id.Kind, other); err == nil && like(term, other) {
				all = append(all, datum)
			}
		}
	}
	return once(all), nil
}

// likeAddress: the same before the "@" or behind it, and long enough where it
// differs that it is no mere coincidence (info@a.cz, info@b.cz).
func likeAddress(term, other string) bool {
	local, domain, _ := strings.Cut(term, "@")
	l, d, ok := strings.Cut(other, "@")
	return ok && (l == local && len(local) > 5 && len(domain) > 7 || d == domain && len(local) > 6)
}

func likePhone(term, other string) bool {
	return len(term) >= 9 && len(term) == len(other) && strings.Trim(other, "0123456789") == ""
}

// likelyNames changes one word of the name, the longer ones only.
func (p *Privacy) likelyNames(ctx context.Context, id match.Identifier) (all []match.Identifier, err error) {
	words := strings.Fields(folded(id.Value))
	if len(words) < 2 || len(words) > 3 {
		return nil, nil
	}
	for i, word := range words {
		if utf8.RuneCountInString(word) < 4 {
			continue
		}
		others, err := p.Index.Similar(ctx, word, 1)
		if err != nil {
			return nil, err
		}
		for _, other := range others {
			name := slices.Clone(words)
			name[i] = other
			if datum := match.Guess(strings.Join(name, " ")); datum.Kind == match.Name {
				all = append(all, datum)
			}
		}
	}
	return once(all), nil
}

// evidence looks into the newest messages that may hold a datum.
func (p *Privacy) evidence(ctx context.Context, id match.Identifier) (found Related, err error) {
	found = Related{Identifier: id, Why: Similar}
	sets, err := p.candidates(ctx, []match.Identifier{id})
	if err != nil {
		return found, err
	}
	matcher, err := match.NewMatcher([]match.Identifier{id})
	if err != nil {
		return found, err
	}
	for _, message := range newest(slices.Collect(maps.Keys(sets[0]))) {
		text, err := p.Store.Text(message)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return found, err
		}
		places := slices.DeleteFunc(placesIn(matcher, message, text), func(pl place) bool {
			return id.Kind == match.Name && !strings.ContainsAny(pl.matched, " \u00a0\n") // a part of an address
		})
		if len(places) == 0 {
			continue
		}
		if found.Messages++; found.Message == 0 {
			found.Message = message
			found.Before, found.Matched, found.After = places[0].before, places[0].matched, places[0].after
			if id.Kind == match.Name && places[0].hit.Form <= match.Normalised { // as it is written there, not folded
				found.Identifier = asKind(match.Name, strings.Join(strings.Fields(found.Matched), " "))
			}
		}
	}
	return found, nil
}
