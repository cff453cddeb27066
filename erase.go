package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postolka/api"
	"postolka/privacy"
	"postolka/store"
)

func eraseCommand() *cobra.Command {
	var planOnly, keepOthers bool
	var approve string
	cmd := &cobra.Command{
		Use:   "erase [--email V]… --plan   then   erase --approve HASH",
		Short: "Erase a person's messages for good: first a plan, then its approval",
		Args:  arguments(cobra.NoArgs),
	}
	selectors := addSelectors(cmd)
	cmd.Flags().BoolVar(&planOnly, "plan", false, "say what would be erased, and print the hash to approve")
	cmd.Flags().BoolVar(&keepOthers, "keep-others", false, "messages of others that only mention the person stay, with the person masked")
	cmd.Flags().StringVar(&approve, "approve", "", "the hash of the plan to run")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if planOnly == (approve != "") {
			return api.Usage("erase takes either --plan with selectors, or --approve HASH")
		}
		if approve != "" {
			return run(cmd, "erase-approve", api.ApproveRequest{Hash: approve}, false, showReceipt)
		}
		asked, err := selectors.read()
		if err != nil {
			return err
		}
		return run(cmd, "erase-plan", api.PlanRequest{Selectors: asked, KeepOthers: keepOthers}, false, showPlan)
	}
	cmd.AddCommand(eraseCancelCommand(), erasePolicyCommand())
	return cmd
}

func eraseCancelCommand() *cobra.Command {
	return &cobra.Command{
		Use: "cancel NUMBER", Short: "Call off a plan or an approved erasure that has not begun, and destroy what it knows", Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil {
				return api.Usage("erase cancel takes the number that --plan printed as its job")
			}
			return run(cmd, "erase-cancel", api.JobRequest{Job: store.JobID(n)}, false, func(c api.JobCancelled) {
				fmt.Printf("Job %d is called off. What it had found is destroyed; nothing was erased.\n", c.Job)
			})
		},
	}
}

func erasePolicyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "policy [rotate|strict]",
		Short: "Show or set what an erasure does with the snapshots made before it",
		Long: "rotate: their mail is removed at once, their records stay until the snapshots are rotated away; the receipt names the day.\n" +
			"strict: a new proven snapshot is made and all older ones are deleted at once.",
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			var wanted privacy.SnapshotPolicy
			if len(args) > 0 {
				wanted = privacy.SnapshotPolicy(args[0])
			}
			return run(cmd, "erase-policy", api.PolicyRequest{Policy: wanted}, false, func(r api.PolicyResult) { fmt.Println(r.Policy) })
		},
	}
}

func showPlan(p privacy.Plan) {
	fmt.Printf("%d messages to erase, %d to redact, %d to keep, %d records to clear.\n", p.Erase, p.Redact, p.Keep, p.Records)
	if p.Restrict > 0 {
		fmt.Printf("%d of those to keep are held: they are restricted instead of erased.\n", p.Restrict)
	}
	if p.NeedsSecond {
		fmt.Println("A second person must approve it, on the page.")
		return
	}
	fmt.Printf("Nothing was erased. To call it off: postolka erase cancel %d\nTo run it: postolka erase --approve %s\n", p.Job, p.Hash)
}

func showReceipt(r privacy.Receipt) {
	fmt.Printf("%d messages erased, %d redacted, %d kept.\n", r.Erased, r.Redacted, r.Kept)
	for _, k := range r.KeptFor {
		fmt.Printf("%d of them kept until %s: %s\n", k.Messages, k.Until, k.Reason)
	}
	for _, s := range r.Steps {
		fmt.Printf("%s  %s%s\n", s.At.Local().Format(time.DateTime), s.Name, countWords(s.Counts))
	}
	if !r.SnapshotsUntil.IsZero() {
		fmt.Printf("Older snapshots that still hold records of it are gone by %s.\n", r.SnapshotsUntil.Local().Format(time.DateOnly))
	}
	if r.Disk.FileSystem != "" && !r.Disk.Overwrites() {
		fmt.Println(diskWords(r.Disk))
	}
	fmt.Println(r.Signature)
}

// countWords says what a step counted, but for nothing: ": 3 files, 43 messages".
func countWords(counts map[string]int64) string {
	var words []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[what]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, strings.ReplaceAll(what, "_", " ")))
		}
	}
	if words == nil {
		return ""
	}
	return ": " + strings.Join(words, ", ")
}

// diskWords says why overwritten blocks may still be somewhere, and what follows.
func diskWords(d store.Disk) string {
	why := "The data lies on a solid-state or virtual disk"
	if d.CopyOnWrite {
		why = "The file system (" + d.FileSystem + ") writes new data beside the old"
	}
	if d.Encrypted {
		return why + ": overwritten blocks may stay on it, encrypted."
	}
	return why + ": overwritten blocks may stay on it until it uses them again. Encrypt the disk, if the host does not."
}
