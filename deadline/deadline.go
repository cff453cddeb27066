// Package deadline computes until when the law wants an answer. The periods are
// policy data with their source and date (policy.json); the rules of counting are
// those of Regulation 1182/71: the day of the event is not counted, a period in
// months ends on the day of the same number or on the month's last day, and one
// that ends on a Saturday, Sunday or public holiday ends on the next working day.
//
// A day is a time at midnight UTC that stands for a date on the controller's wall.
package deadline

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/cz"
)

// Policy is one period of the law.
type Policy struct {
	Months          int    `json:"months,omitempty"`
	ExtensionMonths int    `json:"extension_months,omitempty"`
	RemindersDays   []int  `json:"reminders_days,omitempty"` // before the strict day
	Source          string `json:"source"`
	AsOf            string `json:"as_of"` // the day on which someone last compared it with the source
}

//go:embed policy.json
var policies []byte

// Request is the period for answering a person (Article 12(3) GDPR).
var Request = load("request")

func load(name string) Policy {
	var all map[string]Policy
	if err := json.Unmarshal(policies, &all); err != nil {
		panic(fmt.Errorf("deadline/policy.json: %w", err)) // embedded: a mistake of ours
	}
	return all[name]
}

// Dates of one period.
type Dates struct {
	Received time.Time // the day of receipt in the controller's zone
	Strict   time.Time // without the next working day: alarms work on this one
	Legal    time.Time // for letters
	// Extended: when the controller takes the two further months of Article 12(3).
	ExtendedStrict, ExtendedLegal time.Time
	// Paused is Legal moved by the days that the controller waited for the person's
	// identity. Courts may see it otherwise, so nothing counts on it.
	Paused time.Time
}

// Of counts the period from an instant; waited is for the person's identity.
func (p Policy) Of(received time.Time, zone *time.Location, waited time.Duration) Dates {
	d := Dates{Received: Day(received, zone)}
	d.Strict = p.end(d.Received, 0)
	d.Legal = working(d.Strict)
	d.ExtendedStrict = p.end(d.Received, p.ExtensionMonths)
	d.ExtendedLegal = working(d.ExtendedStrict)
	d.Paused = working(d.Strict.AddDate(0, 0, int(waited/(24*time.Hour))))
	return d
}

func (p Policy) end(received time.Time, further int) time.Time {
	return addMonths(received, p.Months+further)
}

// Reminder is the last of the policy's reminders that is due by today: so many days
// before the strict day, or fewer, are left. 0: none is due yet.
func (p Policy) Reminder(strict, today time.Time) (days int) {
	left := DaysBetween(today, strict)
	for _, n := range p.RemindersDays {
		if left <= n && (days == 0 || n < days) {
			days = n
		}
	}
	return days
}

// Day is the date of an instant in a zone.
func Day(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// DaysBetween counts from one day to another; negative when it has passed.
func DaysBetween(from, to time.Time) int { return int(to.Sub(from) / (24 * time.Hour)) }

// addMonths keeps the number of the day, or takes the month's last (Article
// 3(2)(c) of Regulation 1182/71).
func addMonths(day time.Time, n int) time.Time {
	y, m, d := day.Date()
	last := time.Date(y, m+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	return last.AddDate(0, 0, min(d, last.Day())-last.Day())
}

// working is the day itself, or the next on which people work in Czechia.
func working(day time.Time) time.Time {
	for !calendar.IsWorkday(day) {
		day = day.AddDate(0, 0, 1)
	}
	return day
}

var calendar = func() *cal.BusinessCalendar {
	c := cal.NewBusinessCalendar()
	c.AddHoliday(cz.Holidays...)
	return c
}()
