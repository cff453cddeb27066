package privacy

import (
	"slices"

	"postolka/mail"
	"postolka/match"
	"postolka/store"
)

// whereSeen groups messages by the mailboxes at whose servers they may lie: their
// own and those of the folders they were seen in. Every mailbox is named.
func (p *Privacy) whereSeen(items []item) (by map[store.MailboxID][]store.MessageID, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		by = map[store.MailboxID][]store.MessageID{}
		for mailbox := range store.Mailboxes.All(tx) {
			by[mailbox] = nil
		}
		for _, it := range items {
			mailboxes, err := mailboxesOf(tx, it)
			if err != nil {
				return err
			}
			for _, mailbox := range mailboxes {
				by[mailbox] = append(by[mailbox], it.Message)
			}
		}
		return nil
	})
	return by, err
}

func mailboxesOf(tx *store.Tx, it item) ([]store.MailboxID, error) {
	all := []store.MailboxID{it.Mailbox}
	for id := range store.SourcesByMessage.Prefix(tx, store.Key(it.Message)) {
		source, err := store.Sources.Get(tx, id)
		if err != nil {
			return nil, err
		}
		folder, err := store.Folders.Get(tx, source.Folder)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(all, folder.Mailbox) {
			all = append(all, folder.Mailbox)
		}
	}
	return all, nil
}

// thrownAway says of mail in Trash, Junk or Drafts whether it holds the person. A
// copy of a message that is kept here, for whatever reason, stays. Nil without
// selectors: what retention removes has its copies found by identity.
func (p *Privacy) thrownAway(r *erasure) (func(raw []byte) bool, error) {
	if len(r.file.Selectors) == 0 {
		return nil, nil
	}
	matcher, err := match.NewMatcher(r.file.Selectors)
	gone := idSet{}
	for _, it := range append(r.erased(), r.redacted()...) {
		gone[it.Message] = struct{}{}
	}
	return func(raw []byte) bool {
		return names(matcher, raw) && !p.lives(mail.Strict(p.Store.Keys().Identity(), raw), gone)
	}, err
}

// names says whether a message holds a hit anywhere.
func names(matcher *match.Matcher, raw []byte) bool {
	for _, part := range mail.Extract(mail.Parse(raw), raw).Parts {
		if len(matcher.Find([]byte(part.Text))) > 0 {
			return true
		}
	}
	return false
}

// lives: a message of this identity stays on the desk. In doubt it does.
func (p *Privacy) lives(strict mail.Identity, gone idSet) (yes bool) {
	err := p.Store.View(func(tx *store.Tx) error {
		for mailbox := range store.Mailboxes.All(tx) {
			for id := range store.MessagesByStrict.Prefix(tx, store.Key(mailbox, [32]byte(strict))) {
				if _, goes := gone[id]; !goes {
					yes = true
				}
			}
		}
		return nil
	})
	return yes || err != nil
}
