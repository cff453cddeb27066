package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"postolka/api"
	"postolka/privacy"
)

func personCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "person",
		Short: "A saved find: its hits, decisions and second looks",
		Long: "A saved find (postolka find --save): its hits, the decisions on their messages, and second looks at what could not be read.\n\n" +
			"A filter narrows to hits that have all of it. decide with a filter decides on every message that has a hit under it, and on no other;\nshow with the same filter lists them first. Without messages and filter it decides on all.",
	}
	cmd.AddCommand(personShowCommand(), personDecideCommand(), personLookCommand(), personAgainCommand(), personWidenCommand(), personPlanCommand())
	return cmd
}

func filterFlags(cmd *cobra.Command, f *api.Filter) {
	cmd.Flags().StringVar(&f.Place, "place", "", "hits in this place: header, text or files")
	cmd.Flags().StringVar(&f.Form, "form", "", "hits of this form: exact, normalised, inflected, or seen (by a person)")
	cmd.Flags().StringVar(&f.Role, "role", "", "messages in which the person is author, recipient or only mentioned")
	cmd.Flags().BoolVar(&f.New, "new", false, "only what the last find again brought")
	cmd.Flags().Uint64Var(&f.Conversation, "conversation", 0, "only this conversation")
}

func personShowCommand() *cobra.Command {
	var req api.PersonRequest
	cmd := &cobra.Command{
		Use: "show N", Short: "Show its hits and decisions, under a filter", Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if req.Job, err = number(args[0]); err != nil {
				return err
			}
			return run(cmd, "person", req, true, showPerson)
		},
	}
	filterFlags(cmd, &req.Filter)
	return cmd
}

func showPerson(r api.PersonResult) {
	for _, m := range r.Messages {
		fmt.Println(strings.TrimRight(fmt.Sprintf("message %d  %s  %s", m.Message, m.Decision, m.Reason), " "))
		for _, h := range m.Hits {
			fmt.Printf("  part %s  %s  %s  %s\n", h.Part, h.Place, h.Form, h.Role)
		}
	}
	c := r.Counts
	fmt.Printf("%d messages here, of %d with %d places in all. Scanned %d of %d messages.\n", len(r.Messages), c.Messages, c.Hits, r.Complete.Scanned, r.Complete.Of)
	for _, u := range r.Complete.Unreadable {
		fmt.Println(unreadableLine(u))
	}
	if l := r.Looks; l.Parts > 0 {
		fmt.Printf("%d parts could not be read; looked at %d of them: nothing in %d, the person in %d, not readable %d.\n", l.Parts, l.Looked, l.Nothing, l.Person, l.Unreadable)
	}
	for _, n := range r.Related {
		fmt.Printf("may be the person's too (%s, in %d messages): %s:%s\n", n.Why, n.Messages, n.Kind, n.Value)
	}
	if r.News != nil {
		showNews(*r.News)
	}
}

func unreadableLine(u api.Unreadable) string {
	line := fmt.Sprintf("could not be read: message %d part %q: %s", u.Message, u.Part, u.Reason)
	if u.Look != nil {
		line += "; looked at: " + string(u.Look.Verdict)
	}
	return line
}

func showNews(n api.News) {
	fmt.Printf("Since %s: %d new places in %d messages, %d in records; %d places are gone.\n", n.Since.Local().Format("2006-01-02 15:04"), n.Hits, n.Messages, n.Records, n.Gone)
}

func personDecideCommand() *cobra.Command {
	var req api.PersonDecide
	var messages []uint
	cmd := &cobra.Command{
		Use: "decide N --decision erase|redact|keep [--message M]… [filter]", Short: "Decide on messages, or on all that have a hit under a filter", Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if req.Job, err = number(args[0]); err != nil {
				return err
			}
			for i := range messages {
				req.Messages = append(req.Messages, uint64(messages[i]))
			}
			return run(cmd, "person-decide", req, false, func(d api.PersonDecided) { fmt.Printf("Decided on %d messages.\n", d.Decided) })
		},
	}
	cmd.Flags().UintSliceVar(&messages, "message", nil, "a message (repeatable)")
	cmd.Flags().StringVar(&req.Decision, "decision", "", "erase, redact or keep (required)")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "for keep: "+strings.Join(privacy.KeepReasons, ", "))
	cmd.Flags().StringVar(&req.Until, "until", "", "for keep: the day someone looks at it again, 2027-03-05")
	cmd.Flags().IntVar(&req.Expect, "expect", 0, "how many messages those must be; if they are not, nothing is decided")
	filterFlags(cmd, &req.Filter)
	return cmd
}

func personLookCommand() *cobra.Command {
	var req api.PersonLook
	cmd := &cobra.Command{
		Use: "look N --message M --part P (--out FILE | --found nothing|person|unreadable)", Short: "Write out a part that could not be read, or keep what a person saw in it", Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if req.Job, err = number(args[0]); err != nil {
				return err
			}
			if (req.Out == "") == (req.Found == "") {
				return api.Usage("person look needs either --out FILE or --found")
			}
			if req.Found != "" {
				return run(cmd, "person-look", req, false, func(r api.PersonLooked) {
					fmt.Printf("Kept. Looked at %d of %d parts.\n", r.Looks.Looked, r.Looks.Parts)
				})
			}
			paths, err := absolute([]string{req.Out})
			if err != nil {
				return err
			}
			req.Out = paths[0]
			return run(cmd, "person-part", req, false, func(r api.PersonPart) { fmt.Printf("%s, %d bytes\n", r.Out, r.Bytes) })
		},
	}
	cmd.Flags().Uint64Var(&req.Message, "message", 0, "the message (required)")
	cmd.Flags().StringVar(&req.Part, "part", "", "the part, as listed; empty: the whole message")
	cmd.Flags().StringVar(&req.Out, "out", "", "write the part here, to look at it; it must not exist")
	cmd.Flags().StringVar(&req.Found, "found", "", "what was seen in it: nothing, person or unreadable")
	return cmd
}

func personAgainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "again N", Short: "Find again and say what is new; decisions and second looks stay", Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := number(args[0])
			if err != nil {
				return err
			}
			return run(cmd, "person-again", api.PersonRequest{Job: id}, false, showNews)
		},
	}
}

func personWidenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "widen N [selectors]", Short: "Look for more data of the same person, and find again; decisions and second looks stay", Args: arguments(cobra.ExactArgs(1)),
	}
	selectors := addSelectors(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		req := api.PersonWiden{}
		if req.Job, err = number(args[0]); err != nil {
			return err
		}
		if req.Selectors, err = selectors.read(); err != nil {
			return err
		}
		return run(cmd, "person-widen", req, false, showNews)
	}
	return cmd
}

func personPlanCommand() *cobra.Command {
	return &cobra.Command{
		Use: "plan N", Short: "Plan the erasure that was decided; then postolka erase --approve HASH", Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := number(args[0])
			if err != nil {
				return err
			}
			return run(cmd, "person-plan", api.PersonRequest{Job: id}, false, showPlan)
		},
	}
}
