package outbox

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/emersion/go-smtp"

	"postolka/store"
)

// testOnlyStep is called at each step of sending; a test kills the process there.
var testOnlyStep = func(step string) {}

// answerWait is how long a server that has the message may take for its answer
// after we were told to stop.
const answerWait = 20 * time.Second

var errTaken = errors.New("the entry is no longer queued")

// send brings a queued entry to the server. The error is one of the store; what
// the server says is written into the entry.
func (o *Outbox) send(ctx context.Context, id store.OutboxID, e store.OutboxEntry) error {
	m, err := o.mailbox(e.Mailbox)
	if errors.Is(err, store.ErrNotFound) {
		return o.fail(id, TroubleNoMailbox)
	}
	if err != nil {
		return err
	}
	raw, err := o.store.RawBytes(e.Message)
	if errors.Is(err, store.ErrNotFound) {
		return o.fail(id, TroubleErased)
	}
	if err != nil {
		return err
	}
	testOnlyStep("claimed")
	handed, err := o.hand(ctx, id, e, m, raw)
	testOnlyStep("answered")
	from := store.OutboxQueued
	if handed {
		from = store.OutboxSending
	}
	if errors.Is(err, errTaken) || ctx.Err() != nil && !handed {
		return nil
	}
	_, moveErr := o.move(id, from, func(e *store.OutboxEntry) { o.judge(e, handed, err) })
	testOnlyStep("judged")
	return moveErr
}

func (o *Outbox) fail(id store.OutboxID, why string) error {
	_, err := o.move(id, store.OutboxQueued, func(e *store.OutboxEntry) {
		e.State, e.LastError = store.OutboxFailed, why
	})
	return err
}

// hand gives the message to the server. handed: its last line may have arrived,
// so without an answer nobody knows whether it goes out.
func (o *Outbox) hand(ctx context.Context, id store.OutboxID, e store.OutboxEntry, m store.Mailbox, raw []byte) (handed bool, err error) {
	login, err := o.logins.Login(ctx, e.Mailbox, m, m.SMTP)
	if err != nil {
		return false, at("sign in", err)
	}
	c, err := dial(ctx, m.SMTP, login, o.RootCAs)
	var answer *smtp.SMTPError
	if errors.As(err, &answer) {
		o.logins.Forget(e.Mailbox) // should it be about the token, the next is new
	}
	if err != nil {
		return false, err
	}
	defer c.close()
	if err := c.envelope(e.Sender, e.Recipients, len(raw)); err != nil {
		return false, err
	}
	body, err := c.smtp.Data()
	if err != nil {
		return false, at("data", err)
	}
	if _, err := body.Write(raw); err != nil {
		return false, at("data", err)
	}
	testOnlyStep("written")
	taken, err := o.move(id, store.OutboxQueued, func(e *store.OutboxEntry) { e.State = store.OutboxSending })
	if err != nil {
		return false, err
	}
	if !taken {
		return false, errTaken
	}
	testOnlyStep("sending")
	c.patient(ctx, answerWait)
	if err := body.Close(); err != nil {
		return true, at("data", err)
	}
	return true, nil
}

// judge writes the outcome of a try into the entry.
func (o *Outbox) judge(e *store.OutboxEntry, handed bool, err error) {
	now := time.Now().UTC()
	var answer *smtp.SMTPError
	answered := errors.As(err, &answer)
	e.Attempts++
	if e.HoldUntil.IsZero() {
		e.HoldUntil = now // the time to give up counts from here
	}
	switch {
	case err == nil:
		e.State, e.SentAt, e.LastError, e.NextAt, e.Attempts = store.OutboxSent, now, "", now, 0
	case handed && !answered:
		uncertain(e)
	case answered && !answer.Temporary() && !aboutUs(err):
		e.State, e.LastError = store.OutboxFailed, describe(err)
	case now.Sub(e.HoldUntil) > o.pace.give:
		e.State, e.LastError = store.OutboxFailed, describe(err)
	default:
		e.State, e.LastError = store.OutboxQueued, describe(err)
		e.NextAt = now.Add(o.pace.wait(e.Attempts))
	}
}

// wait before the next try, give or take a quarter.
func (p pace) wait(attempts int) time.Duration {
	wait := p.retry << min(attempts-1, 20)
	if wait > p.retryMax || wait <= 0 {
		wait = p.retryMax
	}
	return wait*3/4 + rand.N(wait/2+1)
}

func (o *Outbox) mailbox(id store.MailboxID) (m store.Mailbox, err error) {
	err = o.store.View(func(tx *store.Tx) error {
		m, err = store.Mailboxes.Get(tx, id)
		return err
	})
	return m, err
}

// copyToSent puts a sent message into Sent. It may be done twice: the copier looks
// first. After four days it is given up; the message itself is out.
func (o *Outbox) copyToSent(ctx context.Context, id store.OutboxID, e store.OutboxEntry) error {
	m, err := o.mailbox(e.Mailbox)
	if err != nil {
		return err
	}
	if m.IMAP.Host == "" || o.copier == nil { // nowhere to put it
		_, err := o.move(id, store.OutboxSent, func(e *store.OutboxEntry) { e.State = store.OutboxDone })
		return err
	}
	header, raw, err := o.message(e.Message)
	if err == nil {
		err = o.copier.CopyToSent(ctx, e.Mailbox, header, raw)
	}
	if ctx.Err() != nil {
		return nil
	}
	testOnlyStep("copied")
	erased := errors.Is(err, store.ErrNotFound)
	_, err = o.move(id, store.OutboxSent, func(e *store.OutboxEntry) {
		now := time.Now().UTC()
		e.Attempts++
		switch {
		case err == nil:
			e.State, e.CopiedAt, e.LastError = store.OutboxDone, now, ""
		case erased:
			e.State, e.LastError = store.OutboxDone, ""
		case now.Sub(e.SentAt) > o.pace.give:
			e.State, e.LastError = store.OutboxDone, TroubleNoCopy
		default:
			e.LastError, e.NextAt = TroubleNoCopy, now.Add(o.pace.wait(e.Attempts))
		}
	})
	return err
}

func (o *Outbox) message(id store.MessageID) (header string, raw []byte, err error) {
	err = o.store.View(func(tx *store.Tx) error {
		m, err := store.Messages.Get(tx, id)
		header = m.MessageIDHeader
		return err
	})
	if err == nil {
		raw, err = o.store.RawBytes(id)
	}
	return header, raw, err
}
