package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/store"
)

// MailboxInfo is a mailbox as by may see it; secrets never leave.
type MailboxInfo struct {
	ID                    store.MailboxID
	Mailbox               store.Mailbox // sealed fields nil
	Right                 store.Right
	Folders               []store.Folder
	Messages, Quarantined int
	Health                Health
	Silence               Silence // with Health Silent
}

// Mailboxes are those by may read, and for who connects mailboxes all of them:
// settings, health and counts, no content.
func (d *Desk) Mailboxes(ctx context.Context, by account.Agent) (list []MailboxInfo, err error) {
	err = d.store.View(func(tx *store.Tx) error {
		list = nil
		for id, m := range store.Mailboxes.All(tx) {
			if seesHealth(by, id) {
				list = append(list, d.mailboxInfo(tx, by, id, m))
			}
		}
		return nil
	})
	return list, err
}

func (d *Desk) mailboxInfo(tx *store.Tx, by account.Agent, id store.MailboxID, m store.Mailbox) MailboxInfo {
	m.IMAP.Secret, m.SMTP.Secret, m.OAuth.ClientSecret, m.OAuth.RefreshToken = nil, nil, nil, nil
	info := MailboxInfo{ID: id, Mailbox: m, Right: rightOf(by, id), Folders: foldersOf(tx, id)}
	info.Health = d.healthOf(m, info.Backlog())
	info.Silence, _ = SilenceOf(m, d.now())
	info.Messages = store.MessagesByMailbox.Count(tx, store.Key(id))
	info.Quarantined = store.MessagesQuarantined.Count(tx, store.Key(id))
	return info
}

func rightOf(by account.Agent, m store.MailboxID) store.Right {
	switch {
	case account.MayIn(by, account.Manage, m):
		return store.RightManage
	case account.MayIn(by, account.Answer, m):
		return store.RightAnswer
	case account.MayIn(by, account.Read, m):
		return store.RightRead
	}
	return store.RightNone
}

// SaveMailbox adds (id 0) or changes one. A new host, port, user or weaker
// protection of a server needs its password again (ErrPassword): who may change
// settings must not be able to send the stored password to a server of his own.
// A consent (OAuth) ends with it too. Empty passwords keep the old ones. Whoever adds a mailbox gets no right to its
// mail by that; rights are given by an owner or a manager of it. Health, dates,
// folders, secrets and Follow in m are ignored. ErrName: empty or taken.
func (d *Desk) SaveMailbox(ctx context.Context, by account.Agent, id store.MailboxID, m store.Mailbox, imapPassword, smtpPassword string) (store.MailboxID, error) {
	if !maySave(by, id) {
		return 0, ErrNotAllowed
	}
	m.Name = strings.TrimSpace(m.Name)
	e := d.log.By(by, audit.Setting)
	e.Mailbox, e.Object = id, "mailbox"
	if err := d.checkMailbox(by, id, m, imapPassword, smtpPassword); err != nil {
		return 0, err
	}
	if err := d.log.Record(ctx, e); err != nil {
		return 0, err
	}
	err := d.store.Update(func(tx *store.Tx) (err error) {
		rec, err := d.mailboxRecord(tx, id, m, imapPassword, smtpPassword)
		if err != nil {
			return err
		}
		if id != 0 {
			return store.Mailboxes.Put(tx, id, rec)
		}
		added, err := store.Mailboxes.Insert(tx, rec)
		if err == nil {
			e.Mailbox = added
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	d.Publish(Event{Kind: "mailbox", Mailbox: e.Mailbox})
	return e.Mailbox, nil
}

func maySave(by account.Agent, id store.MailboxID) bool {
	return account.MayDo(by, account.ManageMailboxes) || id != 0 && account.MayIn(by, account.Manage, id)
}

// checkMailbox finds what is wrong before anything is logged.
func (d *Desk) checkMailbox(by account.Agent, id store.MailboxID, m store.Mailbox, imapPassword, smtpPassword string) error {
	return d.store.View(func(tx *store.Tx) error {
		_, err := d.mailboxRecord(tx, id, m, imapPassword, smtpPassword)
		return err
	})
}

// mailboxRecord is what will be stored: settings of m, the rest of what was there.
func (d *Desk) mailboxRecord(tx *store.Tx, id store.MailboxID, m store.Mailbox, imapPassword, smtpPassword string) (store.Mailbox, error) {
	var was store.Mailbox
	if id != 0 {
		var err error
		if was, err = store.Mailboxes.Get(tx, id); errors.Is(err, store.ErrNotFound) {
			return was, ErrNotAllowed
		} else if err != nil {
			return was, err
		}
	}
	if other, taken := store.MailboxByName.First(tx, store.Key(m.Name)); m.Name == "" || taken && other != id {
		return was, ErrName
	}
	if was.CreatedAt.IsZero() {
		was.CreatedAt = d.now().UTC()
	}
	m.CreatedAt, m.LastContact, m.LastNewMail, m.LastError = was.CreatedAt, was.LastContact, was.LastNewMail, was.LastError
	m.Arrivals, m.ArrivalsDay, m.Folders, m.RetryAt = was.Arrivals, was.ArrivalsDay, was.Folders, was.RetryAt
	m.Follow = was.Follow
	if m.AuthServer = was.AuthServer; m.IMAP.Host != was.IMAP.Host {
		m.AuthServer = ""
	}
	var err error
	if m.IMAP, err = d.server(was.IMAP, m.IMAP, imapPassword); err != nil {
		return was, err
	}
	if m.SMTP, err = d.server(was.SMTP, m.SMTP, smtpPassword); err != nil {
		return was, err
	}
	if m.OAuth = was.OAuth; !sameServer(was.IMAP, m.IMAP) || !sameServer(was.SMTP, m.SMTP) {
		m.OAuth.RefreshToken, m.OAuth.ConsentAt = nil, time.Time{}
	}
	return m, nil
}

func sameServer(a, b store.Server) bool {
	return a.Host == b.Host && a.Port == b.Port && a.User == b.User && a.Security == b.Security
}

// server is the new settings of a server with the secret that belongs to them.
func (d *Desk) server(was, now store.Server, password string) (store.Server, error) {
	now.Secret = nil
	switch {
	case password != "":
		now.Secret = d.store.Keys().SealPassword(now, password)
	case sameServer(was, now):
		now.Secret = was.Secret
	case was.Secret != nil && now.Host != "":
		return now, ErrPassword
	}
	return now, nil
}

// MailboxByName finds a mailbox as people call it. store.ErrNotFound.
func (d *Desk) MailboxByName(name string) (id store.MailboxID, err error) {
	err = d.store.View(func(tx *store.Tx) error {
		found, ok := store.MailboxByName.First(tx, store.Key(strings.TrimSpace(name)))
		if id = found; !ok {
			return fmt.Errorf("mailbox: %w", store.ErrNotFound)
		}
		return nil
	})
	return id, err
}
