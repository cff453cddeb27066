package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"postolka/store"
)

// What is proven when a snapshot is made: each new pack (provePack), the
// records, the keys and the manifest are read back from the target, decrypted
// with the identity in memory, compared and opened. Packs of earlier snapshots
// were proven when they were written; ReadBack compares their stored bytes.

// recordBytes bounds what an object of records unpacks to.
const recordBytes = 1 << 40

// prove restores records and keys to a temporary place, opens them, reads every
// row and looks for each message in the packs of the manifest.
func (w *writer) prove(ctx context.Context) error {
	dir, err := os.MkdirTemp(filepath.Join(w.store.Dir(), "tmp"), "proof-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := fetchRecords(ctx, w.target, w.manifest.Records, w.once, dir); err != nil {
		return err
	}
	if err := fetchKeys(ctx, w.target, w.manifest.Keys, w.once, dir); err != nil {
		return err
	}
	return w.checkCopy(ctx, dir)
}

// fetchKeys writes the keys' object to dir/keys.
func fetchKeys(ctx context.Context, t Target, o Sealed, ids []age.Identity, dir string) error {
	var keys []byte
	err := unseal(ctx, t, o, ids, func(in io.Reader) (err error) {
		keys, err = io.ReadAll(io.LimitReader(in, documentBytes))
		return err
	})
	if err != nil {
		return err
	}
	if err := store.ImportKeys(dir, keys); err != nil {
		return fmt.Errorf("restore the keys: %w", err)
	}
	return nil
}

// fetchRecords writes the records' object to dir as postolka.db.
func fetchRecords(ctx context.Context, t Target, o Sealed, ids []age.Identity, dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, "postolka.db"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	err = unseal(ctx, t, o, ids, func(r io.Reader) error {
		zip, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return err
		}
		defer zip.Close()
		if _, err := io.Copy(f, io.LimitReader(zip, recordBytes)); err != nil {
			return fmt.Errorf("unpack the records: %w", err)
		}
		return nil
	})
	return errors.Join(err, f.Sync(), f.Close())
}

// checkCopy opens a restored copy as a start does and looks for each of its
// messages in the packs.
func (w *writer) checkCopy(ctx context.Context, dir string) error {
	s, err := store.Open(ctx, dir, store.Options{})
	if err != nil {
		return fmt.Errorf("open the records read back: %w", err)
	}
	defer s.Close()
	problems, err := s.CheckRecords(ctx)
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("%w: the records read back have %d problems, the first: %s", ErrDamaged, len(problems), problems[0])
	}
	if err != nil {
		return err
	}
	var uncovered int
	w.manifest.Messages, uncovered, err = covered(s, w.manifest.Packs)
	if err == nil && uncovered > len(w.missing) {
		err = fmt.Errorf("%w: the records know %d messages that no pack holds", ErrDamaged, uncovered-len(w.missing))
	}
	return err
}

// covered counts messages, and those that no pack holds.
func covered(s *store.Store, packs []PackOf) (messages int64, uncovered int, err error) {
	in := map[store.MessageID]bool{}
	for _, p := range packs {
		for _, run := range p.Messages {
			for id := run[0]; id <= run[1]; id++ {
				in[id] = true
			}
		}
	}
	err = s.View(func(tx *store.Tx) error {
		for id, m := range store.Messages.All(tx) {
			if !m.Erased.IsZero() {
				continue
			}
			messages++
			if !in[id] {
				uncovered++
			}
		}
		return nil
	})
	return messages, uncovered, err
}

// proveManifest opens the manifest as a restore does.
func (w *writer) proveManifest(ctx context.Context, want []byte) error {
	id := Identity{identities: w.once, verifiers: w.verifiers()}
	_, got, err := readManifest(ctx, w.target, w.manifest.Name, id)
	if err == nil && !bytes.Equal(got, want) {
		err = damaged(w.manifest.Name, "another manifest came back than was written")
	}
	if err != nil {
		return err
	}
	_, err = readEnvelope(ctx, w.target, w.manifest.Name, w.verifiers())
	return err
}
