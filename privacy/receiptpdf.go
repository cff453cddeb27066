package privacy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"postolka/account"
	"postolka/letter"
	"postolka/store"
)

// A receipt as PDF is signed over its bytes: after the end of the file stands a
// comment with a signed note (base64) of three lines,
//
//	postolka receipt pdf 1
//	SHA-256 of all bytes before the comment, hex
//	the receipt's statement, as JSON
//
// and then the end of the file once more, which is what readers look for.
const (
	pdfMark    = "%postolka-receipt "
	pdfHeading = "postolka receipt pdf 1"
	pdfTrailer = "startxref"
)

// ReceiptPDF gives the receipt as a signed PDF in a language, "cs" or "en".
func (p *Privacy) ReceiptPDF(ctx context.Context, by account.Agent, id store.JobID, lang string) ([]byte, error) {
	r, _, err := p.Receipt(ctx, by, id)
	if err != nil {
		return nil, err
	}
	var pdf bytes.Buffer
	if err := r.letter(lang, p.Store.Keys().VerifierKey()).PDF(&pdf); err != nil {
		return nil, fmt.Errorf("receipt of job %d: %w", id, err)
	}
	r.Signature = ""
	statement, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode receipt: %w", err)
	}
	sum := sha256.Sum256(pdf.Bytes())
	text := strings.Join([]string{pdfHeading, hex.EncodeToString(sum[:]), string(statement)}, "\n") + "\n"
	signed, err := note.Sign(&note.Note{Text: text}, p.Store.Keys().Signer())
	if err != nil {
		return nil, fmt.Errorf("sign receipt: %w", err)
	}
	end := pdf.Bytes()[bytes.LastIndex(pdf.Bytes(), []byte(pdfTrailer)):]
	return slices.Concat(pdf.Bytes(), []byte(pdfMark), base64.StdEncoding.AppendEncode(nil, signed), []byte("\n"), end), nil
}

// openPDF verifies a PDF: nothing but our comment and the same end may follow
// what was signed.
func openPDF(file []byte, known note.Verifiers) (Receipt, error) {
	at := bytes.LastIndex(file, []byte(pdfMark))
	if at < 0 {
		return Receipt{}, ErrForged
	}
	comment, end, _ := bytes.Cut(file[at+len(pdfMark):], []byte("\n"))
	signed, err := base64.StdEncoding.Strict().DecodeString(string(comment))
	if err != nil || !bytes.HasPrefix(end, []byte(pdfTrailer)) || !bytes.HasSuffix(file[:at], end) {
		return Receipt{}, ErrForged
	}
	n, err := note.Open(signed, known)
	if err != nil {
		return Receipt{}, ErrForged
	}
	sum := sha256.Sum256(file[:at])
	lines := strings.Split(n.Text, "\n")
	var r Receipt
	if len(lines) < 3 || lines[0] != pdfHeading || lines[1] != hex.EncodeToString(sum[:]) || json.Unmarshal([]byte(lines[2]), &r) != nil {
		return Receipt{}, ErrForged
	}
	r.Signature = string(signed)
	return r, nil
}

// letter says what the receipt says, for people.
func (r Receipt) letter(lang, key string) letter.Letter {
	w := receiptWords[lang]
	if w == nil {
		lang, w = "en", receiptWords["en"]
	}
	facts := [][]string{
		{w["erased"], strconv.Itoa(r.Erased)}, {w["redacted"], strconv.Itoa(r.Redacted)}, {w["kept"], strconv.Itoa(r.Kept)},
		{w["at"], r.At.UTC().Format("2006-01-02 15:04:05 UTC")}, {w["plan"], r.Plan},
		{w["by"], who(w, r.By)}, {w["approved"], who(w, r.ApprovedBy)},
		{w["snapshots"], r.snapshotWords(w)}, {w["disk"], r.diskWords(w)},
	}
	if l := r.Looks; l != nil {
		facts = append(facts, []string{w["unread"], fmt.Sprintf(w["looked"], l.Parts, l.Looked, l.Nothing, l.Person, l.Unreadable)})
	}
	for _, k := range r.KeptFor {
		facts = append(facts, []string{w["kept_for"], fmt.Sprintf(w["kept_reason"], k.Messages, w["keep."+k.Reason], k.Until)})
	}
	var steps [][]string
	for _, s := range r.Steps {
		var counts []string
		for _, name := range slices.Sorted(maps.Keys(s.Counts)) {
			counts = append(counts, fmt.Sprintf("%s: %d", word(w, "count."+name), s.Counts[name]))
		}
		steps = append(steps, []string{w["step."+s.Name], s.At.UTC().Format(time.TimeOnly), strings.Join(counts, ", ")})
	}
	return letter.Letter{
		Lang: lang, Date: r.At.UTC(), Title: w["title"], Reference: fmt.Sprintf(w["number"], r.Job), Foot: w["foot"],
		Body: []letter.Block{
			letter.Paragraph(w["about"]), letter.Table{Rows: facts},
			letter.Heading(w["steps"]), letter.Table{Head: []string{w["step"], w["time"], w["counted"]}, Rows: steps},
			letter.Heading(w["check"]), letter.Paragraph(w["check_about"]), letter.Paragraph(w["key"] + "\n" + key),
		},
	}
}

// word is the key itself where there is none.
func word(w map[string]string, key string) string {
	if text, ok := w[key]; ok {
		return text
	}
	return key[strings.Index(key, ".")+1:]
}

func who(w map[string]string, id store.AgentID) string {
	if id == 0 {
		return w["program"]
	}
	return fmt.Sprintf(w["account"], id)
}

func (r Receipt) snapshotWords(w map[string]string) string {
	if r.SnapshotsUntil.IsZero() {
		return w["no_snapshots"]
	}
	return fmt.Sprintf(w["until"], r.SnapshotsUntil.UTC().Format(time.DateOnly))
}

func (r Receipt) diskWords(w map[string]string) string {
	switch {
	case r.Disk.Overwrites():
		return w["disk_overwritten"]
	case r.Disk.Encrypted:
		return w["disk_encrypted"]
	}
	return w["disk_open"]
}

// receiptWords are those of the PDF, which anyone reads without us.
var receiptWords = map[string]map[string]string{
	"en": {
		"title": "Receipt of an erasure", "number": "Erasure no. %d", "foot": "Signed by the instance; holds no personal data.",
		"about":  "What was to be erased is gone from the stored mail, the records, the search index, the mail server and the snapshots as stated below. It was checked afterwards. A register of keyed hashes keeps it from coming back.",
		"erased": "Messages erased", "redacted": "Messages redacted", "kept": "Messages kept", "at": "Finished", "plan": "Plan approved (SHA-256)",
		"by": "Planned by", "approved": "Approved by", "program": "the program or the command line of the host", "account": "account no. %d",
		"unread": "Parts no program could read", "looked": "parts: %d; looked at by a person: %d (nothing found: %d; the person found: %d; not readable to us: %d)",
		"kept_for": "Kept", "kept_reason": "messages: %d; %s; until %s", "keep.accounting": "accounting document", "keep.claims": "legal claims", "keep.legal_duty": "duty by law",
		"keep.public_interest": "public interest", "keep.expression": "freedom of expression", "keep.request": "the request itself", "keep.other": "another reason", "keep.hold": "a hold forbids it; restricted",
		"snapshots": "Older snapshots", "no_snapshots": "none holds records from before", "until": "encrypted; the last one with records from before is deleted by %s",
		"disk": "Disk", "disk_overwritten": "deleted data was overwritten in place", "disk_encrypted": "overwritten blocks may stay on it until it uses them again; it is encrypted",
		"disk_open": "overwritten blocks may stay on it until it uses them again, out of the program's hands; it should be encrypted",
		"steps":     "What was done", "step": "Step", "time": "Time (UTC)", "counted": "Counted",
		"check": "How to check it", "check_about": "postolka receipt verify FILE --key KEY says, without a network, whether a letter of this file was changed. The public key is shown on the receipt's page and by postolka receipt key.",
		"step.tombstones": "Register", "step.source": "Mail server", "step.records": "Records", "step.bytes": "Stored bytes", "step.index": "Search index",
		"step.snapshots": "Snapshots", "step.verify": "Check", "step.again": "Mail server, once more", "count.waiting": "mailboxes that had to wait for their server", "key": "Public key of this instance:",
		"count.messages": "messages", "count.expunged": "copies removed", "count.unseen": "other mailboxes not looked through",
		"count.exports": "exports deleted", "count.records": "records", "count.redacted": "messages redacted", "count.other_jobs": "other files of the person destroyed",
		"count.files": "files checked", "count.zeroed_pages": "freed pages overwritten", "count.compacted": "files written anew",
		"count.packs": "packs written anew", "count.dropped": "older snapshots deleted", "count.scanned": "messages read again", "count.terms": "index terms checked",
	},
	"cs": {
		"title": "Potvrzení o výmazu", "number": "Výmaz č. %d", "foot": "Podepsáno instancí; neobsahuje osobní údaje.",
		"about":  "Co se mělo vymazat, je pryč z uložené pošty, ze záznamů, z rejstříku vyhledávání, z poštovního serveru i ze záloh tak, jak je uvedeno níže. Poté to bylo zkontrolováno. Aby se to nevrátilo, hlídá seznam otisků s tajným klíčem.",
		"erased": "Vymazané zprávy", "redacted": "Začerněné zprávy", "kept": "Ponechané zprávy", "at": "Dokončeno", "plan": "Schválený plán (SHA-256)",
		"by": "Naplánoval", "approved": "Schválil", "program": "program nebo příkazová řádka serveru", "account": "účet č. %d",
		"unread": "Části, které program nepřečetl", "looked": "částí: %d; prohlédl člověk: %d (nic nenalezeno: %d; osoba nalezena: %d; nedají se otevřít: %d)",
		"kept_for": "Ponecháno", "kept_reason": "zpráv: %d; %s; do %s", "keep.accounting": "účetní doklad", "keep.claims": "právní nároky", "keep.legal_duty": "zákonná povinnost",
		"keep.public_interest": "veřejný zájem", "keep.expression": "svoboda projevu", "keep.request": "sama žádost", "keep.other": "jiný důvod", "keep.hold": "výmaz je zakázán; omezené zpracování",
		"snapshots": "Starší zálohy", "no_snapshots": "žádná neobsahuje dřívější záznamy", "until": "šifrované; poslední s dřívějšími záznamy se smaže do %s",
		"disk": "Disk", "disk_overwritten": "smazaná data byla na místě přepsána", "disk_encrypted": "přepsané bloky na něm mohou zůstat, než je znovu použije; je šifrovaný",
		"disk_open": "přepsané bloky na něm mohou zůstat, než je znovu použije, a program na ně nedosáhne; měl by být šifrovaný",
		"steps":     "Co se stalo", "step": "Krok", "time": "Čas (UTC)", "counted": "Počty",
		"check": "Jak to ověřit", "check_about": "Příkaz postolka receipt verify SOUBOR --key KLÍČ řekne i bez sítě, zda se v tomto souboru nezměnilo ani písmeno. Veřejný klíč ukazuje stránka potvrzení a příkaz postolka receipt key.",
		"step.tombstones": "Seznam vymazaných", "step.source": "Poštovní server", "step.records": "Záznamy", "step.bytes": "Uložené bajty", "step.index": "Rejstřík",
		"step.snapshots": "Zálohy", "step.verify": "Kontrola", "step.again": "Poštovní server, ještě jednou", "count.waiting": "schránky, které čekaly na svůj server", "key": "Veřejný klíč této instance:",
		"count.messages": "zprávy", "count.expunged": "odstraněné kopie", "count.unseen": "jiné schránky, které nešlo prohledat",
		"count.exports": "smazané výpisy", "count.records": "záznamy", "count.redacted": "začerněné zprávy", "count.other_jobs": "zničené jiné složky osoby",
		"count.files": "zkontrolované soubory", "count.zeroed_pages": "přepsané uvolněné stránky", "count.compacted": "znovu zapsané soubory",
		"count.packs": "znovu zapsané balíky", "count.dropped": "smazané starší zálohy", "count.scanned": "znovu přečtené zprávy", "count.terms": "zkontrolované výrazy rejstříku",
	},
}
