package imaptest

import (
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"postolka/store"
)

// Dial signs in with go-imap alone, to look at a server from aside.
func Dial(t testing.TB, s Server) *imapclient.Client {
	t.Helper()
	srv := s.Settings(store.Plain)
	c, err := imapclient.DialInsecure(address(srv.Port), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login(User, Password).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// Fetch reads all messages of a folder, in order of UID.
func Fetch(t testing.TB, s Server, folder string) []Mail {
	t.Helper()
	c := Dial(t, s)
	defer c.Close()
	sel, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if sel.NumMessages == 0 {
		return nil
	}
	var all imap.UIDSet
	all.AddRange(1, 0)
	msgs, err := c.Fetch(all, &imap.FetchOptions{InternalDate: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var mails []Mail
	for _, m := range msgs {
		mails = append(mails, Mail{Raw: m.FindBodySection(&imap.FetchItemBodySection{}), At: m.InternalDate})
	}
	return mails
}

// Flags of each message of a folder, by UID.
func Flags(t testing.TB, s Server, folder string) map[imap.UID][]imap.Flag {
	t.Helper()
	c := Dial(t, s)
	defer c.Close()
	sel, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	flags := map[imap.UID][]imap.Flag{}
	if sel.NumMessages == 0 {
		return flags
	}
	var all imap.UIDSet
	all.AddRange(1, 0)
	msgs, err := c.Fetch(all, &imap.FetchOptions{UID: true, Flags: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range msgs {
		flags[m.UID] = m.Flags
	}
	return flags
}
