package desk

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"postolka/mail"
	"postolka/store"
)

func (w *world) send(a Answer) Sent {
	w.t.Helper()
	sent, err := w.Send(w.t.Context(), w.system, a)
	if err != nil {
		w.t.Fatal(err)
	}
	return sent
}

func (w *world) raw(id store.MessageID) *mail.Message {
	w.t.Helper()
	raw, err := w.store.RawBytes(id)
	if err != nil {
		w.t.Fatal(err)
	}
	return mail.Parse(raw)
}

func (w *world) outbox(id store.OutboxID) (e store.OutboxEntry, ok bool) {
	_ = w.store.View(func(tx *store.Tx) (err error) {
		e, err = store.Outbox.Get(tx, id)
		ok = err == nil
		return nil
	})
	return e, ok
}

func TestSendReply(t *testing.T) {
	w := newWorld(t)
	in := w.arrives(w.mail(jana, podpora, "Kde je zásilka", "Dobrý den, prosím, kde je?", "Message-ID: <q@x>", "References: <p@x>"))
	w.later(time.Hour)
	w.agent("vendula", store.RoleAgent, store.RightAnswer)
	sent := w.send(Answer{Conversation: in.Conversation, Text: "Už **jede** <b>, viz https://shop.example/1.", Then: ThenWait, SeenUpTo: in.Message, Bcc: []mail.Address{{Addr: "boss@shop.example"}}})
	m := w.raw(sent.Message)
	if m.Subject != "Re: Kde je zásilka" || m.InReplyTo[0] != "q@x" || !slices.Equal(m.References, []string{"p@x", "q@x"}) || m.To[0].Addr != "jana@x.example" || m.From[0].Addr != podpora || m.Bcc != nil {
		t.Errorf("headers: got %+v", m)
	}
	plain, html := m.Plain().Text, m.HTML().Text
	if !strings.Contains(plain, "Dne 23. 11. 2026 v ") || !strings.Contains(plain, "napsal(a):") || !strings.Contains(plain, "> Dobrý den") {
		t.Errorf("plain: got %q", plain)
	}
	if !strings.Contains(html, `<b>jede</b> &lt;b&gt;`) || !strings.Contains(html, `<a href="https://shop.example/1">https://shop.example/1</a>.`) || !strings.Contains(html, "<blockquote") {
		t.Errorf("html: got %q", html)
	}
	e, _ := w.outbox(sent.Outbox)
	if e.State != store.OutboxHeld || !slices.Equal(e.Recipients, []string{"jana@x.example", "boss@shop.example"}) || !e.HoldUntil.Equal(w.clock.Add(10*time.Second)) || e.Sender != podpora {
		t.Errorf("outbox: got %+v", e)
	}
	c := w.conversation(in.Conversation)
	if c.Status != store.StatusWaiting || !c.WaitingSince.IsZero() || c.Messages != 2 {
		t.Errorf("conversation: got %+v", c)
	}
	// The answer of anybody who has our mail in hand joins, whoever he is.
	w.later(time.Hour)
	back := w.arrives(w.mail("jana.private@y.example", podpora, "AW: something", "dík", "In-Reply-To: <"+m.MessageID+">"))
	if c := w.conversation(in.Conversation); back.Conversation != in.Conversation || c.Status != store.StatusOpen || !c.WaitingSince.Equal(w.clock) {
		t.Errorf("the answer to it: got %+v %+v", back, c)
	}
}

func TestSendOwnCopyFromSentFolderIsADuplicate(t *testing.T) {
	w := newWorld(t)
	in := w.arrives(w.mail(jana, podpora, "a", "b"))
	sent := w.send(Answer{Conversation: in.Conversation, Text: "x"})
	raw, _ := w.store.RawBytes(sent.Message)
	for name, copied := range map[string][]byte{"same bytes": raw, "a header added": append([]byte("X-Server: y\r\n"), raw...)} {
		if out := w.take(Incoming{Raw: copied, Sent: true})[0]; out.Result != Duplicate || out.Message != sent.Message {
			t.Errorf("%s: got %+v", name, out)
		}
	}
}

func TestSendBounceJoins(t *testing.T) {
	w := newWorld(t)
	in := w.arrives(w.mail(jana, podpora, "a", "b"))
	sent := w.send(Answer{Conversation: in.Conversation, Text: "x", Then: ThenSolve})
	report := strings.ReplaceAll("From: MAILER-DAEMON@mx.example\nTo: podpora@shop.example\nSubject: Undelivered\nMessage-ID: <b@mx>\nContent-Type: multipart/report; boundary=z\n\n--z\n\nfailed\n--z\nContent-Type: text/rfc822-headers\n\nSubject: Re: a\nMessage-ID: <"+w.raw(sent.Message).MessageID+">\n\n--z--\n", "\n", "\r\n")
	w.later(time.Minute)
	out := w.arrives([]byte(report))
	if c := w.conversation(in.Conversation); out.Conversation != in.Conversation || c.Status != store.StatusOpen {
		t.Errorf("got %+v, %+v", out, c)
	}
}

func TestSendNewMessage(t *testing.T) {
	w := newWorld(t)
	sent := w.send(Answer{Mailbox: w.mailbox, To: []mail.Address{{Name: "Jana", Addr: "jana@x.example"}}, Subject: "Hello", Text: "x", Files: []mail.File{{Name: "a.txt", Data: []byte("attached")}}})
	c := w.conversation(sent.Conversation)
	if c.Who != "Jana" || c.Subject != "Hello" || c.Status != store.StatusWaiting || !c.HasFiles {
		t.Errorf("got %+v", c)
	}
	back := w.arrives(w.mail("other@y.example", podpora, "Re: Hello", "dík", "In-Reply-To: <"+w.raw(sent.Message).MessageID+">"))
	if back.Conversation != sent.Conversation {
		t.Errorf("the answer to it: got %+v", back)
	}
}

func TestSendStops(t *testing.T) {
	w := newWorld(t)
	in := w.arrives(w.mail(jana, podpora, "a", "b", "Message-ID: <q@x>"))
	w.later(time.Minute)
	in2 := w.arrives(w.mail(jana, podpora, "a", "more", "In-Reply-To: <q@x>"))
	var news ErrNews
	if _, err := w.Send(t.Context(), w.system, Answer{Conversation: in.Conversation, Text: "x", SeenUpTo: in.Message}); !errors.As(err, &news) || len(news.Messages) != 1 || news.Messages[0] != in2.Message {
		t.Errorf("news: got %v", err)
	}
	if _, err := w.Send(t.Context(), w.system, Answer{Conversation: in.Conversation, Text: "x", SeenUpTo: in.Message, Anyway: true}); err != nil {
		t.Errorf("anyway: got %v", err)
	}
	if _, err := w.Send(t.Context(), w.system, Answer{Mailbox: w.mailbox, Text: "x"}); !errors.Is(err, ErrNoRecipient) {
		t.Errorf("to nobody: got %v", err)
	}
	if _, err := w.Send(t.Context(), w.system, Answer{Mailbox: w.mailbox, To: []mail.Address{{Addr: "a@b.example\r\nBcc: c@d.example"}}, Text: "x"}); err == nil {
		t.Error("a line break in an address: no error")
	}
	silent, err := w.SaveMailbox(t.Context(), w.system, 0, store.Mailbox{Name: "archive"}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Send(t.Context(), w.system, Answer{Mailbox: silent, To: []mail.Address{{Addr: "a@b.example"}}}); !errors.Is(err, ErrNoSMTP) {
		t.Errorf("no server: got %v", err)
	}
}

func TestNote(t *testing.T) {
	w := newWorld(t)
	by := w.agent("karel", store.RoleAgent, store.RightAnswer)
	in := w.arrives(w.mail(jana, podpora, "a", "b"))
	was := w.conversation(in.Conversation)
	w.later(time.Hour)
	sent, err := w.Send(t.Context(), by, Answer{Conversation: in.Conversation, Note: true, Text: "zavolat 777 123 456"})
	if err != nil || sent.Outbox != 0 {
		t.Fatalf("got %+v %v", sent, err)
	}
	m := w.message(sent.Message)
	if m.Kind != store.Note || m.Agent != by.ID || m.Preview != "zavolat 777 123 456" {
		t.Errorf("got %+v", m)
	}
	now := w.conversation(in.Conversation)
	if now.Preview != was.Preview || !now.WaitingSince.Equal(was.WaitingSince) || now.Messages != 2 {
		t.Errorf("conversation: got %+v", now)
	}
}

func TestUndo(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		w := newWorld(t)
		by := w.agent("karel", store.RoleAgent, store.RightAnswer)
		in := w.arrives(w.mail(jana, podpora, "a", "b"))
		was := w.conversation(in.Conversation)
		sent, err := w.Send(t.Context(), by, Answer{Conversation: in.Conversation, Text: "secret words", Then: ThenSolve})
		if err != nil {
			t.Fatal(err)
		}
		if restarted {
			clear(w.held)
		}
		if _, err := w.Undo(t.Context(), w.agent("eva", store.RoleAgent, store.RightAnswer), sent.Outbox); !errors.Is(err, ErrNotAllowed) {
			t.Errorf("a colleague: got %v", err)
		}
		draft, err := w.Undo(t.Context(), by, sent.Outbox)
		if err != nil {
			t.Fatal(err)
		}
		th, err := w.Thread(t.Context(), by, in.Conversation)
		if err != nil || len(th.Messages) != 1 || len(th.Drafts) != 1 || th.Drafts[0].ID != draft || th.Drafts[0].Text != "secret words" || !th.Conversation.HasDraft {
			t.Errorf("restarted %v: got %+v %v", restarted, th, err)
		}
		if !restarted && th.Conversation.Status != was.Status {
			t.Errorf("status: got %d, want %d", th.Conversation.Status, was.Status)
		}
		if _, err := w.store.RawBytes(sent.Message); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("its bytes: got %v", err)
		}
		if _, err := w.Undo(t.Context(), by, sent.Outbox); !errors.Is(err, ErrNotAllowed) {
			t.Errorf("twice: got %v", err)
		}
	}
}

func TestUndoNewMessage(t *testing.T) {
	w := newWorld(t)
	by := w.agent("karel", store.RoleAgent, store.RightAnswer)
	sent, err := w.Send(t.Context(), by, Answer{Mailbox: w.mailbox, To: []mail.Address{{Addr: "jana@x.example"}}, Text: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Undo(t.Context(), by, sent.Outbox); err != nil {
		t.Fatal(err)
	}
	_ = w.store.View(func(tx *store.Tx) error {
		if store.Conversations.Has(tx, sent.Conversation) || store.Customers.Len(tx) != 0 {
			t.Error("conversation or customer stays")
		}
		return nil
	})
	if list, err := w.Drafts(t.Context(), by); err != nil || len(list) != 1 || list[0].To[0].Addr != "jana@x.example" {
		t.Errorf("drafts: got %+v %v", list, err)
	}
}

func TestUndoTooLate(t *testing.T) {
	w := newWorld(t)
	in := w.arrives(w.mail(jana, podpora, "a", "b"))
	sent := w.send(Answer{Conversation: in.Conversation, Text: "x"})
	_ = w.store.Update(func(tx *store.Tx) error {
		e, err := store.Outbox.Get(tx, sent.Outbox)
		e.State = store.OutboxSending
		return errors.Join(err, store.Outbox.Put(tx, sent.Outbox, e))
	})
	if _, err := w.Undo(t.Context(), w.system, sent.Outbox); !errors.Is(err, ErrTooLate) {
		t.Errorf("got %v", err)
	}
}

func TestLanguage(t *testing.T) {
	for text, want := range map[string]string{
		"Dobrý den, kde je moje objednávka?":             "cs",
		"Dobry den, prosim o fakturu, dekuji":            "cs",
		"Dear shop, where is my parcel? Thanks, and bye": "en",
		"Hallo": "en",
		"Hello, I have a question to Mr. Dvořák, thank you": "en",
	} {
		if got := language(&store.Message{}, text, store.Mailbox{}); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
