package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"postolka/api"
)

func auditCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "The access log: prove that it is whole, or write it out"}
	cmd.AddCommand(auditVerifyCommand(), auditExportCommand())
	return cmd
}

func auditVerifyCommand() *cobra.Command {
	var checkpoint string
	cmd := &cobra.Command{Use: "verify", Short: "Prove that no entry was changed or dropped", Args: arguments(cobra.NoArgs)}
	cmd.Flags().StringVar(&checkpoint, "checkpoint", "", "file with a signed checkpoint that you kept elsewhere, to compare")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var req api.VerifyRequest
		if checkpoint != "" {
			raw, err := os.ReadFile(checkpoint)
			if err != nil {
				return &api.Failure{Exit: api.ExitFailed, Message: "The checkpoint could not be read: " + err.Error()}
			}
			req.Checkpoint = raw
		}
		r, err := do[api.VerifyResult](cmd, "audit-verify", req, false)
		if err != nil {
			return err
		}
		return found(cmd, r, len(r.Problems), func() { showVerify(r) })
	}
	return cmd
}

func showVerify(r api.VerifyResult) {
	fmt.Printf("%d entries, %d checkpoints compared.\n", r.Entries, r.Checkpoints)
	for _, p := range r.Problems {
		fmt.Println("WRONG:", p)
	}
	if len(r.Problems) == 0 {
		fmt.Printf("Nothing was changed or dropped. Checkpoint to keep elsewhere:\n%s", r.Checkpoint)
	}
}

func auditExportCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{Use: "export --out FILE", Short: "Write the log as lines of JSON", Args: arguments(cobra.NoArgs)}
	cmd.Flags().StringVar(&out, "out", "", "the file to write; it must not exist (required)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if out == "" {
			return api.Usage("audit export needs --out FILE")
		}
		paths, err := absolute([]string{out})
		if err != nil {
			return err
		}
		return run(cmd, "audit-export", api.OutRequest{Out: paths[0]}, false, func(r api.LogResult) {
			fmt.Printf("%s, %d entries\n", r.Out, r.Entries)
		})
	}
	return cmd
}
