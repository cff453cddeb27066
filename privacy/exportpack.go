package privacy

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"postolka/match"
	"postolka/store"
)

// An export package is a ZIP:
//
//	letter.pdf, letter.html  the answer under Art. 15, once its facts are filled in
//	index.html               the conversations, readable without script or network
//	data.json                the same for programs, as schema.json says
//	messages/ID.eml          each message as it came, without other people's data
//	attachments/ID/PART-NAME
//	manifest.sha256          SHA-256 of every other file, as sha256sum writes it
//
// The same request over the same mail and log gives the same bytes, on one day or
// with its date given; an encrypted one differs, as encryption must.

// ExportSchema is schema.json, a JSON Schema (2020-12) of data.json.
//
//go:embed export.schema.json
var ExportSchema []byte

const exportSchema = "postolka-export-3"

// exported is data.json.
type exported struct {
	Schema        string               `json:"schema"`
	Article       int                  `json:"article"` // 15 access, 20 portability
	Date          string               `json:"date"`
	Messages      []exportedMessage    `json:"messages"`
	Records       []exportedRecord     `json:"records"`
	Recipients    []exportedRecipient  `json:"recipients"`
	Consultations []exportedConsult    `json:"consultations"`
	Withheld      []Withheld           `json:"withheld"`
	Unreadable    []exportedUnreadable `json:"unreadable"`
}

// exportedUnreadable is a part that is in the package but was not searched: it
// may hold more about the person than is known.
type exportedUnreadable struct {
	Message uint64 `json:"message"`
	Part    string `json:"part"`
	Reason  string `json:"reason"`
	Seen    string `json:"seen"` // by a person who looked: "nothing", "person" or "unreadable"; empty: nobody looked
}

// packer writes the files of a package and remembers their hashes.
type packer struct {
	zip      *zip.Writer
	manifest bytes.Buffer
	burner   burner
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

// pack writes the package into w, encrypted if that is asked for.
func (p *Privacy) pack(ctx context.Context, sel []match.Identifier, found Finding, opt ExportOptions, w io.Writer) (Exported, error) {
	lang, err := opt.lang()
	if err != nil {
		return Exported{}, err
	}
	opt.Lang = lang
	if opt.Date.IsZero() {
		opt.Date = p.Now().UTC()
	}
	if opt.Portable {
		found = providedOnly(found)
	}
	sealed, err := opt.seal(w)
	if err != nil {
		return Exported{}, err
	}
	done, err := p.packInto(ctx, sel, found, opt, sealed)
	return done, errors.Join(err, sealed.Close())
}

func (p *Privacy) packInto(ctx context.Context, sel []match.Identifier, found Finding, opt ExportOptions, w io.Writer) (Exported, error) {
	redacted, err := p.redacted(ctx, sel, found, opt)
	if err != nil {
		return Exported{}, err
	}
	k := &packer{zip: zip.NewWriter(w)}
	if k.burner, err = newBurner(sel, redacted, opt.KeepOthers); err != nil {
		return Exported{}, err
	}
	data, err := p.packMessages(ctx, k, found, opt)
	if err != nil {
		return Exported{}, err
	}
	done := Exported{Messages: len(data.Messages), Records: len(data.Records), Redacted: redacted, Withheld: data.Withheld}
	if !opt.Portable {
		if done.Missing, err = p.packLetter(ctx, k, found, opt, &data); err != nil {
			return done, err
		}
		done.Letter = len(done.Missing) == 0
	}
	if err := k.packData(data, opt.Lang, done.Letter); err != nil {
		return done, err
	}
	return done, k.zip.Close()
}

// redacted is the proposal without what is to stay.
func (p *Privacy) redacted(ctx context.Context, sel []match.Identifier, found Finding, opt ExportOptions) ([]Other, error) {
	if opt.KeepOthers || opt.Portable {
		return []Other{}, nil
	}
	list, err := p.others(ctx, sel, found)
	return slices.DeleteFunc(list, func(o Other) bool { return slices.Contains(opt.Keep, o.Value) }), err
}

func (p *Privacy) packMessages(ctx context.Context, k *packer, found Finding, opt ExportOptions) (exported, error) {
	data := exported{
		Schema: exportSchema, Article: 15, Date: opt.Date.Format(time.DateOnly), Messages: []exportedMessage{}, Records: []exportedRecord{},
		Recipients: []exportedRecipient{}, Consultations: []exportedConsult{}, Withheld: []Withheld{}, Unreadable: []exportedUnreadable{},
	}
	if opt.Portable {
		data.Article = 20
	}
	roles := strongestRoles(found.Hits)
	in := map[store.MessageID]bool{}
	for _, id := range messagesOf(found.Hits) {
		if err := ctx.Err(); err != nil {
			return data, err
		}
		if foreign, err := p.foreign(id, roles[id]); err != nil {
			return data, err
		} else if foreign {
			data.Withheld = append(data.Withheld, Withheld{uint64(id), "", withheldRestricted})
			continue
		}
		m, withheld, err := p.packMessage(k, id, roles[id])
		data.Withheld = append(data.Withheld, withheld...)
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, errWithheld) {
			continue // erased meanwhile
		}
		if err != nil {
			return data, fmt.Errorf("export message %d: %w", id, err)
		}
		in[id] = true
		data.Messages = append(data.Messages, m)
	}
	for _, u := range found.Complete.Unreadable {
		if in[u.Message] {
			data.Unreadable = append(data.Unreadable, exportedUnreadable{uint64(u.Message), u.Part, u.Reason, string(u.Look.Verdict)})
		}
	}
	err := p.eachRecord(found, func(r exportedRecord) {
		if opt.Portable && !r.provided(k.burner.own) {
			return
		}
		data.Records = append(data.Records, r.with(k.burner))
	})
	return data, err
}

// packData writes what is made of the whole, and the manifest last.
func (k *packer) packData(data exported, lang string, letter bool) error {
	var encoded bytes.Buffer
	e := json.NewEncoder(&encoded)
	e.SetEscapeHTML(false) // it is no web page, and addresses stay as people write them
	e.SetIndent("", "  ")
	if err := e.Encode(data); err != nil {
		return err
	}
	page, err := exportHTML(data, lang, letter)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{"data.json", encoded.Bytes()}, {"schema.json", ExportSchema}, {"index.html", page}} {
		if err := k.add(f.name, f.data); err != nil {
			return err
		}
	}
	return k.add("manifest.sha256", bytes.Clone(k.manifest.Bytes()))
}

// providedOnly keeps what the person wrote to us himself (Art. 20(1)).
func providedOnly(f Finding) Finding {
	roles := strongestRoles(f.Hits)
	f.Hits = slices.DeleteFunc(slices.Clone(f.Hits), func(h Hit) bool { return roles[h.Message] != Author })
	return f
}
