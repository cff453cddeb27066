package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"postolka/api"
)

func retentionCommand() *cobra.Command {
	var req api.PreviewRequest
	cmd := &cobra.Command{
		Use:   "retention [--days N]",
		Short: "Say what retention will erase in the next 30 days, night by night",
		Args:  arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "retention-preview", req, false, showRetention)
		},
	}
	cmd.Flags().IntVar(&req.Days, "days", 30, "how far to look")
	cmd.AddCommand(retentionSetCommand())
	return cmd
}

func retentionSetCommand() *cobra.Command {
	var req api.RetentionRequest
	cmd := &cobra.Command{
		Use: "set --mailbox NAME (--preset NAME | --months N)", Short: "Set how long a mailbox keeps what is solved",
		Args: arguments(cobra.NoArgs),
	}
	cmd.Flags().StringVar(&req.Mailbox, "mailbox", "", "whose (required)")
	cmd.Flags().StringVar(&req.Preset, "preset", "", "enquiry, purchase, accounting or vat")
	cmd.Flags().IntVar(&req.Months, "months", 0, "months after the last message; 0: keep until erased")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Flags().Changed("preset") == cmd.Flags().Changed("months") {
			return api.Usage("retention set takes either --preset or --months")
		}
		return run(cmd, "retention-set", req, false, func(r api.KeepRow) { fmt.Println(keepLine(r)) })
	}
	return cmd
}

func keepLine(r api.KeepRow) string {
	if r.Months == 0 {
		return r.Mailbox + ": kept until erased"
	}
	return fmt.Sprintf("%s: %d months after the last message of a solved conversation", r.Mailbox, r.Months)
}

func showRetention(r api.RetentionPreview) {
	for _, m := range r.Mailboxes {
		fmt.Println(keepLine(m))
	}
	for _, d := range r.Due {
		fmt.Printf("%s  %s  %d conversations, %d messages, %d held\n", d.Day, d.Mailbox, d.Conversations, d.Messages, d.Held)
	}
	fmt.Printf("%d messages go within %d days; %d stay, held or restricted.\n", r.Messages, r.Days, r.Held)
	for _, p := range r.Presets {
		fmt.Printf("preset %s: %d months. %s (as of %s)\n", p.Name, p.Months, p.Basis, p.AsOf)
	}
}
