package ui

import (
	"slices"

	"postolka/account"
	"postolka/privacy"
	"postolka/rights"
	"postolka/store"
)

// askedIn are the open requests of a conversation; proposed ones wait for somebody
// to say what they are.
func (s *Server) askedIn(by account.Agent, c store.ConversationID) ([]privacy.RequestRow, error) {
	if s.Privacy == nil {
		return nil, nil
	}
	rows, err := s.Privacy.RequestsIn(by, c)
	return slices.DeleteFunc(rows, func(r privacy.RequestRow) bool { return !r.Open() }), err
}

func isProposed(r privacy.RequestRow) bool { return r.State == store.RequestProposed }

// evidenceOf is the sentence for which a message was taken for a request; read
// again, since the register holds no words of anybody.
func evidenceOf(t Talk, m store.MessageID) string {
	for _, l := range t.Messages {
		if l.ID == m {
			return rights.Detect(l.Message.Subject, l.Own).Evidence
		}
	}
	return ""
}
