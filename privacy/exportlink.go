package privacy

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/store"
)

// LinkExport makes a package's one-time link, valid for 7 days; one made before
// ends. The token, 256 bit, is shown now and never again: its hash is kept.
func (p *Privacy) LinkExport(ctx context.Context, by account.Agent, id store.ExportID) (token string, until time.Time, err error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return "", until, err
	}
	export, err := p.exportNow(id)
	if err != nil {
		return "", until, err
	}
	if err := p.record(ctx, by, audit.Export, nil, "link", export.Messages); err != nil {
		return "", until, err
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	token, until = base64.RawURLEncoding.EncodeToString(secret), p.Now().UTC().Add(linkKeep)
	if until.After(export.ExpiresAt) {
		until = export.ExpiresAt
	}
	err = p.setLink(id, sha256.Sum256([]byte(token)), until)
	return token, until, err
}

func (p *Privacy) setLink(id store.ExportID, link [32]byte, until time.Time) error {
	return p.Store.Update(func(tx *store.Tx) error {
		export, err := store.Exports.Get(tx, id)
		if err != nil {
			return err
		}
		export.Link, export.LinkUntil = link, until
		return store.Exports.Put(tx, id, export)
	})
}

// LinkedExport says whether a link is good, without using it up: programs that
// look into mail follow links. store.ErrNotFound: used, expired or never there.
func (p *Privacy) LinkedExport(token string) (store.Export, error) {
	_, export, err := p.linked(sha256.Sum256([]byte(token)))
	return export, err
}

func (p *Privacy) linked(link [32]byte) (id store.ExportID, export store.Export, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		var ok bool
		if id, ok = store.ExportByLink.First(tx, store.Key(link)); !ok {
			return store.ErrNotFound
		}
		export, err = store.Exports.Get(tx, id)
		return err
	})
	if err == nil && (p.Now().After(export.LinkUntil) || p.Now().After(export.ExpiresAt)) {
		err = store.ErrNotFound
	}
	return id, export, err
}

// OpenLink uses a link up and reads its package for someone at that address. keep gives the link back, for a
// download that broke off.
func (p *Privacy) OpenLink(ctx context.Context, address, token string) (f OpenedExport, keep func() error, err error) {
	link := sha256.Sum256([]byte(token))
	id, export, err := p.linked(link)
	if err != nil {
		return f, nil, err
	}
	if err := p.record(ctx, account.Agent{Address: address}, audit.Download, nil, "export link", export.Messages); err != nil {
		return f, nil, err
	}
	if err := p.useLink(id, link); err != nil {
		return f, nil, err
	}
	f, err = p.openExportFile(export)
	keep = func() error {
		err := p.setLink(id, link, export.LinkUntil)
		if errors.Is(err, store.ErrNotFound) {
			return nil // erased meanwhile
		}
		return err
	}
	return f, keep, err
}

// useLink ends a link for whoever comes first.
func (p *Privacy) useLink(id store.ExportID, link [32]byte) error {
	return p.Store.Update(func(tx *store.Tx) error {
		export, err := store.Exports.Get(tx, id)
		if err != nil {
			return err
		}
		if export.Link != link {
			return store.ErrNotFound
		}
		export.Link, export.LinkUntil = [32]byte{}, time.Time{}
		return store.Exports.Put(tx, id, export)
	})
}
