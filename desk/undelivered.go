package desk

import (
	"slices"
	"strings"
	"time"

	"postolka/store"
)

// Undelivered says that a message of ours did not reach a recipient, by the last
// report about him.
type Undelivered struct {
	store.Failure
	Report store.MessageID
	At     time.Time
}

// tellUndelivered puts what reports say to the messages they are about.
func (t *Thread) tellUndelivered() {
	var ours []*store.Message
	at := map[*store.Message]*Letter{}
	for i := range t.Messages {
		l := &t.Messages[i]
		if l.Message.Kind == store.Outgoing {
			ours = append(ours, &l.Message)
			at[&l.Message] = l
		}
		if sent := reported(&l.Message, ours); sent != nil {
			at[sent].addReport(l)
		}
	}
}

func (l *Letter) addReport(report *Letter) {
	for _, f := range report.Message.Failures {
		if !wentTo(&l.Message, f.Recipient) {
			continue
		}
		if f.Recipient == "" {
			f.Recipient = onlyRecipient(&l.Message)
		}
		said := Undelivered{f, report.ID, report.Message.ReceivedAt}
		i := slices.IndexFunc(l.Undelivered, func(u Undelivered) bool { return strings.EqualFold(u.Recipient, f.Recipient) })
		if i < 0 {
			l.Undelivered = append(l.Undelivered, said)
		} else {
			l.Undelivered[i] = said
		}
	}
}

func onlyRecipient(m *store.Message) string {
	for _, list := range [][]store.Address{m.To, m.Cc, m.Bcc} {
		for _, a := range list {
			return a.Addr
		}
	}
	return ""
}

// reported is which of our messages, oldest first, a report in the same
// conversation is about: the one it refers to; if it refers to none of them, the
// newest that went to whom it names, for then a person put it here. nil: none, or m
// is no report.
func reported(m *store.Message, ours []*store.Message) *store.Message {
	if len(m.Failures) == 0 {
		return nil
	}
	ids := referred(m)
	known := false
	for _, sent := range slices.Backward(ours) {
		if sent.MessageIDHeader != "" && slices.Contains(ids, sent.MessageIDHeader) {
			if reportsOn(m, sent) {
				return sent
			}
			known = true
		}
	}
	for _, sent := range slices.Backward(ours) {
		if !known && reportsOn(m, sent) {
			return sent
		}
	}
	return nil
}

// reportWindow: servers try for five days, some for a week.
const reportWindow = 8 * 24 * time.Hour

const suspects = 50 // conversations of a person looked at

// suspect finds the conversation that a report without a Message-ID of ours seems
// to be about: who was not reached got a mail with that subject from here not long
// before. A stranger can guess these, so it makes a proposal, no more.
func (p *placing) suspect(l *letter) (store.ConversationID, error) {
	subject := bareSubject(l.returned.Subject)
	if subject == "" {
		return 0, nil
	}
	for _, f := range l.record.Failures {
		card, ok := store.CustomersByAddress.First(p.tx, store.Key(l.in.Mailbox, strings.ToLower(f.Recipient)))
		if !ok {
			continue
		}
		looked := 0
		for c := range store.ConversationsByCustomer.PrefixReverse(p.tx, store.Key(card)) {
			fits, err := p.fits(c, l, f.Recipient, subject)
			if err != nil || fits {
				return c, err
			}
			if looked++; looked == suspects {
				break
			}
		}
	}
	return 0, nil
}

func (p *placing) fits(c store.ConversationID, l *letter, recipient, subject string) (bool, error) {
	for id := range store.MessagesByConversation.PrefixReverse(p.tx, store.Key(c)) {
		m, err := store.Messages.Get(p.tx, id)
		if err != nil {
			return false, err
		}
		age := l.record.ReceivedAt.Sub(m.ReceivedAt)
		if m.Kind == store.Outgoing && age >= 0 && age <= reportWindow && wentTo(&m, recipient) && bareSubject(m.Subject) == subject {
			return true, nil
		}
	}
	return false, nil
}

// bareSubject is a subject without what answers put before it.
func bareSubject(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	for {
		before, after, ok := strings.Cut(s, ":")
		if !ok || len(before) > 4 || strings.Contains(before, " ") {
			return s
		}
		s = strings.TrimSpace(after)
	}
}
