package ui

import (
	"context"
	"strings"
	"testing"
	"time"

	"postolka/desk"
	"postolka/store"
)

// bounces answers a mail, and gets a report that the answer was not delivered.
func (w *world) bounces(subject, status, action string) (path string) {
	w.t.Helper()
	c := w.conversationOf(subject)
	sent, err := w.desk.Send(context.Background(), w.people["petr"], desk.Answer{Conversation: c, Text: "Dobrý den,\n\nkonvici Vám vyměníme, pošlete ji prosím na naši adresu.", Then: desk.ThenSolve})
	w.must(err)
	var m store.Message
	w.must(w.store.Update(func(tx *store.Tx) error {
		m, err = store.Messages.Get(tx, sent.Message)
		if err != nil {
			return err
		}
		e, err := store.Outbox.Get(tx, sent.Outbox)
		e.State, e.SentAt = store.OutboxDone, w.now
		w.must(store.Outbox.Put(tx, sent.Outbox, e))
		return err
	}))
	w.now = w.now.Add(time.Minute)
	raw := strings.NewReplacer("\n", "\r\n", "%to", m.To[0].Addr, "%status", status, "%action", action, "%id", m.MessageIDHeader).Replace(`Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.cz>
To: podpora@example.cz
Subject: Undelivered Mail Returned to Sender
Message-ID: <report@mx.example.cz>
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

This is the mail system at host mx.example.cz.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.cz

Final-Recipient: rfc822; %to
Action: %action
Status: %status
Diagnostic-Code: smtp; 552 %status <%to>: Recipient address rejected: mailbox over quota

--b
Content-Type: text/rfc822-headers

To: %to
Message-ID: <%id>

--b--
`)
	_, err = w.desk.Intake(context.Background(), []desk.Incoming{{Raw: []byte(raw), Mailbox: w.support, ReceivedAt: w.now}})
	w.must(err)
	return "/c/" + idText(c)
}

// undeliveredPath is the conversation of a mail that was not delivered, for a picture.
func undeliveredPath(w *world) string {
	return w.bounces(samples[0].subject, "5.2.2", "failed") + "?in=new"
}

func TestUndeliveredIsTold(t *testing.T) {
	for _, c := range []struct{ status, action, says, row string }{
		{"5.2.2", "failed", "schránka příjemce je plná (5.2.2)", "Nedoručeno"},
		{"4.4.1", "delayed", "server to zkouší dál: server příjemce neodpovídá (4.4.1)", ""},
	} {
		w := newWorld(t).settle()
		b := w.as("jana")
		page := b.get(w.bounces(samples[0].subject, c.status, c.action))
		notices := page.class("undelivered")
		if len(notices) != 2 { // at the answer, and in the report
			t.Fatalf("%s: got %d notices", c.action, len(notices))
		}
		for _, n := range notices {
			if !strings.Contains(text(n), c.says) {
				t.Errorf("%s: got %q", c.action, text(n))
			}
		}
		if to := attr(page.byID("to"), "value"); strings.Contains(to, "MAILER-DAEMON") || to == "" {
			t.Errorf("%s: an answer would go to %q", c.action, to)
		}
		var row string
		for _, n := range b.get("/in/new").class("lost") {
			row += text(n)
		}
		if !strings.Contains(row, c.row) || c.row == "" && row != "" {
			t.Errorf("%s: the list says %q", c.action, row)
		}
	}
}
