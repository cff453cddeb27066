package ui

import (
	"strings"
	"testing"

	"postolka/account"
	"postolka/match"
	"postolka/privacy"
	"postolka/store"
)

// The file narrows by place and by form, and a page's address keeps both.
func TestPersonFileNarrows(t *testing.T) {
	var found privacy.Person
	for i, h := range []struct {
		kind string
		form match.Form
	}{{"header", match.Exact}, {"plain", match.Exact}, {"plain", match.Inflected}, {"attachment", match.Normalised}} {
		found.Finding.Hits = append(found.Finding.Hits, privacy.Hit{Message: store.MessageID(i + 1), Conversation: store.ConversationID(i + 1), Kind: h.kind, Form: h.form})
	}
	for _, c := range []struct {
		where, form string
		want        int
	}{{"", "", 4}, {"text", "", 2}, {"", "exact", 2}, {"", "normalised", 1}, {"text", "inflected", 1}, {"header", "inflected", 0}} {
		f := newPersonFile(found, privacy.Headings{}, account.Agent{}, privacy.Filter{Place: c.where, Form: c.form}, 0)
		if f.Shown != c.want || len(f.Groups) != c.want {
			t.Errorf("%q, %q: got %d messages in %d conversations, want %d", c.where, c.form, f.Shown, len(f.Groups), c.want)
		}
		if f.Counts.Forms["exact"] != 2 || len(f.Counts.Forms) != 3 {
			t.Errorf("%q, %q: got %v, want all hits counted", c.where, c.form, f.Counts.Forms)
		}
	}
	f := PersonFile{ID: 7}
	if got := f.query(privacy.Filter{Place: "text", Form: "inflected"}, 2); !strings.Contains(got, "form=inflected") || !strings.Contains(got, "where=text") || !strings.Contains(got, "page=2") {
		t.Errorf("got %q", got)
	}
}
