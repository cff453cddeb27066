// Package imapsync brings mail from IMAP servers; it alone speaks IMAP.
//
// A mailbox of ours is an account on a server with folders. One goroutine per
// mailbox, owned by Run, connects, fetches what is not here yet, and then waits
// for more: IDLE on the inbox, or NOOP where the server has none; the other
// folders are asked for their status every two minutes.
//
// A folder's state is store.Folder: UIDs in [Low, High] were taken in or are
// listed in Quarantined, those below Low still come, newest first, until Done;
// those above High are new. It advances only after the messages are stored, so
// whatever breaks off is done again, and desk.Intake knows by identity what is
// here already. When UIDVALIDITY changes the state starts anew.
//
// Folders are opened read-only (EXAMINE) and bodies are fetched with PEEK:
// nothing on the server changes but by CopyToSent and Expunge.
package imapsync

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"

	"postolka/desk"
	"postolka/oauth"
	"postolka/store"
)

// Desk is what sync needs of desk.Desk.
type Desk interface {
	Intake(ctx context.Context, batch []desk.Incoming) ([]desk.Outcome, error)
	Publish(e desk.Event)
	FollowDue(m store.MailboxID) ([]store.MessageID, error)
	Follow(ctx context.Context, m store.MailboxID, still map[store.MessageID]bool) error
}

// Sync supervises one goroutine per mailbox. Its methods may be called from any
// goroutine; Run once.
type Sync struct {
	// RootCAs verify servers; nil: those of the system. Set before use.
	RootCAs *x509.CertPool

	store  *store.Store
	desk   Desk
	logins *oauth.Logins
	log    *slog.Logger
	pace   pace
	now    func() time.Time // of days, see follow

	mutex   sync.Mutex
	boxes   map[store.MailboxID]*box
	changed map[store.MailboxID]bool
	wake    chan struct{} // room for one: changed is not empty
}

// pace is how often things are done, and how many at once; tests are in more of a hurry.
type pace struct {
	retry, retryMax     time.Duration // after a broken connection
	refused, refusedMax time.Duration // after a wrong password
	poll                time.Duration // status of the folders but the inbox
	noop                time.Duration // of the inbox, where IDLE is missing
	again               time.Duration // a quarantined message, doubling
	batch               int           // messages fetched at once
}

var ordinaryPace = pace{
	retry: 2 * time.Second, retryMax: 5 * time.Minute,
	refused: 5 * time.Minute, refusedMax: 6 * time.Hour,
	poll: 2 * time.Minute, noop: 30 * time.Second,
	again: 10 * time.Minute, batch: 500,
}

// box is a mailbox in this process.
type box struct {
	id store.MailboxID
	// turn holds one token: who has it may change the state of the folders.
	turn chan struct{}
	// batch is how many messages of a folder are fetched at once, after trouble;
	// broken counts the times a single message broke the connection. With turn.
	batch  map[store.FolderID]int
	broken map[brokenUID]int
	seen   map[store.FolderID]seen
	// reconciled is what a folder looked like when it was last compared by UID,
	// and something was unexplained.
	reconciled map[store.FolderID]seen
}

type brokenUID struct {
	folder store.FolderID
	uid    uint32
}

// New makes a Sync; nothing happens before Run or Once.
func New(s *store.Store, d Desk, logins *oauth.Logins, log *slog.Logger) *Sync {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Sync{store: s, desk: d, logins: logins, log: log, pace: ordinaryPace, now: time.Now,
		boxes: map[store.MailboxID]*box{}, changed: map[store.MailboxID]bool{}, wake: make(chan struct{}, 1)}
}

func (y *Sync) box(id store.MailboxID) *box {
	y.mutex.Lock()
	defer y.mutex.Unlock()
	b := y.boxes[id]
	if b == nil {
		b = &box{id: id, turn: make(chan struct{}, 1), batch: map[store.FolderID]int{}, broken: map[brokenUID]int{}, seen: map[store.FolderID]seen{}, reconciled: map[store.FolderID]seen{}}
		y.boxes[id] = b
	}
	return b
}

// lock waits for the turn.
func (b *box) lock(ctx context.Context) error {
	select {
	case b.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (b *box) unlock() { <-b.turn }

func (y *Sync) mailbox(id store.MailboxID) (m store.Mailbox, err error) {
	err = y.store.View(func(tx *store.Tx) error {
		m, err = store.Mailboxes.Get(tx, id)
		return err
	})
	return m, err
}

// connect signs in to a mailbox's server.
func (y *Sync) connect(ctx context.Context, id store.MailboxID) (*session, store.Mailbox, error) {
	m, err := y.mailbox(id)
	if err != nil {
		return nil, m, err
	}
	login, err := y.logins.Login(ctx, id, m, m.IMAP)
	if err != nil {
		return nil, m, err
	}
	s, err := signIn(ctx, m.IMAP, login, y.RootCAs)
	var answer *imap.Error
	if errors.As(err, &answer) {
		y.logins.Forget(id) // should it be about the token, the next is new
	}
	return s, m, err
}
