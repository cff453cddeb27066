package ui

import (
	"slices"
	"strings"

	"postolka/desk"
	"postolka/store"
)

// subjectText is a subject or the word for none.
func subjectText(p Page, subject string) string {
	if strings.TrimSpace(subject) == "" {
		return p.T("list.no_subject")
	}
	return subject
}

func whoText(p Page, who string) string {
	if strings.TrimSpace(who) == "" {
		return p.T("list.nobody")
	}
	return who
}

func currentRow(open bool) string {
	if open {
		return "true"
	}
	return "false"
}

func orderOf(v desk.View) string {
	switch v {
	case desk.ViewNew, desk.ViewMine, desk.ViewAssigned:
		return "longest"
	}
	return "newest"
}

func emptyKey(l List) string {
	switch {
	case l.Where.Found != "":
		return "found"
	case !l.HasBoxes:
		return "no_mailbox"
	}
	switch l.Where.View {
	case desk.ViewNew, desk.ViewMine:
		return string(l.Where.View)
	}
	return "other"
}

func blankKey(l List) string {
	if len(l.Rows) == 0 && len(l.Found) == 0 {
		return "done"
	}
	return "pick"
}

func deskClass(d deskParts) string {
	if d.Talk == nil {
		return "at-list"
	}
	return "at-talk"
}

func hasMarks(l List, r desk.Row) bool {
	c := r.Conversation
	return len(c.Tags) > 0 || c.HasFiles || c.HasDraft || c.Undelivered || r.AssigneeName != "" || len(r.Viewing) > 0 ||
		l.Where.Found != "" || l.Where.View == desk.ViewAll
}

// tagClass sets tags that are numbers (orders, invoices) back behind words.
func tagClass(tag string) string {
	if strings.ContainsAny(tag, "0123456789") {
		return ""
	}
	return "info"
}

// isOver says that a conversation needs nobody now.
func isOver(c store.Conversation) bool {
	return c.Status == store.StatusSolved || c.Status == store.StatusSpam || c.Status == store.StatusBin
}

// onlyViewing are colleagues who read but don't write.
func onlyViewing(r desk.Row) (names []string) {
	for _, name := range r.Viewing {
		if !slices.Contains(r.Writing, name) {
			names = append(names, name)
		}
	}
	return names
}
