package desk

import (
	"bytes"
	"context"
	"encoding/base64"
	"html"
	"io"
	"strings"

	"postolka/account"
	"postolka/audit"
	"postolka/mail"
	"postolka/store"
)

// maxInline bounds the pictures that travel inside the HTML as data: URIs.
const maxInline = 5 << 20

// opened logs a single message as shown, after the access check. It is the way to
// every byte of content outside lists and threads.
func (d *Desk) opened(ctx context.Context, by account.Agent, action audit.Action, id store.MessageID, object string) (store.Message, error) {
	var m store.Message
	err := d.store.View(func(tx *store.Tx) (err error) {
		m, _, err = message(tx, by, account.Read, id)
		return err
	})
	if err != nil {
		return m, err
	}
	e := d.log.By(by, action)
	e.Mailbox, e.Conversation, e.Messages, e.Object = m.Mailbox, m.Conversation, []store.MessageID{id}, object
	return m, d.log.Record(ctx, e)
}

// Body is the sanitised HTML of a message, for the sandboxed frame; images=true
// shows remote ones. Pictures of the message itself are data: URIs up to 5 MB
// together. A message without HTML gives its text as HTML. store.ErrNotFound: erased.
func (d *Desk) Body(ctx context.Context, by account.Agent, id store.MessageID, images bool) (mail.Sanitized, error) {
	if _, err := d.opened(ctx, by, audit.Opened, id, "html"); err != nil {
		return mail.Sanitized{}, err
	}
	raw, err := d.store.RawBytes(id)
	if err != nil {
		return mail.Sanitized{}, err
	}
	m := mail.Parse(raw)
	p := m.HTML()
	if p == nil {
		text, err := d.text(id) // as stored: to extract it again would read every attachment
		return mail.Sanitized{HTML: "<pre>" + html.EscapeString(bodyText(text)) + "</pre>"}, err
	}
	return mail.SanitizeHTML(p.Text, mail.Sanitize{CID: pictures(m), RemoteImages: images}), nil
}

// pictures answers cid: URLs by data: URIs.
func pictures(m *mail.Message) func(cid string) (string, bool) {
	byID := map[string]*mail.Part{}
	m.Walk(func(p *mail.Part) bool {
		if p.ContentID != "" && strings.HasPrefix(p.Type, "image/") && p.Type != "image/svg+xml" {
			byID[p.ContentID] = p
		}
		return true
	})
	left := maxInline
	return func(cid string) (string, bool) {
		p := byID[cid]
		if p == nil || len(p.Body) > left {
			return "", false
		}
		left -= len(p.Body)
		return "data:" + p.Type + ";base64," + base64.StdEncoding.EncodeToString(p.Body), true
	}
}

// Source is the message as it came. store.ErrNotFound: erased.
func (d *Desk) Source(ctx context.Context, by account.Agent, id store.MessageID) (io.ReadCloser, error) {
	if _, err := d.opened(ctx, by, audit.Source, id, ""); err != nil {
		return nil, err
	}
	raw, err := d.store.RawBytes(id) // whole: no transaction waits for a slow client
	return io.NopCloser(bytes.NewReader(raw)), err
}

// File is one attachment by its part's path, or a file in it (mail.AttachedFile). store.ErrNotFound: erased, or no such part.
func (d *Desk) File(ctx context.Context, by account.Agent, id store.MessageID, part string) (store.File, []byte, error) {
	if _, err := d.opened(ctx, by, audit.Download, id, "part "+part); err != nil {
		return store.File{}, nil, err
	}
	raw, err := d.store.RawBytes(id)
	if err != nil {
		return store.File{}, nil, err
	}
	for _, f := range mail.Parse(raw).Files() {
		if f.Path == part {
			return fileOf(f), f.Data, nil
		}
	}
	return store.File{}, nil, store.ErrNotFound
}
