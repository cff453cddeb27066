package search

import (
	"fmt"
	"testing"

	"postolka/store"
)

func benchDoc(id store.MessageID) Doc {
	text := ""
	for i := range 12 {
		text += fmt.Sprintf("Dobrý den, píšu ohledně objednávky č. %d, slovo%d má přijít na adresu Dlouhá %d. Volejte +420 602 %03d %03d.\n", 2024000000+uint64(id), uint64(id)*7%5000+uint64(i), i, id%1000, i)
	}
	d := doc(id, text)
	d.From = []string{fmt.Sprintf("Petr Svoboda <petr%d@example.cz>", id%3000)}
	return d
}

// BenchmarkAdd indexes mails of 1.5 KB, 250 at a time.
func BenchmarkAdd(b *testing.B) {
	x := open(b, b.TempDir(), 0)
	id := store.MessageID(1)
	n := 0
	for b.Loop() {
		var docs []Doc
		for range 250 {
			docs = append(docs, benchDoc(id))
			id++
		}
		add(b, x, docs...)
		n += len(docs)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "docs/s")
}

func BenchmarkSearch(b *testing.B) {
	x := open(b, b.TempDir(), 1000)
	for at := range 12 {
		var docs []Doc
		for i := range 250 {
			docs = append(docs, benchDoc(store.MessageID(at*250+i+1)))
		}
		add(b, x, docs...)
	}
	for name, q := range map[string]Query{"rare": {Words: "slovo123"}, "every": {Words: "objednávka"}, "address": {Terms: []string{"petr17@example.cz"}}, "phrase": {Words: `"má přijít na adresu"`}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := x.Search(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
