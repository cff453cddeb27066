package backup

import (
	"context"
	"errors"
	"strings"

	"postolka/ledger"
	"postolka/match"
	"postolka/store"
)

// dropOrphans clears records that were gone before the erasure and so are not in
// the ledger: an old draft, an answer still in the outbox, a card. They are known by
// the address of somebody whom no message knows any more, though one that the
// replay took did.
func (r *restorer) dropOrphans(ctx context.Context, before map[string]bool) error {
	after, err := r.people()
	if err != nil {
		return err
	}
	var gone []match.Identifier
	for addr := range before {
		id, err := match.ParseIdentifier(match.Email, addr)
		if err == nil && !after[addr] {
			gone = append(gone, id)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	matcher, err := match.NewMatcher(gone)
	if err != nil {
		return err
	}
	var found []store.Field
	err = r.store.Walk(func(f store.Field) error {
		if !f.Derived && len(matcher.Find([]byte(*f.Text))) > 0 {
			found = append(found, f)
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	return r.store.Update(func(tx *store.Tx) error {
		for _, f := range found {
			if err := dropOrphan(tx, f, matcher); err != nil {
				return err
			}
		}
		return nil
	})
}

func dropOrphan(tx *store.Tx, f store.Field, matcher *match.Matcher) error {
	switch f.Table {
	case "drafts", "outbox":
		return store.EraseRow(tx, f.Table, f.ID)
	case "customers":
		card, err := store.Customers.Get(tx, store.CustomerID(f.ID))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, addr := range card.Addresses {
			if len(matcher.Find([]byte(addr))) == 0 { // shared with somebody who stays
				return ledger.BlankField(tx, f.Table, f.ID, f.Name)
			}
		}
		_, err = ledger.EraseCard(tx, store.CustomerID(f.ID))
		return err
	}
	return nil
}

// people are the addresses of all messages that live, and the shop's own.
func (r *restorer) people() (all map[string]bool, err error) {
	all = map[string]bool{}
	add := func(list ...store.Address) {
		for _, a := range list {
			if a.Addr != "" {
				all[strings.ToLower(a.Addr)] = true
			}
		}
	}
	err = r.store.View(func(tx *store.Tx) error {
		for _, m := range store.Messages.All(tx) {
			if !m.Erased.IsZero() {
				continue
			}
			add(m.From)
			add(m.ReplyTo...)
			add(m.To...)
			add(m.Cc...)
			add(m.Bcc...)
		}
		for _, m := range store.Mailboxes.All(tx) {
			add(store.Address{Addr: m.Address})
		}
		for _, a := range store.Agents.All(tx) {
			add(store.Address{Addr: a.Email})
		}
		return nil
	})
	return all, err
}
