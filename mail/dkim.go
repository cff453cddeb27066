package mail

import (
	"bytes"
	"context"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// LookupTXT asks DNS, as [net.Resolver.LookupTXT] does.
type LookupTXT func(ctx context.Context, name string) ([]string, error)

// maxSignatures of From's own organization that are tried; senders sign once or twice.
const maxSignatures = 3

// Signed reports whether From's own organization signed the message as it is
// (RFC 6376). False says nothing: no signature, its key gone or not to be had in
// time, or a mailing list changed the message on its way. It asks only for keys of
// From's organization, so a signature can't make us ask for any other name.
func Signed(ctx context.Context, m *Message, raw []byte, ask LookupTXT) bool {
	from := fromDomain(m)
	if from == "" || len(m.From) != 1 || countFrom(m) != 1 { // which one was signed?
		return false
	}
	tried := 0
	for i, f := range m.Fields {
		if !strings.EqualFold(f.Name, "DKIM-Signature") || !sameOwner(signer(f.Raw), from) {
			continue
		}
		if tried++; tried > maxSignatures || ctx.Err() != nil {
			return false
		}
		if holds(ctx, onlySignature(m, raw, i), ask) {
			return true
		}
	}
	return false
}

func countFrom(m *Message) (n int) {
	for _, f := range m.Fields {
		if strings.EqualFold(f.Name, "From") {
			n++
		}
	}
	return n
}

// signer is d= of a signature, "" if there is none.
func signer(raw string) string {
	for tag := range strings.SplitSeq(unfold(raw), ";") {
		name, value, _ := strings.Cut(tag, "=")
		if strings.TrimSpace(name) == "d" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// onlySignature is raw without the other signatures: the library verifies several
// in goroutines of its own, where a panic over hostile bytes would end the process.
func onlySignature(m *Message, raw []byte, keep int) []byte {
	out, at := make([]byte, 0, len(raw)), 0
	for i, f := range m.Fields {
		if i != keep && strings.EqualFold(f.Name, "DKIM-Signature") {
			out, at = append(out, raw[at:f.start]...), f.end
		}
	}
	return append(out, raw[at:]...)
}

func holds(ctx context.Context, raw []byte, ask LookupTXT) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		LookupTXT: func(name string) ([]string, error) { return ask(ctx, name) }, MaxVerifications: 1})
	return err == nil && len(found) == 1 && found[0].Err == nil
}
