package desk

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"postolka/account"
	"postolka/store"
)

// steady is a mailbox that got n mails a day on each of the last days, but for
// weekends where told, and none on the last silent ones.
func steady(now time.Time, days, n, silent int, weekends bool) (m store.Mailbox) {
	byDay := map[int64]uint32{}
	for d := range days {
		at := now.AddDate(0, 0, -d)
		if d <= silent || !weekends && (at.Weekday() == time.Saturday || at.Weekday() == time.Sunday) {
			continue
		}
		byDay[Day(at)] = uint32(n)
	}
	m.LastContact = now
	CountArrivals(&m, byDay, Day(now))
	return m
}

func TestSilence(t *testing.T) {
	thursday := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	monday := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	stopped := steady(thursday.AddDate(0, 0, -5), 30, 40, 0, true)
	for _, c := range []struct {
		name string
		m    store.Mailbox
		now  time.Time
		want Silence
		told bool
	}{
		{"three days of silence after a busy month", steady(thursday, 35, 40, 3, true), thursday, Silence{3, 40}, true},
		{"nothing yet today is no silence", steady(thursday, 35, 40, 0, true), thursday, Silence{0, 40}, false},
		{"a weekend like every other", steady(monday, 35, 40, 0, false), monday, Silence{2, 0}, false},
		{"three days, where one mail comes a day", steady(thursday, 35, 1, 3, true), thursday, Silence{3, 1}, false},
		{"a mailbox that is known for a week", steady(thursday, 7, 40, 3, true), thursday, Silence{}, false},
		{"the program was stopped meanwhile", stopped, thursday, Silence{0, 40}, false},
	} {
		got, told := SilenceOf(c.m, c.now)
		if c.want.Usual == 0 {
			got.Usual = 0
		}
		if got != c.want || told != c.told {
			t.Errorf("%s: got %+v %v, want %+v %v", c.name, got, told, c.want, c.told)
		}
	}
}

func TestArrivalsOfAWrongClockAreLeftOut(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	m := steady(now, 35, 40, 0, true)
	was := slices.Clone(m.Arrivals)
	CountArrivals(&m, map[int64]uint32{Day(now) + 400: 5, Day(now) - 400: 7}, Day(now))
	if !slices.Equal(m.Arrivals, was) {
		t.Errorf("got %v, want %v", m.Arrivals, was)
	}
	CountArrivals(&m, map[int64]uint32{Day(now): 5}, Day(now))
	if last := m.Arrivals[len(m.Arrivals)-1]; len(m.Arrivals) != arrivalDays || last != 5 {
		t.Errorf("today: got %d in %d days", last, len(m.Arrivals))
	}
}

func TestHealthIsTheWorstThatIsTrue(t *testing.T) {
	w := newWorldWithoutIndex(t)
	server := store.Server{Host: "imap.example.org", Port: 993}
	started := w.clock
	w.clock = w.clock.Add(time.Hour)
	for _, c := range []struct {
		name    string
		m       store.Mailbox
		backlog int
		want    Health
	}{
		{"a server and fresh contact", store.Mailbox{IMAP: server, LastContact: w.clock}, 0, Fine},
		{"older mail comes", store.Mailbox{IMAP: server, LastContact: w.clock}, 7, Coming},
		{"older mail comes before the first contact is over", store.Mailbox{IMAP: server}, 7, Coming},
		{"no contact yet", store.Mailbox{IMAP: server}, 0, Waiting},
		{"no contact for an hour", store.Mailbox{IMAP: server, LastContact: started}, 0, Lost},
		{"an error", store.Mailbox{IMAP: server, LastContact: w.clock, LastError: "x"}, 0, Trouble},
		{"an error of a paused one", store.Mailbox{IMAP: server, Paused: true, LastError: "x"}, 0, Trouble},
		{"paused", store.Mailbox{IMAP: server, Paused: true, LastContact: started}, 0, Paused},
		{"no server", store.Mailbox{}, 0, Import},
	} {
		if got := w.healthOf(c.m, c.backlog); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	silent := steady(w.clock, 35, 40, 3, true)
	silent.IMAP = server
	if got := w.healthOf(silent, 0); got != Silent {
		t.Errorf("three days without mail: got %s", got)
	}
	again := New(w.store, nil, w.log, nil, Options{Now: func() time.Time { return w.clock }})
	if got := again.healthOf(store.Mailbox{IMAP: server, LastContact: started}, 0); got != Fine {
		t.Errorf("just started after a night: got %s, want no alarm", got)
	}
}

func TestFolderDifferenceIsExplained(t *testing.T) {
	f := FolderHealth{1, store.Folder{OnServer: 100, Waiting: 40, Erased: 3, Quarantined: make([]store.BadUID, 2), CheckedAt: time.Unix(1, 0)}, 50}
	if got := f.Unexplained(); got != 5 {
		t.Errorf("got %d unexplained, want 5", got)
	}
	i := MailboxInfo{Folders: []store.Folder{{Waiting: 300, PerMinute: 100}, {Waiting: 100, PerMinute: 50}, {Done: true}}}
	if i.Backlog() != 400 || i.TimeLeft() != 5*time.Minute || i.PerMinute() != 100 {
		t.Errorf("got %d waiting, %v left, %d a minute", i.Backlog(), i.TimeLeft(), i.PerMinute())
	}
}

func TestFoldersAndRetryAreForWhoMaySetThem(t *testing.T) {
	w := newWorldWithoutIndex(t)
	ctx := context.Background()
	reader := account.Agent{ID: 7, Kind: account.Person, Grants: []store.Grant{{Mailbox: w.mailbox, Right: store.RightAnswer}}}
	manager := account.Agent{ID: 8, Kind: account.Person, Grants: []store.Grant{{Mailbox: w.mailbox, Right: store.RightManage}}}
	stranger := account.Agent{ID: 9, Kind: account.Person}
	if err := w.ChooseFolders(ctx, reader, w.mailbox, true, nil); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("an agent chooses folders: %v", err)
	}
	if err := w.RetryFetch(ctx, reader, w.mailbox); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("an agent retries: %v", err)
	}
	if _, err := w.Folders(ctx, stranger, w.mailbox); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("a stranger sees folders: %v", err)
	}
	if err := w.ChooseFolders(ctx, manager, w.mailbox, false, []string{"Orders"}); err != nil {
		t.Fatal(err)
	}
	if err := w.RetryFetch(ctx, manager, w.mailbox); err != nil {
		t.Fatal(err)
	}
	m := w.box(t)
	if _, err := w.SaveMailbox(ctx, manager, w.mailbox, store.Mailbox{Name: m.Name, Address: m.Address}, "", ""); err != nil {
		t.Fatal(err)
	}
	if m = w.box(t); !slices.Equal(m.Folders, []string{Inbox, "Orders"}) || !m.RetryAt.Equal(w.clock) {
		t.Errorf("after the settings were saved: %v, retry at %v", m.Folders, m.RetryAt)
	}
	if err := w.ChooseFolders(ctx, manager, w.mailbox, true, []string{"Orders"}); err != nil || len(w.box(t).Folders) != 0 {
		t.Errorf("all: got %v, %v", w.box(t).Folders, err)
	}
}

func (w *world) box(t *testing.T) (m store.Mailbox) {
	t.Helper()
	if err := w.store.View(func(tx *store.Tx) (err error) { m, err = store.Mailboxes.Get(tx, w.mailbox); return err }); err != nil {
		t.Fatal(err)
	}
	return m
}
