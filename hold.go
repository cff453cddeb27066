package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"postolka/api"
)

func holdCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hold",
		Short: "Keep a conversation or message against retention and erasure, until a review",
		Long:  "What is held is never erased by itself. An erasure that reaches it restricts it instead: stored, and out of use (Article 18 GDPR).",
	}
	cmd.AddCommand(holdAddCommand(), holdListCommand(), holdLiftCommand())
	return cmd
}

func holdAddCommand() *cobra.Command {
	var req api.HoldRequest
	cmd := &cobra.Command{
		Use: "add (--conversation N | --message N) --reason claim|authority|duty --review DAY", Short: "Hold a conversation or a message",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "hold-add", req, false, func(r api.IDResult) { fmt.Printf("Hold %d is in force until someone lifts it.\n", r.ID) })
		},
	}
	cmd.Flags().Uint64Var(&req.Conversation, "conversation", 0, "with all that still comes")
	cmd.Flags().Uint64Var(&req.Message, "message", 0, "this one alone")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "claim (Art. 17(3)(e)), authority or duty (17(3)(b)) (required)")
	cmd.Flags().StringVar(&req.Review, "review", "", "the day on which someone looks at it again, 2027-03-31 (required)")
	return cmd
}

func holdListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List holds, the next review first", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "hold-list", api.Empty{}, true, func(r api.HoldList) {
				for _, h := range r.Holds {
					fmt.Println(holdLine(h))
				}
			})
		},
	}
}

func holdLine(h api.HoldRow) string {
	what := fmt.Sprintf("conversation %d, %d messages", h.Conversation, h.Messages)
	if h.Message != 0 {
		what = fmt.Sprintf("message %d", h.Message)
	}
	state := "review " + h.Review
	switch {
	case h.LiftedAt != nil:
		state = "lifted " + h.LiftedAt.Local().Format(time.DateOnly)
	case h.Overdue:
		state += " OVERDUE"
	}
	return fmt.Sprintf("%d  %s  %s  %s", h.ID, what, h.Reason, state)
}

func holdLiftCommand() *cobra.Command {
	return &cobra.Command{
		Use: "lift N", Short: "End a hold; what was restricted under it stays so", Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := number(args[0])
			if err != nil {
				return err
			}
			return run(cmd, "hold-lift", api.IDRequest{ID: id}, false, func(api.Empty) { fmt.Println("Lifted.") })
		},
	}
}

// number reads an argument that names a thing.
func number(arg string) (uint64, error) {
	n, err := strconv.ParseUint(arg, 10, 64)
	if err != nil || n == 0 {
		return 0, api.Usage("A number like 3 is wanted, not " + strconv.Quote(arg) + ".")
	}
	return n, nil
}
