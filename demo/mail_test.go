package demo

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"postolka/mail"
)

var testNow = time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC)

func TestAllMailButOneIsRead(t *testing.T) {
	all := stories()
	letters, err := compose(all, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(letters), expected(all); got != want {
		t.Errorf("got %d letters, want %d", got, want)
	}
	var quarantined, html, files, english int
	ids := map[string]bool{}
	for _, l := range letters {
		m := mail.Parse(l.raw)
		if m.Quarantine != "" {
			quarantined++
			if l.story >= 0 {
				t.Errorf("story %d: quarantined: %s", l.story, m.Quarantine)
			}
			continue
		}
		if m.MessageID == "" || ids[m.MessageID] || m.MessageID != l.id {
			t.Errorf("story %d: Message-ID %q is missing or not its own", l.story, m.MessageID)
		}
		ids[m.MessageID] = true
		for _, ref := range append(m.References, m.InReplyTo...) {
			if !ids[ref] {
				t.Errorf("story %d: refers to %q, which is not before it", l.story, ref)
			}
		}
		if !m.Date.Equal(l.at) || l.at.After(testNow) || l.at.Before(testNow.AddDate(0, 0, -93)) {
			t.Errorf("story %d: date %v, delivered %v; want the same within three months", l.story, m.Date, l.at)
		}
		plain := m.Plain()
		if plain == nil || strings.ContainsAny(plain.Text, "\ufffd{}") || !utf8.ValidString(m.Subject) || strings.Contains(m.Subject, "\ufffd") {
			t.Errorf("story %d: text or subject can't be read", l.story)
		}
		if m.HTML() != nil {
			html++
		}
		if len(m.Attachments()) > 0 {
			files++
		}
		if l.story >= 0 && all[l.story].who.english {
			english++
		}
	}
	if quarantined != 1 {
		t.Errorf("got %d quarantined, want 1", quarantined)
	}
	t.Logf("%d stories, %d letters, %d with HTML, %d with files, %d in English", len(all), len(letters), html, files, english)
}

func TestSameNowSameMail(t *testing.T) {
	one, err := compose(stories(), testNow)
	if err != nil {
		t.Fatal(err)
	}
	two, err := compose(stories(), testNow)
	if err != nil {
		t.Fatal(err)
	}
	for i := range one {
		if one[i].id != two[i].id || !bytes.Equal(one[i].raw, two[i].raw) || !one[i].at.Equal(two[i].at) {
			t.Fatalf("letter %d of story %d differs", i, one[i].story)
		}
	}
}

// Whatever hour the demo is started, no mail comes from the future and none
// before the one it answers.
func TestAnyHourOfAnyDay(t *testing.T) {
	for h := range 24 * 8 {
		now := testNow.Add(time.Duration(h)*time.Hour + 7*time.Minute)
		for i, s := range stories() {
			last := time.Time{}
			for j, turn := range s.turns {
				at := turn.time(now)
				if at.After(now) || !at.After(last) {
					t.Fatalf("at %v: story %d, message %d at %v, after %v", now, i, j, at, last)
				}
				last = at
			}
		}
	}
}
