package privacy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/letter"
	"postolka/match"
	"postolka/store"
)

// Who was sent what is erased, masked or restricted is told, unless that is impossible
// or a disproportionate effort (GDPR Art. 19). An erasure notes whom before the records
// go; a person writes to each, or says why not, and then the name goes too.

// Excuses are keys of why a recipient is not told.
var Excuses = []string{"impossible", "effort"}

// NoticeRow is a notice that is owed, or that is over.
type NoticeRow struct {
	ID store.NoticeID
	store.Notice
}

// oweErasure: retention tells nobody, for nobody asked for it.
func (p *Privacy) oweErasure(tx *store.Tx, r *erasure) error {
	if r.job.Kind == store.JobRetention {
		return nil
	}
	var messages []store.MessageID
	for _, it := range slices.Concat(r.erased(), r.redacted()) {
		messages = append(messages, it.Message)
	}
	return owe(tx, store.Notice{Job: r.id}, messages, r.file.Selectors)
}

// oweRestriction: the person is whose conversations they are.
func oweRestriction(tx *store.Tx, id store.RestrictionID, messages []store.MessageID) error {
	var person []match.Identifier
	for _, m := range messages {
		addresses, err := customerOf(tx, m)
		if err != nil {
			return err
		}
		for _, a := range addresses {
			person = append(person, asKind(match.Email, a))
		}
	}
	return owe(tx, store.Notice{Restriction: id}, messages, once(person))
}

func customerOf(tx *store.Tx, id store.MessageID) (addresses []string, err error) {
	m, err := store.Messages.Get(tx, id)
	if err != nil {
		return nil, err
	}
	c, err := store.Conversations.Get(tx, m.Conversation)
	if err != nil || c.Customer == 0 {
		return nil, err
	}
	card, err := store.Customers.Get(tx, c.Customer)
	return card.Addresses, err
}

// owe notes each recipient of our messages but the person.
func owe(tx *store.Tx, notice store.Notice, messages []store.MessageID, person []match.Identifier) error {
	own, err := match.NewMatcher(person)
	if err != nil {
		return err
	}
	house, last := houseOf(tx), map[string]time.Time{}
	for _, m := range messages {
		err := noteRecipients(tx, m, own, house, func(name, how string, at time.Time) {
			if how == "sent" && at.After(last[name]) {
				last[name] = at
			}
		})
		if err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(last)) {
		notice.Recipient, notice.LastSent = name, last[name]
		if _, err := store.Notices.Insert(tx, notice); err != nil {
			return err
		}
	}
	return nil
}

// houseOf are our own addresses.
func houseOf(tx *store.Tx) map[string]bool {
	house := map[string]bool{}
	for _, m := range store.Mailboxes.All(tx) {
		if m.Address != "" {
			house[strings.ToLower(m.Address)] = true
		}
	}
	return house
}

// Notices lists them, those that are owed first, and logs that names were shown.
func (p *Privacy) Notices(ctx context.Context, by account.Agent) (rows []NoticeRow, err error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return nil, err
	}
	err = p.Store.View(func(tx *store.Tx) error {
		rows = rows[:0]
		for id, n := range store.Notices.All(tx) {
			rows = append(rows, NoticeRow{id, n})
		}
		return nil
	})
	if err != nil || len(rows) == 0 {
		return rows, err
	}
	slices.SortStableFunc(rows, func(a, b NoticeRow) int {
		return cmp.Or(a.OverAt.Compare(b.OverAt), cmp.Compare(a.ID, b.ID))
	})
	e := p.Log.By(by, audit.List)
	e.Object = "notices"
	return rows, p.Log.Record(ctx, e)
}

// NoticeLetter words a notice in a language; it names no data subject: what is
// erased must not be written down again.
func (p *Privacy) NoticeLetter(ctx context.Context, by account.Agent, id store.NoticeID, lang string) (to, text string, err error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return "", "", err
	}
	var n store.Notice
	err = p.Store.View(func(tx *store.Tx) error {
		n, err = owed(tx, id)
		return err
	})
	if err != nil {
		return "", "", err
	}
	e := p.Log.By(by, audit.Opened)
	e.Object = fmt.Sprintf("notice %d", id)
	if err := p.Log.Record(ctx, e); err != nil {
		return "", "", err
	}
	name := "notice"
	if n.Restriction != 0 {
		name = "notice_restriction"
	}
	var b strings.Builder
	if err := letterIn(lang).ExecuteTemplate(&b, name, letter.Day(lang, n.LastSent.In(Zone(by)))); err != nil {
		return "", "", fmt.Errorf("letter notice: %w", err)
	}
	return n.Recipient, strings.TrimSpace(b.String()) + "\n", nil
}

// Told ends a notice: the recipient was told, or was not, for an excuse of
// Excuses. ErrGround, ErrAnswered.
func (p *Privacy) Told(ctx context.Context, by account.Agent, id store.NoticeID, excuse string) error {
	if err := allowed(by, account.FindPersons); err != nil {
		return err
	}
	if excuse != "" && !slices.Contains(Excuses, excuse) {
		return ErrGround
	}
	e := p.Log.By(by, audit.Change)
	e.Object = fmt.Sprintf("notice %d %s", id, cmp.Or(excuse, "told"))
	if err := p.Log.Record(ctx, e); err != nil {
		return err
	}
	return p.Store.Update(func(tx *store.Tx) error {
		n, err := owed(tx, id)
		if err != nil {
			return err
		}
		n.Recipient, n.OverAt, n.OverBy, n.Excuse = "", p.Now().UTC(), by.ID, excuse
		return store.Notices.Put(tx, id, n)
	})
}

// owed is a notice that is not over.
func owed(tx *store.Tx, id store.NoticeID) (store.Notice, error) {
	n, err := store.Notices.Get(tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return n, desk.ErrNotAllowed
	}
	if err == nil && !n.OverAt.IsZero() {
		err = ErrAnswered
	}
	return n, err
}
