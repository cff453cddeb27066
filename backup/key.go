package backup

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"
)

var (
	// ErrNoIdentity: the file has no age identity.
	ErrNoIdentity = errors.New("file has no age identity (a line AGE-SECRET-KEY-…)")
	// ErrNoVerifier: the identity file does not say whose snapshots it opens.
	// age does not authenticate the writer, so without the verifier key whoever
	// can write to the target could forge a set.
	ErrNoVerifier = errors.New("identity file has no line \"# postolka verifier:\", so nobody can tell whether the snapshots are genuine")
	// ErrWrongIdentity: the object was not encrypted to this identity.
	ErrWrongIdentity = errors.New("snapshot was encrypted for another identity")
)

// verifierLine precedes the instance's verifier key in the identity file.
const verifierLine = "# postolka verifier: "

// Identity is a parsed identity file: it opens snapshots and says who wrote them.
type Identity struct {
	Recipients []string // public halves
	Verifier   string   // note verifier key of the instance

	identities []age.Identity
	verifiers  note.Verifiers
}

// newIdentityFile makes an identity and the text that the owner keeps.
func newIdentityFile(verifier string, classic bool, at time.Time) (file []byte, recipient string, err error) {
	secret, recipient, err := newIdentity(classic)
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Postolka snapshot key. Whoever has this file can read every snapshot;\n")
	fmt.Fprintf(&b, "# without it no snapshot can be restored. Keep it off this server.\n")
	fmt.Fprintf(&b, "# created: %s\n", at.UTC().Format(time.RFC3339))
	fmt.Fprintf(&b, "# public key: %s\n", recipient)
	fmt.Fprintf(&b, "%s%s\n%s\n", verifierLine, verifier, secret)
	return b.Bytes(), recipient, nil
}

func newIdentity(classic bool) (secret, recipient string, err error) {
	if classic {
		i, err := age.GenerateX25519Identity()
		if err != nil {
			return "", "", err
		}
		return i.String(), i.Recipient().String(), nil
	}
	i, err := age.GenerateHybridIdentity()
	if err != nil {
		return "", "", err
	}
	return i.String(), i.Recipient().String(), nil
}

// ParseIdentity reads an identity file as NewKey writes it; it may hold several
// identities (an older key beside the present one). Errors: ErrNoIdentity,
// ErrNoVerifier. No error quotes the file, which is a secret.
func ParseIdentity(file []byte) (Identity, error) {
	identities, err := age.ParseIdentities(bytes.NewReader(file))
	if err != nil || len(identities) == 0 {
		return Identity{}, ErrNoIdentity
	}
	id := Identity{identities: identities}
	for _, i := range identities {
		id.Recipients = append(id.Recipients, recipientOf(i))
	}
	var known []note.Verifier
	for line := range strings.Lines(string(file)) {
		key, ok := strings.CutPrefix(strings.TrimSpace(line), verifierLine)
		if !ok {
			continue
		}
		v, err := note.NewVerifier(strings.TrimSpace(key))
		if err != nil {
			return Identity{}, fmt.Errorf("%w: its verifier key is damaged", ErrNoVerifier)
		}
		id.Verifier = strings.TrimSpace(key)
		known = append(known, v)
	}
	if len(known) == 0 {
		return Identity{}, ErrNoVerifier
	}
	id.verifiers = note.VerifierList(known...)
	return id, nil
}

func recipientOf(i age.Identity) string {
	switch i := i.(type) {
	case *age.X25519Identity:
		return i.Recipient().String()
	case *age.HybridIdentity:
		return i.Recipient().String()
	}
	return ""
}

// once is an identity that lives in memory for one snapshot, of the same kind
// as the owner's recipients, since age refuses a mixture.
func once(recipients []string) (age.Identity, []age.Recipient, error) {
	if len(recipients) == 0 {
		return nil, nil, ErrNoRecipient
	}
	all, err := age.ParseRecipients(strings.NewReader(strings.Join(recipients, "\n")))
	if err != nil {
		return nil, nil, errors.New("the stored snapshot recipient can't be read: make a new key with postolka key new")
	}
	if _, classic := all[0].(*age.X25519Recipient); classic {
		i, err := age.GenerateX25519Identity()
		if err != nil {
			return nil, nil, err
		}
		return i, append(all, i.Recipient()), nil
	}
	i, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, nil, err
	}
	return i, append(all, i.Recipient()), nil
}

// splitLines gives the non-empty lines of a setting.
func splitLines(text []byte) []string {
	var lines []string
	s := bufio.NewScanner(bytes.NewReader(text))
	for s.Scan() {
		if line := strings.TrimSpace(s.Text()); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
