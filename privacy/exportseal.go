package privacy

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// ErrSeal: the package can't be encrypted as asked.
var ErrSeal = errors.New("not an age public key, or both keys and a passphrase, or a passphrase under 12 characters")

const (
	sealedEnding  = ".age"
	leastPassword = 12 // characters: the file can be guessed at for years
)

var testOnlyWork = 18 // age's own: about a second for each guess

func (o ExportOptions) sealed() bool { return len(o.Recipients) > 0 || o.Passphrase != "" }

func (o ExportOptions) ending() string {
	if o.sealed() {
		return ".zip" + sealedEnding
	}
	return ".zip"
}

// seal gives a writer that encrypts into w, or w itself. Close ends it, not w.
func (o ExportOptions) seal(w io.Writer) (io.WriteCloser, error) {
	if !o.sealed() {
		return unsealed{w}, nil
	}
	to, err := o.recipients()
	if err != nil {
		return nil, err
	}
	sealed, err := age.Encrypt(w, to...)
	if err != nil {
		return nil, fmt.Errorf("encrypt the package: %w", err)
	}
	return sealed, nil
}

func (o ExportOptions) recipients() (to []age.Recipient, err error) {
	if o.Passphrase != "" {
		if len(o.Recipients) > 0 || len([]rune(o.Passphrase)) < leastPassword {
			return nil, ErrSeal
		}
		r, err := age.NewScryptRecipient(o.Passphrase)
		if err != nil {
			return nil, ErrSeal
		}
		r.SetWorkFactor(testOnlyWork)
		return []age.Recipient{r}, nil
	}
	if to, err = age.ParseRecipients(strings.NewReader(strings.Join(o.Recipients, "\n"))); err != nil {
		return nil, ErrSeal // its own words would quote the key
	}
	return to, nil
}

type unsealed struct{ io.Writer }

func (unsealed) Close() error { return nil }
