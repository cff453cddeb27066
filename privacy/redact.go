package privacy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"postolka/mail"
	"postolka/store"
)

// redactRecords replaces each message that stays by one without the person's
// data: its bytes, its text, and what its record took from them. It keeps its id
// and place; its former identity is in the ledger, so that it never comes back.
func (p *Privacy) redactRecords(ctx context.Context, r *erasure, counts map[string]int64) error {
	masker, err := newMasker(r.file.Selectors)
	if err != nil {
		return err
	}
	for _, it := range r.redacted() {
		if err := p.redactOne(ctx, it, masker); err != nil {
			return fmt.Errorf("redact message %d: %w", it.Message, err)
		}
		counts["redacted"]++
	}
	return nil
}

func (p *Privacy) redactOne(ctx context.Context, it item, masker masker) error {
	raw, err := p.Store.RawBytes(it.Message)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	was, err := p.storedText(it.Message)
	if err != nil {
		return err
	}
	masked, text, err := redactedBytes(raw, masker, slices.Concat(it.Seen, shownIn(was, masker))...)
	if err != nil {
		return err
	}
	if text, err = withRecognised(text, was, masker); err != nil {
		return err
	}
	if !bytes.Equal(masked, raw) {
		if err := p.Store.Replace(ctx, store.Content{ID: it.Message, Raw: masked, Text: text}); err != nil {
			return err
		}
	} else if level, err := p.level(it.Message, raw); err != nil || level {
		return err // done before a crash
	}
	return p.Desk.Reread(ctx, it.Message)
}

func (p *Privacy) storedText(id store.MessageID) (mail.Text, error) {
	b, err := p.Store.Text(id)
	if err != nil {
		return mail.Text{}, err
	}
	return mail.DecodeText(b)
}

// shownIn are the parts with a picture that shows the datum: they can only go whole.
func shownIn(text mail.Text, masker masker) (parts []string) {
	for _, part := range text.Parts {
		if part.Kind == mail.Recognised && len(masker.matcher.Find([]byte(part.Text))) > 0 {
			parts = append(parts, part.Path)
		}
	}
	return parts
}

// withRecognised keeps what the pictures that stay show.
func withRecognised(masked []byte, was mail.Text, masker masker) ([]byte, error) {
	text, err := mail.DecodeText(masked)
	if err != nil {
		return nil, err
	}
	text.Keep(was)
	if len(shownIn(text, masker)) > 0 {
		return nil, ErrSeenStays
	}
	return text.Encode(), nil
}

// level: the record is of these bytes, not of those before a crash.
func (p *Privacy) level(id store.MessageID, raw []byte) (level bool, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		m, err := store.Messages.Get(tx, id)
		level = mail.Identity(m.Strict) == mail.Strict(p.Store.Keys().Identity(), raw)
		return err
	})
	return level, err
}

// redactedBytes masks a raw message and says what its text is then. Where a mask
// can't reach (a datum that only shows in the raw bytes, or in an attachment of
// another format), the attachment is withheld, and so are the parts in which people
// saw the datum.
func redactedBytes(raw []byte, masker masker, seen ...string) (masked, text []byte, err error) {
	withheld := filesWith(raw, masker)
	for _, part := range seen {
		withheld[part] = true
	}
	return maskedBytes(raw, masker, withheld)
}

// maskedBytes also withholds the given parts, and adds those that turn out to need it.
func maskedBytes(raw []byte, masker masker, withheld map[string]bool) (masked, text []byte, err error) {
	mask := func(_ mail.Kind, _, _, text string) string { return masker.mask(text) }
	for range 3 {
		masked, err = mail.Redact(raw, mask, func(path string) bool { return withheld[path] })
		if err != nil {
			return nil, nil, err
		}
		extracted := mail.Extract(mail.Parse(masked), masked)
		left := false
		for _, part := range extracted.Parts {
			if len(masker.matcher.Find([]byte(part.Text))) > 0 {
				withheld[part.Path] = true
				left = true
			}
		}
		if !left {
			return masked, extracted.Encode(), nil
		}
	}
	return nil, nil, errors.New("a datum can't be masked here; erase the message or keep it")
}

// filesWith are the parts whose files hold the datum: no mask reaches into a PDF
// or an archive. What is text in itself is masked all the same.
func filesWith(raw []byte, masker masker) map[string]bool {
	paths := map[string]bool{}
	for _, part := range mail.Extract(mail.Parse(raw), raw).Parts {
		if part.Kind == mail.Attachment && len(masker.matcher.Find([]byte(part.Text))) > 0 {
			paths[part.Path] = true
		}
	}
	return paths
}
