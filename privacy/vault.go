package privacy

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"postolka/match"
	"postolka/store"
)

// file is what a job knows about a person. It exists only encrypted, in jobs/ID,
// under a key of its own in jobs/ID.key: destroying the key destroys it, also
// where a disk keeps old blocks.
type file struct {
	Selectors []match.Identifier
	Purpose   string
	Finding   Finding
	News      News
	Related   []Related
	Decisions map[store.MessageID]MessageDecision
	Plan      *details
	Progress  []StepReport
	// Pending are targets in mailboxes whose server could not be asked, or did not
	// let go of them.
	Pending  map[store.MailboxID]json.RawMessage
	Policy   SnapshotPolicy
	LastDate time.Time // when the last older snapshot is gone
}

func (p *Privacy) jobPath(id store.JobID) string {
	return filepath.Join(p.Store.Dir(), jobsDir, strconv.FormatUint(uint64(id), 10))
}

// saveFile writes a job's file anew; its key is made with it the first time.
func (p *Privacy) saveFile(id store.JobID, f file) error {
	plain, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode job %d: %w", id, err)
	}
	path := p.jobPath(id)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("job %d: %w", id, err)
	}
	key, err := p.jobKey(id)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, chacha20poly1305.KeySize)
		rand.Read(key)
		err = writeSynced(path+".key", p.Store.Keys().Seal(keyLabel(id), key))
	}
	if err != nil {
		return fmt.Errorf("key of job %d: %w", id, err)
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	rand.Read(nonce)
	return writeSynced(path, aead.Seal(nonce, nonce, plain, nil))
}

func keyLabel(id store.JobID) string { return "job " + strconv.FormatUint(uint64(id), 10) }

func (p *Privacy) jobKey(id store.JobID) ([]byte, error) {
	sealed, err := os.ReadFile(p.jobPath(id) + ".key")
	if err != nil {
		return nil, err
	}
	return p.Store.Keys().Unseal(keyLabel(id), sealed)
}

// loadFile reads a job's file; store.ErrNotFound when it was destroyed.
func (p *Privacy) loadFile(id store.JobID) (file, error) {
	var f file
	key, err := p.jobKey(id)
	if errors.Is(err, fs.ErrNotExist) {
		return f, store.ErrNotFound
	}
	if err != nil {
		return f, fmt.Errorf("key of job %d: %w", id, err)
	}
	sealed, err := os.ReadFile(p.jobPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		return f, store.ErrNotFound
	}
	if err != nil {
		return f, fmt.Errorf("job %d: %w", id, err)
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return f, err
	}
	if len(sealed) < aead.NonceSize() {
		return f, fmt.Errorf("job %d: file is cut short", id)
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], nil)
	if err != nil {
		return f, fmt.Errorf("job %d: file does not open", id)
	}
	if err := json.Unmarshal(plain, &f); err != nil {
		return f, fmt.Errorf("job %d: file can't be read", id)
	}
	if f.Decisions == nil {
		f.Decisions = map[store.MessageID]MessageDecision{}
	}
	return f, nil
}

// destroyFile ends what a job knows: first the key, then the rest.
func (p *Privacy) destroyFile(id store.JobID) error {
	for _, path := range []string{p.jobPath(id) + ".key", p.jobPath(id)} {
		if err := shred(path); err != nil {
			return fmt.Errorf("destroy job %d: %w", id, err)
		}
	}
	return nil
}

// shred overwrites a file with zeros, where the file system does that in place,
// and removes it. A missing file is fine.
func shred(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = zero(f)
	return errors.Join(err, f.Close(), os.Remove(path))
}

func zero(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	blank := make([]byte, 64<<10)
	for left := info.Size(); left > 0; {
		n, err := f.Write(blank[:min(left, int64(len(blank)))])
		if err != nil {
			return err
		}
		left -= int64(n)
	}
	return f.Sync()
}

// writeSynced replaces a file whole: a crash leaves the old or the new one.
func writeSynced(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// tidyVault destroys files whose job is over or never was, and half-written ones.
func (p *Privacy) tidyVault() error {
	entries, err := os.ReadDir(filepath.Join(p.Store.Dir(), jobsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		keep, err := p.jobLives(e.Name())
		if err != nil {
			return err
		}
		if keep {
			continue
		}
		if err := shred(filepath.Join(p.Store.Dir(), jobsDir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (p *Privacy) jobLives(name string) (lives bool, err error) {
	n, err := strconv.ParseUint(trimKey(name), 10, 64)
	if err != nil {
		return false, nil // half-written
	}
	err = p.Store.View(func(tx *store.Tx) error {
		job, err := store.Jobs.Get(tx, store.JobID(n))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		lives = err == nil && job.State != store.JobDone && job.State != store.JobCancelled
		return err
	})
	return lives, err
}

func trimKey(name string) string {
	if ext := filepath.Ext(name); ext == ".key" {
		return name[:len(name)-len(ext)]
	}
	return name
}

// StepReport counts what one step of a job did.
type StepReport struct {
	Name   string           `json:"name"`
	At     time.Time        `json:"at"`
	Counts map[string]int64 `json:"counts"`
}
