package privacy

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/store"
)

// Preset is a usual period of retention, with its basis. Policy data: a lawyer
// confirms it, and every mailbox may have another.
type Preset struct {
	Name   string `json:"name"` // key word
	Months int    `json:"months"`
	Basis  string `json:"basis"`
	AsOf   string `json:"as_of"` // the day on which someone last compared it with its source
}

//go:embed retention.json
var retentionData []byte

// Presets of Czech law and habit, shortest first.
var Presets = func() (list []Preset) {
	if err := json.Unmarshal(retentionData, &list); err != nil {
		panic(fmt.Errorf("privacy/retention.json: %w", err)) // embedded: a mistake of ours
	}
	return list
}()

// Month as retention counts it: a twelfth of a year of 365.25 days.
const Month = time.Duration(365.25 / 12 * 24 * float64(time.Hour))

// Retain erases what every mailbox's retention says has been kept long enough:
// the messages of conversations that are solved, spam or binned and in which
// nothing happened for Mailbox.Keep. It is the same job as a person's erasure,
// planned and approved by the program under the policy the mailbox's manager set.
// What is held or restricted stays.
func (p *Privacy) Retain(ctx context.Context) error {
	by := account.SystemAgent()
	due, err := p.due()
	if err != nil || len(due) == 0 {
		return err
	}
	id, err := p.newJob(by, store.JobRetention)
	if err != nil {
		return err
	}
	f := file{Purpose: "retention", Decisions: due}
	plan, err := p.makePlan(ctx, by, id, f, store.JobRetention)
	if err != nil {
		return err
	}
	if _, err := p.Approve(ctx, by, plan.Hash); err != nil {
		return fmt.Errorf("approve retention: %w", err)
	}
	_, err = p.Run(ctx, id, nil)
	return err
}

// due lists the messages whose time is over.
func (p *Privacy) due() (map[store.MessageID]MessageDecision, error) {
	due := map[store.MessageID]MessageDecision{}
	err := p.Store.View(func(tx *store.Tx) error {
		clear(due)
		return eachExpiring(tx, p.Now(), func(x expiring) error {
			if !x.held {
				due[x.message] = MessageDecision{Message: x.message, Decision: EraseIt}
			}
			return nil
		})
	})
	return due, err
}

// expiring is a message whose time is over at a given instant.
type expiring struct {
	mailbox      store.MailboxID
	conversation store.ConversationID
	message      store.MessageID
	at           time.Time // since when
	held         bool      // by a hold or a restriction: it stays
}

func eachExpiring(tx *store.Tx, now time.Time, yield func(expiring) error) error {
	for mailbox, m := range store.Mailboxes.All(tx) {
		if m.Keep <= 0 {
			continue
		}
		for _, status := range []store.Status{store.StatusSolved, store.StatusSpam, store.StatusBin} {
			for id := range store.ConversationsByState.Prefix(tx, store.Key(mailbox, uint8(status))) {
				c, err := store.Conversations.Get(tx, id)
				if err != nil {
					return err
				}
				x := expiring{mailbox: mailbox, conversation: id, at: c.LastMessageAt.Add(m.Keep)}
				if safe := c.FollowedAt.Add(desk.FollowedKeep); !c.FollowedAt.IsZero() && safe.After(x.at) {
					x.at = safe
				}
				if !x.at.Before(now) {
					continue
				}
				if err := x.eachMessage(tx, yield); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (x expiring) eachMessage(tx *store.Tx, yield func(expiring) error) error {
	for id := range store.MessagesByConversation.Prefix(tx, store.Key(x.conversation)) {
		m, err := store.Messages.Get(tx, id)
		if err != nil {
			return err
		}
		if !m.Erased.IsZero() {
			continue
		}
		until, err := store.HeldUntil(tx, id, &m)
		if err != nil {
			return err
		}
		x.message, x.held = id, !until.IsZero() || store.Restricted(tx, id)
		if err := yield(x); err != nil {
			return err
		}
	}
	return nil
}

// Due is what retention erases of a mailbox in one night; no personal data.
type Due struct {
	Day           time.Time // UTC; what is overdue goes the next night
	Mailbox       string
	Conversations int
	Messages      int
	Held          int // stay, since a hold or restriction outranks retention
}

// Preview says what retention will erase within so many days if nothing changes.
// For who finds persons: desk.ErrNotAllowed.
func (p *Privacy) Preview(by account.Agent, days int) ([]Due, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return nil, err
	}
	today := p.Now().UTC().Truncate(24 * time.Hour)
	count := map[string]*Due{}
	var list []*Due
	err := p.Store.View(func(tx *store.Tx) error {
		clear(count)
		list = nil
		var last store.ConversationID
		return eachExpiring(tx, today.AddDate(0, 0, days), func(x expiring) error {
			day := x.at.UTC().Truncate(24 * time.Hour)
			if day.Before(today) {
				day = today
			}
			key := fmt.Sprint(x.mailbox, day.Unix())
			d := count[key]
			if d == nil {
				box, err := store.Mailboxes.Get(tx, x.mailbox)
				if err != nil {
					return err
				}
				d = &Due{Day: day, Mailbox: box.Name}
				count[key], list = d, append(list, d)
			}
			if x.conversation != last {
				d.Conversations, last = d.Conversations+1, x.conversation
			}
			if x.held {
				d.Held++
			} else {
				d.Messages++
			}
			return nil
		})
	})
	rows := make([]Due, 0, len(list))
	for _, d := range list {
		rows = append(rows, *d)
	}
	slices.SortFunc(rows, func(a, b Due) int {
		return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Mailbox, b.Mailbox))
	})
	return rows, err
}
