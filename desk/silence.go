package desk

import (
	"slices"
	"time"

	"postolka/store"
)

const (
	arrivalDays = 35 // five weeks, so that weekends weigh as they do
	knownDays   = 14 // with fewer nothing is said
	missedMail  = 10 // so many should have come before silence is one
)

// Day of an instant in store.Mailbox.Arrivals: days since 1970, UTC.
func Day(at time.Time) int64 { return at.Unix() / (24 * 60 * 60) }

// CountArrivals adds mail by the day on which it reached the server; days of the
// far past are left out, and those after today, which a wrong clock says.
func CountArrivals(m *store.Mailbox, byDay map[int64]uint32, today int64) {
	for day, n := range byDay {
		if day > today {
			continue
		}
		if day > m.ArrivalsDay {
			fresh := make([]uint32, min(day-m.ArrivalsDay, arrivalDays))
			m.Arrivals, m.ArrivalsDay = append(m.Arrivals, fresh...), day
			m.Arrivals = slices.Clone(m.Arrivals[max(0, len(m.Arrivals)-arrivalDays):])
		}
		if at := len(m.Arrivals) - 1 - int(m.ArrivalsDay-day); at >= 0 {
			m.Arrivals[at] += n
		}
	}
}

// Silence is a mailbox that was connected all the time and got nothing.
type Silence struct {
	Days  int // full days without mail
	Usual int // mails a day, on average of the days before
}

// SilenceOf says whether a mailbox is silent for longer than it ever was in the
// last five weeks, while ten mails or more should have come.
func SilenceOf(m store.Mailbox, now time.Time) (s Silence, silent bool) {
	first := slices.IndexFunc(m.Arrivals, func(n uint32) bool { return n > 0 })
	if first < 0 || len(m.Arrivals)-first < knownDays {
		return s, false
	}
	total, gap, longest, last := 0, 0, 0, first
	for i, n := range m.Arrivals[first:] {
		if gap++; n > 0 {
			longest, gap, last = max(longest, gap-1), 0, first+i
		}
		total += int(n)
	}
	if m.LastContact.Before(now) {
		now = m.LastContact // of what came since nothing is known
	}
	s.Days = int(Day(now)-m.ArrivalsDay) + len(m.Arrivals) - 1 - last - 1
	s.Usual = total / (last - first + 1)
	return s, s.Days > longest && s.Days*s.Usual >= missedMail
}
