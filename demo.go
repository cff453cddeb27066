package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"postolka/account"
	"postolka/demo"
	"postolka/store"
	"postolka/ui"
)

func demoCommand() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use: "demo", Short: "Show a working desk with sample mail, mail servers of its own and nothing kept", Args: arguments(cobra.NoArgs),
	}
	cmd.Flags().StringVar(&listen, "listen", defaultListen, "address to listen on")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		dir, err := os.MkdirTemp("", "postolka-demo-")
		if err != nil {
			return fmt.Errorf("make a temporary place: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		return runDemo(cmd.Context(), filepath.Join(dir, "data"), listen)
	}
	return cmd
}

func runDemo(ctx context.Context, dir, listen string) error {
	servers, err := demo.Start(ctx, time.Now())
	if err != nil {
		return err
	}
	a, err := wire(ctx, dir, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), appOptions{})
	if err != nil {
		return errors.Join(err, servers.Close())
	}
	err = a.demo(ctx, servers, listen)
	return errors.Join(err, a.close(), servers.Close())
}

func (a *app) demo(ctx context.Context, servers *demo.Servers, listen string) error {
	if err := a.populate(ctx, servers); err != nil {
		return err
	}
	var hint []ui.DemoAccount
	for _, p := range demo.People() {
		hint = append(hint, ui.DemoAccount{Name: p.Name, Email: p.Email, Password: demo.Password, Role: p.Role})
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return a.stage(ctx) })
	work.Go(func() error {
		return a.serve(ctx, doors{listen: listen, hint: hint}, func(address string) { announce(address, hint) })
	})
	if err := work.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func announce(address string, hint []ui.DemoAccount) {
	fmt.Printf("\nPostolka demo: %s\n\nSign in with the password %s as\n", address, demo.Password)
	for _, p := range hint {
		fmt.Printf("  %-32s %s\n", p.Email, p.Name)
	}
	fmt.Print("\nNothing is kept. Ctrl-C ends it.\n")
}

// populate makes the people and the mailboxes; the mail comes by sync.
func (a *app) populate(ctx context.Context, servers *demo.Servers) error {
	by := account.HostAgent()
	boxes := map[string]store.MailboxID{}
	for _, m := range servers.Mailboxes() {
		imap := store.Server{Host: "127.0.0.1", Port: m.IMAPPort, Security: store.Plain, User: m.User}
		smtp := store.Server{Host: "127.0.0.1", Port: m.SMTPPort, Security: store.Plain, User: m.User}
		id, err := a.api.Desk.SaveMailbox(ctx, by, 0, store.Mailbox{Name: m.Name, Address: m.Address, Signature: m.Signature, IMAP: imap, SMTP: smtp}, m.Password, m.Password)
		if err != nil {
			return fmt.Errorf("mailbox %s: %w", m.Name, err)
		}
		boxes[m.Name] = id
	}
	for _, p := range demo.People() {
		if err := a.hire(p, boxes); err != nil {
			return fmt.Errorf("account of %s: %w", p.Email, err)
		}
	}
	return nil
}

func (a *app) hire(p demo.Person, boxes map[string]store.MailboxID) error {
	person := account.NewPerson{Name: p.Name, Email: p.Email, Role: p.Role, Password: demo.Password, Language: p.Language, Zone: "Europe/Prague"}
	if p.Role == store.RoleOwner {
		_, err := a.api.Accounts.CreateOwner(person)
		return err
	}
	id, _, err := a.api.Accounts.Add(account.HostAgent(), person)
	if err != nil {
		return err
	}
	for name, right := range p.Grants {
		if err := a.api.Accounts.Grant(account.HostAgent(), id, boxes[name], right); err != nil {
			return err
		}
	}
	return nil
}

// stage waits for the first sync, gives the desk its history, and makes the first snapshot.
func (a *app) stage(ctx context.Context) error {
	if err := demo.Apply(ctx, a.api.Desk, a.api.Accounts); err != nil {
		return fmt.Errorf("stage the demo: %w", err)
	}
	if _, err := a.api.Backup.NewKey(false); err != nil {
		return fmt.Errorf("snapshot key of the demo: %w", err)
	}
	if _, err := a.api.Backup.Snapshot(ctx, nil); err != nil {
		return fmt.Errorf("first snapshot of the demo: %w", err)
	}
	return nil
}
