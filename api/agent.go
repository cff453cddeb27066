package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/store"
)

func init() {
	on("agent-add", account.ManagePeople, addAgent)
	on("agent-list", account.ManagePeople, listAgents)
	on("agent-reset", account.ManagePeople, resetAgent)
	on("agent-disable", account.ManagePeople, disableAgent)
	on("agent-role", account.ManagePeople, setRole)
	on("agent-grant", account.ManagePeople, grant)
}

// AgentRequest names an account by its address, and what to do with it.
type AgentRequest struct {
	Email    string `json:"email"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	Password string `json:"password"`
	Language string `json:"language"`
	Mailbox  string `json:"mailbox"`
	Right    string `json:"right"`
}

// AgentRow is an account without its secrets.
type AgentRow struct {
	ID       uint64 `json:"id"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Role     string `json:"role"`
	Disabled bool   `json:"disabled"`
	// Link's secret lets this person set a password once; given by add without a password, and by reset.
	Secret  string    `json:"secret,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
}

var roles = map[string]store.Role{
	"owner": store.RoleOwner, "admin": store.RoleAdmin, "agent": store.RoleAgent, "privacy": store.RolePrivacy, "auditor": store.RoleAuditor,
}

var rights = map[string]store.Right{"none": store.RightNone, "read": store.RightRead, "answer": store.RightAnswer, "manage": store.RightManage}

func parseRole(word string) (store.Role, error) {
	role, ok := roles[word]
	if !ok {
		return 0, Usage("A role is owner, admin, agent, privacy or auditor.")
	}
	return role, nil
}

func roleWord(r store.Role) string {
	for word, role := range roles {
		if role == r {
			return word
		}
	}
	return ""
}

func addAgent(ctx context.Context, app *App, by account.Agent, req AgentRequest, _ Progress) (AgentRow, error) {
	role, err := parseRole(req.Role)
	if err != nil {
		return AgentRow{}, err
	}
	p := account.NewPerson{Name: req.Name, Email: req.Email, Role: role, Password: req.Password, Language: req.Language}
	if err := record(ctx, app, by, audit.Setting, "agent new"); err != nil {
		return AgentRow{}, err
	}
	var invitation account.Invitation
	var id store.AgentID
	if empty, emptyErr := app.Accounts.Empty(); emptyErr == nil && empty && role == store.RoleOwner {
		var owner account.Agent
		owner, err = app.Accounts.CreateOwner(p)
		id = owner.ID
	} else {
		id, invitation, err = app.Accounts.Add(by, p)
	}
	if err != nil {
		return AgentRow{}, explainAccount(err)
	}
	return AgentRow{ID: uint64(id), Name: req.Name, Email: req.Email, Role: req.Role, Secret: invitation.Secret, Expires: invitation.Expires}, nil
}

// explainAccount words what the account rules refuse.
func explainAccount(err error) error {
	var weak account.WeakPassword
	switch {
	case errors.As(err, &weak):
		return Usage("This password can't be used (" + weak.Why + "). Nothing was changed. Take at least ten characters that are no common password and not made of the name or address.")
	case errors.Is(err, account.ErrNotAllowed):
		return &Failure{ExitFailed, "Not allowed. Nothing was changed."}
	case errors.Is(err, account.ErrEmail), errors.Is(err, account.ErrEmailTaken), errors.Is(err, account.ErrLastOwner):
		return &Failure{ExitFailed, err.Error() + ". Nothing was changed."}
	}
	return err
}

// AgentList is every account.
type AgentList struct {
	Agents []AgentRow `json:"agents"`
}

func listAgents(_ context.Context, app *App, _ account.Agent, _ Empty, _ Progress) (AgentList, error) {
	people, err := app.Accounts.List()
	if err != nil {
		return AgentList{}, err
	}
	rows := []AgentRow{}
	for _, p := range people {
		rows = append(rows, AgentRow{ID: uint64(p.ID), Name: p.Name, Email: p.Email, Role: roleWord(p.Role), Disabled: !p.DisabledAt.IsZero()})
	}
	return AgentList{rows}, nil
}

// change finds the account, writes the log entry and then runs fn.
func change(ctx context.Context, app *App, by account.Agent, email string, fn func(p account.Account) error) (AgentRow, error) {
	p, err := app.Accounts.ByEmail(email)
	if errors.Is(err, store.ErrNotFound) {
		return AgentRow{}, &Failure{ExitFailed, "There is no account with that address. Nothing was changed. postolka agent list shows those there are."}
	}
	if err != nil {
		return AgentRow{}, err
	}
	if err := record(ctx, app, by, audit.Setting, fmt.Sprintf("agent %d", p.ID)); err != nil {
		return AgentRow{}, err
	}
	if err := fn(p); err != nil {
		return AgentRow{}, explainAccount(err)
	}
	p, err = app.Accounts.Account(p.ID)
	return AgentRow{ID: uint64(p.ID), Name: p.Name, Email: p.Email, Role: roleWord(p.Role), Disabled: !p.DisabledAt.IsZero()}, err
}

func resetAgent(ctx context.Context, app *App, by account.Agent, req AgentRequest, _ Progress) (AgentRow, error) {
	var invitation account.Invitation
	row, err := change(ctx, app, by, req.Email, func(p account.Account) (err error) {
		invitation, err = app.Accounts.ResetPassword(by, p.ID)
		return err
	})
	row.Secret, row.Expires = invitation.Secret, invitation.Expires
	return row, err
}

func disableAgent(ctx context.Context, app *App, by account.Agent, req AgentRequest, _ Progress) (AgentRow, error) {
	return change(ctx, app, by, req.Email, func(p account.Account) error { return app.Accounts.Disable(by, p.ID) })
}

func setRole(ctx context.Context, app *App, by account.Agent, req AgentRequest, _ Progress) (AgentRow, error) {
	role, err := parseRole(req.Role)
	if err != nil {
		return AgentRow{}, err
	}
	return change(ctx, app, by, req.Email, func(p account.Account) error { return app.Accounts.SetRole(by, p.ID, role) })
}

func grant(ctx context.Context, app *App, by account.Agent, req AgentRequest, _ Progress) (AgentRow, error) {
	right, ok := rights[req.Right]
	if !ok {
		return AgentRow{}, Usage("A right is none, read, answer or manage.")
	}
	mailbox, err := NameRequest{req.Mailbox}.find(app)
	if err != nil {
		return AgentRow{}, err
	}
	return change(ctx, app, by, req.Email, func(p account.Account) error { return app.Accounts.Grant(by, p.ID, mailbox, right) })
}
