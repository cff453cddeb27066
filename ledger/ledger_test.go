package ledger

import (
	"bytes"
	"crypto/rand"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postolka/store"
	"postolka/tree"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// desk is a store with its ledger and a clock.
type desk struct {
	*Ledger
	t     testing.TB
	store *store.Store
	clock time.Time
}

func openDesk(t testing.TB) *desk {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "data"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &desk{t: t, store: s, clock: noon}
	if d.Ledger, err = open(s, func() time.Time { return d.clock }); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) update(fn func(tx *store.Tx) error) {
	d.t.Helper()
	d.must(d.store.Update(fn))
}

func (d *desk) append(b Body) {
	d.t.Helper()
	d.update(func(tx *store.Tx) error { _, err := d.Append(tx, b); return err })
	d.clock = d.clock.Add(time.Hour)
}

func (d *desk) objects() (list []Object) {
	d.t.Helper()
	d.must(d.store.View(func(tx *store.Tx) error {
		list = nil
		for id := range store.Ledger.All(tx) {
			o, err := d.Object(tx, id)
			if err != nil {
				return err
			}
			list = append(list, o)
		}
		return nil
	}))
	return list
}

func (d *desk) key() string { return d.store.Keys().VerifierKey() }

func each(list []Object) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for _, o := range list {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func hash(b byte) (h [32]byte) { h[0], h[31] = b, b; return h }

// sample is one body of each verb.
func sample() []Body {
	return []Body{
		{Verb: VerbTombstone, Job: 4, Tombstones: []Tombstone{NewTombstone(1, hash(1), hash(101)), NewTombstone(2, hash(2), [32]byte{})}},
		{Verb: VerbEraseRow, Job: 4, Table: "drafts", ID: 7},
		{Verb: VerbBlankField, Job: 4, Table: "customers", ID: 9, Field: "addresses[1]"},
		{Verb: VerbReplaceMessage, Job: 4, Tombstones: []Tombstone{NewTombstone(3, hash(3), hash(103))}},
		{Verb: VerbPackReplaced, Job: 4, Packs: []PackReplaced{{Old: "packs/a1.age", New: "packs/b2.age", Messages: []store.MessageID{1, 2}}, {Old: "packs/c3.age"}}},
		{Verb: VerbHeartbeat},
	}
}

func TestAppendAndReadBack(t *testing.T) {
	d := openDesk(t)
	if head, err := d.Head(); err != nil || head.N != 0 {
		t.Fatalf("empty: got %+v %v", head, err)
	}
	for i, b := range sample() {
		d.append(b)
		d.must(d.store.View(func(tx *store.Tx) error {
			got, err := d.Entry(tx, store.LedgerID(i+1))
			b.N, b.At = int64(i+1), noon.Add(time.Duration(i)*time.Hour)
			if string(got.bytes()) != string(b.bytes()) {
				t.Errorf("got %s, want %s", got.bytes(), b.bytes())
			}
			return err
		}))
	}
	head, err := d.Verify()
	if err != nil || head.N != 6 || !head.At.Equal(noon.Add(5*time.Hour)) {
		t.Errorf("got %+v %v, want 6 entries", head, err)
	}
	again, err := open(d.store, time.Now)
	d.must(err)
	if h, err := again.Head(); err != nil || h != head {
		t.Errorf("reopened: got %+v %v, want %+v", h, err, head)
	}
	signed, err := d.SignedHead()
	d.must(err)
	if h, err := OpenHead(d.key(), signed); err != nil || h != head {
		t.Errorf("signed: got %+v %v, want %+v", h, err, head)
	}
}

func TestAppendSeveralInOneTransactionThatFails(t *testing.T) {
	d := openDesk(t)
	d.append(sample()[0])
	before, err := d.Head()
	d.must(err)
	stop := errors.New("a hold was found")
	err = d.store.Update(func(tx *store.Tx) error {
		for _, b := range sample() {
			if _, err := d.Append(tx, b); err != nil {
				return err
			}
		}
		return stop
	})
	if after, herr := d.Head(); !errors.Is(err, stop) || herr != nil || after != before {
		t.Errorf("got %+v %v, want nothing appended", after, err)
	}
	d.update(func(tx *store.Tx) error {
		for _, b := range sample() {
			if _, err := d.Append(tx, b); err != nil {
				return err
			}
		}
		return nil
	})
	if head, err := d.Verify(); err != nil || head.N != 7 {
		t.Errorf("got %+v %v, want 7", head, err)
	}
}

func TestClockSetBack(t *testing.T) {
	d := openDesk(t)
	d.append(sample()[0])
	d.clock = noon.Add(-48 * time.Hour)
	d.append(sample()[1])
	if head, err := d.Head(); err != nil || !head.At.Equal(noon) {
		t.Errorf("got %v %v, want it never to go back", head.At, err)
	}
}

func TestAppendRefuses(t *testing.T) {
	d := openDesk(t)
	cases := map[string]Body{
		"no verb":                       {},
		"an unknown verb":               {Verb: "forget jan@shop.example"},
		"a tombstone without hashes":    {Verb: VerbTombstone, Tombstones: []Tombstone{{Message: 1}}},
		"a tombstone without a message": {Verb: VerbTombstone, Tombstones: []Tombstone{NewTombstone(0, hash(1), hash(2))}},
		"hashes in capitals":            {Verb: VerbTombstone, Tombstones: []Tombstone{{Strict: strings.Repeat("AB", 32), Message: 1}}},
		"no tombstones":                 {Verb: VerbTombstone},
		"a row without a table":         {Verb: VerbEraseRow, ID: 1},
		"a row without an id":           {Verb: VerbEraseRow, Table: "drafts"},
		"an address for a table":        {Verb: VerbEraseRow, Table: "jan@shop.example", ID: 1},
		"a name for a field":            {Verb: VerbBlankField, Table: "customers", ID: 1, Field: "Jan Novák"},
		"no field":                      {Verb: VerbBlankField, Table: "customers", ID: 1},
		"a heartbeat that says more":    {Verb: VerbHeartbeat, Table: "customers", ID: 1},
		"a pack with a space":           {Verb: VerbPackReplaced, Packs: []PackReplaced{{Old: "packs/a b"}}},
		"a line break in a pack":        {Verb: VerbPackReplaced, Packs: []PackReplaced{{Old: "packs/a\nb"}}},
	}
	for name, b := range cases {
		err := d.store.Update(func(tx *store.Tx) error { _, err := d.Append(tx, b); return err })
		if !errors.Is(err, ErrBody) {
			t.Errorf("%s: got %v, want ErrBody", name, err)
		} else if strings.Contains(err.Error(), "@") || strings.Contains(err.Error(), "Nov") {
			t.Errorf("%s: the error quotes it: %v", name, err)
		}
	}
	if head, err := d.Head(); err != nil || head.N != 0 {
		t.Errorf("got %d entries %v, want none", head.N, err)
	}
}

func TestHeartbeatOnceADay(t *testing.T) {
	d := openDesk(t)
	steps := []struct {
		name  string
		later time.Duration
		want  store.LedgerID
	}{
		{"the first", 0, 1},
		{"the same day", 11 * time.Hour, 0},
		{"the next day", time.Hour, 2},
	}
	for _, s := range steps {
		d.clock = d.clock.Add(s.later)
		if id, err := d.Heartbeat(); err != nil || id != s.want {
			t.Errorf("%s: got %d %v, want %d", s.name, id, err, s.want)
		}
	}
	d.clock = d.clock.Add(30 * time.Hour)
	d.append(sample()[0])
	if id, err := d.Heartbeat(); err != nil || id != 0 {
		t.Errorf("after another entry of that day: got %d %v, want none", id, err)
	}
}

func TestPublish(t *testing.T) {
	d := openDesk(t)
	for _, b := range sample() {
		d.append(b)
	}
	unpublished := func() (ids []store.LedgerID) {
		d.must(d.store.View(func(tx *store.Tx) error { ids = d.Unpublished(tx); return nil }))
		return ids
	}
	if got := unpublished(); !slices.Equal(got, []store.LedgerID{1, 2, 3, 4, 5, 6}) {
		t.Errorf("got %v, want all", got)
	}
	d.update(func(tx *store.Tx) error { return errors.Join(d.MarkPublished(tx, 1), d.MarkPublished(tx, 3)) })
	d.update(func(tx *store.Tx) error { return errors.Join(d.MarkPublished(tx, 3), d.MarkUnpublished(tx, 1)) })
	if got := unpublished(); !slices.Equal(got, []store.LedgerID{1, 2, 4, 5, 6}) {
		t.Errorf("got %v, want all but 3", got)
	}
	if err := d.store.Update(func(tx *store.Tx) error { return d.MarkPublished(tx, 99) }); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	first, second := d.objects(), d.objects()
	for i := range first {
		if !bytes.Equal(first[i].Signed, second[i].Signed) {
			t.Errorf("object %d made twice differs", i+1)
		}
	}
}

func TestVerifyObjects(t *testing.T) {
	d, foreign := openDesk(t), openDesk(t)
	for _, b := range sample() {
		d.append(b)
		foreign.append(b)
	}
	list, head := d.objects(), Head{}
	head, err := d.Head()
	d.must(err)
	early := Tree(bodies(t, list[:3]))
	resigned := resign(t, d, list[3])
	cases := []struct {
		name    string
		objects []Object
		known   []Head
		want    error
	}{
		{name: "whole", objects: list},
		{name: "whole_with_its_head", objects: list, known: []Head{head}},
		{name: "whole_with_an_earlier_head", objects: list, known: []Head{early, {}}},
		{name: "empty_where_none_is_known", objects: nil},
		{name: "empty_where_one_is_known", objects: nil, known: []Head{early}, want: ErrOlder},
		{name: "first_missing", objects: list[1:], want: ErrGap},
		{name: "middle_missing", objects: slices.Delete(slices.Clone(list), 2, 3), want: ErrGap},
		{name: "end_missing", objects: list[:4], known: []Head{head}, want: ErrOlder},
		{name: "two_exchanged", objects: []Object{list[1], list[0]}, want: ErrGap},
		{name: "two_exchanged_with_their_names", objects: []Object{{list[0].Name, list[1].Signed}, {list[1].Name, list[0].Signed}}, want: ErrGap},
		{name: "one_twice", objects: []Object{list[0], list[0]}, want: ErrGap},
		{name: "renamed", objects: []Object{{"ledger/1", list[0].Signed}}, want: ErrGap},
		{name: "of_another_instance", objects: foreign.objects(), want: ErrForeign},
		{name: "one_of_another_instance", objects: slices.Concat(list[:2], foreign.objects()[2:]), want: ErrForeign},
		{name: "rewritten_by_the_signing_key", objects: slices.Concat(list[:3], []Object{resigned}), want: ErrForked},
		{name: "head_of_another_history", objects: list, known: []Head{{N: 3, Root: head.Root}}, want: ErrForked},
		{name: "signature_cut", objects: []Object{{list[0].Name, list[0].Signed[:len(list[0].Signed)-9]}}, want: ErrForeign},
		{name: "empty_object", objects: []Object{{Name: list[0].Name}}, want: ErrForeign},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, end, err := VerifyObjects(d.key(), each(c.objects), c.known...)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err == nil && (len(got) != len(c.objects) || end.N != int64(len(got)) || end.Root != Tree(got).Root) {
				t.Errorf("got %d entries and head %+v", len(got), end)
			}
			if err != nil && got != nil {
				t.Error("entries of a refused ledger were returned")
			}
		})
	}
	broken := errors.New("target is away")
	_, _, err = VerifyObjects(d.key(), func(yield func(Object, error) bool) { yield(Object{}, broken) })
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want the target's error", err)
	}
	if _, _, err := VerifyObjects("not a key", each(list)); !errors.Is(err, ErrForeign) {
		t.Errorf("got %v, want ErrForeign", err)
	}
}

func bodies(t testing.TB, list []Object) (out []Body) {
	t.Helper()
	for _, o := range list {
		line := strings.Split(string(o.Signed), "\n")[4]
		b, err := parseBody([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

// resign makes an object whose entry says something else than the tree in its head,
// with the instance's own key.
func resign(t testing.TB, d *desk, o Object) Object {
	b := bodies(t, []Object{o})[0]
	head := Head{Origin: Origin, N: b.N, Root: tree.Hash{1}, At: b.At}
	signed, err := head.Sign(d.signer, string(b.bytes()))
	d.must(err)
	return Object{o.Name, signed}
}

// Any changed byte of any object is refused.
func TestPropertyChangedObjectIsRefused(t *testing.T) {
	d := openDesk(t)
	for _, b := range sample() {
		d.append(b)
	}
	list := d.objects()
	rapid.Check(t, func(t *rapid.T) {
		bad := slices.Clone(list)
		i := rapid.IntRange(0, len(bad)-1).Draw(t, "object")
		bad[i].Signed = bytes.Clone(bad[i].Signed)
		at := rapid.IntRange(0, len(bad[i].Signed)-1).Draw(t, "at")
		bad[i].Signed[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		if _, _, err := VerifyObjects(d.key(), each(bad)); err == nil {
			t.Fatal("got accepted, want refused")
		}
	})
}

func TestParseBodyOnlyCanonical(t *testing.T) {
	b := sample()[0]
	b.N, b.At = 1, noon
	text := string(b.bytes())
	if _, err := parseBody([]byte(text)); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"a space":           strings.Replace(text, ":", ": ", 1),
		"an unknown member": strings.Replace(text, "{", `{"x":1,`, 1),
		"another order":     strings.Replace(text, `"n":1,"at":"2026-11-23T12:00:00Z"`, `"at":"2026-11-23T12:00:00Z","n":1`, 1),
		"another time zone": strings.Replace(text, "12:00:00Z", "13:00:00+01:00", 1),
		"a number too low":  strings.Replace(text, `"n":1`, `"n":0`, 1),
		"nothing":           "",
		"more after it":     text + "{}",
	} {
		if _, err := parseBody([]byte(bad)); err == nil {
			t.Errorf("%s: got accepted, want refused", name)
		}
	}
}

func TestOpenFindsDamage(t *testing.T) {
	cases := map[string]func(tx *store.Tx) error{
		"last_entry_dropped": func(tx *store.Tx) error { return store.Ledger.Delete(tx, 6) },
		"last_root_changed": func(tx *store.Tx) error {
			rec, err := store.Ledger.Get(tx, 6)
			rec.Hash[0] ^= 1
			return errors.Join(err, store.Ledger.Put(tx, 6, rec))
		},
		"edge_dropped": func(tx *store.Tx) error {
			id, _, err := setting(tx)
			return errors.Join(err, store.Settings.Delete(tx, id))
		},
		"entry_added": func(tx *store.Tx) error {
			rec, err := store.Ledger.Get(tx, 6)
			return errors.Join(err, store.Ledger.Put(tx, 7, rec))
		},
	}
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t)
			for _, b := range sample() {
				d.append(b)
			}
			d.update(damage)
			if _, err := Open(d.store); !errors.Is(err, store.ErrDamaged) {
				t.Errorf("got %v, want ErrDamaged", err)
			}
		})
	}
	inner := map[string]func(rec *store.LedgerEntry){
		"inner_entry_changed": func(rec *store.LedgerEntry) {
			rec.Body = bytes.Replace(rec.Body, []byte(`"id":7`), []byte(`"id":8`), 1)
		},
		"inner_root_changed": func(rec *store.LedgerEntry) { rec.Hash[3] ^= 1 },
	}
	for name, damage := range inner {
		t.Run(name, func(t *testing.T) {
			d := openDesk(t)
			for _, b := range sample() {
				d.append(b)
			}
			d.update(func(tx *store.Tx) error {
				rec, err := store.Ledger.Get(tx, 2)
				damage(&rec)
				return errors.Join(err, store.Ledger.Put(tx, 2, rec))
			})
			if _, err := d.Verify(); !errors.Is(err, store.ErrDamaged) {
				t.Errorf("got %v, want ErrDamaged", err)
			}
		})
	}
}

func TestHeadOfAnotherKeyOrLogIsRefused(t *testing.T) {
	d := openDesk(t)
	skey, _, err := note.GenerateKey(rand.Reader, "postolka")
	d.must(err)
	signer, err := note.NewSigner(skey)
	d.must(err)
	forged, err := Head{Origin: Origin, N: 1, At: noon}.Sign(signer)
	d.must(err)
	other, err := Head{Origin: "postolka access log", N: 1, At: noon}.Sign(d.signer)
	d.must(err)
	for _, signed := range [][]byte{forged, other, nil} {
		if _, err := OpenHead(d.key(), signed); !errors.Is(err, ErrForeign) {
			t.Errorf("got %v, want ErrForeign", err)
		}
	}
}
