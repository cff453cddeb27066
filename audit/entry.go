package audit

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"postolka/account"
	"postolka/store"
)

// Entry says who did what to which object. Ids only, never content.
type Entry struct {
	N            int64                `json:"n"`  // index in the log, set when it is written
	At           time.Time            `json:"at"` // UTC; set when it is written, never before the entry before
	Kind         account.Kind         `json:"kind,omitzero"`
	Agent        store.AgentID        `json:"agent,omitzero"`
	Session      store.SessionID      `json:"session,omitzero"`
	Address      string               `json:"address,omitzero"` // remote
	Action       Action               `json:"action"`
	Purpose      string               `json:"purpose,omitzero"` // a stable word or "request 3"; no free text about persons
	Mailbox      store.MailboxID      `json:"mailbox,omitzero"`
	Conversation store.ConversationID `json:"conversation,omitzero"`
	Messages     []store.MessageID    `json:"messages,omitzero"`
	Object       string               `json:"object,omitzero"` // other things by kind and id: "snapshot 3", "agent 2", "part 2.1"
}

// Action is a stable word.
type Action string

const (
	List         Action = "list"
	Search       Action = "search"
	Opened       Action = "open"
	Preview      Action = "preview"
	Source       Action = "source"
	Download     Action = "download"
	Print        Action = "print"
	Forward      Action = "forward"
	Find         Action = "find"
	Export       Action = "export"
	Erase        Action = "erase"
	Reply        Action = "reply"
	NoteIt       Action = "note"
	Change       Action = "change"
	SignIn       Action = "sign-in"
	SignInFailed Action = "sign-in-failed"
	SignOut      Action = "sign-out"
	Setting      Action = "setting"
	Snapshot     Action = "snapshot"
	ReadLog      Action = "read-log"
	Import       Action = "import"
	Pruned       Action = "prune" // by the log itself, Object "entries below N"
)

// Shows says that the action sent content of its messages to someone.
func (a Action) Shows() bool { return slices.Contains(showing, a) }

var showing = []Action{List, Search, Opened, Preview, Source, Download, Print, Forward, Find, Export}

const saltBytes = 16 // an unsalted entry was guessed from its hash in 0.5 s

// encode gives the bytes that are hashed and stored.
func encode(e Entry) ([]byte, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode entry %d: %w", e.N, err)
	}
	b := make([]byte, saltBytes, saltBytes+len(body))
	rand.Read(b) // never fails
	return append(b, body...), nil
}

func decode(b []byte) (e Entry, err error) {
	if len(b) < saltBytes {
		return e, fmt.Errorf("entry of %d bytes: %w", len(b), store.ErrDamaged)
	}
	if err := json.Unmarshal(b[saltBytes:], &e); err != nil {
		return e, fmt.Errorf("entry: %w", store.ErrDamaged)
	}
	return e, nil
}

// row of an index.
type row struct {
	bucket string
	key    []byte
}

var present = []byte{1}

// rows are all index rows of an entry, each once.
func (e Entry) rows() []row {
	n := number(e.N)
	list := []row{
		{agentBucket, append(number(e.Agent), n...)},
		{dayBucket, append(number(day(e.At)), n...)},
	}
	if e.Conversation != 0 {
		list = append(list, row{conversationBkt, append(number(e.Conversation), n...)})
	}
	for _, m := range e.Messages {
		list = append(list, row{messageBucket, append(number(m), n...)})
	}
	return list
}

func day(t time.Time) int64 { return t.Unix() / 86400 }

// tidy makes an entry fit to be stored: bounded texts, each message once.
func (e Entry) tidy() Entry {
	e.Address, e.Purpose, e.Object = clip(e.Address), clip(e.Purpose), clip(e.Object)
	e.Messages = slices.Clone(e.Messages)
	slices.Sort(e.Messages)
	e.Messages = slices.Compact(e.Messages)
	if len(e.Messages) == 0 {
		e.Messages = nil
	}
	return e
}

// clip bounds what comes from a request to 200 bytes of valid UTF-8.
func clip(s string) string {
	if len(s) > 200 {
		s = s[:200]
	}
	return string(bytes.ToValidUTF8([]byte(s), nil))
}
