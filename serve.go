package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/acme/autocert"
	"golang.org/x/sync/errgroup"

	"postolka/account"
	"postolka/api"
	"postolka/desk"
	"postolka/guess"
	"postolka/imapsync"
	"postolka/ocr"
	"postolka/outbox"
	"postolka/store"
	"postolka/ui"
)

const defaultListen = "127.0.0.1:8080"

func serveCommand() *cobra.Command {
	var listen, domain, metrics, recognise string
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the desk", Args: arguments(cobra.NoArgs),
		Long: "Runs the desk. Behind a proxy that ends TLS, or alone with --domain NAME: then it listens on ports 443 and 80\n" +
			"and has its certificate from Let's Encrypt.",
	}
	cmd.Flags().StringVar(&listen, "listen", defaultListen, "address to listen on")
	cmd.Flags().StringVar(&domain, "domain", "", "name to get a certificate for; listens on 443 and 80")
	cmd.Flags().StringVar(&metrics, "metrics", "", "address that answers /metrics without signing in; let only the monitoring reach it")
	cmd.Flags().StringVar(&recognise, "ocr", "", "command that recognises the text of a picture, like 'tesseract {in} - -l ces+eng'; find and search see it then")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		h, err := hostOf(cmd)
		if err != nil {
			return err
		}
		if err := h.owned(); err != nil {
			return err
		}
		logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
		a, err := wire(cmd.Context(), h.data, logger, appOptions{})
		if err != nil {
			return err
		}
		if recognise != "" {
			if a.ocr, err = ocr.New(recognise, filepath.Join(h.data, "tmp")); err != nil {
				return errors.Join(fmt.Errorf("--ocr: %w. Install it, or leave --ocr out", err), a.close())
			}
		}
		doors := doors{listen: listen, domain: domain, metrics: metrics}
		err = a.serve(cmd.Context(), doors, func(address string) {
			fmt.Fprintf(os.Stderr, "Postolka runs on %s\n", address)
		})
		return errors.Join(err, a.close())
	}
	return cmd
}

// doors are how browsers come in.
type doors struct {
	listen, domain string
	metrics        string           // address; empty: only by signing in
	hint           []ui.DemoAccount // shown on the sign-in page of a demo
}

// serve runs everything until ctx ends; ready is called with the address once
// pages are answered, which is before the index has caught up.
func (a *app) serve(ctx context.Context, in doors, ready func(address string)) error {
	l, err := in.open(a.api.Dir)
	if err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	a.work(ctx, work)
	face := a.face(in)
	work.Go(func() error { return face.Run(ctx) })
	var handler http.Handler = face
	web := l.web
	if in.domain != "" {
		web, handler = a.certified(ctx, work, web, handler, in.domain)
	}
	work.Go(func() error { return serveUntil(ctx, web, handler) })
	work.Go(func() error { return serveUntil(ctx, l.control, api.Handler(a.api)) })
	if l.metrics != nil {
		work.Go(func() error { return serveUntil(ctx, l.metrics, face.Metrics()) })
	}
	ready(in.url(web.Addr()))
	if err := work.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// listeners are open doors; metrics may be nil.
type listeners struct{ web, control, metrics net.Listener }

// open listens at every door, or at none.
func (in doors) open(dir string) (l listeners, err error) {
	if l.web, err = listenOn(in.address(), "--listen"); err != nil {
		return l, err
	}
	if l.control, err = api.Listen(dir); err != nil {
		return l, errors.Join(err, l.web.Close())
	}
	if in.metrics == "" {
		return l, nil
	}
	if l.metrics, err = listenOn(in.metrics, "--metrics"); err != nil {
		return l, errors.Join(err, l.web.Close(), l.control.Close())
	}
	return l, nil
}

func listenOn(address, flag string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &api.Failure{Exit: api.ExitFailed, Message: fmt.Sprintf("The address %s can't be listened on: %v. Nothing was changed. Take another with %s.", address, err, flag)}
	}
	return l, nil
}

func (in doors) address() string {
	if in.domain != "" {
		return ":443"
	}
	return in.listen
}

func (in doors) url(addr net.Addr) string {
	if in.domain != "" {
		return "https://" + in.domain
	}
	return "http://" + addr.String()
}

// certified ends TLS here with a certificate of Let's Encrypt, kept beside the keys.
func (a *app) certified(ctx context.Context, work *errgroup.Group, web net.Listener, handler http.Handler, domain string) (net.Listener, http.Handler) {
	manager := &autocert.Manager{
		Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(domain),
		Cache: autocert.DirCache(filepath.Join(a.api.Dir, "keys", "acme")),
	}
	work.Go(func() error {
		challenge, err := net.Listen("tcp", ":80")
		if err != nil {
			return fmt.Errorf("listen on port 80 for the certificate: %w", err)
		}
		return serveUntil(ctx, challenge, manager.HTTPHandler(nil))
	})
	return tls.NewListener(web, manager.TLSConfig()), handler
}

// serveUntil answers until ctx ends, then lets requests finish for a moment.
func serveUntil(ctx context.Context, l net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(server.Close(), ctx.Err())
	}
	return ctx.Err()
}

// work starts what goes on behind the pages.
func (a *app) work(ctx context.Context, group *errgroup.Group) {
	group.Go(func() error {
		if err := a.settle(ctx, nil); err != nil && ctx.Err() == nil {
			a.logger.Error("catch up after the last stop", "error", err)
		}
		a.logged("scrub", a.scrub(ctx))
		a.logged("derive older texts again", a.api.Privacy.Rederive(ctx, nil))
		return nil
	})
	if a.ocr != nil {
		group.Go(func() error { a.recognise(ctx); return nil })
	}
	group.Go(func() error { return a.api.Sync.Run(ctx) })
	group.Go(func() error { return a.outbox.Run(ctx) })
	news := a.api.Desk.Live(ctx, account.SystemAgent())
	group.Go(func() error { a.hurryOutbox(news); return nil })
	group.Go(func() error { return a.api.Backup.Run(ctx) })
	group.Go(func() error { return a.chores(ctx) })
}

// recognise has new pictures read, with a pause between looks for them.
func (a *app) recognise(ctx context.Context) {
	var done store.MessageID
	for ctx.Err() == nil {
		last, err := a.api.Privacy.Recognise(ctx, a.ocr, done)
		if done = last; ctx.Err() == nil {
			a.logged("recognise the text of pictures", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Minute):
		}
	}
}

// hurryOutbox lets an answer leave when the time for its undo is over; the outbox
// by itself looks once a minute. After a reload events may be missing.
func (a *app) hurryOutbox(news <-chan desk.Event) {
	for e := range news {
		if e.Kind == "outbox" || e.Kind == "reload" {
			a.outbox.Wake()
		}
	}
}

// chores are small regular duties. What fails is logged and tried again next time.
func (a *app) chores(ctx context.Context) error {
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	var night time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-minute.C:
			a.logged("wake snoozed conversations", a.api.Desk.WakeSnoozed(ctx))
			if now.Hour() == nightHour && now.Sub(night) > 12*time.Hour {
				night = now
				a.night(ctx, now)
			}
		}
	}
}

const (
	nightHour = 2                    // before the nightly snapshot
	keepLog   = 365 * 24 * time.Hour // access log, see GDPR.md; pruning leaves the proof whole
)

// night does what is done once a day, while few work.
func (a *app) night(ctx context.Context, now time.Time) {
	a.logged("retention", a.api.Privacy.Retain(ctx))
	a.logged("erasures that wait", a.api.Privacy.Resume(ctx))
	a.logged("expire exports", a.api.Privacy.ExpireExports())
	_, err := a.api.Accounts.Expire()
	a.logged("expire sessions", err)
	_, err = a.log.Prune(ctx, now.Add(-keepLog))
	a.logged("prune the access log", err)
	a.logged("purge the index", a.index.Purge(ctx))
	a.logged("scrub", a.scrub(ctx))
	report, err := a.log.Verify(ctx, nil)
	a.logged("verify the access log", err)
	if len(report.Problems) > 0 {
		a.logger.Error("the access log was changed or cut", "problems", len(report.Problems))
	}
}

// scrub zeroes the free pages of files from which something was deleted: what was
// undone, pruned or replaced, and what a crash left.
func (a *app) scrub(ctx context.Context) error {
	_, err := a.store.Scrub(ctx)
	return err
}

func (a *app) logged(what string, err error) {
	if err != nil {
		a.logger.Error(what, "error", err)
	}
}

func (a *app) face(in doors) *ui.Server {
	return ui.New(ui.Deps{
		Desk: a.api.Desk, Privacy: a.api.Privacy, Backup: a.api.Backup, Accounts: a.api.Accounts, Log: a.log,
		Store: a.store, Logins: a.api.Logins, Index: a.index, Logger: a.logger,
		Secure:    in.domain != "",
		ProbeIMAP: imapsync.Probe, ProbeSMTP: outbox.Probe, MailboxChanged: a.api.Sync.Changed,
		ServerFolders: a.api.Sync.ServerFolders, GuessServers: guess.Asker{}.Servers,
		DemoHint: in.hint, Version: a.api.Version,
	})
}
