package imapsync

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"postolka/oauth"
	"postolka/store"
)

var (
	errRefused = errors.New("the server refuses user or password")
	errCut     = errors.New("the server broke off in the middle of a message")
	errTooSlow = errors.New("the server took too long")
)

// refused: it is about the login, and will be until a person does something.
func refused(err error) bool {
	return errors.Is(err, errRefused) || errors.Is(err, oauth.ErrConsent) || errors.Is(err, oauth.ErrClient)
}

// commandLimit is for commands with short answers.
const commandLimit = 2 * time.Minute

// session is one signed-in connection; one goroutine uses it at a time.
type session struct {
	guard  *guard
	client *imapclient.Client
	// news has room for one: the selected folder has more messages than before.
	news   chan struct{}
	detach func() bool
	// uidLast: the server names the UID of a message after its body. go-imap gives
	// such an answer to nobody unless it was asked for by sequence number.
	uidLast bool
}

// signIn connects and signs in. The session ends when ctx does.
func signIn(ctx context.Context, srv store.Server, login store.Login, roots *x509.CertPool) (*session, error) {
	conn, err := dial(ctx, srv, roots)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	s := &session{guard: conn, news: make(chan struct{}, 1)}
	s.detach = context.AfterFunc(ctx, func() { conn.fail(context.Cause(ctx)) })
	s.client = imapclient.New(conn, &imapclient.Options{
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: s.grown},
	})
	if err := s.run(commandLimit, func() error { return s.authenticate(srv, login) }); err != nil {
		s.close()
		return nil, fmt.Errorf("sign in: %w", err)
	}
	return s, nil
}

func (s *session) authenticate(srv store.Server, login store.Login) error {
	if err := s.client.WaitGreeting(); err != nil {
		return err
	}
	because := errRefused
	var err error
	switch caps := s.client.Caps(); {
	case login.Token != "":
		because = oauth.ErrConsent
		err = s.client.Authenticate(oauth.Client(login, srv, caps.Has(imap.AuthCap(sasl.OAuthBearer))))
	case caps.Has(imap.AuthCap(sasl.Plain)):
		err = s.client.Authenticate(sasl.NewPlainClient("", login.User, login.Password))
	default:
		err = s.client.Login(login.User, login.Password).Wait()
	}
	var answer *imap.Error
	if !errors.As(err, &answer) {
		return err
	}
	switch answer.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeServerBug:
		return err // not about the login
	}
	return fmt.Errorf("%w: %w", because, err)
}

// grown is called by go-imap when the number of messages changes.
func (s *session) grown(data *imapclient.UnilateralDataMailbox) {
	if data.NumMessages == nil {
		return
	}
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// run does commands that must be done within limit; the reason why the
// connection was closed by us goes before what go-imap makes of it.
func (s *session) run(limit time.Duration, commands func() error) error {
	s.guard.wait(patienceBusy)
	defer s.guard.wait(patienceRest)
	timer := time.AfterFunc(limit, func() { s.guard.fail(errTooSlow) })
	defer timer.Stop()
	err := commands()
	if err == nil {
		return nil
	}
	if cause := s.guard.failed(); cause != nil {
		return cause
	}
	return err
}

// runNamed is run for commands about folders, while no bodies are on their way.
func (s *session) runNamed(commands func() error) error {
	s.guard.names.on.Store(true)
	defer s.guard.names.on.Store(false)
	return s.run(commandLimit, commands)
}

// alive: the connection can be used further after an error.
func (s *session) alive() bool {
	select {
	case <-s.client.Closed():
		return false
	default:
		return s.guard.failed() == nil
	}
}

// close says goodbye when the server still listens, and hangs up.
func (s *session) close() {
	s.detach()
	if s.alive() {
		s.run(2*time.Second, func() error { return s.client.Logout().Wait() })
	}
	s.client.Close()
}

func (s *session) caps() imap.CapSet { return s.client.Caps() }

// examine opens a folder without any right to change it.
func (s *session) examine(name string) (sel *imap.SelectData, err error) {
	select { // news of the folder before
	case <-s.news:
	default:
	}
	err = s.runNamed(func() error {
		sel, err = s.client.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
		return err
	})
	return sel, err
}

// open opens a folder so that it may be changed.
func (s *session) open(name string) error {
	return s.runNamed(func() error { _, err := s.client.Select(name, nil).Wait(); return err })
}

func (s *session) status(name string) (data *imap.StatusData, err error) {
	err = s.runNamed(func() error {
		data, err = s.client.Status(name, &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true}).Wait()
		return err
	})
	return data, err
}

// maxUIDs bounds a folder; a SEARCH answer is at most maxSearch bytes, but a
// range in an unasked ESEARCH may be any.
const maxUIDs = 4 << 20

// search gives the UIDs of the selected folder that meet criteria, rising.
func (s *session) search(criteria *imap.SearchCriteria) ([]imap.UID, error) {
	var uids []imap.UID
	err := s.run(commandLimit, func() error {
		data, err := s.client.UIDSearch(criteria, nil).Wait()
		if err != nil {
			return err
		}
		set, ok := data.All.(imap.UIDSet)
		if !ok {
			return nil
		}
		for _, r := range set {
			if r.Start == 0 || r.Stop < r.Start || len(uids)+int(r.Stop-r.Start) > maxUIDs {
				return errBounds
			}
			for uid := uint64(r.Start); uid <= uint64(r.Stop); uid++ {
				uids = append(uids, imap.UID(uid))
			}
		}
		return nil
	})
	return uids, err
}

// between are criteria for UIDs from first to last.
func between(first, last imap.UID) *imap.SearchCriteria {
	var set imap.UIDSet
	set.AddRange(first, last)
	return &imap.SearchCriteria{UID: []imap.UIDSet{set}}
}

// glance is what is asked about a message before it is fetched.
type glance struct {
	number uint32 // sequence number in the selected folder
	size   int64
}

// glances asks about messages; those that are gone are not in the answer.
func (s *session) glances(uids []imap.UID) (map[imap.UID]glance, error) {
	there := make(map[imap.UID]glance, len(uids))
	err := s.run(commandLimit, func() error {
		cmd := s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true})
		// Not Collect, which reads a literal that nobody asked for twice: see fetch.
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			uid, size := readSize(m)
			there[uid] = glance{m.SeqNum, size}
		}
		return cmd.Close()
	})
	return there, err
}

func readSize(m *imapclient.FetchMessageData) (uid imap.UID, size int64) {
	for item := m.Next(); item != nil; item = m.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = item.UID
		case imapclient.FetchItemDataRFC822Size:
			size = item.Size
		}
	}
	return uid, size
}

// named asks for messages in the way that this server's answers need. A number
// may have come to mean another message; its answer has the UID, see bring.
func (s *session) named(uids []imap.UID, there map[imap.UID]glance) imap.NumSet {
	if !s.uidLast {
		return imap.UIDSetNum(uids...)
	}
	var set imap.SeqSet
	for _, uid := range uids {
		if number := there[uid].number; number > 0 {
			set.AddNum(number)
		}
	}
	return set
}

// letter is a message as the server gave it.
type letter struct {
	uid        imap.UID
	raw        []byte
	receivedAt time.Time
	problem    string // why raw is nil; stable words
}

var wholeBody = &imap.FetchItemBodySection{Peek: true}

// fetch reads whole messages, about expect bytes. They count only when it
// returns no error: every literal had its announced size and the command ended
// well. (A literal cut after 1 of 50 MB reads without an error in go-imap.)
// Messages that the server left out are not in the answer.
func (s *session) fetch(which imap.NumSet, expect int64) (letters []letter, err error) {
	// 16 KiB a second is a bad line, yet not a dead one.
	limit := commandLimit + time.Duration(expect>>14)*time.Second
	err = s.run(limit, func() error {
		cmd := s.client.Fetch(which, &imap.FetchOptions{
			UID: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{wholeBody}})
		room := 2*expect + MaxMessage/4
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			l, err := readLetter(m)
			if room -= int64(len(l.raw)); err == nil && room < 0 {
				err = fmt.Errorf("%w: messages far larger than announced", errBounds)
				s.guard.fail(err)
				// The decoder may wait with the next literal already, and for ever.
				return errors.Join(err, cmd.Close())
			}
			if err != nil {
				// Not cmd.Close: it reads the literal again, which go-imap's decoder
				// reads from by then too. The decoder ends with the connection.
				s.guard.fail(err)
				return err
			}
			letters = append(letters, l)
		}
		return cmd.Close()
	})
	if err != nil {
		return nil, err
	}
	return letters, nil
}

// single fetches one message, by its number when the server gives nothing for
// its UID; then all others are asked for like that.
func (s *session) single(uid imap.UID, g glance) ([]letter, error) {
	asked := []imap.UID{uid}
	letters, err := s.fetch(s.named(asked, map[imap.UID]glance{uid: g}), g.size)
	if err != nil || len(letters) > 0 || s.uidLast || g.number == 0 {
		return strays(asked, letters), err
	}
	letters, err = s.fetch(imap.SeqSetNum(g.number), g.size)
	letters = strays(asked, letters)
	s.uidLast = err == nil && len(letters) == 1 && letters[0].raw != nil
	return letters, err
}

// strays leaves out messages that were not asked for: a number may mean another by now.
func strays(asked []imap.UID, letters []letter) []letter {
	return slices.DeleteFunc(letters, func(l letter) bool { return !slices.Contains(asked, l.uid) })
}

func readLetter(m *imapclient.FetchMessageData) (letter, error) {
	var l letter
	for item := m.Next(); item != nil; item = m.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			l.uid = item.UID
		case imapclient.FetchItemDataInternalDate:
			l.receivedAt = item.Time
		case imapclient.FetchItemDataBodySection:
			if !item.MatchCommand(wholeBody) || item.Literal == nil {
				continue
			}
			raw, err := readLiteral(item.Literal)
			if err != nil {
				return l, err
			}
			if l.raw = raw; raw == nil {
				l.problem = ReasonTooLarge
			}
		}
	}
	return l, nil
}

// readLiteral gives nil for a message over MaxMessage.
func readLiteral(lit imap.LiteralReader) ([]byte, error) {
	if lit.Size() > MaxMessage {
		n, err := io.Copy(io.Discard, lit)
		if err == nil && n != lit.Size() {
			err = errCut
		}
		return nil, err
	}
	raw := make([]byte, lit.Size())
	if _, err := io.ReadFull(lit, raw); err != nil {
		return nil, errCut
	}
	// The end of the literal has to be read as such for go-imap to go on.
	if n, err := io.Copy(io.Discard, lit); n != 0 || err != nil {
		return nil, errCut
	}
	return raw, nil
}
