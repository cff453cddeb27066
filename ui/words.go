package ui

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"postolka/guess"
	"postolka/privacy"
	"postolka/store"
)

// Small words that several pages of the house share.

// unreadableText says why a part could not be read; reasons are mail's stable words.
func (v Voice) unreadableText(reason string) string {
	key := "unreadable." + strings.NewReplacer(" ", "_", ":", "", "-", "_").Replace(strings.TrimPrefix(strings.ToLower(reason), "quarantined: "))
	if v.has(key) {
		return v.T(key)
	}
	return reason
}

// tableText names a table of records.
func (v Voice) tableText(table string) string {
	if key := "table." + table; v.has(key) {
		return v.T(key)
	}
	return table
}

// stepTrouble says what a stopped step means and what to do.
func (v Voice) stepTrouble(step string) string {
	if key := "step_trouble." + step; v.has(key) {
		return v.T(key)
	}
	return v.T("step_trouble.other")
}

// counts of a step in one line.
func (v Voice) counts(list []store.Count) string {
	var parts []string
	for _, c := range list {
		parts = append(parts, v.countText(c))
	}
	return strings.Join(parts, " · ")
}

func sortedCounts(counts map[string]int64) (list []store.Count) {
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, store.Count{Name: name, N: counts[name]})
	}
	return list
}

// nameOrProgram names who acted; nobody's name is the program's own or the host's.
func (v Voice) nameOrProgram(name string) string {
	if name == "" {
		return v.T("who.program")
	}
	return name
}

// span is from when to when, in months of a year when they are the same.
func (v Voice) span(from, to time.Time) string {
	a, b := v.Date(from), v.Date(to)
	if a == b {
		return a
	}
	return a + " – " + b
}

func dateValue(v Voice, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(v.Zone).Format(time.DateOnly)
}

// purposeKey is a purpose if the catalogue knows it.
func purposeKey(word string) string {
	if slices.Contains(privacy.Purposes, word) {
		return word
	}
	return "check"
}

func letterKind(k store.MessageKind) string {
	return map[store.MessageKind]string{store.Outgoing: "outgoing", store.Note: "note", store.Form: "form"}[k] + map[bool]string{true: "incoming"}[k == store.Incoming]
}

func okOrWrong(ok bool) string {
	if ok {
		return "ok"
	}
	return "wrong"
}

func orNone(state string) string {
	if state == "" {
		return "none"
	}
	return state
}

// percent of a whole as an SVG length.
func percent(part, whole int64) string {
	if whole <= 0 {
		return "0"
	}
	return strconv.FormatFloat(float64(part)*100/float64(whole), 'f', 1, 64)
}

// whenOrNever is a near instant, or that it never was.
func (v Voice) whenOrNever(t time.Time) string {
	if t.IsZero() {
		return v.T("when.never")
	}
	return v.When(t)
}

// troubleText translates the fixed words of sync and outbox; what the catalogue does
// not have stands as it is.
func (v Voice) troubleText(said string) string {
	for key, words := range troubleWords {
		if said == words {
			return v.T("trouble." + key)
		}
	}
	return said
}

// serverText is a server in one line, without its user.
func (v Voice) serverText(srv store.Server) string {
	if srv.Host == "" {
		return v.T("server.none")
	}
	return srv.Host + ":" + strconv.Itoa(srv.Port) + " · " + v.T("security."+securities[min(int(srv.Security), 2)])
}

func (v Voice) keepText(keep time.Duration) string {
	if keep == 0 {
		return v.T("mailbox.keep_ever")
	}
	return v.T("mailbox.keep_months", keepMonths(keep))
}

// guessText says where guessed servers come from.
func (v Voice) guessText(g guess.Guess) string {
	if g.Source == guess.Provider {
		return v.T("guess.provider", g.Name)
	}
	return v.T("guess." + string(g.Source))
}

func guessColour(g guess.Guess) string {
	if g.Foreign() || g.Source == guess.Nothing || g.Note == "numbered" {
		return "warn"
	}
	return ""
}

func portText(port int) string {
	if port == 0 {
		return ""
	}
	return strconv.Itoa(port)
}

func formPath(f MailboxForm) string {
	if f.ID == 0 {
		return "/mailboxes"
	}
	return mailboxPath(f.ID)
}

// troubleWords are the fixed words of imapsync (Trouble…) and outbox, by their keys here.
var troubleWords = map[string]string{
	"password":    "The server refuses the user name or the password. Check them in the mailbox settings; it is tried again, ever more rarely.",
	"consent":     "The provider does not accept the consent any more. Give it anew in the mailbox settings; it is tried again, ever more rarely.",
	"client":      "The provider does not accept the client or its secret; it may have run out. Put a new one into the mailbox settings.",
	"unreachable": "The server can't be reached. Check its name and port; it is tried again by itself.",
	"certificate": "The server's certificate is not trusted: someone may be listening in. Nothing was sent to it.",
	"no_upgrade":  "The server does not offer an encrypted connection (STARTTLS). Nothing was sent to it.",
	"loopback":    "An unencrypted connection is made only to this machine itself. Choose TLS or STARTTLS.",
	"connection":  "The connection to the server was lost. Nothing is lost; it is tried again by itself.",
	"hostile":     "The server sent something that no mail server sends. The connection was dropped; it is tried again by itself.",
	"answer":      "The server refuses what was asked of it. It is tried again by itself.",
	"storage":     "Mail could not be stored here: is the disk full? Nothing is lost, it is still on the server.",
}

// problemText is a problem in one sentence.
func (v Voice) problemText(pr problem) string {
	key := "problem." + pr.Key
	switch {
	case pr.N > 0:
		return v.T(key, pr.N)
	case pr.About != "":
		return v.T(key, pr.About)
	}
	return v.T(key)
}

// objectText says an object of the access log ("job 3 approve") in words; a word the
// catalogue does not have stands as it is.
func (v Voice) objectText(object string) string {
	var out []string
	for _, word := range strings.Fields(object) {
		if key := "object." + strings.ReplaceAll(word, "-", "_"); v.has(key) {
			word = v.T(key)
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}
