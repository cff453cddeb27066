package demo

import (
	"time"

	"postolka/mail"
	"postolka/store"
)

// story is one conversation. Its subject is unlike that of any other story.
type story struct {
	box     string
	who     customer
	subject string
	turns   []turn
	later   []string // what the customer answers to the shop's next mails, at most two
	charset string   // of the customer's mail; empty: UTF-8 by our own composer
	plain   bool     // the customer's program writes no HTML
	forged  bool     // the receiving server found the sender forged
	ending
}

// ending is where the desk is with a story when it is shown. The zero one is a
// conversation nobody has touched.
type ending struct {
	status   store.Status
	assignee string // e-mail; empty: nobody
	tags     []string
	note     string // internal
	snooze   int    // days from now; only with store.StatusSnoozed
}

// customer of the shop, or whoever else writes to it.
type customer struct {
	name, addr, phone string
	english           bool
}

func cz(name, addr, phone string) customer { return customer{name: name, addr: addr, phone: phone} }

func en(name, addr, phone string) customer {
	return customer{name: name, addr: addr, phone: phone, english: true}
}

// turn is one message of a story. In text {+3} and {-3} stand for the date so many
// days after or before the message.
type turn struct {
	shop   bool
	days   int    // before now
	clock  string // "9:14" in Prague; "-40m" is so long before now
	text   string
	html   string // instead of what is made of text
	files  []attachment
	auto   bool // written by a program
	unsign bool // nothing is added below text
}

// attachment makes a file; at is when the message is written.
type attachment func(at time.Time) (mail.File, error)

// in is a message of the customer.
func in(days int, clock, text string, files ...attachment) turn {
	return turn{days: days, clock: clock, text: text, files: files}
}

// out is an answer of the shop.
func out(days int, clock, text string, files ...attachment) turn {
	return turn{shop: true, days: days, clock: clock, text: text, files: files}
}

// machine is a message that a program wrote, with HTML of its own if html is given.
func machine(days int, clock, text, html string, files ...attachment) turn {
	return turn{days: days, clock: clock, text: text, html: html, files: files, auto: true, unsign: true}
}

// Endings.
func solved(tags ...string) ending  { return ending{status: store.StatusSolved, tags: tags} }
func waiting(tags ...string) ending { return ending{status: store.StatusWaiting, tags: tags} }
func with(email string, tags ...string) ending {
	return ending{assignee: email, tags: tags}
}

func (e ending) to(email string) ending {
	e.assignee = email
	return e
}

func (e ending) noting(text string) ending {
	e.note = text
	return e
}

// stories are all conversations of the shop, in no order that matters.
func stories() (all []story) {
	for _, theme := range [][]story{orders(), deliveries(), complaints(), wholesale(), english(), rights(), machines()} {
		all = append(all, theme...)
	}
	return all
}
