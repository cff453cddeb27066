package desk

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"postolka/account"
	"postolka/mail"
	"postolka/store"
)

// Every use case with every role and right: allowed or refused as the right says,
// and what isn't there is refused in the same words.
func TestAccessEveryUseCase(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	cases := []struct {
		name  string
		needs account.Act
		do    func(by account.Agent, c store.ConversationID, m store.MessageID, box store.MailboxID) error
	}{
		{"thread", account.Read, func(by account.Agent, c store.ConversationID, _ store.MessageID, _ store.MailboxID) error {
			_, err := w.Thread(ctx, by, c)
			return err
		}},
		{"list", account.Read, func(by account.Agent, _ store.ConversationID, _ store.MessageID, box store.MailboxID) error {
			_, err := w.List(ctx, by, ListQuery{View: ViewAll, Mailbox: box})
			return err
		}},
		{"body", account.Read, func(by account.Agent, _ store.ConversationID, m store.MessageID, _ store.MailboxID) error {
			_, err := w.Body(ctx, by, m, false)
			return err
		}},
		{"source", account.Read, func(by account.Agent, _ store.ConversationID, m store.MessageID, _ store.MailboxID) error {
			_, err := w.Source(ctx, by, m)
			return err
		}},
		{"file", account.Read, func(by account.Agent, _ store.ConversationID, m store.MessageID, _ store.MailboxID) error {
			if _, _, err := w.File(ctx, by, m, "9"); !errors.Is(err, store.ErrNotFound) {
				return err
			}
			return nil
		}},
		{"viewing", account.Read, func(by account.Agent, c store.ConversationID, _ store.MessageID, _ store.MailboxID) error {
			return w.Viewing(by, c, false)
		}},
		{"reply", account.Answer, func(by account.Agent, c store.ConversationID, _ store.MessageID, _ store.MailboxID) error {
			_, err := w.Send(ctx, by, Answer{Conversation: c, Text: "x"})
			return err
		}},
		{"note", account.Answer, func(by account.Agent, c store.ConversationID, _ store.MessageID, _ store.MailboxID) error {
			_, err := w.Send(ctx, by, Answer{Conversation: c, Text: "x", Note: true})
			return err
		}},
		{"new message", account.Answer, func(by account.Agent, _ store.ConversationID, _ store.MessageID, box store.MailboxID) error {
			_, err := w.Send(ctx, by, Answer{Mailbox: box, To: []mail.Address{{Addr: "a@b.example"}}, Text: "x"})
			return err
		}},
		{"draft", account.Answer, func(by account.Agent, c store.ConversationID, _ store.MessageID, _ store.MailboxID) error {
			id, err := w.SaveDraft(ctx, by, Draft{Draft: store.Draft{Conversation: c, Text: "x"}})
			if err == nil {
				err = w.DropDraft(ctx, by, id)
			}
			return err
		}},
		{"assign", account.Answer, func(by account.Agent, c store.ConversationID, _ store.MessageID, _ store.MailboxID) error {
			return w.Assign(ctx, by, 0, c)
		}},
		{"status", account.Answer, func(by account.Agent, c store.ConversationID, _ store.MessageID, _ store.MailboxID) error {
			return w.SetStatus(ctx, by, store.StatusSolved, c)
		}},
		{"snooze", account.Answer, func(by account.Agent, c store.ConversationID, _ store.MessageID, _ store.MailboxID) error {
			return w.Snooze(ctx, by, w.clock.Add(time.Hour), c)
		}},
		{"tag", account.Answer, func(by account.Agent, c store.ConversationID, _ store.MessageID, _ store.MailboxID) error {
			return w.Tag(ctx, by, []string{"a"}, nil, c)
		}},
		{"merge", account.Answer, func(by account.Agent, c store.ConversationID, _ store.MessageID, _ store.MailboxID) error {
			return w.Merge(ctx, by, c, c)
		}},
		{"join proposed", account.Answer, func(by account.Agent, _ store.ConversationID, m store.MessageID, _ store.MailboxID) error {
			return w.JoinProposed(ctx, by, m)
		}},
	}
	for _, role := range []store.Role{store.RoleAgent, store.RoleOwner, store.RoleAdmin, store.RolePrivacy, store.RoleAuditor} {
		for right := store.RightNone; right <= store.RightManage; right++ {
			by := w.agent(fmt.Sprintf("r%d-%d", role, right), role, right)
			in := w.arrives(w.mail(jana, podpora, "a", "b"))
			for _, c := range cases {
				err := c.do(by, in.Conversation, in.Message, w.mailbox)
				if want := account.MayIn(by, c.needs, w.mailbox); want != (err == nil) || !want && !errors.Is(err, ErrNotAllowed) {
					t.Errorf("%s, role %d, right %d: got %v, want allowed %v", c.name, role, right, err, want)
				}
				if err := c.do(by, 1<<40, 1<<40, 1<<40); !errors.Is(err, ErrNotAllowed) {
					t.Errorf("%s of nothing, role %d: got %v", c.name, role, err)
				}
			}
		}
	}
}

func TestAccessListAndCountsShowOnlyOwnMailboxes(t *testing.T) {
	w := newWorld(t)
	by := w.agent("karel", store.RoleAgent, store.RightRead)
	w.arrives(w.mail(jana, podpora, "mine", "b"))
	w.take(Incoming{Raw: w.mail(jana, podpora, "not mine", "b"), Mailbox: w.other})
	page, err := w.List(t.Context(), by, ListQuery{})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Conversation.Subject != "mine" {
		t.Errorf("list: got %+v %v", page, err)
	}
	n, err := w.Counts(t.Context(), by)
	if err != nil || n.Views[ViewNew] != 1 || len(n.Mailboxes) != 1 {
		t.Errorf("counts: got %+v %v", n, err)
	}
	th, err := w.Thread(t.Context(), by, page.Rows[0].ID)
	if err != nil || len(th.Panel.Earlier) != 0 {
		t.Errorf("the panel shows another mailbox: %+v %v", th.Panel, err)
	}
	if th, err = w.Thread(t.Context(), w.system, page.Rows[0].ID); err != nil || len(th.Panel.Earlier) != 1 {
		t.Errorf("the panel of who may read both: %+v %v", th.Panel, err)
	}
}

func TestAccessLiveEvents(t *testing.T) {
	w := newWorld(t)
	ctx, stop := context.WithCancel(context.Background())
	events := w.Live(ctx, w.agent("karel", store.RoleAgent, store.RightRead))
	w.take(Incoming{Raw: w.mail(jana, podpora, "not his", "b"), Mailbox: w.other})
	out := w.arrives(w.mail(jana, podpora, "his", "b"))
	if e := <-events; e.Conversation != out.Conversation || e.Message != out.Message || e.Kind != "message" {
		t.Errorf("got %+v", e)
	}
	for range 3 * liveQueue {
		w.Publish(Event{Kind: "conversation", Conversation: out.Conversation})
	}
	last := Event{}
	for last.Kind != "reload" {
		select {
		case last = <-events:
		case <-time.After(time.Minute):
			t.Fatal("a slow page is not told to reload")
		}
	}
	stop()
	for range events {
	}
}

func TestAccessIsLoggedBeforeContent(t *testing.T) {
	w := newWorld(t)
	by := w.agent("karel", store.RoleAgent, store.RightRead)
	in := w.arrives(w.mail(jana, podpora, "a", "b"))
	for range 2 {
		if _, err := w.Thread(t.Context(), by, in.Conversation); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := w.log.ByMessage(in.Message, 10)
	if err != nil || len(entries) != 2 || entries[0].Agent != by.ID || entries[0].Conversation != in.Conversation {
		t.Errorf("got %+v %v", entries, err)
	}
	th, _ := w.Thread(t.Context(), by, in.Conversation)
	if len(th.Messages[0].ShownTo) != 1 || th.Messages[0].ShownTo[0].Name != "karel" {
		t.Errorf("shown to: got %+v", th.Messages[0].ShownTo)
	}
	if err := w.log.Close(); err != nil {
		t.Fatal(err)
	}
	if th, err := w.Thread(t.Context(), by, in.Conversation); err == nil || th.Messages != nil {
		t.Errorf("without a log: got %d messages, %v", len(th.Messages), err)
	}
}

func TestSaveMailbox(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	admin := w.agent("admin", store.RoleAdmin, store.RightNone)
	m := store.Mailbox{Name: "new", IMAP: store.Server{Host: "imap.a.example", Port: 993, User: "u"}}
	id, err := w.SaveMailbox(ctx, admin, 0, m, "secret", "")
	if err != nil {
		t.Fatal(err)
	}
	if account.MayIn(admin, account.Read, id) {
		t.Error("the admin may read what he connected")
	}
	if _, err := w.SaveMailbox(ctx, admin, 0, m, "", ""); !errors.Is(err, ErrName) {
		t.Errorf("same name: got %v", err)
	}
	m.IMAP.Host = "evil.example"
	if _, err := w.SaveMailbox(ctx, admin, id, m, "", ""); !errors.Is(err, ErrPassword) {
		t.Errorf("another host: got %v", err)
	}
	m.IMAP.Host, m.Signature = "imap.a.example", "S"
	if _, err := w.SaveMailbox(ctx, admin, id, m, "", ""); err != nil {
		t.Errorf("same host: got %v", err)
	}
	list, err := w.Mailboxes(ctx, admin)
	if err != nil || len(list) != 3 || list[2].Mailbox.IMAP.Secret != nil || list[2].Right != store.RightNone {
		t.Errorf("mailboxes: got %+v %v", list, err)
	}
	_ = w.store.View(func(tx *store.Tx) error {
		rec, _ := store.Mailboxes.Get(tx, id)
		if p, err := w.store.Keys().Password(rec.IMAP); p != "secret" || rec.Signature != "S" {
			t.Errorf("stored: got %+v %v", rec, err)
		}
		return nil
	})
	if _, err := w.SaveMailbox(ctx, w.agent("karel", store.RoleAgent, store.RightAnswer), w.mailbox, m, "", ""); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("an agent: got %v", err)
	}
}
