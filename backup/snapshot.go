package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"postolka/store"
)

// Result of a snapshot.
type Result struct {
	Snapshot      string  `json:"snapshot"`
	BytesWritten  int64   `json:"bytes_written"`
	BytesReferred int64   `json:"bytes_referred"`
	Proven        bool    `json:"proven"`
	Seconds       float64 `json:"seconds"`
}

// errLedgerMoved: an erasure began while the snapshot was made.
var errLedgerMoved = errors.New("an erasure began while the snapshot was made")

// attempts to catch a moment without an erasure.
const attempts = 5

// Snapshot writes what is new, proves it, and only then lets a manifest exist.
// A failed or interrupted one leaves no snapshot; packs that were proven stay
// and serve the next. progress (may be nil) counts messages. Errors:
// ErrNoRecipient, ErrTargetEmpty, ErrForeign, ErrDamaged with the object's name.
func (b *Backup) Snapshot(ctx context.Context, progress func(done, total int64)) (Result, error) {
	unlock, err := b.lock(ctx)
	if err != nil {
		return Result{}, err
	}
	defer unlock()
	if progress == nil {
		progress = func(done, total int64) {}
	}
	began := b.now()
	result, err := b.snapshot(ctx, began, progress)
	if err != nil && !errors.Is(err, ErrNoRecipient) {
		b.log.Error("snapshot failed", "err", err)
		err = errors.Join(err, b.recordFailure(began, err))
	}
	return result, err
}

func (b *Backup) snapshot(ctx context.Context, began time.Time, progress func(done, total int64)) (Result, error) {
	w, err := b.newWriter(progress)
	if err != nil {
		return Result{}, err
	}
	if err := b.claim(ctx); err != nil {
		return Result{}, err
	}
	if err := b.mendPacks(ctx, w.recipients); err != nil {
		return Result{}, err
	}
	for range attempts {
		if err = w.write(ctx, began); !errors.Is(err, errLedgerMoved) {
			break
		}
	}
	if err != nil {
		return Result{}, err
	}
	w.result.Proven, w.result.Seconds = true, b.now().Sub(began).Seconds()
	b.log.Info("snapshot proven", "messages", w.manifest.Messages, "packs", len(w.manifest.Packs),
		"written", w.result.BytesWritten, "referred", w.result.BytesReferred)
	return w.result, w.record(began)
}

// writer makes one snapshot.
type writer struct {
	*Backup
	recipients [32]byte
	to         []age.Recipient
	once       []age.Identity // opens what this writer wrote; forgotten with it
	manifest   Manifest
	sum        Sum                      // of the manifest's signed text
	fresh      map[string]bool          // packs written by this one
	unsaved    []string                 // objects to remove when it fails
	missing    map[store.MessageID]bool // their content can't be read
	progress   func(done, total int64)
	result     Result
}

func (b *Backup) newWriter(progress func(done, total int64)) (*writer, error) {
	recipients := b.Recipients()
	secret, to, err := once(recipients)
	if err != nil {
		return nil, err
	}
	return &writer{Backup: b, recipients: recipientsSum(recipients), to: to, once: []age.Identity{secret},
		fresh: map[string]bool{}, missing: map[store.MessageID]bool{}, progress: progress}, nil
}

// write is one attempt. The order matters: packs before the records that need
// them, the ledger's head before the records it covers, the manifest last.
func (w *writer) write(ctx context.Context, at time.Time) (err error) {
	defer func() { err = errors.Join(err, w.cleanUp(ctx, err)) }()
	w.unsaved = nil
	steps := []func(context.Context) error{
		w.beat, w.packNew, w.takeHead, w.copyRecords, w.packNew, w.sealKeys,
		w.checkHead, w.listPacks, w.prove, w.sealManifest,
	}
	w.manifest = Manifest{At: at.UTC(), Version: w.Version}
	for i, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
		testOnlyStep(i)
	}
	return nil
}

// testOnlyStep lets a crash test end the process between two steps.
var testOnlyStep = func(step int) {}

// cleanUp removes the objects of an attempt that came to nothing, also when ctx ended.
func (w *writer) cleanUp(ctx context.Context, failed error) error {
	if failed == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var errs []error
	for _, name := range slices.Backward(w.unsaved) { // the manifest first
		errs = append(errs, w.target.Delete(ctx, name))
	}
	return errors.Join(errs...)
}

func (w *writer) seal(ctx context.Context, folder string, write func(io.Writer) error) (Sealed, error) {
	name := randomName(folder, sealedSuffix)
	w.unsaved = append(w.unsaved, name)
	o, err := seal(ctx, w.target, name, w.to, write)
	w.result.BytesWritten += o.Bytes
	return o, err
}

// copyRecords writes postolka.db of one moment; the store makes a local copy
// first, so no read transaction waits for the target.
func (w *writer) copyRecords(ctx context.Context) (err error) {
	w.manifest.Records, err = w.seal(ctx, recordsFolder, func(out io.Writer) error {
		zip, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return err
		}
		return errors.Join(w.store.CopyRecords(ctx, zip), zip.Close())
	})
	return err
}

func (w *writer) sealKeys(ctx context.Context) error {
	keys, err := w.store.Keys().Export()
	if err != nil {
		return fmt.Errorf("export the keys: %w", err)
	}
	w.manifest.Keys, err = w.seal(ctx, keysFolder, func(out io.Writer) error {
		_, err := out.Write(keys)
		return err
	})
	return err
}

// takeHead notes the ledger and the log before the records are copied.
func (w *writer) takeHead(ctx context.Context) error {
	head, err := w.ledger.Head()
	if w.manifest.Ledger = headOf(head); err != nil || w.LogCheckpoint == nil {
		return err
	}
	checkpoint, err := w.LogCheckpoint(ctx)
	w.manifest.LogCheckpoint = string(checkpoint)
	return err
}

// checkHead refuses a snapshot that an erasure overtook: its records may hold what is being erased.
func (w *writer) checkHead(context.Context) error {
	head, err := w.ledger.Head()
	if err == nil && headOf(head) != w.manifest.Ledger {
		err = errLedgerMoved
	}
	return err
}

// listPacks names every pack that new snapshots refer to.
func (w *writer) listPacks(context.Context) error {
	next, err := w.store.ReserveMessageIDs(1)
	if err != nil {
		return err
	}
	w.manifest.NextMessage = next
	w.result.BytesReferred = 0
	return w.store.View(func(tx *store.Tx) error {
		for _, p := range store.Packs.All(tx) {
			if !current(p) {
				continue
			}
			have := contents(p.Contents)
			w.manifest.Packs = append(w.manifest.Packs, PackOf{sealedPack(p), have.sum(), have.ids()})
			if !w.fresh[p.Object] {
				w.result.BytesReferred += p.Bytes
			}
		}
		return nil
	})
}

// current says that new snapshots refer to a pack.
func current(p store.Pack) bool { return p.RetiredAt.IsZero() && !p.Replaced && p.Deleted.IsZero() }

func sealedPack(p store.Pack) Sealed { return Sealed{p.Object, p.Bytes, p.Cipher, p.Plain} }

// sealManifest makes the snapshot exist: envelope first, then the manifest,
// which is read back like all the rest.
func (w *writer) sealManifest(ctx context.Context) error {
	w.manifest.Name = randomName(manifestFolder, sealedSuffix)
	w.manifest.Previous = w.lastSum()
	text, err := sign("manifest", w.manifest, w.store.Keys().Signer())
	if err != nil {
		return err
	}
	cipher, stored, err := sealText(w.manifest.Name, text, w.to)
	if err != nil {
		return err
	}
	envelope, err := sign("envelope", envelopeOf(w.manifest, stored), w.store.Keys().Signer())
	if err != nil {
		return err
	}
	w.unsaved = append(w.unsaved, envelopeName(w.manifest.Name), w.manifest.Name)
	for _, o := range []struct {
		name    string
		content []byte
	}{{envelopeName(w.manifest.Name), envelope}, {w.manifest.Name, cipher}} {
		n, err := w.target.Put(ctx, o.name, bytes.NewReader(o.content))
		if err != nil {
			return fmt.Errorf("write snapshot object %s: %w", o.name, err)
		}
		w.result.BytesWritten += n
	}
	w.sum, w.result.Snapshot = sumOf(text), w.manifest.Name
	return w.proveManifest(ctx, text)
}

// lastSum chains manifests.
func (w *writer) lastSum() (sum Sum) {
	w.store.View(func(tx *store.Tx) error {
		for _, s := range store.Snapshots.All(tx) {
			if s.Name != "" {
				sum = s.ManifestSHA256
			}
		}
		return nil
	})
	return sum
}

// record makes the snapshot known to pages and commands.
func (w *writer) record(began time.Time) error {
	s := store.Snapshot{Name: w.manifest.Name, At: began.UTC(), Bytes: w.result.BytesWritten,
		Referred: w.result.BytesReferred, Messages: w.manifest.Messages, ProvenAt: w.now().UTC(),
		Seconds: w.result.Seconds, ManifestSHA256: w.sum}
	if n := len(w.missing); n > 0 {
		s.Error = fmt.Sprintf("%d messages have no readable content here: see postolka doctor", n)
	}
	return w.store.Update(func(tx *store.Tx) error {
		_, err := store.Snapshots.Insert(tx, s)
		return err
	})
}

// recordFailure shows a failed snapshot where the good ones are shown.
func (b *Backup) recordFailure(began time.Time, failed error) error {
	return b.store.Update(func(tx *store.Tx) error {
		_, err := store.Snapshots.Insert(tx, store.Snapshot{At: began.UTC(), Error: failed.Error(),
			Seconds: b.now().Sub(began).Seconds()})
		return err
	})
}
