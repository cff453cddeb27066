package mail

import (
	netmail "net/mail"
	"strings"
	"time"
)

// Layouts met in real mail besides RFC 5322 §3.3 and §4.3, which net/mail reads.
var dateLayouts = []string{
	"Mon, 2 Jan 2006 15:04:05 -0700",
	"2 Jan 2006 15:04:05 -0700",
	"2 Jan 2006 15:04 -0700",
	"2 Jan 2006 15:04:05 MST",
	"2 Jan 2006 15:04:05",
	"2 Jan 06 15:04:05 -0700",
	"2 January 2006 15:04:05 -0700",
	"Jan 2 15:04:05 2006",
	"Jan 2 15:04:05 MST 2006",
	"Jan 2 15:04:05 2006 -0700",
	"Jan 2, 2006 15:04:05 -0700",
	"Jan 2, 2006 3:04:05 PM",
	time.RFC3339,
	"2006-01-02 15:04:05 -0700",
	"2006-01-02 15:04:05",
}

// parseDate reads a Date field; zero if it can't be read or is out of any mail's
// time (the sender's clock may be wrong, but a year 0 or 9999 breaks sorting).
func parseDate(s string) time.Time {
	s = strings.Join(strings.Fields(stripComments(s)), " ")
	if s == "" {
		return time.Time{}
	}
	if t, err := netmail.ParseDate(s); err == nil {
		return sane(t)
	}
	if i := strings.IndexAny(s, ", "); i >= 2 && isDay(s[:i]) {
		s = strings.TrimLeft(s[i:], ", ")
	}
	s = strings.NewReplacer(".", ":", " GMT+", " +", " UTC+", " +", " GMT-", " -").Replace(s)
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return sane(t)
		}
	}
	// "Eastern Daylight Time" and other zones nobody knows
	s = strings.TrimRightFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	for _, layout := range []string{"2 Jan 2006 15:04:05", "2 Jan 06 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return sane(t)
		}
	}
	return time.Time{}
}

func isDay(s string) bool {
	switch strings.ToLower(s[:min(3, len(s))]) {
	case "mon", "tue", "wed", "thu", "fri", "sat", "sun":
		return true
	}
	return false
}

// sane drops impossible years; 102 is 2002 written by a program that counts from
// 1900.
func sane(t time.Time) time.Time {
	if y := t.Year(); y >= 100 && y < 150 {
		t = t.AddDate(1900, 0, 0)
	}
	if y := t.Year(); y < 1970 || y > 2200 {
		return time.Time{}
	}
	return t.UTC()
}
