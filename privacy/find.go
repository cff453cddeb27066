package privacy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"postolka/account"
	"postolka/audit"
	"postolka/mail"
	"postolka/match"
	"postolka/store"
)

// Purposes of a find: stable words of the access log.
var Purposes = []string{"access", "erasure", "portability", "rectification", "incident", "check"}

// FindOptions of a find.
type FindOptions struct {
	IndexOnly bool // first hits only; says so in the answer
	Purpose   string
	Progress  func(done, total int)
}

// Finding is the answer, with the truth about it.
type Finding struct {
	At       time.Time // when it began: what came later is not in it
	Complete Completeness
	Hits     []Hit
	Records  []RecordHit
	Took     time.Duration
}

// Completeness says what was read and what could not be.
type Completeness struct {
	Scanned, Of int // messages that were here when it began
	Later       int // messages that came while it ran: only a new find reads them
	Unreadable  []Unreadable
	IndexAgrees bool
	IndexOnly   bool
	// Disagree are messages the scan found and the index did not: a bug, logged and counted.
	Disagree []store.MessageID
}

// Unreadable is a part for a human to look at.
type Unreadable struct {
	Message         store.MessageID
	MessageIDHeader string
	Conversation    store.ConversationID
	Part, Reason    string
	Look            Look // by a person, of a saved find
}

// Hit is one place in a message.
type Hit struct {
	Message                store.MessageID
	MessageIDHeader        string
	Mailbox                store.MailboxID
	Conversation           store.ConversationID
	Identifier             int    // index into the selectors
	Part                   string // path in the MIME tree; "" for the header
	Kind                   string // mail.Kind's word
	Name                   string // of the header field or file
	Form                   match.Form
	Role                   string // Author, Recipient or Mentioned
	Before, Matched, After string // excerpt of the original text
	New                    bool   // a find again brought it
}

// The person's part in a message.
const (
	Author    = "author"
	Recipient = "recipient"
	Mentioned = "mentioned"
)

// Find lists every place that holds one of the selectors, over all mailboxes,
// and says how complete the list is. desk.ErrNotAllowed without FindPersons. The
// access log has an entry before anything is read, and one with the messages
// whose excerpts are returned.
func (p *Privacy) Find(ctx context.Context, by account.Agent, sel []match.Identifier, opt FindOptions) (Finding, error) {
	if err := allowed(by, account.FindPersons); err != nil {
		return Finding{}, err
	}
	if err := p.record(ctx, by, audit.Find, sel, opt.Purpose, nil); err != nil {
		return Finding{}, err
	}
	f, err := p.find(ctx, sel, opt)
	if err != nil {
		return Finding{}, err
	}
	return f, p.record(ctx, by, audit.Find, sel, opt.Purpose, messagesOf(f.Hits))
}

// record masks the person in the purpose: the log is never rewritten, and people
// write "request of Mr Novák".
func (p *Privacy) record(ctx context.Context, by account.Agent, action audit.Action, sel []match.Identifier, purpose string, messages []store.MessageID) error {
	masker, err := newMasker(sel)
	if err != nil {
		return err
	}
	e := p.Log.By(by, action)
	e.Purpose, e.Messages = masker.mask(purpose), messages
	return p.Log.Record(ctx, e)
}

func messagesOf(hits []Hit) []store.MessageID {
	ids := make([]store.MessageID, 0, len(hits))
	for _, h := range hits {
		ids = append(ids, h.Message)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// find is Find without its access check and log entry.
func (p *Privacy) find(ctx context.Context, sel []match.Identifier, opt FindOptions) (Finding, error) {
	started := p.Now()
	matcher, err := match.NewMatcher(sel)
	if err != nil {
		return Finding{}, err
	}
	mark, of, err := p.highMark()
	if err != nil {
		return Finding{}, err
	}
	candidates, err := p.candidates(ctx, sel)
	if err != nil {
		return Finding{}, fmt.Errorf("ask the index: %w", err)
	}
	var f Finding
	if opt.IndexOnly {
		f, err = p.findInIndex(ctx, matcher, candidates)
	} else {
		f, err = p.findInAll(ctx, matcher, candidates, mark, of, opt.Progress)
	}
	f.Complete.Of = of
	f.At, f.Took = started.UTC(), p.Now().Sub(started)
	return f, err
}

// highMark is the last message of now, and how many a scan up to it reads.
func (p *Privacy) highMark() (mark store.MessageID, of int, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		mark, _ = store.Messages.Last(tx)
		of = store.Messages.Len(tx) - store.MessagesErased.Count(tx, nil)
		return nil
	})
	return mark, of, err
}

func (p *Privacy) findInAll(ctx context.Context, matcher *match.Matcher, candidates []idSet, mark store.MessageID, of int, progress func(done, total int)) (f Finding, err error) {
	var raw []place
	var group errgroup.Group // the records are read while the texts are
	group.Go(func() (err error) {
		raw, f.Complete.Scanned, err = p.scan(ctx, matcher, mark, of, progress)
		return err
	})
	group.Go(func() (err error) {
		f.Records, err = p.walk(ctx, matcher)
		return err
	})
	if err := group.Wait(); err != nil {
		return f, err
	}
	if f.Complete.Unreadable, err = p.unreadable(mark); err != nil {
		return f, err
	}
	if f.Complete.Later, err = p.later(mark); err != nil {
		return f, err
	}
	if f.Hits, err = p.describe(matcher, raw); err != nil {
		return f, err
	}
	f.Complete.Disagree = disagreement(f.Hits, candidates)
	f.Complete.IndexAgrees = len(f.Complete.Disagree) == 0
	if !f.Complete.IndexAgrees {
		p.Logger.Error("index and scan disagree", "messages", len(f.Complete.Disagree), "first", uint64(f.Complete.Disagree[0]))
	}
	return f, nil
}

// findInIndex looks only into the messages that the index names: nothing counts
// as scanned, and index and scan can't be said to agree.
func (p *Privacy) findInIndex(ctx context.Context, matcher *match.Matcher, candidates []idSet) (Finding, error) {
	f := Finding{Complete: Completeness{IndexOnly: true}}
	var all []store.MessageID
	for _, set := range candidates {
		all = slices.AppendSeq(all, maps.Keys(set))
	}
	slices.Sort(all)
	all = slices.Compact(all)
	places := make([][]place, len(all))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, id := range all {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			text, err := p.Store.Text(id)
			if errors.Is(err, store.ErrNotFound) {
				return nil // erased since the index was asked
			}
			if err != nil {
				return err
			}
			places[i] = placesIn(matcher, id, text)
			return nil
		})
	}
	err := group.Wait()
	if err == nil {
		f.Hits, err = p.describe(matcher, slices.Concat(places...))
	}
	return f, err
}

// later counts the messages that came after a mark.
func (p *Privacy) later(mark store.MessageID) (n int, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		n = 0
		for range store.Messages.From(tx, mark+1) {
			n++
		}
		return nil
	})
	return n, err
}

// unreadable lists what could not be read in the messages up to mark.
func (p *Privacy) unreadable(mark store.MessageID) (all []Unreadable, err error) {
	err = p.Store.View(func(tx *store.Tx) error {
		all = nil
		for id := range store.MessagesUnreadable.Prefix(tx, nil) {
			if id > mark {
				continue
			}
			m, err := store.Messages.Get(tx, id)
			if err != nil {
				return err
			}
			for _, u := range m.Unreadable {
				all = append(all, Unreadable{Message: id, MessageIDHeader: m.MessageIDHeader, Conversation: m.Conversation, Part: u.Part, Reason: u.Reason})
			}
		}
		slices.SortStableFunc(all, func(a, b Unreadable) int { return cmp.Compare(a.Message, b.Message) })
		return nil
	})
	return all, err
}

// place is a hit before its message's record was looked at.
type place struct {
	message                store.MessageID
	hit                    match.Hit
	kind                   mail.Kind
	part, name             string
	before, matched, after string
}

// scan reads every stored text up to mark.
func (p *Privacy) scan(ctx context.Context, matcher *match.Matcher, mark store.MessageID, total int, progress func(done, total int)) ([]place, int, error) {
	workers := runtime.GOMAXPROCS(0)
	type lane struct {
		places  []place
		scanned int
		scratch match.Scratch
		_       [64]byte // lanes are written by different cores
	}
	lanes := make([]lane, workers)
	err := p.Store.ScanText(ctx, mark, workers, func(w int, id store.MessageID, text []byte) error {
		l := &lanes[w]
		l.scanned++
		if progress != nil && w == 0 && l.scanned%256 == 0 {
			progress(min(l.scanned*workers, total), total)
		}
		if anyPart(matcher, text, &l.scratch) {
			l.places = append(l.places, placesIn(matcher, id, text)...)
		}
		return nil
	})
	var places []place
	scanned := 0
	for i := range lanes {
		places = append(places, lanes[i].places...)
		scanned += lanes[i].scanned
	}
	return places, scanned, err
}

// anyPart asks part by part: the byte before a text in its stored form is a
// length, and one that reads as a letter or digit would hide what begins there.
func anyPart(matcher *match.Matcher, text []byte, scratch *match.Scratch) (found bool) {
	err := mail.EachPart(text, func(_ mail.Kind, _, _ string, part []byte) bool {
		found = matcher.Any(part, scratch)
		return !found
	})
	return found || err != nil
}

// placesIn finds in each part of a stored text. A damaged text is searched as it
// stands, so that damage hides nothing that can still be seen.
func placesIn(matcher *match.Matcher, id store.MessageID, text []byte) []place {
	var places []place
	add := func(kind mail.Kind, part, name string, text []byte) {
		for _, h := range matcher.Find(text) {
			before, matched, after := excerpt(text, h.From, h.To)
			places = append(places, place{id, h, kind, part, name, before, matched, after})
		}
	}
	err := mail.EachPart(text, func(kind mail.Kind, part, name string, text []byte) bool {
		add(kind, cloned(part), cloned(name), text)
		return true
	})
	if err != nil {
		add(mail.Raw, "", "", text)
	}
	return places
}

// cloned keeps a string that points into a buffer of the scan.
func cloned(s string) string { return string([]byte(s)) }

// describe adds what the record knows: mailbox, conversation, the person's part.
func (p *Privacy) describe(matcher *match.Matcher, places []place) ([]Hit, error) {
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(a.message, b.message) })
	hits := make([]Hit, 0, len(places))
	err := p.Store.View(func(tx *store.Tx) error {
		hits = hits[:0]
		var (
			current store.MessageID
			m       store.Message
			roles   []string
		)
		for _, pl := range places {
			if pl.message != current {
				var err error
				if m, err = store.Messages.Get(tx, pl.message); errors.Is(err, store.ErrNotFound) {
					continue
				} else if err != nil {
					return err
				}
				current, roles = pl.message, nil
			}
			if roles == nil {
				roles = rolesIn(matcher, m)
			}
			hits = append(hits, Hit{
				Message: pl.message, MessageIDHeader: m.MessageIDHeader, Mailbox: m.Mailbox, Conversation: m.Conversation,
				Identifier: pl.hit.Identifier, Part: pl.part, Kind: pl.kind.String(), Name: pl.name, Form: pl.hit.Form,
				Role: role(roles, pl.hit.Identifier), Before: pl.before, Matched: pl.matched, After: pl.after,
			})
		}
		return nil
	})
	return hits, err
}

// rolesIn says per identifier whether it stands among the authors or the recipients.
func rolesIn(matcher *match.Matcher, m store.Message) []string {
	var roles []string
	mark := func(role string, people ...store.Address) {
		for _, a := range people {
			for _, h := range matcher.Find([]byte(a.Name + " <" + a.Addr + ">")) {
				for len(roles) <= h.Identifier {
					roles = append(roles, "")
				}
				if roles[h.Identifier] == "" {
					roles[h.Identifier] = role
				}
			}
		}
	}
	mark(Author, m.From)
	mark(Author, m.ReplyTo...)
	mark(Recipient, m.To...)
	mark(Recipient, m.Cc...)
	mark(Recipient, m.Bcc...)
	if roles == nil {
		roles = []string{}
	}
	return roles
}

func role(roles []string, identifier int) string {
	if identifier < len(roles) && roles[identifier] != "" {
		return roles[identifier]
	}
	return Mentioned
}

const excerptBytes = 90

// excerpt cuts the text around a hit at rune borders.
func excerpt(text []byte, from, to int) (before, matched, after string) {
	start, end := max(0, from-excerptBytes), min(len(text), to+excerptBytes)
	for start < from && !runeStart(text[start]) {
		start++
	}
	for end < len(text) && end > to && !runeStart(text[end]) {
		end--
	}
	return string(text[start:from]), string(text[from:to]), string(text[to:end])
}

func runeStart(b byte) bool { return b&0xC0 != 0x80 }

// idSet is a set of messages.
type idSet map[store.MessageID]struct{}

// disagreement lists messages in which the scan found an identifier and the index
// did not. The index is expected to find exact and normalised forms; inflected
// names are the scan's own work.
func disagreement(hits []Hit, candidates []idSet) []store.MessageID {
	var missing []store.MessageID
	for _, h := range hits {
		if h.Form != match.Exact && h.Form != match.Normalised {
			continue
		}
		if _, ok := candidates[h.Identifier][h.Message]; !ok {
			missing = append(missing, h.Message)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}
