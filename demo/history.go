package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/store"
)

// patience is how long Apply waits for the first sync.
const patience = 2 * time.Minute

// errNoMail: the first sync did not bring all sample mail in time.
var errNoMail = errors.New("the sample mail did not arrive")

// Apply waits until the sample mail is in, then does with it what the people of
// the shop would have done by now: assigns, tags, notes, solves. Call it once.
func Apply(ctx context.Context, d *desk.Desk, people *account.Accounts) error {
	owner, err := actor(people, karel)
	if err != nil {
		return err
	}
	all := stories()
	if err := arrived(ctx, d, owner, expected(all)); err != nil {
		return err
	}
	rows, err := bySubject(ctx, d, owner)
	if err != nil {
		return err
	}
	h := history{d: d, people: people, rows: rows, work: map[job][]store.ConversationID{}}
	for _, s := range all {
		if err := h.plan(s); err != nil {
			return err
		}
	}
	for subject, box := range dealtWith {
		_, by := voice(box)
		h.add(job{step: setStatus, by: by, status: store.StatusSolved}, rows[subject])
	}
	return h.do(ctx)
}

// dealtWith are the oddities by subject: nobody should begin the day with them.
var dealtWith = map[string]string{"Undelivered Mail Returned to Sender": podpora, loopSubject: velkoobchod}

func actor(people *account.Accounts, email string) (account.Agent, error) {
	a, err := people.ByEmail(email)
	if err != nil {
		return account.Agent{}, fmt.Errorf("find a person of the demo: %w", err)
	}
	return people.Get(a.ID)
}

func arrived(ctx context.Context, d *desk.Desk, by account.Agent, want int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errNoMail)
	defer cancel()
	for {
		boxes, err := d.Mailboxes(ctx, by)
		if err != nil {
			return err
		}
		have := 0
		for _, b := range boxes {
			have += b.Messages
		}
		if have >= want {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func bySubject(ctx context.Context, d *desk.Desk, by account.Agent) (map[string]store.ConversationID, error) {
	rows := map[string]store.ConversationID{}
	q := desk.ListQuery{View: desk.ViewAll, Limit: 200}
	for {
		page, err := d.List(ctx, by, q)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Rows {
			rows[r.Conversation.Subject] = r.ID
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return rows, nil
		}
	}
}

// job is one act on many conversations.
type job struct {
	step   step
	by     string // e-mail
	to     string // assign: e-mail
	tag    string
	status store.Status
	days   int // snooze
}

type step int

const (
	assign step = iota
	tag
	setStatus
	snooze
)

type history struct {
	d      *desk.Desk
	people *account.Accounts
	rows   map[string]store.ConversationID
	work   map[job][]store.ConversationID
	order  []job
	notes  []note
}

type note struct {
	by   string
	id   store.ConversationID
	text string
}

// plan adds what one story needs; the right colleague does it.
func (h *history) plan(s story) error {
	id, ok := h.rows[s.subject]
	if !ok {
		return fmt.Errorf("a sample conversation of %s is not on the desk", s.box)
	}
	_, by := voice(s.box)
	if s.assignee != "" {
		h.add(job{step: assign, by: by, to: s.assignee}, id)
	}
	for _, t := range s.tags {
		h.add(job{step: tag, by: by, tag: t}, id)
	}
	if s.note != "" {
		h.notes = append(h.notes, note{by, id, s.note})
	}
	switch {
	case s.snooze > 0:
		h.add(job{step: snooze, by: by, days: s.snooze}, id)
	case s.status != store.StatusOpen:
		h.add(job{step: setStatus, by: by, status: s.status}, id)
	}
	return nil
}

func (h *history) add(j job, id store.ConversationID) {
	if len(h.work[j]) == 0 {
		h.order = append(h.order, j)
	}
	h.work[j] = append(h.work[j], id)
}

// do works from the first step to the last: what is solved is assigned before.
func (h *history) do(ctx context.Context) error {
	for _, n := range h.notes {
		by, err := actor(h.people, n.by)
		if err != nil {
			return err
		}
		if _, err := h.d.Send(ctx, by, desk.Answer{Conversation: n.id, Note: true, Text: n.text}); err != nil {
			return fmt.Errorf("write a sample note: %w", err)
		}
	}
	for s := assign; s <= snooze; s++ {
		for _, j := range h.order {
			if j.step != s {
				continue
			}
			if err := h.one(ctx, j, h.work[j]); err != nil {
				return fmt.Errorf("history of the sample conversations: %w", err)
			}
		}
	}
	return nil
}

func (h *history) one(ctx context.Context, j job, ids []store.ConversationID) error {
	by, err := actor(h.people, j.by)
	if err != nil {
		return err
	}
	switch j.step {
	case assign:
		to, err := actor(h.people, j.to)
		if err != nil {
			return err
		}
		return h.d.Assign(ctx, by, to.ID, ids...)
	case tag:
		return h.d.Tag(ctx, by, []string{j.tag}, nil, ids...)
	case snooze:
		return h.d.Snooze(ctx, by, time.Now().AddDate(0, 0, j.days), ids...)
	}
	return h.d.SetStatus(ctx, by, j.status, ids...)
}
