package privacy

import (
	"context"
	"maps"
	"slices"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/match"
	"postolka/store"
)

// Decision on a message.
type Decision string

const (
	EraseIt  Decision = "erase"
	RedactIt Decision = "redact"
	KeepIt   Decision = "keep"
	holdIt   Decision = "hold" // what a plan makes of the first two where a hold forbids them
)

// KeepReasons are the key words of why a message is kept (GDPR Art. 17(3)), most
// common first; keepRequest is for the mail that asks.
var KeepReasons = []string{"accounting", "claims", "legal_duty", "public_interest", "expression", keepRequest, "other"}

const keepRequest = "request" // Art. 5(2)

// MessageDecision is the decision on one message. Keeping wants a reason and an end.
type MessageDecision struct {
	Message  store.MessageID
	Decision Decision
	Reason   string    // for KeepIt: of KeepReasons
	Until    time.Time // for KeepIt: someone looks at it again on that day
}

// Person is a saved find with the decisions so far.
type Person struct {
	Job       store.JobID
	Record    store.Job
	Selectors []match.Identifier
	Purpose   string
	Finding   Finding
	News      News              // of the last find again; zero: it was found once
	Related   []Related         // proposed to widen it by
	Messages  []MessageDecision // one per message with hits, in order of id
}

// Begin finds and saves what was found, for decisions. Each message starts with
// a proposal: erase what the person wrote or received, redact where he is only mentioned.
func (p *Privacy) Begin(ctx context.Context, by account.Agent, sel []match.Identifier, purpose string) (store.JobID, error) {
	id, _, err := p.FindSaved(ctx, by, sel, FindOptions{Purpose: purpose})
	return id, err
}

// FindSaved is Begin, and gives what was found.
func (p *Privacy) FindSaved(ctx context.Context, by account.Agent, sel []match.Identifier, opt FindOptions) (store.JobID, Finding, error) {
	f, err := p.Find(ctx, by, sel, opt)
	if err != nil {
		return 0, f, err
	}
	related, err := p.relate(ctx, sel, f)
	if err != nil {
		return 0, f, err
	}
	id, err := p.newJob(by, store.JobFind)
	if err != nil {
		return 0, f, err
	}
	content := file{Selectors: sel, Purpose: opt.Purpose, Finding: f, Related: related, Decisions: map[store.MessageID]MessageDecision{}}
	propose(&content, proposal)
	return id, f, p.saveFile(id, content)
}

func (p *Privacy) newJob(by account.Agent, kind store.JobKind) (id store.JobID, err error) {
	job := store.Job{Kind: kind, State: store.JobPlanned, CreatedAt: p.Now().UTC(), CreatedBy: by.ID}
	err = p.Store.Update(func(tx *store.Tx) error {
		id, err = store.Jobs.Insert(tx, job)
		return err
	})
	return id, err
}

// propose fills in a decision for every message with hits that has none.
func propose(f *file, choose func(hits []Hit) Decision) {
	byMessage := map[store.MessageID][]Hit{}
	for _, h := range f.Finding.Hits {
		byMessage[h.Message] = append(byMessage[h.Message], h)
	}
	for id, hits := range byMessage {
		if _, decided := f.Decisions[id]; !decided {
			f.Decisions[id] = MessageDecision{Message: id, Decision: choose(hits)}
		}
	}
}

// proposal erases what the person wrote or received, and where the whole message
// could not be read but by eye: no mask reaches there.
func proposal(hits []Hit) Decision {
	for _, h := range hits {
		if h.Role != Mentioned || h.Kind == SeenKind && h.Part == "" {
			return EraseIt
		}
	}
	return RedactIt
}

// Person gives a saved find. Showing its excerpts is logged like any reading.
func (p *Privacy) Person(ctx context.Context, by account.Agent, id store.JobID) (Person, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return Person{}, err
	}
	f, job, err := p.job(id)
	if err != nil {
		return Person{}, err
	}
	if err := p.record(ctx, by, audit.Find, f.Selectors, f.Purpose, shownOf(f)); err != nil {
		return Person{}, err
	}
	person := Person{Job: id, Record: job, Selectors: f.Selectors, Purpose: f.Purpose, Finding: f.Finding, News: f.News, Related: f.Related}
	for _, m := range slices.Sorted(maps.Keys(f.Decisions)) {
		person.Messages = append(person.Messages, f.Decisions[m])
	}
	return person, nil
}

// shownOf lists the messages whose text a person's file shows.
func shownOf(f file) []store.MessageID {
	ids := messagesOf(f.Finding.Hits)
	for _, r := range f.Related {
		if r.Message != 0 {
			ids = append(ids, r.Message)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// RequestOf is the request that a job was made for; nil: there is none.
func (p *Privacy) RequestOf(by account.Agent, id store.JobID) (*RequestRow, error) {
	rows, err := p.Requests(by)
	for i := range rows {
		if rows[i].Job == id {
			return &rows[i], err
		}
	}
	return nil, err
}

func (p *Privacy) job(id store.JobID) (f file, job store.Job, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		job, err = store.Jobs.Get(tx, id)
		return err
	})
	if err != nil {
		return f, job, err
	}
	f, err = p.loadFile(id)
	return f, job, err
}

func (d MessageDecision) check(now time.Time) error {
	if d.Decision == KeepIt && (!slices.Contains(KeepReasons, d.Reason) || !d.Until.After(now)) {
		return ErrKeep
	}
	return nil
}

// Decide changes decisions; a plan made before is void. ErrKeep.
func (p *Privacy) Decide(ctx context.Context, by account.Agent, id store.JobID, decisions ...MessageDecision) error {
	return p.edit(ctx, by, id, func(f *file) error {
		for _, d := range decisions {
			if _, known := f.Decisions[d.Message]; !known {
				return store.ErrNotFound
			}
			if err := d.check(p.Now()); err != nil {
				return err
			}
			f.Decisions[d.Message] = d
		}
		return nil
	})
}

func (p *Privacy) edit(ctx context.Context, by account.Agent, id store.JobID, change func(f *file) error) error {
	if err := allowed(by, account.FindPersons); err != nil {
		return err
	}
	f, job, err := p.job(id)
	if err != nil {
		return err
	}
	if job.State != store.JobPlanned {
		return ErrTooLate
	}
	e := p.Log.By(by, audit.Change)
	e.Object = jobObject(id)
	if err := p.Log.Record(ctx, e); err != nil {
		return err
	}
	if err := change(&f); err != nil {
		return err
	}
	return p.edited(id, f)
}

// edited saves what a job knows; a plan made before is void.
func (p *Privacy) edited(id store.JobID, f file) error {
	f.Plan = nil
	if err := p.saveFile(id, f); err != nil {
		return err
	}
	return p.updateJob(id, func(job *store.Job) error {
		job.PlanHash, job.Kind = "", store.JobFind
		return nil
	})
}

func (p *Privacy) updateJob(id store.JobID, change func(job *store.Job) error) error {
	return p.Store.Update(func(tx *store.Tx) error {
		job, err := store.Jobs.Get(tx, id)
		if err != nil {
			return err
		}
		if err := change(&job); err != nil {
			return err
		}
		return store.Jobs.Put(tx, id, job)
	})
}

// JobRow is a job in a list; no personal data.
type JobRow struct {
	ID store.JobID
	store.Job
	CreatedByName, ApprovedByName string
}

// Cancellable says whether [Privacy.Cancel] would end the job.
func (j JobRow) Cancellable() bool { return cancellable(j.Job) }

// Jobs lists jobs, newest first, for who may find persons or approve.
func (p *Privacy) Jobs(_ context.Context, by account.Agent) ([]JobRow, error) {
	if !account.MayDo(by, account.ApproveErase) {
		if err := allowed(by, account.FindPersons); err != nil {
			return nil, err
		}
	}
	var rows []JobRow
	err := p.Store.View(func(tx *store.Tx) error {
		rows = rows[:0]
		for id, job := range store.Jobs.All(tx) {
			rows = append(rows, JobRow{id, job, agentName(tx, job.CreatedBy), agentName(tx, job.ApprovedBy)})
		}
		return nil
	})
	slices.Reverse(rows)
	return rows, err
}

func agentName(tx *store.Tx, id store.AgentID) string {
	agent, err := store.Agents.Get(tx, id)
	if err != nil {
		return ""
	}
	return agent.Name
}
