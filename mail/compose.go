package mail

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"path"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
	gomail "github.com/emersion/go-message/mail"
	"golang.org/x/net/idna"
)

// Outgoing is a message to be written. Text or HTML, or both, are the body.
// MessageID, InReplyTo and References are without <>. Bcc is for the envelope
// only and never stands in the bytes. AutoReply marks an answer that no program
// may answer (RFC 3834 §5). Headers are further fields; structural ones and
// those that have a place above are refused.
type Outgoing struct {
	From        Address
	To, Cc, Bcc []Address
	ReplyTo     []Address
	Subject     string
	Text, HTML  string
	MessageID   string
	InReplyTo   string
	References  []string
	Date        time.Time // required
	Attachments []File
	AutoReply   bool
	Headers     map[string]string
}

// File is an attachment. Type is its media type, guessed from Name when empty.
// With a ContentID (without <>) it is a picture that HTML shows as cid:….
type File struct {
	Name, Type string
	Data       []byte
	ContentID  string
}

// Errors of Compose. They never quote their input.
var (
	ErrHeaderInjection = errors.New("mail: line break or control character in a header value")
	ErrNoDate          = errors.New("mail: outgoing message has no date")
	ErrNoMessageID     = errors.New("mail: outgoing message has no Message-ID")
	ErrHeaderRefused   = errors.New("mail: header field may not be set here")
)

// NewMessageID returns a fresh Message-ID without <> (RFC 5322 §3.6.4): token,
// which may be empty, a dot, 128 random bits, and domain.
func NewMessageID(token, domain string) string {
	id := strings.ToLower(rand.Text())
	if token != "" {
		id = token + "." + id
	}
	return id + "@" + domain
}

// Compose returns the message as bytes with CRLF line ends, 7-bit, no line over
// 998 characters. The same Outgoing gives the same bytes. Errors: ErrAddress,
// ErrHeaderInjection, ErrHeaderRefused, ErrNoDate, ErrNoMessageID.
func (o Outgoing) Compose() ([]byte, error) {
	header, err := o.header()
	if err != nil {
		return nil, err
	}
	tree, err := o.tree()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := tree.write(&out, header, o.MessageID); err != nil {
		return nil, fmt.Errorf("compose message: %w", err)
	}
	return out.Bytes(), nil
}

// header sets the fields last first: the library writes the newest on top.
func (o Outgoing) header() (h gomail.Header, err error) {
	switch {
	case o.Date.IsZero():
		return h, ErrNoDate
	case o.MessageID == "":
		return h, ErrNoMessageID
	}
	if err := o.check(); err != nil {
		return h, err
	}
	for _, name := range sortedKeys(o.Headers) {
		h.SetText(name, o.Headers[name])
	}
	if o.AutoReply {
		h.Set("X-Auto-Response-Suppress", "All")
		h.Set("Auto-Submitted", "auto-replied")
	}
	if len(o.References) > 0 {
		h.SetMsgIDList("References", o.References)
	}
	if o.InReplyTo != "" {
		h.SetMsgIDList("In-Reply-To", []string{o.InReplyTo})
	}
	h.SetMessageID(o.MessageID)
	h.SetText("Subject", o.Subject)
	if err := o.people(&h); err != nil {
		return h, err
	}
	h.SetDate(o.Date)
	return h, nil
}

func (o Outgoing) people(h *gomail.Header) error {
	if len(o.To)+len(o.Cc) == 0 {
		h.Set("To", "undisclosed-recipients:;")
	}
	for _, f := range []struct {
		name string
		list []Address
	}{{"Cc", o.Cc}, {"To", o.To}, {"Reply-To", o.ReplyTo}, {"From", []Address{o.From}}} {
		list, err := asciiAddresses(f.list)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			h.SetAddressList(f.name, list)
		}
	}
	return nil
}

// asciiAddresses turns domains into their ASCII form; a local part beyond ASCII
// needs SMTPUTF8, which few servers have: ErrAddress.
func asciiAddresses(list []Address) (out []*gomail.Address, err error) {
	for _, a := range list {
		addr := a.Addr
		i := strings.LastIndexByte(addr, '@')
		if !validAddr(addr) || !isASCII(addr[:i]) {
			return nil, ErrAddress
		}
		if !isASCII(addr) {
			domain, err := idna.Lookup.ToASCII(addr[i+1:])
			if err != nil {
				return nil, ErrAddress
			}
			addr = addr[:i+1] + domain
		}
		out = append(out, &gomail.Address{Name: a.Name, Address: addr})
	}
	return out, nil
}

// check refuses what would end a header value early.
func (o Outgoing) check() error {
	values := []string{o.Subject, o.MessageID, o.InReplyTo, o.From.Name, o.From.Addr}
	values = append(values, o.References...)
	for _, list := range [][]Address{o.To, o.Cc, o.Bcc, o.ReplyTo} {
		for _, a := range list {
			values = append(values, a.Name, a.Addr)
		}
	}
	for _, f := range o.Attachments {
		values = append(values, f.Name, f.Type, f.ContentID)
	}
	for name, value := range o.Headers {
		if fieldName([]byte(name+":")) != name || reserved(name) {
			return ErrHeaderRefused
		}
		values = append(values, value)
	}
	for _, v := range values {
		if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) || !utf8.ValidString(v) {
			return ErrHeaderInjection
		}
	}
	for _, id := range append([]string{o.MessageID, o.InReplyTo}, o.References...) {
		if strings.ContainsAny(id, "<> \t") || len(id) > 900 {
			return ErrHeaderInjection
		}
	}
	return nil
}

func reserved(name string) bool {
	switch n := strings.ToLower(name); n {
	case "from", "sender", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version", "return-path", "received", "auto-submitted":
		return true
	default:
		return strings.HasPrefix(n, "content-") || strings.HasPrefix(n, "resent-")
	}
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// node is a part to be written: a multipart with children, or a leaf.
type node struct {
	mime        string
	params      map[string]string
	disposition string
	filename    string
	cid         string
	encoding    string
	data        []byte
	children    []*node
}

// tree builds mixed( alternative( text, related( html, pictures)), files) and
// leaves out every level with one child.
func (o Outgoing) tree() (*node, error) {
	var bodies, pictures, files []*node
	for _, f := range o.Attachments {
		n, err := f.node()
		switch {
		case err != nil:
			return nil, err
		case f.ContentID != "" && o.HTML != "":
			pictures = append(pictures, n)
		default:
			files = append(files, n)
		}
	}
	if o.Text != "" || o.HTML == "" {
		bodies = append(bodies, textNode("text/plain", o.Text))
	}
	if o.HTML != "" {
		bodies = append(bodies, group("multipart/related", append([]*node{textNode("text/html", o.HTML)}, pictures...)))
	}
	return group("multipart/mixed", append([]*node{group("multipart/alternative", bodies)}, files...)), nil
}

func group(mime string, children []*node) *node {
	if len(children) == 1 {
		return children[0]
	}
	return &node{mime: mime, children: children}
}

func textNode(mime, text string) *node {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\ufffd")
	text = strings.NewReplacer("\r\n", "\r\n", "\n", "\r\n", "\r", "\r\n").Replace(text)
	return &node{mime: mime, params: map[string]string{"charset": "utf-8"}, encoding: "quoted-printable", data: []byte(text)}
}

func (f File) node() (*node, error) {
	n := &node{mime: strings.ToLower(f.Type), disposition: "attachment", filename: f.Name, cid: f.ContentID, encoding: "base64", data: f.Data}
	if n.mime == "" {
		n.mime, _, _ = strings.Cut(mime.TypeByExtension(path.Ext(f.Name)), ";")
	}
	media, params, err := mime.ParseMediaType(n.mime)
	if n.mime == "" || err != nil || strings.HasPrefix(media, "multipart/") {
		media, params = "application/octet-stream", nil
	}
	n.mime, n.params = media, params
	if strings.HasPrefix(n.mime, "message/") {
		// RFC 2046 §5.2.1: no base64 here; mail that is not 7-bit goes as a file.
		n.mime, n.params = "application/octet-stream", nil
	}
	if strings.HasPrefix(n.mime, "text/") {
		delete(n.params, "charset")
		if n.params != nil && utf8.Valid(f.Data) {
			n.params["charset"] = "utf-8"
		} else if n.params == nil && utf8.Valid(f.Data) {
			n.params = map[string]string{"charset": "utf-8"}
		} else {
			n.mime, n.params = "application/octet-stream", nil
		}
	}
	if f.ContentID != "" {
		n.disposition = "inline"
		if strings.ContainsAny(f.ContentID, "<> \t") {
			return nil, ErrHeaderInjection
		}
	}
	return n, nil
}

// write writes the root with the message's header.
func (n *node) write(out io.Writer, h gomail.Header, seed string) error {
	n.setHeader(&h.Header, seed, "1")
	w, err := message.CreateWriter(out, h.Header)
	if err != nil {
		return err
	}
	return n.fill(w, seed, "1")
}

func (n *node) fill(w *message.Writer, seed, place string) error {
	for i, c := range n.children {
		var h message.Header
		at := child(place, i+1)
		c.setHeader(&h, seed, at)
		part, err := w.CreatePart(h)
		if err != nil {
			return err
		}
		if err := c.fill(part, seed, at); err != nil {
			return err
		}
	}
	if _, err := w.Write(n.data); n.children == nil && err != nil {
		return err
	}
	return w.Close()
}

// setHeader sets the MIME fields. The boundary is made from Message-ID and
// place, so that composing is repeatable; "=_" never stands in quoted-printable
// or base64 (RFC 2045 §6.7).
func (n *node) setHeader(h *message.Header, seed, place string) {
	params := map[string]string{}
	for k, v := range n.params {
		params[k] = v
	}
	if n.children != nil {
		sum := sha256.Sum256([]byte(seed + "\n" + place))
		params["boundary"] = "=_" + hex.EncodeToString(sum[:16])
	} else {
		h.Set("Content-Transfer-Encoding", n.encoding)
	}
	if n.cid != "" {
		h.Set("Content-ID", "<"+n.cid+">")
	}
	if n.disposition != "" {
		h.Set("Content-Disposition", mime.FormatMediaType(n.disposition, fileParam(n.filename)))
	}
	h.SetContentType(n.mime, params)
}

// fileParam: mime.FormatMediaType writes names beyond ASCII by RFC 2231.
func fileParam(name string) map[string]string {
	if name == "" {
		return nil
	}
	return map[string]string{"filename": name}
}
