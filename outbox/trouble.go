package outbox

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-smtp"

	"postolka/oauth"
)

// What store.OutboxEntry.LastError says besides codes: fixed words, so that a
// catalogue can translate them.
const (
	TroubleUncertain   = "It is not known whether the server sent it: the connection or the program ended before the answer came."
	TroubleNoMailbox   = "The mailbox it was written in is gone."
	TroubleErased      = "The message was erased before it was sent."
	TroubleNoCopy      = "Sent, but the copy could not be put into the Sent folder."
	TroubleConsent     = "The provider does not accept the consent any more."
	TroubleClient      = "The provider does not accept the client or its secret."
	TroubleUnreachable = "The server can't be reached."
	TroubleCertificate = "The server's certificate is not trusted."
	TroubleLoopback    = "An unencrypted connection is made only to this machine itself."
	TroubleConnection  = "The connection to the server was lost before the message was handed over."
)

// describe gives the stage with the server's code ("recipient: 550 5.1.1"), or
// fixed words. The server's own text stays out: it quotes addresses.
func describe(err error) string {
	var (
		answer      *smtp.SMTPError
		in          stage
		certificate *tls.CertificateVerificationError
		unknown     x509.UnknownAuthorityError
	)
	errors.As(err, &in)
	switch {
	case errors.Is(err, oauth.ErrConsent):
		return TroubleConsent
	case errors.Is(err, oauth.ErrClient):
		return TroubleClient
	case errors.As(err, &answer):
		return strings.TrimPrefix(fmt.Sprintf("%s: %d%s", in.name, answer.Code, enhanced(answer)), ": ")
	case errors.As(err, &certificate), errors.As(err, &unknown):
		return TroubleCertificate
	case errors.Is(err, errNotLoopback):
		return TroubleLoopback
	case in.name == "connect":
		return TroubleUnreachable
	}
	return TroubleConnection
}

func enhanced(e *smtp.SMTPError) string {
	if e.EnhancedCode[0] <= 0 {
		return ""
	}
	return fmt.Sprintf(" %d.%d.%d", e.EnhancedCode[0], e.EnhancedCode[1], e.EnhancedCode[2])
}

// Explain says what went wrong with a server without quoting it.
func Explain(err error) string { return describe(err) }

// aboutUs: the server refuses us, not this message. A password can be put right,
// and then the message goes out.
func aboutUs(err error) bool {
	var in stage
	return errors.As(err, &in) && (in.name == "connect" || in.name == "sign in")
}
