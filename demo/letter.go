package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"postolka/mail"
)

const (
	inbox = "INBOX"
	sent  = "Sent"
)

// letter is one message as it lies on the server.
type letter struct {
	address string // of the mailbox
	folder  string
	at      time.Time
	raw     []byte
	id      string // Message-ID
	story   int    // index in stories
}

// prague is the shop's zone; a machine without zone data still shows winter time.
var prague = func() *time.Location {
	if z, err := time.LoadLocation("Europe/Prague"); err == nil {
		return z
	}
	return time.FixedZone("CET", 3600)
}()

// compose writes all mail there is at now, the oldest first.
func compose(all []story, now time.Time) (letters []letter, err error) {
	for i := range all {
		own, err := all[i].compose(i, now)
		if err != nil {
			return nil, fmt.Errorf("compose sample conversation %d: %w", i, err)
		}
		letters = append(letters, own...)
	}
	for i, odd := range oddities(now) {
		odd.story = -1 - i
		letters = append(letters, odd)
	}
	sort.SliceStable(letters, func(i, j int) bool { return letters[i].at.Before(letters[j].at) })
	return letters, nil
}

// thread is what the next message of a story answers.
type thread struct {
	ids  []string
	last string // text of the newest
	from mail.Address
	at   time.Time
}

func (s *story) compose(n int, now time.Time) (letters []letter, err error) {
	var th thread
	for i, t := range s.turns {
		at := t.time(now)
		if len(th.ids) > 0 && !at.After(th.at) {
			return nil, fmt.Errorf("message %d is not after the one before it", i)
		}
		seed := fmt.Sprintf("%d/%d/%d", now.Unix(), n, i)
		o := s.outgoing(t, th, seed, at)
		for _, make := range t.files {
			f, err := make(at)
			if err != nil {
				return nil, err
			}
			o.Attachments = append(o.Attachments, f)
		}
		raw, err := s.write(t, o)
		if err != nil {
			return nil, err
		}
		l := letter{address: s.box + shopDomain, folder: inbox, at: at, raw: raw, id: o.MessageID, story: n}
		if t.shop {
			l.folder = sent
		}
		letters = append(letters, l)
		th = thread{append(th.ids, o.MessageID), o.Text, o.From, at}
	}
	return letters, nil
}

// write gives the bytes as they lie in the folder: a received message has the
// lines that the shop's server put on top.
func (s *story) write(t turn, o mail.Outgoing) (raw []byte, err error) {
	if s.charset != "" && !t.shop {
		raw, err = inCharset(o, s.charset)
	} else {
		raw, err = o.Compose()
	}
	if err != nil || t.shop {
		return raw, err
	}
	return append(trace(s, o), raw...), nil
}

func trace(s *story, o mail.Outgoing) []byte {
	domain := o.From.Addr[strings.LastIndexByte(o.From.Addr, '@')+1:]
	verdict := "spf=pass smtp.mailfrom=%[2]s; dkim=pass header.d=%[2]s; dmarc=pass header.from=%[2]s"
	if s.forged {
		verdict = "spf=fail smtp.mailfrom=%[2]s; dkim=none; dmarc=fail header.from=%[2]s"
	}
	return fmt.Appendf(nil, "Return-Path: <%[3]s>\r\nReceived: from mx.%[2]s (mx.%[2]s [192.0.2.25])\r\n\tby mx.%[1]s with ESMTPS; %[4]s\r\n"+
		"Authentication-Results: mx.%[1]s; "+verdict+"\r\n", shopDomain, domain, o.From.Addr, o.Date.Add(2*time.Second).Format(time.RFC1123Z))
}

func (s *story) outgoing(t turn, th thread, seed string, at time.Time) mail.Outgoing {
	shop := mail.Address{Name: "Kolovrat", Addr: s.box + shopDomain}
	o := mail.Outgoing{From: mail.Address{Name: s.who.name, Addr: s.who.addr}, To: []mail.Address{shop}, Subject: s.subject, Date: at, AutoReply: t.auto && !s.forged}
	if t.shop {
		o.From, o.To = shop, []mail.Address{o.From}
	}
	domain := o.From.Addr[strings.LastIndexByte(o.From.Addr, '@')+1:]
	o.MessageID = digest(seed)[:24] + "@" + domain
	if n := len(th.ids); n > 0 {
		o.InReplyTo, o.References = th.ids[n-1], th.ids
		o.Subject = "Re: " + s.subject
	}
	own := s.sign(t, len(th.ids) == 0, seed, at)
	o.Text = own + quoteText(th, s.who.english)
	switch {
	case t.html != "":
		o.HTML = dates(t.html, at, s.who.english)
	case t.shop || !s.plain && s.charset == "" && !t.auto:
		o.HTML = toHTML(own) + quoteHTML(th, s.who.english)
	}
	return o
}

func digest(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	return hex.EncodeToString(sum[:])
}

func pick(seed string, from []string) string {
	sum := sha256.Sum256([]byte("pick " + seed))
	return from[int(sum[0])%len(from)]
}

var (
	czechClosings   = []string{"S pozdravem", "Děkuji", "Děkuji a přeji hezký den", "Zdraví", "Předem díky"}
	englishClosings = []string{"Kind regards,", "Thanks,", "Many thanks,", "Best,", "Best wishes,"}
)

var thanks = regexp.MustCompile(`(?i)děkuj|dík|thank|cheers`)

// sign adds what people write below: a closing, the name, in a first letter the phone.
func (s *story) sign(t turn, first bool, seed string, at time.Time) string {
	text := dates(t.text, at, s.who.english)
	switch {
	case t.unsign:
		return text
	case t.shop:
		name, _ := voice(s.box)
		closing := "S pozdravem"
		if s.who.english {
			closing = "Kind regards,"
		}
		return text + "\n\n" + closing + "\n" + name + "\n\n-- \n" + signature(s.box)
	}
	closings := czechClosings
	if s.who.english {
		closings = englishClosings
	}
	if thanks.MatchString(text) { // nobody thanks twice
		closings = []string{closings[0], closings[3]}
	}
	text += "\n\n" + pick(seed, closings) + "\n" + s.who.name
	if first && s.who.phone != "" {
		text += "\n" + s.who.phone
	}
	return text
}

func signature(box string) string {
	for _, b := range boxes() {
		if b.Name == box {
			return b.Signature
		}
	}
	return ""
}

var datePlace = regexp.MustCompile(`\{([+-]\d+)\}`)

var czechMonths = []string{"ledna", "února", "března", "dubna", "května", "června", "července", "srpna", "září", "října", "listopadu", "prosince"}

// dates puts dates for {+3}.
func dates(text string, at time.Time, english bool) string {
	return datePlace.ReplaceAllStringFunc(text, func(place string) string {
		days, _ := strconv.Atoi(place[1 : len(place)-1]) // the expression lets only numbers in
		d := at.AddDate(0, 0, days)
		if english {
			return d.Format("2 January")
		}
		return fmt.Sprintf("%d. %s", d.Day(), czechMonths[d.Month()-1])
	})
}

// attribution is the line by which mail programs introduce what they quote.
func attribution(th thread, english bool) string {
	at := th.at.In(prague)
	if english {
		return fmt.Sprintf("On %s at %s, %s wrote:", at.Format("2 Jan 2006"), at.Format("15:04"), th.from.Name)
	}
	return fmt.Sprintf("Dne %s v %s %s napsal(a):", at.Format("2. 1. 2006"), at.Format("15:04"), th.from.Name)
}

func quoteText(th thread, english bool) string {
	if len(th.ids) == 0 {
		return "\n"
	}
	return "\n\n" + attribution(th, english) + "\n> " + strings.ReplaceAll(strings.TrimRight(th.last, "\n"), "\n", "\n> ") + "\n"
}

func quoteHTML(th thread, english bool) string {
	if len(th.ids) == 0 {
		return ""
	}
	return "<div class=\"quote\"><p>" + html.EscapeString(attribution(th, english)) + "</p>\n<blockquote style=\"margin:0 0 0 1ex;border-left:1px solid #ccc;padding-left:1ex\">\n" +
		toHTML(strings.TrimRight(th.last, "\n")) + "</blockquote></div>\n"
}

// toHTML makes of plain text what a mail program's editor would have written.
func toHTML(text string) string {
	var b strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(paragraph), "\n", "<br>\n") + "</p>\n")
	}
	return b.String()
}

// time of a turn.
func (t turn) time(now time.Time) time.Time {
	if before, err := time.ParseDuration(t.clock); err == nil {
		return now.Add(before).Truncate(time.Second).In(prague)
	}
	clock, err := time.Parse("15:04", t.clock)
	if err != nil {
		panic("demo: a clock in a story is neither a time nor a duration: " + t.clock)
	}
	d := now.In(prague).AddDate(0, 0, -t.days)
	second := int(digest(t.text)[0]) % 60
	return time.Date(d.Year(), d.Month(), d.Day(), clock.Hour(), clock.Minute(), second, 0, prague)
}

// expected says how many messages the desk has when all mail is in.
func expected(all []story) (messages int) {
	for _, s := range all {
		messages += len(s.turns)
	}
	return messages + len(oddities(time.Unix(0, 0)))
}
