package privacy

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/mail"
	"postolka/match"
	"postolka/store"
)

// Plan says what an erasure will do; Hash is what is approved.
type Plan struct {
	Job         store.JobID `json:"job"`
	Hash        string      `json:"plan"`
	Erase       int         `json:"erase"`
	Redact      int         `json:"redact"`
	Keep        int         `json:"keep"`
	Restrict    int         `json:"restrict"` // of Keep: held, so restricted instead of erased
	Records     int         `json:"records"`
	NeedsSecond bool        `json:"needs_second"`
}

// details is the exact list, up to a high-water mark of message ids: what comes
// later is not part of it.
type details struct {
	Mark    store.MessageID
	Items   []item
	Records []recordItem
}

// item is one message, in the state that was decided on.
type item struct {
	Message  store.MessageID
	Mailbox  store.MailboxID
	Strict   [32]byte
	Version  uint32
	Decision Decision
	Reason   string
	Until    string
	Seen     []string `json:",omitempty"` // parts in which people saw the person: a redaction takes them out
}

// recordItem is one record: a row that goes whole, or a field that is masked. Sum
// is a keyed hash of the texts that it had when that was decided.
type recordItem struct {
	Table string
	ID    uint64
	Field string // empty: the whole row
	Sum   string
}

func jobObject(id store.JobID) string { return "job " + strconv.FormatUint(uint64(id), 10) }

// Plan makes the plan of a saved person from its decisions.
func (p *Privacy) Plan(ctx context.Context, by account.Agent, id store.JobID) (Plan, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return Plan{}, err
	}
	f, job, err := p.job(id)
	if err != nil {
		return Plan{}, err
	}
	if job.State != store.JobPlanned {
		return Plan{}, ErrTooLate
	}
	return p.makePlan(ctx, by, id, f, store.JobErase)
}

// PlanFor finds the selectors and plans to erase every message that holds one; with
// keepOthers it redacts those that the person neither wrote nor received.
func (p *Privacy) PlanFor(ctx context.Context, by account.Agent, sel []match.Identifier, keepOthers bool) (Plan, error) {
	found, err := p.Find(ctx, by, sel, FindOptions{})
	if err != nil {
		return Plan{}, err
	}
	id, err := p.newJob(by, store.JobErase)
	if err != nil {
		return Plan{}, err
	}
	f := file{Selectors: sel, Finding: found, Decisions: map[store.MessageID]MessageDecision{}}
	choose := func([]Hit) Decision { return EraseIt }
	if keepOthers {
		choose = proposal
	}
	propose(&f, choose)
	return p.makePlan(ctx, by, id, f, store.JobErase)
}

func (p *Privacy) makePlan(ctx context.Context, by account.Agent, id store.JobID, f file, kind store.JobKind) (Plan, error) {
	for _, d := range f.Decisions {
		if err := d.check(p.Now()); err != nil {
			return Plan{}, err
		}
	}
	d, err := p.detail(f)
	if err != nil {
		return Plan{}, err
	}
	if err := p.maskable(d, f.Selectors); err != nil {
		return Plan{}, err
	}
	f.Plan = &d
	hash := d.hash(id)
	e := p.Log.By(by, audit.Erase)
	e.Object = jobObject(id) + " plan"
	if err := p.Log.Record(ctx, e); err != nil {
		return Plan{}, err
	}
	if err := p.saveFile(id, f); err != nil {
		return Plan{}, err
	}
	err = p.updateJob(id, func(job *store.Job) error {
		job.Kind, job.PlanHash, job.HighMark = kind, hash, d.Mark
		return nil
	})
	if err != nil {
		return Plan{}, err
	}
	plan := d.sum()
	plan.Job, plan.Hash = id, hash
	plan.NeedsSecond, err = p.needsSecond(by)
	return plan, err
}

// maskable: a redaction can take out every part in which people saw the person.
func (p *Privacy) maskable(d details, sel []match.Identifier) error {
	masker, err := newMasker(sel)
	if err != nil {
		return err
	}
	for _, it := range d.with(RedactIt) {
		if len(it.Seen) == 0 {
			continue
		}
		raw, err := p.Store.RawBytes(it.Message)
		if err != nil {
			return err
		}
		masked, _, err := redactedBytes(raw, masker, it.Seen...)
		if err != nil || stillUnread(masked, it.Seen) {
			return ErrSeenStays
		}
	}
	return nil
}

func stillUnread(raw []byte, parts []string) bool {
	return slices.ContainsFunc(mail.Extract(mail.Parse(raw), raw).Unreadable, func(u mail.Unreadable) bool { return slices.Contains(parts, u.Path) })
}

// detail turns decisions into the exact list, from the records as they are now.
func (p *Privacy) detail(f file) (details, error) {
	var d details
	err := p.Store.View(func(tx *store.Tx) error {
		d = details{}
		d.Mark, _ = store.Messages.Last(tx)
		for _, id := range slices.Sorted(maps.Keys(f.Decisions)) {
			it, err := itemNow(tx, f.Decisions[id])
			if errors.Is(err, store.ErrNotFound) {
				continue // erased meanwhile
			}
			if err != nil {
				return err
			}
			it.Seen = f.seenIn(id)
			d.Items = append(d.Items, it)
		}
		var err error
		if d.Records, err = recordItems(tx, f.Finding.Records); err != nil {
			return err
		}
		d.Records, err = p.summed(tx, d.Records)
		return err
	})
	return d, err
}

// summed binds records to what they say now; those that are gone meanwhile are left out.
func (p *Privacy) summed(tx *store.Tx, items []recordItem) (now []recordItem, err error) {
	for _, it := range items {
		it.Sum, err = p.sumOf(tx, it)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		now = append(now, it)
	}
	return now, nil
}

// sumOf is keyed: the plan's hash stays in the receipt, and nobody must be able to
// try texts against it.
func (p *Privacy) sumOf(tx *store.Tx, it recordItem) (string, error) {
	fields, err := store.RowFields(tx, it.Table, it.ID)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, p.Store.Keys().Identity())
	for _, f := range fields {
		if f.Name == it.Field || it.Field == "" && !f.Derived {
			fmt.Fprintf(mac, "%q %q\n", f.Name, *f.Text)
		}
	}
	return hex.EncodeToString(mac.Sum(nil)), nil
}

func itemNow(tx *store.Tx, decision MessageDecision) (item, error) {
	m, err := store.Messages.Get(tx, decision.Message)
	if err != nil {
		return item{}, err
	}
	if !m.Erased.IsZero() {
		return item{}, store.ErrNotFound
	}
	it := item{Message: decision.Message, Mailbox: m.Mailbox, Strict: m.Strict, Version: m.Version, Decision: decision.Decision, Reason: decision.Reason}
	if !decision.Until.IsZero() {
		it.Until = decision.Until.UTC().Format("2006-01-02")
	}
	held, err := store.HeldUntil(tx, decision.Message, &m)
	if err == nil && !held.IsZero() && it.Decision != KeepIt {
		it.Decision, it.Reason, it.Until = holdIt, groundHold, held.UTC().Format(time.DateOnly)
	}
	return it, err
}

// What becomes of a record that names the person: a draft goes whole, and so does
// a customer's card of which every address is his; of all others the fields are
// masked. Derived fields go with their messages. Accounts, mailboxes and settings
// are the shop's own and stay: they are listed by find and changed by hand.
var (
	wholeRows = []string{"drafts"}
	ownTables = []string{"agents", "sessions", "mailboxes", "folders", "settings"}
)

func recordItems(tx *store.Tx, hits []RecordHit) (items []recordItem, err error) {
	whole := map[recordItem]bool{}
	for _, h := range hits {
		row := recordItem{Table: h.Table, ID: h.ID}
		if _, known := whole[row]; known {
			continue
		}
		if whole[row], err = goesWhole(tx, row, hits); err != nil {
			return nil, err
		}
	}
	for _, h := range hits {
		row := recordItem{Table: h.Table, ID: h.ID}
		switch {
		case slices.Contains(ownTables, h.Table):
		case whole[row]:
			items = append(items, row)
		case !h.Derived:
			items = append(items, recordItem{Table: h.Table, ID: h.ID, Field: h.Field})
		}
	}
	slices.SortFunc(items, func(a, b recordItem) int {
		return slices.Compare([]string{a.Table, strconv.FormatUint(a.ID, 10), a.Field}, []string{b.Table, strconv.FormatUint(b.ID, 10), b.Field})
	})
	return slices.Compact(items), nil
}

func goesWhole(tx *store.Tx, row recordItem, hits []RecordHit) (bool, error) {
	if slices.Contains(wholeRows, row.Table) {
		return true, nil
	}
	if row.Table != "customers" {
		return false, nil
	}
	card, err := store.Customers.Get(tx, store.CustomerID(row.ID))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	own := map[string]bool{}
	for _, h := range hits {
		if h.Table == row.Table && h.ID == row.ID && strings.HasPrefix(h.Field, "addresses[") {
			own[h.Field] = true
		}
	}
	return len(own) > 0 && len(own) == len(card.Addresses), err
}

// hash binds the job, the mark, and every message in the very state it was seen in.
func (d details) hash(id store.JobID) string {
	canonical, err := json.Marshal(struct {
		Job store.JobID
		details
	}{id, d})
	if err != nil {
		panic(fmt.Sprintf("encode plan: %v", err)) // plain structs always encode
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

func (d details) sum() Plan {
	var plan Plan
	for _, it := range d.Items {
		switch it.Decision {
		case EraseIt:
			plan.Erase++
		case RedactIt:
			plan.Redact++
		case KeepIt:
			plan.Keep++
		case holdIt:
			plan.Keep++
			plan.Restrict++
		}
	}
	plan.Records = len(d.Records)
	return plan
}

func (d details) with(decision Decision) []item {
	var items []item
	for _, it := range d.Items {
		if it.Decision == decision {
			items = append(items, it)
		}
	}
	return items
}

func idsOf(items []item) []store.MessageID {
	ids := make([]store.MessageID, len(items))
	for i, it := range items {
		ids[i] = it.Message
	}
	return ids
}

// unchanged says whether every message and record is still in the state that the
// plan names, and no message that goes is held meanwhile.
func (p *Privacy) unchanged(tx *store.Tx, d *details) error {
	for _, it := range d.Records {
		sum, err := p.sumOf(tx, it)
		if errors.Is(err, store.ErrNotFound) || err == nil && sum != it.Sum {
			return ErrPlanChanged
		}
		if err != nil {
			return err
		}
	}
	for _, it := range d.Items {
		m, err := store.Messages.Get(tx, it.Message)
		if errors.Is(err, store.ErrNotFound) {
			return ErrPlanChanged
		}
		if err != nil {
			return err
		}
		if !m.Erased.IsZero() || m.Strict != it.Strict || m.Version != it.Version || m.Mailbox != it.Mailbox {
			return ErrPlanChanged
		}
		if it.Decision != EraseIt && it.Decision != RedactIt {
			continue
		}
		if held, err := store.HeldUntil(tx, it.Message, &m); err != nil || !held.IsZero() {
			return cmp.Or(err, ErrPlanChanged)
		}
	}
	return nil
}
