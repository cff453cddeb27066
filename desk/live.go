package desk

import (
	"context"
	"sync"
	"time"

	"postolka/account"
	"postolka/store"
)

// Event tells a page that something changed; ids only.
type Event struct {
	Kind         string // "conversation", "message", "presence", "outbox", "mailbox", "job", "reload"
	Mailbox      store.MailboxID
	Conversation store.ConversationID
	Message      store.MessageID
	Job          store.JobID
}

const (
	liveQueue   = 100             // events a slow page may be behind before it has to reload
	liveRecheck = 5 * time.Second // rights of a listener are read again after this long
)

// hub knows the pages that listen.
type hub struct {
	mu        sync.Mutex
	listeners map[*listener]bool
}

// listener is one page; its own goroutine passes the queue on.
type listener struct {
	mu      sync.Mutex
	by      account.Agent
	checked time.Time
	queue   []Event
	wake    chan struct{}
}

// Live sends events that by may know of until ctx ends, then the channel is
// closed; a slow reader loses events and gets Kind "reload". Rights are looked up
// again while it runs: a grant taken away ends its events.
func (d *Desk) Live(ctx context.Context, by account.Agent) <-chan Event {
	l := &listener{by: by, checked: time.Now(), wake: make(chan struct{}, 1)}
	d.live.mu.Lock()
	if d.live.listeners == nil {
		d.live.listeners = map[*listener]bool{}
	}
	d.live.listeners[l] = true
	d.live.mu.Unlock()

	out := make(chan Event)
	go func() {
		defer close(out)
		defer d.live.remove(l)
		l.pass(ctx, out)
	}()
	return out
}

func (h *hub) remove(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.listeners, l)
}

func (l *listener) pass(ctx context.Context, out chan<- Event) {
	for {
		for _, e := range l.take() {
			select {
			case out <- e:
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
			return
		}
	}
}

func (l *listener) take() []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	queue := l.queue
	l.queue = nil
	return queue
}

func (l *listener) put(e Event) {
	l.mu.Lock()
	switch {
	case len(l.queue) == 1 && l.queue[0].Kind == "reload":
	case len(l.queue) >= liveQueue:
		l.queue = []Event{{Kind: "reload"}}
	default:
		l.queue = append(l.queue, e)
	}
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Publish tells the pages (also for imapsync, outbox, privacy). It doesn't wait
// for them. Call it after the change is durable, outside of transactions.
func (d *Desk) Publish(e Event) {
	if e.Mailbox == 0 && e.Conversation != 0 {
		e.Mailbox = d.mailboxOf(e.Conversation)
	}
	for _, l := range d.live.all() {
		if mayKnow(d.rights(l), e) {
			l.put(e)
		}
	}
}

func (h *hub) all() []*listener {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*listener, 0, len(h.listeners))
	for l := range h.listeners {
		list = append(list, l)
	}
	return list
}

func (d *Desk) mailboxOf(id store.ConversationID) (m store.MailboxID) {
	_ = d.store.View(func(tx *store.Tx) error {
		c, err := store.Conversations.Get(tx, id)
		m = c.Mailbox
		return err
	}) // not found: of no mailbox, so nobody is told
	return m
}

// rights of a listener, read again every few seconds.
func (d *Desk) rights(l *listener) account.Agent {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by.Kind != account.Person || time.Since(l.checked) < liveRecheck {
		return l.by
	}
	l.checked = time.Now()
	_ = d.store.View(func(tx *store.Tx) error {
		a, err := store.Agents.Get(tx, l.by.ID)
		l.by.Role, l.by.Grants = a.Role, a.Grants
		if err != nil || !a.DisabledAt.IsZero() {
			l.by.Role, l.by.Grants = store.RoleAgent, nil
		}
		return nil
	})
	return l.by
}

// mayKnow decides which ids a page hears of.
func mayKnow(by account.Agent, e Event) bool {
	switch {
	case e.Kind == "job":
		return account.MayDo(by, account.FindPersons) || account.MayDo(by, account.SeeState)
	case e.Kind == "mailbox" && account.MayDo(by, account.ManageMailboxes):
		return true
	}
	return account.MayIn(by, account.Read, e.Mailbox)
}

// presence remembers for presenceFor who has which conversation open. In memory:
// after a restart pages say so again within seconds.
type presence struct {
	mu   sync.Mutex
	open map[store.ConversationID]map[store.AgentID]present
}

type present struct {
	name    string
	writing bool
	until   time.Time
}

const presenceFor = 30 * time.Second

// Viewing and Writing mark that by has a conversation open or writes in it
// (presence, in memory, 30 s). Pages hear of it when it changes.
func (d *Desk) Viewing(by account.Agent, id store.ConversationID, writing bool) error {
	var c store.Conversation
	err := d.store.View(func(tx *store.Tx) (err error) {
		id, c, err = conversation(tx, by, account.Read, id)
		return err
	})
	if err != nil {
		return err
	}
	if d.seen.mark(id, by, writing, d.now()) {
		d.Publish(Event{Kind: "presence", Mailbox: c.Mailbox, Conversation: id})
	}
	return nil
}

// mark reports whether others would see a difference.
func (p *presence) mark(id store.ConversationID, by account.Agent, writing bool, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = map[store.ConversationID]map[store.AgentID]present{}
	}
	p.forget(now)
	if p.open[id] == nil {
		p.open[id] = map[store.AgentID]present{}
	}
	was, here := p.open[id][by.ID]
	p.open[id][by.ID] = present{by.Name, writing, now.Add(presenceFor)}
	return !here || was.writing != writing
}

func (p *presence) forget(now time.Time) {
	for id, agents := range p.open {
		for a, who := range agents {
			if now.After(who.until) {
				delete(agents, a)
			}
		}
		if len(agents) == 0 {
			delete(p.open, id)
		}
	}
}

// others are the colleagues of by who have id open now.
func (p *presence) others(id store.ConversationID, by store.AgentID, now time.Time) (viewing, writing []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for a, who := range p.open[id] {
		switch {
		case a == by || now.After(who.until):
		case who.writing:
			writing = append(writing, who.name)
			fallthrough
		default:
			viewing = append(viewing, who.name)
		}
	}
	return viewing, writing
}
