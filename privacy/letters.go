package privacy

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"

	"postolka/account"
	"postolka/desk"
	"postolka/letter"
	"postolka/store"
)

// Letters to the person are the catalogue of letters/, as it stood on 2026-11-26;
// the README says that a lawyer must confirm it. A letter becomes a draft in the
// conversation, and a person sends it.

//go:embed letters
var letterFiles embed.FS

var letters = sync.OnceValue(func() map[string]*template.Template {
	return map[string]*template.Template{
		"cs": template.Must(template.ParseFS(letterFiles, "letters/cs.tmpl")),
		"en": template.Must(template.ParseFS(letterFiles, "letters/en.tmpl")),
	}
})

// ErrLetter: something is missing without which the letter must not go: grounds
// of a refusal, an extension that was not taken, an erasure that is not done.
var ErrLetter = errors.New("the letter lacks what the law wants in it")

// LetterKinds are what can be written to the person.
var LetterKinds = []string{"receipt", "extension", "refusal", "answer"}

type letterData struct {
	Kind                            int
	Received, Legal, Extended, Last string
	Link, Why                       string
	Grounds                         []string
	Partly                          bool   // the rest was granted
	Kept                            []Kept // from an erasure, with Until as a day of the language
}

// Letter makes a draft of a letter in the request's conversation; grounds are for
// a refusal, which may be one of a part. ErrLetter, ErrGround, ErrNobody, ErrAnswered.
func (p *Privacy) Letter(ctx context.Context, by account.Agent, id store.RequestID, lang, kind string, refused []string) (store.ConversationID, error) {
	row, err := p.Request(by, id)
	if err != nil {
		return 0, err
	}
	if row.Conversation == 0 {
		return 0, ErrNobody
	}
	if err := checkGrounds(row.Kind, refused); err != nil {
		return 0, err
	}
	row.Grounds = refused
	if err := p.mayWrite(kind, row); err != nil {
		return 0, err
	}
	text, err := letterText(lang, kind, row, "")
	if err != nil {
		return 0, err
	}
	_, err = p.Desk.SaveDraft(ctx, by, desk.Draft{Draft: store.Draft{Conversation: row.Conversation, Text: text}})
	return row.Conversation, err
}

// mayWrite: no refusal without grounds, no word of an extension that was not taken
// or of an erasure that was not done (Article 12(3) and (4) GDPR). Where nothing
// was erased, or something stays for a reason of the shop's own, a refusal with its
// grounds has to be written.
func (p *Privacy) mayWrite(kind string, row RequestRow) error {
	switch kind {
	case "receipt":
		return nil
	case "extension":
		if row.ExtendedAt.IsZero() {
			return ErrLetter
		}
	case "refusal":
		if len(row.Grounds) == 0 {
			return ErrLetter
		}
	case "answer":
		if row.Kind != store.RequestErasure {
			return nil
		}
		if row.Work.State != store.JobDone || row.Gone == 0 && len(row.KeptFor) > 0 || slices.ContainsFunc(row.KeptFor, func(k Kept) bool { return k.Reason == "other" }) {
			return ErrLetter
		}
	default:
		return ErrLetter
	}
	return nil
}

// letterIn is the catalogue of a language, else the English one.
func letterIn(lang string) *template.Template {
	return letters()[cmp.Or(map[string]string{"cs": "cs"}[lang], "en")]
}

func letterText(lang, kind string, row RequestRow, link string) (string, error) {
	t := letterIn(lang)
	data := letterData{Kind: int(row.Kind), Received: letter.Day(lang, row.Dates.Received), Legal: letter.Day(lang, row.Dates.Legal),
		Extended: letter.Day(lang, row.Dates.ExtendedLegal), Link: link, Why: row.ExtendedWhy, Grounds: row.Grounds, Partly: row.Work.State == store.JobDone}
	if !row.SnapshotsGone.IsZero() {
		data.Last = letter.Day(lang, row.SnapshotsGone)
	}
	for _, k := range row.KeptFor {
		if day, err := time.Parse(time.DateOnly, k.Until); err == nil {
			k.Until = letter.Day(lang, day)
		}
		data.Kept = append(data.Kept, k)
	}
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, kind, data); err != nil {
		return "", fmt.Errorf("letter %s: %w", kind, err)
	}
	return strings.TrimSpace(b.String()) + "\n", nil
}
