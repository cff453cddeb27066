package privacy

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/url"
	"slices"
	"time"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/store"
)

// A From line proves nothing. Who asks confirms it by a link that is sent to the
// address whose data is asked for (Articles 11 and 12(6) GDPR): whoever reads
// that mailbox has it. No copies of documents are asked for.

// identityLimit is how long the link works.
const identityLimit = 48 * time.Hour

// ErrToken: the link was used, is too old, or was never sent.
var ErrToken = errors.New("the link was used before, or is too old")

// WaiverReasons are keys of why a person was not asked to confirm: they are known
// from the conversation itself (an answer to a mail of ours), or in the shop.
var WaiverReasons = []string{"thread", "met"}

// AskIdentity sends the link to the sender of the mail that asks; confirm is the
// address of the page it leads to. A second one makes the first useless. ErrNobody.
func (p *Privacy) AskIdentity(ctx context.Context, by account.Agent, id store.RequestID, confirm *url.URL, lang string) error {
	row, err := p.Request(by, id)
	if err != nil {
		return err
	}
	switch {
	case !row.Open():
		return ErrAnswered
	case row.Conversation == 0:
		return ErrNobody
	}
	token := rand.Text() // 130 bits
	link := *confirm
	link.RawQuery = url.Values{"token": {token}}.Encode()
	text, err := letterText(lang, "identity", row, link.String())
	if err != nil {
		return err
	}
	if _, err := p.Desk.Send(ctx, by, desk.Answer{Conversation: row.Conversation, Text: text, Anyway: true}); err != nil {
		return err
	}
	return p.changeRequest(ctx, by, id, "identity", func(_ *store.Tx, r *store.Request) error {
		r.State = store.RequestIdentity
		r.Identity = store.Identification{Token: sha256.Sum256([]byte(token)), Ends: p.Now().UTC().Add(identityLimit), AskedAt: p.Now().UTC()}
		return nil
	})
}

// WaiveIdentity says why the person need not confirm who they are. ErrGround.
func (p *Privacy) WaiveIdentity(ctx context.Context, by account.Agent, id store.RequestID, why string) error {
	if !slices.Contains(WaiverReasons, why) {
		return ErrGround
	}
	return p.changeRequest(ctx, by, id, "identity known", func(_ *store.Tx, r *store.Request) error {
		r.State, r.Identity.Waived, r.Identity.Token = store.RequestWork, why, [32]byte{}
		return nil
	})
}

// KnownToken says whether a link still works, for the page that it leads to. ErrToken.
func (p *Privacy) KnownToken(token string) error {
	return p.Store.View(func(tx *store.Tx) error {
		_, _, err := p.byToken(tx, token)
		return err
	})
}

func (p *Privacy) byToken(tx *store.Tx, token string) (store.RequestID, store.Request, error) {
	hash := sha256.Sum256([]byte(token))
	id, ok := store.RequestByToken.First(tx, store.Key(hash))
	if !ok {
		return 0, store.Request{}, ErrToken
	}
	r, err := store.Requests.Get(tx, id)
	if err == nil && p.Now().After(r.Identity.Ends) {
		err = ErrToken
	}
	return id, r, err
}

// ConfirmIdentity is what the person does who followed the link; it works once. ErrToken.
func (p *Privacy) ConfirmIdentity(ctx context.Context, token, address string) error {
	e := p.Log.By(account.Agent{Address: address}, audit.Change)
	e.Object = "request identity confirm"
	if err := p.KnownToken(token); err != nil {
		return err
	}
	if err := p.Log.Record(ctx, e); err != nil {
		return err
	}
	return p.Store.Update(func(tx *store.Tx) error {
		id, r, err := p.byToken(tx, token)
		if err != nil {
			return err
		}
		r.State, r.Identity.ProvenAt, r.Identity.Token = store.RequestWork, p.Now().UTC(), [32]byte{}
		return store.Requests.Put(tx, id, r)
	})
}
