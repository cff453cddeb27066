package backup

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"postolka/ledger"
	"postolka/store"
)

func headOf(h ledger.Head) Head { return Head{h.N, h.Root.String()} }

// String is how a head is printed on receipts and mailed: entries and root.
func (h Head) String() string { return fmt.Sprintf("%d:%s", h.Entries, h.Root) }

// ParseHead reads what String wrote.
func ParseHead(text string) (Head, error) {
	n, root, _ := strings.Cut(strings.TrimSpace(text), ":")
	entries, err := strconv.ParseInt(n, 10, 64)
	if _, bad := tlog.ParseHash(root); bad != nil || err != nil || entries < 0 {
		return Head{}, errors.New("a ledger head is a number, a colon and a hash, as on the receipt")
	}
	return Head{entries, root}, nil
}

func (h Head) known() (ledger.Head, error) {
	root, err := tlog.ParseHash(h.Root)
	return ledger.Head{Origin: ledger.Origin, N: h.Entries, Root: root}, err
}

// readLedger reads and verifies the whole ledger against every signed statement
// about it: the manifests, and the head on paper. Only a written reason goes on
// over what does not fit, and then with the entries up to the fault.
func (r *restorer) readLedger(ctx context.Context) error {
	known, err := r.knownHeads()
	if err != nil {
		return err
	}
	bodies, head, err := ledger.VerifyObjects(r.id.Verifier, r.ledgerObjects(ctx), known...)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w: %w", ErrLedgerCut, err)
	}
	if errors.Is(err, ErrLedgerCut) && r.opt.Override != "" {
		r.problem("restored over a problem of the ledger, for the reason that was given: %v", err)
		bodies, head = r.readable(ctx)
		err = nil
	}
	r.bodies, r.report.Ledger, r.report.LedgerAt = bodies, headOf(head), head.At
	return err
}

// knownHeads collects what is known of the ledger from outside it.
func (r *restorer) knownHeads() (known []ledger.Head, err error) {
	heads := []Head{}
	for _, m := range r.all {
		heads = append(heads, m.Ledger)
	}
	if strings.HasPrefix(r.opt.Head, ledger.Origin) { // a signed head, as mailed
		h, err := ledger.OpenHead(r.id.Verifier, []byte(r.opt.Head))
		if err != nil {
			return nil, fmt.Errorf("the ledger head that was given: %w", err)
		}
		heads = append(heads, headOf(h))
	} else if r.opt.Head != "" {
		h, err := ParseHead(r.opt.Head)
		if err != nil {
			return nil, err
		}
		heads = append(heads, h)
	}
	for _, h := range heads {
		k, err := h.known()
		if err != nil {
			return nil, fmt.Errorf("%w: ledger head of a manifest", ErrDamaged)
		}
		known = append(known, k)
	}
	return known, nil
}

func (r *restorer) ledgerObjects(ctx context.Context) iter.Seq2[ledger.Object, error] {
	return func(yield func(ledger.Object, error) bool) {
		listed, err := r.target.List(ctx, ledgerFolder)
		if err != nil {
			yield(ledger.Object{}, fmt.Errorf("list the ledger: %w", err))
			return
		}
		for _, o := range listed {
			signed, err := readAll(ctx, r.target, o.Name)
			if !yield(ledger.Object{Name: o.Name, Signed: signed}, err) {
				return
			}
		}
	}
}

// readable is the longest good beginning of a ledger that isn't whole.
func (r *restorer) readable(ctx context.Context) (bodies []ledger.Body, head ledger.Head) {
	var good []ledger.Object
	head.Origin = ledger.Origin
	for o, err := range r.ledgerObjects(ctx) {
		if err != nil {
			break
		}
		good = append(good, o)
	}
	for n := len(good); n > 0; n-- {
		b, h, err := ledger.VerifyObjects(r.id.Verifier, func(yield func(ledger.Object, error) bool) {
			for _, o := range good[:n] {
				if !yield(o, nil) {
					return
				}
			}
		})
		if err == nil {
			return b, h
		}
	}
	return nil, head
}

// replay applies every entry to the restored records, also those older than
// the snapshot: an erasure may have been under way when it was made.
func (r *restorer) replay(ctx context.Context) error {
	before, err := r.living()
	if err != nil {
		return err
	}
	people, err := r.people()
	if err != nil {
		return err
	}
	l, err := ledger.Open(r.store)
	if err != nil {
		return err
	}
	for _, body := range r.bodies {
		// No content lies in a volume yet: what goes is left out by unpackAll.
		err := r.store.Update(func(tx *store.Tx) error {
			_, err := l.Replay(tx, body)
			return err
		})
		if err != nil {
			return fmt.Errorf("replay: %w", err)
		}
		r.report.Replayed++
	}
	after, err := r.living()
	r.report.Refused = before - after
	if err != nil || after == before {
		return err
	}
	return r.dropOrphans(ctx, people)
}

// living counts messages that are not erased.
func (r *restorer) living() (n int, err error) {
	err = r.store.View(func(tx *store.Tx) error {
		for _, m := range store.Messages.All(tx) {
			if m.Erased.IsZero() {
				n++
			}
		}
		return nil
	})
	return n, err
}
