// Package account says who someone is and what they may do.
//
// An [Agent] is who acts: a person with an account, the command line of the host,
// or the program itself. [May], [MayIn] and [MayDo] are the only functions that
// decide about access, all three from one table ([offices] and the grants of the
// agent). [Accounts] keeps the people, their passwords and their sessions in the
// store's tables Agents, Sessions and Settings.
//
// The package writes no access log (audit imports it, not the other way): whoever
// calls something that changes an account records it.
package account

import "postolka/store"

// Agent is who acts: a parameter of every use case, never hidden in a context.
// The zero Agent may do nothing.
type Agent struct {
	ID       store.AgentID
	Kind     Kind
	Name     string
	Role     store.Role
	Grants   []store.Grant
	Language string
	Zone     string
	Session  store.SessionID
	Address  string // remote address as the access log keeps it
}

// Kind of actor.
type Kind uint8

const (
	Person Kind = iota
	Host        // the command line on the host: root of the host can read everything, the log says so
	System      // sync, retention and other work of the program itself
)

// Act is something a person may or may not do.
type Act uint8

const (
	// On a mailbox and its conversations.
	Read   Act = iota // lists, conversations, search, attachments
	Answer            // reply, note, assign, status, merge
	Manage            // the mailbox's settings and rights
	// On the whole instance.
	FindPersons     // privacy: find, decide, export, plan an erasure, over all mailboxes
	ApproveErase    // approve a plan
	ReadLog         // the access log over all mailboxes
	ManagePeople    // accounts, not their rights to mailboxes
	ManageMailboxes // add and connect mailboxes
	Snapshots       // make and see snapshots
	OwnSnapshots    // recipients, targets, keys, log settings: owners only
	SeeState        // state of the system
	acts            // how many there are
)

// HostAgent is the command line of the host.
func HostAgent() Agent { return Agent{Kind: Host, Name: "host"} }

// SystemAgent is the program itself.
func SystemAgent() Agent { return Agent{Kind: System, Name: "system"} }
