package desk

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/store"
)

// View of the list.
type View string

const (
	ViewNew      View = "new" // open, nobody's
	ViewMine     View = "mine"
	ViewAssigned View = "assigned" // open, a colleague's
	ViewWaiting  View = "waiting"
	ViewSnoozed  View = "snoozed"
	ViewSolved   View = "solved"
	ViewSpam     View = "spam"
	ViewBin      View = "bin"
	ViewAll      View = "all" // without spam and bin
)

var viewStatus = map[View][]store.Status{
	ViewNew:      {store.StatusOpen},
	ViewMine:     {store.StatusOpen},
	ViewAssigned: {store.StatusOpen},
	ViewWaiting:  {store.StatusWaiting},
	ViewSnoozed:  {store.StatusSnoozed},
	ViewSolved:   {store.StatusSolved},
	ViewSpam:     {store.StatusSpam},
	ViewBin:      {store.StatusBin},
	ViewAll:      {store.StatusOpen, store.StatusWaiting, store.StatusSnoozed, store.StatusSolved},
}

// open views begin with who waits longest.
func (v View) open() bool { return v == ViewNew || v == ViewMine || v == ViewAssigned }

// ListQuery asks for one page of a list.
type ListQuery struct {
	View    View            // empty: ViewNew
	Mailbox store.MailboxID // 0: all that by may read
	Cursor  string          // from Page.Next; empty: from the start
	Limit   int             // 0: 50; at most 200
	Refresh bool            // a refresh of an open list: logged once a minute
}

// Row is what a list shows of a conversation.
type Row struct {
	ID           store.ConversationID
	Conversation store.Conversation
	MailboxName  string
	AssigneeName string
	Viewing      []string // names of colleagues who have it open now
	Writing      []string // those of them who write in it
}

// Page of a list; open views longest waiting first, others newest first.
type Page struct {
	Rows []Row
	Next string // empty: the end
}

// ErrView: no such view or cursor.
var ErrView = errors.New("no such view")

// List shows one page. In an open list the longest waiting stands first; what
// nobody waits for stands by its newest message. The cursor names a place in that
// order, so rows neither repeat nor get lost when others come or go meanwhile.
func (d *Desk) List(ctx context.Context, by account.Agent, q ListQuery) (Page, error) {
	if q.View == "" {
		q.View = ViewNew
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, 200)
	from, err := readCursor(q.Cursor)
	if viewStatus[q.View] == nil || err != nil {
		return Page{}, ErrView
	}
	var page Page
	err = d.store.View(func(tx *store.Tx) (err error) {
		page, err = d.page(tx, by, q, from)
		return err
	})
	if err != nil {
		return Page{}, err
	}
	return page, d.logList(ctx, by, q)
}

func (d *Desk) logList(ctx context.Context, by account.Agent, q ListQuery) error {
	e := d.log.By(by, audit.List)
	e.Mailbox, e.Object = q.Mailbox, "view "+string(q.View)
	if q.Refresh {
		return d.log.RecordOnce(ctx, fmt.Sprintf("%s in %d", e.Object, q.Mailbox), e)
	}
	return d.log.Record(ctx, e)
}

func (d *Desk) page(tx *store.Tx, by account.Agent, q ListQuery, from cursor) (page Page, err error) {
	boxes := readable(tx, by, q.Mailbox)
	if q.Mailbox != 0 && len(boxes) == 0 {
		return page, ErrNotAllowed
	}
	names := newNames(tx)
	var last cursor
	for c, err := range merge(tx, shelves(tx, by, q.View, boxes), from, !q.View.open()) {
		switch {
		case err != nil:
			return page, err
		case c.conversation.MergedInto != 0 || !account.May(by, account.Read, c.conversation):
			continue
		case len(page.Rows) == q.Limit:
			page.Next = last.String()
			return page, nil
		}
		last = c.at
		page.Rows = append(page.Rows, d.row(names, by, c.at.id, c.conversation))
	}
	return page, nil
}

// cursor is a place in a list's order.
type cursor struct {
	since time.Time
	id    store.ConversationID // 0: the beginning
}

func (c cursor) String() string {
	b := binary.BigEndian.AppendUint64(nil, uint64(c.since.UnixNano()))
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(b, uint64(c.id)))
}

func readCursor(s string) (c cursor, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 0 && len(b) != 16 {
		return c, ErrView
	}
	if len(b) == 16 {
		c = cursor{time.Unix(0, int64(binary.BigEndian.Uint64(b))), store.ConversationID(binary.BigEndian.Uint64(b[8:]))}
	}
	return c, nil
}

func (c cursor) less(o cursor) bool {
	return c.since.Before(o.since) || c.since.Equal(o.since) && c.id < o.id
}

// sinceOf is a conversation's place in its index: store.ConversationsByState.
func sinceOf(c store.Conversation) time.Time {
	if !c.WaitingSince.IsZero() {
		return c.WaitingSince
	}
	return c.LastMessageAt
}

// shelf is one stretch of an index that a view takes from; parts begin its keys.
type shelf struct {
	index *store.Index[store.ConversationID, store.Conversation]
	parts []any
}

// shelves are a view's stretches, one or a few a mailbox.
func shelves(tx *store.Tx, by account.Agent, v View, boxes []store.MailboxID) (list []shelf) {
	for _, m := range boxes {
		switch v {
		case ViewNew:
			list = append(list, assigneeShelf(m, 0))
		case ViewMine:
			if by.ID != 0 {
				list = append(list, assigneeShelf(m, by.ID))
			}
		case ViewAssigned:
			for a := range store.Agents.All(tx) {
				if a != by.ID {
					list = append(list, assigneeShelf(m, a))
				}
			}
		default:
			for _, st := range viewStatus[v] {
				list = append(list, shelf{&store.ConversationsByState, []any{m, st}})
			}
		}
	}
	return list
}

func assigneeShelf(m store.MailboxID, a store.AgentID) shelf {
	return shelf{&store.ConversationsByAssignee, []any{m, store.StatusOpen, a}}
}

// ids of a shelf after from, in its order or backwards.
func (s shelf) ids(tx *store.Tx, from cursor, backwards bool) iter.Seq[store.ConversationID] {
	prefix := store.Key(s.parts...)
	at := store.Key(append(slices.Clone(s.parts), from.since, from.id)...) // an entry ends with its id
	switch {
	case from.id == 0 && backwards:
		return s.index.PrefixReverse(tx, prefix)
	case from.id == 0:
		return s.index.Prefix(tx, prefix)
	case backwards:
		return s.index.Before(tx, prefix, at)
	}
	return s.index.After(tx, prefix, at)
}

// placed is a conversation at its place in the list.
type placed struct {
	at           cursor
	conversation store.Conversation
}

// merge yields the conversations of all shelves in one order, reading no more
// of each than is asked for.
func merge(tx *store.Tx, list []shelf, from cursor, backwards bool) iter.Seq2[placed, error] {
	return func(yield func(placed, error) bool) {
		var heads []*head
		for _, s := range list {
			next, stop := iter.Pull(s.ids(tx, from, backwards))
			defer stop()
			h := &head{next: next}
			if ok, err := h.advance(tx); err != nil {
				yield(placed{}, err)
				return
			} else if ok {
				heads = append(heads, h)
			}
		}
		for len(heads) > 0 {
			i := first(heads, backwards)
			if !yield(heads[i].placed, nil) {
				return
			}
			if ok, err := heads[i].advance(tx); err != nil {
				yield(placed{}, err)
				return
			} else if !ok {
				heads = slices.Delete(heads, i, i+1)
			}
		}
	}
}

// head is the next conversation of a shelf.
type head struct {
	placed
	next func() (store.ConversationID, bool)
}

func (h *head) advance(tx *store.Tx) (bool, error) {
	id, ok := h.next()
	if !ok {
		return false, nil
	}
	c, err := store.Conversations.Get(tx, id)
	h.placed = placed{cursor{sinceOf(c), id}, c}
	return true, err
}

func first(heads []*head, backwards bool) (best int) {
	for i := range heads {
		if heads[i].at.less(heads[best].at) != backwards && i != best {
			best = i
		}
	}
	return best
}

// names looks names up once for a page.
type names struct {
	tx     *store.Tx
	boxes  map[store.MailboxID]string
	agents map[store.AgentID]string
}

func newNames(tx *store.Tx) *names {
	return &names{tx, map[store.MailboxID]string{}, map[store.AgentID]string{}}
}

func (n *names) mailbox(id store.MailboxID) string {
	name, ok := n.boxes[id]
	if !ok {
		m, _ := store.Mailboxes.Get(n.tx, id) // a removed one has no name
		name = m.Name
		n.boxes[id] = name
	}
	return name
}

func (n *names) agent(id store.AgentID) string {
	name, ok := n.agents[id]
	if !ok && id != 0 {
		a, _ := store.Agents.Get(n.tx, id)
		name = a.Name
		n.agents[id] = name
	}
	return name
}

func (d *Desk) row(n *names, by account.Agent, id store.ConversationID, c store.Conversation) Row {
	r := Row{ID: id, Conversation: c, MailboxName: n.mailbox(c.Mailbox), AssigneeName: n.agent(c.Assignee)}
	r.Viewing, r.Writing = d.seen.others(id, by.ID, d.now())
	return r
}

// Counts of the views over all that by may read, and of open conversations by mailbox.
type Counts struct {
	Views     map[View]int // without solved, spam, bin, all
	Mailboxes map[store.MailboxID]int
}

// Counts are numbers only, so they aren't logged.
func (d *Desk) Counts(ctx context.Context, by account.Agent) (Counts, error) {
	var n Counts
	err := d.store.View(func(tx *store.Tx) error {
		n = Counts{map[View]int{}, map[store.MailboxID]int{}}
		for _, m := range readable(tx, by, 0) {
			count := func(st store.Status) int { return store.ConversationsByState.Count(tx, store.Key(m, st)) }
			owned := func(a store.AgentID) int {
				return store.ConversationsByAssignee.Count(tx, store.Key(m, store.StatusOpen, a))
			}
			open, free, mine := count(store.StatusOpen), owned(0), 0
			if by.ID != 0 {
				mine = owned(by.ID)
			}
			n.Mailboxes[m] = open
			n.Views[ViewNew] += free
			n.Views[ViewMine] += mine
			n.Views[ViewAssigned] += open - free - mine
			n.Views[ViewWaiting] += count(store.StatusWaiting)
			n.Views[ViewSnoozed] += count(store.StatusSnoozed)
		}
		return nil
	})
	return n, err
}
