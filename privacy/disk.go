package privacy

import (
	"context"
	"time"

	"postolka/account"
	"postolka/store"
)

// diskSetting holds the day on which the owner saw to the disk.
const diskSetting = "disk.encrypted"

// DiskState says what overwriting is worth on the disk of the data, and whether it
// is encrypted: as far as can be seen here, or as the owner confirmed (a host's own
// encryption can't be seen).
type DiskState struct {
	store.Disk
	Confirmed time.Time `json:"confirmed,omitzero"` // zero: never
}

// Settled: nothing is left to do about what a disk keeps of overwritten blocks.
func (d DiskState) Settled() bool { return d.Overwrites() || d.Encrypted || !d.Confirmed.IsZero() }

// Disk of the data.
func (p *Privacy) Disk() (DiskState, error) {
	d := DiskState{Disk: store.DiskOf(p.Store.Dir())}
	day, err := p.setting(diskSetting)
	if err == nil && day != "" {
		d.Confirmed, err = time.Parse(time.DateOnly, day)
	}
	return d, err
}

// ConfirmDisk notes that the owner made sure of an encrypted disk.
func (p *Privacy) ConfirmDisk(ctx context.Context, by account.Agent) error {
	return p.set(ctx, by, diskSetting, p.Now().UTC().Format(time.DateOnly))
}
