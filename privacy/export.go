package privacy

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/match"
	"postolka/store"
)

// ExportOptions say what kind of package is made. The zero value: the answer to a
// request for access, in Czech, with all other people's data redacted.
type ExportOptions struct {
	Lang       string    // "cs" or "en"; empty: cs
	Portable   bool      // Art. 20: only what the person provided
	KeepOthers bool      // others' data (Art. 15(4)) stays as it is
	Keep       []string  // or only these of the proposed values stay
	Date       time.Time // of the letter and of the state it tells; zero: today
	// Recipients are age public keys, Passphrase a secret told by another way; with
	// one of them the package is an age file. Not both (age's own rule).
	Recipients []string
	Passphrase string
}

// Exported says what became of a package.
type Exported struct {
	ID       store.ExportID
	Messages int
	Records  int
	Redacted []Other    // whose data was taken out
	Withheld []Withheld // what is not in it, and why
	Letter   bool       // the letter under Art. 15 is in it
	Missing  []string   // points of the letter that nobody filled in yet, by their keys
}

const (
	exportKeep = 14 * 24 * time.Hour
	linkKeep   = 7 * 24 * time.Hour
)

// Export writes the package of everything that holds one of the selectors. What
// was handed out is noted, so that an erasure and the next letter know of it.
func (p *Privacy) Export(ctx context.Context, by account.Agent, sel []match.Identifier, opt ExportOptions, w io.Writer) (Exported, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return Exported{}, err
	}
	found, err := p.find(ctx, sel, FindOptions{})
	if err != nil {
		return Exported{}, err
	}
	if err := p.record(ctx, by, audit.Export, sel, opt.article(), messagesOf(found.Hits)); err != nil {
		return Exported{}, err
	}
	return p.handOut(ctx, 0, sel, found, opt, w)
}

// ExportSaved is Export of a saved person.
func (p *Privacy) ExportSaved(ctx context.Context, by account.Agent, id store.JobID, opt ExportOptions, w io.Writer) (Exported, error) {
	person, err := p.Person(ctx, by, id)
	if err != nil {
		return Exported{}, err
	}
	if err := p.record(ctx, by, audit.Export, person.Selectors, person.Purpose, messagesOf(person.Finding.Hits)); err != nil {
		return Exported{}, err
	}
	return p.handOut(ctx, id, person.Selectors, person.Finding, opt, w)
}

// handOut writes a package that doesn't stay here, and notes that it was made.
func (p *Privacy) handOut(ctx context.Context, job store.JobID, sel []match.Identifier, found Finding, opt ExportOptions, w io.Writer) (Exported, error) {
	done, err := p.pack(ctx, sel, found, opt, w)
	if err != nil {
		return done, err
	}
	done.ID, err = p.insertExport(store.Export{Job: job, Messages: messagesOf(found.Hits)})
	return done, err
}

// article is the purpose in the log.
func (o ExportOptions) article() string {
	if o.Portable {
		return "portability"
	}
	return "access"
}

// ExportPerson writes the package of a saved person into exports/. It deletes
// itself after 14 days, or when one of its messages is erased.
func (p *Privacy) ExportPerson(ctx context.Context, by account.Agent, id store.JobID, opt ExportOptions) (Exported, error) {
	person, err := p.Person(ctx, by, id)
	if err != nil {
		return Exported{}, err
	}
	if err := p.record(ctx, by, audit.Export, person.Selectors, person.Purpose, messagesOf(person.Finding.Hits)); err != nil {
		return Exported{}, err
	}
	return p.keepExport(ctx, id, person.Selectors, person.Finding, opt)
}

// ExportKept is Export into exports/, to be fetched by its link.
func (p *Privacy) ExportKept(ctx context.Context, by account.Agent, sel []match.Identifier, opt ExportOptions) (Exported, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return Exported{}, err
	}
	found, err := p.find(ctx, sel, FindOptions{})
	if err != nil {
		return Exported{}, err
	}
	if err := p.record(ctx, by, audit.Export, sel, opt.article(), messagesOf(found.Hits)); err != nil {
		return Exported{}, err
	}
	return p.keepExport(ctx, 0, sel, found, opt)
}

func (p *Privacy) keepExport(ctx context.Context, job store.JobID, sel []match.Identifier, found Finding, opt ExportOptions) (Exported, error) {
	name := make([]byte, 16)
	rand.Read(name)
	export := store.Export{Job: job, File: hex.EncodeToString(name) + opt.ending(), Messages: messagesOf(found.Hits)}
	// The record comes first: a package that nobody knows could not be erased.
	id, err := p.insertExport(export)
	if err != nil {
		return Exported{}, err
	}
	done, err := p.writeExport(ctx, sel, found, opt, export.File)
	if err != nil {
		return Exported{}, errors.Join(err, p.dropExport(id, export.File))
	}
	done.ID = id
	return done, nil
}

func (p *Privacy) insertExport(e store.Export) (id store.ExportID, err error) {
	e.CreatedAt, e.ExpiresAt = p.Now().UTC(), p.Now().UTC().Add(exportKeep)
	err = p.Store.Update(func(tx *store.Tx) error {
		id, err = store.Exports.Insert(tx, e)
		return err
	})
	return id, err
}

func (p *Privacy) writeExport(ctx context.Context, sel []match.Identifier, found Finding, opt ExportOptions, name string) (Exported, error) {
	dir := filepath.Join(p.Store.Dir(), exportsDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Exported{}, err
	}
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return Exported{}, err
	}
	done, err := p.pack(ctx, sel, found, opt, f)
	if err == nil {
		err = f.Sync()
	}
	return done, errors.Join(err, f.Close())
}

// OpenedExport is a package being read; the caller closes it.
type OpenedExport struct {
	io.ReadCloser
	SizeBytes int64
	Sealed    bool // an age file
}

// OpenExport reads a package; store.ErrNotFound when it expired or was deleted,
// or never lay here.
func (p *Privacy) OpenExport(ctx context.Context, by account.Agent, id store.ExportID) (OpenedExport, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return OpenedExport{}, err
	}
	export, err := p.exportNow(id)
	if err != nil {
		return OpenedExport{}, err
	}
	if err := p.record(ctx, by, audit.Download, nil, "export", export.Messages); err != nil {
		return OpenedExport{}, err
	}
	return p.openExportFile(export)
}

// ExportNow is a package's record for who may find persons; no personal data.
func (p *Privacy) ExportNow(by account.Agent, id store.ExportID) (store.Export, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return store.Export{}, err
	}
	return p.exportNow(id)
}

// ExportSize is how large a package is, in bytes.
func (p *Privacy) ExportSize(by account.Agent, id store.ExportID) (int64, error) {
	export, err := p.ExportNow(by, id)
	if err != nil {
		return 0, err
	}
	info, err := os.Stat(filepath.Join(p.Store.Dir(), exportsDir, export.File))
	if err != nil {
		return 0, fmt.Errorf("export %d: %w", id, err)
	}
	return info.Size(), nil
}

func (p *Privacy) exportNow(id store.ExportID) (export store.Export, err error) {
	err = p.Store.View(func(tx *store.Tx) (err error) {
		export, err = store.Exports.Get(tx, id)
		return err
	})
	if err == nil && (export.File == "" || p.Now().After(export.ExpiresAt)) {
		err = store.ErrNotFound
	}
	return export, err
}

func (p *Privacy) openExportFile(export store.Export) (OpenedExport, error) {
	f, err := os.Open(filepath.Join(p.Store.Dir(), exportsDir, export.File))
	if err != nil {
		return OpenedExport{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return OpenedExport{}, errors.Join(err, f.Close())
	}
	return OpenedExport{f, info.Size(), filepath.Ext(export.File) == sealedEnding}, nil
}

// ExpireExports deletes packages whose time is over; nightly.
func (p *Privacy) ExpireExports() error {
	expired := map[store.ExportID]string{}
	err := p.Store.View(func(tx *store.Tx) error {
		clear(expired)
		for id, e := range store.Exports.All(tx) {
			if p.Now().After(e.ExpiresAt) {
				expired[id] = e.File
			}
		}
		return nil
	})
	for id, name := range expired {
		err = errors.Join(err, p.dropExport(id, name))
	}
	return err
}

// dropExport forgets a package, and its file if that lies here.
func (p *Privacy) dropExport(id store.ExportID, name string) error {
	if name != "" {
		if err := shred(filepath.Join(p.Store.Dir(), exportsDir, filepath.Base(name))); err != nil {
			return fmt.Errorf("export %d: %w", id, err)
		}
	}
	return p.Store.Update(func(tx *store.Tx) error { return store.Exports.Delete(tx, id) })
}

// ErrLanguage: letters are written in Czech and English.
var ErrLanguage = errors.New("no such language for a package: cs or en")

func (o ExportOptions) lang() (string, error) {
	switch o.Lang {
	case "", "cs":
		return "cs", nil
	case "en":
		return "en", nil
	}
	return "", ErrLanguage
}
