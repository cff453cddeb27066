package deadline

import (
	"testing"
	"time"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func prague(t *testing.T) *time.Location {
	zone, err := time.LoadLocation("Europe/Prague")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestRequest(t *testing.T) {
	for _, c := range []struct{ received, strict, legal, extended string }{
		{"2027-03-05", "2027-04-05", "2027-04-05", "2027-06-07"},
		{"2026-08-31", "2026-09-30", "2026-09-30", "2026-11-30"},
		{"2027-01-31", "2027-02-28", "2027-03-01", "2027-04-30"},
		{"2026-11-24", "2026-12-24", "2026-12-28", "2027-02-24"},
	} {
		got := Request.Of(day(c.received).Add(12*time.Hour), prague(t), 0)
		if !got.Strict.Equal(day(c.strict)) || !got.Legal.Equal(day(c.legal)) || !got.ExtendedLegal.Equal(day(c.extended)) || !got.Paused.Equal(got.Legal) {
			t.Errorf("%s: got %+v", c.received, got)
		}
	}
}

// The day is that of the controller's wall, and waiting moves the third date only.
func TestDayOfReceiptAndPause(t *testing.T) {
	got := Request.Of(time.Date(2027, 3, 4, 23, 30, 0, 0, time.UTC), prague(t), 50*time.Hour)
	if !got.Received.Equal(day("2027-03-05")) || !got.Strict.Equal(day("2027-04-05")) || !got.Paused.Equal(day("2027-04-07")) {
		t.Errorf("got %+v", got)
	}
}

func TestReminders(t *testing.T) {
	strict := day("2027-04-05")
	for today, want := range map[string]int{
		"2027-03-05": 0, "2027-03-21": 0, "2027-03-22": 14, "2027-03-28": 14, "2027-03-29": 7, "2027-04-01": 7,
		"2027-04-02": 3, "2027-04-03": 3, "2027-04-04": 1, "2027-04-05": 1, "2027-05-01": 1,
	} {
		if got := Request.Reminder(strict, day(today)); got != want {
			t.Errorf("%s: got %d, want %d", today, got, want)
		}
	}
}

// TestEveryDay compares with an implementation that shares nothing: fixed days of
// Act 245/2000, Easter by the algorithm of Meeus, months counted day by day.
func TestEveryDay(t *testing.T) {
	days := 0
	for received := day("2024-01-01"); received.Year() <= 2040; received = received.AddDate(0, 0, 1) {
		got := Request.Of(received.Add(9*time.Hour), time.UTC, 0)
		for _, c := range []struct {
			name string
			got  time.Time
			want time.Time
		}{
			{"strict", got.Strict, sameNumber(received, 1)},
			{"legal", got.Legal, roll(sameNumber(received, 1))},
			{"extended strict", got.ExtendedStrict, sameNumber(received, 3)},
			{"extended legal", got.ExtendedLegal, roll(sameNumber(received, 3))},
		} {
			if !c.got.Equal(c.want) {
				t.Errorf("received %s: %s got %s, want %s", received.Format(time.DateOnly), c.name, c.got.Format(time.DateOnly), c.want.Format(time.DateOnly))
			}
		}
		days++
	}
	t.Logf("%d days of receipt, 4 dates each", days)
	if days != 6210 {
		t.Errorf("compared %d days, want 6210", days)
	}
}

func sameNumber(from time.Time, months int) time.Time {
	month := (int(from.Month())-1+months)%12 + 1
	at := from
	for int(at.Month()) != month {
		at = at.AddDate(0, 0, 1)
	}
	for at.Day() < from.Day() && int(at.AddDate(0, 0, 1).Month()) == month {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

func roll(at time.Time) time.Time {
	for at.Weekday() == time.Saturday || at.Weekday() == time.Sunday || off(at) {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

func off(at time.Time) bool {
	switch at.Format("01-02") {
	case "01-01", "05-01", "05-08", "07-05", "07-06", "09-28", "10-28", "11-17", "12-24", "12-25", "12-26":
		return true
	}
	sunday := easter(at.Year())
	return at.Equal(sunday.AddDate(0, 0, -2)) || at.Equal(sunday.AddDate(0, 0, 1))
}

func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	f := (b + 8) / 25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}
