package store

// Ids are never reused, also not after an erasure: tombstones and the access
// log speak of them for years. Zero means none.
type (
	MailboxID      uint64
	FolderID       uint64
	MessageID      uint64
	ConversationID uint64
	CustomerID     uint64
	AgentID        uint64
	SessionID      uint64
	SourceID       uint64
	DraftID        uint64
	OutboxID       uint64
	JobID          uint64
	ReceiptID      uint64
	ExportID       uint64
	SnapshotID     uint64
	PackID         uint64
	LedgerID       uint64
	SettingID      uint64
	HoldID         uint64
	NoticeID       uint64
	RestrictionID  uint64
	RequestID      uint64
	AbsenceID      uint64
)
