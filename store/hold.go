package store

import (
	"iter"
	"time"
)

// Hold keeps a conversation or message against retention and erasure until someone reviews
// it: a dispute, an authority's order, a duty to keep (GDPR Art. 17(3)(b), (e)).
// No personal data: the reason is a key word.
type Hold struct {
	Conversation ConversationID // with all that still comes; 0: Message alone is held
	Message      MessageID
	Reason       string
	ReviewAt     time.Time
	SetAt        time.Time
	SetBy        AgentID
	LiftedAt     time.Time // zero: in force
	LiftedBy     AgentID
}

// Restriction leaves messages stored and out of use (GDPR Art. 18): nobody sees
// them in lists, threads and searches until it is lifted.
type Restriction struct {
	Messages   []MessageID
	Ground     string // key word of Art. 18(1)(a)–(d), or "hold"
	SetAt      time.Time
	SetBy      AgentID
	InformedAt time.Time // when the person was told that it ends (Art. 18(3))
	LiftedAt   time.Time // zero: in force
	LiftedBy   AgentID
}

// HeldUntil is the latest review of the holds in force on a message; zero: none.
func HeldUntil(tx *Tx, id MessageID, m *Message) (until time.Time, err error) {
	for _, found := range []iter.Seq[HoldID]{HoldsByMessage.Prefix(tx, Key(id)), HoldsByConversation.Prefix(tx, Key(m.Conversation))} {
		for hold := range found {
			h, err := Holds.Get(tx, hold)
			if err != nil {
				return until, err
			}
			if h.ReviewAt.After(until) {
				until = h.ReviewAt
			}
		}
	}
	return until, nil
}

// Restricted says whether a restriction is in force on a message.
func Restricted(tx *Tx, id MessageID) bool {
	_, yes := RestrictionsByMessage.First(tx, Key(id))
	return yes
}
