package api

import (
	"context"
	"strings"

	"postolka/account"
	"postolka/guess"
)

// AddressRequest names an e-mail address.
type AddressRequest struct {
	Address string `json:"address"`
}

// GuessedServers are what to try for an address: Source and Note are words of
// package guess. Foreign: they lie outside the address's domain, so look whose they
// are before a password goes there.
type GuessedServers struct {
	IMAP     Server `json:"imap"`
	SMTP     Server `json:"smtp"`
	Source   string `json:"source"`
	Provider string `json:"provider,omitempty"`
	Note     string `json:"note,omitempty"`
	Foreign  bool   `json:"foreign"`
}

func guessMailbox(ctx context.Context, _ *App, _ account.Agent, req AddressRequest, _ Progress) (GuessedServers, error) {
	local, domain, ok := strings.Cut(strings.TrimSpace(req.Address), "@")
	if !ok || local == "" || !strings.Contains(domain, ".") {
		return GuessedServers{}, Usage("mailbox guess needs --address with an e-mail address")
	}
	g := guess.Asker{}.Servers(ctx, req.Address)
	return GuessedServers{row(g.IMAP), row(g.SMTP), string(g.Source), g.Name, g.Note, g.Foreign()}, nil
}
