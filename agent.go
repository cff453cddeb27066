package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"postolka/api"
)

func agentCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "agent", Short: "Accounts of the people who work here"}
	cmd.AddCommand(agentAddCommand(), agentListCommand(),
		agentChange("role", "Give an account another role", "agent-role", "role"),
		agentChange("grant", "Give a right in a mailbox: none, read, answer or manage", "agent-grant", "mailbox", "right"),
		agentChange("reset", "Make a password useless and a link secret for a new one", "agent-reset"),
		agentChange("disable", "Keep an account out", "agent-disable"))
	return cmd
}

func agentAddCommand() *cobra.Command {
	var req api.AgentRequest
	cmd := &cobra.Command{
		Use: "add --email E --name N --role R", Short: "Add an account; the password is asked for, or the first line of standard input", Args: arguments(cobra.NoArgs),
	}
	cmd.Flags().StringVar(&req.Email, "email", "", "address to sign in with (required)")
	cmd.Flags().StringVar(&req.Name, "name", "", "name as customers and colleagues see it (required)")
	cmd.Flags().StringVar(&req.Role, "role", "agent", "owner, admin, agent, privacy or auditor")
	cmd.Flags().StringVar(&req.Language, "language", "cs", "cs or en")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if req.Email == "" || req.Name == "" {
			return api.Usage("agent add needs --email and --name")
		}
		password, err := secret("Password (empty: the person sets it)")
		if err != nil {
			return err
		}
		req.Password = password
		return run(cmd, "agent-add", req, true, showAgent)
	}
	return cmd
}

func showAgent(a api.AgentRow) {
	state := ""
	if a.Disabled {
		state = "  disabled"
	}
	fmt.Printf("%d  %s  %s  %s%s\n", a.ID, a.Name, a.Email, a.Role, state)
	if a.Secret != "" && term.IsTerminal(int(os.Stdout.Fd())) {
		fmt.Printf("Send this to that person only; it sets a password once, until %s:\n  /invitation/%s\n", a.Expires.Local().Format(time.DateTime), a.Secret)
	} else if a.Secret != "" {
		fmt.Printf("/invitation/%s\n", a.Secret)
	}
}

func agentListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the accounts", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "agent-list", api.Empty{}, false, func(l api.AgentList) {
				for _, r := range l.Agents {
					showAgent(r)
				}
			})
		},
	}
}

// agentChange is a command that changes one account, with the flags it takes besides --email.
func agentChange(name, short, action string, flags ...string) *cobra.Command {
	var req api.AgentRequest
	cmd := &cobra.Command{Use: name + " --email E", Short: short, Args: arguments(cobra.NoArgs)}
	cmd.Flags().StringVar(&req.Email, "email", "", "the account's address (required)")
	fields := map[string]*string{"role": &req.Role, "mailbox": &req.Mailbox, "right": &req.Right}
	for _, f := range flags {
		cmd.Flags().StringVar(fields[f], f, "", "the "+f+" (required)")
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if req.Email == "" {
			return api.Usage("agent " + name + " needs --email")
		}
		return run(cmd, action, req, false, showAgent)
	}
	return cmd
}
