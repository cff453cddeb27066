package mail

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCorpusBounces reads 116 reports of many servers. expected.tsv names whom
// each says was not reached, and which are only delayed.
func TestCorpusBounces(t *testing.T) {
	dir := corpus(t, "mime", "bounces-flufl")
	table, err := os.ReadFile(filepath.Join(dir, "expected.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	want, delayed := map[string][]string{}, map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(string(table)), "\n")[1:] {
		f := append(strings.Split(line, "\t"), "", "")
		want[f[1]] = append(want[f[1]], strings.Fields(strings.ToLower(f[2]))...)
		delayed[f[1]] = delayed[f[1]] || f[3] == "True"
	}
	all, right, delays, spokenOf := 0, 0, 0, 0
	for name, addrs := range want {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := ReadBounce(Parse(raw))
		var got []string
		late := false
		for _, f := range b.Failures {
			if f.Recipient != "" {
				got = append(got, strings.ToLower(f.Recipient))
			}
			late = late || f.Delayed
			if f.Reason != "" {
				spokenOf++
			}
		}
		slices.Sort(got)
		slices.Sort(addrs)
		all++
		if slices.Equal(got, slices.Compact(addrs)) {
			right++
		} else {
			t.Logf("%s: got %v, want %v", name, got, addrs)
		}
		if late == delayed[name] {
			delays++
		} else {
			t.Logf("%s: delayed %v, want %v", name, late, delayed[name])
		}
		if testing.Verbose() {
			for _, f := range b.Failures {
				t.Logf("   %s: %+v", name, f)
			}
		}
	}
	if right < 110 || delays < 113 {
		t.Errorf("fewer than before: 110 of 113 addresses, 113 of 113 delays")
	}
	t.Logf("failed address right in %d of %d, permanent or delayed in %d, a reason for %d", right, all, delays, spokenOf)
}
