package privacy

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"postolka/audit"
	"postolka/letter"
	"postolka/match"
	"postolka/store"
)

// exportedRecipient is someone who got data of the person (Art. 15(1)(c)).
type exportedRecipient struct {
	Name string `json:"name"`
	How  string `json:"how"`  // "sent", "server", "processor" or "package"
	Last string `json:"last"` // day; "" for who gets it all the time
}

// exportedConsult says when the data was looked at and for what; not by whom
// (CJEU C-579/21).
type exportedConsult struct {
	Date    string `json:"date"`
	Action  string `json:"action"`
	Purpose string `json:"purpose"`
	Times   int    `json:"times"`
}

// packLetter adds what the letter is computed from, and the letter itself unless
// a point of it is missing.
func (p *Privacy) packLetter(_ context.Context, k *packer, found Finding, opt ExportOptions, data *exported) (missing []string, err error) {
	facts, err := p.letterFacts()
	if err != nil {
		return nil, err
	}
	ids := messagesOf(found.Hits)
	if data.Recipients, err = p.recipientsOf(k.burner.own, ids, facts, opt.Date); err != nil {
		return nil, err
	}
	if data.Consultations, err = p.consultations(ids, opt.Date); err != nil {
		return nil, err
	}
	if missing = facts.Missing(opt.Lang); len(missing) > 0 {
		return missing, nil
	}
	keeps, err := p.keeps(found)
	if err != nil {
		return nil, err
	}
	l := accessLetter(facts, opt, *data, keeps)
	var pdf, html bytes.Buffer
	if err := l.PDF(&pdf); err != nil {
		return nil, err
	}
	if err := l.HTML(&html); err != nil {
		return nil, err
	}
	if err := k.add("letter.pdf", pdf.Bytes()); err != nil {
		return nil, err
	}
	return missing, k.add("letter.html", html.Bytes())
}

// recipientsOf computes whom the messages went to: people that we wrote to, mail
// servers, processors by the settings, and packages made before that day.
func (p *Privacy) recipientsOf(own *match.Matcher, ids []store.MessageID, facts LetterFacts, day time.Time) ([]exportedRecipient, error) {
	last := map[exportedRecipient]time.Time{}
	note := func(name, how string, at time.Time) {
		key := exportedRecipient{Name: strings.TrimSpace(name), How: how}
		if key.Name != "" && !at.Before(last[key]) {
			last[key] = at
		}
	}
	err := p.Store.View(func(tx *store.Tx) error {
		clear(last)
		house := houseOf(tx)
		for _, id := range ids {
			if err := noteRecipients(tx, id, own, house, note); err != nil {
				return err
			}
			for export := range store.ExportsByMessage.Prefix(tx, store.Key(id)) {
				e, err := store.Exports.Get(tx, export)
				if err != nil {
					return err
				}
				if e.CreatedAt.UTC().Format(time.DateOnly) < day.Format(time.DateOnly) {
					note("#"+strconv.FormatUint(uint64(export), 10), "package", e.CreatedAt)
				}
			}
		}
		return nil
	})
	for line := range strings.Lines(facts.Processors) {
		note(line, "processor", time.Time{})
	}
	list := []exportedRecipient{}
	for r, at := range last {
		if !at.IsZero() {
			r.Last = at.UTC().Format(time.DateOnly)
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b exportedRecipient) int {
		return cmp.Or(cmp.Compare(a.How, b.How), cmp.Compare(a.Name, b.Name))
	})
	return list, err
}

func noteRecipients(tx *store.Tx, id store.MessageID, own *match.Matcher, house map[string]bool, note func(name, how string, at time.Time)) error {
	m, err := store.Messages.Get(tx, id)
	if err != nil {
		return nil // erased meanwhile
	}
	box, err := store.Mailboxes.Get(tx, m.Mailbox)
	if err != nil {
		return err
	}
	note(box.IMAP.Host, "server", time.Time{})
	note(box.SMTP.Host, "server", time.Time{})
	if m.Kind != store.Outgoing && !house[strings.ToLower(m.From.Addr)] { // imported mail may be ours too
		return nil
	}
	for _, a := range slices.Concat(m.To, m.Cc, m.Bcc) {
		if shown := strings.TrimSpace(a.Name + " <" + a.Addr + ">"); !house[strings.ToLower(a.Addr)] && len(own.Find([]byte(shown))) == 0 {
			note(shown, "sent", m.ReceivedAt)
		}
	}
	return nil
}

// consultations are those up to that day, without the work on the request itself.
func (p *Privacy) consultations(ids []store.MessageID, day time.Time) ([]exportedConsult, error) {
	today := day.Format(time.DateOnly)
	seen, times := map[int64]bool{}, map[exportedConsult]int{}
	for _, id := range ids {
		entries, err := p.Log.ByMessage(id, 0)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			date := e.At.UTC().Format(time.DateOnly)
			if seen[e.N] || !e.Action.Shows() || date > today || date == today && handles(e) {
				continue
			}
			seen[e.N] = true
			times[exportedConsult{Date: date, Action: string(e.Action), Purpose: consultPurpose(e)}]++
		}
	}
	list := []exportedConsult{}
	for c, n := range times {
		c.Times = n
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b exportedConsult) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Purpose, b.Purpose))
	})
	return list, nil
}

func handles(e audit.Entry) bool {
	return e.Action == audit.Find || e.Action == audit.Export || e.Action == audit.Download && strings.HasPrefix(e.Purpose, "export")
}

// consultPurpose: only stable words; what a colleague typed could name someone.
func consultPurpose(e audit.Entry) string {
	switch {
	case e.Action == audit.Find || e.Action == audit.Export || e.Action == audit.Download && e.Purpose != "":
		return "rights"
	case e.Action == audit.Search:
		return "search"
	}
	return "service"
}

// keeps says how long solved conversations of each mailbox are kept by the settings.
func (p *Privacy) keeps(found Finding) (map[string]time.Duration, error) {
	keeps := map[string]time.Duration{}
	err := p.Store.View(func(tx *store.Tx) error {
		clear(keeps)
		for _, h := range found.Hits {
			if box, err := store.Mailboxes.Get(tx, h.Mailbox); err == nil {
				keeps[box.Name] = box.Keep
			}
		}
		return nil
	})
	return keeps, err
}

// accessLetter puts the points of Art. 15 into their order.
func accessLetter(facts LetterFacts, opt ExportOptions, data exported, keeps map[string]time.Duration) letter.Letter {
	w, t := exportWords[opt.Lang], facts.In(opt.Lang)
	l := letter.Letter{
		Lang: opt.Lang, Sender: linesOf(facts.Controller), Place: facts.Place, Date: opt.Date, Title: w["title"],
		Signature: linesOf(facts.Signature), Foot: strings.Join(linesOf(facts.Controller), " · "),
	}
	add := func(blocks ...letter.Block) { l.Body = append(l.Body, blocks...) }
	section := func(key, text string) { add(letter.Heading(w[key]), letter.Paragraph(text)) }
	if len(data.Messages)+len(data.Records)+len(data.Withheld) == 0 {
		add(letter.Paragraph(w["nothing"]))
	} else {
		add(letter.Paragraph(fmt.Sprintf(w["intro"], len(data.Messages), len(data.Records))))
	}
	section("controller", facts.Controller)
	if facts.Officer != "" {
		add(letter.Paragraph(w["officer"] + " " + facts.Officer))
	}
	section("purposes", t.Purposes)
	add(letter.Paragraph(w["bases"] + " " + t.Bases))
	section("categories", t.Categories)
	add(letter.Heading(w["recipients"]), recipientsBlock(w, opt.Lang, data.Recipients))
	section("retention", t.Retention)
	add(keepsBlock(w, keeps)...)
	section("rights", t.Rights)
	section("authority", t.Authority)
	section("source", t.Source)
	add(sourceBlock(w, data.Messages))
	section("automated", t.Automated)
	section("transfers", t.Transfers)
	add(letter.Heading(w["consultations"]), consultBlock(w, opt.Lang, data.Consultations))
	add(gapsBlock(w, data)...)
	section("copy", w["copy_text"])
	return l
}

func linesOf(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func recipientsBlock(w words, lang string, list []exportedRecipient) letter.Block {
	if len(list) == 0 {
		return letter.Paragraph(w["no_recipients"])
	}
	t := letter.Table{Head: []string{w["recipient"], w["how"], w["last"]}}
	for _, r := range list {
		t.Rows = append(t.Rows, []string{r.Name, w["how."+r.How], dayIn(lang, r.Last)})
	}
	return t
}

// dayIn writes a day of data.json in words; "" stays.
func dayIn(lang, day string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return letter.Day(lang, at)
}

func keepsBlock(w words, keeps map[string]time.Duration) (blocks []letter.Block) {
	list := letter.List{}
	for _, name := range slices.Sorted(maps.Keys(keeps)) {
		if days := int(keeps[name].Hours() / 24); days > 0 {
			list = append(list, fmt.Sprintf(w["kept"], name, days))
		}
	}
	if len(list) > 0 {
		blocks = append(blocks, list)
	}
	return blocks
}

func sourceBlock(w words, messages []exportedMessage) letter.Block {
	counts := map[string]int{}
	for _, m := range messages {
		switch {
		case m.Role == Author:
			counts["you"]++
		case m.Kind == kindWords[store.Incoming] || m.Kind == kindWords[store.Form]:
			counts["others"]++
		default:
			counts["us"]++
		}
	}
	return letter.List{fmt.Sprintf(w["from.you"], counts["you"]), fmt.Sprintf(w["from.others"], counts["others"]), fmt.Sprintf(w["from.us"], counts["us"])}
}

func consultBlock(w words, lang string, list []exportedConsult) letter.Block {
	if len(list) == 0 {
		return letter.Paragraph(w["no_consultations"])
	}
	t := letter.Table{Head: []string{w["day"], w["what"], w["why"], w["times"]}}
	for _, c := range list {
		t.Rows = append(t.Rows, []string{dayIn(lang, c.Date), w["act."+c.Action], w["why."+c.Purpose], strconv.Itoa(c.Times)})
	}
	return t
}

// gapsBlock says what the copy lacks, and what nobody could search.
func gapsBlock(w words, data exported) (blocks []letter.Block) {
	redacted := 0
	for _, m := range data.Messages {
		if m.Redacted {
			redacted++
		}
	}
	list := letter.List{}
	if redacted > 0 {
		list = append(list, fmt.Sprintf(w["redacted"], redacted))
	}
	for _, h := range data.Withheld {
		list = append(list, w.gap(h.Message, h.Part)+": "+w["because."+h.Reason])
	}
	for _, u := range data.Unreadable {
		list = append(list, w.gap(u.Message, u.Part)+": "+w["unread."+u.Seen]+" ("+u.Reason+")")
	}
	if len(list) > 0 {
		blocks = []letter.Block{letter.Heading(w["gaps"]), list}
	}
	return blocks
}

func (w words) gap(message uint64, part string) string {
	if part == "" {
		return fmt.Sprintf(w["gap_message"], message)
	}
	return fmt.Sprintf(w["gap_part"], message, part)
}
