package store

import "time"

//msgp:timezone utc

// msgp wants one package in the folder, so tests are not in store_test.
//go:generate go tool msgp -tests=false -io=false -o records_msgp.go -file .

// Mailbox is a shared address of the shop (or a personal one) and where its mail lies.
type Mailbox struct {
	Name     string // unique, as people call it: "podpora@"
	Address  string // the From of answers; may be empty for a mailbox filled by import only
	Personal bool   // name@ rather than role info@ (§ 316 Labour Code)
	IMAP     Server // Host empty: no sync, filled by import only
	SMTP     Server // Host empty: can't send
	OAuth    OAuth  // set: both servers get an access token instead of a password
	// SentFolder is the IMAP folder that gets a copy of what we send; empty: the
	// one marked \Sent by the server, if any.
	SentFolder string
	Signature  string
	CreatedAt  time.Time
	Paused     bool          // no sync until someone resumes it
	Keep       time.Duration // retention of solved conversations; 0: keep until erased
	// Folders beside inbox and Sent that come to the desk, as the server names
	// them, and "INBOX"; empty: all but Trash, Junk and Drafts.
	Folders []string
	// Sync health, written by imapsync.
	LastContact time.Time
	LastNewMail time.Time
	LastError   string // plain words, no personal data; empty: fine
	// Arrivals counts mail by the day (UTC) it reached the server; the last element
	// is ArrivalsDay, in days since 1970.
	Arrivals    []uint32
	ArrivalsDay int64
	// NoLookups: DNS is not asked for the keys of senders' signatures (DKIM).
	NoLookups bool
	// AuthServer is the organization whose Authentication-Results are believed, as
	// learned from the mailbox's mail; empty: none.
	AuthServer string
	RetryAt    time.Time // what could not be fetched before is tried again, however often it failed
	Follow     Follow
}

// Follow says whether mail that was deleted at the server goes to the bin here.
type Follow struct {
	Since time.Time // zero: it stays
	// WholeDays are the last days, since 1970, on which every folder was seen whole.
	WholeDays []int64
	Asking    int // so many messages went at once that a person has to say whether they go; 0: none
	Agreed    int // so many may go, as a person said
}

// Server is one end of a mail connection.
type Server struct {
	Host     string
	Port     int
	Security Security
	User     string
	Secret   []byte // password sealed with Keys.Seal; nil: none
}

// OAuth is how access tokens for a mailbox are got (RFC 6749).
type OAuth struct {
	Provider     string // "google", "microsoft" or "other"; empty: passwords are used
	AuthURL      string // where a person consents
	TokenURL     string
	Scopes       []string
	ClientID     string
	ClientSecret []byte    // sealed; nil: the provider gave none
	RefreshToken []byte    // sealed
	ConsentAt    time.Time // zero: nobody consented yet, or for other servers
	SecretEnds   time.Time // as the person was told; zero: never, or not known
	ConsentEnds  time.Time // as the provider told; zero: it ends by withdrawal only
}

// Security says how a connection is protected.
type Security uint8

const (
	TLS      Security = iota // from the first byte
	STARTTLS                 // refused unless the server upgrades
	Plain                    // only to loopback
)

// Folder is the sync state of one IMAP folder. First sync goes newest first:
// UIDs in [Low, High] are here, what lies below Low still comes, Done says none does.
type Folder struct {
	Mailbox     MailboxID
	Name        string // as the server spells it, decoded
	Role        string // "inbox", "sent", "trash", "junk", "archive", "drafts" or ""
	UIDValidity uint32
	Low, High   uint32
	Done        bool
	ModSeq      uint64
	OnServer    uint32 // messages at last contact
	CheckedAt   time.Time
	Quarantined []BadUID // tried again, never block the rest
	Waiting     uint32   // older messages on the server that still come
	PerMinute   uint32   // how many of them came in a minute of late
	Erased      uint32   // on the server, but erased here: they stay out
	Gone        uint32   // came from here and were deleted or moved there since: they stay here
}

// BadUID is a message of the server that could not be fetched or stored yet.
type BadUID struct {
	UID      uint32
	Reason   string
	Attempts int
	TriedAt  time.Time // last
	NextAt   time.Time
}

// Absence is a message of a mailbox with Follow that lies in no folder of the
// server any more, as far as is known.
type Absence struct {
	Message MessageID
	Mailbox MailboxID
	Since   time.Time
}

// Source says where on the server a message was seen: an erasure expunges it there.
type Source struct {
	Message     MessageID
	Mailbox     MailboxID
	Folder      FolderID
	UIDValidity uint32
	UID         uint32
}
