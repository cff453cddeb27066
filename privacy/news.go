package privacy

import (
	"context"
	"slices"
	"time"

	"postolka/account"
	"postolka/match"
	"postolka/store"
)

// News compare a find with the one before it.
type News struct {
	Since    time.Time // when the one before began
	Messages int       // with places that were not found before
	Hits     int       // new places in messages
	Records  int       // new places in records
	Gone     int       // places that are not found any more, in messages and records
}

// trace is a place by what it says, not by its offset: a message that was masked
// elsewhere keeps its other places.
type trace struct {
	id                  uint64
	table, part, kind   string
	name, matched, form string
	identifier          int
}

func (h Hit) trace() trace {
	return trace{id: uint64(h.Message), part: h.Part, kind: h.Kind, name: h.Name, matched: h.Matched, form: h.FormWord(), identifier: h.Identifier}
}

func (h RecordHit) trace() trace {
	return trace{id: h.ID, table: h.Table, name: h.Field, matched: h.Matched, form: h.Form.String(), identifier: h.Identifier}
}

// compare marks what is new in now, and sums up.
func compare(before Finding, now *Finding) (n News) {
	n.Since = before.At
	had := map[trace]int{}
	for _, h := range before.Hits {
		if h.Kind != SeenKind { // of a person, not of a find
			had[h.trace()]++
		}
	}
	for _, h := range before.Records {
		had[h.trace()]++
	}
	fresh := map[store.MessageID]bool{}
	for i := range now.Hits {
		h := &now.Hits[i]
		if h.New = !taken(had, h.trace()); h.New {
			n.Hits++
			fresh[h.Message] = true
		}
	}
	for i := range now.Records {
		h := &now.Records[i]
		if h.New = !taken(had, h.trace()); h.New {
			n.Records++
		}
	}
	n.Messages = len(fresh)
	for _, left := range had {
		n.Gone += left
	}
	return n
}

func taken(had map[trace]int, s trace) bool {
	if had[s] == 0 {
		return false
	}
	had[s]--
	return true
}

// FindSince finds anew what a saved find looked for, and compares: what is new is
// marked. The saved find stays as it was; [Privacy.Again] renews it.
func (p *Privacy) FindSince(ctx context.Context, by account.Agent, id store.JobID, opt FindOptions) (Finding, News, []match.Identifier, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return Finding{}, News{}, nil, err
	}
	f, job, err := p.job(id)
	if err != nil {
		return Finding{}, News{}, nil, err
	}
	if job.State != store.JobPlanned {
		return Finding{}, News{}, nil, ErrTooLate
	}
	opt.Purpose = f.Purpose
	found, err := p.Find(ctx, by, f.Selectors, opt)
	if err != nil {
		return Finding{}, News{}, nil, err
	}
	keepLooks(f.Finding.Complete.Unreadable, found.Complete.Unreadable)
	return found, compare(f.Finding, &found), f.Selectors, nil
}

// Again finds anew and says what is new; decisions and second looks stay, new
// messages get a proposal.
func (p *Privacy) Again(ctx context.Context, by account.Agent, id store.JobID) (News, error) {
	return p.again(ctx, by, id, func(*file) {})
}

// Widen adds data to a saved find and finds again. Those that it has are left out.
func (p *Privacy) Widen(ctx context.Context, by account.Agent, id store.JobID, more ...match.Identifier) (News, error) {
	return p.again(ctx, by, id, func(f *file) {
		for _, datum := range more {
			if !slices.Contains(f.Selectors, datum) {
				f.Selectors = append(f.Selectors, datum)
			}
		}
	})
}

func (p *Privacy) again(ctx context.Context, by account.Agent, id store.JobID, change func(f *file)) (news News, err error) {
	err = p.edit(ctx, by, id, func(f *file) error {
		change(f)
		found, err := p.find(ctx, f.Selectors, FindOptions{})
		if err != nil {
			return err
		}
		if f.Related, err = p.relate(ctx, f.Selectors, found); err != nil {
			return err
		}
		keepLooks(f.Finding.Complete.Unreadable, found.Complete.Unreadable)
		news = compare(f.Finding, &found)
		f.Finding, f.News = found, news
		return p.applyLooks(f)
	})
	return news, err
}
