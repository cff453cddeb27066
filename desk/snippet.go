package desk

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"postolka/mail"
	"postolka/match"
	"postolka/store"
)

const (
	snippetBefore = 60  // bytes of text shown before the first hit
	snippetAfter  = 160 // and after it
	maxMarks      = 20
	maxMarkText   = 1 << 20 // bytes of a text in which hits are looked for
)

// span is a hit in a text, in bytes.
type mark struct{ from, to int }

// snippet shows a hit in its place: the first text in which one of the words
// stands, body first. A hit that only the header has shows the beginning.
func (d *Desk) snippet(f *Found, q filter) error {
	t, err := d.text(f.Message)
	if errors.Is(err, store.ErrNotFound) { // erased in this moment
		return nil
	}
	if err != nil {
		return err
	}
	var m store.Message
	if err := d.store.View(func(tx *store.Tx) (err error) {
		m, err = store.Messages.Get(tx, f.Message)
		return err
	}); err != nil {
		return nil
	}
	words := newWanted(q.query.Words)
	for _, place := range places(&m, t, q.query.InAttachments) {
		if marks := words.find(place.text); len(marks) > 0 {
			f.Where, f.Snippet = place.where, cutOut(place.text, marks)
			return nil
		}
	}
	f.Where, f.Snippet = "body", []Piece{{Text: m.Preview}}
	return nil
}

// place is a text of a message and its name for people.
type place struct{ where, text string }

func places(m *store.Message, t mail.Text, attachmentsOnly bool) (list []place) {
	if !attachmentsOnly {
		for _, kind := range []mail.Kind{mail.Plain, mail.HTML, mail.Raw} {
			for _, p := range t.Parts {
				if p.Kind == kind {
					list = append(list, place{"body", p.Text})
				}
			}
		}
		list = append(list, place{"subject", m.Subject})
	}
	for _, p := range t.Parts {
		switch p.Kind {
		case mail.Attachment, mail.Recognised:
			list = append(list, place{fileName(m, p), p.Text})
		case mail.FileName:
			list = append(list, place{p.Text, p.Text})
		}
	}
	return list
}

// wanted is what the words of a search look like in a text.
type wanted struct {
	stems   []string // folded beginnings of words
	matcher *match.Matcher
}

func newWanted(query string) (w wanted) {
	var ids []match.Identifier
	for _, t := range append(tokens(query), query) {
		if strings.HasPrefix(t, "-") {
			continue
		}
		if id := match.Guess(strings.Trim(t, `"*`)); id.Kind != match.Text && id.Kind != match.Name {
			if id, err := match.ParseIdentifier(id.Kind, id.Value); err == nil {
				ids = append(ids, id)
			}
		}
		for _, word := range strings.FieldsFunc(string(match.Fold(nil, []byte(t))), notWord) {
			w.stems = append(w.stems, stemOf(word))
		}
	}
	if len(ids) > 0 {
		w.matcher, _ = match.NewMatcher(ids) // of none that is unfit; without it words are marked only
	}
	return w
}

// stemOf leaves off what Czech and English endings change, so that a form of the
// word is marked too. The index decided already that the message fits.
func stemOf(word string) string {
	if n := utf8.RuneCountInString(word); n > 4 && !strings.ContainsAny(word, "0123456789") {
		return string([]rune(word)[:max(4, n-3)])
	}
	return word
}

func notWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// find lists hits in order, not overlapping.
func (w wanted) find(text string) (marks []mark) {
	text = text[:min(len(text), maxMarkText)]
	if w.matcher != nil {
		for _, h := range w.matcher.Find([]byte(text)) {
			marks = append(marks, mark{h.From, h.To})
		}
	}
	folded := match.FoldMap([]byte(text))
	for at, end := 0, 0; at < len(folded.Text) && len(marks) < maxMarks; at = end + 1 {
		end = wordEnd(folded.Text, at)
		word := string(folded.Text[at:end])
		if word != "" && slices.ContainsFunc(w.stems, func(s string) bool { return strings.HasPrefix(word, s) && len(word) <= len(s)+5 }) {
			from, to := folded.Origin(at, end)
			marks = append(marks, mark{from, to})
		}
		if end < len(folded.Text) {
			_, size := utf8.DecodeRune(folded.Text[end:])
			end += size - 1
		}
	}
	return apart(marks)
}

// wordEnd is the end of the word that begins at.
func wordEnd(b []byte, at int) int {
	for at < len(b) {
		r, size := utf8.DecodeRune(b[at:])
		if notWord(r) {
			return at
		}
		at += size
	}
	return at
}

func apart(marks []mark) (out []mark) {
	slices.SortFunc(marks, func(a, b mark) int { return a.from - b.from })
	for _, m := range marks {
		if len(out) == 0 || m.from >= out[len(out)-1].to {
			out = append(out, m)
		}
	}
	return out
}

// cutOut is the text around the first hit, on one line.
func cutOut(text string, marks []mark) (pieces []Piece) {
	from := wordStart(text, marks[0].from-snippetBefore)
	to := wordStart(text, max(marks[0].from+snippetAfter, marks[0].to))
	if from > 0 {
		pieces = append(pieces, Piece{Text: "… "})
	}
	add := func(s string, hit bool) {
		if s != "" {
			pieces = append(pieces, Piece{oneLine(s), hit})
		}
	}
	for _, m := range marks {
		if m.to > to {
			break
		}
		add(text[from:m.from], false)
		add(text[m.from:m.to], true)
		from = m.to
	}
	add(text[from:to], false)
	if to < len(text) {
		pieces = append(pieces, Piece{Text: " …"})
	}
	return pieces
}

// wordStart moves back to the beginning of a word, or at least of a character.
func wordStart(text string, at int) int {
	if at <= 0 || at >= len(text) {
		return min(max(at, 0), len(text))
	}
	if i := strings.LastIndexAny(text[max(0, at-30):at], " \n\t"); i >= 0 {
		return max(0, at-30) + i + 1
	}
	for at > 0 && !utf8.RuneStart(text[at]) {
		at--
	}
	return at
}

// oneLine makes every run of white space one space, keeping those at the ends.
func oneLine(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		if unicode.IsSpace(r) {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}
