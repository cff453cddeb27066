package demo

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"postolka/account"
	"postolka/audit"
	"postolka/desk"
	"postolka/store"
	"postolka/store/storetest"
)

// The sample conversations come out the same in whatever order the mail comes.
func TestSampleThreadsDontDependOnOrder(t *testing.T) {
	letters, err := compose(stories(), testNow)
	check(t, err)
	var want []string
	for order := range uint64(21) {
		if order > 0 {
			rand.New(rand.NewPCG(order, 7)).Shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
		}
		got := threadsOf(t, letters)
		if order == 0 {
			want = got
			t.Logf("%d letters in %d conversations", len(letters), len(want))
		} else if !slices.Equal(got, want) {
			t.Errorf("order %d: got %d conversations, want the same %d", order, len(got), len(want))
		}
	}
}

// threadsOf takes the letters in on a new desk and gives each conversation as its letters' ids.
func threadsOf(t *testing.T, letters []letter) []string {
	t.Helper()
	s := storetest.New(t)
	log, err := audit.Open(s)
	check(t, err)
	defer func() { check(t, log.Close()) }()
	d := desk.New(s, nil, log, nil, desk.Options{NoUndo: true})
	boxes := map[string]store.MailboxID{}
	for _, at := range []string{podpora, reklamace, velkoobchod} {
		boxes[at+shopDomain], err = d.SaveMailbox(t.Context(), account.HostAgent(), 0, store.Mailbox{Name: at, Address: at + shopDomain}, "", "")
		check(t, err)
	}
	var batch []desk.Incoming
	for _, l := range letters {
		batch = append(batch, desk.Incoming{Raw: l.raw, Mailbox: boxes[l.address], Origin: store.FromImport, ReceivedAt: l.at, Sent: l.folder != inbox, Quiet: true})
	}
	out, err := d.Intake(t.Context(), batch)
	check(t, err)
	threads := map[store.ConversationID][]string{}
	check(t, s.View(func(tx *store.Tx) error {
		clear(threads)
		for i, o := range out {
			m, err := store.Messages.Get(tx, o.Message)
			if err != nil {
				return err
			}
			threads[m.Conversation] = append(threads[m.Conversation], fmt.Sprint(letters[i].id, letters[i].at.Unix()))
		}
		return nil
	}))
	var all []string
	for ids := range maps.Values(threads) {
		slices.Sort(ids)
		all = append(all, strings.Join(ids, " "))
	}
	slices.Sort(all)
	return all
}
