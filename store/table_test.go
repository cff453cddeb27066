package store

import (
	"bytes"
	"errors"
	"maps"
	"math/rand"
	"reflect"
	"slices"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

func newStore(t testing.TB) *Store {
	t.Helper()
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// random fills every field by reflection: times in UTC, as records keep them.
func random(v reflect.Value, r *rand.Rand) {
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		if r.Intn(3) > 0 {
			*at = time.Unix(r.Int63n(4e9), r.Int63n(1e9)).UTC()
		}
		return
	case *[]byte:
		if *at = make([]byte, r.Intn(20)); len(*at) == 0 {
			*at = nil
		}
		r.Read(*at)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			random(v.Field(i), r)
		}
	case reflect.Slice:
		if n := r.Intn(4); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			random(v.Index(i), r)
		}
	case reflect.String:
		v.SetString([]string{"", "a", "žluťoučký", "a\x00b", string(make([]byte, 300))}[r.Intn(5)])
	case reflect.Bool:
		v.SetBool(r.Intn(2) == 0)
	case reflect.Float64:
		v.SetFloat(r.Float64())
	default:
		if v.CanUint() {
			v.SetUint(r.Uint64() >> (64 - v.Type().Bits()) >> r.Intn(v.Type().Bits()))
		} else {
			v.SetInt(r.Int63() >> (64 - v.Type().Bits()))
		}
	}
}

func roundTrip[K id, T any, P record[T]](t *testing.T, s *Store, table *Table[K, T, P]) {
	r := rand.New(rand.NewSource(7))
	for range 50 {
		var v T
		random(reflect.ValueOf(&v).Elem(), r)
		var id K
		err := s.records.update(func(tx *bolt.Tx) (err error) { id, err = table.Insert(&Tx{s, tx}, v); return err })
		if err != nil {
			t.Fatalf("%s: %v", table.name, err)
		}
		_ = s.View(func(tx *Tx) error {
			if got, err := table.Get(tx, id); err != nil || !reflect.DeepEqual(got, v) {
				t.Fatalf("%s:\n got %+v\nwant %+v\n%v", table.name, got, v, err)
			}
			return nil
		})
	}
}

func TestRecordsRoundTrip(t *testing.T) {
	testOnlyNoSync = true
	defer func() { testOnlyNoSync = false }()
	s := newStore(t)
	roundTrip(t, s, &Mailboxes)
	roundTrip(t, s, &Folders)
	roundTrip(t, s, &Messages)
	roundTrip(t, s, &Sources)
	roundTrip(t, s, &Conversations)
	roundTrip(t, s, &Customers)
	roundTrip(t, s, &Drafts)
	roundTrip(t, s, &Outbox)
	roundTrip(t, s, &Agents)
	roundTrip(t, s, &Sessions)
	roundTrip(t, s, &Jobs)
	roundTrip(t, s, &Receipts)
	roundTrip(t, s, &Exports)
	roundTrip(t, s, &Tombstones)
	roundTrip(t, s, &Ledger)
	roundTrip(t, s, &Snapshots)
	roundTrip(t, s, &Packs)
	roundTrip(t, s, &Settings)
	_ = s.View(func(tx *Tx) error {
		for _, table := range tables {
			table.check(tx, func(f string, args ...any) { t.Errorf(f, args...) })
		}
		return nil
	})
}

// TestTableAgainstMap: any sequence of puts, inserts, deletes and failed
// transactions leaves what a plain map holds, in table and indexes.
func TestTableAgainstMap(t *testing.T) {
	testOnlyNoSync = true
	defer func() { testOnlyNoSync = false }()
	rapid.Check(t, func(rt *rapid.T) {
		s := newStore(t)
		defer s.Close()
		oracle, given := map[CustomerID]Customer{}, map[CustomerID]bool{}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			step(rt, s, oracle, given)
		}
		compareWithMap(rt, s, oracle)
	})
}

func drawCustomer(rt *rapid.T) Customer {
	addr := rapid.SampledFrom([]string{"a@x", "a@xy", "b@x", "", "a\x00"})
	return Customer{Mailbox: MailboxID(rapid.IntRange(1, 2).Draw(rt, "mailbox")), Addresses: rapid.SliceOfN(addr, 1, 3).Draw(rt, "addresses"),
		Name: rapid.String().Draw(rt, "name"), NameSet: true}
}

func step(rt *rapid.T, s *Store, oracle map[CustomerID]Customer, given map[CustomerID]bool) {
	next, abort := maps.Clone(oracle), rapid.IntRange(0, 4).Draw(rt, "abort") == 0
	k := CustomerID(rapid.IntRange(1, 12).Draw(rt, "id"))
	c, what := drawCustomer(rt), rapid.IntRange(0, 2).Draw(rt, "what")
	errAbort := errors.New("abort")
	err := s.records.update(func(btx *bolt.Tx) (err error) {
		tx := &Tx{s, btx}
		switch _, has := oracle[k]; {
		case what == 0:
			k, err = Customers.Insert(tx, c)
			next[k] = c
		case what == 1 && given[k]:
			err = Customers.Put(tx, k, c)
			next[k] = c
		default:
			if err = Customers.Delete(tx, k); errors.Is(err, ErrNotFound) != !has {
				rt.Fatalf("delete %d: got %v, there: %v", k, err, has)
			}
			err = nil
			delete(next, k)
		}
		if err == nil && abort {
			err = errAbort
		}
		return err
	})
	if abort {
		if !errors.Is(err, errAbort) {
			rt.Fatal(err)
		}
		return
	}
	if err != nil {
		rt.Fatal(err)
	}
	if what == 0 {
		if given[k] {
			rt.Fatalf("id %d given twice", k)
		}
		given[k] = true
	}
	clear(oracle)
	maps.Copy(oracle, next)
}

func compareWithMap(rt *rapid.T, s *Store, oracle map[CustomerID]Customer) {
	_ = s.View(func(tx *Tx) error {
		if got := maps.Collect(Customers.All(tx)); !reflect.DeepEqual(got, oracle) || Customers.Len(tx) != len(oracle) {
			rt.Fatalf("got %v (%d)\nwant %v", got, Customers.Len(tx), oracle)
		}
		for _, addr := range []string{"a@x", "a@xy", "b@x", "", "a\x00"} {
			var want []CustomerID
			for k, c := range oracle {
				if c.Mailbox == 1 && slices.Contains(c.Addresses, addr) {
					want = append(want, k)
				}
			}
			slices.Sort(want)
			p := Key(MailboxID(1), addr)
			got := slices.Collect(CustomersByAddress.Prefix(tx, p))
			back := slices.Collect(CustomersByAddress.PrefixReverse(tx, p))
			slices.Reverse(back)
			if !slices.Equal(got, want) || !slices.Equal(back, want) || CustomersByAddress.Count(tx, p) != len(want) {
				rt.Fatalf("index %q: got %v and %v, want %v", addr, got, back, want)
			}
		}
		Customers.check(tx, rt.Fatalf)
		return nil
	})
}

func TestKeysSortAsTheirParts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text, num := rapid.String(), rapid.Int64Range(-9e18, 9e18)
		a, b := text.Draw(rt, "a"), text.Draw(rt, "b")
		x, y := time.Unix(0, num.Draw(rt, "x")), time.Unix(0, num.Draw(rt, "y"))
		want := 0
		if len(a) <= longestString && len(b) <= longestString {
			want = bytes.Compare([]byte(a), []byte(b))
			if got := bytes.Compare(Key(a, uint64(5)), Key(b, uint64(5))); got != want {
				rt.Fatalf("%q, %q: got %d, want %d", a, b, got, want)
			}
		}
		if got := bytes.Compare(Key(x), Key(y)); got != x.Compare(y) {
			rt.Fatalf("%v, %v: got %d", x, y, got)
		}
	})
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, pair := range [][2]time.Time{{{}, year(2)}, {year(1200), year(1970)}, {year(2026), year(9999)}} {
		if bytes.Compare(Key(pair[0]), Key(pair[1])) >= 0 {
			t.Errorf("%v does not sort before %v", pair[0], pair[1])
		}
	}
}

func TestPaging(t *testing.T) {
	s := newStore(t)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var all []MessageID
	if err := s.Update(func(tx *Tx) error {
		all = nil
		for n := range 30 {
			id := MessageID(n + 1)
			all = append(all, id)
			m := Message{Mailbox: 1, Conversation: 4, ReceivedAt: at.Add(time.Duration(n/3) * time.Hour)}
			if err := Messages.Put(tx, id, m); err != nil {
				return err
			}
		}
		return Messages.Put(tx, 99, Message{Mailbox: 1, Conversation: 5})
	}); err != nil {
		t.Fatal(err)
	}
	_ = s.View(func(tx *Tx) error {
		p := Key(ConversationID(4))
		forward, back := []MessageID(nil), []MessageID(nil)
		for key := p; ; {
			n := 0
			for id := range MessagesByConversation.After(tx, p, key) {
				forward, n = append(forward, id), n+1
				m, _ := Messages.Get(tx, id)
				if key = Entry(id, m.Conversation, m.ReceivedAt); n == 7 {
					break
				}
			}
			if n < 7 {
				break
			}
		}
		for key := successor(p); ; {
			n := 0
			for id := range MessagesByConversation.Before(tx, p, key) {
				back, n = append(back, id), n+1
				m, _ := Messages.Get(tx, id)
				if key = Entry(id, m.Conversation, m.ReceivedAt); n == 7 {
					break
				}
			}
			if n < 7 {
				break
			}
		}
		slices.Reverse(back)
		if !slices.Equal(forward, all) || !slices.Equal(back, all) {
			t.Errorf("got %v and %v, want %v", forward, back, all)
		}
		hour := Key(ConversationID(4), at.Add(time.Hour))
		if got, _ := first(MessagesByConversation.After(tx, p, hour)); got != 7 {
			t.Errorf("after all of an hour: got %d, want 7", got)
		}
		if got, _ := first(MessagesByConversation.Before(tx, p, hour)); got != 3 {
			t.Errorf("before an hour: got %d, want 3", got)
		}
		return nil
	})
}

func first(seq func(func(MessageID) bool)) (id MessageID, ok bool) {
	seq(func(k MessageID) bool { id, ok = k, true; return false })
	return id, ok
}
