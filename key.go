package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"postolka/api"
)

func keyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "key", Short: "Make and check the key that snapshots are encrypted to"}
	cmd.AddCommand(keyNewCommand(), keyCheckCommand(), keyRecipientsCommand())
	return cmd
}

func keyNewCommand() *cobra.Command {
	var out string
	var classic bool
	cmd := &cobra.Command{
		Use: "new --out FILE", Short: "Make a key; keep the file elsewhere: without it no snapshot can be opened", Args: arguments(cobra.NoArgs),
	}
	cmd.Flags().StringVar(&out, "out", "", "the identity file to write; it must not exist (required)")
	cmd.Flags().BoolVar(&classic, "classic", false, "an X25519 key, for tools that don't know post-quantum ones")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if out == "" {
			return api.Usage("key new needs --out FILE")
		}
		// The file comes first: a recipient whose key could not be written would lock every snapshot.
		f, err := os.OpenFile(out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return &api.Failure{Exit: api.ExitFailed, Message: "The key file can't be made: " + err.Error() + ". Nothing was changed. Name a file that doesn't exist yet."}
		}
		res, err := do[api.KeyResult](cmd, "key-new", api.KeyRequest{Classic: classic}, true)
		if err == nil {
			_, err = f.Write(res.Identity)
		}
		if err == nil {
			err = f.Sync()
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return errors.Join(err, os.Remove(out))
		}
		h, err := hostOf(cmd)
		if err != nil {
			return err
		}
		shown := struct {
			Out       string `json:"out"`
			Recipient string `json:"recipient"`
		}{out, res.Recipient}
		return h.print(shown, func() {
			fmt.Printf("%s\nKeep this file outside this machine. Whoever has it can read the snapshots; without it nobody can.\n", out)
		})
	}
	return cmd
}

func keyCheckCommand() *cobra.Command {
	var identity string
	cmd := &cobra.Command{Use: "check --identity FILE", Short: "Say whether a key file is whole and opens this instance's snapshots", Args: arguments(cobra.NoArgs)}
	cmd.Flags().StringVar(&identity, "identity", "", "the identity file (required)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		key, err := readIdentity(identity)
		if err != nil {
			return err
		}
		return run(cmd, "key-check", api.DrillRequest{Identity: key}, false, func(api.Empty) {
			fmt.Println("The key is whole, is this instance's, and opens its snapshots.")
		})
	}
	return cmd
}

func keyRecipientsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "recipients", Short: "List the keys that snapshots are encrypted to", Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd, "recipients", api.Empty{}, false, func(l api.RecipientList) {
				for _, r := range l.Recipients {
					fmt.Println(r)
				}
			})
		},
	}
}
