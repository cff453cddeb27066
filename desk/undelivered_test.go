package desk

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postolka/mail"
	"postolka/store"
)

// failure is a report of a server about a mail to a recipient; returned is a line of
// the header it sends back.
func failure(recipient, action, status, returned string) []byte {
	return []byte(strings.ReplaceAll(fmt.Sprintf("From: Mail Delivery System <MAILER-DAEMON@mx.example>\nTo: podpora@shop.example\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <%d@mx>\n"+
		"Content-Type: multipart/report; report-type=delivery-status; boundary=z\n\n--z\n\nSorry.\n--z\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"+
		"Final-Recipient: rfc822; %s\nAction: %s\nStatus: %s\nDiagnostic-Code: smtp; 552 Mailbox full\n\n--z\nContent-Type: text/rfc822-headers\n\n%s\nTo: <jana@x.example>\n\n--z--\n",
		time.Now().UnixNano(), recipient, action, status, returned), "\n", "\r\n"))
}

func (w *world) ourID(sent Sent) string { return "Message-ID: <" + w.raw(sent.Message).MessageID + ">" }

// undelivered is what the thread says of a message of ours.
func (w *world) undelivered(sent Sent) (list []string) {
	w.t.Helper()
	t, err := w.Thread(w.t.Context(), w.system, sent.Conversation)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, l := range t.Messages {
		for _, u := range l.Undelivered {
			if l.ID != sent.Message {
				w.t.Errorf("message %d is marked", l.ID)
			}
			list = append(list, fmt.Sprintf("%s %s %s %v", u.Recipient, u.Status, u.Reason, u.Delayed))
		}
	}
	return list
}

func TestUndeliveredMailIsMarked(t *testing.T) {
	w := newWorld(t)
	in := w.arrives(w.mail(jana, podpora, "a", "b"))
	sent := w.send(Answer{Conversation: in.Conversation, Text: "x", Then: ThenSolve})
	w.later(time.Hour)
	late := w.arrives(failure("jana@x.example", "delayed", "4.4.1", w.ourID(sent)))
	if c := w.conversation(in.Conversation); late.Conversation != in.Conversation || c.Undelivered || c.Status != store.StatusOpen {
		t.Errorf("delayed: got %+v %+v", late, c)
	}
	w.later(time.Hour)
	w.arrives(failure("Jana@X.example", "failed", "5.2.2", w.ourID(sent)))
	c := w.conversation(in.Conversation)
	if !c.Undelivered || c.Who != "Jana Nová" || !c.WaitingSince.IsZero() || c.Messages != 4 || c.HasFiles {
		t.Errorf("failed: got %+v", c)
	}
	if got := w.undelivered(sent); !slices.Equal(got, []string{"Jana@X.example 5.2.2 full false"}) {
		t.Errorf("got %q", got)
	}
	w.later(time.Hour)
	again := w.send(Answer{Conversation: in.Conversation, Text: "y"})
	if m := w.message(again.Message); w.conversation(in.Conversation).Undelivered || !containsAddr(m.To, "jana@x.example") {
		t.Errorf("the next answer goes to %+v, conversation %+v", m.To, w.conversation(in.Conversation))
	}
}

// What a stranger can write marks nothing and lands nowhere.
func TestUndeliveredForged(t *testing.T) {
	w := newWorld(t)
	in := w.arrives(w.mail(jana, podpora, "a", "b", "Message-ID: <customer@x>"))
	sent := w.send(Answer{Conversation: in.Conversation, Text: "x", Then: ThenSolve})
	elsewhere := w.take(Incoming{Raw: w.mail("petr@y.example", "osobni@shop.example", "c", "d"), Mailbox: w.other})[0]
	theirs := w.send(Answer{Conversation: elsewhere.Conversation, Text: "x", To: []mail.Address{{Addr: "jana@x.example"}}})
	for name, c := range map[string]struct {
		raw   []byte
		lands bool
	}{
		"no Message-ID":                     {failure("jana@x.example", "failed", "5.1.1", "Subject: z"), false},
		"a made-up one":                     {failure("jana@x.example", "failed", "5.1.1", "Message-ID: <pst.aaaa@shop.example>"), false},
		"that of the customer's mail":       {failure("jana@x.example", "failed", "5.1.1", "Message-ID: <customer@x>"), false},
		"that of another mailbox":           {failure("jana@x.example", "failed", "5.1.1", w.ourID(theirs)), false},
		"ours, of whom nothing was sent to": {failure("evil@e.example", "failed", "5.1.1", w.ourID(sent)), true}, // who knows the token had the mail
	} {
		w.later(time.Minute)
		out := w.arrives(c.raw)
		if lands := out.Conversation == in.Conversation; lands != c.lands {
			t.Errorf("%s: got %+v", name, out)
		}
		if got := w.undelivered(sent); len(got) > 0 || w.conversation(in.Conversation).Undelivered {
			t.Errorf("%s: marked %q", name, got)
		}
		if m := w.message(out.Message); !m.Automatic || len(m.Failures) != 1 {
			t.Errorf("%s: got %+v", name, m)
		}
	}
}

// A mail sent with another program has no token: its Message-ID and recipient say as
// much, whichever came first.
func TestUndeliveredInAnyOrder(t *testing.T) {
	for _, order := range []string{"mail first", "report first"} {
		w := newWorldWithoutIndex(t)
		ours := Incoming{Raw: w.mail(podpora, "jana@x.example", "Nabídka", "x", "Message-ID: <thunder@shop.example>"), Sent: true}
		report := Incoming{Raw: failure("jana@x.example", "failed", "5.1.1", "Message-ID: <thunder@shop.example>"), ReceivedAt: w.clock.Add(time.Hour)}
		batch := []Incoming{ours, report}
		if order == "report first" {
			slices.Reverse(batch)
		}
		out := w.take(batch...)
		c := w.conversation(out[0].Conversation)
		if w.conversation(out[1].Conversation).Messages != c.Messages || c.Messages != 2 || c.Who != "jana@x.example" || !c.Undelivered {
			t.Errorf("%s: got %+v", order, c)
		}
	}
}

// Without an id of ours the recipient, the subject and the time make a proposal; who
// joins it marks the mail.
func TestUndeliveredByRecipientAndSubject(t *testing.T) {
	w := newWorld(t)
	in := w.arrives(w.mail(jana, podpora, "Objednávka 7", "b"))
	sent := w.send(Answer{Conversation: in.Conversation, Text: "x", Then: ThenSolve})
	w.later(time.Hour)
	other := w.arrives(failure("jana@x.example", "failed", "5.2.2", "Subject: Re: =?utf-8?Q?Objedn=C3=A1vka_8?="))
	out := w.arrives(failure("jana@x.example", "failed", "5.2.2", "Subject: Re: =?utf-8?Q?Objedn=C3=A1vka_7?="))
	if m := w.message(out.Message); out.Conversation == in.Conversation || m.Proposed != in.Conversation || w.message(other.Message).Proposed != 0 {
		t.Fatalf("got %+v, proposed %d; another subject %+v", out, m.Proposed, w.message(other.Message))
	}
	if err := w.JoinProposed(t.Context(), w.system, out.Message); err != nil {
		t.Fatal(err)
	}
	if got := w.undelivered(sent); len(got) != 1 || !w.conversation(in.Conversation).Undelivered {
		t.Errorf("joined: got %q", got)
	}
	w.later(reportWindow)
	if late := w.arrives(failure("jana@x.example", "failed", "5.2.2", "Subject: Objednavka 7")); w.message(late.Message).Proposed != 0 {
		t.Errorf("after the servers gave up: proposed %d", w.message(late.Message).Proposed)
	}
}
