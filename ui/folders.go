package ui

import (
	"net/http"
	"slices"

	"postolka/account"
	"postolka/desk"
	"postolka/imapsync"
	"postolka/store"
)

// FolderChoice is a form: which folders' mail comes to the desk.
type FolderChoice struct {
	ID      store.MailboxID
	All     bool
	Folders []imapsync.ServerFolder
	Said    string // the server's own words, when it gave no list
}

// always: its mail comes whatever is chosen.
func always(f imapsync.ServerFolder) bool { return f.Role == "inbox" || f.Role == "sent" }

func (s *Server) foldersPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	info, err := s.mailboxOf(r, by)
	if err != nil {
		return err
	}
	if info.Mailbox.IMAP.Host == "" {
		return s.back(w, r, mailboxPath(info.ID), Flash{})
	}
	c := FolderChoice{ID: info.ID, All: len(info.Mailbox.Folders) == 0}
	if c.Folders, err = s.ServerFolders(r.Context(), info.ID); err != nil {
		c.Said = err.Error()
	}
	p, err := s.page(r, by, "folders.choose_title", "mailboxes")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, folderChoice(p, c))
}

func (s *Server) chooseFolders(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	info, err := s.mailboxOf(r, by)
	if err != nil {
		return err
	}
	if err := s.Desk.ChooseFolders(r.Context(), by, info.ID, r.PostFormValue("which") == "all", r.PostForm["folder"]); err != nil {
		return err
	}
	s.changed(info.ID)
	return s.back(w, r, mailboxPath(info.ID), Flash{Key: "folders_chosen"})
}

// chosenText names the folders that come.
func (v Voice) chosenText(m store.Mailbox) string {
	if len(m.Folders) == 0 {
		return v.T("folders.all")
	}
	n := len(slices.DeleteFunc(slices.Clone(m.Folders), func(name string) bool { return name == desk.Inbox }))
	if n == 0 {
		return v.T("folders.few")
	}
	return v.T("folders.some", n)
}
