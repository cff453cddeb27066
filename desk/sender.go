package desk

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"postolka/mail"
	"postolka/store"
)

// Who sent a message is judged once, when it comes, and stands in its record.
//
// A mailbox's own server is believed when it says that From is who it says. Which
// server that is nobody has to tell: the organization whose results stand on top of
// nearly all new mail, for a stranger writes into his own mail only. A result that
// From is forged counts from any server on the way's end: who forges that harms
// himself. So threads, which only ask for failures, don't depend on what was
// learned when. Where no believed server says anything, new mail's own signature
// (DKIM) is verified here, if the mailbox allows to ask DNS for keys; a signature
// that doesn't hold says nothing, for lists and forwarders break them.

const (
	lookupLimit = 3 * time.Second     // for all signatures of a batch; what takes longer stays unverified
	recently    = 60 * 24 * time.Hour // whose results tell how the server works now
	fewest      = 10                  // messages that show a habit
	lastSeen    = 40                  // messages looked back at
	oldFriend   = 7 * 24 * time.Hour  // who wrote here before that is known by his address
	namesakes   = 200                 // cards of one name before the @ that are compared
)

// house is what a sender could pretend to be: our domains and names.
type house struct {
	domains map[string]bool // organizations
	names   map[string]bool // see plainName
}

// freeMail is nobody's own domain.
var freeMail = []string{"gmail.com", "seznam.cz", "email.cz", "post.cz", "centrum.cz", "volny.cz", "atlas.cz", "azet.sk", "zoznam.sk",
	"outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "gmx.de", "gmx.net", "web.de", "proton.me"}

func (h *house) addDomain(addr string) {
	if org := mail.Organization(mail.Address{Addr: addr}.Domain()); strings.Contains(org, ".") && !slices.Contains(freeMail, org) {
		h.domains[org] = true
		h.names[plainName(org)] = true
	}
}

// addName: one word alone ("Podpora") is many people's.
func (h *house) addName(name string) {
	if plain := plainName(name); strings.Contains(plain, " ") {
		h.names[plain] = true
	}
}

func newHouse(tx *store.Tx) *house {
	h := &house{domains: map[string]bool{}, names: map[string]bool{}}
	for _, box := range store.Mailboxes.All(tx) {
		h.addDomain(box.Address)
		h.addName(senderName(box))
	}
	for _, a := range store.Agents.All(tx) {
		h.addDomain(a.Email)
		h.addName(a.Name)
	}
	return h
}

// plainName is a name without case, accents and order of its words.
func plainName(name string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFD.String(name))
	words := strings.Fields(plain)
	slices.Sort(words)
	return strings.Join(words, " ")
}

// believe settles what is known of the senders of a batch.
func (d *Desk) believe(ctx context.Context, letters []*letter, env *surroundings) {
	for box := range env.boxes {
		env.learn(box, letters)
	}
	var signed []*letter
	for _, l := range letters {
		if !l.fresh || l.record.Kind == store.Outgoing {
			continue
		}
		a := l.auth
		if a.Failed() || a.OnTop || a.Server != "" && a.Server == env.boxes[l.in.Mailbox].AuthServer {
			l.record.Auth.SPF, l.record.Auth.DKIM, l.record.Auth.DMARC = store.AuthResult(a.SPF), store.AuthResult(a.DKIM), store.AuthResult(a.DMARC)
		} else {
			l.auth = mail.AuthResults{}
		}
		if !l.auth.Failed() && !l.auth.Passed() && l.signed != nil {
			signed = append(signed, l)
		}
	}
	d.verify(ctx, signed)
	for _, l := range letters {
		l.signed = nil
	}
}

// verify looks at signatures. Nothing waits for DNS longer than lookupLimit.
func (d *Desk) verify(ctx context.Context, signed []*letter) {
	if len(signed) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	parallel(len(signed), func(i int) {
		if l := signed[i]; mail.Signed(ctx, l.signed, l.in.Raw, d.lookup) {
			l.record.Auth.DKIM, l.record.Auth.Here = store.AuthPass, true
		}
	})
}

// learn finds the server of a mailbox that writes results, by its newest mail.
func (env *surroundings) learn(id store.MailboxID, letters []*letter) {
	seen := slices.Clone(env.servers[id])
	for _, l := range letters {
		if l.fresh && l.in.Mailbox == id && env.tells(&l.record) {
			seen = append(seen, l.record.Auth.Server)
		}
	}
	if len(seen) < fewest {
		return
	}
	box := env.boxes[id]
	if most := habit(seen); most != box.AuthServer {
		box.AuthServer = most
		env.boxes[id], env.learned[id] = box, most
	}
}

// tells: the message shows how the server treats mail now.
func (env *surroundings) tells(m *store.Message) bool {
	return m.Kind == store.Incoming && m.Erased.IsZero() && env.now.Sub(m.ReceivedAt) < recently
}

// habit is what at least three of four are; "" if nothing is.
func habit(seen []string) string {
	count := map[string]int{}
	for _, s := range seen {
		if count[s]++; 4*count[s] >= 3*len(seen) {
			return s
		}
	}
	return ""
}

// lately fills in which servers wrote results on the newest mail of a mailbox.
func (env *surroundings) lately(tx *store.Tx, box store.MailboxID) error {
	looked := 0
	for id := range store.MessagesByMailbox.PrefixReverse(tx, store.Key(box)) {
		m, err := store.Messages.Get(tx, id)
		if err != nil {
			return err
		}
		if env.tells(&m) {
			env.servers[box] = append(env.servers[box], m.Auth.Server)
		}
		if looked++; looked == lastSeen {
			return nil
		}
	}
	return nil
}

// remember keeps what was learned about servers.
func (p *placing) remember() error {
	for id, server := range p.env.learned {
		box, err := store.Mailboxes.Get(p.tx, id)
		if err != nil {
			return err
		}
		box.AuthServer = server
		if err := store.Mailboxes.Put(p.tx, id, box); err != nil {
			return err
		}
	}
	return nil
}

// warnings are the tricks that a sender's name and addresses may be. Mail from our
// own domain has none: a shop's web form writes as its customers.
func (p *placing) warnings(l *letter) (w store.Warnings, err error) {
	r, h := &l.record, p.env.house
	domain := mail.Address(r.From).Domain()
	if r.Kind != store.Incoming || r.Agent != 0 || domain == "" || h.domains[mail.Organization(domain)] {
		return 0, nil
	}
	friend, since, err := p.knownSince(l.in.Mailbox, senderOf(r))
	if err != nil {
		return 0, err
	}
	known := friend && r.ReceivedAt.Sub(since) >= oldFriend
	mark := func(bit store.Warnings, is bool) {
		if is {
			w |= bit
		}
	}
	mark(store.NameShowsAddress, showsOther(r.From.Name, domain))
	mark(store.NameIsOurs, !known && h.names[plainName(r.From.Name)])
	mark(store.MixedScripts, mail.MixesScripts(domain))
	mark(store.RepliesElsewhere, !known && !r.Automatic && p.repliesElsewhere(r, domain))
	for own := range h.domains {
		mark(store.PosesAsUs, mail.Poses(domain, own))
	}
	if w&store.PosesAsUs == 0 {
		var poses bool
		poses, err = p.posesAsKnown(l, domain, friend, since)
		mark(store.PosesAsKnown, poses)
	}
	return w, err
}

// knownSince says whether an address has a card in a mailbox, and of when.
func (p *placing) knownSince(box store.MailboxID, addr string) (known bool, since time.Time, err error) {
	id, ok := store.CustomersByAddress.First(p.tx, store.Key(box, addr))
	if !ok {
		return false, since, nil
	}
	card, err := store.Customers.Get(p.tx, id)
	return true, card.FirstSeen, err
}

// showsOther: the name is or holds an address of another organization than the
// one that sends.
func showsOther(name, domain string) bool {
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`<>()[]"',;:`, r) }) {
		shown := mail.Address{Addr: word}.Domain()
		if strings.Contains(shown, ".") && !strings.HasPrefix(word, "@") && mail.Organization(shown) != mail.Organization(domain) {
			return true
		}
	}
	return false
}

// repliesElsewhere: to an organization that neither sends this, nor is ours, nor
// wrote here before.
func (p *placing) repliesElsewhere(r *store.Message, domain string) bool {
	for _, a := range r.ReplyTo {
		to := mail.Address(a).Domain()
		if to == "" || mail.Organization(to) == mail.Organization(domain) || p.env.house.domains[mail.Organization(to)] {
			continue
		}
		if _, known := store.CustomersByAddress.First(p.tx, store.Key(r.Mailbox, strings.ToLower(a.Addr))); !known {
			return true
		}
	}
	return false
}

// posesAsKnown: somebody with the same name before the @, at a domain that can be
// taken for this one, was here first.
func (p *placing) posesAsKnown(l *letter, domain string, friend bool, since time.Time) (bool, error) {
	local, _, _ := strings.Cut(senderOf(&l.record), "@")
	looked := 0
	for id := range store.CustomersByAddress.Prefix(p.tx, store.KeyPrefix(l.in.Mailbox, local+"@")) {
		card, err := store.Customers.Get(p.tx, id)
		if err != nil {
			return false, err
		}
		before := card.FirstSeen.Before(l.record.ReceivedAt) && (!friend || card.FirstSeen.Before(since))
		if before && slices.ContainsFunc(card.Addresses, func(a string) bool {
			at, d, _ := strings.Cut(a, "@")
			return at == local && mail.LooksLike(domain, d)
		}) {
			return true, nil
		}
		if looked++; looked == namesakes {
			break
		}
	}
	return false, nil
}
