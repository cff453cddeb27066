package desk

import (
	"strings"
	"time"
	"unicode"

	"postolka/account"
	"postolka/search"
	"postolka/store"
)

// filter is a search as it was typed: what the index answers, and what records do.
type filter struct {
	query      search.Query
	boxes      []store.MailboxID // empty: all
	status     []store.Status
	byAssignee bool
	assignee   store.AgentID // 0: nobody's
	tags       []string
	nothing    bool // asks for something that can't be there (an unknown mailbox)
}

// parseQuery reads the search box. A word before a colon that is no filter is
// text; values with spaces stand in quotes: from:"Jana Nová".
func parseQuery(tx *store.Tx, by account.Agent, text string, boxes []store.MailboxID, now time.Time) (f filter, err error) {
	f.query.Mailboxes = boxes
	f.nothing = len(boxes) == 0
	var words []string
	for _, t := range tokens(text) {
		name, value, ok := strings.Cut(t, ":")
		value = strings.Trim(value, `"„“”`)
		if !ok || value == "" || !f.set(tx, by, strings.ToLower(name), value, now) {
			words = append(words, t)
		}
	}
	f.query.Words = strings.Join(words, " ")
	if strings.TrimSpace(text) == "" {
		f.nothing = true
	}
	return f, nil
}

// tokens splits at spaces outside quotes.
func tokens(s string) (out []string) {
	quoted := false
	return strings.FieldsFunc(s, func(r rune) bool {
		switch {
		case r == '"':
			quoted = !quoted
		case strings.ContainsRune("„“”", r):
			quoted = r == '„' || !quoted && r == '“'
		}
		return unicode.IsSpace(r) && !quoted
	})
}

// set takes one filter; false: it is none, so it is text.
func (f *filter) set(tx *store.Tx, by account.Agent, name, value string, now time.Time) bool {
	switch name {
	case "from":
		f.query.From = value
	case "to":
		f.query.To = value
	case "mailbox":
		f.inMailbox(tx, by, value)
	case "status":
		return f.inStatus(strings.ToLower(value))
	case "assignee":
		f.ofAgent(tx, by, value)
	case "tag":
		f.tags = append(f.tags, value)
	case "has":
		if !strings.HasPrefix("attachments", strings.ToLower(value)) {
			return false
		}
		f.query.HasAttachment = true
	case "in":
		if !strings.HasPrefix("attachments", strings.ToLower(value)) {
			return false
		}
		f.query.InAttachments = true
	case "after", "before":
		day, ok := readDay(value, now)
		if !ok {
			return false
		}
		if name == "after" {
			f.query.After = day
		} else {
			f.query.Before = day
		}
	default:
		return false
	}
	return true
}

// inMailbox narrows to readable mailboxes of that name or address.
func (f *filter) inMailbox(tx *store.Tx, by account.Agent, value string) {
	value = strings.ToLower(value)
	for _, id := range readable(tx, by, 0) {
		m, err := store.Mailboxes.Get(tx, id)
		if err == nil && (strings.HasPrefix(strings.ToLower(m.Name), value) || strings.HasPrefix(strings.ToLower(m.Address), value)) {
			f.boxes = append(f.boxes, id)
		}
	}
	f.query.Mailboxes = f.boxes
	f.nothing = f.nothing || len(f.boxes) == 0
}

func (f *filter) inStatus(value string) bool {
	for i, name := range statusNames {
		if name == value {
			f.status = append(f.status, store.Status(i))
			return true
		}
	}
	return false
}

// ofAgent: "me", "nobody", or the beginning of a colleague's name or address.
func (f *filter) ofAgent(tx *store.Tx, by account.Agent, value string) {
	f.byAssignee = true
	switch value = strings.ToLower(value); value {
	case "me":
		f.assignee = by.ID
	case "nobody", "none":
		f.assignee = 0
	default:
		for id, a := range store.Agents.All(tx) {
			if strings.HasPrefix(strings.ToLower(a.Name), value) || strings.HasPrefix(a.Email, value) {
				f.assignee = id
				return
			}
		}
		f.nothing = true
	}
}

var dayForms = []string{"2006-01-02", "2.1.2006", "2. 1. 2006", "2006-01", "2006"}

// readDay reads a date in the agent's zone: 2026-11-23, 23.11.2026, 2026-11, 2026, today, yesterday.
func readDay(value string, now time.Time) (time.Time, bool) {
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch strings.ToLower(value) {
	case "today":
		return today, true
	case "yesterday":
		return today.AddDate(0, 0, -1), true
	}
	for _, form := range dayForms {
		if t, err := time.ParseInLocation(form, value, now.Location()); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
