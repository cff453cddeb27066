// Package demo is what `postolka demo` shows besides the desk itself: an IMAP and
// an SMTP server on loopback with the mail of Kolovrat, an invented Czech shop
// with kitchen goods; the people who work there; and customers who answer.
//
// Every person, company, address, number and order here is made up; addresses lie
// in .example (RFC 2606 §3). A story is one conversation as a customer and the shop
// had it, told in days before now; the composer turns it into mail, the same bytes
// for the same now. The desk learns of it as of any mail, by its first sync;
// [Apply] then does what colleagues would have done with it.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-smtp"
)

// Servers are the shop's IMAP and SMTP server, plain, each on a free port of
// 127.0.0.1, and the customers who answer what goes through them. Nothing sent to
// them leaves the process.
type Servers struct {
	boxes              []Mailbox
	users              map[string]*imapmemserver.User // by address
	imap               *imapserver.Server
	smtp               *smtp.Server
	imapPort, smtpPort int
	customers          *customers
	stop               context.CancelFunc
	all                sync.WaitGroup
}

// Mailbox is one mailbox of the shop with all that is needed to connect it.
type Mailbox struct {
	Name, Address, Signature string
	IMAPPort, SMTPPort       int
	User, Password           string
}

// Start puts the sample mail on the server and opens both ports. The mail reaches
// from three months before now to now. Customers answer until ctx ends, the servers
// run until Close.
func Start(ctx context.Context, now time.Time) (*Servers, error) {
	return start(ctx, now, thinking)
}

// start with a time that a customer takes for an answer.
func start(ctx context.Context, now time.Time, delay func(seed string) time.Duration) (*Servers, error) {
	all := stories()
	letters, err := compose(all, now)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	s := &Servers{users: map[string]*imapmemserver.User{}, stop: stop}
	s.customers = newCustomers(all, letters, s, delay)
	if err := s.fill(letters); err != nil {
		stop()
		return nil, err
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Mailboxes of the shop, in the order people name them.
func (s *Servers) Mailboxes() []Mailbox { return s.boxes }

// Close ends both servers and the customers, and waits for them.
func (s *Servers) Close() error {
	s.stop()
	var err error
	if s.imap != nil {
		err = s.imap.Close()
	}
	if s.smtp != nil {
		err = errors.Join(err, s.smtp.Close())
	}
	s.all.Wait()
	return err
}

func (s *Servers) fill(letters []letter) error {
	for _, b := range boxes() {
		b.User, b.Password = b.Address, rand.Text()
		user := imapmemserver.NewUser(b.User, b.Password)
		for _, folder := range []string{inbox, sent, "Drafts", "Junk", "Trash"} {
			if err := user.Create(folder, nil); err != nil {
				return fmt.Errorf("make the folders of the sample mailboxes: %w", err)
			}
		}
		s.users[b.Address] = user
		s.boxes = append(s.boxes, b)
	}
	for _, l := range letters {
		if err := s.deliver(l); err != nil {
			return err
		}
	}
	return nil
}

// deliver puts a letter into its folder; who waits there with IDLE hears of it.
func (s *Servers) deliver(l letter) error {
	_, err := s.users[l.address].Append(l.folder, newLiteral(l.raw), &imap.AppendOptions{Time: l.at})
	if err != nil {
		return fmt.Errorf("deliver sample mail: %w", err)
	}
	return nil
}

func (s *Servers) open(ctx context.Context) error {
	il, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("open the sample IMAP server: %w", err)
	}
	sl, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(fmt.Errorf("open the sample SMTP server: %w", err), il.Close())
	}
	s.imap, s.smtp = s.newIMAP(), s.newSMTP()
	s.imapPort, s.smtpPort = il.Addr().(*net.TCPAddr).Port, sl.Addr().(*net.TCPAddr).Port
	for i := range s.boxes {
		s.boxes[i].IMAPPort, s.boxes[i].SMTPPort = s.imapPort, s.smtpPort
	}
	// Both return when they are closed, with nothing worth telling.
	s.all.Go(func() { _ = s.imap.Serve(il) })
	s.all.Go(func() { _ = s.smtp.Serve(sl) })
	s.all.Go(func() { s.customers.run(ctx) })
	return nil
}

// caps are what the in-memory server can do of what the sync uses: it is told at
// once of new mail (IDLE) and erases single messages (UIDPLUS).
var caps = imap.CapSet{
	imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapIdle: {}, imap.CapSpecialUse: {},
	imap.CapNamespace: {}, imap.CapMove: {}, imap.CapListExtended: {},
}

func (s *Servers) newIMAP() *imapserver.Server {
	users := imapmemserver.New()
	for _, u := range s.users {
		users.AddUser(u)
	}
	return imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return users.NewSession(), nil, nil
		},
		Caps: caps, InsecureAuth: true, Logger: quiet,
	})
}

// quiet: the libraries would write addresses into the terminal.
var quiet = log.New(io.Discard, "", 0)
