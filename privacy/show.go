package privacy

import (
	"errors"
	"maps"
	"slices"
	"time"

	"postolka/account"
	"postolka/store"
)

// Headings say what a person's file calls the conversations and messages of its
// hits: who finds persons may have no right in their mailbox.
type Headings struct {
	Conversations map[store.ConversationID]ConversationHeading
	Messages      map[store.MessageID]MessageHeading
}

// ConversationHeading heads a group of hits.
type ConversationHeading struct {
	Subject, Mailbox string
	First, Last      time.Time
	Messages         int
}

// MessageHeading says what kind of message a hit is in, and from when.
type MessageHeading struct {
	Kind   store.MessageKind
	At     time.Time
	Writer string // a colleague's name, for our own
	Erased bool
}

// Headings of a saved person's hits. [Privacy.Person] gave and logged that person
// just before; this shows nothing of other messages.
func (p *Privacy) Headings(by account.Agent, person Person) (Headings, error) {
	h := Headings{map[store.ConversationID]ConversationHeading{}, map[store.MessageID]MessageHeading{}}
	if err := allowed(by, account.FindPersons); err != nil {
		return h, err
	}
	err := p.Store.View(func(tx *store.Tx) error {
		for _, hit := range person.Finding.Hits {
			if err := h.add(tx, hit); err != nil {
				return err
			}
		}
		return nil
	})
	return h, err
}

func (h Headings) add(tx *store.Tx, hit Hit) error {
	if _, known := h.Conversations[hit.Conversation]; !known {
		head, err := conversationHeading(tx, hit.Conversation)
		if err != nil {
			return err
		}
		h.Conversations[hit.Conversation] = head
	}
	if _, known := h.Messages[hit.Message]; known {
		return nil
	}
	m, err := store.Messages.Get(tx, hit.Message)
	if errors.Is(err, store.ErrNotFound) {
		h.Messages[hit.Message] = MessageHeading{Erased: true}
		return nil
	}
	if err != nil {
		return err
	}
	h.Messages[hit.Message] = MessageHeading{Kind: m.Kind, At: m.ReceivedAt, Writer: agentName(tx, m.Agent), Erased: !m.Erased.IsZero()}
	return nil
}

func conversationHeading(tx *store.Tx, id store.ConversationID) (ConversationHeading, error) {
	c, err := store.Conversations.Get(tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return ConversationHeading{}, nil
	}
	if err != nil {
		return ConversationHeading{}, err
	}
	head := ConversationHeading{Subject: c.Subject}
	if box, err := store.Mailboxes.Get(tx, c.Mailbox); err == nil {
		head.Mailbox = box.Name
	}
	for id := range store.MessagesByConversation.Prefix(tx, store.Key(id)) {
		m, err := store.Messages.Get(tx, id)
		if err != nil {
			return head, err
		}
		if head.First.IsZero() {
			head.First = m.ReceivedAt
		}
		head.Last = m.ReceivedAt
		head.Messages++
	}
	return head, nil
}

// Planned gives the plan that waits for approval, without making it anew: counts,
// no excerpt. ErrPlanChanged: none was made, or a decision changed since.
func (p *Privacy) Planned(by account.Agent, id store.JobID) (Plan, error) {
	if !account.MayDo(by, account.ApproveErase) {
		if err := allowed(by, account.FindPersons); err != nil {
			return Plan{}, err
		}
	}
	f, job, err := p.job(id)
	if err != nil {
		return Plan{}, err
	}
	if f.Plan == nil || job.PlanHash == "" {
		return Plan{}, ErrPlanChanged
	}
	plan := f.Plan.sum()
	plan.Job, plan.Hash = id, job.PlanHash
	plan.NeedsSecond, err = p.needsSecond(by)
	return plan, err
}

// JobNow is one job as it stands; no personal data. store.ErrNotFound.
func (p *Privacy) JobNow(by account.Agent, id store.JobID) (row JobRow, err error) {
	if !account.MayDo(by, account.ApproveErase) {
		if err := allowed(by, account.FindPersons); err != nil {
			return row, err
		}
	}
	err = p.Store.View(func(tx *store.Tx) error {
		job, err := store.Jobs.Get(tx, id)
		row = JobRow{id, job, agentName(tx, job.CreatedBy), agentName(tx, job.ApprovedBy)}
		return err
	})
	return row, err
}

// Decisions are those on a saved person's messages, in order of id: no content, so
// nothing is logged.
func (p *Privacy) Decisions(by account.Agent, id store.JobID) ([]MessageDecision, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return nil, err
	}
	f, _, err := p.job(id)
	if err != nil {
		return nil, err
	}
	var list []MessageDecision
	for _, m := range slices.Sorted(maps.Keys(f.Decisions)) {
		list = append(list, f.Decisions[m])
	}
	return list, nil
}
