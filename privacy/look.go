package privacy

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/mail"
	"postolka/match"
	"postolka/store"
)

// A part that no program could read gets a second look by a person. What was seen
// stands with the part in the job's file, so it is sealed like all the rest of it
// and destroyed with the job; the receipt and the letter tell only how many.

// Verdict of a second look.
type Verdict string

const (
	NothingSeen Verdict = "nothing"    // the person is not in it
	PersonSeen  Verdict = "person"     // the person is: it is a hit from then on
	CantBeRead  Verdict = "unreadable" // nobody here can open it
)

// Look is a second look; the zero value: nobody looked yet.
type Look struct {
	Verdict Verdict       `json:"verdict"`
	At      time.Time     `json:"at"`
	By      store.AgentID `json:"by"` // 0: the command line of the host
}

// SeenKind is Hit.Kind of what a person saw in a part; such a hit has no excerpt,
// and its Identifier says nothing.
const SeenKind = "seen"

// LookCounts sums up what could not be read, and what people saw in it.
type LookCounts struct {
	Parts      int `json:"parts"`
	Looked     int `json:"looked"`
	Nothing    int `json:"nothing"`
	Person     int `json:"person"`
	Unreadable int `json:"unreadable"`
}

// Looks counts the second looks.
func (c Completeness) Looks() (n LookCounts) {
	n.Parts = len(c.Unreadable)
	for _, u := range c.Unreadable {
		switch u.Look.Verdict {
		case NothingSeen:
			n.Nothing++
		case PersonSeen:
			n.Person++
		case CantBeRead:
			n.Unreadable++
		}
	}
	n.Looked = n.Nothing + n.Person + n.Unreadable
	return n
}

// Unread lists what a saved find could not read: no content, so nothing is logged.
func (p *Privacy) Unread(by account.Agent, id store.JobID) ([]Unreadable, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return nil, err
	}
	f, _, err := p.job(id)
	return f.Finding.Complete.Unreadable, err
}

// Looked keeps what was seen in a part of a message; for every reason why it could
// not be read. A part in which the person is becomes a hit with a proposal.
// store.ErrNotFound: the find has no such part. ErrVerdict.
func (p *Privacy) Looked(ctx context.Context, by account.Agent, id store.JobID, m store.MessageID, part string, v Verdict) error {
	if v != NothingSeen && v != PersonSeen && v != CantBeRead {
		return ErrVerdict
	}
	return p.edit(ctx, by, id, func(f *file) error {
		known := false
		for i := range f.Finding.Complete.Unreadable {
			if u := &f.Finding.Complete.Unreadable[i]; u.Message == m && u.Part == part {
				u.Look, known = Look{v, p.Now().UTC(), by.ID}, true
			}
		}
		if !known {
			return store.ErrNotFound
		}
		return p.applyLooks(f)
	})
}

// applyLooks makes hits of what people saw, and leaves decisions on messages with
// hits only: those made stay, new ones are proposed.
func (p *Privacy) applyLooks(f *file) error {
	matcher, err := match.NewMatcher(f.Selectors)
	if err != nil {
		return err
	}
	hits := slices.DeleteFunc(f.Finding.Hits, func(h Hit) bool { return h.Kind == SeenKind })
	err = p.Store.View(func(tx *store.Tx) error {
		for _, u := range f.Finding.Complete.Unreadable {
			if u.Look.Verdict != PersonSeen {
				continue
			}
			m, err := store.Messages.Get(tx, u.Message)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			h := Hit{Message: u.Message, MessageIDHeader: u.MessageIDHeader, Mailbox: m.Mailbox, Conversation: m.Conversation, Part: u.Part, Kind: SeenKind, Role: strongest(rolesIn(matcher, m))}
			if !slices.Contains(hits, h) {
				hits = append(hits, h)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(a.Message, b.Message) })
	f.Finding.Hits = hits
	still := map[store.MessageID]MessageDecision{}
	for _, m := range messagesOf(hits) {
		if d, ok := f.Decisions[m]; ok {
			still[m] = d
		}
	}
	f.Decisions = still
	propose(f, proposal)
	return nil
}

func strongest(roles []string) string {
	for _, role := range []string{Author, Recipient} {
		if slices.Contains(roles, role) {
			return role
		}
	}
	return Mentioned
}

// keepLooks takes second looks over into a new find: it asks only for parts that
// are new.
func keepLooks(old, found []Unreadable) {
	type key struct {
		m            store.MessageID
		part, reason string
	}
	looks := map[key]Look{}
	for _, u := range old {
		looks[key{u.Message, u.Part, u.Reason}] = u.Look
	}
	for i, u := range found {
		found[i].Look = looks[key{u.Message, u.Part, u.Reason}]
	}
}

// seenIn are the parts of a message in which people saw the person: no mask
// reaches into them, so a redaction takes them out.
func (f *file) seenIn(m store.MessageID) (parts []string) {
	for _, u := range f.Finding.Complete.Unreadable {
		if u.Message == m && u.Look.Verdict == PersonSeen && !slices.Contains(parts, u.Part) {
			parts = append(parts, u.Part)
		}
	}
	return parts
}

// OpenPart gives a part that a saved find could not read, to be looked at: the file,
// or the whole message where no file is to be had. Name is "" for a message. Who may
// find persons may look, without a right in the mailbox, at these parts only.
// store.ErrNotFound: the find has no such part.
func (p *Privacy) OpenPart(ctx context.Context, by account.Agent, id store.JobID, m store.MessageID, part string) (name string, data []byte, err error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return "", nil, err
	}
	f, _, err := p.job(id)
	if err != nil {
		return "", nil, err
	}
	if !slices.ContainsFunc(f.Finding.Complete.Unreadable, func(u Unreadable) bool { return u.Message == m && u.Part == part }) {
		return "", nil, store.ErrNotFound
	}
	if err := p.record(ctx, by, audit.Download, f.Selectors, f.Purpose, []store.MessageID{m}); err != nil {
		return "", nil, err
	}
	raw, err := p.Store.RawBytes(m)
	if err != nil {
		return "", nil, err
	}
	for _, file := range mail.Parse(raw).Attachments() {
		if file.Path == part && len(file.Body) > 0 {
			return cmp.Or(file.Filename, "part-"+part), file.Body, nil
		}
	}
	return "", raw, nil
}
