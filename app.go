package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"postolka/account"
	"postolka/api"
	"postolka/attach"
	"postolka/audit"
	"postolka/backup"
	"postolka/desk"
	"postolka/imapsync"
	"postolka/ledger"
	"postolka/oauth"
	"postolka/ocr"
	"postolka/outbox"
	"postolka/privacy"
	"postolka/search"
	"postolka/store"
)

// app is one opened data directory with everything that works on it.
type app struct {
	store   *store.Store
	index   *search.Index
	log     *audit.Log
	outbox  *outbox.Outbox
	ocr     *ocr.Reader // nil: pictures are not read
	api     *api.App
	logger  *slog.Logger
	options appOptions
}

// appOptions are what the demo and tests set otherwise.
type appOptions struct {
	snapshots string        // directory; empty: DATA/snapshots
	undo      time.Duration // how long an answer is held; 0: as the desk does by itself
}

// quietLog is for commands: what they have to say they print.
func quietLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// open opens dir, made when missing, for a command: what a crash left is
// finished before anything else is done.
func open(ctx context.Context, dir string, logger *slog.Logger) (*app, error) {
	a, err := wire(ctx, dir, logger, appOptions{})
	if err != nil {
		return nil, err
	}
	if err := a.settle(ctx, nil); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// openMail opens dir for an action on mailboxes. Such an action only adds to the
// index, so unless the last process crashed the index stays closed until mail
// arrives: opening it, and comparing it with the records, was most of a sync
// without news. What it may lack all the same, who asks it puts there: see open.
func openMail(ctx context.Context, dir string, logger *slog.Logger) (*app, error) {
	a, err := wire(ctx, dir, logger, appOptions{})
	if err != nil {
		return nil, err
	}
	if !a.store.Recovered().Crashed {
		a.resume(ctx)
		return a, nil
	}
	if err := a.settle(ctx, nil); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// settle brings the index level with the records and goes on with jobs that a
// crash stopped.
func (a *app) settle(ctx context.Context, progress func(done, total int)) error {
	if err := a.api.Desk.CatchUp(ctx, progress); err != nil {
		return fmt.Errorf("bring the index up to date: %w", err)
	}
	a.resume(ctx)
	return nil
}

// resume: a job that still can't go on waits; it must not keep the rest from working.
func (a *app) resume(ctx context.Context) {
	if err := a.api.Privacy.Resume(ctx); err != nil {
		a.logger.Warn("an erasure still waits", "error", err)
	}
}

func wire(ctx context.Context, dir string, logger *slog.Logger, opt appOptions) (a *app, err error) {
	s, err := store.Open(ctx, dir, store.Options{Log: logger})
	if err != nil {
		return nil, err
	}
	a = &app{store: s, logger: logger, options: opt}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	store.DeclarePath(api.Socket, store.HoldsNone)
	store.DeclarePath("cache/", store.HoldsNone) // the PDF reader, compiled: no content
	if attach.CacheDir == "" {
		attach.CacheDir = filepath.Join(dir, "cache")
	}
	if a.log, err = audit.Open(s); err != nil {
		return a, err
	}
	if a.index, err = search.Open(filepath.Join(dir, "index"), search.Options{}); err != nil {
		return a, err
	}
	led, err := ledger.Open(s)
	if err != nil {
		return a, err
	}
	target := opt.snapshots
	if target == "" {
		target = filepath.Join(dir, "snapshots")
	}
	d := desk.New(s, a.index, a.log, led, desk.Options{Undo: opt.undo, Logger: logger, Lookup: net.DefaultResolver.LookupTXT})
	logins := oauth.New(s)
	sync := imapsync.New(s, d, logins, logger)
	a.outbox = outbox.New(s, d, sync, logins, logger)
	b := backup.New(s, led, backup.Directory(target), logger, time.Now)
	b.Version, b.LogCheckpoint = version(), a.log.Checkpoint
	p := privacy.New(privacy.Deps{
		Store: s, Index: a.index, Log: a.log, Ledger: led, Desk: d,
		Sources: sources{s, sync}, Snapshots: b, Logger: logger,
	})
	a.api = &api.App{
		Dir: dir, Store: s, Log: a.log, Accounts: account.New(s, time.Now), Desk: d, Privacy: p, Backup: b, Sync: sync, Logins: logins,
		Reindex: a.reindex, Logger: logger, Version: version(), Started: time.Now(),
	}
	return a, nil
}

func (a *app) reindex(ctx context.Context, progress func(done, total int)) error {
	if err := a.api.Privacy.Rederive(ctx, nil); err != nil {
		return err
	}
	return a.api.Desk.Reindex(ctx, progress)
}

// close ends in the order that the rooms stand on one another.
func (a *app) close() error {
	var errs []error
	if a.index != nil {
		errs = append(errs, a.index.Close())
	}
	if a.log != nil {
		errs = append(errs, a.log.Close())
	}
	return errors.Join(append(errs, a.store.Close())...)
}
