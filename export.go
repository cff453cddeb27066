package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"postolka/api"
	"postolka/privacy"
)

func exportCommand() *cobra.Command {
	var req api.ExportRequest
	var redact, preview, schema bool
	var passphraseFile string
	cmd := &cobra.Command{
		Use:   "export [--email V]… --out FILE.zip | --link",
		Short: "Write the package of a person: letter, conversations, mail, attachments, data, manifest",
		Args:  arguments(cobra.NoArgs),
	}
	selectors := addSelectors(cmd)
	cmd.Long += "\nOther people's data in messages that only mention the person is redacted (GDPR Art. 15(4)); --preview lists it first.\n" +
		"The letter is in the package once its points are filled in: see postolka letter."
	flags := cmd.Flags()
	flags.StringVar(&req.Out, "out", "", "the file to write; it must not exist")
	flags.BoolVar(&req.Link, "link", false, "keep the package here for 14 days, and print a link that opens once within 7 days")
	flags.Uint64Var(&req.Job, "job", 0, "the saved find of this number instead of selectors")
	flags.StringVar(&req.Lang, "lang", "cs", "language of letter and pages: cs or en")
	flags.StringVar(&req.Date, "date", "", "date of the letter, like 2026-11-26 (default: today)")
	flags.BoolVar(&req.Portable, "portable", false, "only what the person provided (Art. 20)")
	flags.BoolVar(&redact, "redact-others", true, "take other people's data out of what only mentions the person")
	flags.StringArrayVar(&req.Keep, "keep", nil, "a value of --preview that stays (repeatable)")
	flags.BoolVar(&preview, "preview", false, "write nothing; list other people's data that would be redacted")
	flags.StringArrayVar(&req.Recipients, "recipient", nil, "encrypt to this age public key (repeatable)")
	flags.StringVar(&passphraseFile, "passphrase-file", "", "encrypt with the passphrase in this file's first line, at least 12 characters")
	flags.BoolVar(&schema, "schema", false, "print the JSON Schema of data.json and do nothing else")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if schema {
			_, err := os.Stdout.Write(privacy.ExportSchema)
			return err
		}
		if req.Job == 0 {
			if req.Selectors, err = selectors.read(); err != nil {
				return err
			}
		}
		if preview {
			return run(cmd, "export-others", req, false, showOthers)
		}
		if (req.Out == "") != req.Link {
			return api.Usage("export needs --out FILE.zip, or --link for a link instead of a file")
		}
		if req.Passphrase, err = firstLine(passphraseFile); err != nil {
			return err
		}
		if req.Out != "" {
			paths, err := absolute([]string{req.Out})
			if err != nil {
				return err
			}
			req.Out = paths[0]
		}
		req.KeepOthers = !redact
		return run(cmd, "export", req, false, showExport)
	}
	return cmd
}

// firstLine of a file; "" without one.
func firstLine(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimRight(line, "\r"), nil
}

func showOthers(r api.OthersResult) {
	for _, o := range r.Others {
		fmt.Printf("%-12s %s  (%d places)\n", o.Kind, o.Value, o.Places)
	}
	fmt.Printf("%d data of other people would be redacted. Keep single ones with --keep VALUE.\n", len(r.Others))
}

func showExport(r api.ExportResult) {
	if r.Link != "" {
		fmt.Printf("Package %d, %d bytes. One-time link below the desk's address, until %s:\n%s\n", r.Export, r.Bytes, r.LinkUntil.Format("2006-01-02 15:04 UTC"), r.Link)
	} else {
		fmt.Printf("%s, %d bytes\n", r.Out, r.Bytes)
	}
	fmt.Printf("%d messages, %d records. %d data of other people redacted, %d parts withheld.\n", r.Messages, r.Records, len(r.Redacted), len(r.Withheld))
	if len(r.LetterMissing) > 0 {
		fmt.Printf("There is NO LETTER in it; fill in first (postolka letter): %s\n", strings.Join(r.LetterMissing, ", "))
	}
}

func letterCommand() *cobra.Command {
	var set string
	cmd := &cobra.Command{
		Use:   "letter [--set FILE.json]",
		Short: "Show or set what the letter of an export says beside what is computed",
		Long: "Show or set what the letter of an export (GDPR Art. 15) says beside what is computed.\n\n" +
			"With --json the facts are printed as --set takes them. A letter is issued only with every point filled in;\nlet a lawyer read them once.",
		Args: arguments(cobra.NoArgs),
	}
	cmd.Flags().StringVar(&set, "set", "", "a JSON file of facts (what it leaves out is as it was at the start)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if set == "" {
			return run(cmd, "letter", api.Empty{}, false, showLetter)
		}
		data, err := os.ReadFile(set)
		if err != nil {
			return err
		}
		facts := privacy.LetterPresets()
		if err := json.Unmarshal(data, &facts); err != nil {
			return api.Usage("This is no JSON object like the facts that postolka letter --json prints.")
		}
		return run(cmd, "letter-set", facts, false, showLetter)
	}
	return cmd
}

func showLetter(r api.LetterResult) {
	fmt.Printf("controller:\n  %s\n", strings.ReplaceAll(r.Facts.Controller, "\n", "\n  "))
	for _, lang := range []string{"cs", "en"} {
		for _, p := range r.Facts.In(lang).Points() {
			fmt.Printf("%s %s:\n  %s\n", lang, p.Key, strings.ReplaceAll(*p.Text, "\n", "\n  "))
		}
		if missing := r.Missing[lang]; len(missing) > 0 {
			fmt.Printf("No letter in %s can be issued; missing: %s\n", lang, strings.Join(missing, ", "))
		}
	}
}
