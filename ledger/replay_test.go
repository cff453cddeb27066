package ledger

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"postolka/store"
)

// mail fills a store as a snapshot of long ago would: two mailboxes, one conversation
// each, five messages (the second mailbox has a copy of message 2 under id 4), a draft
// and a customer.
func (d *desk) mail() {
	d.t.Helper()
	d.update(func(tx *store.Tx) error {
		one, err1 := store.Mailboxes.Insert(tx, store.Mailbox{Name: "info@"})
		two, err2 := store.Mailboxes.Insert(tx, store.Mailbox{Name: "orders@"})
		c1, err3 := store.Conversations.Insert(tx, store.Conversation{Mailbox: one, Subject: "Reklamace", Who: "Jan", Preview: "Dobrý den", Messages: 3})
		c2, err4 := store.Conversations.Insert(tx, store.Conversation{Mailbox: two, Subject: "Objednávka", Who: "Jan", Preview: "Prosím", Messages: 2})
		err := errors.Join(err1, err2, err3, err4)
		for _, m := range []struct {
			id   store.MessageID
			c    store.ConversationID
			box  store.MailboxID
			hash byte
		}{{1, c1, one, 1}, {2, c1, one, 2}, {3, c1, one, 3}, {4, c2, two, 2}, {5, c2, two, 5}} {
			err = errors.Join(err, store.Messages.Put(tx, m.id, store.Message{Conversation: m.c, Mailbox: m.box, ReceivedAt: noon,
				Strict: hash(m.hash), Loose: hash(m.hash + 100), Subject: "Reklamace", Preview: "Dobrý den",
				From: store.Address{Name: "Jan", Addr: "jan@customer.example"}}))
		}
		_, err5 := store.Drafts.Insert(tx, store.Draft{Text: "Milý Jane"})
		_, err6 := store.Customers.Insert(tx, store.Customer{Mailbox: one, Name: "Jan", NameSet: true, Notes: "volal"})
		return errors.Join(err, err5, err6)
	})
}

func (d *desk) replay(b Body) (gone []store.MessageID) {
	d.t.Helper()
	d.update(func(tx *store.Tx) (err error) {
		gone, err = d.Replay(tx, b)
		return err
	})
	return gone
}

func TestReplay(t *testing.T) {
	live, old := openDesk(t), openDesk(t)
	old.mail()
	names := old.names()
	for _, b := range []Body{
		{Verb: VerbTombstone, Tombstones: []Tombstone{NewTombstone(2, hash(2), hash(102)), NewTombstone(77, hash(77), [32]byte{})}},
		{Verb: VerbReplaceMessage, Tombstones: []Tombstone{NewTombstone(3, hash(3), hash(103))}},
		{Verb: VerbEraseRow, Table: names.drafts, ID: 1},
		{Verb: VerbEraseRow, Table: names.drafts, ID: 99},
		{Verb: VerbBlankField, Table: names.customers, ID: 1, Field: names.notes},
		{Verb: VerbBlankField, Table: names.customers, ID: 99, Field: names.notes},
		{Verb: VerbHeartbeat},
	} {
		live.append(b)
	}
	list, head, err := VerifyObjects(live.key(), each(live.objects()))
	live.must(err)
	var gone []store.MessageID
	for _, b := range list {
		gone = append(gone, old.replay(b)...)
	}
	if want := []store.MessageID{2, 4, 3}; !slices.Equal(gone, want) {
		t.Errorf("content to remove: got %v, want %v", gone, want)
	}
	old.wantReplayed(names)
	if h, err := old.Verify(); err != nil || h != head {
		t.Errorf("the restored ledger: got %+v %v, want %+v", h, err, head)
	}
	for _, b := range list { // a restore that was interrupted starts over
		if gone := old.replay(b); len(gone) > 0 {
			t.Errorf("entry %d again: got %v, want nothing left to do", b.N, gone)
		}
	}
	old.wantReplayed(names)
	if ids := old.unpublished(); len(ids) > 0 {
		t.Errorf("entries from the target count as unpublished: %v", ids)
	}
}

func (d *desk) unpublished() (ids []store.LedgerID) {
	d.must(d.store.View(func(tx *store.Tx) error { ids = d.Unpublished(tx); return nil }))
	return ids
}

// fields as the store's walker names them.
type fieldNames struct{ drafts, customers, notes string }

func (d *desk) names() (n fieldNames) {
	d.t.Helper()
	d.must(d.store.Walk(func(f store.Field) error {
		switch *f.Text {
		case "Milý Jane":
			n.drafts = f.Table
		case "volal":
			n.customers, n.notes = f.Table, f.Name
		}
		return nil
	}))
	if n.drafts == "" || n.notes == "" {
		d.t.Fatalf("the walker doesn't name a draft and a customer's notes: %+v", n)
	}
	return n
}

func (d *desk) wantReplayed(names fieldNames) {
	d.t.Helper()
	d.must(d.store.View(func(tx *store.Tx) error {
		for id, rec := range store.Messages.All(tx) {
			erased := id == 2 || id == 3 || id == 4
			if erased != !rec.Erased.IsZero() {
				d.t.Errorf("message %d: erased %v, want %v", id, !erased, erased)
			}
			if erased && (rec.Subject != "" || rec.From.Addr != "" || rec.Preview != "" || rec.Conversation == 0) {
				d.t.Errorf("message %d keeps more than its place: %+v", id, rec)
			}
		}
		for id, c := range store.Conversations.All(tx) {
			if c.Subject+c.Who+c.Preview != "" || c.Messages == 0 {
				d.t.Errorf("conversation %d: got %+v, want derived texts empty and counts kept", id, c)
			}
		}
		if store.Drafts.Has(tx, 1) {
			d.t.Error("the erased draft came back")
		}
		c, err := store.Customers.Get(tx, 1)
		if c.Notes != "" || c.Name != "Jan" {
			d.t.Errorf("got %+v, want only the notes blank", c)
		}
		for b, want := range map[byte]bool{1: false, 2: true, 3: true, 5: false, 77: true} {
			if got := Tombstoned(tx, hash(b), [32]byte{}); got != want {
				d.t.Errorf("tombstone of %d by strict: got %v, want %v", b, got, want)
			}
		}
		for b, want := range map[byte]bool{101: false, 102: true, 103: true, 177: false} {
			if got := Tombstoned(tx, hash(200), hash(b)); got != want {
				d.t.Errorf("tombstone of %d by loose: got %v, want %v", b, got, want)
			}
		}
		return err
	}))
	_ = names
}

func TestReplayLeavesAnotherMessageUnderTheSameID(t *testing.T) {
	live, old := openDesk(t), openDesk(t)
	old.mail()
	live.append(Body{Verb: VerbTombstone, Tombstones: []Tombstone{NewTombstone(5, hash(50), hash(150))}})
	list, _, err := VerifyObjects(live.key(), each(live.objects()))
	live.must(err)
	if gone := old.replay(list[0]); len(gone) > 0 {
		t.Errorf("got %v, want nothing", gone)
	}
}

func TestReplayFindsByLooseWhenBytesDiffer(t *testing.T) {
	live, old := openDesk(t), openDesk(t)
	old.mail()
	live.append(Body{Verb: VerbTombstone, Tombstones: []Tombstone{NewTombstone(5, hash(50), hash(105))}})
	list, _, err := VerifyObjects(live.key(), each(live.objects()))
	live.must(err)
	if gone := old.replay(list[0]); !slices.Equal(gone, []store.MessageID{5}) {
		t.Errorf("got %v, want 5", gone)
	}
}

func TestReplayKeepsARedactedMessage(t *testing.T) {
	live, old := openDesk(t), openDesk(t)
	old.mail()
	old.update(func(tx *store.Tx) error {
		rec, err := store.Messages.Get(tx, 5)
		rec.Strict, rec.Version = hash(60), 1
		return errors.Join(err, store.Messages.Put(tx, 5, rec))
	})
	live.append(Body{Verb: VerbReplaceMessage, Tombstones: []Tombstone{NewTombstone(5, hash(5), hash(105))}})
	list, _, err := VerifyObjects(live.key(), each(live.objects()))
	live.must(err)
	if gone := old.replay(list[0]); len(gone) > 0 {
		t.Errorf("got %v, want the redacted form kept", gone)
	}
}

func TestReplayRefuses(t *testing.T) {
	live, old := openDesk(t), openDesk(t)
	for _, b := range sample() {
		live.append(b)
	}
	list, _, err := VerifyObjects(live.key(), each(live.objects()))
	live.must(err)
	old.replay(list[0])
	other := list[0]
	other.Job = 99
	bad := list[1]
	bad.Verb = "?"
	for name, c := range map[string]struct {
		b    Body
		want error
	}{"a gap": {list[2], ErrGap}, "another history": {other, ErrForked}, "no entry": {bad, ErrBody}} {
		err := old.store.Update(func(tx *store.Tx) error { _, err := old.Replay(tx, c.b); return err })
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if h, err := old.Head(); err != nil || h.N != 1 {
		t.Errorf("got %+v %v, want one entry", h, err)
	}
}

func TestAppendPutsTombstonesAtOnce(t *testing.T) {
	d := openDesk(t)
	d.append(sample()[0])
	d.must(d.store.View(func(tx *store.Tx) error {
		if !Tombstoned(tx, hash(1), [32]byte{}) || !Tombstoned(tx, hash(9), hash(101)) || Tombstoned(tx, hash(9), [32]byte{}) {
			t.Error("tombstones are not in force with the entry")
		}
		got, err := store.Tombstones.Get(tx, 1)
		want := store.Tombstone{Strict: hash(1), Loose: hash(101), Message: 1, At: got.At, Ledger: 1}
		if !reflect.DeepEqual(got, want) || !got.At.Equal(noon) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		return err
	}))
}

func BenchmarkVerifyObjects(b *testing.B) {
	d := openDesk(b)
	const n = 2000
	d.update(func(tx *store.Tx) error {
		for range n {
			if _, err := d.Append(tx, sample()[0]); err != nil {
				return err
			}
		}
		return nil
	})
	list := d.objects()
	for b.Loop() {
		if _, _, err := VerifyObjects(d.key(), each(list)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}

// Of a list the ledger names a place. In an older record the datum may stand in
// another, so the whole list goes; in one that was copied after the job, nothing.
func TestReplayOfAListItem(t *testing.T) {
	for _, done := range []bool{false, true} {
		live, old := openDesk(t), openDesk(t)
		old.mail()
		old.update(func(tx *store.Tx) error {
			state := store.JobRunning
			if done {
				state = store.JobDone
			}
			if _, err := store.Jobs.Insert(tx, store.Job{State: state}); err != nil {
				return err
			}
			c, err := store.Conversations.Get(tx, 1)
			if err != nil {
				return err
			}
			c.Tags = []string{"vip", "Novák", "záruka"}
			return store.Conversations.Put(tx, 1, c)
		})
		body := Body{Verb: VerbBlankField, Job: 1, Table: "conversations", ID: 1, Field: "tags[0]"}
		live.append(body)
		list, _, err := VerifyObjects(live.key(), each(live.objects()))
		live.must(err)
		old.replay(list[0])
		want := 0
		if done {
			want = 3
		}
		old.must(old.store.View(func(tx *store.Tx) error {
			c, err := store.Conversations.Get(tx, 1)
			if len(c.Tags) != want {
				t.Errorf("job done %t: got tags %q, want %d", done, c.Tags, want)
			}
			return err
		}))
	}
}

// A card that goes leaves no conversation that points to it.
func TestReplayOfACard(t *testing.T) {
	live, old := openDesk(t), openDesk(t)
	old.mail()
	old.update(func(tx *store.Tx) error {
		c, err := store.Conversations.Get(tx, 1)
		c.Customer = 1
		return errors.Join(err, store.Conversations.Put(tx, 1, c))
	})
	live.append(Body{Verb: VerbEraseRow, Job: 1, Table: "customers", ID: 1})
	list, _, err := VerifyObjects(live.key(), each(live.objects()))
	live.must(err)
	old.replay(list[0])
	old.must(old.store.View(func(tx *store.Tx) error {
		c, err := store.Conversations.Get(tx, 1)
		if c.Customer != 0 || store.Customers.Has(tx, 1) {
			t.Errorf("got customer %d in the conversation, card still there: %t", c.Customer, store.Customers.Has(tx, 1))
		}
		return err
	}))
}
