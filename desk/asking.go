package desk

import (
	"postolka/rights"
	"postolka/store"
)

// asked are the kinds of requests as the register keeps them.
var asked = map[rights.Kind]store.RequestKind{
	rights.Access: store.RequestAccess, rights.Erasure: store.RequestErasure,
	rights.Rectification: store.RequestRectification, rights.Restriction: store.RequestRestriction,
	rights.Portability: store.RequestPortability, rights.Objection: store.RequestObjection,
}

// propose enters a letter that seems to ask for a right of Articles 15 to 21 GDPR
// in the register, for a person to decide; its clock runs from the day it came.
// A conversation is asked about once for each kind: who reminds us of a request,
// or asks again after a person said that it is none, makes no new one until the
// first is answered.
func (p *placing) propose(c store.ConversationID, l *letter) error {
	if l.asks == rights.None {
		return nil
	}
	kind := asked[l.asks]
	for id := range store.RequestsByConversation.Prefix(p.tx, store.Key(c)) {
		r, err := store.Requests.Get(p.tx, id)
		if err != nil {
			return err
		}
		if r.Kind == kind && r.State != store.RequestAnswered {
			return nil
		}
	}
	_, err := store.Requests.Insert(p.tx, store.Request{Kind: kind, State: store.RequestProposed,
		ReceivedAt: l.record.ReceivedAt, Mailbox: l.in.Mailbox, Conversation: c, Message: l.id})
	return err
}

// moveRequests keeps a message's requests with it.
func moveRequests(tx *store.Tx, into, from store.ConversationID, m store.MessageID) error {
	for _, id := range collect(store.RequestsByConversation.Prefix(tx, store.Key(from))) {
		r, err := store.Requests.Get(tx, id)
		if err != nil {
			return err
		}
		if r.Message != m {
			continue
		}
		r.Conversation = into
		if err := store.Requests.Put(tx, id, r); err != nil {
			return err
		}
	}
	return nil
}
