package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"postolka/api"
)

func requestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "request",
		Short: "Requests of data subjects and their clocks (Articles 12 and 15 to 21 GDPR)",
		Long: "The register of requests. Grounds for refusing: 12_5 (manifestly unfounded or excessive), 11 (can't be identified), 15_4 (rights of others),\n" +
			"17_3_a to 17_3_e (freedom of expression, legal obligation, public health, archives and research, legal claims), 20 (not provided by the\n" +
			"person, or no contract or consent), 21_1 (compelling grounds).",
	}
	cmd.AddCommand(requestListCommand(), requestAddCommand(), requestFindCommand(), requestReasonCommand("known", "request-known", "thread|met", "Say why who asks is known: an answer to a mail of ours, or met in person"),
		requestReasonCommand("extend", "request-extend", "complex|many", "Take two further months; tell the person with the extension letter"),
		requestLetterCommand(), requestEndCommand("answer", "request-answer", "End it: granted, or refused on grounds"), requestEndCommand("dismiss", "request-dismiss", "Say that it was no request"),
		requestNoticesCommand(), requestToldCommand())
	return cmd
}

func requestListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List them, what is due first on top", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "request-list", api.Empty{}, true, func(l api.RequestList) {
				for _, r := range l.Requests {
					fmt.Println(requestLine(r))
				}
			})
		},
	}
}

func requestLine(r api.RequestRow) string {
	line := fmt.Sprintf("%d  %s  %s  received %s", r.ID, r.Kind, r.State, r.Received)
	if r.State == "answered" || r.State == "dismissed" {
		return line + strings.TrimRight("  "+strings.Join(r.Grounds, " "), " ")
	}
	line += fmt.Sprintf("  due %s (%d days left), by law %s", r.Strict, r.DaysLeft, r.Legal)
	if r.DaysLeft < 0 {
		line += "  OVERDUE"
	}
	return line
}

func requestAddCommand() *cobra.Command {
	var req api.RequestAdd
	cmd := &cobra.Command{
		Use: "add --kind KIND (--message N | --received DAY)", Short: "Add one: from a mail, or what came on paper", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "request-add", req, false, func(r api.IDResult) { fmt.Printf("Request %d.\n", r.ID) })
		},
	}
	cmd.Flags().StringVar(&req.Kind, "kind", "", strings.Join(api.RequestKinds, ", ")+" (required)")
	cmd.Flags().Uint64Var(&req.Message, "message", 0, "the mail that asks; its clock runs from when it came")
	cmd.Flags().StringVar(&req.Received, "received", "", "the day on which it came, 2027-03-05; default: today")
	return cmd
}

func requestFindCommand() *cobra.Command {
	return &cobra.Command{
		Use: "find N", Short: "Find what is held about who asked, by the address of the mail", Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := number(args[0])
			if err != nil {
				return err
			}
			return run(cmd, "request-find", api.RequestAct{ID: id}, false, func(r api.IDResult) {
				fmt.Printf("Find %d is saved for decisions: see the page Find a person.\n", r.ID)
			})
		},
	}
}

func requestReasonCommand(name, action, reasons, short string) *cobra.Command {
	var req api.RequestAct
	cmd := &cobra.Command{
		Use: name + " N --reason " + reasons, Short: short, Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if req.ID, err = number(args[0]); err != nil {
				return err
			}
			return run(cmd, action, req, false, func(api.Empty) { fmt.Println("Done.") })
		},
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", reasons+" (required)")
	return cmd
}

func requestLetterCommand() *cobra.Command {
	var req api.RequestAct
	cmd := &cobra.Command{
		Use: "letter N --letter receipt|extension|refusal|answer [--ground G]…", Short: "Put a letter's draft into the conversation, for a person to send", Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if req.ID, err = number(args[0]); err != nil {
				return err
			}
			return run(cmd, "request-letter", req, false, func(r api.IDResult) { fmt.Printf("The draft is in conversation %d.\n", r.ID) })
		},
	}
	cmd.Flags().StringVar(&req.Letter, "letter", "", "receipt, extension, refusal or answer (required)")
	cmd.Flags().StringVar(&req.Language, "language", "cs", "cs or en")
	cmd.Flags().StringArrayVar(&req.Grounds, "ground", nil, "ground of a refusal (repeatable)")
	return cmd
}

func requestEndCommand(name, action, short string) *cobra.Command {
	var req api.RequestAct
	cmd := &cobra.Command{
		Use: name + " N", Short: short, Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if req.ID, err = number(args[0]); err != nil {
				return err
			}
			return run(cmd, action, req, false, func(api.Empty) { fmt.Println("Done.") })
		},
	}
	if name == "answer" {
		cmd.Flags().StringArrayVar(&req.Grounds, "ground", nil, "it was refused, wholly or in part, on this ground (repeatable)")
	}
	return cmd
}

func requestNoticesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "notices", Short: "List who was sent what was erased or restricted since, and must be told (Article 19 GDPR)", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "notice-list", api.Empty{}, true, func(l api.NoticeList) {
				for _, n := range l.Notices {
					of := fmt.Sprintf("erasure %d", n.Job)
					if n.Restriction != 0 {
						of = fmt.Sprintf("restriction %d", n.Restriction)
					}
					fmt.Printf("%d  %s  %s  last sent %s  %s\n", n.ID, of, n.State, n.LastSent, n.Recipient)
				}
			})
		},
	}
}

func requestToldCommand() *cobra.Command {
	var req api.NoticeAct
	cmd := &cobra.Command{
		Use: "told N [--excuse impossible|effort]", Short: "Say that the recipient of notice N was told, or why not; the name is removed", Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if req.ID, err = number(args[0]); err != nil {
				return err
			}
			return run(cmd, "notice-over", req, false, func(api.Empty) { fmt.Println("Done.") })
		},
	}
	cmd.Flags().StringVar(&req.Excuse, "excuse", "", "why not: impossible or effort (disproportionate)")
	return cmd
}
