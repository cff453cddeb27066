package imapsync

import (
	"fmt"
	"testing"

	"github.com/emersion/go-imap/v2"
)

func TestPlacesAndTheirRoles(t *testing.T) {
	attr := func(a ...imap.MailboxAttr) []imap.MailboxAttr { return a }
	cases := []struct {
		name string
		list []*imap.ListData
		want string // name=role, those in sync first to last
	}{
		{"marked folders", []*imap.ListData{
			{Mailbox: "Zzz", Delim: '/'}, {Mailbox: "Poslané", Delim: '/', Attrs: attr(imap.MailboxAttrSent)},
			{Mailbox: "Koš", Delim: '/', Attrs: attr(imap.MailboxAttrTrash)}, {Mailbox: "INBOX", Delim: '/'},
		}, "[INBOX=inbox Poslané=sent Zzz=]"},
		{"Gmail", []*imap.ListData{
			{Mailbox: "[Gmail]", Delim: '/', Attrs: attr(imap.MailboxAttrNoSelect)},
			{Mailbox: "[Gmail]/All Mail", Delim: '/', Attrs: attr(imap.MailboxAttrAll)},
			{Mailbox: "[Gmail]/Starred", Delim: '/', Attrs: attr(imap.MailboxAttrFlagged)},
			{Mailbox: "[Gmail]/Spam", Delim: '/', Attrs: attr(imap.MailboxAttrJunk)},
			{Mailbox: "Orders", Delim: '/'}, {Mailbox: "INBOX", Delim: '/'},
		}, "[INBOX=inbox Orders= [Gmail]/All Mail=all]"},
		{"unmarked below INBOX", []*imap.ListData{
			{Mailbox: "INBOX", Delim: '.'}, {Mailbox: "INBOX.Odeslaná pošta", Delim: '.'},
			{Mailbox: "INBOX.Trash", Delim: '.'}, {Mailbox: "INBOX.Orders.Trash", Delim: '.'},
		}, "[INBOX=inbox INBOX.Odeslaná pošta=sent INBOX.Orders.Trash=]"},
		{"a mark outweighs a name", []*imap.ListData{
			{Mailbox: "Sent", Delim: '/'}, {Mailbox: "Sent Items", Delim: '/', Attrs: attr(imap.MailboxAttrSent)},
		}, "[Sent Items=sent Sent=]"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, p := range sortPlaces(c.list) {
				if p.synced() {
					got = append(got, p.name+"="+p.role)
				}
			}
			if s := fmt.Sprint(got); s != c.want {
				t.Errorf("got %s, want %s", s, c.want)
			}
		})
	}
}
