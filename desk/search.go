package desk

import (
	"context"
	"errors"
	"slices"
	"strings"

	"postolka/account"
	"postolka/audit"
	"postolka/search"
	"postolka/store"
)

// Found is one hit of a desk search, with its snippet.
type Found struct {
	Message store.MessageID
	Row     Row
	Where   string // "body", "subject", attachment name
	Snippet []Piece
}

// Piece of a snippet; Hit marks what matched.
type Piece struct {
	Text string
	Hit  bool
}

// Results of a search; Unreadable counts messages among all by may read that have parts nobody could read.
type Results struct {
	Found      []Found
	More       bool
	Unreadable int
}

const (
	foundLimit = 30  // hits on a page
	hitBatch   = 100 // hits asked of the index at once; some fall away
)

// Search takes words, "phrases" and filters (from: to: mailbox: status: assignee:
// tag: has:attachment before: after: in:attachments). The index narrows; whether a
// hit may be shown, and its status, assignee and tags, are read from the records.
// offset counts hits shown before; newest first.
func (d *Desk) Search(ctx context.Context, by account.Agent, text string, offset int) (Results, error) {
	var r Results
	var f filter
	err := d.store.View(func(tx *store.Tx) (err error) {
		boxes := readable(tx, by, 0)
		for _, m := range boxes {
			r.Unreadable += store.MessagesUnreadable.Count(tx, store.Key(m))
		}
		f, err = parseQuery(tx, by, text, boxes, d.now().In(zone(by.Zone)))
		return err
	})
	if err != nil || f.nothing || d.index == nil {
		return r, err
	}
	hits, more, err := d.hits(ctx, by, f, max(offset, 0))
	if err != nil {
		return r, err
	}
	e := d.log.By(by, audit.Search)
	for _, h := range hits {
		e.Messages = append(e.Messages, h.Message)
	}
	if err := d.log.Record(ctx, e); err != nil {
		return Results{}, err
	}
	r.Found, r.More = hits, more
	for i := range r.Found {
		if err := d.snippet(&r.Found[i], f); err != nil {
			return Results{}, err
		}
	}
	return r, nil
}

// hits are those that by may see, without their texts.
func (d *Desk) hits(ctx context.Context, by account.Agent, f filter, offset int) (found []Found, more bool, err error) {
	skip := offset
	for at := 0; ; at += hitBatch {
		f.query.Offset, f.query.Limit = at, hitBatch
		result, err := d.index.Search(ctx, f.query)
		if err != nil {
			return nil, false, err
		}
		batch, err := d.admit(by, f, result.Hits)
		if err != nil {
			return nil, false, err
		}
		cut := min(skip, len(batch))
		skip -= cut
		found = append(found, batch[cut:]...)
		if len(found) > foundLimit {
			return found[:foundLimit], true, nil
		}
		if len(result.Hits) < hitBatch {
			return found, false, nil
		}
	}
}

// admit keeps the hits that by may see and the records agree with.
func (d *Desk) admit(by account.Agent, f filter, hits []search.Hit) (found []Found, err error) {
	err = d.store.View(func(tx *store.Tx) error {
		found = nil
		n := newNames(tx)
		for _, h := range hits {
			m, c, err := message(tx, by, account.Read, h.ID)
			if errors.Is(err, ErrNotAllowed) || err == nil && (!m.Erased.IsZero() || !f.admits(c)) {
				continue
			}
			if err != nil {
				return err
			}
			found = append(found, Found{Message: h.ID, Row: d.row(n, by, m.Conversation, c)})
		}
		return nil
	})
	return found, err
}

// admits checks what is in records only.
func (f filter) admits(c store.Conversation) bool {
	if len(f.boxes) > 0 && !slices.Contains(f.boxes, c.Mailbox) || len(f.status) > 0 && !slices.Contains(f.status, c.Status) {
		return false
	}
	if f.byAssignee && c.Assignee != f.assignee {
		return false
	}
	for _, t := range f.tags {
		if !slices.ContainsFunc(c.Tags, func(have string) bool { return strings.EqualFold(have, t) }) {
			return false
		}
	}
	return true
}
