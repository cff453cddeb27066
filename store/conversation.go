package store

import "time"

// Conversation is a thread of messages. It belongs to exactly one mailbox, and
// so do its messages: the unit of access.
type Conversation struct {
	Mailbox  MailboxID
	Subject  string // of the first message; derived
	Customer CustomerID
	Who      string // shown in the list: name or address of the customer; derived
	Preview  string // of the newest message that is not a note; derived
	Status   Status
	Assignee AgentID
	Tags     []string

	SnoozedUntil time.Time // UTC; zero: not snoozed
	// Settled: for what came until then nobody waits, answered or not (someone solved it).
	Settled time.Time
	// WaitingSince is when the oldest unanswered message from outside came; zero:
	// nobody waits. Derived.
	WaitingSince  time.Time
	LastMessageAt time.Time // derived
	CreatedAt     time.Time
	Messages      int // counts placeholders of erased ones too; derived
	HasFiles      bool
	HasDraft      bool
	Undelivered   bool // our last mail was reported as not delivered; derived
	Restricted    bool // nothing but restricted or erased messages: in no list; derived
	// FollowedAt: it is in the bin since then because its mail was deleted at the
	// server, and was Before. Zero: a person decided its status, or mail did.
	FollowedAt time.Time
	Before     Status
	// MergedInto: this conversation was merged; messages that join it join that one.
	MergedInto ConversationID
	// SplitFrom: a person took this one out of those; nothing joins them by itself.
	SplitFrom []ConversationID
}

// since orders lists: who has waited longest, else the last message.
func (c *Conversation) since() time.Time {
	if !c.WaitingSince.IsZero() {
		return c.WaitingSince
	}
	return c.LastMessageAt
}

// Status of a conversation. New, mine and assigned are views over StatusOpen.
type Status uint8

const (
	StatusOpen Status = iota
	StatusWaiting
	StatusSnoozed
	StatusSolved
	StatusSpam
	StatusBin
)

// Customer is a person's card in one mailbox. The same person in two mailboxes
// has two cards; a page shows those the agent may see.
type Customer struct {
	Mailbox   MailboxID
	Name      string // derived from mail unless NameSet
	NameSet   bool
	Addresses []string // lower case; the first is the main one
	Phones    []string
	Notes     string
	FirstSeen time.Time
	LastSeen  time.Time
	Messages  int // derived
}

// Draft is an agent's unsent answer or note in a conversation.
type Draft struct {
	Agent        AgentID
	Mailbox      MailboxID
	Conversation ConversationID
	Note         bool
	To, Cc, Bcc  []Address
	Subject      string
	Text         string    // Markdown-like plain text as typed
	SeenUpTo     MessageID // newest message shown when it was begun: stops a send over news
	UpdatedAt    time.Time
}

// OutboxEntry is a composed message on its way. Its bytes are Message's volume entry.
type OutboxEntry struct {
	Mailbox      MailboxID
	Conversation ConversationID
	Message      MessageID
	Agent        AgentID
	Sender       string   // envelope
	Recipients   []string // envelope
	State        OutboxState
	HoldUntil    time.Time // undo window
	Attempts     int
	NextAt       time.Time
	LastError    string // the server's code and class, no personal data
	SentAt       time.Time
	CopiedAt     time.Time // APPENDed to Sent
}

// OutboxState: OutboxSending is written before the SMTP DATA ends; an entry found in
// it after a crash is OutboxUncertain, shown to a person, and never sent by itself again.
type OutboxState uint8

const (
	OutboxHeld OutboxState = iota
	OutboxQueued
	OutboxSending
	OutboxSent // delivered to our server, copy to Sent may still be due
	OutboxDone
	OutboxFailed
	OutboxUncertain
	OutboxCancelled
)
