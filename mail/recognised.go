package mail

import (
	"slices"
	"strings"

	"postolka/attach"
)

// Recognition is what text recognition made of the pictures of one part.
type Recognition struct {
	Path   string
	Text   string // of all its pictures; "" if they show none
	Reason string // of Unreadable, when recognition itself went wrong
	Blank  bool   // a picture showed no text, or could not be tried
}

// pictureReasons stand on what text recognition may read.
var pictureReasons = []string{attach.PictureOnly, attach.NoTextLayer}

// ShowsPictures reports whether text recognition may read more of a message.
func (t Text) ShowsPictures() bool {
	return slices.ContainsFunc(t.Unreadable, func(u Unreadable) bool { return slices.Contains(pictureReasons, u.Reason) })
}

// Picture is one picture or scanned page of a message, and the path of the part it
// lies in; without Data it is one that can't be handed on.
type Picture struct {
	Path string
	Data []byte
}

// Pictures lists those of a message.
func Pictures(m *Message) (list []Picture) {
	e := &extraction{}
	e.left = attach.NewBudgetFor(func(picture []byte) { list = append(list, Picture{e.at, picture}) })
	if m.Quarantine != QuarantineHeader && m.Quarantine != QuarantineEmpty {
		e.part(m.Root, "")
	}
	return list
}

// AddRecognised adds what was recognised by a reader of that name. A part that is no
// picture any more is passed over; one whose pictures all gave text lacks nothing.
func (t *Text) AddRecognised(by string, list []Recognition) {
	for _, r := range list {
		if !t.shows(r.Path) {
			continue
		}
		if strings.TrimSpace(r.Text) != "" {
			t.Parts = append(t.Parts, TextPart{r.Path, Recognised, "", strings.ToValidUTF8(r.Text, "\ufffd")})
		}
		if r.Reason != "" {
			t.Unreadable = append(t.Unreadable, Unreadable{r.Path, r.Reason})
		} else if !r.Blank && strings.TrimSpace(r.Text) != "" {
			t.Unreadable = slices.DeleteFunc(t.Unreadable, func(u Unreadable) bool { return u.Path == r.Path && slices.Contains(pictureReasons, u.Reason) })
		}
	}
	t.Parts = append(t.Parts, TextPart{"", Recognised, by, ""}) // says that it was tried
}

func (t *Text) shows(path string) bool {
	return slices.ContainsFunc(t.Unreadable, func(u Unreadable) bool { return u.Path == path && slices.Contains(pictureReasons, u.Reason) })
}

// Recognised gives what AddRecognised was given, so that a text that is derived again
// keeps it; by is "" if there is nothing.
func (t Text) Recognised() (by string, list []Recognition) {
	for _, p := range t.Parts {
		switch {
		case p.Kind != Recognised:
		case p.Path == "" && p.Text == "":
			by = p.Name
		default:
			list = append(list, Recognition{Path: p.Path, Text: p.Text, Blank: t.shows(p.Path)})
		}
	}
	for _, u := range t.Unreadable {
		if !strings.HasPrefix(u.Reason, recognitionReason) {
			continue
		}
		i := slices.IndexFunc(list, func(r Recognition) bool { return r.Path == u.Path })
		if i < 0 {
			list = append(list, Recognition{Path: u.Path})
			i = len(list) - 1
		}
		list[i].Reason = u.Reason
	}
	return by, list
}

// recognitionReason begins each reason of text recognition.
const recognitionReason = "text recognition"

// Keep adds what text recognition made of an older reading of the same message.
func (t *Text) Keep(old Text) {
	if by, list := old.Recognised(); by != "" {
		t.AddRecognised(by, list)
	}
}
