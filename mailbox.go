package main

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postolka/api"
	"postolka/imapsync"
)

func mailboxCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "mailbox", Short: "Mailboxes and their servers"}
	cmd.AddCommand(mailboxAddCommand(), mailboxListCommand(), mailboxTestCommand(), mailboxSyncCommand(), mailboxFoldersCommand(), mailboxGuessCommand(), mailboxRetryCommand(), mailboxDeletedCommand())
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
	fmt.Printf("%d  %s  %s  %s:%d  %d messages, %d quarantined  %s  %s\n", m.ID, m.Name, m.Address, m.IMAP.Host, m.IMAP.Port, m.Messages, m.Quarantined, m.Health, m.LastError)
	if m.LastContact != nil {
		fmt.Printf("   last contact %s%s\n", m.LastContact.Local().Format(time.DateTime), newMail(m.LastNewMail))
	}
	if m.SilentDays > 0 {
		fmt.Printf("   no mail for %d days, usually %d a day\n", m.SilentDays, m.UsualADay)
	}
	if m.Asking > 0 {
		fmt.Printf("   %d messages were deleted at the server at once: mailbox deleted --agree or --keep\n", m.Asking)
	}
	if m.Waiting > 0 {
		fmt.Printf("   %d older messages still come, %d a minute, %v left\n", m.Waiting, m.PerMinute, time.Duration(m.SecondsLeft)*time.Second)
	}
	for _, f := range m.Folders {
		showFolder(f)
	}
}

func newMail(at *time.Time) string {
	if at == nil {
		return ""
	}
	return ", last new mail " + at.Local().Format(time.DateTime)
}

// showFolder says why the server has other numbers than we.
func showFolder(f api.FolderRow) {
	line := fmt.Sprintf("   %s: %d on the server, %d here", f.Name, f.Server, f.Here)
	for _, why := range []struct {
		n    int
		what string
	}{{f.Waiting, "still coming"}, {len(f.NotFetched), "not fetched"}, {f.Erased, "erased here"}, {f.Unexplained, "unexplained, looked for at the next look"}, {f.Gone, "gone from the server"}} {
		if why.n != 0 {
			line += fmt.Sprintf(", %d %s", why.n, why.what)
		}
	}
	fmt.Println(line)
	for _, b := range f.NotFetched {
		fmt.Printf("      UID %d: %s, tried %d times\n", b.UID, b.Reason, b.Attempts)
	}
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

func mailboxFoldersCommand() *cobra.Command {
	var req api.FoldersRequest
	cmd := &cobra.Command{
		Use: "folders --mailbox NAME [--all | --only FOLDER]...", Short: "List the folders on its server, and choose whose mail comes",
		Long: "Inbox and sent mail always come. --all brings every folder but bin, junk and drafts; --only, once for each folder, brings those.\nWhat is here already stays.",
		Args: arguments(cobra.NoArgs),
	}
	cmd.Flags().StringVar(&req.Mailbox, "mailbox", "", "name of the mailbox (required)")
	cmd.Flags().BoolVar(&req.All, "all", false, "all but bin, junk and drafts")
	cmd.Flags().StringArrayVar(&req.Only, "only", nil, "inbox, sent and this folder, as the server names it")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if req.All && len(req.Only) > 0 {
			return api.Usage("--all and --only exclude each other")
		}
		return run(cmd, "mailbox-folders", req, false, func(l api.FolderList) {
			for _, f := range l.Folders {
				fmt.Printf("%s  %s  %s\n", map[bool]string{true: "comes", false: "-    "}[f.Comes], f.Name, f.Role)
			}
		})
	}
	return cmd
}

func mailboxRetryCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{Use: "retry --mailbox NAME", Short: "Have messages that could not be fetched tried again, now or with the next sync", Args: arguments(cobra.NoArgs)}
	cmd.Flags().StringVar(&name, "mailbox", "", "name of the mailbox (required)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return run(cmd, "mailbox-retry", api.NameRequest{Mailbox: name}, false, showMailbox)
	}
	return cmd
}

func mailboxDeletedCommand() *cobra.Command {
	var req api.DeletedRequest
	cmd := &cobra.Command{
		Use: "deleted --mailbox NAME (--stay | --follow | --agree | --keep)", Short: "Choose what becomes of mail that is deleted at the server",
		Long: "It stays here, or follows: a conversation goes to the bin when all mail that came in it was missing from every folder but Trash\non seven days on which the whole mailbox was seen. When much goes at once the mailbox asks first: --agree or --keep.",
		Args: arguments(cobra.NoArgs),
	}
	cmd.Flags().StringVar(&req.Mailbox, "mailbox", "", "name of the mailbox (required)")
	for _, choice := range []struct{ name, about string }{{"stay", "it stays here"}, {"follow", "it goes to the bin here"}, {"agree", "what the mailbox asks about goes"}, {"keep", "what the mailbox asks about stays for good"}} {
		cmd.Flags().Bool(choice.name, false, choice.about)
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var chosen []string
		for _, name := range []string{"stay", "follow", "agree", "keep"} {
			if on, _ := cmd.Flags().GetBool(name); on {
				chosen = append(chosen, name)
			}
		}
		req.Deleted = strings.Join(chosen, " ") // two of them are none
		return run(cmd, "mailbox-deleted", req, false, showMailbox)
	}
	return cmd
}

func mailboxGuessCommand() *cobra.Command {
	var req api.AddressRequest
	cmd := &cobra.Command{
		Use: "guess --address ADDRESS", Short: "Say which servers an address probably has",
		Long: "Asks the domain's name servers and web server; the part before the @ is told to nobody. Nothing is saved.",
		Args: arguments(cobra.NoArgs),
	}
	cmd.Flags().StringVar(&req.Address, "address", "", "e-mail address (required)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return run(cmd, "mailbox-guess", req, false, showGuess)
	}
	return cmd
}

// showGuess says it in the flags of mailbox add.
func showGuess(g api.GuessedServers) {
	fmt.Printf("--imap %s:%d --security %s --smtp %s:%d --smtp-security %s --user %s\n", g.IMAP.Host, g.IMAP.Port, g.IMAP.Security, g.SMTP.Host, g.SMTP.Port, g.SMTP.Security, g.IMAP.User)
	fmt.Printf("Guessed by: %s %s\n", g.Source, g.Provider)
	if g.Foreign {
		fmt.Println("The servers lie outside the address's domain: make sure whose they are before you give them the password.")
	}
	if note := guessNotes[g.Note]; note != "" {
		fmt.Println(note)
	}
}

var guessNotes = map[string]string{
	"app_password": "It wants an app password, made in the settings of the account.",
	"consent":      "It signs in by a consent in the browser: add the mailbox in the pages.",
	"numbered":     "Its servers have numbers: find yours in its administration.",
}
