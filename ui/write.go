package ui

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/mail"
	"postolka/store"
)

// Write is the editor: a reply, a note, or a new message.
type Write struct {
	Kind        string // "reply" or "note"
	To, Cc, Bcc string
	Subject     string // of a new message only
	Mailbox     store.MailboxID
	Text        string
	Draft       store.DraftID
	SavedAt     time.Time
	SeenUpTo    store.MessageID
	Anyway      bool // the reader has seen the news and may send
	LastSend    string
	CanSend     bool   // the mailbox has a server to send by
	Wrong       string // text for what must be mended first
	Open        bool   // asked for by its address: the cursor goes there
}

// writeOf prepares the editor of a thread: the reader's draft, else an empty reply
// to the newest message from outside. kind "reply", "all" or "note" was asked for.
func (p Page) writeOf(th desk.Thread, kind string) Write {
	w := Write{Kind: "reply", SeenUpTo: newest(th.Messages), LastSend: p.LastSend, CanSend: true, Open: kind != ""}
	if kind == "note" {
		w.Kind = "note"
	}
	if last := lastFromOutside(th.Messages); last != nil {
		to := last.Message.ReplyTo
		if len(to) == 0 && last.Message.From.Addr != "" {
			to = []store.Address{last.Message.From}
		}
		w.To = addressList(to)
		if kind == "all" {
			w.Cc = addressList(others(last.Message, to, p.Ours))
		}
	}
	for _, dr := range th.Drafts {
		if kind == "" || dr.Note == (w.Kind == "note") {
			return w.withDraft(dr)
		}
	}
	return w
}

func (w Write) withDraft(dr desk.Draft) Write {
	w.Draft, w.Text, w.SavedAt, w.Kind = dr.ID, dr.Text, dr.UpdatedAt, "reply"
	if dr.Note {
		w.Kind = "note"
	}
	if len(dr.To) > 0 {
		w.To = addressList(dr.To)
	}
	w.Cc, w.Bcc = cmp.Or(addressList(dr.Cc), w.Cc), addressList(dr.Bcc)
	if dr.SeenUpTo != 0 {
		w.SeenUpTo = dr.SeenUpTo
	}
	return w
}

// lastFromOutside is the message an answer goes to; nobody reads answers to a
// delivery report.
func lastFromOutside(letters []desk.Letter) *desk.Letter {
	for i := len(letters) - 1; i >= 0; i-- {
		if m := letters[i].Message; (m.Kind == store.Incoming || m.Kind == store.Form) && m.Erased.IsZero() && !letters[i].Restricted && len(m.Failures) == 0 {
			return &letters[i]
		}
	}
	return nil
}

// others are the people of a message besides to and ourselves.
func others(m store.Message, to []store.Address, ours []string) (rest []store.Address) {
	known := map[string]bool{}
	for _, addr := range ours {
		known[addr] = true
	}
	for _, a := range to {
		known[strings.ToLower(a.Addr)] = true
	}
	for _, a := range append(append([]store.Address{}, m.To...), m.Cc...) {
		if key := strings.ToLower(a.Addr); key != "" && !known[key] {
			known[key] = true
			rest = append(rest, a)
		}
	}
	return rest
}

// addressList writes addresses as a person may edit them.
func addressList(list []store.Address) string {
	var out []string
	for _, a := range list {
		out = append(out, plainAddress(a))
	}
	return strings.Join(out, ", ")
}

func plainAddress(a store.Address) string {
	if a.Name == "" {
		return a.Addr
	}
	if strings.ContainsAny(a.Name, `",;:<>@()[]\.`) {
		return strconv.Quote(a.Name) + " <" + a.Addr + ">"
	}
	return a.Name + " <" + a.Addr + ">"
}

// readWrite takes the editor's form.
func readWrite(r *http.Request) Write {
	f := r.PostForm
	n := func(name string) uint64 { v, _ := strconv.ParseUint(f.Get(name), 10, 64); return v }
	w := Write{Kind: "reply", To: f.Get("to"), Cc: f.Get("cc"), Bcc: f.Get("bcc"), Subject: strings.TrimSpace(f.Get("subject")),
		Mailbox: store.MailboxID(n("mailbox")), Text: strings.ReplaceAll(f.Get("text"), "\r\n", "\n"), Draft: store.DraftID(n("draft")),
		SeenUpTo: store.MessageID(n("seen")), Anyway: f.Get("anyway") != ""}
	if f.Get("kind") == "note" {
		w.Kind = "note"
	}
	return w
}

// answer turns the form into what the desk sends. errAddresses: a recipient can't be read.
func (w Write) answer(r *http.Request, id store.ConversationID) (desk.Answer, error) {
	a := desk.Answer{Conversation: id, Mailbox: w.Mailbox, Draft: w.Draft, Note: w.Kind == "note", Subject: w.Subject,
		Text: w.Text, SeenUpTo: w.SeenUpTo, Anyway: w.Anyway, Then: thenOf(r.PostFormValue("then"))}
	if strings.TrimSpace(w.Text) == "" {
		return a, errEmptyText
	}
	var err error
	if a.Files, err = readFiles(r); err != nil || a.Note {
		return a, err
	}
	for _, f := range []struct {
		text string
		to   *[]mail.Address
	}{{w.To, &a.To}, {w.Cc, &a.Cc}, {w.Bcc, &a.Bcc}} {
		if *f.to, err = readAddresses(f.text); err != nil {
			return a, errAddresses
		}
	}
	return a, nil
}

var (
	errAddresses = errors.New("an address can't be read")
	errEmptyText = errors.New("nothing written")
)

func readAddresses(text string) ([]mail.Address, error) {
	text = strings.Trim(strings.ReplaceAll(text, ";", ","), ", \t\n")
	if text == "" {
		return nil, nil
	}
	return mail.ParseAddresses(text)
}

func thenOf(word string) desk.Then {
	switch word {
	case "wait":
		return desk.ThenWait
	case "solve":
		return desk.ThenSolve
	}
	return desk.ThenNothing
}

func readFiles(r *http.Request) (files []mail.File, err error) {
	if r.MultipartForm == nil {
		return nil, nil
	}
	for _, h := range r.MultipartForm.File["file"] {
		f, err := h.Open()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			return nil, err
		}
		kind, _, _ := mime.ParseMediaType(h.Header.Get("Content-Type"))
		files = append(files, mail.File{Name: path.Base(h.Filename), Type: kind, Data: data})
	}
	return files, nil
}

// answer sends a reply or keeps a note; after a reply that ends the work the next
// conversation of the list opens.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.ConversationID](r, "id")
	if err != nil {
		return err
	}
	in := readWrite(r)
	at := readWhere(r.PostForm)
	a, err := in.answer(r, id)
	if err != nil {
		return s.writeAgain(w, r, by, id, in, err)
	}
	next := at.to(id)
	if !a.Note && a.Then != desk.ThenNothing {
		next = s.nextAfter(r, by, at, id)
	}
	sent, err := s.Desk.Send(r.Context(), by, a)
	if news, ok := isNews(err); ok {
		return s.newsAsTalk(w, r, by, id, in, news)
	}
	if err != nil {
		return s.writeAgain(w, r, by, id, in, err)
	}
	if a.Note {
		return s.back(w, r, next, Flash{Key: "noted"})
	}
	if err := s.rememberSend(by, r.PostFormValue("then")); err != nil {
		return err
	}
	return s.back(w, r, next, sentFlash(sent, at))
}

// sentFlash offers to take an answer back while it is held; its form leads back to
// the conversation.
func sentFlash(sent desk.Sent, at where) Flash {
	f := Flash{Key: "sent", Undo: "/outbox/" + idText(sent.Outbox) + "/undo", Fields: []Field{{"c", idText(sent.Conversation)}}}
	for name, values := range at.query() {
		f.Fields = append(f.Fields, Field{name, values[0]})
	}
	if !sent.UndoUntil.IsZero() {
		f.Until = sent.UndoUntil.UnixMilli()
	}
	return f
}

// writeAgain shows the editor with what was typed and what must be mended.
func (s *Server) writeAgain(w http.ResponseWriter, r *http.Request, by account.Agent, id store.ConversationID, in Write, cause error) error {
	key := writeTrouble(cause)
	if key == "" {
		return cause
	}
	th, err := s.Desk.Thread(r.Context(), by, id)
	if err != nil {
		return err
	}
	at := readWhere(r.PostForm)
	p, err := s.page(r, by, "thread.title", at.place())
	if err != nil {
		return err
	}
	p.Path = at.to(id)
	t := p.talk(th, at)
	was := p.writeOf(th, in.Kind)
	in.LastSend, in.CanSend, in.Wrong, in.Open = was.LastSend, was.CanSend, p.T(key), true
	t.Write = in
	return s.showTalk(w, r, by, p, t)
}

// writeTrouble is the key of what the writer can mend himself; "" for anything else.
func writeTrouble(err error) string {
	switch {
	case errors.Is(err, errAddresses):
		return "write.wrong_address"
	case errors.Is(err, errEmptyText):
		return "write.empty"
	case errors.Is(err, desk.ErrNoSMTP):
		return "write.no_server"
	case errors.Is(err, desk.ErrNoRecipient):
		return "write.no_recipient"
	}
	return ""
}

// nextAfter is the conversation below id in its list, else the list.
func (s *Server) nextAfter(r *http.Request, by account.Agent, at where, id store.ConversationID) string {
	if at.Found != "" {
		return at.path()
	}
	list, err := s.Desk.List(r.Context(), by, desk.ListQuery{View: at.View, Mailbox: at.Mailbox, Limit: mostRows, Refresh: true})
	if err != nil {
		return at.path()
	}
	for i, row := range list.Rows {
		if row.ID == id && i+1 < len(list.Rows) {
			return at.to(list.Rows[i+1].ID)
		}
	}
	return at.path()
}

// rememberSend keeps the button that was chosen last.
func (s *Server) rememberSend(by account.Agent, then string) error {
	if !slices.Contains(sendWays, then) {
		return nil
	}
	me, err := s.Accounts.Account(by.ID)
	if err != nil || me.LastSend == then {
		return err
	}
	return s.Accounts.SetProfile(by, account.Profile{Name: me.Name, Language: me.Language, Zone: me.Zone, KeysOff: me.KeysOff, LastSend: then})
}

// draft saves the editor: by the script while typing (answered with the draft's id
// and when it was saved), or by its button.
func (s *Server) draft(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.ConversationID](r, "id")
	if err != nil {
		return err
	}
	in := readWrite(r)
	d := desk.Draft{ID: in.Draft, Draft: store.Draft{Conversation: id, Note: in.Kind == "note", Text: in.Text, SeenUpTo: in.SeenUpTo}}
	d.To, d.Cc, d.Bcc = looseAddresses(in.To), looseAddresses(in.Cc), looseAddresses(in.Bcc)
	draft, err := s.Desk.SaveDraft(r.Context(), by, d)
	if err != nil {
		return err
	}
	if wantsPart(r) != "draft" {
		return s.back(w, r, readWhere(r.PostForm).to(id), Flash{Key: "draft_saved"})
	}
	v := s.voice(r, by)
	w.Header().Set("X-Draft", idText(draft))
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if _, err := io.WriteString(w, v.T("write.saved", v.When(s.Now()))); err != nil {
		return errGone
	}
	return nil
}

// looseAddresses keeps what can be read of an unfinished line.
func looseAddresses(text string) (out []store.Address) {
	for part := range strings.SplitSeq(text, ",") {
		if a, err := mail.ParseAddress(strings.TrimSpace(part)); err == nil {
			out = append(out, store.Address{Name: a.Name, Addr: a.Addr})
		}
	}
	return out
}

// dropDraft throws a draft away.
func (s *Server) dropDraft(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.ConversationID](r, "id")
	if err != nil {
		return err
	}
	if in := readWrite(r); in.Draft != 0 {
		if err := s.Desk.DropDraft(r.Context(), by, in.Draft); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return s.back(w, r, readWhere(r.PostForm).to(id), Flash{Key: "draft_dropped"})
}

// undoSend takes an answer back while it is held; its text is a draft again.
func (s *Server) undoSend(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	id, err := pathID[store.OutboxID](r, "id")
	if err != nil {
		return err
	}
	if _, err := s.Desk.Undo(r.Context(), by, id); err != nil {
		return err
	}
	c, _ := strconv.ParseUint(r.PostFormValue("c"), 10, 64)
	return s.back(w, r, readWhere(r.PostForm).to(store.ConversationID(c))+"&write=reply", Flash{Key: "unsent"})
}

// compose is the page of a new message.
func (s *Server) compose(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	return s.showCompose(w, r, by, Write{})
}

func (s *Server) showCompose(w http.ResponseWriter, r *http.Request, by account.Agent, in Write) error {
	p, err := s.page(r, by, "compose.title", "write")
	if err != nil {
		return err
	}
	boxes, err := s.Desk.Mailboxes(r.Context(), by)
	if err != nil {
		return err
	}
	var from []desk.MailboxInfo
	for _, b := range boxes {
		if b.Right >= store.RightAnswer && b.Mailbox.SMTP.Host != "" {
			from = append(from, b)
		}
	}
	status := http.StatusOK
	if in.Wrong != "" {
		status = http.StatusUnprocessableEntity
	}
	return s.show(w, r, status, composePage(p, in, from))
}

// sendNew sends a message that begins a conversation.
func (s *Server) sendNew(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	in := readWrite(r)
	a, err := in.answer(r, 0)
	if err == nil && len(a.To) == 0 {
		err = errAddresses
	}
	var sent desk.Sent
	if err == nil {
		sent, err = s.Desk.Send(r.Context(), by, a)
	}
	if key := writeTrouble(err); key != "" {
		in.Wrong = s.voice(r, by).T(key)
		return s.showCompose(w, r, by, in)
	}
	if err != nil {
		return err
	}
	at := where{View: desk.ViewAll}
	return s.back(w, r, at.to(sent.Conversation), sentFlash(sent, at))
}
