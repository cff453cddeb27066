package desk

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"postolka/store"
	"postolka/store/storetest"
)

// Real lists with their threads as read from References by another program.
func TestThreadsAgreeWithCorpora(t *testing.T) {
	for _, set := range []struct {
		dir, only string
		apart     float64 // part of the pairs that may be apart
	}{
		// Half of it went through gmane, which scrambled every address: one person there
		// and here are two, who may not answer each other's mail.
		{"threads/notmuch-lkml-default", "lkml/", 0.4},
		// Most mails here have lost their list headers, so strangers answer each other
		// out of nowhere: they must become proposals.
		{"threads/notmuch-lkml-default", "default/", 1},
		{"bulk/usrp-users", "", 0.02},
		{"bulk/autofs", "", 0.02},
	} {
		t.Run(set.dir+" "+set.only, func(t *testing.T) {
			dir := storetest.Corpora(t, set.dir)
			truth := readTruth(t, filepath.Join(dir, "threads.tsv"))
			mails := corpusMails(t, dir, truth)
			maps.DeleteFunc(mails, func(name string, _ []byte) bool { return !strings.HasPrefix(name, set.only) })
			w := newWorldWithoutIndex(t)
			got := w.partition(mails, slices.Sorted(maps.Keys(mails)))
			together, wrong, apart := compare(truth, got)
			t.Logf("%d messages: pairs in one thread %d, of these apart here %d; together here only %d", len(mails), together, apart, wrong)
			if float64(apart) > set.apart*float64(together) || wrong > 0 {
				t.Error("threads differ too much from the truth")
			}
		})
	}
}

// readTruth maps file names to threads.
func readTruth(t *testing.T, path string) map[string]string {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	truth := map[string]string{}
	for _, row := range rows[1:] {
		truth[row[0]] = row[1]
	}
	return truth
}

func corpusMails(t *testing.T, dir string, truth map[string]string) map[string][]byte {
	mails := files(t, dir, func(path string) bool { return !strings.HasSuffix(path, ".tsv") })
	out := map[string][]byte{}
	for path, raw := range mails {
		name := path
		if _, ok := truth[name]; !ok {
			name = strings.TrimPrefix(name, "mails/")
		}
		if _, ok := truth[name]; ok {
			out[name] = raw
		}
	}
	if len(out)*10 < len(truth)*9 {
		t.Fatalf("found %d of %d mails", len(out), len(truth))
	}
	return out
}

// partition takes mails in in the given order and says which conversation each
// has in the end.
func (w *world) partition(mails map[string][]byte, order []string) map[string]store.ConversationID {
	w.t.Helper()
	var batch []Incoming
	for _, name := range order {
		batch = append(batch, Incoming{Raw: mails[name], Origin: store.FromImport, Quiet: true})
	}
	out := map[string]store.ConversationID{}
	for i, o := range w.take(batch...) {
		if o.Message == 0 {
			w.t.Fatalf("%s: got %+v", order[i], o)
		}
		out[order[i]] = w.message(o.Message).Conversation
	}
	return out
}

// compare counts pairs.
func compare(truth map[string]string, got map[string]store.ConversationID) (together, wrong, apart int) {
	names := slices.Sorted(maps.Keys(got))
	for i, a := range names {
		for _, b := range names[:i] {
			same, here := truth[a] == truth[b], got[a] == got[b]
			switch {
			case same && here:
				together++
			case same:
				together++
				apart++
			case here:
				wrong++
			}
		}
	}
	return together, wrong, apart
}

// groups is a partition without ids: each message's smallest companion.
func groups(p map[string]store.ConversationID) map[string]string {
	least := map[store.ConversationID]string{}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if _, ok := least[p[name]]; !ok {
			least[p[name]] = name
		}
	}
	out := map[string]string{}
	for name, c := range p {
		out[name] = least[c]
	}
	return out
}

const orders = 20

func TestThreadsDontDependOnOrder(t *testing.T) {
	for _, set := range []string{"threads/notmuch-lkml-default", "bulk/usrp-users", "bulk/autofs", "bulk/spamassassin"} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			dir := storetest.Corpora(t, set)
			mails := files(t, dir, func(path string) bool { return !strings.HasSuffix(path, ".tsv") })
			sameForAllOrders(t, mails, slices.Sorted(maps.Keys(mails)), orders)
		})
	}
}

func sameForAllOrders(t *testing.T, mails map[string][]byte, names []string, shuffles int) {
	t.Helper()
	want := groups(newWorldWithoutIndex(t).partition(mails, names))
	for i := range shuffles {
		seed := rand.Uint64()
		r := rand.New(rand.NewPCG(seed, 1))
		order := slices.Clone(names)
		r.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		if i == 0 {
			slices.Reverse(order)
		}
		got := groups(newWorldWithoutIndex(t).partition(mails, order))
		for _, name := range names {
			if got[name] != want[name] {
				t.Fatalf("seed %d: %s is with %s, in order of name with %s", seed, name, got[name], want[name])
			}
		}
	}
	t.Logf("%d messages, %d conversations, %d orders", len(names), len(slices.Compact(slices.Sorted(maps.Values(want)))), shuffles+1)
}

// Made-up mail with every awkward relation: forged senders, refused ones, shared
// Message-IDs, answers to what isn't here, our own answers.
func TestThreadsDontDependOnOrderOfHostileMail(t *testing.T) {
	w := newWorldWithoutIndex(t)
	for round := range 15 {
		seed := rand.Uint64()
		r := rand.New(rand.NewPCG(seed, uint64(round)))
		mails := map[string][]byte{}
		people := []string{"a@x.example", "b@x.example", "c@y.example", "podpora@shop.example", "list@z.example"}
		pick := func() string { return people[r.IntN(len(people))] }
		for i := range 14 {
			h := []string{fmt.Sprintf("Message-ID: <h%d@x>", r.IntN(10))}
			if r.IntN(3) > 0 {
				h = append(h, fmt.Sprintf("In-Reply-To: <h%d@x>", r.IntN(12)))
			}
			if r.IntN(3) == 0 {
				h = append(h, fmt.Sprintf("References: <h%d@x> <h%d@x>", r.IntN(12), r.IntN(12)))
			}
			if r.IntN(6) == 0 {
				h = append(h, "Authentication-Results: mx; dmarc=fail")
			}
			if r.IntN(4) == 0 {
				h = append(h, "Precedence: list")
			}
			mails[fmt.Sprint(i)] = w.mail(pick(), pick()+", "+pick(), "same", fmt.Sprint("text ", i), h...)
		}
		t.Logf("seed %d", seed)
		sameForAllOrders(t, mails, slices.Sorted(maps.Keys(mails)), 4)
	}
}
