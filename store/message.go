package store

import "time"

// Message is the record of anything that has text: received and sent mail,
// internal notes, form submissions. Raw bytes and extracted text lie in a volume.
type Message struct {
	Conversation ConversationID
	Mailbox      MailboxID
	Volume       uint32
	Kind         MessageKind
	Origin       Origin
	Agent        AgentID   // who wrote it, for Outgoing and Note
	SentAt       time.Time // Date header, UTC; zero: none readable
	ReceivedAt   time.Time // INTERNALDATE, mbox or file date, or when we took it in
	SizeBytes    int64     // raw

	Strict [32]byte // mail.Strict; decides duplicates, per mailbox
	Loose  [32]byte // mail.Loose; tombstones only

	// What a list, a thread and a tile need without opening the volume; all
	// derived from the raw message.
	MessageIDHeader string
	InReplyTo       []string
	References      []string
	From            Address
	ReplyTo         []Address
	To, Cc, Bcc     []Address
	Subject         string
	Preview         string // about 200 runes of the own text, one line
	Files           []File
	Automatic       bool
	Failures        []Failure // what a delivery report says; of it, not of the mail it is about
	// Unproven: the receiving server found that the sender is not who From says, or
	// From is our own address though it did not come from Sent. Joins nothing by reference.
	Unproven bool
	// What was found about the sender when the message came; zero for what we write
	// and for mail taken in before this was looked at.
	Auth       Auth
	Warnings   Warnings
	Quarantine string // stable reason; empty: understood
	Unreadable []Unreadable

	// Proposed is a conversation that this message claims to belong to although
	// its sender is a stranger there; never joined by itself.
	Proposed ConversationID
	Pack     PackID // snapshot pack that holds it; 0: none yet
	Version  uint32 // counts replacements (redaction); 0: as it came
	Erased   time.Time
}

// MessageKind says what a message is for the people who read the thread.
type MessageKind uint8

const (
	Incoming MessageKind = iota
	Outgoing
	Note
	Form
)

// Origin says by which way a message came.
type Origin uint8

const (
	FromIMAP Origin = iota
	FromImport
	FromDesk // written here
	FromForm
)

// Address is a mail address as a record keeps it.
type Address struct {
	Name string
	Addr string
}

// Auth says by what the sender was verified, for the domain in From.
type Auth struct {
	Server           string // organization of the server that wrote results, believed or not
	SPF, DKIM, DMARC AuthResult
	Here             bool // DKIM was verified by us
}

// AuthResult of one method.
type AuthResult uint8

const (
	AuthNone AuthResult = iota // nothing said, or nothing definite
	AuthPass
	AuthFail
)

// Warnings are tricks that the sender's name and addresses may be, one bit each.
type Warnings uint8

const (
	NameShowsAddress Warnings = 1 << iota // the name is an address of another domain
	NameIsOurs                            // the name is a colleague's or the mailbox's, the address is not
	PosesAsUs                             // the domain looks like one of ours
	PosesAsKnown                          // the address looks like one that wrote here before
	MixedScripts                          // letters of two scripts in the domain
	RepliesElsewhere                      // an answer would go to another domain
)

// Failure is a recipient whom a delivery report says the mail did not reach.
type Failure struct {
	Recipient string // address; empty: the report names nobody
	Delayed   bool   // the server goes on trying
	Status    string // RFC 3463 or reply code; empty: none told
	Reason    string // key word (mail.Reason…); empty: not known
	Words     string // the server's own
}

// File is one attachment as a tile shows it.
type File struct {
	Part      string // path in the MIME tree, "2.1"; "2.1:1" is a file within that one
	Name      string
	Type      string // lower-case media type
	SizeBytes int64
	ContentID string // set: a picture inside the HTML
}

// Unreadable is a part whose text could not be extracted.
type Unreadable struct {
	Part   string
	Reason string // stable key words, no personal data
}
