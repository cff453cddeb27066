package imapsync

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"postolka/imapsync/imaptest"
	"postolka/oauth/oauthtest"
	"postolka/store"
)

// TestSyncByConsent: Dovecot asks the provider whether a token is good. A token
// that ends early costs one connection, a consent that was withdrawn the sync.
func TestSyncByConsent(t *testing.T) {
	provider := oauthtest.New(t, imaptest.User)
	introspection := filepath.Join(t.TempDir(), "oauth2.conf")
	if err := os.WriteFile(introspection, []byte("introspection_mode = get\nintrospection_url = "+provider.Introspection()+"\nusername_attribute = email\nactive_attribute = active\nactive_value = true\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for dir := introspection; dir != os.TempDir() && len(dir) > 1; dir = filepath.Dir(dir) { // Dovecot reads it as another user
		os.Chmod(dir, 0o755)
	}
	for _, mechanism := range []string{"xoauth2", "oauthbearer"} {
		t.Run(mechanism, func(t *testing.T) {
			d := imaptest.NewDovecot(t, fmt.Sprintf("auth_mechanisms = plain %s\npassdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = %s\n}\n", mechanism, introspection))
			d.Put(t, "INBOX", imaptest.Mail{Raw: []byte("Subject: one\n\nbody\n")})
			w := newWorld(t, d.Settings(store.Plain))
			provider.Connect(t, w.sync.logins, w.mailbox)
			if pass, err := w.sync.Once(t.Context(), w.mailbox, nil); err != nil || pass.Added != 1 {
				t.Fatalf("got %+v, %v\n%s", pass, err, d.Log())
			}
			provider.Revoke()
			if _, err := w.sync.Once(t.Context(), w.mailbox, nil); class(err) != TroubleConsent {
				t.Errorf("a dead token: got %v", err)
			}
			if _, err := w.sync.Once(t.Context(), w.mailbox, nil); err != nil {
				t.Errorf("the next, with a new one: got %v", err)
			}
			provider.Withdraw()
			w.sync.logins.Forget(w.mailbox)
			if _, err := w.sync.Once(t.Context(), w.mailbox, nil); class(err) != TroubleConsent {
				t.Errorf("withdrawn: got %v", err)
			}
		})
	}
}
