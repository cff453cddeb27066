package store

import "time"

// Request is what a data subject asks the shop for (Articles 15 to 21 GDPR). It
// holds no personal data: who asked is in the conversation, what is looked for
// lies sealed with the job.
type Request struct {
	Kind         RequestKind
	State        RequestState
	ReceivedAt   time.Time
	Mailbox      MailboxID      // 0: it came on paper or by phone
	Conversation ConversationID // 0: the same
	Message      MessageID      // the mail that asks
	Job          JobID          // the find, export or erasure for it; 0: none yet
	AddedBy      AgentID        // 0: proposed by the program
	Identity     Identification
	ExtendedAt   time.Time // zero: not extended
	ExtendedWhy  string    // key of a reason
	Grounds      []string  // keys of grounds for refusing; empty: granted
	AnsweredAt   time.Time
	AnsweredBy   AgentID
}

// Notice is owed to someone who was sent what was erased, masked or restricted here
// since (GDPR Art. 19).
type Notice struct {
	Job         JobID         // 0: it is of a restriction
	Restriction RestrictionID // 0: it is of an erasure
	Recipient   string        // name and address; emptied when it is over
	LastSent    time.Time     // when the last such message went out
	OverAt      time.Time     // zero: owed
	OverBy      AgentID
	Excuse      string // key of why the recipient was not told; empty: told
}

// RequestKind is the right that is used.
type RequestKind uint8

const (
	RequestAccess        RequestKind = iota // Article 15
	RequestErasure                          // Article 17
	RequestRectification                    // Article 16
	RequestRestriction                      // Article 18
	RequestPortability                      // Article 20
	RequestObjection                        // Article 21
)

// RequestState of a Request. Waiting for an approval is a state of its job.
type RequestState uint8

const (
	RequestProposed  RequestState = iota // by the program; its clock runs all the same
	RequestReceived                      // a person says that it is one
	RequestIdentity                      // the person was asked to confirm who they are
	RequestWork                          // who asked is known
	RequestAnswered                      // granted, or refused with grounds
	RequestDismissed                     // no request after all
)

// Identification is how the shop knows who asked (Article 12(6) GDPR).
type Identification struct {
	Token    [32]byte // SHA-256 of the single-use token; zero: none is out
	Ends     time.Time
	AskedAt  time.Time
	ProvenAt time.Time
	Waived   string // key of the reason why nothing was asked
}
