package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// mails are about 5,000 contents like real ones: those of a corpus where there
// is one, else words.
func mails(b *testing.B) (texts [][]byte) {
	b.Helper()
	root := filepath.Join("..", "..", "shared", "corpora", "bulk", "spamassassin")
	_ = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && len(texts) < 5000 {
			if data, err := os.ReadFile(path); err == nil && len(data) < 1<<20 {
				texts = append(texts, data)
			}
		}
		return nil
	})
	for n := len(texts); n < 3000; n++ {
		var words strings.Builder
		for range 500 {
			fmt.Fprintf(&words, "%x ", rand.Uint32N(1<<20))
		}
		texts = append(texts, []byte(words.String()))
	}
	return texts
}

func BenchmarkAdd(b *testing.B) {
	s, texts := openTest(b, b.TempDir(), Options{}), mails(b)
	for b.Loop() {
		addAll(b, s, texts)
	}
	b.ReportMetric(float64(b.N*len(texts))/b.Elapsed().Seconds(), "msgs/s")
}

func addAll(b *testing.B, s *Store, texts [][]byte) (total int64) {
	b.Helper()
	for from := 0; from < len(texts); from += 200 {
		part := texts[from:min(from+200, len(texts))]
		first, err := s.ReserveMessageIDs(len(part))
		need(b, err)
		var contents []Content
		for i, data := range part {
			contents = append(contents, Content{ID: first + MessageID(i), Raw: data, Text: data})
			total += int64(len(data))
		}
		volume, err := s.Add(b.Context(), contents)
		need(b, err)
		update(b, s, func(tx *Tx) error {
			for i, c := range contents {
				m := Message{Mailbox: 1, Conversation: 1, Volume: volume[i], Subject: "subject", MessageIDHeader: fmt.Sprint(c.ID)}
				if err := Messages.Put(tx, c.ID, m); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return total
}

func BenchmarkScanText(b *testing.B) {
	s := openTest(b, b.TempDir(), Options{})
	var total int64
	for range 4 {
		total += addAll(b, s, mails(b))
	}
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprint(workers, "workers"), func(b *testing.B) {
			b.SetBytes(total)
			for b.Loop() {
				var seen atomic.Int64
				need(b, s.ScanText(b.Context(), 0, workers, func(_ int, _ MessageID, text []byte) error {
					seen.Add(int64(len(text)))
					return nil
				}))
				if seen.Load() != total {
					b.Fatalf("scanned %d of %d bytes", seen.Load(), total)
				}
			}
		})
	}
	b.Run("Get", func(b *testing.B) {
		for b.Loop() {
			need(b, s.View(func(tx *Tx) error {
				_, err := Messages.Get(tx, 17)
				return err
			}))
		}
	})
	b.Run("Text", func(b *testing.B) {
		for b.Loop() {
			_, err := s.Text(17)
			need(b, err)
		}
	})
	b.Run("Update", func(b *testing.B) {
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for n := 0; pb.Next(); n++ {
				update(b, s, func(tx *Tx) error {
					_, err := Settings.Insert(tx, Setting{Name: fmt.Sprint(n)})
					return err
				})
			}
		})
	})
}
