package mail

import (
	"slices"
	"strings"
	"testing"
)

// bounceOf puts a text into a report as a server sends it.
func bounceOf(from, subject, text string, header ...string) string {
	return strings.Join(append([]string{"From: " + from, "To: podpora@shop.example", "Subject: " + subject, "Message-ID: <report@mx.example>",
		"Content-Type: text/plain; charset=utf-8"}, header...), "\n") + "\n\n" + text
}

const daemon = "Mail Delivery System <MAILER-DAEMON@mx.example>"

func TestBounceInWords(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want Failure // Words only where given
		id   string
	}{
		"Postfix without a status part": {bounceOf(daemon, "Undelivered Mail Returned to Sender", "This is the mail system at host mx.example.\n\nFor further assistance, please send mail to <postmaster@mx.example>\n\n<jana@kde.example>: host mx.kde.example[192.0.2.1] said: 552 5.2.2\n    Mailbox full (in reply to RCPT TO command)\n"),
			Failure{Recipient: "jana@kde.example", Status: "5.2.2", Reason: ReasonFull, Words: "host mx.kde.example[192.0.2.1] said: 552 5.2.2 Mailbox full (in reply to RCPT TO command)"}, ""},
		"qmail with the message below": {bounceOf("MAILER-DAEMON@mx.example", "failure notice", "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<jana@kde.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <podpora@shop.example>\nReceived: (qmail 1 invoked by uid 1); 1 Jan 2026\nMessage-ID: <ours@shop.example>\nSubject: Re: x\nTo: jana@kde.example\n\nother@else.example wrote\n"),
			Failure{Recipient: "jana@kde.example", Status: "5.1.1", Reason: ReasonUnknown}, "ours@shop.example"},
		"Exim, delayed": {bounceOf("Mail Delivery System <Mailer-Daemon@mx.example>", "Warning: message 1abc delayed 24 hours", "This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.example.\n\nThe message identifier is:     1abc\nThe subject of the message is: Re: x\n\nThe address to which the message has not yet been delivered is:\n\n  jana@kde.example\n    Delay reason: Connection timed out\n\nNo action is required on your part.\n"),
			Failure{Recipient: "jana@kde.example", Delayed: true, Reason: ReasonUnreachable}, ""},
		"a Czech server": {bounceOf("Doručovací systém <mailer-daemon@posta.example>", "Nedoručitelná zpráva", "Dobrý den,\n\nVaši zprávu se nepodařilo doručit na adresu:\n\n    jana@kde.example\n\nSchránka příjemce je plná.\n\nPůvodní zpráva:\n> Message-ID: <ours@shop.example>\n> Subject: Re: x\n> To: jana@kde.example\n"),
			Failure{Recipient: "jana@kde.example", Reason: ReasonFull}, "ours@shop.example"},
		"Exchange in Czech": {bounceOf("Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@kde.example>", "Nedoručitelné: Re: Objednávka", "Doručení těmto příjemcům nebo skupinám se nezdařilo:\n\njana@kde.example<mailto:jana@kde.example>\nZadaná e-mailová adresa nebyla nalezena.\n\nDiagnostické informace pro správce:\n\nGenerující server: ex.kde.example\n\njana@kde.example\n#550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup ##\n\nPůvodní záhlaví zprávy:\n\nReceived: from mx.shop.example (192.0.2.7)\nMessage-ID: <ours@shop.example>\nSubject: Re: Objednávka\n"),
			Failure{Recipient: "jana@kde.example", Status: "5.1.10", Reason: ReasonDomain}, "ours@shop.example"},
		"Exchange that only tells the header": {bounceOf("System Administrator <postmaster@kde.example>", "Undeliverable: Re: x", "Your message\n\n  To:      jana@kde.example\n  Subject: Re: x\n  Sent:    Fri, 4 Oct 2024 17:10:56 -0400\n\ndid not reach the following recipient(s):\n\njana@kde.example on Fri, 4 Oct 2024 17:12:28 -0400\n    The recipient name is not recognized\n"),
			Failure{Recipient: "jana@kde.example", Reason: ReasonUnknown}, ""},
		"German": {bounceOf(daemon, "Unzustellbar: Re: x", "Ihre Nachricht konnte nicht zugestellt werden.\n\nEmpfänger: jana@kde.example\n550 Empfänger unbekannt\n"),
			Failure{Recipient: "jana@kde.example", Status: "550", Reason: ReasonUnknown}, ""},
		"Gmail, delayed, speaks of a failure to come": {bounceOf("Mail Delivery Subsystem <mailer-daemon@mx.example>", "Delivery Status Notification (Delay)", "** Delivery incomplete **\n\nThere was a temporary problem delivering your message to jana@kde.example. Gmail will retry for 46 more hours. You'll be notified if the delivery fails permanently.\n"),
			Failure{Recipient: "jana@kde.example", Delayed: true}, ""},
		"Courier names itself a server": {bounceOf("\"Courier mail server at mx.example\" <@>", "NOTICE: mail delivery status.", "                           UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<jana@kde.example>:\n    mx.kde.example [192.0.2.25]:\n<<< 550 5.1.1 User Unknown\n"),
			Failure{Recipient: "jana@kde.example", Status: "5.1.1", Reason: ReasonUnknown}, ""},
		"a transcript follows, no copy": {bounceOf("Postmaster <postmaster@mx.example>", "Undeliverable: x", "Your message could not be sent.\nA transcript of the attempts to send the message follows.\nAddressed To: jana@kde.example\n\n550 Recipient rejected\n"),
			Failure{Recipient: "jana@kde.example", Status: "550", Reason: ReasonUnknown}, ""},
		"no server, but a status and an address at a line's beginning": {bounceOf("Support <help@gw.example>", "Message delivery failure", "These were not reached:\n\njana@kde.example\n550 User unknown\n"),
			Failure{Recipient: "jana@kde.example", Status: "550", Reason: ReasonUnknown}, ""},
		"a receipt that says thrown away": {"From: Mail Delivery Subsystem <postmaster@kde.example>\nTo: podpora@shop.example\nSubject: Rejected: Re: x\nContent-Type: multipart/report; report-type=disposition-notification; boundary=z\n\n--z\n\nYour message to <jana@kde.example> was automatically rejected:\nQuota exceeded\n--z\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; jana@kde.example\nOriginal-Message-ID: <ours@shop.example>\nDisposition: automatic-action/MDN-sent-automatically; deleted\n\n--z--\n",
			Failure{Recipient: "jana@kde.example", Reason: ReasonFull}, "ours@shop.example"},
		"a receipt in a mail like any other": {"From: Jana <jana@kde.example>\nTo: podpora@shop.example\nSubject: Re: x\nContent-Type: multipart/mixed; boundary=z\n\n--z\n\nYour message to <jana@kde.example> was automatically rejected:\nQuota exceeded\n--z\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; jana@kde.example\nOriginal-Message-ID: <ours@shop.example>\nDisposition: automatic-action/MDN-sent-automatically; deleted\n\n--z--\n",
			Failure{Recipient: "jana@kde.example", Reason: ReasonFull}, "ours@shop.example"},
	} {
		b, ok := ReadBounce(Parse([]byte(c.raw)))
		if !ok || len(b.Failures) != 1 {
			t.Errorf("%s: got %+v, %v", name, b, ok)
			continue
		}
		got := b.Failures[0]
		if c.want.Words == "" {
			got.Words = ""
		}
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
		if c.id != "" && !slices.Contains(b.Returned.MessageIDs, c.id) {
			t.Errorf("%s: returned %+v, want %s", name, b.Returned, c.id)
		}
	}
}

const statusReport = "From: Mail Delivery System <MAILER-DAEMON@mx.example>\nTo: podpora@shop.example\nSubject: x\nContent-Type: multipart/report; report-type=delivery-status; boundary=z\n\n--z\n\nSorry.\n\n--z\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n%\n--z\nContent-Type: text/rfc822-headers\n\nMessage-ID: <ours@shop.example>\nSubject: Re: a\nTo: jana@kde.example\n\n--z--\n"

func TestBounceByStatus(t *testing.T) {
	for name, c := range map[string]struct {
		groups string
		want   []Failure
	}{
		"two failed, one delivered": {"Final-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no\n  such user\n\nFinal-Recipient: rfc822;b@x.example\nAction: delivered\nStatus: 2.0.0\n \nFinal-Recipient: RFC822; <c@x.example>\nAction: FAILED (bounced)\nStatus: 5.2.2 (full)\n",
			[]Failure{{Recipient: "a@x.example", Status: "5.1.1", Reason: ReasonUnknown, Words: "550 5.1.1 no such user"}, {Recipient: "c@x.example", Status: "5.2.2", Reason: ReasonFull}}},
		"expired is no action of the RFC": {"Final-Recipient: rfc822; a@x.example\nAction: expired\nStatus: \nDiagnostic-Code: Connection timed out\n", []Failure{{Recipient: "a@x.example", Reason: ReasonUnreachable, Words: "Connection timed out"}}},
		"delayed":                         {"Final-Recipient: rfc822; a@x.example\nAction: delayed\nStatus: 4.4.1\n", []Failure{{Recipient: "a@x.example", Delayed: true, Status: "4.4.1", Reason: ReasonUnreachable}}},
		"as first addressed, forwarded":   {"Original-Recipient: rfc822;jana+2B@x.example\nFinal-Recipient: rfc822; other@y.example\nAction: failed\nStatus: 5.7.1\n", []Failure{{Recipient: "jana+@x.example", Status: "5.7.1", Reason: ReasonRefused}}},
		"a tag of the address is no code": {"Final-Recipient: rfc822; jana+42@x.example\nAction: failed\nStatus: 5.0.0\n", []Failure{{Recipient: "jana+42@x.example", Status: "5.0.0"}}},
	} {
		b, ok := ReadBounce(Parse([]byte(strings.Replace(statusReport, "%", c.groups, 1))))
		if !ok || !slices.Equal(b.Failures, c.want) {
			t.Errorf("%s: got %+v, %v", name, b.Failures, ok)
		}
		if !slices.Equal(b.Returned.MessageIDs, []string{"ours@shop.example"}) || b.Returned.Subject != "Re: a" {
			t.Errorf("%s: returned %+v", name, b.Returned)
		}
	}
}

// What speaks of undelivered mail without being a report of it.
func TestNoBounce(t *testing.T) {
	forwarded := "Předávám, co mi přišlo.\n\n> <vase@shop.example>: host mx said: 550 5.1.1 User unknown\n> Your message could not be delivered to the following recipients:\n> vase@shop.example\n"
	for name, raw := range map[string]string{
		"delivered":                            strings.Replace(statusReport, "%", "Final-Recipient: rfc822; a@x.example\nAction: delivered\nStatus: 2.0.0\n", 1),
		"a customer forwards one":              bounceOf("Jana <jana@kde.example>", "Fwd: Undelivered Mail Returned to Sender", forwarded),
		"a customer asks about one":            bounceOf("Jana <jana@kde.example>", "Nedoručený balík", "Dobrý den, balík nebyl doručen na adresu jana@kde.example a zásilka se vrátila. Kde je?"),
		"a parcel that was not delivered":      bounceOf("Dopravce <noreply@dopravce.example>", "Vaše zásilka", "Zásilku se nepodařilo doručit. Napište na info@dopravce.example.", "Return-Path: <>"),
		"a postmaster who answers":             bounceOf("Postmaster <postmaster@kde.example>", "Re: delivery failure", "Your mail was not delivered because of our firewall, try again: jana@kde.example"),
		"out of office":                        bounceOf("Jana <jana@kde.example>", "Automatická odpověď: x", "Jsem mimo kancelář, pište na petr@kde.example.", "Return-Path: <>", "Auto-Submitted: auto-replied"),
		"a read receipt":                       "From: Jana <jana@kde.example>\nTo: podpora@shop.example\nSubject: Read: x\nContent-Type: multipart/report; report-type=disposition-notification; boundary=z\n\n--z\n\nYour message was read.\n--z\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; jana@kde.example\nOriginal-Message-ID: <ours@shop.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--z--\n",
		"Exchange says that it arrived":        bounceOf("Microsoft Outlook <postmaster@kde.example>", "Delivered: Nabídka", "Your message has been delivered to the following recipients:\n\njana@kde.example\n\nSubject: Nabídka\n"),
		"a mailbox that is nearly full":        bounceOf("Postmaster <postmaster@shop.example>", "Vaše schránka je téměř plná", "Schránka podpora@shop.example je plná z 95 %. Nové zprávy nebude možné doručit."),
		"a customer whose mail came back":      bounceOf("Jana <jana@kde.example>", "Nedoručená zpráva", "Psala jsem na reklamace@shop.example, ale zpráva nebyla doručena. Odpovíte mi?"),
		"a carrier's delay":                    bounceOf("Dopravce <noreply@dopravce.example>", "Delivery delayed: parcel 123", "Your parcel could not be delivered today. We will try again.\nContact us at help@dopravce.example."),
		"a bank's refusal":                     bounceOf("Bank <info@bank.example>", "Rejected: payment 123", "Your payment was rejected: account does not exist."),
		"an administrator who asks":            bounceOf("Administrator <admin@kde.example>", "Faktura", "Hlásí to „user unknown“, pište prosím na it@kde.example."),
		"a complaint":                          "Return-Path: <>\nFrom: <postmaster@kde.example>\nTo: podpora@shop.example\nSubject: complaint about message\nContent-Type: multipart/report; report-type=feedback-report; boundary=z\n\n--z\n\nThis is an abuse report.\n--z\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n--z\nContent-Type: message/rfc822\n\nMessage-ID: <ours@shop.example>\nTo: jana@kde.example\n\nIt could not be delivered to the following recipients.\n--z--\n",
		"a newsletter about delivery problems": bounceOf("News <news@list.example>", "Delivery failed? Read this", "Ten tips.", "List-Id: <n>"),
	} {
		if b, ok := ReadBounce(Parse([]byte(raw))); ok {
			t.Errorf("%s: read as %+v", name, b)
		}
	}
}

// Reports are read in time that grows with their size only.
func FuzzBounce(f *testing.F) {
	f.Add([]byte(strings.Replace(statusReport, "%", "Final-Recipient: rfc822; a@x.example\nAction: failed\n", 1)))
	f.Add([]byte(bounceOf(daemon, "failure notice", "<a@x.example>:\n550 no\n--- Below this line is a copy of the message.\nMessage-ID: <x@y>\n")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, ok := ReadBounce(Parse(raw))
		if ok != (len(b.Failures) > 0) || len(b.Failures) > maxFailures {
			t.Fatalf("%v with %d failures", ok, len(b.Failures))
		}
	})
}

// What programs write, without a header that says so.
func TestAutomatic(t *testing.T) {
	for subject, want := range map[string]bool{
		"Automatická odpověď: Nabídka": true, "Automatic reply: x": true, "Out of Office: x": true, "Abwesenheitsnotiz: x": true, "Automatische Antwort: x": true,
		"Odpowiedź automatyczna: x": true, "Automatická odpoveď: x": true, "Réponse automatique : x": true,
		"Re: Automatická odpověď: Nabídka": false, "Automatická pračka": false, "Auto": false,
	} {
		if got := Parse([]byte("From: Jana <jana@kde.example>\nSubject: " + subject + "\n\nx")).Automatic; got != want {
			t.Errorf("%s: got %v", subject, got)
		}
	}
	for _, header := range []string{"From: MicrosoftExchange329e71ec88ae@kde.example", "From: MDaemon@kde.example", "From: a@kde.example\nX-Autoreply-From: a@kde.example"} {
		if !Parse([]byte(header + "\n\nx")).Automatic {
			t.Errorf("%s: not automatic", header)
		}
	}
	if Parse([]byte("From: ndrews@kde.example\n\nx")).Automatic {
		t.Error("a name that begins like a server's is taken for one")
	}
}
