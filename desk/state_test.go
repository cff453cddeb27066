package desk

import (
	"slices"
	"testing"
	"time"

	"postolka/store"
)

func TestBackupStateNamesWhatIsMissing(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	good := store.Snapshot{At: now.Add(-time.Hour), ProvenAt: now.Add(-time.Hour), DrilledAt: now.Add(-34 * 24 * time.Hour)}
	late, unproven := good, good
	late.At, unproven.ProvenAt = now.Add(-37*time.Hour), time.Time{}
	never := good
	never.DrilledAt = time.Time{}
	for name, c := range map[string]struct {
		list []store.Snapshot
		keys int
		want []string
	}{
		"no key, which explains all the rest":   {nil, 0, []string{"key"}},
		"a key, but nothing made with it":       {nil, 1, []string{"snapshot", "drill"}},
		"proven an hour ago, drilled a month":   {[]store.Snapshot{good}, 1, nil},
		"the newest is 37 hours old":            {[]store.Snapshot{late}, 1, []string{"snapshot"}},
		"one that was not proven does not help": {[]store.Snapshot{unproven, late}, 1, []string{"snapshot"}},
		"never drilled":                         {[]store.Snapshot{never}, 1, []string{"drill"}},
	} {
		if got := BackupState(c.list, c.keys, now).Problems; !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
