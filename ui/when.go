package ui

import (
	"strings"
	"time"
	"unicode"
)

// When says an instant as people do, relative to the page's clock: "today 9:41",
// "Tuesday 15:20", "18 Nov 15:20", "2 Dec 2025".
func (v Voice) When(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(v.Zone)
	clock := v.clock(t)
	switch days := daysBetween(v.Now, t); {
	case days == 0:
		return v.T("when.today", clock)
	case days == -1:
		return v.T("when.yesterday", clock)
	case days == 1:
		return v.T("when.tomorrow", clock)
	case days > -7 && days < 7:
		return v.T("when.weekday", v.weekday(t), clock)
	case t.Year() == v.Now.Year():
		return v.T("when.day", t.Day(), v.month(t), clock)
	}
	return v.Date(t)
}

// clock is the time of day: "9:41" in Czech, "09:41" in English.
func (v Voice) clock(t time.Time) string {
	if v.Lang == "cs" {
		return strings.TrimPrefix(t.Format("15:04"), "0")
	}
	return t.Format("15:04")
}

// Day is When without the time of day.
func (v Voice) Day(t time.Time) string {
	t = t.In(v.Zone)
	switch days := daysBetween(v.Now, t); {
	case days == 0:
		return v.T("day.today")
	case days == -1:
		return v.T("day.yesterday")
	case days == 1:
		return v.T("day.tomorrow")
	case t.Year() == v.Now.Year():
		return v.T("day.short", t.Day(), v.month(t))
	}
	return v.Date(t)
}

// Date is a full date.
func (v Voice) Date(t time.Time) string {
	t = t.In(v.Zone)
	return v.T("when.date", t.Day(), v.month(t), t.Format("2006"))
}

// Exact is the whole instant, shown on hover, with the zone it is told in.
func (v Voice) Exact(t time.Time) string {
	t = t.In(v.Zone)
	return v.T("when.exact", v.weekday(t), v.Date(t), t.Format("15:04:05 MST"))
}

// Age is how long ago t was, as short as a list row needs: "52 min", "1 h 40", "3 d".
func (v Voice) Age(t time.Time) string {
	d := v.Now.Sub(t)
	switch {
	case d < time.Minute:
		return v.T("age.now")
	case d < time.Hour:
		return v.T("age.minutes", int(d.Minutes()))
	case d < 3*time.Hour:
		return v.T("age.hours_minutes", int(d.Hours()), int(d.Minutes())%60)
	case d < 48*time.Hour:
		return v.T("age.hours", int(d.Hours()))
	}
	return v.T("age.days", int(d.Hours()/24))
}

// In is how far ahead t lies, or how long ago: "in 3 days", "3 days ago".
func (v Voice) In(t time.Time) string {
	switch days := daysBetween(v.Now, t.In(v.Zone)); {
	case days > 0:
		return v.T("in.days", days)
	case days < 0:
		return v.T("ago.days", -days)
	}
	return v.T("day.today")
}

// Size of a file.
func (v Voice) Size(bytes int64) string {
	switch {
	case bytes < 1000:
		return v.T("size.b", bytes)
	case bytes < 1000*1000:
		return v.T("size.kb", (bytes+500)/1000)
	case bytes < 1000*1000*1000:
		return v.T("size.mb", float64(bytes)/1e6)
	}
	return v.T("size.gb", float64(bytes)/1e9)
}

func (v Voice) weekday(t time.Time) string {
	return v.T("weekday." + strings.ToLower(t.Weekday().String()))
}
func (v Voice) month(t time.Time) string { return v.T("month." + strings.ToLower(t.Month().String())) }

// daysBetween counts midnights from a to b in their own zone.
func daysBetween(a, b time.Time) int {
	day := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	return int(day(b).Sub(day(a)).Hours() / 24)
}

// initials of a name or address for its face: at most two letters.
func initials(name string) string {
	var out []rune
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == '.' || r == '@' || r == '-' }) {
		for _, r := range word {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				out = append(out, unicode.ToUpper(r))
				break
			}
		}
		if len(out) == 2 {
			break
		}
	}
	return string(out)
}

// knownZone is zone when the system knows it, else "": the server's.
func knownZone(zone string) string {
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		return ""
	}
	return zone
}
