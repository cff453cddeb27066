package imapsync

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"

	"postolka/desk"
	"postolka/oauth"
	"postolka/store"
)

var errHungUp = errors.New("the server hung up")

// What store.Mailbox.LastError says: plain words without personal data, fixed,
// so that a catalogue can translate them.
const (
	TroublePassword    = "The server refuses the user name or the password. Check them in the mailbox settings; it is tried again, ever more rarely."
	TroubleConsent     = "The provider does not accept the consent any more. Give it anew in the mailbox settings; it is tried again, ever more rarely."
	TroubleClient      = "The provider does not accept the client or its secret; it may have run out. Put a new one into the mailbox settings."
	TroubleUnreachable = "The server can't be reached. Check its name and port; it is tried again by itself."
	TroubleCertificate = "The server's certificate is not trusted: someone may be listening in. Nothing was sent to it."
	TroubleNoUpgrade   = "The server does not offer an encrypted connection (STARTTLS). Nothing was sent to it."
	TroubleLoopback    = "An unencrypted connection is made only to this machine itself. Choose TLS or STARTTLS."
	TroubleConnection  = "The connection to the server was lost. Nothing is lost; it is tried again by itself."
	TroubleHostile     = "The server sent something that no mail server sends. The connection was dropped; it is tried again by itself."
	TroubleAnswer      = "The server refuses what was asked of it. It is tried again by itself."
	TroubleStorage     = "Mail could not be stored here: is the disk full? Nothing is lost, it is still on the server."
)

// class of an error: one of the Trouble texts; "" for none.
func class(err error) string {
	var (
		certificate *tls.CertificateVerificationError
		unknown     x509.UnknownAuthorityError
		dial        *net.OpError
		answer      *imap.Error
		network     net.Error
	)
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errIntake):
		return TroubleStorage
	case errors.Is(err, errRefused):
		return TroublePassword
	case errors.Is(err, oauth.ErrConsent):
		return TroubleConsent
	case errors.Is(err, oauth.ErrClient):
		return TroubleClient
	case errors.As(err, &certificate), errors.As(err, &unknown):
		return TroubleCertificate
	case errors.Is(err, errNoUpgrade):
		return TroubleNoUpgrade
	case errors.Is(err, errNotLoopback):
		return TroubleLoopback
	case errors.Is(err, errBounds):
		return TroubleHostile
	case errors.As(err, &dial) && dial.Op == "dial":
		return TroubleUnreachable
	case errors.As(err, &answer):
		return TroubleAnswer
	case errors.As(err, &network), errors.Is(err, errStalled), errors.Is(err, errTooSlow), errors.Is(err, errCut),
		errors.Is(err, errHungUp), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return TroubleConnection
	}
	return TroubleConnection
}

// Explain says what went wrong with a server in one of the Trouble sentences.
func Explain(err error) string { return class(err) }

// contact notes that the server was heard and what it has is here, but for
// folders about which it refused something.
func (r *run) contact() {
	now := time.Now().UTC()
	r.y.note(r.box.id, func(tx *store.Tx, m *store.Mailbox) error {
		m.LastContact, m.LastError = now, class(r.refusal)
		if r.newMail {
			m.LastNewMail = now
		}
		desk.CountArrivals(m, r.arrivals, desk.Day(now))
		return r.noteChecked(tx)
	})
	r.newMail, r.arrivals, r.checked = false, map[int64]uint32{}, map[store.FolderID]checked{}
}

func (r *run) noteChecked(tx *store.Tx) error {
	for id, c := range r.checked {
		f, err := store.Folders.Get(tx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		f.OnServer, f.CheckedAt = c.onServer, c.at
		if err := store.Folders.Put(tx, id, f); err != nil {
			return err
		}
	}
	return nil
}

// trouble notes what went wrong.
func (y *Sync) trouble(id store.MailboxID, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	y.note(id, func(_ *store.Tx, m *store.Mailbox) error { m.LastError = class(err); return nil })
}

func (y *Sync) note(id store.MailboxID, change func(tx *store.Tx, m *store.Mailbox) error) {
	err := y.store.Update(func(tx *store.Tx) error {
		m, err := store.Mailboxes.Get(tx, id)
		if err != nil {
			return err
		}
		if err := change(tx, &m); err != nil {
			return err
		}
		return store.Mailboxes.Put(tx, id, m)
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		y.log.Error("mailbox state not written", "mailbox", id)
	}
	y.publish(id)
}

func (y *Sync) publish(id store.MailboxID) {
	y.desk.Publish(desk.Event{Kind: "mailbox", Mailbox: id})
}

// Probe connects, signs in and lists folders; the error holds the server's own
// words. It uses the system's root certificates.
func Probe(ctx context.Context, srv store.Server, login store.Login) (folders []string, err error) {
	return probe(ctx, srv, login, nil)
}

func probe(ctx context.Context, srv store.Server, login store.Login, roots *x509.CertPool) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	s, err := signIn(ctx, srv, login, roots)
	if err != nil {
		return nil, err
	}
	defer s.close()
	places, err := s.places()
	if err != nil {
		return nil, fmt.Errorf("list folders: %w", err)
	}
	var names []string
	for _, p := range places {
		names = append(names, p.name)
	}
	return names, nil
}
