package privacy

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/store"
)

// Receipt says what was done; it holds no personal data. Signature is the whole
// statement as a signed note (C2SP), which anyone with the instance's verifier
// key can check.
type Receipt struct {
	Job        store.JobID   `json:"job"`
	Plan       string        `json:"plan"`
	At         time.Time     `json:"at"`
	By         store.AgentID `json:"by"` // 0: the command line of the host, or the program itself
	ApprovedBy store.AgentID `json:"approved_by"`
	Erased     int           `json:"erased"`
	Redacted   int           `json:"redacted"`
	Kept       int           `json:"kept"`
	KeptFor    []Kept        `json:"kept_for,omitempty"`
	Steps      []StepReport  `json:"steps"`
	// Snapshots is the policy that was followed; SnapshotsUntil is when the last
	// older snapshot with records of it is gone, zero: none is left.
	Snapshots      SnapshotPolicy `json:"snapshots,omitzero"`
	SnapshotsUntil time.Time      `json:"snapshots_until,omitzero"`
	// Disk says whether overwritten blocks were in our hands; where not, what was
	// deleted is gone with the key of an encrypted disk only.
	Disk store.Disk `json:"disk,omitzero"`
	// Looks are the parts that no program could read when the person was found.
	Looks     *LookCounts `json:"looks,omitempty"`
	Signature string      `json:"signature,omitempty"`
}

// Kept counts messages that were kept for the same reason until the same day.
type Kept struct {
	Reason   string `json:"reason"` // of KeepReasons; "hold": a hold forbids their erasure, they are restricted
	Until    string `json:"until"`  // 2006-01-02; someone looks at them again
	Messages int    `json:"messages"`
}

func (d details) keptFor() (all []Kept) {
	for _, it := range append(d.with(KeepIt), d.with(holdIt)...) {
		same := slices.IndexFunc(all, func(k Kept) bool { return k.Reason == it.Reason && k.Until == it.Until })
		if same < 0 {
			same, all = len(all), append(all, Kept{Reason: it.Reason, Until: it.Until})
		}
		all[same].Messages++
	}
	return all
}

// receipt is the last step: the statement is signed and stored, the job is done,
// and what it knew about the person is destroyed.
func (p *Privacy) receipt(_ context.Context, r *erasure) (map[string]int64, error) {
	sum := r.file.Plan.sum()
	done := Receipt{
		Job: r.id, Plan: r.job.PlanHash, At: p.Now().UTC().Truncate(time.Second), By: r.job.CreatedBy, ApprovedBy: r.job.ApprovedBy,
		Erased: sum.Erase, Redacted: sum.Redact, Kept: sum.Keep, KeptFor: r.file.Plan.keptFor(), Steps: r.file.Progress, Snapshots: r.file.Policy, SnapshotsUntil: r.file.LastDate,
		Disk: store.DiskOf(p.Store.Dir()),
	}
	if looks := r.file.Finding.Complete.Looks(); looks.Parts > 0 {
		done.Looks = &looks
	}
	body, err := json.Marshal(done)
	if err != nil {
		return nil, fmt.Errorf("encode receipt: %w", err)
	}
	signed, err := note.Sign(&note.Note{Text: string(body) + "\n"}, p.Store.Keys().Signer())
	if err != nil {
		return nil, fmt.Errorf("sign receipt: %w", err)
	}
	done.Signature = string(signed)
	if err := p.finish(r.id, store.Receipt{Job: r.id, At: done.At, JSON: body, Signature: done.Signature}); err != nil {
		return nil, err
	}
	r.done = &done
	p.Desk.Publish(desk.Event{Kind: "job", Job: r.id})
	return nil, p.destroyFile(r.id)
}

func (p *Privacy) finish(id store.JobID, receipt store.Receipt) error {
	return p.Store.Update(func(tx *store.Tx) error {
		job, err := store.Jobs.Get(tx, id)
		if err != nil {
			return err
		}
		job.State, job.Step, job.DoneAt, job.Error = store.JobDone, firstStep+len(p.steps()), receipt.At, ""
		if err := store.Jobs.Put(tx, id, job); err != nil {
			return err
		}
		_, err = store.Receipts.Insert(tx, receipt)
		return err
	})
}

// Receipts of all finished erasures, oldest first.
func (p *Privacy) Receipts(ctx context.Context, by account.Agent) ([]Receipt, error) {
	if err := p.mayReceipts(ctx, by, "receipts"); err != nil {
		return nil, err
	}
	all := []Receipt{}
	err := p.Store.View(func(tx *store.Tx) error {
		all = all[:0]
		for _, stored := range store.Receipts.All(tx) {
			r, err := readReceipt(stored)
			if err != nil {
				return err
			}
			all = append(all, r)
		}
		return nil
	})
	return all, err
}

func (p *Privacy) mayReceipts(ctx context.Context, by account.Agent, object string) error {
	if !account.MayDo(by, account.ApproveErase) {
		if err := allowed(by, account.FindPersons); err != nil {
			return err
		}
	}
	e := p.Log.By(by, audit.Opened)
	e.Object = object
	return p.Log.Record(ctx, e)
}

func readReceipt(stored store.Receipt) (r Receipt, err error) {
	if err := json.Unmarshal(stored.JSON, &r); err != nil {
		return r, fmt.Errorf("receipt of job %d: %w", stored.Job, err)
	}
	r.Signature = stored.Signature
	return r, nil
}

// Receipt gives the receipt of a finished erasure and its signed note.
func (p *Privacy) Receipt(ctx context.Context, by account.Agent, id store.JobID) (Receipt, []byte, error) {
	if err := p.mayReceipts(ctx, by, jobObject(id)+" receipt"); err != nil {
		return Receipt{}, nil, err
	}
	var stored store.Receipt
	err := p.Store.View(func(tx *store.Tx) error {
		rid, ok := store.ReceiptByJob.First(tx, store.Key(id))
		if !ok {
			return store.ErrNotFound
		}
		var err error
		stored, err = store.Receipts.Get(tx, rid)
		return err
	})
	if err != nil {
		return Receipt{}, nil, err
	}
	r, err := readReceipt(stored)
	return r, []byte(stored.Signature), err
}
