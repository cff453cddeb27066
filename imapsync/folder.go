package imapsync

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"postolka/store"
)

// Roles of a folder, as store.Folder has them.
const (
	roleInbox   = "inbox"
	roleSent    = "sent"
	roleArchive = "archive"
	roleAll     = "all"
	roleTrash   = "trash"
	roleJunk    = "junk"
	roleDrafts  = "drafts"
)

// place is a folder on the server.
type place struct {
	name      string
	role      string
	delimiter rune
	virtual   bool // shows what lies elsewhere (\Flagged, \Important)
}

// synced: its mail comes to the desk. People expect what they see as their mail:
// inbox, sent and archived mail and every folder of their own. Not Trash (thrown
// away), Junk (never read) and Drafts (not said yet). An erasure looks at all.
func (p place) synced() bool {
	switch p.role {
	case roleTrash, roleJunk, roleDrafts:
		return false
	}
	return !p.virtual
}

// rank: the inbox first, then what we sent, so that a copy under "all mail" is
// known already when it comes; that comes last.
func (p place) rank() int {
	switch p.role {
	case roleInbox:
		return 0
	case roleSent:
		return 1
	case roleAll:
		return 3
	}
	return 2
}

// places lists the folders that can be opened, in the order of sync.
func (s *session) places() ([]place, error) {
	var list []*imap.ListData
	err := s.runNamed(func() (err error) {
		caps := s.caps()
		var options *imap.ListOptions
		if caps.Has(imap.CapSpecialUse) && caps.Has(imap.CapListExtended) {
			options = &imap.ListOptions{ReturnSpecialUse: true}
		}
		list, err = s.client.List("", "*", options).Collect()
		return err
	})
	if err != nil {
		return nil, err
	}
	return sortPlaces(list), nil
}

func sortPlaces(list []*imap.ListData) []place {
	var places []place
	taken := map[string]bool{}
	named := map[string]bool{}
	for _, data := range list {
		// Twice: two odd names that read alike, see nameLine; one would undo the other.
		if p, ok := placeByAttr(data); ok && !named[p.name] {
			named[p.name] = true
			places = append(places, p)
			taken[p.role] = true
		}
	}
	for i := range places {
		if p := &places[i]; p.role == "" && !p.virtual {
			if role := roleByName(p.name, p.delimiter); !taken[role] {
				p.role = role
			}
		}
	}
	sort.SliceStable(places, func(i, j int) bool { return places[i].rank() < places[j].rank() })
	return places
}

func placeByAttr(data *imap.ListData) (place, bool) {
	p := place{name: data.Mailbox, delimiter: data.Delim}
	if strings.EqualFold(p.name, "INBOX") {
		p.role = roleInbox
	}
	for _, attr := range data.Attrs {
		switch {
		case is(attr, imap.MailboxAttrNoSelect), is(attr, imap.MailboxAttrNonExistent):
			return p, false
		case is(attr, imap.MailboxAttrSent):
			p.role = roleSent
		case is(attr, imap.MailboxAttrTrash):
			p.role = roleTrash
		case is(attr, imap.MailboxAttrJunk):
			p.role = roleJunk
		case is(attr, imap.MailboxAttrDrafts):
			p.role = roleDrafts
		case is(attr, imap.MailboxAttrArchive):
			p.role = roleArchive
		case is(attr, imap.MailboxAttrAll):
			p.role = roleAll
		case is(attr, imap.MailboxAttrFlagged), is(attr, imap.MailboxAttrImportant):
			p.virtual = true
		}
	}
	return p, true
}

func is(a, b imap.MailboxAttr) bool { return strings.EqualFold(string(a), string(b)) }

// roleNames serve servers without SPECIAL-USE: as the common mail programs name
// their folders, in English and Czech.
var roleNames = map[string]string{
	"sent": roleSent, "sent items": roleSent, "sent messages": roleSent, "sent mail": roleSent,
	"odeslaná pošta": roleSent, "odeslané": roleSent, "odeslane": roleSent,
	"trash": roleTrash, "deleted items": roleTrash, "deleted messages": roleTrash, "bin": roleTrash,
	"koš": roleTrash, "kos": roleTrash, "odstraněná pošta": roleTrash,
	"junk": roleJunk, "spam": roleJunk, "junk e-mail": roleJunk, "junk email": roleJunk, "bulk mail": roleJunk,
	"nevyžádaná pošta": roleJunk, "hromadné": roleJunk,
	"drafts": roleDrafts, "koncepty": roleDrafts, "rozepsané": roleDrafts,
	"archive": roleArchive, "archiv": roleArchive,
}

// roleByName looks at top-level folders and those right below INBOX.
func roleByName(name string, delimiter rune) string {
	if delimiter != 0 {
		if first, rest, ok := strings.Cut(name, string(delimiter)); ok && strings.EqualFold(first, "INBOX") {
			name = rest
		}
	}
	return roleNames[strings.ToLower(name)]
}

// sentPlace is where copies of our mail go: as configured, else as marked or named.
func sentPlace(places []place, configured string) (string, bool) {
	if configured != "" {
		for _, p := range places {
			if p.name == configured {
				return p.name, true
			}
		}
		return configured, false
	}
	for _, p := range places {
		if p.role == roleSent {
			return p.name, true
		}
	}
	return "", false
}

// newSentName is the name of a Sent folder to be made: some servers keep all
// folders below INBOX.
func newSentName(c *imapclient.Client) string {
	if !c.Caps().Has(imap.CapNamespace) {
		return "Sent"
	}
	spaces, err := c.Namespace().Wait()
	if err != nil || len(spaces.Personal) == 0 {
		return "Sent"
	}
	return spaces.Personal[0].Prefix + "Sent"
}

// reset forgets what a folder's UIDs meant; all of it is fetched again, and
// what is here already is known by its identity.
func reset(f *store.Folder, validity uint32) {
	f.UIDValidity, f.Low, f.High, f.Done, f.Quarantined = validity, 0, 0, false, nil
	f.Waiting, f.Erased = 0, 0
}

// ServerFolder is a folder on the server.
type ServerFolder struct {
	Name  string `json:"name"`
	Role  string `json:"role"`  // as store.Folder.Role, or ""
	Comes bool   `json:"comes"` // its mail comes to the desk
}

// ServerFolders connects and lists the folders that can be opened. The error may
// hold the server's own words: show it, don't log it.
func (y *Sync) ServerFolders(ctx context.Context, m store.MailboxID) (list []ServerFolder, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r := newRun(y, m)
	if err := r.connect(ctx); err != nil {
		return nil, err
	}
	defer r.s.close()
	places, err := r.s.places()
	if err != nil {
		return nil, fmt.Errorf("list folders: %w", err)
	}
	for _, p := range places {
		list = append(list, ServerFolder{p.name, recordRole(p.role), r.wants(p)})
	}
	return list, nil
}
