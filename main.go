// Postolka is a self-hosted helpdesk with data protection built in.
//
// This package wires the rooms together and is the command line; it holds no
// rule of its own. Each command stands in the file of its name.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"postolka/api"
)

// version is the module's version, or the commit of a build from a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// execute runs one command line and says its exit code.
func execute(ctx context.Context, args []string) int {
	root := rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return api.ExitDone
	}
	failure := api.Explain(err)
	var usage usageError
	if errors.As(err, &usage) {
		failure = api.Usage(usage.Error() + "\nSee: postolka help")
	}
	if failure.Message == "" {
		return failure.Exit // the command itself has said it all
	}
	fmt.Fprintln(os.Stderr, failure.Message)
	if slices.Contains(args, "--json") { // the flags may be what was wrong
		refused := struct {
			Error string `json:"error"`
			Exit  int    `json:"exit"`
		}{failure.Message, failure.Exit}
		if err := json.NewEncoder(os.Stdout).Encode(refused); err != nil {
			return api.ExitFailed
		}
	}
	return failure.Exit
}

// usageError marks what cobra itself refuses: unknown commands, flags, arguments.
type usageError struct{ error }

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "postolka",
		Short:         "A helpdesk that finds, forgets and accounts for personal data",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          func(_ *cobra.Command, args []string) error { return unknownCommand(args) },
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().String("data", "postolka-data", "data directory")
	root.PersistentFlags().Bool("json", false, "one JSON object on standard output, progress on standard error")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		serveCommand(), demoCommand(), importCommand(), findCommand(), personCommand(), exportCommand(), letterCommand(), eraseCommand(), receiptCommand(),
		requestCommand(), holdCommand(), restrictCommand(), retentionCommand(),
		snapshotCommand(), snapshotsCommand(), drillCommand(), restoreCommand(), keyCommand(),
		agentCommand(), mailboxCommand(), reindexCommand(), auditCommand(), doctorCommand(), benchCommand(), versionCommand(),
	)
	return root
}

func unknownCommand(args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("there is no command %q", args[0])}
	}
	return nil
}

// arguments wraps a cobra check so that its refusal counts as wrong usage.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Say which version this is", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := hostOf(cmd)
			if err != nil {
				return err
			}
			shown := struct {
				Version string `json:"version"`
			}{version()}
			return h.print(shown, func() { fmt.Println("postolka", shown.Version) })
		},
	}
}
