package search

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch/mergeplan"
	"pgregory.net/rapid"

	"postolka/match"
	"postolka/store"
)

func open(t testing.TB, dir string, sliceSize uint64) *Index {
	t.Helper()
	x, err := Open(dir, Options{SliceSize: sliceSize})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func doc(id store.MessageID, text string) Doc {
	return Doc{ID: id, Mailbox: 1, Date: time.Unix(1_700_000_000+int64(id)*60, 0), Texts: []Text{{Kind: Body, Text: text}}}
}

func add(t testing.TB, x *Index, docs ...Doc) {
	t.Helper()
	if err := x.Add(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
}

func ids(t testing.TB, x *Index, q Query) (found []store.MessageID) {
	t.Helper()
	q.Limit = -1
	r, err := x.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range r.Hits {
		found = append(found, h.ID)
	}
	if int(r.Total) != len(found) {
		t.Errorf("Total is %d with %d hits", r.Total, len(found))
	}
	return found
}

func TestSearchFinds(t *testing.T) {
	x := open(t, t.TempDir(), 2) // three slices
	rich := doc(4, "Dobrý den, posílám reklamaci objednávky č. 2024-00123. Volejte +420 777 123 456.")
	rich.Mailbox, rich.HasAttachment, rich.Subject = 7, true, "Vadné zboží"
	rich.From, rich.To = []string{"Žofie Nováková <zofie@example.cz>"}, []string{"eshop@firma.cz"}
	rich.Texts = append(rich.Texts, Text{Kind: Attachment, Name: "faktura.pdf", Text: "Celkem k úhradě účtenka"}, Text{Kind: Hidden, Text: "mailto:skryta@example.cz"})
	add(t, x, doc(1, "The invoices were ordered twice"), doc(2, "Příliš žluťoučký kůň"), doc(3, "kůň příliš"), rich, doc(5, "山田太郎さん"))
	day := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		name string
		q    Query
		want []store.MessageID
	}{
		{"everything, newest first", Query{}, []store.MessageID{5, 4, 3, 2, 1}},
		{"without accents", Query{Words: "zlutoucky"}, []store.MessageID{2}},
		{"another Czech case", Query{Words: "reklamace objednávkou"}, []store.MessageID{4}},
		{"another English form", Query{Words: "invoice order"}, []store.MessageID{1}},
		{"every word", Query{Words: "kůň zboží"}, nil},
		{"phrase in its order", Query{Words: `"příliš žluťoučký"`}, []store.MessageID{2}},
		{"phrase in Czech quotes", Query{Words: `„kůň příliš“`}, []store.MessageID{3}},
		{"no phrase across subject and text", Query{Words: `"zboží dobrý"`}, nil},
		{"exact form in quotes", Query{Words: `"reklamace"`}, nil},
		{"excluded word", Query{Words: "kůň -žluťoučký"}, []store.MessageID{3}},
		{"prefix", Query{Words: "žlu*"}, []store.MessageID{2}},
		{"prefix at a phrase's end", Query{Words: `příliš-žlu*`}, []store.MessageID{2}},
		{"signs without spaces", Query{Words: "太郎"}, []store.MessageID{5}},
		{"phone otherwise written", Query{Words: "777123456"}, []store.MessageID{4}},
		{"phone with other spaces", Query{Words: "777 12 34 56"}, []store.MessageID{4}},
		{"address in the box", Query{Words: "zofie@example.cz"}, []store.MessageID{4}},
		{"address in an attribute", Query{Words: "skryta@example.cz"}, []store.MessageID{4}},
		{"domain in the box", Query{Words: "@example.cz"}, []store.MessageID{4}},
		{"in an attachment", Query{Words: "účtenky", InAttachments: true}, []store.MessageID{4}},
		{"not in an attachment", Query{Words: "reklamace", InAttachments: true}, nil},
		{"sender's address", Query{From: "zofie@example.cz"}, []store.MessageID{4}},
		{"sender's name, begun", Query{From: "novak"}, []store.MessageID{4}},
		{"recipient", Query{To: "eshop@firma.cz"}, []store.MessageID{4}},
		{"sender is no recipient", Query{To: "zofie"}, nil},
		{"has an attachment", Query{HasAttachment: true}, []store.MessageID{4}},
		{"mailbox", Query{Mailboxes: []store.MailboxID{7, 8}}, []store.MessageID{4}},
		{"after, inclusive", Query{After: day.Add(4 * time.Minute)}, []store.MessageID{5, 4}},
		{"before, exclusive", Query{Before: day.Add(2 * time.Minute)}, []store.MessageID{1}},
		{"identifier terms are alternatives", Query{Terms: []string{"202400123", "xxxxx"}}, []store.MessageID{4}},
		{"a name in any case", Query{Identifiers: []match.Identifier{{Kind: match.Name, Value: "Žofie Nováková"}}}, []store.MessageID{4}},
		{"only excluded words", Query{Words: "-kůň"}, []store.MessageID{5, 4, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ids(t, x, c.q); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestSearchPages(t *testing.T) {
	x := open(t, t.TempDir(), 10)
	for id := range store.MessageID(35) {
		add(t, x, doc(id+1, "stejný text"))
	}
	for _, byScore := range []bool{false, true} {
		r, err := x.Search(t.Context(), Query{Words: "text", Limit: 3, Offset: 9, ByScore: byScore})
		if err != nil || len(r.Hits) != 3 || r.Total != 35 {
			t.Fatalf("got %d of %d hits, %v; want 3 of 35", len(r.Hits), r.Total, err)
		}
		if r.Hits[0].ID != 26 && !byScore {
			t.Errorf("got %d first on the page, want 26", r.Hits[0].ID)
		}
	}
}

func TestAddTwice(t *testing.T) {
	x := open(t, t.TempDir(), 0)
	add(t, x, doc(1, "staré slovo"))
	add(t, x, doc(1, "nové slovo"))
	if n, err := x.Count(); n != 1 || err != nil {
		t.Errorf("got %d, %v; want 1", n, err)
	}
	if got := ids(t, x, Query{Words: "staré"}); got != nil {
		t.Errorf("the old text is still found in %v", got)
	}
}

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	x, err := Open(dir, Options{SliceSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	add(t, x, doc(1, "kůň"), doc(2, "kůň"))
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Search(t.Context(), Query{}); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v after Close, want ErrClosed", err)
	}
	if got := ids(t, open(t, dir, 1), Query{Words: "koně"}); len(got) != 2 {
		t.Errorf("got %v, want both", got)
	}
}

// TestPurge also looks into the raw files: no segment of before may be left.
func TestPurge(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, 100)
	for id := range store.MessageID(250) {
		add(t, x, doc(id+1, fmt.Sprintf("zpráva osoby secret%04d@example.cz stejná slova", id)))
	}
	var erased []store.MessageID
	for id := store.MessageID(3); id <= 250; id += 5 {
		erased = append(erased, id)
	}
	for id := store.MessageID(201); id <= 250; id++ { // the last slice whole
		erased = append(erased, id)
	}
	before := segments(t, dir)
	if err := x.Delete(t.Context(), erased); err != nil {
		t.Fatal(err)
	}
	has := func(id store.MessageID) bool {
		want := fmt.Sprintf("secret%04d", id-1)
		found := false
		err := x.Terms(t.Context(), func(term []byte) error {
			found = found || bytes.Contains(term, []byte(want))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if !has(3) {
		t.Error("Terms does not show a deleted term before Purge: the residue check would see nothing")
	}
	if err := x.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range []store.MessageID{3, 8, 98, 103, 201, 250} {
		if has(id) {
			t.Errorf("terms of message %d are still there", id)
		}
	}
	if !has(1) || !has(102) {
		t.Error("terms of a message that stays are gone")
	}
	if now := segments(t, dir); len(now) > len(before) {
		t.Errorf("got %d segment files, before Purge %d", len(now), len(before))
	}
	add(t, x, doc(1, "nahrazeno"))
	if err := x.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if has(1) {
		t.Error("terms of a replaced message are still there")
	}
	if n, err := x.Count(); err != nil || n != 160 {
		t.Errorf("got %d messages, %v; want 160", n, err)
	}
	if raw := rawTree(t, dir); bytes.Contains(raw, []byte("secret0002")) {
		t.Error("raw bytes of a deleted term are in a file")
	}
}

// What an erasure writes anew is what it touches: segments without deleted messages
// stay, and none is written twice.
func TestPurgePlansOnlyWhatHoldsDeleted(t *testing.T) {
	var all []mergeplan.Segment
	for id, live := range []int64{50_000, 49_999, 7, 6, 0, 100_000} { // of 50,000, 7 or 100,000 messages
		all = append(all, segment{uint64(id), []int64{50_000, 50_000, 7, 7, 7, 100_000}[id], live})
	}
	plan, err := mergeplan.Plan(all, &oneByOne)
	if err != nil {
		t.Fatal(err)
	}
	var got []uint64
	for _, task := range plan.Tasks {
		for _, s := range task.Segments {
			got = append(got, s.Id())
		}
	}
	slices.Sort(got)
	if want := []uint64{1, 3, 4}; !slices.Equal(got, want) || len(plan.Tasks) != len(want) {
		t.Errorf("got segments %v in %d tasks, want %v, each in its own", got, len(plan.Tasks), want)
	}
}

type segment struct {
	id         uint64
	full, live int64
}

func (s segment) Id() uint64          { return s.id }
func (s segment) FullSize() int64     { return s.full }
func (s segment) LiveSize() int64     { return s.live }
func (s segment) HasVector() bool     { return false }
func (s segment) FileSize() int64     { return s.full * 4000 }
func (s segment) LiveFileSize() int64 { return s.live * 4000 }

func segments(t *testing.T, dir string) (all []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "store", "*.zap"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func rawTree(t *testing.T, dir string) (raw []byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		raw = append(raw, b...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestCatchUp(t *testing.T) {
	x := open(t, t.TempDir(), 3)
	add(t, x, doc(1, "a"), doc(2, "b"), doc(9, "přebytek"))
	var loaded []store.MessageID
	load := func(id store.MessageID) (Doc, error) {
		loaded = append(loaded, id)
		if id == 6 {
			return Doc{}, errors.New("unreadable")
		}
		return doc(id, "doplněno"), nil
	}
	var done, total int
	err := x.CatchUp(t.Context(), slices.Values([]store.MessageID{7, 1, 2, 5, 6}), load, func(d, n int) { done, total = d, n })
	if err == nil || !strings.Contains(err.Error(), "1 of 3") {
		t.Errorf("got %v, want an error that counts the one message", err)
	}
	if !slices.Equal(loaded, []store.MessageID{5, 6, 7}) || done != 3 || total != 3 {
		t.Errorf("loaded %v, progress %d of %d; want 5 6 7", loaded, done, total)
	}
	if got := ids(t, x, Query{}); !slices.Equal(got, []store.MessageID{7, 5, 2, 1}) {
		t.Errorf("got %v, want 7 5 2 1", got)
	}
}

func TestDamagedSliceIsMadeAgain(t *testing.T) {
	for name, damage := range map[string]func(dir string) error{
		"version_old":     func(dir string) error { return os.WriteFile(filepath.Join(dir, "version"), []byte("0"), 0o600) },
		"version_missing": func(dir string) error { return os.Remove(filepath.Join(dir, "version")) },
		"root_cut":        func(dir string) error { return os.Truncate(filepath.Join(dir, "store", "root.bolt"), 100) },
		"meta_missing":    func(dir string) error { return os.Remove(filepath.Join(dir, "index_meta.json")) },
		"segment_missing": func(dir string) error {
			files, err := filepath.Glob(filepath.Join(dir, "store", "*.zap"))
			if err != nil || len(files) == 0 {
				return errors.New("no segment")
			}
			return os.Remove(files[0])
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			x := open(t, dir, 2)
			add(t, x, doc(1, "kůň"), doc(3, "kůň"))
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			if err := damage(filepath.Join(dir, "000001")); err != nil {
				t.Fatal(err)
			}
			x = open(t, dir, 2)
			load := func(id store.MessageID) (Doc, error) { return doc(id, "kůň"), nil }
			if err := x.CatchUp(t.Context(), slices.Values([]store.MessageID{1, 3}), load, nil); err != nil {
				t.Fatal(err)
			}
			if got := ids(t, x, Query{Words: "kůň"}); !slices.Equal(got, []store.MessageID{3, 1}) {
				t.Errorf("got %v, want 3 1", got)
			}
			if got := x.Dropped(); !slices.Equal(got, []uint64{1}) {
				t.Errorf("dropped %v, want 1", got)
			}
		})
	}
}

const crashEnv = "POSTOLKA_SEARCH_CRASH_DIR"

// TestCrashWhileAdding kills a child with SIGKILL in the middle of Add.
func TestCrashWhileAdding(t *testing.T) {
	if dir := os.Getenv(crashEnv); dir != "" {
		x, err := Open(dir, Options{SliceSize: 300})
		if err != nil {
			t.Fatal(err)
		}
		for id := store.MessageID(1); ; id += 20 {
			var docs []Doc
			for i := range store.MessageID(20) {
				docs = append(docs, doc(id+i, fmt.Sprintf("text zprávy cislo%06d@example.cz", id+i)))
			}
			if err := x.Add(context.Background(), docs); err != nil {
				t.Fatal(err)
			}
			fmt.Println("added", id)
		}
	}
	for round := range 3 {
		dir := t.TempDir()
		child := exec.Command(os.Args[0], "-test.run=^TestCrashWhileAdding$")
		child.Env = append(os.Environ(), crashEnv+"="+dir)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(200+rand.IntN(500)) * time.Millisecond)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // "signal: killed"
		x := open(t, dir, 300)
		var all []store.MessageID
		for id := range store.MessageID(700) {
			all = append(all, id+1)
		}
		load := func(id store.MessageID) (Doc, error) {
			return doc(id, fmt.Sprintf("text zprávy cislo%06d@example.cz", id)), nil
		}
		before, err := x.Count()
		if err != nil {
			t.Fatal(err)
		}
		if err := x.CatchUp(t.Context(), slices.Values(all), load, nil); err != nil {
			t.Fatal(err)
		}
		if n, err := x.Count(); err != nil || n != 700 {
			t.Errorf("round %d: got %d messages, %v; want 700", round, n, err)
		}
		for _, id := range []store.MessageID{1, 299, 301, 700} {
			if got := ids(t, x, Query{Terms: []string{fmt.Sprintf("cislo%06d@example.cz", id)}}); !slices.Equal(got, []store.MessageID{id}) {
				t.Errorf("round %d: got %v, want %d", round, got, id)
			}
		}
		t.Logf("round %d: killed with %d messages in the index", round, before)
	}
}

// TestTermsFindWhatScanFinds: the index finds every message in which a complete
// scan finds the identifier.
func TestTermsFindWhatScanFinds(t *testing.T) {
	x := open(t, t.TempDir(), 4)
	rapid.Check(t, func(rt *rapid.T) {
		if err := x.Delete(context.Background(), []store.MessageID{1, 2, 3, 4, 5, 6, 7, 8, 9}); err != nil {
			rt.Fatal(err)
		}
		given := []match.Identifier{
			{Kind: match.Email, Value: "jan.novak@firma.cz"}, {Kind: match.Phone, Value: "+420777123456"}, {Kind: match.Order, Value: "FV-2024-00123"},
			{Kind: match.Account, Value: "19-2000145399/0800"}, {Kind: match.Name, Value: "Jan Novák"}, {Kind: match.IP, Value: "10.0.0.4"},
		}
		piece := rapid.SampledFrom([]string{"jan.novak@firma.cz", "jan.novak (at) firma dot cz", "jan.novak%40firma.cz", "jan.no\nvak@firma.cz", "+420 777 123 456", "777-123-456", "777", "fv2024/00123",
			"CZ6508000000192000145399", "19-2000145399/0800", "Jana Nováka", "Novák, Jan", "10.0.0.4", " ", "\n", ".", "12", "-", "a", ", "})
		var docs []Doc
		for id := range store.MessageID(rapid.IntRange(1, 9).Draw(rt, "docs")) {
			docs = append(docs, doc(id+1, strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(rt, "text"), "")))
		}
		if err := x.Add(context.Background(), docs); err != nil {
			rt.Fatal(err)
		}
		for _, id := range given {
			m, err := match.NewMatcher([]match.Identifier{id})
			if err != nil {
				rt.Fatal(err)
			}
			found := ids(t, x, Query{Identifiers: []match.Identifier{id}})
			byTerms := ids(t, x, Query{Terms: id.Terms()})
			for _, d := range docs {
				if len(m.Find([]byte(d.Texts[0].Text))) > 0 && (!slices.Contains(found, d.ID) || !slices.Contains(byTerms, d.ID)) {
					rt.Errorf("%v: the scan finds it in %q, the index does not", id.Kind, d.Texts[0].Text)
				}
			}
		}
	})
}

// TestCzechStems: words that Lucene's stemmer brings together meet here too,
// over folded letters; the share is what is reached.
func TestCzechStems(t *testing.T) {
	dir := os.Getenv("POSTOLKA_CORPORA")
	if dir == "" {
		dir = "../../shared/corpora"
	}
	b, err := os.ReadFile(filepath.Join(dir, "czech/lucene-czech-stemmer/stems.tsv"))
	if os.IsNotExist(err) {
		if os.Getenv("CI") == "true" {
			t.Fatal("the stemmer corpus is missing; set POSTOLKA_CORPORA")
		}
		t.Skip("the stemmer corpus is missing; set POSTOLKA_CORPORA")
	}
	if err != nil {
		t.Fatal(err)
	}
	first := map[string]string{}
	met, all := 0, 0
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		word, group, _ := strings.Cut(line, "\t")
		stem := stemCzech(fold(word))
		if first[group] == "" {
			first[group] = stem
			continue
		}
		if all++; stem == first[group] {
			met++
		} else {
			t.Logf("%s: %s, others of its group %s", word, stem, first[group])
		}
	}
	t.Logf("%d of %d words meet their group", met, all)
	if float64(met) < 0.9*float64(all) {
		t.Error("fewer than 90 % meet")
	}
}
