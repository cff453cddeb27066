package desk

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"postolka/mail"
	"postolka/store"
	"postolka/store/storetest"
)

// Real mail by the day it came. Lists, newsletters and people must hardly ever be
// marked; most holds true of what was marked when the bounds were set.
func TestCorpusSenders(t *testing.T) {
	for _, c := range []struct {
		set         string
		least, most int // marked in some way
	}{
		{"bulk/spamassassin/easy-ham-1", 0, 2}, // both: answers go to a private address, a newsletter's to its author
		{"bulk/spamassassin/spam-1", 15, 30},
		{"bulk/autofs/mails", 1, 1},     // spam, refused by the list's archive
		{"bulk/usrp-users/mails", 0, 1}, // broken by the list, and so refused
		{"pii/czpl-mails", 0, 0},
	} {
		t.Run(c.set, func(t *testing.T) {
			w := newWorldWithoutIndex(t)
			w.now = time.Now
			all, marked, count := 0, 0, map[store.Warnings]int{}
			for some := range slices.Chunk(mailsIn(t, storetest.Corpora(t, c.set)), batchMessages) {
				for _, o := range w.take(some...) {
					if o.Result != Added {
						continue
					}
					m := w.message(o.Message)
					all++
					if m.Unproven || m.Warnings != 0 {
						marked++
					}
					count[m.Warnings]++
				}
			}
			t.Logf("%d of %d marked, by warning %v", marked, all, count)
			if marked < c.least || marked > c.most {
				t.Errorf("marked %d, want %d to %d", marked, c.least, c.most)
			}
		})
	}
}

func mailsIn(t *testing.T, dir string) (list []Incoming) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) == ".tsv" {
			return err
		}
		raw, err := os.ReadFile(path)
		list = append(list, Incoming{Raw: raw, ReceivedAt: mail.Parse(raw).Date})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(list, func(a, b Incoming) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return list
}
