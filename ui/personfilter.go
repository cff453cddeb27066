package ui

import (
	"maps"
	"net/url"
	"slices"
	"strconv"

	"postolka/privacy"
	"postolka/store"
)

// readFilter reads a filter from an address or a form; words it doesn't know let all through.
func readFilter(q url.Values) (f privacy.Filter) {
	known := func(name string, words []string) string {
		if word := q.Get(name); slices.Contains(words, word) {
			return word
		}
		return ""
	}
	f.Place, f.Form, f.Role = known("where", hitPlaces), known("form", hitForms), known("role", hitRoles)
	f.New = q.Get("new") != ""
	id, _ := strconv.ParseUint(q.Get("talk"), 10, 64)
	f.Conversation = store.ConversationID(id)
	return f
}

// Words of a filter: where hits stand, in which forms (the surest first), and the
// person's part in a message.
var (
	hitPlaces = []string{privacy.InText, privacy.InHeader, privacy.InFiles}
	hitForms  = []string{"exact", "normalised", "inflected", "resembling", privacy.SeenKind}
	hitRoles  = []string{privacy.Author, privacy.Recipient, privacy.Mentioned}
)

// query is the address of a page of the file under a filter.
func (f PersonFile) query(filter privacy.Filter, page int) string {
	q := filterValues(filter)
	if page > 0 {
		q.Set("page", strconv.Itoa(page))
	}
	if len(q) == 0 {
		return personPath(f.ID)
	}
	return personPath(f.ID) + "?" + q.Encode()
}

func filterValues(filter privacy.Filter) url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"where": filter.Place, "form": filter.Form, "role": filter.Role} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if filter.New {
		q.Set("new", "1")
	}
	if filter.Conversation != 0 {
		q.Set("talk", idText(filter.Conversation))
	}
	return q
}

func (f PersonFile) filtered() bool { return f.Filter != privacy.Filter{} }

// within is the filter, in one conversation only.
func (f PersonFile) within(id store.ConversationID) privacy.Filter {
	f.Filter.Conversation = id
	return f.Filter
}

// hiddenField is a field of a form that nobody sees.
type hiddenField struct{ Name, Value string }

func hiddenOf(q url.Values) (list []hiddenField) {
	for _, name := range slices.Sorted(maps.Keys(q)) {
		list = append(list, hiddenField{name, q.Get(name)})
	}
	return list
}

// choice is one tab of a filter.
type choice struct {
	Key    string // of its text
	Filter privacy.Filter
	Count  int
	On     bool
}

// choices are the tabs of one row: all, then each word that has hits.
func choices(all string, counts map[string]int, words []string, now string, set func(word string) privacy.Filter, key func(word string) string) []choice {
	list := []choice{{all, set(""), -1, now == ""}}
	for _, word := range words {
		if n := counts[word]; n > 0 || word == now {
			list = append(list, choice{key(word), set(word), n, word == now})
		}
	}
	return list
}

// filterRows are the rows of tabs; a row with one choice says nothing.
func (f PersonFile) filterRows() (rows []filterRow) {
	add := func(label, all string, counts map[string]int, words []string, now string, set func(*privacy.Filter, string), key func(word string) string) {
		list := choices(all, counts, words, now, func(word string) privacy.Filter {
			next := f.Filter
			set(&next, word)
			return next
		}, key)
		if len(list) > 2 || now != "" {
			rows = append(rows, filterRow{label, list})
		}
	}
	add("person.where", "hit_in.all", f.Counts.Places, hitPlaces, f.Filter.Place, func(n *privacy.Filter, w string) { n.Place = w }, func(w string) string { return "hit_in." + w })
	add("person.roles", "person.every_role", f.Counts.Roles, hitRoles, f.Filter.Role, func(n *privacy.Filter, w string) { n.Role = w }, func(w string) string { return "role_in." + w })
	add("person.forms", "person.every_form", f.Counts.Forms, hitForms, f.Filter.Form, func(n *privacy.Filter, w string) { n.Form = w }, func(w string) string { return "form." + w })
	return rows
}

// filterRow is one row of tabs under its label.
type filterRow struct {
	Label   string
	Choices []choice
}
