package privacy

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"postolka/attach"
	"postolka/desk"
	"postolka/match"
	"postolka/store"
)

// TestRecall plants data of every kind, in every form it is written in, in every
// place that can hold text (places_test.go, forms_test.go), and expects the
// complete scan to find each; the index is measured beside it. What only resembles
// is planted too and must be no hit. POSTOLKA_RECALL=n takes n data of each kind in
// all forms and places (make recall), new ones each time unless POSTOLKA_SEED
// repeats a run; without it one form is drawn for each place, always the same.
func TestRecall(t *testing.T) {
	seed, persons, drawn := uint64(1), 1, 1
	if n, err := strconv.Atoi(os.Getenv("POSTOLKA_RECALL")); err == nil {
		seed, persons, drawn = rand.Uint64(), n, 0
	}
	if given, err := strconv.ParseUint(os.Getenv("POSTOLKA_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("seed %d", seed)
	r := &recall{T: t, house: newHouse(t), random: rand.New(rand.NewPCG(seed, 1)), truth: map[store.MessageID]plant{}, records: map[uint64]plant{}}
	for range persons {
		for _, kind := range match.Kinds() {
			id, err := match.ParseIdentifier(kind, madeUp(r.random, kind))
			check(t, err)
			r.ids = append(r.ids, id)
		}
	}
	r.plantAll(drawn)
	r.plantLookalikes()
	r.judge()
}

// plant is one datum that was put somewhere.
type plant struct {
	identifier  int
	place, form string
	lookalikes  int // how many; none of them is the datum
}

type recall struct {
	*testing.T
	*house
	random     *rand.Rand
	ids        []match.Identifier
	batch      []desk.Incoming
	plants     []plant // of the batch
	truth      map[store.MessageID]plant
	records    map[uint64]plant // customer cards and drafts, by cardID and draftID
	lookalikes int
}

// plantAll: drawn forms for each place; 0: all of them.
func (r *recall) plantAll(drawn int) {
	for n, id := range r.ids {
		forms := formsOf(id)
		for _, at := range places {
			chosen := slices.DeleteFunc(slices.Clone(forms), func(f spelling) bool { return !at.takes(f) })
			if drawn > 0 {
				r.random.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
				chosen = chosen[:drawn]
			}
			for _, f := range chosen {
				r.add(at.mail(r.random, f.text), plant{n, at.name, f.name, 0})
			}
		}
		r.plantRecords(n, forms)
	}
	r.flush()
}

func (r *recall) add(raw []byte, p plant) {
	raw = append(fmt.Appendf(nil, "Message-ID: <recall-%d@planted.example>\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\n", len(r.truth)+len(r.batch)), raw...)
	r.batch = append(r.batch, desk.Incoming{Raw: raw, Mailbox: r.mailbox, Origin: store.FromImport, Quiet: true})
	if r.plants = append(r.plants, p); len(r.batch) == 500 {
		r.flush()
	}
}

func (r *recall) flush() {
	out, err := r.Desk.Intake(context.Background(), r.batch)
	check(r, err)
	for i, o := range out {
		if o.Result != desk.Added {
			r.Fatalf("%+v was not taken in: %v", r.plants[i], o.Result)
		}
		r.truth[o.Message] = r.plants[i]
	}
	r.batch, r.plants = nil, nil
}

const aDraft = 1 << 32 // drafts and cards have ids of their own

// plantRecords writes notes on cards, and drafts.
func (r *recall) plantRecords(n int, forms []spelling) {
	check(r, r.Store.Update(func(tx *store.Tx) error {
		for _, f := range forms {
			card, err := store.Customers.Insert(tx, store.Customer{Notes: "Volal kvůli: " + f.text + " ."})
			if err != nil {
				return err
			}
			draft, err := store.Drafts.Insert(tx, store.Draft{Mailbox: r.mailbox, Text: "Dobrý den,\n\n" + f.text + " \n"})
			if err != nil {
				return err
			}
			r.records[uint64(card)], r.records[aDraft+uint64(draft)] = plant{n, "card", f.name, 0}, plant{n, "draft", f.name, 0}
		}
		return nil
	}))
}

// plantLookalikes: at least 1,000, whatever the size.
func (r *recall) plantLookalikes() {
	for n, id := range r.ids {
		similar := lookalikes(id)
		for _, at := range places {
			if at.lines {
				r.add(at.mail(r.random, strings.Join(similar, " ; a dále také jedna docela jiná věc toho druhu ;\n\nnebo ")+" ;"), plant{n, at.name, "look-alikes", len(similar)})
				r.lookalikes += len(similar)
			}
		}
	}
	r.flush()
	if r.lookalikes < 1000 {
		r.Errorf("only %d look-alikes were planted", r.lookalikes)
	}
}

// judge compares what is found with the truth.
func (r *recall) judge() {
	f, err := r.Find(context.Background(), host, r.ids, FindOptions{})
	check(r, err)
	found := map[store.MessageID]map[int]string{}
	for _, h := range f.Hits {
		if found[h.Message] == nil {
			found[h.Message] = map[int]string{}
		}
		found[h.Message][h.Identifier] = h.Matched
	}
	missed, taken := r.compare(found)
	r.judgeRecords(f.Records, missed)
	r.judgeIndex(f.Complete.Disagree)
	planted := len(r.truth) + len(r.records)
	r.Logf("%d data in %d places, %d plants; look-alikes %d, taken as hits %d", len(r.ids), len(places)+2, planted, r.lookalikes, taken)
	for _, u := range f.Complete.Unreadable {
		if strings.HasPrefix(r.truth[u.Message].place, "picture ") && u.Reason == attach.PictureOnly {
			continue // what it shows nobody read
		}
		r.Errorf("%+v: unreadable: %s", r.truth[u.Message], u.Reason)
	}
	report(r.T, "the scan misses", missed)
}

func (r *recall) compare(found map[store.MessageID]map[int]string) (missed map[string]int, taken int) {
	missed = map[string]int{}
	for id, p := range r.truth {
		matched, hit := found[id][p.identifier]
		if p.lookalikes == 0 && !hit {
			missed[fmt.Sprintf("%v %s in %s: %q", r.ids[p.identifier].Kind, p.form, p.place, r.ids[p.identifier].Value)]++
		}
		if p.lookalikes > 0 && hit {
			taken++
			r.Errorf("%v %q is no %q", r.ids[p.identifier].Kind, matched, r.ids[p.identifier].Value)
		}
	}
	return missed, taken
}

func (r *recall) judgeRecords(hits []RecordHit, missed map[string]int) {
	left := maps.Clone(r.records)
	for _, h := range hits {
		id := h.ID
		if h.Table == "drafts" {
			id += aDraft
		}
		if p, planted := left[id]; planted && p.identifier == h.Identifier && (h.Table == "drafts" || h.Table == "customers") {
			delete(left, id)
		}
	}
	for _, p := range left {
		missed[fmt.Sprintf("%v %s in %s: %q", r.ids[p.identifier].Kind, p.form, p.place, r.ids[p.identifier].Value)]++
	}
}

// judgeIndex: at least 99.9 % of what the scan finds. Above that a difference is
// told, since the scan makes up for it.
func (r *recall) judgeIndex(disagree []store.MessageID) {
	without := map[string]int{}
	for _, id := range disagree {
		p := r.truth[id]
		without[fmt.Sprintf("%v %s in %s: %q", r.ids[p.identifier].Kind, p.form, p.place, r.ids[p.identifier].Value)]++
	}
	r.Logf("the index finds %d of %d, %.3f %%", len(r.truth)-len(disagree), len(r.truth), 100-100*float64(len(disagree))/float64(len(r.truth)))
	for _, what := range slices.Sorted(maps.Keys(without))[:min(40, len(without))] {
		r.Logf("the index misses: %s", what)
	}
	if len(disagree)*1000 > len(r.truth) {
		r.Errorf("the index misses %d of %d messages", len(disagree), len(r.truth))
	}
}

func report(t *testing.T, title string, missed map[string]int) {
	for i, what := range slices.Sorted(maps.Keys(missed)) {
		if i == 60 {
			t.Errorf("%s %d more", title, len(missed)-i)
			return
		}
		t.Errorf("%s: %s", title, what)
	}
}
