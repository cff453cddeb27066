package mail

import (
	"regexp"
	"strings"
)

// How clients introduce what they quote, in the languages of our customers and
// their neighbours.
var (
	// headerStart: how such a line begins, so that one that is broken over up to
	// three lines is told from the answer above it.
	headerStart = lazily(`^(?i:(On|At|Dne|Dňa|Am|Den|Le|El|Il|In data|Op|Em|În|W dniu|Dnia|Wiadomość napisana|pondělí|úterý|středa|čtvrtek|pátek|sobota|neděle|po|út|st|čt|pá|so|ne|ut|št|pi|pon|wt|śr|czw|pt|sob|niedz|Mon|Tue|Wed|Thu|Fri|Sat|Sun)[ ,.]|\d{1,2}[./-] ?\d{1,2}[./-] ?\d{2,4}|\d{1,2}\. ?\pL+ \d{4}|\d{4}-\d{2}-\d{2}|.{0,80}<[^<>@ ]+@[^<>@ ]+>)`)
	// headerVerb: said of who wrote.
	headerVerb = lazily(`(?i:(^|[^\pL])(napsala?|napsali|píše|písala?|napísala?|wrote|writes|schrieb|schrieben|geschrieben|napisała?|napisana|pisze|a écrit|escribió|ha scritto|schreef|geschreven|escreveu|skrev|kirjoitti|a scris|napisao|napisala|írta|написала?|пише|пишет))`)
	// headerPerson: a person who tells when he wrote or was written to.
	headerPerson = lazily(`(?i:(^|[^\pL])(jsem|jsme|mi|mně|mne|nám|som|sme|I|we|me|us|ich|wir|mir|uns|ja|my)[^\pL])`)
	// headerGender: a form only programs use.
	headerGender = lazily(`(?i:(napsal|napísal|napisał)(\(a\)|/a))`)
	headerEnd    = lazily(`(:|(?i:wrote|écrit|napsal\(?a?\)?) ?[-–]{2,})$`)
	headerDate   = lazily(`\d{1,2}[./-] ?(\d|\pL)|\d{4}|(^|[^\d:])\d{1,2}(st|nd|rd|th)? \pL{3}|\pL{3,}\.? \d{1,2}(st|nd|rd|th)?,`)
	headerTime   = lazily(`\b\d{1,2}[:h]\d{2}\b`)
	bracketed    = lazily(`[<(\["]?[^<>@ ()"]+@[^<>@ ()"]+\.[^<>@ ()"]+[>)\]"]`)
	// textBehind: Yahoo's app goes on with the quoted text in the same line.
	textBehind = lazily(`^\s*On .*\d{1,2}:\d{2}.*<[^<>@ ]+@[^<>@ ]+> wrote:\s{2,}\S`)
	groupWise  = lazily(`^>>> .*\d{1,2}:\d{2}.*>>>$`)

	separator = lazily(`(?i)^[-_ *>]{2,}\s*(original message|reply message|původní (zpráva|e-?mail)|pôvodn(á správa|ý e-?mail)|ursprüngliche (nachricht|mail|e-mail)|originalnachricht|antwort nachricht|wiadomość oryginalna|oryginalna wiadomość|message d['’]origine|mensaje original|messaggio originale|oorspronkelijk bericht|oprindelig (meddelelse|besked)|ursprungligt meddelande|mensagem original|eredeti üzenet|исходное сообщение)\s*[-_ *]{2,}$`)
	footer    = lazily(`^(_{30,}|-{30,})$`)
	rule      = lazily(`^\s*_{10,}$`)

	forwarded = lazily(`(?i)^[> ]*([-_ *]{2,}\s*(forwarded message|přeposlan(á zpráva|ý e-?mail)|předaná zpráva|preposlan(á správa|ý e-?mail)|weitergeleitete (nachricht|mail)|przekazana wiadomość|wiadomość przekazana|message transféré|mensaje reenviado|messaggio inoltrato|doorgestuurd bericht|továbbított üzenet|пересылаемое сообщение)\s*[-_ *]{2,}|(begin forwarded message|začátek přeposlané zprávy|začiatok preposlanej správy|anfang der weitergeleiteten (nachricht|e-?mail)|początek przekazywanej wiadomości|début du message (réexpédié|transféré)|inicio del mensaje reenviado|inizio (del )?messaggio inoltrato|begin doorgestuurd bericht) ?:)$`)

	phoneSignature = lazily(`^[(<*]*(?i:(Odesláno|Posláno|Odoslan[eé]|Poslan[eé]|Wysłan[eo]|Sent|Gesendet|Envoyé|Enviado|Inviato|Verzonden|Verstuurd|Skickat|Sendt) (z|ze|zo|pomocí|přes|aplikací|cez|za pomocą|from|via|with|wirelessly from|von|vom|mit|aus|de|depuis|sans fil|à partir|desde|do|da|dal|vanaf|met|via|från|fra) |Get Outlook for |Von meinem .* gesendet|Diese Nachricht wurde von .* gesendet|Získ(at|ejte)( aplikaci)? Outlook |Získajte Outlook |Pobierz (aplikację )?Outlook |Outlook für .* beziehen|Télécharger Outlook pour |Obtener Outlook para |Scarica Outlook per |Download Outlook voor |Tento e-?mail byl (odeslán|napsán|zkontrolován) )`)
	postscript     = lazily(`^\s*(?i:p\. ?s\.|ps)[ :.]`)
)

// forwards reports whether a line says that what follows was forwarded.
func forwards(line string) bool { return forwarded().MatchString(bare(line)) }

// quoteHeader returns how many lines from i on are a header like "On … wrote:",
// 0 if none. A sentence like "On Monday he wrote:" is none: clients tell the time
// or the address, or the lines below are quoted.
func (r rest) quoteHeader(lines []string, i int) int {
	first := strings.Trim(lines[i], "-– \t\r\n\u00a0")
	if textBehind().MatchString(first) {
		return 1
	}
	begins, joined := headerStart().MatchString(first), ""
	for n := 1; n <= 3 && i+n <= len(lines); n++ {
		line := strings.TrimSpace(lines[i+n-1])
		if n > 1 && (headerStart().MatchString(line) && !bracketed().MatchString(line) || !begins && !headerTime().MatchString(first)) {
			return 0
		}
		if joined = strings.TrimSpace(joined + " " + line); len(joined) > 400 {
			return 0
		}
		if headerEnd().MatchString(joined) && isHeader(joined, begins, r.quotedFrom(lines, i+n)) {
			return n
		}
	}
	return 0
}

// isHeader: quoted says that all below is.
func isHeader(s string, begins, quoted bool) bool {
	at, timed := bracketed().MatchString(s), headerTime().MatchString(s) && headerDate().MatchString(s)
	switch {
	case quoted && (at || timed || begins && headerVerb().MatchString(s)), at && timed:
		return true
	case !headerVerb().MatchString(s):
		return false
	}
	return at && headerDate().MatchString(s) || begins && (timed && !headerPerson().MatchString(s) || headerGender().MatchString(s))
}

// quotedFrom: the next line with words is quoted, and so is all after it.
func (r rest) quotedFrom(lines []string, i int) bool {
	for ; i < len(lines); i++ {
		if line := strings.TrimSpace(lines[i]); line != "" {
			return isQuoted(line) && r.all[i]
		}
	}
	return false
}

// The fields of a header that Outlook and others put above the history.
var (
	fieldFrom    = fieldPattern(`From|Od|Von|De|Da|Van|Feladó|Från|Fra|Nadawca|От`)
	fieldSent    = fieldPattern(`Sent|Odesláno|Odoslané|Gesendet|Wysłan[oe]|Envoyé|Enviad[oa]( el)?|Inviato|Verzonden|Elküldve|Küldve|Skickat|Sendt|Отправлено`)
	fieldDate    = fieldPattern(`Date|Datum|Dátum|Data|Fecha|Dato`)
	fieldTo      = fieldPattern(`To|Komu|An|Do|Adresat|À|Para|A|Aan|Címzett|Till|Til|Кому|Cc|Kopie|Kópia|DW|Kopia`)
	fieldSubject = fieldPattern(`Subject|Předmět|Predmet|Betreff|Temat|Objet|Asunto|Assunto|Oggetto|Onderwerp|Tárgy|Ämne|Emne|Тема`)
	anyField     = lazily(`^[*]{0,2}(?i:From|Sent|Date|To|Subject|Cc|Od|Odesláno|Odoslané|Datum|Komu|Předmět|Predmet|Kopie|Von|Gesendet|An|Betreff|Wysłan[oe]|Do|Data|Temat|DW|De|Envoyé|À|Objet|Reply-To)\b`)
)

func fieldPattern(names string) func() *regexp.Regexp {
	return lazily(`^[*]{0,2}(?i:` + names + `)[ \x{a0}]?:[*]{0,2}([ \t\x{a0}]|$)`)
}

// fieldBlock: line i begins a header like From, Sent, To, Subject. A form has
// fields of such names too, but hardly when a mail was sent, or an address with
// date and subject.
func fieldBlock(lines []string, i int) bool {
	const furthest = 8 // lines, for recipients are broken over some
	var from, sent, date, to, subject, at bool
	for n, line := range lines[i:min(len(lines), i+furthest)] {
		line = strings.TrimSpace(line)
		known := true
		switch {
		case fieldFrom().MatchString(line):
			from, at = true, at || strings.Contains(line, "@")
		case fieldSent().MatchString(line):
			sent = true
		case fieldDate().MatchString(line):
			date = strings.ContainsAny(line, "0123456789")
		case fieldTo().MatchString(line):
			to, at = true, at || strings.Contains(line, "@")
		case fieldSubject().MatchString(line):
			subject = true
		default:
			known = false
		}
		if n == 0 && (!known || withinHeader(lines, i)) {
			return false
		}
	}
	return from && (sent && (to || subject) || subject && (date || to && at) || date && to && at)
}

// withinHeader: line i stands in a header that was pasted whole.
func withinHeader(lines []string, i int) bool {
	for j := i - 1; j >= 0 && j >= i-20 && headerLine().MatchString(lines[j]); j-- {
		if !anyField().MatchString(lines[j]) {
			return true
		}
	}
	return false
}
