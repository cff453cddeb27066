package privacy

import (
	"context"

	"postolka/account"
	"postolka/store"
)

// Where in a message a hit stands.
const (
	InHeader = "header"
	InText   = "text"
	InFiles  = "files"
)

// Place says where in its message a hit stands: InHeader, InText or InFiles.
func (h Hit) Place() string {
	switch h.Kind {
	case "header":
		return InHeader
	case "file name", "attachment", "recognised":
		return InFiles
	case SeenKind:
		if h.Part != "" {
			return InFiles
		}
	}
	return InText
}

// FormWord is how a hit relates to the value looked for: a word of match.Form, or
// SeenKind where a person saw it and no program could.
func (h Hit) FormWord() string {
	if h.Kind == SeenKind {
		return SeenKind
	}
	return h.Form.String()
}

// Filter narrows a find to the hits that have all of what it names; the zero value
// lets all through.
type Filter struct {
	Place        string // of Hit.Place
	Form         string // of Hit.FormWord
	Role         string // the person's strongest part in the message: Author, Recipient or Mentioned
	New          bool   // only what the last find again brought
	Conversation store.ConversationID
}

// Of gives the hits that pass.
func (f Filter) Of(hits []Hit) []Hit {
	roles := strongestRoles(hits)
	var passed []Hit
	for _, h := range hits {
		if f.passes(h, roles[h.Message]) {
			passed = append(passed, h)
		}
	}
	return passed
}

func (f Filter) passes(h Hit, role string) bool {
	return (f.Place == "" || f.Place == h.Place()) && (f.Form == "" || f.Form == h.FormWord()) && (f.Role == "" || f.Role == role) &&
		(!f.New || h.New) && (f.Conversation == 0 || f.Conversation == h.Conversation)
}

// DecideAll decides on every message that has a hit under the filter, on whatever
// page it is shown, and says how many they are. It decides nothing with
// ErrFindChanged if they are not as many as were told (0: nobody was told a
// number). ErrKeep.
func (p *Privacy) DecideAll(ctx context.Context, by account.Agent, id store.JobID, filter Filter, told int, d MessageDecision) (n int, err error) {
	err = p.edit(ctx, by, id, func(f *file) error {
		if err := d.check(p.Now()); err != nil {
			return err
		}
		messages := messagesOf(filter.Of(f.Finding.Hits))
		if n = len(messages); told != 0 && told != n {
			return ErrFindChanged
		}
		for _, m := range messages {
			d.Message = m
			f.Decisions[m] = d
		}
		return nil
	})
	return n, err
}

// HitCounts are hits by place and form, and messages by the person's part in them.
type HitCounts struct {
	Hits     int            `json:"hits"`
	Messages int            `json:"messages"`
	Places   map[string]int `json:"places"`
	Forms    map[string]int `json:"forms"`
	Roles    map[string]int `json:"roles"`
}

// Counts of a find.
func (f Finding) Counts() HitCounts {
	n := HitCounts{Hits: len(f.Hits), Places: map[string]int{}, Forms: map[string]int{}, Roles: map[string]int{}}
	for _, h := range f.Hits {
		n.Places[h.Place()]++
		n.Forms[h.FormWord()]++
	}
	for _, role := range strongestRoles(f.Hits) {
		n.Roles[role]++
		n.Messages++
	}
	return n
}

// Roles are the person's strongest part in each message with hits.
func (f Finding) Roles() map[store.MessageID]string { return strongestRoles(f.Hits) }
