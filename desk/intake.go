package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"postolka/mail"
	"postolka/store"
)

// Incoming is one message on its way in, from whichever origin.
type Incoming struct {
	Raw        []byte
	Mailbox    store.MailboxID
	Origin     store.Origin
	ReceivedAt time.Time     // zero: now; for Quiet ones their own Date
	Sent       bool          // from the Sent folder: ours
	Source     *store.Source // where it lies on the server; nil: nowhere
	Quiet      bool          // old mail (import, first sync): no auto-reply, no notification, status by age, see firstStatus
}

// Outcome of one Incoming.
type Outcome struct {
	Result       Result
	Message      store.MessageID // also of the one it duplicates
	Conversation store.ConversationID
	Reason       string // why quarantined
}

// Result of taking a message in.
type Result uint8

const (
	Added Result = iota
	Duplicate
	Quarantined
	ErasedBefore
)

// A batch is one commit of records; a longer one is divided.
const (
	batchMessages = 500
	batchBytes    = 16 << 20
)

// Intake takes a batch in: identity, tombstones, threading, customer, volume,
// record, index, live event. It returns an error only when nothing could be
// stored (full disk) or a mailbox doesn't exist; a bad message is an Outcome. The
// outcomes of what was stored before an error are returned with it.
//
// It may be called from many goroutines; the same message in two calls at once is
// stored once. After a crash at any point store.Open drops contents without
// records and CatchUp indexes records without index.
func (d *Desk) Intake(ctx context.Context, batch []Incoming) ([]Outcome, error) {
	done := make([]Outcome, 0, len(batch))
	for len(batch) > 0 {
		if err := ctx.Err(); err != nil {
			return done, err
		}
		n := batchEnd(batch)
		out, err := d.intake(context.WithoutCancel(ctx), batch[:n])
		if err != nil {
			return done, fmt.Errorf("take in %d messages: %w", n, err)
		}
		done, batch = append(done, out...), batch[n:]
	}
	return done, nil
}

// testOnlyStep lets a test die between the steps.
var testOnlyStep = func(step string) {}

func batchEnd(batch []Incoming) int {
	bytes := 0
	for i, in := range batch {
		if bytes += len(in.Raw); i > 0 && bytes > batchBytes || i == batchMessages {
			return i
		}
	}
	return len(batch)
}

func (d *Desk) intake(ctx context.Context, batch []Incoming) ([]Outcome, error) {
	env, err := d.surroundings(batch)
	if err != nil {
		return nil, err
	}
	letters := d.identify(batch, env)
	if err := d.readFresh(letters, env); err != nil {
		return nil, err
	}
	d.believe(ctx, letters, env)
	if err := d.addContents(ctx, letters); err != nil {
		return nil, err
	}
	testOnlyStep("volume")
	out := make([]Outcome, len(batch))
	p, err := d.record(letters, env, out)
	if err != nil {
		d.dropContents(ctx, letters)
		return nil, err
	}
	testOnlyStep("record")
	d.dropContents(ctx, letters)
	d.indexLetters(ctx, letters)
	testOnlyStep("index")
	d.announce(p, letters)
	return out, nil
}

func (d *Desk) surroundings(batch []Incoming) (*surroundings, error) {
	env := &surroundings{boxes: map[store.MailboxID]store.Mailbox{}, roles: map[store.FolderID]string{}, agents: map[string]store.AgentID{}, now: d.now(),
		servers: map[store.MailboxID][]string{}, learned: map[store.MailboxID]string{}, asks: d.lookup != nil}
	err := d.store.View(func(tx *store.Tx) error {
		for _, in := range batch {
			if _, ok := env.boxes[in.Mailbox]; !ok {
				box, err := store.Mailboxes.Get(tx, in.Mailbox)
				if err != nil {
					return fmt.Errorf("mailbox %d: %w", in.Mailbox, err)
				}
				env.boxes[in.Mailbox] = box
				if err := env.lately(tx, in.Mailbox); err != nil {
					return err
				}
			}
			if in.Source != nil && in.Source.Folder != 0 {
				f, err := store.Folders.Get(tx, in.Source.Folder)
				if err != nil {
					return fmt.Errorf("folder %d: %w", in.Source.Folder, err)
				}
				env.roles[in.Source.Folder] = f.Role
			}
		}
		for id, a := range store.Agents.All(tx) {
			env.agents[strings.ToLower(a.Email)] = id
		}
		delete(env.agents, "")
		env.house = newHouse(tx)
		return nil
	})
	return env, err
}

// identify computes identities and marks what nobody has yet.
func (d *Desk) identify(batch []Incoming, env *surroundings) []*letter {
	letters := make([]*letter, len(batch))
	key := d.store.Keys().Identity()
	parallel(len(batch), func(i int) {
		l := &letter{in: batch[i], at: i, strict: mail.Strict(key, batch[i].Raw)}
		if l.in.Source != nil {
			l.role = env.roles[l.in.Source.Folder]
		}
		letters[i] = l
	})
	return letters
}

// readFresh reads the messages that are not here yet: what comes a second time
// costs no parsing.
func (d *Desk) readFresh(letters []*letter, env *surroundings) error {
	err := d.store.View(func(tx *store.Tx) error {
		for _, l := range letters {
			_, here := store.MessagesByStrict.First(tx, strictKey(l))
			l.fresh = !here
		}
		return nil
	})
	if err != nil {
		return err
	}
	var fresh []*letter
	first := map[string]bool{}
	for _, l := range letters {
		k := string(strictKey(l))
		l.fresh = l.fresh && !first[k]
		if first[k] = true; l.fresh {
			fresh = append(fresh, l)
		}
	}
	key := d.store.Keys().Identity()
	parallel(len(fresh), func(i int) { fresh[i].read(key, env) })
	return nil
}

func strictKey(l *letter) []byte { return store.Key(l.in.Mailbox, [32]byte(l.strict)) }

// addContents puts raw bytes and texts into volumes, before their records exist.
func (d *Desk) addContents(ctx context.Context, letters []*letter) error {
	var contents []store.Content
	var fresh []*letter
	err := d.store.View(func(tx *store.Tx) error {
		contents, fresh = nil, nil
		for _, l := range letters {
			if l.fresh && !d.tombstoned(tx, l) {
				fresh = append(fresh, l)
				contents = append(contents, store.Content{Raw: l.in.Raw, Text: l.coded})
			}
		}
		return nil
	})
	if err != nil || len(fresh) == 0 {
		return err
	}
	first, err := d.store.ReserveMessageIDs(len(fresh))
	if err != nil {
		return err
	}
	for i := range contents {
		contents[i].ID = first + store.MessageID(i)
	}
	volumes, err := d.store.Add(ctx, contents)
	if err != nil {
		return err
	}
	for i, l := range fresh {
		l.id, l.record.Volume = contents[i].ID, volumes[i]
	}
	return nil
}

func (d *Desk) tombstoned(tx *store.Tx, l *letter) bool {
	return d.ledger != nil && d.ledger.Tombstoned(tx, [32]byte(l.strict), l.record.Loose)
}

// record commits the records. Whether a message is here already, or was erased,
// is asked again inside the transaction: another call may have been quicker.
func (d *Desk) record(letters []*letter, env *surroundings, out []Outcome) (p *placing, err error) {
	if !needsRecords(letters) {
		return d.known(letters, env, out)
	}
	err = d.store.Update(func(tx *store.Tx) error {
		p = newPlacing(d, tx, env)
		for _, l := range letters {
			l.kept = false
			if out[l.at], err = p.take(l); err != nil {
				return fmt.Errorf("message %d of the batch: %w", l.at, err)
			}
		}
		if err := p.remember(); err != nil {
			return err
		}
		return p.finish()
	})
	return p, err
}

// needsRecords: a second import of the same files has nothing to write.
func needsRecords(letters []*letter) bool {
	for _, l := range letters {
		if l.id != 0 || l.in.Source != nil || l.in.Sent {
			return true
		}
	}
	return false
}

func (d *Desk) known(letters []*letter, env *surroundings, out []Outcome) (p *placing, err error) {
	err = d.store.View(func(tx *store.Tx) error {
		p = newPlacing(d, tx, env)
		for _, l := range letters {
			if out[l.at], err = p.take(l); err != nil {
				return err
			}
		}
		return nil
	})
	return p, err
}

// dropContents removes contents that got no record after all.
func (d *Desk) dropContents(ctx context.Context, letters []*letter) {
	var ids []store.MessageID
	for _, l := range letters {
		if l.id != 0 && !l.kept {
			ids = append(ids, l.id)
		}
	}
	if len(ids) > 0 {
		if err := d.store.Remove(ctx, ids); err != nil {
			d.logger.Warn("contents without records stay until the next start", "messages", len(ids), "error", err)
		}
	}
}

// announce tells the pages; old mail only that something changed in a mailbox.
func (d *Desk) announce(p *placing, letters []*letter) {
	boxes := map[store.MailboxID]bool{}
	for _, l := range letters {
		switch {
		case !l.kept:
		case l.in.Quiet:
			boxes[l.in.Mailbox] = true
		default:
			d.Publish(Event{Kind: "message", Mailbox: l.in.Mailbox, Conversation: p.where(l.id), Message: l.id})
		}
	}
	for m := range boxes {
		d.Publish(Event{Kind: "mailbox", Mailbox: m})
	}
}
