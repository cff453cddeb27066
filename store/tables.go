package store

import "fmt"

// The tables of postolka.db. Each names its indexes and, for find and erase, the
// fields that may hold personal data (fields.go). Ids of messages come from
// ReserveMessageIDs, a tombstone lies under the id of its message, all others
// from Insert.
var (
	Mailboxes = Table[MailboxID, Mailbox, *Mailbox]{name: "mailboxes", version: 1, holds: HoldsFields, fields: mailboxFields,
		mailbox: func(k MailboxID, _ *Mailbox) MailboxID { return k }, indexes: []*Index[MailboxID, Mailbox]{&MailboxByName}}
	Folders = Table[FolderID, Folder, *Folder]{name: "folders", version: 1, holds: HoldsFields, fields: folderFields,
		mailbox: func(_ FolderID, v *Folder) MailboxID { return v.Mailbox }, indexes: []*Index[FolderID, Folder]{&FolderByName}}
	Messages = Table[MessageID, Message, *Message]{name: "messages", version: 1, holds: HoldsFields, fields: messageFields,
		mailbox: func(_ MessageID, v *Message) MailboxID { return v.Mailbox },
		indexes: []*Index[MessageID, Message]{&MessagesByConversation, &MessagesByStrict, &MessagesByHeader, &MessagesByReference,
			&MessagesByPack, &MessagesByMailbox, &MessagesQuarantined, &MessagesUnreadable, &MessagesErased, &MessagesByProposed}}
	Sources = Table[SourceID, Source, *Source]{name: "sources", version: 1, holds: HoldsNone,
		indexes: []*Index[SourceID, Source]{&SourcesByPlace, &SourcesByMessage}}
	Absences = Table[AbsenceID, Absence, *Absence]{name: "absences", version: 1, holds: HoldsNone,
		indexes: []*Index[AbsenceID, Absence]{&AbsencesByMailbox, &AbsencesByMessage}}
	Conversations = Table[ConversationID, Conversation, *Conversation]{name: "conversations", version: 1, holds: HoldsFields, fields: conversationFields,
		mailbox: func(_ ConversationID, v *Conversation) MailboxID { return v.Mailbox },
		indexes: []*Index[ConversationID, Conversation]{&ConversationsByState, &ConversationsByAssignee, &ConversationsByCustomer,
			&ConversationsSnoozed, &ConversationsByMerge}}
	Customers = Table[CustomerID, Customer, *Customer]{name: "customers", version: 1, holds: HoldsFields, fields: customerFields,
		mailbox: func(_ CustomerID, v *Customer) MailboxID { return v.Mailbox },
		indexes: []*Index[CustomerID, Customer]{&CustomersByAddress, &CustomersByAddr}}
	Drafts = Table[DraftID, Draft, *Draft]{name: "drafts", version: 1, holds: HoldsFields, fields: draftFields,
		mailbox: func(_ DraftID, v *Draft) MailboxID { return v.Mailbox }, indexes: []*Index[DraftID, Draft]{&DraftsByAgent, &DraftsByConversation}}
	Outbox = Table[OutboxID, OutboxEntry, *OutboxEntry]{name: "outbox", version: 1, holds: HoldsFields, fields: outboxFields,
		mailbox: func(_ OutboxID, v *OutboxEntry) MailboxID { return v.Mailbox },
		indexes: []*Index[OutboxID, OutboxEntry]{&OutboxByState, &OutboxByMessage}}
	Agents = Table[AgentID, Agent, *Agent]{name: "agents", version: 1, holds: HoldsFields, fields: agentFields,
		indexes: []*Index[AgentID, Agent]{&AgentByEmail}}
	Sessions = Table[SessionID, Session, *Session]{name: "sessions", version: 1, holds: HoldsFields, fields: sessionFields,
		indexes: []*Index[SessionID, Session]{&SessionByToken, &SessionsByAgent}}
	Jobs = Table[JobID, Job, *Job]{name: "jobs", version: 1, holds: HoldsNone, // selectors lie sealed in jobs/
		indexes: []*Index[JobID, Job]{&JobsByState}}
	Holds = Table[HoldID, Hold, *Hold]{name: "holds", version: 1, holds: HoldsNone,
		indexes: []*Index[HoldID, Hold]{&HoldsByConversation, &HoldsByMessage}}
	Restrictions = Table[RestrictionID, Restriction, *Restriction]{name: "restrictions", version: 1, holds: HoldsNone,
		indexes: []*Index[RestrictionID, Restriction]{&RestrictionsByMessage}}
	Requests = Table[RequestID, Request, *Request]{name: "requests", version: 1, holds: HoldsNone, // keys of reasons only
		indexes: []*Index[RequestID, Request]{&RequestsByConversation, &RequestByJob, &RequestByToken}}
	Notices  = Table[NoticeID, Notice, *Notice]{name: "notices", version: 1, holds: HoldsFields, fields: noticeFields}
	Receipts = Table[ReceiptID, Receipt, *Receipt]{name: "receipts", version: 1, holds: HoldsNone,
		indexes: []*Index[ReceiptID, Receipt]{&ReceiptByJob}}
	Exports = Table[ExportID, Export, *Export]{name: "exports", version: 1, holds: HoldsNone,
		indexes: []*Index[ExportID, Export]{&ExportsByMessage, &ExportByLink}}
	Tombstones = Table[MessageID, Tombstone, *Tombstone]{name: "tombstones", version: 1, holds: HoldsNone, // keyed hashes
		indexes: []*Index[MessageID, Tombstone]{&TombstonesByStrict, &TombstonesByLoose}}
	Ledger = Table[LedgerID, LedgerEntry, *LedgerEntry]{name: "ledger", version: 1, holds: HoldsNone,
		indexes: []*Index[LedgerID, LedgerEntry]{&LedgerUnpublished}}
	Snapshots = Table[SnapshotID, Snapshot, *Snapshot]{name: "snapshots", version: 1, holds: HoldsNone,
		indexes: []*Index[SnapshotID, Snapshot]{&SnapshotByName}}
	Packs = Table[PackID, Pack, *Pack]{name: "packs", version: 1, holds: HoldsNone,
		indexes: []*Index[PackID, Pack]{&PackByObject}}
	Settings = Table[SettingID, Setting, *Setting]{name: "settings", version: 1, holds: HoldsFields, fields: settingFields,
		indexes: []*Index[SettingID, Setting]{&SettingByName}}
)

// tables lists them for what is done with all: Open, Walk, EraseRow, Check.
// A table that is not here has no bucket, so its first use fails.
var tables = []anyTable{
	&Mailboxes, &Folders, &Messages, &Sources, &Conversations, &Customers, &Drafts, &Outbox, &Agents, &Sessions,
	&Jobs, &Requests, &Notices, &Holds, &Restrictions, &Receipts, &Exports, &Tombstones, &Ledger, &Snapshots, &Packs, &Settings, &Absences,
}

// Indexes. The comment is the key.
var (
	// Key(name)
	MailboxByName = Index[MailboxID, Mailbox]{table: "mailboxes", name: "name",
		keys: func(v *Mailbox) [][]byte { return one(v.Name) }}

	// Key(mailbox, name)
	FolderByName = Index[FolderID, Folder]{table: "folders", name: "name",
		keys: func(v *Folder) [][]byte { return one(v.Mailbox, v.Name) }}

	// Key(conversation, ReceivedAt)
	MessagesByConversation = Index[MessageID, Message]{table: "messages", name: "conversation",
		keys: func(v *Message) [][]byte { return one(v.Conversation, v.ReceivedAt) }}
	// Key(mailbox, strict)
	MessagesByStrict = Index[MessageID, Message]{table: "messages", name: "strict",
		keys: func(v *Message) [][]byte { return when(v.Strict != [32]byte{}, v.Mailbox, v.Strict) }}
	// Key(mailbox, MessageIDHeader), where it has one
	MessagesByHeader = Index[MessageID, Message]{table: "messages", name: "header",
		keys: func(v *Message) [][]byte { return when(v.MessageIDHeader != "", v.Mailbox, v.MessageIDHeader) }}
	// Key(mailbox, each of InReplyTo and References)
	MessagesByReference = Index[MessageID, Message]{table: "messages", name: "reference",
		keys: func(v *Message) [][]byte {
			return append(each(v.InReplyTo, v.Mailbox), each(v.References, v.Mailbox)...)
		}}
	// Key(pack); pack 0: not in a snapshot yet
	MessagesByPack = Index[MessageID, Message]{table: "messages", name: "pack",
		keys: func(v *Message) [][]byte { return one(v.Pack) }}
	// Key(mailbox)
	MessagesByMailbox = Index[MessageID, Message]{table: "messages", name: "mailbox",
		keys: func(v *Message) [][]byte { return one(v.Mailbox) }}
	// Key(mailbox), only where Quarantine is set
	MessagesQuarantined = Index[MessageID, Message]{table: "messages", name: "quarantined",
		keys: func(v *Message) [][]byte { return when(v.Quarantine != "", v.Mailbox) }}
	// Key(mailbox), only where parts could not be read
	MessagesUnreadable = Index[MessageID, Message]{table: "messages", name: "unreadable",
		keys: func(v *Message) [][]byte { return when(len(v.Unreadable) > 0 && v.Erased.IsZero(), v.Mailbox) }}
	// Key(mailbox), only what was erased
	MessagesErased = Index[MessageID, Message]{table: "messages", name: "erased",
		keys: func(v *Message) [][]byte { return when(!v.Erased.IsZero(), v.Mailbox) }}
	// Key(conversation), only where Proposed is set
	MessagesByProposed = Index[MessageID, Message]{table: "messages", name: "proposed",
		keys: func(v *Message) [][]byte { return when(v.Proposed != 0, v.Proposed) }}

	// Key(folder, uidvalidity, uid)
	SourcesByPlace = Index[SourceID, Source]{table: "sources", name: "place",
		keys: func(v *Source) [][]byte { return one(v.Folder, v.UIDValidity, v.UID) }}
	// Key(message)
	SourcesByMessage = Index[SourceID, Source]{table: "sources", name: "message",
		keys: func(v *Source) [][]byte { return one(v.Message) }}

	// Key(mailbox, since)
	AbsencesByMailbox = Index[AbsenceID, Absence]{table: "absences", name: "mailbox",
		keys: func(v *Absence) [][]byte { return one(v.Mailbox, v.Since) }}
	// Key(message)
	AbsencesByMessage = Index[AbsenceID, Absence]{table: "absences", name: "message",
		keys: func(v *Absence) [][]byte { return one(v.Message) }}

	// Key(mailbox, status, since): since is WaitingSince, else LastMessageAt; not where
	// everything is restricted, as in the next
	ConversationsByState = Index[ConversationID, Conversation]{table: "conversations", name: "state",
		keys: func(v *Conversation) [][]byte { return when(!v.Restricted, v.Mailbox, v.Status, v.since()) }}
	// Key(mailbox, status, assignee, since); assignee 0: nobody's
	ConversationsByAssignee = Index[ConversationID, Conversation]{table: "conversations", name: "assignee",
		keys: func(v *Conversation) [][]byte { return when(!v.Restricted, v.Mailbox, v.Status, v.Assignee, v.since()) }}
	// Key(customer, LastMessageAt)
	ConversationsByCustomer = Index[ConversationID, Conversation]{table: "conversations", name: "customer",
		keys: func(v *Conversation) [][]byte { return when(v.Customer != 0, v.Customer, v.LastMessageAt) }}
	// Key(SnoozedUntil), only snoozed
	ConversationsSnoozed = Index[ConversationID, Conversation]{table: "conversations", name: "snoozed",
		keys: func(v *Conversation) [][]byte { return when(!v.SnoozedUntil.IsZero(), v.SnoozedUntil) }}
	// Key(MergedInto), only merged
	ConversationsByMerge = Index[ConversationID, Conversation]{table: "conversations", name: "merge",
		keys: func(v *Conversation) [][]byte { return when(v.MergedInto != 0, v.MergedInto) }}

	// Key(mailbox, each address)
	CustomersByAddress = Index[CustomerID, Customer]{table: "customers", name: "address",
		keys: func(v *Customer) [][]byte { return each(v.Addresses, v.Mailbox) }}
	// Key(each address), across mailboxes
	CustomersByAddr = Index[CustomerID, Customer]{table: "customers", name: "addr",
		keys: func(v *Customer) [][]byte { return each(v.Addresses) }}

	// Key(agent, conversation)
	DraftsByAgent = Index[DraftID, Draft]{table: "drafts", name: "agent",
		keys: func(v *Draft) [][]byte { return one(v.Agent, v.Conversation) }}
	// Key(conversation)
	DraftsByConversation = Index[DraftID, Draft]{table: "drafts", name: "conversation",
		keys: func(v *Draft) [][]byte { return one(v.Conversation) }}

	// Key(state)
	OutboxByState = Index[OutboxID, OutboxEntry]{table: "outbox", name: "state",
		keys: func(v *OutboxEntry) [][]byte { return one(v.State) }}
	// Key(message)
	OutboxByMessage = Index[OutboxID, OutboxEntry]{table: "outbox", name: "message",
		keys: func(v *OutboxEntry) [][]byte { return one(v.Message) }}

	// Key(email)
	AgentByEmail = Index[AgentID, Agent]{table: "agents", name: "email",
		keys: func(v *Agent) [][]byte { return one(v.Email) }}

	// Key(token hash)
	SessionByToken = Index[SessionID, Session]{table: "sessions", name: "token",
		keys: func(v *Session) [][]byte { return one(v.TokenHash) }}
	// Key(agent)
	SessionsByAgent = Index[SessionID, Session]{table: "sessions", name: "agent",
		keys: func(v *Session) [][]byte { return one(v.Agent) }}

	// Key(state)
	JobsByState = Index[JobID, Job]{table: "jobs", name: "state",
		keys: func(v *Job) [][]byte { return one(v.State) }}
	// Key(conversation), only in force
	HoldsByConversation = Index[HoldID, Hold]{table: "holds", name: "conversation",
		keys: func(v *Hold) [][]byte { return when(v.LiftedAt.IsZero() && v.Conversation != 0, v.Conversation) }}
	// Key(message), only in force
	HoldsByMessage = Index[HoldID, Hold]{table: "holds", name: "message",
		keys: func(v *Hold) [][]byte { return when(v.LiftedAt.IsZero() && v.Message != 0, v.Message) }}
	// Key(each message), only in force
	RestrictionsByMessage = Index[RestrictionID, Restriction]{table: "restrictions", name: "message",
		keys: func(v *Restriction) [][]byte {
			if !v.LiftedAt.IsZero() {
				return nil
			}
			return each(v.Messages)
		}}
	// Key(conversation)
	RequestsByConversation = Index[RequestID, Request]{table: "requests", name: "conversation",
		keys: func(v *Request) [][]byte { return when(v.Conversation != 0, v.Conversation) }}
	// Key(job)
	RequestByJob = Index[RequestID, Request]{table: "requests", name: "job",
		keys: func(v *Request) [][]byte { return when(v.Job != 0, v.Job) }}
	// Key(token)
	RequestByToken = Index[RequestID, Request]{table: "requests", name: "token",
		keys: func(v *Request) [][]byte { return when(v.Identity.Token != [32]byte{}, v.Identity.Token) }}
	// Key(job)
	ReceiptByJob = Index[ReceiptID, Receipt]{table: "receipts", name: "job",
		keys: func(v *Receipt) [][]byte { return one(v.Job) }}
	// Key(each message)
	ExportsByMessage = Index[ExportID, Export]{table: "exports", name: "message",
		keys: func(v *Export) [][]byte { return each(v.Messages) }}
	// Key(link), only where there is one
	ExportByLink = Index[ExportID, Export]{table: "exports", name: "link",
		keys: func(v *Export) [][]byte { return when(v.Link != [32]byte{}, v.Link) }}

	// Key(strict), of former identities too
	TombstonesByStrict = Index[MessageID, Tombstone]{table: "tombstones", name: "strict",
		keys: func(v *Tombstone) [][]byte {
			keys := one(v.Strict)
			for _, f := range v.Former {
				keys = append(keys, Key(f.Strict))
			}
			return keys
		}}
	// Key(loose), where set, of former identities too
	TombstonesByLoose = Index[MessageID, Tombstone]{table: "tombstones", name: "loose",
		keys: func(v *Tombstone) [][]byte {
			keys := when(v.Loose != [32]byte{}, v.Loose)
			for _, f := range v.Former {
				keys = append(keys, when(f.Loose != [32]byte{}, f.Loose)...)
			}
			return keys
		}}

	// Key(), only unpublished
	LedgerUnpublished = Index[LedgerID, LedgerEntry]{table: "ledger", name: "unpublished",
		keys: func(v *LedgerEntry) [][]byte { return when(!v.Published) }}
	// Key(name)
	SnapshotByName = Index[SnapshotID, Snapshot]{table: "snapshots", name: "name",
		keys: func(v *Snapshot) [][]byte { return one(v.Name) }}
	// Key(object)
	PackByObject = Index[PackID, Pack]{table: "packs", name: "object",
		keys: func(v *Pack) [][]byte { return one(v.Object) }}
	// Key(name)
	SettingByName = Index[SettingID, Setting]{table: "settings", name: "name",
		keys: func(v *Setting) [][]byte { return one(v.Name) }}
)

func one(parts ...any) [][]byte { return [][]byte{Key(parts...)} }

func when(is bool, parts ...any) [][]byte {
	if !is {
		return nil
	}
	return one(parts...)
}

// each gives a key of the leading parts and a value for every value.
func each[V any](values []V, leading ...any) [][]byte {
	keys := make([][]byte, 0, len(values))
	for _, v := range values {
		keys = append(keys, appendPart(Key(leading...), v))
	}
	return keys
}

func tableNamed(name string) (anyTable, error) {
	for _, t := range tables {
		if t.tableName() == name {
			return t, nil
		}
	}
	return nil, fmt.Errorf("table %q: %w", name, ErrNotFound)
}
