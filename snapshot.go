package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"postolka/api"
	"postolka/backup"
)

func snapshotCommand() *cobra.Command {
	return &cobra.Command{
		Use: "snapshot", Short: "Write an encrypted snapshot and prove that it restores", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "snapshot", api.Empty{}, false, func(r backup.Result) {
				fmt.Printf("%s: %d bytes written, %d referred to, proven: %t, %.1f s\n", r.Snapshot, r.BytesWritten, r.BytesReferred, r.Proven, r.Seconds)
			})
		},
	}
}

func snapshotsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "snapshots", Short: "List the snapshots", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "snapshots", api.Empty{}, false, func(l api.SnapshotList) {
				for _, r := range l.Snapshots {
					fmt.Printf("%s  %s  %d messages  %d bytes  proven: %t  %s\n", r.At.Local().Format(time.DateTime), r.Snapshot, r.Messages, r.Bytes, r.Proven, r.Error)
				}
			})
		},
	}
}

func drillCommand() *cobra.Command {
	var identity string
	cmd := &cobra.Command{
		Use: "drill --identity FILE", Short: "Restore the newest snapshot to a temporary place with your own key", Args: arguments(cobra.NoArgs),
	}
	cmd.Flags().StringVar(&identity, "identity", "", "the identity file of postolka key new (required)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		key, err := readIdentity(identity)
		if err != nil {
			return err
		}
		report, err := do[backup.DrillReport](cmd, "drill", api.DrillRequest{Identity: key}, false)
		if err != nil {
			return err
		}
		return found(cmd, report, len(report.Problems), func() { showDrill(report) })
	}
	return cmd
}

func readIdentity(path string) ([]byte, error) {
	if path == "" {
		return nil, api.Usage("--identity FILE is the file that postolka key new wrote")
	}
	key, err := os.ReadFile(path)
	if err != nil {
		return nil, &api.Failure{Exit: api.ExitFailed, Message: "The identity file could not be read: " + err.Error() + ". Nothing was done."}
	}
	return key, nil
}

func showDrill(r backup.DrillReport) {
	fmt.Printf("snapshot %s of %s, ledger of %s: %d messages, %d ledger entries replayed, %d erased messages kept out, %.1f s\n",
		r.Snapshot, r.At.Local().Format(time.DateTime), r.LedgerAt.Local().Format(time.DateTime), r.Messages, r.Replayed, r.Refused, r.Seconds)
	for _, p := range r.Problems {
		fmt.Println("PROBLEM:", p)
	}
}

func restoreCommand() *cobra.Command {
	var from, identity, at, head, override string
	cmd := &cobra.Command{
		Use:   "restore --from DIR --identity FILE --data NEWDIR",
		Short: "Build a data directory from snapshots",
		Args:  arguments(cobra.NoArgs),
	}
	cmd.Flags().StringVar(&from, "from", "", "where the snapshots lie (required)")
	cmd.Flags().StringVar(&identity, "identity", "", "the identity file of postolka key new (required)")
	cmd.Flags().StringVar(&at, "at", "", "the newest snapshot not after this time (RFC 3339, or a date)")
	cmd.Flags().StringVar(&head, "head", "", "the ledger head on a printed receipt, to compare")
	cmd.Flags().StringVar(&override, "override", "", "your written reason to go on although the ledger is missing or old")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if from == "" || !cmd.Flags().Changed("data") {
			return api.Usage("restore needs --from DIR, --identity FILE and --data NEWDIR")
		}
		when, err := parseTime(at)
		if err != nil {
			return err
		}
		key, err := readIdentity(identity)
		if err != nil {
			return err
		}
		h, err := hostOf(cmd)
		if err != nil {
			return err
		}
		bars := newBars()
		report, err := backup.Restore(cmd.Context(), backup.Directory(from), key, h.data, backup.RestoreOptions{
			At: when, Head: head, Override: override,
			Progress: func(done, total int64) { bars.progress("restore", done, total) },
		})
		if err == nil {
			err = reopen(cmd.Context(), h.data, bars)
		}
		bars.done()
		if err != nil {
			return err
		}
		return found(cmd, report, len(report.Problems), func() { showDrill(report) })
	}
	return cmd
}

// reopen makes a restored data directory ready: the index is built, and what the
// ledger took messages from is summed up anew.
func reopen(ctx context.Context, dir string, bars *bars) error {
	a, err := wire(ctx, dir, quietLog(), appOptions{})
	if err != nil {
		return err
	}
	err = a.settle(ctx, func(done, total int) { bars.progress("index", int64(done), int64(total)) })
	if err == nil {
		err = a.api.Desk.Relevel(ctx)
	}
	return errors.Join(err, a.close())
}

func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, time.Local)
	if err != nil {
		return time.Time{}, api.Usage("--at takes a time like 2026-11-23T08:00:00Z, or a date like 2026-11-23")
	}
	return t.Add(24*time.Hour - time.Nanosecond), nil // the whole day
}
