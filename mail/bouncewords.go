package mail

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Reports in words only. Each server has its own, so nothing here knows a program:
// it looks for who sent the report, how such reports are called, what they say in
// the languages of our customers and their providers, and how an address stands in
// them. Patterns are matched against text in lower case without accents.

// signsOutside counts what speaks for a report before its text is read.
func (r *report) signsOutside() (n int) {
	m := r.m
	if m.fromServer() || len(r.status) > 0 {
		n += 2
	}
	if len(m.From) == 0 || strings.TrimSpace(m.Get("Return-Path")) == "<>" || strings.HasPrefix(m.Root.Type, "multipart/report") {
		n++
	}
	if m.Get("X-Failed-Recipients") != "" || failureSubject().MatchString(plainLetters(m.Subject)) {
		n += 2
	}
	return n
}

// speaksOfFailure weighs the signs. A text alone is none, for people forward
// reports and write about them; nor is an empty return path with it, for carriers
// write so about parcels.
func (r *report) speaksOfFailure() bool {
	m := r.m
	if m.Get("X-Failed-Recipients") != "" {
		return true
	}
	subject := plainLetters(m.Subject)
	returns := r.inner != nil || r.headers != "" || r.rest != ""
	if successSubject().MatchString(subject) {
		return false
	}
	if answerSubject().MatchString(subject) && !failureSubject().MatchString(subject) && !(m.fromServer() && returns) {
		return false
	}
	words := 0
	if failurePhrase().MatchString(plainLetters(r.text)) {
		words += 2
	}
	if returns {
		words++
	}
	if r.outside == 2 && !m.fromServer() && len(r.status) == 0 && !returns && len(r.listed()) == 0 {
		return false // the subject alone: people ask so, and carriers write so of parcels
	}
	return r.outside >= 2 && r.outside+words >= 3 || r.outside == 1 && words == 3
}

// fromServer: the sender is a mail server by its address or name, or nobody.
func (m *Message) fromServer() bool {
	for _, a := range m.From {
		local, _, _ := strings.Cut(strings.ToLower(a.Addr), "@")
		if a.Addr == "" && a.Name == "" || serverAddress().MatchString(local) || serverName().MatchString(plainLetters(a.Name)) {
			return true
		}
	}
	return len(m.From) == 0 && strings.Contains(m.Get("From"), "<>")
}

var (
	serverAddress = anyOf(`^"?(mailer-?daemon|mail-?daemon|mdaemon|postmaster|mail[.-]?(delivery[.-])?system|ndr\b|microsoftexchange[0-9a-f]+)`)
	serverName    = anyOf(`^mail(er)?[ -]?(delivery|daemon|administrator)\b`, `^delivery (sub)?system\b`, `^mail system`, `^postmaster`, `^system administrator`, `^spravce systemu`, `^systemadministrator`, `^microsoft outlook$`, `^courier mail server`)
	answerSubject = anyOf(`^\s*(re|fwd?|odp|aw|wg|sv|pd|vs)(\[\d+\])?\s*:`)

	// successSubject: how Exchange calls the report that a message arrived.
	successSubject = anyOf(`^(delivered|relayed|expanded|doruceno|dorucene|preposlano|predano|zugestellt|weitergeleitet|dostarczono|przekazano|remis|entregado|recapitato)\s*:`)

	// failureSubject: how reports are called.
	failureSubject = anyOf(
		`^\W*undeliver(able|ed)`, `^\W*((mail|message|e-?mail|permanent|temporary)\W*)?deliver(y|ies)\W+(has\W+)?(fail|problem|error|status|report|warning|notification|delay|unsuccessful)`,
		`^\W*fail(ure|ed) (notice|mail|deliver)`, `^\W*return(ed)? (mail|message|to sender)`, `^\W*mail (failed|error|system error|could not be|returned|not delivered)`,
		`^\W*non-?delivery`, `^\W*((your )?(message|mail|e-?mail)( to \S+)? )?(could not be|was not|not) deliver`, `^\W*warning:? (message|could not|e?mail|\S+@\S+)`,
		`^\W*notice: mail delivery status`, `^\W*processing error`, `^\W*automatically rejected`, `^\W*rejected:`, `^\W*message (delivery|undeliver)`, `(undeliverable|not delivered)$`,
		`^\W*(nedorucitelne\W*:|nedoruc(iteln|en)[ayeo] (zprav|e-?mail|mail|post)|nebylo mozne doruc|vracena (zprava|posta)|selhalo doruc|chyba (pri )?doruc|zpozdene doruc|oznameni o (ne)?doruc|stav doruc)`, `^\W*zprav[ua] (ne|se nepod)`, `^\W*upozorneni.*(neby|nedor|zpozd)`,
		`^\W*(sprava (ne|sa nepod)|nedorucitelne\W*:|nedorucen[ay] sprava)`, `^\W*(unzustellbar|zustell(ung|status|fehler)|(e-?)?mail konnte nicht|nachricht (nicht|konnte))`, `^\W*(niedostarcz|niedorecz|zwrot|blad dorecz)`,
		`^\W*(non remis|echec de|non delivre|mensaje no entregado|no se (pudo|ha podido) entregar|mancato recapito|onbestelbaar)`, `: non remis\b`)

	// failurePhrase: what they say.
	failurePhrase = anyOf(
		`(could|can|may|was|were|has|have|had|is|are)( ?not|n't) (yet )?(be(en)? )?((able|possible) to )?(be )?(successfully )?(deliver|sent to|reach|accept|collect)`,
		`unable to (deliver|send|reach|route)`, `(did|do|does) not reach`, `did not receive`, `undeliver(ed|able)`, `message not delivered`,
		`deliver[ey]+ (to (the following|this)|of (your|the|email)|attempts?|failed|has (been|failed)|failure|error|problem|status notification)`,
		`(addresses|recipients?)(\(s\))? (had|failed|follow)`, `permanent (fatal )?error`, `following recipient`, `(failed|undeliverable) (recipient|address)`, `address(es)?(\(es\))? failed`, `failed mail`,
		`user (is )?unknown`, `unknown user`, `no such (user|address|mailbox)`, `user('s)? ?(mailbox|mailfolder)`, `mailbox (is )?(full|unavailable)`, `mail box space`,
		`(automatically|been|was) rejected`, `invalid (final delivery )?(userid|recipient|mailbox|address)`, `does( not|n't) (have|exist|match|like)`, `did not (exactly )?match`, `error-for:`, `intended recipient`,
		`nebyl[aoy]? (mozn[eyaou]+ )?(zatim )?(doruc|odesl)`, `nelze (\S+ ){0,3}doruc`, `nepodarilo( s[ea])?( \S+){0,4} (doruc|odesl)`, `ne(ni|bylo) mozne (\S+ ){0,3}doruc`, `nedoruc`, `doruc\S* .{0,80}(s[ea] nezdaril|zlyhal|selhal)`, `neexistuj`,
		`schranka .{0,30}(pln|prekroc|neexist|zrus)`, `prekroc\S* (kvot|velikost)`, `nebol[aoi]? (mozn[eyao]+ )?doruc`,
		`konnte nicht (\S+ )?zugestellt`, `fehler bei der (nachrichten)?zustellung`, `nicht zu(ge)?stell`, `unzustellbar`, `nie (mozna( bylo)?|zostal\S*|bylo mozliwe) (\S+ )?d[eo][sr]\S+cz`, `niedostarcz`,
		`n'a (pas pu|pu etre)`, `non remis`, `no (pudo|se pudo|ha podido) (ser )?entreg`, `impossibile recapitare`, `не может быть доставлен`, `не доставлен`)

	// delayPhrase: the server goes on trying; finalPhrase: it does not.
	delayPhrase = anyOf(
		`(not|n't) yet been`, `not been \S+ yet`, `has(n't| not) yet`, `delayed`, `\(delay\)`, `postponed`, `will (continue|keep|be retried|retry|try again)`, `attempts will (continue|be)`, `will continue to be made`, `still (trying|being)`,
		`zpozden`, `odlozen`, `pokus\S* (o doruceni )?(budou|bude) pokrac`, `bude (\S+ )?(dale|nadale) pokouset`, `zatim ne`, `meskan`, `verzoger`, `weiter(hin)? versucht`, `opozni`, `retarde`)
	finalPhrase = anyOf(`giv(en|ing) up`, `not going to try`, `permanent\b`, `been removed`, `undeliverable`)
)

// anyOf matches what one of the patterns does.
func anyOf(patterns ...string) func() *regexp.Regexp { return lazily(strings.Join(patterns, "|")) }

// plainLetters is s in lower case without accents.
func plainLetters(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == '’':
			b.WriteByte('\'')
		case r == 'ł' || r == 'Ł':
			b.WriteByte('l')
		case r == '\u00a0':
			b.WriteByte(' ')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// inWords reads the failures out of the text.
func (r *report) inWords() (failures []Failure) {
	found := r.recipients()
	if len(found) == 0 {
		for _, a := range strings.FieldsFunc(r.m.Get("X-Failed-Recipients"), func(c rune) bool { return c == ',' || unicode.IsSpace(c) }) {
			found = append(found, place{strings.Trim(a, "<>"), ""})
		}
	}
	if len(found) == 0 {
		if to := r.returned().To; len(to) == 1 {
			found = append(found, place{to[0].Addr, ""})
		}
	}
	if len(found) == 0 {
		found = []place{{}}
	}
	for _, p := range found[:min(len(found), maxFailures)] {
		failures = addFailure(failures, Failure{Recipient: p.addr, Words: oneLine(p.around)})
	}
	return failures
}

// explain completes what the failures leave open from the text.
func (r *report) explain(failures []Failure) {
	text := plainLetters(r.text)
	delayed := len(r.status) == 0 && (delayPhrase().MatchString(text) || delayPhrase().MatchString(plainLetters(r.m.Subject))) && !finalPhrase().MatchString(text)
	told := r.recipients()
	for i := range failures {
		f := &failures[i]
		f.Delayed = f.Delayed || delayed
		for _, p := range told {
			if f.Words == "" && strings.EqualFold(p.addr, f.Recipient) {
				f.Words = oneLine(p.around)
			}
		}
		if f.Status == "" || strings.HasSuffix(f.Status, ".0.0") {
			f.Status = firstOf(codeIn(f.Words), f.Status, codeIn(r.text))
		}
		f.Reason = reasonOf(f.Status, plainLetters(f.Words), text)
	}
}

var ruler = lazily(`[=*_-]{4,}`)

func oneLine(s string) string {
	s = strings.Join(strings.Fields(ruler().ReplaceAllString(s, " ")), " ")
	if len(s) > maxWords {
		s = strings.ToValidUTF8(s[:maxWords], "") + "…"
	}
	return s
}
