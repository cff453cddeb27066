package imapsync

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"

	"github.com/emersion/go-imap/v2"

	"postolka/mail"
	"postolka/store"
)

// Target names a message to expunge: where it was seen, and its strict identity
// to find it in any other folder.
type Target struct {
	Message   store.MessageID
	Strict    [32]byte
	Header    string // Message-ID header, to search by; may be empty
	SizeBytes int64  // with lines ending in CRLF, as the server counts them
	Sources   []store.Source
}

// Expunged counts; Left names messages that are still on the server, or may be,
// with the reason (stable words).
type Expunged struct {
	Folders int // looked through
	Removed int // copies of messages
	Left    map[store.MessageID]string
}

// Why a message is Left.
const (
	LeftFolderClosed = "a folder can't be opened"
	LeftUnread       = "the server does not give a message that may be it"
	LeftRefused      = "the server does not remove it"
	LeftConnection   = "the connection to the server failed"
	LeftThere        = "it was found" // a last look was for, see follow
)

// Expunge removes messages from every folder of the mailbox (Trash, Sent and
// Archive too), with UIDPLUS where offered, and verifies that they are gone. A
// message is removed only when its bytes, fetched anew, have the target's
// identity, or, in the folders that are never synced (Trash, Junk, Drafts), when
// thrown says so of them; thrown may be nil. It may be repeated: what is gone stays
// gone. An error means that the server could not be asked; Left then names every
// target, and 0 stands for what thrown chose. It runs beside a sync, whose folders
// it leaves alone: tombstones keep the messages from coming again.
func (y *Sync) Expunge(ctx context.Context, m store.MailboxID, targets []Target, thrown func(raw []byte) bool) (Expunged, error) {
	var total Expunged
	var err error
	lifted := map[string]imap.UIDSet{}
	for range 3 { // a connection may break at any place
		var once Expunged
		once, err = y.expunge(ctx, m, targets, thrown, lifted)
		total.Removed += once.Removed
		total.Folders, total.Left = once.Folders, once.Left
		if err == nil || ctx.Err() != nil || refused(err) {
			break
		}
	}
	if err != nil {
		total.Left = map[store.MessageID]string{}
		for _, t := range targets {
			total.Left[t.Message] = LeftConnection
		}
	}
	return total, err
}

func (y *Sync) expunge(ctx context.Context, m store.MailboxID, targets []Target, thrown func(raw []byte) bool, lifted map[string]imap.UIDSet) (Expunged, error) {
	e := eraser{y: y, mailbox: m, targets: targets, thrown: thrown, lifted: lifted, key: y.store.Keys().Identity(),
		byStrict: map[[32]byte]store.MessageID{}, done: Expunged{Left: map[store.MessageID]string{}}}
	for _, t := range targets {
		e.byStrict[t.Strict] = t.Message
	}
	s, _, err := y.connect(ctx, m)
	if err != nil {
		return e.done, err
	}
	defer s.close()
	e.s = s
	places, err := s.places()
	if err != nil {
		return e.done, fmt.Errorf("list folders: %w", err)
	}
	// Trash last: a server that only moves a message there gives it up there.
	sort.SliceStable(places, func(i, j int) bool { return places[i].role != roleTrash && places[j].role == roleTrash })
	for _, p := range places {
		if p.role == roleTrash {
			e.trash = p.name
		}
	}
	for _, p := range places {
		if err := e.folder(ctx, p); err != nil {
			return e.done, fmt.Errorf("expunge: %w", err)
		}
	}
	return e.done, nil
}

// eraser removes targets over one connection.
type eraser struct {
	y        *Sync
	s        *session
	mailbox  store.MailboxID
	targets  []Target
	byStrict map[[32]byte]store.MessageID
	thrown   func(raw []byte) bool // also goes, from folders that are not synced; may be nil
	sampled  bool                  // messages were compared with their sizes
	inexact  bool                  // the server's sizes are not those of what it sends
	key      []byte
	trash    string
	// lifted are messages of others, by folder, whose \Deleted mark waits to be set again.
	lifted map[string]imap.UIDSet
	done   Expunged
}

// look gives UIDs of the open folder that may be a target.
type look func(t Target) ([]imap.UID, error)

// folder removes the targets from one folder and looks whether they are gone. They
// are looked for by place and size; by Message-ID only at servers that count sizes
// otherwise than they send, since such a search leaves every Message-ID that it
// compared in the server's cache (Dovecot: dovecot.index.cache).
func (e *eraser) folder(ctx context.Context, p place) error {
	sel, err := e.s.examine(p.name)
	if err != nil {
		return e.closed(err)
	}
	e.done.Folders++
	if sel.NumMessages == 0 {
		return nil
	}
	if err := e.restore(p.name); err != nil {
		return err
	}
	left, err := e.remove(ctx, p, sel.UIDValidity, e.bySize)
	if err == nil && e.inexact {
		left, err = e.remove(ctx, p, sel.UIDValidity, e.byHeader)
	}
	if errors.Is(err, errClosed) {
		return e.closed(err)
	}
	if err != nil {
		return err
	}
	for _, message := range left {
		e.done.Left[message] = LeftRefused
	}
	return nil
}

// samples are fetched from a server to see how it counts sizes.
const samples = 5

// errClosed: the folder was open a moment ago.
var errClosed = errors.New("folder can't be opened again")

// remove takes out what one way of looking finds, and gives what is still there.
func (e *eraser) remove(ctx context.Context, p place, validity uint32, how look) (map[imap.UID]store.MessageID, error) {
	found, err := e.find(ctx, p, validity, how)
	for _, remove := range []func(string, []imap.UID) error{e.expungeUIDs, e.moveToTrash} {
		if err != nil || len(found) == 0 {
			return nil, err
		}
		if err := remove(p.name, slices.Sorted(maps.Keys(found))); err != nil && !e.s.alive() {
			return nil, err
		}
		sel, err := e.s.examine(p.name)
		if err != nil {
			return nil, errors.Join(err, errClosed)
		}
		before := len(found)
		if found, err = e.find(ctx, p, sel.UIDValidity, how); err != nil {
			return nil, err
		}
		e.done.Removed += max(0, before-len(found))
	}
	return found, nil
}

// closed: a folder that can't be opened may hold any of them.
func (e *eraser) closed(err error) error {
	if !e.s.alive() {
		return err
	}
	for _, t := range e.targets {
		e.done.Left[t.Message] = LeftFolderClosed
	}
	return nil
}

// find gives what must go of the open folder: candidates by where they were seen
// and by how; then their bytes decide.
func (e *eraser) find(ctx context.Context, p place, validity uint32, how look) (map[imap.UID]store.MessageID, error) {
	candidates := e.seenHere(p, validity)
	for _, t := range e.targets {
		uids, err := how(t)
		if err != nil {
			return nil, err
		}
		for _, uid := range uids {
			candidates[uid] = t
		}
	}
	thrown := e.thrown != nil && !p.synced() && !p.virtual
	if thrown || !e.sampled {
		uids, err := e.s.search(&imap.SearchCriteria{})
		if err != nil {
			return nil, err
		}
		if !thrown {
			uids = uids[:min(samples, len(uids))]
		}
		for _, uid := range uids {
			if _, known := candidates[uid]; !known {
				candidates[uid] = Target{}
			}
		}
	}
	e.sampled = e.sampled || len(candidates) > 0
	found := map[imap.UID]store.MessageID{}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(candidates)), 100) {
		if err := e.identify(ctx, chunk, candidates, thrown, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// bySize asks for messages of exactly the target's size.
func (e *eraser) bySize(t Target) ([]imap.UID, error) {
	return e.s.search(&imap.SearchCriteria{Larger: t.SizeBytes - 1, Smaller: t.SizeBytes + 1})
}

// byHeader asks by Message-ID: a server may count a size otherwise than it sends.
// Where there is none, or the server does not take it, about the size must do.
func (e *eraser) byHeader(t Target) ([]imap.UID, error) {
	if t.Header != "" {
		uids, err := e.s.search(withHeader(t.Header))
		if err == nil || !e.s.alive() {
			return uids, err
		}
	}
	return e.s.search(&imap.SearchCriteria{Larger: t.SizeBytes*2/3 - 64, Smaller: t.SizeBytes*3/2 + 64})
}

func (e *eraser) seenHere(p place, validity uint32) (seen map[imap.UID]Target) {
	e.y.store.View(func(tx *store.Tx) error {
		seen = map[imap.UID]Target{}
		id, ok := store.FolderByName.First(tx, store.Key(e.mailbox, p.name))
		for _, t := range e.targets {
			for _, source := range t.Sources {
				if ok && source.Folder == id && source.UIDValidity == validity {
					seen[imap.UID(source.UID)] = t
				}
			}
		}
		return nil
	})
	return seen
}

// identify fetches candidates, some at a time, and adds those that must go to
// found. One that the server does not give, and that has the size of its target,
// may be it.
func (e *eraser) identify(ctx context.Context, uids []imap.UID, of map[imap.UID]Target, thrown bool, found map[imap.UID]store.MessageID) error {
	there, err := e.s.glances(uids)
	if err != nil {
		return err
	}
	for _, batch := range batches(there) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		came, err := e.bring(batch, there)
		if err != nil {
			return err
		}
		for _, uid := range batch {
			raw, ok := came[uid]
			if t := of[uid]; !ok && t.Message != 0 && there[uid].size == t.SizeBytes {
				e.done.Left[t.Message] = LeftUnread
			}
			if !ok {
				continue
			}
			e.inexact = e.inexact || int64(len(raw)) != there[uid].size
			if message, is := e.byStrict[mail.Strict(e.key, raw)]; is {
				found[uid] = message
			} else if thrown && e.thrown(raw) {
				found[uid] = 0
			}
		}
	}
	return nil
}

// expungeBytes is about what is fetched at a time.
const expungeBytes = 4 << 20

// batches of UIDs; what is too large never came to us.
func batches(there map[imap.UID]glance) (all [][]imap.UID) {
	room := int64(0)
	for _, uid := range slices.Sorted(maps.Keys(there)) {
		size := there[uid].size
		if size > MaxMessage {
			continue
		}
		if room -= size; room < 0 || len(all) == 0 {
			all, room = append(all, nil), expungeBytes-size
		}
		last := len(all) - 1
		all[last] = append(all[last], uid)
	}
	return all
}

// bring fetches a batch, and one by one what did not come with it. An error means
// that the connection is gone.
func (e *eraser) bring(batch []imap.UID, there map[imap.UID]glance) (map[imap.UID][]byte, error) {
	came, size := map[imap.UID][]byte{}, int64(0)
	for _, uid := range batch {
		size += there[uid].size
	}
	take := func(letters []letter, err error) error {
		if err != nil && !e.s.alive() {
			return err
		}
		for _, l := range letters {
			if l.raw != nil {
				came[l.uid] = l.raw
			}
		}
		return nil
	}
	letters, err := e.s.fetch(e.s.named(batch, there), size)
	if err := take(strays(batch, letters), err); err != nil {
		return nil, err
	}
	for _, uid := range batch {
		if _, ok := came[uid]; ok {
			continue
		}
		if err := take(e.s.single(uid, there[uid])); err != nil {
			return nil, err
		}
	}
	return came, nil
}

// expungeUIDs marks and removes exactly these (UIDPLUS, RFC 4315). Without it
// EXPUNGE takes all that are marked: the marks of others are lifted meanwhile.
func (e *eraser) expungeUIDs(name string, uids []imap.UID) error {
	if err := e.s.open(name); err != nil {
		return err
	}
	return e.s.run(commandLimit, func() error {
		c := e.s.client
		set := imap.UIDSetNum(uids...)
		if err := mark(e.s, set, imap.StoreFlagsAdd); err != nil {
			return err
		}
		if caps := e.s.caps(); caps.Has(imap.CapUIDPlus) || caps.Has(imap.CapIMAP4rev2) {
			return c.UIDExpunge(set).Close()
		}
		others, err := e.othersDeleted(set)
		if err != nil {
			return err
		}
		if len(others) > 0 {
			e.lifted[name] = others
			if err := mark(e.s, others, imap.StoreFlagsDel); err != nil {
				return err
			}
		}
		return errors.Join(c.Expunge().Close(), e.markAgain(name))
	})
}

// restore marks again what a broken connection left without its mark.
func (e *eraser) restore(name string) error {
	if len(e.lifted[name]) == 0 {
		return nil
	}
	if err := e.s.open(name); err != nil {
		return err
	}
	if err := e.s.run(commandLimit, func() error { return e.markAgain(name) }); err != nil {
		return err
	}
	_, err := e.s.examine(name)
	return err
}

func (e *eraser) markAgain(name string) error {
	if len(e.lifted[name]) == 0 {
		return nil
	}
	if err := mark(e.s, e.lifted[name], imap.StoreFlagsAdd); err != nil {
		return err
	}
	delete(e.lifted, name)
	return nil
}

func (e *eraser) othersDeleted(ours imap.UIDSet) (others imap.UIDSet, err error) {
	data, err := e.s.client.UIDSearch(&imap.SearchCriteria{Flag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
	if err != nil {
		return nil, err
	}
	set, _ := data.All.(imap.UIDSet)
	uids, ok := set.Nums()
	if !ok {
		return nil, errBounds
	}
	for _, uid := range uids {
		if !ours.Contains(uid) {
			others.AddNum(uid)
		}
	}
	return others, nil
}

func mark(s *session, set imap.UIDSet, op imap.StoreFlagsOp) error {
	return s.client.Store(set, &imap.StoreFlags{Op: op, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close()
}

// moveToTrash serves servers on which expunging takes away a label only (Gmail);
// Trash is gone through last.
func (e *eraser) moveToTrash(name string, uids []imap.UID) error {
	if e.trash == "" || e.trash == name || !e.s.caps().Has(imap.CapMove) {
		return nil
	}
	if err := e.s.open(name); err != nil {
		return err
	}
	return e.s.run(commandLimit, func() error {
		_, err := e.s.client.Move(imap.UIDSetNum(uids...), e.trash).Wait()
		return err
	})
}
