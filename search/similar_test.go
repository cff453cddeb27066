package search

import (
	"context"
	"slices"
	"testing"
)

func TestSimilarTermsAreListed(t *testing.T) {
	x := open(t, t.TempDir(), 2) // two slices
	ctx := context.Background()
	err := x.Add(ctx, []Doc{
		{ID: 1, Texts: []Text{{Kind: Body, Text: "jana.novak@example.cz a 603 123 456"}}},
		{ID: 2, Texts: []Text{{Kind: Body, Text: "jana.nowak@example.cz, jan.nvak@example.cz"}}},
		{ID: 3, From: []string{"Petr Sloboda <s@example.cz>"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		term  string
		edits int
		want  []string
	}{
		{"jana.novak@example.cz", 1, []string{"jana.nowak@example.cz"}},
		{"jana.novak@example.cz", 2, []string{"jan.nvak@example.cz", "jana.nowak@example.cz"}},
		{"slobodka", 1, []string{"sloboda"}},
		{"svobodka", 1, nil},
		{"svoboda", 1, []string{"sloboda"}},
		{"sloboda", 1, nil},
	} {
		got, err := x.Similar(ctx, c.term, c.edits)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s, %d edits: got %v, want %v", c.term, c.edits, got, c.want)
		}
	}
}
