package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"postolka/api"
	"postolka/match"
	"postolka/privacy"
)

// selectorFlags are shared by find, export and erase. Arguments are public on a
// host, so lines "KIND:VALUE" on standard input do too (with --stdin).
type selectorFlags struct {
	values map[string]*[]string
	stdin  bool
}

func addSelectors(cmd *cobra.Command) *selectorFlags {
	f := &selectorFlags{values: map[string]*[]string{}}
	for _, kind := range match.Kinds() {
		f.values[kind.String()] = cmd.Flags().StringArray(kind.String(), nil, selectorHelp[kind]+" (repeatable)")
	}
	cmd.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if kind, err := match.ParseKind(name); err == nil {
			name = kind.String() // an alias: --vs, --ico
		}
		return pflag.NormalizedName(name)
	})
	cmd.Flags().BoolVar(&f.stdin, "stdin", false, "read selectors from standard input, one KIND:VALUE a line (also when none is given and it is no terminal)")
	cmd.Long = cmd.Short + ".\n\nSelectors are alternatives: each place that holds one of them is listed. Arguments are public on a host;\nlines KIND:VALUE on standard input are not. The kinds:\n\n" + kindHelp()
	return f
}

// selectorHelp says what each kind is, and what is no hit.
var selectorHelp = map[match.Kind]string{
	match.Email:          "an e-mail address; not a longer one, nor another of its domain",
	match.Phone:          "a phone, Czech without a country code; not digits inside a longer number",
	match.Name:           "a person's name in the nominative; its cases, both orders and titles are found too",
	match.Address:        "a postal address: street and number, postcode and town if known",
	match.Order:          "an order or invoice number; under 5 characters only behind its label",
	match.VariableSymbol: "a variable symbol, with its zeros in front or without",
	match.Customer:       "a customer number; under 5 characters only behind its label",
	match.Account:        "a Czech account like 19-2000145399/0800; its IBAN is found too",
	match.IBAN:           "an IBAN; a Czech one's account number is found too",
	match.CompanyID:      "an IČO or DIČ (VAT number)",
	match.BirthNumber:    "a Czech or Slovak birth number, with its slash or without",
	match.IP:             "an IPv4 or IPv6 address in any spelling",
	match.MessageID:      "a Message-ID, also where other mails refer to it",
	match.Text:           "any words in their order",
}

func kindHelp() string {
	var b strings.Builder
	for _, kind := range match.Kinds() {
		fmt.Fprintf(&b, "  %-16s %s", kind, selectorHelp[kind])
		if also := kind.Aliases(); len(also) > 0 {
			fmt.Fprintf(&b, " (also %s)", strings.Join(also, ", "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// given: there are selectors among the arguments.
func (f *selectorFlags) given() bool {
	for _, v := range f.values {
		if len(*v) > 0 {
			return true
		}
	}
	return f.stdin
}

func (f *selectorFlags) read() ([]api.Selector, error) {
	var selectors []api.Selector
	for _, kind := range match.Kinds() {
		for _, v := range *f.values[kind.String()] {
			selectors = append(selectors, api.Selector{Kind: kind.String(), Value: v})
		}
	}
	if f.stdin || (len(selectors) == 0 && !term.IsTerminal(int(os.Stdin.Fd()))) {
		return readSelectors(selectors)
	}
	return selectors, nil
}

func readSelectors(selectors []api.Selector) ([]api.Selector, error) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		kind, value, ok := strings.Cut(text, ":")
		if !ok {
			return nil, api.Usage("A line of standard input is KIND:VALUE, for example email:jan@example.org.")
		}
		selectors = append(selectors, api.Selector{Kind: strings.TrimSpace(kind), Value: strings.TrimSpace(value)})
	}
	return selectors, lines.Err()
}

func findCommand() *cobra.Command {
	var req api.FindRequest
	cmd := &cobra.Command{
		Use:   "find [--email V] [--phone V] [--name V] [--address V] [--order V] [--KIND V]…",
		Short: "List every place that holds a datum, and say what could not be read",
		Args:  arguments(cobra.NoArgs),
	}
	selectors := addSelectors(cmd)
	cmd.Flags().BoolVar(&req.IndexOnly, "index-only", false, "ask the index only: quick, and not complete")
	cmd.Flags().BoolVar(&req.Save, "save", false, "save it for decisions (postolka person)")
	cmd.Flags().StringVar(&req.Purpose, "purpose", "", "why, for the access log: "+strings.Join(privacy.Purposes, ", "))
	cmd.Flags().Uint64Var(&req.Since, "since", 0, "look for what the saved find of this number looked for, and mark what is new since")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if req.Since == 0 || selectors.given() {
			var err error
			if req.Selectors, err = selectors.read(); err != nil {
				return err
			}
		}
		return run(cmd, "find", req, false, showFinding)
	}
	return cmd
}

func showFinding(r api.FindResult) {
	for _, h := range r.Hits {
		place := h.Place
		if h.Name != "" {
			place += " " + h.Name
		}
		fmt.Printf("message %d  %s  conversation %d  part %s  %s  %s  %s\n", h.Message, h.Mailbox, h.Conversation, h.Part, place, h.Form, h.Role)
	}
	for _, h := range r.Records {
		fmt.Printf("record %s %d  %s  %s\n", h.Table, h.ID, h.Field, h.Form)
	}
	c := r.Complete
	if c.IndexOnly {
		fmt.Printf("%d places by the index alone, in %d ms: NOT complete. Leave out --index-only for the whole answer.\n", len(r.Hits), r.TookMS)
		return
	}
	fmt.Printf("%d places in messages, %d in records. Scanned %d of %d messages in %d ms.\n", len(r.Hits), len(r.Records), c.Scanned, c.Of, r.TookMS)
	if c.IndexAgrees {
		fmt.Println("Index and scan agree.")
	} else {
		fmt.Printf("Index and scan DISAGREE on %d messages; the list above has both. Run postolka reindex, and report it.\n", len(c.Disagree))
	}
	if c.Later > 0 {
		fmt.Printf("%d messages came while it ran and were NOT read: find again.\n", c.Later)
	}
	for _, u := range c.Unreadable {
		fmt.Println(unreadableLine(u))
	}
	if r.News != nil {
		showNews(*r.News)
	} else if r.Job != 0 {
		fmt.Printf("Saved for decisions as find %d: see postolka person show %d, or the page Find a person.\n", r.Job, r.Job)
	}
}
