package ui

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/guess"
	"postolka/privacy"
	"postolka/store"
)

// MailboxForm adds or changes a mailbox.
type MailboxForm struct {
	ID    store.MailboxID // 0: a new one
	Box   store.Mailbox
	Step  string // "address" first, for a new one; then "servers"
	Guess guess.Guess
	Wrong string // text: what is wrong here
	Said  string // the server's own words
}

func (s *Server) mailboxesPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	p, err := s.page(r, by, "mailboxes.title", "mailboxes")
	if err != nil {
		return err
	}
	boxes, err := s.Desk.Mailboxes(r.Context(), by)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, mailboxesView(p, boxes, account.MayDo(by, account.ManageMailboxes)))
}

func (s *Server) newMailbox(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	return s.showMailboxForm(w, r, by, http.StatusOK, MailboxForm{Step: "address"})
}

func (s *Server) showMailboxForm(w http.ResponseWriter, r *http.Request, by account.Agent, status int, f MailboxForm) error {
	title := "mailbox.new"
	if f.ID != 0 {
		title = "mailbox.change"
	}
	p, err := s.page(r, by, title, "mailboxes")
	if err != nil {
		return err
	}
	return s.show(w, r, status, mailboxForm(p, f))
}

// guessMailbox takes the address and proposes the servers of its provider.
func (s *Server) guessMailbox(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	address := strings.TrimSpace(r.PostFormValue("address"))
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" || !strings.Contains(domain, ".") {
		v := s.voice(r, by)
		return s.showMailboxForm(w, r, by, http.StatusUnprocessableEntity, MailboxForm{Step: "address", Box: store.Mailbox{Address: address}, Wrong: v.T("mailbox.wrong_address")})
	}
	box := store.Mailbox{Name: local + "@", Address: address}
	g := s.GuessServers(r.Context(), address)
	box.IMAP, box.SMTP = g.IMAP, g.SMTP
	return s.showMailboxForm(w, r, by, http.StatusOK, MailboxForm{Step: "servers", Box: box, Guess: g})
}

// addMailbox and changeMailbox try the servers first; what they answer is shown.
func (s *Server) addMailbox(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	return s.saveMailbox(w, r, by, MailboxForm{Step: "servers"})
}

func (s *Server) changeMailbox(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	info, err := s.mailboxOf(r, by)
	if err != nil {
		return err
	}
	return s.saveMailbox(w, r, by, MailboxForm{ID: info.ID, Box: info.Mailbox, Step: "servers"})
}

func (s *Server) saveMailbox(w http.ResponseWriter, r *http.Request, by account.Agent, f MailboxForm) error {
	was := f.Box
	readMailbox(r, &f.Box)
	imapPass, smtpPass := r.PostFormValue("imap_password"), r.PostFormValue("smtp_password")
	if smtpPass == "" && f.Box.SMTP.Host != "" && f.Box.SMTP.User == f.Box.IMAP.User {
		smtpPass = imapPass
	}
	v, consents := s.voice(r, by), r.PostFormValue("consent") != ""
	if !consents {
		if f.Wrong, f.Said = s.tryServers(r, v, was, f.Box, imapPass, smtpPass); f.Wrong != "" {
			return s.showMailboxForm(w, r, by, http.StatusUnprocessableEntity, f)
		}
	}
	id, err := s.Desk.SaveMailbox(r.Context(), by, f.ID, f.Box, imapPass, smtpPass)
	switch {
	case errors.Is(err, desk.ErrName):
		f.Wrong = v.T("mailbox.wrong_name")
		return s.showMailboxForm(w, r, by, http.StatusUnprocessableEntity, f)
	case errors.Is(err, desk.ErrPassword):
		f.Wrong = v.T("mailbox.wrong_password")
		return s.showMailboxForm(w, r, by, http.StatusUnprocessableEntity, f)
	case err != nil:
		return err
	}
	s.changed(id)
	if consents {
		return s.back(w, r, consentPath(id), Flash{Key: "mailbox_saved"})
	}
	return s.back(w, r, mailboxPath(id), Flash{Key: "mailbox_saved"})
}

// tryServers signs in where something new was given; what is unchanged without a
// password was tried when it was saved.
func (s *Server) tryServers(r *http.Request, v Voice, was, now store.Mailbox, imapPass, smtpPass string) (wrong, said string) {
	if now.IMAP.Host != "" && s.ProbeIMAP != nil && (imapPass != "" || moved(was.IMAP, now.IMAP)) {
		if _, err := s.ProbeIMAP(r.Context(), now.IMAP, store.Login{User: now.IMAP.User, Password: imapPass}); err != nil {
			return v.T("mailbox.wrong_imap"), err.Error()
		}
	}
	if now.SMTP.Host != "" && s.ProbeSMTP != nil && (smtpPass != "" || moved(was.SMTP, now.SMTP)) {
		if err := s.ProbeSMTP(r.Context(), now.SMTP, store.Login{User: now.SMTP.User, Password: smtpPass}); err != nil {
			return v.T("mailbox.wrong_smtp"), err.Error()
		}
	}
	return "", ""
}

func moved(a, b store.Server) bool {
	return a.Host != b.Host || a.Port != b.Port || a.Security != b.Security || a.User != b.User
}

func readMailbox(r *http.Request, box *store.Mailbox) {
	box.Name, box.Address = strings.TrimSpace(r.PostFormValue("name")), strings.TrimSpace(r.PostFormValue("address"))
	box.Personal, box.Paused = r.PostFormValue("personal") != "", r.PostFormValue("paused") != ""
	box.NoLookups = r.PostFormValue("lookups") == ""
	box.Signature = strings.ReplaceAll(r.PostFormValue("signature"), "\r\n", "\n")
	months, _ := strconv.Atoi(r.PostFormValue("keep"))
	box.Keep = time.Duration(min(max(months, 0), 600)) * privacy.Month
	box.IMAP, box.SMTP = readServer(r, "imap"), readServer(r, "smtp")
}

func keepMonths(d time.Duration) int { return int((d + privacy.Month/2) / privacy.Month) }

func readServer(r *http.Request, kind string) store.Server {
	port, _ := strconv.Atoi(r.PostFormValue(kind + "_port"))
	srv := store.Server{Host: strings.TrimSpace(r.PostFormValue(kind + "_host")), Port: port, User: strings.TrimSpace(r.PostFormValue(kind + "_user"))}
	for i, word := range securities {
		if word == r.PostFormValue(kind+"_security") {
			srv.Security = store.Security(i)
		}
	}
	return srv
}

// securities are the words of store.Security in forms.
var securities = []string{"tls", "starttls", "plain"}

// mailboxOf is the mailbox of the path, for who may change it.
func (s *Server) mailboxOf(r *http.Request, by account.Agent) (desk.MailboxInfo, error) {
	id, err := pathID[store.MailboxID](r, "id")
	if err != nil {
		return desk.MailboxInfo{}, err
	}
	if !account.MayDo(by, account.ManageMailboxes) && !account.MayIn(by, account.Manage, id) {
		return desk.MailboxInfo{}, desk.ErrNotAllowed
	}
	boxes, err := s.Desk.Mailboxes(r.Context(), by)
	for _, b := range boxes {
		if b.ID == id {
			return b, nil
		}
	}
	return desk.MailboxInfo{}, errors.Join(err, desk.ErrNotAllowed)
}

// MailboxView is one mailbox: health, folders, what could not be read, people.
type MailboxView struct {
	desk.MailboxInfo
	Counted        []desk.FolderHealth
	NotFetchedList []notFetched
	Quarantine     []quarantined
	People         []personIn
	MayGrant       bool
	MayRead        bool
}

// quarantined is a message that could not be understood; no content.
type quarantined struct {
	ID     store.MessageID
	At     time.Time
	Reason string
}

// personIn is someone with his right in the mailbox.
type personIn struct {
	ID    store.AgentID
	Name  string
	Role  store.Role
	Right store.Right // granted
	Has   store.Right // with what the role gives
}

func (s *Server) mailboxPage(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	info, err := s.mailboxOf(r, by)
	if err != nil {
		return err
	}
	v := MailboxView{MailboxInfo: info, MayGrant: account.MayIn(by, account.Manage, info.ID), MayRead: account.MayIn(by, account.Read, info.ID)}
	if v.People, err = s.peopleIn(info.ID); err != nil {
		return err
	}
	if v.Counted, err = s.Desk.Folders(r.Context(), by, info.ID); err != nil {
		return err
	}
	v.NotFetchedList = listNotFetched(v.Counted)
	if v.Quarantine, err = s.quarantine(info.ID); err != nil {
		return err
	}
	p, err := s.page(r, by, info.Mailbox.Name, "mailboxes")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, mailboxView(p, v))
}

func (s *Server) mailboxEdit(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	info, err := s.mailboxOf(r, by)
	if err != nil {
		return err
	}
	return s.showMailboxForm(w, r, by, http.StatusOK, MailboxForm{ID: info.ID, Box: info.Mailbox, Step: "servers"})
}

func (s *Server) peopleIn(m store.MailboxID) (list []personIn, err error) {
	accounts, err := s.Accounts.List()
	for _, a := range accounts {
		if !a.DisabledAt.IsZero() {
			continue
		}
		p := personIn{ID: a.ID, Name: a.Name, Role: a.Role, Has: rightHere(a, m)}
		for _, g := range a.Grants {
			if g.Mailbox == m {
				p.Right = g.Right
			}
		}
		list = append(list, p)
	}
	return list, err
}

func rightHere(a account.Account, m store.MailboxID) store.Right {
	person := account.Agent{ID: a.ID, Kind: account.Person, Role: a.Role, Grants: a.Grants}
	for _, try := range []struct {
		act   account.Act
		right store.Right
	}{{account.Manage, store.RightManage}, {account.Answer, store.RightAnswer}, {account.Read, store.RightRead}} {
		if account.MayIn(person, try.act, m) {
			return try.right
		}
	}
	return store.RightNone
}

const mostQuarantined = 200

func (s *Server) quarantine(m store.MailboxID) (list []quarantined, err error) {
	if s.Store == nil {
		return nil, nil
	}
	err = s.Store.View(func(tx *store.Tx) error {
		list = nil
		for id := range store.MessagesQuarantined.Prefix(tx, store.Key(m)) {
			rec, err := store.Messages.Get(tx, id)
			if err != nil {
				return err
			}
			if list = append(list, quarantined{id, rec.ReceivedAt, rec.Quarantine}); len(list) == mostQuarantined {
				break
			}
		}
		return nil
	})
	return list, err
}

// grant gives someone a right in a mailbox, or takes it.
func (s *Server) grant(w http.ResponseWriter, r *http.Request, by account.Agent) error {
	m, err := pathID[store.MailboxID](r, "id")
	if err != nil {
		return err
	}
	who, err := strconv.ParseUint(r.PostFormValue("agent"), 10, 64)
	right := rightOfKey(r.PostFormValue("right"))
	if err != nil || right > store.RightManage {
		return errBadInput
	}
	if !account.MayIn(by, account.Manage, m) {
		return desk.ErrNotAllowed
	}
	if err := s.recordAct(r, by, audit.Setting, m, "agent "+strconv.FormatUint(who, 10)+" right "+rightKey(right)); err != nil {
		return err
	}
	if err := s.Accounts.Grant(by, store.AgentID(who), m, right); err != nil {
		return err
	}
	return s.back(w, r, mailboxPath(m), Flash{Key: "granted"})
}

var rightWords = []string{"none", "read", "answer", "manage"}

func rightKey(r store.Right) string { return rightWords[min(int(r), len(rightWords)-1)] }

func rightOfKey(key string) store.Right {
	for i, word := range rightWords {
		if word == key {
			return store.Right(i)
		}
	}
	return store.RightManage + 1
}

func mailboxPath(id store.MailboxID) string { return "/mailboxes/" + idText(id) }
