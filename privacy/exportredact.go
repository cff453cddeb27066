package privacy

import (
	"bytes"
	"strings"

	"postolka/mail"
	"postolka/match"
	"postolka/store"
)

// Withheld is a part of a package that is not in it, with the stable word why.
type Withheld struct {
	Message uint64 `json:"message"`
	Part    string `json:"part"` // "": the whole message
	Reason  string `json:"reason"`
}

// Reasons to withhold (Art. 15(4)).
const (
	withheldOthers     = "others' data"                  // other people's data that can't be taken out of this format
	withheldUnreadable = "could not be read"             // so others' data can't be ruled out
	withheldPicture    = "picture, sound or video"       // the same
	withheldRestricted = "restricted for another person" // Art. 18
	withheldWhole      = "message can't be redacted"     // too damaged to be sure
)

// burner takes other people's data out of what a package holds.
type burner struct {
	others masker
	own    *match.Matcher
	off    bool // others' data stays
}

func newBurner(sel []match.Identifier, others []Other, off bool) (burner, error) {
	var ids []match.Identifier
	for _, o := range others {
		ids = append(ids, o.Identifier)
	}
	m, err := newMasker(ids)
	if err != nil {
		return burner{}, err
	}
	own, err := match.NewMatcher(sel)
	return burner{others: m, own: own, off: off}, err
}

// message gives the bytes that go into the package. Nil: the message is withheld.
func (b burner) message(id store.MessageID, raw []byte, m store.Message, text mail.Text, role string) ([]byte, []Withheld) {
	switch {
	case role == Recipient:
		return b.blindCopies(id, raw)
	case role != Mentioned || b.off:
		return raw, nil
	}
	why := closedParts(raw, m, text)
	blocked := filesWith(raw, b.others)
	for path := range why {
		blocked[path] = true
	}
	masked, _, err := maskedBytes(raw, b.others, blocked)
	if err != nil {
		return nil, []Withheld{{uint64(id), "", withheldWhole}}
	}
	return masked, missingParts(id, raw, masked, why)
}

// blindCopies hides to whom else a message went that the person received.
func (b burner) blindCopies(id store.MessageID, raw []byte) ([]byte, []Withheld) {
	masked, err := mail.Redact(raw, func(kind mail.Kind, path, name, text string) string {
		if path != "" || !hidesCopies(Recipient, kind, name) || !strings.Contains(b.withoutOwn(text), "@") {
			return text
		}
		return Masked
	}, nil)
	if err != nil {
		return raw, nil // a message without a header that could be read has no such field
	}
	return masked, nil
}

func (b burner) withoutOwn(text string) string { return masker{b.own}.mask(text) }

// text of a record.
func (b burner) text(s string) string {
	if b.off {
		return s
	}
	return b.others.mask(s)
}

// closedParts are files in which nobody could look for others' data.
func closedParts(raw []byte, m store.Message, text mail.Text) map[string]string {
	why := map[string]string{}
	for _, part := range text.Parts {
		if part.Kind == mail.Recognised && part.Path != "" {
			why[part.Path] = withheldPicture // recognition sees a name or not
		}
	}
	for _, u := range m.Unreadable {
		why[u.Part] = withheldUnreadable
	}
	for _, part := range mail.Parse(raw).Attachments() {
		major, _, _ := strings.Cut(part.Type, "/")
		if major == "image" || major == "audio" || major == "video" {
			why[part.Path] = withheldPicture
		}
	}
	return why
}

// missingParts names the files that gave way to a note.
func missingParts(id store.MessageID, raw, masked []byte, why map[string]string) (list []Withheld) {
	before := map[string][]byte{}
	for _, part := range mail.Parse(raw).Attachments() {
		before[part.Path] = part.Body
	}
	for _, part := range mail.Parse(masked).Attachments() {
		if was, ok := before[part.Path]; !ok || bytes.Equal(was, part.Body) || !part.Withheld() {
			continue
		}
		reason := why[part.Path]
		if reason == "" {
			reason = withheldOthers
		}
		list = append(list, Withheld{uint64(id), part.Path, reason})
	}
	return list
}
