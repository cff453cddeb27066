package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"postolka/ledger"
	"postolka/store"
)

var (
	// ErrNoSnapshot: there is none at the target, or none so old.
	ErrNoSnapshot = errors.New("no snapshot to restore")
	// ErrNotEmpty: restore never writes over a desk.
	ErrNotEmpty = errors.New("folder is not empty: a restore needs one of its own")
)

// DrillReport of a drill or restore.
type DrillReport struct {
	Snapshot string    `json:"snapshot"`
	At       time.Time `json:"at"`        // of the snapshot
	LedgerAt time.Time `json:"ledger_at"` // of its newest entry: there is one a day
	Ledger   Head      `json:"ledger"`
	Messages int       `json:"messages"`
	Replayed int       `json:"replayed"` // ledger entries applied
	Refused  int       `json:"refused"`  // messages kept out because they were erased
	Problems []string  `json:"problems"`
	Seconds  float64   `json:"seconds"`
	// LogCheckpoint is the access log's signed head at the snapshot, for audit verify.
	LogCheckpoint string `json:"log_checkpoint"`
}

// RestoreOptions of Restore.
type RestoreOptions struct {
	At       time.Time // newest snapshot not after; zero: newest
	Head     string    // ledger head the owner has on paper, as Head.String; empty: not compared
	Override string    // written reason to go on over a problem of ledger or manifest
	Progress func(done, total int64)
}

// Restore builds DATA at dir from the snapshots at t with the owner's identity
// file. dir must be empty, or what an interrupted restore left. While it works,
// and when it fails, the file restoring keeps the desk closed: the ledger is
// replayed before a message is written, so nothing erased comes back, and the
// mark goes only after store.Check. The index is rebuilt at the first start.
// Errors: ErrNoIdentity, ErrNoVerifier, ErrWrongIdentity, ErrForeign,
// ErrLedgerCut, ErrDamaged with the object's name, ErrNoSnapshot, ErrNotEmpty.
func Restore(ctx context.Context, t Target, identityFile []byte, dir string, opt RestoreOptions) (DrillReport, error) {
	id, err := ParseIdentity(identityFile)
	if err != nil {
		return DrillReport{}, err
	}
	if opt.Progress == nil {
		opt.Progress = func(done, total int64) {}
	}
	began := time.Now()
	r := &restorer{target: t, id: id, dir: dir, opt: opt, written: map[store.MessageID]bool{}, report: DrillReport{Problems: []string{}}}
	err = r.run(ctx)
	r.report.Seconds = time.Since(began).Seconds()
	return r.report, err
}

type restorer struct {
	target   Target
	id       Identity
	dir      string
	opt      RestoreOptions
	manifest Manifest
	all      []verified    // every manifest that this identity opens, oldest first
	bodies   []ledger.Body // in order
	store    *store.Store
	written  map[store.MessageID]bool // contents that came back
	report   DrillReport
}

type verified struct {
	Manifest
	sum Sum
}

func (r *restorer) run(ctx context.Context) (err error) {
	// What decides whether this set may be restored comes before the first byte is written.
	for _, step := range []func(context.Context) error{r.choose, r.readLedger, r.prepare, r.fetchAll} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if r.store, err = store.Open(ctx, r.dir, store.Options{Restoring: true}); err != nil {
		return fmt.Errorf("open the restored records: %w", err)
	}
	for _, step := range []func(context.Context) error{r.replay, r.unpackAll, r.markMissing, r.settle, r.check} {
		if err := step(ctx); err != nil {
			return errors.Join(err, r.store.Close())
		}
	}
	if err := r.store.Close(); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(r.dir, store.RestoringMark)); err != nil {
		return err
	}
	return syncFolder(r.dir)
}

func (r *restorer) problem(format string, args ...any) {
	r.report.Problems = append(r.report.Problems, fmt.Sprintf(format, args...))
}

// choose finds the newest manifest not after the wanted time.
func (r *restorer) choose(ctx context.Context) error {
	listed, err := r.target.List(ctx, manifestFolder)
	if err != nil {
		return fmt.Errorf("list the snapshots: %w", err)
	}
	if err := r.signpost(ctx); err != nil {
		r.problem("%v", err)
	}
	var refused []error
	for _, o := range listed {
		if !strings.HasSuffix(o.Name, sealedSuffix) {
			continue
		}
		if err := r.readOne(ctx, o.Name); err != nil {
			refused = append(refused, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	slices.SortFunc(r.all, func(a, b verified) int { return a.At.Compare(b.At) })
	for _, m := range r.all {
		if r.wanted(m.At) {
			r.manifest = m.Manifest
		}
	}
	r.report.Snapshot, r.report.At, r.report.LogCheckpoint = r.manifest.Name, r.manifest.At, r.manifest.LogCheckpoint
	return r.judge(ctx, refused)
}

// signpost checks the note that says whose snapshots these are. The manifests
// prove themselves, so a changed note is only reported.
func (r *restorer) signpost(ctx context.Context) error {
	text, err := readAll(ctx, r.target, instanceObject)
	if errors.Is(err, ErrNoObject) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := verify("instance", text, r.id.verifiers, new(instance)); err != nil {
		return fmt.Errorf("%s: %w", instanceObject, err)
	}
	return nil
}

func (r *restorer) wanted(at time.Time) bool { return r.opt.At.IsZero() || !at.After(r.opt.At) }

func (r *restorer) readOne(ctx context.Context, name string) error {
	m, text, err := readManifest(ctx, r.target, name, r.id)
	if err == nil {
		r.all = append(r.all, verified{m, sumOf(text)})
		if _, err := readEnvelope(ctx, r.target, name, r.id.verifiers); err != nil {
			r.problem("%v", err) // the manifest itself is whole: nothing is missing
		}
		return nil
	}
	// A changed byte in age's header looks like a foreign key: the envelope knows.
	e, envelopeErr := readEnvelope(ctx, r.target, name, r.id.verifiers)
	if envelopeErr == nil {
		if back := readBack(ctx, r.target, e.Manifest); errors.Is(back, ErrDamaged) {
			err = back
		}
		if !r.wanted(e.At) {
			err = &laterError{err}
		}
	}
	return err
}

// laterError is a manifest that nobody asked for.
type laterError struct{ error }

func (e *laterError) Unwrap() error { return e.error }

// judge weighs the manifests that could not be used: one that is damaged, and
// may be the newest, stops the restore rather than silently giving an older state.
func (r *restorer) judge(_ context.Context, refused []error) error {
	rank := func(err error) int {
		switch {
		case errors.Is(err, ErrDamaged):
			return 0
		case errors.Is(err, ErrForeign):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(refused, func(a, b error) int { return cmp.Compare(rank(a), rank(b)) })
	if r.manifest.Name == "" {
		if len(refused) > 0 {
			return refused[0]
		}
		return ErrNoSnapshot
	}
	for _, err := range refused {
		_, later := errors.AsType[*laterError](err)
		if errors.Is(err, ErrDamaged) && !later && r.opt.Override == "" {
			return fmt.Errorf("%w (to restore an older snapshot, give its time or a reason)", err)
		}
		r.problem("not used: %v", err)
	}
	return nil
}

// prepare makes the folder and marks it before anything lies in it.
func (r *restorer) prepare(context.Context) error {
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return err
	}
	mark := filepath.Join(r.dir, store.RestoringMark)
	if _, err := os.Stat(mark); len(entries) > 0 && err != nil {
		return fmt.Errorf("%s: %w", r.dir, ErrNotEmpty)
	}
	for _, e := range entries {
		if e.Name() == store.RestoringMark {
			continue
		}
		if err := os.RemoveAll(filepath.Join(r.dir, e.Name())); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(mark, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close(), syncFolder(r.dir))
}

// fetchAll brings records and keys.
func (r *restorer) fetchAll(ctx context.Context) error {
	if err := fetchRecords(ctx, r.target, r.manifest.Records, r.id.identities, r.dir); err != nil {
		return err
	}
	return fetchKeys(ctx, r.target, r.manifest.Keys, r.id.identities, r.dir)
}

// check reads everything once more before the mark goes.
func (r *restorer) check(ctx context.Context) error {
	if _, err := r.store.Scrub(ctx); err != nil {
		return fmt.Errorf("scrub the restored files: %w", err)
	}
	problems, err := r.store.Check(ctx)
	if err != nil {
		return fmt.Errorf("check the restored files: %w", err)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%w: the restored files do not fit together: %d problems, the first: %s", ErrDamaged, len(problems), problems[0])
	}
	return nil
}
