package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postolka/api"
	"postolka/privacy"
	"postolka/store"
)

func receiptCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "receipt", Short: "Receipts of erasures: list, show, and check one offline"}
	cmd.AddCommand(receiptListCommand(), receiptShowCommand(), receiptKeyCommand(), receiptVerifyCommand())
	return cmd
}

func receiptListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the erasures that ended", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "receipts", api.Empty{}, false, func(l api.ReceiptList) {
				for _, r := range l.Receipts {
					fmt.Printf("%d  %s  %d erased, %d redacted, %d kept\n", r.Job, r.At.Local().Format(time.DateTime), r.Erased, r.Redacted, r.Kept)
				}
			})
		},
	}
}

func receiptShowCommand() *cobra.Command {
	var out, pdf, language string
	cmd := &cobra.Command{Use: "show NUMBER [--out FILE] [--pdf FILE]", Short: "Show the receipt of an erasure, or write it to a file", Args: arguments(cobra.ExactArgs(1))}
	cmd.Flags().StringVar(&out, "out", "", "write it as JSON with its signature; the file must not exist")
	cmd.Flags().StringVar(&pdf, "pdf", "", "write it as signed PDF; the file must not exist")
	cmd.Flags().StringVar(&language, "language", "en", "of the PDF: cs or en")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		n, err := strconv.ParseUint(args[0], 10, 64)
		if err != nil || language != "cs" && language != "en" {
			return api.Usage("receipt show takes the number that receipt list prints, and --language cs or en")
		}
		job := store.JobID(n)
		r, err := do[privacy.Receipt](cmd, "receipt", api.ReceiptRequest{Job: job}, false)
		if err == nil && out != "" {
			var text []byte
			text, err = json.MarshalIndent(r, "", "  ")
			err = errors.Join(err, writeNew(out, append(text, '\n')))
		}
		if err == nil && pdf != "" {
			var file api.ReceiptPDF
			if file, err = do[api.ReceiptPDF](cmd, "receipt-pdf", api.ReceiptPDFRequest{Job: job, Language: language}, false); err == nil {
				err = writeNew(pdf, file.PDF)
			}
		}
		if err != nil {
			return err
		}
		return found(cmd, r, 0, func() { showReceipt(r) })
	}
	return cmd
}

func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return &api.Failure{Exit: api.ExitFailed, Message: "The receipt was not written: " + err.Error()}
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

func receiptKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "key", Short: "Print the public key with which anyone can check receipts", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "receipt-key", api.Empty{}, false, func(k api.ReceiptKey) { fmt.Println(k.Key) })
		},
	}
}

// receiptCheck is what receipt verify prints.
type receiptCheck struct {
	Valid   bool             `json:"valid"`
	Receipt *privacy.Receipt `json:"receipt,omitempty"`
}

func receiptVerifyCommand() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use: "verify FILE [--key KEY]", Short: "Check a receipt offline", Args: arguments(cobra.ExactArgs(1)),
		Long: "Checks that a receipt (PDF, the signed note, or JSON with it) was signed by the instance and not changed since. With --key it needs\n" +
			"neither a data directory nor a network. The key must come from elsewhere than the receipt: postolka receipt key prints it.",
	}
	cmd.Flags().StringVar(&key, "key", "", "the instance's public key, or a file with it; without it that of the data directory")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		text, err := os.ReadFile(args[0])
		if err != nil {
			return &api.Failure{Exit: api.ExitFailed, Message: "The receipt could not be read: " + err.Error()}
		}
		if key, err = verifierKey(cmd, key); err != nil {
			return err
		}
		r, err := privacy.VerifyReceipt(text, key)
		if errors.Is(err, privacy.ErrForged) {
			return found(cmd, receiptCheck{}, 1, func() {
				fmt.Println("NOT VALID: the receipt was not signed with this key, or was changed since.")
			})
		}
		if err != nil {
			return api.Usage("this is no public key of a Postolka: give the line that postolka receipt key prints")
		}
		return found(cmd, receiptCheck{true, &r}, 0, func() {
			fmt.Println("Valid: signed with this key, and not changed since.")
			showReceipt(r)
		})
	}
	return cmd
}

// verifierKey is the given one, the first line of a file so named, or that of the
// data directory.
func verifierKey(cmd *cobra.Command, given string) (string, error) {
	if given == "" {
		k, err := do[api.ReceiptKey](cmd, "receipt-key", api.Empty{}, false)
		return k.Key, err
	}
	if text, err := os.ReadFile(given); err == nil {
		given, _, _ = strings.Cut(string(text), "\n")
	}
	return strings.TrimSpace(given), nil
}
