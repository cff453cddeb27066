package demo

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"postolka/mail"
)

// customers answer what the shop sends them, each with what their story holds for
// later: about every second one, at most twice.
type customers struct {
	stories []story
	servers *Servers
	delay   func(seed string) time.Duration
	post    chan parcel
	ended   chan struct{}

	// of run alone
	known    map[string]int // story by Message-ID
	answered map[int]int    // answers given by story
}

// parcel is a message on its way from the shop.
type parcel struct {
	from string
	to   []string
	mail *mail.Message
}

func newCustomers(all []story, letters []letter, s *Servers, delay func(string) time.Duration) *customers {
	c := &customers{stories: all, servers: s, delay: delay, post: make(chan parcel, 64), ended: make(chan struct{}),
		known: map[string]int{}, answered: map[int]int{}}
	for _, l := range letters {
		if l.story >= 0 {
			c.known[l.id] = l.story
		}
	}
	return c
}

// thinking is how long a customer takes: 3 to 8 seconds.
func thinking(seed string) time.Duration {
	sum := digest(seed)
	n := int(sum[0])<<8 | int(sum[1])
	return 3*time.Second + time.Duration(n%5001)*time.Millisecond
}

// receive takes a message in from the SMTP server; safe from any goroutine.
func (c *customers) receive(from string, to []string, raw []byte) {
	select {
	case c.post <- parcel{from, to, mail.Parse(raw)}:
	case <-c.ended:
	}
}

// run answers until ctx ends, and returns when no answer is on its way any more.
func (c *customers) run(ctx context.Context) {
	var writing sync.WaitGroup
	defer writing.Wait()
	defer close(c.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-c.post:
			c.read(ctx, p, &writing)
		}
	}
}

// read finds whose story a message belongs to and whether there is something to say.
func (c *customers) read(ctx context.Context, p parcel, writing *sync.WaitGroup) {
	n, ok := c.find(p)
	if !ok || p.mail.Automatic || c.answered[n] == len(c.stories[n].later) {
		return
	}
	text := c.stories[n].later[c.answered[n]]
	c.answered[n]++
	c.known[p.mail.MessageID] = n
	seed := fmt.Sprintf("%s %d", p.mail.MessageID, c.answered[n])
	writing.Go(func() {
		select {
		case <-ctx.Done():
		case <-time.After(c.delay(seed)):
			c.answer(n, p, text, seed)
		}
	})
}

// find: by what the message answers, else by whom it goes to.
func (c *customers) find(p parcel) (n int, ok bool) {
	for _, id := range append(slices.Clone(p.mail.InReplyTo), p.mail.References...) {
		if n, ok := c.known[id]; ok && slices.ContainsFunc(p.to, c.stories[n].is) {
			return n, true
		}
	}
	n = slices.IndexFunc(c.stories, func(s story) bool {
		return s.box+shopDomain == p.from && slices.ContainsFunc(p.to, s.is)
	})
	return n, n >= 0
}

func (s story) is(addr string) bool { return strings.EqualFold(s.who.addr, addr) }

func (c *customers) answer(n int, p parcel, text, seed string) {
	s := &c.stories[n]
	th := thread{ids: append(slices.Clone(p.mail.References), p.mail.MessageID), at: p.mail.Date}
	if len(p.mail.From) > 0 {
		th.from = p.mail.From[0]
	}
	if body := p.mail.Plain(); body != nil {
		th.last = body.Text
	}
	at := time.Now().Truncate(time.Second).In(prague)
	t := turn{text: text}
	o := s.outgoing(t, th, seed, at)
	o.Subject = "Re: " + strings.TrimPrefix(p.mail.Subject, "Re: ")
	raw, err := s.write(t, o)
	if err != nil {
		return // the shop's own subject or references can't be written again: no answer then
	}
	// The folder exists while the servers do.
	_ = c.servers.deliver(letter{address: p.from, folder: inbox, at: at, raw: raw})
}

// literal is a message as the in-memory server takes it.
type literal struct{ *bytes.Reader }

func newLiteral(raw []byte) literal { return literal{bytes.NewReader(raw)} }

func (l literal) Size() int64 { return l.Reader.Size() }
