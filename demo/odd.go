package demo

import (
	"bytes"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"

	"postolka/mail"
)

// inCharset writes a plain message as older Czech programs do: one part in an
// 8-bit charset, the same in RFC 2047 words of the header.
func inCharset(o mail.Outgoing, charset string) ([]byte, error) {
	enc, ok := map[string]encoding.Encoding{"windows-1250": charmap.Windows1250, "iso-8859-2": charmap.ISO8859_2}[charset]
	if !ok {
		return nil, fmt.Errorf("no charset %q", charset)
	}
	e := encoding.ReplaceUnsupported(enc.NewEncoder())
	word := func(s string) string {
		b, _ := e.String(s) // replacing, it can't fail
		return mime.BEncoding.Encode(charset, b)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "Date: %s\r\nFrom: %s <%s>\r\nTo: <%s>\r\nSubject: %s\r\nMessage-ID: <%s>\r\n", o.Date.Format(time.RFC1123Z),
		word(o.From.Name), o.From.Addr, o.To[0].Addr, word(o.Subject), o.MessageID)
	if o.InReplyTo != "" {
		fmt.Fprintf(&b, "In-Reply-To: <%s>\r\nReferences: <%s>\r\n", o.InReplyTo, strings.Join(o.References, ">\r\n <"))
	}
	fmt.Fprintf(&b, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=%s\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", charset)
	text, err := e.String(o.Text)
	if err != nil {
		return nil, err
	}
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
		return nil, err
	}
	return b.Bytes(), w.Close()
}

// oddities are mails that no story tells: a report of a delivery that failed, and a
// mail that two gateways forwarded to each other until nothing can read it.
func oddities(now time.Time) []letter {
	return []letter{bounce(now), loop(now)}
}

func bounce(now time.Time) letter {
	at := turn{days: 9, clock: "16:31"}.time(now)
	id := digest("bounce " + now.String())[:24] + "@mail.kolovrat.example"
	raw := fmt.Sprintf(`Return-Path: <>
Date: %[1]s
From: Mail Delivery System <MAILER-DAEMON@mail.kolovrat.example>
To: <podpora@kolovrat.example>
Subject: Undelivered Mail Returned to Sender
Message-ID: <%[2]s>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_bounce"

--=_bounce
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.kolovrat.example.

I'm sorry to have to inform you that your message could not be delivered
to one or more recipients. It's attached below.

<zdenka.hlavackova@schrankar.example>: host mx.schrankar.example[192.0.2.80]
    said: 552 5.2.2 Mailbox full (in reply to RCPT TO command)

--=_bounce
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.kolovrat.example
Arrival-Date: %[1]s

Final-Recipient: rfc822; zdenka.hlavackova@schrankar.example
Action: failed
Status: 5.2.2
Remote-MTA: dns; mx.schrankar.example
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full

--=_bounce
Content-Type: text/rfc822-headers

From: Kolovrat <podpora@kolovrat.example>
To: <zdenka.hlavackova@schrankar.example>
Subject: =?utf-8?Q?Va=C5=A1e_objedn=C3=A1vka_OBJ-2026117730_je_na_cest=C4=9B?=
Message-ID: <b0unc3d.2026117730@kolovrat.example>

--=_bounce--
`, at.Format(time.RFC1123Z), id)
	return letter{address: podpora + shopDomain, folder: inbox, at: at, raw: crlf(raw), id: id}
}

// loopDepth is more than anything reads; ours stops at 50.
const loopDepth = 60

const loopSubject = "Fwd: Stav skladu – přeposláno (60)"

func loop(now time.Time) letter {
	at := turn{days: 16, clock: "2:47"}.time(now)
	id := digest("loop " + now.String())[:24] + "@brana.skladpardubska.example"
	var b strings.Builder
	for i := range loopDepth {
		fmt.Fprintf(&b, `Date: %s
From: =?utf-8?Q?Skladov=C3=BD_syst=C3=A9m?= <robot@skladpardubska.example>
To: <velkoobchod@kolovrat.example>
Subject: =?utf-8?Q?Fwd=3A_Stav_skladu_=E2=80=93_p=C5=99eposl=C3=A1no_(%d)?=
Message-ID: <%d.%s>
MIME-Version: 1.0
Content-Type: message/rfc822

`, at.Add(-time.Duration(i)*time.Second).Format(time.RFC1123Z), loopDepth-i, i, id)
	}
	b.WriteString("Subject: Stav skladu\n\nPolozka;Kusu\nCajnik Lada 1,2 l;14\n")
	return letter{address: velkoobchod + shopDomain, folder: inbox, at: at, raw: crlf(b.String()), id: "0." + id}
}

func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }
