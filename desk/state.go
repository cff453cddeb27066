package desk

import (
	"time"

	"postolka/store"
)

// When the state of the system is a problem; the state page and doctor ask the same.
const (
	LittleDisk   = 1 << 30             // bytes free: some days of mail
	OldSnapshot  = 36 * time.Hour      // one night failed, and nobody mended it by day
	OverdueDrill = 35 * 24 * time.Hour // a drill is asked for every month
)

// Backups says how well a restore is prepared. A problem is a stable word: "key" (no
// snapshot key, so no snapshots), "snapshot" (no proven one of late), "drill" (the
// owner's key was not tried of late).
type Backups struct {
	Newest   store.Snapshot // proven; zero: none
	Drilled  time.Time
	Problems []string
}

// BackupState judges the snapshots there are; recipients is how many keys they are for.
func BackupState(list []store.Snapshot, recipients int, now time.Time) (b Backups) {
	for _, s := range list {
		if !s.ProvenAt.IsZero() && s.At.After(b.Newest.At) {
			b.Newest = s
		}
		if s.DrilledAt.After(b.Drilled) {
			b.Drilled = s.DrilledAt
		}
	}
	if recipients == 0 {
		b.Problems = append(b.Problems, "key")
		return b
	}
	if now.Sub(b.Newest.At) > OldSnapshot {
		b.Problems = append(b.Problems, "snapshot")
	}
	if now.Sub(b.Drilled) > OverdueDrill {
		b.Problems = append(b.Problems, "drill")
	}
	return b
}
