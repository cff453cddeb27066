package mail

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

// keyring is a DNS with the key of one selector, and what was asked of it.
type keyring struct {
	private ed25519.PrivateKey
	asked   []string
}

func newKeyring(t *testing.T) *keyring {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &keyring{private: private}
}

func (k *keyring) ask(_ context.Context, name string) ([]string, error) {
	k.asked = append(k.asked, name)
	if name != "s1._domainkey.x.example" && name != "s1._domainkey.other.example" {
		return nil, errors.New("no such name")
	}
	return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(k.private.Public().(ed25519.PublicKey))}, nil
}

func (k *keyring) sign(t *testing.T, raw, domain string) string {
	t.Helper()
	var b bytes.Buffer
	if err := dkim.Sign(&b, strings.NewReader(raw), &dkim.SignOptions{Domain: domain, Selector: "s1", Signer: k.private, HeaderKeys: []string{"From", "Subject"}}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSigned(t *testing.T) {
	const plain = "From: Jana <jana@x.example>\r\nSubject: a\r\n\r\nHello.\r\n"
	k := newKeyring(t)
	good, other := k.sign(t, plain, "x.example"), k.sign(t, plain, "other.example")
	for name, c := range map[string]struct {
		raw   string
		want  bool
		asked int
	}{
		"as it was signed":                     {good, true, 1},
		"with a body that was changed":         {strings.Replace(good, "Hello", "Send money", 1), false, 1},
		"with a subject that was changed":      {strings.Replace(good, "Subject: a", "Subject: b", 1), false, 1},
		"by another domain, which isn't asked": {other, false, 0},
		"by both":                              {other[:strings.Index(other, "\r\nFrom:")+2] + good, true, 1},
		"by nobody":                            {plain, false, 0},
		"with a second From on top":            {"From: Boss <boss@x.example>\r\n" + good, false, 0},
		"damaged":                              {"DKIM-Signature: v=1; d=x.example; b=\r\n" + plain, false, 0},
		"many times":                           {strings.Repeat("DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=no; h=from; bh=aa; b=aa\r\n", 50) + plain, false, maxSignatures},
	} {
		t.Run(name, func(t *testing.T) {
			k.asked = nil
			m := Parse([]byte(c.raw))
			if got := Signed(t.Context(), m, []byte(c.raw), k.ask); got != c.want || len(k.asked) != c.asked {
				t.Errorf("got %v with %d questions, want %v with %d", got, len(k.asked), c.want, c.asked)
			}
		})
	}
}

func TestSignedWithoutAnswer(t *testing.T) {
	k := newKeyring(t)
	raw := k.sign(t, "From: jana@x.example\r\nSubject: a\r\n\r\nHello.\r\n", "x.example")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	silent := func(ctx context.Context, _ string) ([]string, error) {
		<-ctx.Done()
		return nil, fmt.Errorf("asked: %w", ctx.Err())
	}
	if Signed(ctx, Parse([]byte(raw)), []byte(raw), silent) {
		t.Error("verified without a key")
	}
	if Signed(t.Context(), Parse([]byte(raw)), []byte(raw), func(context.Context, string) ([]string, error) { panic("hostile") }) {
		t.Error("verified by a panic")
	}
}
