package store

import "time"

// Agent is a person of the shop with an account.
type Agent struct {
	Name         string
	Email        string // lower case, unique
	Role         Role
	Grants       []Grant
	PasswordHash string // argon2id, PHC string
	Language     string // "cs" or "en"
	Zone         string // IANA name; empty: server's
	KeysOff      bool   // keyboard shortcuts turned off
	LastSend     string // last chosen send button
	CreatedAt    time.Time
	DisabledAt   time.Time
}

// Role is what an agent may do outside mailboxes.
type Role uint8

const (
	RoleAgent Role = iota
	RoleOwner
	RoleAdmin
	RolePrivacy
	RoleAuditor
)

// Grant is an agent's right in one mailbox.
type Grant struct {
	Mailbox MailboxID
	Right   Right
}

// Right in a mailbox; each includes those before it.
type Right uint8

const (
	RightNone Right = iota
	RightRead
	RightAnswer
	RightManage
)

// Session is a signed-in browser.
type Session struct {
	Agent     AgentID
	TokenHash [32]byte // SHA-256 of the cookie
	CreatedAt time.Time
	SeenAt    time.Time
	Address   string
	Browser   string
}
