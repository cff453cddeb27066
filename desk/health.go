package desk

import (
	"context"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/store"
)

// Health is how a mailbox does, in one stable word.
type Health string

const (
	Trouble Health = "trouble" // see store.Mailbox.LastError
	Paused  Health = "paused"
	Import  Health = "import"  // has no server
	Waiting Health = "waiting" // for the first contact
	Lost    Health = "lost"    // no contact for a while
	Silent  Health = "silent"  // see SilenceOf
	Asking  Health = "asking"  // see store.Follow.Asking
	Coming  Health = "coming"  // older mail still comes
	Fine    Health = "fine"
)

// Ailing: somebody should look.
func (h Health) Ailing() bool { return h == Trouble || h == Lost || h == Asking || h == Silent }

// noContact is how long a connected mailbox may be without contact: the folders
// are looked at every two minutes.
const noContact = 15 * time.Minute

// healthOf is the worst that is true of a mailbox with backlog older messages to
// come. Contact is missed only since this process runs.
func (d *Desk) healthOf(m store.Mailbox, backlog int) Health {
	now := d.now()
	heard := m.LastContact
	if d.since.After(heard) {
		heard = d.since
	}
	_, silent := SilenceOf(m, now)
	switch {
	case m.LastError != "":
		return Trouble
	case m.Paused:
		return Paused
	case m.IMAP.Host == "":
		return Import
	case m.LastContact.IsZero() && backlog == 0:
		return Waiting
	case backlog == 0 && now.Sub(heard) > noContact:
		return Lost
	case m.Follow.Asking > 0:
		return Asking
	case silent:
		return Silent
	case backlog > 0:
		return Coming
	}
	return Fine
}

// Ailing says of each mailbox that needs somebody why; it counts no mail.
func (d *Desk) Ailing() (ailing map[store.MailboxID]Health, err error) {
	err = d.store.View(func(tx *store.Tx) error {
		ailing = map[store.MailboxID]Health{}
		for id, m := range store.Mailboxes.All(tx) {
			if h := d.healthOf(m, backlog(foldersOf(tx, id))); h.Ailing() {
				ailing[id] = h
			}
		}
		return nil
	})
	return ailing, err
}

func foldersOf(tx *store.Tx, id store.MailboxID) (list []store.Folder) {
	for fid := range store.FolderByName.Prefix(tx, store.Key(id)) {
		if f, err := store.Folders.Get(tx, fid); err == nil {
			list = append(list, f)
		}
	}
	return list
}

// backlog are older messages on the server that still come.
func backlog(list []store.Folder) (n int) {
	for _, f := range list {
		n += int(f.Waiting)
	}
	return n
}

// Backlog are older messages on the server that still come.
func (i MailboxInfo) Backlog() int { return backlog(i.Folders) }

// TimeLeft until they are here, at the pace of late; 0: none, or not known yet.
func (i MailboxInfo) TimeLeft() (left time.Duration) {
	for _, f := range i.Folders {
		if f.Waiting > 0 && f.PerMinute > 0 {
			left += time.Duration(f.Waiting) * time.Minute / time.Duration(f.PerMinute)
		}
	}
	return left
}

// PerMinute is how many of them come in a minute.
func (i MailboxInfo) PerMinute() (n int) {
	for _, f := range i.Folders {
		if f.Waiting > 0 {
			n = max(n, int(f.PerMinute))
		}
	}
	return n
}

// NotFetched are messages on the server that could not be fetched or stored yet.
func (i MailboxInfo) NotFetched() (n int) {
	for _, f := range i.Folders {
		n += len(f.Quarantined)
	}
	return n
}

// FolderHealth is a folder with how many of its messages on the server are here.
type FolderHealth struct {
	ID store.FolderID
	store.Folder
	Here int
}

// Unexplained is what the server has more (or less, negative) at the last look
// than what is here, still comes, could not be fetched, or was erased here. Sync
// goes after it at its next look.
func (f FolderHealth) Unexplained() int {
	if f.CheckedAt.IsZero() {
		return 0
	}
	return int(f.OnServer) - f.Here - int(f.Waiting) - len(f.Quarantined) - int(f.Erased)
}

// Folders are those of a mailbox that by may see the health of (as [Desk.Mailboxes]),
// with what is here counted. ErrNotAllowed.
func (d *Desk) Folders(_ context.Context, by account.Agent, id store.MailboxID) (list []FolderHealth, err error) {
	if !seesHealth(by, id) {
		return nil, ErrNotAllowed
	}
	err = d.store.View(func(tx *store.Tx) error {
		list = nil
		for fid := range store.FolderByName.Prefix(tx, store.Key(id)) {
			f, err := store.Folders.Get(tx, fid)
			if err != nil {
				return err
			}
			list = append(list, FolderHealth{fid, f, store.SourcesByPlace.Count(tx, store.Key(fid, f.UIDValidity))})
		}
		return nil
	})
	return list, err
}

func seesHealth(by account.Agent, id store.MailboxID) bool {
	return account.MayIn(by, account.Read, id) || account.MayDo(by, account.ManageMailboxes) || account.MayDo(by, account.SeeState)
}

// Inbox is the name that every server knows (RFC 9051 §5.1); in a list of chosen
// folders it stands for none beside inbox and Sent.
const Inbox = "INBOX"

// ChooseFolders says whose mail comes to the desk beside inbox and Sent: those of
// the server named in only, or with all every one but bin, junk and drafts. What is
// here already stays. For who may change the mailbox's settings; ErrNotAllowed.
func (d *Desk) ChooseFolders(ctx context.Context, by account.Agent, id store.MailboxID, all bool, only []string) error {
	if err := d.logSetting(ctx, by, id, "folders"); err != nil {
		return err
	}
	if all {
		only = nil
	} else {
		only = append([]string{Inbox}, only...) // an empty list would be all
	}
	err := d.store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, id)
		if err != nil {
			return err
		}
		m.Folders = only
		return store.Mailboxes.Put(tx, id, m)
	})
	if err == nil {
		d.Publish(Event{Kind: "mailbox", Mailbox: id})
	}
	return err
}

// RetryFetch lets messages that could not be fetched be tried at the next look at
// their folders, however often they failed; the caller has sync look. For who may
// change the mailbox's settings; ErrNotAllowed.
func (d *Desk) RetryFetch(ctx context.Context, by account.Agent, id store.MailboxID) error {
	if err := d.logSetting(ctx, by, id, "fetch again"); err != nil {
		return err
	}
	return d.store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, id)
		if err != nil {
			return err
		}
		m.RetryAt = d.now().UTC()
		return store.Mailboxes.Put(tx, id, m)
	})
}

// logSetting notes that by changes object of a mailbox, if he may.
func (d *Desk) logSetting(ctx context.Context, by account.Agent, id store.MailboxID, object string) error {
	if id == 0 || !maySave(by, id) {
		return ErrNotAllowed
	}
	e := d.log.By(by, audit.Setting)
	e.Mailbox, e.Object = id, object
	return d.log.Record(ctx, e)
}
