package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"postolka/api"
)

func restrictCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restrict",
		Short: "Keep messages stored and out of use (Article 18 GDPR)",
		Long:  "Restricted messages are in no list, thread or search and in no other person's export; they are found by find and stand in the person's own export.",
	}
	cmd.AddCommand(restrictAddCommand(), restrictListCommand(), restrictShowCommand(), restrictLiftCommand())
	return cmd
}

func restrictAddCommand() *cobra.Command {
	var req api.RestrictionRequest
	var ground string
	cmd := &cobra.Command{
		Use: "add MESSAGE… --ground accuracy|unlawful|claims|objection", Short: "Restrict messages", Args: arguments(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, arg := range args {
				id, err := number(arg)
				if err != nil {
					return err
				}
				req.Messages = append(req.Messages, id)
			}
			req.Ground = ground
			return run(cmd, "restriction-add", req, false, func(r api.IDResult) { fmt.Printf("Restriction %d is in force.\n", r.ID) })
		},
	}
	cmd.Flags().StringVar(&ground, "ground", "", "accuracy (Art. 18(1)(a)), unlawful (b), claims (c) or objection (d) (required)")
	return cmd
}

func restrictListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List restrictions, newest first", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "restriction-list", api.Empty{}, true, func(r api.RestrictionList) {
				for _, x := range r.Restrictions {
					state := "in force"
					if x.LiftedAt != nil {
						state = "lifted " + x.LiftedAt.Local().Format(time.DateOnly)
					}
					fmt.Printf("%d  %d messages  %s  since %s  %s\n", x.ID, len(x.Messages), x.Ground, x.SetAt.Local().Format(time.DateOnly), state)
				}
			})
		},
	}
}

func restrictShowCommand() *cobra.Command {
	var purpose string
	cmd := &cobra.Command{
		Use: "show N --purpose TEXT", Short: "Show restricted messages; the purpose goes into the access log", Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := number(args[0])
			if err != nil {
				return err
			}
			return run(cmd, "restriction-show", api.ShowRestrictionRequest{ID: id, Purpose: purpose}, false, func(r api.RestrictedList) {
				for _, m := range r.Messages {
					fmt.Printf("message %d  %s  %s  %s\n%s\n\n%s\n\n", m.ID, m.Mailbox, m.At.Local().Format(time.DateTime), m.From, m.Subject, m.Text)
				}
			})
		},
	}
	cmd.Flags().StringVar(&purpose, "purpose", "", "what it is looked at for (required)")
	return cmd
}

func restrictLiftCommand() *cobra.Command {
	var informed string
	cmd := &cobra.Command{
		Use: "lift N --informed DAY", Short: "End a restriction, after the person was told", Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := number(args[0])
			if err != nil {
				return err
			}
			return run(cmd, "restriction-lift", api.LiftRequest{ID: id, Informed: informed}, false, func(api.Empty) { fmt.Println("Lifted.") })
		},
	}
	cmd.Flags().StringVar(&informed, "informed", "", "the day on which the person was told, 2027-03-31 (required)")
	return cmd
}
