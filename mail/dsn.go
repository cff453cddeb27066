package mail

import (
	"encoding/hex"
	"strings"
)

// statuses reads the machine's part, RFC 3464 §2. stated: it names at least one
// recipient, or says of all what happened, so nothing in words counts more.
func (r *report) statuses() (failures []Failure, stated bool) {
	for _, p := range r.status {
		for _, group := range strings.Split(statusText(p), "\n\n") {
			f, told, failed := readStatus(group)
			stated = stated || told
			if failed && len(failures) < maxFailures {
				failures = addFailure(failures, f)
			}
		}
	}
	for _, p := range r.receipts {
		if f, ok := r.rejected(p); ok {
			failures, stated = addFailure(failures, f), true
		}
	}
	return failures, stated
}

// statusText has one field a line and one empty line between groups.
func statusText(p *Part) string {
	text := statusBreak().ReplaceAllString(lineFeeds(p.Text), "\n\n")
	return statusFold().ReplaceAllString(strings.TrimSpace(text), " ")
}

var (
	statusBreak = lazily(`\n(?:[ \t]*\n)+`)
	statusFold  = lazily(`\n[ \t]+`)
)

// statusField is the value of the first field of that name in any case.
func statusField(group, name string) string {
	for line := range strings.SplitSeq(group, "\n") {
		if n, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.TrimSpace(n), name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// readStatus reads a group of fields. told: it is about a recipient; failed: who
// did not get the message.
func readStatus(group string) (f Failure, told, failed bool) {
	final, original := statusField(group, "Final-Recipient"), statusField(group, "Original-Recipient")
	f.Recipient = firstOf(typedAddress(original), typedAddress(final), typedAddress(statusField(group, "X-Actual-Recipient")))
	action, _, _ := strings.Cut(strings.ToLower(statusField(group, "Action")), " ")
	f.Status = enhancedCode(statusField(group, "Status"))
	_, words, typed := strings.Cut(statusField(group, "Diagnostic-Code"), ";")
	if !typed {
		words = statusField(group, "Diagnostic-Code")
	}
	f.Words = oneLine(words)
	if f.Status == "" {
		f.Status = codeIn(statusField(group, "Status"))
	}
	switch action {
	case "failed", "failure", "expired": // the last is no action of RFC 3464, but some say so
		failed = true
	case "delayed":
		failed, f.Delayed = true, true
	case "delivered", "relayed", "expanded":
	default:
		failed = strings.HasPrefix(f.Status, "5") || strings.HasPrefix(f.Status, "4")
		f.Delayed = strings.HasPrefix(f.Status, "4")
	}
	told = f.Recipient != "" && (action != "" || f.Status != "")
	return f, told, failed && told
}

// typedAddress reads "rfc822; a@b", with xtext (RFC 3461 §4) decoded.
func typedAddress(s string) string {
	kind, value, ok := strings.Cut(s, ";")
	if !ok {
		value = kind
	}
	value = strings.Trim(strings.TrimSpace(stripComments(value)), "<>\"' ")
	if strings.Contains(value, "+") {
		value = xtext().ReplaceAllStringFunc(value, func(code string) string {
			if b, err := hex.DecodeString(code[1:]); err == nil && b[0] > ' ' && b[0] < 0x7f {
				return string(b)
			}
			return code
		})
	}
	if a := addressPattern().FindString(value); a != "" && validAddr(a) && !strings.Contains(a, "...") {
		return a
	}
	return ""
}

var xtext = lazily(`\+(?:2B|3D)`) // what has to be coded; others are tags of the address

// rejected reads a receipt that says a program threw the message away without
// anybody's doing (RFC 8098 §3.2.6), as Dovecot answers for a full mailbox. An
// ordinary receipt says that it was shown.
func (r *report) rejected(p *Part) (Failure, bool) {
	how := strings.ToLower(statusField(p.Text, "Disposition"))
	if !strings.Contains(how, "automatic-action") || !strings.Contains(how, "deleted") && !strings.Contains(how, "failed") && !strings.Contains(how, "denied") {
		return Failure{}, false
	}
	if !failurePhrase().MatchString(plainLetters(r.text)) {
		return Failure{}, false
	}
	return Failure{Recipient: firstOf(typedAddress(statusField(p.Text, "Original-Recipient")), typedAddress(statusField(p.Text, "Final-Recipient")))}, true
}

// addFailure keeps one entry for each recipient.
func addFailure(list []Failure, f Failure) []Failure {
	for i := range list {
		if strings.EqualFold(list[i].Recipient, f.Recipient) {
			if list[i].Delayed && !f.Delayed {
				list[i] = f
			}
			return list
		}
	}
	return append(list, f)
}
