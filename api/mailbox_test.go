package api

import (
	"testing"

	"postolka/store"
)

func TestMailboxRequestChangesWhatItSpeaksOf(t *testing.T) {
	imap := store.Server{Host: "imap.shop.cz", Port: 993, User: "info@shop.cz"}
	smtp := store.Server{Host: "smtp.shop.cz", Port: 465, User: "info@shop.cz"}
	var m store.Mailbox
	first := MailboxRequest{Name: "info@", IMAP: Server{Password: "a"}, SMTP: Server{Password: "a"}}
	first.settle(&m, imap, store.Server{})
	if m.Address != "info@shop.cz" || m.IMAP.Host != imap.Host || first.IMAP.Password != "a" || first.SMTP.Password != "" {
		t.Errorf("a new mailbox: got %q, %+v, passwords %q %q", m.Address, m.IMAP, first.IMAP.Password, first.SMTP.Password)
	}
	m.Signature = "Shop"
	second := MailboxRequest{Name: "info@", IMAP: Server{Password: "b"}, SMTP: Server{Password: "b"}}
	second.settle(&m, store.Server{}, smtp)
	if m.Address != "info@shop.cz" || m.IMAP.Host != imap.Host || m.SMTP.Host != smtp.Host || m.Signature != "Shop" || second.IMAP.Password != "" {
		t.Errorf("only the outgoing server was given: got %+v", m)
	}
	third := MailboxRequest{Name: "info@", Address: "shop@shop.cz"}
	third.settle(&m, store.Server{}, store.Server{})
	if m.Address != "shop@shop.cz" || m.SMTP.Host != smtp.Host {
		t.Errorf("only the address was given: got %+v", m)
	}
	local := store.Mailbox{}
	(&MailboxRequest{Name: "x"}).settle(&local, store.Server{Host: "127.0.0.1", User: "test"}, store.Server{})
	if local.Address != "" {
		t.Errorf("a user that is no address became one: %q", local.Address)
	}
}
