package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"postolka/api"
)

func importCommand() *cobra.Command {
	var mailbox string
	cmd := &cobra.Command{
		Use:   "import --mailbox NAME PATH…",
		Short: "Take in Maildir, mbox and .eml files, or folders of them",
		Long: "Takes in Maildir, mbox and .eml files, or folders of them. Dates are kept, nobody is answered or notified.\n" +
			"Run it again after an interruption: what is here already counts as a duplicate.",
		Args: arguments(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			paths, err := absolute(args)
			if err != nil {
				return err
			}
			r, err := do[api.ImportResult](cmd, "import", api.ImportRequest{Mailbox: mailbox, Paths: paths}, true)
			if err != nil {
				return err
			}
			h, err := hostOf(cmd)
			if err != nil {
				return err
			}
			if err := h.print(r, func() { showImport(r) }); err != nil {
				return err
			}
			return missed(r)
		},
	}
	cmd.Flags().StringVar(&mailbox, "mailbox", "", "name of the mailbox; made when there is none (required)")
	return cmd
}

func showImport(r api.ImportResult) {
	fmt.Printf("%d read: %d added, %d there already, %d quarantined, %d erased before. %.1f s\n",
		r.Read, r.Added, r.Duplicates, r.Quarantined, r.ErasedBefore, r.Seconds)
	for _, u := range r.Unreadable {
		fmt.Fprintln(os.Stderr, "not read:", u)
	}
}

// missed fails a run that left files behind: a script must not take it for whole.
func missed(r api.ImportResult) error {
	if len(r.Unreadable) == 0 {
		return nil
	}
	fmt.Fprintf(os.Stderr, "%d files could not be read; everything else was taken in and is kept. Make them readable and run the command again: what is here already counts as a duplicate.\n", len(r.Unreadable))
	return &api.Failure{Exit: api.ExitFailed}
}
