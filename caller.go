package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"postolka/api"
)

// host is what the commands of a host share: where the data lies and how to print.
type host struct {
	data string
	json bool
}

func hostOf(cmd *cobra.Command) (host, error) {
	data, _ := cmd.Flags().GetString("data")
	asJSON, _ := cmd.Flags().GetBool("json")
	dir, err := filepath.Abs(data)
	if err != nil {
		return host{}, fmt.Errorf("data directory: %w", err)
	}
	return host{dir, asJSON}, nil
}

// run sends an action to the server on the data directory, or runs it here, and
// prints its result: as JSON, or by show.
func run[Result any](cmd *cobra.Command, action string, request any, create bool, show func(Result)) error {
	result, err := do[Result](cmd, action, request, create)
	if err != nil {
		return err
	}
	h, err := hostOf(cmd)
	if err != nil {
		return err
	}
	return h.print(result, func() { show(result) })
}

// print writes a result as JSON, or by show.
func (h host) print(result any, show func()) error {
	if h.json {
		return json.NewEncoder(os.Stdout).Encode(result)
	}
	show()
	return nil
}

// found prints what a check says, and ends with its exit code when it found problems.
func found(cmd *cobra.Command, result any, problems int, show func()) error {
	h, err := hostOf(cmd)
	if err != nil {
		return err
	}
	if err := h.print(result, show); err != nil {
		return err
	}
	if problems > 0 {
		return &api.Failure{Exit: api.ExitWrong}
	}
	return nil
}

// do is run without the printing. create: an empty or missing data directory is made.
func do[Result any](cmd *cobra.Command, action string, request any, create bool) (Result, error) {
	var none Result
	h, err := hostOf(cmd)
	if err != nil {
		return none, err
	}
	if err := h.owned(); err != nil {
		return none, err
	}
	bars := newBars()
	defer bars.done()
	if server, ok := api.Dial(h.data); ok {
		return api.Call[Result](cmd.Context(), server, action, request, bars.progress)
	}
	if !create {
		if err := h.exists(); err != nil {
			return none, err
		}
	}
	opened := open
	if strings.HasPrefix(action, "mailbox-") {
		opened = openMail
	}
	app, err := opened(cmd.Context(), h.data, quietLog())
	if err != nil {
		return none, err
	}
	result, err := api.Call[Result](cmd.Context(), api.Local{App: app.api}, action, request, bars.progress)
	return result, errors.Join(err, app.close())
}

func (h host) exists() error {
	_, records := os.Stat(filepath.Join(h.data, "postolka.db"))
	_, mail := os.Stat(filepath.Join(h.data, "mail", "000001.db"))
	if errors.Is(records, os.ErrNotExist) && errors.Is(mail, os.ErrNotExist) {
		return &api.Failure{Exit: api.ExitFailed, Message: fmt.Sprintf("There is no Postolka data in %s. Nothing was done. Name the directory with --data DIR.", h.data)}
	}
	return nil
}

// owned refuses another user's data: what this user then writes its owner could not read.
func (h host) owned() error {
	info, err := os.Stat(h.data)
	if err != nil {
		return nil // missing: made by this user
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		return &api.Failure{Exit: api.ExitFailed, Message: "This data belongs to another user of the host. Nothing was done. Run the command as that user."}
	}
	return nil
}

// secret reads a password: asked for on a terminal, else the first line of standard input.
func secret(prompt string) (string, error) {
	fd := int(os.Stdin.Fd())
	if term.IsTerminal(fd) {
		fmt.Fprint(os.Stderr, prompt+": ")
		raw, err := term.ReadPassword(fd)
		fmt.Fprintln(os.Stderr)
		return string(raw), err
	}
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read password from standard input: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// absolute makes paths mean the same in the server that may run elsewhere.
func absolute(paths []string) ([]string, error) {
	out := make([]string, len(paths))
	for i, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, fmt.Errorf("path: %w", err)
		}
		out[i] = abs
	}
	return out, nil
}
