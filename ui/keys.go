package ui

import (
	"net/http"

	"postolka/account"
)

// shortcut is a key and what it does; the script reads the same list from the page.
type shortcut struct {
	Keys []string
	Does string // message key under "keys."
}

// shortcuts by group, as the help shows them.
var shortcuts = []struct {
	Group string
	Keys  []shortcut
}{
	{"keys.move", []shortcut{{[]string{"j"}, "keys.next"}, {[]string{"k"}, "keys.previous"}, {[]string{"Enter"}, "keys.open"},
		{[]string{"u"}, "keys.back"}, {[]string{"/"}, "keys.search"}}},
	{"keys.act", []shortcut{{[]string{"r"}, "keys.reply"}, {[]string{"n"}, "keys.note"}, {[]string{"s"}, "keys.solve"},
		{[]string{"w"}, "keys.wait"}, {[]string{"z"}, "keys.snooze"}, {[]string{"t"}, "keys.assign"}, {[]string{"l"}, "keys.tag"},
		{[]string{"e"}, "keys.bin"}, {[]string{"!"}, "keys.spam"}}},
	{"keys.go", []shortcut{{[]string{"g", "n"}, "view.new"}, {[]string{"g", "m"}, "view.mine"}, {[]string{"g", "a"}, "view.assigned"},
		{[]string{"g", "w"}, "view.waiting"}, {[]string{"g", "s"}, "view.solved"}}},
	{"keys.write", []shortcut{{[]string{"c"}, "keys.compose"}, {[]string{"Ctrl", "Enter"}, "keys.send"}, {[]string{"?"}, "keys.help"}}},
}

func (s *Server) keys(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	p, err := s.page(r, by, "keys.title", "keys")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, keysPage(p))
}
