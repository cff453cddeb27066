package privacy

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/deadline"
	"postolka/desk"
	"postolka/match"
	"postolka/store"
)

// The register of requests: each has its clock from the day it came (package
// deadline), and goes received → identity → in work → answered. The find,
// export or erasure made for it is its job. Who asked stands in the conversation
// only, so the register is an audit trail without personal data.

var (
	// ErrAnswered: the request is over.
	ErrAnswered = errors.New("the request was answered or dismissed")
	// ErrGround: no such ground for refusing this kind of request, or reason.
	ErrGround = errors.New("no such ground or reason for this kind of request")
	// ErrExtend: the first month is over, or it was extended before (Art. 12(3)).
	ErrExtend = errors.New("a request is extended once, within its first month")
	// ErrNobody: the request came without a mail, so nobody can be written to.
	ErrNobody = errors.New("the request has no conversation")
)

// RequestRow is a request with its dates; no personal data.
type RequestRow struct {
	ID store.RequestID
	store.Request
	Dates       deadline.Dates
	MailboxName string
	Work        store.Job // the record of its job, if it has one
	// Of an erasure that is done: when the last snapshot with records of it is gone,
	// the messages that it erased or redacted, and what had to be kept beside the request.
	SnapshotsGone time.Time
	Gone          int
	KeptFor       []Kept
}

// Open: it still wants something done.
func (r RequestRow) Open() bool {
	return r.State != store.RequestAnswered && r.State != store.RequestDismissed
}

// Planned: its plan waits for an approval.
func (r RequestRow) Planned() bool { return r.Work.State == store.JobPlanned && r.Work.PlanHash != "" }

// Due is the day alarms work on: the strict one, extended when it was.
func (r RequestRow) Due() time.Time {
	if r.ExtendedAt.IsZero() {
		return r.Dates.Strict
	}
	return r.Dates.ExtendedStrict
}

// Left is how many days there are until then; negative when it has passed.
func (r RequestRow) Left(now time.Time, zone *time.Location) int {
	return deadline.DaysBetween(deadline.Day(now, zone), r.Due())
}

// Reminder is the step of the reminders that is due, in days before the due day; 0:
// none is, or the request is over.
func (r RequestRow) Reminder(now time.Time, zone *time.Location) int {
	if !r.Open() {
		return 0
	}
	return deadline.Request.Reminder(r.Due(), deadline.Day(now, zone))
}

// Reminders counts what must be answered soon, and what is late, for who answers
// requests and for who sees to the house.
func (p *Privacy) Reminders(by account.Agent) (soon, late int, err error) {
	if !account.MayDo(by, account.FindPersons) && !account.MayDo(by, account.SeeState) {
		return 0, 0, desk.ErrNotAllowed
	}
	err = p.Store.View(func(tx *store.Tx) error {
		soon, late = 0, 0
		for id, r := range store.Requests.All(tx) {
			switch row := p.requestRow(tx, by, id, r); {
			case row.Reminder(p.Now(), Zone(by)) == 0:
			case row.Left(p.Now(), Zone(by)) < 0:
				late++
			default:
				soon++
			}
		}
		return nil
	})
	return soon, late, err
}

// AddRequest makes a request of a message, for who may answer it, or of what came
// on paper (message 0), for who may find persons. A message asks once: a second
// time gives the same request, which a person has then confirmed.
func (p *Privacy) AddRequest(ctx context.Context, by account.Agent, m store.MessageID, kind store.RequestKind, received time.Time) (id store.RequestID, err error) {
	r := store.Request{Kind: kind, State: store.RequestReceived, ReceivedAt: received.UTC(), AddedBy: by.ID}
	if err := p.aboutMessage(by, m, &r); err != nil {
		return 0, err
	}
	e := p.Log.By(by, audit.Change)
	e.Object, e.Mailbox, e.Conversation = "request new", r.Mailbox, r.Conversation
	if err := p.Log.Record(ctx, e); err != nil {
		return 0, err
	}
	err = p.Store.Update(func(tx *store.Tx) (err error) {
		if was, old, ok := requestOf(tx, r); ok {
			id = was
			if old.State == store.RequestProposed || old.State == store.RequestDismissed {
				old.State, old.Kind, old.AddedBy = store.RequestReceived, kind, by.ID
			}
			return store.Requests.Put(tx, id, old)
		}
		id, err = store.Requests.Insert(tx, r)
		return err
	})
	return id, err
}

func (p *Privacy) aboutMessage(by account.Agent, m store.MessageID, r *store.Request) error {
	if m == 0 {
		return allowed(by, account.FindPersons)
	}
	return p.Store.View(func(tx *store.Tx) error {
		msg, err := store.Messages.Get(tx, m)
		if err != nil || !account.MayIn(by, account.Answer, msg.Mailbox) {
			return desk.ErrNotAllowed
		}
		r.Message, r.Mailbox, r.Conversation, r.ReceivedAt = m, msg.Mailbox, msg.Conversation, msg.ReceivedAt
		return nil
	})
}

func requestOf(tx *store.Tx, like store.Request) (store.RequestID, store.Request, bool) {
	if like.Message == 0 {
		return 0, like, false
	}
	for id := range store.RequestsByConversation.Prefix(tx, store.Key(like.Conversation)) {
		if r, err := store.Requests.Get(tx, id); err == nil && r.Message == like.Message {
			return id, r, true
		}
	}
	return 0, like, false
}

// Requests lists all, the open ones by their due day first.
func (p *Privacy) Requests(by account.Agent) (rows []RequestRow, err error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return nil, err
	}
	err = p.Store.View(func(tx *store.Tx) error {
		rows = rows[:0]
		for id, r := range store.Requests.All(tx) {
			rows = append(rows, p.requestRow(tx, by, id, r))
		}
		return nil
	})
	slices.SortStableFunc(rows, func(a, b RequestRow) int {
		if a.Open() != b.Open() {
			return map[bool]int{true: -1, false: 1}[a.Open()]
		}
		return cmp.Or(a.Due().Compare(b.Due()), cmp.Compare(a.ID, b.ID))
	})
	return rows, err
}

// Request is one of them.
func (p *Privacy) Request(by account.Agent, id store.RequestID) (row RequestRow, err error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return row, err
	}
	err = p.Store.View(func(tx *store.Tx) error {
		r, err := store.Requests.Get(tx, id)
		row = p.requestRow(tx, by, id, r)
		return err
	})
	return row, err
}

// RequestsIn are those of a conversation, for who may read it.
func (p *Privacy) RequestsIn(by account.Agent, c store.ConversationID) (rows []RequestRow, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		rows = rows[:0]
		for id := range store.RequestsByConversation.Prefix(tx, store.Key(c)) {
			r, err := store.Requests.Get(tx, id)
			if err != nil {
				return err
			}
			if account.MayIn(by, account.Read, r.Mailbox) {
				rows = append(rows, p.requestRow(tx, by, id, r))
			}
		}
		return nil
	})
	return rows, err
}

func (p *Privacy) requestRow(tx *store.Tx, by account.Agent, id store.RequestID, r store.Request) RequestRow {
	row := RequestRow{ID: id, Request: r, Dates: deadline.Request.Of(r.ReceivedAt, Zone(by), waited(r, p.Now()))}
	if box, err := store.Mailboxes.Get(tx, r.Mailbox); err == nil {
		row.MailboxName = box.Name
	}
	if job, err := store.Jobs.Get(tx, r.Job); err == nil {
		row.Work = job
	}
	if row.Work.State == store.JobDone {
		done := receiptOf(tx, r.Job)
		row.SnapshotsGone, row.Gone = done.SnapshotsUntil, done.Erased+done.Redacted
		row.KeptFor = slices.DeleteFunc(done.KeptFor, func(k Kept) bool { return k.Reason == keepRequest })
	}
	row.Identity.Token = [32]byte{}
	return row
}

// receiptOf a job; of one that is not readable nothing is known.
func receiptOf(tx *store.Tx, job store.JobID) (said Receipt) {
	if id, ok := store.ReceiptByJob.First(tx, store.Key(job)); ok {
		if stored, err := store.Receipts.Get(tx, id); err == nil {
			_ = json.Unmarshal(stored.JSON, &said)
		}
	}
	return said
}

// waited is how long the person let the shop wait for their identity.
func waited(r store.Request, now time.Time) time.Duration {
	switch i := r.Identity; {
	case i.AskedAt.IsZero():
		return 0
	case i.ProvenAt.IsZero():
		return max(0, now.Sub(i.AskedAt))
	default:
		return max(0, i.ProvenAt.Sub(i.AskedAt))
	}
}

// Zone is the wall on which days are counted: that of the person who looks.
func Zone(by account.Agent) *time.Location {
	if zone, err := time.LoadLocation(cmp.Or(by.Zone, "Europe/Prague")); err == nil {
		return zone
	}
	return time.UTC
}

// changeRequest logs and does one change to an open request.
func (p *Privacy) changeRequest(ctx context.Context, by account.Agent, id store.RequestID, what string, change func(tx *store.Tx, r *store.Request) error) error {
	if err := allowed(by, account.FindPersons); err != nil {
		return err
	}
	e := p.Log.By(by, audit.Change)
	e.Object = fmt.Sprintf("request %d %s", id, what)
	if err := p.Log.Record(ctx, e); err != nil {
		return err
	}
	return p.Store.Update(func(tx *store.Tx) error {
		r, err := store.Requests.Get(tx, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return desk.ErrNotAllowed
		case err != nil:
			return err
		case r.State == store.RequestAnswered || r.State == store.RequestDismissed:
			return ErrAnswered
		}
		if err := change(tx, &r); err != nil {
			return err
		}
		return store.Requests.Put(tx, id, r)
	})
}

// FindFor finds what is held about the one who asked, by the address of the mail,
// and makes the find the request's job. Another find may take its place, until
// one of them is approved. ErrNobody.
func (p *Privacy) FindFor(ctx context.Context, by account.Agent, id store.RequestID) (store.JobID, error) {
	row, err := p.Request(by, id)
	if err != nil {
		return 0, err
	}
	var address string
	err = p.Store.View(func(tx *store.Tx) error {
		m, err := store.Messages.Get(tx, row.Message)
		address = m.From.Addr
		return err
	})
	if errors.Is(err, store.ErrNotFound) || err == nil && address == "" {
		return 0, ErrNobody
	}
	if err != nil {
		return 0, err
	}
	sel, err := match.ParseIdentifier(match.Email, address)
	if err != nil {
		return 0, ErrNobody
	}
	job, err := p.Begin(ctx, by, []match.Identifier{sel}, purposes[row.Kind])
	if err != nil {
		return 0, err
	}
	if row.Kind == store.RequestErasure {
		if err := p.keepAsking(ctx, by, job, row.Message); err != nil {
			return 0, err
		}
	}
	return job, p.LinkJob(ctx, by, id, job)
}

// keepAsking proposes to keep the mail that asks: without it nobody could be told
// that the rest is gone, nor shown that it was asked for (GDPR Art. 5(2), 12(3)). Its
// end is that of the general limitation, three years (Act 89/2012 § 629).
func (p *Privacy) keepAsking(ctx context.Context, by account.Agent, job store.JobID, asks store.MessageID) error {
	err := p.Decide(ctx, by, job, MessageDecision{Message: asks, Decision: KeepIt, Reason: keepRequest, Until: p.Now().AddDate(3, 0, 0)})
	if errors.Is(err, store.ErrNotFound) { // asks in someone else's name
		return nil
	}
	return err
}

// purposes are the words of the access log for each kind of request.
var purposes = map[store.RequestKind]string{
	store.RequestAccess: "access", store.RequestErasure: "erasure", store.RequestRectification: "rectification",
	store.RequestRestriction: "check", store.RequestPortability: "portability", store.RequestObjection: "check",
}

// LinkJob says which find, export or erasure belongs to a request.
func (p *Privacy) LinkJob(ctx context.Context, by account.Agent, id store.RequestID, job store.JobID) error {
	return p.changeRequest(ctx, by, id, fmt.Sprintf("job %d", job), func(tx *store.Tx, r *store.Request) error {
		if !store.Jobs.Has(tx, job) {
			return desk.ErrNotAllowed
		}
		r.Job = job
		return nil
	})
}

// ExtensionReasons are keys of why two further months are taken (Art. 12(3)).
var ExtensionReasons = []string{"complex", "many"}

// Extend takes the two further months, within the first one and with a reason;
// the person has to be told (Letter "extension"). ErrExtend, ErrGround.
func (p *Privacy) Extend(ctx context.Context, by account.Agent, id store.RequestID, why string) error {
	if !slices.Contains(ExtensionReasons, why) {
		return ErrGround
	}
	return p.changeRequest(ctx, by, id, "extend", func(_ *store.Tx, r *store.Request) error {
		dates := deadline.Request.Of(r.ReceivedAt, Zone(by), 0)
		if !r.ExtendedAt.IsZero() || deadline.Day(p.Now(), Zone(by)).After(dates.Strict) {
			return ErrExtend
		}
		r.ExtendedAt, r.ExtendedWhy = p.Now().UTC(), why
		return nil
	})
}

// Grounds for refusing, each with the kinds of request it can refuse.
var grounds = []struct {
	key   string
	kinds []store.RequestKind // nil: every kind
}{
	{"12_5", nil},
	{"11", nil},
	{"15_4", []store.RequestKind{store.RequestAccess, store.RequestPortability}},
	{"17_3_a", []store.RequestKind{store.RequestErasure}},
	{"17_3_b", []store.RequestKind{store.RequestErasure}},
	{"17_3_c", []store.RequestKind{store.RequestErasure}},
	{"17_3_d", []store.RequestKind{store.RequestErasure}},
	{"17_3_e", []store.RequestKind{store.RequestErasure}},
	{"20", []store.RequestKind{store.RequestPortability}},
	{"21_1", []store.RequestKind{store.RequestObjection}},
}

// Grounds are keys of the grounds on which a request of this kind may be refused
// ("17_3_b" is Article 17(3)(b) GDPR).
func Grounds(kind store.RequestKind) (keys []string) {
	for _, g := range grounds {
		if g.kinds == nil || slices.Contains(g.kinds, kind) {
			keys = append(keys, g.key)
		}
	}
	return keys
}

// Answer ends a request: granted, or refused, wholly or in part, on these
// grounds. The letter is written before. ErrGround.
func (p *Privacy) Answer(ctx context.Context, by account.Agent, id store.RequestID, refused []string) error {
	return p.changeRequest(ctx, by, id, "answer", func(_ *store.Tx, r *store.Request) error {
		if err := checkGrounds(r.Kind, refused); err != nil {
			return err
		}
		r.State, r.Grounds, r.AnsweredAt, r.AnsweredBy = store.RequestAnswered, refused, p.Now().UTC(), by.ID
		r.Identity.Token = [32]byte{}
		return nil
	})
}

func checkGrounds(kind store.RequestKind, keys []string) error {
	for _, g := range keys {
		if !slices.Contains(Grounds(kind), g) {
			return ErrGround
		}
	}
	return nil
}

// Dismiss says that it was no request.
func (p *Privacy) Dismiss(ctx context.Context, by account.Agent, id store.RequestID) error {
	return p.changeRequest(ctx, by, id, "dismiss", func(_ *store.Tx, r *store.Request) error {
		r.State, r.AnsweredAt, r.AnsweredBy = store.RequestDismissed, p.Now().UTC(), by.ID
		r.Identity.Token = [32]byte{}
		return nil
	})
}

// NoRequest says of a message that the program took for a request that it is
// none, for who may answer it; it is not proposed again. ErrAnswered: nothing is
// proposed of it.
func (p *Privacy) NoRequest(ctx context.Context, by account.Agent, m store.MessageID) error {
	like := store.Request{}
	if err := p.aboutMessage(by, m, &like); err != nil {
		return err
	}
	e := p.Log.By(by, audit.Change)
	e.Object, e.Mailbox, e.Conversation = "request proposal dismiss", like.Mailbox, like.Conversation
	if err := p.Log.Record(ctx, e); err != nil {
		return err
	}
	return p.Store.Update(func(tx *store.Tx) error {
		id, r, ok := requestOf(tx, like)
		if !ok || r.State != store.RequestProposed {
			return ErrAnswered
		}
		r.State, r.AnsweredAt, r.AnsweredBy = store.RequestDismissed, p.Now().UTC(), by.ID
		return store.Requests.Put(tx, id, r)
	})
}
