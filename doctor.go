package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"postolka/api"
)

func doctorCommand() *cobra.Command {
	var deep bool
	cmd := &cobra.Command{Use: "doctor", Short: "Say what is wrong, and what to do", Args: arguments(cobra.NoArgs)}
	cmd.Flags().BoolVar(&deep, "deep", false, "read and check everything")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d, err := do[api.Diagnosis](cmd, "doctor", api.DoctorRequest{Deep: deep}, false)
		if err != nil {
			return err
		}
		return found(cmd, d, len(d.Problems), func() { showDiagnosis(d) })
	}
	return cmd
}

func showDiagnosis(d api.Diagnosis) {
	for _, p := range d.Problems {
		fmt.Println("WRONG:", p)
	}
	fmt.Printf("postolka %s: %d messages in %d volumes, %d MiB; %d MiB of disk free\n", d.Version, d.Messages, d.Volumes, d.Bytes>>20, d.FreeDisk>>20)
	if d.Disk.FileSystem != "" && !d.Disk.Settled() {
		fmt.Println(diskWords(d.Disk.Disk))
	}
	for _, m := range d.Mailboxes {
		showMailbox(m)
	}
}

func reindexCommand() *cobra.Command {
	return &cobra.Command{
		Use: "reindex", Short: "Build the search index anew from the stored mail", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "reindex", api.Empty{}, false, func(r api.ReindexResult) { fmt.Printf("%d messages indexed\n", r.Messages) })
		},
	}
}
