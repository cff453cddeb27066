package main

import (
	"fmt"
	"net"
	"strconv"

	"github.com/spf13/cobra"

	"postolka/api"
	"postolka/imapsync"
)

func mailboxCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "mailbox", Short: "Mailboxes and their servers"}
	cmd.AddCommand(mailboxAddCommand(), mailboxListCommand(), mailboxTestCommand(), mailboxSyncCommand())
	return cmd
}

func mailboxAddCommand() *cobra.Command {
	var req api.MailboxRequest
	var imap, smtp, smtpSecurity, smtpUser string
	cmd := &cobra.Command{
		Use:   "add --name NAME --imap HOST:PORT --security tls|starttls|none --user USER [--smtp HOST:PORT]",
		Short: "Add a mailbox, or change the one of that name; the password is asked for, or the first line of standard input",
		Args:  arguments(cobra.NoArgs),
	}
	cmd.Flags().StringVar(&req.Name, "name", "", "name as people call it (required)")
	cmd.Flags().StringVar(&req.Address, "address", "", "From of answers; default: the user, if that is an address")
	cmd.Flags().StringVar(&imap, "imap", "", "IMAP server, HOST:PORT")
	cmd.Flags().StringVar(&req.IMAP.Security, "security", "tls", "tls, starttls, or none (only to this machine)")
	cmd.Flags().StringVar(&req.IMAP.User, "user", "", "user name at the server")
	cmd.Flags().StringVar(&smtp, "smtp", "", "SMTP server, HOST:PORT")
	cmd.Flags().StringVar(&smtpSecurity, "smtp-security", "", "as --security; default: the same")
	cmd.Flags().StringVar(&smtpUser, "smtp-user", "", "default: the same user and password as for IMAP")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if req.Name == "" {
			return api.Usage("mailbox add needs --name NAME")
		}
		if err := fillServers(&req, imap, smtp, smtpSecurity, smtpUser); err != nil {
			return err
		}
		return run(cmd, "mailbox-add", req, true, showMailbox)
	}
	return cmd
}

func fillServers(req *api.MailboxRequest, imap, smtp, smtpSecurity, smtpUser string) (err error) {
	if req.IMAP.Host, req.IMAP.Port, err = hostPort("--imap", imap); err != nil {
		return err
	}
	req.SMTP = api.Server{Security: smtpSecurity, User: smtpUser}
	if req.SMTP.Host, req.SMTP.Port, err = hostPort("--smtp", smtp); err != nil {
		return err
	}
	if smtpSecurity == "" {
		req.SMTP.Security = req.IMAP.Security
	}
	if smtpUser == "" {
		req.SMTP.User = req.IMAP.User
	}
	if req.IMAP.Host == "" && req.SMTP.Host == "" {
		return nil // filled by import only
	}
	if req.IMAP.Password, err = secret("Password of the mailbox"); err != nil {
		return err
	}
	req.SMTP.Password = req.IMAP.Password
	return nil
}

func hostPort(flag, value string) (string, int, error) {
	if value == "" {
		return "", 0, nil
	}
	host, port, err := net.SplitHostPort(value)
	if err != nil {
		return "", 0, api.Usage(flag + " takes HOST:PORT, for example mail.example.org:993")
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 {
		return "", 0, api.Usage(flag + " has a port from 1 to 65535")
	}
	return host, n, nil
}

func showMailbox(m api.MailboxRow) {
	fmt.Printf("%d  %s  %s  %s:%d  %d messages, %d quarantined  %s\n", m.ID, m.Name, m.Address, m.IMAP.Host, m.IMAP.Port, m.Messages, m.Quarantined, m.LastError)
}

func mailboxListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the mailboxes", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "mailbox-list", api.Empty{}, false, func(l api.MailboxList) {
				for _, r := range l.Mailboxes {
					showMailbox(r)
				}
			})
		},
	}
}

func mailboxTestCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{Use: "test --mailbox NAME", Short: "Sign in to its servers and say what they answer", Args: arguments(cobra.NoArgs)}
	cmd.Flags().StringVar(&name, "mailbox", "", "name of the mailbox (required)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		r, err := do[api.TestResult](cmd, "mailbox-test", api.NameRequest{Mailbox: name}, false)
		if err != nil {
			return err
		}
		h, err := hostOf(cmd)
		if err != nil {
			return err
		}
		err = h.print(r, func() {
			fmt.Printf("IMAP: %s\nSMTP: %s\n", r.IMAP, r.SMTP)
			for _, f := range r.Folders {
				fmt.Println("folder:", f)
			}
		})
		if err == nil && !r.OK {
			return &api.Failure{Exit: api.ExitFailed}
		}
		return err
	}
	return cmd
}

func mailboxSyncCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{Use: "sync --mailbox NAME", Short: "Make one full pass over its folders", Args: arguments(cobra.NoArgs)}
	cmd.Flags().StringVar(&name, "mailbox", "", "name of the mailbox (required)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return run(cmd, "mailbox-sync", api.NameRequest{Mailbox: name}, false, func(p imapsync.Pass) {
			fmt.Printf("%d read: %d added, %d there already, %d quarantined, %d erased before. %.1f s\n",
				p.Read, p.Added, p.Duplicates, p.Quarantined, p.ErasedBefore, p.Seconds)
			for _, f := range p.Folders {
				fmt.Printf("  %s: %d on the server, %d here\n", f.Name, f.Server, f.Here)
			}
		})
	}
	return cmd
}
