package audit

import (
	"bytes"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"postolka/account"
	"postolka/store"
)

// Queries, newest first; limit 0 means all. They don't decide who may ask.

// ByMessage gives the entries that name a message.
func (l *Log) ByMessage(id store.MessageID, limit int) ([]Entry, error) {
	return l.by(messageBucket, number(id), math.MaxInt64, limit)
}

// ByConversation gives the entries about a conversation.
func (l *Log) ByConversation(id store.ConversationID, limit int) ([]Entry, error) {
	return l.by(conversationBkt, number(id), math.MaxInt64, limit)
}

// ByAgent gives what an agent did, entries with N below before (0: all). Agent 0 is
// the host, the program itself, and strangers who failed to sign in.
func (l *Log) ByAgent(id store.AgentID, before int64, limit int) ([]Entry, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	return l.by(agentBucket, number(id), before, limit)
}

// ByDay gives the entries of one day, UTC.
func (l *Log) ByDay(t time.Time, limit int) ([]Entry, error) {
	return l.by(dayBucket, number(day(t)), math.MaxInt64, limit)
}

func (l *Log) by(bucket string, prefix []byte, before int64, limit int) (list []Entry, err error) {
	err = l.file.View(func(tx *store.FileTx) error {
		list = nil
		from := append(slices.Clone(prefix), number(before)...)
		return tx.ScanReverse(bucket, from, func(k, _ []byte) error {
			n := asNumber(k)
			if !bytes.HasPrefix(k, prefix) {
				return store.ErrStop
			}
			if n >= before {
				return nil
			}
			e, err := decode(tx.Get(entriesBucket, number(n)))
			if err != nil {
				return fmt.Errorf("access log entry %d: %w", n, err)
			}
			list = append(list, e)
			if len(list) == limit {
				return store.ErrStop
			}
			return nil
		})
	})
	return list, err
}

// All yields every entry that was not pruned, oldest first, in short transactions:
// the log goes on while one reads. An error ends it.
func (l *Log) All() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for next := int64(0); ; {
			page, err := l.page(next, 1000)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if len(page) == 0 {
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			next = page[len(page)-1].N + 1
		}
	}
}

func (l *Log) page(from int64, limit int) (list []Entry, err error) {
	err = l.file.View(func(tx *store.FileTx) error {
		list = nil
		return tx.Scan(entriesBucket, number(from), func(k, v []byte) error {
			if len(list) == limit {
				return store.ErrStop
			}
			e, err := decode(v)
			if err != nil {
				return fmt.Errorf("access log entry %d: %w", asNumber(k), err)
			}
			e.N = asNumber(k) // so that an entry changed by hand can't send a reader in circles
			list = append(list, e)
			return nil
		})
	})
	return list, err
}

// Recipient is someone whom a message was sent to from here.
type Recipient struct {
	Kind        account.Kind
	Agent       store.AgentID
	First, Last time.Time
	Times       int
}

// Recipients says whom a message was shown to: sent to, which isn't read by. The
// latest stands first.
func (l *Log) Recipients(id store.MessageID) ([]Recipient, error) {
	entries, err := l.ByMessage(id, 0)
	if err != nil {
		return nil, err
	}
	var list []Recipient
	for _, e := range entries {
		if !e.Action.Shows() {
			continue
		}
		i := slices.IndexFunc(list, func(r Recipient) bool { return r.Kind == e.Kind && r.Agent == e.Agent })
		if i < 0 {
			i, list = len(list), append(list, Recipient{Kind: e.Kind, Agent: e.Agent, Last: e.At})
		}
		list[i].First = e.At
		list[i].Times++
	}
	return list, nil
}
