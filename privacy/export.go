package privacy

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/mail"
	"postolka/match"
	"postolka/store"
)

// An export package is a ZIP:
//
//	index.html              what is in it, readable without script
//	data.json               the same for programs (schema below)
//	messages/ID.eml         each message as it came
//	attachments/ID/PART-NAME
//	manifest.sha256         SHA-256 of every other file, as sha256sum writes it
//
// The same selectors over the same mail give the same bytes.

// exported is data.json.
type exported struct {
	Schema   string            `json:"schema"` // "postolka-export-1"
	Messages []exportedMessage `json:"messages"`
	Records  []exportedRecord  `json:"records"`
}

type exportedMessage struct {
	ID          uint64         `json:"id"`
	Mailbox     string         `json:"mailbox"`
	Kind        string         `json:"kind"`
	Role        string         `json:"role"`
	MessageID   string         `json:"message_id"`
	Date        string         `json:"date"`
	From        string         `json:"from"`
	To          []string       `json:"to"`
	Cc          []string       `json:"cc"`
	Subject     string         `json:"subject"`
	Text        string         `json:"text"`
	File        string         `json:"file"`
	Attachments []exportedFile `json:"attachments"`
}

type exportedFile struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Bytes int    `json:"bytes"`
	File  string `json:"file"`
}

type exportedRecord struct {
	Table string `json:"table"`
	Field string `json:"field"`
	Value string `json:"value"`
}

const (
	exportSchema = "postolka-export-1"
	exportKeep   = 14 * 24 * time.Hour
)

// Export writes the package of everything that holds one of the selectors.
func (p *Privacy) Export(ctx context.Context, by account.Agent, sel []match.Identifier, w io.Writer) error {
	if err := allowed(by, account.FindPersons); err != nil {
		return err
	}
	found, err := p.find(ctx, sel, FindOptions{})
	if err != nil {
		return err
	}
	if err := p.record(ctx, by, audit.Export, sel, "", messagesOf(found.Hits)); err != nil {
		return err
	}
	return p.pack(ctx, found, w)
}

// ExportPerson writes the package of a saved person into exports/. It deletes
// itself after 14 days, or when one of its messages is erased.
func (p *Privacy) ExportPerson(ctx context.Context, by account.Agent, id store.JobID) (store.ExportID, error) {
	person, err := p.Person(ctx, by, id)
	if err != nil {
		return 0, err
	}
	messages := messagesOf(person.Finding.Hits)
	if err := p.record(ctx, by, audit.Export, person.Selectors, person.Purpose, messages); err != nil {
		return 0, err
	}
	name := make([]byte, 16)
	rand.Read(name)
	export := store.Export{
		Job: id, File: hex.EncodeToString(name) + ".zip", Messages: messages,
		CreatedAt: p.Now().UTC(), ExpiresAt: p.Now().UTC().Add(exportKeep),
	}
	// The record comes first: a package that nobody knows could not be erased.
	var exportID store.ExportID
	err = p.Store.Update(func(tx *store.Tx) (err error) {
		exportID, err = store.Exports.Insert(tx, export)
		return err
	})
	if err != nil {
		return 0, err
	}
	if err := p.writeExport(ctx, person.Finding, export.File); err != nil {
		return 0, errors.Join(err, p.dropExport(exportID, export.File))
	}
	return exportID, nil
}

func (p *Privacy) writeExport(ctx context.Context, found Finding, name string) error {
	dir := filepath.Join(p.Store.Dir(), exportsDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = p.pack(ctx, found, f)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// OpenExport reads a package; store.ErrNotFound when it expired or was deleted.
func (p *Privacy) OpenExport(ctx context.Context, by account.Agent, id store.ExportID) (io.ReadCloser, int64, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return nil, 0, err
	}
	var export store.Export
	err := p.Store.View(func(tx *store.Tx) (err error) {
		export, err = store.Exports.Get(tx, id)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	if p.Now().After(export.ExpiresAt) {
		return nil, 0, store.ErrNotFound
	}
	if err := p.record(ctx, by, audit.Download, nil, "export", export.Messages); err != nil {
		return nil, 0, err
	}
	f, err := os.Open(filepath.Join(p.Store.Dir(), exportsDir, export.File))
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// ExpireExports deletes packages whose time is over; nightly.
func (p *Privacy) ExpireExports() error {
	expired := map[store.ExportID]string{}
	err := p.Store.View(func(tx *store.Tx) error {
		clear(expired)
		for id, e := range store.Exports.All(tx) {
			if p.Now().After(e.ExpiresAt) {
				expired[id] = e.File
			}
		}
		return nil
	})
	for id, name := range expired {
		err = errors.Join(err, p.dropExport(id, name))
	}
	return err
}

// packer writes the files of a package and remembers their hashes.
type packer struct {
	zip      *zip.Writer
	manifest bytes.Buffer
}

// add writes one file. All carry the same time: the package depends on its content only.
func (k *packer) add(name string, data []byte) error {
	w, err := k.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	fmt.Fprintf(&k.manifest, "%s  %s\n", hex.EncodeToString(sum[:]), name)
	_, err = w.Write(data)
	return err
}

func (p *Privacy) pack(ctx context.Context, found Finding, w io.Writer) error {
	k := &packer{zip: zip.NewWriter(w)}
	data := exported{Schema: exportSchema, Messages: []exportedMessage{}, Records: []exportedRecord{}}
	roles := strongestRoles(found.Hits)
	for _, id := range messagesOf(found.Hits) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if foreign, err := p.foreign(id, roles[id]); err != nil {
			return err
		} else if foreign {
			continue
		}
		m, err := p.packMessage(k, id, roles[id])
		if errors.Is(err, store.ErrNotFound) {
			continue // erased meanwhile
		}
		if err != nil {
			return fmt.Errorf("export message %d: %w", id, err)
		}
		data.Messages = append(data.Messages, m)
	}
	for _, h := range found.Records {
		data.Records = append(data.Records, exportedRecord{h.Table, h.Field, h.Before + h.Matched + h.After})
	}
	encoded, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return err
	}
	if err := k.add("data.json", encoded); err != nil {
		return err
	}
	var page bytes.Buffer
	if err := exportPage.Execute(&page, data); err != nil {
		return fmt.Errorf("export page: %w", err)
	}
	if err := k.add("index.html", page.Bytes()); err != nil {
		return err
	}
	if err := k.add("manifest.sha256", bytes.Clone(k.manifest.Bytes())); err != nil {
		return err
	}
	return k.zip.Close()
}

// strongestRoles: who wrote a message is its author, wherever else he stands in it.
func strongestRoles(hits []Hit) map[store.MessageID]string {
	rank := map[string]int{Mentioned: 1, Recipient: 2, Author: 3}
	roles := map[store.MessageID]string{}
	for _, h := range hits {
		if rank[h.Role] > rank[roles[h.Message]] {
			roles[h.Message] = h.Role
		}
	}
	return roles
}

var kindWords = map[store.MessageKind]string{
	store.Incoming: "received", store.Outgoing: "sent", store.Note: "internal note", store.Form: "form",
}

func (p *Privacy) packMessage(k *packer, id store.MessageID, role string) (exportedMessage, error) {
	raw, err := p.Store.RawBytes(id)
	if err != nil {
		return exportedMessage{}, err
	}
	var record store.Message
	var mailbox store.Mailbox
	err = p.Store.View(func(tx *store.Tx) (err error) {
		if record, err = store.Messages.Get(tx, id); err == nil {
			mailbox, err = store.Mailboxes.Get(tx, record.Mailbox)
		}
		return err
	})
	if err != nil {
		return exportedMessage{}, err
	}
	name := fmt.Sprintf("messages/%d.eml", id)
	if err := k.add(name, raw); err != nil {
		return exportedMessage{}, err
	}
	parsed := mail.Parse(raw)
	m := exportedMessage{
		ID: uint64(id), Mailbox: mailbox.Name, Kind: kindWords[record.Kind], Role: role, MessageID: record.MessageIDHeader,
		Date: record.ReceivedAt.UTC().Format(time.RFC3339), From: words(record.From), To: all(record.To), Cc: all(record.Cc),
		Subject: record.Subject, Text: readable(parsed), File: name, Attachments: []exportedFile{},
	}
	for i, part := range parsed.Attachments() {
		file := fmt.Sprintf("attachments/%d/%d-%s", id, i+1, safeName(part.Filename))
		if err := k.add(file, part.Body); err != nil {
			return m, err
		}
		m.Attachments = append(m.Attachments, exportedFile{part.Filename, part.Type, len(part.Body), file})
	}
	return m, nil
}

func words(a store.Address) string {
	if a.Name == "" {
		return a.Addr
	}
	return a.Name + " <" + a.Addr + ">"
}

func all(people []store.Address) []string {
	out := []string{}
	for _, a := range people {
		out = append(out, words(a))
	}
	return out
}

// readable is the body as text, also of a message that has only HTML.
func readable(m *mail.Message) string {
	if plain := m.Plain(); plain != nil {
		return plain.Text
	}
	if html := m.HTML(); html != nil {
		visible, _ := mail.HTMLToText(html.Text)
		return visible
	}
	return ""
}

// safeName keeps a file name inside its folder, on every system.
func safeName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`<>:"/\|?*`, r) {
			return '_'
		}
		return r
	}, name)
	if name = strings.Trim(name, ". "); name == "" {
		return "attachment"
	}
	return name
}
