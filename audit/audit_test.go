package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"postolka/account"
	"postolka/store"
	"postolka/store/storetest"
	"postolka/tree"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

// clock can be set; safe for concurrent use.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func openLog(t testing.TB, s *store.Store, c *clock) *Log {
	t.Helper()
	l, err := open(s, c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

var anna = account.Agent{ID: 3, Session: 30, Address: "192.0.2.7"}

// fill records n entries a minute apart, in messages 1–5 and conversations 1–3.
func fill(t testing.TB, l *Log, c *clock, n int) {
	t.Helper()
	for i := range n {
		e := l.By(anna, Opened)
		e.Mailbox, e.Conversation = 1, store.ConversationID(i%3+1)
		e.Messages = []store.MessageID{store.MessageID(i%5 + 1), store.MessageID(i%2 + 1)}
		if err := l.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		c.add(time.Minute)
	}
}

func wantWhole(t testing.TB, l *Log, outside []byte) Report {
	t.Helper()
	r, err := l.Verify(t.Context(), outside)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Problems) > 0 {
		t.Fatalf("got problems %q, want none", r.Problems)
	}
	return r
}

func TestRecordAndAsk(t *testing.T) {
	c := &clock{t: start}
	s := storetest.New(t)
	l := openLog(t, s, c)
	wantWhole(t, l, nil)
	fill(t, l, c, 10)
	list := l.By(account.Agent{ID: 4, Address: "2001:db8::1"}, List)
	list.Messages = []store.MessageID{1, 2}
	sign := l.By(account.Agent{Address: "198.51.100.9"}, SignInFailed)
	if err := l.Record(t.Context(), list, sign); err != nil {
		t.Fatal(err)
	}
	if err := l.Record(t.Context()); err != nil {
		t.Fatal("recording nothing failed:", err)
	}
	ns := func(list []Entry, err error) (ns []int64) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			ns = append(ns, e.N)
		}
		return ns
	}
	cases := []struct {
		name string
		got  []int64
		want []int64
	}{
		{"by message, newest first", ns(l.ByMessage(2, 0)), []int64{10, 9, 7, 6, 5, 3, 1}},
		{"by message, the newest three", ns(l.ByMessage(2, 3)), []int64{10, 9, 7}},
		{"by a message nobody saw", ns(l.ByMessage(6, 0)), nil},
		{"by conversation", ns(l.ByConversation(3, 0)), []int64{8, 5, 2}},
		{"by agent", ns(l.ByAgent(3, 0, 4)), []int64{9, 8, 7, 6}},
		{"by agent, the next page", ns(l.ByAgent(3, 6, 4)), []int64{5, 4, 3, 2}},
		{"by nobody", ns(l.ByAgent(0, 0, 0)), []int64{11}},
		{"by day", ns(l.ByDay(start.Add(time.Hour), 2)), []int64{11, 10}},
		{"by the day before", ns(l.ByDay(start.AddDate(0, 0, -1), 2)), nil},
	}
	for _, c := range cases {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
	recipients, err := l.Recipients(1)
	want := []Recipient{{Agent: 4, First: start.Add(10 * time.Minute), Last: start.Add(10 * time.Minute), Times: 1},
		{Agent: 3, First: start, Last: start.Add(8 * time.Minute), Times: 6}}
	if err != nil || !reflect.DeepEqual(recipients, want) {
		t.Errorf("recipients: got %v %v, want %v", recipients, err, want)
	}
	if r := wantWhole(t, l, nil); r.Entries != 12 || r.Pruned != 0 {
		t.Errorf("got %+v, want 12 entries", r)
	}
}

func TestEntryComesBackAsWritten(t *testing.T) {
	c := &clock{t: start}
	l := openLog(t, storetest.New(t), c)
	e := Entry{Kind: account.Host, Agent: 1, Session: 2, Address: "a\x00b\xffc", Action: Export, Purpose: "request 3",
		Mailbox: 4, Conversation: 5, Messages: []store.MessageID{9, 7, 9}, Object: "part 2.1"}
	if err := l.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	want := e
	want.At, want.Address, want.Messages = start, "a\x00bc", []store.MessageID{7, 9}
	for got, err := range l.All() {
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v %v, want %+v", got, err, want)
		}
	}
}

func TestReopenGoesOn(t *testing.T) {
	c := &clock{t: start}
	s := storetest.New(t)
	var outside [][]byte
	for i := range 4 {
		l := openLog(t, s, c)
		fill(t, l, c, 7)
		cp, err := l.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		outside = append(outside, cp)
		for _, o := range outside {
			if r := wantWhole(t, l, o); r.Entries != int64(7*(i+1)) {
				t.Errorf("got %d entries, want %d", r.Entries, 7*(i+1))
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err := l.Record(t.Context(), Entry{}); !errors.Is(err, ErrClosed) {
			t.Errorf("record after close: got %v, want ErrClosed", err)
		}
	}
	l := openLog(t, s, c)
	if r, ok := l.LastReport(); !ok || r.Entries != 28 {
		t.Errorf("last report: got %+v %v, want that of 28 entries", r, ok)
	}
}

func TestTimeNeverGoesBack(t *testing.T) {
	c := &clock{t: start}
	s := storetest.New(t)
	l := openLog(t, s, c)
	fill(t, l, c, 3)
	c.add(-24 * time.Hour)
	fill(t, l, c, 2)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, s, c)
	fill(t, l, c, 2)
	last := time.Time{}
	for e, err := range l.All() {
		if err != nil || e.At.Before(last) {
			t.Errorf("entry %d at %v after %v: %v", e.N, e.At, last, err)
		}
		last = e.At
	}
	wantWhole(t, l, nil)
}

func TestRecordOnce(t *testing.T) {
	c := &clock{t: start}
	l := openLog(t, storetest.New(t), c)
	other := anna
	other.ID = 4
	count := func() int64 { return wantWhole(t, l, nil).Entries }
	steps := []struct {
		name   string
		by     account.Agent
		action Action
		key    string
		later  time.Duration
		want   int64
	}{
		{"the first look", anna, List, "open", 0, 1},
		{"a refresh after 30 s", anna, List, "open", 30 * time.Second, 1},
		{"another list", anna, List, "mine", 0, 2},
		{"another agent", other, List, "open", 0, 3},
		{"another action", anna, Search, "open", 0, 4},
		{"a refresh after a minute", anna, List, "open", 30 * time.Second, 5},
	}
	for _, step := range steps {
		c.add(step.later)
		if err := l.RecordOnce(t.Context(), step.key, l.By(step.by, step.action)); err != nil {
			t.Fatal(err)
		}
		if got := count(); got != step.want {
			t.Errorf("%s: got %d entries, want %d", step.name, got, step.want)
		}
	}
}

func TestRecordOnceTogetherWaitsForTheOne(t *testing.T) {
	c := &clock{t: start}
	l := openLog(t, storetest.New(t), c)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if err := l.RecordOnce(context.Background(), "open", l.By(anna, List)); err != nil {
				t.Error(err)
			}
			if list, err := l.ByAgent(anna.ID, 0, 0); err != nil || len(list) != 1 {
				t.Errorf("after return: got %d entries %v, want 1", len(list), err)
			}
		})
	}
	wg.Wait()
}

func TestRecordWithEndedContextFails(t *testing.T) {
	l := openLog(t, storetest.New(t), &clock{t: start})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 { // select is random
		if err := l.Record(ctx, l.By(anna, Opened)); err == nil {
			continue // it was durable before it looked at the context: allowed
		} else if !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want context.Canceled", err)
		}
	}
}

func TestRecordTogether(t *testing.T) {
	c := &clock{t: start}
	l := openLog(t, storetest.New(t), c)
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 20 {
				e := l.By(anna, Opened)
				e.Messages = []store.MessageID{store.MessageID(g*100 + i + 1)}
				if err := l.Record(context.Background(), e); err != nil {
					t.Error(err)
				}
				if list, err := l.ByMessage(e.Messages[0], 0); err != nil || len(list) != 1 {
					t.Errorf("entry is not there after Record: %d %v", len(list), err)
				}
			}
		})
	}
	wg.Wait()
	if r := wantWhole(t, l, nil); r.Entries != 320 {
		t.Errorf("got %d entries, want 320", r.Entries)
	}
}

func TestPrune(t *testing.T) {
	c := &clock{t: start}
	s := storetest.New(t)
	l := openLog(t, s, c)
	fill(t, l, c, 60)
	cp, err := l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name         string
		before       time.Time
		want, pruned int64
	}{
		{"nothing is that old", start, 0, 0},
		{"the first 25", start.Add(25 * time.Minute), 25, 25},
		{"again", start.Add(25 * time.Minute), 0, 25},
		{"the rest, not what pruning wrote", start.Add(60 * time.Minute), 35, 60},
	} {
		n, err := l.Prune(t.Context(), step.before)
		if err != nil || n != step.want {
			t.Errorf("%s: got %d %v, want %d", step.name, n, err, step.want)
		}
		if r := wantWhole(t, l, cp); r.Pruned != step.pruned {
			t.Errorf("%s: got %d pruned, want %d", step.name, r.Pruned, step.pruned)
		}
	}
	if list, err := l.ByMessage(1, 0); err != nil || len(list) != 0 {
		t.Errorf("pruned entries are still found: %d %v", len(list), err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, s, c)
	fill(t, l, c, 5)
	// Also the entries about pruning are pruned one day; the newest stays.
	c.add(time.Hour)
	if n, err := l.Prune(t.Context(), c.now()); err != nil || n != 7 {
		t.Errorf("all: got %d %v, want 7", n, err)
	}
	if r := wantWhole(t, l, cp); r.Entries != 68 || r.Pruned != 67 {
		t.Errorf("got %+v, want 68 entries, 67 pruned", r)
	}
}

// Whatever is recorded, reopened, pruned and checkpointed in whatever order, the log
// verifies against every checkpoint, and the queries agree with a plain list.
func TestPropertyAgainstList(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := &clock{t: start}
		s := storetest.New(t)
		l := openLog(t, s, c)
		var plain []Entry // what wasn't pruned
		var outside []byte
		n := int64(0)
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0:
				outside, _ = l.Checkpoint(context.Background())
			case 1:
				if err := l.Close(); err != nil {
					rt.Fatal(err)
				}
				l = openLog(t, s, c)
			case 2:
				before := start.Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "before")) * time.Minute)
				keep := slices.DeleteFunc(slices.Clone(plain), func(e Entry) bool { return e.At.Before(before) })
				if len(keep) < len(plain) {
					keep = append(keep, Entry{N: n, At: c.now(), Kind: account.System, Action: Pruned,
						Object: fmt.Sprintf("entries below %d", n-int64(len(keep)))})
					n++
				}
				plain = keep
				if _, err := l.Prune(context.Background(), before); err != nil {
					rt.Fatal(err)
				}
			default:
				e := l.By(account.Agent{ID: store.AgentID(rapid.IntRange(1, 3).Draw(rt, "agent"))}, Opened)
				e.Messages = []store.MessageID{store.MessageID(rapid.IntRange(1, 4).Draw(rt, "message"))}
				if err := l.Record(context.Background(), e); err != nil {
					rt.Fatal(err)
				}
				e.N = n
				n++
				plain = append(plain, e)
			}
			c.add(time.Duration(rapid.IntRange(0, 300).Draw(rt, "seconds")) * time.Second)
		}
		var all []Entry
		for e, err := range l.All() {
			if err != nil {
				rt.Fatal(err)
			}
			all = append(all, e)
		}
		if !(len(all) == 0 && len(plain) == 0) && !reflect.DeepEqual(all, plain) {
			rt.Fatalf("got %v, want %v", all, plain)
		}
		var want []Entry
		for _, e := range slices.Backward(plain) {
			if slices.Contains(e.Messages, 2) {
				want = append(want, e)
			}
		}
		if got, err := l.ByMessage(2, 0); err != nil || !reflect.DeepEqual(got, want) {
			rt.Fatalf("by message: got %v %v, want %v", got, err, want)
		}
		if r, err := l.Verify(context.Background(), outside); err != nil || len(r.Problems) > 0 || r.Entries != n {
			rt.Fatalf("got %+v %v, want %d entries, whole", r, err, n)
		}
		if err := errors.Join(l.Close(), s.Close()); err != nil {
			rt.Fatal(err)
		}
	})
}

func TestCheckpointForm(t *testing.T) {
	c := &clock{t: start}
	s := storetest.New(t)
	l := openLog(t, s, c)
	fill(t, l, c, 3)
	cp, err := l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head, err := tree.Open(cp, s.Keys().Verifier(), "postolka access log")
	if err != nil || head.N != 3 || !head.At.Equal(start.Add(3*time.Minute)) {
		t.Errorf("got %+v %v, want 3 entries", head, err)
	}
}

func TestPrunedAddressIsInNoByteAfterScrub(t *testing.T) {
	c := &clock{t: start}
	s := storetest.New(t)
	l := openLog(t, s, c)
	const address = "2001:db8:dead:beef::4711"
	for range 50 {
		if err := l.Record(t.Context(), l.By(account.Agent{ID: 3, Address: address}, Opened)); err != nil {
			t.Fatal(err)
		}
	}
	c.add(time.Hour)
	fill(t, l, c, 3)
	path := filepath.Join(s.Dir(), file)
	if n := occurrences(t, path, address); n == 0 {
		t.Fatal("the address isn't in the file before: the test can't fail")
	}
	if n, err := l.Prune(t.Context(), start.Add(time.Hour)); err != nil || n != 50 {
		t.Fatal(n, err)
	}
	if _, err := s.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := occurrences(t, path, address); n != 0 {
		t.Errorf("got the pruned address %d times in the file, want 0", n)
	}
	fill(t, l, c, 3)
	wantWhole(t, l, nil)
}

func occurrences(t *testing.T, path, what string) int {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(b, []byte(what))
}

func TestRecordFailsWhenItCannotWrite(t *testing.T) {
	c := &clock{t: start}
	s := storetest.New(t)
	l := openLog(t, s, c)
	fill(t, l, c, 2)
	if err := l.file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Record(t.Context(), l.By(anna, Opened)); err == nil {
		t.Error("record: got no error, want one")
	}
	for range 2 { // the failed one must not stand for the next
		if err := l.RecordOnce(t.Context(), "open", l.By(anna, List)); err == nil {
			t.Error("record once: got no error, want one")
		}
	}
	if l.edge.Size() != 2 {
		t.Errorf("got %d entries counted, want 2", l.edge.Size())
	}
}

// TestCloseSeals: an end leaves a checkpoint of all that was recorded.
func TestCloseSeals(t *testing.T) {
	s, c := storetest.New(t), &clock{t: start}
	l := openLog(t, s, c)
	fill(t, l, c, 3)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := s.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	err = f.View(func(tx *store.FileTx) error {
		if tx.Get(checkpointsBucket, number(int64(3))) == nil {
			t.Error("no checkpoint of the 3 entries")
		}
		return nil
	})
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}
