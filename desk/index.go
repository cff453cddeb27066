package desk

import (
	"context"
	"fmt"
	"slices"

	"postolka/mail"
	"postolka/search"
	"postolka/store"
)

// indexLetters indexes what was stored. A failure loses nothing: the records are
// durable and CatchUp finds what the index lacks.
func (d *Desk) indexLetters(ctx context.Context, letters []*letter) {
	var docs []search.Doc
	for _, l := range letters {
		if l.kept {
			docs = append(docs, docOf(l.id, &l.record, l.text))
		}
	}
	if d.index == nil || len(docs) == 0 {
		return
	}
	if err := d.index.Add(ctx, docs); err != nil {
		d.logger.Error("messages are stored but not in the search index until the next start", "messages", len(docs), "error", err)
	}
}

// docOf is what the index takes of a message: only what never changes in it.
func docOf(id store.MessageID, m *store.Message, t mail.Text) search.Doc {
	doc := search.Doc{ID: id, Mailbox: m.Mailbox, Date: m.ReceivedAt, Subject: m.Subject, HasAttachment: hasFiles(m)}
	doc.From = written([]store.Address{m.From}, m.ReplyTo)
	doc.To = written(m.To, m.Cc, m.Bcc)
	for _, p := range t.Parts {
		doc.Texts = append(doc.Texts, search.Text{Kind: indexKind(p.Kind), Name: fileName(m, p), Text: p.Text})
	}
	return doc
}

func indexKind(k mail.Kind) search.TextKind {
	switch k {
	case mail.Plain, mail.HTML, mail.Raw:
		return search.Body
	case mail.Attachment, mail.FileName, mail.Recognised:
		return search.Attachment
	}
	return search.Hidden
}

// fileName is the name of the attachment a text was found in.
func fileName(m *store.Message, p mail.TextPart) string {
	if p.Kind != mail.Attachment && (p.Kind != mail.Recognised || p.Path == "") {
		return ""
	}
	for _, f := range m.Files {
		if f.Part == p.Path {
			return f.Name
		}
	}
	return p.Name
}

func written(lists ...[]store.Address) (out []string) {
	for _, list := range lists {
		for _, a := range list {
			if s := who(a); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

// Doc is what the search index holds of a message (also for a rebuild). Erased
// messages have none: store.ErrNotFound.
func (d *Desk) Doc(id store.MessageID) (search.Doc, error) {
	var m store.Message
	err := d.store.View(func(tx *store.Tx) (err error) {
		m, err = store.Messages.Get(tx, id)
		return err
	})
	if err != nil {
		return search.Doc{}, err
	}
	t, err := d.text(id)
	return docOf(id, &m, t), err
}

// CatchUp brings the index level with the records after a crash or a rebuild. It
// compares ids, so after a clean stop it is quick; it may run while the desk works.
func (d *Desk) CatchUp(ctx context.Context, progress func(done, total int)) error {
	if d.index == nil {
		return nil
	}
	ids, err := d.indexable()
	if err != nil {
		return fmt.Errorf("catch up with the index: %w", err)
	}
	if err := d.index.CatchUp(ctx, slices.Values(ids), d.Doc, progress); err != nil {
		return err
	}
	return d.indexNewcomers(ctx, ids)
}

// Reindex empties the index and builds it anew from what is stored.
func (d *Desk) Reindex(ctx context.Context, progress func(done, total int)) error {
	ids, err := d.indexable()
	if err != nil {
		return fmt.Errorf("reindex: %w", err)
	}
	if err := d.index.Rebuild(ctx, slices.Values(ids), d.Doc, progress); err != nil {
		return err
	}
	return d.indexNewcomers(ctx, ids)
}

// indexable are the messages that the index should hold.
func (d *Desk) indexable() (ids []store.MessageID, err error) {
	err = d.store.View(func(tx *store.Tx) error {
		ids = nil
		for id, m := range store.Messages.All(tx) {
			if m.Erased.IsZero() {
				ids = append(ids, id)
			}
		}
		return nil
	})
	return ids, err
}

// indexNewcomers puts back what came in, and was indexed, after the ids were
// listed: CatchUp took it for surplus.
func (d *Desk) indexNewcomers(ctx context.Context, before []store.MessageID) error {
	now, err := d.indexable()
	if err != nil {
		return err
	}
	known := map[store.MessageID]bool{}
	for _, id := range before {
		known[id] = true
	}
	for _, id := range now {
		if known[id] {
			continue
		}
		if has, err := d.index.Has(id); err != nil {
			return err
		} else if has {
			continue
		}
		doc, err := d.Doc(id)
		if err != nil {
			continue // taken back meanwhile
		}
		if err := d.index.Add(ctx, []search.Doc{doc}); err != nil {
			return err
		}
	}
	return nil
}

// removeContent removes a message's bytes and its index entries, after its record.
func (d *Desk) removeContent(ctx context.Context, id store.MessageID) error {
	if err := d.store.Remove(ctx, []store.MessageID{id}); err != nil {
		return err
	}
	if d.index == nil {
		return nil
	}
	return d.index.Delete(ctx, []store.MessageID{id})
}
