package privacy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/ledger"
	"postolka/store"
)

// An erasure is these steps, in this order (DESIGN: plan and approval stand
// before them, the receipt is the last). Each may be done twice: a job that a
// crash interrupted runs its step again from the beginning.
func (p *Privacy) steps() []step {
	return []step{
		{"tombstones", p.tombstones},
		{"source", p.source},
		{"records", p.records},
		{"bytes", p.bytes},
		{"index", p.index},
		{"snapshots", p.snapshots},
		{"verify", p.verify},
		{"again", p.sourceAgain},
		{"receipt", p.receipt},
	}
}

// step does its part and counts what it did.
type step struct {
	name string
	do   func(ctx context.Context, r *erasure) (map[string]int64, error)
}

// firstStep is the step of a job that was approved: plan and approval are 1 and 2.
const firstStep = 3

// erasure is a job at work.
type erasure struct {
	id   store.JobID
	job  store.Job
	file file

	done *Receipt
}

func (r *erasure) erased() []item   { return r.file.Plan.with(EraseIt) }
func (r *erasure) redacted() []item { return r.file.Plan.with(RedactIt) }

// Run works an approved job to its end and gives the receipt. A failed step
// leaves the job where it was; Run again, or the next start, goes on from there.
func (p *Privacy) Run(ctx context.Context, id store.JobID, progress func(step string, done, total int)) (Receipt, error) {
	p.running.Lock()
	defer p.running.Unlock()
	if progress == nil {
		progress = func(string, int, int) {}
	}
	r := &erasure{id: id}
	var err error
	if r.file, r.job, err = p.job(id); err != nil {
		return Receipt{}, err
	}
	if r.file.Plan == nil || r.job.Step < firstStep {
		return Receipt{}, ErrPlanChanged
	}
	steps := p.steps()
	for at := r.job.Step; at < firstStep+len(steps); at++ {
		s := steps[at-firstStep]
		progress(s.name, at-firstStep, len(steps))
		if err := p.take(ctx, r, s, at); err != nil {
			return Receipt{}, errors.Join(err, p.halt(id, s.name, err))
		}
	}
	return *r.done, nil
}

// testOnlyStep lets a test end the process when a step has done its part and
// nothing notes it yet.
var testOnlyStep = func(string) {}

// take runs one step and notes that it is done.
func (p *Privacy) take(ctx context.Context, r *erasure, s step, at int) error {
	counts, err := s.do(ctx, r)
	if err != nil {
		return fmt.Errorf("job %d, step %s: %w", r.id, s.name, err)
	}
	testOnlyStep(s.name)
	if r.done != nil {
		return nil // the receipt ended the job
	}
	r.file.Progress = append(r.file.Progress, StepReport{s.name, p.Now().UTC().Truncate(time.Second), counts})
	if err := p.saveFile(r.id, r.file); err != nil {
		return err
	}
	p.Desk.Publish(desk.Event{Kind: "job", Job: r.id})
	return p.updateJob(r.id, func(job *store.Job) error {
		job.State, job.Step, job.Error = store.JobRunning, at+1, ""
		for _, name := range slices.Sorted(keysOf(counts)) {
			job.Counts = append(job.Counts, store.Count{Name: s.name + "." + name, N: counts[name]})
		}
		return nil
	})
}

func keysOf(m map[string]int64) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// halt notes where a job waits; the error itself may quote a server and stays out
// of the record. A plan that changed between approval and the first step is void:
// the job is a saved find again, to be decided or cancelled.
func (p *Privacy) halt(id store.JobID, step string, err error) error {
	return p.updateJob(id, func(job *store.Job) error {
		switch {
		case job.State == store.JobCancelled: // meanwhile
		case errors.Is(err, ErrPlanChanged):
			job.State, job.Step, job.PlanHash = store.JobPlanned, 0, ""
		default:
			job.State, job.Error = store.JobStopped, step
		}
		return nil
	})
}

// Resume goes on with every job that a crash or an error stopped, and destroys
// files of jobs that are over. At start, and when a mailbox can be reached again.
func (p *Privacy) Resume(ctx context.Context) error {
	if err := p.tidyVault(); err != nil {
		return fmt.Errorf("tidy jobs: %w", err)
	}
	var open []store.JobID
	err := p.Store.View(func(tx *store.Tx) error {
		open = open[:0]
		for _, state := range []store.JobState{store.JobApproved, store.JobRunning, store.JobStopped} {
			open = slices.AppendSeq(open, store.JobsByState.Prefix(tx, store.Key(uint8(state))))
		}
		return nil
	})
	for _, id := range open {
		if _, runErr := p.Run(ctx, id, nil); runErr != nil {
			err = errors.Join(err, runErr)
		}
	}
	return err
}

// tombstones writes the ledger entries in the transaction that checks once more
// that nothing changed, and goes on only when every target has them.
func (p *Privacy) tombstones(ctx context.Context, r *erasure) (map[string]int64, error) {
	if err := p.Store.Update(func(tx *store.Tx) error { return p.enter(tx, r) }); err != nil {
		return nil, err
	}
	if err := p.Snapshots.PublishLedger(ctx); err != nil {
		return nil, fmt.Errorf("publish the ledger: %w", err)
	}
	return map[string]int64{"messages": int64(len(r.erased()) + len(r.redacted()))}, nil
}

// enter is done once: a job that a crash stopped behind it goes on, whatever
// became of its plan since.
func (p *Privacy) enter(tx *store.Tx, r *erasure) error {
	job, err := store.Jobs.Get(tx, r.id)
	if err != nil || entered(job) {
		return err
	}
	if job.State == store.JobCancelled {
		return ErrPlanChanged
	}
	if err := p.unchanged(tx, r.file.Plan); err != nil {
		return err
	}
	if err := p.bury(tx, r.id, ledger.VerbTombstone, r.erased()); err != nil {
		return err
	}
	if err := p.bury(tx, r.id, ledger.VerbReplaceMessage, r.redacted()); err != nil {
		return err
	}
	if err := p.buryRecords(tx, r); err != nil {
		return err
	}
	if err := p.keep(tx, r); err != nil {
		return err
	}
	if err := p.oweErasure(tx, r); err != nil {
		return err
	}
	job.EnteredAt = p.Now().UTC()
	return store.Jobs.Put(tx, r.id, job)
}

// entered: the job's tombstones are in the ledger. One of an older version says so
// by its step.
func entered(job store.Job) bool { return !job.EnteredAt.IsZero() || job.Step > firstStep }

func cancellable(job store.Job) bool {
	return job.State != store.JobDone && job.State != store.JobCancelled && !entered(job)
}

// bury enters messages into the ledger, without those whose identity is refused already.
func (p *Privacy) bury(tx *store.Tx, job store.JobID, verb ledger.Verb, items []item) error {
	body := ledger.Body{Verb: verb, Job: job}
	for _, it := range items {
		m, err := store.Messages.Get(tx, it.Message)
		if err != nil {
			return err
		}
		if !ledger.Tombstoned(tx, m.Strict, [32]byte{}) {
			body.Tombstones = append(body.Tombstones, ledger.NewTombstone(it.Message, m.Strict, m.Loose))
		}
	}
	if len(body.Tombstones) == 0 {
		return nil
	}
	_, err := p.Ledger.Append(tx, body)
	return err
}

func (p *Privacy) buryRecords(tx *store.Tx, r *erasure) error {
	for _, it := range r.file.Plan.Records {
		body := ledger.Body{Verb: ledger.VerbBlankField, Job: r.id, Table: it.Table, ID: it.ID, Field: it.Field}
		if it.Field == "" {
			body.Verb = ledger.VerbEraseRow
		}
		if _, err := p.Ledger.Append(tx, body); err != nil {
			return err
		}
	}
	return nil
}

// keep holds what was decided to be kept until its day: the job forgets its
// decisions, and retention must not take before what somebody kept. What a hold
// keeps against the decision is restricted.
func (p *Privacy) keep(tx *store.Tx, r *erasure) error {
	for _, it := range r.file.Plan.with(KeepIt) {
		d := r.file.Decisions[it.Message]
		hold := store.Hold{Message: it.Message, Reason: d.Reason, ReviewAt: d.Until.UTC(), SetAt: p.Now().UTC(), SetBy: r.job.ApprovedBy}
		if _, err := store.Holds.Insert(tx, hold); err != nil {
			return err
		}
	}
	held := idsOf(r.file.Plan.with(holdIt))
	if len(held) == 0 {
		return nil
	}
	_, err := p.restrict(tx, account.Agent{ID: r.job.ApprovedBy}, groundHold, held)
	return err
}

// records reduces message records to placeholders, removes what belongs to them,
// clears the records of the plan, and computes derived fields again.
func (p *Privacy) records(ctx context.Context, r *erasure) (map[string]int64, error) {
	counts := map[string]int64{}
	if err := p.redactRecords(ctx, r, counts); err != nil {
		return nil, err
	}
	for batch := range slices.Chunk(idsOf(r.erased()), 200) {
		if err := p.eraseRecords(batch); err != nil {
			return nil, err
		}
		counts["messages"] += int64(len(batch))
	}
	err := p.Store.Update(func(tx *store.Tx) error { return p.clearRecords(tx, r.file) })
	if err != nil {
		return nil, err
	}
	counts["records"] = int64(len(r.file.Plan.Records))
	if counts["other_jobs"], err = p.otherJobs(r); err != nil {
		return nil, err
	}
	counts["exports"], err = p.dropExports(append(idsOf(r.erased()), idsOf(r.redacted())...))
	return counts, err
}

func (p *Privacy) eraseRecords(ids []store.MessageID) error {
	return p.Store.Update(func(tx *store.Tx) error {
		var touched []store.ConversationID
		for _, id := range ids {
			m, err := store.Messages.Get(tx, id)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			touched = append(touched, m.Conversation)
			if err := reduce(tx, id, m, p.Now().UTC()); err != nil {
				return err
			}
		}
		slices.Sort(touched)
		return p.Desk.Recompute(tx, slices.Compact(touched)...)
	})
}

// reduce leaves a placeholder: where in the thread something stood, and when.
func reduce(tx *store.Tx, id store.MessageID, m store.Message, now time.Time) error {
	placeholder := store.Message{
		Conversation: m.Conversation, Mailbox: m.Mailbox, Volume: m.Volume, Kind: m.Kind, Origin: m.Origin,
		Agent: m.Agent, ReceivedAt: m.ReceivedAt, Pack: m.Pack, Erased: now,
	}
	if err := store.Messages.Put(tx, id, placeholder); err != nil {
		return err
	}
	for _, source := range slices.Collect(store.SourcesByMessage.Prefix(tx, store.Key(id))) {
		if err := store.Sources.Delete(tx, source); err != nil {
			return err
		}
	}
	for _, absence := range slices.Collect(store.AbsencesByMessage.Prefix(tx, store.Key(id))) {
		if err := store.Absences.Delete(tx, absence); err != nil {
			return err
		}
	}
	for _, entry := range slices.Collect(store.OutboxByMessage.Prefix(tx, store.Key(id))) {
		if err := store.Outbox.Delete(tx, entry); err != nil {
			return err
		}
	}
	return nil
}

// clearRecords deletes rows and masks fields as the plan has them. A row that is
// gone already is fine.
func (p *Privacy) clearRecords(tx *store.Tx, f file) error {
	masker, err := newMasker(f.Selectors)
	if err != nil {
		return err
	}
	for _, it := range f.Plan.Records {
		switch {
		case it.Field == "":
			err = p.eraseRow(tx, it)
		case strings.HasSuffix(it.Field, "]"): // of a list, where a mask would be a datum of its own
			err = store.RewriteField(tx, it.Table, it.ID, it.Field, masker.blank)
		default:
			err = store.RewriteField(tx, it.Table, it.ID, it.Field, masker.mask)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("%s %d: %w", it.Table, it.ID, err)
		}
	}
	for _, it := range f.Plan.Records {
		if err := ledger.DropBlanks(tx, it.Table, it.ID); err != nil {
			return err
		}
	}
	return nil
}

// eraseRow lets go of a card first: what stays of its conversations makes a new
// one from the mail there is.
func (p *Privacy) eraseRow(tx *store.Tx, it recordItem) error {
	if it.Table != "customers" {
		return store.EraseRow(tx, it.Table, it.ID)
	}
	touched, err := ledger.EraseCard(tx, store.CustomerID(it.ID))
	if err != nil {
		return err
	}
	return p.Desk.Recompute(tx, touched...)
}

// dropExports deletes packages that hold one of the messages.
func (p *Privacy) dropExports(ids []store.MessageID) (dropped int64, err error) {
	var doomed map[store.ExportID]string
	err = p.Store.View(func(tx *store.Tx) error {
		doomed = map[store.ExportID]string{}
		for _, id := range ids {
			for export := range store.ExportsByMessage.Prefix(tx, store.Key(id)) {
				e, err := store.Exports.Get(tx, export)
				if err != nil {
					return err
				}
				doomed[export] = e.File
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for id, name := range doomed {
		if err := p.dropExport(id, name); err != nil {
			return dropped, err
		}
		dropped++
	}
	return dropped, nil
}

// bytes removes the contents and zeroes every free page.
func (p *Privacy) bytes(ctx context.Context, r *erasure) (map[string]int64, error) {
	ids := idsOf(r.erased())
	if err := p.Store.Remove(ctx, ids); err != nil {
		return nil, err
	}
	report, err := p.Store.Scrub(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]int64{
		"messages": int64(len(ids)), "files": int64(report.Files),
		"zeroed_pages": report.ZeroedPages, "compacted": int64(report.Compacted),
	}, nil
}

// index drops the messages' terms for good; redacted ones are indexed anew.
func (p *Privacy) index(ctx context.Context, r *erasure) (map[string]int64, error) {
	gone := append(idsOf(r.erased()), idsOf(r.redacted())...)
	if err := p.Index.Delete(ctx, gone); err != nil {
		return nil, err
	}
	if err := p.Desk.CatchUp(ctx, nil); err != nil {
		return nil, err
	}
	if err := p.Index.Purge(ctx); err != nil {
		return nil, err
	}
	return map[string]int64{"messages": int64(len(gone))}, nil
}

// snapshots writes the packs anew that hold one of the messages. The records of
// older snapshots, which can't be opened here, stay until rotation or go at once.
func (p *Privacy) snapshots(ctx context.Context, r *erasure) (map[string]int64, error) {
	gone := append(idsOf(r.erased()), idsOf(r.redacted())...)
	replaced, last, err := p.Snapshots.ReplacePacks(ctx, gone)
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{"packs": int64(replaced)}
	policy, err := p.SnapshotPolicy()
	if err != nil {
		return nil, err
	}
	if policy != Strict || r.job.Kind == store.JobRetention {
		r.file.Policy, r.file.LastDate = Rotate, last
		return counts, nil
	}
	r.file.Policy = Strict
	dropped, err := p.Snapshots.Renew(ctx)
	counts["dropped"] = int64(dropped)
	return counts, err
}
